"""What Slack may call. A listener acknowledges, hands over and returns; it never works and never waits."""

from __future__ import annotations

from slack_bolt import App

from bot.desk import Desk
from bot.listeners import actions, commands, errors, home, payload, views


def register(app: App, desk: Desk) -> None:
    """Tell Bolt about every listener."""
    payload.register(app, desk)
    commands.register(app, desk)
    actions.register(app, desk)
    views.register(app, desk)
    home.register(app, desk)
    errors.register(app)
