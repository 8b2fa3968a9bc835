"""The evidence archive: a ZIP with a report's files, what was proposed and done, and every source's answers.

`manifest.json` has the size and SHA-256 of each file in it. That finds damage and careless changes; whoever
changes a file on purpose can write a new manifest too. The SHA-256 of the whole archive is therefore an entry
of the ledger, and `verify` compares it when it is given.
"""

from __future__ import annotations

import hashlib
import io
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile, ZipFile

from bot.artefacts.handled import Handled
from bot.artefacts.method import is_of_files
from bot.artefacts.zips import write_member
from bot.errors import ArchiveAltered, ArchiveUnreadable
from commands.containment.proposals import Proposal, TaskState
from commands.plans.plan import plan_facts
from commands.report import Report

NAME = "evidence.zip"
MANIFEST = "manifest.json"
FORM: Final = "compromise-bot evidence, version 1"

_PIECE = 1 << 20
_LARGEST_MANIFEST = 16 << 20
_NOT_KEPT = "the raw responses of the sources: not kept, deleted, or different from what the ledger recorded"
_NONE_YET = "the case had none when this was made; the archive of its next check has what there is by then"
_NO_CASE = "the report belongs to no case"
_BODIES = "the text of messages (body, bodyPreview, uniqueBody)"
_ABOUT = (
    "Each file in sources/ has the request and Microsoft's response: the items of all pages in "
    "one list, with every property as received."
)
_ABOUT_FILES = (
    "sources/files.json names the exported files that the report rests on, with size and SHA-256. "
    "sources/records.jsonl has the records that findings cite, each with file and line, as it stands there; "
    "all others are in the files alone: keep the files."
)


@dataclass(frozen=True, slots=True)
class Sound:
    """An archive in which nothing was changed: its own SHA-256, its case, and how many files it holds."""

    sha256: str
    case_id: str
    files: int


def evidence_archive(
    report: Report, handled: Handled, files: Mapping[str, bytes], offer: str, answers: bytes | None
) -> bytes:
    """Put an archive together; the same arguments give the same bytes.

    Args:
        report: What the check found.
        handled: What was done about it so far, and the ledger's head.
        files: The files of the report.
        offer: What the steps planned, as JSON; "" for nothing.
        answers: What `bot.artefacts.answers` kept, or None.
    """
    left_out = [_BODIES] if answers else [_BODIES, _NOT_KEPT]
    known = {
        "proposals.json": _json([_proposal(one) for one in handled.proposals]) if handled.proposals else b"",
        "tasks.json": _json([_task(one) for one in handled.tasks]) if handled.tasks else b"",
        "offer.json": b"" if offer in {"", "[]"} else offer.encode("utf-8", "replace"),
    }
    none = [name for name, content in known.items() if not content]
    if none:
        left_out.append(f"{', '.join(none)}: {_NONE_YET if handled.case_id else _NO_CASE}")
    members = {**files, **{name: content for name, content in known.items() if content}}
    facts: list[dict[str, Any]] = []
    out = io.BytesIO()
    with ZipFile(out, "w") as archive:
        for name, content in sorted(members.items()):
            facts.append(_put(archive, name, iter([content])))
        if answers:
            with ZipFile(io.BytesIO(answers)) as kept:
                for name in sorted(kept.namelist()):
                    facts.append(_put(archive, name, _pieces(kept, name)))
        manifest = {
            "form": FORM,
            "case": handled.case_id,
            "account": report.subject.user_principal_name,
            "checked": report.made_at.astimezone(UTC).isoformat(),
            "ledger": {"size": handled.head.size, "hash": handled.head.hash} if handled.head else None,
            "about": _ABOUT_FILES if is_of_files(report) else _ABOUT,
            "left_out": left_out,
            "files": facts,
        }
        write_member(archive, MANIFEST, [_json(manifest)])
    return out.getvalue()


def verify(path: Path) -> Sound:
    """Compare every file in an archive with the manifest.

    Raises:
        ArchiveUnreadable: it is no archive of ours.
        ArchiveAltered: a file in it was changed, added or removed; it names the first one.
    """
    try:
        sha256 = _sha256_of(path)
        with ZipFile(path) as archive:
            case_id, listed = _manifest(archive)
            _same_names(archive, listed)
            for name, facts in listed.items():
                _same_content(archive, name, facts)
    except OSError as error:
        raise ArchiveUnreadable(f"{path} cannot be read ({error.strerror or error}).") from error
    except BadZipFile as error:
        raise ArchiveUnreadable(f"{path} is not a ZIP file, or is damaged ({error}).") from error
    return Sound(sha256, case_id, len(listed))


def _manifest(archive: ZipFile) -> tuple[str, dict[str, dict[str, Any]]]:
    try:
        info = archive.getinfo(MANIFEST)
        if info.file_size > _LARGEST_MANIFEST:
            raise ArchiveUnreadable(f"Its {MANIFEST} is too large.")
        manifest = json.loads(b"".join(_pieces(archive, MANIFEST)))
        if manifest["form"] != FORM:
            raise ArchiveUnreadable(f"Its {MANIFEST} has a format that this version does not read.")
        listed = {str(one["name"]): dict(one) for one in manifest["files"]}
        return str(manifest["case"]), listed
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise ArchiveUnreadable(f"It has no readable {MANIFEST}.") from error
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ArchiveUnreadable(f"Its {MANIFEST} is damaged ({error}).") from error


def _same_names(archive: ZipFile, listed: Mapping[str, Any]) -> None:
    seen: set[str] = {MANIFEST}
    for info in archive.infolist():
        name = info.filename
        if name != MANIFEST and (name in seen or name not in listed):
            raise ArchiveAltered(name, "is not in the manifest, or is there twice")
        seen.add(name)
    if [info.filename for info in archive.infolist()].count(MANIFEST) > 1:
        raise ArchiveAltered(MANIFEST, "is there twice")
    for name in listed:
        if name not in seen:
            raise ArchiveAltered(name, "is missing")


def _same_content(archive: ZipFile, name: str, facts: Mapping[str, Any]) -> None:
    digest, size = hashlib.sha256(), 0
    wanted = facts.get("size")
    try:
        for piece in _pieces(archive, name):
            digest.update(piece)
            size += len(piece)
            if not isinstance(wanted, int) or size > wanted:
                break  # a small file may unpack to more than any disk holds
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ArchiveAltered(name, f"is damaged ({error})") from error
    if size != wanted or digest.hexdigest() != facts.get("sha256"):
        raise ArchiveAltered(name, "was changed")


def _put(archive: ZipFile, name: str, pieces: Iterator[bytes]) -> dict[str, Any]:
    """Write a file into the archive and give its line of the manifest."""
    digest, size = hashlib.sha256(), 0

    def measured() -> Iterator[bytes]:
        nonlocal size
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
            yield piece

    write_member(archive, name, measured())
    return {"name": name, "size": size, "sha256": digest.hexdigest()}


def _pieces(archive: ZipFile, name: str) -> Iterator[bytes]:
    with archive.open(name) as member:
        while piece := member.read(_PIECE):
            yield piece


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _proposal(proposal: Proposal) -> dict[str, Any]:
    """Everything about a proposal; a password is in no plan, only what stands in its place."""
    return {
        "id": proposal.id,
        "kind": proposal.kind,
        "state": proposal.state.value,
        "digest": proposal.digest,
        "proposed_by": proposal.proposed_by,
        "proposer": sorted(proposal.proposer),
        "reason": proposal.reason,
        "needs": proposal.needs,
        "factor": proposal.factor,
        "strict": proposal.strict,
        "made_at": proposal.made_at.isoformat(),
        "expires_at": proposal.expires_at.isoformat(),
        "decided_by": proposal.decided_by,
        "note": proposal.note,
        "votes": [
            {
                "voter": vote.voter,
                "addresses": sorted(vote.addresses),
                "object_id": vote.object_id,
                "yes": vote.yes,
                "at": vote.at.isoformat(),
                "factor": vote.factor,
                "says": vote.says,
            }
            for vote in proposal.votes
        ],
        "actions": [
            {
                "change": action.change,
                "attempt": action.attempt,
                "saw": None if action.saw is None else dict(action.saw),
                "intended_at": action.intended_at.isoformat(),
                "outcome": action.outcome.value if action.outcome else None,
                "says": action.says,
                "ended_at": action.ended_at.isoformat() if action.ended_at else None,
                "request_id": action.request_id,
            }
            for action in proposal.actions
        ],
        "plan": plan_facts(proposal.plan),
    }


def _task(task: TaskState) -> dict[str, Any]:
    return {
        "id": task.id,
        "number": task.number,
        "says": task.says,
        "how": list(task.how),
        "done_by": task.done_by,
        "done_at": task.done_at.isoformat() if task.done_at else None,
        "note": task.note,
    }


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()
