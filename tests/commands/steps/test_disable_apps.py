"""Switching an application off for everybody."""

from __future__ import annotations

from typing import Any

import pytest

from commands.plans.plan import same
from commands.plans.planning_input import Guard, PlanningInput
from commands.report import Severity
from commands.steps import disable_apps
from commands.symptoms.oauth_apps import MICROSOFT_OWNERS
from graph.request import Request
from graph.resources.applications import OAuthGrant
from tests.commands.evidence import record
from tests.commands.steps.planning_inputs import (
    UNSEEN,
    changes,
    finding,
    guarded,
    nothing,
    only_change,
    planning,
)

PATH = "/servicePrincipals/principal-1"


def grant(id: str = "grant-1", **fields: Any) -> OAuthGrant:  # noqa: A002 - the field's own name
    plain = {
        "client_id": "principal-1",
        "app_id": "app-1",
        "app_display_name": "Mail Export",
        "app_enabled": True,
    }
    return OAuthGrant(id=id, **{**plain, **fields})


def about(*grants: OAuthGrant, found: Any = (), **more: Any) -> PlanningInput:
    return planning(found=found, oauth_grants=list(grants), **more)


def test_it_plans_to_switch_the_application_off_for_the_whole_tenant():
    change = only_change(disable_apps, about(grant()))
    assert change.id == "disable_apps:principal-1"
    assert change.do == Request("PATCH", PATH, body={"accountEnabled": False})
    assert change.look.ask == Request("GET", PATH, {"$select": "accountEnabled"})
    assert change.expects == {"accountEnabled": True}
    assert change.wants == {"accountEnabled": False}
    assert change.tenant_wide
    assert change.undo is not None
    assert change.undo.do == Request("PATCH", PATH, body={"accountEnabled": True})
    assert same(change.undo.wants, change.expects)


@pytest.mark.parametrize(
    ("severity", "suggested"),
    [
        (Severity.INFO, False),
        (Severity.LOW, False),
        (Severity.MEDIUM, False),
        (Severity.HIGH, True),
        (Severity.CRITICAL, True),
    ],
)
def test_only_what_is_hardly_ever_harmless_asks_for_it(severity: Severity, suggested: bool):
    found = [finding("oauth_apps", "grant-1", severity=severity)]
    assert only_change(disable_apps, about(grant(), found=found)).suggested is suggested


def test_an_application_with_several_grants_is_switched_off_once():
    assert len(changes(disable_apps, about(grant(), grant("grant-2")))) == 1


@pytest.mark.parametrize("owner", sorted(MICROSOFT_OWNERS))
def test_microsofts_own_applications_are_not_offered(owner: str):
    reason = nothing(disable_apps, about(grant(app_owner_organization_id=owner)))
    assert not reason.refused


def test_one_of_microsofts_own_that_a_finding_names_is_refused_and_named():
    own = grant(app_owner_organization_id=next(iter(MICROSOFT_OWNERS)))
    reason = nothing(disable_apps, about(own, found=[finding("oauth_apps", "grant-1")]))
    assert reason.refused
    assert reason.why.startswith("Mail Export is a Microsoft application")


def test_the_bots_own_application_is_never_switched_off():
    on = about(grant(app_id="App-1"), guard=Guard(own_apps=frozenset({"app-1"})))
    assert nothing(disable_apps, on).refused


def test_an_application_that_could_not_be_read_is_not_switched_off():
    assert nothing(disable_apps, about(grant(app_id="", app_display_name=""))).refused


def test_an_application_that_is_off_stays_off():
    reason = nothing(disable_apps, about(grant(app_enabled=False)))
    assert not reason.refused


def test_without_applications_there_is_nothing_to_switch_off():
    assert not nothing(disable_apps, about()).refused


def test_grants_that_could_not_be_seen_are_no_clean_slate():
    assert nothing(disable_apps, planning(oauth_grants=UNSEEN)).refused


def test_a_protected_account_costs_nobody_an_application():
    assert nothing(disable_apps, about(grant(), guard=guarded())).refused


def test_a_finding_on_an_application_does_not_speak_against_another_one_of_its_name():
    """Who lets in an application with the name of a good one must not have us switch off the good one."""
    good, bad = "5c242833-909c-4c6b-bca3-50feaaa98d23", "0d3f4c6e-7a11-4c1b-9d55-6a1f0c2b9e77"
    consent = record(
        "Consent to application", id="made", object_id=bad, details={"TargetName": "Mail Export"}
    )
    on = about(
        grant("grant-1", client_id="principal-1", app_id=good),
        grant("grant-2", client_id="principal-2", app_id=bad),
        found=[finding("oauth_apps", "made")],
        audit_log=[consent],
    )
    planned = changes(disable_apps, on)
    assert {one.id: one.suggested for one in planned} == {
        "disable_apps:principal-1": False,
        "disable_apps:principal-2": True,
    }
