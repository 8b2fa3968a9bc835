"""What the steps share: refusing, warning, and telling which accounts only the highest role may touch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from commands.plans.planning_input import Guard
from commands.report import VerdictCode
from commands.steps import parts
from graph.evidence import Known
from graph.resources.directory import DirectoryRole
from tests.commands.evidence import ADELE
from tests.commands.steps.planning_inputs import UNSEEN, finding, guarded, planning, report_of, user


def role(name: str, how: str = "direct") -> DirectoryRole:
    return DirectoryRole(assignment_id=f"assignment-{name}", role_definition_id=name, name=name, how=how)


def test_a_protected_account_is_refused_whatever_was_seen():
    (refused,) = parts.refusals(planning(user=user(), guard=guarded()), "a_step", ("user",))
    assert refused.refused
    assert "protected" in refused.why


def test_an_account_may_be_protected_by_its_object_id():
    guard = Guard(protected=frozenset({ADELE.id}))
    assert parts.refusals(planning(guard=guard), "a_step")


def test_each_source_that_was_not_seen_is_named_with_what_it_needs():
    (refused,) = parts.refusals(planning(user=user(), domains=UNSEEN), "a_step", ("user", "domains"))
    assert refused.refused
    assert refused.step == "a_step"
    assert refused.why == (
        "Not collected: domains (The permission for it is missing (needs Some.Permission))."
    )


def test_a_source_that_gave_a_part_is_no_refusal_and_a_warning():
    on = planning(user=Known(user(), missing=("the other half",)))
    assert parts.refusals(on, "a_step", ("user",)) == ()
    assert parts.gaps(on, "user") == ("Partially collected: user (the other half)",)


@pytest.mark.parametrize(
    "name",
    [
        "Directory Readers",
        "Groups Administrator",
        "Guest Inviter",
        "Helpdesk Administrator",
        "Message Center Reader",
        "Password Administrator",
        "Reports Reader",
        "User Administrator",
        "Usage Summary Reports Reader",
    ],
)
def test_a_user_administrator_may_act_on_holders_of_the_ordinary_roles(name: str):
    assert parts.privileges(planning(directory_roles=[role(name)])) == ()


ROLES: list[tuple[str, Any]] = [
    ("any role outside the list", [role("Exchange Administrator")]),
    ("a custom role", [role("Mailbox Helpers")]),
    ("a role turned on in PIM", [role("Exchange Administrator", "active")]),
    ("a role through a group, which can be given others", [role("User Administrator", "group")]),
    ("no one knows which", UNSEEN),
]


@pytest.mark.parametrize(("why", "roles"), ROLES, ids=[row[0] for row in ROLES])
def test_other_roles_need_the_highest_one_and_it_is_said_beforehand(why: str, roles: Any):
    (warning,) = parts.privileges(planning(directory_roles=roles))
    assert "Privileged Authentication Administrator" in warning


def test_a_role_that_is_only_eligible_is_not_held():
    assert parts.privileges(planning(directory_roles=[role("Exchange Administrator", "eligible")])) == ()


def test_roles_seen_in_part_are_said_to_be():
    on = planning(directory_roles=Known((), missing=("roles through groups",)))
    (warning,) = parts.privileges(on)
    assert "roles through groups" in warning


def test_the_reason_is_the_gravest_finding_and_one_sentence():
    on = planning(found=[], user=user())
    assert parts.judgement(on) == "The account is compromised"
    calm = planning(found=[], answer=VerdictCode.NO_SIGN_FOUND, user=user())
    assert "no-sign-found" in parts.judgement(calm)


def test_findings_on_an_application_are_found_by_the_record_they_rest_on():
    on = planning(found=[finding("oauth_apps", "grant-1", summary="Let in.")])
    assert parts.finding_on_app(on, "grant-1") is not None
    assert parts.finding_on_app(on, "grant-2", "app") is None


def test_the_report_of_a_test_holds_what_it_was_given():
    on = planning(user=user())
    assert report_of(on.evidence, [finding("devices", "x")]).findings[0].records == ("x",)


def test_an_apostrophe_in_the_sign_in_name_stays_within_the_instruction() -> None:
    """Exact instructions are copied into a console, and must mean one account there."""
    seen = planning(found=[], user=user(on_premises_sync_enabled=True))
    subject = replace(seen.subject, user_principal_name="pat.o'brien@contoso.example")
    on = replace(seen, evidence=replace(seen.evidence, subject=subject))
    assert parts.ad_user(on) == "Get-ADUser -Filter \"UserPrincipalName -eq 'pat.o''brien@contoso.example'\""


def test_the_first_text_that_can_be_seen_names_a_thing() -> None:
    assert parts.first_line("\u200b", " ", "Pixel\n9", "id") == "Pixel 9"
    assert parts.first_line("", "\u2060") == ""
