"""What stands in several places is the same in each: in findings, story, answers, files and JSON."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import pytest

from bot.artefacts import timeline_png
from bot.artefacts.events import WORDS, course
from bot.artefacts.handled import NOTHING
from bot.artefacts.report_json import report_json
from bot.artefacts.report_text import report_text
from bot.artefacts.summary import summary
from bot.messages.story import brief
from commands.analyze import analyze
from commands.clues.outgoing import Origin
from commands.containment.propose import offer
from commands.plans.plan import ManualTask
from commands.report import Report, numbered
from commands.steps.review_sent_mail import FILE
from evaluation.corpus import make, script_named
from tests.bot.artefacts.test_report_pdf import played
from tests.commands.steps.rich import collected
from tests.each import each
from tests.examples import CASES, needs_cases

NOW = datetime(2026, 11, 29, tzinfo=UTC)

ACTIONS = ("persistence", "hidden", "read_or_taken", "sent")
"""The parts of the story whose clauses are counted as actions of the attacker."""


@lru_cache(maxsize=1)
def takeover() -> tuple[Report, dict[str, str]]:
    """The played takeover, and the answers of its first pages by their id."""
    report, of = played()
    answers = {
        one.id: " ".join((one.short, *(said.says for said in one.statements))) for one in summary(report, of)
    }
    return report, answers


def actions(report: Report) -> list[tuple[str, Any]]:
    return [(part, one) for part in ACTIONS for one in getattr(report.story, part)]


def test_every_action_is_counted_once():
    """No record and no finding is behind two of them, and none is a block, an alert or mail of others."""
    report, answers = takeover()
    records = [record for _, one in actions(report) for record in one.records]
    assert len(records) == len(set(records))
    findings = [number for _, one in actions(report) for number in one.findings]
    assert len(findings) == len(set(findings))
    by = {number: one.by for number, one in numbered(report.symptoms)}
    strangers = {by[number] for number in findings} - {"", report.subject.mail}
    assert strangers == set()
    texts = " ".join(one.says for _, one in actions(report))
    assert "blocked" not in texts
    assert "Identity Protection" not in texts
    assert texts.count("utomatic reply") == 1
    assert texts.count("Remittance advice 4471” sent") == 1
    assert texts.count("Urgent - I need your help") == 1
    assert report.story is not None
    assert report.story.by_others[0].says.startswith("Microsoft blocked adele.vance@contoso.example from")
    for part in each(("persistence", "hidden", "read_or_taken", "sent")):
        count = len(getattr(report.story, part))
        assert f"({count} actions)" in answers["what"]


def test_the_messages_of_the_attacker_are_as_many_everywhere():
    """The finding, the first pages, the list for the user's review and the JSON."""
    report, answers = takeover()
    assert report.exposure is not None
    whole = report.exposure.sent + report.exposure.undelivered
    assert f"The attacker sent {whole} messages, {report.exposure.sent} of them" in answers["sent"]
    assert f"{report.exposure.undelivered} of them was not delivered" in answers["sent"]
    (total,) = (
        int(found[1])
        for one in report.findings
        if one.sign.id == "mail_sent_from_suspect_address"
        and (found := re.search(r"(\d+) in all", one.summary))
    )
    assert total == whole
    planning = collected("the takeover").planning
    planned = offer(planning.evidence, planning.report, planning.guard)
    (task,) = (one for one in planned if isinstance(one, ManualTask) and FILE in one.files)
    rows = list(csv.DictReader(io.StringIO(task.files[FILE])))
    assert sum(row["sent by"] == Origin.INTRUDER for row in rows) == whole
    told = report_json(report)["exposure"]
    assert told["sent"] + told["undelivered"] == whole


def test_tried_passwords_are_as_many_everywhere_and_the_span_begins_with_the_first():
    """In the reasons of the suspicious sign-in, the finding of the guessing, and those of programs."""
    report, answers = takeover()

    def counted(text: str) -> tuple[int, int]:
        wrong, locked = (
            sum(int(one) for one in re.findall(rf"(\d+) {what}s?", text))
            for what in ("wrong password", "lockout")
        )
        return wrong, locked

    def says(sign: str) -> list[str]:
        return [one.summary for one in report.findings if one.sign.id == sign]

    (guessed,), (suspect, *_) = says("failures_then_success"), says("suspect_address_signed_in")
    assert counted(guessed) == counted(suspect) == (13, 2)
    tools = [counted(one) for one in says("guessing_tool_failed")]
    assert (sum(one[0] for one in tools), sum(one[1] for one in tools)) == (13, 2)
    assert [counted(one) for one in says("locked_out")] == [(0, 2)]
    tried = {
        record for one in report.findings if one.sign.id == "failures_then_success" for record in one.records
    }
    first = min(one.at for one in report.timeline if one.record in tried)
    assert f"attempts without access since {first:%Y-%m-%d %H:%M} UTC" in answers["when"]


def test_what_was_shared_says_for_whom_wherever_it_is_told():
    report, answers = takeover()
    assert report.story is not None
    shared = "1 file or folder was shared so that anyone with the link can open it (Payroll 1503.xlsx)"
    assert shared in [one.says for one in report.story.read_or_taken]
    assert shared in answers["data"]
    assert "by link or with guests" not in forms(report)


@needs_cases
def test_where_no_sign_in_was_seen_nothing_tells_of_a_successful_access():
    (report,) = analyze([CASES / "exports/15_rule_into_calendar.jsonl"], user=None, now=NOW).users
    whole = forms(report)
    assert "No sign-in by anyone else was seen" in whole
    for words in each(("successful access", "last seen", "could get in", "They were")):
        assert words.casefold() not in whole.casefold(), words


@needs_cases
def test_a_rule_whose_name_was_not_recorded_is_not_called_by_its_mailbox():
    (report,) = analyze([CASES / "exports/22_rule_without_parameters.jsonl"], user=None, now=NOW).users
    whole = forms(report)
    assert "An inbox rule whose name was not recorded has actions that its record does not show" in whole
    assert "“megan.bowen”" not in whole


@needs_cases
def test_how_many_routine_records_were_not_read_is_told_once():
    (report,) = analyze([CASES / "exports/15_rule_into_calendar.jsonl"], user=None, now=NOW).users
    whole = " ".join(report_text(report).split())
    assert whole.count("routine records of all users that were only counted: 11") == 1
    assert whole.count("routine records of this user that were prefiltered: 1") == 1
    told = report_json(report)
    assert str(told["symptoms"]).count("routine records") == 0
    assert str(told["sources"]).count("routine records of all users") == 1


def whole_counts(report: Report) -> dict[str, int]:
    """What the first pages and the JSON give as the whole: messages of the attacker's, and files."""
    seen = report.exposure
    assert seen is not None
    return {"message": seen.sent + seen.undelivered, "file": len(seen.files) + seen.further_files}


def found_counts(report: Report) -> dict[str, int]:
    """The same as the findings give it, without those that say that they count less, such as of one hour."""
    told = {"message": 0, "file": 0}
    for one in report.findings:
        if found := re.match(r"(\d+) files? (?:was|were) opened or downloaded \(", one.summary):
            told["file"] += int(found[1])
        if one.sign.id == "mail_sent_from_suspect_address":
            found = re.search(r"(\d+) in all", one.summary) or re.match(r"(\d+) messages", one.summary)
            told["message"] += int(found[1]) if found else 1
    return told


@needs_cases
@pytest.mark.parametrize("name", ["03_counts_sent", "03b_counts_deleted", "03d_counts_files"])
def test_counts_of_the_same_are_the_same_in_an_analysis(name):
    """A count of other things, such as those of one hour, says so."""
    (report,) = analyze([CASES / f"exports/{name}.jsonl"], user=None, now=NOW).users
    assert found_counts(report) == whole_counts(report)


@pytest.mark.parametrize("name", ["payroll-diversion", "mass-phishing", "files-taken", "slow-fraud"])
def test_in_invented_takeovers_the_same_has_the_same_number_and_every_action_is_counted_once(name, tmp_path):
    """As the evaluation plays them: another firm, other people and other hours each."""
    files = []
    logs = make(script_named(name), 0).scribe.sorted_logs()
    for kind, records in zip(("audit", "sign-ins"), logs, strict=True):
        files.append(tmp_path / f"{kind}.jsonl")
        files[-1].write_text("".join(json.dumps(one) + "\n" for one in records))
    told = [one for one in analyze(files, user=None, now=NOW, processes=1).users if one.story]
    for report in each(told):
        whole = whole_counts(report)
        for what, number in found_counts(report).items():
            assert number in {0, whole[what]}, (
                what
            )  # no finding gives the whole of what is no stranger's for sure
        records = [record for _, one in actions(report) for record in one.records]
        assert len(records) == len(set(records))
        answers = " ".join(said.says for one in summary(report) for said in one.statements)
        for part in ACTIONS:
            count = len(getattr(report.story, part))
            assert (f"({count} actions)" in answers) is (count > 1), part
        if count := whole["message"]:
            assert re.search(rf"The attacker sent {count} messages?\b", answers)


def forms(report: Report) -> str:
    """Everything that is told of a report in words: text, JSON, card and the labels of the picture."""
    picture = course(report)
    return " ".join(
        (
            report_text(report, timeline=False),
            str(report_json(report)["story"]),
            *(brief(report.story, ()) if report.story else ()),
            *(f"{WORDS[one.what]} {one.says}" for one in picture.events),
            *(f"{what} {at}" for what, at in timeline_png._facts(report, NOTHING)),
        )
    )
