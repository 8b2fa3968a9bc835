"""Taking back what applications were allowed."""

from __future__ import annotations

from typing import Any

from commands.plans.plan import same
from commands.plans.planning_input import Guard, PlanningInput
from commands.report import Severity
from commands.steps import revoke_oauth_grants
from graph.evidence import Known
from graph.request import Request
from graph.resources.applications import OAuthGrant
from tests.commands.evidence import ADELE, record
from tests.commands.steps.planning_inputs import (
    UNSEEN,
    changes,
    finding,
    guarded,
    nothing,
    only_change,
    planning,
)


def grant(id: str = "grant-1", **fields: Any) -> OAuthGrant:  # noqa: A002 - the field's own name
    plain = {
        "client_id": "principal-1",
        "consent_type": "Principal",
        "principal_id": ADELE.id,
        "resource_id": "graph",
        "scope": " Mail.Read offline_access",
        "app_id": "app-1",
        "app_display_name": "Mail Export",
    }
    return OAuthGrant(id=id, **{**plain, **fields})


def about(*grants: OAuthGrant, found: Any = (), **more: Any) -> PlanningInput:
    return planning(found=found, oauth_grants=list(grants), **more)


def test_it_plans_to_remove_the_grant_and_remembers_all_of_it():
    change = only_change(revoke_oauth_grants, about(grant()))
    assert change.id == "revoke_oauth_grants:grant-1"
    assert change.do == Request("DELETE", "/oauth2PermissionGrants/grant-1")
    assert change.look.ask == Request(
        "GET", "/oauth2PermissionGrants", {"$filter": "clientId eq 'principal-1'"}
    )
    assert change.look.where == {"id": "grant-1"}
    assert change.expects == {"resourceId": "graph", "scope": " Mail.Read offline_access"}
    assert change.wants is None
    assert change.undo is not None
    assert change.undo.do == Request(
        "POST",
        "/oauth2PermissionGrants",
        body={
            "clientId": "principal-1",
            "consentType": "Principal",
            "principalId": ADELE.id,
            "resourceId": "graph",
            "scope": " Mail.Read offline_access",
        },
    )
    assert "id" not in change.undo.look.where
    assert same(change.undo.wants, change.expects)
    assert "new ID" in change.undo.note
    assert not change.tenant_wide
    assert not change.suggested


def test_a_grant_for_everybody_reaches_the_tenant():
    change = only_change(revoke_oauth_grants, about(grant(consent_type="AllPrincipals", principal_id="")))
    assert change.tenant_wide
    assert change.undo is not None
    assert isinstance(change.undo.do, Request)
    assert "principalId" not in (change.undo.do.body or {})


def test_a_grant_that_a_finding_rests_on_is_suggested():
    change = only_change(revoke_oauth_grants, about(grant(), found=[finding("oauth_apps", "grant-1")]))
    assert change.suggested


def test_a_finding_on_the_record_of_the_consent_leads_to_the_grant():
    consent = record("Consent to application", id="consent", details={"TargetName": "Mail Export"})
    found = [finding("oauth_apps", "consent", summary="It was let in.")]
    by_id = {
        one.id: one
        for one in changes(
            revoke_oauth_grants,
            about(
                grant(),
                grant("grant-2", client_id="principal-2", app_id="app-2", app_display_name="Expenses"),
                found=found,
                audit_log=[consent],
            ),
        )
    }
    assert by_id["revoke_oauth_grants:grant-1"].suggested
    assert by_id["revoke_oauth_grants:grant-1"].why == "It was let in."
    assert not by_id["revoke_oauth_grants:grant-2"].suggested


def test_a_finding_for_information_suggests_nothing():
    found = [finding("oauth_apps", "grant-1", severity=Severity.INFO)]
    assert not only_change(revoke_oauth_grants, about(grant(), found=found)).suggested


def test_the_bots_own_application_is_left_alone():
    on = about(grant(app_id="APP-1"), guard=Guard(own_apps=frozenset({"app-1"})))
    assert nothing(revoke_oauth_grants, on).refused


def test_an_application_that_could_not_be_read_is_looked_at_before_anything_is_taken_back():
    guard = Guard(own_apps=frozenset({"bot-app"}))
    change = only_change(revoke_oauth_grants, about(grant(app_id="", app_display_name=""), guard=guard))
    (demand,) = change.demands
    assert demand.look.ask == Request("GET", "/servicePrincipals/principal-1", {"$select": "id,appId"})
    assert demand.look.unless == {"appId": "bot-app"}
    assert any("could not be read" in warning for warning in change.warns)


def test_without_grants_there_is_nothing_to_take_back():
    assert not nothing(revoke_oauth_grants, about()).refused


def test_grants_that_could_not_be_seen_are_no_clean_slate():
    assert nothing(revoke_oauth_grants, planning(oauth_grants=UNSEEN)).refused


def test_what_is_missing_is_said_beside_what_was_seen():
    on = planning(found=[], oauth_grants=Known((grant(),), missing=("the application principal-9",)))
    assert any("principal-9" in warning for warning in only_change(revoke_oauth_grants, on).warns)


def test_a_protected_account_keeps_its_grants():
    assert nothing(revoke_oauth_grants, about(grant(), guard=guarded())).refused
