"""Changes in different services are made beside each other; what holds for each of them still holds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from commands.containment.lanes import service_of, stages
from commands.containment.proposals import Outcome
from commands.plans.approval import ProposalState
from commands.plans.plan import Change
from graph.limits import Deadline
from graph.request import Cmdlet, Limit, Request, changes
from tests.commands.alone import AWAY, Desk, Ended, Microsoft, actions, change, outcomes, path_of, removal

O = Outcome  # noqa: E741 - short, for the lists below
SECONDS = 600.0
"""How long to wait for what comes at once, unless it never does."""


def in_exchange(name: str, **more: Any) -> Change:
    return removal(name, **{"do": Cmdlet("Remove-InboxRule", {"Identity": name}), **more})


def names(made: list[Change]) -> list[list[list[str]]]:
    return [[[one.id.partition(":")[2] for one in lane] for lane in stage] for stage in stages(made)]


# --- which -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("do", "service"),
    [
        (Request("PATCH", "/users/a"), "directory"),
        (Request("DELETE", "/oauth2PermissionGrants/a"), "directory"),
        (Request("POST", "/identityProtection/riskyUsers/confirmCompromised", limit=Limit.RISK), "risk"),
        (Request("PATCH", "/users/a/mailboxSettings", limit=Limit.MAILBOX), "exchange"),
        (Cmdlet("Set-Mailbox"), "exchange"),
        (Cmdlet("Remove-RoleGroupMember", compliance=True), "compliance"),
    ],
)
def test_a_mailbox_is_one_service_however_it_is_reached(do: Request | Cmdlet, service: str):
    assert service_of(do) == service


def test_each_service_has_a_lane_and_the_plans_order_in_it():
    made = [change("a"), in_exchange("b"), change("c"), in_exchange("d"), change("e")]
    assert names(made) == [[["a", "c", "e"], ["b", "d"]]]
    assert names([]) == []


def test_what_shuts_the_attacker_out_is_made_before_everything_else_one_after_the_other():
    made = [
        change("block", step="block_sign_in"),
        change("revoke", step="revoke_sessions"),
        change("again", step="revoke_sessions", after=("switch:block",)),
        in_exchange("rule"),
    ]
    assert names(made) == [[["block"]], [["revoke"]], [["again"], ["rule"]]]


def test_an_undo_of_the_block_waits_for_all_before_it():
    made = [change("grant"), in_exchange("rule"), change("block", step="block_sign_in"), in_exchange("two")]
    assert names(made) == [[["grant"], ["rule"]], [["block"]], [["two"]]]


def test_what_waits_for_another_service_begins_a_new_stage():
    made = [change("a"), in_exchange("b"), in_exchange("c", after=("switch:a",)), change("d")]
    assert names(made) == [[["a"], ["b"]], [["c"], ["d"]]]


def test_what_waits_for_its_own_service_or_for_none_of_the_plan_does_not():
    made = [change("a"), in_exchange("b"), change("c", after=("switch:a", "switch:gone")), in_exchange("d")]
    assert names(made) == [[["a", "c"], ["b", "d"]]]


# --- beside each other -------------------------------------------------------------------------------------


@dataclass
class Meeting(Microsoft):
    """Does something before it answers a write, or a look at a thing."""

    before: dict[str, Callable[[], object]] = field(default_factory=dict)
    looked: dict[str, Callable[[], object]] = field(default_factory=dict)

    def fetch(self, what: Request | Cmdlet, deadline: Deadline) -> list[dict[str, Any]]:
        path = what.path if isinstance(what, Request) else path_of(what.parameters["Identity"])
        acts = self.before if changes(what) else self.looked
        acts.get(path, lambda: None)()
        return super().fetch(what, deadline)


def _meet(looks: Iterator[bool], both: threading.Barrier) -> None:
    """At the looks that say so, wait for the other."""
    if next(looks):
        both.wait()


@pytest.fixture
def microsoft() -> Meeting:
    return Meeting()


@pytest.fixture
def desk(tmp_path: Path, microsoft: Meeting) -> Iterator[Desk]:
    made = Desk(tmp_path, microsoft)
    with closing(made.ledger):
        yield made


def test_two_services_are_written_to_at_the_same_time(desk: Desk, microsoft: Meeting):
    both = threading.Barrier(2, timeout=SECONDS)
    microsoft.before = {path_of("one"): both.wait, path_of("three"): both.wait}
    assert outcomes(desk.run(change(), change("two"), in_exchange("three"))) == [O.CONFIRMED] * 3


def test_of_one_service_one_is_under_way_at_a_time_in_the_plans_order(desk: Desk, microsoft: Meeting):
    made = [change(), in_exchange("three"), change("two")]
    assert outcomes(desk.run(*made)) == [O.CONFIRMED] * 3
    assert [one for one in microsoft.sent() if isinstance(one, Request)] == [made[0].do, made[2].do]
    assert len(microsoft.sent()) == 3


def test_what_was_sent_is_read_back_beside_each_other(desk: Desk, microsoft: Meeting):
    both = threading.Barrier(2, timeout=SECONDS)
    read_back = {path_of(name): iter([False, True]) for name in ("one", "two")}
    microsoft.looked = {path: partial(_meet, looks, both) for path, looks in read_back.items()}
    assert outcomes(desk.run(change(), change("two"))) == [O.CONFIRMED] * 2


def test_what_two_services_wait_for_is_confirmed_once(desk: Desk, microsoft: Meeting):
    both = threading.Barrier(2, timeout=SECONDS)
    looks = iter([False, True, True])
    microsoft.looked = {path_of("one"): partial(_meet, looks, both)}
    after = ("switch:one",)
    first = change(step="block_sign_in")
    made = desk.approved(first, change("two", after=after), in_exchange("three", after=after))
    assert outcomes(actions(desk.carry_out(made))) == [O.CONFIRMED] * 3
    assert desk.kinds(made).count("change_confirmed") == 3
    assert desk.told == len(desk.kinds(made))


def test_a_service_that_is_away_leaves_another_one_its_patience(desk: Desk, microsoft: Meeting):
    for name in ("one", "two", "three"):
        microsoft.shows[path_of(name)] = [AWAY] * 3
    assert outcomes(desk.run(change(), change("two"), in_exchange("three"))) == [O.FAILED] * 3
    assert sorted(desk.waited) == [5, 5, 10, 10]


def test_when_something_breaks_no_further_change_is_begun_and_what_is_under_way_is_written_down(
    desk: Desk, microsoft: Meeting
):
    broken, under_way = threading.Event(), threading.Event()

    def until_broken() -> None:
        under_way.set()
        broken.wait(SECONDS)

    microsoft.before = {path_of("one"): lambda: under_way.wait(SECONDS), path_of("three"): until_broken}
    made = desk.approved(change(), in_exchange("three"), in_exchange("two"))

    def tell() -> None:
        if desk.kinds(made)[-1] == "change_ended" and not broken.is_set():
            broken.set()
            raise Ended

    with pytest.raises(Ended):
        desk.carry_out(made, tell=tell)
    assert len(microsoft.sent()) == 2
    one, three = desk.proposals.get(made).actions
    assert (one.outcome, three.outcome) == (O.UNCONFIRMED, O.UNCONFIRMED)

    proposal = desk.carry_out(made)
    assert proposal.state is ProposalState.DONE
    assert outcomes(actions(proposal)) == [O.CONFIRMED] * 3
    assert len(microsoft.sent()) == 3


def test_after_a_restart_all_that_was_under_way_is_read_back_and_nothing_is_sent_twice(
    desk: Desk, microsoft: Meeting
):
    both = threading.Barrier(2, timeout=SECONDS)

    def end() -> None:
        both.wait()
        raise Ended

    microsoft.before = {path_of("one"): end, path_of("three"): end}
    made = desk.approved(change(), in_exchange("three"))
    with pytest.raises(Ended):
        desk.carry_out(made)
    assert [one.outcome for one in desk.proposals.get(made).actions] == [None, None]
    microsoft.before = {}
    microsoft.things[path_of("one")]["on"] = False  # it had left, and so had the other
    del microsoft.things[path_of("three")]
    assert outcomes(actions(desk.carry_out(made))) == [O.CONFIRMED] * 2
    assert microsoft.sent() == []
