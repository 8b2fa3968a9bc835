"""The tenant keeps to the contract's table: it serves that, refuses the rest, makes nothing up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest

from graph import contract
from graph.contract import Endpoint, Value, Version
from sandbox.scenarios.state import parse_time
from sandbox.tenant.enforcing import filterable, fits
from sandbox.tenant.server import ROUTES
from tests.each import each
from tests.sandbox.tenant.conftest import ADELE, ADVANCED, Client

READS = [row for row in contract.endpoints() if row.method == "GET"]
CASES = [(version, row) for row in READS for version in row.versions]


def name(case: tuple[str, Endpoint]) -> str:
    return f"{case[0]}{case[1].path}"


def test_the_tenant_serves_every_row_and_nothing_else() -> None:
    served = [(route.method, route.path) for route in ROUTES]
    assert len(served) == len(set(served))
    assert set(served) == {(row.method, row.path) for row in contract.endpoints()}


def address(client: Client, row: Endpoint) -> str:
    """A path under the row that leads to something of the taken-over account."""
    state = client.tenant.state
    user = state.user(ADELE)
    assert user is not None
    mailbox = state.mailboxes[ADELE]
    places = {
        "user-id": user["id"],
        "mailFolder-id": "inbox",
        "message-id": mailbox.messages[0]["id"],
        "messageRule-id": next((rule.id for rule in mailbox.rules if not rule.hidden), "none"),
        "riskyUser-id": user["id"],
        "userRegistrationDetails-id": user["id"],
        "device-id": state.devices[0]["id"],
        "group-id": next(iter(state.groups)),
        "domain-id": "fabrikam.example",
        "servicePrincipal-id": next(iter(state.service_principals)),
        "appId": next(iter(state.service_principals.values()))["appId"],
        "oAuth2PermissionGrant-id": state.oauth_grants[0]["id"],
        "unifiedRoleAssignment-id": state.role_assignments[0]["id"],
        "unifiedRoleDefinition-id": next(iter(state.role_definitions)),
        "exchangeMessageTrace-id": state.message_traces[0]["id"],
        "recipientAddress": state.message_traces[0]["recipientAddress"],
    }
    for method in state.authentication_methods[user["id"]]:
        places.setdefault(method["@odata.type"].rpartition(".")[2] + "-id", method["id"])
    return re.sub(r"\{([^}]+)\}", lambda place: str(places.get(place[1], "none")), row.path)


def options(row: Endpoint) -> dict[str, Any]:
    filtered = {"filter": f"{next(iter(row.filter))} eq 'none'"} if "$filter" in row.required else {}
    return {**filtered, **(ADVANCED if row.eventual else {})}


@pytest.mark.parametrize("case", CASES, ids=name)
def test_an_answer_holds_only_fields_of_its_type_and_version_and_only_values_of_their_kind(
    shared: Client, case: tuple[Version, Endpoint]
) -> None:
    version, row = case
    reply = shared.graph(address(shared, row), version=version, **options(row))
    assert reply.status_code in {200, 404}, reply.text
    if reply.status_code == 404:
        return
    body = reply.json()
    items = body["value"] if row.many else [body]
    assert [wrong for item in items for wrong in strange(item, row.answers, version)] == []


def strange(item: dict[str, Any], kind: str, version: Version) -> Iterator[str]:
    """Everything in an object that its type does not know in this version, or knows as something else."""
    kind = str(item.get("@odata.type", f"#microsoft.graph.{kind}")).removeprefix("#microsoft.graph.")
    if kind not in contract.types():
        yield f"{kind} is no type"
        return
    fields = {**contract.fields_of(kind, version), **contract.types()[kind].undeclared}
    for field, value in item.items():
        if "@" in field:
            continue
        if field not in fields:
            yield f"{kind} has no {field}"
        else:
            yield from ill_formed(f"{kind}.{field}", value, fields[field], version)


def ill_formed(where: str, value: Any, wanted: Value, version: Version) -> Iterator[str]:
    if wanted.many:
        if not isinstance(value, list):
            yield f"{where} is no list: {value!r}"
            return
        for item in value:
            yield from ill_formed(where, item, Value(type=wanted.type, nullable=True), version)
    elif value is None:
        if not wanted.nullable:
            yield f"{where} is null"
    elif wanted.type in contract.types():
        described = contract.types()[wanted.type]
        if described.values:
            if value not in described.values:
                yield f"{where} is {value!r}"
        elif not isinstance(value, dict):
            yield f"{where} is no object: {value!r}"
        elif described.fields or described.only or described.base:
            yield from strange(value, wanted.type, version)
    elif wanted.type == "DateTimeOffset":
        parse_time(value)
    elif not fits(value, wanted):
        yield f"{where} is no {wanted.type}: {value!r}"


@pytest.mark.parametrize("case", CASES, ids=name)
def test_an_unknown_option_and_an_unknown_property_are_refused(
    shared: Client, case: tuple[Version, Endpoint]
) -> None:
    version, row = case
    path = address(shared, row)
    more = options(row)
    wrong = shared.graph(path, version=version, **{**more, "wrong": "1"})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (400, "BadRequest")
    for option, text in (("select", "shoeSize"), ("expand", "shoes"), ("filter", "shoeSize eq '1'")):
        reply = shared.graph(path, version=version, **{**more, option: text})
        assert reply.status_code == 400, (option, reply.text)
        if f"${option}" not in row.options:
            assert f"The query parameter '${option}' is not supported" in reply.text
    if "$orderby" in row.options:
        assert shared.graph(path, version=version, **{**more, "orderby": "shoeSize"}).status_code == 400
    if row.largest_page is not None:
        too_many = str(row.largest_page + 1)
        assert shared.graph(path, version=version, **{**more, "top": too_many}).status_code == 400


@pytest.mark.parametrize("row", [row for row in READS if row.eventual], ids=lambda row: row.path)
def test_an_advanced_query_without_its_header_or_count_is_refused(shared: Client, row: Endpoint) -> None:
    given: dict[str, Any] = {} if contract.ANY in row.eventual else {"filter": "id eq 'x'"}
    halves: tuple[dict[str, Any], ...] = ({}, {"headers": ADVANCED["headers"]}, {"count": "true"})
    for half in each(halves):
        reply = shared.graph(address(shared, row), version=row.versions[0], **half, **given)
        assert reply.status_code == row.not_eventual, half
        assert reply.json()["error"]["code"] == "Request_UnsupportedQuery"


@pytest.mark.parametrize("row", contract.endpoints(), ids=lambda row: f"{row.method} {row.path}")
def test_each_alternative_of_permissions_will_do_and_none_will_not(own_shared: Client, row: Endpoint) -> None:
    permissions = own_shared.tenant.permissions
    held = set(permissions)
    path, version = address(own_shared, row), row.versions[0]

    def refused() -> bool:
        body = None if row.method in {"GET", "DELETE"} else {"@odata.type": "nothing"}
        reply = own_shared.graph(path, row.method, version, body=body, **options(row))
        return reply.status_code == 403 and "Required scopes" in reply.text

    try:
        for alternative in row.permissions:
            permissions.clear()
            permissions.update(alternative)
            assert not refused(), alternative
        permissions.clear()
        assert refused()
    finally:
        permissions.update(held)


def test_a_method_that_the_path_does_not_have_and_a_version_that_does_not_have_the_path_are_refused(
    shared: Client,
) -> None:
    assert shared.graph("/users", method="PUT", body={}).status_code == 405
    for row in contract.endpoints():
        for version in set(get_args(Version)) - set(row.versions):
            other = contract.endpoint_for(version, row.method, row.path)
            if other is None and row.method == "GET":
                reply = shared.graph(address(shared, row), version=version)
                assert reply.status_code in {400, 405}, row.path


def test_what_the_other_version_alone_has_is_no_filter_here(shared: Client) -> None:
    row = contract.endpoint_for("v1.0", "GET", "/auditLogs/signIns")
    assert row is not None
    assert "signInEventTypes/any()" in set(filterable(row, "beta")) - set(filterable(row, "v1.0"))
    kind = "signInEventTypes/any(t: t eq 'interactiveUser')"
    assert shared.graph("/auditLogs/signIns", filter=kind).status_code == 400
    assert shared.graph("/auditLogs/signIns", version="beta", filter=kind).status_code == 200


def test_a_device_is_switched_off_only_with_a_role_that_reaches_devices(own: Client) -> None:
    path = f"/devices/{own.tenant.state.devices[0]['id']}"
    body = {"accountEnabled": False}
    own.tenant.directory_roles.discard("Cloud Device Administrator")
    assert own.code(path, method="PATCH", body=body) == (403, "Authorization_RequestDenied")
    own.tenant.directory_roles.add("Cloud Device Administrator")
    assert own.graph(path, method="PATCH", body=body).status_code == 204


def test_the_roles_of_the_application_are_told_to_who_asks_for_them(shared: Client) -> None:
    own = shared.graph(f"/servicePrincipals(appId='{shared.tenant.client_id}')").json()["id"]
    path = "/roleManagement/directory/roleAssignments"
    held = shared.values(path, filter=f"principalId eq '{own}'", expand="roleDefinition")
    assert {one["roleDefinition"]["displayName"] for one in held} == shared.tenant.directory_roles


def test_who_may_not_read_devices_gets_their_ids_and_nulls(own: Client) -> None:
    own.tenant.permissions.clear()
    own.tenant.permissions.add("User.Read.All")
    devices = own.values(f"/users/{ADELE}/registeredDevices/microsoft.graph.device")
    assert devices
    for device in devices:
        assert {name for name, value in device.items() if value is not None} == {"@odata.type", "id"}
    own.tenant.permissions.add("Device.Read.All")
    assert own.values(f"/users/{ADELE}/registeredDevices/microsoft.graph.device")[0]["displayName"]


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        (f"/users/{ADELE}", {"shoeSize": 43}, "'shoeSize' does not exist"),
        (f"/users/{ADELE}", {"accountEnabled": "no"}, "accountEnabled"),
        (f"/users/{ADELE}", {"otherMails": "a@b.example"}, "otherMails"),
        (f"/users/{ADELE}/mailboxSettings", {"autoReply": {}}, "'autoReply' does not exist"),
        (f"/users/{ADELE}", {"id": "00aa11bb-2233-4455-6677-8899aabbccdd"}, "'id' is read-only"),
        (f"/users/{ADELE}", {"businessPhones": ["+1 425 555 0109", "+1 425 555 0110"]}, "'businessPhones'"),
    ],
)
def test_a_body_that_the_type_does_not_know_is_refused(
    shared: Client, path: str, body: dict[str, Any], told: str
) -> None:
    reply = shared.graph(path, method="PATCH", body=body)
    assert reply.status_code == 400
    assert told in reply.json()["error"]["message"]


def test_users_that_are_filtered_are_sorted_by_an_advanced_query_alone(shared: Client) -> None:
    asked: dict[str, Any] = {"filter": "accountEnabled eq true", "orderby": "displayName"}
    reply = shared.graph("/users", **asked)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "Request_UnsupportedQuery")
    assert reply.json()["error"]["message"] == "Sorting not supported for current query."
    assert shared.graph("/users", **asked, **ADVANCED).status_code == 200
    assert shared.graph("/users", orderby="displayName").status_code == 200


def test_a_page_of_risky_users_holds_no_more_than_500(shared: Client) -> None:
    assert shared.graph("/identityProtection/riskyUsers", top="501").status_code == 400
    assert shared.graph("/identityProtection/riskyUsers", top="500").status_code == 200


def test_a_time_in_quotes_is_no_time(shared: Client) -> None:
    """As Microsoft's OData library says it."""
    reply = shared.graph("/auditLogs/signIns", filter="createdDateTime ge '2026-06-01T00:00:00Z'")
    assert reply.status_code == 400
    assert "'Edm.DateTimeOffset' and 'Edm.String'" in reply.json()["error"]["message"]
    plain = shared.graph("/auditLogs/signIns", filter="createdDateTime ge 2026-06-01T00:00:00Z")
    assert plain.status_code == 200


@pytest.mark.parametrize(("kind", "status"), [("exchangeAdmin", 201), ("ExchangeAdmin", 201), ("Chess", 400)])
def test_a_search_names_only_record_types_that_there_are(own: Client, kind: str, status: int) -> None:
    body = {
        "filterStartDateTime": "2026-06-01T00:00:00Z",
        "filterEndDateTime": "2026-06-02T00:00:00Z",
        "recordTypeFilters": [kind],
    }
    assert own.graph("/security/auditLog/queries", method="POST", body=body).status_code == status
