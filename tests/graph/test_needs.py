"""What a refused request needs is read from its row of the contract, in the words in which it is granted."""

from __future__ import annotations

from typing import Any

import pytest

from graph import needs
from graph.errors import NoLicense, NoPermission, NotFound
from graph.needs import of_source, of_writes, to_see_all, to_send
from graph.parts.reading import lacking, needed_for, needing
from graph.request import Cmdlet, Request

USER = "/users/adele@contoso.example"
AUDIT = "/security/auditLog/queries"
ROLES = "/roleManagement/directory"


@pytest.mark.parametrize(
    ("method", "path", "needs"),
    [
        # Not the least that Microsoft lists, but what the bot asks for.
        ("POST", AUDIT, "AuditLogsQuery.Read.All"),
        ("GET", f"{AUDIT}/1", "AuditLogsQuery.Read.All"),
        ("GET", f"{AUDIT}/1/records", "AuditLogsQuery.Read.All"),
        ("GET", USER, "User.Read.All"),
        ("GET", f"{ROLES}/roleAssignmentScheduleInstances", "RoleManagement.Read.Directory"),
        ("GET", f"{ROLES}/roleEligibilityScheduleInstances", "RoleManagement.Read.Directory"),
        ("GET", f"{USER}/transitiveMemberOf/microsoft.graph.group", "GroupMember.Read.All"),
        ("DELETE", f"{USER}/authentication/phoneMethods/1", "UserAuthenticationMethod.ReadWrite.All"),
        # The least.
        ("GET", "/auditLogs/directoryAudits", "AuditLog.Read.All"),
        ("GET", f"{USER}/appRoleAssignments", "Directory.Read.All"),
        ("POST", f"{USER}/revokeSignInSessions", "User.RevokeSessions.All"),
    ],
)
def test_a_request_needs_what_its_row_names(method: Any, path: str, needs: str) -> None:
    assert to_send(Request(method, path)) == (needs,)


@pytest.mark.parametrize(
    ("body", "needs"),
    [
        ({"displayName": "A"}, ("User.ReadWrite.All",)),
        ({"mobilePhone": None}, ("User-Phone.ReadWrite.All",)),
        # What writes the one writes the other too.
        ({"displayName": "A", "mobilePhone": None}, ("User.ReadWrite.All",)),
        ({"mobilePhone": None, "otherMails": []}, ("User-Mail.ReadWrite.All", "User-Phone.ReadWrite.All")),
        ({"accountEnabled": False}, ("User.EnableDisableAccount.All", "User.Read.All")),
        ({"passwordProfile": {}}, ("User-PasswordProfile.ReadWrite.All", "the role User Administrator")),
        ({"@odata.type": "#microsoft.graph.user", "mobilePhone": ""}, ("User-Phone.ReadWrite.All",)),
    ],
)
def test_a_write_needs_what_its_properties_need(body: dict[str, Any], needs: tuple[str, ...]) -> None:
    assert to_send(Request("PATCH", USER, body=body)) == needs


def test_choosing_a_body_or_searching_needs_more_than_listing() -> None:
    path = f"{USER}/mailFolders/inbox/messages"
    assert to_send(Request("GET", path, {"$select": "id,subject"})) == ("Mail.ReadBasic.All",)
    assert to_send(Request("GET", path, {"$select": "id,body"})) == ("Mail.Read",)
    assert to_send(Request("GET", path, {"$select": "id", "$search": '"x"'})) == ("Mail.Read",)


def test_what_comes_only_limited_names_what_would_bring_the_rest() -> None:
    devices = Request("GET", f"{USER}/registeredDevices")
    assert (to_send(devices), to_see_all(devices)) == (("User.Read.All",), ("Device.Read.All",))
    assert to_see_all(Request("GET", USER)) == ()


def test_a_cmdlet_needs_to_be_let_in_and_a_role_of_its_service() -> None:
    assert to_send(Cmdlet("Get-Mailbox")) == ("Exchange.ManageAsApp", "an Exchange role with Get-Mailbox")
    purview = Cmdlet("Get-RoleGroup", compliance=True)
    assert to_send(purview) == ("Exchange.ManageAsApp", "a Purview role with Get-RoleGroup")


def test_where_graph_is_asked_first_exchange_is_no_need_of_the_source() -> None:
    graph, exchange = Request("GET", "/auditLogs/signIns"), Cmdlet("Get-Mailbox")
    role = "an Exchange role with Get-Mailbox"
    assert of_source((graph, exchange)) == ("AuditLog.Read.All", role)
    assert of_source((exchange, graph)) == ("Exchange.ManageAsApp", role, "AuditLog.Read.All")
    assert of_writes((graph, exchange)) == ("AuditLog.Read.All", "Exchange.ManageAsApp", role)


def test_a_request_that_the_contract_does_not_know_names_nothing() -> None:
    assert to_send(Request("GET", "/nowhere")) == ()


@pytest.mark.parametrize("service", ["Exchange", "Purview"])
def test_a_role_that_holds_a_cmdlet_is_read_back(service: str) -> None:
    need = needs.role_with(service, "Get-Mailbox")
    assert needs.cmdlet_of(need) == (service, "Get-Mailbox")
    assert needs.role_of(need) == ""


@pytest.mark.parametrize(
    ("gap", "need"),
    [
        (needing("the names of 3 groups", "Group.Read.All"), "Group.Read.All"),
        (
            lacking("which method is the default", NoPermission("No.", needs="Reports.Read.All")),
            "Reports.Read.All",
        ),
        (lacking("risks", NoLicense("No.", needs="AAD_PREMIUM_P2")), "AAD_PREMIUM_P2"),
        (lacking("the folder Inbox", NotFound("It is gone.")), ""),
        # A name in it says nothing.
        ("the members of Team (needs Mail.Read) could not be read", ""),
    ],
)
def test_a_gap_tells_which_need_it_names(gap: str, need: str) -> None:
    assert needed_for(gap) == need
