"""What outlives a message holds everything, and hurts nobody who opens it."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.artefacts import report_store
from bot.artefacts.findings_csv import findings_csv
from bot.artefacts.json_pieces import TOGETHER
from bot.artefacts.report_files import report_files
from bot.artefacts.report_json import report_json
from bot.artefacts.report_text import report_text
from bot.artefacts.timeline_csv import COLUMNS, timeline_csv
from bot.artefacts.timeline_png import Picture
from commands.analyze.folded import Folded
from commands.csv_cells import harmless
from commands.report import Clause, Coverage, Event, Finding, Point, SourceState, Tie, weighed
from commands.symptoms import audit_trail
from graph.errors import NO_MAILBOX
from graph.evidence import NOT_IN_EXPORT, Reason
from tests.bot.artefacts.attacks import attacked, findings_with_values
from tests.bot.messages import samples
from tests.bot.messages.samples import TENANT_TEXT


def test_a_report_survives_being_stored():
    for report in (samples.rich(), samples.clean(), samples.rich(samples.HOSTILE, each=3)):
        assert report_store.load(report_store.dump(report)) == report
        folded = replace(report, timeline=Folded(report.timeline))
        assert report_store.load(report_store.dump(folded)) == report


def test_a_long_timeline_is_read_a_part_at_a_time_and_holds_what_repeats_once(monkeypatch):
    report = samples.rich()
    events = tuple(
        replace(report.timeline[0], record=f"r{number}", by="adele") for number in range(2 * TOGETHER + 1)
    )
    stored = report_store.dump(replace(report, timeline=events))
    adapter, read = report_store._EVENTS, list[int]()

    class Counting:
        def validate_json(self, text: bytes) -> list[Event]:
            found = adapter.validate_json(text)
            read.append(len(found))
            return found

    monkeypatch.setattr(report_store, "_EVENTS", Counting())
    loaded = report_store.load(stored)
    assert loaded.timeline == events
    assert read == [TOGETHER, TOGETHER, 1]
    assert len({id(event.by) for event in loaded.timeline}) == 1


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.text(max_size=60), min_size=2, max_size=4).map(tuple))
def test_a_report_survives_being_stored_whatever_its_texts(texts):
    report = samples.rich(texts)
    assert report_store.load(report_store.dump(report)) == report


def test_what_earlier_reports_told_in_words_alone_is_read_as_codes():
    report = samples.rich()
    event = report.timeline[0]
    assert report.story
    report = replace(
        report,
        timeline=(
            replace(event, what="signed in with axios", signed_in=True),
            replace(event, what="failed to sign in (error 50126)", signed_in=False),
            replace(
                event,
                what="signed in non-interactively to Mail from home from Lagos, NG",
                source="sign_ins_non_interactive",
                signed_in=True,
                place="Lagos, NG",
            ),
            replace(event, what="read mail"),
        ),
        story=replace(
            report.story,
            since=(Clause("signed in", event.at, point=Point.SIGNED_IN),),
            entry=(
                Clause(
                    "a guessed password", likely=True, shown_by="a program signed in after wrong passwords"
                ),
                Clause("a guessed or phished password", shown_by="the client is one that phishing kits use"),
                Clause("an application that the user consented to: Mail; probably"),
            ),
            leads=tuple(Clause("lee@contoso.example", why=why) for why in Tie if why is not Tie.FORWARDS),
            unknown=(
                Clause("who opened 3 messages on that day", point=Point.WHOSE),
                Clause("whether they are still in (the roles were not collected)", point=Point.STILL_IN),
                Clause("what they read"),
            ),
        ),
    )
    earlier = json.loads(report_store.dump(report))
    for line in earlier["timeline"]:
        del line["signed_in"], line["place"]
    for part in ("since", "entry", "leads", "unknown"):
        for one, clause in zip(earlier["story"][part], getattr(report.story, part), strict=True):
            for name in ("likely", "shown_by", "point", "shared"):
                del one[name]
            one.update(says=clause.in_full, why=clause.because)
    assert report_store.load(json.dumps(earlier)) == report


def test_what_earlier_findings_and_sources_told_in_words_alone_is_read_as_codes():
    def told(symptom: str, sign: str, after: str, **codes: Any) -> Finding:
        return Finding(symptom, weighed(sign), "Told", after=after, **codes)

    report = samples.rich()
    findings = (
        told("audit_trail", "audit_bypassed", "An audit bypass was set", act=audit_trail.BYPASS_SET),
        told("audit_trail", "unified_audit_off", "The unified audit log was disabled"),
        told("mail_protocols", "old_protocol_on", "POP, SMTP AUTH", names=("POP", "SMTP AUTH")),
        told("mail_forwarding", "forwarding_outside", "a@b.example", names=("a@b.example",)),
        told("mail_forwarding", "forwarding_inside", "Somebody"),
        told(
            "inbox_rules",
            "rule_forwards_outside",
            "sends mail to a@b.example, c@d.example and deletes mail",
            names=("a@b.example", "c@d.example"),
        ),
    )
    sources = (
        SourceState("mailbox", Coverage.UNAVAILABLE, NO_MAILBOX, 0, why=Reason.NO_MAILBOX),
        SourceState("user", Coverage.UNAVAILABLE, NOT_IN_EXPORT.says, 0, why=Reason.NOT_IN_EXPORT),
        SourceState("domains", Coverage.PARTIAL, "one could not be read", 1),
    )
    results = tuple(replace(one, findings=findings) for one in report.symptoms[:1])
    report = replace(report, symptoms=results, sources=sources)
    earlier = json.loads(report_store.dump(report))
    for one in earlier["symptoms"][0]["findings"]:
        del one["act"], one["names"], one["pieces"]
    for source in earlier["sources"]:
        del source["why"], source["in_short"]
    assert report_store.load(json.dumps(earlier)) == report


def test_half_a_character_becomes_a_question_mark_when_stored():
    stored = report_store.load(report_store.dump(samples.rich(("half \ud83d here", "whole"))))
    assert stored.findings[1].summary == "half ? here"
    assert stored.verdict.answer == "compromised"


def test_the_json_form_has_exactly_the_promised_keys():
    form = json.loads(json.dumps(report_json(replace(samples.rich(), no_timeline="It failed."))))
    assert form["no_timeline"] == "It failed."
    assert form["user"] == "adele.vance@contoso.example"
    assert form["verdict"] == "compromised"
    assert {"symptom", "technique", "severity", "summary", "at", "records"} <= form["findings"][0].keys()
    assert form["findings"][0]["severity"] == "high"
    assert form["findings"][0]["at"] == "2026-03-02T04:30:00+00:00"
    assert [symptom["id"] for symptom in form["symptoms"]][:10] == list(samples.TEN)
    assert {"id", "result", "reason"} <= form["symptoms"][0].keys()
    assert {"id", "state", "reason", "records"} <= form["sources"][0].keys()


def test_the_text_form_leaves_nothing_out():
    report = samples.rich(each=20)
    text = report_text(report)
    assert text.startswith("Report on adele.vance@contoso.example\n")
    assert "COMPROMISED, confidence high\n" in text
    for symptom in report.symptoms:
        assert symptom.title in text
    assert text.count("A rule moves mail about money to RSS Feeds.") >= len(report.findings) + len(
        report.timeline
    )
    for record in report.findings[0].records:
        assert record in text
    assert text.count("records: ") == len(report.findings)
    assert "grant to fix: an Entra ID P1 license" in text


def test_the_text_form_can_leave_the_timeline_out():
    assert "Timeline" not in report_text(samples.rich(), timeline=False)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(TENANT_TEXT)
def test_the_text_form_holds_no_terminal_sequences(text):
    assert not set(report_text(samples.rich((text, text)))) & set("\x1b\x07\x9b\u202e\r")


@settings(deadline=None)
@given(TENANT_TEXT)
def test_no_cell_of_the_timeline_is_a_formula(text):
    assert harmless(text)[:1] not in set("=+-@|%")


def test_a_formula_gets_an_apostrophe():
    for cell in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1"):
        assert harmless(cell).startswith("'")
    assert harmless("ordinary") == "ordinary"


def test_the_timeline_has_a_row_for_every_event():
    report = samples.rich(samples.HOSTILE)
    rows = list(csv.reader(io.StringIO(timeline_csv(report), newline="")))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == len(report.timeline) + 1
    assert all(len(row) == len(COLUMNS) for row in rows)


def test_the_files_of_a_report_are_pictures_paper_page_text_json_and_csv():
    files = report_files(samples.rich(samples.HOSTILE))
    assert list(files) == [
        "timeline.png",
        "who-else.png",
        "report.pdf",
        "report.html",
        "report.txt",
        "report.json",
        "findings.csv",
        "timeline.csv",
    ]
    assert json.loads(files["report.json"])["verdict"] == "compromised"
    assert all(files.values())


def test_a_report_goes_out_without_its_picture_and_says_why():
    files = report_files(samples.rich(), drawn=(Picture(b"", "", "It could not be drawn."),))
    assert next(iter(files)) == "report.pdf"
    assert "timeline.png" not in files
    assert b"It could not be drawn." in files["report.html"]


def test_no_cell_of_a_table_is_a_formula_or_has_a_hidden_sign_whatever_was_written():
    """Every text of the report is an attack that begins like a formula."""
    report, marks = attacked("r", findings_with_values(samples.rich()), "=cmd|'/c calc'!A1\u202e\x1b{0}\r\n")
    for table in (timeline_csv(report), findings_csv(report)):
        cells = [cell for row in csv.reader(io.StringIO(table, newline="")) for cell in row]
        assert any(mark in cell for mark in marks for cell in cells)
        assert not [cell for cell in cells if cell[:1] in set("=+-@|%") or set(cell) & set("\u202e\x1b\r\n")]


@pytest.mark.parametrize(
    "text", ["x;=1+1", 'x";=1+1', "x; +1", "x;'@SUM(1)", 'x;"-1', "x;=1;=2", "a;\u200b=1"]
)
def test_no_second_cell_behind_a_semicolon_is_a_formula(text):
    """Where the semicolon separates, a spreadsheet cuts our quoted cells at it."""
    assert not re.search(r"""(^|;)[\s"]*[=+\-@|%]""", harmless(text))
