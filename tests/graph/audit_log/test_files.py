"""Every form that audit records come in gives the same record, and every example file is read whole."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from graph.audit_log import files, sign_in, values
from graph.audit_log.files import Unreadable, is_lines
from graph.audit_log.parse import parse
from graph.audit_log.record import AuditRecord, PropertyChange
from graph.errors import UnreadableRecord
from graph.resources.sign_ins import RiskDetection, SignIn
from tests.each import each
from tests.examples import EXAMPLES, needs_examples

DATA = {
    "CreationTime": "2026-08-30T12:00:00",
    "Id": "r-1",
    "Operation": "New-InboxRule",
    "RecordType": 1,
    "ResultStatus": "True",
    "UserType": 2,
    "UserKey": "1003",
    "Workload": "Exchange",
    "ClientIP": "203.0.113.77:51422",
    "UserId": "adele.vance@contoso.example",
    "ObjectId": "x\\é",
    "Parameters": [
        {"Name": "Name", "Value": ".."},
        {"Name": "MoveToFolder", "Value": 'RSS, "Feeds"\nand more'},
    ],
}
WANTED = parse(DATA)


def entry_of(raw: Any) -> Any:
    return files.entry_of(raw)


def read(path: Path) -> list[Any]:
    return list(files.read(path))


def same(record: Any) -> None:
    """Compare all but what the form itself adds."""
    assert isinstance(record, AuditRecord), record
    fields = ("id", "at", "operation", "record_type", "actor", "actor_type", "owner", "address", "parameters")
    assert {name: getattr(record, name) for name in fields} == {
        name: getattr(WANTED, name) for name in fields
    }


def table(rows: Sequence[Mapping[str, Any]], *, delimiter: str = ",") -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys(), delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


ROW = {
    "RecordType": "ExchangeAdmin",
    "CreationDate": "8/30/2026 12:00:00 PM",
    "UserIds": "adele.vance@contoso.example",
    "Operations": "New-InboxRule",
    "AuditData": json.dumps(DATA),
    "ResultIndex": "1",
    "ResultCount": "2",
    "Identity": "r-1",
    "IsValid": "True",
    "ObjectState": "Unchanged",
}
PORTAL = {
    "RecordId": "r-1",
    "CreationDate": "2026-08-30T12:00:00.0000000Z ",
    "RecordType": "1",
    "Operation": "New-InboxRule",
    "UserId": "adele.vance@contoso.example",
    "AuditData": json.dumps(DATA),
    "AssociatedAdminUnits": "",
    "AssociatedAdminUnitsNames": "",
}
GRAPH = {
    "id": "r-1",
    "createdDateTime": "2026-08-30T12:00:00Z",
    "auditLogRecordType": "exchangeAdmin",
    "operation": "New-InboxRule",
    "userType": "Admin",
    "userId": "1003",
    "service": "Exchange",
    "objectId": "x\\é",
    "userPrincipalName": "adele.vance@contoso.example",
    "clientIp": None,
    "administrativeUnits": [""],
}
INNER = {
    "ClientIP": DATA["ClientIP"],
    "Parameters": DATA["Parameters"],
    "Parameters@odata.type": "#Collection(x)",
    "UserId": "__NULL__",
}

OLD_PORTAL = {name: ROW[name] for name in ("CreationDate", "UserIds", "Operations", "AuditData")}

FORMS = {
    "PowerShell CSV": table([ROW]),
    "PowerShell CSV with a type line": "#TYPE Selected.PSObject\r\n" + table([ROW]),
    "CSV with semicolons": table([ROW], delimiter=";"),
    "CSV that Excel saved": "sep=,\r\n" + table([ROW]),
    "portal CSV": table([PORTAL]),
    "old portal CSV": table(
        [{name: ROW[name] for name in ("CreationDate", "UserIds", "Operations", "AuditData")}]
    ),
    "Extractor's CSV of Graph": table([GRAPH | {"auditData": json.dumps(DATA)}]),
    "JSON lines of AuditData": json.dumps(DATA) + "\n",
    "JSON lines with carriage returns": json.dumps(DATA) + "\r\n\r\n",
    "one line without an end": json.dumps(DATA),
    "array": json.dumps([DATA]),
    "indented array": json.dumps([DATA], indent=2),
    "indented object": json.dumps(DATA, indent=2),
    "search rows as JSON": json.dumps([ROW | {"CreationDate": "/Date(1788091200000)/"}]),
    "Graph records": json.dumps(GRAPH | {"auditData": INNER}),
    "Graph records with dynamic properties": json.dumps(
        GRAPH | {"auditData": {"@odata.type": "#x", "dynamicProperties": INNER}}
    ),
    "Graph records with AuditData as text": json.dumps(GRAPH | {"auditData": json.dumps(INNER)}),
    "page of Graph": json.dumps(
        {"@odata.context": "x", "@odata.count": 1, "value": [GRAPH | {"auditData": INNER}]}
    ),
    "event.original": json.dumps({"event": {"original": json.dumps(DATA)}, "message": "x"}),
    "o365.audit": json.dumps({"o365": {"audit": DATA}}),
    "message": json.dumps({"message": json.dumps(DATA)}),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gzip"])
def test_every_form_gives_the_same_record(form, encoding, tmp_path):
    path = tmp_path / "export"
    text = FORMS[form]
    path.write_bytes(gzip.compress(text.encode()) if encoding == "gzip" else text.encode(encoding))
    records = read(path)
    assert len(records) == 1
    same(records[0])


def test_a_blank_audit_data_leaves_what_the_row_says():
    record = entry_of(ROW | {"AuditData": ""})
    assert (record.operation, record.actor, record.id) == (
        "New-InboxRule",
        "adele.vance@contoso.example",
        "r-1",
    )
    assert record.details["AuditDataState"] == "blank"


def test_audit_data_goes_before_the_frame_whatever_the_case_of_its_names():
    record = entry_of(GRAPH | {"auditData": {"operation": "Set-Mailbox", "USERID": "", "id": ["odd"]}})
    assert (record.operation, record.actor) == ("Set-Mailbox", "adele.vance@contoso.example")
    assert entry_of(GRAPH | {"createdDateTime": [], "time": "x", "auditData": INNER | DATA}).id == "r-1"


def test_half_an_audit_data_gives_its_whole_fields_and_the_row_the_rest():
    text = json.dumps(DATA)
    cut = text[: text.index("MoveToFolder")]
    record = entry_of(ROW | {"AuditData": cut})
    same_until_cut = (record.address, record.actor, record.at, record.parameters)
    assert same_until_cut == ("203.0.113.77", WANTED.actor, WANTED.at, {"Name": ".."})
    assert record.details["AuditDataState"] == "cut"


@pytest.mark.parametrize("length", range(0, len(ROW["AuditData"]), 7))
def test_an_audit_data_cut_anywhere_still_gives_a_record(length):
    record = entry_of(ROW | {"AuditData": ROW["AuditData"][:length]})
    assert (record.operation, record.actor, record.at, record.id) == (
        WANTED.operation,
        WANTED.actor,
        WANTED.at,
        "r-1",
    )


def test_broken_lines_are_reported_with_their_number_and_kept(tmp_path):
    path = tmp_path / "log"
    lines = [
        json.dumps(DATA),
        "{broken",
        "[1]",
        json.dumps({"Operation": "x"}),
        json.dumps(DATA | {"Id": "r-2"}),
    ]
    path.write_text("\n".join(lines))
    found = read(path)
    assert [type(one) for one in found] == [AuditRecord, Unreadable, Unreadable, Unreadable, AuditRecord]
    assert [(one.line, one.raw) for one in found[1:4]] == [
        (2, "{broken"),
        (3, "1"),
        (4, '{"Operation": "x"}'),
    ]


def test_a_broken_first_line_does_not_hide_the_others(tmp_path):
    path = tmp_path / "log"
    path.write_text("{broken\n" + json.dumps(DATA) + "\n")
    found = read(path)
    assert [type(one) for one in found] == [Unreadable, AuditRecord]


def test_a_broken_object_in_an_array_is_reported_and_the_next_is_read(tmp_path):
    path = tmp_path / "log"
    path.write_text(
        "[\n" + json.dumps(DATA) + ',\n{"Operation": nonsense},\n' + json.dumps(DATA | {"Id": "r-2"}) + "\n]"
    )
    found = read(path)
    assert [type(one) for one in found] == [AuditRecord, Unreadable, AuditRecord]
    assert found[1].line == 3


def test_an_array_longer_than_one_reading_is_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "CHUNK", 700)
    monkeypatch.setattr(values, "CHUNK", 700)
    path = tmp_path / "log"
    path.write_text(json.dumps([DATA | {"Id": f"r-{number}"} for number in range(50)], indent=1))
    assert [one.id for one in read(path)] == [f"r-{number}" for number in range(50)]


def test_repeats_are_given_once_and_a_repeated_placeholder_id_is_no_repeat(tmp_path):
    path = tmp_path / "log"
    other = DATA | {"CreationTime": "2026-08-30T13:00:00"}
    path.write_text("\n".join(json.dumps(one) for one in (DATA, DATA, other, DATA)))
    assert [one.at.hour for one in read(path)] == [12, 13]


def test_the_memory_for_repeats_is_bounded():
    seen = files._Seen(size=100)
    for number in range(10_000):
        assert seen.first_time((str(number), WANTED.at, "x"))
    assert len(seen._old) + len(seen._new) <= 100


def test_only_plain_json_lines_may_be_cut_at_line_ends(tmp_path):
    path = tmp_path / "log"
    for form, whole in FORMS.items():
        path.write_text(whole)
        lines = form.startswith(("JSON lines", "one line", "Graph records", "event.", "o365.", "message"))
        assert is_lines(path) is lines, form


def test_a_binary_file_is_reported_and_breaks_nothing(tmp_path):
    path = tmp_path / "photo.csv"
    path.write_bytes(b"\xff\xd8\xff\xe0JFIF,a\rb,\x00" + bytes(range(1, 10)) * 50)
    (only,) = read(path)
    assert isinstance(only, Unreadable)
    assert only.line == 1
    assert only.raw


def test_an_empty_file_holds_nothing(tmp_path):
    path = tmp_path / "log"
    path.write_text("")
    assert (read(path)) == []


AUDIT = {
    "id": "Directory_1",
    "activityDateTime": "2026-08-30T07:10:02Z",
    "activityDisplayName": "Update user",
    "category": "UserManagement",
    "result": "success",
    "loggedByService": "Core Directory",
    "initiatedBy": {
        "app": None,
        "user": {
            "id": "7c1f",
            "userPrincipalName": "Adele.Vance@contoso.example",
            "ipAddress": "203.0.113.77",
        },
    },
    "targetResources": [
        {
            "id": "7c1f",
            "type": "User",
            "userPrincipalName": "Adele.Vance@contoso.example",
            "modifiedProperties": [
                {"displayName": "PostalCode", "oldValue": '["98052"]', "newValue": '["10001"]'}
            ],
        }
    ],
    "additionalDetails": [{"key": "User-Agent", "value": "axios/1.7.2"}],
}
DIAGNOSTIC = {
    "time": "2026-08-30T07:10:02.1234567Z",
    "category": "AuditLogs",
    "operationName": "Update user",
    "callerIpAddress": "203.0.113.77",
    "properties": AUDIT,
}
ANALYTICS = {
    "TimeGenerated [UTC]": "8/30/2026, 7:10:02.000 AM",
    "Id": "Directory_1",
    "Category": "UserManagement",
    "OperationName": "Update user",
    "Result": "success",
    "Type": "AuditLogs",
    "InitiatedBy": json.dumps(AUDIT["initiatedBy"]),
    "TargetResources": json.dumps(AUDIT["targetResources"]),
    "AdditionalDetails": json.dumps(AUDIT["additionalDetails"]),
}


@pytest.mark.parametrize("raw", [AUDIT, DIAGNOSTIC, ANALYTICS], ids=["Graph", "diagnostic", "Log Analytics"])
def test_a_directory_audit_record_has_the_same_normal_form(raw):
    record = entry_of(raw)
    assert record.at == datetime(2026, 8, 30, 7, 10, 2, tzinfo=UTC)
    assert (record.operation, record.actor, record.owner) == (
        "Update user",
        "adele.vance@contoso.example",
        "adele.vance@contoso.example",
    )
    assert record.changes == (PropertyChange("PostalCode", "98052", "10001"),)
    assert (record.address, record.user_agent, record.succeeded) == ("203.0.113.77", "axios/1.7.2", True)
    assert record.record_type == "AzureActiveDirectory"


def test_an_applications_act_in_the_directory_names_the_application():
    record = entry_of(AUDIT | {"initiatedBy": {"app": {"displayName": "Device Registration Service"}}})
    assert (record.actor, record.actor_type.value) == ("Device Registration Service", "service_principal")


SIGN_IN = {
    "id": "s-1",
    "createdDateTime": "2026-08-30T06:58:03Z",
    "userPrincipalName": "Adele.Vance@contoso.example",
    "appDisplayName": "OfficeHome",
    "ipAddress": "203.0.113.77",
    "clientAppUsed": "Browser",
    "userAgent": "axios/1.7.2",
    "isInteractive": True,
    "riskEventTypes_v2": ["unfamiliarFeatures"],
    "status": {"errorCode": 50126, "failureReason": "Invalid username or password."},
    "deviceDetail": {"operatingSystem": "Windows 10"},
    "location": {
        "city": "Lagos",
        "countryOrRegion": "NG",
        "geoCoordinates": {"latitude": 6.45, "longitude": 3.39},
    },
}
STREAMED = {
    "time": "2026-08-30T06:58:03.1Z",
    "category": "SignInLogs",
    "resultType": "50126",
    "location": "NG",
    "callerIpAddress": "203.0.113.77",
    "properties": SIGN_IN,
}
WORKSPACE = {
    "Type": "SigninLogs",
    "CreatedDateTime": "2026-08-30T06:58:03Z",
    "Id": "s-1",
    "ResultType": "50126",
    "UserPrincipalName": "adele.vance@contoso.example",
    "AppDisplayName": "OfficeHome",
    "IPAddress": "203.0.113.77",
    "ClientAppUsed": "Browser",
    "UserAgent": "axios/1.7.2",
    "IsInteractive": "True",
    "Location": "NG",
    "RiskEventTypes_V2": '["unfamiliarFeatures"]',
    "Status": json.dumps(SIGN_IN["status"]),
    "DeviceDetail": json.dumps(SIGN_IN["deviceDetail"]),
    "LocationDetails": json.dumps(SIGN_IN["location"]),
}


@pytest.mark.parametrize("raw", [SIGN_IN, STREAMED, WORKSPACE], ids=["Graph", "diagnostic", "Log Analytics"])
def test_a_sign_in_has_one_form_wherever_it_comes_from(raw):
    found = entry_of(raw)
    assert type(found) is SignIn
    assert found.user_principal_name == "adele.vance@contoso.example"
    assert (found.ip_address, found.status.error_code, found.is_interactive) == ("203.0.113.77", 50126, True)
    assert found.risk_event_types_v2 == ("unfamiliarFeatures",)
    assert found.location is not None
    assert found.location.city == "Lagos"
    assert found.location.geo_coordinates is not None
    assert found.location.geo_coordinates.latitude == 6.45


def test_an_applications_sign_in_is_reported_as_such(tmp_path):
    path = tmp_path / "log"
    path.write_text(json.dumps(STREAMED | {"category": "ServicePrincipalSignInLogs"}))
    (found,) = read(path)
    assert found.reason == "The sign-in is an application's, not a user's."


@pytest.mark.parametrize(
    ("changes", "code", "succeeded"),
    [
        ({"Operation": "UserLoggedIn"}, 0, True),
        ({"Operation": "UserLoggedIn", "ErrorNumber": "50140"}, 50140, True),
        ({"Operation": "UserLoginFailed", "ErrorNumber": "50126", "ResultStatus": "Success"}, 50126, False),
        ({"Operation": "UserLoginFailed"}, 1, False),
    ],
)
def test_a_logon_of_the_unified_log_is_a_sign_in_too(changes, code, succeeded):
    agent = [{"Name": "UserAgent", "Value": "BAV2ROPC"}, {"Name": "RequestType", "Value": "OAuth2:Token"}]
    record = parse(DATA | {"RecordType": 15, "ExtendedProperties": agent} | changes)
    found = sign_in.sign_in_of(record)
    assert (found.status.error_code, found.succeeded) == (code, succeeded)
    assert (found.user_agent, found.ip_address, found.id) == ("BAV2ROPC", "203.0.113.77", "r-1")


def test_a_risk_detection_is_read_with_its_american_time():
    raw = {
        "time": "8/30/2026 2:42:35 PM",
        "category": "UserRiskEvents",
        "properties": {
            "id": "k",
            "riskEventType": "unfamiliarFeatures",
            "riskLevel": "low",
            "ipAddress": "192.0.2.4",
            "userPrincipalName": "Adele@contoso.example",
            "additionalInfo": "[]",
        },
    }
    found = entry_of(raw)
    assert isinstance(found, RiskDetection)
    assert found.detected_date_time == datetime(2026, 8, 30, 14, 42, 35, tzinfo=UTC)
    assert (found.risk_event_type, found.user_principal_name) == (
        "unfamiliarFeatures",
        "adele@contoso.example",
    )


EXAMPLE_FILES = sorted(
    path.relative_to(EXAMPLES) for path in EXAMPLES.rglob("*") if path.suffix in {".jsonl", ".csv"}
)


@needs_examples
@pytest.mark.parametrize("name", EXAMPLE_FILES, ids=str)
def test_every_record_of_every_example_file_parses_or_is_reported_and_kept(name):
    count = 0
    for line, text, raw in files.objects(EXAMPLES / name):
        count += 1
        if isinstance(raw, dict) and raw.get("category") == "ServicePrincipalSignInLogs":
            # The one kind of record in the collection that is no user's.
            with pytest.raises(UnreadableRecord, match="an application's"):
                entry_of(raw)
            continue
        wanted = {"signin": SignIn, "risk": RiskDetection}.get(name.parts[0], AuditRecord)
        assert isinstance(entry_of(raw), wanted), (line, text)
    assert count
    assert all(isinstance(one, Unreadable) is False or one.raw for one in read(EXAMPLES / name))


@needs_examples
def test_the_bare_and_the_powershell_form_of_the_same_records_are_equal():
    bare = {one.id: one for one in read(EXAMPLES / "ual" / "deteng.jsonl")}
    compared = 0
    for path in each((EXAMPLES / "native_formats").glob("*.csv")):
        for row in each(read(path)):
            other = bare.get(row.id)
            if other is not None:
                compared += 1
                assert {n: getattr(row, n) for n in row.__slots__ if n not in ("raw", "actor")} == {
                    n: getattr(other, n) for n in row.__slots__ if n not in ("raw", "actor")
                }
    assert compared


@needs_examples
def test_a_license_change_too_long_for_its_record_is_rescued_from_its_details():
    (record,) = read(
        EXAMPLES / "native_formats" / "t1562.008_Advanced Auditing policy removed from a user.csv"
    )
    (changed,) = [change for change in record.changes if change.name == "AssignedLicense"]
    assert "M365_ADVANCED_AUDITING" in changed.new
    assert "M365_ADVANCED_AUDITING" not in changed.old


def test_a_compressed_file_that_is_cut_off_gives_what_comes_before(tmp_path):
    path = tmp_path / "log.gz"
    lines = "".join(json.dumps(DATA | {"Id": f"r-{number}"}) + "\n" for number in range(9000))
    path.write_bytes(gzip.compress(lines.encode(), 0)[:-2_000_000])
    found = read(path)
    assert isinstance(found[-1], Unreadable)
    assert len(found) > 1000
    assert all(isinstance(one, AuditRecord) for one in found[:1000])
