"""The page that people hand on says everything, loads nothing, and shows an attack as text."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings

from bot.artefacts.report_html import report_html
from bot.artefacts.timeline_png import Picture
from tests.bot.artefacts.attacks import (
    ATTACK,
    CUT,
    SHOWN,
    attacked,
    findings_with_values,
    handled,
    keyed,
    voted,
)
from tests.bot.messages import samples
from tests.bot.messages.samples import TENANT_TEXT

LOADS = {
    "script",
    "img",
    "iframe",
    "object",
    "embed",
    "link",
    "form",
    "input",
    "svg",
    "base",
    "video",
    "audio",
}


class Page(HTMLParser):
    """What a browser would make of a page: its elements with their attributes, and its text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.style = ""
        self._in = ""
        self._text: list[str] = []
        self.feed(source)
        self.close()
        self.text = " ".join("".join(self._text).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(attrs)))
        self._in = tag

    def handle_endtag(self, tag: str) -> None:
        self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in == "style":
            self.style += data
        else:
            self._text.append(data)


def structure(page: Page) -> list[tuple[str, tuple[tuple[str, str | None], ...]]]:
    """The elements without notes, of which there are as many as texts that differ, and their numbers."""
    return [
        (tag, attributes)
        for tag, attributes in page.elements
        if not any((value or "").strip("#").startswith("note-") for _, value in attributes)
    ]


def test_an_attack_in_any_text_of_the_tenant_or_of_people_shows_as_text():
    """Each text gets an attack of its own; the page keeps its elements and attributes, and reads them out."""
    report, dealt = findings_with_values(samples.rich()), voted()
    evil_report, of_report = attacked("r", report)
    evil_handled, of_handled = attacked("h", dealt)
    before = Page(report_html(report, dealt))
    after = Page(report_html(evil_report, keyed(evil_handled, dealt)))
    assert structure(after) == structure(before)
    for name, marks in (("report", of_report), ("handled", of_handled)):
        seen = {path for mark, path in marks.items() if ATTACK.format(mark) in after.text}
        assert seen >= SHOWN[name], SHOWN[name] - seen
        broken = [path for mark, path in marks.items() if mark in after.text and path not in {*seen, *CUT}]
        assert broken == []


@pytest.mark.slow
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TENANT_TEXT)
def test_whatever_was_written_the_page_keeps_its_elements(text):
    texts = (text or "x", "x")
    whole = tuple(one.encode("utf-8", "replace").decode() for one in texts)  # plans hold no half characters
    page = Page(report_html(samples.rich(texts), handled(whole)))
    assert not {tag for tag, _ in page.elements} & LOADS
    assert not set(page.text) & set("\x1b\x07\x9b\u202e\u200b")


def attributes(page: Page) -> Iterator[tuple[str, str, str]]:
    for tag, attrs in page.elements:
        for name, value in attrs:
            yield tag, name, value or ""


def test_the_page_loads_nothing_and_runs_nothing():
    source = report_html(samples.rich(samples.HOSTILE), handled(samples.HOSTILE))
    page = Page(source)
    assert not {tag for tag, _ in page.elements} & LOADS
    for tag, name, value in attributes(page):
        assert not name.startswith("on"), (tag, name)
        assert name not in {"src", "srcset", "style", "action"}, (tag, name)
        assert name != "href" or value.startswith("#"), (tag, value)
    assert "url(" not in page.style
    assert "@import" not in page.style


def policy_of(page: Page) -> str:
    mark = ("http-equiv", "Content-Security-Policy")
    return next(
        dict(attrs)["content"] or "" for tag, attrs in page.elements if tag == "meta" and mark in attrs
    )


def test_the_policy_allows_its_own_style_sheet_and_nothing_else():
    page = Page(report_html(samples.rich()))
    policy = policy_of(page)
    digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
    assert policy.split("; ") == [
        "default-src 'none'",
        f"style-src 'sha256-{digest}'",
        "base-uri 'none'",
        "form-action 'none'",
    ]


def test_the_picture_lies_in_the_page_and_the_policy_allows_nothing_else_to_be_shown():
    page = Page(report_html(samples.rich(), drawn=(Picture(b"the picture", 'what "it" shows <b>\u202e'),)))
    shown = [dict(attrs) for tag, attrs in page.elements if tag == "img"]
    assert shown == [
        {
            "src": f"data:image/png;base64,{base64.b64encode(b'the picture').decode()}",
            "alt": 'what "it" shows <b>[U+202E]',
        }
    ]
    assert "; img-src data:; " in policy_of(page)


def test_a_page_without_a_picture_says_why():
    page = Page(report_html(samples.rich(), drawn=(Picture(b"", "", "It could not be drawn."),)))
    assert "It could not be drawn." in page.text
    assert not {tag for tag, _ in page.elements} & LOADS


def test_the_page_is_made_for_paper_phones_and_the_dark():
    page = Page(report_html(samples.rich()))
    assert (
        "meta",
        (("name", "viewport"), ("content", "width=device-width, initial-scale=1")),
    ) in page.elements
    for words in ("@media print", "@media screen and (max-width:", "prefers-color-scheme: dark"):
        assert words in page.style


def test_the_page_says_everything_there_is_to_say():
    report = samples.rich()
    text = Page(report_html(report, handled())).text
    for words in (
        "Evidence report, case C-7F3K2",
        "Display name“Adele Vance”",
        "object ID",
        "Compromised, confidence high",
        "The search was cut off at 50,000 records.",
        "Grant to fix: an Entra ID P1 license",
        "r2, r3, r4",
        "Proposal P-7F3K2: done",
        "by megan@contoso.example (U0MEGAN01)",
        "with a code",
        "done and confirmed",
        "unknown, verify manually",
        "req-77",
        "the ledger had 42 entries",
        "ab" * 32,
    ):
        assert words in text, words
    assert text.count("A rule moves mail about money to RSS Feeds.") >= len(report.findings) * 2
    assert all(event.record in text for event in report.timeline)


def test_the_page_of_a_clean_account_says_what_could_not_be_seen_and_that_nothing_was_done():
    text = Page(report_html(samples.clean())).text
    assert "No sign found" in text
    assert "Symptom “The title of missing_mail” is unknown. Not collected: message trace." in text
    assert "No findings." in text
    assert "Nothing was proposed" in text
    assert "No manual task had been given" in text
    assert "created without a ledger" in text


def test_a_long_timeline_is_cut_to_what_findings_rest_on_and_says_so():
    report = samples.rich()
    long = dataclasses.replace(
        report,
        timeline=tuple(
            dataclasses.replace(
                report.timeline[0], record=f"e{n}", at=samples.NOW + timedelta(seconds=n), finding=n < 9
            )
            for n in range(3_000)
        ),
    )
    page = Page(report_html(long))
    assert "2991 further events are in timeline.csv" in page.text
    assert "e8" in page.text
    assert "e1000" not in page.text
