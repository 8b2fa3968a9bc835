"""What an administrator registers in the tenant signs in, and holds what it was given and no more."""

from __future__ import annotations

import base64
from typing import Any

import msal
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from sandbox.tenant.device_code import EXCHANGE_TOOLS, GRANT, GRAPH_TOOLS
from tests.sandbox.tenant.conftest import SCOPES, Client
from tests.sandbox.tenant.test_login import PlainHttp, certificate

ADMINISTRATOR = "nestor.wilke@contoso.example"
SECURITY = "alex.wilber@contoso.example"
EVERYTHING = (
    "Application.ReadWrite.All AppRoleAssignment.ReadWrite.All RoleManagement.ReadWrite.Directory User.Read"
)
USER_READ_ALL = "df021288-bdef-4463-88db-98f22de89214"
MANAGE_AS_APP = "dc50a0fb-09a3-484d-be87-e023b12c6440"
GRAPH = "00000003-0000-0000-c000-000000000000"
EXCHANGE = "00000002-0000-0ff1-ce00-000000000000"
GLOBAL_READER = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"


class Caller:
    """Who holds a token, speaking plain HTTP."""

    def __init__(self, client: Client, token: str) -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {token}"}

    def graph(self, path: str, method: str = "GET", body: Any = None) -> requests.Response:
        url = f"{self.client.tenant.graph_url}/v1.0{path}"
        return requests.request(method, url, json=body, headers=self.headers, timeout=60)

    def run(self, cmdlet: str, **parameters: Any) -> requests.Response:
        tenant = self.client.tenant
        return requests.post(
            f"{tenant.exchange_url}/adminapi/beta/{tenant.tenant_id}/InvokeCommand",
            json={"CmdletInput": {"CmdletName": cmdlet, "Parameters": parameters}},
            headers={**self.headers, "X-AnchorMailbox": f"UPN:{ADMINISTRATOR}"},
            timeout=60,
            stream=True,  # the body of a refusal only claims to be compressed
        )


class Person(Caller):
    """Somebody who signed in by device code."""

    def __init__(self, client: Client, user: str, scope: str, tools: str = GRAPH_TOOLS) -> None:
        base = f"{client.tenant.login_url}/organizations/oauth2/v2.0"
        asked = {"client_id": tools, "scope": scope}
        flow = requests.post(f"{base}/devicecode", data=asked, timeout=60).json()
        form = {"grant_type": GRANT, "client_id": tools, "device_code": flow["device_code"]}
        assert requests.post(f"{base}/token", data=form, timeout=60).json()["error_codes"] == [70016]
        client.tenant.enter_code(flow["user_code"], user)
        self.answer = requests.post(f"{base}/token", data=form, timeout=60).json()
        super().__init__(client, self.answer.get("access_token", ""))


@pytest.fixture
def graph(own: Client) -> Person:
    return Person(own, ADMINISTRATOR, EVERYTHING)


@pytest.fixture
def exchange(own: Client) -> Person:
    return Person(own, ADMINISTRATOR, SCOPES["exchange"], EXCHANGE_TOOLS)


def registered(graph: Person, public: str) -> tuple[dict[str, Any], dict[str, Any]]:
    der = x509.load_pem_x509_certificate(public.encode()).public_bytes(serialization.Encoding.DER)
    key = {"type": "AsymmetricX509Cert", "usage": "Verify", "key": base64.b64encode(der).decode()}
    body = {"displayName": "ours", "tags": ["ours"], "keyCredentials": [key]}
    application = graph.graph("/applications", "POST", body)
    assert application.status_code == 201, application.text
    principal = graph.graph("/servicePrincipals", "POST", {"appId": application.json()["appId"]})
    assert principal.status_code == 201, principal.text
    return application.json(), principal.json()


def assign(graph: Person, principal: dict[str, Any], resource: str, role: str) -> requests.Response:
    resource_id = graph.graph(f"/servicePrincipals(appId='{resource}')").json()["id"]
    body = {"principalId": principal["id"], "resourceId": resource_id, "appRoleId": role}
    return graph.graph(f"/servicePrincipals/{principal['id']}/appRoleAssignments", "POST", body)


def signed_in(
    client: Client, app_id: str, private: str, public: str, service: str = "graph"
) -> dict[str, Any]:
    with PlainHttp() as http:
        app = msal.ConfidentialClientApplication(
            app_id,
            authority=f"{client.tenant.login_url.replace('http://', 'https://')}/{client.tenant.tenant_id}",
            client_credential={"private_key": private, "public_certificate": public},
            instance_discovery=False,
            http_client=http,
        )
        result: dict[str, Any] = app.acquire_token_for_client(scopes=[SCOPES[service]])
    return result


def as_app(client: Client, token: str, path: str) -> int:
    url = f"{client.tenant.graph_url}/v1.0{path}"
    return requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=60).status_code


def test_an_application_reads_what_it_was_given_and_nothing_else(own: Client, graph: Person) -> None:
    private, public = certificate()
    application, principal = registered(graph, public)
    held = signed_in(own, application["appId"], private, public)
    assert as_app(own, held["access_token"], "/users") == 403
    assert assign(graph, principal, GRAPH, USER_READ_ALL).status_code == 201
    assert assign(graph, principal, GRAPH, USER_READ_ALL).status_code == 400, "not twice"
    assert as_app(own, held["access_token"], "/users") == 200
    assert as_app(own, held["access_token"], "/domains") == 403
    found = graph.graph("/applications?$filter=tags/any(t:t eq 'ours')").json()["value"]
    assert [one["appId"] for one in found] == [application["appId"]]
    assert [key["key"] for key in found[0]["keyCredentials"]] == [None]
    chosen = graph.graph(f"/applications/{application['id']}?$select=keyCredentials").json()
    assert base64.b64decode(chosen["keyCredentials"][0]["key"])
    assert graph.graph(f"/applications/{application['id']}", "DELETE").status_code == 204
    assert graph.graph(f"/servicePrincipals(appId='{application['appId']}')").status_code == 404
    again = signed_in(own, application["appId"], private, public)
    assert again["error_codes"] == [700016]


def test_another_certificate_does_not_sign_in(own: Client, graph: Person) -> None:
    application, _ = registered(graph, certificate()[1])
    assert signed_in(own, application["appId"], *certificate())["error_codes"] == [700027]


def test_exchange_lets_an_application_run_what_its_roles_hold(
    own: Client, graph: Person, exchange: Person
) -> None:
    private, public = certificate()
    application, principal = registered(graph, public)
    assign(graph, principal, EXCHANGE, MANAGE_AS_APP)
    names = {"AppId": application["appId"], "ObjectId": principal["id"], "DisplayName": "ours"}
    assert exchange.run("New-ServicePrincipal", **names).status_code == 200
    everything = exchange.run("Get-ServicePrincipal", Identity="nobody").json()["value"]
    assert [one["AppId"] for one in everything] == [application["appId"]], "what names nothing gives all"
    given = {"Name": "ours", "Parent": "User Options", "EnabledCmdlets": ["Get-InboxRule"]}
    assert exchange.run("New-ManagementRole", **given).status_code == 200
    entries = exchange.run("Get-ManagementRoleEntry", Identity="ours\\*").json()["value"]
    assert [one["Name"] for one in entries] == ["Get-InboxRule"]
    assert exchange.run("New-RoleGroup", Name="ours", Roles=["ours"]).status_code == 200
    assert exchange.run("Remove-ManagementRole", Identity="ours", Confirm=False).status_code == 400, "in use"
    assert exchange.run("Add-RoleGroupMember", Identity="ours", Member=principal["id"]).status_code == 200
    token = signed_in(own, application["appId"], private, public, "exchange")["access_token"]
    ours = Caller(own, token)
    assert ours.run("Get-InboxRule", Mailbox=ADMINISTRATOR).status_code == 200
    assert ours.run("Get-Mailbox", Identity=ADMINISTRATOR).status_code == 403
    body = {"principalId": principal["id"], "roleDefinitionId": GLOBAL_READER, "directoryScopeId": "/"}
    assert graph.graph("/roleManagement/directory/roleAssignments", "POST", body).status_code == 201
    assert ours.run("Get-Mailbox", Identity=ADMINISTRATOR).status_code == 200
    assert (
        ours.run("Set-Mailbox", Identity=ADMINISTRATOR, DeliverToMailboxAndForward=False).status_code == 403
    )


def test_names_that_are_taken_and_roles_that_no_one_may_make_are_refused(
    own: Client, exchange: Person
) -> None:
    assert exchange.run("New-RoleGroup", Name="Recipient Management").status_code == 400
    assert exchange.run("New-RoleGroup", Name="ours", Roles=["No Such Role"]).status_code == 404
    too_much = {"Name": "ours", "Parent": "User Options", "EnabledCmdlets": ["Set-Mailbox"]}
    assert exchange.run("New-ManagementRole", **too_much).status_code == 400
    own.tenant.state.hydrated = False
    refused = exchange.run("New-ManagementRole", Name="ours", Parent="User Options")
    assert "Enable-OrganizationCustomization" in refused.text


def test_who_is_no_administrator_gets_nothing_done(own: Client) -> None:
    assert Person(own, SECURITY, EVERYTHING).answer["error_codes"] == [90094]
    nobody = Person(own, SECURITY, SCOPES["exchange"], EXCHANGE_TOOLS)
    assert nobody.run("Get-RoleGroup").status_code == 403


def test_a_person_may_ask_only_what_was_consented_to_and_what_people_may_ask(own: Client) -> None:
    reads = Person(own, ADMINISTRATOR, "User.Read")
    assert reads.graph("/organization").status_code == 200
    assert reads.graph("/applications").status_code == 403
    assert reads.graph("/users").status_code == 403, "the product never asks it as a person"


def test_a_service_principal_of_nobodys_is_refused_and_microsofts_own_is_taken_in(graph: Person) -> None:
    assert graph.graph("/servicePrincipals", "POST", {"appId": USER_READ_ALL}).status_code == 400
    trace = {"appId": "8bd644d1-64a1-4d4b-ae52-2e0cbf64e373"}
    assert graph.graph("/servicePrincipals", "POST", trace).status_code == 201
    assert graph.graph("/servicePrincipals", "POST", trace).status_code == 409


def test_the_page_takes_a_code_as_a_person_does(own: Client) -> None:
    tenant = own.tenant
    base = f"{tenant.login_url}/organizations/oauth2/v2.0"
    asked = {"client_id": GRAPH_TOOLS, "scope": "User.Read"}
    flow = requests.post(f"{base}/devicecode", data=asked, timeout=60).json()
    page = requests.get(flow["verification_uri"], timeout=60).text
    assert f'<option value="{ADMINISTRATOR}">' in page
    form = {"code": flow["user_code"].lower(), "user": ADMINISTRATOR, "consent": "yes"}
    assert "You have signed in" in requests.post(flow["verification_uri"], data=form, timeout=60).text
    assert "not known" in requests.post(flow["verification_uri"], data=form, timeout=60).text
