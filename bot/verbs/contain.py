"""`/compromise contain`: propose what was chosen from the offer of a check, or open the window to choose."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import partial

from bot.messages.plans import offer_reference
from bot.messages.propose_modal import propose_modal
from bot.slack.intake import Asked
from bot.verbs import spelling
from bot.verbs.proposing import (
    SOURCES,
    TITLES,
    MayPropose,
    OfferChanged,
    Opened,
    Outcome,
    fresh_offer,
    propose,
    proposed_before,
    shows,
    who_may_propose,
)
from bot.verbs.shape import Tools
from bot.verbs.spelling import About, Choice
from commands.propose import assemble, needs_of

__all__ = ("EXAMPLE", "NAME", "SAYS", "USAGE", "Contain", "do", "may", "read", "shows")

NAME = "contain"
USAGE = "<user or case> [numbers because …]"
SAYS = "Opens a dialog to choose and propose remediation; with numbers from the plan, proposes those."
EXAMPLE = "/compromise contain C-7F3K2 1,4,8 because the mailbox sends spam"


@dataclass(frozen=True, slots=True)
class Contain:
    """Propose what was chosen from the offer; without a choice, open the window in which one chooses."""

    about: About
    choice: Choice | None = None


def read(words: list[str], text: str) -> Contain:
    """Read the user or case, and what was chosen.

    The window says the numbers of what was chosen and behind them, how the digest of the offer begins in
    which they were chosen.
    """
    return Contain(spelling.about_in(words, NAME), spelling.choice_in(words, text, NAME))


def may(wish: Contain, asked: Asked, tools: Tools) -> MayPropose:
    """Let responders, about any account but their own."""
    return who_may_propose(wish.about, asked, tools)


def do(wish: Contain, may: MayPropose, asked: Asked, tools: Tools) -> Outcome:
    """Open the window, or propose."""
    case = may.case
    if wish.choice is None:
        modal = propose_modal(
            case.id,
            case.subject,
            fresh_offer(case, tools),
            titles=TITLES,
            sources=SOURCES,
            needs=partial(needs_of, policy=tools.policy),
        )
        tools.open(asked, modal)
        return Opened(modal.callback_id, case)
    earlier = proposed_before(asked, tools)
    if earlier:
        return earlier
    offer = fresh_offer(case, tools)
    if wish.choice.offer and offer_reference(case.id, offer) != f"{case.id} {wish.choice.offer}":
        return OfferChanged(case)
    plan = assemble(
        case_id=case.id,
        tenant=case.tenant,
        subject=case.subject,
        offer=offer,
        chosen=wish.choice.numbers,
        confirmed=tools.proposals.confirmed_changes(case.id),
        nonce=secrets.token_hex(16),
    )
    return propose("contain", plan, wish.choice.because, may, asked=asked, tools=tools)
