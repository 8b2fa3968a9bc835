"""The story as numbered events for a picture: entry first, a dozen at most, each a few words. Pure.

A story names dozens of deeds; a picture that a phone shows can name a dozen. Deeds of one kind (those that
one symptom found, in one part of the story) are one event, told by the gravest of them and counted. Each part
of the story has an event before any part has a second one, and the last deed of all has one. Text from
the tenant is in the words: whoever shows them escapes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeAlias

from bot.artefacts.containment import items, left_open, rechecked_in_words, stopped
from bot.artefacts.handled import NOTHING, Handled
from bot.messages import parts
from bot.messages.escape import cut, visible
from bot.messages.story import how, roles_in_words
from commands.report import Clause, Report, Story, numbered

MOST: Final = 12
"""Events that a page holds."""

ON_A_SCREEN: Final = 8
"""Events that one screen of a phone holds."""

_EACH: Final = 5
"""Events that one part of the story may have: what stays is many, and must not push out what was taken."""

_WORDS: Final = 140

_BLOCKS: Final = frozenset({"sending_blocked", "sending_restricted_alert"})
"""Signs that Microsoft restricted the account from sending.

Source: Microsoft Defender for Office 365, "Remove blocked users from the Restricted entities page".
"""

_ROLES: Final = "admin_roles"
"""The symptom whose deeds are an event wherever there are any: they say how far the account reaches."""

_SOON: Final = timedelta(minutes=1)
_APART: Final = timedelta(hours=1)
"""So long after the last event shown, what else happened is an event of its own."""


class What(StrEnum):
    """What an event is: something that the attacker did, or what was done against that."""

    GOT_IN = "got-in"
    STAYED = "stayed"
    HID = "hid"
    TOOK = "took"
    SENT = "sent"
    REACHED = "reached"
    LAST_SEEN = "last-seen"
    LAST_ACTION = "last-action"
    BLOCKED = "blocked"  # by itself, so nobody takes it for the attacker's action
    CONTAINED = "contained"
    STILL_OPEN = "still-open"
    GIVEN_BACK = "given-back"
    RECHECKED = "rechecked"


WORDS: Final[Mapping[What, str]] = {
    What.GOT_IN: "got in",
    What.STAYED: "stayed",
    What.HID: "hid",
    What.TOOK: "took",
    What.SENT: "sent",
    What.REACHED: "reached",
    What.LAST_SEEN: "last seen",
    What.LAST_ACTION: "last action",
    What.BLOCKED: "blocked by Microsoft",
    What.CONTAINED: "contained",
    What.STILL_OPEN: "still open",
    What.GIVEN_BACK: "given back",
    What.RECHECKED: "rechecked",
}
"""What people are told that it is."""


DID: Final = {
    "persistence": What.STAYED,
    "hidden": What.HID,
    "read_or_taken": What.TOOK,
    "sent": What.SENT,
    "reached": What.REACHED,
}
"""The parts of the story that become events, each with what the attacker did."""


_Kind: TypeAlias = tuple[str, tuple[Clause, ...]]
"""A part of the story, and deeds in it that one symptom found."""


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of the picture.

    Attributes:
        number: From 1, in order of time; 0 for what was done against the attacker.
        at: When what `says` tells happened first, None where nothing tells.
        what: What it is.
        says: What, in a few words.
        further: How many more deeds of this kind there were.
        span: When the first and the last of those happened; None where nothing tells.
        skipped: How many deeds of the story lie between the event before and this one, and are in no event.
        times: When it happened, oldest first, where that was at several times.
        named: Whether `says` is a list of names, of which none may be cut off.
    """

    number: int
    at: datetime | None
    what: What
    says: str
    further: int = 0
    span: tuple[datetime, datetime] | None = None
    skipped: int = 0
    times: tuple[datetime, ...] = ()
    named: bool = False


@dataclass(frozen=True, slots=True)
class Course:
    """The events in order of time, how many deeds are in none of them, and what was done about it."""

    events: tuple[Happened, ...]
    left_out: int
    closed: tuple[Happened, ...]


def course(report: Report, handled: Handled = NOTHING, most: int = MOST) -> Course:
    """Choose the events.

    Args:
        report: What the check found.
        handled: What was done about it so far.
        most: How many events there may be, without what was done about it.
    """
    story = report.story
    closed = tuple(_closed(report, handled))
    if story is None:
        return Course((), 0, closed)
    entry = tuple(_entry(story))
    weights = {number: int(finding.severity) for number, finding in numbered(report.symptoms)}
    kinds = sorted(_kinds(story), key=lambda kind: -_weight(kind, weights))
    last = _last(story)
    seen = _last_seen(story, last)
    blocked = tuple(_blocked(story, report))
    room = most - len(entry) - len(seen) - len(blocked)
    chosen = _chosen(kinds, room)
    shown_until = max((one.at for _, told in chosen for one in told[:1] if one.at), default=None)
    if last and shown_until and last[0] - shown_until >= _APART:
        # Without the last deed the time that nothing happened looks longer than it was.
        chosen = [_without(one, last[1]) for one in chosen[: room - 1]] + [last[1]]
    told = [*(_told(part, clauses, report) for part, clauses in chosen if clauses), *blocked]
    far = max((one.at for one in told if one.at), default=report.made_at)
    told.sort(key=lambda one: one.at or far)
    shown = {id(one) for _, clauses in chosen for one in clauses}
    left = [one.at for _, clauses in kinds for one in clauses if id(one) not in shown]
    events = _counted((*entry, *told, *seen), [at for at in left if at])
    return Course(events, len(left), closed)


def _last(story: Story) -> tuple[datetime, _Kind] | None:
    """The last deed that a time is known of, by itself."""
    deeds = [(one.at, part, one) for part, group in _kinds(story) for one in group if one.at]
    if not deeds:
        return None
    at, part, one = max(deeds, key=lambda deed: deed[0])
    return at, (part, (one,))


def _without(kind: _Kind, last: _Kind) -> _Kind:
    return kind[0], tuple(one for one in kind[1] if one is not last[1][0])


def _last_seen(story: Story, last: tuple[datetime, _Kind] | None) -> tuple[Happened, ...]:
    """When the attacker was last seen, where no deed is placed then; nothing where one is."""
    seen = next((one for one in story.last_seen if one.at), None)
    if last is None or seen is None or seen.at is None:
        return ()
    # What was done several times stands at the first of them, and so does not show the last one.
    goes_on = any(one.times and one.times[-1] > last[0] for _, group in _kinds(story) for one in group)
    if seen.at - last[0] < (_SOON if goes_on else _APART):
        return ()
    return (
        Happened(0, seen.at, What.LAST_SEEN if story.came_in else What.LAST_ACTION, shortened(seen.says)),
    )


def _counted(events: Sequence[Happened], left: Sequence[datetime]) -> tuple[Happened, ...]:
    """Number the events, and note with each how many deeds before it are left out."""
    told, before = [], None
    for number, one in enumerate(events, start=1):
        at = one.at
        between = sum(before < each <= at for each in left) if before and at else 0
        told.append(replace(one, number=number, skipped=between))
        before = at or before
    return tuple(told)


def _entry(story: Story) -> Iterator[Happened]:
    """The way in: since when, how, from where; nothing where no part of it is known."""
    if not story.came_in:
        return
    at = story.since[0].at if story.since else None
    way = how(story) if story.entry else "it is not known how"
    where = f", from {_few(story.origin)}" if story.origin else ""
    yield Happened(1, at, What.GOT_IN, cut(visible(f"{way}{where}"), 2 * _WORDS))


def _blocked(story: Story, report: Report) -> Iterator[Happened]:
    """Microsoft's own block of sending, once."""
    signs = {number: finding.sign.id for number, finding in numbered(report.symptoms)}
    blocks = [
        one for one in story.by_others if one.at and any(signs.get(each) in _BLOCKS for each in one.findings)
    ]
    for one in sorted(blocks, key=lambda one: one.at or report.made_at)[:1]:
        yield Happened(0, one.at, What.BLOCKED, shortened(one.says))


def _kinds(story: Story) -> Iterator[_Kind]:
    """Give the deeds of each part by the symptom that found them."""
    for part in DID:
        groups: dict[str, list[Clause]] = {}
        for clause in getattr(story, part):
            if clause.findings:  # how many people were reached is no event of its own
                groups.setdefault(clause.findings[0].partition(".")[0], []).append(clause)
        for group in groups.values():
            yield part, tuple(group)


def _chosen(kinds: Sequence[_Kind], most: int) -> list[_Kind]:
    """Take the gravest kind of each part, then the gravest of all."""
    first = [next((kind for kind in kinds if kind[0] == part), None) for part in DID]
    chosen = [kind for kind in first if kind][:most]
    for kind in sorted(kinds, key=lambda kind: _symptom(kind[1]) != _ROLES):
        if len(chosen) < most and kind not in chosen and sum(kind[0] == one[0] for one in chosen) < _EACH:
            chosen.append(kind)
    return chosen


def _weight(kind: _Kind, weights: dict[str, int]) -> int:
    return max((weights.get(number, 0) for clause in kind[1] for number in clause.findings), default=0)


def _symptom(clauses: Sequence[Clause]) -> str:
    return clauses[0].findings[0].partition(".")[0] if clauses and clauses[0].findings else ""


def _told(part: str, clauses: tuple[Clause, ...], report: Report) -> Happened:
    if _symptom(clauses) == _ROLES and (roles := roles_in_words(report)):
        times = sorted({at for one in clauses for at in _times(one)})
        at = times[0] if times else None
        says = f"administrator {visible(roles)}"
        return Happened(0, at, DID[part], says, times=tuple(times), named=True)
    first, *others = clauses
    further = sorted(at for one in others for at in _times(one))
    span = (further[0], further[-1]) if further else None
    return Happened(0, first.at, DID[part], shortened(first.says), len(others), span, times=first.times)


def _times(clause: Clause) -> tuple[datetime, ...]:
    return clause.times or ((clause.at,) if clause.at else ())


def shortened(text: str, longest: int = _WORDS) -> str:
    """Cut a text at the end of a word."""
    plain = visible(text)
    if len(plain) <= longest:
        return plain
    whole, blank, _ = plain[:longest].rpartition(" ")
    return f"{whole if blank else plain[:longest]}…"


def _closed(report: Report, handled: Handled) -> Iterator[Happened]:
    done, found = stopped(handled), items(report, handled)
    left = left_open(found)
    if done.at:
        whole = f"; all {parts.counted(len(found), 'open item')} remediated" if found and not left else ""
        yield Happened(0, done.at, What.CONTAINED, "; ".join(what for what, _ in done.deeds) + whole)
    if done.began and left:
        still = parts.few((one.says for one in left), 3, "item")
        yield Happened(0, None, What.STILL_OPEN, shortened(still))
    if done.given_back:
        yield Happened(0, done.given_back, What.GIVEN_BACK, "sign-in was unblocked")
    if again := handled.rechecked:
        quiet = again.is_quiet
        says = rechecked_in_words(handled) if quiet else again.says
        yield Happened(0, again.at, What.RECHECKED, cut(visible(says), 2 * _WORDS))


def _few(clauses: tuple[Clause, ...]) -> str:
    return parts.few((one.says for one in clauses), 2, "address")
