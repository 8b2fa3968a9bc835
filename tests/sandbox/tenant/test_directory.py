"""Directory endpoints check permissions, options and licenses."""

from __future__ import annotations

import pytest

from tests.sandbox.tenant.conftest import ADELE, Client


def adele(client: Client) -> str:
    return str(client.graph(f"/users/{ADELE}").json()["id"])


def test_a_user_has_only_the_default_properties_unless_more_are_selected(shared):
    assert "accountEnabled" not in shared.graph(f"/users/{ADELE}").json()
    reply = shared.graph(f"/users/{ADELE}", select="accountEnabled,postalCode").json()
    assert (reply["accountEnabled"], reply["postalCode"]) == (True, "100001")


def test_a_user_is_found_by_any_of_its_addresses(shared):
    alias = "smtp:adele.vance@contoso.onmicrosoft.example"
    found = shared.values("/users", filter=f"proxyAddresses/any(p:p eq '{alias}')")
    assert [user["userPrincipalName"] for user in found] == [ADELE]
    assert shared.values("/users", filter=f"mail eq '{ADELE}' or userPrincipalName eq '{ADELE}'")


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("/users", {"filter": "shoeSize eq '44'"}),
        ("/users", {"filter": "mail gt 'a'"}),
        ("/users", {"filter": "mail eq"}),
        ("/users", {"top": "5000"}),
        ("/users", {"orderby": "postalCode"}),
        (f"/users/{ADELE}", {"select": "shoeSize"}),
        (f"/users/{ADELE}", {"expand": "manager"}),
        ("/nothing/here", {}),
        ("/auditLogs/signIns", {"select": "id"}),
        ("/auditLogs/signIns", {"filter": "signInEventTypes/any(t:t eq 'nonInteractiveUser')"}),
        ("/auditLogs/directoryAudits", {"filter": "result eq 'success'"}),
    ],
)
def test_what_the_endpoint_does_not_know_is_a_bad_request(shared, path, options):
    assert shared.graph(path, **options).status_code == 400


@pytest.mark.parametrize(
    ("permission", "path"),
    [
        ({"User.Read.All", "User.ReadWrite.All", "Directory.Read.All"}, f"/users/{ADELE}"),
        ({"AuditLog.Read.All"}, "/auditLogs/signIns"),
        ({"AuditLogsQuery.Read.All"}, "/security/auditLog/queries"),
        ({"ExchangeMessageTrace.Read.All"}, "/admin/exchange/tracing/messageTraces"),
        ({"IdentityRiskEvent.Read.All"}, "/identityProtection/riskDetections"),
        ({"Directory.Read.All", "DelegatedPermissionGrant.ReadWrite.All"}, "/oauth2PermissionGrants"),
        (
            {"UserAuthenticationMethod.Read.All", "UserAuthenticationMethod.ReadWrite.All"},
            f"/users/{ADELE}/authentication/methods",
        ),
    ],
)
def test_a_missing_permission_is_refused_and_named(shared, permission, path):
    held = set(shared.tenant.permissions)
    try:
        shared.tenant.permissions.difference_update(permission)
        reply = shared.graph(path)
        assert (reply.status_code, reply.json()["error"]["code"]) == (403, "Authorization_RequestDenied")
        assert any(name in reply.json()["error"]["message"] for name in permission)
    finally:
        shared.tenant.permissions.update(held)


def test_without_a_premium_license_each_service_says_so_in_its_own_way(own):
    user_id = adele(own)
    own.tenant.licenses.clear()
    premium = "Authentication_RequestFromNonPremiumTenantOrB2CTenant"
    assert own.code("/auditLogs/signIns") == (403, premium)
    details = f"/reports/authenticationMethods/userRegistrationDetails/{user_id}"
    assert own.code(details) == (403, premium)
    assert own.code(f"/identityProtection/riskyUsers/{user_id}") == (403, "Forbidden")
    pim = "/roleManagement/directory/roleEligibilityScheduleInstances"
    assert own.code(pim, filter=f"principalId eq '{user_id}'") == (400, "AadPremiumLicenseRequired")
    plans = {plan["servicePlanName"] for sku in own.values("/subscribedSkus") for plan in sku["servicePlans"]}
    assert "AAD_PREMIUM" not in plans
    oldest = own.values("/auditLogs/directoryAudits")[-1]["activityDateTime"]
    assert oldest >= "2026-06-10"


def test_the_first_license_hides_what_only_the_second_shows(own):
    own.tenant.licenses.discard("AAD_PREMIUM_P2")
    assert {item["riskLevelDuringSignIn"] for item in own.values("/auditLogs/signIns")} == {"hidden"}
    assert {item["riskLevel"] for item in own.values("/identityProtection/riskDetections")} == {"hidden"}


def test_somebody_who_never_was_at_risk_is_not_found(shared):
    user_id = shared.graph("/users/grady.archie@contoso.example").json()["id"]
    assert shared.graph(f"/identityProtection/riskyUsers/{user_id}").status_code == 404


def test_roles_come_directly_through_groups_and_as_eligible(shared):
    user_id = adele(shared)
    of_user = {"filter": f"principalId eq '{user_id}'"}
    by_user = {**of_user, "expand": "roleDefinition"}
    direct = shared.values("/roleManagement/directory/roleAssignments", **by_user)
    assert [item["roleDefinition"]["displayName"] for item in direct] == ["Exchange Administrator"]
    every = shared.values(
        "/roleManagement/directory/transitiveRoleAssignments",
        version="beta",
        headers={"ConsistencyLevel": "eventual"},
        count="true",
        **of_user,
    )
    names = {shared.tenant.state.role_definitions[item["roleDefinitionId"]]["displayName"] for item in every}
    assert names == {"Exchange Administrator", "User Administrator"}
    eligible = shared.values("/roleManagement/directory/roleEligibilityScheduleInstances", **by_user)
    assert len(eligible) == 1
    groups = shared.values(
        f"/users/{user_id}/transitiveMemberOf/microsoft.graph.group",
        headers={"ConsistencyLevel": "eventual"},
        count="true",
    )
    assert [group["isAssignableToRole"] for group in groups] == [True]


def test_the_transitive_query_demands_its_header(shared):
    path = "/roleManagement/directory/transitiveRoleAssignments"
    assert shared.graph(path, version="beta", filter="principalId eq 'x'").status_code == 404
    assert shared.graph(path, filter="principalId eq 'x'").status_code == 400  # v1.0 has no such path


def test_a_federated_domain_shows_its_identity_provider(shared):
    assert shared.graph("/domains/fabrikam.example").json()["authenticationType"] == "Federated"
    assert shared.values("/domains/fabrikam.example/federationConfiguration")[0]["issuerUri"]
    managed = shared.graph("/domains/contoso.example/federationConfiguration")
    assert managed.status_code == 404  # DOC: a domain without such an object has none to list


def test_the_granted_application_can_be_followed_from_grant_to_publisher(shared):
    grant = shared.values(f"/users/{ADELE}/oauth2PermissionGrants")[-1]
    app = shared.graph(f"/servicePrincipals/{grant['clientId']}").json()
    assert (app["displayName"], app["verifiedPublisher"]["displayName"]) == ("PerfectData Software", None)
    assert shared.values(f"/users/{ADELE}/appRoleAssignments")[-1]["resourceId"] == app["id"]


@pytest.mark.parametrize(
    "path",
    [
        "/users/{user}/licenseDetails",
        "/users/{user}/manager",
        "/users/{user}/ownedDevices/microsoft.graph.device",
        "/users/{user}/registeredDevices",
        "/users/{user}/authentication/microsoftAuthenticatorMethods",
        "/organization",
        "/identity/conditionalAccess/namedLocations",
        "/roleManagement/directory/roleDefinitions",
        "/identityProtection/riskyUsers",
        "/servicePrincipals",
    ],
)
def test_other_directory_reads_answer(shared, path):
    reply = shared.graph(path.replace("{user}", adele(shared))).json()
    assert reply.get("value") or reply.get("id")


def test_a_batch_answers_each_item_for_itself(shared):
    body = {
        "requests": [
            {"id": "a", "method": "GET", "url": f"/users/{ADELE}?$select=id"},
            {"id": "b", "method": "GET", "url": "/users/nobody@contoso.example"},
            {"id": "c", "method": "PATCH", "url": f"/users/{ADELE}", "body": {"city": "X"}},
            {"id": "d", "method": "GET", "url": "/domains", "dependsOn": ["b"]},
        ]
    }
    reply = shared.graph("/$batch", method="POST", body=body)
    assert reply.status_code == 200
    statuses = {item["id"]: item["status"] for item in reply.json()["responses"]}
    assert statuses == {"a": 200, "b": 404, "c": 400, "d": 424}
    body["requests"] = [{"id": str(number), "method": "GET", "url": "/domains"} for number in range(21)]
    assert shared.graph("/$batch", method="POST", body=body).status_code == 400
