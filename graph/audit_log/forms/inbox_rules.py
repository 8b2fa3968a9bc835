"""Exchange PowerShell, inbox rules: as `Get-InboxRule` lists them; so are Hawk's files of `InboxRules`.

Source: Exchange PowerShell, "Get-InboxRule".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from graph.audit_log.pieces import as_text, lowered

URL: Final = (
    "https://learn.microsoft.com/powershell/module/exchangepowershell/get-inboxrule",
    "https://github.com/T0pCyber/hawk/blob/main/Hawk/functions/User/Get-HawkUserInboxRule.ps1",
)
_NAMES: Final = {
    name.lower(): name
    for name in (
        "Identity", "RuleIdentity", "Name", "Enabled", "Priority", "Description", "From",
        "SubjectContainsWords", "BodyContainsWords", "SubjectOrBodyContainsWords", "ForwardTo",
        "ForwardAsAttachmentTo", "RedirectTo", "MoveToFolder", "CopyToFolder", "DeleteMessage",
        "SoftDeleteMessage", "MarkAsRead", "StopProcessingRules", "InError", "IsHidden",
    )
}  # fmt: skip
COLUMNS: Final = frozenset({*_NAMES, "mailboxownerid"})


def is_one(names: frozenset[str]) -> bool:
    """Say whether these are the rule's properties."""
    return {"mailboxownerid", "name", "enabled"} <= names and bool({"ruleidentity", "priority"} & names)


def opened(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the rule with its mailbox, which its identity names too, before the backslash."""
    row = lowered(raw)
    owner = row.get("userprincipalname") or row.get("mailboxownerid")
    identity = as_text(row.get("identity")).rpartition("\\")[0]
    return {
        "listedFor": as_text(owner) or identity,
        "listedRule": {_NAMES[name]: value for name, value in row.items() if name in _NAMES},
    }
