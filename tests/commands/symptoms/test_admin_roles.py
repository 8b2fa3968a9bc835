"""A role that was given, taken or switched on is found, for who did it and for whom it was done."""

from __future__ import annotations

import pytest

from commands.symptoms import admin_roles
from graph.resources.directory import DirectoryRole, RoleGroup
from tests.commands.evidence import ADELE, INTRUDER, NESTOR, OFFICE, at, record
from tests.commands.symptoms.judging import all_signs, broken_in, findings, past, signs

FOUND = [
    (
        "someone taken out of a role group",
        "role_taken",
        {
            "audit_log": [
                record(
                    "Remove-RoleGroupMember", owner="", parameters={"Identity": "Help Desk", "Member": "alex"}
                )
            ]
        },
    ),
    (
        "a role group entered from the attacker's address",
        "role_by_intruder",
        {
            "sign_ins": broken_in(),
            "audit_log": [
                record(
                    "Add-RoleGroupMember",
                    owner="",
                    address=INTRUDER,
                    parameters={"Identity": "Help Desk", "Member": ADELE.mail},
                )
            ],
        },
    ),
    (
        "Organization Management for someone else",
        "powerful_role_given",
        {
            "audit_log": [
                record(
                    "Add-RoleGroupMember",
                    owner="",
                    parameters={"Identity": "Organization Management", "Member": "alex"},
                )
            ]
        },
    ),
    (
        "a group that gives a role, joined from the attacker's address",
        "role_by_intruder",
        {
            "sign_ins": broken_in(),
            "audit_log": [
                record(
                    "Add member to group",
                    address=INTRUDER,
                    changes={"Group.DisplayName": ("", "Tier 1 Support")},
                )
            ],
            "directory_roles": [
                DirectoryRole(
                    assignment_id="a1",
                    role_definition_id="r1",
                    name="User Administrator",
                    how="group",
                    through="g1",
                    through_name="Tier 1 Support",
                )
            ],
        },
    ),
    (
        "a role from an administrator",
        "role_given",
        {
            "audit_log": [
                record(
                    "Add member to role",
                    actor=NESTOR,
                    changes={"Role.DisplayName": ("", "User Administrator")},
                )
            ]
        },
    ),
    (
        "a powerful role",
        "powerful_role_given",
        {
            "audit_log": [
                record(
                    "Add member to role",
                    actor=NESTOR,
                    changes={"Role.DisplayName": ("", "Company Administrator")},
                )
            ]
        },
    ),
    (
        "a role to oneself",
        "role_to_oneself",
        {
            "audit_log": [
                record("Add member to role", changes={"Role.DisplayName": ("", "User Administrator")})
            ]
        },
    ),
    (
        "a role from the attacker's address",
        "role_by_intruder",
        {
            "sign_ins": broken_in(),
            "audit_log": [
                record(
                    "Add member to role",
                    address=INTRUDER,
                    changes={"Role.DisplayName": ("", "User Administrator")},
                )
            ],
        },
    ),
    (
        "a role that the subject gave",
        "role_given",
        {
            "audit_log": [
                record(
                    "Add member to role",
                    owner="alex@contoso.example",
                    changes={"Role.DisplayName": ("", "User Administrator")},
                )
            ]
        },
    ),
    (
        "a role that the subject took away",
        "role_taken",
        {
            "audit_log": [
                record(
                    "Remove member from role",
                    owner="alex@contoso.example",
                    changes={"Role.DisplayName": ("Company Administrator", "")},
                )
            ]
        },
    ),
    (
        "an eligible role turned on",
        "role_activated",
        {
            "directory_audits_on_user": [
                record(
                    "Add member to role completed (PIM activation)",
                    changes={"Role.DisplayName": ("", "Exchange Administrator")},
                )
            ]
        },
    ),
    (
        "the permission to impersonate",
        "impersonation_given",
        {
            "audit_log": [
                record(
                    "New-ManagementRoleAssignment",
                    owner="",
                    parameters={"Role": "ApplicationImpersonation", "User": "app"},
                )
            ]
        },
    ),
    (
        "a role group that names the subject",
        "role_given",
        {
            "audit_log": [
                record(
                    "Add-RoleGroupMember",
                    actor=NESTOR,
                    owner="",
                    parameters={"Identity": "Help Desk", "Member": ADELE.mail},
                )
            ]
        },
    ),
    (
        "the subject's entry into Organization Management",
        "role_to_oneself",
        {
            "audit_log": [
                record(
                    "Add-RoleGroupMember",
                    owner="",
                    parameters={"Identity": "Organization Management", "Member": ADELE.mail},
                )
            ]
        },
    ),
    (
        "a role held since this window",
        "powerful_role_given",
        {
            "directory_roles": [
                DirectoryRole(
                    assignment_id="a",
                    role_definition_id="62e90394-69f5-4237-9190-012177145e10",
                    name="Global Administrator",
                    start_date_time=at(-5),
                )
            ]
        },
    ),
]

NOT_FOUND = [
    (
        "an administrator's day at his own desk",
        {
            "sign_ins": past(),
            "audit_log": [
                record(
                    "Add member to role",
                    owner="alex@contoso.example",
                    changes={"Role.DisplayName": ("", "User Administrator")},
                )
            ],
        },
    ),
    (
        "a role given to someone else by someone else",
        {
            "audit_log": [
                record(
                    "Add member to role",
                    actor=NESTOR,
                    owner="alex@contoso.example",
                    changes={"Role.DisplayName": ("", "Company Administrator")},
                )
            ]
        },
    ),
    (
        "a Microsoft service",
        {
            "audit_log": [
                record(
                    "Add member to role",
                    by_microsoft=True,
                    changes={"Role.DisplayName": ("", "Directory Readers")},
                )
            ]
        },
    ),
    (
        "an activation that ran out",
        {
            "audit_log": [
                record(
                    "Remove member from role (PIM activation expired)",
                    actor="MS-PIM",
                    changes={"Role.DisplayName": ("User Administrator", "")},
                )
            ]
        },
    ),
    (
        "a request that was only made",
        {
            "audit_log": [
                record(
                    "Add member to role requested (PIM activation)",
                    changes={"Role.DisplayName": ("", "User Administrator")},
                )
            ]
        },
    ),
    (
        "a role held for years",
        {
            "directory_roles": [
                DirectoryRole(
                    assignment_id="a",
                    role_definition_id="r",
                    name="Global Administrator",
                    start_date_time=at(-24 * 300),
                )
            ]
        },
    ),
    ("a role group of old", {"exchange_role_groups": [RoleGroup(name="Help Desk")]}),
    (
        "a role that could not be given",
        {
            "audit_log": [
                record(
                    "Add member to role",
                    succeeded=False,
                    changes={"Role.DisplayName": ("", "Company Administrator")},
                )
            ]
        },
    ),
    (
        "a member of a mere group",
        {"audit_log": [record("Add member to group", changes={"Group.DisplayName": ("", "Choir")})]},
    ),
]


@pytest.mark.parametrize(("why", "sign", "sources"), FOUND, ids=[row[0] for row in FOUND])
def test_it_finds(why, sign, sources):
    assert sign in signs(admin_roles, **sources)


@pytest.mark.parametrize(("why", "sources"), NOT_FOUND, ids=[row[0] for row in NOT_FOUND])
def test_it_leaves_alone(why, sources):
    assert signs(admin_roles, **sources) == set()


def test_roles_that_are_held_are_told_and_weigh_nothing():
    held = [DirectoryRole(assignment_id="a", role_definition_id="r", name="Global Administrator")]
    assert all_signs(admin_roles, directory_roles=held, purview_role_groups=[RoleGroup(name="Reviewer")]) == {
        "role_held"
    }


def test_a_finding_names_the_role_and_who_gave_it():
    given = record(
        "Add member to role", actor=NESTOR, changes={"Role.DisplayName": ("", "User Administrator")}
    )
    (finding,) = findings(admin_roles, audit_log=[given])
    assert finding.after == "User Administrator"
    assert finding.by == NESTOR
    assert "this account" in finding.summary


def test_a_role_and_the_record_that_gave_it_are_one_finding():
    given = record(
        "Add member to role", actor=NESTOR, changes={"Role.DisplayName": ("", "User Administrator")}
    )
    held = DirectoryRole(
        assignment_id="a", role_definition_id="r", name="User Administrator", start_date_time=at(0)
    )
    assert len(findings(admin_roles, audit_log=[given], directory_roles=[held])) == 1


@pytest.mark.parametrize(
    ("name", "shown"), [("Help Desk", "Help Desk"), ("", "group-1"), ("\u200b", "group-1")]
)
def test_a_role_through_a_group_names_the_group(name, shown):
    held = DirectoryRole(
        assignment_id="a",
        role_definition_id="r",
        name="Helpdesk Administrator",
        how="group",
        through="group-1",
        through_name=name,
    )
    (finding,) = findings(admin_roles, directory_roles=[held])
    assert finding.summary == f"Has Helpdesk Administrator (group {shown})"


def test_a_role_whose_name_cannot_be_seen_is_told_by_its_id():
    held = DirectoryRole(assignment_id="a", role_definition_id="r-1", name="\u200b")
    (finding,) = findings(admin_roles, directory_roles=[held])
    assert finding.summary == "Has r-1 (direct)"


@pytest.mark.parametrize(
    ("where", "group", "who", "sign"),
    [
        (OFFICE, "eDiscovery Manager", ADELE.mail, "role_given"),
        (INTRUDER, "eDiscovery Manager", ADELE.mail, "role_to_oneself"),
        (OFFICE, "Organization Management", ADELE.mail, "role_to_oneself"),
    ],
)
def test_nobody_is_an_ediscovery_manager_without_having_been_added(where, group, who, sign):
    """Source: Microsoft Purview, "Assign permissions in eDiscovery": administrators add themselves."""
    given = {"Identity": group, "Member": who}
    done = record("Add-RoleGroupMember", owner="", address=where, parameters=given)
    assert signs(admin_roles, sign_ins=past(), audit_log=[done]) == {sign}


@pytest.mark.parametrize(
    ("where", "user", "sign"),
    [
        (OFFICE, "migration@contoso.example", "role_given"),
        (INTRUDER, "migration@contoso.example", "impersonation_given"),
        (OFFICE, ADELE.mail, "impersonation_given"),
    ],
)
def test_impersonation_for_a_migration_is_given_at_a_desk(where, user, sign):
    given = {"Name": "Migration", "Role": "ApplicationImpersonation", "User": user}
    done = record("New-ManagementRoleAssignment", owner="", address=where, parameters=given)
    assert signs(admin_roles, sign_ins=past(), audit_log=[done]) == {sign}
