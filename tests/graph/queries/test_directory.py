"""What Entra ID tells about the account, played by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from graph.errors import Broken, NoLicense, NoPermission, NotFound
from graph.parts.reading import graph_time
from graph.queries import (
    app_role_assignments,
    authentication_methods,
    directory_audits_by_user,
    directory_audits_on_user,
    directory_roles,
    domains,
    oauth_grants,
    registered_devices,
    risk_detections,
    risky_user,
    sign_ins,
    sign_ins_non_interactive,
    user,
)
from graph.request import Request
from tests.graph.play import NOW, UPN, USER_ID, Answer, a_question, always, by_name, play

P2 = NoLicense("No.", needs="Microsoft Entra ID P2")
PREMIUM = [{"servicePlans": [{"servicePlanName": "AAD_PREMIUM"}]}]


def test_the_user_comes_with_what_an_attacker_may_change() -> None:
    found: dict[str, Any] = {
        "id": USER_ID,
        "userPrincipalName": UPN,
        "mobilePhone": None,
        "postalCode": "98052",
        "otherMails": [],
    }
    played = play(user.ask(a_question()), always(found))
    assert played.value.value.postal_code == "98052"
    assert played.value.value.mobile_phone == ""
    request = played.asked[0]
    assert isinstance(request, Request)
    assert {"proxyAddresses", "lastPasswordChangeDateTime", "otherMails"} <= set(
        request.query["$select"].split(",")
    )


def test_federated_domains_say_who_signs_in_for_them() -> None:
    listed = [
        {"id": "contoso.example", "isVerified": True, "authenticationType": "Managed"},
        {"id": "fed.example", "isVerified": True, "authenticationType": "Federated"},
        {"id": "mute.example", "isVerified": True, "authenticationType": "Federated"},
        {"id": "bare.example", "isVerified": True, "authenticationType": "Federated"},
    ]
    table: dict[str, Answer] = {
        "/domains": listed,
        "/domains/fed.example/federationConfiguration": [{"issuerUri": "https://sts.fed.example"}],
        "/domains/mute.example/federationConfiguration": NoPermission("No."),
        "/domains/bare.example/federationConfiguration": NotFound("No."),
    }
    answer = play(domains.ask(a_question()), by_name(table)).value
    assert [domain.federation_issuer for domain in answer.value] == ["", "https://sts.fed.example", "", ""]
    assert answer.missing == (
        "the federation settings of mute.example (needs Domain-InternalFederation.Read.All)",
    )


@pytest.mark.parametrize(
    ("query", "version", "kind"),
    [
        (sign_ins, "beta", "signInEventTypes/any(t: t eq 'interactiveUser')"),
        (sign_ins_non_interactive, "beta", "signInEventTypes/any(t: t eq 'nonInteractiveUser')"),
    ],
)
def test_sign_ins_are_read_from_early_enough_to_know_ordinary_days(
    query: Any, version: str, kind: str
) -> None:
    elsewhere = {"ipAddress": "203.0.113.77", "userAgent": None, "location": None}
    rows: list[dict[str, Any]] = [
        {"id": "2", "createdDateTime": "2026-09-13T07:00:00Z", "status": {"errorCode": 0}, **elsewhere},
        {"id": "1", "createdDateTime": "2026-09-12T07:00:00Z", "status": {"errorCode": 50126}, **elsewhere},
        {"id": "3", "createdDateTime": "2026-09-13T08:00:00Z", "status": None, **elsewhere},
        {"id": "0"},
    ]
    played = play(query.ask(a_question(7)), always(*rows))
    request = played.asked[0]
    assert isinstance(request, Request)
    assert request.version == version
    assert kind in request.query["$filter"]
    assert f"userId eq '{USER_ID}'" in request.query["$filter"]
    assert f"createdDateTime ge {graph_time(NOW - timedelta(days=30))}" in request.query["$filter"]
    assert [(one.id, one.succeeded) for one in played.value.value] == [
        ("1", False),
        ("2", True),
        ("3", False),
    ]
    assert played.value.missing == (
        "1 unreadable entry",
        "whether 1 sign-in succeeded (status)",
    )
    assert played.value.complete_until < NOW


def test_sign_ins_older_than_what_is_kept_are_missing() -> None:
    answer = play(sign_ins.ask(a_question(60)), always()).value
    assert "kept for 30 days" in answer.missing[0]
    assert answer.complete_from == NOW - timedelta(days=30)
    assert play(sign_ins.ask(a_question(14)), always()).value.complete_from is None


def test_risks_older_than_what_is_kept_are_missing() -> None:
    assert play(risk_detections.ask(a_question(30)), always()).value.missing == ()
    answer = play(risk_detections.ask(a_question(31)), always()).value
    (missing,) = answer.missing
    assert missing == (
        f"risks before {NOW - timedelta(days=30):%Y-%m-%d %H:%M} UTC (they are kept for 30 days, "
        "with Microsoft Entra ID P2 for 90 days)"
    )
    assert answer.complete_from == NOW - timedelta(days=30)


AUDIT = {
    "id": "a1",
    "activityDateTime": "2026-09-12T07:10:02Z",
    "activityDisplayName": "Update user",
    "initiatedBy": {"user": {"id": USER_ID, "userPrincipalName": UPN, "ipAddress": "203.0.113.77"}},
    "targetResources": [{"id": USER_ID, "type": "User", "userPrincipalName": UPN}],
    "result": "success",
}


@pytest.mark.parametrize(
    ("query", "condition"),
    [
        (directory_audits_on_user, f"targetResources/any(t:t/id eq '{USER_ID}')"),
        (directory_audits_by_user, f"initiatedBy/user/id eq '{USER_ID}'"),
    ],
)
@pytest.mark.parametrize(
    ("days", "skus", "missing"),
    [
        (5, PREMIUM, ""),
        (14, PREMIUM, ""),
        (14, [], "without Microsoft Entra ID P1 it is kept for 7 days"),
        (45, PREMIUM, "kept for 30 days"),
        (14, NoPermission("No."), "needs LicenseAssignment.Read.All"),
    ],
)
def test_directory_audits_say_how_far_back_they_reach(
    query: Any, condition: str, days: float, skus: Answer, missing: str
) -> None:
    table: dict[str, Answer] = {"/auditLogs/directoryAudits": [AUDIT, {"id": "odd"}], "/subscribedSkus": skus}
    played = play(query.ask(a_question(days)), by_name(table))
    request = played.asked[0]
    assert isinstance(request, Request)
    assert request.query["$filter"].endswith(condition)
    (record,) = played.value.value
    assert (record.operation, record.actor) == ("Update user", UPN)
    assert played.value.missing[0] == "1 unreadable entry"
    assert len(played.value.missing) == 1 + bool(missing)
    assert missing in played.value.missing[-1]


@pytest.mark.parametrize("query", [directory_audits_on_user, directory_audits_by_user])
def test_directory_audits_that_cannot_be_read_are_no_empty_answer(query: Any) -> None:
    table: dict[str, Answer] = {"/auditLogs/directoryAudits": NoPermission("No."), "/subscribedSkus": PREMIUM}
    with pytest.raises(NoPermission):
        play(query.ask(a_question()), by_name(table))


METHODS = [
    {
        "@odata.type": "#microsoft.graph.phoneAuthenticationMethod",
        "id": "p",
        "phoneNumber": "+1 4255550109",
        "createdDateTime": "2025-03-01T08:00:00Z",
    },
    {
        "@odata.type": "#microsoft.graph.microsoftAuthenticatorAuthenticationMethod",
        "id": "m",
        "createdDateTime": "2025-03-01T08:00:00Z",
        "displayName": "Pixel 9",
    },
]


@pytest.mark.parametrize(
    ("summary", "default", "registered", "missing"),
    [
        (
            [{"userPreferredMethodForSecondaryAuthentication": "push", "isMfaRegistered": True}],
            "push",
            True,
            (),
        ),
        (NoLicense("No.", needs="Microsoft Entra ID P1"), "", None, ()),
        (NotFound("No."), "", None, ()),
        (NoPermission("No."), "", None, ("which method is the default (needs AuditLog.Read.All)",)),
        (Broken("It failed."), "", None, ("which method is the default (It failed)",)),
    ],
)
def test_methods_are_the_answer_and_the_summary_is_a_bonus(
    summary: Answer, default: str, registered: Any, missing: tuple[str, ...]
) -> None:
    table: dict[str, Answer] = {"/authentication/methods": METHODS, "/userRegistrationDetails/": summary}
    answer = play(authentication_methods.ask(a_question()), by_name(table)).value
    assert [method.kind for method in answer.value.methods] == ["phone", "microsoftAuthenticator"]
    assert (answer.value.default_method, answer.value.is_mfa_registered) == (default, registered)
    assert answer.missing == missing
    with pytest.raises(Broken):
        play(
            authentication_methods.ask(a_question()),
            by_name({**table, "/authentication/methods": Broken("No.")}),
        )


def test_grants_come_with_the_applications_behind_them() -> None:
    grants = [
        {
            "id": "g1",
            "clientId": "sp1",
            "consentType": "Principal",
            "scope": " Mail.ReadWrite offline_access",
        },
        {"id": "g2", "clientId": "sp2", "scope": "User.Read"},
    ]
    app = {
        "id": "sp1",
        "appId": "app-1",
        "displayName": "Mail Sync Pro",
        "createdDateTime": "2026-09-12T07:31:40Z",
        "accountEnabled": True,
        "verifiedPublisher": {"displayName": None},
        "replyUrls": ["https://sync.example"],
    }
    table: dict[str, Answer] = {
        "/oauth2PermissionGrants": grants,
        "/servicePrincipals/sp1": [app],
        "/servicePrincipals/sp2": NoPermission("No."),
    }
    answer = play(oauth_grants.ask(a_question()), by_name(table)).value
    first, second = answer.value
    assert (first.app_display_name, first.app_id, first.scopes) == (
        "Mail Sync Pro",
        "app-1",
        ("Mail.ReadWrite", "offline_access"),
    )
    assert first.app_created_date_time is not None
    assert second.app_id == ""
    assert answer.missing == ("the application sp2 (needs Application.Read.All)",)


def test_assignments_and_devices_are_read() -> None:
    unsaid = play(app_role_assignments.ask(a_question()), always({"id": "a"})).value
    assert unsaid.value[0].id == "a"
    assert unsaid.missing == ("whether 1 of them came with a group (principalType)",)
    played = play(registered_devices.ask(a_question()), always({"id": "d", "displayName": "PC"}))
    assert len(played.value.value) == 1
    assert len(played.rounds) == 1


def role(id_: str, principal: str = USER_ID, **more: Any) -> dict[str, Any]:
    definition = {"displayName": "Exchange Administrator"}
    return {
        "id": id_,
        "principalId": principal,
        "roleDefinitionId": "r",
        "roleDefinition": definition,
        **more,
    }


def bare(id_: str, *, principal: str = USER_ID) -> dict[str, Any]:
    """A role as the list of roles through groups gives it, which cannot be expanded."""
    return {"id": id_, "principalId": principal, "roleDefinitionId": "r", "directoryScopeId": "/"}


NO_GROUPS: dict[str, Answer] = {
    "/transitiveMemberOf/microsoft.graph.group": [],
    "/privilegedAccess/group/eligibilityScheduleInstances": [],
}


def test_roles_are_told_by_the_way_they_are_held() -> None:
    table: dict[str, Answer] = {
        "/roleAssignments": [role("1"), role("2", directoryScopeId="/administrativeUnits/x")],
        "/transitiveRoleAssignments": [bare("1"), bare("3", principal="a-group")],
        "/roleAssignmentScheduleInstances": [
            role("4", assignmentType="Activated", directoryScopeId="/administrativeUnits/x"),
            role("5", assignmentType="Assigned"),
        ],
        "/roleEligibilityScheduleInstances": [role("6", endDateTime=None), {"id": "odd"}],
        **NO_GROUPS,
    }
    answer = play(directory_roles.ask(a_question()), by_name(table)).value
    assert [(one.assignment_id, one.how, one.through) for one in answer.value] == [
        ("1", "direct", ""),
        ("3", "group", "a-group"),
        ("4", "active", ""),
        ("6", "eligible", ""),
    ]
    assert answer.value[0].name == "Exchange Administrator"
    assert answer.missing == ("1 unreadable entry",)


def test_a_direct_role_ends_when_its_own_schedule_of_the_same_scope_ends() -> None:
    start, end = "2026-09-01T08:00:00Z", "2026-10-01T08:00:00Z"
    unit = "/administrativeUnits/x"
    span: dict[str, Any] = {"assignmentType": "Assigned", "startDateTime": start, "endDateTime": end}
    table: dict[str, Answer] = {
        "/roleAssignments": [
            role("1", directoryScopeId="/"),
            role("2", directoryScopeId=unit),
            role("3", directoryScopeId="/", roleDefinitionId="other"),
        ],
        "/transitiveRoleAssignments": [],
        "/roleAssignmentScheduleInstances": [
            role("4", directoryScopeId="/", memberType="Direct", **span),
            role("5", directoryScopeId="/", memberType="Group", **{**span, "endDateTime": None}),
            role("6", directoryScopeId="/", memberType="Group", **{**span, "roleDefinitionId": "other"}),
        ],
        "/roleEligibilityScheduleInstances": [],
        **NO_GROUPS,
    }
    roles = play(directory_roles.ask(a_question()), by_name(table)).value.value
    assert [(one.assignment_id, one.how) for one in roles] == [
        ("1", "direct"),
        ("2", "direct"),
        ("3", "direct"),
    ]
    first, *others = roles
    assert first.start_date_time == datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
    assert first.end_date_time == datetime(2026, 10, 1, 8, 0, tzinfo=UTC)
    assert [(one.start_date_time, one.end_date_time) for one in others] == [(None, None)] * 2


def test_without_the_license_for_pim_the_other_roles_are_still_told() -> None:
    table: dict[str, Answer] = {
        "/roleAssignments": [role("1")],
        "/transitiveRoleAssignments": NoPermission("No."),
        "/roleAssignmentScheduleInstances": P2,
        "/roleEligibilityScheduleInstances": P2,
        "/transitiveMemberOf/microsoft.graph.group": NoPermission("No."),
        "/privilegedAccess/group/eligibilityScheduleInstances": NoPermission("No."),
    }
    answer = play(directory_roles.ask(a_question()), by_name(table)).value
    assert len(answer.value) == 1
    assert answer.missing == (
        "roles through groups (needs RoleManagement.Read.Directory)",
        "activated roles in PIM (needs Microsoft Entra ID P2)",
        "eligible roles in PIM (needs Microsoft Entra ID P2)",
        "eligible roles through groups (needs GroupMember.Read.All)",
        "eligible group memberships in PIM (needs PrivilegedEligibilitySchedule.Read.AzureADGroup)",
    )


def test_never_to_have_been_at_risk_is_an_answer() -> None:
    assert play(risky_user.ask(a_question()), lambda _: NotFound("No.")).value.value is None
    found = {"id": USER_ID, "riskLevel": "high", "riskState": "atRisk"}
    assert play(risky_user.ask(a_question()), always(found)).value.value.risk_level == "high"
    detection = {"id": "d", "riskEventType": "unfamiliarFeatures", "ipAddress": "203.0.113.77"}
    assert (
        play(risk_detections.ask(a_question()), always(detection)).value.value[0].ip_address == "203.0.113.77"
    )
