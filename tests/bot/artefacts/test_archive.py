"""An evidence archive holds what Microsoft said, and shows when it was changed."""

from __future__ import annotations

import io
import json
import stat
import zipfile
from contextlib import closing
from functools import cache
from pathlib import Path

import pytest

from bot.artefacts import answers
from bot.artefacts.archive import MANIFEST, evidence_archive, verify
from bot.artefacts.handled import NOTHING, Handled
from bot.artefacts.report_files import report_files
from bot.cli import command
from bot.errors import ArchiveAltered, ArchiveUnreadable
from commands.ledger import Head, Ledger
from commands.ledger.entries import EvidencePacked
from graph.errors import NotFound
from graph.request import Cmdlet, Request
from tests.bot.messages import samples

BODY = "Dear Megan, the secret of the deal is sesame-sesame"
MESSAGE = {
    "id": "m1",
    "subject": "Invoice \ud83d",
    "body": {"contentType": "text", "content": BODY},
    "bodyPreview": BODY,
    "inner": [{"uniqueBody": {"content": BODY}, "Body": BODY, "size": 9007199254740993}],
}
REPORT = samples.rich(samples.HOSTILE)
HANDLED = Handled(
    "C-7F3K2",
    tuple(samples.decided(samples.WORDS)),
    samples.task_states(samples.WORDS),
    Head(42, "ab" * 32),
)


def recorded() -> bytes:
    keeps = answers.Answers()
    keeps("user", Request("GET", "/users/1", {"$select": "id"}), [{"id": "1", "body weight": 3}])
    keeps("audit_log", Request("GET", "/users/1/messages"), [MESSAGE])
    keeps("audit_log", Cmdlet("Get-Mailbox", {"Identity": "adele"}, anchor="adele"), NotFound("Not there."))
    return keeps.packed(REPORT.sources)


@cache
def files_of_it() -> dict[str, bytes]:
    return report_files(REPORT, HANDLED)


def packed(kept: bytes | None) -> bytes:
    return evidence_archive(REPORT, HANDLED, files_of_it(), '[{"step": "harden"}]', kept)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "evidence.zip"
    path.write_bytes(packed(recorded()))
    return path


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


def rewritten(path: Path, files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as file:
        for name, content in files.items():
            file.writestr(name, content)


def test_the_same_case_gives_the_same_bytes():
    assert packed(recorded()) == packed(recorded())


def test_it_holds_the_report_the_proposals_and_a_file_for_every_source(archive):
    files = contents(archive)
    assert set(files) == {
        *files_of_it(),
        "proposals.json",
        "tasks.json",
        "offer.json",
        *(f"sources/{source.id}.json" for source in REPORT.sources),
        MANIFEST,
    }
    proposals = json.loads(files["proposals.json"])
    assert [one["id"] for one in proposals] == [one.id for one in HANDLED.proposals]
    assert proposals[0]["plan"]["changes"]
    manifest = json.loads(files[MANIFEST])
    assert manifest["case"] == "C-7F3K2"
    assert manifest["ledger"] == {"size": 42, "hash": "ab" * 32}
    assert {one["name"] for one in manifest["files"]} == files.keys() - {MANIFEST}


def test_answers_are_there_as_they_came_with_what_was_asked(archive):
    files = contents(archive)
    user = json.loads(files["sources/user.json"])
    assert user["answers"] == [
        {
            "asked": {"method": "GET", "path": "/v1.0/users/1", "query": {"$select": "id"}, "body": None},
            "items": [{"id": "1", "body weight": 3}],
        }
    ]
    audit = json.loads(files["sources/audit_log.json"])
    assert audit["answers"][0]["items"][0]["subject"] == MESSAGE["subject"]
    assert audit["answers"][0]["items"][0]["inner"] == [{"size": 9007199254740993}]
    assert audit["answers"][1] == {
        "asked": {"cmdlet": "Get-Mailbox", "parameters": {"Identity": "adele"}, "anchor": "adele"},
        "error": "Not there.",
    }
    trace = json.loads(files["sources/message_trace.json"])
    assert (trace["state"], trace["answers"]) == ("unavailable", [])


def test_the_text_of_messages_is_in_no_file_and_the_manifest_says_so(archive):
    files = contents(archive)
    assert [name for name, content in files.items() if b"sesame-sesame" in content] == []
    assert json.loads(files[MANIFEST])["left_out"] == ["the text of messages (body, bodyPreview, uniqueBody)"]


def test_an_archive_without_answers_says_that_they_are_not_in_it(tmp_path):
    path = tmp_path / "evidence.zip"
    path.write_bytes(packed(None))
    assert verify(path).case_id == "C-7F3K2"
    files = contents(path)
    assert "sources/user.json" not in files
    assert any("the raw responses of the sources" in one for one in json.loads(files[MANIFEST])["left_out"])


@pytest.mark.parametrize(
    ("handled", "why"),
    [
        (Handled("C-7F3K2"), "the case had none when this was made; the archive of its next check has what"),
        (NOTHING, "the report belongs to no case"),
    ],
)
def test_what_there_is_not_yet_is_no_empty_file_and_the_manifest_says_why(tmp_path, handled, why):
    path = tmp_path / "evidence.zip"
    path.write_bytes(evidence_archive(REPORT, handled, {"report.txt": b"found"}, "[]", recorded()))
    files = contents(path)
    assert not {"proposals.json", "tasks.json", "offer.json"} & files.keys()
    last = json.loads(files[MANIFEST])["left_out"][-1]
    assert last.startswith(f"proposals.json, tasks.json, offer.json: {why}")
    assert verify(path).files == len(files) - 1


def test_kept_answers_are_for_their_owner_alone_and_given_back_only_unchanged(tmp_path):
    ledger = tmp_path / "ledger.db"
    noted = answers.keep(ledger, "C-7F3K2", 1, b"first")
    assert answers.kept(ledger, "C-7F3K2", 1, noted) == b"first"
    path = tmp_path / answers.FOLDER / "C-7F3K2-1.zip"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.write_bytes(b"other")
    assert answers.kept(ledger, "C-7F3K2", 1, noted) is None
    assert answers.kept(ledger, "C-7F3K2", 2, noted) is None


def test_a_sound_archive_is_sound(archive):
    assert verify(archive).files == len(contents(archive)) - 1


@pytest.mark.parametrize("name", ["report.html", "timeline.csv", "sources/user.json"])
def test_a_changed_file_is_named(archive, name):
    files = contents(archive)
    files[name] = files[name].replace(b"e", b"E", 1)
    rewritten(archive, files)
    with pytest.raises(ArchiveAltered) as altered:
        verify(archive)
    assert altered.value.name == name


def test_a_removed_an_added_and_a_doubled_file_are_named(archive):
    files = contents(archive)
    rewritten(archive, {name: content for name, content in files.items() if name != "report.txt"})
    with pytest.raises(ArchiveAltered, match=r"report\.txt in the archive is missing"):
        verify(archive)
    rewritten(archive, {**files, "readme.txt": b"Read me"})
    with pytest.raises(ArchiveAltered, match=r"readme\.txt in the archive is not in the manifest"):
        verify(archive)
    rewritten(archive, files)
    with (
        zipfile.ZipFile(archive, "a") as file,
        pytest.warns(UserWarning, match="Duplicate name"),
    ):
        file.writestr("report.txt", b"another")
    with pytest.raises(ArchiveAltered, match=r"report\.txt"):
        verify(archive)


def test_a_file_that_unpacks_to_more_than_it_should_is_not_unpacked_to_its_end(archive):
    files = contents(archive)
    files["report.txt"] = bytes(64 << 20)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content)
    with pytest.raises(ArchiveAltered) as altered:
        verify(archive)
    assert altered.value.name == "report.txt"


def test_a_flipped_byte_anywhere_in_the_contents_is_found(archive):
    whole = archive.read_bytes()
    with zipfile.ZipFile(archive) as file:
        end = file.start_dir
    for place in range(60, end, max(1, end // 40)):
        archive.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            found = verify(archive).sha256
        except (ArchiveAltered, ArchiveUnreadable):
            continue
        # Only what the format itself does not read is left: the contents are what they were.
        assert found != verify_sha(whole)


def verify_sha(content: bytes) -> str:
    import hashlib  # noqa: PLC0415 - one line of it

    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("manifest", [b"{", b"[]", b'{"form": "x"}', b"\xff", b"null", b"[" * 100_000])
def test_an_archive_without_a_manifest_of_ours_cannot_be_read(archive, manifest):
    rewritten(archive, {**contents(archive), MANIFEST: manifest})
    with pytest.raises(ArchiveUnreadable):
        verify(archive)


def test_what_is_no_archive_cannot_be_read(tmp_path):
    for name, content in (("text.zip", b"not a zip"), ("empty.zip", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ArchiveUnreadable):
            verify(tmp_path / name)
    buffer = io.BytesIO()
    zipfile.ZipFile(buffer, "w").close()
    (tmp_path / "nothing.zip").write_bytes(buffer.getvalue())
    with pytest.raises(ArchiveUnreadable):
        verify(tmp_path / "nothing.zip")


# --- on the command line ---


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        command.main(("evidence", "verify", *arguments))
    printed = capsys.readouterr()
    return int(ended.value.code or 0), printed.out, printed.err


def test_the_command_ends_with_0_for_a_sound_archive_1_for_an_altered_and_2_for_none(
    capsys, archive, tmp_path
):
    status, out, _ = run(capsys, str(archive))
    assert status == 0
    assert verify(archive).sha256 in out
    files = contents(archive)
    rewritten(archive, {**files, "findings.csv": b"nothing to see"})
    status, _, err = run(capsys, str(archive))
    assert (status, "findings.csv" in err) == (1, True)
    (tmp_path / "other.zip").write_bytes(b"other")
    assert run(capsys, str(tmp_path / "other.zip"))[0] == 2
    assert run(capsys, str(tmp_path / "none.zip"))[0] == 2
    assert run(capsys, str(tmp_path))[0] == 2


def test_only_the_ledger_tells_an_archive_that_was_packed_anew(capsys, archive, tmp_path):
    path = tmp_path / "ledger.db"
    with closing(Ledger(path, lambda: samples.NOW)) as book:
        packed = EvidencePacked(1, archive.name, 1, verify(archive).sha256, answers=True)
        book.append(packed, "bot", "C-7F3K2")
    status, out, _ = run(capsys, str(archive), "--ledger", str(path))
    assert (status, "Ledger entry 1 of" in out) == (0, True)
    forged = evidence_archive(samples.clean(), HANDLED, report_files(samples.clean()), "", recorded())
    archive.write_bytes(forged)
    assert run(capsys, str(archive))[0] == 0
    status, _, err = run(capsys, str(archive), "--ledger", str(path))
    assert (status, "The ledger has no archive" in err) == (1, True)
