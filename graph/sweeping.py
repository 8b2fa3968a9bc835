"""What a sweep asks: first everybody's questions in slices of time, then the mailboxes that are in doubt.

One question about everybody costs what one about somebody does, so those come first. Of those in doubt,
the inbox rules and automatic replies are read in batches of twenty; delegates take several cmdlets each, and
hidden rules one that is slow. Whom mailboxes forward to is looked up, each recipient once, for behind it may
be a contact outside. Sources: Microsoft Graph, "Combine multiple HTTP requests using JSON batching",
"List rules", "Get user mailbox settings"; Exchange PowerShell, "Get-Mailbox" (`Filter`) and "Get-Recipient".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, TypeAlias

from graph.effects import Asking, Fetch, Item, fetch
from graph.errors import GraphError
from graph.evidence import Known, Source
from graph.hunting import TenantQuery, sweep_queries
from graph.parts.reading import lacking, read_each
from graph.parts.recipients import behind
from graph.queries import Query, auto_reply, delegates, hidden_inbox_rules, inbox_rules, unavailable
from graph.question import Question, Subject, Window
from graph.request import Cmdlet, Request
from graph.resources.directory import Domain
from graph.resources.mailbox import Mailbox

SLICE: Final = timedelta(hours=24)
"""How long a span the questions about everybody cover at once: what they bring is judged and let go."""

CHUNK: Final = 100
"""Mailboxes that are looked at together. A restart repeats no more than these."""

LOOKED_UP: Final = 2_000
"""Recipients that mailboxes forward to and that are looked up, at most; each is a call of its own."""

Answers: TypeAlias = tuple[tuple[str, Source[Any]], ...]
"""The answer for each of several accounts, by user principal name."""

_FORWARDS: Final = Cmdlet(
    "Get-Mailbox",
    {
        "Filter": "(ForwardingAddress -ne $null) -or (ForwardingSmtpAddress -ne $null)",
        "ResultSize": "Unlimited",
    },
    select=(
        "Identity",
        "PrimarySmtpAddress",
        "ForwardingAddress",
        "ForwardingSmtpAddress",
        "DeliverToMailboxAndForward",
    ),
)

_DOMAINS: Final = Request("GET", "/domains", {"$select": "id,isVerified"})

DOMAINS: Final = "domains"
"""The one question that each piece of a sweep asks anew, and whose answer holds for everybody."""

TIMELY: Final = ("audit_log", "sign_ins")
"""The questions about everybody whose answers grow with the span of time."""


def slices(window: Window) -> tuple[Window, ...]:
    """Cut a span into those that are asked about one after the other, the newest first."""
    found = []
    end = window.end
    while end > window.start:
        start = max(window.start, end - SLICE)
        found.append(Window(start, end))
        end = start
    return tuple(found)


def timely_queries() -> tuple[TenantQuery, ...]:
    """Give the questions about everybody that are asked for each slice, and that for the tenant's domains.

    What a slice brought is judged and let go, so each needs to know what lies inside the tenant.
    """
    return (*(query for query in sweep_queries() if query.name in TIMELY), domains_query())


def standing_queries() -> tuple[TenantQuery, ...]:
    """Give the questions about everybody that are asked once."""
    others = tuple(query for query in sweep_queries() if query.name not in TIMELY)
    return (
        *others,
        TenantQuery("mailbox", _forwarding, (_FORWARDS,)),
        domains_query(),
    )


def domains_query() -> TenantQuery:
    """Give the question for the tenant's own domains, without which all else is judged wrongly."""
    return TenantQuery(DOMAINS, _domains, (_DOMAINS,))


def _forwarding(question: Question) -> Asking[tuple[Mailbox, ...]]:
    """The mailboxes that forward all their mail, or a copy of it, and the addresses behind contacts."""
    items = yield from fetch(_FORWARDS)
    found, missing = read_each(Mailbox, items)
    names = tuple(dict.fromkeys(one.forwarding_address for one in found if one.forwarding_address))
    outside, unknown = yield from behind(names[:LOOKED_UP])
    if unknown:
        missing += (lacking(_whose(len(unknown)), next(iter(unknown.values()))),)
    if left := len(names[LOOKED_UP:]):
        missing += (f"{_whose(left)} (only {LOOKED_UP:,} were looked up)",)
    return Known(
        tuple(
            one.model_copy(update={"forwarding_contact_address": outside.get(one.forwarding_address, "")})
            for one in found
            if one.forwarding_address or one.forwarding_smtp_address
        ),
        missing=missing,
    )


def _domains(question: Question) -> Asking[tuple[Domain, ...]]:
    """The tenant's own domains, to which forwarding leads nowhere outside."""
    items = yield from fetch(_DOMAINS)
    found, missing = read_each(Domain, items)
    return Known(found, missing=missing)


def _whose(number: int) -> str:
    return f"the addresses of {number:,} whom mailboxes forward to"


def close_queries(suspects: Sequence[Subject]) -> tuple[TenantQuery, ...]:
    """Give the questions about mailboxes in doubt that cost little: visible rules, replies, delegates."""
    return (
        domains_query(),
        _together("inbox_rules", inbox_rules, suspects),
        _together("auto_reply", auto_reply, suspects),
        *_each("delegates", delegates, suspects),
    )


def costly_queries(suspects: Sequence[Subject]) -> tuple[TenantQuery, ...]:
    """Give the questions about mailboxes in doubt that take Exchange long: hidden rules."""
    return (domains_query(), *_each("hidden_inbox_rules", hidden_inbox_rules, suspects))


def _each(name: str, query: Query, suspects: Sequence[Subject]) -> tuple[TenantQuery, ...]:
    def about(subject: Subject) -> Callable[[Question], Asking[Any]]:
        return lambda question: query.ask(replace(question, subject=subject))

    return tuple(
        TenantQuery(f"{name} {number}", about(one), query.ASKS, query.LICENSE)
        for number, one in enumerate(suspects)
    )


def _together(name: str, query: Query, suspects: Sequence[Subject]) -> TenantQuery:
    """Ask the one request of a query for many mailboxes, so that they travel in batches."""

    def ask(question: Question) -> Asking[Answers]:
        asking = [query.ask(replace(question, subject=one)) for one in suspects]
        wanted = [next(one) for one in asking]
        requests = [effect.what[0] for effect in wanted if isinstance(effect, Fetch)]
        answers: list[list[Item] | GraphError] = yield Fetch(tuple(requests), gather=True)
        return Known(tuple(_ended(query, *one) for one in zip(suspects, asking, answers, strict=True)))

    return TenantQuery(name, ask, query.ASKS, query.LICENSE)


def _ended(
    query: Query, suspect: Subject, asking: Asking[Any], answer: list[Item] | GraphError
) -> tuple[str, Source[Any]]:
    """Give a query its only answer, and what it makes of it."""
    name = suspect.user_principal_name
    try:
        if isinstance(answer, GraphError):
            asking.throw(answer)
        else:
            asking.send([answer])
    except StopIteration as end:
        return name, end.value
    except GraphError as error:
        return name, unavailable(error, query)
    raise RuntimeError(f"{query.__name__} asks for more than one thing")


def answers_of(
    source: str, suspects: Sequence[Subject], found: Source[Any]
) -> Iterator[tuple[str, str, Source[Any]]]:
    """Give account, source and answer of what one of the questions about mailboxes brought."""
    name, _, number = source.partition(" ")
    if number:
        yield suspects[int(number)].user_principal_name, name, found
    elif name != DOMAINS and isinstance(found, Known):
        for account, answer in found.value:
            yield account, name, answer
    else:
        for one in suspects:
            yield one.user_principal_name, name, found
