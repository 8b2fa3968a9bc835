"""A report on a terminal is drawn, and what the tenant wrote steers nothing there."""

from __future__ import annotations

import io
import re

from rich.console import Console

from bot.cli import terminal
from commands.analyze.progress import Progress as Reading
from commands.analyze.progress import Stage
from commands.check import Progress
from tests.bot.messages import samples


def drawn(report, **options) -> str:
    out = io.StringIO()
    terminal.show_report(report, Console(file=out, force_terminal=True, width=120), **options)
    return re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue())


def test_a_terminal_shows_verdict_symptoms_and_what_was_not_seen():
    text = drawn(samples.rich())
    assert "⛔ Compromised" in text
    assert "adele.vance@contoso.example" in text
    assert "Display name “Adele Vance”" in text
    assert re.search(r" 3\. inbox rules +■ present", text)
    assert "Not collected" in text
    assert "an Entra ID P1 license" in text


def test_an_absent_symptom_takes_one_line_and_an_unknown_one_says_why():
    text = drawn(samples.clean())
    assert re.search(r"10\. signature +□ absent +$", text, re.MULTILINE)
    assert re.search(r" 1\. missing mail +\? unknown +Not collected: message trace\.", text)


def test_the_timeline_comes_when_it_is_asked_for():
    event = "2026-03-02 09:30 UTC"
    assert event not in drawn(samples.clean()).partition("Not collected")[2]
    assert event in drawn(samples.clean(), timeline=True).partition("Not collected")[2]


def test_what_the_tenant_wrote_neither_steers_the_terminal_nor_is_markup():
    report = samples.rich(("\x1b[2J\x1b]0;title\x07 [bold]text[/bold] [/]", "\u202egpj.exe"))
    text = drawn(report)
    assert not set(text) & set("\x1b\x07\u202e")
    assert "[bold]text[/bold] [/]" in text
    assert "[U+202E]" in text


def test_progress_is_silent_where_nobody_watches():
    out = io.StringIO()
    with terminal.progress_on(Console(file=out)) as tell:
        tell(samples.progress())
    assert out.getvalue() == ""


def test_progress_names_what_is_waited_for():
    out = io.StringIO()
    with terminal.progress_on(Console(file=out, force_terminal=True, width=100)) as tell:
        tell(samples.progress())
        tell(Progress(sources=samples.sources(), waiting=(), so_far=samples.nothing_yet))
    assert "5/" in out.getvalue()
    assert "Judging" in out.getvalue()


def test_reading_shows_records_where_somebody_watches():
    out = io.StringIO()
    with terminal.reading_on(Console(file=out, force_terminal=True, width=100)) as tell:
        assert tell is not None
        tell(Reading(Stage.READING, 5, 10, 1234))
    assert "1,234 records" in out.getvalue()
    with terminal.reading_on(Console(file=out)) as tell:
        assert tell is None
