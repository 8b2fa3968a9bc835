"""What programs leave in the cells of tables is read where it can be, and told where it is lost."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import pytest

from graph.audit_log.tally import LOST
from tests.graph.audit_log.test_variants import RECORDS, american, read, table

PLAIN = {name: one for name, one in RECORDS[0].items() if name != "Parameters"}


def written(rows: Iterable[Mapping[str, Any]]) -> bytes:
    rows = list(rows)
    out = io.StringIO()
    writer = csv.DictWriter(out, list(dict.fromkeys(name for row in rows for name in row)))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def in_lines(text: str, width: int) -> list[str]:
    """Break a text as PowerShell does: a word keeps the blank behind it where a line holds both."""
    lines = [""]
    for word in re.findall(r"[^ ]* ?", text):
        if len(word) > width:
            for letter in word:
                if len(lines[-1]) == width:
                    lines.append("")
                lines[-1] += letter
        elif len(lines[-1]) + len(word) > width:
            lines.append(word)
        else:
            lines[-1] += word
    return [line.rstrip() for line in lines]


def wrapped(record: Mapping[str, Any], width: int) -> str:
    """A row as Format-List shows it in a narrow window, without the blanks at which its lines end."""
    lines = in_lines(json.dumps(record, separators=(",", ":")), width - 15)
    return "\n".join(
        [
            "RecordType   : ExchangeAdmin",
            f"CreationDate : {american(datetime.fromisoformat(record['CreationTime']))}",
            f"AuditData    : {lines[0]}",
            *(" " * 15 + line for line in lines[1:]),
        ]
    )


def test_lists_as_python_shows_them_are_read(tmp_path):
    rows = [{**one, "Parameters": repr(one["Parameters"])} for one in RECORDS]
    for content in (written(rows), "\n".join(map(repr, RECORDS)).encode(), repr(RECORDS).encode()):
        found, tally = read(tmp_path / "log", content)
        assert [one.parameters["ForwardTo"] for one in found] == [
            f"x{number}@evil.example" for number in range(len(RECORDS))
        ]
        assert (tally.unread_count(), tally.notes.incomplete) == (0, [])


@pytest.mark.parametrize(
    "text",
    [
        "{'Operation': print(1)}",
        "{'a': " * 500,
        "[{'a': b}]",
        "{'" + "a" * (1 << 20),
        "{'a'}",
        "[{'a': 1}, 2]",
    ],
)
def test_what_python_would_run_or_cannot_read_is_told(text, tmp_path):
    found, tally = read(tmp_path / "log", text.encode())
    assert (found, tally.unread_count() > 0) == ([], True)


def test_rows_that_hold_one_entry_of_a_list_each_are_one_record(tmp_path):
    rows = [
        {
            **{f"AuditData.{name}": cell for name, cell in one.items() if name != "Parameters"},
            "AuditData.Parameters.Name": entry["Name"],
            "AuditData.Parameters.Value": entry["Value"],
        }
        for one in RECORDS
        for entry in one["Parameters"]
    ]
    found, tally = read(tmp_path / "log", written(rows))
    assert [one.parameters for one in found] == [
        {"Name": "..", "ForwardTo": f"x{number}@evil.example"} for number in range(len(RECORDS))
    ]
    assert tally.unread_count() == 0


def test_entries_of_two_lists_are_each_told_once(tmp_path):
    rows = [
        {
            **PLAIN,
            "Parameters.Name": name,
            "Parameters.Value": "x",
            "ModifiedProperties.Name": changed,
            "ModifiedProperties.NewValue": "1",
        }
        for name in ("Name", "ForwardTo")
        for changed in ("A", "B", "C")
    ]
    (found,), _ = read(tmp_path / "log", written(rows))
    assert found.parameters == {"Name": "x", "ForwardTo": "x"}
    assert [one.name for one in found.changes] == ["A", "B", "C"]


def test_a_parameter_that_is_called_name_is_no_entry(tmp_path):
    rows = [{**PLAIN, "Id": name, "Parameters.Name": name} for name in ("a", "b")]
    found, _ = read(tmp_path / "log", written(rows))
    assert [one.id for one in found] == ["a", "b"]


def test_what_power_query_did_not_expand_is_told(tmp_path):
    rows = [{**PLAIN, "Parameters": "[List]", "Item": "[Record]"}]
    (found,), tally = read(tmp_path / "log", written(rows))
    assert found.parameters == {}
    (says,) = tally.notes.incomplete
    assert says.startswith("Power Query did not expand Parameters, Item; those values are lost")


@pytest.mark.parametrize("cell", ["1.00320E+15", "1,2E+15", "1.2E+100"])
def test_numbers_that_excel_rounded_are_told_and_no_ids(cell, tmp_path):
    rows = [{**PLAIN, "UserKey": cell}]
    (found,), tally = read(tmp_path / "log", written(rows))
    assert "UserKey" not in found.details
    (says,) = tally.notes.incomplete
    assert says.startswith("Excel rounded numbers in UserKey (as 1.2E+15), so they were left out")


@pytest.mark.parametrize("cell", ["1003200012345678", "5E3A1C2E", "1E+2", "E+15", "a1.2E+15"])
def test_other_numbers_and_ids_stay(cell, tmp_path):
    (found,), tally = read(tmp_path / "log", written([{**PLAIN, "UserKey": cell}]))
    assert found.details["UserKey"] == cell
    assert tally.notes.incomplete == []


def test_records_that_a_cell_cut_off_are_told(tmp_path):
    long = {
        **RECORDS[0],
        "Parameters": [*RECORDS[0]["Parameters"], {"Name": "Comment", "Value": "x" * 40_000}],
    }
    row = {"CreationDate": "2026-08-10T13:05:00", "AuditData": json.dumps(long)[:32_767]}
    (found,), tally = read(tmp_path / "log", written([row]))
    assert found.parameters["ForwardTo"] == "x0@evil.example"
    assert tally.notes.incomplete == [LOST["cut"].format(count="1 row")]


@pytest.mark.parametrize(
    ("data", "state"),
    [("", "blank"), (json.dumps(RECORDS[0]).replace('"', ""), "unreadable"), ("x", "unreadable")],
)
def test_rows_whose_record_is_gone_are_told(data, state, tmp_path):
    row = {
        "CreationDate": "2026-08-10T13:05:00",
        "Operations": "New-InboxRule",
        "UserIds": "a@contoso.example",
    }
    for content in (
        written([{**row, "AuditData": data}, {**row, "UserIds": "b@contoso.example", "AuditData": data}]),
        "\n".join(json.dumps({**row, "UserIds": who, "AuditData": data}) for who in ("a", "b")).encode(),
    ):
        found, tally = read(tmp_path / "log", content)
        assert len(found) == 2
        assert tally.notes.incomplete == [LOST[state].format(count="2 rows")]


@pytest.mark.parametrize("zone", ["Local Time", "Amsterdam, Berlin, Rome", "Eastern Time (US & Canada)"])
def test_times_in_another_zone_than_utc_are_told(zone, tmp_path):
    named = {f"TimeGenerated [{zone}]": "6/16/2026, 1:05:00.000 PM", **PLAIN}
    del named["CreationTime"]
    (found,), tally = read(tmp_path / "log", written([named]))
    assert found.at.isoformat() == "2026-06-16T13:05:00+00:00"
    (says,) = tally.notes.guessed
    assert zone in says
    assert "hours off" in says
    named["TimeGenerated [UTC]"] = named.pop(f"TimeGenerated [{zone}]")
    _, tally = read(tmp_path / "log", written([named]))
    assert tally.notes.guessed == []


@pytest.mark.parametrize("width", [60, 80, 120])
def test_lines_of_a_list_that_end_at_a_blank_have_it_again(width, tmp_path):
    records = [
        {**one, "Parameters": [{"Name": "ForwardTo", "Value": f"words of many letters {one['Id']} " * 9}]}
        for one in RECORDS
    ]
    content = "\n\n".join(wrapped(one, width) for one in records).encode("utf-16")
    found, tally = read(tmp_path / "log", content)
    assert [one.parameters["ForwardTo"] for one in found] == [
        one["Parameters"][0]["Value"].strip() for one in records
    ]
    assert tally.unread_count() == 0


def test_a_table_of_whole_records_is_as_before(tmp_path):
    found, tally = read(tmp_path / "log", table(american).encode())
    assert len(found) == len(RECORDS)
    assert tally.notes.incomplete == []
