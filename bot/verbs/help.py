"""`/compromise help`: what can be typed."""

from __future__ import annotations

from dataclasses import dataclass

from bot.messages import Message
from bot.messages.help import help_message
from bot.slack.intake import Asked
from bot.verbs.shape import Answer, Tools
from commands.ledger import entries as e

NAME = "help"
USAGE = ""
SAYS = "Shows this help."
EXAMPLE = "/compromise help"


@dataclass(frozen=True, slots=True)
class Help:
    """Say what can be typed."""


def read(words: list[str], text: str) -> Help:
    """Read nothing more."""
    return Help()


def may(wish: Help, asked: Asked, tools: Tools) -> None:
    """Let everyone."""


def do(wish: Help, may: None, asked: Asked, tools: Tools) -> Message:
    """Make the list."""
    return text()


def text() -> Message:
    """Give the list; it needs no question written down."""
    from bot.verbs.registry import VERBS  # noqa: PLC0415 - the list has this verb in it

    return help_message([verb for verb in VERBS if verb.SAYS])


def shows(done: Message, tools: Tools) -> Answer:
    """Show the list."""
    return Answer(e.Answered(), messages=(done,))
