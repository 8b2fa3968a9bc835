"""What the card of a case shows, read from the ledger: the case, and all that was done about it."""

from __future__ import annotations

from dataclasses import replace

from bot.artefacts import report_store
from bot.artefacts.containment import NAME_BACK, stands_now
from bot.cards.papers import handled_of, what_now
from bot.messages.case_card import CaseView
from bot.messages.proposal_words import proposal_line
from bot.messages.roles_gone import roles_gone
from bot.portals import portals_of
from commands.check import Progress
from commands.containment import effects
from commands.containment.proposals import Proposals
from commands.containment.propose import contain_now, without_done
from commands.ledger import BOT, Case, CaseState, Ledger
from commands.ledger import tasks as listed
from commands.plans.plan import Change, Nothing, offer_from
from commands.rechecks.watch import never_carried_out
from graph.settings import Cloud


def view_of(case: Case, *, progress: Progress | None = None, files: tuple[str, ...] = ()) -> CaseView:
    """Give what the card shows of a case."""
    return CaseView(
        case_id=case.id,
        subject=case.subject.mail,
        subject_name=case.subject.display_name,
        asked_by="" if case.asked_by == BOT else case.asked_by,
        window=case.window,
        state=case.state.value,
        started_at=case.asked_at,
        progress=progress,
        report=report_store.load(case.report) if case.state is CaseState.DONE and case.report else None,
        files=files,
        finished_at=case.finished_at,
        note=case.note,
    )


def view_as_it_stands(ledger: Ledger, case: Case, files: tuple[str, ...], cloud: Cloud | None) -> CaseView:
    """Give what the card shows of a case and of everything that was done about it.

    Args:
        ledger: Where it was noted.
        case: The case.
        files: The names of the files in its thread.
        cloud: Which of Microsoft's clouds its tenant is in; None for a tenant that is no longer configured.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    view = view_of(case, files=files)
    if view.report is None:
        return replace(view, offers=False if case.state is CaseState.FAILED else None)
    seen = ledger.last_recheck(case.id)
    proposals = Proposals(ledger)
    offered = offer_from(case.offer or "[]")
    done = effects.done_since(proposals.ledger, case.id, case.finished_at)
    offer = without_done(offered, done)
    changes = [one for one in offer if isinstance(one, Change)]
    handled = handled_of(ledger, case)
    return replace(
        view,
        proposals=tuple(proposal_line(one) for one in proposals.of_case(case.id)),
        doors=seen.says if seen else "",
        raised=seen.raised if seen else False,
        late=seen is not None and seen.only_late,
        left=seen is not None and bool(never_carried_out(proposals, case.id, changes)),
        offers=any(not isinstance(one, Nothing) for one in offer),
        now=bool(contain_now(offer)),
        stands=stands_now(view.report, handled),
        roles=roles_gone(offered, done),
        name_restored=NAME_BACK in done,
        what_now=what_now(view.report, handled, listed.watched_until(proposals.ledger, case.id)),
        portals=portals_of(case.subject.id, cloud) if cloud else (),
    )
