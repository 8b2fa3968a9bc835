"""A write is seen by later reads in every service and leaves its own audit records."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.sandbox.tenant.conftest import ADELE, ADVANCED, Client
from tests.sandbox.tenant.test_audit_search import search

USER = f"/users/{ADELE}"
PASSWORD = {"passwordProfile": {"forceChangePasswordNextSignIn": True, "password": "Xk7#plum-Tray-04"}}


def patch(client: Client, path: str, body: Any, **more: Any) -> requests.Response:
    return client.graph(path, method="PATCH", body=body, **more)


def post(client: Client, path: str, body: Any = None, **more: Any) -> requests.Response:
    return client.graph(path, method="POST", body=body, **more)


def delete(client: Client, path: str, **more: Any) -> int:
    return client.graph(path, method="DELETE", **more).status_code


def test_the_account_is_contained_over_graph_and_each_act_is_on_record(mighty):
    own = mighty
    before = own.graph(USER, select="id,lastPasswordChangeDateTime,signInSessionsValidFromDateTime").json()
    assert patch(own, USER, {"accountEnabled": False}).status_code == 204
    assert post(own, f"{USER}/revokeSignInSessions").json()["value"] is True
    assert patch(own, USER, PASSWORD).status_code == 204
    assert patch(own, USER, {"displayName": "Adele Vance", "postalCode": "98101"}).status_code == 204
    after = own.graph(
        USER, select="accountEnabled,lastPasswordChangeDateTime,displayName,signInSessionsValidFromDateTime"
    ).json()
    assert (after["accountEnabled"], after["displayName"]) == (False, "Adele Vance")
    assert after["lastPasswordChangeDateTime"] > before["lastPasswordChangeDateTime"]
    assert after["signInSessionsValidFromDateTime"] > before["signInSessionsValidFromDateTime"]
    assert own.rows("Get-Mailbox", Identity=ADELE)[0]["DisplayName"] == "Adele Vance"
    by_app = f"initiatedBy/app/appId eq '{own.tenant.client_id}'"
    audits = own.values("/auditLogs/directoryAudits", filter=by_app)
    wanted = {
        "Disable account",
        "Reset user password",
        "Update user",
        "Update StsRefreshTokenValidFrom Timestamp",
    }
    assert wanted <= {item["activityDisplayName"] for item in audits}
    _, records = search(own, userPrincipalNameFilters=[f"ServicePrincipal_{own.tenant.state.app_object_id}"])
    assert {"Disable account.", "Reset user password.", "Update user."} <= {
        item["operation"] for item in records
    }
    assert [call.method for call in own.tenant.writes()] == ["PATCH", "POST", "PATCH", "PATCH"]


def test_who_may_not_be_changed_is_refused(mighty):
    own = mighty
    synced, federated = "/users/miriam.graham@contoso.example", "/users/henrietta.mueller@fabrikam.example"
    assert "on-premises mastered" in patch(own, synced, {"accountEnabled": False}).json()["error"]["message"]
    assert patch(own, federated, PASSWORD).status_code == 400
    assert patch(own, USER, {"passwordProfile": {"password": "short"}}).status_code == 400
    assert patch(own, USER, {"shoeSize": 44}).status_code == 400
    own.tenant.directory_roles.discard("Privileged Authentication Administrator")
    assert own.code(USER, method="PATCH", body=PASSWORD) == (403, "Authorization_RequestDenied")
    assert patch(own, "/users/grady.archie@contoso.example", {"city": "Tacoma"}).status_code == 204
    assert patch(own, "/users/isaiah.langer@contoso.example", PASSWORD).status_code == 204
    own.tenant.directory_roles.clear()
    assert patch(own, "/users/isaiah.langer@contoso.example", PASSWORD).status_code == 403
    own.tenant.permissions -= {"User.ReadWrite.All", "User.EnableDisableAccount.All"}
    assert patch(own, "/users/isaiah.langer@contoso.example", {"accountEnabled": False}).status_code == 403


def test_a_rule_is_disabled_in_one_service_and_seen_in_the_other(own):
    path = f"{USER}/mailFolders/inbox/messageRules"
    rule = own.values(path)[-1]
    assert patch(own, f"{path}/{rule['id']}", {"isEnabled": False}).json()["isEnabled"] is False
    row = next(item for item in own.rows("Get-InboxRule", Mailbox=ADELE) if item["Name"] == "..")
    assert row["Enabled"] is False
    own.rows("Enable-InboxRule", Identity=row["Identity"], Mailbox=ADELE, Confirm=False)
    assert own.graph(f"{path}/{rule['id']}").json()["isEnabled"] is True
    assert delete(own, f"{path}/{rule['id']}") == 204
    assert own.code(f"{path}/{rule['id']}", method="DELETE") == (404, "ErrorItemNotFound")
    again = {name: rule[name] for name in ("displayName", "sequence", "isEnabled", "conditions", "actions")}
    assert post(own, path, again).status_code == 201
    hidden = own.rows("Get-InboxRule", Mailbox=ADELE, IncludeHidden=True)
    rogue = next(item for item in hidden if item["RedirectTo"])
    own.rows("Remove-InboxRule", Identity=rogue["Identity"], Mailbox=ADELE, Confirm=False)
    assert own.invoke("Remove-InboxRule", Identity=rogue["Identity"], Mailbox=ADELE).status_code == 404


def test_grants_assignments_and_roles_can_be_taken_and_given_back(own):
    grant = own.values(f"{USER}/oauth2PermissionGrants")[0]
    assert delete(own, f"/oauth2PermissionGrants/{grant['id']}") == 204
    assert delete(own, f"/oauth2PermissionGrants/{grant['id']}") == 404
    stored = {name: grant[name] for name in ("clientId", "consentType", "principalId", "resourceId", "scope")}
    assert post(own, "/oauth2PermissionGrants", stored).json()["id"] != grant["id"]
    assert post(own, "/oauth2PermissionGrants", stored).status_code == 409
    item = own.values(f"{USER}/appRoleAssignments")[0]
    assert delete(own, f"{USER}/appRoleAssignments/{item['id']}") == 204
    back = {name: item[name] for name in ("principalId", "resourceId", "appRoleId")}
    assert post(own, f"{USER}/appRoleAssignments", back).status_code == 201
    user_id = own.graph(USER).json()["id"]
    roles = "/roleManagement/directory/roleAssignments"
    role = own.values(roles, filter=f"principalId eq '{user_id}'")[0]
    assert delete(own, f"{roles}/{role['id']}") == 204
    given = {name: role[name] for name in ("principalId", "roleDefinitionId", "directoryScopeId")}
    assert post(own, roles, given).status_code == 201
    assert post(own, roles, given).status_code == 409
    last = own.values(roles, filter="roleDefinitionId eq '62e90394-69f5-4237-9190-012177145e10'")[0]
    assert delete(own, f"{roles}/{last['id']}") == 400


def test_privileged_access_is_removed_by_request_and_by_group(own):
    user_id = own.graph(USER).json()["id"]
    eligible = "/roleManagement/directory/roleEligibilityScheduleInstances"
    held = own.values(eligible, filter=f"principalId eq '{user_id}'")[0]
    body = {"action": "adminRemove", "principalId": user_id, "directoryScopeId": "/"}
    body["roleDefinitionId"] = held["roleDefinitionId"]
    requests_path = "/roleManagement/directory/roleEligibilityScheduleRequests"
    assert post(own, requests_path, body).json()["status"] == "Revoked"
    assert own.values(eligible, filter=f"principalId eq '{user_id}'") == []
    group = own.values(f"{USER}/transitiveMemberOf/microsoft.graph.group", **ADVANCED)[0]
    assert delete(own, f"/groups/{group['id']}/members/{user_id}/$ref") == 204
    reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{user_id}"}
    assert post(own, f"/groups/{group['id']}/members/$ref", reference).status_code == 204


def test_the_default_method_goes_last(mighty):
    own = mighty
    path = f"{USER}/authentication"
    apps = own.values(f"{path}/microsoftAuthenticatorMethods")
    assert [delete(own, f"{path}/microsoftAuthenticatorMethods/{item['id']}") for item in apps] == [204, 400]
    for phone in own.values(f"{path}/phoneMethods"):
        assert delete(own, f"{path}/phoneMethods/{phone['id']}") == 204
    assert delete(own, f"{path}/microsoftAuthenticatorMethods/{apps[1]['id']}") == 204
    number = {"phoneNumber": "+1 2065550101", "phoneType": "mobile"}
    assert post(own, f"{path}/phoneMethods", number).status_code == 201
    assert (
        patch(own, f"{path}/requirements", {"perUserMfaState": "enforced"}, version="beta").status_code == 204
    )
    assert own.graph(f"{path}/requirements", version="beta").json()["perUserMfaState"] == "enforced"


def test_apps_devices_risk_and_the_auto_reply_can_be_switched(own):
    client_id = own.values(f"{USER}/oauth2PermissionGrants")[0]["clientId"]
    assert patch(own, f"/servicePrincipals/{client_id}", {"accountEnabled": False}).status_code == 204
    assert own.graph(f"/servicePrincipals/{client_id}").json()["accountEnabled"] is False
    device = own.values(f"{USER}/ownedDevices")[-1]
    assert patch(own, f"/devices/{device['id']}", {"accountEnabled": False}).status_code == 204
    assert own.graph(f"/devices/{device['id']}").json()["accountEnabled"] is False
    user_id = own.graph(USER).json()["id"]
    path = "/identityProtection/riskyUsers"
    assert post(own, f"{path}/confirmCompromised", {"userIds": [user_id]}).status_code == 204
    assert own.graph(f"{path}/{user_id}").json()["riskState"] == "confirmedCompromised"
    assert post(own, f"{path}/dismiss", {"userIds": [user_id]}).status_code == 204
    assert [item["riskState"] for item in own.values(f"{path}/{user_id}/history")] == [
        "atRisk",
        "confirmedCompromised",
    ]
    off = {"automaticRepliesSetting": {"status": "disabled"}}
    assert patch(own, f"{USER}/mailboxSettings", off).status_code == 200
    assert own.rows("Get-MailboxAutoReplyConfiguration", Identity=ADELE)[0]["AutoReplyState"] == "Disabled"


DIEGO = "diego.siciliani@contoso.example"
TABLE = {"@odata.type": "#Exchange.GenericHashTable"}
CMDLETS: list[tuple[str, dict[str, Any]]] = [
    ("Set-Mailbox", {"Identity": ADELE, "ForwardingAddress": None, "DeliverToMailboxAndForward": False}),
    ("Set-Mailbox", {"Identity": ADELE, "GrantSendOnBehalfTo": {**TABLE, "remove": "diego.siciliani"}}),
    ("Set-CASMailbox", {"Identity": ADELE, "ImapEnabled": False, "SmtpClientAuthenticationDisabled": True}),
    (
        "Set-MailboxJunkEmailConfiguration",
        {"Identity": ADELE, "BlockedSendersAndDomains": {**TABLE, "remove": ["wingtip.example"]}},
    ),
    (
        "Set-MailboxMessageConfiguration",
        {"Identity": ADELE, "SignatureText": "Adele", "SignatureHtml": "Adele"},
    ),
    ("Set-MailboxAutoReplyConfiguration", {"Identity": ADELE, "AutoReplyState": "Disabled"}),
    ("Disable-SweepRule", {"Identity": "sweep1", "Mailbox": ADELE}),
    (
        "Remove-MailboxPermission",
        {
            "Identity": ADELE,
            "User": DIEGO,
            "AccessRights": ["FullAccess"],
            "InheritanceType": "All",
            "Confirm": False,
        },
    ),
    ("Remove-RecipientPermission", {"Identity": ADELE, "Trustee": DIEGO, "AccessRights": ["SendAs"]}),
    (
        "Set-MailboxFolderPermission",
        {"Identity": f"{ADELE}:\\Inbox", "User": "Default", "AccessRights": ["None"]},
    ),
    (
        "Add-MailboxFolderPermission",
        {
            "Identity": f"{ADELE}:\\Calendar",
            "User": "alex.wilber@contoso.example",
            "AccessRights": ["Reviewer"],
        },
    ),
    ("Remove-BlockedSenderAddress", {"SenderAddress": ADELE, "Reason": "contained"}),
    (
        "Remove-RoleGroupMember",
        {"Identity": "Organization Management", "Member": ADELE, "BypassSecurityGroupManagerCheck": True},
    ),
    ("Disable-TransportRule", {"Identity": "Copy finance", "Confirm": False}),
    ("Remove-MobileDevice", {"Identity": "adele.vance\\ExchangeActiveSyncDevices\\Outlook§A1B2C3D477"}),
    ("Set-MailboxAuditBypassAssociation", {"Identity": ADELE, "AuditBypassEnabled": False}),
]
READ_BACK: dict[str, tuple[str, dict[str, Any]]] = {
    "Set-Mailbox": ("Get-Mailbox", {"Identity": ADELE}),
    "Set-CASMailbox": ("Get-CASMailbox", {"Identity": ADELE}),
    "Set-MailboxJunkEmailConfiguration": ("Get-MailboxJunkEmailConfiguration", {"Identity": ADELE}),
    "Set-MailboxMessageConfiguration": ("Get-MailboxMessageConfiguration", {"Identity": ADELE}),
    "Set-MailboxAutoReplyConfiguration": ("Get-MailboxAutoReplyConfiguration", {"Identity": ADELE}),
    "Disable-SweepRule": ("Get-SweepRule", {"Mailbox": ADELE}),
    "Remove-MailboxPermission": ("Get-MailboxPermission", {"Identity": ADELE}),
    "Remove-RecipientPermission": ("Get-RecipientPermission", {"Identity": ADELE}),
    "Set-MailboxFolderPermission": ("Get-MailboxFolderPermission", {"Identity": f"{ADELE}:\\Inbox"}),
    "Add-MailboxFolderPermission": ("Get-MailboxFolderPermission", {"Identity": f"{ADELE}:\\Calendar"}),
    "Remove-BlockedSenderAddress": ("Get-BlockedSenderAddress", {}),
    "Remove-RoleGroupMember": ("Get-RoleGroupMember", {"Identity": "Organization Management"}),
    "Disable-TransportRule": ("Get-TransportRule", {}),
    "Remove-MobileDevice": ("Get-MobileDevice", {"Mailbox": ADELE}),
    "Set-MailboxAuditBypassAssociation": ("Get-MailboxAuditBypassAssociation", {"Identity": ADELE}),
}


def test_every_cmdlet_changes_what_its_reader_shows_and_leaves_a_record(own):
    for name, parameters in CMDLETS:
        reader, read = READ_BACK[name]
        before = own.rows(reader, **read)
        reply = own.invoke(name, **parameters)
        assert (reply.status_code, reply.json()["value"]) == (200, []), (name, reply.text)
        assert "@adminapi.warnings" not in reply.json(), name
        assert own.rows(reader, **read) != before, name
        assert own.tenant.state.audit_records[-1]["Operation"] == name
    assert len(own.tenant.writes()) == len(CMDLETS)


@pytest.mark.parametrize(
    ("name", "parameters", "status"),
    [
        ("Set-CASMailbox", {"Identity": ADELE, "OWAEnabled": True}, 200),
        (
            "Remove-MailboxPermission",
            {"Identity": ADELE, "User": "nobody", "AccessRights": ["FullAccess"]},
            200,
        ),
        ("Remove-BlockedSenderAddress", {"SenderAddress": "nobody@contoso.example"}, 404),
        ("Add-RoleGroupMember", {"Identity": "Organization Management", "Member": ADELE}, 400),
        (
            "Set-Mailbox",
            {"Identity": "miriam.graham@contoso.example", "ForwardingSmtpAddress": "smtp:a@b.example"},
            400,
        ),
    ],
)
def test_a_write_without_effect_warns_and_an_impossible_one_is_refused(shared, name, parameters, status):
    reply = shared.invoke(name, **parameters)
    assert reply.status_code == status
    assert ("@adminapi.warnings" in reply.json()) == (status == 200)
