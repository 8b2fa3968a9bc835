"""Microsoft Extractor Suite, inbox rules: as they stood, in the file `MailboxRules.csv`.

Source: Microsoft Extractor Suite, "Get-Rules.ps1" (Get-MailboxRules).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from graph.audit_log.pieces import lowered

URL: Final = ("https://github.com/invictus-ir/Microsoft-Extractor-Suite/blob/main/Scripts/Get-Rules.ps1",)
_NAMES: Final = {
    "rulename": "Name",
    "ruleenabled": "Enabled",
    "copytofolder": "CopyToFolder",
    "movetofolder": "MoveToFolder",
    "redirectto": "RedirectTo",
    "forwardto": "ForwardTo",
    "textdescription": "Description",
}
COLUMNS: Final = frozenset({*_NAMES, "username"})


def is_one(names: frozenset[str]) -> bool:
    """Say whether these are the file's columns."""
    return {"username", "rulename", "ruleenabled"} <= names


def opened(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the rule under the names of `Get-InboxRule`, which the tool calls."""
    row = lowered(raw)
    return {
        "listedFor": row.get("username"),
        "listedRule": {name: row.get(column) for column, name in _NAMES.items()},
    }
