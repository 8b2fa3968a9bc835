"""Folders, archives and workbooks: opened as far as the bounds allow, and told where they do not."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from bot.artefacts.answers import Answers
from bot.artefacts.archive import FORM, MANIFEST
from commands.report import Coverage, SourceState
from graph.audit_log import cut_zip, tar
from graph.audit_log.files import objects
from graph.audit_log.limits import Unpacking
from graph.audit_log.unpack import unpack
from graph.errors import NotFound
from graph.request import Request


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name.replace("_", "/"), content)
    return out.getvalue()


def workbook(*rows: list[Any]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def opened(
    tmp_path: Path, content: bytes, bounds: Unpacking | None = None
) -> tuple[dict[str, bytes], dict[str, str]]:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    given = tmp_path / "in" / "given"
    given.write_bytes(content)
    found, not_opened = unpack([given], tmp_path / "out", bounds or Unpacking(free=0))
    start = len(str(given))
    held = {one.name[start:]: one.path.read_bytes() for one in found}
    return held, {one.name[start:]: one.reason for one in not_opened}


def test_archives_in_archives_are_opened(tmp_path):
    content = zipped(a=b"1", b_c=zipped(d=b"2", e=gzip.compress(zipped(f=b"3"))))
    assert opened(tmp_path, content) == ({": a": b"1", ": b/c: d": b"2", ": b/c: e: f": b"3"}, {})


def own_archive(**sources: bytes) -> bytes:
    """An evidence archive of the bot's own: its manifest, a report and what sources answered."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("report.txt", "Report on adele@contoso.example\n")
        for name, content in sources.items():
            packed.writestr(f"sources/{name}.json", content)
        manifest = {
            "form": FORM,
            "account": "adele@contoso.example",
            "checked": "2026-11-30T04:26:42.233997+00:00",
        }
        packed.writestr(MANIFEST, json.dumps(manifest))
    return out.getvalue()


def test_the_bots_own_archive_is_told_by_its_manifest_and_its_records_keep_their_lines(tmp_path):
    keeps = Answers()
    query = Request("GET", "/security/auditLog/queries/q1", version="beta")
    keeps("audit_log", query, [{"id": "q1", "status": "succeeded"}])
    keeps("audit_log", replace(query, path=f"{query.path}/records"), [{"id": "r1"}, {"id": "r2"}])
    keeps("audit_log", replace(query, path=f"{query.path}/records"), NotFound("Not there."))
    keeps("user", Request("GET", "/users/1"), [{"id": "1"}])
    keeps("directory_audits_on_user", Request("GET", "/subscribedSkus"), [{"id": "sku"}])
    states = (
        SourceState("audit_log", Coverage.PARTIAL, "One search failed.", 2),
        SourceState("user", Coverage.COMPLETE, "", 1),
        SourceState("directory_audits_on_user", Coverage.COMPLETE, "", 0),
    )
    with zipfile.ZipFile(io.BytesIO(keeps.packed(states))) as kept:
        sources = {Path(name).stem: kept.read(name) for name in kept.namelist()}
    held, not_opened = opened(tmp_path, own_archive(**sources))
    lines = held.pop(": sources/audit_log.json").splitlines()
    as_kept = sources["audit_log"].splitlines()
    assert {number: json.loads(line) for number, line in enumerate(lines) if line} == {
        number: {"id": f"r{which}"}
        for number, line in enumerate(as_kept)
        for which in (1, 2)
        if line.startswith(b'{"id":"r%d"' % which)
    }
    assert len([line for line in lines if line]) == 2
    assert not held.pop(": sources/directory_audits_on_user.json").strip()
    assert not held
    assert not_opened == {
        "": "This is an evidence archive of compromise-bot for adele@contoso.example, checked 2026-11-30 "
        "04:26 UTC: its records are read; its reports and the settings in it are not. Not or partially "
        "collected then: audit log (One search failed)."
    }


@pytest.mark.parametrize("manifest", [b"{", b"[]", b'{"form": "another"}', b"[" * 100_000])
def test_an_archive_with_another_manifest_is_opened_as_any(tmp_path, manifest):
    held, not_opened = opened(tmp_path, zipped(**{"manifest.json": manifest, "report.txt": b"1"}))
    assert held == {": manifest.json": manifest, ": report.txt": b"1"}
    assert not not_opened


def test_the_same_content_is_read_once(tmp_path):
    held, not_opened = opened(tmp_path, zipped(a=b"same", b=b"same", c=b"else"))
    assert held == {": a": b"same", ": c": b"else"}
    assert [reason.partition(" as ")[0] for reason in not_opened.values()] == ["It has the same content"]


def test_archives_without_end_in_one_another_are_told(tmp_path):
    content = b"1"
    for _ in range(8):
        content = zipped(a=content)
    held, not_opened = opened(tmp_path, content)
    assert held == {}
    assert list(not_opened.values()) == ["More than 5 archives are nested in one another here."]


def test_what_expands_without_end_is_told_and_the_rest_is_read(tmp_path):
    bounds = Unpacking(floor=1_000_000, ratio=2, free=0)
    held, not_opened = opened(tmp_path, zipped(a=b"1", bomb=b"\0" * 5_000_000), bounds)
    assert held == {": a": b"1"}
    assert "expands to far more than its size" in not_opened[": bomb"]
    assert sum(one.stat().st_size for one in (tmp_path / "out").iterdir()) < 1_000_000


def test_more_files_than_an_archive_may_hold_are_told(tmp_path):
    held, not_opened = opened(tmp_path, zipped(a=b"1", b=b"2", c=b"3"), Unpacking(members=2, free=0))
    assert len(held) == 2
    assert not_opened == {"": "It holds 3 files; 2 of them were opened."}


def test_a_password_and_damage_are_named(tmp_path):
    content = bytearray(zipped(a=b"1" * 100))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + at] |= 1
    _, not_opened = opened(tmp_path, bytes(content))
    assert not_opened == {": a": "It is password-protected; unpack it and use what is in it."}


@pytest.mark.parametrize("kept", [4, 10, 30])
def test_an_archive_cut_before_its_first_file_is_told(tmp_path, kept):
    held, not_opened = opened(tmp_path, zipped(a=b"1" * 100)[:kept])
    assert held == {}
    assert "damaged or truncated" in not_opened[""]


class Forward(io.RawIOBase):
    """What cannot be gone back in, as a download: sizes then stand behind each file."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.written += bytes(data)
        return len(data)


LOG = b"".join(b'{"number":%d,"hash":"%s"}\n' % (n, str(hash(n * 7919)).encode()) for n in range(5_000))


def archive(pack: int, *, forward: bool) -> bytes:
    out = Forward() if forward else io.BytesIO()
    with zipfile.ZipFile(out, "w", pack) as packed:
        for name in ("first.log", "folder/second.log", "third.log"):
            packed.writestr(name, name.encode() + b"\n" + LOG)
    return out.written if isinstance(out, Forward) else out.getvalue()


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.8, 1])
@pytest.mark.parametrize(
    ("pack", "forward"),
    [(zipfile.ZIP_DEFLATED, False), (zipfile.ZIP_DEFLATED, True), (zipfile.ZIP_STORED, False)],
)
def test_an_archive_cut_in_the_middle_gives_what_comes_before(tmp_path, pack, forward, kept):
    whole = archive(pack, forward=forward)
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    given = tmp_path / "in" / "given.zip"
    given.write_bytes(whole[: int((len(whole) - 30) * kept)])
    found, (told,) = unpack([given], tmp_path / "out", Unpacking(free=0))
    assert "damaged or truncated" in told.reason
    names = ["first.log", "folder/second.log", "third.log"][: len(found)]
    assert [one.name for one in found] == [f"{given}: {name}" for name in names]
    for one, name in zip(found, names, strict=True):
        assert (name.encode() + b"\n" + LOG).startswith(one.path.read_bytes())
    size = sum(one.path.stat().st_size for one in found)
    assert size > min(kept * 3, 2.9) * len(LOG) * 0.9
    assert [one.wrong for one in found[:-1]] == [""] * (len(found) - 1)
    assert found[-1].wrong == ("" if kept == 1 else cut_zip.TRUNCATED)


def test_an_archive_in_a_cut_archive_gives_what_comes_before(tmp_path):
    whole = zipped(outer=b"1", inner=archive(zipfile.ZIP_DEFLATED, forward=False))
    held, not_opened = opened(tmp_path, whole[: len(whole) // 2])
    assert list(held) == [": outer", ": inner: first.log", ": inner: folder/second.log"]
    assert set(not_opened) == {"", ": inner"}


def test_a_cut_archive_that_expands_without_end_is_told(tmp_path):
    content = zipped(a=b"1", bomb=b"\0" * 5_000_000, c=b"3")[:-30]
    held, not_opened = opened(tmp_path, content, Unpacking(floor=1_000_000, ratio=2, free=0))
    assert held == {": a": b"1"}
    assert "expands to far more than its size" in not_opened[": bomb"]


def test_a_cut_document_is_no_log(tmp_path):
    held, not_opened = opened(tmp_path, workbook(["a"] * 50)[:-40])
    assert (held, set(not_opened)) == ({}, {""})


@pytest.mark.parametrize("at", [6, 8, 10, 14, 18, 22, 26, 28, 30, 35])
@pytest.mark.parametrize("byte", [0, 1, 8, 0xFF])
def test_a_cut_archive_with_a_broken_head_is_survived(tmp_path, at, byte):
    content = bytearray(zipped(a=b"12" * 50, b=b"3")[:-30])
    content[at : at + 2] = bytes((byte, byte))
    held, not_opened = opened(tmp_path, bytes(content))
    assert "damaged or truncated" in not_opened.get("", "")
    assert sum(map(len, held.values())) < 300


@pytest.mark.parametrize(
    "begin", [b"%PDF-1.7", b"!BDN", b"SQLite format 3\0", b"7z\xbc\xaf\x27\x1c", b"\x89PNG"]
)
def test_what_is_no_log_is_named(tmp_path, begin):
    assert opened(tmp_path, begin + b"\0" * 600)[0] == {}


def test_a_workbook_is_read_as_a_table(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    given = tmp_path / "in" / "log.csv"
    moment = datetime.fromisoformat("2026-03-04T13:00:00")
    given.write_bytes(workbook(["Id", "CreationDate", "AuditData"], [1, moment, '{"a":"b\nc"}'], [None, 2]))
    (sheet,), not_opened = unpack([given], tmp_path / "out", Unpacking(free=0))
    assert (sheet.name, not_opened) == (f"{given}: Sheet", [])
    rows = [raw for _, _, raw in objects(sheet.path)]
    assert rows[0] == {"Id": "1", "CreationDate": "2026-03-04T13:00:00", "AuditData": '{"a":"b\nc"}'}


def sheet(xml: bytes) -> bytes:
    """A workbook whose one sheet holds this."""
    whole = io.BytesIO(workbook(["a"]))
    out = io.BytesIO()
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, xml if name.endswith("sheet1.xml") else old.read(name))
    return out.getvalue()


ENTITIES = b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + at, b"&%c;" % (97 + at) * 10) for at in range(9)
)
BEGIN = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'


@pytest.mark.parametrize(
    "xml",
    [
        BEGIN + b'<row r="1">' + b'<c t="inlineStr"><is><t>x</t></is></c>' * 200_000,
        BEGIN + b'<row r="1"><c r="A1"><v>1</v></c></row><row r="999999999"><c r="XFD9"><v>1</v></c></row>',
        ENTITIES + b"]>" + BEGIN + b'<row r="1"><c t="inlineStr"><is><t>&j;</t></is></c></row>',
        BEGIN + b"<row>" + b"<c>" * 50_000,
        b"no xml at all",
        BEGIN + b'<row r="x"><c r="??"><v>1</v></c></row></sheetData></worksheet>',
    ],
    ids=["a row without end", "rows far away", "entities", "deep", "no XML", "nonsense"],
)
def test_a_hostile_workbook_is_survived_and_held_within_bounds(tmp_path, xml):
    bounds = Unpacking(row=1 << 20, cells=10_000, free=0)
    held, not_opened = opened(tmp_path, sheet(xml), bounds)
    assert all(len(content) < 1_000_000 for content in held.values())
    assert held or not_opened


def test_cells_far_to_the_right_do_not_make_much_out_of_a_few_bytes(tmp_path):
    """Each of these rows is sixteen thousand cells wide, and every sheet has its own."""
    rows = b"".join(b'<row r="%d"><c r="XFD%d"><v>1</v></c></row>' % (one, one) for one in range(1, 60))
    sheets = [sheet(BEGIN + rows + b"</sheetData></worksheet>") for _ in range(2)]
    bounds = Unpacking(floor=1 << 19, ratio=1, free=0)
    (tmp_path / "one").mkdir()
    held, _ = opened(tmp_path / "one", sheets[0], bounds)
    assert 0 < sum(map(len, held.values())) <= 1 << 19
    # What is packed in one file shares one bound.
    (tmp_path / "two").mkdir()
    both, _ = opened(tmp_path / "two", zipped(a=sheets[0], b=sheets[1] + b"\0"), bounds)
    assert sum(map(len, both.values())) <= 1 << 19


def test_a_member_that_begins_before_the_archive_is_told(tmp_path):
    content = bytearray(zipped(a=b"1"))
    # The end says that the directory begins later than it does, so that everything seems to lie earlier.
    at = content.rindex(b"PK\x05\x06") + 16
    content[at : at + 4] = (int.from_bytes(content[at : at + 4], "little") + 2).to_bytes(4, "little")
    held, not_opened = opened(tmp_path, bytes(content))
    assert held == {}
    assert next(iter(not_opened.values())).startswith("It cannot be unpacked")


def tarred(form: int = tarfile.PAX_FORMAT, /, **members: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as packed:
        for name, content in members.items():
            member = tarfile.TarInfo(name.replace("_", "/"))
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
    return out.getvalue()


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_tar_archives_are_opened(tmp_path, pack, form):
    content = pack(tarred(form, a=b"1", logs_b=b"2" * 2_000, c=zipped(d=b"3"), e=b""))
    held, not_opened = opened(tmp_path, content)
    assert (held, not_opened) == ({": a": b"1", ": logs/b": b"2" * 2_000, ": c: d": b"3", ": e": b""}, {})


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_long_names_and_large_sizes_of_a_tar_archive_are_read(tmp_path, form):
    name = "/".join(["folder" * 5] * 6) + "/ünified.csv"
    held, _ = opened(tmp_path, tarred(form, **{name: b"1"}))
    assert held == {f": {name}": b"1"}
    head = bytearray(tarred(a=b"1" * 600))
    head[124:136] = b"\x80" + (600).to_bytes(11)
    assert [one.content.read(1_000) for one in tar.members(io.BytesIO(head)) if one.content] == [b"1" * 600]


def test_what_macs_leave_in_a_tar_archive_and_folders_are_no_files(tmp_path):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as packed:
        for name, kind in (("logs", tarfile.DIRTYPE), ("link", tarfile.SYMTYPE)):
            member = tarfile.TarInfo(name)
            member.type = kind
            packed.addfile(member)
        for name in ("._a", "logs/.DS_Store", "a"):
            member = tarfile.TarInfo(name)
            member.size = 1
            packed.addfile(member, io.BytesIO(b"1"))
    assert opened(tmp_path, out.getvalue()) == ({": a": b"1"}, {})


@pytest.mark.parametrize("kept", [1_100, 1_300, 5_000])
def test_a_tar_archive_that_is_cut_gives_what_comes_before(tmp_path, kept):
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "in" / "a.tar").write_bytes(tarred(a=b"1" * 100, b=b"2" * 6_000)[:kept])
    found, not_opened = unpack([tmp_path / "in"], tmp_path / "out", Unpacking(free=0))
    assert found[0].path.read_bytes() == b"1" * 100
    told = [one.wrong for one in found] + [one.reason for one in not_opened]
    assert any("truncated" in one for one in told)


def test_a_damaged_header_in_a_tar_archive_is_told(tmp_path):
    content = bytearray(tarred(a=b"1", b=b"2"))
    content[1_024:1_500] = b"x" * 476
    held, not_opened = opened(tmp_path, bytes(content))
    assert held == {": a": b"1"}
    assert not_opened == {"": "The tar archive is damaged or truncated; what comes before was read."}


def test_a_tar_archive_that_expands_without_end_is_told(tmp_path):
    bounds = Unpacking(floor=1_000_000, ratio=2, free=0)
    held, not_opened = opened(tmp_path, bz2.compress(tarred(bomb=b"\0" * 5_000_000)), bounds)
    assert held == {}
    assert "expands to far more" in not_opened[""]
    assert sum(one.stat().st_size for one in (tmp_path / "out").iterdir()) < 1_000_000


def test_more_files_than_a_tar_archive_may_hold_are_told(tmp_path):
    held, not_opened = opened(tmp_path, tarred(a=b"1", b=b"2", c=b"3"), Unpacking(members=2, free=0))
    assert (len(held), not_opened) == (2, {"": "It holds more than 2 files; the rest was not opened."})


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_what_was_packed_twice_is_opened_up_to_the_bound(tmp_path, pack):
    held, _ = opened(tmp_path, pack(pack(b"Id\n1\n")))
    assert [gzip.decompress(one) if one[:2] == b"\x1f\x8b" else one for one in held.values()] == [b"Id\n1\n"]
    content = b"1"
    for _ in range(9):
        content = bz2.compress(content)
    (tmp_path / "more").mkdir()
    held, not_opened = opened(tmp_path / "more", content)
    assert (held, list(not_opened.values())) == ({}, ["More than 5 archives are nested in one another here."])


@pytest.mark.parametrize("pack", [bz2.compress, lzma.compress])
def test_a_packed_file_that_is_cut_or_damaged_gives_what_comes_before(tmp_path, pack):
    whole = pack(LOG)
    for number, content in enumerate(
        (whole[: len(whole) // 2], whole[:60] + b"xx" + whole[62:], whole + whole)
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "out").mkdir()
        (folder / "log").write_bytes(content)
        found, _ = unpack([folder / "log"], folder / "out", Unpacking(free=0))
        assert (found[0].wrong != "") == (number < 2)
        if number == 2:
            assert found[0].path.read_bytes() == LOG + LOG


def test_ways_to_pack_that_are_not_read_are_named(tmp_path):
    content = bytearray(zipped(a=b"1" * 100))
    for mark, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        content[content.index(mark) + at] = 9
    _, not_opened = opened(tmp_path, bytes(content))
    assert "(Deflate64); unpack it" in not_opened[": a"]
    (tmp_path / "more").mkdir()
    sheet = zipped(mimetype=b"application/vnd.oasis.opendocument.spreadsheet", **{"content.xml": b"<a/>"})
    assert opened(tmp_path / "more", sheet)[1] == {"": "This is an OpenDocument file; save its table as CSV."}
