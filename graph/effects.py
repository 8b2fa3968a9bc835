"""How a query asks without sending anything.

A query is a generator. It yields what it wants and gets the answer back, so it reads like ordinary code and
yet does no I/O: `graph.collect` sends, waits and remembers for it, and a test can play Microsoft by hand.

    def ask(question):
        path = f"/users/{question.subject.id}/mailFolders/inbox/messageRules"
        rules = yield from fetch(Request("GET", path))
        return Known(tuple(InboxRule.model_validate(item) for item in rules))

An error of `graph.errors` is raised inside the query at its `yield`, where the query may catch it and ask
something else. What it does not catch ends the query, and its source is reported as unavailable.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from graph.errors import GraphError
from graph.evidence import Known
from graph.request import Cmdlet, Request

T = TypeVar("T")

Item: TypeAlias = Mapping[str, Any]
"""One JSON object of an answer."""


Reading: TypeAlias = Callable[[list[Item]], Sequence[Any]]
"""What is made of the items of a page as soon as it is there, so that no list of all items is ever held.

It may be called from several threads at once.
"""


@dataclass(frozen=True, slots=True)
class Fetch:
    """Send these, at the same time as far as the limits allow, follow all pages, and give back the items.

    With `gather`, an error of one is given back in its place; without, the first error is raised. `thin` says
    what is kept of each page as it comes, so that what nobody needs is neither held nor counted. With `read`,
    what it makes of each page is given back in place of the page's items. Several threads call both.
    """

    what: tuple[Request | Cmdlet, ...]
    gather: bool = False
    thin: Thin | None = None
    read: Reading | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Remember:
    """Keep this, so that an interrupted run can go on; it comes back as `question.remembered`."""

    name: str
    value: str


Thin: TypeAlias = Callable[[list[Any]], list[Any]]
"""What is kept of the items of one page."""

Effect: TypeAlias = Fetch | Wait | Remember
Asking: TypeAlias = Generator[Effect, Any, Known[T]]
"""What `ask` of a query returns."""


def fetch(request: Request | Cmdlet, read: Reading | None = None) -> Generator[Effect, Any, list[Any]]:
    """Ask for one thing; gives all items of all pages, or the single object as a list of one."""
    answers = yield Fetch((request,), read=read)
    return list(answers[0])


def fetch_each(
    requests: Sequence[Request | Cmdlet], thin: Thin | None = None, read: Reading | None = None
) -> Generator[Effect, Any, list[list[Any]]]:
    """Ask for several things at the same time; gives the items of each, in the order asked."""
    if not requests:
        return []
    answers = yield Fetch(tuple(requests), thin=thin, read=read)
    return [list(answer) for answer in answers]


def try_each(requests: Sequence[Request | Cmdlet]) -> Generator[Effect, Any, list[list[Item] | GraphError]]:
    """Ask for several things at the same time; gives the items of each, or the error in its place."""
    if not requests:
        return []
    answers: Iterable[Any] = yield Fetch(tuple(requests), gather=True)
    return [answer if isinstance(answer, GraphError) else list(answer) for answer in answers]


def wait(seconds: float) -> Generator[Effect, Any, None]:
    """Let time pass."""
    yield Wait(seconds)


def remember(name: str, value: str) -> Generator[Effect, Any, None]:
    """Keep a value across a restart."""
    yield Remember(name, value)
