"""The whole plan of a proposal, for the thread below its card."""

from __future__ import annotations

from collections.abc import Mapping

from bot.messages import Block, Message, parts
from bot.messages.escape import said
from bot.messages.limits import fit, pack
from bot.messages.plans import change_line, ordered, sends, step_title
from bot.messages.proposal_words import subject
from commands.containment.proposals import Proposal
from commands.plans.plan import Change, ManualTask


def proposal_details(proposal: Proposal, *, names: Mapping[str, str]) -> tuple[Message, ...]:
    """Draw the whole plan for the thread: each change with what is sent, each manual task with its way."""
    plan, ours = proposal.plan, parts.domains_of(proposal.plan.subject)
    blocks: list[Block] = []
    for step in ordered(dict.fromkeys(change.step for change in plan.changes), names):
        lines = [
            _in_detail(number, change, ours)
            for number, change in enumerate(plan.changes, start=1)
            if change.step == step
        ]
        blocks += parts.paragraphs(f"*{said(step_title(step, names, {}), 160)}*", lines)
    tasks = [_task_in_detail(task, ours) for task in plan.tasks]
    if tasks:
        blocks += parts.paragraphs("*Manual tasks*", tasks)
    blocks.append(parts.context(f"{said(proposal.id, 40)} · digest `{said(proposal.digest, 64)}`"))
    text = f"The whole plan of {said(proposal.id, 40)} for {subject(proposal)}"
    return tuple(fit(message) for message in pack(blocks, text))


def _in_detail(number: int, change: Change, ours: frozenset[str]) -> str:
    lines = [change_line(number, change, 600, ours, warnings=True), f"    why: {said(change.why, 300, ours)}"]
    if change.undo is not None:
        note = f". {said(change.undo.note, 200, ours)}" if change.undo.note else ""
        lines.append(f"    undo: {said(change.undo.says, 300, ours)}{note}")
    lines.append(f"    sends: {sends(change)}")
    return "\n".join(lines)


def _task_in_detail(task: ManualTask, ours: frozenset[str]) -> str:
    how = "".join(f"\n    {n}. {said(line, 400, ours)}" for n, line in enumerate(task.how, start=1))
    files = f"\n    files: {', '.join(said(name, 80) for name in task.files)}" if task.files else ""
    return f"☐ {said(task.says, 400, ours)}{how}{files}"
