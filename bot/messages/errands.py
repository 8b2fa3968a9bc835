"""The errands of a case: what only people can do, who did it, and the window that ticks one off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.messages import Block, Message, Modal, parts
from bot.messages.escape import plain, said
from bot.messages.limits import fit
from commands.proposals import TaskState
from graph.question import Subject

_WAYS = 8
_WAY_BLOCKS = 90
_DONE_BLOCKS = 6


def errands(case_id: str, subject: Subject | str, listed: Sequence[TaskState]) -> Message:
    """List the errands, the open ones first, each with its number and a button that ticks it off."""
    ours = parts.domains_of(subject)
    still = [errand for errand in listed if not errand.done_by]
    done = [errand for errand in listed if errand.done_by]
    name = subject if isinstance(subject, str) else subject.display_name or subject.mail
    count = f"{len(still)} of {parts.counted(len(listed), 'errand')} open"
    blocks: list[Block] = [
        parts.header(f"Errands: {plain(name, 100, ours)}"),
        parts.section(
            f"Case {said(case_id, 40)} · {count}" if listed else "There is nothing for people to do."
        ),
    ]
    blocks += [_open(case_id, errand, ours) for errand in still]
    # What is done may give way to what is open, which would otherwise be cut off with its buttons.
    blocks += list(parts.paragraphs("*Done*", (_done(errand, ours) for errand in done)))[:_DONE_BLOCKS]
    if listed:
        blocks.append(parts.context(f"By text: `{by_text(case_id, listed[0].number)}`"))
    text = f"Errands of case {said(case_id, 40)}, {count}" if listed else "There is nothing for people to do."
    lines = [f"{_mark(errand)} {errand.number}. {said(errand.says, 160, ours)}" for errand in (*still, *done)]
    return fit(
        Message(text="\n".join([text, *lines]), blocks=tuple(blocks)),
        hint="tick them off by their numbers, as below",
    )


def errand_done_modal(case_id: str, subject: Subject | str, errand: TaskState) -> Modal:
    """Ask what there is to say about an errand that somebody did; the block is ``note``."""
    ours = parts.domains_of(subject)
    return Modal(
        callback_id="errand_done",
        title="Tick off an errand",
        blocks=(
            parts.section(f"{errand.number}. {said(errand.says, 400, ours)}"),
            *list(parts.small_print(_ways(errand, ours, most=len(errand.how))))[:_WAY_BLOCKS],
            parts.entry(
                "What did you do? (goes into the ledger)",
                "note",
                most=parts.REASON,
                optional=True,
                multiline=True,
            ),
        ),
        submit="It is done",
        private_metadata=errand_reference(case_id, errand),
    )


def errand_reference(case_id: str, errand: TaskState) -> str:
    """What a button of an errand carries: the case's id and the errand's number."""
    return f"{case_id} {errand.number}"


def by_text(case_id: str, number: int) -> str:
    """What is typed to tick an errand off."""
    return f"/compromise errands {case_id} done {number}"


def _open(case_id: str, errand: TaskState, ours: frozenset[str]) -> Block:
    lines = [f"☐ *{errand.number}.* {said(errand.says, 400, ours)}", *_ways(errand, ours)]
    return {
        **parts.section("\n".join(lines)),
        "accessory": dict(parts.button("Done", "errand_done", errand_reference(case_id, errand))),
    }


def _ways(errand: TaskState, ours: frozenset[str], *, most: int = _WAYS) -> Iterator[str]:
    for line in errand.how[:most]:
        yield f"    {said(line, 240, ours)}"
    if len(errand.how) > most:
        yield f"    … {len(errand.how) - most} more lines in the window that “Done” opens"


def _done(errand: TaskState, ours: frozenset[str]) -> str:
    when = f", {parts.when(errand.done_at)}" if errand.done_at else ""
    note = f": “{said(errand.note, 160, ours)}”" if errand.note else ""
    says = said(errand.says, 160, ours)
    return f"☑ {errand.number}. {says}, done by {parts.mention(errand.done_by)}{when}{note}"


def _mark(errand: TaskState) -> str:
    return "☑" if errand.done_by else "☐"
