"""What became of each change of a proposal: by name, or counted where nobody has to look at them again. Pure.

A card that comes to rest says what is left to do, and counts what is as it was approved; what failed, was
skipped, is not confirmed or unknown stays named. Every change by name, with its outcome, is in the thread.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from bot.messages import Block, Message, parts
from bot.messages.escape import said
from bot.messages.limits import fit, pack
from bot.messages.outcomes import OUTCOMES
from bot.messages.plans import last_actions
from bot.messages.proposal_words import by_phase, subject
from commands.containment.proposals import DONE, Action, Outcome, Proposal
from commands.plans.approval import ProposalState
from commands.plans.plan import Change
from commands.report import spoken

FEW: Final = 5
"""How many changes are read as easily by name as counted."""

_AS_APPROVED: Final = frozenset({Outcome.CONFIRMED, Outcome.ALREADY})
"""The outcomes that were read back, so that nobody has to look at the change again."""

_IN_THE_THREAD: Final = 400


def results(
    proposal: Proposal, limit: int, most: int | None, *, ended: bool, counted: bool = False
) -> Iterator[Block]:
    """Draw every change under what became of it.

    Args:
        proposal: The proposal with what was done.
        limit: How many characters of a sentence are said.
        most: How many changes of an outcome are named; None for all.
        ended: Whether what has no outcome was not begun; else it may still be.
        counted: Whether changes that are as they were approved to be are counted, where there are many.
    """
    actions = last_actions(proposal)
    groups: dict[Outcome, list[tuple[int, Change, Action]]] = {}
    not_begun = []
    for number, change in enumerate(proposal.plan.changes, start=1):
        action = actions.get(change.id)
        if action is None or (action.outcome is None and ended):
            not_begun.append(f"{number}. {change_says(change, change.id, limit, proposal)}")
        elif action.outcome is not None:
            groups.setdefault(action.outcome, []).append((number, change, action))
    few = _AS_APPROVED if counted and is_counted(proposal) else frozenset()
    for outcome in (one for one in OUTCOMES if one in groups and one not in few):
        lines = [
            f"{number}. {_line(change, action, proposal, limit)}"
            for number, change, action in groups[outcome]
        ]
        yield from parts.paragraphs(_heading(outcome), shown(lines, most))
    if not_begun:
        yield from parts.paragraphs(f"*{'Not started' if ended else 'Pending'}*", shown(not_begun, most))
    for outcome in (one for one in OUTCOMES if one in groups and one in few):
        changes = [change for _, change, _ in groups[outcome]]
        yield parts.section(f"{_heading(outcome)}\n{_counts(changes, proposal)}")
    if few:
        yield parts.context("Each change by name, with its outcome, is in the thread.")


def _heading(outcome: Outcome) -> str:
    mark, heading = OUTCOMES[outcome]
    return f"*{mark} {heading}*"


def is_counted(proposal: Proposal) -> bool:
    """Whether the card counts what is as it was approved, so that the thread has to name it."""
    return proposal.state is ProposalState.DONE and len(proposal.plan.changes) > FEW


def results_in_full(proposal: Proposal) -> tuple[Message, ...]:
    """Draw every change with its outcome for the thread; () where the card itself names them all."""
    if not is_counted(proposal):
        return ()
    blocks = list(results(proposal, _IN_THE_THREAD, None, ended=True))
    text = f"Outcome of each change of {said(proposal.id, 40)} for {subject(proposal)}"
    return tuple(fit(message) for message in pack([parts.section(f"*{text}*"), *blocks], text))


def shown(lines: Sequence[str], most: int | None) -> list[str]:
    """Give the lines of a group, the last of them a count where some are left out."""
    if most is None or len(lines) <= most:
        return list(lines)
    return [*lines[:most], f"… {len(lines) - most} more in the thread"]


def change_says(change: Change | None, otherwise: str, limit: int, proposal: Proposal) -> str:
    """Say what a change does, as harmless mrkdwn; its id in words where the plan has it no more."""
    ours = parts.domains_of(proposal.plan.subject)
    return said(change.says if change else spoken(otherwise), limit, ours)


def _counts(changes: Sequence[Change], proposal: Proposal) -> str:
    """Count changes by what they are for, and how many of them can be undone."""
    count = parts.counted(len(changes), "change")
    if proposal.kind == "restore":
        return f"{count} undone"
    back = Counter(change.undo is not None for change in changes)[True]
    all_of_them = "can be undone" if len(changes) == 1 else "all can be undone"
    undo = all_of_them if back == len(changes) else f"{back or 'none'} can be undone"
    return f"{count}: {by_phase(changes)}; {undo}"


def _line(change: Change, action: Action, proposal: Proposal, limit: int) -> str:
    ours = parts.domains_of(proposal.plan.subject)
    line = change_says(change, change.id, limit, proposal)
    if action.outcome in DONE and change.undo is not None:
        line += " (can be undone)"
    if action.says:
        # What went wrong comes with its way out at the end, so it is said in full as long as there is room.
        line += f": {said(action.says, limit * 2, ours)}"
    # A support case needs Microsoft's own id of what went wrong.
    if action.request_id and action.outcome in {Outcome.FAILED, Outcome.UNKNOWN, Outcome.REFUSED}:
        line += f" Microsoft's ID: {said(action.request_id, 60)}"
    return line
