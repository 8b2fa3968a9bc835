"""One record in, one normal form out."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.addresses import address_of
from graph.audit_log.parse import parse
from graph.audit_log.pieces import plain_value
from graph.audit_log.record import ActorType, Item, PropertyChange
from graph.errors import UnreadableRecord
from graph.times import time_of
from tests.each import each
from tests.examples import EXAMPLES, needs_examples

NOON = datetime(2026, 8, 30, 12, 0, tzinfo=UTC)

ADDRESSES = [
    ("192.0.2.13", "192.0.2.13"),
    ("192.0.2.13:12345", "192.0.2.13"),
    ("[192.0.2.13]", "192.0.2.13"),
    ("[192.0.2.13]:12345", "192.0.2.13"),
    ("::ffff:192.0.2.13", "192.0.2.13"),
    ("[::ffff:192.0.2.13]:12345", "192.0.2.13"),
    ("2001:db8::abcd", "2001:db8::abcd"),
    ("2001:0db8:0000:0000:0000:0000:0000:abcd", "2001:db8::abcd"),
    ("[2001:db8::abcd]", "2001:db8::abcd"),
    ("[2001:DB8::ABCD]:12345", "2001:db8::abcd"),
    (" 192.0.2.13 ", "192.0.2.13"),
    ("192.0.2.13, 198.51.100.4", "192.0.2.13"),
    # Nobody came from these places.
    ("::1", None),
    ("127.0.0.1", None),
    ("FE80::", None),
    ("0.0.0.0", None),  # noqa: S104 - a text, not a binding
    ("<null>", None),
    ("", None),
    ("localhost", None),
    ("localhost:12345", None),
    ("[localhost]:12345", None),
    ("cool.client.local:12345", None),
    ("NOTANIPV4 (10.9000.0.1)", None),
    ("Not Available", None),
]


@pytest.mark.parametrize(("text", "address"), ADDRESSES)
def test_an_address_loses_port_and_brackets_and_what_is_no_place_gives_none(text, address):
    assert address_of(text) == address


TIMES = [
    ("2021-04-16T12:07:14", datetime(2021, 4, 16, 12, 7, 14, tzinfo=UTC)),
    ("2025-10-15T06:50:14Z", datetime(2025, 10, 15, 6, 50, 14, tzinfo=UTC)),
    ("2025-10-15T06+02:00", datetime(2025, 10, 15, 4, 0, tzinfo=UTC)),
    ("2025-10-15 06:50:08Z", datetime(2025, 10, 15, 6, 50, 8, tzinfo=UTC)),
    ("4/16/2021 12:11:35 PM", datetime(2021, 4, 16, 12, 11, 35, tzinfo=UTC)),
    ("4/16/2021 12:11:35 AM", datetime(2021, 4, 16, 0, 11, 35, tzinfo=UTC)),
    ("9/20/2023 4:05:03 AM", datetime(2023, 9, 20, 4, 5, 3, tzinfo=UTC)),
    ("3/24/2022 2:42:35\u202fPM", datetime(2022, 3, 24, 14, 42, 35, tzinfo=UTC)),
    ("/Date(1728364117000)/", datetime(2024, 10, 8, 5, 8, 37, tzinfo=UTC)),
    ("\\/Date(1728364117000)\\/", datetime(2024, 10, 8, 5, 8, 37, tzinfo=UTC)),
    ("/Date(1728364117000+0200)/", datetime(2024, 10, 8, 5, 8, 37, tzinfo=UTC)),
    ("2019-10-18T04:45:48.0729893-05:00", datetime(2019, 10, 18, 9, 45, 48, 72989, tzinfo=UTC)),
    ("2025-11-12T13:50:16.693874+00:00", datetime(2025, 11, 12, 13, 50, 16, 693874, tzinfo=UTC)),
    ("4/28/2021, 2:08:45.221 PM", datetime(2021, 4, 28, 14, 8, 45, 221000, tzinfo=UTC)),
    ("01/09/2007 09:41:00 AM", datetime(2007, 1, 9, 9, 41, tzinfo=UTC)),
    ("2007-01-09T09:41:00.535404056Z", datetime(2007, 1, 9, 9, 41, 0, 535404, tzinfo=UTC)),
    ("2026-01-24T06:54:24.0000000Z ", datetime(2026, 1, 24, 6, 54, 24, tzinfo=UTC)),
    # A locale that writes the day first is told by a month that cannot be, or by its dots.
    ("29/05/2023 13:29:35", datetime(2023, 5, 29, 13, 29, 35, tzinfo=UTC)),
    ("05.06.2023 13:29:35", datetime(2023, 6, 5, 13, 29, 35, tzinfo=UTC)),
]


@pytest.mark.parametrize(("text", "moment"), TIMES)
def test_every_form_of_time_gives_one_aware_utc_moment(text, moment):
    found = time_of(text)
    assert found == moment
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "text", ["", "yesterday", "13/13/2023 1:00:00 PM", "2021-02-30T00:00:00", "/Date(x)/"]
)
def test_a_text_that_no_calendar_knows_is_unreadable(text):
    with pytest.raises(UnreadableRecord, match="cannot be read"):
        time_of(text)


@given(
    st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2100, 1, 1)),  # noqa: DTZ001
    st.integers(-14 * 60, 14 * 60),
)
def test_an_offset_is_taken_into_account(local, minutes):
    aware = local.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert time_of(aware.isoformat()) == aware


@needs_examples
def test_the_collected_edge_forms_are_all_understood():
    forms = json.loads((EXAMPLES / "native_formats" / "edge_forms.json").read_text())
    for text, meaning in each(forms["client_ip"].items()):
        expected = not any(word in meaning for word in ("name", "null", "empty", "loopback", "link-local"))
        assert (address_of(text) is not None) is expected, text
    for text in each(forms["times"]):
        assert time_of(text).tzinfo is UTC


def rule(**changes: Any) -> dict[str, Any]:
    return {
        "CreationTime": "2026-08-30T12:00:00",
        "Id": "rule-1",
        "Operation": "New-InboxRule",
        "RecordType": 1,
        "ResultStatus": "True",
        "UserType": 2,
        "Workload": "Exchange",
        "ClientIP": "203.0.113.77:51422",
        "UserId": "Adele.Vance@Contoso.example",
        "ObjectId": "X.PROD.OUTLOOK.COM/Microsoft Exchange Hosted Organizations/contoso.example/7c1f\\..",
        "Parameters": [{"Name": "Name", "Value": ".."}, {"Name": "MarkAsRead", "Value": "True"}],
        "SessionId": "s-1",
    } | changes


def test_an_inbox_rule_made_by_its_owner_belongs_to_the_owner():
    record = parse(rule())
    assert record.at == NOON
    assert record.actor == record.owner == "adele.vance@contoso.example"
    assert record.address == "203.0.113.77"
    assert record.record_type == "ExchangeAdmin"
    assert record.succeeded is True
    assert record.parameters == {"Name": "..", "MarkAsRead": "True"}
    assert not record.by_microsoft
    assert record.session_id == "s-1"


OWNERS = [
    (rule(Parameters=[{"Name": "Mailbox", "Value": "Megan@contoso.example"}]), "megan@contoso.example"),
    (
        rule(Operation="Set-Mailbox", Parameters=[{"Name": "Identity", "Value": "Megan@contoso.example"}]),
        "megan@contoso.example",
    ),
    (
        rule(
            Operation="Set-Mailbox",
            ObjectId="",
            Parameters=[
                {"Name": "Identity", "Value": "A/B/contoso.example/311B45D6-1a3e-46ac-8434-721367961e19"}
            ],
        ),
        "311b45d6-1a3e-46ac-8434-721367961e19",
    ),
    (
        rule(Operation="HardDelete", RecordType=3, MailboxOwnerUPN="Megan@contoso.example"),
        "megan@contoso.example",
    ),
    (
        rule(Operation="Add member to role.", RecordType=8, ObjectId="Alex@contoso.example"),
        "alex@contoso.example",
    ),
    (
        rule(
            Operation="Update user.",
            RecordType=8,
            ObjectId="Not Available",
            Target=[{"ID": "Alex@contoso.example", "Type": 5}],
        ),
        "alex@contoso.example",
    ),
    # Some services write the identity in base64, its padding as a digit.
    (
        rule(
            Operation="Set-Mailbox",
            ObjectId="",
            Parameters=[
                {
                    "Name": "Identity",
                    "Value": base64.urlsafe_b64encode(
                        b"4b2462a4-bbee-495a-a0e1-f23ae524cc9c\\c3744375-9a17-436b-8c27-932c831cc591"
                    )
                    .decode()
                    .replace("==", "2"),
                }
            ],
        ),
        "c3744375-9a17-436b-8c27-932c831cc591",
    ),
    # The tenant's settings belong to nobody.
    (rule(Operation="Set-AdminAuditLogConfig", ObjectId="Admin Audit Log Settings"), ""),
    (rule(Operation="New-RoleGroup", ObjectId="x/y/BadGroup"), ""),
    (rule(Operation="Consent to application.", RecordType=8, ObjectId="app-1"), ""),
    # An alert speaks about the account that it names.
    (
        rule(
            Operation="AlertEntityGenerated",
            RecordType=40,
            UserId="SecurityComplianceAlerts",
            UserType=4,
            ObjectId="Adele@contoso.example",
        ),
        "adele@contoso.example",
    ),
]


@pytest.mark.parametrize(("raw", "owner"), OWNERS, ids=lambda x: x if isinstance(x, str) else "")
def test_a_record_tells_whose_account_it_concerns(raw, owner):
    assert parse(raw).owner == owner


SERVICES = [
    ({"UserId": "NT AUTHORITY\\SYSTEM (Microsoft.Exchange.ServiceHost)", "UserType": 3}, True),
    ({"UserId": "NT AUTHORITY\\SYSTEM (w3wp)", "UserType": 3}, True),
    ({"UserId": "NAMPRD06\\Administrator (Microsoft.Office.Datacenter.Torus.PowerShellWorker)"}, True),
    ({"UserId": "adele@contoso.example", "UserType": 4}, True),
    ({"ClientInfoString": "Client=REST;Client=RESTSystem;;", "UserType": 0}, True),
    (
        {
            "UserId": "",
            "Operation": "Set-Mailbox",
            "Parameters": [
                {
                    "Name": "Identity",
                    "Value": "a/b/DiscoverySearchMailbox{D919BA05-46A6-415f-80AD-7E09334BB852}",
                }
            ],
        },
        True,
    ),
    # People, and alerts about people, are not Microsoft.
    ({"UserId": "adele@contoso.example", "UserType": "Admin"}, False),
    (
        {"UserId": "ServicePrincipal_1d0d3b0e-6f7b-4c3e-9a53-8d2f0b6c8a11", "UserType": 4, "RecordType": 40},
        False,
    ),
    ({"UserId": "Device Registration Service", "UserType": 6}, False),
    ({"ClientInfoString": "Client=REST;;", "UserType": 0}, False),
]


@pytest.mark.parametrize(("changes", "ours"), SERVICES)
def test_what_microsofts_own_services_do_is_marked(changes, ours):
    assert parse(rule(**changes)).by_microsoft is ours


LOGONS = [
    # operation, error number, result status, succeeded, error code
    ("UserLoggedIn", {"ErrorNumber": "0"}, "Success", True, "0"),
    ("UserLoggedIn", {}, "Success", True, ""),
    ("UserLoggedIn", {"ErrorNumber": "50140"}, "Success", True, "50140"),
    ("UserLoginFailed", {"ErrorNumber": "50126"}, "Success", False, "50126"),
    ("UserLoginFailed", {"LogonError": "InvalidUserNameOrPassword"}, "Failed", False, "50126"),
    ("UserLoginFailed", {}, "Success", False, ""),
]


@pytest.mark.parametrize(("operation", "extra", "status", "succeeded", "code"), LOGONS)
def test_a_logons_outcome_rests_on_operation_and_error_number_not_on_the_status(
    operation, extra, status, succeeded, code
):
    record = parse(rule(Operation=operation, RecordType=15, ResultStatus=status, **extra))
    assert (record.succeeded, record.error_code) == (succeeded, code)


@pytest.mark.parametrize(
    ("status", "succeeded"),
    [
        ("True", True),
        ("TRUE", True),
        ("Succeeded", True),
        ("Success", True),
        ("Successful", True),
        ("PartiallySucceeded", True),
        ("Failed", False),
        ("Failure", False),
        ("False", False),
        ("", None),
        ("New", None),
    ],
)
def test_every_workloads_word_for_success_is_known(status, succeeded):
    assert parse(rule(ResultStatus=status)).succeeded is succeeded


def test_the_address_is_the_first_that_is_not_microsofts_own():
    record = parse(
        rule(ClientIPAddress="2603:10a6:20b:1::5", ActorIpAddress="40.126.1.1", ClientIP="198.51.100.9")
    )
    assert (record.address, record.microsoft_address) == ("198.51.100.9", False)


def test_microsofts_address_is_given_and_marked_when_there_is_no_other():
    record = parse(rule(ClientIP="[2a01:111:f400:7e::1]:443"))
    assert (record.address, record.microsoft_address) == ("2a01:111:f400:7e::1", True)


PARAMETERS = [
    ('-Identity "A B"', {"Identity": "A B"}),
    ('-Identity "x" -Force -Confirm:$false', {"Identity": "x", "Force": "True", "Confirm": "False"}),
    ('-Name "P1" -ExchangeLocation "a","b"', {"Name": "P1", "ExchangeLocation": "a;b"}),
    ('-Comment "he said ""no""" -Mode Disable', {"Comment": 'he said "no"', "Mode": "Disable"}),
    ([{"name": "Identity", "value": "x"}], {"Identity": "x"}),
    ('[{"Name":"Identity","Value":"x"}]', {"Identity": "x"}),
    ({"Identity": "x"}, {"Identity": "x"}),
    ([{"Name": "ForwardingSmtpAddress", "Value": ""}], {"ForwardingSmtpAddress": ""}),
    ([{"Name": "RuleName"}], {"RuleName": ""}),
    ("", {}),
    (None, {}),
]


@pytest.mark.parametrize(("value", "parameters"), PARAMETERS)
def test_parameters_are_read_from_lists_and_from_command_lines(value, parameters):
    assert parse(rule(Parameters=value)).parameters == parameters


VALUES = [
    ('"\\"Global Administrator\\""', '"Global Administrator"'),
    ('"Global Administrator"', "Global Administrator"),
    ('["98052"]', "98052"),
    ('[\r\n  "a",\r\n  "b"\r\n]', "a, b"),
    ("[]", ""),
    ("[true]", "True"),
    ('[{"State": 1}]', '[{"State":1}]'),
    ("[] => [[Id: 1, Scope: Mail.Read]]; ", "[] => [[Id: 1, Scope: Mail.Read]];"),
    ("plain", "plain"),
    (None, ""),
    (7, "7"),
]


@pytest.mark.parametrize(("value", "text"), VALUES)
def test_a_changed_value_loses_its_json_quoting(value, text):
    assert plain_value(value) == text


def test_changes_are_read_from_all_forms():
    def changes(value: Any) -> Any:
        return parse(rule(ModifiedProperties=value)).changes

    both = [{"Name": "DisplayName", "OldValue": '["Adele"]', "NewValue": '["CEO"]'}]
    assert changes(both) == (PropertyChange("DisplayName", "Adele", "CEO"),)
    assert changes(json.dumps(both)) == changes(both)
    assert changes([{"Name": "X", "NewValue": "1"}]) == (PropertyChange("X", "", "1"),)
    assert changes(["ItemClass"]) == (PropertyChange("ItemClass", "", ""),)
    assert changes([]) == ()


def test_items_come_from_one_item_from_a_list_and_from_folders():
    one = {"Id": "i", "Subject": "S", "InternetMessageId": "<m@x>", "ParentFolder": {"Path": "\\Inbox"}}
    item = Item(subject="S", internet_message_id="<m@x>", folder="\\Inbox", id="i")
    assert parse(rule(Item=one)).items == (item,)
    assert parse(rule(AffectedItems=[one, one])).items == (item, item)
    folders = [
        {"Path": "\\Inbox", "FolderItems": [{"Id": "i", "Subject": "S", "InternetMessageId": "<m@x>"}]}
    ]
    assert parse(rule(Folders=folders)).items == (item,)


def test_a_desktop_rule_keeps_its_operation_properties_and_a_missing_name_is_empty():
    properties = [{"Name": "RuleOperation", "Value": "AddMailboxRule"}, {"Name": "RuleName"}]
    record = parse(rule(Operation="UpdateInboxRules", RecordType="2", OperationProperties=properties))
    assert record.details["RuleOperation"] == "AddMailboxRule"
    assert record.details["RuleName"] == ""
    assert record.record_type == "ExchangeItem"


def test_the_sign_in_session_goes_before_the_services_own():
    context = {"AADSessionId": "aad", "UniqueTokenId": "t"}
    record = parse(rule(AppAccessContext=context))
    assert record.session_id == "aad"
    assert record.details["UniqueTokenId"] == "t"
    device = [{"Name": "SessionId", "Value": "device"}]
    assert parse(rule(SessionId=None, DeviceProperties=device)).session_id == "device"


def test_a_name_that_is_not_available_is_taken_from_the_actors():
    actors = [{"ID": "Adele@contoso.example", "Type": 5}]
    assert parse(rule(UserId="Not Available", Actor=actors)).actor == "adele@contoso.example"


def test_names_in_lower_case_and_types_beside_fields_do_not_matter():
    raw = {key.lower(): value for key, value in rule().items()} | {"Parameters@odata.type": "#Collection(x)"}
    assert parse(raw).parameters == parse(rule()).parameters
    assert "Parameters@odata.type" not in parse(raw).details


def test_operations_lose_their_period_and_blank():
    assert parse(rule(Operation="Add member to role.")).operation == "Add member to role"
    name = "Update application – Certificates and secrets management "
    assert parse(rule(Operation=name)).operation == name.strip()


@pytest.mark.parametrize(
    ("user", "user_type", "kind"),
    [
        ("ServicePrincipal_1d0d3b0e-6f7b-4c3e-9a53-8d2f0b6c8a11", 0, ActorType.service_principal),
        ("guest_fabrikam.example#EXT#@contoso.example", 0, ActorType.guest),
        ("urn:spo:guest#somebody@fabrikam.example", 0, ActorType.guest),
        ("adele@contoso.example", "Regular", ActorType.regular),
        ("adele@contoso.example", "2", ActorType.admin),
        ("app", 5, ActorType.application),
        ("adele@contoso.example", 99, ActorType.other),
    ],
)
def test_the_kind_of_actor_is_known_from_number_name_or_form(user, user_type, kind):
    assert parse(rule(UserId=user, UserType=user_type)).actor_type is kind


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Operation": ""}, "names no operation"),
        ({"Operation": None}, "names no operation"),
        ({"CreationTime": None}, "has no time"),
        ({"CreationTime": "soon"}, "cannot be read"),
        ({"CreationTime": 5}, "cannot be read"),
    ],
)
def test_a_record_without_operation_or_time_is_unreadable_with_its_reason(changes, reason):
    with pytest.raises(UnreadableRecord, match=reason):
        parse(rule(**changes))


def test_a_record_without_id_gets_the_same_one_for_the_same_content():
    raw = rule(Id=None)
    assert parse(raw).id == parse(dict(reversed(raw.items()))).id
    assert parse(raw).id != parse(raw | {"UserId": "megan@contoso.example"}).id


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(
    [
        "Operation",
        "CreationTime",
        "Id",
        "UserId",
        "UserType",
        "RecordType",
        "ObjectId",
        "ClientIP",
        "ActorIpAddress",
        "Parameters",
        "ModifiedProperties",
        "ExtendedProperties",
        "OperationProperties",
        "DeviceProperties",
        "Actor",
        "Target",
        "AppAccessContext",
        "Item",
        "AffectedItems",
        "Folders",
        "Folder",
        "ErrorNumber",
        "ResultStatus",
        "MailboxOwnerUPN",
        "Data",
    ]
)


@pytest.mark.slow
@settings(deadline=None)
@given(st.dictionaries(FIELDS | st.text(), JSON), st.booleans())
def test_any_json_object_parses_or_is_unreadable_and_nothing_else(raw, whole):
    if whole:
        raw |= {"Operation": "Set-Mailbox", "CreationTime": "2026-08-30T12:00:00"}
    try:
        record = parse(raw)
    except UnreadableRecord:
        return  # the reasons have their own table above
    else:
        assert record.at.tzinfo is UTC
        assert record.raw is raw


def test_a_synced_folder_that_lists_no_message_has_its_name():
    synced = parse(rule(Operation="MailItemsAccessed", Folders=[{"Path": "\\Inbox", "FolderItems": []}]))
    assert synced.details["Folder"] == "\\Inbox"
    assert synced.items == ()
