"""The table of Microsoft's contract is sound in itself: every row has a source, every name leads to a row."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from pydantic import ValidationError

from graph import contract
from graph.contract import Cmdlet, Endpoint, Permission, Role, Type, Value
from tests.each import each

PRIMITIVE = frozenset(
    {"Binary", "Boolean", "Byte", "Date", "DateTimeOffset", "Double", "Duration", "Guid", "Int16", "Int32"}
    | {"Int64", "Single", "Stream", "String", "TimeOfDay", "Untyped"}
)
"""OData's own types."""


@pytest.mark.parametrize("kind", [Endpoint, Type, Cmdlet, Permission, Role])
@pytest.mark.parametrize("lacking", ["source", "read"])
def test_a_row_without_a_source_or_a_day_is_refused(kind, lacking):
    whole = {
        "source": "DOC user-get",
        "read": "2026-11-28",
        "name": "user",
        "path": "/users",
        "method": "GET",
        "versions": ["v1.0"],
        "permissions": [],
        "parameters": {},
        "included_in": [],
        "id": "62e90394-69f5-4237-9190-012177145e10",
    }
    row = {name: value for name, value in whole.items() if name in kind.model_fields}
    kind(**row)
    with pytest.raises(ValidationError, match=lacking):
        kind(**{name: value for name, value in row.items() if name != lacking})


def test_every_source_begins_with_a_name_that_says_where_it_is_found():
    rows = [
        *contract.endpoints(),
        *contract.types().values(),
        *contract.cmdlets().values(),
        *contract.permissions().values(),
        *contract.roles().values(),
    ]
    for row in each(rows):
        for part in each(re.split(r";\s*", row.source)):
            assert part.split()[0].rstrip(",:") in contract.sources(), row


def test_no_endpoint_stands_on_the_table_of_permissions_alone():
    for row in each(contract.endpoints()):
        parts = {part.split()[0].rstrip(",:") for part in re.split(r";\s*", row.source)}
        assert parts & {"DOC", "CAPTURE"}, row.path


def test_a_list_has_its_pages_or_says_that_its_document_does_not():
    for row in each([row for row in contract.endpoints() if row.method == "GET"]):
        for name in each(["default_page", "largest_page"]):
            told = getattr(row, name) is not None
            assert told is (row.many and name not in row.not_documented), (row.path, name)


def test_no_request_falls_under_two_rows():
    seen = set()
    for row in each(contract.endpoints()):
        for version in each(row.versions):
            key = (version, row.method, re.sub(r"\{[^}]+\}", "{}", row.path.casefold()))
            assert key not in seen
            seen.add(key)


def test_every_type_that_is_named_is_described():
    known = PRIMITIVE | set(contract.types())
    for row in each(contract.endpoints()):
        assert {row.answers, row.sends} - {""} <= known, row.path
    for described in each(contract.types().values()):
        values = [*described.fields.values(), *(v for only in described.only.values() for v in only.values())]
        assert {value.type for value in values} <= known, described.name
        assert not described.base or described.base in known, described.name


def test_filters_orders_and_bodies_name_fields_of_the_type():
    for row in each(contract.endpoints()):
        fields = {name for version in row.versions for name in fields_of(row.answers, version)}
        for name in (*row.filter, *row.orderby, *row.default_fields):
            assert name.partition("/")[0] in fields, (row.path, name)
        kind = row.sends if row.method != "GET" else row.answers
        known = {name for version in row.versions for name in fields_of(kind, version)}
        assert set(row.properties) <= known, row.path


def fields_of(name: str, version: contract.Version) -> Mapping[str, Value]:
    return contract.fields_of(name, version) if name else {}


def test_what_needs_an_advanced_query_is_an_option_of_the_endpoint():
    for row in each(contract.endpoints()):
        assert row.eventual - {contract.ANY} <= row.options, row.path
        assert not row.eventual or "$count" in row.options, row.path


def test_the_row_with_the_most_fixed_text_is_meant():
    meant = contract.endpoint_for("v1.0", "POST", "/identityProtection/riskyUsers/dismiss")
    assert meant is not None
    assert meant.path == "/identityProtection/riskyUsers/dismiss"
    devices = contract.endpoint_for("v1.0", "GET", "/users/a/ownedDevices/microsoft.graph.device")
    assert devices is not None
    assert devices.answers == "device"
    assert contract.endpoint_for("v1.0", "PUT", "/users") is None


def test_a_value_is_written_as_its_type():
    fields = contract.fields_of("signIn", "v1.0")
    assert fields["status"] == Value(type="signInStatus", nullable=True)
    assert fields["id"] == Value(type="String")
    assert fields["riskEventTypes_v2"].many
    assert "authenticationProtocol" not in fields
    assert "authenticationProtocol" in contract.fields_of("signIn", "beta")


def test_a_cmdlet_that_answers_has_its_fields_or_says_where_they_were_looked_for():
    for name, row in each(contract.cmdlets().items()):
        answers = name.startswith(("Get-", "Search-"))
        assert answers is (bool(row.fields or row.only) or bool(row.fields_not_documented)), name
        assert not (row.fields and row.fields_not_documented), name
        assert not row.known_fields or row.fields_not_documented, name


DECIDING = {
    "Get-BlockedSenderAddress": {"SenderAddress"},
    "Get-CASMailbox": {"PopEnabled"},
    "Get-InboxRule": {
        "Enabled",
        "ForwardTo",
        "ForwardAsAttachmentTo",
        "RedirectTo",
        "MoveToFolder",
        "DeleteMessage",
    },
    "Get-Mailbox": {
        "DeliverToMailboxAndForward",
        "ForwardingAddress",
        "ForwardingSmtpAddress",
        "GrantSendOnBehalfTo",
    },
    "Get-MailboxAuditBypassAssociation": {"AuditBypassEnabled"},
    "Get-MailboxJunkEmailConfiguration": {"Enabled", "TrustedSendersAndDomains", "BlockedSendersAndDomains"},
    "Get-MailboxPermission": {"User", "AccessRights"},
    "Get-MobileDevice": {"DeviceId", "FirstSyncTime"},
    "Get-RecipientPermission": {"Trustee", "AccessRights"},
    "Get-TransportRule": {
        "Name",
        "State",
        "WhenChanged",
        "RedirectMessageTo",
        "BlindCopyTo",
        "CopyTo",
        "AddToRecipients",
        "DeleteMessage",
    },
}
"""Fields whose absence makes an answer partial. Nothing was found that reads Name of a Sweep rule."""


@pytest.mark.parametrize("name", DECIDING)
def test_a_field_that_decides_was_seen_by_somebody_else(name):
    row = contract.cmdlets()[name]
    assert DECIDING[name] <= {*row.fields, *row.known_fields}
