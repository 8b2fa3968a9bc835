"""What a report says of how it was made is true of it: of a tenant, and of exported files."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZipFile

from bot.artefacts.method import method
from bot.artefacts.report_html import report_html
from bot.cli.output import write_analysis
from commands.analyze import analyze
from tests.bot.messages import samples
from tests.commands.test_nearby import SERVER, done, written

NOW = datetime(2026, 9, 1, tzinfo=UTC)


def test_a_report_on_exports_claims_no_tenant_no_answers_and_no_approvals(tmp_path: Path):
    path = written(tmp_path / "log.jsonl", [done("MailItemsAccessed", number, SERVER) for number in range(9)])
    analysis = analyze([path], user=None, now=NOW, processes=1)
    (report,) = analysis.users
    page = report_html(report)
    for claim in ("over Microsoft Graph", "own answers", "approvals above", "every event)"):
        assert claim not in page, claim
    assert f"every event that was read, {len(report.timeline)}; what was only counted is not in it" in page
    assert "sources/files.json" in page
    assert "all others are not in it: keep the logs" in page
    assert write_analysis(analysis, [path], tmp_path / "out") == 1
    with ZipFile(next((tmp_path / "out").rglob("evidence.zip"))) as archive:
        about = json.loads(archive.read("manifest.json"))["about"]
        assert [one["name"] for one in json.loads(archive.read("sources/files.json"))] == [str(path)]
        records = [json.loads(line) for line in archive.read("sources/records.jsonl").splitlines()]
    assert "request and Microsoft's response" not in about
    cited = {id_ for finding in report.findings for id_ in finding.records}
    assert {id_ for one in records for id_ in one["ids"]} == cited
    lines = path.read_text().splitlines()
    assert all(one["record"] == json.loads(lines[one["line"] - 1]) for one in records)
    assert {one["file"] for one in records} <= {str(path)}
    assert "keep the files" in about


def test_a_report_on_a_tenant_says_where_it_read_and_what_the_archive_holds():
    page = report_html(samples.rich())
    assert "over Microsoft Graph, Exchange Online and the audit search" in page
    assert "evidence.zip (Microsoft’s own answers, with a manifest)" in page


def test_no_text_of_messages_is_denied_that_is_in_a_file():
    says = method(samples.rich()).says
    assert "text is in no file" not in says
    assert (
        "the texts of automatic replies and signatures, with the lines of a sent message that repeat them"
        in says
    )
