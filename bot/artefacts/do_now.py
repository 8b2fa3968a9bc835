"""What people must do next, in order: what stops the attacker, whom to warn, the clock. Pure.

Each count agrees with the lists further down, because both are made of the same values. Text from the tenant
is in the sentences: whoever shows them escapes them.
Source: NIST SP 800-61 Rev. 2, section 3.3; Regulation (EU) 2016/679 (GDPR), Art. 33(1) and Art. 34; EDPB,
"Guidelines 9/2022 on personal data breach notification" (when a controller is aware).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from bot.artefacts.containment import as_of, items, left_open, stopped, unchecked
from bot.artefacts.exposed import in_chats
from bot.artefacts.grounds import NAMED, Grounds, Statement, listed, named
from bot.artefacts.handled import Handled
from bot.artefacts.old_records import age_of
from bot.artefacts.survives import survives
from bot.messages import parts
from bot.messages.escape import visible
from bot.messages.turns import TITLES
from commands.payment_details import defanged, payee
from commands.plans.task_order import Turn, in_turn, turn_of, without_time
from commands.report import TIES, Impact, Report, Tie, VerdictCode
from commands.story import reach
from graph.question import Subject

if TYPE_CHECKING:
    from commands.containment.proposals import Proposal, TaskState

CLOCK: Final = timedelta(hours=72)
"""How long a controller has from becoming aware. Source: GDPR, Art. 33(1)."""

_RESETS: Final = "password_reset_mail_of_several_services"

_LEFT: Final = 8
"""How many things that were set up a sentence names."""

_TASKS: Final = 8
"""How many tasks a sentence names."""


def do_now(report: Report, handled: Handled, grounds: Grounds) -> Iterator[Statement]:
    """Say what to do, the most urgent first."""
    if age := age_of(report):
        yield Statement(
            "Check the account’s present state first: its newest analyzed record is "
            f"{age}, and much may have been changed or undone since.",
            grounds.coverage(),
        )
    waiting = tuple(_waiting(report, handled))
    yield from map(_to_decide, waiting)
    yield from _to_contain(report, handled, grounds, contains=any(one.kind != "restore" for one in waiting))
    tasks = Tasks(handled.tasks)
    yield from _to_recover(report, tasks, grounds)
    yield from _tasks(Turn.OUT, tasks, report.subject)
    yield from _to_check(report, handled, tasks, grounds)
    yield from _to_secure(report, tasks)
    yield from _to_warn(report, tasks)
    yield from _to_warn_in_chats(report, grounds)
    yield from _tasks(Turn.AFTERWARDS, tasks, report.subject)
    yield _clock(report, handled)
    if tasks.later:
        count = parts.counted(len(tasks.later), "manual task")
        yield Statement(
            f"{TITLES[Turn.LATER]}, {count} of {len(tasks.open)} open: harden the organization "
            f"({_numbers(tasks.later)}).",
            ("ledger: manual tasks",),
        )


class Tasks:
    """The manual tasks of a case that are open, each in one group.

    Args:
        every: All tasks of the case.
    """

    def __init__(self, every: Sequence[TaskState]) -> None:
        self.open = tuple(one for one in every if not one.done_by)
        self.turns = in_turn(self.open)
        self.warning = next((one for one in every if turn_of(one) is Turn.WARN), None)

    @property
    def later(self) -> tuple[TaskState, ...]:
        """Those that can wait."""
        return self.turns.get(Turn.LATER, ())

    @property
    def first(self) -> TaskState | None:
        """The one that comes first; None where none is open."""
        return next((one for some in self.turns.values() for one in some), None)

    def in_words(self) -> str:
        """Count what is open, and how much of it can wait: ``19 manual tasks open, 10 can wait``."""
        later = f", {len(self.later)} can wait" if self.later else ""
        return f"{parts.counted(len(self.open), 'manual task')} open{later}"


def _waiting(report: Report, handled: Handled) -> Iterator[Proposal]:
    now = as_of(report, handled)
    return (
        one for one in handled.proposals if one.state == "open" and one.expires_at > now and not one.actions
    )


def _to_decide(one: Proposal) -> Statement:
    what = "undoing " if one.kind == "restore" else ""
    yes = {vote.voter for vote in one.votes if vote.yes}
    if one.strict:
        yes.discard(one.proposed_by)
    has = f"{len(yes)} of {parts.counted(one.needs, 'approval')}"
    return Statement(
        f"Approve or deny proposal {one.id} ({what}{parts.counted(len(one.plan.changes), 'change')}): it has "
        f"{has} and is open until {parts.utc(one.expires_at)}.",
        (f"ledger: {one.id}",),
    )


def _to_contain(report: Report, handled: Handled, grounds: Grounds, *, contains: bool) -> Iterator[Statement]:
    """What nobody has proposed yet, or what a plan did not close."""
    if not stopped(handled).at:
        if not contains:
            # What is only suspicious may have been the user, whom a block would shut out of work.
            certain = report.verdict.answer is VerdictCode.COMPROMISED
            yield Statement(
                "Contain the account: block sign-in, revoke sessions, reset the password."
                if certain
                else "Call the user on a number known from before and contain the account unless they "
                "explain what was found: block sign-in, revoke sessions, reset the password.",
                ("ledger",) if handled.case_id else ("no case",),
            )
        if not handled.case_id and (up := tuple(survives(report))):
            told = named([f"{verb} ({one.says})" for verb, one in up], _LEFT, "item")
            yield Statement(
                f"Then close what blocking, revoking and resetting leave open: {told}.",
                grounds.of([one for _, one in up]),
            )
        return
    # What a manual task closes stands among the tasks.
    left = [one for one in left_open(items(report, handled)) if not one.task] if handled.case_id else []
    if left:
        still = named(tuple(one.says for one in left), NAMED, "item")
        yield Statement(f"Close what is still open to the attacker: {still}.", ("ledger",))
    if handled.never:
        never = named(handled.never, NAMED, "remediation")
        yield Statement(f"Propose what was suggested and never carried out: {never}.", ("ledger",))


def _tasks(turn: Turn, tasks: Tasks, subject: Subject) -> Iterator[Statement]:
    group = tasks.turns.get(turn, ())
    if group:
        told = "; ".join(f"({one.number}) {_task(one, subject)}" for one in group[:_TASKS])
        left = len(group) - _TASKS
        more = f"; and {parts.counted(left, 'more task')}" if left > 0 else ""
        count = f"{parts.counted(len(group), 'manual task')} of {len(tasks.open)} open"
        yield Statement(f"{TITLES[turn]}, {count}: {told}{more}.", ("ledger: manual tasks",))


def _given(tasks: Tasks, turn: Turn) -> str:
    """Which manual tasks say how: `` (manual task 3)``; "" where none is open."""
    numbers = [str(one.number) for one in tasks.turns.get(turn, ())]
    word = "manual task" if len(numbers) == 1 else "manual tasks"
    return f" ({word} {' and '.join(numbers)})" if numbers else ""


def _task(task: TaskState, subject: Subject) -> str:
    """What a task says, where everybody knows which account is meant."""
    says = visible(without_time(task))
    for name in dict.fromkeys((subject.mail, subject.user_principal_name)):
        says = says.replace(f"Call {name}", "Call the user").replace(name, "this account") if name else says
    return f"{says[:1].lower()}{says[1:]}"


def _to_recover(report: Report, tasks: Tasks, grounds: Grounds) -> Iterator[Statement]:
    """Money first: a bank recalls a payment within hours, and hardly ever later."""
    if Impact.FRAUD in report.verdict.impact:
        story = report.story
        yield Statement(
            "Within hours, call the bank about payments based on this account’s mail, payroll about "
            "changes, and whoever was asked for money or got changed bank details, on a number known from "
            f"before{_given(tasks, Turn.MONEY)}{_payees(report)}.",
            ("impact: fraud", *grounds.of(story.sent if story else ())),
        )


def _payees(report: Report) -> str:
    """Which accounts the attacker gave out, since a bank looks for payments by these."""
    given = report.exposure.payees if report.exposure else ()
    told = named([visible(payee(one)) for one in given], NAMED, "account")
    return f"; the attacker gave out {told}" if told else ""


def _to_check(report: Report, handled: Handled, tasks: Tasks, grounds: Grounds) -> Iterator[Statement]:
    """The accounts that nobody checked: where the attacker was, and whom the attacker wrote to."""
    leads = unchecked(report, handled)
    seen = [one for one in leads if one.why is not Tie.LURED]
    reached = report.exposure
    lured = [
        one
        for one in (reached.inside if reached else ())
        if not any(who.subject.is_meant_by(one) for who in handled.checked)
    ]
    given = _given(tasks, Turn.OTHERS)
    if seen:
        told = named(
            [f"{one.says} ({one.because})" if one.why else one.says for one in seen], NAMED, "account"
        )
        word = "" if len(seen) == 1 else f"{len(seen)} other accounts: "
        yield Statement(
            f"Check {word}{told}; not checked yet{given}.", grounds.of(seen) or ("story of the case",)
        )
    if reached and lured:
        yield Statement(
            f"Ask {named(lured, NAMED, 'account')} (inside; {TIES[Tie.LURED]}) whether they acted on it, and "
            f"check whoever did{'' if seen else given}.",
            grounds.of_records(reached.sent_records),
        )


def _to_secure(report: Report, tasks: Tasks) -> Iterator[Statement]:
    """The accounts at banks, payroll and other services that whoever reads this mailbox can reset."""
    task = next(iter(tasks.turns.get(Turn.SERVICES, ())), None)
    if task:
        names = [one.after for one in report.findings if one.sign.id == _RESETS and one.after]
        which = f" ({'; '.join(map(visible, names))})" if names else ""
        yield Statement(
            f"Secure accounts at other services{which} that send password resets to this mailbox, banks and "
            f"payroll first (manual task {task.number}).",
            ("ledger: manual tasks",),
        )


def _to_warn(report: Report, tasks: Tasks) -> Iterator[Statement]:
    seen, task = report.exposure, tasks.warning
    if seen is None or not seen.sent:
        return
    people = reach.recipients(seen)
    done = f" Done {parts.utc(task.done_at)}." if task and task.done_by else " Not done yet." if task else ""
    number = f" (manual task {task.number}, drafted in DRAFT-warning.txt)" if task else ""
    if people:
        says = f"Warn the {parts.counted(people, 'recipient')} that records name{number}"
        if seen.unnamed:
            says += f"; find those of {parts.counted(seen.unnamed, 'more message')} by a message trace"
    else:
        says = (
            f"Warn the recipients{number}: the records do not name them; run a message trace in the Exchange "
            "admin center, then warn them"
        )
    if seen.replies:
        given = named([defanged(visible(one)) for one in seen.replies], NAMED, "address")
        says += f", also against replying to {given}, which the attacker gave out"
    yield Statement(f"{says}.{done}", ("ledger: manual tasks",) if task else ("plan of the check",))


def _to_warn_in_chats(report: Report, grounds: Grounds) -> Iterator[Statement]:
    """Whoever is in the chats that the attacker wrote to, whom no mail warns."""
    if chats := in_chats(report):
        yield Statement(
            "Warn whoever is in the Teams chats that the attacker wrote to, and delete the messages "
            f"({listed(chats, 'finding')}).",
            grounds.of(chats),
        )


def in_short(report: Report, handled: Handled, statements: Sequence[Statement]) -> str:
    """Say the first thing to do and until when to notify, in a few words."""
    first = statements[0].says.rstrip(".") if statements else ""
    ends = (first.find(mark) for mark in (": ", "; ", ", and ", ". "))
    end = min((place for place in ends if place > 0), default=len(first))
    told = visible(first[:end])
    return "; ".join(one for one in (f"{told[:1].lower()}{told[1:]}", clock_ends(report, handled)) if one)


def clock_ends(report: Report, handled: Handled) -> str:
    """When the 72 hours end, in a few words; "" where nothing tells when they began."""
    ends = [
        f"{parts.utc(at + CLOCK)} if counted from {what}"
        for at, what in (
            (_alerted(report, handled), "Microsoft’s first alert"),
            (handled.opened_at, "this case"),
        )
        if at
    ]
    return f"the 72 hours of GDPR end {', or '.join(ends)}" if ends else ""


def _alerted(report: Report, handled: Handled) -> datetime | None:
    """When Microsoft raised its first alert, where that was before the case was opened."""
    told = report.story.alerted if report.story else ()
    at = next((one.at for one in told if one.at), None)
    return at if at and (handled.opened_at is None or at < handled.opened_at) else None


def _clock(report: Report, handled: Handled) -> Statement:
    law = ("GDPR, Art. 33(1)",)
    opened = handled.opened_at
    duty = (
        "if GDPR applies, a personal data breach must be notified to the authority within 72 hours "
        "of becoming aware of it, unless a risk to people is unlikely"
    )
    others = "Other laws, contracts and the insurance policy may set shorter times."
    alerted = _alerted(report, handled)
    raised = ""
    if report.story and alerted:
        told = visible(report.story.alerted[0].says)
        raised = f"{parts.utc(alerted + CLOCK)} (from {told}, which Microsoft raised {parts.utc(alerted)})"
    aware = "The organization says when it became aware."
    if opened is None:
        until = f"By {raised}, to" if raised else "To"
        untold = aware if raised else "When the organization became aware is not recorded here."
        return Statement(f"{until} be checked by counsel: {duty}. {untold} {others}", law)
    case = f"{parts.utc(opened + CLOCK)}{' (from the opening of this case)' if raised else ''}"
    until = f"{raised} or {case}" if raised else case
    counted = "" if raised else f"Counted from the opening of this case, {parts.utc(opened)}. "
    return Statement(
        f"By {until}, to be checked by counsel: {duty}. {counted}{aware} {others}",
        (*law, "ledger: case opened", *(("Microsoft’s first alert",) if raised else ())),
    )


def _numbers(tasks: Sequence[TaskState]) -> str:
    return (
        f"numbers {tasks[0].number} to {tasks[-1].number}" if len(tasks) > 1 else f"number {tasks[0].number}"
    )
