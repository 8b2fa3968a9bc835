"""The story in sentences: what happened, in the order in which people ask.

Eight at most. A sentence names up to three things and says how many more there are; what it names, it names
in full. Text from the tenant is in them: whoever shows them escapes them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from bot.messages import parts
from bot.messages.escape import cut, said
from commands.clues.records import listed
from commands.report import PROBABLY, Access, Clause, Point, Report, Service, Story, Verdict
from commands.story.doors import Standing

_NAMED: Final = 3
"""How many things a sentence names: with five of them eight sentences were a wall that nobody read."""

_TECHNIQUES: Final = 4

_DOORS: Final = 8
"""How many open doors a sentence names."""

_LINE: Final = 84
"""How many characters one line of a card holds where it is 800 pixels wide."""

_MORE: Final = 17
"""How many of them say that there are more."""

_REACHED: Final = 36
"""How many characters tell in the second line how far that went: ``mail reached at least 29 recipients``."""

_ENDS: Final = ("; ", ": ", ", if ", ", and ", " matches the ", " (")
"""Where a clause may end early and still be true."""

_TWO_LINES: Final = frozenset({"persistence", "sent"})
"""The parts whose first clause has two lines of a card, so that its meaning is not cut."""

_DEEDS: Final = (
    ("persistence", "To stay or come back"),
    ("hidden", "To stay unnoticed"),
    ("read_or_taken", "They read or took"),
    ("sent", "In the user's name"),
)

_SEEN_IN: Final = {
    Service.SIGN_IN: "to the account (sign-in)",
    Service.DIRECTORY: "to the account (directory)",
    Service.MAILBOX: "to the mailbox",
    Service.FILES: "to files",
    Service.CHATS: "to chats",
}
_ACCOUNT: Final = "to the account (sign-in and directory)"


def sentences(story: Story, closed: int = 0) -> tuple[str, ...]:
    """Say what happened in at most eight sentences; a part that nothing tells of has none.

    Args:
        story: What happened; `still_open` without what is known to be closed.
        closed: How much of what was open when the account was checked is closed.
    """
    return tuple(_sentences(story, closed))


def brief(story: Story, ours: Collection[str], stands: Standing | None = None) -> tuple[str, ...]:
    """Say the same in a few lines for a card, as harmless mrkdwn: since when and from where come first.

    Args:
        story: What happened.
        ours: The tenant's domains.
        stands: What is open now, and as of when; None where nobody but the check knows.
    """
    lines = [when_and_where(story, ours)]
    if story.entry:
        lines.append(_got_in(story, ours))
    for part, begins in _DEEDS:
        clauses = getattr(story, part) or (story.reached if part == "sent" else ())
        if clauses:
            room = 2 * _LINE - _MORE if part in _TWO_LINES else _LINE - _MORE
            if part == "sent" and story.sent and story.reached:
                room -= _REACHED
            lines.append(f"*{begins}*: {_filled(clauses, room - len(begins), ours)}")
    if story.sent and story.reached:
        lines[-1] += f"; {said(_within(story.reached[0].says, _REACHED), 2 * _REACHED, ours)}"
    if story.still_open:
        lines.append(_open(story.still_open, stands, ours))
    return tuple(line for line in lines if line)


def _open(found: Sequence[Clause], stands: Standing | None, ours: Collection[str]) -> str:
    """Say what is open, and as of when; or that all of it is closed."""
    if stands is None:
        return f"*Still open*: {_filled(found, _LINE - _MORE, ours, 'item')}"
    at = f"{_short(stands.at, year=False)} UTC"
    if not stands.left:
        return f"*Remediated*: all that was open ({parts.counted(stands.closed, 'item')}), read back {at}"
    closed = f", {stands.closed} remediated" if stands.closed else ""
    known = f"as of {at}{closed}"
    if stands.reappeared:  # the recheck names it as it is now
        known = f"as of the check, {at}{closed}; see the recheck above"
    lines = 2 if stands.closed or stands.reappeared else 1
    room = lines * _LINE - _MORE - len(known)
    return f"*Still open* ({known}): {_filled(stands.left, room, ours, 'item')}"


def situation_in_short(story: Story, ours: Collection[str]) -> str:
    """Say when, from where and how they got in, in two sentences for those who decide, as harmless mrkdwn."""
    parts_of = (when_and_where(story, ours), _got_in(story, ours) if story.entry else "")
    return " ".join(f"{one}." for one in parts_of if one)


def when_and_where(story: Story, ours: Collection[str]) -> str:
    """Say since when, until when and from where, as harmless mrkdwn; "" where nothing tells."""
    facts = []
    since = story.since[0].at if story.since else None
    last = story.last_seen[0].at if story.last_seen else None
    year = since is not None and last is not None and since.year != last.year
    if since:
        facts.append(f"*Since* {_short(since, year=year)}{'' if last else ' UTC'}")
    if last:
        seen = "last seen" if story.came_in else "last action"
        facts.append(f"*{seen}* {_short(last, year=year)} UTC")
    if story.origin:
        more = f" +{len(story.origin) - 1}" if len(story.origin) > 1 else ""
        room = _LINE - sum(len(one.replace("*", "")) + len(" · ") for one in facts) - len("from ") - len(more)
        facts.append(f"*from* {said(_within(story.origin[0].says, room), _LINE, ours)}{more}")
    return " · ".join(facts)


def _short(moment: datetime, *, year: bool) -> str:
    """A time in UTC for one line of a card: ``27 Nov 11:40``, with its year where that is not plain."""
    return f"{moment.astimezone(UTC):{'%d %b %Y %H:%M' if year else '%d %b %H:%M'}}"


def _got_in(story: Story, ours: Collection[str]) -> str:
    ways = [replace(one, says=one.surely) for one in story.entry]
    return f"*Got in* {_with(story.entry[0])}{_filled(ways, _LINE - _MORE, ours, 'way')}"


def _filled(clauses: Sequence[Clause], room: int, ours: Collection[str], what: str = "action") -> str:
    """As many clauses as there is room for, several without their brackets; then how many more."""
    named = [_head(clauses[0].says)]
    for one in clauses[1:]:
        short = _head(one.says)
        if sum(map(len, named)) + len(short) + 2 * len(named) > room:
            break
        named.append(short)
    if len(named) == 1:
        named = [_within(clauses[0].says, room)]
    told = "; ".join(said(parts.inside(one), 2 * room, ours) for one in named)
    return told + _more(len(clauses) - len(named), what)


def _head(text: str) -> str:
    """A clause without the brackets at its end."""
    return text[: text.rindex(" (")] if text.endswith(")") and " (" in text else text


def _more(count: int, what: str) -> str:
    return f"; {parts.counted(count, f'more {what}')}" if count > 0 else ""


def _within(text: str, limit: int) -> str:
    """Give as much of a clause as there is room for: up to where a part of it ends, else whole words."""
    if len(text) <= limit:
        return text
    ends = [text.rfind(mark, limit // 3, limit + 1) for mark in _ENDS]
    short = text[: max(ends)] if max(ends) > 0 else cut(text, limit)
    return f"{short})" if short.count("(") > short.count(")") else short


def _sentences(story: Story, closed: int) -> Iterator[str]:
    yield _way_in(story)
    for part, begins in _DEEDS:
        clauses = getattr(story, part)
        if clauses:
            beyond = part == "sent" and story.reached
            further = f". Beyond this account: {_listed(story.reached)}" if beyond else ""
            yield f"{begins}: {_listed(clauses)}{_techniques(clauses)}{further}."
    if story.reached and not story.sent:
        yield f"Beyond this account: {_listed(story.reached)}{_techniques(story.reached)}."
    yield from _still_in(story, closed)
    if story.unknown:
        yield f"Not known: {_listed(story.unknown, 8, 'thing')}."
    if story.leads:
        leads = tuple(f"{one.says} ({one.because})" if one.why else one.says for one in story.leads)
        yield f"Also check: {_named(leads, 8, 'account')}."


def _way_in(story: Story) -> str:
    if not story.came_in:
        begins = f", and it began on {_time(story.since[0].at)}" if story.since else ""
        return f"No sign-in by anyone else was seen{begins}."
    who = f"Someone else {got(story)} into this account"
    when = f" on {_time(story.since[0].at)}" if story.since and story.since[0].at else ""
    ways = _named([one.surely for one in story.entry], _NAMED, "action")
    how = f" {_with(story.entry[0], surely=story.likely)}{ways}" if ways else ""
    where = f", from {_listed(story.origin, what='address')}" if story.origin else ""
    return f"{who}{when}{how}{where}{_techniques(story.entry)}."


def got(story: Story) -> str:
    """Say as surely as the verdict does that somebody got in; the way in and the place follow."""
    return "probably got" if story.likely else "got" if story.certain else "may have got"


def how(story: Story, *, behind_got: bool = False) -> str:
    """Say by which way somebody got in, as surely as the records tell, without what that rests on.

    Args:
        story: What happened; its `entry` is not empty.
        behind_got: Whether it stands behind `got`, which may say already that all of it is probable.
    """
    return f"{_with(story.entry[0], surely=behind_got and story.likely)}{story.entry[0].says}"


def _with(way: Clause, *, surely: bool = False) -> str:
    return f"{PROBABLY if way.likely and not surely else ''}with "


def _still_in(story: Story, closed: int) -> Iterator[str]:
    if not (story.last_seen or story.still_open or story.by_others or closed):
        return
    at = story.last_seen[0].at if story.last_seen else None
    last = "They were last seen on" if story.came_in else "The last action was on"
    seen = f"{last} {_time(at)}" if at else "When they were last in is not known"
    if story.by_others:
        seen += f". {_listed(story.by_others, what='record')}"
    if story.still_open:
        rest = (
            f"; {parts.counted(closed, 'more item')} {'is' if closed == 1 else 'are'} remediated"
            if closed
            else ""
        )
        yield f"{seen}. Still open to them: {_listed(story.still_open, _DOORS, 'item')}{rest}."
    elif closed:
        yield f"{seen}. All that was open to them ({parts.counted(closed, 'item')}) is remediated."
    elif any(one.point is Point.STILL_IN for one in story.unknown):
        yield f"{seen}."
    else:
        yield f"{seen}. No way back was found open."


def _listed(clauses: Sequence[Clause], most: int = _NAMED, what: str = "action") -> str:
    return _named(tuple(one.says for one in clauses), most, what)


def _named(texts: Sequence[str], most: int, what: str) -> str:
    more = f"; and {parts.counted(len(texts) - most, f'more {what}')}" if len(texts) > most else ""
    return f"{'; '.join(map(parts.inside, texts[:most]))}{more}"


def _techniques(clauses: Sequence[Clause]) -> str:
    ids = tuple(dict.fromkeys(technique for one in clauses for technique in one.techniques))
    more = f" and {parts.counted(len(ids) - _TECHNIQUES, 'more technique')}" if len(ids) > _TECHNIQUES else ""
    return f" ({', '.join(ids[:_TECHNIQUES])}{more})" if ids else ""


def _time(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if moment else "an unknown date"


def access_in_words(verdict: Verdict) -> str:
    """Whether somebody else was in, and to what records show it: the account is not the mailbox."""
    says = verdict.access.value
    if verdict.access not in {Access.CERTAIN, Access.LIKELY} or not verdict.seen_in:
        return says
    seen = [_SEEN_IN[one] for one in verdict.seen_in]
    if {Service.SIGN_IN, Service.DIRECTORY} <= set(verdict.seen_in):
        seen[:2] = [_ACCOUNT]
    told = f"{says}, {listed(seen)}"
    return told if Service.MAILBOX in verdict.seen_in else f"{told}; no record shows any to the mailbox"


def roles_in_words(report: Report) -> str:
    """Name the roles of a takeover: ``roles: assigned A and B; activated C``; "" where there are none."""
    told = [
        f"{verb} {listed(names)}"
        for verb, names in (("assigned", report.roles_assigned), ("activated", report.roles_activated))
        if names
    ]
    return f"roles: {'; '.join(told)}" if told else ""
