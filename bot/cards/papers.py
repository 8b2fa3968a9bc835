"""What the ledger tells of a case, put together for the files that are written about it."""

from __future__ import annotations

from datetime import datetime

from bot.artefacts.containment import items, left_open, stopped
from bot.artefacts.do_now import Tasks
from bot.artefacts.handled import Checked, Handled, Rechecked
from bot.messages.roles_gone import roles_gone
from bot.messages.what_now import WhatNow
from commands.containment import effects
from commands.containment.proposals import Proposals
from commands.ledger import Case, Ledger
from commands.ledger import entries as e
from commands.ledger import tasks as listed
from commands.plans.approval import ProposalState
from commands.plans.plan import Change, offer_from
from commands.plans.task_order import is_at_once, without_time
from commands.rechecks.watch import never_carried_out
from commands.report import Report, VerdictCode


def handled_of(ledger: Ledger, case: Case) -> Handled:
    """Read what was done about a case so far.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    proposals = Proposals(ledger)
    planned = offer_from(case.offer or "[]")
    offered = [one for one in planned if isinstance(one, Change)]
    return Handled(
        case_id=case.id,
        proposals=proposals.of_case(case.id),
        tasks=listed.tasks(proposals.ledger, case.id),
        head=ledger.head(),
        opened_at=case.asked_at,
        rechecked=_rechecked(ledger, case.id),
        checked=tuple(
            Checked(one.subject, one.finished_at)
            for one in ledger.judged_since(case.tenant, case.window.start)
            if one.finished_at and one.verdict != VerdictCode.CANNOT_TELL
        ),
        never=tuple(one.says for one in never_carried_out(proposals, case.id, offered)),
        roles=roles_gone(planned, effects.done_since(proposals.ledger, case.id, case.finished_at)),
    )


def what_now(report: Report, handled: Handled, until: datetime | None) -> WhatNow | None:
    """Say what is left to do in a case; None before a plan against the attacker was carried out.

    Args:
        report: What the case's last check found.
        handled: What was done about it.
        until: When it is rechecked for the last time.
    """
    if not any(one.kind == "contain" and one.state is ProposalState.DONE for one in handled.proposals):
        return None
    tasks = Tasks(handled.tasks)
    first = tasks.first
    left = left_open(items(report, handled))
    return WhatNow(
        open=tuple(one.says for one in left if not one.task),
        by_hand=tuple(one.says for one in left if one.task),
        never=len(handled.never),
        tasks=len(tasks.open),
        later=len(tasks.later),
        number=first.number if first else 0,
        first=without_time(first) if first else "",
        at_once=first is not None and is_at_once(first),
        reappeared=any(one.door.reappeared for one in left),
        blocked=stopped(handled).blocked,
        until=until,
    )


def _rechecked(ledger: Ledger, case_id: str) -> Rechecked | None:
    last = None
    for entry in ledger.entries(case_id=case_id, kinds=(e.Rechecked.KIND,)):
        if isinstance(event := entry.event, e.Rechecked):
            at = datetime.fromisoformat(entry.at)
            last = Rechecked(at, event.seen, event.raised, event.came_back, event.closed, event.not_seen)
    return last
