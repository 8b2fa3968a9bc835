"""The manual tasks of a case: what only people can do, who did it, and the window that ticks one off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.messages import Block, Message, Modal, parts
from bot.messages.escape import plain, said
from bot.messages.limits import fit
from bot.messages.names import title
from bot.messages.turns import TITLES
from commands.containment.proposals import TaskState
from commands.plans.task_order import Turn, in_order, in_turn
from graph.question import Subject

_WAYS = 2
"""How many lines of each task the list says: with all of them nobody sees which tasks there are."""

_WAY_BLOCKS = 90
_DONE_BLOCKS = 6


def tasks(case_id: str, subject: Subject | str, listed: Sequence[TaskState]) -> Message:
    """List the manual tasks, the open ones first, each with its number and a button that ticks it off."""
    ours = parts.domains_of(subject)
    still = [task for task in listed if not task.done_by]
    done = [task for task in listed if task.done_by]
    name = title(subject)
    count = f"{len(still)} of {parts.counted(len(listed), 'manual task')} open"
    blocks: list[Block] = [
        parts.header(f"Manual tasks: {plain(name, 100, ours)}"),
        parts.section(f"Case {said(case_id, 40)} · {count}" if listed else "There are no manual tasks."),
    ]
    for turn, group in in_turn(still).items():
        blocks.append(parts.context(f"*{TITLES[turn]}*"))
        # What can wait is named alone, so that whoever has hours sees all that cannot.
        most = 0 if turn is Turn.LATER else _WAYS
        blocks += [_open(case_id, task, ours, most) for task in group]
    # What is done may give way to what is open, which would otherwise be cut off with its buttons.
    if done:
        blocks += list(parts.paragraphs("*Done*", (_done(task, ours) for task in done)))[:_DONE_BLOCKS]
    if listed:
        blocks.append(parts.context(f"By text: `{by_text(case_id, listed[0].number)}`"))
    text = f"Manual tasks of case {said(case_id, 40)}, {count}" if listed else "There are no manual tasks."
    lines = [
        f"{_mark(task)} {task.number}. {said(task.says, 160, ours)}" for task in (*in_order(still), *done)
    ]
    return fit(
        Message(text="\n".join([text, *lines]), blocks=tuple(blocks)),
        hint="complete them by number, as below",
    )


def task_done_modal(case_id: str, subject: Subject | str, task: TaskState) -> Modal:
    """Ask what there is to say about a manual task that someone did; the block is ``note``."""
    ours = parts.domains_of(subject)
    return Modal(
        callback_id="task_done",
        title="Complete manual task",
        blocks=(
            parts.section(f"{task.number}. {said(task.says, 400, ours)}"),
            *list(parts.small_print(_ways(task, ours, len(task.how))))[:_WAY_BLOCKS],
            parts.entry(
                "What did you do? (recorded in the ledger)",
                "note",
                most=parts.REASON,
                optional=True,
                multiline=True,
            ),
        ),
        submit="Complete",
        private_metadata=task_reference(case_id, task),
    )


def task_reference(case_id: str, task: TaskState) -> str:
    """What a button of a manual task carries: the case's id and the manual task's number."""
    return f"{case_id} {task.number}"


def by_text(case_id: str, number: int) -> str:
    """What is typed to tick a manual task off."""
    return f"/compromise tasks {case_id} done {number}"


def _open(case_id: str, task: TaskState, ours: frozenset[str], most: int) -> Block:
    lines = [f"☐ *{task.number}.* {said(task.says, 400, ours)}", *_ways(task, ours, most)]
    return {
        **parts.section("\n".join(lines)),
        "accessory": dict(parts.button("Done", "task_done", task_reference(case_id, task))),
    }


def _ways(task: TaskState, ours: frozenset[str], most: int) -> Iterator[str]:
    for line in task.how[:most]:
        yield f"• {said(line, 240, ours)}"
    if 0 < most < len(task.how):
        yield f"… {parts.counted(len(task.how) - most, 'more line')}; select “Done” to see them"


def _done(task: TaskState, ours: frozenset[str]) -> str:
    when = f", {parts.utc(task.done_at)}" if task.done_at else ""
    note = f": “{said(task.note, 160, ours)}”" if task.note else ""
    says = said(task.says, 160, ours)
    return f"☑ {task.number}. {says}, done by {parts.mention(task.done_by)}{when}{note}"


def _mark(task: TaskState) -> str:
    return "☑" if task.done_by else "☐"
