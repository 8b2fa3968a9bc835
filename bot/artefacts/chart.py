"""What the timeline picture shows, as values, and the same in words for whoever cannot see it.

All of it comes out of the report and what was done about it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from bot.artefacts.events import MOST, WORDS, Course, course
from bot.artefacts.handled import NOTHING, Handled
from bot.artefacts.spoken_time import spoken_time
from bot.messages import parts
from bot.messages.escape import cut, visible
from commands.containment.proposals import Action, Outcome
from commands.plans.undo import is_undo
from commands.report import Coverage, Event, Report, Result, spoken
from commands.usual.places import country_of, spot_of

LANES: Final = 5
_PLACE: Final = 80
ALT: Final = 1_000
"""The longest description of a picture. Source: Slack, "files.getUploadURLExternal"."""

_SIGN_INS: Final = frozenset({"sign_ins", "sign_ins_non_interactive"})
_AUDITS: Final = frozenset(
    {"audit_log", "audit_log_on_mailbox", "directory_audits_on_user", "directory_audits_by_user"}
)
_SUSPECT: Final = re.compile(r"suspect_address|_by_intruder$")
"""Signs that are only given where their address is attributed to an attacker."""

_TWICE: Final = timedelta(minutes=2)
"""The sign-in log and the audit log have the same sign-in within so much time."""


@dataclass(frozen=True, slots=True)
class Lane:
    """What one address did.

    Attributes:
        address: The address, a /64 for IPv6; "" where none was recorded.
        place: Where it is.
        suspect: Whether it is attributed to an attacker.
        ins: When someone signed in from it, oldest first.
        failed: When someone failed to.
        session: Of a suspect address, its first trace and its last one.
        traces: How many events have this address, without failed sign-ins.
    """

    address: str
    place: str
    suspect: bool
    ins: tuple[datetime, ...]
    failed: tuple[datetime, ...]
    session: tuple[datetime, datetime] | None
    traces: int

    @property
    def counts(self) -> str:
        """How often someone signed in and failed to, in words."""
        if not self.ins and not self.failed:
            return f"no sign-in recorded, {parts.counted(self.traces, 'trace')}"
        return f"{parts.counted(len(self.ins), 'sign-in')}, {len(self.failed)} failed"


class Became(Enum):
    """How an action ended, as coarsely as a picture tells it."""

    CONFIRMED = "confirmed"
    OPEN = "not confirmed"
    NOT_DONE = "not done"


@dataclass(frozen=True, slots=True)
class Deed:
    """One action of the bot; `back` when it took an earlier one back."""

    at: datetime
    became: Became
    back: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything in the picture.

    Attributes:
        course: The events of the story.
        lanes: The most telling addresses.
        more_lanes: The other ones, which are only counted.
        found: When every finding happened, as far as a record tells.
        deeds: What the bot did, in order of time.
        unseen: What could not be seen, one clause each.
    """

    course: Course
    lanes: tuple[Lane, ...]
    more_lanes: tuple[Lane, ...]
    found: tuple[datetime, ...]
    deeds: tuple[Deed, ...]
    unseen: tuple[str, ...]

    @property
    def suspects_left(self) -> int:
        """How many suspect addresses are among those that are only counted."""
        return sum(lane.suspect for lane in self.more_lanes)

    @property
    def rest(self) -> str:
        """What the addresses without a lane did, in words; "" where there are none."""
        count, suspect = len(self.more_lanes), self.suspects_left
        if not count:
            return ""
        which = "and 1 more address" if count == 1 else f"and {count} more addresses"
        if suspect:
            which += ", SUSPICIOUS" if count == 1 else f", {suspect} of them SUSPICIOUS"
        ins = sum(len(lane.ins) for lane in self.more_lanes)
        failed = sum(len(lane.failed) for lane in self.more_lanes)
        return f"{which}: {parts.counted(ins, 'sign-in')}, {failed} failed"


@dataclass(slots=True)
class _Gathered:
    """What is known of one address while it is gathered."""

    ins: list[datetime] = field(default_factory=list)
    failed: list[datetime] = field(default_factory=list)
    logged_ins: list[datetime] = field(default_factory=list)
    logged_failed: list[datetime] = field(default_factory=list)
    traces: list[datetime] = field(default_factory=list)
    places: Counter[str] = field(default_factory=Counter)


def chart(report: Report, handled: Handled = NOTHING, most: int = MOST) -> Chart:
    """Decide what the picture shows.

    Args:
        report: What the check found.
        handled: What was done about it so far.
        most: How many events of the story it holds.
    """
    suspects = _suspects(report)
    lanes = sorted(_lanes(report.timeline, suspects), key=_rank(report))
    return Chart(
        course=course(report, handled, most),
        lanes=tuple(lanes[:LANES]),
        more_lanes=tuple(lanes[LANES:]),
        found=tuple(sorted(one.at for one in report.findings if one.at and one.at in report.window)),
        deeds=tuple(_deeds(handled)),
        unseen=tuple(_unseen(report)),
    )


def in_words(report: Report, drawn: Chart) -> str:
    """Say what the picture shows, in its order, for whoever cannot see it; at most `ALT` characters."""
    verdict = report.verdict
    account = cut(visible(report.subject.mail or report.subject.user_principal_name), 120)
    word = parts.VERDICT[verdict.answer][1].lower()
    said = [f"Timeline of {account}: {word}, confidence {cut(visible(verdict.confidence), 20)}."]
    suspect = [lane for lane in (*drawn.lanes, *drawn.more_lanes) if lane.suspect]
    for lane in suspect[:3]:
        said.append(f"Suspicious IP address {named(lane)}: {lane.counts}{_session(lane)}.")
    if len(suspect) > 3:
        said.append(f"{len(suspect) - 3} more suspicious IP addresses.")
    others = [lane for lane in (*drawn.lanes, *drawn.more_lanes) if not lane.suspect]
    if others:
        ins, failed = sum(len(lane.ins) for lane in others), sum(len(lane.failed) for lane in others)
        said.append(
            f"{'Other' if suspect else 'All'} IP addresses, {len(others)}: "
            f"{parts.counted(ins, 'sign-in')}, {failed} failed."
        )
    found = len(report.findings)
    span = f", {_from_to(drawn.found[0], drawn.found[-1])}" if drawn.found else ""
    said.append(f"{parts.counted(found, 'finding')}{span}." if found else "No findings.")
    for one in drawn.course.events:
        when = f", {spoken_time(one.at)} UTC" if one.at else ""
        word = f"{WORDS[one.what][:1].upper()}{WORDS[one.what][1:]}"
        said.append(f"{one.number}. {word}{when}: {cut(one.says, 70)}.")
    if drawn.deeds:
        said.append(
            f"Done by the bot, {_from_to(drawn.deeds[0].at, drawn.deeds[-1].at)}: {tally(drawn.deeds)}."
        )
    if drawn.unseen:
        said.append(f"Not collected, or not recorded: {'; '.join(drawn.unseen)}.")
    return cut(" ".join(said), ALT)


def named(lane: Lane) -> str:
    """A lane's address with its place."""
    address, place = cut(visible(lane.address), 60), cut(visible(lane.place), 60)
    return f"{address or 'no address recorded'} ({place or 'an unknown place'})"


def tally(deeds: Sequence[Deed]) -> str:
    """How many actions ended how: ``36 confirmed, 1 failed, 1 of them taken back``."""
    ended = Counter(deed.became for deed in deeds if not deed.back)
    said = [f"{ended[became]} {became.value}" for became in Became if ended[became]]
    back = Counter(deed.became for deed in deeds if deed.back)
    if back:
        said.append(f"undone: {', '.join(f'{back[one]} {one.value}' for one in Became if back[one])}")
    return ", ".join(said)


def _suspects(report: Report) -> frozenset[str]:
    return frozenset(
        spot_of(finding.address)
        for finding in report.findings
        if finding.address and _SUSPECT.search(finding.sign.id)
    )


def _lanes(timeline: Iterable[Event], suspects: frozenset[str]) -> Iterator[Lane]:
    """Give a lane for every address that signed in, failed to, or is suspect."""
    spots: defaultdict[str, _Gathered] = defaultdict(_Gathered)
    for event in timeline:
        if event.source not in _SIGN_INS and not event.address:
            continue
        spot = spots[spot_of(event.address)]
        worked = event.signed_in
        spot.traces += [event.at] if worked is not False else []
        if event.source in _SIGN_INS and worked is not None:
            (spot.ins if worked else spot.failed).append(event.at)
            if place := visible(event.place):
                spot.places[place] += 1
        elif event.source in _AUDITS and worked is not None:
            (spot.logged_ins if worked else spot.logged_failed).append(event.at)
    for address, spot in spots.items():
        suspect = address in suspects
        ins = _once(spot.ins, spot.logged_ins)
        failed = _once(spot.failed, spot.logged_failed)
        traces = sorted(spot.traces)
        if not (ins or failed or (suspect and traces)):
            continue
        place, others = _place(spot.places, address)
        yield Lane(
            address=address,
            place=cut(f"{place} and elsewhere" if others else place, _PLACE),
            suspect=suspect,
            ins=ins,
            failed=failed,
            session=(traces[0], traces[-1]) if suspect and traces else None,
            traces=len(traces),
        )


def _place(places: Counter[str], address: str) -> tuple[str, bool]:
    if not places:
        return country_of(address.partition("/")[0]), False
    return min(places, key=lambda place: (-places[place], place)), len(places) > 1


def _once(seen: Iterable[datetime], logged: Iterable[datetime]) -> tuple[datetime, ...]:
    """Add the audit log's sign-ins to those of the sign-in log, without those that are in both."""
    known = sorted(seen)
    added = []
    for at in logged:
        n = bisect_left(known, at)
        if not any(abs(other - at) <= _TWICE for other in known[max(n - 1, 0) : n + 1]):
            added.append(at)
    return tuple(sorted((*known, *added)))


def _rank(report: Report) -> Callable[[Lane], tuple[object, ...]]:
    """The order of lanes: suspect addresses, those that most findings name, then the busiest.

    How often someone signs in is the attacker's to choose: it must not push an address out of the picture.
    """
    found = Counter(spot_of(finding.address) for finding in report.findings if finding.address)

    def rank(lane: Lane) -> tuple[object, ...]:
        return (not lane.suspect, -found[lane.address], -len(lane.ins), -len(lane.failed), lane.address)

    return rank


def _deeds(handled: Handled) -> Iterator[Deed]:
    found = [
        Deed(action.ended_at or action.intended_at, _became(action), is_undo(action.change))
        for proposal in handled.proposals
        for action in proposal.actions
    ]
    yield from sorted(found, key=lambda deed: deed.at)


def _became(action: Action) -> Became:
    if action.outcome in {Outcome.CONFIRMED, Outcome.ALREADY}:
        return Became.CONFIRMED
    if action.outcome in {Outcome.UNCONFIRMED, Outcome.UNKNOWN, None}:
        return Became.OPEN
    return Became.NOT_DONE


def _unseen(report: Report) -> Iterator[str]:
    """Name what was not seen, or not wholly."""
    none = [spoken(one.id) for one in report.sources if one.state is Coverage.UNAVAILABLE]
    some = [spoken(one.id) for one in report.sources if one.state is Coverage.PARTIAL]
    if none:
        yield f"not collected: {', '.join(none)}"
    if some:
        yield f"partially collected: {', '.join(some)}"
    unknown = sum(symptom.result is Result.UNKNOWN for symptom in report.symptoms)
    if unknown:
        yield f"unknown for {parts.counted(unknown, 'symptom')}"
    yield from parts.unrecorded(report)


def _session(lane: Lane) -> str:
    return f", session {_from_to(*lane.session)}" if lane.session else ""


def _from_to(start: datetime, end: datetime) -> str:
    first, last = spoken_time(start), spoken_time(end)
    return f"{first} UTC" if first == last else f"{first} to {last} UTC"
