"""Who is meant where Exchange gives an id or a legacy name in place of an address.

Source: Exchange PowerShell, "Get-Recipient" and "Get-MailContact". `GrantSendOnBehalfTo` holds directory ids,
a mailbox forwards to a name, and a rule that sends to somebody of the organization names no address but
``[EX:/o=…]``; behind it may be a contact outside.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from typing import Any

from graph.effects import Effect, Item, try_each
from graph.errors import GraphError
from graph.needs import to_send
from graph.request import Cmdlet

NEEDED = to_send(Cmdlet("Get-Recipient"))[-1]
"""What lets the application look names up."""
MOST = 50
"""Names that one source looks up, at most; each is a call."""


def addresses_of(names: Iterable[str]) -> Generator[Effect, Any, Mapping[str, str]]:
    """Look names up; gives the address for each that is one recipient, an outside one for a contact.

    Names that are not found, and those beyond `MOST`, are left out: the caller says that they are unknown.
    """
    asked = tuple(dict.fromkeys(names))[:MOST]
    answers = yield from try_each([Cmdlet("Get-Recipient", {"Identity": name}) for name in asked])
    return _each_one(asked, answers)


def addresses_called(names: Iterable[str]) -> Generator[Effect, Any, Mapping[str, str]]:
    """Look display names up among all recipients; gives the address for each that is one recipient's alone.

    ``Identity`` takes no display name: it would find somebody who has it as a name. What is said of
    `addresses_of` holds here too.
    """
    asked = tuple(dict.fromkeys(names))[:MOST]
    filters = ["DisplayName -eq '{}'".format(name.replace("'", "''")) for name in asked]
    answers = yield from try_each([Cmdlet("Get-Recipient", {"Filter": one}) for one in filters])
    return _each_one(asked, answers)


def behind(
    names: Iterable[str],
) -> Generator[Effect, Any, tuple[Mapping[str, str], Mapping[str, GraphError]]]:
    """Find the outside address of contacts and mail users; a recipient of the tenant itself has none.

    Each name is looked up once, and as a contact only where it cannot be as a recipient.

    Returns:
        The address of each that has one, and the error of each that could not be looked up.
    """
    found: dict[str, str] = {}
    left: dict[str, GraphError] = {}
    asked = tuple(dict.fromkeys(names))
    for cmdlet in ("Get-Recipient", "Get-MailContact"):
        answers = yield from try_each([Cmdlet(cmdlet, {"Identity": name}) for name in asked])
        for name, answer in zip(asked, answers, strict=True):
            if isinstance(answer, GraphError):
                left.setdefault(name, answer)
                continue
            left.pop(name, None)
            if address := next(filter(None, map(_outside, answer)), ""):
                found[name] = address
        asked = tuple(left)
    return found, left


def _outside(item: Item) -> str:
    outside = str(item.get("ExternalEmailAddress") or "")
    kind, colon, address = outside.partition(":")
    return address if colon and kind.casefold() == "smtp" else outside


def _each_one(asked: Iterable[str], answers: Iterable[list[Item] | GraphError]) -> Mapping[str, str]:
    found = {}
    for name, answer in zip(asked, answers, strict=True):
        if isinstance(answer, GraphError) or len(answer) != 1:
            continue
        outside = str(answer[0].get("ExternalEmailAddress") or "")
        address = outside.removeprefix("SMTP:").removeprefix("smtp:") or answer[0].get("PrimarySmtpAddress")
        if address:
            found[name] = str(address)
    return found
