"""What a pivot goes by, as people type it. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from typing import Final

from bot.errors import NotUnderstood
from graph.addresses import address_of
from graph.hunting import Term, TermKind

SLACK: Final = "/compromise pivot"
TERMINAL: Final = "compromise pivot"
"""How the command begins in Slack and in a terminal, where nothing is known of cases."""

_EXAMPLE: Final = {SLACK: "C-7F3K2", TERMINAL: "203.0.113.77"}
_GUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SHORTEST: Final = 4
"""How many characters a text has at least: everybody has a rule with “a” in it."""


def what(typed: str) -> str:
    """Say what can be typed after the beginning of the command."""
    return (
        f"For example: {typed} {_EXAMPLE[typed]}, or {typed} session, application, message or rule, and what "
        "it is"
    )


def term_of(words: Sequence[str], typed: str = SLACK) -> Term:
    """Read what somebody typed, with or without its kind before it.

    Args:
        words: What stands after the command.
        typed: How the command begins where it was typed.

    Raises:
        NotUnderstood: says what was not understood, and what to type.
    """
    name = words[0].casefold()
    kinds = {kind.value: kind for kind in TermKind}
    if name in kinds:
        if len(words) == 1:
            raise NotUnderstood(f"Something is missing after “{name}”. {what(typed)}")
        return _checked(kinds[name], " ".join(words[1:]))
    value = " ".join(words)
    if address_of(value):
        return _checked(TermKind.ADDRESS, value)
    if _GUID.fullmatch(value):
        raise NotUnderstood(
            f"“{value}” may be a session or an application. Type: {typed} session {value}, or"
            f" application {value}"
        )
    if "@" in value and value.strip("<>") and " " not in value:
        if not value.startswith("<"):
            # Everything that an account did would be said of a message of that name.
            raise NotUnderstood(
                f"“{shown(value)}” may be an email address or the ID of a message. For an account, check it, "
                f"and find others from its case. For a message, type: {typed} message {shown(value)}. For "
                f"inbox rules with it, type: {typed} rule {shown(value)}"
            )
        return _checked(TermKind.MESSAGE, value)
    raise NotUnderstood(f"I do not know what “{shown(value)}” is. {what(typed)}")


def _checked(kind: TermKind, value: str) -> Term:
    value = value.strip()
    if kind is TermKind.ADDRESS:
        found = address_of(value)
        if not found:
            raise NotUnderstood(f"“{shown(value)}” is not an IP address.")
        if not ipaddress.ip_address(found).is_global and not _is_documentation(found):
            raise NotUnderstood(
                f"{found} is not a public address, so it never appears in Microsoft's records."
            )
        return Term(kind, found)
    if len(value) < _SHORTEST or len(value) > 300:
        raise NotUnderstood(f"“{shown(value)}” is too short or too long to search for.")
    return Term(kind, value)


def _is_documentation(address: str) -> bool:
    """Whether an address is one of those in examples, which local tenants use."""
    found = ipaddress.ip_address(address)
    ranges = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
    return any(found in ipaddress.ip_network(one) for one in ranges)


def shown(text: str) -> str:
    """A text as it may be said again: short."""
    return text if len(text) <= 60 else f"{text[:60]}…"
