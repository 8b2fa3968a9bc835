"""Who else: what a hunt through the whole tenant shows of each account, the most telling first. Pure.

A pivot ranks accounts by how they were touched. A sweep judges each account by the very signs and weights of
a check, from the little that can be asked for everybody; what it cannot see, only a check can.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import zip_longest
from typing import Any, Final

import orjson

from commands.coverage import state_from, state_of
from commands.report import TIES, Report, SourceState, Tie
from graph.audit_log.record import AuditRecord
from graph.evidence import Source
from graph.hunting import RULE_OPERATIONS, Term, TermKind
from graph.question import Subject
from graph.resources.mail import TracedMessage
from graph.resources.sign_ins import SignIn

SAME_SESSION: Final = TIES[Tie.SAME_SESSION]
SAME_APPLICATION: Final = TIES[Tie.SAME_APPLICATION]
SAME_ADDRESS: Final = TIES[Tie.SAME_ADDRESS]
TRIED: Final = TIES[Tie.TRIED]
RECEIVED: Final = "received the message"
HANDLED: Final = "opened, moved or sent the message"
SAME_RULE: Final = "has an inbox rule with this text"
NAMED: Final = "has an audit record that names it"

_ORDER: Final = (SAME_SESSION, SAME_APPLICATION, SAME_RULE, SAME_ADDRESS, HANDLED, RECEIVED, TRIED, NAMED)
RECORDS: Final = 20
_GUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_SHORTEST_NAME: Final = 4
"""Characters of an application's name at least: everybody has a record with “a” in it."""

_RULES: Final = frozenset(name.casefold() for name in RULE_OPERATIONS)


@dataclass(frozen=True, slots=True)
class Touched:
    """One account that a hunt found.

    Attributes:
        account: Its user principal name, or as the records name it.
        why: The reasons, the most telling first.
        points: The points of its signs, 0 for a pivot.
        first: When it was first touched (aware UTC); None where nothing tells.
        last: When it was last touched.
        number: How many records show it.
        records: The ids of the first of them.
    """

    account: str
    why: tuple[str, ...]
    points: int = 0
    first: datetime | None = None
    last: datetime | None = None
    number: int = 0
    records: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Closely:
    """How many mailboxes in doubt a sweep looked at by themselves, those with the most points first.

    Attributes:
        doubted: The accounts of which the questions about everybody raised a doubt.
        looked: Of how many the inbox rules, automatic reply and delegates were asked for.
        hidden: Of how many the hidden inbox rules were.
    """

    doubted: int
    looked: int
    hidden: int

    @property
    def left(self) -> int:
        """How many were not looked at to the end."""
        return self.doubted - min(self.looked, self.hidden)


@dataclass(frozen=True, slots=True)
class Found:
    """What a hunt found, and what it could not see; of a sweep, how many it looked at closely."""

    touched: tuple[Touched, ...]
    sources: tuple[SourceState, ...]
    closely: Closely | None = None


@dataclass(slots=True)
class _Account:
    why: dict[str, None] = field(default_factory=dict)
    seen: dict[str, datetime] = field(default_factory=dict)

    def add(self, why: str, record: str, at: datetime) -> None:
        self.why[why] = None
        self.seen.setdefault(record, at)


# --- a pivot ------------------------------------------------------------------------------------------


def pivoted(terms: Sequence[Term], answers: Mapping[str, Source[Any]], besides: Subject | None) -> Found:
    """Say who was touched by these things.

    Args:
        terms: What was asked for.
        answers: The answers by source.
        besides: The account whose case it is about, which is not told.
    """
    accounts: dict[str, _Account] = defaultdict(_Account)
    values = {kind: {term.value.casefold() for term in terms if term.kind is kind} for kind in TermKind}
    sign_ins: tuple[SignIn, ...] = seen(answers, "sign_ins")
    for one in sign_ins:
        name = (one.user_principal_name or one.user_id).casefold()
        app = {one.app_id.casefold(), one.app_display_name.casefold()} & values[TermKind.APPLICATION]
        if name and one.session_id and one.session_id.casefold() in values[TermKind.SESSION]:
            accounts[name].add(SAME_SESSION, one.id, one.created_date_time)
        if name and app and one.succeeded:
            accounts[name].add(SAME_APPLICATION, one.id, one.created_date_time)
        if name and one.ip_address.casefold() in values[TermKind.ADDRESS]:
            accounts[name].add(SAME_ADDRESS if one.succeeded else TRIED, one.id, one.created_date_time)
    records: tuple[AuditRecord, ...] = seen(answers, "audit_log")
    for record in records:
        why = _why(record, values)
        if why and not record.by_microsoft:
            for name in {record.actor.casefold(), record.owner.casefold() if why == SAME_RULE else ""}:
                if "@" in name:
                    accounts[name].add(why, record.id, record.at)
    rows: tuple[TracedMessage, ...] = seen(answers, "message_trace")
    for row in rows:
        accounts[row.recipient_address.casefold()].add(RECEIVED, row.id, row.received_date_time)
    told = [
        _touched(name, one)
        for name, one in accounts.items()
        if besides is None or not besides.is_meant_by(name)
    ]
    return Found(tuple(sorted(told, key=rank)), states(answers))


def _why(record: AuditRecord, values: Mapping[TermKind, set[str]]) -> str:
    """How a record was touched by what was asked for; "" when the search found it by something else."""
    if record.session_id and record.session_id.casefold() in values[TermKind.SESSION]:
        return SAME_SESSION
    if record.app_id and record.app_id.casefold() in values[TermKind.APPLICATION]:
        return SAME_APPLICATION
    if any(item.internet_message_id.casefold() in values[TermKind.MESSAGE] for item in record.items):
        return HANDLED
    if (record.address or "").casefold() in values[TermKind.ADDRESS]:
        return SAME_ADDRESS if record.succeeded is not False else TRIED
    text = orjson.dumps(record.raw, default=str).decode().casefold()
    if record.operation.casefold() in _RULES and any(
        json.dumps(value)[1:-1] in text or value in text for value in values[TermKind.RULE]
    ):
        return SAME_RULE
    named = {
        TermKind.SESSION: SAME_SESSION,
        TermKind.APPLICATION: SAME_APPLICATION,
        TermKind.MESSAGE: HANDLED,
        TermKind.ADDRESS: NAMED,
    }
    return next(
        (why for kind, why in named.items() if any(value in text for value in values[kind])),
        "",
    )


def _touched(name: str, one: _Account) -> Touched:
    times = sorted(one.seen.values())
    why = tuple(sorted(one.why, key=_ORDER.index))
    records = tuple(one.seen)[:RECORDS]
    return Touched(name, why, 0, times[0], times[-1], len(one.seen), records)


def rank(one: Touched) -> tuple[int, int, int, str]:
    """Order accounts: the most points first, then the most telling reason, then the most records."""
    first = _ORDER.index(one.why[0]) if one.why and one.why[0] in _ORDER else len(_ORDER)
    return (-one.points, first, -one.number, one.account)


def terms_of(report: Report) -> tuple[Term, ...]:
    """Give what a case's own story says the attacker used: sessions, applications and addresses in turn.

    In turn, so that many of one kind push none of the others out of what is searched for. An application goes
    by its id: it may be called like one that everybody uses, or by a letter that every record holds.
    """
    if report.story is None:
        return ()
    story = report.story
    ids = [one for one in story.applications if _GUID.fullmatch(one)]
    names = [one for one in story.applications if len(one) >= _SHORTEST_NAME]
    kinds = (
        [Term(TermKind.SESSION, one) for one in story.sessions],
        [Term(TermKind.APPLICATION, one) for one in ids or names],
        [Term(TermKind.ADDRESS, one) for one in story.addresses],
    )
    return tuple(one for turn in zip_longest(*kinds) for one in turn if one is not None)


# --- both ----------------------------------------------------------------------------------------------


def seen(answers: Mapping[str, Source[Any]], name: str) -> Any:
    """Give what a source showed, nothing where it could not be collected."""
    source = answers.get(name)
    return source.seen(()) if source is not None else ()


def states(answers: Mapping[str, Source[Any]]) -> tuple[SourceState, ...]:
    """Say of each source how much of it was seen."""
    return tuple(state_of(name, source) for name, source in answers.items())


def dump(found: Found) -> str:
    """Write what was found as JSON, for the ledger."""
    return orjson.dumps(found).decode()


def load(text: str) -> Found:
    """Read what `dump` wrote."""
    given: Mapping[str, Any] = orjson.loads(text)
    return Found(
        tuple(map(_touched_of, given["touched"])),
        tuple(map(state_from, given["sources"])),
        Closely(**given["closely"]) if given.get("closely") else None,
    )


def _touched_of(given: Mapping[str, Any]) -> Touched:
    times = {"first": _time(given["first"]), "last": _time(given["last"])}
    lists = {name: tuple(given[name]) for name in ("why", "records")}
    return Touched(**{**given, **times, **lists})


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
