"""`/compromise restore`: propose to undo what was done in a case, or open the window to choose."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from bot.errors import NotUnderstood
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
from commands import effects
from commands.ledger import Case
from commands.proposals import Action
from commands.undo import Undoable, undo_plan

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
    """Read the user or case, and what was chosen, as `contain` does."""
    return Restore(spelling.about_in(words, NAME), spelling.choice_in(words, text, NAME))


def may(wish: Restore, asked: Asked, tools: Tools) -> MayPropose:
    """Let responders, about any account but their own."""
    return who_may_propose(wish.about, asked, tools)


def do(wish: Restore, may: MayPropose, asked: Asked, tools: Tools) -> Outcome:
    """Open the window, or propose."""
    case, done = may.case, _done(may.case, tools)
    if wish.choice is None:
        if not done:
            return NothingToUndo(case)
        modal = restore_modal(case.id, case.subject, [(one.change, action) for one, action in done])
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
    if any(number >= len(undoable) for number in wish.choice.numbers):
        raise NotUnderstood(f"There are only {len(undoable)} changes to undo in case {case.id}.")
    plan = undo_plan(
        case_id=case.id,
        tenant=case.tenant,
        subject=case.subject,
        undoable=[undoable[number] for number in wish.choice.numbers],
        nonce=secrets.token_hex(16),
    )
    return propose("restore", plan, wish.choice.because, may, asked=asked, tools=tools)


def _done(case: Case, tools: Tools) -> list[tuple[Undoable, Action]]:
    """What was done in a case and can be undone, with how it was done."""
    actions = {
        (proposal.id, action.change): action
        for proposal in tools.proposals.of_case(case.id)
        for action in proposal.actions
    }
    return [(one, actions[one.proposal_id, one.change.id]) for one in effects.undoable(tools.ledger, case.id)]
