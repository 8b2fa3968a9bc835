"""A new password: in the cloud, on the company's own servers, or at the identity provider."""

from __future__ import annotations

from typing import Any

import pytest

from commands.plans.plan import NEW_PASSWORD, ManualTask
from commands.plans.planning_input import PlanningInput
from commands.report import VerdictCode
from commands.steps import reset_password
from graph.evidence import Known
from graph.request import Request
from graph.resources.directory import DirectoryRole, Domain
from tests.commands.evidence import ADELE
from tests.commands.steps.planning_inputs import UNSEEN, changes, guarded, nothing, planning, tasks, user
from tests.each import each

MANAGED = [Domain(id="contoso.example", authentication_type="Managed")]
FEDERATED = [
    Domain(
        id="contoso.example", authentication_type="Federated", federation_issuer="https://sts.contoso.example"
    )
]


def about(
    domains: Any = MANAGED, found: Any = (), answer: VerdictCode = VerdictCode.COMPROMISED, **fields: Any
) -> PlanningInput:
    return planning(found=found, answer=answer, user=user(**fields), domains=domains, directory_roles=[])


def only_task(on: PlanningInput) -> ManualTask:
    (task,) = reset_password.plan(on)
    assert isinstance(task, ManualTask)
    return task


def test_it_plans_a_reset_that_must_be_changed_at_the_next_sign_in():
    reset, _ = changes(reset_password, about())
    assert reset.id == "reset_password:password"
    assert reset.do == Request(
        "PATCH",
        f"/users/{ADELE.id}",
        body={
            "passwordProfile": {
                "forceChangePasswordNextSignIn": True,
                "forceChangePasswordNextSignInWithMfa": False,
                "password": NEW_PASSWORD,
            }
        },
    )
    assert reset.look.ask == Request("GET", f"/users/{ADELE.id}", {"$select": "lastPasswordChangeDateTime"})
    assert reset.expects == {"lastPasswordChangeDateTime": "2026-09-02T12:00:00Z"}
    assert reset.moves
    assert reset.undo is None
    assert reset.no_undo


def test_the_sessions_end_again_once_the_reset_is_confirmed():
    reset, again = changes(reset_password, about())
    assert again.id == "reset_password:revoke_again"
    assert again.step == "reset_password"
    assert again.after == (reset.id,)
    assert again.do == Request("POST", f"/users/{ADELE.id}/revokeSignInSessions")
    assert again.moves
    assert again.suggested == reset.suggested


def test_people_are_told_about_app_passwords_and_never_to_use_mail():
    reset, _ = changes(reset_password, about())
    assert any("App passwords" in warning for warning in reset.warns)
    assert any("never email it" in warning for warning in reset.warns)


@pytest.mark.parametrize("answer", list(VerdictCode))
def test_it_is_suggested_for_a_compromised_account_only(answer: VerdictCode):
    for change in each(changes(reset_password, about(answer=answer))):
        assert change.suggested is (answer is VerdictCode.COMPROMISED)


def test_the_rule_for_administrators_is_told_before_it_fails():
    role = DirectoryRole(assignment_id="a", role_definition_id="x", name="Exchange Administrator")
    on = planning(found=[], user=user(), domains=MANAGED, directory_roles=[role])
    for change in each(changes(reset_password, on)):
        assert any("Privileged Authentication Administrator" in warning for warning in change.warns)


def test_a_synced_account_is_reset_twice_on_premises_by_a_person():
    task = only_task(about(on_premises_sync_enabled=True))
    how = "\n".join(task.how)
    assert "twice" in task.says
    assert "Set-ADAccountPassword -Reset" in how
    assert "Start-ADSyncSyncCycle -PolicyType Delta" in how
    assert "Notify the on-premises administrator of the compromise" in how
    assert how.index("Wait some minutes") < how.index("Start-ADSyncSyncCycle")
    assert "App passwords" in how
    assert "never by email" in how
    assert task.suggested


def test_a_federated_account_is_reset_at_its_identity_provider():
    task = only_task(about(FEDERATED))
    assert task.id == "reset_password:identity_provider"
    assert any("https://sts.contoso.example" in line for line in task.how)
    assert not any("twice" in line for line in task.how)


def test_a_federated_account_from_active_directory_is_reset_twice_as_well():
    assert any("twice" in line for line in only_task(about(FEDERATED, on_premises_sync_enabled=True)).how)


def test_a_subdomain_that_is_not_listed_signs_in_as_its_parent_does():
    on = about(FEDERATED, user_principal_name="adele@sales.contoso.example")
    assert tasks(reset_password, on)


def test_another_domain_that_is_federated_changes_nothing_for_this_account():
    other = [*MANAGED, Domain(id="fabrikam.example", authentication_type="Federated")]
    assert len(changes(reset_password, about(other))) == 2


def test_the_password_of_a_guest_belongs_to_somebody_else():
    reason = nothing(reset_password, about(user_type="Guest"))
    assert reason.refused
    assert "guest" in reason.why


@pytest.mark.parametrize("source", ["user", "domains"])
def test_without_knowing_where_the_password_lives_nothing_is_planned(source: str):
    sources: dict[str, Any] = {"user": user(), "domains": MANAGED, source: UNSEEN}
    assert nothing(reset_password, planning(found=[], **sources)).refused


def test_a_protected_account_keeps_its_password():
    assert nothing(reset_password, planning(user=user(), domains=MANAGED, guard=guarded())).refused


def test_domains_seen_in_part_are_a_warning():
    reset, _ = changes(reset_password, about(Known(tuple(MANAGED), missing=("one domain",))))
    assert any("one domain" in warning for warning in reset.warns)
