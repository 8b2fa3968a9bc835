"""`/compromise stop`: stop a hunt that is under way."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from bot.errors import NotUnderstood
from bot.messages import answers
from bot.slack.intake import Asked
from bot.verbs import hunts
from bot.verbs.shape import Answer, Tools
from commands.ledger import entries as e
from commands.ledger.hunts import Hunt

NAME = "stop"
USAGE = "<hunt>"
SAYS = "Stops a pivot or a sweep that is under way."
EXAMPLE = "/compromise stop H-7F3K2"

_HUNT: Final = re.compile(r"H-[0-9A-Z]{5}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop a hunt."""

    hunt: str


def read(words: list[str], text: str) -> Stop:
    """Read the hunt."""
    if len(words) != 1 or not _HUNT.fullmatch(words[0]):
        raise NotUnderstood(f"Name the hunt; its ID is at the bottom of its card. For example: {EXAMPLE}")
    return Stop(words[0].upper())


def may(wish: Stop, asked: Asked, tools: Tools) -> None:
    """Let responders; whether of the tenant of the hunt, is seen when it is stopped."""
    tools.gate.asks_in(asked)


def do(wish: Stop, may: None, asked: Asked, tools: Tools) -> Hunt:
    """Stop it."""
    return hunts.stop(wish.hunt, asked, tools)


def shows(done: Hunt, tools: Tools) -> Answer:
    """Say that it is stopped."""
    return Answer(e.Answered(), done.case_id, (answers.hunt_stopped(done.id),))
