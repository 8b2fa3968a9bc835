"""The card of a hunt through the whole tenant: how far it is, then whom it found. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from bot.messages import Block, Message, parts
from bot.messages.awaited import Awaited, waits
from bot.messages.escape import address, said
from bot.messages.limits import fit
from commands.hunts.hunt import Closely, Found, Touched
from commands.hunts.sweep import Stage, Sweeping
from commands.ledger.hunts import Hunt, HuntState
from commands.report import Coverage, SourceState, spoken
from graph.audit_log.pieces import GUID
from graph.verified import domain_of

SHOWN: Final = 15
"""How many accounts stand on the card; all of them are in the file."""

SO_FAR: Final = 5
"""How many accounts are shown while a sweep runs."""

_REASONS: Final = 3
_TITLES: Final = {"pivot": "Who else was touched", "sweep": "Who may be compromised"}
_TERMS: Final = 6


def hunt_card(
    hunt: Hunt,
    ours: Collection[str],
    *,
    done: Sequence[SourceState] = (),
    waiting: Sequence[str] = (),
    progress: Sweeping | None = None,
    awaited: Awaited | None = None,
    found: Found | None = None,
) -> Message:
    """Show a hunt.

    Args:
        hunt: The hunt.
        ours: Mail domains of ours, whose addresses stay readable.
        done: The sources that have answered, while it runs.
        waiting: Those that have not.
        progress: How far a sweep is, while it runs.
        awaited: What it waits for before it begins; None for nothing.
        found: What it found, once it ended.
    """
    blocks: list[Block] = []
    title = _TITLES[hunt.kind]
    match hunt.state:
        case HuntState.LOOKING:
            text = f"{title}: searching {said(hunt.tenant, 80)} …"
            blocks += [parts.header(f"🔎 {title}"), *_by(hunt)]
            if awaited is not None:
                blocks.append(parts.section(f"⏳ {waits(awaited, 'The hunt')}"))
            elif progress is not None:
                blocks += _sweeping(progress, ours)
            else:
                blocks.append(parts.section(_progress(done, waiting)))
            blocks.append(parts.actions([parts.button("Stop", "stop_hunt", hunt.id)]))
        case HuntState.DONE if found is not None:
            number = parts.counted(len(found.touched), "account")
            text = f"{title}: {number} in {said(hunt.tenant, 80)}"
            blocks += [parts.header(f"{title}: {number}"), *_by(hunt), *_found(hunt, found, ours)]
        case HuntState.CANCELED:
            text = f"{title}: stopped"
            blocks += [parts.header(f"{title}: stopped"), *_by(hunt)]
            if found is not None:
                told = f"{parts.counted(len(found.touched), 'account')} found before it was stopped."
                if found.closely is None:
                    told += " No mailbox was examined yet; sweep again for the rest."
                blocks += [parts.section(told), *_found(hunt, found, ours)]
        case _:
            text = f"{title}: failed. {said(hunt.note, 300)}"
            blocks += [parts.header(f"{title}: failed"), *_by(hunt), parts.section(said(hunt.note, 600))]
    blocks.append(parts.context(_small_print(hunt)))
    return fit(Message(text=text, blocks=tuple(blocks)))


def _by(hunt: Hunt) -> Iterator[Block]:
    """What it goes by. What a case gave is counted where it is an id, which tells nobody anything.

    Where there is nothing but ids, they are named all the same: a bare number says even less.
    """
    ids = [one for one in hunt.terms if hunt.case_id and GUID.fullmatch(one.value)]
    counts = Counter(one.kind.value for one in ids) if len(ids) < len(hunt.terms) else Counter[str]()
    told = [f"{one.kind.value} {said(one.value, 80)}" for one in hunt.terms if not (counts and one in ids)]
    told += [parts.counted(number, f"{kind} ID") for kind, number in counts.items()]
    if told:
        yield parts.section(f"Searched for {parts.few(told, _TERMS)}")


def _progress(done: Sequence[SourceState], waiting: Sequence[str]) -> str:
    total = len(done) + len(waiting)
    line = (
        f"`{parts.bar(len(done), total or 1)}` {f'{len(done)} of {total} sources' if total else 'starting'}"
    )
    if waiting:
        line += f"\nWaiting for {parts.few([spoken(one) for one in waiting], 4)}"
    return line


def _sweeping(progress: Sweeping, ours: Collection[str]) -> Iterator[Block]:
    """How far a sweep is, how long the stage still takes, and the first of those found so far."""
    unit = "parts" if progress.stage is Stage.TENANT else "mailboxes"
    told = f"`{parts.bar(progress.done, progress.total or 1)}` {progress.stage.value.capitalize()}: "
    told += f"{progress.done} of {progress.total} {unit}"
    if progress.left:
        told += f", about {_lasting(progress.left)} left"
    if progress.number:
        told += f"\n{parts.counted(progress.number, 'account')} with signs of compromise so far"
    yield parts.section(told)
    for one in progress.found.touched[:SO_FAR]:
        yield parts.section(line(one, ours))


def _lasting(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


def _closely(closely: Closely) -> str:
    """How many mailboxes were examined by themselves, which, and what to do about the rest."""
    if not closely.doubted:
        return "No account looked suspicious, so no mailbox was examined."
    asked = "inbox rules, automatic reply, delegates, hidden inbox rules"
    if not closely.left:
        one = closely.doubted == 1
        which = (
            "the mailbox of the suspicious account"
            if one
            else f"the mailboxes of all {closely.doubted} suspicious accounts"
        )
        return f"Examined {which} ({asked})."
    return (
        f"Examined the mailboxes of {closely.looked} of "
        f"{parts.counted(closely.doubted, 'suspicious account')} ({asked}), highest points first; hidden "
        f"inbox rules of {closely.hidden}. {closely.left} were not finished: check them, or sweep again."
    )


def _found(hunt: Hunt, found: Found, ours: Collection[str]) -> Iterator[Block]:
    if found.closely is not None:
        yield parts.section(_closely(found.closely))
    if not found.touched:
        seen = "in what was collected" if _gaps(found) else "in any source"
        yield parts.section(f"No account was found {seen}.")
    for number, one in enumerate(found.touched[:SHOWN]):
        section = dict(parts.section(line(one, ours)))
        section["accessory"] = parts.button("Check", "check_found", f"{hunt.id} {number}")
        yield section
    if len(found.touched) > SHOWN:
        yield parts.section(f"… and {len(found.touched) - SHOWN} more, in the file in the thread.")
    gaps = _gaps(found)
    if gaps:
        told = [f"*Not collected*: {spoken(one.id)} ({said(one.reason, 200)})" for one in gaps]
        yield from parts.paragraphs("", told)


def line(one: Touched, ours: Collection[str]) -> str:
    """One account in two lines: who, why, when."""
    name = address(one.account) if domain_of(one.account) in ours else said(one.account, 120, ours)
    first, *others = one.why[:_REASONS] or ("",)
    why = "; ".join(said(text, 120, ours) for text in (first, *map(parts.inside, others)))
    more = f" and {len(one.why) - _REASONS} more" if len(one.why) > _REASONS else ""
    points = f" · {one.points} points" if one.points else ""
    span = ""
    if one.first and one.last:
        span = f" · {parts.utc(one.first)}"
        span += f" to {parts.utc(one.last)}" if one.last != one.first else ""
    records = f" · {parts.counted(one.number, 'record')}" if one.number else ""
    return f"*{name}*{points}{records}{span}\n{why}{more}"


def _gaps(found: Found) -> list[SourceState]:
    return [one for one in found.sources if one.state is not Coverage.COMPLETE]


def _small_print(hunt: Hunt) -> str:
    facts = [f"Hunt `{hunt.id}`", said(hunt.tenant, 80)]
    facts.append(f"{parts.utc(hunt.window.start)} to {parts.utc(hunt.window.end)}")
    if hunt.case_id:
        facts.append(f"from case {said(hunt.case_id, 40)}")
    facts.append(f"requested by {parts.mention(hunt.asked_by)}")
    if hunt.kind == "sweep" and hunt.state == HuntState.DONE:
        facts.append("based on sources that cover the whole tenant; a check uses many more")
    return " · ".join(facts)
