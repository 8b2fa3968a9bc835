"""The audit search: resumed, halved, switched between versions, and done by Exchange where Graph fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import AuditingOff, Broken, GraphError, NoPermission, NotFound, Refused
from graph.evidence import Known
from graph.parts.reading import graph_time
from graph.queries import audit_log, audit_log_on_mailbox
from graph.question import Question
from graph.request import Cmdlet, Request
from tests.graph.play import NOW, UPN, USER_ID, Answer, Played, a_question, play

START, END = graph_time(NOW - timedelta(days=14)), graph_time(NOW)


def record(id_: str, at: str = "2026-09-10T07:00:00Z") -> dict[str, Any]:
    return {
        "id": id_,
        "createdDateTime": at,
        "auditLogRecordType": "ExchangeAdmin",
        "operation": "New-InboxRule",
        "userPrincipalName": UPN,
        "auditData": {"Operation": "New-InboxRule", "Workload": "Exchange"},
    }


class Audit:
    """Microsoft's audit search: `statuses` are given in turn for each search, then "succeeded"."""

    def __init__(self, *statuses: str, cut: Callable[[Request], bool] = lambda _: False) -> None:
        self.statuses = list(statuses)
        self.cut = cut
        self.posted: list[Request] = []
        self.records: list[dict[str, Any]] = [record("r1")]

    def __call__(self, what: Request | Cmdlet) -> Answer:
        if isinstance(what, Cmdlet):
            return self.exchange(what)
        return self.graph(what)

    def graph(self, what: Request) -> Answer:
        if what.method == "POST":
            self.posted.append(what)
            return [{"id": f"q{len(self.posted)}", "status": "notStarted"}]
        number = int(what.path.split("/")[4].removeprefix("q"))
        if what.path.endswith("/records"):
            return self.records
        status = self.statuses.pop(0) if self.statuses else "succeeded"
        cut = 0 < number <= len(self.posted) and self.cut(self.posted[number - 1])
        return [{"id": f"q{number}", "status": status, "isRecordCountLimitExceeded": cut}]

    def exchange(self, what: Cmdlet) -> Answer:
        return NoPermission("No.", needs=f"an Exchange role with {what.name}")


def ids(played: Played) -> list[str]:
    assert isinstance(played.value, Known)
    return [one.id for one in played.value.value]


def test_a_search_asks_for_all_activities_of_the_subject_and_polls_more_and_more_slowly() -> None:
    audit = Audit("notStarted", "running", "running")
    played = play(audit_log.ask(a_question()), audit)
    body = audit.posted[0].body or {}
    assert set(body) == {
        "displayName",
        "filterStartDateTime",
        "filterEndDateTime",
        "userPrincipalNameFilters",
    }
    assert (body["filterStartDateTime"], body["filterEndDateTime"]) == (START, END)
    assert body["userPrincipalNameFilters"] == [UPN]
    assert played.waited == sorted(played.waited)
    assert played.waited[0] <= 1
    assert len(played.waited) == 4
    assert ids(played) == ["r1"]
    assert played.value.complete_until == NOW - timedelta(minutes=90)
    assert played.value.missing == ()
    assert played.value.complete_from is None


@pytest.mark.parametrize("query", [audit_log, audit_log_on_mailbox])
def test_an_audit_log_says_from_when_on_it_is_surely_kept(query: Any) -> None:
    whole = play(query.ask(a_question(180)), Audit("succeeded")).value
    assert (whole.missing, whole.complete_from) == ((), None)
    oldest = NOW - timedelta(days=180)
    answer = play(query.ask(a_question(181)), Audit("succeeded")).value
    (missing,) = answer.missing
    assert missing == (
        f"records before {oldest:%Y-%m-%d %H:%M} UTC (they are kept for 180 days, for users with Microsoft "
        "Purview Audit (Premium) for a year)"
    )
    assert answer.complete_from == oldest


@given(st.lists(st.tuples(st.integers(-20, 400), st.integers(-20, 400)), max_size=4), st.booleans())
def test_no_search_ends_before_it_begins_whatever_is_remembered(spans, gone):
    """No page tells what Microsoft would answer to one."""

    def at(hours: int) -> str:
        return graph_time(NOW - timedelta(days=14) + timedelta(hours=hours))

    kept = {
        f"{USER_ID} 0 {at(start)} {at(end)}": f"beta k{number}" for number, (start, end) in enumerate(spans)
    }
    audit = Audit(cut=lambda what: (what.body or {})["filterStartDateTime"] == START)

    def answer(what: Request | Cmdlet) -> Answer:
        if isinstance(what, Request) and "/queries/k" in what.path:
            return (
                NotFound("Gone.")
                if gone
                else audit.graph(replace(what, path=what.path.replace("/k", "/q99")))
            )
        return audit(what)

    play(audit_log.ask(a_question(remembered=kept)), answer)
    bodies = [request.body or {} for request in audit.posted]
    assert [one for one in bodies if one["filterStartDateTime"] >= one["filterEndDateTime"]] == []


def test_what_others_did_to_the_mailbox_is_searched_by_its_name_without_leaving_out_anybody() -> None:
    audit = Audit()
    play(audit_log_on_mailbox.ask(a_question()), audit)
    body = audit.posted[0].body or {}
    assert body["keywordFilter"] == UPN
    assert "userPrincipalNameFilters" not in body


def test_the_id_is_kept_while_the_search_runs_and_dropped_when_it_was_read() -> None:
    played = Played()
    audit = Audit("running")
    asking = audit_log.ask(a_question())
    with pytest.raises(Broken):
        play(
            asking,
            lambda what: (
                Broken("x") if not isinstance(what, Request) or what.method == "GET" else audit(what)
            ),
            played,
        )
    assert list(played.remembered.values()) == ["beta q1"]
    assert not any(play(audit_log.ask(a_question()), Audit()).remembered.values())


def test_a_kept_search_is_taken_up_and_only_what_it_leaves_uncovered_is_searched_anew() -> None:
    earlier = graph_time(NOW - timedelta(days=1))
    kept = {
        f"{USER_ID} 0 {START} {earlier}": "v1.0 q0",
        f"somebody-else 0 {START} {END}": "beta q9",
        "odd": "odd",
    }
    audit = Audit()
    played = play(audit_log.ask(a_question(remembered=kept)), audit)
    assert [(request.body or {})["filterStartDateTime"] for request in audit.posted] == [
        graph_time(NOW - timedelta(days=1, minutes=90))
    ]
    assert {
        request.path for request in played.asked if isinstance(request, Request) and request.version == "v1.0"
    } == {
        "/security/auditLog/queries/q0",
        "/security/auditLog/queries/q0/records",
    }
    assert ids(played) == ["r1"]


def test_a_kept_search_that_covers_everything_is_not_asked_for_again_and_not_waited_for() -> None:
    audit = Audit()
    played = play(audit_log.ask(a_question(remembered={f"{USER_ID} 0 {START} {END}": "beta q5"})), audit)
    assert (audit.posted, played.waited) == ([], [])


def test_a_kept_search_that_microsoft_has_forgotten_is_handed_in_again() -> None:
    audit = Audit()

    def microsoft(what: Request | Cmdlet) -> Answer:
        return NotFound("Gone.") if isinstance(what, Request) and "/q77" in what.path else audit(what)

    played = play(audit_log.ask(a_question(remembered={f"{USER_ID} 0 {START} {END}": "beta q77"})), microsoft)
    assert len(audit.posted) == 1
    assert ids(played) == ["r1"]


def test_a_cut_search_is_halved_until_nothing_is_cut_any_more() -> None:
    def is_long(request: Request) -> bool:
        body = request.body or {}
        return (body["filterStartDateTime"], body["filterEndDateTime"]) in ((START, END), (middle, END))

    middle = graph_time(NOW - timedelta(days=7))
    audit = Audit(cut=is_long)
    played = play(audit_log.ask(a_question()), audit)
    spans = [
        ((one.body or {})["filterStartDateTime"], (one.body or {})["filterEndDateTime"])
        for one in audit.posted
    ]
    quarter = graph_time(NOW - timedelta(days=3.5))
    assert spans == [(START, END), (START, middle), (middle, END), (middle, quarter), (quarter, END)]
    read = [one.path for one in played.asked if isinstance(one, Request) and one.path.endswith("/records")]
    assert sorted(read) == [f"/security/auditLog/queries/q{number}/records" for number in (2, 4, 5)]
    assert played.value.missing == ()


def test_what_stays_cut_is_named_as_missing() -> None:
    played = play(audit_log.ask(a_question(days=1 / 24)), Audit(cut=lambda _: True))
    assert len(played.value.missing) == 1
    assert "beyond the search's limit" in played.value.missing[0]


@pytest.mark.parametrize(("first", "second"), [("beta", "v1.0"), ("v1.0", "beta")])
def test_the_other_version_is_tried_once_where_the_first_does_not_know_searches(
    first: str, second: str
) -> None:
    audit = Audit()

    def microsoft(what: Request | Cmdlet) -> Answer:
        if isinstance(what, Request) and what.version == first:
            return NotFound("UnknownError")
        return audit(what)

    played = play(audit_log.ask(a_question(audit_api=first)), microsoft)
    assert {one.version for one in played.asked[1:] if isinstance(one, Request)} == {second}
    assert ids(played) == ["r1"]


def test_a_failed_search_is_handed_in_once_more() -> None:
    audit = Audit("failed", "running", "succeeded")
    assert ids(play(audit_log.ask(a_question()), audit)) == ["r1"]
    assert len(audit.posted) == 2


def test_records_are_given_once_in_order_and_unreadable_ones_are_counted() -> None:
    audit = Audit()
    audit.records = [
        record("late", "2026-09-13T07:00:00Z"),
        record("early", "2026-09-02T07:00:00Z"),
        record("late", "2026-09-13T07:00:00Z"),
        record("before the window", "2026-08-01T07:00:00Z"),
        {"id": "broken"},
    ]
    played = play(audit_log.ask(a_question()), audit)
    assert ids(played) == ["early", "late"]
    assert played.value.missing == ("1 unreadable entry",)


# --- Exchange instead ---------------------------------------------------------------------------------------


class Session(Audit):
    """Exchange's search: hands out `pages` of rows in turn, for every session anew."""

    def __init__(self, *pages: list[dict[str, Any]], graph: GraphError | None = None) -> None:
        super().__init__()
        self.pages = pages
        self.refusal = graph or NoPermission("No.")
        self.sessions: dict[str, int] = {}
        self.calls: list[Cmdlet] = []

    def graph(self, what: Request) -> Answer:
        return self.refusal

    def exchange(self, what: Cmdlet) -> Answer:
        self.calls.append(what)
        number = self.sessions.get(str(what.parameters["SessionId"]), 0)
        self.sessions[str(what.parameters["SessionId"])] = number + 1
        return self.pages[number] if number < len(self.pages) else []


def row(id_: str, **more: Any) -> dict[str, Any]:
    data = {"Id": id_, "CreationTime": "2026-09-10T07:00:00", "Operation": "Set-Mailbox", "UserId": UPN}
    return {"AuditData": json.dumps(data), "ResultIndex": 1, "ResultCount": 2, **more}


@pytest.mark.parametrize("error", [NoPermission("No."), NotFound("No."), Refused("No."), Broken("No.")])
def test_exchange_is_asked_where_graph_does_not_answer(error: GraphError) -> None:
    session = Session([row("a")], [row("b")], graph=error)
    played = play(audit_log.ask(a_question()), session)
    assert ids(played) == ["a", "b"]
    first = session.calls[0].parameters
    assert (first["UserIds"], first["SessionCommand"], first["ResultSize"]) == ([UPN], "ReturnLargeSet", 5000)
    assert len(session.calls) == 3
    assert len(session.sessions) == 1


def test_graphs_own_reason_is_told_when_exchange_refuses_too() -> None:
    audit = Audit()
    refusal = NoPermission("No.")
    with pytest.raises(NoPermission, match=r"AuditLogsQuery\.Read\.All") as caught:
        play(audit_log.ask(a_question()), lambda what: refusal if isinstance(what, Request) else audit(what))
    assert caught.value.needs == "AuditLogsQuery.Read.All"


def test_auditing_that_is_off_is_no_reason_to_ask_elsewhere() -> None:
    session = Session([row("a")], graph=AuditingOff("Off."))
    with pytest.raises(AuditingOff):
        play(audit_log.ask(a_question()), session)
    assert session.calls == []


def test_a_session_that_is_full_is_halved() -> None:
    full = {"ResultCount": 50_000}

    class Full(Session):
        def exchange(self, what: Cmdlet) -> Answer:
            answer = super().exchange(what)
            whole = (what.parameters["StartDate"], what.parameters["EndDate"]) == (START, END)
            return [row("a", **full)] if whole else answer

    session = Full([row("b")])
    assert ids(play(audit_log.ask(a_question()), session)) == ["b"]
    assert len(session.sessions) == 3


def test_a_session_that_timed_out_is_begun_anew_once() -> None:
    with pytest.raises(NoPermission):
        play(audit_log.ask(a_question()), Session([row("a", ResultIndex=-1)]))
    session = Session([row("a", ResultIndex=-1)])

    def once(what: Request | Cmdlet) -> Answer:
        if isinstance(what, Cmdlet) and session.calls:
            session.pages = ([row("b")],)
        return session(what)

    assert ids(play(audit_log.ask(a_question()), once)) == ["b"]


def test_a_national_cloud_asks_exchange_at_once_and_does_not_trust_an_empty_answer() -> None:
    question: Question = a_question(global_cloud=False)
    played = play(audit_log.ask(question), Session())
    assert all(isinstance(one, Cmdlet) for one in played.asked)
    assert len(played.value.missing) == 1
    assert play(audit_log.ask(question), Session([row("a")])).value.missing == ()
