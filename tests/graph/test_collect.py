"""Asking all sources at once: each is answered exactly once, whatever happens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from time import sleep
from typing import Any

import pytest
from structlog.testing import capture_logs

from graph.accounts import find_subject
from graph.collect import Arrived, collect
from graph.connection import Connection
from graph.effects import Item
from graph.errors import (
    AuditingOff,
    GraphError,
    NoLicense,
    NoMailbox,
    NoPermission,
    NoSuchUser,
    NotFound,
    OutOfTime,
    Refused,
    Throttled,
    Unreachable,
)
from graph.evidence import SOURCES, Known, Reason, Unavailable
from graph.limits import Deadline
from graph.most import Taking, Tally
from graph.request import Cmdlet, Request
from graph.settings import TenantSettings
from tests.graph.play import UPN, USER_ID, a_question
from tests.growing import growing

What = Request | Cmdlet
USER = {"id": USER_ID, "userPrincipalName": UPN}


class Memory:
    """Keeps what is to be kept in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, str]] = {}
        self.asked_by: set[threading.Thread] = set()

    def recall(self, source: str) -> Mapping[str, str]:
        self.asked_by.add(threading.current_thread())
        return self.kept.get(source, {})

    def remember(self, source: str, name: str, value: str) -> None:
        self.kept.setdefault(source, {})[name] = value


class Fake(Connection):
    """A connection whose answers come from a function; nothing goes over a wire."""

    def __init__(self, answer: Callable[[What, Deadline], list[Item]]) -> None:
        super().__init__(TenantSettings(tenant_id="t", client_id="c", client_secret="s"))
        self.answer = answer
        self.under_way: dict[str, int] = {}
        self.most: dict[str, int] = {}
        self.batches: list[int] = []
        self._lock = threading.Lock()

    def fetch(
        self, what: What, deadline: Deadline, tally: Tally | None = None, taking: Taking | None = None
    ) -> list[Item]:
        kind = "exchange" if isinstance(what, Cmdlet) else what.limit.value
        with self._lock:
            self.under_way[kind] = self.under_way.get(kind, 0) + 1
            self.most[kind] = max(self.most.get(kind, 0), self.under_way[kind])
        try:
            answer = self.answer(what, deadline)
            return answer if taking is None else list(taking(answer))
        finally:
            with self._lock:
                self.under_way[kind] -= 1

    def fetch_batch(
        self, requests: Sequence[Request], deadline: Deadline, tally: Tally | None = None
    ) -> list[list[Item] | GraphError]:
        self.batches.append(len(requests))
        answers: list[list[Item] | GraphError] = []
        for request in requests:
            try:
                answers.append(self.answer(request, deadline))
            except GraphError as error:
                answers.append(error)
        return answers


def run(
    answer: Callable[[What, Deadline], list[Item]],
    *sources: str,
    patience: float = 600,
    memory: Memory | None = None,
) -> dict[str, Any]:
    with Fake(answer) as connection:
        arrived = list(
            collect(
                a_question(2), connection, memory or Memory(), patience=patience, sources=sources or SOURCES
            )
        )
    assert sorted(one.source for one in arrived) == sorted(sources or SOURCES)
    return {one.source: one.answer for one in arrived}


def nothing(what: What, _: Deadline) -> list[Item]:
    raise NotFound("Not there.")


def test_every_source_is_answered_once_even_when_nothing_is_there() -> None:
    answers = run(nothing)
    assert answers["risky_user"] == Known(None)
    assert answers["user"].reason is Reason.NOT_FOUND


@pytest.mark.parametrize(
    ("error", "reason", "needs"),
    [
        (NoPermission("No."), Reason.PERMISSION, ""),
        (NoPermission("No.", needs="a role"), Reason.PERMISSION, "a role"),
        (NoLicense("No.", needs="P1"), Reason.LICENSE, "P1"),
        (Throttled("No."), Reason.THROTTLING, ""),
        (OutOfTime("No."), Reason.TIME, ""),
        (NoMailbox("No."), Reason.NO_MAILBOX, ""),
        (AuditingOff("No."), Reason.AUDITING_OFF, ""),
        (Unreachable("No."), Reason.FAILED, ""),
        (Refused("No."), Reason.FAILED, ""),
    ],
)
def test_each_error_has_its_reason_and_its_sentence(error: GraphError, reason: Reason, needs: str) -> None:
    def answer(_: What, __: Deadline) -> list[Item]:
        raise error

    found = run(answer, "user")["user"]
    assert (found.reason, found.needs) == (reason, needs)
    told_by_the_query = needs and not error.needs
    assert found.says == (f"The permission {needs} is missing." if told_by_the_query else "No.")


@pytest.mark.parametrize("wrong", [RuntimeError("a mistake"), None])
def test_a_mistake_of_ours_is_no_clean_answer_and_can_be_found_in_the_log(wrong: Exception | None) -> None:
    def answer(what: What, _: Deadline) -> list[Item]:
        if isinstance(what, Request) and what.path.endswith("/appRoleAssignments"):
            return [USER]
        if wrong:
            raise wrong
        return [{"id": "only an id"}]

    with capture_logs() as logs:
        answers = run(answer, "user", "app_role_assignments")
    assert isinstance(answers["app_role_assignments"], Known)
    assert answers["user"].reason is Reason.FAILED
    reference = next(entry["reference"] for entry in logs if entry["log_level"] == "error")
    assert reference in answers["user"].says


def test_a_source_that_takes_too_long_is_reported_and_leaves_no_thread() -> None:
    def answer(what: What, deadline: Deadline) -> list[Item]:
        if isinstance(what, Request):
            return [USER]
        while deadline.left:
            sleep(0.02)
        sleep(0.1)
        return []

    for patience in growing(2):
        memory = Memory()
        answers = run(answer, "user", "mobile_devices", patience=patience, memory=memory)
        if isinstance(answers["user"], Known):
            break
    assert isinstance(answers["user"], Known)
    says = f"No answer from Microsoft within {patience:.0f} s."
    assert answers["mobile_devices"] == Unavailable(Reason.TIME, says)
    # Another test's collection may still run in this process: only the thread of this one is looked at.
    assert memory.asked_by
    assert not any(thread.is_alive() for thread in memory.asked_by)


def test_an_audit_search_that_still_runs_is_kept_and_taken_up_again() -> None:
    posted: list[str] = []

    def microsoft(status: str) -> Callable[[What, Deadline], list[Item]]:
        def answer(what: What, _: Deadline) -> list[Item]:
            assert isinstance(what, Request)
            if what.method == "POST":
                posted.append(what.path)
                return [{"id": "query-7", "status": "notStarted"}]
            return [] if what.path.endswith("/records") else [{"id": "query-7", "status": status}]

        return answer

    for patience in growing(2):
        memory = Memory()
        first = run(microsoft("running"), "audit_log", patience=patience, memory=memory)["audit_log"]
        if memory.kept:
            break
        posted.clear()
    assert first.reason is Reason.TIME
    assert "Microsoft's search did not finish within" in first.says
    second = run(microsoft("succeeded"), "audit_log", memory=memory)["audit_log"]
    assert isinstance(second, Known)
    assert len(posted) == 1
    assert not any(memory.kept["audit_log"].values())


def test_the_risk_service_is_asked_first_and_then_what_takes_long() -> None:
    asked: list[str] = []

    def answer(what: What, _: Deadline) -> list[Item]:
        asked.append(what.name if isinstance(what, Cmdlet) else what.path)
        raise NotFound("Not there.")

    with Fake(answer) as connection:
        connection.threads = 1  # so that requests are sent in the order in which they are handed over
        list(collect(a_question(2), connection, Memory(), patience=600))
    assert asked[0].startswith("/identityProtection/")
    assert asked[1] == "/security/auditLog/queries"


def test_answers_come_as_they_come_and_leaving_early_stops_everything() -> None:
    def answer(what: What, deadline: Deadline) -> list[Item]:
        if isinstance(what, Cmdlet):
            deadline.sleep(3500, "the test slept")
        return [USER]

    # Whoever waited for it would wait for an hour.
    with Fake(answer) as connection:
        answers = collect(
            a_question(2), connection, Memory(), patience=3600, sources=("user", "mobile_devices")
        )
        assert isinstance(next(answers), Arrived)
        answers.close()  # type: ignore[attr-defined]


def test_leaving_early_waits_for_the_thread_that_still_keeps_a_search() -> None:
    heard, keeping = threading.Event(), threading.Event()

    class Slow(Memory):
        def remember(self, source: str, name: str, value: str) -> None:
            keeping.set()
            sleep(0.3)
            super().remember(source, name, value)

    def answer(what: What, _: Deadline) -> list[Item]:
        assert isinstance(what, Request)
        if what.method == "POST":
            heard.wait(600)
            return [{"id": "query-7", "status": "notStarted"}]
        return [USER]

    memory = Slow()
    with Fake(answer) as connection:
        answers = collect(a_question(2), connection, memory, patience=600, sources=("user", "audit_log"))
        next(answers)
        heard.set()
        assert keeping.wait(600)
        answers.close()  # type: ignore[attr-defined]
    assert not any(thread.is_alive() for thread in memory.asked_by)
    assert memory.kept["audit_log"]


def test_no_more_of_one_kind_is_under_way_than_the_service_allows_and_kinds_do_not_wait_for_each_other() -> (
    None
):
    def answer(what: What, _: Deadline) -> list[Item]:
        sleep(0.05)
        if isinstance(what, Cmdlet) and what.name == "Get-RoleGroup":
            return [{"Name": str(number)} for number in range(30)]
        return nothing(what, _)

    with Fake(answer) as connection:
        list(collect(a_question(2), connection, Memory(), patience=600))
    assert connection.most["exchange"] <= 8 + 4
    assert connection.most["mailbox"] <= 4
    assert connection.most["risk"] == 1
    assert connection.batches == [10]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (UPN, [UPN]),
        (" <mailto:adele.vance@contoso.example> ", []),
        ("O'Brien+x@contoso.example", ["alias"]),
        ("nobody@contoso.example", []),
        ("two@contoso.example", ["one", "other"]),
        ("nobody", []),
    ],
)
def test_the_subject_is_found_by_name_and_alias_and_only_when_it_is_clear(
    text: str, found: list[str]
) -> None:
    asked: list[Request] = []

    def answer(what: What, _: Deadline) -> list[Item]:
        assert isinstance(what, Request)
        asked.append(what)
        users = {
            "/users/adele.vance%40contoso.example": [UPN],
            "O''Brien+x@": ["alias"],
            "two@": ["one", "other"],
        }
        for piece, names in users.items():
            if what.path == piece or piece in what.query.get("$filter", ""):
                return [
                    {
                        "id": name,
                        "userPrincipalName": name.upper(),
                        "proxyAddresses": ["SMTP:a@x.example", "sip:b"],
                    }
                    for name in names
                ]
        if what.path == "/users":
            return []
        raise NotFound("Not there.")

    with Fake(answer) as connection:
        if len(found) == 1 or "mailto" in text:
            subject = find_subject(text, connection)
            assert subject.user_principal_name == (found or [UPN])[0]
            assert subject.addresses == (subject.user_principal_name, "a@x.example")
        else:
            with pytest.raises(NoSuchUser, match="more than one account" if found else "No account in"):
                find_subject(text, connection)


@pytest.mark.parametrize("text", ["", "  ", "two words", "a\nb@contoso.example"])
def test_what_is_no_name_is_not_asked_for(text: str) -> None:
    with (
        Fake(nothing) as connection,
        pytest.raises(NoSuchUser, match="is not an email address, a user principal name or an object ID"),
    ):
        find_subject(text, connection)


def test_a_recorder_is_given_every_answer_and_every_error_as_it_came() -> None:
    kept: list[tuple[str, Any, Any]] = []
    raw = {"id": "1", "userPrincipalName": "a@contoso.example", "nobodyReadsThis": [1, {"deep": "\ud83d"}]}

    def answer(what: What, _: Deadline) -> list[Item]:
        if isinstance(what, Request) and what.path.startswith("/users/"):
            return [raw]
        raise NotFound("Not there.")

    with Fake(answer) as connection:
        list(
            collect(
                a_question(2),
                connection,
                Memory(),
                patience=600,
                sources=("user", "mailbox"),
                recorder=lambda source, asked, answer: kept.append((source, asked, answer)),
            )
        )
    assert ("user", raw) in [(source, answer[0]) for source, _, answer in kept if isinstance(answer, list)]
    assert any(source == "mailbox" and isinstance(answer, NotFound) for source, _, answer in kept)


def test_a_recorder_that_fails_costs_no_answer() -> None:
    def broken(source: str, asked: What, answer: Any) -> None:
        raise RuntimeError

    with Fake(nothing) as connection:
        arrived = list(
            collect(
                a_question(2), connection, Memory(), patience=600, sources=("risky_user",), recorder=broken
            )
        )
    assert [one.answer for one in arrived] == [Known(None)]
