"""`/compromise report`: post the latest report about an account into a channel."""

from __future__ import annotations

from dataclasses import dataclass

from bot.errors import NotUnderstood
from bot.messages import answers
from bot.people.meant import About, CaseId
from bot.slack.intake import Asked
from bot.verbs import spelling
from bot.verbs.check import reads_along, who_may_look
from bot.verbs.shape import Answer, Tools
from commands.errors import AlreadyLooking
from commands.ledger import Case, CaseState
from commands.ledger import entries as e
from graph.question import Subject

NAME = "report"
USAGE = "<user or case> [in #channel]"
SAYS = "Posts an account's latest report, or that of a case, in a channel."
EXAMPLE = "/compromise report adele.vance@contoso.example in #incident-room"

_TYPE = f"For example: {EXAMPLE}"


@dataclass(frozen=True, slots=True)
class ShowReport:
    """Post the latest report about someone, or the one of a case."""

    about: About
    channel: str = ""


@dataclass(frozen=True, slots=True)
class MayShow:
    """About which account, in which tenant, and of which case alone; None for the latest that has one."""

    tenant: str
    subject: Subject
    case: Case | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """Of which case a report was posted, into which channel, the link to it, and whom to beware of there."""

    case: Case
    channel: str
    link: str
    warning: str = ""


def read(words: list[str], text: str) -> ShowReport:
    """Read the account or the case, and the channel."""
    about: About | None = None
    channel = ""
    for name, value in spelling.options(words):
        if name == "who" and about is not None:
            raise NotUnderstood(f"I do not understand “{value}” here. {_TYPE}")
        if name == "who":
            about = spelling.about_in([value], NAME)
        elif name == "channel":
            channel = spelling.channel_in(value)
        else:
            raise NotUnderstood(f"A report is posted unchanged, so {name} has no effect here. {_TYPE}")
    if about is None:
        raise NotUnderstood(f"Name the account whose report to post. {_TYPE}")
    return ShowReport(about, channel)


def may(wish: ShowReport, asked: Asked, tools: Tools) -> MayShow:
    """Let responders, about any account but their own; of a case nobody but the ledger is asked."""
    if isinstance(wish.about, CaseId):
        (case,) = tools.gate.cases(wish.about, asked)
        tools.gate.asker_about(asked, case)
        return MayShow(case.tenant, case.subject, case)
    found = who_may_look(wish.about, asked, tools)
    return MayShow(found.connection.settings.name, found.subject)


def do(wish: ShowReport, may: MayShow, asked: Asked, tools: Tools) -> Posted:
    """Post it, as it was made."""
    tenant, subject = may.tenant, may.subject
    case = may.case or tools.ledger.latest_case(tenant, subject.id, with_report=True)
    if case is None:
        first = tools.ledger.latest_case(tenant, subject.id)
        if first and first.state is CaseState.LOOKING:
            raise AlreadyLooking(first.id)
        raise NotUnderstood(
            f"There is no report about {subject.mail} yet. Type: /compromise check {subject.mail}"
        )
    if case.state is CaseState.LOOKING:
        raise AlreadyLooking(case.id)
    if not case.report:
        raise NotUnderstood(
            f"The check of case {case.id} made no report. Type: /compromise check {subject.mail}"
        )
    room = tools.room(tenant, wish.channel or asked.channel)
    owner = tools.gate.owner_in_slack(subject, tenant)
    warning = reads_along(owner.users, owner.missing, room, tools)
    link = tools.cards.post_report(case, room.id, asked.id, warning)
    return Posted(case, room.id, link, warning)


def shows(done: Posted, tools: Tools) -> Answer:
    """Say where it is."""
    message = answers.report_posted(done.case, done.link, done.warning)
    return Answer(e.ReportPosted(channel=done.channel), done.case.id, (message,))
