"""The same records as other machines, tools and hands save them; what is no log is told for what it is."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from graph.audit_log import plain, scan
from graph.audit_log.blocks import parts
from graph.audit_log.picked import Picked, entry
from graph.audit_log.record import AuditRecord
from graph.audit_log.tally import DEPTH_CUT, Tally
from graph.audit_log.values import NO_OBJECT

RULES = 12
RECORDS: list[dict[str, Any]] = [
    {
        "CreationTime": f"2026-08-{number + 10}T13:05:00",
        "Id": f"r-{number}",
        "Operation": "New-InboxRule",
        "RecordType": 1,
        "ResultStatus": "True",
        "UserType": 0,
        "Workload": "Exchange",
        "ClientIP": "203.0.113.77",
        "UserId": "adele.vance@contoso.example",
        "Parameters": [
            {"Name": "Name", "Value": ".."},
            {"Name": "ForwardTo", "Value": f"x{number}@evil.example"},
        ],
    }
    for number in range(RULES)
]
LINES = [json.dumps(one) for one in RECORDS]


def table(
    when: Callable[[datetime], str],
    separator: str = ",",
    *,
    end: str = "\r\n",
    columns: tuple[str, ...] = ("RecordType", "CreationDate", "UserIds", "Operations", "AuditData"),
    records: list[dict[str, Any]] = RECORDS,
) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, delimiter=separator, lineterminator=end, extrasaction="ignore")
    writer.writeheader()
    for one in records:
        row = {"RecordType": "ExchangeAdmin", "UserIds": one["UserId"], "Operations": one["Operation"]}
        date = when(datetime.fromisoformat(one["CreationTime"]))
        writer.writerow({**row, "CreationDate": date, "AuditData": json.dumps(one)})
    return out.getvalue()


def american(at: datetime) -> str:
    return f"{at.month}/{at.day}/{at.year} {at:%I:%M:%S %p}"


def shown(value: Mapping[str, Any]) -> str:
    return "@{" + "; ".join(f"{name}={one}" for name, one in value.items()) + "}"


def formatted(record: Mapping[str, Any], width: int = 0) -> str:
    """A record as Format-List shows a row of Search-UnifiedAuditLog, in lines of so many characters."""
    row = {
        "RunspaceId": "4d0c",
        "RecordType": "ExchangeAdmin",
        "CreationDate": american(datetime.fromisoformat(record["CreationTime"])),
        "UserIds": record["UserId"],
        "Operations": record["Operation"],
        "AuditData": json.dumps(record),
        "ResultIndex": str(int(record["Id"][2:]) + 1),
        "ResultCount": str(RULES),
        "Identity": record["Id"],
        "IsValid": "True",
        "ObjectState": "",
    }
    lines = []
    for name, value in row.items():
        step = width - 15 if width else len(value) or 1
        pieces = [value[at : at + step] for at in range(0, len(value), step)] or [""]
        lines += [f"{name:12} : {pieces[0]}", *(" " * 15 + piece for piece in pieces[1:])]
    return "\n".join(lines)


def read(path: Path, content: bytes) -> tuple[list[AuditRecord], Tally]:
    path.write_bytes(content)
    picked: list[Picked] = []
    (tally,) = [scan.scan(part, picked.append) for part in parts(path, 1)]
    found = [entry(one.kind, one.text) for one in picked]
    return [one for one in found if isinstance(one, AuditRecord)], tally


SAVED: Mapping[str, bytes] = {
    "German dates in the code page of Windows": table(lambda at: f"{at:%d.%m.%Y %H:%M:%S}", ";").encode(
        "cp1252"
    ),
    "French dates": table(lambda at: f"{at:%d/%m/%Y %H:%M:%S}", ";").encode("utf-8-sig"),
    "Japanese dates": table(lambda at: f"{at.year}/{at.month}/{at.day} {at:%H:%M:%S}").encode("utf-8-sig"),
    "Finnish dates": table(lambda at: f"{at.day}.{at.month}.{at.year} {at:%H.%M.%S}", ";").encode(
        "utf-8-sig"
    ),
    "Korean dates": table(lambda at: f"{at:%Y-%m-%d} 오후 {at:%I:%M:%S}").encode("utf-8-sig"),
    "American dates with a narrow blank": table(lambda at: american(at).replace(" PM", "\u202fPM")).encode(),
    "the type of PowerShell 5 above": ("#TYPE Deserialized.X\r\n" + table(american)).encode(),
    "Excel's separator above": ("sep=;\r\n" + table(american, ";")).encode("utf-8-sig"),
    "tabs in UTF-16, as Excel saves text": table(american, "\t").encode("utf-16"),
    "UTF-32": table(american).encode("utf-32"),
    "lines as old Macs end them": table(american, end="\r").encode(),
    "two files put together, each with a mark and a heading": b"".join(
        table(american, records=some).encode("utf-8-sig") for some in (RECORDS[:5], RECORDS[5:])
    ),
    "the records alone": table(american, columns=("AuditData",)).encode(),
    "the records and when": table(american, columns=("CreationDate", "AuditData")).encode(),
    "words above the heading": ("Audit log search\r\nExported 2026-08-31\r\n\r\n" + table(american)).encode(),
    "lines as PowerShell prints a column": "\r\n".join(["AuditData", "---------", *LINES]).encode(),
    "a list as PowerShell shows it": "\r\n\r\n".join(["", *map(formatted, RECORDS), ""]).encode("utf-16"),
    "a list whose values go on in the next lines": "\n\n\n".join(
        formatted(one, 80) for one in RECORDS
    ).encode(),
    "a list without blank lines, below what was typed": (
        "PS C:\\> Search-UnifiedAuditLog -StartDate 2026-08-01 | fl\n\n" + "\n".join(map(formatted, RECORDS))
    ).encode(),
    "lines of a syslog": "\n".join(f"<14>1 2026-08-20T00:00:00Z o365 - - - {one}" for one in LINES).encode(),
    "lines with commas behind": ",\n".join(LINES).encode() + b",\n",
    "no line ends": "".join(LINES).encode(),
    "an array with a comma at its end": ("[" + ",\n".join(LINES) + ",\n]").encode(),
    "arrays put together, each with a mark": b"".join(
        codecs.BOM_UTF8 + json.dumps(some, indent=1).encode() for some in (RECORDS[:5], RECORDS[5:])
    ),
    "a response with its head, as curl keeps it": (
        "HTTP/2 200\r\ncontent-type: application/json\r\nx-a: b\r\n\r\n" + json.dumps(RECORDS)
    ).encode(),
    "frames of Kusto": json.dumps(
        [
            {"FrameType": "DataSetHeader", "Version": "v2.0"},
            {"FrameType": "DataTable", "TableKind": "QueryProperties", "Columns": [], "Rows": []},
            {
                "FrameType": "DataTable",
                "TableKind": "PrimaryResult",
                "Columns": [{"ColumnName": name} for name in RECORDS[0]],
                "Rows": [list(one.values()) for one in RECORDS],
            },
            {"FrameType": "DataSetCompletion", "HasErrors": False},
        ]
    ).encode(),
    "a table of pandas, column by column": json.dumps(
        {name: {str(at): one[name] for at, one in enumerate(RECORDS)} for name in RECORDS[0]}
    ).encode(),
    "a table of pandas, split": json.dumps(
        {
            "columns": list(RECORDS[0]),
            "index": list(range(RULES)),
            "data": [list(one.values()) for one in RECORDS],
        }
    ).encode(),
    "a page with what is to be said of it behind": json.dumps(
        {"data": RECORDS, "meta": {"page": {"after": "x"}, "status": "done"}, "links": {}}
    ).encode(),
    "a page with more records behind": json.dumps(
        {"data": RECORDS[:5], "more": {"kept": RECORDS[5:]}}
    ).encode(),
    "dates as MongoDB exports them": "\n".join(
        json.dumps({**one, "CreationTime": {"$date": one["CreationTime"] + "Z"}}) for one in RECORDS
    ).encode(),
    "a frame that nobody described": json.dumps({"AuditLogs": RECORDS, "Count": RULES}).encode(),
}


@pytest.mark.parametrize("content", SAVED.values(), ids=SAVED)
def test_a_variant_gives_the_same_records(content, tmp_path):
    found, tally = read(tmp_path / "log", content)
    assert [one.id for one in found] == [one["Id"] for one in RECORDS]
    assert [one.parameters["ForwardTo"] for one in found] == [
        f"x{number}@evil.example" for number in range(RULES)
    ]
    assert [one.at.isoformat() for one in found] == [f"{one['CreationTime']}+00:00" for one in RECORDS]
    assert (tally.unread_count(), tally.notes.incomplete) == (0, [])


SHALLOW: Mapping[str, bytes] = {
    # As ConvertTo-Json of PowerShell 5 and 7 writes what lies below its depth.
    "lines": "\n".join(
        json.dumps({**one, "Parameters": [shown(each) for each in one["Parameters"]]}) for one in RECORDS
    ).encode(),
    "an array": json.dumps(
        [{**one, "Parameters": " ".join(shown(each) for each in one["Parameters"])} for one in RECORDS]
    ).encode(),
}


@pytest.mark.parametrize("content", SHALLOW.values(), ids=SHALLOW)
def test_objects_that_powershell_only_shows_are_read_and_told(content, tmp_path):
    found, tally = read(tmp_path / "log", content)
    assert [one.parameters["ForwardTo"] for one in found] == [
        f"x{number}@evil.example" for number in range(RULES)
    ]
    assert tally.notes.incomplete == [DEPTH_CUT]


@pytest.mark.parametrize(
    "lost", ["System.Object[]", "System.Collections.Hashtable", ["System.Collections.Hashtable"]]
)
def test_what_a_depth_cut_off_is_told(lost, tmp_path):
    for form in (
        json.dumps({**RECORDS[0], "Parameters": lost}),
        json.dumps([{**RECORDS[0], "Parameters": lost}]),
    ):
        found, tally = read(tmp_path / "log", form.encode())
        assert len(found) == 1
        assert tally.notes.incomplete == [DEPTH_CUT]


def test_what_a_depth_cut_off_is_told_wherever_among_plain_records_it_stands(tmp_path):
    plain_ones = [json.dumps({**RECORDS[0], "Id": f"{number}", "Parameters": []}) for number in range(300)]
    cut = json.dumps({**RECORDS[0], "Id": "cut", "Parameters": "System.Object[]"})
    for place in (0, 150, 300):
        lines = [*plain_ones[:place], cut, *plain_ones[place:]]
        _, tally = read(tmp_path / "log", "\n".join(lines).encode())
        assert tally.notes.incomplete == [DEPTH_CUT]


NO_LOG: Mapping[str, tuple[bytes, str]] = {
    "a web page": (b"<!DOCTYPE html>\n<html><body>Sign in</body></html>", plain.WEB_PAGE),
    "XML with a document type before what Export-Clixml writes": (
        b'<?xml version="1.0"?>\n<!DOCTYPE Objs [<!ENTITY a "b">]>\n<Objs><S>&a;</S></Objs>',
        plain.XML,
    ),
    "events of ArcSight": (
        b"CEF:0|Microsoft|Office 365|1.0|New-InboxRule|x|3|suser=adele act=New-InboxRule\n",
        plain.EVENTS.format(name="ArcSight's Common Event Format"),
    ),
    "events of QRadar": (
        b"<13>Aug 30 12:00:00 siem LEEF:1.0|Microsoft|Office 365|1.0|New-InboxRule|usrName=adele\n",
        plain.EVENTS.format(name="QRadar's Log Event Extended Format"),
    ),
    "XML": (b'<?xml version="1.0"?>\n<rows><row/></rows>', plain.XML),
    "a list that PowerShell shows": (
        b"\r\n\r\nRecordType   : ExchangeAdmin\r\nCreationDate : 8/20/2026\r\nUserIds      : adele\r\n",
        plain.FORMAT_LIST,
    ),
    "a program": (b'include x.mk\n\nall: a, b ; echo $(A) | sort, uniq\n\t@echo ".."\n', plain.TEXT),
    "prose": (b"# Heading\n\nSome words, and more of them, as people write.\n\n- a list\n", plain.TEXT),
    "settings": (
        b'[build-system]\nrequires = ["a"]\n\n[tool.x]\nname = "b"\n\n[[more]]\nn = 1\n',
        plain.TEXT,
    ),
    "a note in brackets": (b"[1] Some words\n[2] and more of them\n\n[see above]\n", plain.TEXT),
    "a message": (
        b"Received: from a\r\n\tby b\r\nSubject: logs\r\nMIME-Version: 1.0\r\n\r\nYm9keQ==\r\n",
        plain.MAIL,
    ),
    "one word a line": (b"one\ntwo\nthree\n", plain.TEXT),
}


@pytest.mark.parametrize("given", NO_LOG.values(), ids=NO_LOG)
def test_what_is_no_log_is_told_in_one_line_without_its_words(given, tmp_path):
    content, says = given
    found, tally = read(tmp_path / "log", content)
    assert (found, tally.records) == ([], 0)
    assert [(one.line, one.reason) for one in tally.unreadable] == [(1, says)]


def test_words_between_the_objects_of_a_list_are_told_once(tmp_path):
    content = "\n\n".join([formatted(RECORDS[0]), "WARNING: one\nand two\nand three", formatted(RECORDS[1])])
    found, tally = read(tmp_path / "log", content.encode())
    assert [one.id for one in found] == ["r-0", "r-1"]
    assert [(one.line, one.reason) for one in tally.unreadable] == [(13, NO_OBJECT)]


def test_a_list_without_end_is_survived(tmp_path, monkeypatch):
    monkeypatch.setattr(plain, "LONGEST_ROW", 20_000)
    content = "\n".join(
        [formatted(RECORDS[0]), "", *("  more" for _ in range(9_000)), "", formatted(RECORDS[1])]
    )
    found, tally = read(tmp_path / "log", content.encode())
    assert [one.id for one in found] == ["r-0", "r-1"]
    assert tally.unread_count() >= 1
