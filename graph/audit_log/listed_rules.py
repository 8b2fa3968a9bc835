"""Inbox rules as a listing shows them: how they stood, without who made them and when.

Source: Exchange PowerShell, "Get-InboxRule", whose names the forms translate to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from graph.audit_log.pieces import as_text, is_blank, mailbox_name
from graph.errors import UnreadableRecord
from graph.resources.rules import HiddenInboxRule

_LOST: Final = ("System.", "Microsoft.Exchange.", "@{")
"""How texts begin that PowerShell writes in place of a list or an object."""

_TELLING: Final = ("ForwardTo", "ForwardAsAttachmentTo", "RedirectTo")


@dataclass(frozen=True, slots=True)
class ListedRule:
    """One inbox rule of a listing.

    Attributes:
        owner: Whose mailbox: an address, an alias or an id, lower case.
        rule: The rule.
    """

    owner: str
    rule: HiddenInboxRule

    @property
    def id(self) -> str:
        """What tells it from the other rules of the mailbox."""
        return str(self.rule.rule_identity or self.rule.identity)


def is_one(raw: Mapping[str, Any]) -> bool:
    """Say whether this is a rule as the forms of listings give it."""
    return "listedFor" in raw and isinstance(raw.get("listedRule"), Mapping)


def parse(raw: Mapping[str, Any]) -> ListedRule:
    """Read one rule.

    Raises:
        UnreadableRecord: it names no mailbox, or whom it sends to was lost on the way into the file.
    """
    given: Mapping[str, Any] = raw["listedRule"]
    owner = mailbox_name(as_text(raw["listedFor"])).strip().lower()
    if not owner or " " in owner:
        raise UnreadableRecord(
            "The inbox rule does not say by an address, an alias or an ID whose it is; list the rules of one"
            " mailbox at a time and add its user principal name."
        )
    if any(as_text(given.get(name)).startswith(_LOST) for name in _TELLING):
        raise UnreadableRecord(
            "PowerShell wrote a type's name instead of this inbox rule's recipients; export the rules with"
            " ConvertTo-Json -Depth 10."
        )
    kept = {name: _plain(value) for name, value in given.items()}
    told = {name: value for name, value in kept.items() if value not in ("", None)}
    told.setdefault("Identity", f"{owner}\\{as_text(given.get('Name'))}")
    try:
        return ListedRule(owner, HiddenInboxRule.model_validate(told))
    except ValidationError as error:
        field = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise UnreadableRecord(f"The inbox rule cannot be read: its {field} has an unknown value.") from error


def _plain(value: Any) -> Any:
    """Give a value of a table as the cmdlet would; lists that were lost are left out, and so is nothing."""
    if not isinstance(value, str):
        return value
    return "" if is_blank(value) or value.lstrip().startswith(_LOST) else value.strip()
