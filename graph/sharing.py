"""Audit searches that several checks of one tenant share, as Microsoft takes some 200 a day from a tenant.

A search takes any number of user principal names, so the searches of checks that begin at about the same time
over about the same span are handed in as one. Whoever comes alone waits for nobody. Each check reads the
records by itself and drops those that are certainly another's, so none depends on another's fate once the
search is handed in. What fails, fails for each.
Source: Microsoft Graph, "auditLogQuery resource type" (`userPrincipalNameFilters`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import Lock
from typing import Any, Final

import structlog

from graph.clock import Clock, Gate
from graph.effects import Item
from graph.errors import OutOfTime
from graph.limits import Deadline
from graph.parts.reading import graph_time
from graph.request import Request
from graph.times import time_of

log = structlog.get_logger(__name__)

GATHER: Final = 0.5
"""Seconds that a search waits for others to join, where another was handed in shortly before."""

SHORTLY: Final = 10.0
"""Seconds before, in which another one makes a third likely."""

NAMES: Final = 4
"""The most names of one shared search: each check reads all of its records, and drops those of the others."""

LONGER: Final = 1.2
"""How many times as long as its own span a search may become by being shared."""

_SPAN: Final = ("filterStartDateTime", "filterEndDateTime")
_NAMES: Final = "userPrincipalNameFilters"

Send = Callable[[Request], list[Item]]


@dataclass
class _Group:
    """Searches that are handed in as one.

    Attributes:
        request: The search that covers all of them.
        ready: Opens when the answer is there, a place for each of the others.
        number: How many checks share it.
        closed: Whether nobody can join any more.
    """

    request: Request
    ready: Gate
    number: int = 1
    closed: bool = False
    answer: list[Item] = field(default_factory=list)
    error: Exception | None = None


class Searches:
    """What the checks of one tenant in this process share. Any thread may use it.

    Args:
        clock: Tells the time, and lets wait.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._open: list[_Group] = []
        self._last: float | None = None

    def hand_in(self, request: Request, send: Send, deadline: Deadline) -> list[Item]:
        """Hand in a search, with others where there are any; the answer names all users it is about.

        Raises:
            GraphError: it was not taken, for each who shares it.
            OutOfTime: the time was over before.
        """
        with self._lock:
            group = next((one for one in self._open if not one.closed and _fits(one.request, request)), None)
            leads = group is None
            if group is None:
                group = _Group(request, self._clock.gate(0))
                self._open.append(group)
            else:
                group.request = _merged(group.request, request)
                group.number += 1
            now = self._clock.now()
            alone = self._last is None or now - self._last > SHORTLY
            self._last = now
        if not leads:
            if not group.ready.acquire(timeout=deadline.left):
                raise OutOfTime("Timed out while waiting for a shared audit search.")
            if isinstance(group.error, OutOfTime):
                # The check that would have handed it in was stopped, or had no time left: only its own fate.
                deadline.check("waiting for a shared audit search")
                return self.hand_in(request, send, deadline)
            if group.error is not None:
                raise group.error
            return group.answer
        try:
            if not alone:
                deadline.sleep(GATHER, "gathering audit searches")
            self._close(group)
            group.answer = self._sent(group, send)
        except Exception as error:
            group.error = error
            raise
        finally:
            self._close(group)
            for _ in range(group.number - 1):
                group.ready.release()
        return group.answer

    def _close(self, group: _Group) -> None:
        with self._lock:
            group.closed = True
            if group in self._open:
                self._open.remove(group)

    def _sent(self, group: _Group, send: Send) -> list[Item]:
        answer = send(group.request)
        if group.number == 1 or not answer or not answer[0].get("id"):
            return answer
        search = str(answer[0]["id"])
        names = (group.request.body or {})[_NAMES]
        log.info("An audit search is shared.", action="audit.shared", search=search, checks=group.number)
        return [{**answer[0], _NAMES: names}]


def _fits(one: Request, other: Request) -> bool:
    """Whether two searches differ in their users only, and hardly in their span."""
    first, second = one.body or {}, other.body or {}
    rest = {_NAMES, "displayName", *_SPAN}
    if one.version != other.version or _without_keys(first, rest) != _without_keys(second, rest):
        return False
    if len({*first[_NAMES], *second[_NAMES]}) > NAMES:
        return False
    span = _span(_merged(one, other).body or {})
    return all(span <= LONGER * _span(body) for body in (first, second))


def _merged(one: Request, other: Request) -> Request:
    first, second = one.body or {}, other.body or {}
    start = min(time_of(first[_SPAN[0]]), time_of(second[_SPAN[0]]))
    end = max(time_of(first[_SPAN[1]]), time_of(second[_SPAN[1]]))
    names = list(dict.fromkeys((*first[_NAMES], *second[_NAMES])))
    span = dict(zip(_SPAN, (graph_time(start), graph_time(end)), strict=True))
    return replace(one, body={**first, **span, _NAMES: names})


def _span(body: Mapping[str, Any]) -> timedelta:
    return time_of(body[_SPAN[1]]) - time_of(body[_SPAN[0]])


def _without_keys(body: Mapping[str, Any], keys: set[str]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in keys}
