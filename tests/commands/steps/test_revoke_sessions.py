"""Ending the sessions of the account."""

from __future__ import annotations

import pytest

from commands.plans.plan import took_effect
from commands.report import VerdictCode
from commands.steps import revoke_sessions
from graph.request import Request
from tests.commands.evidence import ADELE
from tests.commands.steps.planning_inputs import UNSEEN, guarded, nothing, only_change, planning, user

FIELD = "signInSessionsValidFromDateTime"


def test_it_plans_to_end_the_sessions_and_to_see_that_the_time_moves():
    change = only_change(revoke_sessions, planning(found=[], user=user(), directory_roles=[]))
    assert change.id == "revoke_sessions:sessions"
    assert change.do == Request("POST", f"/users/{ADELE.id}/revokeSignInSessions")
    assert change.look.ask == Request("GET", f"/users/{ADELE.id}", {"$select": FIELD})
    assert change.expects == {FIELD: "2026-09-02T12:00:00Z"}
    assert change.moves
    assert not took_effect(change, change.expects, change.expects)
    assert took_effect(change, change.expects, {FIELD: "2026-09-09T12:00:00Z"})


def test_it_cannot_be_undone_and_harms_nobody_when_repeated():
    change = only_change(revoke_sessions, planning(found=[], user=user()))
    assert change.undo is None
    assert change.no_undo
    assert change.repeatable


def test_sessions_can_be_ended_where_the_account_could_not_be_read():
    change = only_change(revoke_sessions, planning(found=[], user=UNSEEN))
    assert change.expects == {FIELD: None}


@pytest.mark.parametrize("answer", list(VerdictCode))
def test_it_is_suggested_as_soon_as_there_is_a_suspicion(answer: VerdictCode):
    change = only_change(revoke_sessions, planning(found=[], answer=answer, user=user()))
    assert change.suggested is (answer in (VerdictCode.COMPROMISED, VerdictCode.SUSPICIOUS))


def test_people_are_told_what_goes_on_and_what_the_application_must_hold():
    change = only_change(revoke_sessions, planning(found=[], user=user(), directory_roles=UNSEEN))
    assert any("hour" in warning for warning in change.warns)
    assert any("Privileged Authentication Administrator" in warning for warning in change.warns)


def test_a_protected_account_keeps_its_sessions():
    assert nothing(revoke_sessions, planning(user=user(), guard=guarded())).refused
