"""Records inside of what no form describes, each way of hiding one by a sample made here."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest

from graph.audit_log import files, scan, wrapped
from graph.audit_log.blocks import parts
from graph.audit_log.files import Unreadable
from graph.audit_log.picked import Picked, entry
from graph.audit_log.record import AuditRecord
from graph.audit_log.tally import UNSEARCHED, Tally
from graph.errors import UnknownForm
from tests.graph.audit_log.test_forms import DATA, DEFENDER_SIGN_IN, PORTAL_SIGN_IN, SAME, SIGN_INS, TRACES

RECORDS = [{**DATA, "Id": f"r-{number}"} for number in range(3)]
IDS = [one["Id"] for one in RECORDS]
SIGN_IN = {
    "id": "s-1",
    "createdDateTime": "2026-08-30T12:00:00Z",
    "userPrincipalName": "adele.vance@contoso.example",
    "appId": "a-1",
    "ipAddress": "203.0.113.77",
    "status": {"errorCode": 0},
}


def lines(*values: object) -> str:
    return "".join(json.dumps(one) + "\n" for one in values)


def table(*columns: str, rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([columns, *rows])
    return out.getvalue()


def base(value: object) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()


def scanned(path: Path, content: str) -> tuple[list[Any], Tally]:
    path.write_text(content)
    picked: list[Picked] = []
    (tally,) = [scan.scan(part, picked.append) for part in parts(path, 1)]
    return [entry(one.kind, one.text) for one in picked], tally


HELD: dict[str, tuple[str, str]] = {
    "a field of a shipper": (lines(*({"ts": 1, "body": one} for one in RECORDS)), "body"),
    "its text": (lines(*({"ts": 1, "Message": json.dumps(one)} for one in RECORDS)), "Message"),
    "its text, encoded twice": (
        lines(*({"log": json.dumps(json.dumps(one)), "stream": "stdout"} for one in RECORDS)),
        "log",
    ),
    "its text behind a heading": (
        lines(*({"@rawstring": f"<14>1 - o365 - {json.dumps(one)}", "#repo": "x"} for one in RECORDS)),
        "@rawstring",
    ),
    "gzip in base64": (
        lines(
            *({"Body": base64.b64encode(gzip.compress(json.dumps(one).encode())).decode()} for one in RECORDS)
        ),
        "Body",
    ),
    "base64": (lines(*({"Body": base(one), "SequenceNumber": 4} for one in RECORDS)), "Body"),
    "a stream's batch": (
        json.dumps(
            {"Records": [{"kinesis": {"data": base(one), "kinesisSchemaVersion": "1"}} for one in RECORDS]}
        ),
        "kinesis.data",
    ),
    "a batch of text": (lines({"body": "\n".join(map(json.dumps, RECORDS)), "n": 3}), "body"),
    "frames of known products inside": (
        lines(*({"event": {"inner": {"_raw": json.dumps(one)}}, "n": 3} for one in RECORDS)),
        "event.inner",
    ),
    "lists several levels deep": (
        json.dumps({"response": {"data": {"items": RECORDS, "total": 3}, "status": "ok"}}, indent=1),
        "response.data.items",
    ),
    "a list beside another": (json.dumps({"Results": RECORDS, "Errors": [{"code": 1}]}), "Results"),
    "objects by their ids": (json.dumps({one["Id"]: one for one in RECORDS}), "*"),
    "objects by their ids, deeper": (json.dumps({"logs": {one["Id"]: one for one in RECORDS}}), "logs.*"),
    "objects by their ids, one a line": (
        lines(*({f"k{one['Id']}": one, "n": 1} for one in RECORDS * 2)),
        "*",
    ),
    "a query's table": (
        json.dumps({"reply": {"Columns": list(DATA), "Rows": [list(one.values()) for one in RECORDS]}}),
        "reply",
    ),
    "a cell": (
        table("timestamp", "host", "@rawstring", rows=[["1", "h", json.dumps(one)] for one in RECORDS]),
        "@rawstring",
    ),
    "the only cell": (table("body", rows=[[json.dumps(one)] for one in RECORDS]), "body"),
    "a cell of base64": (
        table("id", "Body", "queue", rows=[["1", base(one), "q"] for one in RECORDS]),
        "Body",
    ),
    "lines of a syslog": (
        "".join(f"<14>1 - o365 {json.dumps({'payload': one})}\n" for one in RECORDS),
        "payload",
    ),
}


@pytest.mark.parametrize("name", HELD)
def test_a_record_is_found_wherever_it_lies(name: str, tmp_path: Path) -> None:
    content, place = HELD[name]
    found, tally = scanned(tmp_path / "log", content)
    assert list(dict.fromkeys(one.id for one in found)) == IDS
    assert all(
        isinstance(one, AuditRecord) and one.parameters["MoveToFolder"] == "RSS Feeds" for one in found
    )
    assert (tally.unread_count(), tally.records, tally.kinds.total()) == (0, len(found), len(found))
    if name != "objects by their ids, one a line":
        assert wrapped.said(tally.notes.places) == f"records under {place}"
    assert [one.id for one in files.read(tmp_path / "log") if isinstance(one, AuditRecord)] == IDS


def test_texts_of_records_in_a_list_are_read(tmp_path: Path) -> None:
    found, tally = scanned(tmp_path / "log", json.dumps([json.dumps(one) for one in RECORDS]))
    assert ([one.id for one in found], tally.unread_count()) == (IDS, 0)


def test_many_fields_are_named_as_one() -> None:
    assert wrapped.said({f"logs.k{number}": None for number in range(9)}) == "records under logs.*"
    assert wrapped.said({}) == ""
    assert (
        wrapped.said({f"{name}.x": None for name in "abcd"}) == "records under a.x, b.x, c.x and other fields"
    )


@pytest.mark.parametrize("inside", [SIGN_IN, PORTAL_SIGN_IN, DEFENDER_SIGN_IN])
def test_every_reader_takes_what_lies_inside(inside: dict[str, Any], tmp_path: Path) -> None:
    found, tally = scanned(tmp_path / "log", lines({"payload": {"content": json.dumps(inside)}}))
    assert ([one.id for one in found], tally.unread_count()) == (["s-1"], 0)
    assert wrapped.said(tally.notes.places) == "records under payload.content"


COPY = {name: one for name, one in DATA.items() if name != "Id"}


@pytest.mark.parametrize(
    "frame",
    [
        {"parsed": DATA, "original": json.dumps(DATA)},
        {"original": json.dumps(DATA), "parsed": COPY},
        {"parsed": COPY, "original": json.dumps(DATA)},
        {"row": {"AuditData": json.dumps(DATA), "RecordType": 1}, "again": {"_raw": json.dumps(DATA)}},
        {"record": {**DATA, "Data": json.dumps({"copy": DATA}), "Inner": {"copy": [DATA]}}},
    ],
)
def test_a_copy_of_a_record_is_not_read_twice(frame: dict[str, Any], tmp_path: Path) -> None:
    found, tally = scanned(tmp_path / "log", lines(frame))
    assert ([one.id for one in found], tally.unread_count()) == (["r-1"], 0)


def test_records_without_an_id_of_their_own_are_all_read(tmp_path: Path) -> None:
    others = [{**COPY, "ObjectId": name} for name in "ab"]
    found, _ = scanned(tmp_path / "log", lines({"records": {"of": others, "n": 2}}))
    assert sorted(one.object_id for one in found) == ["a", "b"]


def test_a_known_record_is_not_searched(tmp_path: Path) -> None:
    other = {**DATA, "Id": "inner"}
    found, tally = scanned(tmp_path / "log", lines({**DATA, "Data": json.dumps(other), "body": other}))
    assert ([one.id for one in found], dict(tally.notes.places)) == (["r-1"], {})


@pytest.mark.parametrize(
    "half",
    [
        {"Operation": "New-InboxRule", "UserId": "adele.vance@contoso.example"},
        {"operation": "read", "createdDateTime": "2026-08-30T12:00:00Z"},
        {"CreationTime": "2026-08-30T12:00:00", "UserId": "adele.vance@contoso.example"},
        {"status": "active", "createdDateTime": "2026-08-30T12:00:00Z", "ipAddress": "203.0.113.7"},
    ],
)
def test_half_a_record_is_none(half: dict[str, Any], tmp_path: Path) -> None:
    found, tally = scanned(tmp_path / "log", lines({"body": half}))
    assert (found, tally.records, tally.unread_count()) == ([], 0, 1)
    assert "no known format" in (reason := tally.unreadable[0].reason) or "whether it succeeded" in reason


def test_what_cannot_be_read_beside_records_is_told(tmp_path: Path) -> None:
    frame = {"answer": {"items": [*RECORDS, {"Colour": "red"}, {**DATA, "CreationTime": "soon"}], "n": 5}}
    found, tally = scanned(tmp_path / "log", lines(frame))
    assert [one.id for one in found] == IDS
    assert sorted(one.reason for one in tally.unreadable) == [
        "The record has no known format; its fields are colour.",
        "The time 'soon' cannot be read.",
    ]
    (same,) = {one.reason for one in files.read(tmp_path / "log") if isinstance(one, Unreadable)} - {
        "The record has no known format; its fields are colour."
    }
    assert "soon" in same


def nested(depth: int, inner: object) -> Any:
    for _ in range(depth):
        inner = {"a": inner}
    return inner


HOSTILE = {
    "too deep": nested(wrapped.DEEPEST + 1, DATA),
    "far too deep": nested(300, DATA),
    "text in text": nested(1, json.dumps(nested(1, json.dumps(nested(1, "{" * 10_000))))),
    "no base64": {"a": "A" * 100_001},
    "gzip in base64 that unpacks to far more than a record": {
        "a": base64.b64encode(gzip.compress(json.dumps({**DATA, "x": "a" * 5_000_000}).encode())).decode()
    },
    "gzip in base64 that is damaged": {"a": base64.b64encode(b"\x1f\x8b" + b"x" * 60).decode()},
    "base64 of nothing": {"a": base64.b64encode(b"\xff{" * 1_000).decode()},
    "half characters": {"\ud800\x1b[2J": {"\ud800": "\ud800" * 100}},
    "names that are none": {
        "": {"": {"rows": 5, "columns": {}}, "tables": [[]], "rows": [1], "fields": [None]}
    },
    "blanks": {"a": "A" * 40 + " " * 200_000 + "!"},
    "braces": {"a": '{"' * 50_000},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_objects_are_survived(name: str, tmp_path: Path) -> None:
    found, tally = scanned(tmp_path / "log", lines({"x": 1, "y": HOSTILE[name]}))
    assert (found, tally.unread_count()) == ([], 1)
    assert "Internal error" not in tally.unreadable[0].reason


def test_the_work_on_one_object_is_bounded() -> None:
    asked: list[int] = []

    def read(raw: Any) -> Any:
        asked.append(1)
        raise UnknownForm("no form")

    many = [{"a": {"b": 1}} for _ in range(wrapped.LOOKED_AT)]
    assert wrapped.search({"x": many, "y": many}, read).ended
    assert len(asked) <= wrapped.LOOKED_AT


def test_an_object_too_large_to_be_searched_is_told(tmp_path: Path) -> None:
    many = [[{"a": 1}] for _ in range(wrapped.LOOKED_AT)]
    found, tally = scanned(tmp_path / "log", lines({"first": {"x": many}, "then": {"body": DATA}}))
    assert (found, tally.unread_count(), tally.notes.incomplete) == ([], 1, [UNSEARCHED])


def test_names_of_a_file_are_shown_without_what_steers_a_screen(tmp_path: Path) -> None:
    _, tally = scanned(tmp_path / "log", lines({"\x1b[2J" + "x" * 200: DATA}))
    (place,) = tally.notes.places
    assert place.isprintable()
    assert len(place) < 100


@pytest.mark.parametrize("name", [*SAME, *SIGN_INS, *TRACES])
def test_every_known_form_is_found_inside(name: str) -> None:
    inside = {**SAME, **SIGN_INS, **TRACES}[name]
    with pytest.raises(UnknownForm) as wrong:
        files.entry_of({"payload": inside, "n": 1})
    found = files.inside({"payload": inside, "n": 1}, wrong.value)
    assert (found.records, found.places, found.unread) == ([inside], ["payload"], [])
