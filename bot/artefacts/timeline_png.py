"""The timeline as a picture that a phone shows: sign-ins by address, findings, and what was done.

Nothing is told by color alone: marks differ in shape, the suspect address has its word and stripes, findings
have numbers. Every text is written as it is, in one font that comes with the program.
Source: Okabe and Ito, "Color Universal Design", for colors that everyone can tell apart.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import structlog

from bot.artefacts.chart import Became, Chart, Deed, Kind, Lane, chart, in_words
from bot.artefacts.handled import NOTHING, Handled
from bot.artefacts.time_axis import CUT, Axis, axis, spoken_time
from bot.messages import parts
from commands.report import Report, Severity, VerdictCode

if TYPE_CHECKING:
    from bot.artefacts.sheet import Sheet

log = structlog.get_logger(__name__)

NAME: Final = "timeline.png"
WIDTH: Final = 1_080
"""Pixels: what a phone shows without making it smaller."""

_LEFT, _RIGHT = 40.0, WIDTH - 40.0
_PAPER, _INK, _SOFT, _STRIP, _RULE = "#ffffff", "#16191d", "#4d5560", "#eef1f4", "#c3cad2"
_SUSPECT, _SUSPECT_FILL, _OTHER = "#a63c00", "#fbe0d2", "#0a5a94"
_DONE, _NOT_DONE, _BACK = "#00664b", "#8f1010", "#5b3f8c"
_VERDICT: Final = {
    VerdictCode.COMPROMISED: "#8f1010",
    VerdictCode.SUSPICIOUS: "#7a4b00",
    VerdictCode.NO_SIGN_FOUND: "#0f5f2c",
    VerdictCode.CANNOT_TELL: "#0b4f9e",
}
_BIG, _BODY, _SMALL = 26.0, 24.0, 22.0
_HIGH = 54.0
"""Pixels of a lane's strip: signed in above, failed below."""

_BUBBLE = 36.0
_ROWS = 4
_APART = 7
"""Marks of one kind nearer than so many pixels are drawn as one; the counts stand beside."""

_ONE_AT_A_TIME = threading.Lock()
"""A picture takes some ten megabytes while it is drawn, and the processor for itself."""


@dataclass(frozen=True, slots=True)
class Picture:
    """The picture, what it shows in words, and why there is none ("" where there is one)."""

    png: bytes
    alt: str
    trouble: str = ""


def picture(report: Report, handled: Handled = NOTHING) -> Picture:
    """Draw the picture; whatever goes wrong becomes `trouble`, as a report must not wait for its picture.

    Args:
        report: What the check found.
        handled: What was done about it so far.
    """
    alt = ""
    if report.no_timeline:
        return Picture(b"", alt, report.no_timeline)
    try:
        drawn = chart(report, handled)
        alt = in_words(report, drawn)
        with _ONE_AT_A_TIME:
            return Picture(_drawn(report, handled, drawn), alt)
    except Exception:
        reference = uuid4().hex[:10]
        log.exception(
            "A timeline could not be drawn.",
            action="picture.not_drawn",
            case=handled.case_id,
            reference=reference,
        )
        return Picture(
            b"",
            alt,
            f"Internal error: the timeline picture could not be drawn. Reference: {reference}.",
        )


def _drawn(report: Report, handled: Handled, told: Chart) -> bytes:
    from bot.artefacts.sheet import Sheet  # noqa: PLC0415 - brings matplotlib, which takes a second

    sheet = Sheet(WIDTH, _PAPER)
    pen = _Pen(sheet, axis(told.moments or (report.window.start,), _LEFT, _RIGHT))
    pen.head(report, handled, empty=not told.moments)
    pen.sign_ins(told)
    pen.findings(told, len(report.findings))
    pen.deeds(told.deeds)
    pen.numbers(told.kinds)
    pen.foot(report, told)
    return sheet.png(pen.y)


class _Pen:
    """Draws from top to bottom; `y` is where the next thing goes."""

    def __init__(self, sheet: Sheet, times: Axis) -> None:
        self.sheet = sheet
        self.times = times
        self.y = 48.0

    def head(self, report: Report, handled: Handled, *, empty: bool) -> None:
        """The account, the verdict, and what was looked at."""
        sheet, subject = self.sheet, report.subject
        of_case = f", case {handled.case_id}" if handled.case_id else ""
        sheet.text(_LEFT, self.y, f"Timeline of findings{of_case}", _BODY, _SOFT, room=_RIGHT - _LEFT)
        mail = subject.mail or subject.user_principal_name
        self.y += 54
        # An attacker can change the display name, so it is not the heading.
        sheet.text(_LEFT, self.y, mail, 42, _INK, bold=True, room=_RIGHT - _LEFT)
        self.y += 48
        sheet.text(_LEFT, self.y, f"display name: {subject.display_name}", _BIG, _INK, room=_RIGHT - _LEFT)
        self.y += 34
        answer = report.verdict.answer
        sheet.box(_LEFT, self.y, _RIGHT, self.y + 78, _VERDICT[answer])
        word = parts.VERDICT[answer][1].upper()
        wide = sheet.text(_LEFT + 24, self.y + 40, word, 36, _PAPER, bold=True)
        beside = f"confidence {report.verdict.confidence}, {parts.counted(len(report.findings), 'finding')}"
        room = _RIGHT - _LEFT - wide - 80
        sheet.text(_RIGHT - 24, self.y + 40, beside, _BODY, _PAPER, side="right", room=room)
        self.y += 112
        start, end = report.window.start, report.window.end
        looked = f"Window: {spoken_time(start, with_year=True)} to {spoken_time(end, with_year=True)} UTC"
        sheet.text(_LEFT, self.y, looked, _SMALL, _SOFT)
        self.y += 34
        if empty:
            zoom = "No finding has a time, so there is no time axis."
        elif len(self.times.pieces) > 1:
            zoom = "Shown: the times with activity; quiet periods are cut out."
        else:
            zoom = "Shown: from the first to the last event."
        sheet.text(_LEFT, self.y, zoom, _SMALL, _SOFT)
        self.y += 26

    def sign_ins(self, told: Chart) -> None:
        """The axis, and a lane for each address."""
        self._title("Sign-ins by location and IP address", "times are UTC")
        if told.lanes:
            x = self._key(_LEFT, "o", _OTHER, "signed in")
            x = self._key(x, "x", _OTHER, "failed to sign in")
            if any(lane.suspect for lane in told.lanes):
                edges = (x, self.y - 12, x + 40, self.y + 12)
                self.sheet.box(*edges, _SUSPECT_FILL, hatch="///", edge=_SUSPECT)
                self.sheet.text(x + 52, self.y, "suspicious IP address in use", _SMALL, _INK)
            self.y += 34
        if told.moments:
            self._axis()
        for lane in told.lanes:
            self._lane(lane)
        if not told.lanes:
            self.sheet.text(_LEFT, self.y, "No sign-ins.", _BODY, _INK)
            self.y += 30
        if told.rest:
            grave = told.suspects_left > 0
            color = _SUSPECT if grave else _INK
            self.sheet.text(_LEFT, self.y + 14, told.rest, _BODY, color, bold=grave, room=_RIGHT - _LEFT)
            self.y += 44

    def findings(self, told: Chart, count: int) -> None:
        """A strip with a tick for every finding and a number where each kind of them began."""
        if not count:
            self._title("Findings", "")
            self.sheet.text(_LEFT, self.y, "No findings.", _BODY, _INK)
            self.y += 30
            return
        beside = f"{parts.counted(count, 'finding')}; a number marks the first of its kind"
        self._title("Findings", beside)
        self.y -= 10
        placed = list(self._bubbles(told.kinds))
        rows = max((row for _, _, row in placed), default=-1) + 1
        top, bottom = self.y, self.y + 40 + rows * (_BUBBLE + 6)
        self._strip(top, bottom)
        every = _spaced(self.times.x(time) for time in told.found)
        self.sheet.marks([(x, top + 16) for x in every], "v", 12, _INK)
        for kind, x, row in placed:
            self._bubble(kind, x, top + 32 + row * (_BUBBLE + 6) + _BUBBLE / 2)
        self.y = bottom + 22
        if told.more_kinds:
            said = f"and {parts.counted(told.more_kinds, 'more kind')} of findings in the report"
            self.sheet.text(_LEFT, self.y + 4, said, _SMALL, _SOFT)
            self.y += 30

    def deeds(self, deeds: Sequence[Deed]) -> None:
        """A strip with what the bot did, and how it ended."""
        if not deeds:
            return
        self._title("Done by the bot", f"from {spoken_time(deeds[0].at)} UTC")
        looks = [
            (Became.CONFIRMED, False, "s", _DONE, _DONE, "done and confirmed"),
            (Became.OPEN, False, "s", _DONE, _PAPER, "not confirmed"),
            (Became.NOT_DONE, False, "X", _NOT_DONE, _NOT_DONE, "not done"),
            (None, True, "<", _BACK, _BACK, "undone"),
        ]
        x = _LEFT
        used = []
        for became, back, shape, color, fill, word in looks:
            at = [one.at for one in deeds if one.back == back and (back or one.became == became)]
            if at:
                x = self._key(x, shape, color, f"{len(at)} {word}", fill)
                used.append((at, shape, color, fill))
        self.y += 26
        bottom = self.y + 10 + 30 * len(used)
        self._strip(self.y, bottom)
        for row, (at, shape, color, fill) in enumerate(used):
            xs = _spaced(self.times.x(one) for one in at)
            self.sheet.marks([(one, self.y + 20 + 30 * row) for one in xs], shape, 18, color, fill=fill)
        self.y = bottom + 22

    def numbers(self, kinds: Sequence[Kind]) -> None:
        """What the numbers mean."""
        if not kinds:
            return
        self._title("What the numbers mean", "first of its kind")
        for kind in kinds:
            lines = self.sheet.lines(kind.title, _SMALL, _RIGHT - _LEFT - 310, 2)
            self._bubble(kind, _LEFT + _BUBBLE / 2, self.y + 14, stem=False)
            for n, line in enumerate(lines):
                self.sheet.text(_LEFT + 54, self.y + 28 * n, line, _SMALL, _INK)
            when = spoken_time(kind.times[0]) if kind.times else "time unknown"
            self.sheet.text(_RIGHT, self.y, when, _SMALL, _INK, side="right")
            weight = f"{kind.severity.word}, {parts.counted(kind.count, 'finding')}"
            self.sheet.text(_RIGHT, self.y + 28, weight, _SMALL, _SOFT, side="right", room=250)
            self.y += 68
        self.y -= 8

    def foot(self, report: Report, told: Chart) -> None:
        """What could not be seen, and where there is more."""
        self._title("Not collected", "")
        for said in told.unseen or ("All sources were collected.",):
            sentence = f"{said[0].upper()}{said[1:]}{'' if said.endswith('.') else '.'}"
            for line in self.sheet.lines(sentence, _SMALL, _RIGHT - _LEFT, 4):
                self.sheet.text(_LEFT, self.y, line, _SMALL, _INK)
                self.y += 32
        self.y += 12
        self.sheet.line([(_LEFT, self.y), (_RIGHT, self.y)], _RULE)
        self.y += 30
        made = f"Checked {spoken_time(report.made_at, with_year=True)} UTC. Everything is in report.html."
        notes = [made]
        if self.sheet.replaced:
            notes.append("□ stands for a character that this picture cannot show; report.html has it.")
        for note in notes:
            self.sheet.text(_LEFT, self.y, note, _SMALL, _SOFT)
            self.y += 32
        self.y += 4

    # --- the parts that they are made of -------------------------------------------------------------------

    def _title(self, title: str, beside: str) -> None:
        self.y += 32
        self.sheet.text(_LEFT, self.y, title, _BIG + 2, _INK, bold=True)
        self.sheet.text(_RIGHT, self.y + 1, beside, _SMALL, _SOFT, side="right")
        self.y += 42

    def _key(self, x: float, shape: str, color: str, word: str, fill: str = "") -> float:
        """Say what a mark means; give where the next one goes."""
        self.sheet.marks([(x + 12, self.y)], shape, 18, color, fill=fill, edge=3)
        return x + 32 + self.sheet.text(x + 32, self.y, word, _SMALL, _INK) + 36

    def _axis(self) -> None:
        for piece in self.times.pieces:
            for tick in piece.ticks():
                self.sheet.text(tick.x, self.y, tick.label, _SMALL, _INK, side="center")
                if tick.day:
                    self.sheet.text(tick.x, self.y + 28, tick.day, _SMALL, _SOFT, side="center")
        self.y += 74

    def _strip(self, top: float, bottom: float) -> None:
        """The ground of one lane: a box for each piece, a rule at each tick, a sign at each cut."""
        pieces = self.times.pieces
        for n, piece in enumerate(pieces):
            self.sheet.box(piece.left, top, piece.right, bottom, _STRIP)
            for tick in piece.ticks():
                self.sheet.line([(tick.x, top), (tick.x, bottom)], _RULE, 1.5)
            if n + 1 < len(pieces):
                middle, mid_y = piece.right + CUT / 2, (top + bottom) / 2
                for dx in (-4, 4):
                    self.sheet.line([(middle + dx - 4, mid_y + 11), (middle + dx + 4, mid_y - 11)], _SOFT)

    def _lane(self, lane: Lane) -> None:
        sheet = self.sheet
        color = _SUSPECT if lane.suspect else _OTHER
        x = _LEFT
        if lane.suspect:
            sheet.box(x, self.y - 17, x + 162, self.y + 17, _SUSPECT)
            sheet.text(x + 81, self.y + 1, "SUSPICIOUS", 21, _PAPER, bold=True, side="center")
            x += 176
        counts = sheet.text(_RIGHT, self.y, lane.counts, _SMALL, _INK, side="right")
        room = _RIGHT - x - counts - 24
        address = lane.address or "no IP address recorded"
        wide = sheet.text(x, self.y, address, _BODY, _INK, bold=True, room=room)
        if room - wide > 90:
            place = lane.place or "unknown location"
            sheet.text(x + wide + 14, self.y, place, _BODY, _INK, room=room - wide - 14)
        self.y += 26
        top, bottom = self.y, self.y + _HIGH
        self._strip(top, bottom)
        if lane.session:
            for start, end in self.times.spans(*lane.session):
                sheet.box(
                    start - 12, top + 3, end + 12, bottom - 3, _SUSPECT_FILL, hatch="///", edge=_SUSPECT
                )
        ins = [self.times.x(at) for at in lane.ins]
        failed = [self.times.x(at) for at in lane.failed]
        sheet.marks([(one, top + 17) for one in _spaced(ins)], "o", 18, _PAPER, fill=color, edge=1.5)
        sheet.marks([(one, bottom - 15) for one in _spaced(failed)], "x", 15, color, edge=4)
        drawn = sum(one is not None for one in (*ins, *failed))
        if not drawn and (ins or failed):
            widest = max(self.times.pieces, key=lambda piece: piece.right - piece.left)
            middle, room = (widest.left + widest.right) / 2, widest.right - widest.left
            sheet.text(middle, top + _HIGH / 2, "at other times", _SMALL, _SOFT, side="center", room=room)
        self.y = bottom + 36

    def _bubbles(self, kinds: Iterable[Kind]) -> Iterator[tuple[Kind, float, int]]:
        """Give each kind with a time its place: where it began, or as near as none lies over another."""
        taken: list[tuple[float, int]] = []
        step = _BUBBLE + 4
        left, right = _LEFT + _BUBBLE / 2, _RIGHT - _BUBBLE / 2
        for kind in kinds:
            wanted = self.times.x(kind.times[0]) if kind.times else None
            if wanted is None:
                continue
            spots = (
                (wanted + sign * far * step, row)
                for far in range(30)
                for sign in ((1,) if not far else (1, -1))
                for row in range(_ROWS)
            )
            for x, row in spots:
                if left <= x <= right and all(
                    other != row or abs(x - at) >= step - 0.01 for at, other in taken
                ):
                    taken.append((x, row))
                    yield kind, x, row
                    break

    def _bubble(self, kind: Kind, x: float, y: float, *, stem: bool = True) -> None:
        grave = kind.severity >= Severity.HIGH
        color = _NOT_DONE if kind.severity is Severity.CRITICAL else _SUSPECT if grave else _INK
        if stem and kind.times and (start := self.times.x(kind.times[0])) is not None:
            self.sheet.line([(start, self.y + 20), (x, y)], _SOFT, 1.5)
        self.sheet.marks([(x, y)], "o", _BUBBLE, color, fill=color if grave else _PAPER, edge=2.5)
        self.sheet.text(x, y, str(kind.number), 21, _PAPER if grave else _INK, bold=True, side="center")


def _spaced(places: Iterable[float | None]) -> list[float]:
    """Give the places without those that lie so near to the one before that no one could tell them apart."""
    kept: list[float] = []
    for place in sorted(one for one in places if one is not None):
        if not kept or place - kept[-1] >= _APART:
            kept.append(place)
    return kept
