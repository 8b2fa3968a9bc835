"""What the bot says of permissions is what Microsoft's contract says, for all that it sends."""

from __future__ import annotations

import pytest

from bot.setup import registrations
from bot.setup.capabilities import Held, label, lacks, undoes
from bot.setup.writes import TO_KNOW, to_know, writing
from commands.steps import STEPS, Step
from graph import contract
from graph.needs import of_source, of_writes, to_send
from graph.queries.registry import QUERIES
from tests.bot.setup.including import would_do
from tests.commands.steps.rich import NAMES
from tests.commands.steps.test_contract import changes
from tests.each import each
from tests.graph.test_contract import kind_of


def test_which_permission_includes_which_is_what_all_requests_of_the_bot_say() -> None:
    """Told by playing every query and step: what would let through all that each one is named for."""
    table = {name: frozenset((*row.included_in, *row.less)) for name, row in contract.permissions().items()}
    assert table == would_do()


def test_what_does_less_says_why_and_counts_for_nothing() -> None:
    for name, row in each(contract.permissions().items()):
        assert bool(row.less) is bool(row.why_less), name
        assert not set(row.less) & set(row.included_in), name
        for one in row.less:
            assert Held(frozenset({one}), None, None, None).has(name) is False


def test_every_permission_that_a_query_or_a_step_names_is_in_the_table() -> None:
    lists = [*(of_source(query.ASKS) for query in QUERIES), *(of_writes(step.WRITES) for step in STEPS)]
    named = {need for needs in lists for need in needs if " " not in need}
    assert named - {"Exchange.ManageAsApp"} <= set(contract.permissions())


@pytest.mark.parametrize(
    ("held", "need"),
    [
        ("Group.Read.All", "GroupMember.Read.All"),
        ("Directory.ReadWrite.All", "GroupMember.Read.All"),
        ("Organization.Read.All", "LicenseAssignment.Read.All"),
        ("Mail.ReadWrite", "Mail.Read"),
        ("RoleManagement.ReadWrite.Directory", "RoleEligibilitySchedule.ReadWrite.Directory"),
        ("Group.ReadWrite.All", "GroupMember.ReadWrite.All"),
    ],
)
def test_a_larger_permission_counts_for_the_one_in_it(held: str, need: str) -> None:
    assert Held(frozenset({held}), None, None, None).has(need)


def test_a_permission_that_lets_a_part_through_does_not_count_for_the_whole() -> None:
    """Directory.Read.All lists roles, and none of what Privileged Identity Management knows of them."""
    assert (
        Held(frozenset({"Directory.Read.All"}), None, None, None).has("RoleManagement.Read.Directory")
        is False
    )


@pytest.mark.parametrize(
    ("role", "enough"),
    [
        (
            "User Administrator",
            {
                "User Administrator",
                "Authentication Administrator",
                "Privileged Authentication Administrator",
                "Global Administrator",
            },
        ),
        (
            "Privileged Authentication Administrator",
            {"Privileged Authentication Administrator", "Global Administrator"},
        ),
        ("Cloud Device Administrator", {"Cloud Device Administrator", "Global Administrator"}),
    ],
)
def test_the_roles_that_will_do_are_those_of_the_endpoints(role: str, enough: set[str]) -> None:
    for name, row in each(contract.roles().items()):
        held = Held(None, frozenset({row.id}), None, None)
        assert held.has(f"the role {role}") is (name in enough)


def test_every_role_that_an_endpoint_names_has_its_id() -> None:
    named = {
        name
        for row in contract.endpoints()
        for roles in (
            row.roles,
            row.roles_over_administrators,
            *(one.roles for one in row.properties.values()),
            *(one.roles_over_administrators for one in row.properties.values()),
        )
        for name in roles
    }
    assert named <= set(contract.roles())


def test_every_cmdlet_that_takes_another_one_back_is_in_the_table() -> None:
    back = {name for row in contract.cmdlets().values() for name in row.taken_back_by}
    assert back
    assert back <= set(contract.cmdlets())


@pytest.mark.parametrize("name", NAMES)
def test_whatever_a_step_sends_and_takes_back_its_need_is_told_before(name: str) -> None:
    told = {step.__name__.rpartition(".")[2]: {*of_writes(step.WRITES), *undoes(step)} for step in STEPS}
    short = []
    for change in changes(name):
        sent = [change.do, *([change.undo.do] if change.undo else [])]
        short += [(change.id, need) for act in sent for need in to_send(act) if need not in told[change.step]]
    assert short == []


@pytest.mark.parametrize("name", NAMES)
def test_what_a_step_looks_at_needs_nothing_that_is_not_told_to_grant(name: str) -> None:
    told = registrations.to_read() | registrations.to_write()
    asked = [change.look.ask for change in changes(name)]
    assert [(what, need) for what in asked for need in to_send(what) if need not in told] == []


@pytest.mark.parametrize("step", [step for step in STEPS if step.WRITES], ids=label)
def test_a_step_declares_only_what_it_sends(step: Step) -> None:
    sent = {
        kind_of(act)
        for name in NAMES
        for change in changes(name)
        if change.step == step.__name__.rpartition(".")[2]
        for act in (change.do, *([change.undo.do] if change.undo else []))
    }
    assert {kind_of(what) for what in step.WRITES} <= sent


def test_a_missing_cmdlet_is_told_with_the_management_role_that_holds_it() -> None:
    assert lacks("an Exchange role with Remove-RoleGroupMember") == (
        "the Exchange role group lacks Remove-RoleGroupMember, "
        "included in the management role Role Management"
    )


@pytest.mark.parametrize("need", ["an Exchange role with Get-InboxRule", "a Purview role with Get-RoleGroup"])
def test_where_the_contract_knows_no_management_role_that_is_said(need: str) -> None:
    cmdlet = need.rpartition(" ")[2]
    assert lacks(need).endswith(
        f"; unknown which management role includes it: run Get-ManagementRole -Cmdlet {cmdlet}"
    )


def test_everything_that_steps_write_with_says_what_to_know() -> None:
    needs = [need for need, _ in writing()]
    for need in each(needs):
        assert to_know(need), need
    assert set(TO_KNOW) <= set(needs)
    assert to_know("an Exchange role with Remove-RoleGroupMember") == (
        "with Add-RoleGroupMember, to undo it; management role: Role Management"
    )
