"""What the steps plan can be sent as it is: it exists in Graph, fits into JSON, can be told and undone."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import rfc8785

from commands import steps
from commands.plans.plan import (
    Act,
    Change,
    Look,
    ManualTask,
    Nothing,
    Plan,
    Planned,
    offer_from,
    offer_text,
    plan_facts,
    plan_from,
    same,
)
from commands.steps import Step
from graph import contract
from graph.evidence import SOURCES
from graph.needs import of_writes
from graph.request import Cmdlet, Request
from sandbox.tenant.enforcing import selectable
from tests.commands.steps import rich
from tests.commands.steps.rich import NAMES
from tests.graph.obeying import breaches, row_of, strange_parameters


def name_of(step: Step) -> str:
    return step.__name__.rpartition(".")[2]


FOUND: tuple[Any, ...] = tuple(
    module
    for info in pkgutil.iter_modules(steps.__path__)
    if hasattr(module := importlib.import_module(f"commands.steps.{info.name}"), "plan")
)
"""Every file beside the registry that plans."""

IN_ORDER: tuple[Any, ...] = (
    tuple(sorted(steps.STEPS, key=lambda step: steps.ORDER.index(name_of(step)))) if steps.STEPS else FOUND
)
"""The steps in the order in which their changes are made."""

_SAFE = 2**53


@cache
def offer(name: str) -> tuple[Planned, ...]:
    """Everything that the steps plan in one planning, as one check plans it: each knows those before it."""
    planning = rich.named(name)
    planned: list[Planned] = []
    for step in IN_ORDER:
        before = tuple(one for one in planned if isinstance(one, Change))
        planned.extend(step.plan(replace(planning, planned=before)))
    return tuple(planned)


def changes(name: str) -> list[Change]:
    return [one for one in offer(name) if isinstance(one, Change)]


def acts(change: Change) -> Iterator[tuple[str, Act, Look | None]]:
    """Everything that a change may send, with what is read out of the answer."""
    yield "do", change.do, None
    yield "look", change.look.ask, change.look
    for demand in change.demands:
        yield "demand", demand.look.ask, demand.look
    if change.undo is not None:
        yield "undo", change.undo.do, None
        yield "undo's look", change.undo.look.ask, change.undo.look


# --- Graph -------------------------------------------------------------------------------------------------


def unread(request: Request, look: Look | None) -> Iterator[str]:
    """What a look reads out of an answer that the type does not have, or that was not asked for."""
    row = row_of(request)
    if look is None or not row.answers:
        return
    known = set(selectable(row, request.version)) | set(row.expand)
    chosen = {name for name in request.query.get("$select", "").split(",") if name}
    for name in (part.split("/")[0] for part in (*look.fields, *look.where, *look.unless)):
        if name.startswith("@"):
            continue
        if name not in known:
            yield f"{row.answers} has no {name}"
        if chosen and name not in chosen | set(row.expand):
            yield f"{name} is read and not asked for"


@pytest.mark.parametrize("name", NAMES)
def test_every_request_of_every_change_keeps_to_the_contract(name: str) -> None:
    broken = {
        f"{change.id} ({part}): {breach}"
        for change in changes(name)
        for part, act, look in acts(change)
        if isinstance(act, Request)
        for breach in (*breaches(act), *unread(act, look))
    }
    assert broken == set()


@pytest.mark.parametrize("name", NAMES)
def test_every_cmdlet_of_every_change_has_its_parameters_in_the_service_that_it_is_sent_to(name: str) -> None:
    strange = {
        f"{change.id} ({part}): {breach}"
        for change in changes(name)
        for part, act, _ in acts(change)
        if isinstance(act, Cmdlet)
        for breach in strange_parameters(act)
    }
    assert strange == set()


def looked_at(look: Look) -> set[str]:
    """The fields of an item that a look reads."""
    paths = (*look.fields, *look.where, *look.unless, *(name for name, _ in look.either))
    return {path.split("/")[0] for path in paths}


def unanswered(act: Act, look: Look) -> set[str]:
    """What a look reads that the cmdlet does not answer, or that was not asked for."""
    assert isinstance(act, Cmdlet)
    read = looked_at(look)
    known = contract.answered(act.name, "compliance" if act.compliance else "exchange")
    strange = read - set(known) if known else set()
    return strange | (read - set(act.select) if act.select else set())


@pytest.mark.parametrize("name", NAMES)
def test_every_look_at_exchange_reads_fields_that_the_cmdlet_answers(name: str) -> None:
    strange = {
        (change.id, part, field)
        for change in changes(name)
        for part, act, look in acts(change)
        if isinstance(act, Cmdlet) and look is not None
        for field in unanswered(act, look)
    }
    assert strange == set()


def test_a_field_that_a_cmdlet_does_not_answer_is_noticed() -> None:
    rules = Cmdlet("Get-InboxRule", {"Mailbox": "x"})
    wrong = Look(rules, {"Hat": 1}, {"Coat": 2}, (("Shoe", ("a",)),), ("Enabled", "Glove/size"))
    assert unanswered(rules, wrong) == {"Hat", "Coat", "Shoe", "Glove"}
    chosen = Cmdlet("Get-Mailbox", {"Identity": "x"}, select=("ForwardingAddress",))
    assert unanswered(chosen, Look(chosen, {"GrantSendOnBehalfTo": "y"})) == {"GrantSendOnBehalfTo"}


def test_a_parameter_of_the_other_service_is_noticed() -> None:
    bypass = {"Identity": "x", "Member": "y", "BypassSecurityGroupManagerCheck": True}
    assert not list(strange_parameters(Cmdlet("Remove-RoleGroupMember", bypass)))
    assert len(list(strange_parameters(Cmdlet("Remove-RoleGroupMember", bypass, compliance=True)))) == 1
    assert len(list(strange_parameters(Cmdlet("Get-Coffee", {"Sugar": True})))) == 1


def test_a_request_that_leaves_the_contract_is_noticed() -> None:
    wrong = Request("GET", "/users/1", {"$select": "id,displayName"})
    assert set(unread(wrong, Look(wrong, fields=("mobilePhone", "hat")))) == {
        "mobilePhone is read and not asked for",
        "hat is read and not asked for",
        "user has no hat",
    }
    assert len(set(breaches(Request("GET", "/users/1", {"$top": "1"})))) == 1
    assert len(set(breaches(Request("PATCH", "/users/1", body={"hat": 1})))) == 1
    nested = Request("PATCH", "/users/1", body={"passwordProfile": {"pass": "x"}})
    assert "'pass' does not exist" in next(breaches(nested))
    signed_in = Request("POST", "/users/1/revokeSignInSessions", body={"now": True})
    assert len(set(breaches(signed_in))) == 1


@pytest.mark.parametrize("name", NAMES)
def test_looking_changes_nothing_and_doing_does(name: str) -> None:
    for change in changes(name):
        for part, act, look in acts(change):
            reads = act.method == "GET" if isinstance(act, Request) else act.name.startswith("Get-")
            assert reads is (look is not None), (change.id, part)


@pytest.mark.parametrize("name", NAMES)
def test_every_cmdlet_is_one_that_the_played_exchange_knows(name: str) -> None:
    used = {act.name for change in changes(name) for _, act, _ in acts(change) if isinstance(act, Cmdlet)}
    assert used <= rich.cmdlets()


# --- as values ---------------------------------------------------------------------------------------------


def numbers(value: Any) -> Iterator[int | float]:
    """Every number in a JSON value."""
    if isinstance(value, bool):
        return
    if isinstance(value, int | float):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from numbers(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from numbers(one)


def whole_plan(name: str) -> Plan:
    planning = rich.named(name)
    tasks = tuple(one for one in offer(name) if isinstance(one, ManualTask))
    subject = planning.subject
    return Plan("C-1", "contoso", subject.id, subject.mail, tuple(changes(name)), tasks, "nonce")


@pytest.mark.parametrize("name", NAMES)
def test_no_number_is_one_that_json_may_change(name: str) -> None:
    for number in numbers(plan_facts(whole_plan(name))):
        assert isinstance(number, int), number
        assert abs(number) <= _SAFE, number


@pytest.mark.parametrize("name", NAMES)
def test_a_plan_comes_out_of_the_ledger_as_it_went_in(name: str) -> None:
    text = offer_text(offer(name))
    assert offer_text(offer_from(text)) == text
    plan = whole_plan(name)
    assert plan_from(plan_json(plan)).digest == plan.digest


def plan_json(plan: Plan) -> bytes:
    return rfc8785.dumps(plan_facts(plan))


@pytest.mark.parametrize("name", NAMES)
def test_the_same_evidence_gives_the_same_plan_again(name: str) -> None:
    first = offer(name)
    offer.cache_clear()
    assert offer_text(offer(name)) == offer_text(first)


@pytest.mark.parametrize("name", NAMES)
def test_no_two_things_of_a_plan_share_an_id_and_each_begins_with_its_steps(name: str) -> None:
    listed = [one for one in offer(name) if not isinstance(one, Nothing)]
    assert [one for one, times in Counter(one.id for one in listed).items() if times > 1] == []
    for one in listed:
        step, _, what = one.id.partition(":")
        assert (step, bool(what)) == (one.step, True)


@pytest.mark.parametrize("name", NAMES)
def test_a_change_waits_only_for_changes_before_it(name: str) -> None:
    seen: set[str] = set()
    for change in changes(name):
        assert set(change.after) <= seen, change.id
        seen.add(change.id)


@pytest.mark.parametrize("name", NAMES)
def test_every_change_has_an_undo_or_says_why_there_is_none(name: str) -> None:
    for change in changes(name):
        assert bool(change.no_undo) is (change.undo is None), change.id


@pytest.mark.parametrize("name", NAMES)
def test_a_change_wants_something_else_than_what_is_there(name: str) -> None:
    for change in changes(name):
        assert change.moves or not same(change.expects, change.wants), change.id
        if change.undo is not None:
            assert not same(change.undo.wants, change.wants), change.id


@pytest.mark.parametrize("name", NAMES)
def test_a_state_has_just_the_fields_that_are_looked_at(name: str) -> None:
    for change in changes(name):
        states = [] if change.moves else [(change.look, change.expects), (change.look, change.wants)]
        states += [(change.undo.look, change.undo.wants)] if change.undo else []
        for look, state in states:
            assert state is None or set(state) == set(look.fields), change.id


# --- as words ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_step_says_something_in_every_situation(name: str) -> None:
    spoke = {one.step for one in offer(name)}
    assert spoke == {name_of(step) for step in IN_ORDER}


@pytest.mark.parametrize("name", NAMES)
def test_what_is_done_is_said_in_one_sentence_without_a_full_stop(name: str) -> None:
    for one in offer(name):
        if isinstance(one, Nothing):
            assert one.why.endswith("."), one
            continue
        lines = [one.says, *(one.how if isinstance(one, ManualTask) else ())]
        lines += [one.undo.says] if isinstance(one, Change) and one.undo else []
        for line in lines:
            assert line.strip(), one.id
            assert "\n" not in line, one.id
            assert not line.endswith("."), (one.id, line)


@pytest.mark.parametrize("name", NAMES)
def test_a_change_says_why(name: str) -> None:
    assert [change.id for change in changes(name) if not change.why.strip()] == []


@pytest.mark.parametrize("name", NAMES)
def test_an_task_says_how(name: str) -> None:
    assert [one.id for one in offer(name) if isinstance(one, ManualTask) and not one.how] == []


def test_no_two_files_of_a_plan_share_a_name() -> None:
    for name in NAMES:
        files = [file for one in offer(name) if isinstance(one, ManualTask) for file in one.files]
        assert len(files) == len(set(files)), name


# --- whole -------------------------------------------------------------------------------------------------


def test_where_no_source_was_seen_no_change_is_planned_from_it() -> None:
    """Only what needs no source may be planned blind: revoking sessions harms nobody who is not there."""
    for name in ("no source could be seen", "nothing was asked"):
        blind = {change.step for change in changes(name)}
        assert not blind & {name_of(step) for step in IN_ORDER if step.NEEDS}, name


def test_nothing_is_changed_on_a_protected_account() -> None:
    reach = {change.step for change in changes("a protected account") if not change.tenant_wide}
    assert reach == set()


def test_the_takeover_gives_every_kind_of_plan() -> None:
    kinds = Counter(type(one) for one in offer("the takeover"))
    assert kinds[Change] >= 1
    assert kinds[ManualTask] >= 1


@pytest.mark.parametrize("step", IN_ORDER, ids=name_of)
def test_a_step_says_what_it_is_where_it_comes_from_and_what_it_needs(step: Step) -> None:
    assert (step.__doc__ or "").count("Source: ") >= 1
    assert step.TITLE
    assert not step.TITLE.endswith(".")
    assert re.fullmatch(r"step [1-7](, extended)?|additional step", step.SOURCE)
    assert set(step.NEEDS) <= set(SOURCES)


@pytest.mark.parametrize("step", IN_ORDER, ids=name_of)
def test_a_step_that_changes_something_names_its_permissions(step: Step) -> None:
    writes = any(change.step == name_of(step) for name in NAMES for change in changes(name))
    assert bool(of_writes(step.WRITES)) or not writes


def test_no_step_is_forgotten_in_the_registry() -> None:
    names = Counter(map(name_of, FOUND))
    assert Counter(map(name_of, steps.STEPS)) == names
    assert Counter(steps.ORDER) == names
