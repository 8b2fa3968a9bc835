"""`/compromise restore`: propose to undo what was done in a case, or open the window to choose.

Changes are known by their numbers in the plan that made them, as cards and reports list them.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from bot.errors import NotUnderstood
from bot.messages import parts
from bot.messages.plans import offer_reference
from bot.messages.restore_modal import restore_modal
from bot.people.meant import About
from bot.slack.intake import Asked
from bot.verbs import spelling
from bot.verbs.proposing import (
    MayPropose,
    NothingToUndo,
    OfferChanged,
    Opened,
    Outcome,
    propose,
    proposed_before,
    shows,
    who_may_propose,
)
from bot.verbs.shape import Tools
from bot.verbs.spelling import Choice
from commands.containment import effects
from commands.containment.proposals import Action
from commands.containment.propose import spans
from commands.ledger import Case
from commands.plans.undo import Undoable, undo_plan

__all__ = ("EXAMPLE", "NAME", "SAYS", "USAGE", "Restore", "do", "may", "read", "shows")

NAME = "restore"
USAGE = "<user or case> [numbers because …]"
SAYS = "Opens a dialog to choose and propose changes to undo."
EXAMPLE = "/compromise restore C-7F3K2"


@dataclass(frozen=True, slots=True)
class Restore:
    """Propose to undo what was done; without a choice, open the window in which one chooses."""

    about: About
    choice: Choice | None = None


def read(words: list[str], text: str) -> Restore:
    """Read the user or case, and what was chosen: numbers of the plan that made the changes."""
    return Restore(spelling.about_in(words, NAME), spelling.choice_in(words, text, NAME, of_plans=True))


def may(wish: Restore, asked: Asked, tools: Tools) -> MayPropose:
    """Let responders, about any account but their own."""
    return who_may_propose(wish.about, asked, tools)


def do(wish: Restore, may: MayPropose, asked: Asked, tools: Tools) -> Outcome:
    """Open the window, or propose."""
    case, done = may.case, _done(may.case, tools)
    if wish.choice is None:
        if not done:
            return NothingToUndo(case)
        modal = restore_modal(case.id, case.subject, done)
        tools.open(asked, modal)
        return Opened(modal.callback_id, case)
    earlier = proposed_before(asked, tools)
    if earlier:
        return earlier
    undoable = [one for one, _ in done]
    # What is undone is what was approved once, and not what someone wrote into the file since.
    for proposal_id in {one.proposal_id for one in undoable}:
        tools.proposals.proven(proposal_id)
    changes = [one.change for one in undoable]
    if wish.choice.offer and offer_reference(case.id, changes) != f"{case.id} {wish.choice.offer}":
        return OfferChanged(case)
    chosen = _chosen(wish.choice, case, undoable)
    plan = undo_plan(
        case_id=case.id,
        tenant=case.tenant,
        subject=case.subject,
        undoable=chosen,
        nonce=secrets.token_hex(16),
    )
    return propose("restore", plan, wish.choice.because, may, asked=asked, tools=tools)


def _chosen(choice: Choice, case: Case, undoable: Sequence[Undoable]) -> list[Undoable]:
    """What was chosen: by places in the window, or by numbers of a plan where it was typed.

    Raises:
        NotUnderstood: no change that can be undone has this number, or changes of several plans may have it.
    """
    if choice.offer:
        if any(place >= len(undoable) for place in choice.numbers):
            raise NotUnderstood(
                f"Only {parts.counted(len(undoable), 'change')} can be undone in case {case.id}."
            )
        return [undoable[place] for place in choice.numbers]
    made_by = list(dict.fromkeys(one.proposal_id for one in undoable))
    if not choice.proposal and len(made_by) > 1:
        raise NotUnderstood(
            f"Case {case.id} has changes of several proposals that can be undone: {', '.join(made_by)}. "
            f"Name the proposal before the numbers. For example: /compromise {NAME} {case.id} {made_by[0]}/1 "
            "because it was a false alarm"
        )
    proposal = choice.proposal or "".join(made_by)
    by_number = {one.number: one for one in undoable if one.proposal_id == proposal}
    unknown = [place + 1 for place in choice.numbers if place + 1 not in by_number]
    if unknown:
        can = f"These can: {spans(sorted(by_number))}." if by_number else "None of its changes can."
        which = f"{proposal or 'this case'} with the number {spans(unknown)}"
        raise NotUnderstood(f"No change of {which} can be undone now. {can}")
    return [by_number[place + 1] for place in choice.numbers]


def _done(case: Case, tools: Tools) -> list[tuple[Undoable, Action]]:
    """What was done in a case and can be undone, with how it was done."""
    actions = {
        (proposal.id, action.change): action
        for proposal in tools.proposals.of_case(case.id)
        for action in proposal.actions
    }
    return [(one, actions[one.proposal_id, one.change.id]) for one in effects.undoable(tools.ledger, case.id)]
