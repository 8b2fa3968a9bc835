"""How much mail went to addresses that a mailbox's mail is sent on to: the message trace, by recipient.

Mail that is redirected keeps its first sender, so what was sent on is not among what the account sent. The
trace tells how much went to an address, whoever sent it, and keeps it for ninety days.
Source: Microsoft Graph v1.0, "List messageTraces" ($filter on recipientAddress); Exchange PowerShell,
"Get-MessageTraceV2" (RecipientAddress).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from graph.effects import Asking
from graph.evidence import Known
from graph.hunting import TenantQuery
from graph.parts.reading import read_each, untold
from graph.queries.message_trace import ASKS, LATENESS, traced
from graph.question import Question
from graph.resources.mail import PassedOn, TracedMessage

MOST: Final = 8
"""Addresses that are asked about: each costs a request for ten days, of 100 in five minutes for a tenant."""

FAILED: Final = "failed"


def forwarded_query(addresses: Sequence[str]) -> TenantQuery:
    """Give the question how much went to these addresses, lower case, at most `MOST` of them.

    It bears the name of the message trace, whose answers it adds to those that are kept.
    """

    def ask(question: Question) -> Asking[tuple[PassedOn, ...]]:
        wanted = tuple(addresses[:MOST])
        items, missing = yield from traced(question, "recipientAddress", wanted)
        rows, unreadable = read_each(TracedMessage, items)
        missing += untold(items, "recipientAddress", "messageId", "status") + unreadable
        found = tuple(passed_on(wanted, rows))
        return Known(found, missing=missing, complete_until=question.window.end - LATENESS)

    return TenantQuery("message_trace", ask, ASKS)


def passed_on(addresses: Sequence[str], rows: Sequence[TracedMessage]) -> Sequence[PassedOn]:
    """Count the messages to each address, each message once."""
    by_address: dict[str, list[TracedMessage]] = defaultdict(list)
    for row in rows:
        by_address[row.recipient_address.casefold()].append(row)
    return [_counted(address, by_address.get(address, [])) for address in addresses]


def _counted(address: str, rows: Sequence[TracedMessage]) -> PassedOn:
    def ids(chosen: Sequence[TracedMessage]) -> set[str]:
        return {row.message_id or row.id for row in chosen}

    came = [row for row in rows if row.status.casefold() != FAILED]
    times = [row.received_date_time for row in came]
    return PassedOn(
        address=address,
        messages=len(ids(came)),
        failed=len(ids(rows) - ids(came)),
        first=min(times, default=None),
        last=max(times, default=None),
    )
