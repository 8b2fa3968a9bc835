"""Buttons. Each of them is the same words that someone could type, so there is one way for both."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import structlog
from slack_bolt import Ack, App

from bot.desk import Desk, question_id
from bot.errors import BotError, NotUnderstood
from bot.messages.escape import is_address
from bot.slack.intake import Asked
from commands.errors import CommandError

log = structlog.get_logger(__name__)


def _check_lead(value: str) -> str:
    """The words that check the account a story names; the value is its address and must be nothing else."""
    if not is_address(value):
        raise NotUnderstood("This is no address. Type: /compromise check and the address.")
    return f"check {value}"


WORDS: Final[Mapping[str, Callable[[str], str]]] = {
    "contain_now": "contain {} now".format,
    "contain": "contain {}".format,
    "close_open": "close {}".format,
    "choose_changes": "contain {} single".format,
    "report": "report {}".format,
    "plan": "plan {}".format,
    "approve": "approve {}".format,
    "deny": "deny {}".format,
    "strike": lambda value: f"strike {value.partition(' ')[0]}",
    "withdraw": "withdraw {}".format,
    "restore": "restore {}".format,
    "tasks": "tasks {}".format,
    "task_done": lambda value: "tasks {} done {}".format(*f"{value} ".split(" ")[:2]),
    "show_password": "password {}".format,
    "history": "history {}".format,
    "check_lead": _check_lead,
    "open_form": "".format,
    "pivot": "pivot {}".format,
    "stop_hunt": "stop {}".format,
}
"""The words of each button by its action id; its value is the name of something in the ledger, or an address
that anybody could type."""


CHECKS: Final = ("check_again", "check_reported", "check_alert", "check_found", "check_candidate")
"""The buttons that check the account of something in the ledger."""

BUTTONS: Final = re.compile(rf"\A(?:{'|'.join([*WORDS, *CHECKS])})\Z")
"""The action ids of all buttons, whole: Bolt searches with it, and would find ``approve`` in ``xapprove``."""


def register(app: App, desk: Desk) -> None:
    """Listen to the buttons."""

    @app.action(BUTTONS)
    def pressed(ack: Ack, body: dict[str, Any], action: dict[str, Any]) -> None:
        name, value = str(action["action_id"]), str(action.get("value") or "")
        try:
            if name in CHECKS:
                words = desk.check_words(name, value)
                # It opens no window, so it waits its turn like a typed one.
                desk.take(replace(clicked(body, action, words), trigger=""))
            else:
                desk.take(clicked(body, action, WORDS[name](value)))
        except (BotError, CommandError) as error:
            log.warning(
                "A button could not be taken.", action="button.not_taken", name=name, error=str(error)
            )
            desk.say_no(clicked(body, action, name), str(error))
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
