"""The account is taken out of each role group of Exchange that it is in, and put back into it."""

from __future__ import annotations

from commands.plans.plan import Change, Nothing, state_of
from commands.report import VerdictCode
from commands.steps import remove_exchange_roles
from graph.evidence import Known
from graph.request import Cmdlet
from graph.resources.directory import RoleGroup
from tests.commands.evidence import ADELE
from tests.commands.steps.planning_inputs import (
    UNSEEN,
    changes,
    finding,
    guarded,
    nothing,
    only_change,
    planning,
)

GROUP = RoleGroup(name="Organization Management", roles=("Mail Recipients", "Role Management"))
OTHER = RoleGroup(name="Records Management")


def test_the_member_is_removed_and_can_be_added_again() -> None:
    change = only_change(remove_exchange_roles, planning(found=[], exchange_role_groups=[GROUP]))
    parameters = {
        "Identity": "Organization Management",
        "Member": ADELE.user_principal_name,
        "BypassSecurityGroupManagerCheck": True,
        "Confirm": False,
    }
    assert change.id == "remove_exchange_roles:Organization Management"
    assert change.do == Cmdlet("Remove-RoleGroupMember", parameters, compliance=False)
    assert change.look.ask == Cmdlet(
        "Get-RoleGroupMember", {"Identity": "Organization Management"}, compliance=False
    )
    assert (change.expects, change.wants) == ({}, None)
    assert change.undo is not None
    assert change.undo.do == Cmdlet("Add-RoleGroupMember", parameters, compliance=False)
    assert change.undo.wants == {}
    assert change.warns == ("The role group grants Mail Recipients, Role Management",)


def test_membership_is_seen_by_the_object_id_and_not_by_a_name_that_another_may_have() -> None:
    look = only_change(remove_exchange_roles, planning(found=[], exchange_role_groups=[GROUP])).look
    assert state_of(look, [{"Name": "adele.vance", "ExternalDirectoryObjectId": ADELE.id.upper()}]) == {}
    assert state_of(look, [{"Name": "adele.vance", "ExternalDirectoryObjectId": "another"}]) is None


def test_a_group_is_suggested_where_it_was_found_and_the_account_is_compromised() -> None:
    found = [finding("admin_roles", "record-1", after="organization management")]
    seen = planning(found=found, exchange_role_groups=[GROUP, OTHER])
    assert [one.suggested for one in changes(remove_exchange_roles, seen)] == [True, False]
    unsure = planning(found=found, answer=VerdictCode.SUSPICIOUS, exchange_role_groups=[GROUP])
    assert not only_change(remove_exchange_roles, unsure).suggested


def test_an_account_in_no_role_group_needs_nothing() -> None:
    assert not nothing(remove_exchange_roles, planning(found=[], exchange_role_groups=[])).refused


def test_groups_that_were_not_seen_are_not_called_none() -> None:
    assert nothing(remove_exchange_roles, planning(found=[], exchange_role_groups=UNSEEN)).refused
    part = Known((GROUP,), missing=("the members of Help Desk",))
    change, gap = remove_exchange_roles.plan(planning(found=[], exchange_role_groups=part))
    assert isinstance(change, Change)
    assert isinstance(gap, Nothing)
    assert "Help Desk" in gap.why


def test_a_protected_account_stays_in_its_groups() -> None:
    seen = planning(found=[], guard=guarded(), exchange_role_groups=[GROUP])
    assert nothing(remove_exchange_roles, seen).refused
