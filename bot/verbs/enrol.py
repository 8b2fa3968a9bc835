"""`/compromise enroll`: set up an authenticator app, whose codes then go with one's approvals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from bot.errors import Barred, BotError, NotUnderstood
from bot.messages import Message, answers, decisions
from bot.messages.enrol_modal import enrol_modal
from bot.people.second_factor import Checked, uri
from bot.slack.intake import Asked
from bot.verbs import team
from bot.verbs.shape import Answer, Tools
from commands.errors import CommandError
from commands.ledger import entries as e
from commands.plans.approval import Voter

log = structlog.get_logger(__name__)

NAME = "enroll"
USAGE = ""
SAYS = "Enrolls an authenticator app for your approvals."
EXAMPLE = "/compromise enroll"


@dataclass(frozen=True, slots=True)
class Enrol:
    """Set up a second factor."""


def read(words: list[str], text: str) -> Enrol:
    """Read nothing more."""
    if words:
        raise NotUnderstood("You can enroll only yourself. Type: /compromise enroll")
    return Enrol()


def may(wish: Enrol, asked: Asked, tools: Tools) -> Voter:
    """Let whoever may approve."""
    voter = tools.gate.voter(asked)
    if voter.barred:
        raise Barred(voter.barred)
    return voter


def do(wish: Enrol, may: Voter, asked: Asked, tools: Tools) -> str:
    """Open the window with the secret; its first code makes the factor count."""
    secret = tools.factor.enrol(asked.user)
    name = next(iter(sorted(may.addresses)), asked.user)
    tools.open(asked, enrol_modal(secret, uri(secret, name), private_metadata=asked.channel))
    return "enrol"


def shows(done: str, tools: Tools) -> Answer:
    """Say nothing beside the window."""
    return Answer(e.ModalOpened(window=done))


def wrong_code(user: str, code: str, tools: Tools) -> Checked:
    """Take the code that goes with an approval; say whether it counts, and why not."""
    return _checked(tools.factor.check, user, code)


def wrong_first_code(user: str, code: str, tools: Tools) -> Checked:
    """Take the first code of a new second factor; say whether it counts, and why not."""
    return _checked(tools.factor.confirm, user, code)


def announce(asked: Asked, tools: Tools) -> Message:
    """Tell the team who has a second factor from now on; give what the person is told."""
    try:
        team.tell(answers.enrolled(asked.user), asked.user, tools, beside=asked.channel)
    except BotError as error:
        log.warning("An enrolment was not announced.", action="factor.not_announced", error=str(error))
    return decisions.enrolled(asked.user)


def announce_lock(user: str, tools: Tools) -> None:
    """Tell the team that someone's codes are locked: whoever guesses them may hold a stolen Slack account."""
    try:
        team.tell(answers.codes_locked(user), user, tools)
    except BotError as error:
        log.warning("A lock was not announced.", action="factor.lock_not_announced", error=str(error))


def _checked(take: Callable[[str, str], Checked], user: str, code: str) -> Checked:
    try:
        return take(user, code)
    except CommandError as error:
        log.error("A code could not be checked.", action="factor.unusable", error=str(error))  # noqa: TRY400
        return Checked(right=False, says=str(error))
