"""The automatic reply is switched off by its status alone; its texts never come into a plan."""

from __future__ import annotations

import pytest

from commands.plans.plan import offer_text
from commands.steps import turn_off_auto_reply
from graph.request import Limit, Request
from graph.resources.mailbox import AutoReply
from tests.commands.evidence import ADELE
from tests.commands.steps.planning_inputs import UNSEEN, finding, guarded, nothing, only_change, planning

PATH = f"/users/{ADELE.id}/mailboxSettings"
STATUS = "automaticRepliesSetting/status"
LURE = AutoReply(status="alwaysEnabled", external_reply_message="My new bank account is overleaf")


def test_only_the_status_is_sent_and_the_undo_sets_the_same_status_again() -> None:
    for status in ("alwaysEnabled", "scheduled"):
        change = only_change(turn_off_auto_reply, planning(found=[], auto_reply=AutoReply(status=status)))
        off, on = ({"automaticRepliesSetting": {"status": one}} for one in ("disabled", status))
        assert change.id == "turn_off_auto_reply:reply"
        assert change.do == Request("PATCH", PATH, body=off, limit=Limit.MAILBOX)
        assert change.look.ask == Request(
            "GET", PATH, {"$select": "automaticRepliesSetting"}, limit=Limit.MAILBOX
        )
        assert (change.expects, change.wants) == ({STATUS: status}, {STATUS: "disabled"})
        assert change.undo is not None
        assert change.undo.do == Request("PATCH", PATH, body=on, limit=Limit.MAILBOX)
        assert change.undo.wants == {STATUS: status}


def test_the_plan_holds_nothing_of_what_the_reply_says() -> None:
    found = [finding("auto_reply", "auto_reply", after="My new bank account is overleaf")]
    text = offer_text(turn_off_auto_reply.plan(planning(found=found, auto_reply=LURE)))
    assert "bank" not in text


def test_it_is_suggested_only_where_it_was_found() -> None:
    assert only_change(
        turn_off_auto_reply, planning(found=[finding("auto_reply")], auto_reply=LURE)
    ).suggested
    assert not only_change(turn_off_auto_reply, planning(found=[], auto_reply=LURE)).suggested


@pytest.mark.parametrize("status", ["disabled", "Disabled", ""])
def test_a_reply_that_is_off_needs_nothing(status: str) -> None:
    answer = nothing(turn_off_auto_reply, planning(found=[], auto_reply=AutoReply(status=status)))
    assert not answer.refused


def test_an_unseen_reply_is_not_called_off() -> None:
    assert nothing(turn_off_auto_reply, planning(found=[], auto_reply=UNSEEN)).refused


def test_a_protected_account_is_left_alone() -> None:
    seen = planning(found=[], guard=guarded(), auto_reply=LURE)
    assert nothing(turn_off_auto_reply, seen).refused
