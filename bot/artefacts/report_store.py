"""A report as JSON and back, for keeping it in a database. Every value survives the round trip unchanged.

The one exception are lone surrogates, halves of characters that tenants do send and that no database keeps as
text: each becomes a question mark. What reports of earlier days told in words alone is read here, and nowhere
else.
"""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import Final

import msgspec
from pydantic import TypeAdapter

from bot.artefacts.json_pieces import TOGETHER, pieces
from commands.clues.records import addresses_in
from commands.report import PROBABLY, Clause, Event, Finding, Point, Report, SourceState, Story
from commands.symptoms import audit_trail
from graph.errors import NO_MAILBOX
from graph.evidence import NOT_IN_EXPORT, Reason
from graph.repeated import Repeated

_REPORT = TypeAdapter(Report)
_EVENTS = TypeAdapter(list[Event])
_PARTS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LINES: Final = msgspec.json.Decoder(list[msgspec.Raw])
_TIMELINE: Final = "timeline"


def dump(report: Report) -> bytes:
    """Write a report as JSON. As text it would take two bytes a character, for a quotation mark's sake."""
    stored = BytesIO()
    stored.writelines(pieces(report))
    return stored.getvalue()


def load(text: str | bytes) -> Report:
    """Read what `dump` wrote, its timeline a part at a time: a parser makes a tree of all that it is given.

    Raises:
        pydantic.ValidationError: The text is no report.
    """
    try:
        parts = _PARTS.decode(text)
        lines = _LINES.decode(parts.get(_TIMELINE, b"[]"))
    except msgspec.DecodeError:
        return _with_codes(_REPORT.validate_json(text))
    report = _REPORT.validate_json(msgspec.json.encode({**parts, _TIMELINE: []}))
    once, events = Repeated(), list[Event]()
    for start in range(0, len(lines), TOGETHER):
        some = _EVENTS.validate_json(b"[" + b",".join(lines[start : start + TOGETHER]) + b"]")
        events.extend(in_little_space(event, once) for event in some)
    return _with_codes(replace(report, timeline=tuple(events)))


def in_little_space(event: Event, once: Repeated) -> Event:
    """Give an event that holds what it repeats of others once.

    Args:
        event: One that was read from JSON.
        once: What it shares with those before it.
    """
    return replace(
        event,
        what=once(event.what),
        by=once(event.by),
        address=once(event.address),
        source=once(event.source),
        session=once(event.session),
        application=once(event.application),
        place=once(event.place),
    )


# --- what reports told in words alone that were stored before 30 November 2026 ------------------------------

_LOGS: Final = frozenset({"sign_ins", "sign_ins_non_interactive"})
_SHOWN_BY: Final = (
    "; a phishing-kit client signed in",
    "; a phishing-kit client signed in after wrong passwords",
    "; a program signed in after wrong passwords",
    "; the client is one that phishing kits use",
)


def _with_codes(report: Report) -> Report:
    """Give a report that tells by codes what it told by words."""
    return replace(
        report,
        timeline=tuple(map(_event, report.timeline)),
        story=_story(report.story) if report.story else None,
        sources=tuple(map(_source, report.sources)),
        symptoms=tuple(replace(one, findings=tuple(map(_finding, one.findings))) for one in report.symptoms),
    )


_WHY: Final = {NO_MAILBOX: Reason.NO_MAILBOX, NOT_IN_EXPORT.says: Reason.NOT_IN_EXPORT}
_ACTS: Final = {
    "An audit bypass was set": audit_trail.BYPASS_SET,
    "Mailbox auditing was disabled": audit_trail.MAILBOX_DISABLED,
    "Mailbox auditing was disabled for the whole organization": audit_trail.ALL_DISABLED,
}

_NAMING: Final = frozenset({"delegates", "inbox_rules", "mail_forwarding", "transport_rules"})
"""Symptoms whose findings name addresses: who got rights, and where mail goes."""


def _source(source: SourceState) -> SourceState:
    return source if source.why else replace(source, why=_WHY.get(source.reason))


def _finding(finding: Finding) -> Finding:
    if finding.symptom == "audit_trail" and not finding.act:
        return replace(finding, act=_ACTS.get(finding.after, ""))
    if finding.pieces or finding.names or not finding.after:
        return finding
    if finding.symptom == "mail_protocols":
        return replace(finding, names=tuple(finding.after.split(", ")))
    if finding.symptom in _NAMING:
        return replace(finding, names=addresses_in(finding.after))
    return finding


def _event(event: Event) -> Event:
    if event.signed_in is not None or not event.what.startswith(("signed in", "failed to sign in")):
        return event
    # The last " from " counts: the name of an application may hold one.
    place = event.what.rpartition(" from ")[2] if event.source in _LOGS else ""
    return replace(event, signed_in=event.what.startswith("signed in"), place=place)


def _story(story: Story) -> Story:
    return replace(
        story,
        since=_pointed(story.since, Point.SIGNED_IN, "signed in"),
        entry=tuple(map(_way_in, story.entry)),
        unknown=_pointed(
            _pointed(story.unknown, Point.WHOSE, "who opened ", "who synced "),
            Point.STILL_IN,
            "whether they are still in",
        ),
    )


def _pointed(clauses: tuple[Clause, ...], point: Point, *begins: str) -> tuple[Clause, ...]:
    return tuple(replace(one, point=point) if one.says.startswith(begins) else one for one in clauses)


def _way_in(way: Clause) -> Clause:
    if way.likely or way.shown_by:
        return way
    says = way.says.removeprefix(PROBABLY)
    end = next((one for one in _SHOWN_BY if says.endswith(one)), "")
    return replace(way, says=says.removesuffix(end), likely=says != way.says, shown_by=end.removeprefix("; "))
