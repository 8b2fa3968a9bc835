"""Microsoft Extractor Suite, inbox rules: how they stood, without who made them and when; not read.

Source: Microsoft Extractor Suite, "Get-Rules.ps1" (Get-MailboxRules).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from graph.errors import UnreadableRecord

URL: Final = ("https://github.com/invictus-ir/Microsoft-Extractor-Suite/blob/main/Scripts/Get-Rules.ps1",)
COLUMNS: Final = frozenset(
    {
        "username",
        "rulename",
        "ruleenabled",
        "copytofolder",
        "movetofolder",
        "redirectto",
        "forwardto",
        "textdescription",
    }
)


def is_one(names: frozenset[str]) -> bool:
    """Say whether these are the file's columns."""
    return {"username", "rulename", "ruleenabled"} <= names


def opened(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Tell that a rule says neither who made it nor when.

    Raises:
        UnreadableRecord: always.
    """
    raise UnreadableRecord(
        "This is an inbox rule as it stood, without who made it and when; read it beside the report, and"
        " export the audit log (New-InboxRule, Set-InboxRule, UpdateInboxRules), or check the account."
    )
