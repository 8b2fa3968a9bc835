"""`/compromise close`: look at a case again, and propose to close exactly what is open."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from bot.messages import answers
from bot.people.meant import About
from bot.slack.intake import Asked
from bot.verbs import proposing, spelling
from bot.verbs.proposing import MayPropose, Proposed, propose, proposed_before, who_may_propose
from bot.verbs.shape import Answer, Tools
from commands.containment.propose import assemble
from commands.ledger import Case
from commands.ledger import entries as e
from commands.ledger import proposals as stored
from commands.rechecks.watch import Doors, says

NAME = "close"
USAGE = "<user or case>"
SAYS = "Rechecks a case now, and proposes to close exactly what reappeared or is new."
EXAMPLE = "/compromise close C-7F3K2"

_BECAUSE = "Reappeared or new since the check"


@dataclass(frozen=True, slots=True)
class Close:
    """Propose to close what is open in a case now."""

    about: About


@dataclass(frozen=True, slots=True)
class NothingOpen:
    """Nothing was seen that a change could close; `doors` says what was seen, and what was not."""

    case: Case
    doors: Doors


@dataclass(frozen=True, slots=True)
class Closing:
    """A proposal that closes what is open; `left` is open as well, and no step plans a change for it."""

    proposed: Proposed
    left: tuple[str, ...] = ()


def read(words: list[str], text: str) -> Close:
    """Read the user or case."""
    return Close(spelling.only_about(words, NAME))


def may(wish: Close, asked: Asked, tools: Tools) -> MayPropose:
    """Let responders, about any account but their own."""
    return who_may_propose(wish.about, asked, tools)


def do(wish: Close, may: MayPropose, asked: Asked, tools: Tools) -> NothingOpen | Closing:
    """Look again, and propose what the steps plan from what is there now.

    Raises:
        GraphError: the tenant is no longer configured.
    """
    earlier = proposed_before(asked, tools)
    if earlier:
        return Closing(earlier)
    case, doors = may.case, tools.look_again(may.case)
    if not doors.closing:
        return NothingOpen(case, doors)
    plan = assemble(
        case_id=case.id,
        tenant=case.tenant,
        subject=case.subject,
        offer=doors.closing,
        chosen=range(len(doors.closing)),
        confirmed=stored.confirmed_changes(tools.ledger, case.id),
        nonce=secrets.token_hex(16),
    )
    planned = {change.id for change in doors.closing}
    left = tuple(change.says for change in doors.came_back if change.id not in planned)
    return Closing(propose("contain", plan, _BECAUSE, may, asked=asked, tools=tools), left)


def shows(done: NothingOpen | Closing, tools: Tools) -> Answer:
    """Say where the proposal is, or what was seen."""
    match done:
        case NothingOpen(case, doors):
            return Answer(
                e.NotAnswered(says="nothing to close"), case.id, (answers.nothing_open(says(doors), case),)
            )
        case Closing(proposed, left):
            answer = proposing.shows(proposed, tools)
            more = (answers.left_open(left, proposed.proposal.plan.subject),) if left else ()
            return Answer(answer.event, answer.case_id, (*answer.messages, *more))
