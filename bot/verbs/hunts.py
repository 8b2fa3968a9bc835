"""What the verbs that hunt through a tenant share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.errors import BotError, NotUnderstood
from bot.messages import answers
from bot.messages.awaited import Awaited
from bot.settings import same
from bot.slack.intake import Asked
from bot.verbs.shape import Answer, Tools
from commands.errors import NoSuchHunt
from commands.ledger import entries as e
from commands.ledger.hunts import Hunt, HuntState, hunt
from commands.ledger.ids import new_hunt_id
from graph.hunting import Term
from graph.question import Window


@dataclass(frozen=True, slots=True)
class MayHunt:
    """Who hunts, in which tenant, and from which case."""

    asker: str
    tenant: str
    case_id: str = ""


@dataclass(frozen=True, slots=True)
class Begun:
    """A hunt that began, what it waits for, as `Jobs.waits_for` says it, and how much it leaves out."""

    hunt: Hunt
    awaited: Awaited | None
    left_out: int = 0


def tenant_named(name: str, asked: Asked, tools: Tools) -> str:
    """Find the tenant that is meant, among those that this person may ask about here.

    Raises:
        NotUnderstood: there is none of this name, or several and no name.
        Barred: there is none for this person.
    """
    here = tools.gate.asks_in(asked)
    names = [one for one in tools.tenancy.names if one in here]
    if not name:
        if len(names) == 1:
            return names[0]
        raise NotUnderstood(f"Name the tenant with in: {', '.join(names)}.")
    for one in names:
        if same(one) == same(name):
            return one
    raise NotUnderstood(f"There is no tenant {name}. The configured ones: {', '.join(names)}.")


def begin(
    kind: str,
    terms: Sequence[Term],
    span: Window,
    may: MayHunt,
    *,
    asked: Asked,
    tools: Tools,
    left_out: int = 0,
) -> Begun:
    """Note the hunt, post its card, and put the work into the queue.

    Raises:
        CannotPost: Slack does not let the bot post here.
        SlackFailed: Slack did not answer.
    """
    where = tools.tenancy.of(may.tenant).channel or asked.channel
    if not where:
        raise NotUnderstood("Type this in the channel where the card should be.")
    room = tools.room(may.tenant, where)
    name = new_hunt_id()
    named = tuple(f"{term.kind.value} {term.value}" for term in terms)
    event = e.HuntStarted(name, kind, may.tenant, named, span.start, span.end, room.id, asked.id)
    tools.ledger.append(event, may.asker, may.case_id)
    try:
        posted = tools.hunts.post(name)
    except BotError as error:
        with tools.ledger.writing() as writing:
            writing.append(e.HuntFailed(name, f"The card could not be posted: {error}"), "bot", may.case_id)
            writing.append(e.HuntShown(name), "bot", may.case_id)
        raise
    tools.jobs.enqueue_hunt(name)
    return Begun(posted, tools.jobs.waits_for(), left_out)


def shown(done: Begun, tools: Tools) -> Answer:
    """Say where the card is."""
    link = tools.rooms.link(done.hunt.channel, done.hunt.card)
    return Answer(
        e.Answered(),
        done.hunt.case_id,
        (answers.hunting(done.hunt.id, link, awaited=done.awaited, left_out=done.left_out),),
    )


def stop(name: str, asked: Asked, tools: Tools) -> Hunt:
    """Stop a hunt; what Microsoft still searches is dropped when it comes.

    Raises:
        NoSuchHunt: there is none with this id, or none that this person may see.
        Barred: this person may not ask, or not here.
        NotUnderstood: it is over.
    """
    one = hunt(tools.ledger, name)
    if tools.gate.is_foreign(asked, one.tenant):
        raise NoSuchHunt(name)
    tools.gate.demand_here(asked, one.tenant)
    asker = tools.gate.asker(asked, one.tenant).id
    with tools.ledger.writing() as writing:
        if hunt(writing, name).state != HuntState.LOOKING:
            raise NotUnderstood(f"Hunt {name} has already ended.")
        writing.append(e.HuntCanceled(name), asker, one.case_id)
    tools.jobs.stop_hunt(name)
    tools.hunts.show(name)
    return hunt(tools.ledger, name)
