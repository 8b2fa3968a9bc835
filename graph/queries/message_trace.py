"""What left from the subject's addresses, one row for each recipient.

Source: Microsoft Graph v1.0, "List messageTraces"; Exchange PowerShell, "Get-MessageTraceV2". One request
spans ten days at most, and nothing is kept longer than ninety. Outside the global cloud there is only the
cmdlet.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from graph.effects import Asking, Effect, Item, fetch, fetch_each
from graph.errors import CannotSignIn, GraphError, NoPermission, NotFound, Refused
from graph.evidence import Known
from graph.parts.reading import graph_time, literal, read_each, unsent, untold
from graph.question import Question, Window
from graph.request import Cmdlet, Limit, Request
from graph.resources.mail import TracedMessage

ASKS = (
    Request("GET", "/admin/exchange/tracing/messageTraces"),
    Cmdlet("Get-MessageTraceV2"),
)
LICENSE = ""

SPAN = timedelta(days=10)
KEPT = timedelta(days=90)
LATENESS = timedelta(minutes=10)
"""How late a row may come; minutes, by Exchange's description of the message trace."""
_ROWS = 5_000


def ask(question: Question) -> Asking[tuple[TracedMessage, ...]]:
    """Ask for every span of ten days at the same time, from Graph or else from Exchange."""
    senders = tuple(dict.fromkeys((question.subject.mail, question.subject.user_principal_name)))
    items, missing = yield from traced(question, "senderAddress", senders)
    rows, unreadable = read_each(TracedMessage, items)
    dated = [item for item in items if item.get("receivedDateTime")]
    missing += untold(dated, "senderAddress", "recipientAddress", "messageId") + unsent(
        dated, "fromIP", "subject"
    )
    until, since = question.window.end - LATENESS, kept_from(question.window)
    return Known(_once(rows), missing=missing + unreadable, complete_until=until, complete_from=since)


def kept_from(window: Window) -> datetime | None:
    """Say from when on the trace is kept; None where that is all the window."""
    oldest = window.end - KEPT + timedelta(hours=1)
    return oldest if window.start < oldest else None


def traced(
    question: Question, field: str, names: tuple[str, ...]
) -> Generator[Effect, Any, tuple[list[Item], tuple[str, ...]]]:
    """Ask for what is from, or to, these addresses; gives the rows, and what the trace has no longer.

    Args:
        question: Which span of time.
        field: ``senderAddress`` or ``recipientAddress``.
        names: The addresses.
    """
    window = question.window
    oldest = kept_from(window)
    missing: tuple[str, ...] = ()
    if oldest is not None:
        missing = (f"messages before {oldest:%Y-%m-%d} (the trace is kept for 90 days)",)
    spans = slices(Window(oldest or window.start, window.end))
    wanted = _Wanted(field, names)
    try:
        items = yield from _in_time(_from_graph if question.global_cloud else _from_exchange, wanted, spans)
    except (NoPermission, CannotSignIn, NotFound, Refused) as error:
        if not question.global_cloud:
            raise
        items = yield from _instead(error, wanted, spans)
    return items, missing


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Whose mail: the field that is compared, and the addresses."""

    field: str
    names: tuple[str, ...]


def slices(window: Window) -> list[tuple[datetime, datetime]]:
    """Cut a window into spans of at most ten days, the newest first."""
    spans = []
    end = window.end
    while end > window.start:
        start = max(window.start, end - SPAN)
        spans.append((start, end))
        end = start
    return spans


_Asks: TypeAlias = Callable[[_Wanted, list[tuple[datetime, datetime]]], Generator[Effect, Any, list[Item]]]


def _in_time(
    asks: _Asks, wanted: _Wanted, spans: list[tuple[datetime, datetime]]
) -> Generator[Effect, Any, list[Item]]:
    """Ask; where Microsoft refuses, ask once more up to a little earlier, for our clock may be ahead.

    Nothing may be asked about the future, and what came in so short a time is not complete anyway.
    """
    try:
        return (yield from asks(wanted, spans))
    except Refused:
        (start, end), *others = spans
        return (yield from asks(wanted, [(start, max(start, end - LATENESS)), *others]))


def _from_graph(
    wanted: _Wanted, spans: list[tuple[datetime, datetime]]
) -> Generator[Effect, Any, list[Item]]:
    requests = [
        Request(
            "GET",
            "/admin/exchange/tracing/messageTraces",
            {
                "$filter": f"{wanted.field} eq '{literal(name)}' "
                f"and receivedDateTime ge {graph_time(start)} and receivedDateTime le {graph_time(end)}",
                "$top": str(_ROWS),
            },
            limit=Limit.TRACE,
        )
        for name in wanted.names
        for start, end in spans
    ]
    answers = yield from fetch_each(requests)
    return [item for answer in answers for item in answer]


def _instead(
    error: GraphError, wanted: _Wanted, spans: list[tuple[datetime, datetime]]
) -> Generator[Effect, Any, list[Item]]:
    """Ask Exchange; where it does not answer either, Graph's own reason is the one to tell."""
    try:
        return (yield from _from_exchange(wanted, spans))
    except GraphError:
        raise error from None


def _from_exchange(
    wanted: _Wanted, spans: list[tuple[datetime, datetime]]
) -> Generator[Effect, Any, list[Item]]:
    """Ask the cmdlet, which has no pages: a full answer is continued from its last row on."""
    rows: list[Item] = []
    for start, end in spans:
        until, after = graph_time(end), ""
        while True:
            parameters = {
                f"{wanted.field[:1].upper()}{wanted.field[1:]}": list(wanted.names),
                "StartDate": graph_time(start),
                "EndDate": until,
                "ResultSize": _ROWS,
                **({"StartingRecipientAddress": after} if after else {}),
            }
            answer = yield from fetch(Cmdlet("Get-MessageTraceV2", parameters))
            rows.extend(_as_graph(row) for row in answer)
            if len(answer) < _ROWS:
                break
            until, after = str(answer[-1].get("Received")), str(answer[-1].get("RecipientAddress"))
    return rows


def _as_graph(row: Item) -> Item:
    names = {
        "MessageTraceId": "id",
        "SenderAddress": "senderAddress",
        "RecipientAddress": "recipientAddress",
        "MessageId": "messageId",
        "Received": "receivedDateTime",
        "Subject": "subject",
        "Size": "size",
        "FromIP": "fromIP",
    }
    item: dict[str, Any] = {ours: row.get(theirs) for theirs, ours in names.items()}
    status = str(row.get("Status") or "")
    return {**item, "status": status[:1].lower() + status[1:]}


def _once(rows: Iterable[TracedMessage]) -> tuple[TracedMessage, ...]:
    """Each row once, oldest first; spans meet in a moment that belongs to both."""
    found = {(row.id, row.message_id, row.recipient_address.casefold()): row for row in rows}
    return tuple(sorted(found.values(), key=lambda row: (row.received_date_time, row.message_id)))
