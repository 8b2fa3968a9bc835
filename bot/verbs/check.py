"""`/compromise check`: look into an account; one card, which fills up while the bot looks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import structlog

from bot.errors import BotError, NotUnderstood
from bot.messages import answers, parts
from bot.messages.awaited import Awaited
from bot.messages.candidates import candidates
from bot.people.gate import not_asked
from bot.people.meant import Address, Alias, Name, Who
from bot.people.persons import Person
from bot.slack import channels
from bot.slack.intake import Asked
from bot.verbs import spelling
from bot.verbs.shape import Answer, Tools
from bot.verbs.spelling import WHAT_TO_TYPE, Days, Since
from commands.errors import AlreadyLooking
from commands.ledger import Case, new_case_id
from commands.ledger import entries as e
from graph.accounts import Candidate, name_in
from graph.connection import Connection
from graph.errors import NoSuchUser
from graph.question import Subject, Window
from graph.verified import domain_of

log = structlog.get_logger(__name__)

NAME = "check"
USAGE = "<user or name> [since 7d | window 2026-11-01..2026-11-20] [in #channel]"
SAYS = "Investigates an account and posts a card that updates as evidence comes in."
EXAMPLE = "/compromise check adele.vance@contoso.example since 14d"


@dataclass(frozen=True, slots=True)
class Check:
    """Look into someone's account; a name is looked up first, and nothing is checked before one is chosen."""

    who: Who | Name
    when: Since | Days | None = None
    channel: str = ""


@dataclass(frozen=True, slots=True)
class MayLook:
    """Who asks, about which account, in which tenant."""

    asker: Person
    subject: Subject
    connection: Connection


@dataclass(frozen=True, slots=True)
class Offered:
    """Accounts that a name may mean; the check runs once somebody picks one.

    Attributes:
        request: The id of the question, whose window and channel go with what is picked.
        name: What was typed, or the beginning of a name in an address that nobody has.
        candidates: The accounts.
        readable: The mail domains whose addresses are written out for whoever asked.
        missing: That nobody has the address that was typed; "" for a name.
    """

    request: str
    name: str
    candidates: tuple[Candidate, ...]
    readable: frozenset[str] = frozenset()
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Started:
    """A case that looks, whether it was opened for this question, and what it waits for, if for anything."""

    case: Case
    fresh: bool
    awaited: Awaited | None = None


def read(words: list[str], text: str) -> Check:
    """Read the account, the window and the channel, in any order; several words are a name."""
    named: list[str] = []
    when: Since | Days | None = None
    channel = ""
    for name, value in spelling.options(words):
        if name == "who":
            named.append(value)
        elif name in ("since", "window"):
            if when is not None:
                raise NotUnderstood("Use either since or window, once.")
            when = spelling.since(value) if name == "since" else spelling.days(value)
        else:
            channel = spelling.channel_in(value)
    if not named:
        raise NotUnderstood(f"Name the account to check. {WHAT_TO_TYPE}")
    return Check(spelling.somebody_or_name(named), when, channel)


def words_about(account: str) -> str:
    """Give the words that check an account which records or an alert name: one word, never an option.

    Raises:
        NotUnderstood: it is neither an address nor an alias; whoever wrote it may have meant more.
    """
    meant = spelling.somebody(account)
    if not isinstance(meant, Address | Alias) or set(account) & set(" \t\r\n"):
        raise NotUnderstood(
            "This is neither an address nor an alias. Type: /compromise check and the address."
        )
    return f"{NAME} {spelling.spelled(meant)}"


def words_for(words: str, account: str) -> str:
    """Give the words that check one account with the window and channel of an earlier question.

    Raises:
        NotUnderstood: that question was no check.
    """
    asked = spelling.words_of(words)
    wish = read(asked[1:], words) if asked and asked[0].casefold() == NAME else None
    if wish is None:
        raise NotUnderstood("This question was not found. Type: /compromise check and the address.")
    where = f" in <#{wish.channel}>" if wish.channel else ""
    return f"{words_about(account)}{spelling.typed(wish.when)}{where}"


def may(wish: Check, asked: Asked, tools: Tools) -> MayLook | Offered:
    """Let responders, about any account but their own; a name only leads to accounts."""
    if isinstance(wish.who, Name):
        return _offer(wish.who.words, asked, tools)
    try:
        return who_may_look(wish.who, asked, tools, expects=True)
    except NoSuchUser as error:
        # One word may be a first or last name, and an address may be misspelled after its beginning; where
        # there is no such name either, the first answer says what is meant.
        name, missing = "", ""
        if isinstance(wish.who, Alias):
            name = wish.who.alias
        elif isinstance(wish.who, Address) and _is_ours(wish.who.address, asked, tools):
            name, missing = name_in(wish.who.address), error.sentence
        if not name:
            raise
        try:
            return _offer(name, asked, tools, missing)
        except NotUnderstood:
            log.info("What was typed is neither account nor name.", action="check.no_name", request=asked.id)
        raise


def _is_ours(address: str, asked: Asked, tools: Tools) -> bool:
    """Whether an address is of a domain whose accounts this person may ask about here."""
    return domain_of(address) in tools.gate.asks_about(asked)


def _offer(name: str, asked: Asked, tools: Tools, missing: str = "") -> Offered:
    found = tools.gate.candidates(name, tools.gate.asks_in(asked))
    return Offered(asked.id, name, found, tools.gate.readable_for(asked.user), missing)


def who_may_look(who: Who, asked: Asked, tools: Tools, *, expects: bool = False) -> MayLook:
    """Find the account that is meant, and see that this person may ask about it.

    Args:
        who: The account.
        asked: The question.
        tools: What verbs work with.
        expects: Whether a check follows, which may be made ready for while the account is looked for.

    Raises:
        Barred: this person may not ask, or not about this account.
        NotUnderstood: more than one account is meant, or none.
        GraphError: there is no such account, or Microsoft did not answer.
    """
    tools.gate.demand_record(asked)
    here = tools.gate.asks_in(asked)
    if expects and len(here) == 1:
        tools.jobs.expect(*here)
    subject, connection = tools.gate.account(who, here)
    asker = tools.gate.asker(asked, connection.settings.name)
    tools.gate.keep_from_own(asker, subject, connection.settings.name)
    return MayLook(asker, subject, connection)


def do(wish: Check, may: MayLook | Offered, asked: Asked, tools: Tools) -> Started | Offered:
    """Open the case, post its card, and put the work into the queue; or only offer accounts."""
    return may if isinstance(may, Offered) else start(wish, may, asked, tools)


def start(wish: Check, may: MayLook, asked: Asked, tools: Tools) -> Started:
    """Open the case, post its card, and put the work into the queue."""
    span = spelling.window(wish.when, tools.clock(), tools.usual)
    tenant = may.connection.settings.name
    where = wish.channel or tools.tenancy.of(tenant).channel or asked.channel
    if not where:
        raise NotUnderstood(
            f"Choose the channel for the card. In that channel, type: /compromise check {may.subject.mail}"
        )
    room = tools.room(tenant, where)
    try:
        begun = begin(
            tools,
            tenant=tenant,
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
    owner = tools.gate.owner_in_slack(subject, tenant)
    note = " ".join(filter(None, (why, reads_along(owner.users, owner.missing, room, tools))))
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
            owners=owner.users,
            owners_missing=owner.missing,
            verified=owner.verified,
        )
    tools.jobs.expect(tenant)
    try:
        case = tools.cards.post(tools.ledger.case(case_id))
    except Exception as error:
        # Without a card no one would ever see this case end.
        told = str(error) if isinstance(error, BotError) else type(error).__name__
        with tools.ledger.writing() as writing:
            writing.fail(case_id, says=f"The card could not be posted: {told}", reference="")
            writing.shown(case_id, "there is no card")
        raise
    tools.jobs.enqueue(case)
    return Started(case, fresh=True, awaited=tools.jobs.waits_for())


def shows(done: Started | Offered, tools: Tools) -> Answer:
    """Say where the card is, or which accounts may be meant."""
    if isinstance(done, Offered):
        message = candidates(
            done.request, done.name, done.candidates, ours=done.readable, missing=done.missing
        )
        return Answer(e.Answered(says="accounts with this name were offered"), "", (message,))
    case, link = done.case, tools.cards.link(done.case)
    if done.fresh:
        return Answer(
            e.CheckStarted(channel=case.channel),
            case.id,
            (answers.started(case, link, awaited=done.awaited),),
        )
    return Answer(e.AlreadyRunning(), case.id, (answers.already(case, link),))


def reads_along(owners: Collection[str], missing: str, room: channels.Room, tools: Tools) -> str:
    """Warn when the subject, whoever uses that account now, or a guest reads along, or no one knows."""
    try:
        inside = channels.members(tools.client, room.id)
        guests, unseen = tools.people.guests_among(inside)
    except BotError as error:
        log.warning("Nobody knows who reads along.", action="room.unknown", error=str(error))
        return not_asked(missing) if missing else "Warning: Slack did not say who can read this channel."
    warnings = []
    if inside & set(owners):
        warnings.append("the account's owner is a member of this channel and can read it")
    elif missing:
        return not_asked(missing)
    if guests:
        warnings.append(f"{parts.counted(len(guests), 'guest')} in this channel can read it")
    if unseen:
        warnings.append(f"{unseen} of its {len(inside)} members were not checked for guests")
    return f"Warning: {'; '.join(warnings)}." if warnings else ""
