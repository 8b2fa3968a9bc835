"""The buttons that check the account of something in the ledger: the form of each value, and its words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from bot.errors import NotUnderstood
from bot.verbs import check, suspect
from bot.verbs.registry import read
from commands.errors import NoSuchCase, NoSuchHunt
from commands.hunts.hunt import load
from commands.ledger import CASE_LETTERS, Ledger
from commands.ledger.alerts import alert_at
from commands.ledger.hunts import hunt

_ID: Final = rf"[{CASE_LETTERS}]{{5}}"
CASE: Final = rf"(?P<id>C-{_ID})"
PROPOSAL: Final = rf"(?P<id>P-{_ID}) (?P<digest>[0-9a-f]{{8,64}})"
HUNT: Final = rf"(?P<id>H-{_ID})"
NUMBER: Final = r"(?P<number>\d{1,18})"
_REQUEST: Final = r"(?P<id>[0-9a-f]{32})"
_ACCOUNT: Final = r"(?P<account>[^\s<>|,;:\"]{1,200})"


@dataclass(frozen=True, slots=True)
class AccountNamed:
    """What a button says of an account.

    Attributes:
        words: What somebody could type instead.
        tenant: Whose record it is from, "" where it is from none.
        missing: What is said where there is no such record.
    """

    words: str
    tenant: str = ""
    missing: str = ""


def _again(case_id: str, ledger: Ledger) -> AccountNamed:
    case = ledger.case(case_id)
    return AccountNamed(
        check.words_about(case.subject.user_principal_name), case.tenant, str(NoSuchCase(case_id))
    )


def _reported(report_id: str, ledger: Ledger) -> AccountNamed:
    words = ledger.request_words(report_id)
    if words:
        verb, wish = read(words)
        if verb is suspect:
            return AccountNamed(suspect.check_words(wish))
    raise NotUnderstood("This report was not found. Type: /compromise check and the address.")


def _of_an_alert(number: str, ledger: Ledger) -> AccountNamed:
    says = "This alert was not found. Type: /compromise check and the address."
    found = alert_at(ledger, int(number)) if number.isdecimal() and len(number) < 19 else None
    if found is None or not found.account:
        raise NotUnderstood(says)
    return AccountNamed(check.words_about(found.account), found.tenant, says)


def _found(value: str, ledger: Ledger) -> AccountNamed:
    name, _, number = value.partition(" ")
    one = hunt(ledger, name)
    found = load(one.found).touched if one.found else ()
    if not number.isdecimal() or int(number[:6]) >= len(found):
        raise NotUnderstood("This account was not found. Type: /compromise check and the address.")
    return AccountNamed(check.words_about(found[int(number)].account), one.tenant, str(NoSuchHunt(name)))


def _candidate(value: str, ledger: Ledger) -> AccountNamed:
    request, _, account = value.partition(" ")
    return AccountNamed(check.words_for(ledger.request_words(request), account))


@dataclass(frozen=True, slots=True)
class CheckButton:
    """A button that checks an account.

    Attributes:
        value: The form of its value, whole.
        named: Finds the account. Raises NoSuchCase, NoSuchHunt or NotUnderstood where there is none.
    """

    value: str
    named: Callable[[str, Ledger], AccountNamed]


CHECKS: Final[Mapping[str, CheckButton]] = {
    "check_again": CheckButton(CASE, _again),
    "check_reported": CheckButton(_REQUEST, _reported),
    "check_alert": CheckButton(NUMBER, _of_an_alert),
    "check_found": CheckButton(rf"{HUNT} {NUMBER}", _found),
    "check_candidate": CheckButton(rf"{_REQUEST} {_ACCOUNT}", _candidate),
}
"""They go by action id."""
