"""What the button says that shows a new password, once, to the one who is to hand it over.

Whoever has a second factor shows a code of it first, as for an approval: a stolen session alone must not read
the password of an account that was just taken back.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from bot.errors import Barred, SlackFailed
from bot.messages import Modal, decisions
from bot.messages.password_modal import TITLE, password_code_modal, password_modal
from bot.slack.client import call
from bot.slack.intake import Asked
from bot.verbs import spelling
from bot.verbs.shape import Answer, Tools
from bot.verbs.voting import proposal_for
from commands.containment.one_time_password import secret_name
from commands.containment.proposals import PERHAPS_MADE, Proposal
from commands.ledger import Case
from commands.ledger import entries as e
from commands.plans.approval import Voter
from commands.plans.plan import Change, holds_password

log = structlog.get_logger(__name__)

NAME = "password"
USAGE = "<proposal>"
SAYS = ""
EXAMPLE = "/compromise password P-7F3K2"


@dataclass(frozen=True, slots=True)
class ShowPassword:
    """Show a new password to the one who is to hand it over."""

    proposal_id: str


@dataclass(frozen=True, slots=True)
class MaySee:
    """Whose password it is, and the proposal that it was made for."""

    case: Case
    proposal: Proposal


@dataclass(frozen=True, slots=True)
class Shown:
    """Whether the window with the password stands, or the password is gone."""

    case: Case
    gone: bool


@dataclass(frozen=True, slots=True)
class CodeAsked:
    """A window that asks for a code first."""

    case: Case


def read(words: list[str], text: str) -> ShowPassword:
    """Read the proposal."""
    return ShowPassword(spelling.proposal_id_in(words, NAME))


def may(wish: ShowPassword, asked: Asked, tools: Tools) -> MaySee:
    """Let who proposed or approved it, and may still do so."""
    proposal = proposal_for(wish.proposal_id, asked, tools)
    case = tools.ledger.case(proposal.plan.case_id)
    _keep_from_others(tools.gate.voter(asked, case.tenant), proposal, case, asked, tools)
    return MaySee(case, proposal)


def do(wish: ShowPassword, may: MaySee, asked: Asked, tools: Tools) -> Shown | CodeAsked:
    """Show it, once; where a code is needed and none came, open the window that asks for it.

    Raises:
        Barred: a code is needed, and this person has no second factor.
    """
    case, proposal = may.case, may.proposal
    change, sealed = _sealed(proposal, tools)
    if change is None or sealed is None:
        if asked.view:
            _close(asked.view, "", tools)
        return Shown(case, gone=True)
    enrolled = tools.factor.is_enrolled(asked.user)
    if (proposal.factor or enrolled) and not asked.factor:
        if not enrolled:
            raise Barred(
                "The new password is shown only with a second-factor code here, and you have not enrolled. "
                "Ask someone who approved it with a code."
            )
        tools.open(asked, password_code_modal(proposal))
        return CodeAsked(case)
    password = tools.keys.open(sealed, secret_name(proposal.id, change.id)).decode()
    # Opened first, and empty: a window that Slack does not open must not cost the password.
    view_id = asked.view or tools.open(asked, password_modal("…", case.subject.mail, case_id=case.id))
    if not tools.proposals.password_shown(proposal.id, change.id, asked.user):
        _close(view_id, "It was just shown to someone else.", tools)
        return Shown(case, gone=True)
    shown = password_modal(password, case.subject.mail, case_id=case.id)
    tools.rooms.persist(lambda: call(tools.client.views_update, view_id=view_id, view=shown.view))
    tools.papers.repaint(proposal.id)
    return Shown(case, gone=False)


def shows(done: Shown | CodeAsked, tools: Tools) -> Answer:
    """Say nothing beside the window."""
    if isinstance(done, CodeAsked):
        return Answer(e.ModalOpened(window="password_code"), done.case.id)
    if done.gone:
        message = decisions.password_gone()
        return Answer(e.NotAnswered(says="the password is gone"), done.case.id, (message,))
    return Answer(e.ModalOpened(window="password"), done.case.id)


def _keep_from_others(voter: Voter, proposal: Proposal, case: Case, asked: Asked, tools: Tools) -> None:
    if tools.ledger.owner(case.subject, case.tenant).is_same(voter.ever):
        raise Barred("It is the password of your own account; a colleague will give it to you.")
    # By the Slack account alone: an address can be changed to that of whoever decided.
    if asked.user == proposal.proposed_by:
        tools.gate.proposer_about(asked, case)
        return
    if not any(vote.yes and vote.voter == asked.user for vote in proposal.votes):
        raise Barred("Only the person who proposed it and those who approved it can see the new password.")
    if voter.barred:
        raise Barred(voter.barred)


def _sealed(proposal: Proposal, tools: Tools) -> tuple[Change | None, bytes | None]:
    """Give the change that made a password which can still be shown."""
    ended = {action.change: action.outcome for action in proposal.actions}
    for change in proposal.plan.changes:
        if holds_password(change.do) and ended.get(change.id) in PERHAPS_MADE:
            sealed = tools.proposals.sealed(proposal.id, change.id, tools.clock())
            if sealed is not None:
                return change, sealed
    return None, None


def _close(view_id: str, sentence: str, tools: Tools) -> None:
    modal = Modal("password", TITLE, decisions.password_gone(sentence).blocks, close="Close")
    try:
        call(tools.client.views_update, view_id=view_id, view=modal.view)
    except SlackFailed as error:
        log.info("A window could not be changed.", action="modal.not_changed", error=str(error))
