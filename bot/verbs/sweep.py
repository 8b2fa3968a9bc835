"""`/compromise sweep`: who in the tenant may be taken over, judged by what can be asked for everybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.errors import NotUnderstood
from bot.slack.intake import Asked
from bot.verbs import spelling
from bot.verbs.hunts import Begun, MayHunt, begin, shown, tenant_named
from bot.verbs.shape import Answer, Tools
from bot.verbs.spelling import Since

NAME = "sweep"
USAGE = "[since 24h] [in tenant]"
SAYS = "Searches the whole tenant for accounts that may be compromised, and ranks them."
EXAMPLE = "/compromise sweep since 7d"

USUAL: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Sweep:
    """Look who may be taken over."""

    when: Since | None = None
    tenant: str = ""


def read(words: list[str], text: str) -> Sweep:
    """Read since when, and the tenant."""
    left = list(words)
    when: Since | None = None
    while left:
        word = left.pop(0)
        name = word.casefold().lstrip("-")
        if spelling.is_span(word):
            when = spelling.since(word)
        elif name in ("since", "in") and not left:
            raise NotUnderstood(f"Something is missing after “{spelling.said(word)}”. For example: {EXAMPLE}")
        elif name == "since":
            when = spelling.since(left.pop(0))
        elif name == "in":
            return Sweep(when, " ".join(left))
        else:
            return Sweep(when, " ".join([word, *left]))
    return Sweep(when)


def may(wish: Sweep, asked: Asked, tools: Tools) -> MayHunt:
    """Let responders."""
    tenant = tenant_named(wish.tenant, asked, tools)
    return MayHunt(tools.gate.asker(asked, tenant).id, tenant)


def do(wish: Sweep, may: MayHunt, asked: Asked, tools: Tools) -> Begun:
    """Begin the hunt."""
    span = spelling.window(wish.when, tools.clock(), USUAL)
    return begin(NAME, (), span, may, asked=asked, tools=tools)


def shows(done: Begun, tools: Tools) -> Answer:
    """Say where the card is."""
    return shown(done, tools)
