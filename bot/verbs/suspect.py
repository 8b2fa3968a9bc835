"""`/compromise suspect`: report an account that looks taken over. Anyone of the company may.

A responder's report is a check. Anyone else's is told to the responders, in the configured channel, and
starts nothing: whoever presses its button is a responder, and is asked for the right to do so like anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.errors import Barred, CannotPost, NotUnderstood
from bot.messages import parts
from bot.messages.reported import passed_on, reported, thanks, whom_to_ask
from bot.people.meant import Address, Alias, Mention, Who
from bot.people.persons import Person
from bot.slack import channels
from bot.slack.intake import Asked
from bot.verbs import check, spelling
from bot.verbs.check import Check, MayLook
from bot.verbs.shape import Answer, Tools
from bot.verbs.spelling import Days, Since
from commands.ledger import entries as e

log = structlog.get_logger(__name__)

NAME = "suspect"
USAGE = "<user> [since 7d] [because …]"
SAYS = (
    "Reports an account that looks compromised. Anyone in the organization can; without "
    "arguments, a form opens."
)
EXAMPLE = "/compromise suspect adele.vance@contoso.example since 2d because of odd email"

MOST_REPORTS: Final = 3
WITHIN: Final = timedelta(hours=1)
"""How many reports one person may make in which time: responders must be able to read them."""

_TYPE = f"For example: {EXAMPLE}"


@dataclass(frozen=True, slots=True)
class Suspect:
    """Report that someone's account looks taken over.

    Attributes:
        who: Whose account.
        when: Since when, as far as it is known.
        noticed: What was noticed, as it was typed.
    """

    who: Who
    when: Since | Days | None = None
    noticed: str = ""


_NOBODY: Final = "there is no channel for reports"


@dataclass(frozen=True, slots=True)
class Told:
    """Where the responders were told, or who they are where they could not be.

    Anyone of the company may report, and where there are several tenants nobody learns by it which there are:
    whether somebody was told is left `unsaid` then.
    """

    channel: str = ""
    ts: str = ""
    responders: tuple[str, ...] = ()
    unsaid: bool = False


def read(words: list[str], text: str) -> Suspect:
    """Read the account, since when, and what was noticed."""
    # What was noticed stands there as it was typed, and none of its words is an option.
    found = spelling.BECAUSE.search(text)
    said_before = spelling.words_of(text[: found.start()] if found else text)[1:]
    who: Who | None = None
    when: Since | Days | None = None
    for name, value in spelling.options(said_before):
        if name == "who" and who is None:
            who = spelling.who(value)
        elif name in ("since", "window") and when is None:
            when = spelling.since(value) if name == "since" else spelling.days(value)
        else:
            raise NotUnderstood(f"I do not understand “{spelling.said(value)}” here. {_TYPE}")
    if who is None:
        raise NotUnderstood(f"Name the account that looks compromised. {_TYPE}")
    return Suspect(who, when, spelling.plain(text[found.end() :]) if found else "")


def may(wish: Suspect, asked: Asked, tools: Tools) -> MayLook | Person:
    """Let responders start a check, and anyone else of the company report, but not too often."""
    if starts_check(asked, wish, tools):
        return check.who_may_look(wish.who, asked, tools)
    return tools.people.reporter(asked.user, asked.team)


def do(wish: Suspect, may: MayLook | Person, asked: Asked, tools: Tools) -> check.Started | Told:
    """Start the check, or tell the responders."""
    if isinstance(may, MayLook):
        return check.start(Check(wish.who, wish.when), may, asked, tools)
    account = _account(wish.who, tools)
    tenant = tools.gate.tenant_for(account)
    room = _room(tenant, tools)
    several = len(tools.tenancy.names) > 1
    if room is None and not several:
        return Told(responders=tuple(tools.people.responders(tenant)))
    _count(asked, account, wish.noticed, tools)
    if room is None:
        log.warning("A report reached nobody.", action="account.not_reported", request=asked.id)
        return Told(unsaid=True)
    posted = tools.rooms.say(
        room.id,
        reported(
            asked.id,
            by=may.id,
            account=account,
            since=_in_words(wish.when),
            noticed=wish.noticed,
            own=_is_own(may, wish.who, tools),
            ours=tools.gate.readable_in(tenant),
        ),
        tenant=tenant,
        noted=True,
    )
    log.info("An account was reported.", action="account.reported", request=asked.id, by=may.id)
    return Told(room.id, str(posted["ts"]), unsaid=several)


def shows(done: check.Started | Told, tools: Tools) -> Answer:
    """Say where the card is, thank, or say whom to ask."""
    if isinstance(done, check.Started):
        return check.shows(done, tools)
    if done.unsaid:
        ended = e.Answered(channel=done.channel, ts=done.ts) if done.channel else e.NotAnswered(says=_NOBODY)
        return Answer(ended, "", (passed_on(),))
    if not done.channel:
        message = whom_to_ask(done.responders)
        return Answer(e.NotAnswered(says=_NOBODY), "", (message,))
    return Answer(e.Answered(channel=done.channel, ts=done.ts), "", (thanks(),))


def starts_check(asked: Asked, wish: Suspect, tools: Tools) -> bool:
    """Whether a report is a check, because a responder makes it, and not about their own account.

    Raises:
        SlackFailed: Slack did not answer, so no one knows.
    """
    try:
        asker = tools.gate.asker(asked)
    except Barred:
        return False
    return not _is_own(asker, wish.who, tools)


def check_words(wish: Suspect) -> str:
    """Give the words that check the account of a report."""
    return f"check {spelling.spelled(wish.who)}{spelling.typed(wish.when)}"


def _is_own(person: Person, who: Who, tools: Tools) -> bool:
    addresses = person.addresses
    match who:
        case Mention(user):
            return user == person.id
        case Address(address):
            return address in addresses
        case Alias(alias):
            return any(f"{alias}@{domain}" in addresses for domain in tools.gate.ours)


def _account(who: Who, tools: Tools) -> str:
    """Give the reported account as text. A mention would call the one whom others may impersonate."""
    match who:
        case Mention(user):
            return tools.people.address_behind(user)
        case Address(address):
            return address
        case Alias(alias):
            return alias


def _room(tenant: str, tools: Tools) -> channels.Room | None:
    """Where the responders of a tenant are told; those of all where the account is nobody's we know."""
    channel = tools.tenancy.of(tenant).channel if tenant else tools.tenancy.shared
    if not channel:
        return None
    try:
        return tools.room(tenant, channel)
    except CannotPost as error:
        log.warning("Reports cannot be posted.", action="report.no_channel", why=str(error))
        return None


def _count(asked: Asked, account: str, noticed: str, tools: Tools) -> None:
    """Write the report down, unless there were too many; one that is heard again counts once.

    Raises:
        Barred: there were too many.
    """
    with tools.ledger.writing() as writing:
        known = {
            entry.facts["report"]
            for entry in tools.ledger.entries(kinds=(e.AccountReported.KIND,))
            if entry.actor == asked.user and tools.clock() - datetime.fromisoformat(entry.at) < WITHIN
        }
        if asked.id in known:
            return
        if len(known) >= MOST_REPORTS:
            raise Barred(
                "You reported three accounts within an hour, and the responders have them. If it "
                "is urgent, call them."
            )
        # Not under "request": that would say that it is answered, which it is once it is posted.
        writing.append(e.AccountReported(asked.id, account, noticed), asked.user)


def _in_words(when: Since | Days | None) -> str:
    match when:
        case Since(span) if span >= timedelta(days=1):
            return f"about {parts.counted(span.days, 'day')} ago"
        case Since(span):
            return f"about {parts.counted(max(1, round(span / timedelta(hours=1))), 'hour')} ago"
        case Days(first, last):
            return f"{first} to {last}"
        case None:
            return ""
