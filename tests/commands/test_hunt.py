"""Whom a hunt tells, and why, from answers that anybody can read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from commands.hunts.hunt import (
    HANDLED,
    NAMED,
    SAME_ADDRESS,
    SAME_APPLICATION,
    SAME_RULE,
    SAME_SESSION,
    TRIED,
    Found,
    dump,
    load,
    pivoted,
    states,
    terms_of,
)
from commands.hunts.sweep_results import swept
from commands.report import Coverage, Story
from graph.audit_log.graph_query import parse
from graph.evidence import Known, Reason, Unavailable
from graph.hunting import MOST_TERMS, Term, TermKind
from graph.question import Window
from graph.resources.sign_ins import SignIn
from sandbox.tenant.audit_search import on_the_wire
from tests.commands.evidence import evidence
from tests.commands.steps.planning_inputs import report_of

AT = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
WINDOW = Window(AT - timedelta(days=1), AT + timedelta(days=1))


def sign_in(name: str, address: str = "203.0.113.9", error: int = 0, **more) -> SignIn:
    given: dict[str, Any] = {
        "id": f"{name}{address}{error}{more}",
        "createdDateTime": "2026-11-28T09:00:00Z",
        "userPrincipalName": name,
        "ipAddress": address,
        "status": {"errorCode": error},
        **more,
    }
    return SignIn.model_validate(given)


def record(name: str, operation: str = "MailItemsAccessed", **more):
    given: dict[str, Any] = {
        "Id": f"{name}{operation}{len(str(more))}",
        "CreationTime": "2026-11-28T10:00:00",
        "Operation": operation,
        "UserId": name,
        "UserType": 0,
        "Workload": "Exchange",
        **more,
    }
    return parse(on_the_wire(given))


def by(kind: TermKind, value: str, *records: Any, sign_ins: Any = ()) -> dict[str, tuple[str, ...]]:
    answers: dict[str, Any] = {"audit_log": Known(tuple(records)), "sign_ins": Known(tuple(sign_ins))}
    return {one.account: one.why for one in pivoted((Term(kind, value),), answers, None).touched}


def test_by_an_address_those_who_got_in_come_before_those_who_were_tried():
    ones = [
        sign_in("tried@c.example", error=50126),
        sign_in("in@c.example"),
        sign_in("other@c.example", "192.0.2.1"),
    ]
    found = by(TermKind.ADDRESS, "203.0.113.9", sign_ins=ones)
    assert found == {"in@c.example": (SAME_ADDRESS,), "tried@c.example": (TRIED,)}
    assert list(found) == ["in@c.example", "tried@c.example"]


def test_a_record_with_a_port_or_the_address_in_its_text_alone_is_told_apart():
    found = by(
        TermKind.ADDRESS,
        "203.0.113.9",
        record("a@c.example", ClientIPAddress="203.0.113.9:50123"),
        record("b@c.example", Parameters=[{"Name": "X", "Value": "203.0.113.9"}]),
        record("c@c.example", ClientIP="203.0.113.90"),
    )
    assert found["a@c.example"] == (SAME_ADDRESS,)
    assert found["b@c.example"] == (NAMED,)


def test_by_session_application_message_and_rule():
    session = by(TermKind.SESSION, "S-1", record("a@c.example", AppAccessContext={"AADSessionId": "s-1"}))
    assert session == {"a@c.example": (SAME_SESSION,)}
    app = by(
        TermKind.APPLICATION,
        "app-1",
        sign_ins=[sign_in("a@c.example", appId="APP-1"), sign_in("b@c.example", error=1, appId="app-1")],
    )
    assert app == {"a@c.example": (SAME_APPLICATION,)}
    folders = [{"Path": "\\Inbox", "FolderItems": [{"InternetMessageId": "<m1@x.example>"}]}]
    message = by(TermKind.MESSAGE, "<M1@x.example>", record("a@c.example", Folders=folders))
    assert message == {"a@c.example": (HANDLED,)}
    rule = [{"Name": "SubjectOrBodyContainsWords", "Value": 'invoice; "wire"'}]
    made = record("a@c.example", "New-InboxRule", Parameters=rule)
    assert by(TermKind.RULE, 'INVOICE; "wire"', made) == {"a@c.example": (SAME_RULE,)}
    assert by(TermKind.RULE, "invoice", record("a@c.example", Parameters=rule)) == {}


APP = "0d3f4c6e-7a11-4c1b-9d55-6a1f0c2b9e77"


def terms(**story: Any) -> list[str]:
    """What a case with this story is searched by."""
    told = report_of(evidence(), ())
    return [one.value for one in terms_of(replace(told, story=Story(certain=True, **story)))]


@pytest.mark.parametrize("name", ["a", "microsoft teams"])
def test_an_application_goes_by_its_id_whatever_it_is_called(name):
    """Whoever names it chooses what every record holds, or what everybody uses: the hunt would find all."""
    assert terms(applications=(name, APP)) == [APP]


def test_without_an_id_only_a_name_that_is_one_is_searched_for():
    assert terms(applications=("a", "mail sync pro")) == ["mail sync pro"]


def test_many_of_one_kind_push_no_other_out_of_what_is_searched_for():
    """Each token that an attacker takes is a session."""
    sessions = tuple(f"session-{one}" for one in range(20))
    first = terms(sessions=sessions, applications=(APP,), addresses=("203.0.113.77",))[:MOST_TERMS]
    assert {APP, "203.0.113.77"} < set(first)


def test_microsofts_own_service_and_what_is_no_account_are_not_told():
    assert by(TermKind.SESSION, "s-1", record("NT AUTHORITY\\SYSTEM", SessionId="s-1", UserType=4)) == {}


def test_a_source_that_did_not_answer_is_told_as_such():
    answers: dict[str, Any] = {
        "audit_log": Unavailable(Reason.PERMISSION, "Not allowed.", "X"),
        "sign_ins": Known(()),
    }
    told = {one.id: (one.state, one.reason, one.needs) for one in states(answers)}
    assert told == {
        "audit_log": (Coverage.UNAVAILABLE, "Not allowed.", "X"),
        "sign_ins": (Coverage.COMPLETE, "", ""),
    }


def test_a_sweep_judges_with_the_signs_of_a_check_and_ranks_by_points():
    forwards = [
        {"Name": "ForwardingSmtpAddress", "Value": "smtp:thief@evil.example"},
        {"Name": "DeliverToMailboxAndForward", "Value": "True"},
    ]
    found = swept(
        {
            "audit_log": Known(
                (
                    record(
                        "victim@c.example",
                        "Set-Mailbox",
                        ObjectId="victim",
                        Parameters=forwards,
                        ClientIP="203.0.113.9",
                    ),
                    record("quiet@c.example", "Set-MailboxAutoReplyConfiguration"),
                )
            ),
            "sign_ins": Known(()),
            "risk_detections": Known(()),
            "risky_users": Known(()),
        },
        WINDOW,
    )
    assert [one.account for one in found.touched][:1] == ["victim@c.example"]
    assert found.touched[0].points > 0
    assert "thief@evil.example" in " ".join(found.touched[0].why)
    assert "quiet@c.example" not in {one.account for one in found.touched}


def test_what_was_found_is_read_back_as_it_was():
    ones = [sign_in("a@c.example"), sign_in("b@c.example", error=50126)]
    answers: dict[str, Any] = {
        "sign_ins": Known(tuple(ones)),
        "audit_log": Unavailable(Reason.TIME, "Timed out."),
    }
    found = pivoted((Term(TermKind.ADDRESS, "203.0.113.9"),), answers, None)
    assert load(dump(found)) == found
    assert load(dump(Found((), ()))) == Found((), ())
