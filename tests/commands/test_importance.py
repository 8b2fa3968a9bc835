"""Whoever reads the verdict knows first whom the account can act for, and what passes through its mailbox."""

from __future__ import annotations

import pytest

from commands.check import judge
from commands.importance import learn
from commands.report import Importance
from graph.resources.directory import DirectoryRole, RoleGroup
from tests.commands.evidence import ADELE, INTRUDER, NOON, evidence, record
from tests.commands.steps.planning_inputs import UNSEEN, user
from tests.commands.symptoms.judging import broken_in

GLOBAL = DirectoryRole(assignment_id="1", role_definition_id="r", name="Global Administrator", how="eligible")


def test_who_holds_a_role_is_an_administrator_however_it_is_held() -> None:
    seen = evidence(
        directory_roles=[GLOBAL], exchange_role_groups=[RoleGroup(name="Organization Management")]
    )
    assert learn(seen) == (Importance("administrator", ("Global Administrator", "Organization Management")),)


def test_what_the_attacker_assigned_says_nothing_of_whose_account_it_is() -> None:
    """A role that was eligible before and only activated was held before; one made eligible was not."""
    exchange = DirectoryRole(assignment_id="2", role_definition_id="x", name="Exchange Administrator")
    roles = [
        GLOBAL,
        exchange,
        exchange.model_copy(update={"how": "eligible"}),
        exchange.model_copy(update={"name": "User Administrator"}),
        exchange.model_copy(update={"name": "Billing Administrator"}),
        exchange.model_copy(update={"name": "Teams Administrator", "how": "eligible"}),
    ]
    changes = {
        "Exchange Administrator": "Add member to role completed (PIM activation)",
        "User Administrator": "Add member to role",
        "Teams Administrator": "Add eligible member to role completed",
    }
    records = [
        record(what, id=name, address=INTRUDER, owner=ADELE.mail, changes={"Role.DisplayName": ("", name)})
        for name, what in changes.items()
    ]
    groups = [RoleGroup(name="eDiscovery Manager"), RoleGroup(name="Hygiene Management")]
    records.append(
        record(
            "Add-RoleGroupMember",
            id="g",
            address=INTRUDER,
            owner="",
            parameters={"Identity": "eDiscovery Manager", "Member": ADELE.mail},
        )
    )
    seen = evidence(
        sign_ins=broken_in(), directory_roles=roles, purview_role_groups=groups, audit_log=records
    )
    report = judge(seen, NOON)
    (held,) = report.importance
    assert held.told_by == (
        "Global Administrator",
        "Exchange Administrator",
        "Billing Administrator",
        "Hygiene Management",
    )
    assert set(report.roles_assigned) == {"User Administrator", "Teams Administrator", "eDiscovery Manager"}
    assert report.roles_activated == ("Exchange Administrator",)


def test_a_role_group_that_names_this_account_is_somebody_elses_all_the_same() -> None:
    """Whoever makes a role group chooses its name; who is put into it stands in the record."""
    named = {"Identity": "Helpers of this account", "Member": "eve@contoso.example"}
    given = record("Add-RoleGroupMember", id="g", address=INTRUDER, owner="", parameters=named)
    assert judge(evidence(sign_ins=broken_in(), audit_log=[given]), NOON).roles_assigned == ()


DIRECT = GLOBAL.model_copy(update={"how": "direct"})


def test_a_role_that_was_given_away_is_not_its_own() -> None:
    away = record("Add member to role", id="b", address=INTRUDER, owner="eve@contoso.example",
                  changes={"Role.DisplayName": ("", "User Administrator")})  # fmt: skip
    report = judge(evidence(sign_ins=broken_in(), directory_roles=[DIRECT], audit_log=[away]), NOON)
    assert report.importance == (Importance("administrator", ("Global Administrator",)),)
    assert (report.roles_assigned, report.roles_activated) == ((), ())


@pytest.mark.parametrize(("hours", "held"), [(-30, True), (-0.5, False)], ids=["before", "during"])
@pytest.mark.parametrize("actor", ["megan.bowen@contoso.example", ADELE.user_principal_name])
def test_a_role_got_during_the_takeover_is_no_importance_whoever_gave_it(
    hours: float, held: bool, actor: str
) -> None:
    given = record("Add member to role", id="a", hours=hours, actor=actor, owner=ADELE.mail,
                   changes={"Role.DisplayName": ("", "Global Administrator")})  # fmt: skip
    report = judge(evidence(sign_ins=broken_in(), directory_roles=[DIRECT], audit_log=[given]), NOON)
    assert bool(report.importance) is (held and actor != ADELE.user_principal_name)
    assert bool(report.roles_assigned) is not bool(report.importance)


@pytest.mark.parametrize("name", ["Directory Readers", "Global Reader", "Reports Reader", "Guest Inviter"])
def test_who_may_only_read_is_none(name: str) -> None:
    assert learn(evidence(directory_roles=[GLOBAL.model_copy(update={"name": name})])) == ()
    assert learn(evidence(exchange_role_groups=[RoleGroup(name="View-Only Organization Management")])) == ()


@pytest.mark.parametrize(
    ("title", "department", "what"),
    [
        ("Accounts Manager", "", "finance"),
        ("Accountant", "", "finance"),
        ("Senior CFO", "", "finance"),
        ("", "Finance", "finance"),
        ("Leiterin Buchhaltung", "", "finance"),
        ("", "Comptabilité", "finance"),
        ("Chief Executive Officer", "", "executive"),
        ("Geschäftsführerin", "", "executive"),
        ("", "Human Resources", "human resources"),
    ],
)
def test_a_job_title_or_a_department_tells(title: str, department: str, what: str) -> None:
    (one,) = learn(evidence(user=user(job_title=title, department=department)))
    assert one == Importance(what, (title or department,))


@pytest.mark.parametrize(
    "title",
    ["Account Manager", "Account Executive", "Product Owner", "Channel Partner Manager", "Personal Trainer"],
)
def test_a_job_that_only_sounds_like_it_tells_nothing(title: str) -> None:
    assert learn(evidence(user=user(job_title=title))) == ()


def test_what_was_not_seen_tells_nothing_and_the_name_that_people_see_does_not_count() -> None:
    assert learn(evidence(user=UNSEEN, directory_roles=UNSEEN)) == ()
    assert learn(evidence(user=user(display_name="Adele Vance - Accounts Payable"))) == ()


def test_a_report_says_it_and_the_verdict_does_not_weigh_it() -> None:
    with_role = judge(evidence(directory_roles=[GLOBAL]), NOON)
    assert with_role.importance[0].what == "administrator"
    assert with_role.verdict.points == judge(evidence(), NOON).verdict.points
