"""`/compromise help`: what is typed most, and `help <command>` for one of them in full."""

from __future__ import annotations

from dataclasses import dataclass

from bot.errors import NotUnderstood
from bot.messages import Message
from bot.messages.help import help_message, help_on
from bot.slack.intake import Asked
from bot.verbs.shape import Answer, Tools, Verb
from commands.ledger import entries as e

NAME = "help"
USAGE = "[command]"
SAYS = "Shows the usual commands, or one of them in full."
EXAMPLE = "/compromise help contain"


@dataclass(frozen=True, slots=True)
class Help:
    """Say what can be typed; with a name, all about that one."""

    about: str = ""


def read(words: list[str], text: str) -> Help:
    """Read the name of a command, if one follows."""
    name = words[0].casefold().removeprefix("/") if words else ""
    if name and name not in (known := [verb.NAME for verb in _shown()]):
        raise NotUnderstood(f"Unknown command “{words[0]}”. Available: {', '.join(known)}.")
    return Help(name)


def may(wish: Help, asked: Asked, tools: Tools) -> None:
    """Let everyone."""


def do(wish: Help, may: None, asked: Asked, tools: Tools) -> Message:
    """Make the list."""
    return text(wish)


def text(wish: Help) -> Message:
    """Give the list, or one command in full; it needs no question written down."""
    verbs = _shown()
    return next((help_on(verb) for verb in verbs if wish.about == verb.NAME), None) or help_message(verbs)


def _shown() -> list[Verb]:
    from bot.verbs.registry import VERBS  # noqa: PLC0415 - the list has this verb in it

    return [verb for verb in VERBS if verb.SAYS]


def shows(done: Message, tools: Tools) -> Answer:
    """Show the list."""
    return Answer(e.Answered(), messages=(done,))
