"""`/compromise contain`: propose what was chosen from the offer of a check, or open the window to choose."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from bot.errors import NotUnderstood
from bot.messages import Modal
from bot.messages.contain_modal import contain_modal, contain_now_modal
from bot.messages.plans import offer_reference
from bot.messages.propose_modal import propose_modal
from bot.people.meant import About
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
from bot.verbs.spelling import Choice
from commands.containment import effects
from commands.containment.propose import assemble, contain_now, needs_of, without_done
from commands.ledger import Case
from commands.ledger import proposals as stored
from commands.plans.plan import Nothing, Planned
from commands.steps import CONTAIN_NOW

__all__ = ("EXAMPLE", "NAME", "SAYS", "USAGE", "Contain", "do", "may", "read", "shows")

NAME = "contain"
USAGE = "<user or case> [now | single | numbers because …]"
SAYS = (
    "Opens a dialog to choose and propose remediation: by step, the smallest plan, which takes sign-in, "
    "sessions and password from the attacker (now), or change by change (single). With numbers from the "
    "plan, or now, and a reason, proposes those."
)
EXAMPLE = "/compromise contain C-7F3K2 1,4,8 because the mailbox sends spam"


@dataclass(frozen=True, slots=True)
class Contain:
    """Propose what was chosen from the offer; without a choice, open the window in which one chooses.

    Attributes:
        about: The account or the case.
        choice: What was chosen, with why; its numbers do not count with ``now``.
        extent: ``now`` for the smallest plan, ``single`` to choose change by change,
            "" to choose by step.
    """

    about: About
    choice: Choice | None = None
    extent: Literal["", "now", "single"] = ""


def read(words: list[str], text: str) -> Contain:
    """Read the user or case, and what was chosen.

    The window says the numbers of what was chosen and behind them, how the digest of the offer begins in
    which they were chosen.
    """
    about = spelling.about_in(words, NAME)
    match [word.casefold() for word in words[1:2]]:
        case ["single"]:
            spelling.only_about([words[0], *words[2:]], NAME)
            return Contain(about, extent="single")
        case ["now"]:
            because = spelling.because_in(text)
            if not because:
                spelling.only_about([words[0], *words[2:]], NAME)
            return Contain(about, Choice((), "", because) if because else None, "now")
        case _:
            return Contain(about, spelling.choice_in(words, text, NAME))


def may(wish: Contain, asked: Asked, tools: Tools) -> MayPropose:
    """Let responders, about any account but their own."""
    return who_may_propose(wish.about, asked, tools)


def do(wish: Contain, may: MayPropose, asked: Asked, tools: Tools) -> Outcome:
    """Open the window, or propose."""
    case = may.case
    if wish.choice is None:
        modal = _window(wish, case, tools)
        tools.open(asked, modal)
        return Opened(modal.callback_id, case)
    earlier = proposed_before(asked, tools)
    if earlier:
        return earlier
    offer = fresh_offer(case, tools)
    chosen = _at_once(offer, _done(case, tools)) if wish.extent == "now" else wish.choice.numbers
    if wish.choice.offer and offer_reference(case.id, offer) != f"{case.id} {wish.choice.offer}":
        return OfferChanged(case)
    plan = assemble(
        case_id=case.id,
        tenant=case.tenant,
        subject=case.subject,
        offer=offer,
        chosen=chosen,
        confirmed=stored.confirmed_changes(tools.ledger, case.id),
        nonce=secrets.token_hex(16),
    )
    return propose("contain", plan, wish.choice.because, may, asked=asked, tools=tools)


def _window(wish: Contain, case: Case, tools: Tools) -> Modal:
    offer, needs = fresh_offer(case, tools), partial(needs_of, policy=tools.tenancy.of(case.tenant).policy)
    done = _done(case, tools)
    match wish.extent:
        case "now":
            _at_once(offer, done)
            return contain_now_modal(case.id, case.subject, offer, needs=needs, done=done)
        case "single":
            return propose_modal(
                case.id, case.subject, offer, titles=TITLES, sources=SOURCES, needs=needs, done=done
            )
        case _:
            return contain_modal(case.id, case.subject, offer, titles=TITLES, needs=needs, done=done)


def _done(case: Case, tools: Tools) -> frozenset[str]:
    """The ids of the changes that have taken effect since the check."""
    return effects.done_since(tools.ledger, case.id, case.finished_at)


def _at_once(offer: Sequence[Planned], done: Collection[str]) -> tuple[int, ...]:
    """Give the places of the smallest plan.

    Raises:
        NotUnderstood: there is none, because all of it is done, or refused.
    """
    left = without_done(offer, done)
    places = contain_now(left)
    if not places:
        why = "; ".join(
            item.why.rstrip(".") for item in left if isinstance(item, Nothing) and item.step in CONTAIN_NOW
        )
        raise NotUnderstood(f"“Contain now” has nothing left to change: {why or 'nothing was planned'}.")
    return places
