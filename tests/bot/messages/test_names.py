"""An account is named by its address; the display name is quoted, and marked where somebody changed it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.artefacts.report_html import report_html
from bot.artefacts.report_json import report_json
from bot.artefacts.report_text import report_text
from bot.messages import names
from bot.messages.contain_modal import contain_modal, contain_now_modal
from bot.messages.details import details
from bot.messages.restore_modal import restore_modal
from bot.messages.tasks import tasks
from commands.report import Finding, Report, Result, Severity, Sign, SymptomResult
from graph.question import Subject
from tests.bot.messages import samples

FAKE = "Adele Vance - Accounts Payable"
OFFER = (samples.change(1, step="block_sign_in", text="Block sign-in"),)


def renamed(report: Report, *befores: str) -> Report:
    """The same report of an account whose display name was changed, the last change first."""
    sign = Sign("display_name_changed", Severity.HIGH, "why")
    found = tuple(
        Finding("display_name", sign, "Changed.", samples.NOW - timedelta(hours=n), before=one)
        for n, one in enumerate(befores)
    )
    changed = SymptomResult("display_name", "Display name", "symptom 4", Result.PRESENT, "", found)
    subject = replace(report.subject, display_name=FAKE)
    return replace(
        report,
        subject=subject,
        symptoms=(*(one for one in report.symptoms if one.id != "display_name"), changed),
    )


def test_the_display_name_is_quoted_with_what_stood_first():
    report = renamed(samples.rich(), "Adele V", "Adele Vance")
    assert names.display_name(report) == f"“{FAKE}”, changed from “Adele Vance” on 2026-03-02 08:30 UTC"
    assert names.display_name(samples.clean()) == f"“{samples.clean().subject.display_name}”"
    assert names.display_name(replace(report, subject=replace(report.subject, display_name=""))) == ""


def test_an_attackers_name_is_no_title():
    report = renamed(samples.rich(), "Adele Vance")
    title, *rest = report_text(report).splitlines()
    assert title == "Report on adele.vance@contoso.example"
    assert any(line.startswith(f"Name:      “{FAKE}”, changed from “Adele Vance”") for line in rest)
    page = report_html(report)
    assert "<h1>adele.vance@contoso.example" in page
    assert f"<dd>“{FAKE}”, changed from “Adele Vance” on 2026-03-02 09:30 UTC</dd>" in page


@pytest.mark.parametrize(
    "shown_by",
    [
        lambda who: contain_modal("C-1", who, samples.offer(), titles={}, needs=samples.needs),
        lambda who: contain_now_modal("C-1", who, OFFER, needs=samples.needs),
        lambda who: contain_modal("C-1", who, (), titles={}, needs=samples.needs),
        lambda who: restore_modal("C-1", who, ()),
        lambda who: tasks("C-1", who, samples.task_states()),
        lambda who: details(replace(samples.rich(), subject=who))[0],
    ],
)
def test_an_attackers_name_heads_no_window_and_no_message(shown_by: Callable[[Subject], Any]) -> None:
    drawn = str(shown_by(replace(samples.rich().subject, display_name=FAKE)))
    assert FAKE not in drawn
    assert "adele.vance@contoso.example" in drawn


def test_reports_for_programs_say_what_a_name_was_and_when_it_was_restored() -> None:
    told = report_json(renamed(samples.rich(), "Adele Vance"))["display_name"]
    assert told == {
        "read": FAKE,
        "before": "Adele Vance",
        "changed_at": samples.NOW.isoformat(),
        "restored_at": None,
    }
    assert report_json(samples.clean())["display_name"]["before"] is None


def test_nothing_hidden_is_in_a_name():
    report = renamed(samples.rich(), "Adele\u202e Vance")
    assert "\u202e" not in names.display_name(report)
