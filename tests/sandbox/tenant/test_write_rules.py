"""What the services refuse, and what a write shows in the reads that verify it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.tenant import start
from tests.each import each
from tests.made import made
from tests.sandbox.tenant.conftest import ADELE, ADVANCED, NOW, Client
from tests.sandbox.tenant.test_writes import PASSWORD, TABLE, USER, delete, patch, post

NESTOR = "nestor.wilke@contoso.example"
DIEGO = "diego.siciliani@contoso.example"
ISAIAH = "isaiah.langer@contoso.example"
ROLES = "/roleManagement/directory"
GLOBAL = "62e90394-69f5-4237-9190-012177145e10"


def person_id(client: Client, upn: str) -> str:
    return str(client.graph(f"/users/{upn}", select="id").json()["id"])


@pytest.fixture(scope="module")
def admin() -> Iterator[Client]:
    """The taken-over administrator, for tests that look or are refused."""
    with start(made("admin-takeover", NOW), limits=False) as tenant:
        client = Client(tenant)
        yield client
        client.session.close()


@pytest.fixture
def lone() -> Iterator[Client]:
    with start(made("last-administrator", NOW), limits=False) as tenant:
        client = Client(tenant)
        yield client
        client.session.close()


# --- each thing that a write changes can be looked at alone, needs its permission, and may be gone ----------


def looks(client: Client) -> dict[str, str]:
    """A path for each single object, with the permissions of which one is needed."""
    user_id = person_id(client, NESTOR)
    state = client.tenant.state
    grant = next(item for item in state.oauth_grants if item["principalId"] == user_id)
    app = next(item for item in state.app_role_assignments if item["principalId"] == user_id)
    role = next(item for item in state.role_assignments if item["principalId"] == user_id)
    device = next(key for key, owner in state.device_owners.items() if owner == user_id)
    method = state.authentication_methods[user_id][-1]["id"]
    rule = next(item for item in state.mailboxes[NESTOR].rules if item.name == "..")
    return {
        f"/users/{user_id}": "User.Read.All User.ReadWrite.All Directory.Read.All",
        f"/users/{user_id}/mailFolders/inbox/messageRules/{rule.id}": (
            "MailboxSettings.Read MailboxSettings.ReadWrite"
        ),
        f"/oauth2PermissionGrants/{grant['id']}": (
            "Directory.Read.All DelegatedPermissionGrant.ReadWrite.All"
        ),
        f"/users/{user_id}/appRoleAssignments/{app['id']}": (
            "Directory.Read.All AppRoleAssignment.ReadWrite.All"
        ),
        f"/users/{user_id}/authentication/microsoftAuthenticatorMethods/{method}": (
            "UserAuthenticationMethod.Read.All UserAuthenticationMethod.ReadWrite.All"
        ),
        f"/users/{user_id}/authentication/methods/{method}": (
            "UserAuthenticationMethod.Read.All UserAuthenticationMethod.ReadWrite.All"
        ),
        f"/servicePrincipals/{grant['clientId']}": (
            "Application.Read.All Application.ReadWrite.All Directory.Read.All"
        ),
        f"/devices/{device}": "Device.ReadWrite.All Directory.Read.All",
        f"{ROLES}/roleAssignments/{role['id']}": (
            "RoleManagement.Read.Directory RoleManagement.ReadWrite.Directory Directory.Read.All"
        ),
    }


def test_each_thing_can_be_looked_at_alone(admin):
    for path in each(looks(admin)):
        reply = admin.graph(path)
        assert reply.status_code == 200, (path, reply.text)
        assert reply.json()["id"] == path.rpartition("/")[2]


def test_each_look_needs_a_permission(admin):
    held = set(admin.tenant.permissions)
    for path, needed in each(looks(admin).items()):
        admin.tenant.permissions = held - set(needed.split())
        assert admin.graph(path).status_code == 403, path
    admin.tenant.permissions = held


def test_what_is_gone_is_not_found(admin):
    for path in each(looks(admin)):
        assert admin.graph(path[:-3] + "xyz").status_code == 404, path


def test_a_method_is_found_below_its_own_kind_only(admin):
    method = admin.values(f"/users/{NESTOR}/authentication/microsoftAuthenticatorMethods")[0]
    assert admin.graph(f"/users/{NESTOR}/authentication/phoneMethods/{method['id']}").status_code == 404


def test_members_are_listed_and_a_filter_is_an_advanced_query(admin):
    user_id = person_id(admin, NESTOR)
    group = admin.values(f"/users/{user_id}/memberOf/microsoft.graph.group", **ADVANCED)[0]
    path = f"/groups/{group['id']}/members"
    assert user_id in {item["id"] for item in admin.values(path)}
    assert user_id in {item["id"] for item in admin.values(path + "/microsoft.graph.user")}
    wanted = {"filter": f"id eq '{user_id}'"}
    assert admin.code(path, **wanted) == (400, "Request_UnsupportedQuery")
    advanced = admin.values(path, **ADVANCED, **wanted)
    assert [item["id"] for item in advanced] == [user_id]
    assert admin.graph("/groups/nowhere/members").status_code == 404


# --- whose account may be changed ---------------------------------------------------------------------------


def test_the_app_is_no_privileged_administrator_unless_a_test_says_so(admin):
    assert admin.tenant.directory_roles == {"User Administrator", "Cloud Device Administrator"}
    path = f"/users/{NESTOR}"
    for body in ({"accountEnabled": False}, PASSWORD, {"mobilePhone": "+1 206 555 0100"}):
        assert admin.code(path, method="PATCH", body=body) == (403, "Authorization_RequestDenied")
    method = admin.values(f"{path}/authentication/microsoftAuthenticatorMethods")[0]
    refused = f"{path}/authentication/microsoftAuthenticatorMethods/{method['id']}"
    assert admin.graph(refused, method="DELETE").status_code == 403
    assert post(admin, f"{path}/revokeSignInSessions").status_code == 200


def test_a_privileged_account_becomes_ordinary_with_its_last_right(lone):
    state, user_id = lone.tenant.state, person_id(lone, NESTOR)
    state.role_assignments[:] = [item for item in state.role_assignments if item["principalId"] != user_id]
    for members in state.memberships.values():
        if user_id in members:
            members.remove(user_id)
    assert patch(lone, f"/users/{NESTOR}", PASSWORD).status_code == 204


@pytest.mark.parametrize(
    ("scenario", "upn", "allowed"),
    [
        ("synced-user", "miriam.graham@contoso.example", 400),
        ("federated-user", "henrietta.mueller@fabrikam.example", 204),
    ],
)
def test_an_account_whose_master_is_elsewhere_keeps_its_password(scenario, upn, allowed):
    with start(made(scenario, NOW), limits=False) as tenant:
        client = Client(tenant)
        assert client.code(f"/users/{upn}", method="PATCH", body=PASSWORD) == (400, "Request_BadRequest")
        assert patch(client, f"/users/{upn}", {"accountEnabled": False}).status_code == allowed
        off = {"Identity": upn, "ForwardingSmtpAddress": None, "DeliverToMailboxAndForward": False}
        assert client.invoke("Set-Mailbox", **off).status_code == (400 if allowed == 400 else 200)
        assert post(client, f"/users/{upn}/revokeSignInSessions").status_code == 200
        client.session.close()


# --- administrator roles ------------------------------------------------------------------------------------


def test_the_last_global_administrator_stays(lone):
    user_id = person_id(lone, NESTOR)
    mine = f"principalId eq '{user_id}' and roleDefinitionId eq '{GLOBAL}'"
    role = lone.values(f"{ROLES}/roleAssignments", filter=mine)[0]
    assert lone.code(f"{ROLES}/roleAssignments/{role['id']}", method="DELETE") == (400, "Request_BadRequest")
    body = {"action": "adminRemove", "principalId": user_id, "roleDefinitionId": GLOBAL}
    request = f"{ROLES}/roleAssignmentScheduleRequests"
    asked = {**body, "directoryScopeId": "/"}
    assert post(lone, request, asked).status_code == 400
    other = {"principalId": person_id(lone, ISAIAH), "roleDefinitionId": GLOBAL, "directoryScopeId": "/"}
    assert post(lone, f"{ROLES}/roleAssignments", other).status_code == 201
    assert delete(lone, f"{ROLES}/roleAssignments/{role['id']}") == 204
    assert delete(lone, f"{ROLES}/roleAssignments/{role['id']}") == 404


def test_the_holders_of_a_role_come_with_who_they_are(admin):
    role = {"filter": f"roleDefinitionId eq '{GLOBAL}'", "expand": "principal"}
    holders = admin.values(f"{ROLES}/roleAssignments", **role)
    assert {item["principal"]["userPrincipalName"] for item in holders} == {
        NESTOR,
        "lidia.holloway@contoso.example",
    }
    assert all(item["principal"]["userType"] == "Member" for item in holders)


def test_a_role_through_a_group_names_the_group(admin):
    user_id = person_id(admin, NESTOR)
    every = admin.values(
        f"{ROLES}/transitiveRoleAssignments",
        version="beta",
        **ADVANCED,
        filter=f"principalId eq '{user_id}'",
    )
    through = [item for item in every if item["principalId"] != user_id]
    roles = admin.tenant.state.role_definitions
    assert [roles[item["roleDefinitionId"]]["displayName"] for item in through] == ["Exchange Administrator"]
    assert through[0]["principalId"] in admin.tenant.state.groups


def test_roles_in_pim_are_taken_and_given_back(lone):
    user_id = person_id(lone, NESTOR)
    mine = f"principalId eq '{user_id}'"
    for kind, how in (("Assignment", "Activated"), ("Eligibility", None)):
        instances = f"{ROLES}/role{kind}ScheduleInstances"
        request = f"{ROLES}/role{kind}ScheduleRequests"
        held = [item for item in lone.values(instances, filter=mine) if item.get("assignmentType") == how]
        body = {"principalId": user_id, "directoryScopeId": "/", "justification": "contained"}
        body["roleDefinitionId"] = held[0]["roleDefinitionId"]
        assert post(lone, request, {**body, "action": "adminRemove"}).json()["status"] == "Revoked"
        left = {item["roleDefinitionId"] for item in lone.values(instances, filter=mine)}
        assert body["roleDefinitionId"] not in left
        assert post(lone, request, {**body, "action": "adminRemove"}).status_code == 400
        direct = lone.values(f"{ROLES}/roleAssignments", filter=mine)
        assert body["roleDefinitionId"] not in {item["roleDefinitionId"] for item in direct}
        given = {**body, "action": "adminAssign", "scheduleInfo": {"expiration": {"type": "noExpiration"}}}
        before = set(lone.tenant.permissions)
        lone.tenant.permissions -= {
            "RoleManagement.ReadWrite.Directory",
            "RoleAssignmentSchedule.ReadWrite.Directory",
            "RoleEligibilitySchedule.ReadWrite.Directory",
        }
        assert post(lone, request, given).status_code == 403
        lone.tenant.permissions |= {f"Role{kind}Schedule.ReadWrite.Directory"}
        assert post(lone, request, given).status_code == 201
        assert post(lone, request, given).status_code == 400
        assert body["roleDefinitionId"] in {
            item["roleDefinitionId"] for item in lone.values(instances, filter=mine)
        }
        lone.tenant.permissions |= before


def test_groups_have_conditions_of_their_own(lone):
    state, user_id = lone.tenant.state, person_id(lone, NESTOR)
    groups = lone.values(f"/users/{user_id}/memberOf/microsoft.graph.group", **ADVANCED)
    group = next(one for one in groups if state.groups[one["id"]].get("isAssignableToRole"))
    path = f"/groups/{group['id']}/members/{user_id}/$ref"
    stored = state.groups[group["id"]]
    stored["membershipRule"] = "user.department -eq 'IT'"
    assert "dynamic" in lone.graph(path, method="DELETE").json()["error"]["message"]
    stored.update(membershipRule=None, onPremisesSyncEnabled=True)
    assert "on-premises mastered" in lone.graph(path, method="DELETE").json()["error"]["message"]
    stored["onPremisesSyncEnabled"] = None
    lone.tenant.permissions.discard("RoleManagement.ReadWrite.Directory")
    assert delete(lone, path) == 403
    lone.tenant.permissions.add("RoleManagement.ReadWrite.Directory")
    assert (delete(lone, path), delete(lone, path)) == (204, 404)


def test_role_groups_and_direct_exchange_roles_are_taken_and_given_back(own):
    state = own.tenant.state
    own.rows("New-ManagementRoleAssignment", Role="Mail Recipients", User=ISAIAH)
    name = "Mail Recipients-isaiah.langer"
    assert own.rows("Get-ManagementRoleAssignment", RoleAssignee=ISAIAH)[0]["Name"] == name
    assert own.invoke("New-ManagementRoleAssignment", Role="Mail Recipients", User=ISAIAH).status_code == 400
    own.rows("Remove-ManagementRoleAssignment", Identity=name, Confirm=False)
    assert own.invoke("Remove-ManagementRoleAssignment", Identity=name).status_code == 404
    group = {"Identity": "Organization Management", "Member": ADELE}
    own.rows("Remove-RoleGroupMember", **group, Confirm=False)
    assert own.invoke("Remove-RoleGroupMember", **group).status_code == 404
    own.rows("Add-RoleGroupMember", **group)
    assert state.audit_records[-1]["Operation"] == "Add-RoleGroupMember"


# --- sign-in methods, grants, apps --------------------------------------------------------------------------


def test_the_default_method_is_refused_in_two_ways_of_saying_it(mighty):
    path = f"{USER}/authentication"
    app, rogue = (item["id"] for item in mighty.values(f"{path}/microsoftAuthenticatorMethods"))
    phone = mighty.values(f"{path}/phoneMethods")[1]["id"]
    assert delete(mighty, f"{path}/microsoftAuthenticatorMethods/{rogue}") == 204
    refused = mighty.graph(f"{path}/microsoftAuthenticatorMethods/{app}", method="DELETE")
    assert refused.json()["error"]["message"].startswith("Cannot delete default method with other methods")
    sms = {"userPreferredMethodForSecondaryAuthentication": "sms"}
    assert patch(mighty, f"{path}/signInPreferences", sms, version="beta").status_code == 200
    assert delete(mighty, f"{path}/phoneMethods/{phone}") == 204
    last = mighty.values(f"{path}/phoneMethods")[0]["id"]
    refused = mighty.graph(f"{path}/phoneMethods/{last}", method="DELETE")
    assert "matches the user's current default authentication method" in refused.json()["error"]["message"]
    assert mighty.code(f"{path}/methods/{app}", method="DELETE")[0] == 405
    unknown = {"userPreferredMethodForSecondaryAuthentication": "oath"}
    assert patch(mighty, f"{path}/signInPreferences", unknown, version="beta").status_code == 400


def test_what_is_registered_follows_the_methods(own):
    path = f"/users/{ISAIAH}/authentication"
    report = f"/reports/authenticationMethods/userRegistrationDetails/{person_id(own, ISAIAH)}"
    for phone in own.values(f"{path}/phoneMethods"):
        assert delete(own, f"{path}/phoneMethods/{phone['id']}") == 204
    assert own.graph(report).json()["methodsRegistered"] == ["microsoftAuthenticatorPush"]
    email = {"emailAddress": "isaiah@home.example"}
    assert post(own, f"{path}/emailMethods", email).status_code == 201
    assert own.graph(report).json()["methodsRegistered"] == ["microsoftAuthenticatorPush", "email"]
    made = post(own, f"{path}/temporaryAccessPassMethods", {"lifetimeInMinutes": 60}).json()
    assert len(made["temporaryAccessPass"]) == 8
    seen = own.graph(f"{path}/temporaryAccessPassMethods/{made['id']}").json()
    assert seen["temporaryAccessPass"] is None


def test_an_app_is_not_assigned_twice_and_belongs_to_one_holder(own):
    item = own.values(f"{USER}/appRoleAssignments")[0]
    again = {name: item[name] for name in ("principalId", "resourceId", "appRoleId")}
    assert post(own, f"{USER}/appRoleAssignments", again).status_code == 400
    assert delete(own, f"/users/{ISAIAH}/appRoleAssignments/{item['id']}") == 404
    app = own.tenant.state.service_principals[item["resourceId"]]
    graph = next(
        one for one in own.tenant.state.service_principals.values() if one["displayName"] == "Microsoft Graph"
    )
    wanted = {"principalId": app["id"], "resourceId": graph["id"], "appRoleId": "mail-send"}
    path = f"/servicePrincipals/{app['id']}/appRoleAssignments"
    made = post(own, path, wanted).json()
    assert own.graph(f"{path}/{made['id']}").json()["principalType"] == "ServicePrincipal"
    assert (delete(own, f"{path}/{made['id']}"), delete(own, f"{path}/{made['id']}")) == (204, 404)


# --- the mailbox --------------------------------------------------------------------------------------------


def test_a_rule_can_be_named_in_each_way(own):
    number = next(item.number for item in own.tenant.state.mailboxes[ADELE].rules if item.name == "..")
    for identity in (f"adele.vance\\{number}", f"{ADELE}\\{number}", str(number), number, ".."):
        assert own.rows("Get-InboxRule", Mailbox=ADELE, Identity=identity)[0]["Name"] == "..", identity
    assert own.rows("Get-InboxRule", Identity=f"adele.vance\\{number}")[0]["RuleIdentity"] == number
    wrong: list[dict[str, Any]] = [
        {"Identity": f"isaiah.langer\\{number}", "Mailbox": ADELE},
        {"Identity": str(number), "Mailbox": ISAIAH},
        {"Identity": str(number)},
        {"Identity": "adele.vance\\"},
    ]
    for parameters in wrong:
        assert own.invoke("Disable-InboxRule", **parameters).status_code == 404, parameters


def test_a_name_that_two_rules_have_is_refused(own):
    rules = own.tenant.state.mailboxes[ADELE].rules
    rules[-1].name = rules[-2].name = "Twice"
    reply = own.invoke("Disable-InboxRule", Identity="Twice", Mailbox=ADELE)
    assert reply.status_code == 400
    assert "multiple rules" in reply.json()["error"]["details"][0]["message"]


def test_a_rule_changed_by_cmdlet_costs_the_rules_that_outlook_keeps_and_graph_does_not(lone):
    box, path = lone.tenant.state.mailboxes[NESTOR], f"/users/{NESTOR}/mailFolders/inbox/messageRules"
    pager = next(item for item in lone.values(path) if item["displayName"] == "Pager sound")
    assert pager["isReadOnly"]
    assert patch(lone, f"{path}/{pager['id']}", {"isEnabled": False}).status_code == 400
    rogue = next(item for item in lone.values(path) if item["displayName"] == "..")
    assert patch(lone, f"{path}/{rogue['id']}", {"isEnabled": False}).status_code == 200
    assert any(rule.client_side for rule in box.rules)
    lone.rows("Enable-InboxRule", Identity="..", Mailbox=NESTOR, Force=True, Confirm=False)
    assert not any(rule.client_side for rule in box.rules)
    assert lone.graph(f"{path}/{pager['id']}").status_code == 404


def test_what_changes_nothing_is_done_with_a_warning(own):
    off = {"Identity": ADELE, "ForwardingAddress": None, "ForwardingSmtpAddress": None}
    assert "@adminapi.warnings" not in own.invoke("Set-Mailbox", **off).json()
    again = own.invoke("Set-Mailbox", **off).json()["@adminapi.warnings"]
    assert "completed successfully but no settings of" in again[0]
    sweep = {"Identity": "sweep1", "Mailbox": ADELE}
    assert own.rows("Get-SweepRule", **sweep)[0]["Enabled"] is True
    own.rows("Disable-SweepRule", **sweep)
    assert own.rows("Get-SweepRule", **sweep)[0]["Enabled"] is False
    assert "@adminapi.warnings" in own.invoke("Disable-SweepRule", **sweep).json()
    assert own.invoke("Get-SweepRule", Identity="sweep9", Mailbox=ADELE).status_code == 404


def test_forwarding_goes_only_to_somebody_who_exists(own):
    assert own.invoke("Set-Mailbox", Identity=ADELE, ForwardingAddress="nobody").status_code == 404
    own.rows("Set-Mailbox", Identity=ADELE, ForwardingAddress="archive@mailbox-relay.example")
    assert own.rows("Get-Mailbox", Identity=ADELE)[0]["ForwardingAddress"] == "Accounts Archive"
    own.rows("Set-Mailbox", Identity=ADELE, ForwardingSmtpAddress="a@b.example")
    assert own.rows("Get-Mailbox", Identity=ADELE)[0]["ForwardingSmtpAddress"] == "smtp:a@b.example"


def test_an_address_is_unblocked_only_so_often(own):
    state = own.tenant.state
    blocked = state.blocked_senders[0]
    unblock = {"SenderAddress": ADELE, "Reason": "contained"}
    for _ in range(state.unblocks_allowed):
        assert own.rows("Remove-BlockedSenderAddress", **unblock) == []
        assert own.rows("Get-BlockedSenderAddress", SenderAddress=ADELE) == []
        state.blocked_senders.append(blocked)
    refused = own.invoke("Remove-BlockedSenderAddress", **unblock)
    assert refused.status_code == 400
    assert "Microsoft support" in refused.json()["error"]["details"][0]["message"]
    assert own.rows("Get-BlockedSenderAddress", SenderAddress=ADELE)


def test_a_blocked_telephone_shows_it(own):
    device = own.rows("Get-MobileDevice", Mailbox=ADELE)[-1]
    block = {**TABLE, "add": [device["DeviceId"]]}
    own.rows("Set-CASMailbox", Identity=ADELE, ActiveSyncBlockedDeviceIDs=block)
    seen = own.rows("Get-MobileDevice", Identity=device["Identity"])[0]
    assert (seen["DeviceAccessState"], seen["DeviceAccessStateReason"]) == ("Blocked", "Individual")
    assert own.rows("Get-CASMailbox", Identity=ADELE)[0]["ActiveSyncBlockedDeviceIDs"] == [device["DeviceId"]]
    assert (
        "@adminapi.warnings"
        in own.invoke("Set-CASMailbox", Identity=ADELE, ActiveSyncBlockedDeviceIDs=block).json()
    )
    let = {**TABLE, "remove": device["DeviceId"].lower()}
    own.rows("Set-CASMailbox", Identity=ADELE, ActiveSyncBlockedDeviceIDs=let)
    assert own.rows("Get-MobileDevice", Mailbox=ADELE)[-1]["DeviceAccessState"] == "Allowed"
    assert own.invoke("Get-MobileDevice", Identity="nothing").status_code == 404


def test_rights_on_a_mailbox_are_taken_right_by_right(own):
    both = {"Identity": ADELE, "User": ISAIAH, "AccessRights": ["FullAccess", "ReadPermission"]}
    own.rows("Add-MailboxPermission", **both, AutoMapping=False)
    own.rows("Remove-MailboxPermission", Identity=ADELE, User=ISAIAH, AccessRights=["FullAccess"])
    seen = own.rows("Get-MailboxPermission", Identity=ADELE, User=ISAIAH)
    assert seen[0]["AccessRights"] == ["ReadPermission"]
    own.rows(
        "Remove-MailboxPermission", Identity=ADELE, User="isaiah.langer", AccessRights=["ReadPermission"]
    )
    assert own.rows("Get-MailboxPermission", Identity=ADELE, User=ISAIAH) == []
    nobody = {"Identity": ADELE, "User": "nobody", "AccessRights": ["FullAccess"]}
    assert own.invoke("Add-MailboxPermission", **nobody).status_code == 404
    own.rows("Set-Mailbox", Identity=ADELE, GrantSendOnBehalfTo={**TABLE, "remove": [DIEGO], "add": [ISAIAH]})
    assert own.rows("Get-Mailbox", Identity=ADELE)[0]["GrantSendOnBehalfTo"] == [
        own.tenant.state.mailboxes[ISAIAH].properties["ExternalDirectoryObjectId"]
    ]
    folder = {"Identity": f"{ADELE}:\\Calendar", "User": "lidia.holloway@contoso.example"}
    own.rows("Remove-MailboxFolderPermission", **folder, Confirm=False)
    assert own.invoke("Remove-MailboxFolderPermission", **folder).status_code == 404
    assert own.rows("Get-RecipientPermission", Identity=ADELE, Trustee=DIEGO)[0]["AccessRights"] == ["SendAs"]


def test_a_role_without_a_cmdlet_leaves_everything_as_it_was(own):
    own.tenant.exchange_cmdlets -= {"Set-Mailbox"}
    before = own.rows("Get-Mailbox", Identity=ADELE)
    with pytest.raises(Exception, match="incorrect header check"):
        own.invoke("Set-Mailbox", Identity=ADELE, ForwardingSmtpAddress=None)
    assert own.rows("Get-Mailbox", Identity=ADELE) == before
