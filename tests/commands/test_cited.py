"""The records that findings cite are taken from the files as they stand there, with their place."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from commands.analyze import cited as citing
from commands.analyze.cited import cited
from graph.audit_log import files
from graph.audit_log.pieces import CONTENT
from graph.audit_log.record import AuditRecord
from graph.audit_log.traced import Traced
from tests.graph.audit_log.test_forms import SAME, SIGN_INS, TRACES
from tests.graph.audit_log.test_variants import RECORDS

WANTED = frozenset({"r-3", "r-7"})
PLACES = [(4, "r-3"), (8, "r-7")]


def row(one: dict[str, Any]) -> dict[str, str]:
    return {"RecordId": one["Id"], "CreationDate": one["CreationTime"], "AuditData": json.dumps(one)}


def table() -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(row(RECORDS[0])))
    writer.writeheader()
    writer.writerows(map(row, RECORDS))
    return out.getvalue()


def zipped(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("a/log", content)
    return out.getvalue()


LINES = "\n".join(map(json.dumps, RECORDS)).encode()
FORMS = {
    "lines": LINES,
    "lines of rows": "\n".join(json.dumps(row(one)) for one in RECORDS).encode(),
    "lines under a field of its own": "\n".join(json.dumps({"body": one}) for one in RECORDS).encode(),
    "lines, packed": gzip.compress(LINES),
    "lines in an archive": zipped(LINES),
    "a pretty array": ("[\n" + ",\n".join(map(json.dumps, RECORDS)) + "]").encode().replace(b"[\n", b"["),
}


@pytest.mark.parametrize("content", FORMS.values(), ids=FORMS)
def test_a_record_is_found_with_its_line(content, tmp_path):
    path = tmp_path / "log"
    path.write_bytes(content)
    found = cited([path], WANTED)
    assert [(one.line, *one.ids) for one in found] == PLACES
    assert {Path(one.file.partition(": ")[0]) for one in found} == {path}
    for one in found:
        assert "New-InboxRule" in json.dumps(one.record)


def test_a_row_of_a_table_is_the_whole_row(tmp_path):
    (tmp_path / "log.csv").write_text(table())
    found = cited([tmp_path], WANTED)
    assert [(one.line, *one.ids) for one in found] == [(5, "r-3"), (9, "r-7")]
    assert found[0].record == row(RECORDS[3])


@pytest.mark.parametrize("name", [*SAME, *SIGN_INS, *TRACES])
def test_a_record_of_every_form_is_found(name, tmp_path):
    raw = {**SAME, **SIGN_INS, **TRACES}[name]
    (tmp_path / "log").write_text(json.dumps(raw))
    (entry,) = [one for one in files.read(tmp_path / "log") if not isinstance(one, files.Unreadable)]
    id_ = entry.rows[0].id if isinstance(entry, Traced) else entry.id
    (found,) = cited([tmp_path], {id_})
    assert (found.line, set(found.ids)) == (1, {id_})


def test_a_record_that_has_no_id_is_found_by_its_content(tmp_path):
    lines = [{name: one for name, one in record.items() if name != "Id"} for record in RECORDS[:3]]
    (tmp_path / "log").write_text("\n".join(map(json.dumps, lines)))
    ids = [one.id for one in files.read(tmp_path / "log") if isinstance(one, AuditRecord)]
    assert ids[1].startswith(CONTENT)
    (found,) = cited([tmp_path], {ids[1]})
    assert (found.line, found.record) == (2, lines[1])


def test_a_record_in_a_text_that_hides_its_id_is_found_all_the_same(tmp_path):
    hidden = base64.b64encode(json.dumps(RECORDS[3]).encode()).decode()
    (tmp_path / "log").write_text(json.dumps({"blob": hidden}))
    (found,) = cited([tmp_path], {"r-3"})
    assert found.record == RECORDS[3]


def test_what_no_file_holds_is_not_made_up(tmp_path):
    (tmp_path / "log").write_bytes(LINES + b'\n{"Id": "r-x", "broken\n[1]\n"r-x"\n')
    assert cited([tmp_path], {"r-x"}) == ()
    assert cited([tmp_path], frozenset()) == ()


def test_a_line_longer_than_any_record_is_passed_over(tmp_path, monkeypatch):
    monkeypatch.setattr(citing, "LONGEST_VALUE", 1_000)
    long = json.dumps({**RECORDS[0], "Id": "r-long", "Comment": "x" * 5_000})
    (tmp_path / "log").write_text("\n".join([json.dumps(RECORDS[3]), long, json.dumps(RECORDS[7])]))
    found = cited([tmp_path], {"r-3", "r-long", "r-7"})
    assert [(one.line, *one.ids) for one in found if "r-long" not in one.ids] == [(1, "r-3"), (3, "r-7")]
