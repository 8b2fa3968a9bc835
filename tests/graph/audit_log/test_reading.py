"""Files as investigators hold them: nothing is lost without a word, and nothing grows without end."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest

from graph.audit_log import blocks, files, tables, values
from graph.audit_log.limits import Unpacking
from graph.audit_log.record import AuditRecord
from graph.audit_log.texts import Gunzip, Notes

DATA = {
    "CreationTime": "2026-08-30T12:00:00",
    "Id": "r-1",
    "Operation": "New-InboxRule",
    "UserId": "adele.vance@contoso.example",
}


def other(number: int) -> dict[str, Any]:
    return DATA | {"Id": f"r-{number}"}


def read(path: Path, content: str | bytes) -> list[Any]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(files.read(path))


def ids(found: list[Any]) -> list[str]:
    return [one.id if isinstance(one, AuditRecord) else "?" for one in found]


ONE, TWO, THREE = json.dumps(other(1)), json.dumps(other(2)), json.dumps(other(3))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (f"[{ONE}] and so on\n[{TWO}]", ["r-1", "?", "r-2"]),
        (f"[{ONE}]\nSUMMARY: 1\n{TWO}", ["r-1", "?", "r-2"]),
        (f"[{ONE}] 12 {TWO}", ["r-1", "?", "r-2"]),
        (f"[{ONE}]\0\0\0", ["r-1", "?"]),
        (f'{{"value": [{ONE}], "note": {{"a": 1}}}}', ["r-1", "?"]),
        (f"[{ONE},", ["r-1", "?"]),
        (f'[{ONE}, {{"Operation": "x', ["r-1", "?", "?"]),
        (f"{ONE},\n{TWO},\n{THREE},\n", ["r-1", "r-2", "r-3"]),
        (json.dumps(other(1), indent=2) + json.dumps(other(2), indent=2), ["r-1", "r-2"]),
        (f"{ONE}\n" + json.dumps([other(2), other(3)], indent=2), ["r-1", "r-2", "r-3"]),
        (f"\ufeff{ONE}\n\ufeff[{TWO}]", ["r-1", "r-2"]),
        (f'{{"@odata.context": "x", "value": [{ONE}]}}', ["r-1"]),
        (f'{{"value": [{ONE}], "@odata.count": 1}}{{"value": [{TWO}]}}', ["r-1", "r-2"]),
    ],
)
def test_what_stands_around_records_loses_none_and_is_told(tmp_path, content, expected):
    assert ids(read(tmp_path / "log", content)) == expected


def test_a_page_that_names_another_one_is_incomplete(tmp_path):
    notes = Notes()
    path = tmp_path / "log"
    last = f'{{"value": [{ONE}]}}'
    path.write_text(f'{{"@odata.nextLink": "https://x", "value": [{TWO}]}}')
    assert len(list(files.objects(path, notes))) == 1
    assert notes.incomplete == ["its last page names another one, which is not in it"]
    path.write_text(f'{{"value": [{TWO}], "@odata.nextLink": "https://x"}}{last}')
    notes = Notes()
    assert len(list(files.objects(path, notes))) == 2
    assert notes.incomplete == []


# --- compressed files ---


def test_members_of_a_compressed_file_are_read_one_after_the_other(tmp_path):
    content = gzip.compress(ONE.encode() + b"\n") + gzip.compress(TWO.encode()) + b"\0" * 512
    assert ids(read(tmp_path / "log.gz", content)) == ["r-1", "r-2"]


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.95])
def test_a_compressed_file_cut_anywhere_gives_what_comes_before(tmp_path, kept):
    whole = gzip.compress("".join(json.dumps(other(n)) + "\n" for n in range(5000)).encode())
    found = read(tmp_path / "log.gz", whole[: int(len(whole) * kept)])
    assert len(found) > 5000 * kept / 2
    assert found[-1].reason == "The compressed file is truncated here."
    assert ids(found[:1000]) == [f"r-{n}" for n in range(1000)]


def test_a_damaged_compressed_file_gives_what_comes_before(tmp_path):
    whole = bytearray(gzip.compress("".join(json.dumps(other(n)) + "\n" for n in range(5000)).encode()))
    middle = len(whole) // 2
    whole[middle : middle + 100] = b"\xff" * 100
    found = read(tmp_path / "log.gz", bytes(whole))
    assert len(found) > 100
    assert found[-1].reason == "The compressed file is damaged from here."


def test_a_compressed_file_that_expands_without_end_is_read_up_to_its_bound():
    stream = io.BufferedReader(Gunzip(io.BytesIO(gzip.compress(b"\0" * 5_000_000)), allowed=1_000_000))
    assert len(stream.read()) <= 1_000_000
    raw = stream.raw
    assert isinstance(raw, Gunzip)
    assert raw.cut == "The compressed file expands without end and is not read further."
    assert Unpacking().allowed(3 << 20) < 3 << 30


class Counting(io.StringIO):
    """A text that notes how much of it was asked for at once."""

    most = 0

    def read(self, size: int | None = -1) -> str:
        self.most = max(self.most, len(text := super().read(size)))
        return text

    def readline(self, size: int = -1) -> str:  # type: ignore[override]
        self.most = max(self.most, len(text := super().readline(size)))
        return text


def test_nul_characters_without_end_are_held_by_no_more_than_a_piece(monkeypatch):
    monkeypatch.setattr(values, "CHUNK", 1000)
    monkeypatch.setattr(values, "LONGEST_VALUE", 5000)
    stream = Counting("\0" * 200_000 + f"\n{TWO}\n")
    found = list(values.values(stream, f"{ONE}\n", Notes()))
    assert [isinstance(one, dict) for _, _, one in found] == [True, False, True]
    assert len(found[1][1]) <= 10_000
    assert stream.most <= 5000


def test_a_value_without_end_is_passed_over_and_told(monkeypatch):
    monkeypatch.setattr(values, "CHUNK", 1000)
    monkeypatch.setattr(values, "LONGEST_VALUE", 5000)
    stream = Counting('{"a": "' + "x" * 100_000 + f'"}}\n{TWO}\n')
    found = list(values.values(stream, "", Notes()))
    assert found[0][2] == "This is longer than any record and was skipped."
    assert found[-1][2] == other(2)
    assert stream.most <= 10_000


@pytest.mark.parametrize("between", ["x", "x\n"])
def test_a_cell_without_end_is_passed_over_and_told(monkeypatch, between):
    monkeypatch.setattr(tables, "LONGEST_ROW", 5000)
    text = 'Id,Operation\n1,"' + between * 100_000 + '"\n2,Send\n'
    stream = Counting(text)
    found = list(tables.rows(stream, ""))
    assert found[0][2] == "This row is longer than any record and was skipped."
    assert found[-1][2] == {"Id": "2", "Operation": "Send"}
    assert stream.most <= 1 << 20


def test_a_line_without_end_is_held_by_no_more_than_a_piece(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "LONGEST_VALUE", 100_000)
    monkeypatch.setattr(blocks, "_BLOCK", 50_000)
    path = tmp_path / "log"
    path.write_text(f"{ONE}\n" + "x" * 1_000_000 + f"\n{TWO}\n")
    found = list(blocks.blocks_of(blocks.Part(path, 0, path.stat().st_size)))
    assert max(len(block) for block, _ in found) <= 200_000
    texts = [line for block, size in found for line in block[:size].decode().splitlines()]
    assert (texts[0], set(texts[1]), texts[2]) == (ONE, {"x"}, TWO)


# --- tables ---


def table(*rows: list[str], separator: str = ",") -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows(rows)
    return text.getvalue()


def times(path: Path, dates: list[str], *, beside: str = "") -> tuple[list[str], list[str]]:
    rows = [[f"r-{at}", one, "Send", "a@b.example", beside] for at, one in enumerate(dates)]
    path.write_text(table(["Id", "CreationDate", "Operation", "UserId", "AuditData"], *rows))
    notes = Notes()
    cells = [raw["CreationDate"] for _, _, raw in files.objects(path, notes) if not isinstance(raw, str)]
    return [one[:10] for one in cells], notes.guessed


@pytest.mark.parametrize(
    ("dates", "read_as", "told"),
    [
        (["3/4/2026 1:00:00 PM", "3/14/2026 1:00:00 PM"], ["2026-03-04", "2026-03-14"], ""),
        (["03/04/2026 13:00", "14/04/2026 13:00"], ["2026-04-03", "2026-04-14"], ""),
        (["14.04.2026 13:00:00", "03.04.2026 13:00:00"], ["2026-04-14", "2026-04-03"], ""),
        (["3/4/26 1:00 PM", "3/14/26 1:00 PM"], ["2026-03-04", "2026-03-14"], ""),
        # Nothing tells, but in one order they stand in a row and lie in one month.
        (["3/4/2026", "4/4/2026", "5/4/2026"], ["2026-04-03", "2026-04-04", "2026-04-05"], "day/month/year"),
        (["3/4/2026", "3/5/2026", "3/6/2026"], ["2026-03-04", "2026-03-05", "2026-03-06"], "month/day/year"),
        (["3/4/2026", "14/4/2026", "4/15/2026"], ["2026-03-04", "2026-04-14", "2026-04-15"], "both orders"),
        (["2026-03-04T13:00:00", "2026-03-14T13:00:00"], ["2026-03-04", "2026-03-14"], ""),
    ],
)
def test_the_order_of_day_and_month_is_decided_once_for_the_column(tmp_path, dates, read_as, told):
    found, said = times(tmp_path / "log.csv", dates)
    assert found == read_as
    assert len(said) == bool(told)
    assert all(told in one for one in said)


def test_a_record_beside_it_decides_how_a_date_is_read(tmp_path):
    beside = json.dumps({"CreationTime": "2026-03-04T13:00:00"})
    assert times(tmp_path / "log.csv", ["4/3/2026 1:00 PM"], beside=beside) == (["2026-03-04"], [])


@pytest.mark.parametrize(
    "text",
    [
        "#TYPE Deserialized.Microsoft\r\n" + table(["Id", "Operation", "CreationDate"], ["1", "Send", "x"]),
        "sep=;\n" + table(["Id", "Operation", "CreationDate"], ["1", "Send", "x"], separator=";"),
        "Exported by Adele\n\n" + table(["Id", "Operation", "CreationDate"], ["1", "Send", "x"]),
        table(["Id", "Operation", "CreationDate"], ["1", "Send", "x"], separator="\t"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_stands_above_a_table_is_no_part_of_it(tmp_path, text, encoding):
    path = tmp_path / "log"
    path.write_bytes(text.encode(encoding))
    (found,) = [raw for _, _, raw in files.objects(path)]
    assert found == {"Id": "1", "Operation": "Send", "CreationDate": "x"}
