"""The pictures that a phone shows: the story as numbered events, and who else the case touches.

Nothing is told by color alone: an event has its number and its word, a suspicious address its own. Letters
are never smaller than what a phone shows readably at its own width.
Source: Okabe and Ito, "Color Universal Design", for colors that everyone can tell apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from bot.artefacts.chart import ALT, Chart, Lane, chart, in_words
from bot.artefacts.containment import as_of, known_as, stopped
from bot.artefacts.events import ON_A_SCREEN, WORDS, Happened, What, shortened
from bot.artefacts.grounds import first_of
from bot.artefacts.handled import NOTHING, Handled
from bot.artefacts.others import Ring, others
from bot.artefacts.paper import Typesetter
from bot.artefacts.spoken_time import spoken_time, spoken_times
from bot.failing import refer
from bot.messages import names, parts
from bot.messages.escape import cut
from bot.messages.roles_gone import matters as matters_in_words
from commands.report import Report, VerdictCode

NAME: Final = "timeline.png"
OTHERS: Final = "who-else.png"
WIDTH: Final = 1_080
"""Pixels: what a phone shows without making it smaller."""

_POINTS: Final = 390
"""The width of a phone in points, in which the templates are drawn."""

_LONGEST: Final = 320
"""Characters of one text in a picture: the way in is the longest."""

_SHORT: Final = 88
"""Characters of one event: two lines."""

_QUIET: Final = timedelta(hours=6)
"""From so long a time without an event on, the picture says how long it was."""


@dataclass(frozen=True, slots=True)
class Picture:
    """The picture, what it shows in words, and why there is none ("" where there is one)."""

    png: bytes
    alt: str
    trouble: str = ""


def picture(report: Report, handled: Handled = NOTHING, width: int = WIDTH) -> Picture:
    """Draw the story; whatever goes wrong becomes `trouble`, as a report must not wait for its picture.

    Args:
        report: What the check found.
        handled: What was done about it so far.
        width: Pixels from side to side.
    """
    if report.no_timeline:
        return Picture(b"", "", report.no_timeline)

    def draw() -> tuple[bytes, str]:
        drawn = chart(report, handled, ON_A_SCREEN)
        data = story_data(report, handled, drawn, _SHORT)
        return Typesetter("timeline", _LONGEST).png(data, width / _POINTS), in_words(report, drawn)

    return _drawn(draw, handled, "timeline")


def who_else(report: Report, handled: Handled = NOTHING, width: int = WIDTH) -> Picture | None:
    """Draw who else the case touches, `width` pixels from side to side; None where it touches nobody."""
    rings = others(report, handled)
    if not any(ring.id != "from" for ring in rings):
        return None

    def draw() -> tuple[bytes, str]:
        data = around(report, handled, rings)
        told = "; ".join(
            f"{one.says}{f' ({one.stands})' if one.stands else ''}: {', '.join(_names(one))}" for one in rings
        )
        alt = f"Who else, around {names.title(report.subject)}: {told}."
        return Typesetter("others", _LONGEST).png(data, width / _POINTS), cut(alt, ALT)

    return _drawn(draw, handled, "who else")


def _drawn(draw: Callable[[], tuple[bytes, str]], handled: Handled, what: str) -> Picture:
    try:
        return Picture(*draw())
    except Exception:  # noqa: BLE001 - whatever it is, people are told and the log has it
        reference = refer(
            "A picture could not be drawn.", "picture.not_drawn", case=handled.case_id, picture=what
        )
        trouble = f"Internal error: the {what} picture could not be drawn. Reference: {reference}."
        return Picture(b"", "", trouble)


def _kind(what: str, handled: Handled) -> str:
    return f"{what}, case {handled.case_id}" if handled.case_id else what


def matters(report: Report, handled: Handled) -> str:
    """What the account is beside a mailbox: ``Administrator, finance``; "" where nothing tells."""
    told = matters_in_words(report, handled.roles)
    return told[:1].upper() + told[1:]


def story_data(report: Report, handled: Handled, drawn: Chart, longest: int = _LONGEST) -> dict[str, Any]:
    """The data of the picture, as its template reads them; a deed is told in at most `longest` characters."""
    verdict, course = report.verdict, drawn.course
    left = parts.counted(course.left_out, "action")
    kind = _kind("What happened", handled)
    return {
        "kind": f"{kind}. Times are UTC.",
        "account": names.title(report.subject),
        "name": known_as(report, handled),
        "answer": verdict.answer.value,
        "word": parts.VERDICT[verdict.answer][1],
        "matters": matters(report, handled),
        "confidence": verdict.confidence,
        "facts": list(_facts(report, handled)),
        "events": _events(course.events, None, longest),
        "closed": _events(course.closed, course.events[-1].at if course.events else None, _LONGEST),
        "left_out": f"Not in this picture: {left} of the story, which report.pdf tells one by one"
        if course.left_out
        else "",
        "nothing": _nothing(report),
        "lanes": [_lane(one) for one in drawn.lanes],
        "rest": drawn.rest,
        "unseen": [f"{one[0].upper()}{one[1:]}." for one in drawn.unseen] or ["All sources were collected."],
        "made": f"As of {spoken_time(as_of(report, handled), with_year=True)} UTC. More is in report.pdf.",
    }


def _facts(report: Report, handled: Handled) -> Iterator[tuple[str, str]]:
    story = report.story
    first = first_of(story.since) if story else None
    last = first_of(story.last_seen) if story else None
    if first and last and story and story.came_in:
        # Who is in stays able to until kept out: when they were last recorded ends nothing.
        at = stopped(handled).at
        until = f"to {spoken_time(at)} (contained)" if at and at >= last else "until contained"
        yield (
            "Could get in",
            f"{spoken_time(first, with_year=True)} {until}; last recorded {spoken_time(last)}",
        )
    elif first and last:
        yield "Actions", f"{spoken_time(first, with_year=True)} to {spoken_time(last)}"
    elif first:
        yield "Since", spoken_time(first, with_year=True)
    start, end = report.window.start, report.window.end
    yield "Searched", f"{spoken_time(start)} to {spoken_time(end, with_year=True)}"


def _events(events: Sequence[Happened], before: datetime | None, longest: int) -> list[dict[str, str]]:
    """Events in order, each with the quiet time before it where that was long."""
    told = []
    for one in events:
        gap = one.at - before if one.at and before else timedelta()
        told.append(
            {
                "number": str(one.number or ("!" if one.what is What.STILL_OPEN else "✓")),
                "at": spoken_times(one.times or ((one.at,) if one.at else ()))
                or ("" if one.what is What.STILL_OPEN else "time unknown"),
                "kind": one.what.value,
                "what": WORDS[one.what],
                "says": shortened(one.says, 3 * longest if one.named or one.what is What.GOT_IN else longest),
                "further": f"and {parts.counted(one.further, 'more action')} of this kind{_from_to(one.span)}"
                if one.further
                else "",
                "gap": f"{_long(gap)} later{_between(one.skipped)}" if gap >= _QUIET else "",
            }
        )
        before = one.at or before
    return told


def _from_to(span: tuple[datetime, datetime] | None) -> str:
    """When other deeds happened: `` (27 Nov 15:51 to 28 Nov 16:48)``; "" where nothing tells."""
    return f" ({spoken_times((span[0], *span))})" if span else ""


def _between(skipped: int) -> str:
    """How many deeds happened in a long time that the picture shows nothing of."""
    return f"; {parts.counted(skipped, 'action')} between, not in this picture" if skipped else ""


def _long(span: timedelta) -> str:
    return parts.counted(span.days, "day") if span.days > 1 else f"{round(span.total_seconds() / 3600)} hours"


def _nothing(report: Report) -> str:
    if report.verdict.answer in parts.DECIDED:
        return "What happened could not be determined; the findings are in the report."
    if report.verdict.answer is VerdictCode.CANNOT_TELL:
        return "Too little was collected to tell what happened."
    return "No event by anyone else was found."


def _lane(lane: Lane) -> dict[str, Any]:
    return {
        "address": lane.address or "no IP address recorded",
        "place": lane.place or "unknown location",
        "suspect": lane.suspect,
        "counts": lane.counts,
    }


def around(report: Report, handled: Handled, rings: Sequence[Ring]) -> dict[str, Any]:
    """The data of the picture of who else, as its template reads them."""

    def told(ring: Ring) -> dict[str, Any]:
        says = f"{ring.says[0].upper()}{ring.says[1:]}"
        return {
            "id": ring.id,
            "says": says,
            "names": _names(ring),
            "marks": _marks(ring),
            "grave": ring.is_open,
        }

    before = [ring for ring in rings if ring.id in {"from", "applications"}]
    return {
        "kind": _kind("Around the account", handled),
        "account": names.title(report.subject),
        "answer": report.verdict.answer.value,
        "before": [told(ring) for ring in before],
        "after": [told(ring) for ring in rings if ring not in before],
    }


def _marks(ring: Ring) -> list[dict[str, Any]]:
    """What became of it, and what is to be done, each as a sentence of its own with a sign in front."""
    marks: list[dict[str, Any]] = []
    if ring.stands:
        sign = "!" if ring.is_open else "✓"
        marks.append({"says": f"{sign} {ring.stands[0].upper()}{ring.stands[1:]}", "done": not ring.is_open})
    if ring.check:
        marks.append({"says": "! To do: check these accounts", "done": False})
    return marks


_OF_RING: Final = {
    "from": "address",
    "applications": "application",
    "accounts": "account",
    "forwards": "address",
    "delegates": "account",
    "links": "action",
    "recipients": "domain",
}
"""What the names of each ring are."""


def _names(ring: Ring) -> list[str]:
    more = f"and {parts.counted(ring.further, f'more {_OF_RING[ring.id]}')}"
    return [*ring.names, *([more] if ring.further else [])]
