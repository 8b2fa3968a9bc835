"""An account is named by its address; the display name is quoted, and marked where somebody changed it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.artefacts.report_html import report_html
from bot.artefacts.report_text import report_text
from bot.messages import names
from commands.report import Finding, Report, Result, Severity, Sign, SymptomResult
from tests.bot.messages import samples

FAKE = "Adele Vance - Accounts Payable"


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


def test_nothing_hidden_is_in_a_name():
    report = renamed(samples.rich(), "Adele\u202e Vance")
    assert "\u202e" not in names.display_name(report)
