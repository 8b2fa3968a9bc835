"""Every change of the sign-in side, made in the local tenant, seen, and taken back.

The steps plan from evidence that was collected from the tenant itself; what is read is `state_of` over the
change's own look, just as it is when a plan is carried out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from commands.check import judge
from commands.plans.plan import (
    Act,
    Change,
    Look,
    ManualTask,
    Planned,
    State,
    Undo,
    same,
    state_of,
    took_effect,
)
from commands.plans.planning_input import PlanningInput
from commands.steps import (
    Step,
    block_mobile_devices,
    block_sign_in,
    confirm_compromised,
    disable_apps,
    disable_registered_devices,
    multi_factor,
    remove_app_assignments,
    remove_sign_in_methods,
    reset_password,
    revoke_oauth_grants,
    revoke_sessions,
)
from commands.steps.demands import GLOBAL_ADMINISTRATOR, another_global_administrator
from graph.accounts import find_subject
from graph.collect import collect
from graph.connection import Connection
from graph.errors import NotFound
from graph.evidence import Evidence, Known
from graph.limits import Deadline
from graph.question import Question, Window
from graph.request import Cmdlet, Request
from sandbox import tenant
from tests.each import each
from tests.graph.local import connect_to
from tests.graph.obeying import all_breaches
from tests.graph.test_collect import Memory
from tests.made import made

STEPS: tuple[Step, ...] = (
    block_sign_in,
    revoke_sessions,
    reset_password,
    confirm_compromised,
    remove_sign_in_methods,
    multi_factor,
    revoke_oauth_grants,
    remove_app_assignments,
    disable_apps,
    block_mobile_devices,
    disable_registered_devices,
)
SOURCES = (
    "user",
    "domains",
    "sign_ins",
    "directory_audits_on_user",
    "directory_audits_by_user",
    "authentication_methods",
    "oauth_grants",
    "app_role_assignments",
    "mail_protocols",
    "mobile_devices",
    "registered_devices",
    "directory_roles",
    "risky_user",
)


@dataclass(frozen=True)
class Scene:
    """The tenant, a connection to it, and what the steps make of it."""

    running: tenant.RunningTenant
    connection: Connection
    planning: PlanningInput

    def read(self, look: Look) -> State:
        """The state that a look shows now; what is not there has none."""
        try:
            return state_of(look, self.connection.fetch(look.ask, Deadline(600)))
        except NotFound:
            return state_of(look, ())

    def send(self, what: Act) -> None:
        """Send a write, with a password in the place where one goes; time goes on before it."""
        self.running.let_pass(timedelta(seconds=2))
        if isinstance(what, Request) and "passwordProfile" in (what.body or {}):
            profile = {**(what.body or {})["passwordProfile"], "password": "Invented-For-This-Test-4711"}
            what = Request(what.method, what.path, body={"passwordProfile": profile})
        self.connection.fetch(what, Deadline(600))

    @property
    def planned(self) -> tuple[Planned, ...]:
        """Everything that the steps plan."""
        return tuple(one for step in STEPS for one in step.plan(self.planning))

    @property
    def changes(self) -> dict[str, Change]:
        """Every change by its id."""
        return {one.id: one for one in self.planned if isinstance(one, Change)}


@contextmanager
def _started(address: str = "adele.vance@contoso.example") -> Iterator[Scene]:
    with (
        tenant.start(made("mailbox-takeover"), limits=False) as running,
        connect_to(running) as connection,
    ):
        running.directory_roles.add("Privileged Authentication Administrator")
        subject = find_subject(address, connection)
        now = running.state.now
        question = Question(subject, Window(now - timedelta(days=7), now))
        answers: dict[str, Any] = {
            one.source: one.answer
            for one in collect(question, connection, Memory(), patience=600, sources=SOURCES)
        }
        seen = Evidence(subject=subject, window=question.window, **answers)
        yield Scene(running, connection, PlanningInput(seen, judge(seen, now)))


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    """One tenant for all tests that leave it as it was."""
    with _started() as started:
        yield started


@pytest.fixture
def spent() -> Iterator[Scene]:
    """A tenant of its own for a test that does what cannot be undone."""
    with _started() as started:
        yield started


def test_the_plan_expects_what_the_tenant_shows(scene: Scene) -> None:
    for change in each(scene.changes.values()):
        assert same(scene.read(change.look), change.expects), change.id


def test_every_step_plans_something_in_the_takeover(scene: Scene) -> None:
    for step in STEPS:
        assert list(step.plan(scene.planning)), step


def test_the_findings_select_what_the_intruder_left_and_no_more(scene: Scene) -> None:
    selected = {change.says for change in scene.changes.values() if change.suggested}
    assert any("Pixel 9" in says and "Authenticator" in says for says in selected)
    assert any("+44 7700900077" in says for says in selected)
    assert not any("iPhone 15" in says for says in selected)
    assert any("Block the mobile device Pixel 9" in says for says in selected)
    assert any("DESKTOP-7F2KQ9X" in says for says in selected)
    assert not any("LAPTOP" in says for says in selected)
    assert any(says.startswith("Disable ") for says in selected)


def test_the_demand_of_a_second_global_administrator_holds_until_there_is_none_besides(scene: Scene) -> None:
    ours = scene.planning.subject.id
    assert scene.read(another_global_administrator(ours).look) is not None
    assignments = scene.running.state.role_assignments
    holders = [one for one in assignments if one["roleDefinitionId"] == GLOBAL_ADMINISTRATOR]
    kept = {holder["principalId"] for holder in holders}
    for other in kept:
        scene.running.state.users[other]["accountEnabled"] = False
    assert scene.read(another_global_administrator(ours).look) is None
    for other in kept:
        scene.running.state.users[other]["accountEnabled"] = True


@pytest.mark.slow
def test_every_change_is_seen_and_its_undo_puts_back_what_was_there(scene: Scene) -> None:
    undone = 0
    for change in scene.changes.values():
        if change.step == "remove_sign_in_methods" or change.undo is None:
            continue
        _there_and_back(scene, change, change.undo)
        undone += 1
    assert undone >= 6


def test_what_cannot_be_undone_is_seen_as_well(spent: Scene) -> None:
    for name in ("revoke_sessions:sessions", "reset_password:password", "reset_password:revoke_again"):
        change = spent.changes[name]
        before = spent.read(change.look)
        spent.send(change.do)
        assert took_effect(change, before, spent.read(change.look)), name


def test_sign_in_methods_go_in_their_order_and_those_that_can_come_back_do(spent: Scene) -> None:
    methods = [one for one in spent.changes.values() if one.step == "remove_sign_in_methods"]
    assert len(methods) >= 4
    for change in methods:
        before = spent.read(change.look)
        spent.send(change.do)
        assert took_effect(change, before, spent.read(change.look)), change.id
    for change in methods:
        if change.undo is not None:
            spent.send(change.undo.do)
            assert same(spent.read(change.look), change.expects), change.id


def _there_and_back(scene: Scene, change: Change, undo: Undo) -> None:
    before = scene.read(change.look)
    assert same(before, change.expects), change.id
    scene.send(change.do)
    now = scene.read(change.look)
    assert took_effect(change, before, now), change.id
    assert same(scene.read(undo.look), change.wants), f"{change.id}: a restore must know the state to undo"
    scene.send(undo.do)
    assert took_effect(undo, now, scene.read(undo.look)), change.id
    if "id" not in change.look.where:  # a grant and an assignment come back with a new id
        assert same(scene.read(change.look), change.expects), change.id


def test_a_blocked_device_that_was_allowed_is_allowed_again(scene: Scene) -> None:
    upn = scene.planning.subject.user_principal_name
    (change,) = [
        one for one in scene.changes.values() if "Pixel 9" in one.says and one.step.startswith("block_m")
    ]
    device = change.id.partition(":")[2]
    allow = {"@odata.type": "#Exchange.GenericHashTable", "add": [device]}
    scene.send(Cmdlet("Set-CASMailbox", {"Identity": upn, "ActiveSyncAllowedDeviceIDs": allow}, anchor=upn))
    read = Look(change.look.ask, fields=("ActiveSyncAllowedDeviceIDs", "ActiveSyncBlockedDeviceIDs"))
    before = scene.read(read)
    assert before is not None
    protocols = scene.planning.evidence.mail_protocols
    assert isinstance(protocols, Known)
    allowing = protocols.value.model_copy(update={"active_sync_allowed_device_ids": (device,)})
    seen = replace(scene.planning.evidence, mail_protocols=Known(allowing))
    again = replace(scene.planning, evidence=seen)
    (planned,) = [
        one for one in block_mobile_devices.plan(again) if isinstance(one, Change) and one.id == change.id
    ]
    assert planned.undo is not None
    scene.send(planned.do)
    assert took_effect(planned, None, scene.read(planned.look))
    scene.send(planned.undo.do)
    assert same(scene.read(read), before)
    forget = {"@odata.type": "#Exchange.GenericHashTable", "remove": [device]}
    scene.send(Cmdlet("Set-CASMailbox", {"Identity": upn, "ActiveSyncAllowedDeviceIDs": forget}, anchor=upn))


def test_every_request_keeps_to_the_contract(scene: Scene) -> None:
    for change in each(scene.changes.values()):
        undo = (change.undo.do, change.undo.look.ask) if change.undo is not None else ()
        sent = (change.do, change.look.ask, *undo, *(one.look.ask for one in change.demands))
        assert all_breaches(what for what in sent if isinstance(what, Request)) == set()


@pytest.mark.parametrize(
    ("address", "task"),
    [
        ("miriam.graham@contoso.example", "reset_password:on_premises"),
        ("henrietta.mueller@fabrikam.example", "reset_password:identity_provider"),
    ],
)
def test_a_password_that_lives_elsewhere_is_left_to_people(address: str, task: str) -> None:
    with _started(address) as started:
        (planned,) = reset_password.plan(started.planning)
        assert isinstance(planned, ManualTask)
        assert planned.id == task
