"""Reports as files in a folder: the same that a check attaches in Slack, and an overview of many accounts."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zipfile import ZipFile

from bot.artefacts.analysis_json import analysis_csv, analysis_json
from bot.artefacts.archive import NAME, evidence_archive
from bot.artefacts.handled import NOTHING
from bot.artefacts.overview_html import overview_html
from bot.artefacts.report_files import report_files
from bot.artefacts.shared_png import shared_png
from bot.artefacts.timesketch_csv import timesketch_csv
from bot.artefacts.zips import write_member
from bot.messages.parts import DECIDED
from commands.analyze.cited import Cited, cited
from commands.report import Report
from graph.audit_log.unpack import files_in

if TYPE_CHECKING:
    from commands.analyze import Analysis

_NOT_IN_A_NAME: Final = re.compile(r"[^A-Za-z0-9@._-]+")
_LONGEST: Final = 80
_OVERVIEW, _REPORT, _FINDINGS, _TIMESKETCH = "overview.html", "report.json", "findings.csv", "timesketch.csv"
_SHARED: Final = "who_else.png"


def write_report(report: Report, folder: Path, answers: bytes | None) -> None:
    """Write all files of one report, the evidence archive among them.

    Args:
        report: What was found.
        folder: Where to; it is made.
        answers: What the archive holds of the sources, as a ZIP.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = report_files(report)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    (folder / NAME).write_bytes(evidence_archive(report, NOTHING, files, "", answers))


def write_analysis(analysis: Analysis, given: Sequence[Path], folder: Path) -> int:
    """Write an overview of all accounts, and a folder for each grave one; count these.

    Args:
        analysis: What was found.
        given: The files and folders that were handed over, which the archives name with size and SHA-256.
        folder: Where to.
    """
    grave = [report for report in analysis.users if report.verdict.answer in DECIDED]
    folders = dict(zip((one.subject.user_principal_name for one in grave), folder_names(grave), strict=True))
    listed = _handed_in(given)
    records = cited(given, {id_ for report in grave for id_ in _ids_in(report)})
    for report in grave:
        answers = _answers(listed, records, _ids_in(report))
        write_report(report, folder / folders[report.subject.user_principal_name], answers)
    contents = {
        _OVERVIEW: overview_html(analysis, folders).encode("utf-8", "replace"),
        _REPORT: json.dumps(analysis_json(analysis), indent=2).encode(),
        _FINDINGS: analysis_csv(analysis).encode("utf-8-sig", "replace"),
        _TIMESKETCH: timesketch_csv(grave).encode("utf-8", "replace"),
    }
    if drawn := shared_png(analysis.users):
        contents[_SHARED] = drawn
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return len(grave)


def folder_names(reports: Sequence[Report]) -> list[str]:
    """Name a folder for each account: what it is called, without what a path could mean, each once.

    What is called like a file beside the folders gets a number, as what comes a second time does.
    """
    names: list[str] = []
    taken = {_OVERVIEW, _REPORT, _FINDINGS, _TIMESKETCH, _SHARED}
    for report in reports:
        plain = _NOT_IN_A_NAME.sub("_", report.subject.user_principal_name)[:_LONGEST].strip(".") or "account"
        name, number = plain, 1
        while name.casefold() in taken:
            number += 1
            name = f"{plain}-{number}"
        taken.add(name.casefold())
        names.append(name)
    return names


def _handed_in(given: Sequence[Path]) -> bytes:
    """Say which files the reports rest on: their names, sizes and SHA-256."""
    rows = []
    for path in given:
        for file in files_in(path):
            with file.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            rows.append({"name": str(file), "size": file.stat().st_size, "sha256": digest})
    return json.dumps(rows, indent=2).encode()


def _ids_in(report: Report) -> frozenset[str]:
    """Give the ids of the records that a report's findings cite."""
    return frozenset(id_ for finding in report.findings for id_ in finding.records)


def _answers(listed: bytes, records: Sequence[Cited], ids: AbstractSet[str]) -> bytes:
    """Put together what an archive holds of the files: which they are, and the records that are cited."""
    lines = (
        json.dumps(
            {"file": one.file, "line": one.line, "ids": sorted(named), "record": one.record}, default=str
        )
        for one in records
        if (named := one.ids & ids)
    )
    out = io.BytesIO()
    with ZipFile(out, "w") as packed:
        write_member(packed, "sources/files.json", [listed])
        write_member(packed, "sources/records.jsonl", (f"{line}\n".encode() for line in lines))
    return out.getvalue()
