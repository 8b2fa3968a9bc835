"""A search of the unified audit log: no operation filter, every page, nothing cut.

Source: Microsoft Graph, "auditLogQuery resource type"; Exchange PowerShell, "Search-UnifiedAuditLog". A
search runs at Microsoft, for minutes or hours. Its id is remembered, so that a later run takes up the same
search. A search that reaches Microsoft's limit still ends as a success, so that limit is looked at, and the
span is halved. Where Graph offers no searches, or they fail, Exchange is asked.

Longer than other files because two services are asked for the same, and one takes over from the other.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias
from uuid import uuid4

from graph.audit_log import graph_query, search_rows
from graph.audit_log.compact import compact
from graph.audit_log.record import AuditRecord
from graph.effects import Effect, Item, Thin, fetch, fetch_each, remember, try_each, wait
from graph.errors import Broken, GraphError, NoPermission, NotFound, Refused, Throttled, UnreadableRecord
from graph.evidence import Known
from graph.parts.reading import graph_time, segment, unread
from graph.question import Question
from graph.repeated import Repeated
from graph.request import Cmdlet, Limit, Request
from graph.times import time_of

LATENESS = timedelta(minutes=90)
"""How late records may come: typically 60 to 90 minutes (Purview, "Search the audit log", without any
promise)."""
KEPT = timedelta(days=180)
"""How long records are kept of every user. Those of users with Audit (Premium) are kept for a year, unless a
policy of the tenant says otherwise; what a search cannot tell is not taken for collected. Source: Microsoft
Purview, "Learn about auditing solutions in Microsoft Purview"."""
SHORTEST = timedelta(hours=1)
"""A span that is not halved any more."""
MOST = 40
"""Searches that one source may hand in; Microsoft takes some 200 a day from a whole tenant."""
SESSION_ROWS = 50_000
"""Rows that one session of Search-UnifiedAuditLog hands out, at most."""

_PAUSES = (0.5, 0.5, 1.0, 1.0, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 15.0, 20.0)
"""Seconds before each look at a search: from the fifth on no more than half of what has passed by then."""
_LONGEST_PAUSE = 30.0
_QUERIES = "/security/auditLog/queries"
_USERS = "userPrincipalNameFilters"
ASKED = (
    Request("POST", _QUERIES),
    Request("GET", f"{_QUERIES}/{{id}}"),
    Request("GET", f"{_QUERIES}/{{id}}/records"),
    Cmdlet("Search-UnifiedAuditLog"),
)
_TRIES = 2
_OTHER: Mapping[str, Literal["v1.0", "beta"]] = {"beta": "v1.0", "v1.0": "beta"}
_ELSEWHERE = (NoPermission, NotFound, Refused, Broken, Throttled)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to search for, in the words of both interfaces.

    Attributes:
        filters: Filters of Graph's search, such as ``userPrincipalNameFilters``.
        parameters: The same as parameters of the cmdlet, such as ``UserIds``.
    """

    filters: Mapping[str, Any]
    parameters: Mapping[str, Any]


@dataclass(slots=True)
class _Search:
    """One search at Microsoft over one span of time.

    `alone` must not be shared with other checks; `others` are the users of those that it is shared with.
    """

    number: int
    start: datetime
    end: datetime
    version: Literal["v1.0", "beta"] = "beta"
    id: str = ""
    taken_up: bool = False
    tries: int = 0
    alone: bool = False
    others: tuple[str, ...] = ()

    def name(self, question: Question) -> str:
        """Under which name its id is remembered."""
        return f"{question.subject.id} {self.number} {graph_time(self.start)} {graph_time(self.end)}"

    def halves(self) -> tuple[_Search, _Search]:
        """The same search over each half of its span."""
        middle = self.start + (self.end - self.start) / 2
        middle = middle.replace(microsecond=0)
        return (
            _Search(self.number, self.start, middle, self.version, alone=True),
            _Search(self.number, middle, self.end, self.version, alone=True),
        )


def search(
    question: Question, wanted: Sequence[Wanted]
) -> Generator[Effect, Any, Known[tuple[AuditRecord, ...]]]:
    """Search for everything wanted; gives each record of the window once, oldest first.

    Raises:
        GraphError: when neither interface gives the records; Graph's reason is the one that is told.
    """
    missing: tuple[str, ...] = ()
    if not question.global_cloud:
        records = yield from _on_exchange(question, wanted)
        if not records:
            missing = ("completeness: the audit search in this cloud can miss records",)
    else:
        try:
            records, missing = yield from _on_graph(question, wanted)
        except _ELSEWHERE as error:
            try:
                records = yield from _on_exchange(question, wanted)
            except GraphError:
                raise error from None
    found, unreadable = ordered(records, question)
    oldest = question.window.end - KEPT
    until = question.window.end - LATENESS
    if question.window.start >= oldest:
        return Known(found, missing=missing + unreadable, complete_until=until)
    older = (
        f"records before {oldest:%Y-%m-%d %H:%M} UTC (they are kept for 180 days, for users with Microsoft "
        "Purview Audit (Premium) for a year)"
    )
    return Known(found, missing=(*missing, older, *unreadable), complete_until=until, complete_from=oldest)


Records: TypeAlias = list[AuditRecord | None]
"""Records in the normal form; None stands for one that cannot be read."""


def reader(
    parse: Callable[[Mapping[str, Any]], AuditRecord], question: Question
) -> Callable[[list[Item]], Records]:
    """Give what brings the records of a page into the normal form, those that no query had before."""
    once = Repeated()

    def read(page: list[Item]) -> Records:
        with question.reading:
            return _read(page)

    def _read(page: list[Item]) -> Records:
        known: Records = []
        new: list[AuditRecord] = []
        for item in page:
            record = question.seen.get(str(item.get("id") or ""))
            if record is not None:
                known.append(record)
                continue
            try:
                new.append(parse(item))
            except UnreadableRecord:
                known.append(None)
        lean = compact(new, once)
        question.seen.update((record.id, record) for record in lean)
        return known + lean

    return read


def own(others: Collection[str]) -> Thin | None:
    """Give what leaves out of a page the records of those whom a search is shared with.

    Only what is certainly another's is left out: a record that names none of them stays.
    """
    if not others:
        return None

    def thin(page: list[Item]) -> list[Item]:
        return [item for item in page if str(item.get("userPrincipalName")).casefold() not in others]

    return thin


def ordered(records: Records, question: Question) -> tuple[tuple[AuditRecord, ...], tuple[str, ...]]:
    """Give the records of the window, each once, oldest first, and count the unreadable ones."""
    found: dict[str, AuditRecord] = {}
    for record in records:
        if record is not None and question.window.start <= record.at <= question.window.end:
            found.setdefault(record.id, record)
    by_time = sorted(found.values(), key=lambda record: (record.at, record.id))
    return tuple(by_time), unread(records.count(None))


# --- Graph --------------------------------------------------------------------------------------------------


def _on_graph(
    question: Question, wanted: Sequence[Wanted]
) -> Generator[Effect, Any, tuple[Records, tuple[str, ...]]]:
    open_: list[_Search] = [one for number in range(len(wanted)) for one in _take_up(question, number)]
    pauses = itertools.chain(_PAUSES, itertools.repeat(_LONGEST_PAUSE))
    read = reader(graph_query.parse, question)
    records: Records = []
    missing: list[str] = []
    fresh = any(not one.id for one in open_)
    handed_in = 0
    while open_:
        new = [one for one in open_ if not one.id]
        handed_in += len(new)
        yield from _submit(question, wanted, new)
        if fresh:
            yield from wait(next(pauses))
        fresh = True
        answers = yield from try_each([_status(one) for one in open_])
        ended: list[_Search] = []
        still: list[_Search] = []
        for one, answer in zip(open_, answers, strict=True):
            match _state(one, answer):
                case "succeeded" if _is_cut(answer) and one.end - one.start > SHORTEST and handed_in < MOST:
                    still.extend(one.halves())
                    yield from remember(one.name(question), "")
                case "succeeded":
                    ended.append(one)
                    if _is_cut(answer):
                        span = f"{one.start:%Y-%m-%d %H:%M} to {one.end:%Y-%m-%d %H:%M} UTC"
                        missing.append(f"records from {span} beyond the search's limit")
                case "again":
                    one.id = ""
                    still.append(one)
                case _:
                    still.append(one)
        others = {name.casefold() for one in ended for name in one.others}
        pages = yield from fetch_each([_records(one) for one in ended], own(others), read)
        for one, page in zip(ended, pages, strict=True):
            records.extend(page)
            yield from remember(one.name(question), "")
        open_ = still
    return records, tuple(missing)


def _take_up(question: Question, number: int) -> Iterator[_Search]:
    """The searches that cover the window: those remembered, and new ones for what they leave uncovered.

    A remembered search was asked before the latest records were there, so the new one begins earlier by as
    much as records may come late.
    """
    at, end = question.window.start, question.window.end
    version: Literal["v1.0", "beta"] = "v1.0" if question.audit_api == "v1.0" else "beta"
    taken_up = False
    for one in sorted(_remembered(question, number), key=lambda known: (known.start, known.end)):
        # No page tells what Microsoft answers to a search that ends before it begins, so none is sent.
        if one.end <= at or one.start >= min(end, one.end):
            continue
        if one.start > at:
            yield _Search(number, at, one.start, version)
        yield one
        at, taken_up = one.end, True
    if at < end.replace(microsecond=0):
        start = max(question.window.start, at - LATENESS) if taken_up else at
        yield _Search(number, start, end, version)


def _remembered(question: Question, number: int) -> Iterator[_Search]:
    """The searches of an earlier run that were still under way."""
    for name, value in question.remembered.items():
        match (*name.split(" "), *value.split(" ")):
            case (subject, which, start, end, "beta" | "v1.0" as version, id_, *others) if id_:
                if subject == question.subject.id and which == str(number):
                    span = time_of(start), time_of(end)
                    yield _Search(number, *span, version, id_, taken_up=True, others=tuple(others))
            case _:
                continue


def _submit(
    question: Question, wanted: Sequence[Wanted], searches: Sequence[_Search]
) -> Generator[Effect, Any, None]:
    """Hand searches in; where this version of Graph does not know them, once more to the other version."""
    answers = yield from try_each([_new(question, wanted[one.number], one) for one in searches])
    unknown = [
        one
        for one, answer in zip(searches, answers, strict=True)
        if isinstance(answer, NotFound) and not one.id
    ]
    again: dict[int, list[Item] | GraphError] = {}
    if unknown:
        for one in unknown:
            one.version = _OTHER[one.version]
        second = yield from try_each([_new(question, wanted[one.number], one) for one in unknown])
        again = {id(one): answer for one, answer in zip(unknown, second, strict=True)}
    for one, first in zip(searches, answers, strict=True):
        answer = again.get(id(one), first)
        if isinstance(answer, GraphError):
            raise answer
        if not answer or not answer[0].get("id"):
            raise Broken("Microsoft accepted an audit search without an ID.")
        one.id = str(answer[0]["id"])
        own = wanted[one.number].filters.get(_USERS) or ()
        one.others = tuple(name for name in answer[0].get(_USERS) or () if name not in own) if own else ()
        yield from remember(one.name(question), " ".join((one.version, one.id, *one.others)))


def _state(one: _Search, answer: list[Item] | GraphError) -> str:
    """How a search stands; "again" when it must be handed in once more.

    Raises:
        GraphError: when it cannot be had.
    """
    if isinstance(answer, NotFound) and one.taken_up:
        one.taken_up = False
        return "again"
    if isinstance(answer, GraphError):
        raise answer
    status = str(answer[0].get("status") if answer else "")
    if status in ("failed", "cancelled"):
        one.tries += 1
        if one.tries >= _TRIES:
            raise Broken("The audit search failed at Microsoft, twice.")
        return "again"
    return status


def _is_cut(answer: list[Item] | GraphError) -> bool:
    return isinstance(answer, list) and bool(answer) and answer[0].get("isRecordCountLimitExceeded") is True


def _new(question: Question, wanted: Wanted, one: _Search) -> Request:
    body = {
        "displayName": f"compromise-bot {question.subject.user_principal_name}",
        "filterStartDateTime": graph_time(one.start),
        "filterEndDateTime": graph_time(one.end),
        **wanted.filters,
    }
    # A search handed in twice costs nothing but a place in a long queue, so it may be repeated like a read.
    return Request(
        "POST",
        _QUERIES,
        body=body,
        version=one.version,
        limit=Limit.AUDIT_SEARCH,
        reads=True,
        shared=_USERS in wanted.filters
        and not one.alone
        and not any(" " in each for each in wanted.filters[_USERS]),
    )


def _status(one: _Search) -> Request:
    return Request("GET", f"{_QUERIES}/{segment(one.id)}", version=one.version, limit=Limit.AUDIT_SEARCH)


def _records(one: _Search) -> Request:
    path = f"{_QUERIES}/{segment(one.id)}/records"
    return Request("GET", path, {"$top": "999"}, version=one.version, limit=Limit.AUDIT_SEARCH)


# --- Exchange -----------------------------------------------------------------------------------------------


def _on_exchange(question: Question, wanted: Sequence[Wanted]) -> Generator[Effect, Any, Records]:
    read = reader(search_rows.parse, question)
    records: Records = []
    for one in wanted:
        spans = [(question.window.start, question.window.end)]
        while spans:
            start, end = spans.pop()
            found = yield from _session(one, start, end, read)
            if found is None:
                middle = start + (end - start) / 2
                spans += [(start, middle), (middle, end)]
            else:
                records.extend(found)
    return records


def _session(
    one: Wanted, start: datetime, end: datetime, read: Callable[[list[Item]], Records]
) -> Generator[Effect, Any, Records | None]:
    """Read one session to its end; None when the span holds more than a session can hand out.

    Raises:
        Broken: when the search timed out at Microsoft, which it says by rows numbered -1.
    """
    for _ in range(_TRIES):
        # A session that was read once hands out nothing the second time, so every try has its own.
        parameters = {
            "StartDate": graph_time(start),
            "EndDate": graph_time(end),
            "ResultSize": 5_000,
            "SessionId": str(uuid4()),
            "SessionCommand": "ReturnLargeSet",
            **one.parameters,
        }
        records: Records = []
        timed_out = False
        while True:
            page = yield from fetch(Cmdlet("Search-UnifiedAuditLog", parameters))
            timed_out = any(row.get("ResultIndex") == -1 for row in page)
            if not page or timed_out:
                break
            records.extend(read(page))
            if int(page[0].get("ResultCount") or 0) >= SESSION_ROWS and end - start > SHORTEST:
                return None
        if not timed_out:
            return records
    raise Broken("The audit search of Exchange timed out at Microsoft, twice.")
