"""Every change to the mailbox and to the roles, made in the local tenant, seen, and taken back.

The steps plan from evidence that was collected from the tenant itself; what is read is `state_of` over the
change's own look, just as it is when a plan is carried out. A change leaves nothing behind once it is undone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from commands.check import judge
from commands.plans.plan import (
    Act,
    Change,
    Look,
    Plan,
    State,
    plan_facts,
    plan_from,
    same,
    state_of,
    took_effect,
)
from commands.plans.planning_input import PlanningInput
from commands.steps import (
    Step,
    clean_junk_lists,
    disable_inbox_rules,
    disable_mail_protocols,
    disable_sweep_rules,
    disable_transport_rules,
    remove_admin_roles,
    remove_delegates,
    remove_exchange_roles,
    remove_forwarding,
    remove_purview_roles,
    turn_off_auto_reply,
    unblock_sending,
)
from commands.steps.demands import GLOBAL_ADMINISTRATOR, another_global_administrator
from graph.accounts import find_subject
from graph.collect import collect
from graph.connection import Connection
from graph.effects import Item
from graph.errors import NotFound
from graph.evidence import SOURCES, Evidence
from graph.limits import Deadline
from graph.question import Question, Window
from graph.request import Request
from sandbox import tenant
from tests.graph.local import connect_to
from tests.graph.obeying import all_breaches
from tests.graph.test_collect import Memory
from tests.made import made

STEPS: tuple[Step, ...] = (
    remove_forwarding,
    disable_inbox_rules,
    disable_sweep_rules,
    turn_off_auto_reply,
    clean_junk_lists,
    remove_delegates,
    disable_mail_protocols,
    disable_transport_rules,
    remove_admin_roles,
    remove_exchange_roles,
    remove_purview_roles,
)
"""The steps whose every change can be undone."""


@dataclass(frozen=True)
class Scene:
    """The tenant, a connection to it, what the check saw, and what the steps planned from it."""

    running: tenant.RunningTenant
    connection: Connection
    planning: PlanningInput
    changes: tuple[Change, ...]

    def read(self, look: Look) -> State:
        """The state that a look shows now; what is not there has none."""
        try:
            return state_of(look, self.send(look.ask))
        except NotFound:
            return None

    def send(self, what: Act) -> list[Item]:
        """Send something, just as it is planned."""
        return self.connection.fetch(what, Deadline(600))


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with (
        tenant.start(made("mailbox-takeover"), limits=False, audit_query_seconds=0.05) as running,
        connect_to(running) as connection,
    ):
        now = running.state.clock()
        subject = find_subject("adele.vance@contoso.example", connection)
        question = Question(subject, Window(now - timedelta(days=14), now))
        answers: dict[str, Any] = {
            one.source: one.answer
            for one in collect(question, connection, Memory(), patience=600, sources=SOURCES)
        }
        evidence = Evidence(subject=subject, window=question.window, **answers)
        planning = PlanningInput(evidence, judge(evidence, now))
        changes = tuple(one for step in STEPS for one in step.plan(planning) if isinstance(one, Change))
        yield Scene(running, connection, planning, changes)


def test_the_takeover_needs_a_change_of_every_step(scene: Scene) -> None:
    names = [step.__name__.rpartition(".")[2] for step in STEPS]
    assert list(dict.fromkeys(one.step for one in scene.changes)) == names
    assert {one.step for one in scene.changes if one.suggested} == set(names)


def test_no_two_changes_have_one_id(scene: Scene) -> None:
    ids = [one.id for one in scene.changes]
    assert len(set(ids)) == len(ids)
    assert all(one.id.startswith(f"{one.step}:") for one in scene.changes)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__.rpartition(".")[2])
def test_a_change_is_made_seen_and_taken_back_to_exactly_what_was_there(scene: Scene, step: Step) -> None:
    name = step.__name__.rpartition(".")[2]
    planned = [one for one in scene.changes if one.step == name]
    assert planned
    for change in planned:
        before = scene.read(change.look)
        assert same(before, change.expects), change.id
        scene.send(change.do)
        now = scene.read(change.look)
        assert took_effect(change, before, now), change.id
        assert change.undo is not None
        scene.send(change.undo.do)
        after = scene.read(change.undo.look)
        assert took_effect(change.undo, now, after), change.id
        assert same(after, before), change.id


def test_made_together_they_all_hold_and_all_come_back(scene: Scene) -> None:
    suggested = [one for one in scene.changes if one.suggested]
    for change in suggested:
        scene.send(change.do)
    missing = [one.id for one in suggested if not same(scene.read(one.look), one.wants)]
    assert missing == []
    for change in reversed(suggested):
        assert change.undo is not None
        scene.send(change.undo.do)
    assert [one.id for one in suggested if not same(scene.read(one.look), one.expects)] == []


def test_unblocking_waits_for_what_contains_the_intruder_and_lets_the_mailbox_send(scene: Scene) -> None:
    planning = PlanningInput(scene.planning.evidence, scene.planning.report, planned=scene.changes)
    (change,) = unblock_sending.plan(planning)
    assert isinstance(change, Change)
    containing = [one.id for one in scene.changes if one.suggested and one.step in unblock_sending.CONTAINING]
    assert list(change.after) == containing
    assert "remove_forwarding:mailbox" in containing
    before = scene.read(change.look)
    assert same(before, change.expects)
    scene.send(change.do)
    assert took_effect(change, before, scene.read(change.look))


def test_the_tenant_has_another_global_administrator_than_the_subject_and_none_besides_its_only_one(
    scene: Scene,
) -> None:
    assert scene.read(another_global_administrator(scene.planning.subject.id).look) is not None
    assignments = scene.running.state.role_assignments
    holders = {one["principalId"] for one in assignments if one["roleDefinitionId"] == GLOBAL_ADMINISTRATOR}
    (only,) = holders
    assert scene.read(another_global_administrator(only).look) is None


def test_a_group_that_gives_a_role_is_called_by_its_name(scene: Scene) -> None:
    (change,) = [one for one in scene.changes if one.id.startswith("remove_admin_roles:group:")]
    group = scene.running.state.groups[change.id.rpartition(":")[2]]
    assert f"from the group {group['displayName']}, which grants" in change.says


def test_a_plan_of_all_changes_comes_back_from_the_ledger_with_the_same_digest(scene: Scene) -> None:
    subject = scene.planning.subject
    plan = Plan("case", "contoso", subject.id, subject.mail, scene.changes, (), "nonce")
    assert plan_from(json.dumps(plan_facts(plan))).digest == plan.digest


def test_no_plan_holds_what_mail_says(scene: Scene) -> None:
    reply = scene.planning.evidence.auto_reply.seen(None)
    assert reply is not None
    text = repr(scene.changes)
    assert reply.external_reply_message
    assert reply.external_reply_message not in text


def test_every_request_keeps_to_the_contract(scene: Scene) -> None:
    acts = [act for one in scene.changes for act in (one.do, one.look.ask, one.undo and one.undo.do) if act]
    requests = [one for one in acts if isinstance(one, Request)]
    assert {one.method for one in requests} == {"GET", "PATCH", "POST", "DELETE"}
    assert all_breaches(requests) == set()
