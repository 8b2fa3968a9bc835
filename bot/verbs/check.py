"""`/compromise check`: look into an account; one card, which fills up while the bot looks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import structlog

from bot.errors import BotError, NotUnderstood, SlackFailed
from bot.gate import not_asked
from bot.meant import Who
from bot.messages import answers
from bot.people import Person
from bot.slack import channels
from bot.slack.intake import Asked
from bot.verbs import spelling
from bot.verbs.shape import Answer, Tools
from bot.verbs.spelling import WHAT_TO_TYPE, Days, Since
from commands.errors import AlreadyLooking
from commands.ledger import Case, new_case_id
from commands.ledger import entries as e
from graph.collect import Connection
from graph.question import Subject, Window

log = structlog.get_logger(__name__)

NAME = "check"
USAGE = "<user> [since 7d | window 2026-11-01..2026-11-20] [in #channel]"
SAYS = "Investigates an account and posts a card that updates as evidence comes in."
EXAMPLE = "/compromise check adele.vance@contoso.example since 14d"


@dataclass(frozen=True, slots=True)
class Check:
    """Look into someone's account."""

    who: Who
    when: Since | Days | None = None
    channel: str = ""


@dataclass(frozen=True, slots=True)
class MayLook:
    """Who asks, about which account, in which tenant."""

    asker: Person
    subject: Subject
    connection: Connection


@dataclass(frozen=True, slots=True)
class Started:
    """A case that looks, whether it was opened for this question, and whether it waits for the engine."""

    case: Case
    fresh: bool
    waits: bool = False


def read(words: list[str], text: str) -> Check:
    """Read the account, the window and the channel, in any order."""
    who: Who | None = None
    when: Since | Days | None = None
    channel = ""
    for name, value in spelling.options(words):
        if name == "who":
            if who is not None:
                raise NotUnderstood(
                    f"I check one account at a time; I do not understand “{value}” here. {WHAT_TO_TYPE}"
                )
            who = spelling.who(value)
        elif name in ("since", "window"):
            if when is not None:
                raise NotUnderstood("Use either since or window, once.")
            when = spelling.since(value) if name == "since" else spelling.days(value)
        else:
            channel = spelling.channel_in(value)
    if who is None:
        raise NotUnderstood(f"Name the account to check. {WHAT_TO_TYPE}")
    return Check(who, when, channel)


def may(wish: Check, asked: Asked, tools: Tools) -> MayLook:
    """Let responders, about any account but their own."""
    return who_may_look(wish.who, asked, tools)


def who_may_look(who: Who, asked: Asked, tools: Tools) -> MayLook:
    """Find the account that is meant, and see that this person may ask about it.

    Raises:
        Barred: this person may not ask, or not about this account.
        NotUnderstood: more than one account is meant, or none.
        GraphError: there is no such account, or Microsoft did not answer.
    """
    asker = tools.gate.asker(asked)
    subject, connection = tools.gate.account(who)
    tools.gate.keep_from_own(asker, subject)
    return MayLook(asker, subject, connection)


def do(wish: Check, may: MayLook, asked: Asked, tools: Tools) -> Started:
    """Open the case, post its card, and put the work into the queue."""
    span = spelling.window(wish.when, tools.clock(), tools.usual)
    where = wish.channel or tools.channel or asked.channel
    if not where:
        raise NotUnderstood(
            f"Choose the channel for the card. In that channel, type: /compromise check {may.subject.mail}"
        )
    room = channels.room(tools.client, where)
    try:
        begun = begin(
            tools,
            tenant=may.connection.settings.name,
            subject=may.subject,
            span=span,
            room=room,
            asked_by=may.asker.id,
            request=asked.id,
        )
    except AlreadyLooking as error:
        return Started(tools.ledger.case(error.case_id), fresh=False)
    log.info("A check was started.", action="check.started", case=begun.case.id, asked_by=asked.user)
    return begun


def begin(
    tools: Tools,
    *,
    tenant: str,
    subject: Subject,
    span: Window,
    room: channels.Room,
    asked_by: str,
    request: str = "",
    why: str = "",
) -> Started:
    """Open a case, post its card, and put the work into the queue.

    Args:
        tools: What verbs work with.
        tenant: The name of the configured tenant.
        subject: The account.
        span: The span of time to look at.
        room: Where the card goes.
        asked_by: The Slack user id of whoever asked, or the bot.
        request: The id of the question, "" for none.
        why: What the card says of how it came to be, "" for nothing.

    Raises:
        AlreadyLooking: a check of this account is running.
    """
    owners, missing = tools.people.slack_users_of(subject)
    note = " ".join(filter(None, (why, reads_along(owners, missing, room, tools))))
    case_id = new_case_id()
    with tools.ledger.writing() as writing:
        writing.open_case(
            case_id,
            tenant=tenant,
            subject=subject,
            window=span,
            channel=room.id,
            asked_by=asked_by,
            note=note,
            request=request,
            owners=owners,
            owners_missing=missing,
        )
    try:
        case = tools.cards.post(tools.ledger.case(case_id))
    except Exception as error:
        # Without a card no one would ever see this case end.
        told = str(error) if isinstance(error, BotError) else type(error).__name__
        with tools.ledger.writing() as writing:
            writing.fail(case_id, says=f"The card could not be posted: {told}", reference="")
            writing.shown(case_id, "there is no card")
        raise
    return Started(case, fresh=True, waits=not tools.jobs.enqueue(case))


def shows(done: Started, tools: Tools) -> Answer:
    """Say where the card is."""
    case, link = done.case, tools.cards.link(done.case)
    if done.fresh:
        return Answer(
            e.CheckStarted(channel=case.channel), case.id, (answers.started(case, link, waits=done.waits),)
        )
    return Answer(e.AlreadyRunning(), case.id, (answers.already(case, link),))


def reads_along(owners: Collection[str], missing: str, room: channels.Room, tools: Tools) -> str:
    """Warn when the subject, or whoever uses that account now, reads along, or no one knows."""
    try:
        if any(channels.is_member(tools.client, room.id, user) for user in sorted(owners)):
            return "Warning: the account's owner is a member of this channel and can read it."
    except SlackFailed as error:
        log.warning("Nobody knows who reads along.", action="room.unknown", error=str(error))
    return not_asked(missing) if missing else ""
