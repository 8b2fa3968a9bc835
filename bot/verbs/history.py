"""`/compromise history`: tell from the ledger what happened in a case or about an account."""

from __future__ import annotations

from dataclasses import dataclass

from bot.messages import Message
from bot.messages.history import history
from bot.messages.names import title
from bot.people.meant import About
from bot.slack.intake import Asked
from bot.verbs import spelling
from bot.verbs.shape import Answer, Tools
from commands.ledger import Case
from commands.ledger import entries as e

NAME = "history"
USAGE = "<user or case>"
SAYS = "Shows the case history from the ledger."
EXAMPLE = "/compromise history C-7F3K2"


@dataclass(frozen=True, slots=True)
class ShowHistory:
    """Tell everything that the ledger has about a case or an account."""

    about: About


@dataclass(frozen=True, slots=True)
class Told:
    """The newest case that it is about, and the pages."""

    case: Case
    messages: tuple[Message, ...]


def read(words: list[str], text: str) -> ShowHistory:
    """Read the user or case."""
    return ShowHistory(spelling.only_about(words, NAME))


def may(wish: ShowHistory, asked: Asked, tools: Tools) -> tuple[Case, ...]:
    """Let responders and approvers, about any account but their own."""
    cases = tools.gate.cases(wish.about, asked)
    tools.gate.reader_about(asked, cases[0])
    return cases


def do(wish: ShowHistory, may: tuple[Case, ...], asked: Asked, tools: Tools) -> Told:
    """Read the entries, in their order."""
    newest = may[0]
    entries = [entry for case in may for entry in tools.ledger.entries(case_id=case.id)]
    entries.sort(key=lambda entry: entry.seq)
    heading = title(newest.subject) if len(may) > 1 else newest.id
    return Told(newest, history(entries, heading, tools.gate.readable_for(asked.user)))


def shows(done: Told, tools: Tools) -> Answer:
    """Show it to this person alone."""
    return Answer(e.HistoryShown(), done.case.id, done.messages)
