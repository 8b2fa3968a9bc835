"""Reading cases, the requests that opened them, and what was posted and remembered of them.

Longer than other files because cases, who owns their accounts and who asked for them are read together.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from commands.errors import LedgerTampered, NoSuchCase
from commands.identity import Identity, owner_of, verified_of
from commands.ledger.chain import Entry, moment, sha256_of
from commands.ledger.entries import (
    EVENTS,
    Asked,
    CaseOpened,
    CheckFinished,
    Event,
    Facts,
    Rechecked,
    Response,
)
from commands.ledger.reading import Row
from commands.ledger.recorded import Owners
from commands.ledger.standing import SAME_SPAN, span_of
from graph.question import Subject, Window

_CASES = (
    "SELECT cases.*, r.content AS report_text, o.content AS offer_text FROM cases"
    " LEFT JOIN contents AS r ON r.sha256 = cases.report LEFT JOIN contents AS o ON o.sha256 = cases.offer"
)
_BARE = "SELECT cases.*, x'' AS report_text, x'' AS offer_text FROM cases"


class CaseState(StrEnum):
    """Where a case stands."""

    LOOKING = "looking"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Case:
    """One subject's investigation.

    Attributes:
        id: Such as ``C-7F3K2``.
        tenant: The name of the configured tenant.
        subject: The account.
        window: The span of time looked at.
        channel: The Slack channel that the card is in.
        card: The card's timestamp, which is its name in Slack; "" before it is posted.
        state: Whether the check runs, is done or has failed.
        run: How many times the check was started, counted from 1.
        asked_by: The Slack user id of whoever asked.
        asked_at: When (aware UTC).
        finished_at: When the last run ended.
        verdict: The verdict's answer, "" before there is one.
        report: The report as JSON, empty before there is one. As text it would take twice the memory.
        note: A sentence for the card: why it failed, or what else people should know.
        reference: The id under which the log has more about a failure.
        shown: Whether the card shows how it ended.
        offer: What the steps planned from the last finished check, as JSON; "" before there is one.
        owners: The Slack accounts of the account's owner; None while nobody looked for them.
        owners_missing: Slack's code where it could not be asked for all of them, "" otherwise.
        verified: By what the owner is known for which the tenant answers; None where nobody asked it.
    """

    id: str
    tenant: str
    subject: Subject
    window: Window
    channel: str
    card: str
    state: CaseState
    run: int
    asked_by: str
    asked_at: datetime
    finished_at: datetime | None = None
    verdict: str = ""
    report: bytes = b""
    note: str = ""
    reference: str = ""
    shown: bool = False
    offer: str = ""
    owners: frozenset[str] | None = None
    owners_missing: str = ""
    verified: Identity | None = None


@dataclass(frozen=True, slots=True)
class SlackRequest:
    """One thing somebody asked for, as it came, so that a redelivery or a restart starts nothing twice."""

    id: str
    at: datetime
    actor: str
    channel: str
    words: str
    answered: bool
    case_id: str
    seq: int = 1


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case that needs someone, as far as lists need it."""

    id: str
    tenant: str


@dataclass(frozen=True, slots=True)
class Outline:
    """A case without what is long: whose account, which span, where it stands, and the verdict."""

    id: str
    tenant: str
    subject: Subject
    window: Window
    state: CaseState
    verdict: str
    finished_at: datetime | None
    owners: frozenset[str] = frozenset()

    @property
    def owner(self) -> Identity:
        """By what the account's owner was known when the case opened."""
        return owner_of(self.subject, self.owners)


_OUTLINES = (
    "SELECT id, tenant, subject, subject_id, window_start, window_end, state, verdict, finished_at, owners"
    " FROM cases"
)

_JUDGED = (
    f"{_OUTLINES} WHERE verdict <> '' AND subject_id IN (SELECT value FROM json_each(?))"  # noqa: S608 - words of ours
    " ORDER BY finished_at DESC, seq DESC"
)

E = TypeVar("E", bound=Event)


class CaseReader:
    """The part of the ledger that reads cases and requests."""

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """Read rows; the ledger says how."""
        raise NotImplementedError

    def entries(
        self, *, case_id: str | None = None, kinds: Collection[str] = (), after: int = 0
    ) -> Iterator[Entry]:
        """Give entries; the ledger says how."""
        raise NotImplementedError

    def reading(self) -> AbstractContextManager[None]:
        """Hold one view; the ledger says how."""
        raise NotImplementedError

    def owners(self) -> AbstractContextManager[Owners]:
        """Hold whose the cases are by their entries; the ledger says how."""
        raise NotImplementedError

    def case(self, case_id: str) -> Case:
        """Read one case.

        Raises:
            NoSuchCase: there is none with this id.
        """
        rows = self.rows(f"{_CASES} WHERE id = ?", [case_id])
        if not rows:
            raise NoSuchCase(case_id)
        return _case(rows[0])

    def unfinished_cases(self) -> list[Case]:
        """Give the cases that are being looked at, or whose end nobody was shown, without report and offer.

        They are asked for every second, and the report of a full mailbox is large.
        """
        rows = self.rows(f"{_BARE} WHERE state = 'looking' OR shown = 0 ORDER BY asked_at, id")
        return [_case(row) for row in rows]

    def latest_case(self, tenant: str, subject_id: str, *, with_report: bool = False) -> Case | None:
        """Give the newest case about an account, or the newest that has a report."""
        rows = self.rows(
            f"{_CASES} WHERE tenant = ? AND subject_id = ? AND (NOT ? OR report <> '')"
            " ORDER BY asked_at DESC, seq DESC LIMIT 1",
            [tenant, subject_id, with_report],
        )
        return _case(rows[0]) if rows else None

    def cases_about(self, text: str) -> list[Case]:
        """Give the cases whose subject's names or addresses hold a text, the newest first."""
        rows = self.rows(f"{_CASES} WHERE instr(lower(subject), ?) ORDER BY asked_at DESC, seq DESC", [text])
        return [_case(row) for row in rows]

    def outlines(self) -> list[Outline]:
        """Give all cases without their reports, the newest first."""
        return [_outline(row) for row in self.rows(f"{_OUTLINES} ORDER BY asked_at DESC, seq DESC")]

    def judged_since(self, tenant: str, since: datetime) -> list[Outline]:
        """Give a tenant's cases with a verdict whose last run ended at a time or later, the newest first."""
        rows = self.rows(
            f"{_OUTLINES} WHERE tenant = ? AND verdict <> '' AND finished_at >= ?"
            " ORDER BY finished_at DESC, seq DESC",
            [tenant, moment(since)],
        )
        return [_outline(row) for row in rows]

    def last_ended(self) -> Outline | None:
        """Give the case whose check ended last."""
        rows = self.rows(
            f"{_OUTLINES} WHERE finished_at IS NOT NULL AND state <> 'looking'"
            " ORDER BY finished_at DESC, seq DESC LIMIT 1"
        )
        return _outline(rows[0]) if rows else None

    def owner(self, subject: Subject, tenant: str) -> Identity:
        """Give by what the owner of an account of a tenant is known: now, and in each case about it so far.

        An account that was deleted and made again is another object. A case about an account that shares an
        address with it counts too, and so on from that one; one of another tenant by what that answers for.

        Raises:
            LedgerTampered: such a case is not, or is bound to somebody else, than its entries say.
        """
        with self.owners() as recorded:
            return self._known(recorded, owner_of(subject), tenant)

    def owner_in(self, case: Case, tenant: str | None) -> Identity:
        """Give by what the owner of a case's account is known in a tenant; None for every tenant.

        Raises:
            LedgerTampered: such a case is not, or is bound to somebody else, than its entries say.
        """
        with self.owners() as recorded:
            recorded.demand(self, (case.id,))
            return self._known(recorded, recorded.owner(case.id, tenant), tenant)

    def _known(self, recorded: Owners, known: Identity, tenant: str | None) -> Identity:
        asked = frozenset[str]()
        while cases := recorded.of(replace(known, users=frozenset()), tenant) - asked:
            recorded.demand(self, cases)
            for case_id in cases:
                known |= recorded.owner(case_id, tenant)
            asked |= cases
        return known

    def case_against(
        self,
        person: Identity,
        verdicts: Collection[str] = ("compromised",),
        *,
        tenant: str | None = None,
        only: bool = False,
    ) -> Case | None:
        """Give the case by which this person's account has such a verdict: an account's latest decides.

        A check of a shorter span than the one that accused does not acquit: it saw less.

        Args:
            person: Whose account.
            verdicts: Which verdicts count.
            tenant: In which tenant the person does something; None for any.
            only: Whether cases of that tenant alone count.
        """
        with self.owners() as recorded:
            cases = recorded.of(person, tenant)
            counted = frozenset(one for one in cases if not only or recorded.is_of(one, tenant))
            accounts = recorded.accounts(cases)
            # Not the reports, and nobody else's accounts: every question and every vote comes by here.
            rows = self.rows(_JUDGED, [json.dumps([subject_id for _, subject_id in accounts])])
        acquitted: dict[tuple[str, str], timedelta] = {}
        for row in rows:
            account, span = (row["tenant"], row["subject_id"]), span_of(row)
            longest = acquitted.get(account)
            if row["verdict"] not in verdicts:
                acquitted[account] = max(span, longest or span)
            elif (longest is None or longest < span - SAME_SPAN) and row["id"] in counted:
                return self.case(row["id"])
        return None

    def open_cases(self) -> list[OpenCase]:
        """Give the cases that need someone, one of an account, the newest first."""
        rows = self.rows("SELECT id, tenant FROM cases WHERE open = 1 ORDER BY asked_at DESC, seq DESC")
        return [OpenCase(row["id"], row["tenant"]) for row in rows]

    def demand_as_noted(self, case: Case) -> None:
        """See that a case is about the account, and offers the changes, that its entries tell of.

        Raises:
            LedgerTampered: it is not; nothing may be proposed from it.
        """
        opened: CaseOpened | None = None
        finished: CheckFinished | None = None
        for entry in self.entries(case_id=case.id, kinds=(CaseOpened.KIND, CheckFinished.KIND)):
            event = entry.event
            if isinstance(event, CaseOpened):
                opened = event
            elif isinstance(event, CheckFinished):
                finished = event
        if opened is None or (case.tenant, case.subject) != (opened.tenant, subject_of(opened.subject)):
            raise LedgerTampered(f"has a different subject in case {case.id} than recorded")
        noted = (
            (finished.verdict, finished.report_sha256, finished.offer_sha256) if finished else ("", "", "")
        )
        if (case.verdict, sha256_of(case.report), sha256_of(case.offer)) != noted:
            raise LedgerTampered(f"has a different outcome in case {case.id} than recorded")

    def answers_of(self, case: Case) -> str:
        """Give the SHA-256 of the answers that the last check of a case kept; "" where it kept none."""
        event = self._last(case.id, CheckFinished)
        return event.answers_sha256 if event is not None and event.run == case.run else ""

    def sources_of(self, case_id: str) -> Mapping[str, str]:
        """Give how much of each source the last check of a case collected; nothing where nobody noted it."""
        finished = self._last(case_id, CheckFinished)
        return finished.sources if finished else {}

    def last_recheck(self, case_id: str) -> Rechecked | None:
        """Give what was seen when the case was looked at again the last time."""
        return self._last(case_id, Rechecked)

    def _last(self, case_id: str, kind: type[E]) -> E | None:
        events = [entry.event for entry in self.entries(case_id=case_id, kinds=(kind.KIND,))]
        return next((event for event in reversed(events) if isinstance(event, kind)), None)

    def was_asked(self, request: SlackRequest) -> bool:
        """Say whether the entries tell of this request, word for word, and of no answer to it."""
        answers = [kind.KIND for kinds in EVENTS.values() for kind in kinds if issubclass(kind, Response)]
        marks = ", ".join("?" * (len(answers) + 1))
        # Those that name it, whatever they say of it: each is read before it counts.
        rows = self.rows(
            f"SELECT seq FROM ledger WHERE seq >= ? AND kind IN ({marks}) AND instr(body, ?) ORDER BY seq",  # noqa: S608 - words of ours
            [request.seq, Asked.KIND, *answers, json.dumps(request.id)],
        )
        known = False
        for row in rows:
            entry = next(self.entries(after=row["seq"] - 1))
            match entry.event:
                case Asked(request=request.id) as asked:
                    told = (entry.actor, asked.channel, asked.words)
                    known = told == (request.actor, request.channel, request.words)
                case Response(request=request.id):
                    return False
        return known

    def request_words(self, request_id: str) -> str:
        """Give the words of a request, "" where there is none."""
        rows = self.rows("SELECT words FROM requests WHERE id = ?", [request_id])
        return str(rows[0]["words"]) if rows else ""

    def unanswered_requests(self) -> list[SlackRequest]:
        """Give what was asked and never answered, because the program ended in between."""
        return [
            SlackRequest(
                id=row["id"],
                at=datetime.fromisoformat(row["at"]),
                actor=row["actor"],
                channel=row["channel"],
                words=row["words"],
                answered=bool(row["answered"]),
                case_id=row["case_id"],
                seq=row["seq"],
            )
            for row in self.rows("SELECT * FROM requests WHERE answered = 0 ORDER BY at, seq")
        ]

    def channel_of(self, name: str) -> str:
        """Give the channel of the case or proposal with this id, "" where there is none."""
        rows = self.rows(
            "SELECT channel FROM proposals WHERE id = ? UNION SELECT channel FROM cases WHERE id = ?",
            [name, name],
        )
        return str(rows[0]["channel"]) if rows else ""

    def posted(self, case_id: str, run: int) -> dict[str, str]:
        """Give what was posted for one run of a case: what it is, and its name in Slack."""
        rows = self.rows(
            "SELECT what, name FROM posts WHERE case_id = ? AND run = ? ORDER BY seq", [case_id, run]
        )
        return {row["what"]: row["name"] for row in rows}

    def recall(self, case_id: str, source: str) -> dict[str, str]:
        """Give what a query of this case remembered."""
        rows = self.rows("SELECT name, value FROM memory WHERE case_id = ? AND source = ?", [case_id, source])
        return {row["name"]: row["value"] for row in rows}


def subject_facts(subject: Subject) -> dict[str, Any]:
    """Give a subject as the entries hold it."""
    return {
        "id": subject.id,
        "user_principal_name": subject.user_principal_name,
        "mail": subject.mail,
        "addresses": list(subject.addresses),
        "display_name": subject.display_name,
    }


def subject_of(facts: Facts) -> Subject:
    """Read a subject."""
    return Subject(**{**facts, "addresses": tuple(facts["addresses"])})


def _outline(row: Row) -> Outline:
    return Outline(
        id=row["id"],
        tenant=row["tenant"],
        subject=subject_of(json.loads(row["subject"])),
        window=Window(datetime.fromisoformat(row["window_start"]), datetime.fromisoformat(row["window_end"])),
        state=CaseState(row["state"]),
        verdict=row["verdict"],
        finished_at=datetime.fromisoformat(row["finished_at"]) if row["finished_at"] else None,
        owners=_owners(row),
    )


def _owners(row: Row) -> frozenset[str]:
    return frozenset(json.loads(row["owners"] or "[]"))


def _case(row: Row) -> Case:
    outline = _outline(row)
    return Case(
        id=outline.id,
        tenant=outline.tenant,
        subject=outline.subject,
        window=outline.window,
        channel=row["channel"],
        card=row["card"],
        state=outline.state,
        run=row["run"],
        asked_by=row["asked_by"],
        asked_at=datetime.fromisoformat(row["asked_at"]),
        finished_at=outline.finished_at,
        verdict=outline.verdict,
        report=_content(row, "report"),
        note=row["note"],
        reference=row["reference"],
        shown=bool(row["shown"]),
        offer=_content(row, "offer").decode("utf-8", "replace"),
        owners=None if row["owners"] is None else outline.owners,
        owners_missing=row["owners_missing"],
        verified=verified_of(row),
    )


def _content(row: Row, name: str) -> bytes:
    """Give a content of a case.

    Raises:
        LedgerTampered: it is gone.
    """
    if row[name] and row[f"{name}_text"] is None:
        raise LedgerTampered(f"is missing the {name} of case {row['id']}")
    return bytes(row[f"{name}_text"] or b"")
