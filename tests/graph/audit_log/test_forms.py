"""Every form that another product gives a record is opened, each by a sample of its own.

Longer than other files because the samples of all forms stand together, where other tests take them.
"""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from graph.audit_log import files, forms
from graph.audit_log.listed_rules import ListedRule
from graph.audit_log.record import AuditRecord
from graph.audit_log.texts import Notes
from graph.audit_log.traced import Traced
from graph.errors import UnreadableRecord
from graph.resources.sign_ins import RiskDetection, SignIn

DATA = {
    "CreationTime": "2026-08-30T12:00:00",
    "Id": "r-1",
    "Operation": "New-InboxRule",
    "RecordType": 1,
    "ResultStatus": "True",
    "UserType": 2,
    "Workload": "Exchange",
    "ClientIP": "203.0.113.77",
    "UserId": "adele.vance@contoso.example",
    "Parameters": [{"Name": "Name", "Value": ".."}, {"Name": "MoveToFolder", "Value": "RSS Feeds"}],
}
TEXT = json.dumps(DATA)
MOVED = {"Operation", "Id", "ClientIP", "UserId", "Workload", "CreationTime"}
ELASTIC = {
    "@timestamp": "2026-08-30T12:00:00.000Z",
    "event": {"action": "New-InboxRule", "id": "r-1", "provider": "Exchange"},
    "client": {"ip": "203.0.113.77"},
    "user": {"id": "adele.vance@contoso.example"},
    "o365": {
        "audit": {
            **{name: one for name, one in DATA.items() if name not in MOVED},
            "Parameters": {"Name": "..", "MoveToFolder": "RSS Feeds"},
        }
    },
}
FLAT = {
    "@timestamp": "2026-08-30T12:00:00.000Z",
    "event.action": "New-InboxRule",
    "event.id": "r-1",
    "client.ip": "203.0.113.77",
    "user.id": "adele.vance@contoso.example",
    "o365.audit.UserType": "2",
    "o365.audit.RecordType": "1",
    "o365.audit.Parameters.Name": "..",
    "o365.audit.Parameters.MoveToFolder": "RSS Feeds",
    "o365.audit.Item.Subject": "-",
}
SPLUNK_TABLE = {
    **{name: one for name, one in DATA.items() if name != "Parameters"},
    "Parameters{}.Name": "Name\nMoveToFolder",
    "Parameters{}.Value": "..\nRSS Feeds",
}
POWERSHELL_5 = {"value": "/Date(1788091200000)/", "DisplayHint": 2, "DateTime": "Sunday, August 30, 2026"}

SAME: dict[str, Any] = {
    "search_hit": {"_index": "a", "_id": "1", "_source": DATA},
    "search_hit, with the fields that were asked for": {
        "_index": "a",
        "_id": "1",
        "fields": {name: one if isinstance(one, list) else [one] for name, one in DATA.items()},
    },
    "splunk_event": {"_time": "2026-08-30", "_raw": TEXT},
    "splunk_event, a line of results": {"preview": False, "offset": 0, "result": {"_raw": TEXT}},
    "splunk_table": SPLUNK_TABLE,
    "splunk_table, with lists joined in one line": {
        **SPLUNK_TABLE,
        "Parameters{}.Name": "Name;MoveToFolder",
        "Parameters{}.Value": "..;RSS Feeds",
    },
    "sumo_logic": {"_messageTimeMs": "1788091200000", "_raw": TEXT, "_sourceCategory": "o365"},
    "logscale": {
        "#event.module": "m365",
        "@timestamp": 1788091200000,
        **{f"Vendor.{name}": one for name, one in DATA.items() if name != "Parameters"},
        "Vendor.Parameters[0].Name": "Name",
        "Vendor.Parameters[0].Value": "..",
        "Vendor.Parameters[1].Name": "MoveToFolder",
        "Vendor.Parameters[1].Value": "RSS Feeds",
    },
    "wazuh": {"rule": {"level": 3}, "data": {"integration": "office365", "office365": DATA}},
    "wazuh, an archived event": {"decoder": {"name": "json"}, "data": {"office365": DATA}},
    "wazuh, as the agent sends it": {"integration": "office365", "office365": DATA},
    "wazuh, in a hit of a search": {"_source": {"rule": {}, "data": {"office365": DATA}}},
    "wazuh, flat": {f"data.office365.{name}": one for name, one in DATA.items()},
    "elastic": ELASTIC,
    "elastic, flat": FLAT,
    "elastic, in snake case": {
        **ELASTIC,
        "o365": {
            "audit": {
                "record_type": "1",
                "user_type": "2",
                "result_status": "True",
                "parameters": {"Name": "..", "MoveToFolder": "RSS Feeds"},
            }
        },
    },
    "elastic, as the agent sends it": {"o365audit": DATA},
    "elastic, with the original": {**ELASTIC, "event": {"action": "x", "original": TEXT}},
    "hawk_simple": {
        **{name: one for name, one in DATA.items() if name != "Parameters"},
        "ParameterString": "Name=.. | MoveToFolder=RSS Feeds",
        "Param_Name": "..",
        "Param_MoveToFolder": "RSS Feeds",
        "FullCommand": "New-InboxRule -Name ..",
    },
    "respelled": {
        "TimeGenerated [UTC]": "2026-08-30T12:00:00Z",
        **{
            f"{name}{'_d' if isinstance(one, int) else '_t' if name == 'CreationTime' else '_s'}": one
            for name, one in {**DATA, "Parameters": json.dumps(DATA["Parameters"])}.items()
        },
        "Type": "O365_CL",
    },
    "respelled, in a column whose name is taken": {
        **{name: one for name, one in DATA.items() if name not in {"UserId", "ClientIP"}},
        "UserId_": DATA["UserId"],
        "ClientIP_": DATA["ClientIP"],
    },
    "respelled, as GELF": {
        "version": "1.1",
        "host": "siem",
        "short_message": "New-InboxRule",
        "timestamp": 1788091200,
        **{f"_{name}": one for name, one in DATA.items()},
    },
    "respelled, with the way to it": {f"AuditData_{name}": one for name, one in DATA.items()},
    "respelled, by OpenSearch Dashboards": {
        f"_source.data.office365.{name}": one for name, one in DATA.items()
    },
    "respelled, in snake case": {
        re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower(): one for name, one in DATA.items()
    },
    "laid_flat": {
        **{name: one for name, one in DATA.items() if name != "Parameters"},
        "Parameters.0.Name": "Name",
        "Parameters.0.Value": "..",
        "Parameters.1.Name": "MoveToFolder",
        "Parameters.1.Value": "RSS Feeds",
    },
    "laid_flat, with brackets": {
        **{name: one for name, one in DATA.items() if name != "Parameters"},
        **{
            f"Parameters[{number}].{name}": one[name]
            for number, one in enumerate(
                ({"Name": "Name", "Value": ".."}, {"Name": "MoveToFolder", "Value": "RSS Feeds"})
            )
            for name in one
        },
        "Parameters[2].Name": "",
    },
    "laid_flat, of a Graph query": {
        "id": "r-1",
        "createdDateTime": "2026-08-30T12:00:00Z",
        "auditLogRecordType": "exchangeAdmin",
        "operation": "New-InboxRule",
        "userPrincipalName": "adele.vance@contoso.example",
        "auditData.ClientIP": "203.0.113.77",
        "auditData.Parameters.0.Name": "Name",
        "auditData.Parameters.0.Value": "..",
        "auditData.Parameters.1.Name": "MoveToFolder",
        "auditData.Parameters.1.Value": "RSS Feeds",
    },
    "cloud_app_events": {"Timestamp": "2026-08-30", "ActionType": "New-InboxRule", "RawEventData": TEXT},
    "cloud_app_events, as an object": {"ActionType": "New-InboxRule", "RawEventData": DATA},
    "a search row, encoded twice": {"RecordType": 1, "AuditData": json.dumps(TEXT)},
    "a search row, with backslashes": {"RecordType": 1, "AuditData": json.dumps(TEXT)[1:-1]},
    "a search row, with PowerShell's dates": {
        "CreationDate": POWERSHELL_5,
        "AuditData": {**DATA, "CreationTime": POWERSHELL_5},
    },
    "Graph's query in PowerShell": {
        "Id": "r-1",
        "AuditLogRecordType": "ExchangeAdmin",
        "CreatedDateTime": "2026-08-30T12:00:00Z",
        "AuditData": {"AdditionalProperties": DATA},
    },
    "OfficeActivity from Log Analytics": {
        **{name: one for name, one in DATA.items() if name not in {"CreationTime", "Id"}},
        "TimeGenerated [UTC]": "8/30/2026, 12:00:00.000 PM",
        "OfficeId": "r-1",
    },
}

PORTAL_SIGN_IN = {
    "Date (UTC)": "2026-08-30T12:00:00Z",
    "Request ID": "s-1",
    "User ID": "7c1f0000-0000-4000-8000-000000000001",
    "Username": "Adele.Vance@contoso.example",
    "Application ": "OfficeHome",
    "IP address": "203.0.113.77",
    "Location": "Lagos, Lagos, NG",
    "Status": "Failure",
    "Sign-in error code": "50126",
    "Autonomous system  number": "64500",
    "Browser": "none",
}
DEFENDER_SIGN_IN = {
    "Timestamp": "2026-08-30T12:00:00Z",
    "RequestId": "s-1",
    "AccountUpn": "Adele.Vance@contoso.example",
    "AccountObjectId": "7c1f0000-0000-4000-8000-000000000001",
    "LogonType": '["nonInteractiveUser"]',
    "ErrorCode": "50126",
    "IPAddress": "203.0.113.77",
    "Country": "NG",
    "City": "Lagos",
    "IsCompliant": "0",
}
FLAT_SIGN_IN = {
    "id": "s-1",
    "createdDateTime": "2026-08-30T12:00:00Z",
    "userPrincipalName": "Adele.Vance@contoso.example",
    "ipAddress": "203.0.113.77",
    "status.errorCode": "50126",
    "status.failureReason": "Invalid username or password",
    "location.city": "Lagos",
    "location.countryOrRegion": "NG",
    "location.geoCoordinates.latitude": "6.45",
    "deviceDetail.operatingSystem": "Windows 10",
    "deviceDetail.browser": "",
    "authenticationDetails.0.authenticationMethod": "Password",
}
ELASTIC_SIGN_IN: dict[str, Any] = {
    "@timestamp": "2026-08-30T12:00:00.000Z",
    "azure": {
        "tenant_id": "t",
        "signinlogs": {
            "category": "SignInLogs",
            "operation_name": "Sign-in activity",
            "result_type": "50126",
            "properties": {
                "id": "s-1",
                "created_at": "2026-08-30T12:00:00Z",
                "user_principal_name": "Adele.Vance@contoso.example",
                "is_interactive": True,
                "device_detail": {"operating_system": "Windows10", "browser": ""},
                "authentication_details": [{"authentication_method": "Password", "succeeded": False}],
                "status": {"error_code": 50126},
            },
        },
    },
    "ecs": {"version": "8.11.0"},
    "event": {"action": "Sign-in activity", "outcome": "failure"},
    "geo": {"city_name": "Lagos", "country_name": "Lagos State", "country_iso_code": "NG"},
    "source": {"ip": "203.0.113.77", "geo": {"country_iso_code": "DE"}},
}
SIGN_INS: dict[str, dict[str, Any]] = {
    "entra_sign_ins_csv": PORTAL_SIGN_IN,
    "elastic_azure": ELASTIC_SIGN_IN,
    "elastic_azure, flat": {
        "@timestamp": "2026-08-30T12:00:00.000Z",
        "source.ip": "203.0.113.77",
        "geo.city_name": "Lagos",
        "geo.country_iso_code": "NG",
        "azure.signinlogs.category": "SignInLogs",
        "azure.signinlogs.properties.id": "s-1",
        "azure.signinlogs.properties.created_at": "2026-08-30T12:00:00Z",
        "azure.signinlogs.properties.user_principal_name": "Adele.Vance@contoso.example",
        "azure.signinlogs.properties.status.error_code": "50126",
    },
    "elastic_azure, with the original": {
        "event": {
            "original": json.dumps(
                {
                    "category": "SignInLogs",
                    "time": "2026-08-30T12:00:00Z",
                    "properties": {
                        "id": "s-1",
                        "userPrincipalName": "Adele.Vance@contoso.example",
                        "ipAddress": "203.0.113.77",
                        "status": {"errorCode": 50126},
                        "location": {"city": "Lagos", "countryOrRegion": "NG"},
                    },
                }
            )
        },
        "azure": {"signinlogs": {"properties": {"id": "x"}}},
    },
    "defender_sign_ins": DEFENDER_SIGN_IN,
    "laid_flat": FLAT_SIGN_IN,
    "laid_flat, with underscores": {
        name[0].upper() + name[1:].replace(".", "_"): one for name, one in FLAT_SIGN_IN.items()
    },
    "laid_flat, with slashes": {name.replace(".", "/"): one for name, one in FLAT_SIGN_IN.items()},
    "laid_flat, in snake case": {
        "azure.signinlogs.properties." + re.sub("(?<=[a-z])(?=[A-Z])", "_", name).lower(): one
        for name, one in FLAT_SIGN_IN.items()
    },
    "laid_flat, as properties": {f"properties.{name}": one for name, one in FLAT_SIGN_IN.items()},
    "laid_flat, in a custom table": {
        name.replace(".", "_") + "_s": one for name, one in FLAT_SIGN_IN.items()
    },
    "laid_flat, with the object beside": {
        **{name: one for name, one in FLAT_SIGN_IN.items() if "country" not in name},
        "DeviceDetail": '{"operatingSystem": "old", "browser": ""}',
        "Status": "",
        "Location": "NG",
    },
}

PORTAL_AUDIT = {
    "Date (UTC)": "2026-08-30T12:00:00+00:00",
    "CorrelationId": "c-1",
    "Service": "Core Directory",
    "Activity": "Consent to application",
    "Result": "success",
    "ActorType": "User",
    "ActorUserPrincipalName": "adele.vance@contoso.example",
    "IPAddress": "203.0.113.77",
    "Target1Type": "ServicePrincipal",
    "Target1DisplayName": "Mail Reader",
    "Target1ObjectId": "7c1f0000-0000-4000-8000-000000000002",
    "Target1ModifiedProperty1Name": "ConsentContext.IsAdminConsent",
    "Target1ModifiedProperty1NewValue": '"False"',
    "AdditionalDetail1Key": "User-Agent",
    "AdditionalDetail1Value": "axios/1.7.9",
}
CMDLET = {
    "MessageId": "<m-1@contoso.example>",
    "Received": "2026-08-30T12:00:00",
    "SenderAddress": "Adele.Vance@contoso.example",
    "RecipientAddress": "kim@client.example",
    "Subject": "Invoice 7",
    "Status": "Delivered",
}
TRACES: dict[str, Any] = {
    "message_trace": {
        "Organization": "contoso.example",
        "MessageTraceId": "cf28f65e-408f-4146-b94e-c926bc9e28ea",
        "ToIP": None,
        "FromIP": "203.0.113.77",
        "Size": 20000,
        **CMDLET,
    },
    "message_trace, of PowerShell's chosen columns": CMDLET,
    "message_trace, with PowerShell 5's dates": {**CMDLET, "Received": {"value": "/Date(1788091200000)/"}},
    "message_trace, as the admin center lists it": {
        "Date (UTC)": "2026-08-30T12:00:00Z",
        "Sender address": "adele.vance@contoso.example",
        "Recipient address": "kim@client.example",
        "Message ID": "<m-1@contoso.example>",
        "Subject": "Invoice 7",
        "Status": "Delivered",
        "From IP": "203.0.113.77",
    },
    "message_trace, from Graph": {
        "id": "cf28f65e-408f-4146-b94e-c926bc9e28ea",
        "senderAddress": "adele.vance@contoso.example",
        "recipientAddress": "kim@client.example",
        "messageId": "<m-1@contoso.example>",
        "receivedDateTime": "2026-08-30T12:00:00Z",
        "subject": "Invoice 7",
        "status": "delivered",
        "size": 20000,
        "fromIP": "203.0.113.77",
        "toIP": "",
    },
    "message_trace, the portal's enhanced summary": {
        "origin_timestamp_utc": "2026-08-30T12:00:00.0000000Z",
        "sender_address": "adele.vance@contoso.example",
        "recipient_status": "kim@client.example##Receive, Deliver",
        "message_subject": "Invoice 7",
        "total_bytes": "20000",
        "message_id": "<m-1@contoso.example>",
        "network_message_id": "cf28f65e-408f-4146-b94e-c926bc9e28ea",
        "original_client_ip": "203.0.113.77",
        "directionality": "Originating",
    },
    "message_trace, the portal's extended report": {
        "date_time_utc": "2026-08-30T12:00:00.0000000Z",
        "client_ip": "40.92.0.1",
        "event_id": "RECEIVE",
        "recipient_address": "kim@client.example",
        "recipient_status": "",
        "sender_address": "adele.vance@contoso.example",
        "message_subject": "Invoice 7",
        "message_id": "<m-1@contoso.example>",
        "original_client_ip": "203.0.113.77",
        "directionality": "2",
    },
    "email_events": {
        "Timestamp": "2026-08-30T12:00:00Z",
        "NetworkMessageId": "cf28f65e-408f-4146-b94e-c926bc9e28ea",
        "InternetMessageId": "<m-1@contoso.example>",
        "SenderFromAddress": "adele.vance@contoso.example",
        "SenderIPv4": "40.92.0.1",
        "RecipientEmailAddress": "kim@client.example",
        "Subject": "Invoice 7",
        "EmailDirection": "Outbound",
        "DeliveryAction": "Delivered",
    },
}


def is_same(record: object) -> None:
    assert isinstance(record, AuditRecord), record
    assert record.id == "r-1"
    assert record.at == datetime(2026, 8, 30, 12, tzinfo=UTC)
    assert (record.operation, record.actor) == ("New-InboxRule", "adele.vance@contoso.example")
    assert record.address == "203.0.113.77"
    assert record.parameters == {"Name": "..", "MoveToFolder": "RSS Feeds"}


def read(path: Path, content: str | bytes) -> list[Any]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(files.read(path))


def test_every_form_has_a_sample() -> None:
    sampled = {name.partition(",")[0] for name in (*SAME, *SIGN_INS, *TRACES)}
    sampled |= {"entra_audit_csv", "extractor_rules", "extractor_sessions", "inbox_rules", "no_records"}
    assert {form.__name__.rpartition(".")[2] for form in forms.FORMS} <= sampled


@pytest.mark.parametrize("name", SAME)
def test_the_record_inside_is_the_same(name: str) -> None:
    is_same(files.entry_of(SAME[name]))


@pytest.mark.parametrize("name", SIGN_INS)
def test_a_row_is_a_sign_in(name: str) -> None:
    found = files.entry_of(SIGN_INS[name])
    assert isinstance(found, SignIn)
    assert (found.id, found.user_principal_name) == ("s-1", "adele.vance@contoso.example")
    assert (found.ip_address, found.status.error_code) == ("203.0.113.77", 50126)
    assert found.location is not None
    assert (found.location.city, found.location.country_or_region) == ("Lagos", "NG")
    assert found.device_detail is None or found.device_detail.browser == ""


def test_a_row_laid_flat_has_its_objects_and_lists_again() -> None:
    found = files.entry_of(FLAT_SIGN_IN)
    assert isinstance(found, SignIn)
    assert found.device_detail is not None
    assert found.device_detail.operating_system == "Windows 10"
    assert [one.authentication_method for one in found.authentication_details] == ["Password"]
    with pytest.raises(UnreadableRecord, match="whether it succeeded"):
        files.entry_of({**FLAT_SIGN_IN, "status.errorCode": "", "status.failureReason": ""})


@pytest.mark.parametrize("joined", [".", "_", "/"])
def test_a_row_of_the_directory_laid_flat(joined: str) -> None:
    row = {
        "id": "a-1",
        "activityDateTime": "2026-08-30T12:00:00Z",
        "activityDisplayName": "Consent to application",
        "initiatedBy.user.userPrincipalName": "adele.vance@contoso.example",
        "initiatedBy.user.ipAddress": "203.0.113.77",
        "targetResources.0.displayName": "Mail Reader",
        "targetResources.0.modifiedProperties.0.displayName": "ConsentContext.IsAdminConsent",
        "targetResources.0.modifiedProperties.0.newValue": "False",
        "targetResources.1.displayName": "Other",
    }
    found = files.entry_of({name.replace(".", joined): one for name, one in row.items()})
    assert isinstance(found, AuditRecord)
    assert (found.operation, found.actor) == ("Consent to application", "adele.vance@contoso.example")
    assert (found.address, found.details["TargetName"]) == ("203.0.113.77", "Mail Reader")
    assert [(one.name, one.new) for one in found.changes] == [("ConsentContext.IsAdminConsent", "False")]


def test_a_risk_laid_flat_has_its_place() -> None:
    row = {"id": "d-1", "riskEventType": "unlikelyTravel", "detectedDateTime": "2026-08-30T12:00:00Z"}
    found = files.entry_of({**row, "user_principal_name": "a@contoso.example", "location_city": "Lagos"})
    assert isinstance(found, RiskDetection)
    assert found.location is not None
    assert (found.user_principal_name, found.location.city) == ("a@contoso.example", "Lagos")


@pytest.mark.parametrize(
    "other",
    [
        {"status.code": "200", "time": "2026-08-30T12:00:00Z"},
        {"location.city": "Lagos", "name": "x"},
        {"item.id": "1", "folder.name": "x"},
    ],
)
def test_what_other_products_lay_flat_is_no_record(other: dict[str, str]) -> None:
    with pytest.raises(UnreadableRecord, match="no known format"):
        files.entry_of(other)


def test_numbers_of_defender_are_words_of_graph() -> None:
    row = {"RiskState": 4, "ConditionalAccessStatus": "2", "Latitude": "6.45", "Longitude": "3.39"}
    found = files.entry_of({**DEFENDER_SIGN_IN, **row})
    assert isinstance(found, SignIn)
    assert (found.risk_state, found.conditional_access_status) == ("atRisk", "notApplied")
    assert found.location is not None
    assert found.location.geo_coordinates is not None
    assert found.location.geo_coordinates.latitude == 6.45


def test_a_failed_sign_in_without_a_number_is_none_that_worked() -> None:
    found = files.entry_of({**PORTAL_SIGN_IN, "Sign-in error code": ""})
    assert isinstance(found, SignIn)
    assert found.status.error_code != 0


def test_a_row_of_the_portals_audit_log() -> None:
    found = files.entry_of(PORTAL_AUDIT)
    assert isinstance(found, AuditRecord)
    assert (found.operation, found.actor) == ("Consent to application", "adele.vance@contoso.example")
    assert (found.address, found.user_agent) == ("203.0.113.77", "axios/1.7.9")
    assert found.details["TargetName"] == "Mail Reader"
    assert [(one.name, one.new) for one in found.changes] == [("ConsentContext.IsAdminConsent", "False")]


@pytest.mark.parametrize("name", TRACES)
def test_a_row_is_a_message_that_was_sent(name: str) -> None:
    found = files.entry_of(TRACES[name])
    assert isinstance(found, Traced)
    (row,) = found.rows
    assert (row.sender_address, row.recipient_address) == (
        "adele.vance@contoso.example",
        "kim@client.example",
    )
    assert (row.message_id, row.subject) == ("<m-1@contoso.example>", "Invoice 7")
    assert row.received_date_time == datetime(2026, 8, 30, 12, tzinfo=UTC)
    assert row.status in {"delivered", "deliver", ""}
    assert found.incoming is (False if "portal" in name or name == "email_events" else None)
    # What Defender names is the last server, which tells nothing of the sender; a few columns name none.
    known = "chosen" not in name and "dates" not in name and name != "email_events"
    assert row.from_ip == ("203.0.113.77" if known else "")


def test_every_recipient_of_a_message_is_a_row() -> None:
    summary = TRACES["message_trace, the portal's enhanced summary"]
    both = "kim@client.example##Receive, Deliver;Lee@client.example##Receive, Fail"
    found = files.entry_of({**summary, "recipient_status": both})
    assert isinstance(found, Traced)
    assert [(row.recipient_address, row.status) for row in found.rows] == [
        ("kim@client.example", "deliver"),
        ("lee@client.example", "failed"),
    ]


def test_what_came_in_is_told_from_what_went_out() -> None:
    found = files.entry_of({**TRACES["email_events"], "EmailDirection": "Inbound"})
    assert isinstance(found, Traced)
    assert found.incoming
    assert found.rows[0].from_ip == "40.92.0.1"


HEADING = "UserName,RuleName,RuleEnabled,CopytoFolder,MovetoFolder,RedirectTo,ForwardTo,TextDescription"
"""Of the Extractor Suite's file, as its code names the columns."""

GET_INBOX_RULE = {
    "Description": "If the message: …",
    "Enabled": True,
    "Identity": "adele.vance\\4711",
    "MailboxOwnerId": "adele.vance",
    "MoveToFolder": None,
    "Name": "..",
    "Priority": 1,
    "RedirectTo": ['"drop" [SMTP:drop@evil.example]'],
    "RuleIdentity": 4711,
    "SubjectOrBodyContainsWords": ["invoice"],
}
"""As Exchange answers; source: Exchange PowerShell, "Get-InboxRule"."""


def test_rules_of_the_extractor_suite_are_read_with_their_mailbox(tmp_path: Path) -> None:
    rows = 'Adele.Vance@contoso.example,..,True,,RSS Feeds,,,"If the message: …"\n'
    (found,) = read(tmp_path / "MailboxRules.csv", f"{HEADING}\n{rows}")
    assert isinstance(found, ListedRule)
    assert (found.owner, found.rule.name) == ("adele.vance@contoso.example", "..")
    assert (found.rule.move_to_folder, found.rule.enabled, found.rule.forward_to) == ("RSS Feeds", True, ())


def test_rules_as_exchange_lists_them_are_read_with_their_mailbox() -> None:
    found = files.entry_of(GET_INBOX_RULE)
    assert isinstance(found, ListedRule)
    assert (found.owner, found.id) == ("adele.vance", "4711")
    assert found.rule.redirect_to == ('"drop" [SMTP:drop@evil.example]',)
    assert found.rule.subject_or_body_contains_words == ("invoice",)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"MailboxOwnerId": "", "Identity": ""}, "whose it is"),
        ({"MailboxOwnerId": "Adele Vance"}, "whose it is"),
        ({"RedirectTo": "System.Collections.ArrayList"}, "ConvertTo-Json"),
        ({"Enabled": "perhaps"}, "its Enabled has an unknown value"),
    ],
)
def test_a_listed_rule_without_a_mailbox_or_with_lost_recipients_is_told(
    wrong: dict[str, str], why: str
) -> None:
    with pytest.raises(UnreadableRecord, match=why):
        files.entry_of({**GET_INBOX_RULE, **wrong})


@pytest.mark.parametrize(
    ("wrong", "why"), [({"SenderAddress": ""}, "names no sender"), ({"Received": ""}, "time")]
)
def test_a_message_without_sender_or_time_is_told(wrong: dict[str, str], why: str) -> None:
    with pytest.raises(UnreadableRecord, match=why):
        files.entry_of({**CMDLET, **wrong})


def test_the_nearest_form_of_an_unknown_record_is_named() -> None:
    row = {name: one for name, one in PORTAL_SIGN_IN.items() if name != "Username"}
    with pytest.raises(UnreadableRecord, match=r"nearest is Entra admin center, sign-in .* missing are .*"):
        files.entry_of(row)
    with pytest.raises(UnreadableRecord, match=r"its fields are colour, shape\.$"):
        files.entry_of({"Shape": "round", "Colour": "red"})


def test_a_record_that_hawk_laid_flat_has_its_lists_again() -> None:
    flat = {
        "CreationTime": "2026-08-30T12:00:00",
        "Operation": "Send",
        "UserId": "adele.vance@contoso.example",
        "Item_Subject": "Invoice 7",
        "Item_ParentFolder_Path": "\\Drafts",
        "AffectedItems_0_Subject": "one",
        "AffectedItems_1_Subject": "two",
        "AppAccessContext_AADSessionId": "session-1",
        "Folders_0_FolderItems_0_InternetMessageId": "",
    }
    found = files.entry_of(flat)
    assert isinstance(found, AuditRecord)
    assert [(one.subject, one.folder) for one in found.items] == [
        ("Invoice 7", "\\Drafts"),
        ("one", ""),
        ("two", ""),
    ]
    assert found.session_id == "session-1"


def test_a_session_of_mail_access_is_a_record() -> None:
    found = files.entry_of(
        {
            "TimeStamp": "2026-08-30T12:00:00",
            "User": "adele.vance@contoso.example",
            "Action": "MailItemsAccessed",
            "SessionId": "session-1",
            "ClientIP": "203.0.113.77",
            "MailAccessType": "Sync",
            "IsThrottled": "False",
            "OperationCount": "3",
        }
    )
    assert isinstance(found, AuditRecord)
    assert (found.operation, found.actor, found.address) == (
        "MailItemsAccessed",
        "adele.vance@contoso.example",
        "203.0.113.77",
    )
    assert (found.details["MailAccessType"], found.session_id) == ("Sync", "session-1")


def test_what_powershell_lost_is_told_and_never_taken_for_an_answer(tmp_path: Path) -> None:
    path = tmp_path / "sign-ins.csv"
    models = "Microsoft.Graph.PowerShell.Models.MicrosoftGraph"
    path.write_text(
        "Id,CreatedDateTime,UserPrincipalName,AppId,IPAddress,Status,Location\n"
        f"s-1,2026-08-30T12:00:00Z,a@contoso.example,app,203.0.113.7,{models}SignInStatus,{models}Location\n"
    )
    notes = Notes()
    ((_, _, raw),) = files.objects(path, notes)
    assert raw == {
        "Id": "s-1",
        "CreatedDateTime": "2026-08-30T12:00:00Z",
        "UserPrincipalName": "a@contoso.example",
        "AppId": "app",
        "IPAddress": "203.0.113.7",
        "Status": "",
        "Location": "",
    }
    (lost,) = notes.incomplete
    assert lost.startswith("PowerShell's Export-Csv lost the values of Status, Location and left")
    with pytest.raises(UnreadableRecord, match="does not say whether it succeeded"):
        files.entry_of(raw)


def test_an_object_that_powershell_shows_is_read(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    item = "@{Id=AAQ; ParentFolder=System.Object[]; Subject=Pay; now = today}"
    path.write_text(
        f"CreationTime,Operation,UserId,Item\n2026-08-30T12:00:00,Send,a@contoso.example,{item}\n"
    )
    (record,) = files.read(path)
    assert isinstance(record, AuditRecord)
    assert [(one.id, one.subject) for one in record.items] == [("AAQ", "Pay; now = today")]


def test_a_risk_detection_that_extractor_suite_laid_flat_has_its_place() -> None:
    found = files.entry_of(
        {
            "DetectedDateTime": "2026-08-30T12:00:00Z",
            "RiskEventType": "unlikelyTravel",
            "City": "Lagos",
            "CountryOrRegion": "NG",
            "UserPrincipalName": "a@contoso.example",
        }
    )
    assert isinstance(found, RiskDetection)
    assert found.location is not None
    assert (found.location.city, found.location.country_or_region) == ("Lagos", "NG")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(f"[{TEXT}]\n[{TEXT.replace('r-1', 'r-2')}]", id="an array a line"),
        pytest.param(f"[{TEXT}][{TEXT.replace('r-1', 'r-2')}]", id="arrays without anything between"),
        pytest.param(
            json.dumps([DATA], indent=2) + "\n" + json.dumps([{**DATA, "Id": "r-2"}], indent=2),
            id="arrays over several lines",
        ),
        pytest.param(
            f'{{"value": [{TEXT}], "@odata.nextLink": "x"}}\n{{"value": [{TEXT.replace("r-1", "r-2")}]}}',
            id="pages one after the other",
        ),
        pytest.param(
            json.dumps(
                {"took": 1, "hits": {"hits": [{"_source": DATA}, {"_source": {**DATA, "Id": "r-2"}}]}}
            ),
            id="a search's response",
        ),
        pytest.param(
            json.dumps({"fields": [{"name": "_raw"}], "results": [{"_raw": TEXT}, {**DATA, "Id": "r-2"}]}),
            id="a results object",
        ),
        pytest.param(
            json.dumps(
                {
                    "tables": [
                        {
                            "columns": [{"name": name, "type": "dynamic"} for name in DATA],
                            "rows": [list(DATA.values()), list({**DATA, "Id": "r-2"}.values())],
                        }
                    ]
                }
            ),
            id="a query's tables",
        ),
    ],
)
def test_every_record_of_a_batch_is_read(content: str, tmp_path: Path) -> None:
    first, second = read(tmp_path / "batch.json", content)
    is_same(first)
    assert second.id == "r-2"


def table(separator: str) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator)
    writer.writerows(
        [["RecordId", "Operation", "UserId", "AuditData"], ["r-1", "New-InboxRule", "Müller", TEXT]]
    )
    return out.getvalue()


ROWS = table(",")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(table(";"), id="semicolons"),
        pytest.param(table("\t"), id="tabs"),
        pytest.param(table("|"), id="pipes"),
        pytest.param(ROWS.encode("utf-16-le"), id="UTF-16 without mark"),
        pytest.param(ROWS.encode("utf-16-be"), id="UTF-16 the other way round"),
        pytest.param(ROWS.encode("cp1252"), id="a Windows code page"),
        pytest.param(
            'RecordId,Operation,AuditData\nr-1,New-InboxRule,"' + TEXT.replace('"', '\\"') + '"\n',
            id="quotes with a backslash",
        ),
        pytest.param(
            "\n".join('"' + line.replace('"', '""') + '"' for line in ROWS.splitlines()),
            id="whole rows quoted",
        ),
    ],
)
def test_every_way_to_write_a_table(content: str | bytes, tmp_path: Path) -> None:
    (record,) = read(tmp_path / "table.csv", content)
    is_same(record)


def test_letters_of_a_windows_code_page(tmp_path: Path) -> None:
    rows = "RecordId,CreationDate,Operation,UserId,AuditData\nr-1,2026-08-30,Send,Müller,\n"
    (record,) = read(tmp_path / "table.csv", rows.encode("cp1252"))
    assert record.actor == "Müller"


def test_lists_of_a_table_of_splunk_that_cannot_be_parted_again_are_told() -> None:
    row = {**SPLUNK_TABLE, "Parameters{}.Name": "Name MoveToFolder", "Parameters{}.Value": ".. RSS Feeds"}
    with pytest.raises(UnreadableRecord, match="as JSON"):
        files.entry_of(row)
