"""Opens windows in Slack, which it allows only within three seconds of a click, a command or a shortcut."""

from __future__ import annotations

from slack_sdk import WebClient

from bot.errors import NotUnderstood, SlackFailed
from bot.messages import Modal
from bot.slack.client import call

_OVER = frozenset({"expired_trigger_id", "exchanged_trigger_id", "trigger_expired"})

_NO_TRIGGER = "Slack opens a dialog only right after a click or command, and that time has passed. Try again."


def open_window(client: WebClient, trigger: str, modal: Modal, *, on_view: bool = False) -> str:
    """Open a window for the person whose click or command gave the trigger; give the window's id.

    With `on_view`, it opens on top of the window in which the button is.

    Raises:
        NotUnderstood: the moment in which Slack opens one is over.
        SlackFailed: Slack did not open it for another reason.
    """
    if not trigger:
        raise NotUnderstood(_NO_TRIGGER)
    try:
        opening = client.views_push if on_view else client.views_open
        opened = call(opening, trigger_id=trigger, view=modal.view)
    except SlackFailed as error:
        if error.code in _OVER:
            raise NotUnderstood(_NO_TRIGGER) from error
        raise
    return str(opened["view"]["id"])
