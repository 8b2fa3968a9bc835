"""The story in order of time, and the findings by its chapters, so that ninety of them can be read. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from bot.artefacts.events import DID, WORDS, What
from bot.artefacts.grounds import first_of
from bot.artefacts.spoken_time import spoken_times
from commands.report import Finding, Report, numbered

TITLES: Final = {
    "entry": "How they got in",
    "persistence": "To stay or come back",
    "hidden": "To stay unnoticed",
    "read_or_taken": "Read or taken",
    "sent": "Sent",
    "reached": "Reached",
    "by_others": "What others did",
}
"""The chapters, by the parts of the story."""

_WORDS: Final = {"entry": WORDS[What.GOT_IN], "by_others": "others"}
"""What the parts that tell of no action are called in the table of them."""

_REST: Final = "Other findings"
_LAST: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Chapter:
    """Findings of one part of the story, each with its id, in order of time; those without a time last."""

    title: str
    findings: tuple[tuple[str, Finding], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One action of the story, or what others did: when, the word for it, what, its finding and technique."""

    at: str
    word: str
    says: str
    finding: str
    technique: str


def in_order(report: Report) -> tuple[Line, ...]:
    """Give all of it that findings tell of, in order of time; those without a time last."""
    story = report.story
    if story is None:
        return ()
    first = first_of(story.since)
    told = [
        (one.at or (first if part == "entry" else None), part, one)
        for part in ("entry", *DID, "by_others")
        for one in getattr(story, part)
        if one.findings
    ]
    return tuple(
        Line(
            spoken_times(one.times, short_time) or short_time(at),
            _WORDS.get(part) or WORDS[DID[part]],
            f"with {one.in_full}" if part == "entry" else one.says,
            one.findings[0],
            next(iter(one.techniques), ""),
        )
        for at, part, one in sorted(told, key=lambda row: row[0] or _LAST)
    )


def short_time(at: datetime | None) -> str:
    """A time of the case, which everybody knows the year of: ``11-27 07:36``."""
    return f"{at.astimezone(UTC):%m-%d %H:%M}" if at else "no time"


def chapters(report: Report) -> tuple[Chapter, ...]:
    """Give every finding once: in the first part of the story that rests on it, else among the others."""
    part_of: dict[str, str] = {}
    if report.story is not None:
        for part in TITLES:
            for clause in getattr(report.story, part):
                for number in clause.findings:
                    part_of.setdefault(number, part)
    grouped: dict[str, list[tuple[str, Finding]]] = {part: [] for part in (*TITLES, "")}
    for number, finding in numbered(report.symptoms):
        grouped[part_of.get(number, "")].append((number, finding))
    return tuple(
        Chapter(TITLES.get(part, _REST), tuple(sorted(found, key=lambda one: one[1].at or _LAST)))
        for part, found in grouped.items()
        if found
    )
