"""The report in a real browser: it loads nothing, runs nothing, and is readable on a phone and on paper."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from bot.artefacts.report_files import report_files
from tests.bot.artefacts.attacks import ATTACK, SHOWN, attacked, findings_with_values, keyed, voted
from tests.browser.chromium import chromium, executable
from tests.browser.desk import PATIENCE

OWN = "data:image/png;base64,"
"""The picture in the page; a browser may count it among what it asks for."""

ELEMENTS = """() => [...document.querySelectorAll('*')]
    .filter(one => !one.closest('ol.notes li')).map(one => one.tagName)"""
NOTES = (
    "() => [...new Set([...document.querySelectorAll('ol.notes li, ol.notes li *')].map(one => one.tagName))]"
)
"""Sentences that rest on the same share a note, and no two attacks are the same: kinds are compared there."""

SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
COLOURS = "() => { const s = getComputedStyle(document.body); return [s.color, s.backgroundColor] }"
OFF_PAPER = """() => [...document.querySelectorAll('td, th, code, img, dd, p, li')]
    .filter(one => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .map(one => one.outerHTML.slice(0, 80))"""


@dataclass
class Opened:
    """A page with what the browser had to say about it."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@dataclass
class Reports:
    """Two reports on disk, and the browser that opens them."""

    browser: Browser
    plain: Path
    hostile: Path
    marks: dict[str, dict[str, str]]

    def open(self, path: Path, **context: object) -> Opened:
        page = self.browser.new_context(**context).new_page()  # type: ignore[arg-type]
        page.set_default_timeout(PATIENCE)
        opened = Opened(page)
        page.on("console", lambda message: opened.said.append(message.text))
        page.on("pageerror", lambda error: opened.said.append(str(error)))
        page.on("dialog", lambda dialog: opened.said.append(dialog.message))
        page.on("request", lambda request: opened.asked.append(request.url))
        page.goto(path.as_uri(), wait_until="load")
        return opened


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reports]:
    executable()
    from tests.bot.messages import samples  # noqa: PLC0415 - after it is known that there is a browser

    folder = tmp_path_factory.mktemp("reports")
    report, dealt = findings_with_values(samples.rich()), voted()
    evil_report, of_report = attacked("r", report)
    evil_handled, of_handled = attacked("h", dealt)
    plain, hostile = folder / "report.html", folder / "hostile.html"
    plain.write_bytes(report_files(report, dealt)["report.html"])
    hostile.write_bytes(report_files(evil_report, keyed(evil_handled, dealt))["report.html"])
    with chromium() as browser:
        yield Reports(browser, plain, hostile, {"report": of_report, "handled": of_handled})


def test_an_attack_in_every_text_shows_as_text_and_nothing_of_it_runs(reports):
    opened = reports.open(reports.hostile)
    page = opened.page
    assert opened.said == []
    assert [url for url in opened.asked if not url.startswith(OWN)] == [reports.hostile.as_uri()]
    plain = reports.open(reports.plain).page
    assert page.evaluate(ELEMENTS) == plain.evaluate(ELEMENTS)
    assert page.evaluate(NOTES) == plain.evaluate(NOTES) == ["LI"]
    assert "mark" in page.title()
    assert "<script>" in page.title()
    page.evaluate("() => document.querySelectorAll('details').forEach(one => { one.open = true })")
    shown = " ".join(page.inner_text("body").split())
    for name, marks in reports.marks.items():
        seen = {path for mark, path in marks.items() if ATTACK.format(mark) in shown}
        assert seen >= SHOWN[name], SHOWN[name] - seen


def test_the_report_says_nothing_on_the_console_and_asks_for_nothing_but_itself(reports):
    opened = reports.open(reports.plain)
    opened.page.emulate_media(color_scheme="dark")
    opened.page.locator("nav a").last.click()
    assert opened.said == []
    assert [url for url in opened.asked if not url.startswith(OWN)] == [reports.plain.as_uri()]
    assert opened.page.evaluate("() => document.querySelector('img').naturalWidth") == 1080


@pytest.mark.parametrize("name", ["plain", "hostile"])
def test_nothing_has_to_be_moved_sideways_on_a_phone(reports, name):
    phone = {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 3, "is_mobile": True}
    page = reports.open(getattr(reports, name), **phone).page
    assert page.evaluate(SIDEWAYS) <= 0
    assert page.evaluate(OFF_PAPER) == []


def test_dark_and_light_are_both_readable(reports):
    page = reports.open(reports.plain).page
    contrasts = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        contrasts.append(contrast(*page.evaluate(COLOURS)))
    assert min(contrasts) > 7
    assert page.evaluate(COLOURS)[1] != "rgb(255, 255, 255)"


def test_on_paper_nothing_is_cut_off(reports):
    # A4 between margins of 15 mm is 180 mm wide, which is 680 CSS pixels.
    page = reports.open(reports.hostile, viewport={"width": 680, "height": 1000}).page
    page.emulate_media(media="print")
    assert page.evaluate(OFF_PAPER) == []
    paper = page.pdf(format="A4", prefer_css_page_size=True)
    assert paper.startswith(b"%PDF-")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(COLOURS) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    assert page.evaluate("() => document.querySelector('img').getBoundingClientRect().height") < 1_009


def contrast(one: str, other: str) -> float:
    """How two colours differ, from 1 to 21. Source: W3C, "Web Content Accessibility Guidelines 2.2"."""
    dark, light = sorted(map(luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(", ")]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("width", [390, 1440])
def test_what_people_ask_first_is_answered_on_the_first_screen_before_addresses_and_contents(reports, width):
    page = reports.open(reports.plain, viewport={"width": width, "height": 844}).page
    told = page.locator("dl.answers dt").all_inner_texts()
    assert told[:3] == ["Do now", "Since when, from where, how?", "Is it contained?"]
    third = page.locator("dl.answers dd").nth(2).bounding_box()
    assert third is not None
    assert third["y"] + third["height"] <= 844
