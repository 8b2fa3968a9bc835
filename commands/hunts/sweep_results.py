"""A sweep through a tenant: what each piece of it says about whom, and how the pieces come together. Pure.

Every account is judged by the very signs and weights of a check, from the little that can be asked for
everybody, one slice of time after the other. What a slice brought is let go once it was judged: only who is
in doubt is kept, and is then looked at more closely. What a sweep cannot see, only a check can.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import reduce
from heapq import nsmallest
from operator import itemgetter, or_
from typing import Any, Final

import orjson

from commands.check import symptom_results
from commands.coverage import state_from, state_of
from commands.hunts.hunt import RECORDS, Found, Touched, rank, seen, states
from commands.report import Coverage, SourceState
from commands.verdict import points_of
from graph.audit_log.record import AuditRecord
from graph.evidence import NOT_ASKED, Evidence, Known, Source
from graph.question import Subject, Window
from graph.resources.mailbox import Mailbox
from graph.resources.sign_ins import RiskDetection, RiskyUser, SignIn

REASONS: Final = 20
"""How many sentences are kept of one account; the gravest come first."""


@dataclass(frozen=True, slots=True)
class Sign:
    """The gravest finding of one sign: its points, and what it says."""

    id: str
    points: int
    says: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why one account may be compromised, as far as was seen so far.

    Attributes:
        account: Its user principal name.
        id: Its object id where a record names it, its name otherwise.
        signs: The signs that were found, each once.
        first: When the first was (aware UTC); None where nothing tells.
        last: When the last was.
        records: The ids of the records that show it, the first of them.
    """

    account: str
    id: str
    signs: tuple[Sign, ...]
    first: datetime | None = None
    last: datetime | None = None
    records: tuple[str, ...] = ()

    @property
    def points(self) -> int:
        """The points of all signs."""
        return sum(sign.points for sign in self.signs)

    def __or__(self, other: Doubt) -> Doubt:
        signs: dict[str, Sign] = {}
        for sign in sorted((*self.signs, *other.signs), key=lambda one: -one.points):
            signs.setdefault(sign.id, sign)
        times = sorted(filter(None, (self.first, self.last, other.first, other.last)))
        return Doubt(
            self.account,
            self.id if self.id != self.account else other.id,
            tuple(signs.values())[:REASONS],
            times[0] if times else None,
            times[-1] if times else None,
            tuple(dict.fromkeys((*self.records, *other.records)))[:RECORDS],
        )


def suspect(account: str, id_: str) -> Subject:
    """Give an account as the questions and the judgment want it."""
    return Subject(id=id_, user_principal_name=account, mail=account, addresses=(account,))


# --- judging -------------------------------------------------------------------------------------------


def judged(answers: Mapping[str, Source[Any]], window: Window) -> tuple[Doubt, ...]:
    """Judge everybody of whom answers about the whole tenant tell anything; give those in doubt."""
    found = (doubt(_evidence(name, one, answers, window)) for name, one in _by_account(answers).items())
    return tuple(filter(None, found))


def judged_closely(
    suspects: Sequence[Subject], answers: Mapping[str, Mapping[str, Source[Any]]], window: Window
) -> tuple[Doubt, ...]:
    """Judge mailboxes by what they themselves were asked for: account, source, answer."""
    found = []
    for one in suspects:
        known: Mapping[str, Any] = answers.get(one.user_principal_name, {})
        found.append(doubt(Evidence(subject=one, window=window, **known)))
    return tuple(filter(None, found))


def doubt(evidence: Evidence) -> Doubt | None:
    """Say why one account may be compromised; None where nothing was found that counts."""
    findings = [
        finding
        for result in symptom_results(evidence)
        for finding in result.findings
        if points_of(finding) > 0
    ]
    if not findings:
        return None
    gravest = sorted(findings, key=lambda finding: -points_of(finding))
    signs: dict[str, Sign] = {}
    for finding in gravest:
        signs.setdefault(finding.sign.id, Sign(finding.sign.id, points_of(finding), finding.summary))
    times = sorted(finding.at for finding in findings if finding.at)
    records = tuple(dict.fromkeys(record for finding in gravest for record in finding.records))
    return Doubt(
        evidence.subject.user_principal_name,
        evidence.subject.id,
        tuple(signs.values())[:REASONS],
        times[0] if times else None,
        times[-1] if times else None,
        records[:RECORDS],
    )


def swept(answers: Mapping[str, Source[Any]], window: Window) -> Found:
    """Judge one slice alone, and tell whom it shows, the most points first."""
    return Found(ranked(judged(answers, window)), states(answers))


# --- coming together -----------------------------------------------------------------------------------


class Suspects:
    """Who is in doubt so far. It holds nothing of anybody else."""

    def __init__(self) -> None:
        self._doubts: dict[str, Doubt] = {}
        self._parts: dict[str, list[tuple[tuple[int, int], Doubt]]] = defaultdict(list)

    def add(self, doubts: Iterable[Doubt], order: tuple[int, int] = (0, 0)) -> None:
        """Take in what a piece of the sweep found; the outcome is the same in whichever order pieces come.

        Args:
            doubts: What it found.
            order: Its place among the pieces.
        """
        for one in doubts:
            parts = self._parts[one.account]
            parts.append((order, one))
            parts.sort(key=itemgetter(0))
            self._doubts[one.account] = reduce(or_, (part for _, part in parts))

    def subjects(self) -> tuple[Subject, ...]:
        """Give those in doubt for closer looks, the most points first."""
        order = sorted(self._doubts.values(), key=lambda one: (-one.points, one.account))
        return tuple(suspect(one.account, one.id) for one in order)

    def ranked(self, most: int | None = None) -> tuple[Touched, ...]:
        """Give those in doubt as they are shown, the most points first; with `most`, no more than so many."""
        if most is None:
            return ranked(self._doubts.values())
        return ranked(nsmallest(most, self._doubts.values(), key=lambda one: (-one.points, one.account)))

    def __len__(self) -> int:
        return len(self._doubts)


def ranked(doubts: Iterable[Doubt]) -> tuple[Touched, ...]:
    """Give those in doubt as they are shown, the most points first."""
    told = (
        Touched(
            one.account,
            tuple(dict.fromkeys(sign.says for sign in one.signs)),
            one.points,
            one.first,
            one.last,
            len(one.records),
            one.records,
        )
        for one in doubts
    )
    return tuple(sorted(told, key=rank))


class Coverages:
    """How much of each source was seen, over all pieces of a sweep."""

    def __init__(self) -> None:
        self._asked: Counter[str] = Counter()
        self._records: Counter[str] = Counter()
        self._gaps: dict[str, Counter[str]] = defaultdict(Counter)
        self._lost: Counter[str] = Counter()
        self._needs: dict[str, str] = {}

    def add(self, found: Iterable[SourceState]) -> None:
        """Take in how sources ended in one piece."""
        for one in found:
            self._asked[one.id] += 1
            self._records[one.id] += one.records
            if one.state is not Coverage.COMPLETE:
                self._gaps[one.id][one.reason] += 1
                self._lost[one.id] += one.state is Coverage.UNAVAILABLE
                self._needs.setdefault(one.id, one.needs)

    def states(self, of: str = "") -> tuple[SourceState, ...]:
        """Say of each source how much of it was seen; with `of`, what is missing from how many of those."""
        told = []
        for name, asked in sorted(self._asked.items()):
            gaps = self._gaps.get(name)
            if not gaps:
                told.append(SourceState(name, Coverage.COMPLETE, "", self._records[name]))
                continue
            says = "; ".join(
                reason for reason, _ in sorted(gaps.items(), key=lambda one: (-one[1], one[0]))[:3]
            )
            if of and gaps.total() < asked:
                says = f"{says.rstrip('.')} ({gaps.total()} of {asked} {of})"
            state = Coverage.UNAVAILABLE if self._lost[name] == asked else Coverage.PARTIAL
            told.append(SourceState(name, state, says, self._records[name], None, self._needs[name]))
        return tuple(told)


def of_mailbox(name: str, source: Source[Any]) -> SourceState:
    """Say how a question about one mailbox ended; what counts are the mailboxes that were seen."""
    return replace(state_of(name, source), records=int(isinstance(source, Known)))


def seconds_left(done: int, total: int, took: float) -> float | None:
    """Say how long the rest of a stage takes at the speed measured so far; None where none was."""
    return took / done * (total - done) if done else None


# --- kept for a restart --------------------------------------------------------------------------------


def dump(doubts: Sequence[Doubt], found: Sequence[SourceState]) -> str:
    """Write what a piece of a sweep found as JSON."""
    return orjson.dumps({"doubts": doubts, "sources": found}).decode()


def load(text: str) -> tuple[tuple[Doubt, ...], tuple[SourceState, ...]]:
    """Read what `dump` wrote."""
    given: Mapping[str, Any] = orjson.loads(text)
    return tuple(map(_doubt_of, given["doubts"])), tuple(map(state_from, given["sources"]))


def _doubt_of(given: Mapping[str, Any]) -> Doubt:
    times = {name: datetime.fromisoformat(given[name]) if given[name] else None for name in ("first", "last")}
    signs = tuple(Sign(**one) for one in given["signs"])
    return Doubt(**{**given, **times, "signs": signs, "records": tuple(given["records"])})


# --- what is known of each account ---------------------------------------------------------------------


@dataclass(slots=True)
class _Person:
    ids: set[str] = field(default_factory=set)
    records: list[AuditRecord] = field(default_factory=list)
    sign_ins: list[SignIn] = field(default_factory=list)
    risks: list[RiskDetection] = field(default_factory=list)
    risky: RiskyUser | None = None
    mailbox: Mailbox | None = None


def _by_account(answers: Mapping[str, Source[Any]]) -> dict[str, _Person]:
    people: dict[str, _Person] = defaultdict(_Person)
    records: tuple[AuditRecord, ...] = seen(answers, "audit_log")
    for record in records:
        for name in {record.actor.casefold(), record.owner.casefold()}:
            if "@" in name:
                people[name].records.append(record)
    sign_ins: tuple[SignIn, ...] = seen(answers, "sign_ins")
    for sign_in in sign_ins:
        if sign_in.user_principal_name:
            person = people[sign_in.user_principal_name.casefold()]
            person.sign_ins.append(sign_in)
            person.ids.add(sign_in.user_id)
    risks: tuple[RiskDetection, ...] = seen(answers, "risk_detections")
    for risk in risks:
        if risk.user_principal_name:
            people[risk.user_principal_name.casefold()].risks.append(risk)
    risky: tuple[RiskyUser, ...] = seen(answers, "risky_users")
    for user in risky:
        if user.user_principal_name:
            people[user.user_principal_name.casefold()].risky = user
    mailboxes: tuple[Mailbox, ...] = seen(answers, "mailbox")
    for mailbox in mailboxes:
        people[mailbox.primary_smtp_address.casefold()].mailbox = mailbox
    return people


def _evidence(name: str, person: _Person, answers: Mapping[str, Source[Any]], window: Window) -> Evidence:
    """What was seen of one account, as a check has it; what nobody was asked for stays unknown."""
    ids = sorted(person.ids - {""})
    subject = suspect(name, ids[0] if ids else name)
    by_kind = [
        [one for one in person.sign_ins if (one.is_interactive is False) is not wanted]
        for wanted in (True, False)
    ]
    return Evidence(
        subject=subject,
        window=window,
        audit_log=_part(answers, "audit_log", tuple(person.records)),
        sign_ins=_part(answers, "sign_ins", tuple(by_kind[0])),
        sign_ins_non_interactive=_part(answers, "sign_ins", tuple(by_kind[1])),
        risk_detections=_part(answers, "risk_detections", tuple(person.risks)),
        domains=answers.get("domains", NOT_ASKED),
        risky_user=_part(answers, "risky_users", person.risky),
        mailbox=_part(answers, "mailbox", person.mailbox) if person.mailbox else NOT_ASKED,
    )


def _part(answers: Mapping[str, Source[Any]], name: str, value: Any) -> Source[Any]:
    whole = answers.get(name, NOT_ASKED)
    return replace(whole, value=value) if isinstance(whole, Known) else whole
