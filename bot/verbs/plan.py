"""`/compromise plan`: show what could be done after a check, without proposing it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from bot.messages import Message
from bot.messages.propose_modal import dry_run
from bot.people.meant import About
from bot.slack.intake import Asked
from bot.verbs import spelling
from bot.verbs.proposing import SOURCES, TITLES, offered
from bot.verbs.shape import Answer, Tools
from commands.containment import effects
from commands.containment.propose import needs_of
from commands.ledger import Case
from commands.ledger import entries as e

NAME = "plan"
USAGE = "<user or case>"
SAYS = "Dry run: shows the available remediation and whether it can be undone."
EXAMPLE = "/compromise plan adele.vance@contoso.example"


@dataclass(frozen=True, slots=True)
class ShowPlan:
    """Show what could be done about an account, without proposing it."""

    about: About


@dataclass(frozen=True, slots=True)
class Shown:
    """The pages of a plan."""

    case: Case
    messages: tuple[Message, ...]


def read(words: list[str], text: str) -> ShowPlan:
    """Read the user or case."""
    return ShowPlan(spelling.only_about(words, NAME))


def may(wish: ShowPlan, asked: Asked, tools: Tools) -> Case:
    """Let responders and approvers, about any account but their own."""
    case = tools.gate.finished_case(wish.about, asked)
    tools.gate.reader_about(asked, case)
    return case


def do(wish: ShowPlan, may: Case, asked: Asked, tools: Tools) -> Shown:
    """Lay it out."""
    messages = dry_run(
        may.id,
        may.subject,
        offered(may),
        titles=TITLES,
        sources=SOURCES,
        needs=partial(needs_of, policy=tools.tenancy.of(may.tenant).policy),
        done=effects.done_since(tools.ledger, may.id, may.finished_at),
    )
    return Shown(may, messages)


def shows(done: Shown, tools: Tools) -> Answer:
    """Show it to this person alone."""
    return Answer(e.PlanShown(), done.case.id, done.messages)
