"""Every form that another product gives a record is opened, each by a sample of its own."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from graph.audit_log import files, forms
from graph.audit_log.record import AuditRecord
from graph.errors import UnreadableRecord
from graph.resources.sign_ins import SignIn

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
    "splunk_event": {"_time": "2026-08-30", "_raw": TEXT},
    "splunk_event, a line of results": {"preview": False, "offset": 0, "result": {"_raw": TEXT}},
    "splunk_table": SPLUNK_TABLE,
    "wazuh": {"rule": {"level": 3}, "data": {"integration": "office365", "office365": DATA}},
    "wazuh, in a hit of a search": {"_source": {"rule": {}, "data": {"office365": DATA}}},
    "wazuh, flat": {f"data.office365.{name}": one for name, one in DATA.items()},
    "elastic": ELASTIC,
    "elastic, flat": FLAT,
    "elastic, as the agent sends it": {"o365audit": DATA},
    "elastic, with the original": {**ELASTIC, "event": {"action": "x", "original": TEXT}},
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
SIGN_INS = {"entra_sign_ins_csv": PORTAL_SIGN_IN, "defender_sign_ins": DEFENDER_SIGN_IN}

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
NOT_READ = {
    "message_trace": {
        "MessageTraceId": "m",
        "SenderAddress": "a@b.example",
        "RecipientAddress": "c@d.example",
    },
    "email_events": {
        "NetworkMessageId": "m",
        "SenderFromAddress": "a@b.example",
        "RecipientEmailAddress": "c@d.example",
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
    sampled = {name.partition(",")[0] for name in (*SAME, *SIGN_INS, *NOT_READ)} | {"entra_audit_csv"}
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


@pytest.mark.parametrize("name", NOT_READ)
def test_a_form_that_is_not_read_is_named(name: str) -> None:
    with pytest.raises(UnreadableRecord, match="read from a file yet"):
        files.entry_of(NOT_READ[name])


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
