"""Buttons. Each of them is the same words that someone could type, so there is one way for both.

A value is only ever of the form that its button has, and no text of a tenant's becomes a word: names of
rules, files and accounts are chosen by whoever attacks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import structlog
from slack_bolt import Ack, App

from bot.desk import Desk, question_id
from bot.errors import BotError, NotUnderstood
from bot.messages.escape import is_address
from bot.slack.intake import Asked
from bot.verbs.check_buttons import CASE, CHECKS, HUNT, NUMBER, PROPOSAL
from commands.errors import CommandError

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Button:
    """What a button may carry, and what it says.

    Attributes:
        value: The form of its value, whole; a value of any other form was never made by us.
        words: What somebody could type instead, with the value's parts in it.
    """

    value: str
    words: str

    def says(self, value: str) -> str:
        """The words of a button with this value.

        Raises:
            NotUnderstood: the value is not of this button's form.
        """
        found = re.fullmatch(self.value, value, re.ASCII)
        parts = found.groupdict() if found is not None else {}
        if found is None or ("address" in parts and not is_address(parts["address"])):
            raise NotUnderstood("This button carries something unexpected. Type the command instead.")
        return self.words.format(**parts)


BUTTONS_OF: Final[Mapping[str, Button]] = {
    "contain_now": Button(CASE, "contain {id} now"),
    "contain": Button(CASE, "contain {id}"),
    "close_open": Button(CASE, "close {id}"),
    "choose_changes": Button(CASE, "contain {id} single"),
    "report": Button(CASE, "report {id}"),
    "approve": Button(PROPOSAL, "review {id} {digest}"),
    "deny": Button(PROPOSAL, "deny {id} {digest}"),
    "strike": Button(PROPOSAL, "strike {id}"),
    "withdraw": Button(PROPOSAL, "withdraw {id} {digest}"),
    "show_password": Button(PROPOSAL, "password {id} {digest}"),
    "restore": Button(CASE, "restore {id}"),
    "tasks": Button(CASE, "tasks {id}"),
    "task_done": Button(f"{CASE} {NUMBER}", "tasks {id} done {number}"),
    "check_lead": Button(r"(?P<address>\S{1,254})", "check {address}"),
    "open_form": Button("report", ""),
    "pivot": Button(CASE, "pivot {id}"),
    "stop_hunt": Button(HUNT, "stop {id}"),
}
"""The buttons by action id, whose value is the name of something in the ledger, or an address."""


BUTTONS: Final = re.compile(rf"\A(?:{'|'.join([*BUTTONS_OF, *CHECKS])})\Z")
"""The action ids of all buttons, whole: Bolt searches with it, and would find ``approve`` in ``xapprove``."""


def register(app: App, desk: Desk) -> None:
    """Listen to the buttons."""

    @app.action(BUTTONS)
    def pressed(ack: Ack, body: dict[str, Any], action: dict[str, Any]) -> None:
        name, value = str(action["action_id"]), str(action.get("value") or "")
        try:
            if name in CHECKS:
                Button(CHECKS[name].value, "").says(value)
                named = CHECKS[name].named(value, desk.ledger)
                # It opens no window, so it waits its turn like a typed one.
                asked = replace(clicked(body, action, named.words), trigger="")
                why_not = desk.take(replace(asked, tenant=named.tenant, missing=named.missing))
            else:
                why_not = desk.take(clicked(body, action, BUTTONS_OF[name].says(value)))
        except (BotError, CommandError) as error:
            log.warning(
                "A button could not be taken.", action="button.not_taken", name=name, error=str(error)
            )
            why_not = str(error)
        if why_not:
            desk.say_no(clicked(body, action, name), why_not)
        ack()


def clicked(body: Mapping[str, Any], action: Mapping[str, Any], words: str) -> Asked:
    """Read the question out of the payload of a button."""
    user = body["user"]
    name, team = str(user["id"]), str(user.get("team_id") or "")
    container = body.get("container") or {}
    channel = str((body.get("channel") or {}).get("id") or container.get("channel_id") or "")
    message = str(container.get("message_ts") or container.get("view_id") or "")
    return Asked(
        id=question_id(
            team, name, channel, message, str(action["action_id"]), words, str(action["action_ts"])
        ),
        user=name,
        team=team,
        channel=channel,
        words=words,
        response_url=str(body.get("response_url") or ""),
        trigger=str(body.get("trigger_id") or ""),
        clicked=True,
        on_view=(body.get("view") or {}).get("type") == "modal",
    )
