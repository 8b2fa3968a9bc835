"""What nothing at all behind `/compromise` says: open the form in which an account is reported.

The shortcut on a message opens it too, with the accounts that the message names; for responders, the window
that checks one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from bot.errors import Barred, NotUnderstood
from bot.messages import parts
from bot.messages.report_modal import MOST_CANDIDATES, check_modal, report_modal
from bot.people.meant import Address
from bot.slack.intake import Asked
from bot.verbs.mentions import named_in
from bot.verbs.shape import Answer, Tools
from commands.ledger import entries as e
from graph.verified import domain_of

log = structlog.get_logger(__name__)

NAME = ""
USAGE = ""
SAYS = ""
EXAMPLE = "/compromise"

_MENTIONS_READ = 5
"""How many mentions of one message are looked up: a window must be open within three seconds."""


@dataclass(frozen=True, slots=True)
class OpenForm:
    """Open the form in which an account is reported."""


def read(words: list[str], text: str) -> OpenForm:
    """Read nothing more."""
    return OpenForm()


def may(wish: OpenForm, asked: Asked, tools: Tools) -> None:
    """Let everyone of the company."""
    tools.people.reporter(asked.user, asked.team)


def do(wish: OpenForm, may: None, asked: Asked, tools: Tools) -> str:
    """Open the form."""
    return _open(asked, "", tools)


def shows(done: str, tools: Tools) -> Answer:
    """Say nothing beside the window."""
    return Answer(e.ModalOpened(window=done))


def open_for_message(asked: Asked, message: Mapping[str, Any], tools: Tools) -> None:
    """Open the window that checks the account in a message; for others than responders, the form.

    Raises:
        BotError: this person may not report anything, Slack did not answer, or the moment is over.
    """
    found = _addresses_in(asked, message, tools)
    if _may_ask(asked, tools):
        tools.open(asked, check_modal(found, ours=tools.gate.readable_for(asked.user), channel=asked.channel))
    else:
        tools.people.reporter(asked.user, asked.team)
        _open(asked, next(iter(found), ""), tools)


def _open(asked: Asked, account: str, tools: Tools) -> str:
    modal = report_modal(starts=_may_ask(asked, tools), account=account, channel=asked.channel)
    tools.open(asked, modal)
    return modal.callback_id


def _may_ask(asked: Asked, tools: Tools) -> bool:
    try:
        tools.gate.asker(asked)
    except Barred:
        return False
    return True


def _addresses_in(asked: Asked, message: Mapping[str, Any], tools: Tools) -> tuple[str, ...]:
    """Give the addresses that a message names; those of our own domains, where accounts are, first."""
    found: dict[str, None] = {}
    read_so_far = 0
    for one in named_in(message):
        if isinstance(one, Address):
            found[one.address] = None
        elif read_so_far < _MENTIONS_READ:
            read_so_far += 1
            try:
                found[tools.people.address_behind(one.user)] = None
            except NotUnderstood as error:
                log.info("A mention means nobody.", action="shortcut.nobody", why=str(error))
    known = [one for one in found if len(one) <= parts.OPTION_TEXT]
    ours = tools.gate.readable_for(asked.user)
    known.sort(key=lambda one: domain_of(one) not in ours)
    return tuple(known[:MOST_CANDIDATES])
