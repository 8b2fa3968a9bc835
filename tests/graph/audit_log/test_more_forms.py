"""Shapes that public pipelines and documents describe, beside those of `test_forms`: read right, or named."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from commands.analyze import analyze
from graph.audit_log import files
from graph.audit_log.files import Unreadable
from graph.audit_log.record import AuditRecord, PropertyChange
from graph.audit_log.texts import Notes
from graph.audit_log.traced import Traced
from graph.errors import UnreadableRecord
from graph.resources.sign_ins import RiskDetection, SignIn
from tests.fuzz.made import RISK, SIGN_IN
from tests.graph.audit_log.test_forms import (
    DATA,
    ELASTIC,
    ELASTIC_SIGN_IN,
    PORTAL_AUDIT,
    PORTAL_SIGN_IN,
    TRACES,
)

ELASTIC_CONSENT = {
    "@timestamp": "2026-08-30T12:00:00.000Z",
    "azure": {
        "auditlogs": {
            "category": "AuditLogs",
            "operation_name": "Consent to application",
            "properties": {
                "id": "d-1",
                "activity_datetime": "2026-08-30T12:00:00.1+00:00",
                "category": "ApplicationManagement",
                "result": "success",
                "initiated_by": {
                    "user": {"userPrincipalName": "adele.vance@contoso.example", "ipAddress": "203.0.113.77"}
                },
                "target_resources": {
                    "0": {
                        "display_name": "Mail reader",
                        "type": "ServicePrincipal",
                        "modified_properties": {
                            "0": {"display_name": "ConsentContext.IsAdminConsent", "new_value": '"False"'}
                        },
                    }
                },
            },
        }
    },
    "ecs": {"version": "8.11.0"},
    "event": {"action": "MICROSOFT.AADIAM/X", "outcome": "success"},
}


def test_elastics_directory_audits_have_their_targets_and_changes_again() -> None:
    found = files.entry_of(ELASTIC_CONSENT)
    assert isinstance(found, AuditRecord)
    assert (found.operation, found.actor, found.address) == (
        "Consent to application", "adele.vance@contoso.example", "203.0.113.77",
    )  # fmt: skip
    assert found.changes == (PropertyChange("ConsentContext.IsAdminConsent", "", "False"),)
    assert found.details["TargetName"] == "Mail reader"


def test_elastics_sign_ins_have_the_place_that_microsoft_gave() -> None:
    found = files.entry_of(ELASTIC_SIGN_IN)
    assert isinstance(found, SignIn)
    assert found.location is not None
    assert (found.location.state, found.is_interactive) == ("Lagos State", True)
    block = {**ELASTIC_SIGN_IN["azure"]["signinlogs"], "category": "ServicePrincipalSignInLogs"}
    with pytest.raises(UnreadableRecord, match="an application's"):
        files.entry_of({**ELASTIC_SIGN_IN, "azure": {"signinlogs": block}})


def test_elastics_risk_detections_are_read() -> None:
    properties = {
        "id": "d-1",
        "risk_event_type": "anonymizedIPAddress",
        "risk_level": "high",
        "detected_datetime": "2026-08-30T12:00:00Z",
        "user_principal_name": "adele.vance@contoso.example",
        "ip_address": "203.0.113.77",
        "location": {"city": "Lagos", "countryOrRegion": "NG"},
    }
    found = files.entry_of({"@timestamp": "x", "azure": {"identityprotection": {"properties": properties}}})
    assert isinstance(found, RiskDetection)
    assert (found.risk_event_type, found.user_principal_name) == (
        "anonymizedIPAddress", "adele.vance@contoso.example",
    )  # fmt: skip


def elastic(action: str, code: str, audit: dict[str, Any], **moved: Any) -> AuditRecord:
    raw = {
        **ELASTIC,
        "event": {"action": action, "id": "r-1", "code": code},
        "o365": {"audit": audit},
        **moved,
    }
    found = files.entry_of(raw)
    assert isinstance(found, AuditRecord)
    return found


def test_what_elastics_pipeline_renames_has_its_name_again() -> None:
    assert elastic("added-users-to-group", "MicrosoftTeams", {"RecordType": "25"}).operation == "MemberAdded"
    changed = elastic(
        "modified-user-account",
        "AzureActiveDirectory",
        {
            "RecordType": "8",
            "ModifiedProperties": {
                "StrongAuthenticationMethod": {"OldValue": "[]", "NewValue": '[{"MethodType":6}]'},
                "Role_DisplayName": {"OldValue": "", "NewValue": "Global Administrator"},
                "Included_Updated_Properties": {"OldValue": "", "NewValue": "x"},
            },
        },
    )
    assert changed.operation == "Update user"
    assert [one.name for one in changed.changes] == [
        "StrongAuthenticationMethod", "Role.DisplayName", "Included Updated Properties",
    ]  # fmt: skip


def test_what_elastics_pipeline_moves_stands_in_the_record_again() -> None:
    file = elastic(
        "FileDownloaded",
        "SharePointFileOperation",
        {"RecordType": "6"},
        url={"original": "https://contoso.example/Plan.docx"},
        file={"name": "Plan.docx", "directory": "Shared Documents", "extension": "docx"},
    )
    assert (file.object_id, file.details["SourceFileName"]) == (
        "https://contoso.example/Plan.docx",
        "Plan.docx",
    )
    alert = elastic(
        "AlertTriggered",
        "SecurityComplianceAlerts",
        {"RecordType": "40"},
        rule={"name": "Suspicious forwarding", "description": "adele.vance@contoso.example"},
        message="New alert",
    )
    assert (alert.details["Name"], alert.details["Comments"]) == ("Suspicious forwarding", "New alert")
    sid = {"id": "S-1-5-18", "email": "adele.vance@contoso.example"}
    assert (
        elastic("Send", "ExchangeItem", {"RecordType": "2"}, user=sid).owner == "adele.vance@contoso.example"
    )
    command = elastic("Set-Mailbox", "ExchangeAdmin", {"Parameters": {"_raw": '-Identity "a" -Force'}})
    assert command.parameters == {"Identity": "a", "Force": "True"}


NAMED: dict[str, tuple[dict[str, Any], str]] = {
    "an event of Google SecOps": (
        {"metadata": {"eventType": "USER_LOGIN"}, "principal": {"ip": ["203.0.113.7"]}},
        "export the raw logs",
    ),
    "an incident": ({"Incident name": "x", "Incident Id": "1", "Severity": "High"}, "export CloudAppEvents"),
    "an incident of the API": ({"incidentId": 1, "incidentName": "x", "alerts": []}, "export CloudAppEvents"),
    "an alert of Graph": ({"title": "x", "severity": "high", "evidence": []}, "export CloudAppEvents"),
    "items of a content search": ({"Item Identity": "1", "Document ID": "2", "Sent": "x"}, "items that"),
    "Sentinel's common events": ({"DeviceVendor": "a", "DeviceProduct": "x"}, "Common Event"),
    "an event of ASIM": ({"EventSchema": "Authentication", "EventProduct": "x"}, "ASIM.*from Purview"),
    "an event of OCSF": ({"class_uid": 3002, "metadata": {}, "time": 1}, "OCSF.*from Purview"),
    "a request to Graph": ({"RequestMethod": "GET", "RequestUri": "x", "UserId": "u"}, "the sign-ins"),
    "a logon of Defender for Identity": (
        {"LogonType": "x", "AccountUpn": "a", "TargetDeviceName": "", "Timestamp": ""},
        "export EntraIdSignInEvents",
    ),
    "risk detections of the portal": (
        {"Request ID": "r", "Username": "a", "IP address": "", "Detection type": "x", "Risk state": ""},
        "as JSON.*riskDetections",
    ),
    "risky users": ({"riskState": "x", "riskLastUpdatedDateTime": ""}, "export the risk detections"),
    "messages of Defender's Explorer": (
        {"Email date (UTC)": "", "Recipients": "", "Subject": "", "Sender address": "", "Sender IP": ""}
        | {f"Column {n}": "" for n in range(8)},
        "export EmailEvents",
    ),
    "steps of a message's way": ({"MessageTraceId": "1", "Event": "x", "Detail": "y"}, "the message"),
    "the older admin audit log": ({"CmdletName": "x", "CmdletParameters": []}, "from Purview"),
    "the older mailbox audit log": (
        {"Operation": "Send", "LogonType": "x", "LastAccessed": "", "MailboxOwnerUPN": "a"},
        "from Purview",
    ),
    "inbox rules of Graph": (
        {"id": "1", "displayName": "x", "sequence": 1, "conditions": {}, "actions": {}},
        "Get-InboxRule",
    ),
    "a list of blobs": ({"contentUri": "https://x", "contentType": "Audit.Exchange"}, "contentUri leads to"),
    "rights to mailboxes": ({"User": "b", "AccessRights": "c", "Deny": "False"}, "shows mailbox permissions"),
    "settings of a mailbox": (
        {"Name": "a", "ForwardingSmtpAddress": "", "DeliverToMailboxAndForward": "False"},
        "shows mailbox settings",
    ),
    "a mailbox that forwards": (
        {"Name": "a", "ForwardingSmtpAddress": "smtp:x@evil.example", "DeliverToMailboxAndForward": "True"},
        "Mail of a is forwarded to x@evil.example",
    ),
    "an error": ({"error": {"code": "InvalidAuthenticationToken"}}, "an error that the service answered"),
    "steps of sign-ins": (
        {"Request ID": "s", "Authentication date": "2026-08-30", "Authentication method": "Password"},
        "downloaded with it",
    ),
    "sign-ins with German headings": (
        {"Datum (UTC)": "2026-08-30T12:00:00Z", "IP-Adresse": "203.0.113.7", "Status": "Erfolg"}
        | {f"Spalte {n}": "" for n in range(8)},
        "nearest is Entra admin center.*another language",
    ),
    "sign-ins with Spanish headings": (
        {"Fecha (UTC)": "2026-08-30T12:00:00Z", "Dirección IP": "203.0.113.7", "Estado": "Correcto"}
        | {f"Columna {n}": "" for n in range(8)},
        "nearest is Entra admin center.*another language",
    ),
    "sign-ins of applications": (
        {"Date (UTC)": "", "Request ID": "s", "Service principal ID": "p", "IP address": "203.0.113.7"},
        "an application's",
    ),
    "a sign-in that lost its status": (
        {"id": "s", "createdDateTime": "2026-08-30T12:00:00Z", "appId": "a", "status": "Microsoft.Graph.X"},
        "in PowerShell with -Depth 10",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
def test_an_export_that_holds_no_records_is_named(name: str) -> None:
    raw, why = NAMED[name]
    with pytest.raises(UnreadableRecord, match=why):
        files.entry_of(raw)


def test_a_record_inside_of_such_an_export_is_read_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text(json.dumps({"title": "x", "severity": "high", "evidence": [{"rawEvent": DATA}]}))
    (found,) = files.read(path)
    assert isinstance(found, AuditRecord)


def test_the_portals_own_rows_are_no_such_export() -> None:
    assert isinstance(files.entry_of({**PORTAL_SIGN_IN, "Service principal ID": ""}), SignIn)


def rows(path: Path, content: str) -> tuple[list[Any], Notes]:
    path.write_text(content)
    notes = Notes()
    list(files.objects(path, notes))
    return list(files.read(path)), notes


def test_days_that_excel_left_as_numbers_are_dates(tmp_path: Path) -> None:
    content = (
        "Received,SenderAddress,RecipientAddress,Subject,Status,Size,MessageId\n"
        "46264.5,a@contoso.example,b@fabrikam.example,x,Delivered,46264.5,<1@x>\n"
        '"46265,000011574",a@contoso.example,b@fabrikam.example,x,Delivered,1,<2@x>\n'
        "never,a@contoso.example,b@fabrikam.example,x,Delivered,1,<3@x>\n"
    )
    found, notes = rows(tmp_path / "log", content)
    times = [one.rows[0].received_date_time.isoformat() for one in found if not isinstance(one, Unreadable)]
    assert times == ["2026-08-30T12:00:00+00:00", "2026-08-31T00:00:01+00:00"]
    assert [one.reason for one in found if isinstance(one, Unreadable)] == [
        "The time 'never' cannot be read."
    ]
    assert notes.guessed == ["the dates in “Received” are Excel's day numbers, taken for UTC"]


@pytest.mark.parametrize("notes", ["// made by a tool\n", "# a\n\n# b\n", "/* a * b\n { */\n"])
def test_notes_above_json_are_passed_over_and_lines_keep_their_number(notes: str, tmp_path: Path) -> None:
    found, _ = rows(tmp_path / "log", notes + json.dumps([DATA]) + "\nwords")
    assert [type(one) for one in found] == [AuditRecord, Unreadable]
    assert found[1].line == notes.count("\n") + 2


@pytest.mark.parametrize("year", ["0001", "1989", "2100", "9999"])
@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (DATA, "CreationTime"),
        (SIGN_IN, "createdDateTime"),
        (RISK, "detectedDateTime"),
        (RISK, "activityDateTime"),
        (PORTAL_AUDIT, "Date (UTC)"),
        (next(iter(TRACES.values())), "Received"),
    ],
)
def test_a_time_at_the_ends_of_the_calendar_is_none_of_a_record(
    raw: dict[str, Any], name: str, year: str
) -> None:
    # One such record made the whole account's analysis fail: nothing can be counted before it.
    with pytest.raises(UnreadableRecord, match="not one that a record can have"):
        files.entry_of({**raw, name: f"{year}-12-31T23:59:59Z"})


def test_an_account_with_such_a_record_is_judged_by_the_others(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("\n".join(json.dumps({**DATA, "CreationTime": when, "Id": when}) for when in (
        "0001-01-01T00:00:00", "2026-08-30T12:00:00", "9999-12-31T23:59:59",
    )))  # fmt: skip
    found = analyze([path], user=None, now=datetime(2026, 9, 1, tzinfo=UTC), processes=1)
    assert (found.records, len(found.unreadable)) == (1, 2)
    assert all(not symptom.failed for report in found.users for symptom in report.symptoms)


def test_a_sign_in_of_which_a_query_gave_few_columns_is_read() -> None:
    row = {
        "TimeGenerated [UTC]": "2026-08-30T12:00:00Z",
        "UserPrincipalName": "adele.vance@contoso.example",
        "IPAddress": "203.0.113.77",
        "Location": "NG",
        "ResultType": "50126",
    }
    found = files.entry_of(row)
    assert isinstance(found, SignIn)
    assert (found.status.error_code, found.ip_address, found.succeeded) == (50126, "203.0.113.77", False)
    del row["ResultType"]
    with pytest.raises(UnreadableRecord):
        files.entry_of(row)


def test_a_message_of_which_a_query_gave_few_columns_is_read() -> None:
    row = {
        "Timestamp": "2026-08-30T12:00:00Z",
        "SenderFromAddress": "adele.vance@contoso.example",
        "RecipientEmailAddress": "kim@client.example",
        "Subject": "Invoice 7",
    }
    found = files.entry_of(row)
    assert isinstance(found, Traced)
    assert (found.sender, found.rows[0].subject) == ("adele.vance@contoso.example", "Invoice 7")
