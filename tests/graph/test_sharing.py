"""Checks of one tenant share their audit searches, and none gets less, or another's, by it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import orjson
import pytest

from graph.collect import collect
from graph.connection import Connection
from graph.errors import Broken, GraphError, OutOfTime
from graph.evidence import Known, Source
from graph.limits import Deadline
from graph.question import Question, Subject, Window
from graph.request import Request
from graph.sharing import GATHER, NAMES, SHORTLY, Searches
from graph.wire import Reply, Wire
from sandbox import tenant
from sandbox.tenant import RunningTenant
from tests.graph.local import settings_of
from tests.graph.test_collect import Memory
from tests.made import made
from tests.simulated.clock import Simulated

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def a_search(*names: str, days: float = 14, end: datetime = NOW, **more: Any) -> Request:
    form = "%Y-%m-%dT%H:%M:%SZ"
    body = {
        "displayName": names[0],
        "filterStartDateTime": (end - timedelta(days=days)).strftime(form),
        "filterEndDateTime": end.strftime(form),
        "userPrincipalNameFilters": list(names),
        **more,
    }
    return Request("POST", "/security/auditLog/queries", body=body, version="beta", shared=True)


def handed_in(
    *each: tuple[float, Request], send: Callable[[Request], list[Any]] | None = None
) -> tuple[list[Request], list[Any]]:
    """Hand searches in, each at its time; gives what was sent, and the answers with how long they took."""
    clock = Simulated()
    searches = Searches(clock)
    sent: list[Request] = []
    answers: list[Any] = [None] * len(each)

    def take(request: Request) -> list[Any]:
        sent.append(request)
        return [{"id": f"s{len(sent)}", "status": "notStarted"}]

    def one(place: int, at: float, request: Request) -> None:
        deadline = Deadline(100, clock=clock)
        deadline.sleep(at, "waiting")
        try:
            answers[place] = (searches.hand_in(request, send or take, deadline), clock.now() - at)
        except GraphError as error:
            answers[place] = error

    def run() -> None:
        begun = [
            clock.begin(partial(one, place, at, request), "one") for place, (at, request) in enumerate(each)
        ]
        for thread in begun:
            thread.join()

    clock.run(run)
    return sent, answers


def test_a_check_that_is_stopped_while_it_gathers_takes_nobody_along() -> None:
    gone = threading.Event()
    clock = Simulated()
    searches = Searches(clock)
    came: list[Any] = []

    def send(request: Request) -> list[Any]:
        return [{"id": " ".join(users(request))}]

    def one(at: float, name: str, stop: threading.Event) -> None:
        deadline = Deadline(100, threading.Event(), clock)
        deadline.sleep(at, "waiting")
        try:
            found = searches.hand_in(a_search(name), send, Deadline(100, stop, clock))
        except OutOfTime:
            came.append(name)
        else:
            came.append(found[0]["id"])

    def run() -> None:
        begun = [
            clock.begin(partial(one, at, name, stop), name)
            for at, name, stop in (
                (0.0, "first", threading.Event()),
                (1.0, "stopped", gone),
                (1.1, "third", threading.Event()),
                (1.2, "fourth", threading.Event()),
            )
        ]
        clock.sleep(1.3, threading.Event())
        gone.set()
        for thread in begun:
            thread.join()

    clock.run(run)
    assert came == ["first", "stopped", "third fourth", "third fourth"]


def users(request: Request) -> Sequence[str]:
    assert request.body is not None
    found: Sequence[str] = request.body["userPrincipalNameFilters"]
    return found


def test_whoever_comes_alone_waits_for_nobody() -> None:
    sent, answers = handed_in((0.0, a_search("a@c.example")), (SHORTLY + 1, a_search("b@c.example")))
    assert [users(one) for one in sent] == [["a@c.example"], ["b@c.example"]]
    assert [waited for _, waited in answers] == [0.0, 0.0]


def test_those_who_come_at_about_the_same_time_share_one_and_wait_half_a_second_at_most() -> None:
    names = [f"{letter}@c.example" for letter in "abcd"]
    late = NOW + timedelta(minutes=3)
    sent, answers = handed_in(
        (0.0, a_search(names[0])),
        (1.0, a_search(names[1])),
        (1.2, a_search(names[2], end=late)),
        (1.4, a_search(names[3])),
    )
    assert [users(one) for one in sent] == [names[:1], names[1:]]
    assert [answer[0]["id"] for answer, _ in answers] == ["s1", "s2", "s2", "s2"]
    assert max(waited for _, waited in answers) <= GATHER
    assert all(answer[0]["userPrincipalNameFilters"] == names[1:] for answer, _ in answers[1:])
    # The one search covers the span of each.
    assert sent[1].body is not None
    assert sent[1].body["filterEndDateTime"] == late.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    "other",
    [
        a_search("b@c.example", days=60),
        a_search("b@c.example", end=NOW - timedelta(days=10)),
        a_search("b@c.example", operationFilters=["New-InboxRule"]),
        replace(a_search("b@c.example"), version="v1.0"),
        a_search(*(f"{number}@c.example" for number in range(NAMES))),
    ],
    ids=["a longer span", "another span", "another filter", "another version", "too many users"],
)
def test_what_does_not_fit_is_searched_for_alone(other: Request) -> None:
    sent, _ = handed_in((0.0, a_search("x@c.example")), (1.0, a_search("a@c.example")), (1.1, other))
    assert len(sent) == 3


def test_a_shared_search_that_is_not_taken_failed_for_each() -> None:
    def fails(request: Request) -> list[Any]:
        raise Broken(f"No: {len(users(request))}.")

    _, answers = handed_in(*((at, a_search(f"{at}@c.example")) for at in (0.0, 1.0, 1.1, 1.2)), send=fails)
    assert [str(one) for one in answers] == ["No: 1.", "No: 3.", "No: 3.", "No: 3."]


class Noted(Wire):
    """A wire that notes the users of each audit search handed in; with `fails`, every search fails."""

    def __init__(self, *, fails: bool = False) -> None:
        super().__init__(8)
        self.users: list[list[str]] = []
        self.fails = fails

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        deadline: Deadline,
    ) -> Reply:
        if method == "POST" and url.endswith("/auditLog/queries"):
            self.users.append(orjson.loads(body or b"{}")["userPrincipalNameFilters"])
        reply = super().send(method, url, headers=headers, body=body, deadline=deadline)
        if self.fails and "/auditLog/queries/" in url:
            return replace(reply, body=orjson.dumps({**orjson.loads(reply.body), "status": "failed"}))
        return reply


def checked(
    running: RunningTenant, names: Sequence[str], wire: Noted, *, apart: float
) -> dict[str, Source[Any]]:
    """What each account's audit log gives where a check begins every so many seconds."""
    clock = Simulated()
    found: dict[str, Source[Any]] = {}
    now = datetime.now(UTC).replace(microsecond=0)

    def check(place: int, name: str, connection: Connection) -> None:
        Deadline(10_000, clock=clock).sleep(place * apart, "waiting")
        user = running.state.user(name)
        assert user is not None
        question = Question(Subject(user["id"], name, name, (name,)), Window(now - timedelta(days=14), now))
        for arrived in collect(question, connection, Memory(), patience=600, sources=("audit_log",)):
            found[name] = arrived.answer

    def run() -> None:
        with Connection(settings_of(running), clock=clock, wire=wire) as connection:
            begun = [
                clock.begin(partial(check, place, name, connection), "check")
                for place, name in enumerate(names)
            ]
            for thread in begun:
                thread.join()

    clock.run(run)
    return found


PEOPLE = [
    f"{name}@contoso.example" for name in ("adele.vance", "diego.siciliani", "isaiah.langer", "pradeep.gupta")
]


def test_each_check_gets_the_same_records_shared_or_alone_and_the_searches_are_fewer() -> None:
    with tenant.start(made("mailbox-takeover"), limits=False, audit_query_seconds=0) as running:
        apart, together = Noted(), Noted()
        alone = checked(running, PEOPLE, apart, apart=2 * SHORTLY)
        shared = checked(running, PEOPLE, together, apart=0.1)
    assert apart.users == [[name] for name in PEOPLE]
    assert together.users == [PEOPLE[:1], PEOPLE[1:]]
    for name in PEOPLE:
        one, other = alone[name], shared[name]
        assert isinstance(one, Known)
        assert isinstance(other, Known)
        assert one.value == other.value
        assert {record.actor for record in one.value} <= {name}
    assert sum(bool(one.value) for one in shared.values() if isinstance(one, Known)) > 1


def test_a_shared_search_that_fails_at_microsoft_counts_as_failed_for_each() -> None:
    with tenant.start(made("mailbox-takeover"), limits=False, audit_query_seconds=0) as running:
        wire = Noted(fails=True)
        found = checked(running, PEOPLE, wire, apart=0.1)
    # Each hands it in once more, with others again; then each asks Exchange for its own user alone.
    assert Counter(name for users in wire.users for name in users) == dict.fromkeys(PEOPLE, 2)
    assert len(wire.users) < 2 * len(PEOPLE)
    assert len(found) == len(PEOPLE)
    assert all(isinstance(one, Known) for one in found.values())
