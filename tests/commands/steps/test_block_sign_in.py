"""Blocking the account from signing in."""

from __future__ import annotations

from typing import Any

import pytest

from commands.plans.plan import Change, same
from commands.report import VerdictCode
from commands.steps import block_sign_in
from commands.steps.demands import GLOBAL_ADMINISTRATOR, another_global_administrator
from graph.evidence import Known
from graph.request import Request
from graph.resources.directory import DirectoryRole
from tests.commands.evidence import ADELE
from tests.commands.steps.planning_inputs import (
    UNSEEN,
    changes,
    guarded,
    nothing,
    only_change,
    planning,
    tasks,
    user,
)

PATH = f"/users/{ADELE.id}"


def test_it_plans_the_block_with_its_look_and_its_undo():
    change = only_change(block_sign_in, planning(found=[], user=user(), directory_roles=[]))
    assert change.id == "block_sign_in:account"
    assert change.do == Request("PATCH", PATH, body={"accountEnabled": False})
    assert change.look.ask == Request("GET", PATH, {"$select": "accountEnabled"})
    assert change.expects == {"accountEnabled": True}
    assert change.wants == {"accountEnabled": False}
    assert change.undo is not None
    assert change.undo.do == Request("PATCH", PATH, body={"accountEnabled": True})
    assert same(change.undo.wants, change.expects)
    assert not change.tenant_wide
    assert change.demands == ()


@pytest.mark.parametrize("answer", list(VerdictCode))
def test_it_is_suggested_for_a_compromised_account_only(answer: VerdictCode):
    change = only_change(block_sign_in, planning(found=[], answer=answer, user=user(), directory_roles=[]))
    assert change.suggested is (answer is VerdictCode.COMPROMISED)


def test_an_account_that_is_blocked_already_is_left_as_it_is():
    reason = nothing(block_sign_in, planning(user=user(account_enabled=False)))
    assert not reason.refused
    assert "already" in reason.why


def test_an_account_that_could_not_be_seen_is_not_blocked_blindly():
    reason = nothing(block_sign_in, planning(user=UNSEEN))
    assert reason.refused
    assert "Not collected" in reason.why


def test_a_protected_account_is_never_blocked():
    assert nothing(block_sign_in, planning(user=user(), guard=guarded())).refused


def test_a_synced_account_is_blocked_and_an_administrator_does_it_at_home_too():
    on = planning(found=[], user=user(on_premises_sync_enabled=True), directory_roles=[])
    (change,), (task,) = changes(block_sign_in, on), tasks(block_sign_in, on)
    assert any("the next sync may re-enable it" in warning for warning in change.warns)
    assert any("Disable-ADAccount" in line for line in task.how)
    assert any("40 minutes" in line for line in task.how)
    assert task.suggested == change.suggested


def test_a_cloud_account_needs_no_task():
    assert tasks(block_sign_in, planning(user=user(), directory_roles=[])) == []


def test_people_are_told_that_rules_and_forwarding_go_on():
    change = only_change(block_sign_in, planning(user=user(), directory_roles=[]))
    assert any("forwarding" in warning for warning in change.warns)


@pytest.mark.parametrize("how", ["direct", "group", "active", "eligible"])
def test_a_global_administrator_is_blocked_only_while_there_is_another(how: str):
    role = DirectoryRole(assignment_id="a", role_definition_id=GLOBAL_ADMINISTRATOR, name="Global", how=how)
    assert _change(directory_roles=[role]).demands == (another_global_administrator(ADELE.id),)


def test_who_may_be_a_global_administrator_is_treated_as_one():
    assert _change(directory_roles=UNSEEN).demands
    assert _change(directory_roles=Known((), missing=("roles through groups",))).demands


def test_holders_of_other_roles_lock_nobody_out():
    role = DirectoryRole(assignment_id="a", role_definition_id="other", name="Exchange Administrator")
    change = _change(directory_roles=[role])
    assert change.demands == ()
    assert any("Privileged Authentication Administrator" in warning for warning in change.warns)


def _change(**sources: Any) -> Change:
    return only_change(block_sign_in, planning(found=[], user=user(), **sources))
