"""Which changes of a case took effect, and which of them can be undone."""

from __future__ import annotations

from datetime import datetime

from commands.ledger import Ledger
from commands.ledger import proposals as stored
from commands.ledger.proposals import Proposal
from commands.plans.outcomes import DONE
from commands.plans.plan import Change
from commands.plans.undo import Undoable


def made(proposal: Proposal) -> tuple[Change, ...]:
    """Give the changes of a proposal that were made, in the order in which they were."""
    changes = {change.id: change for change in proposal.plan.changes}
    return tuple(changes[action.change] for action in proposal.actions if action.outcome in DONE)


def done_since(ledger: Ledger, case_id: str, moment: datetime | None) -> frozenset[str]:
    """Give the ids of the changes of a case that took effect after a time, and were not undone since.

    A check that was made later has looked itself, and offers again what is needed again.
    """
    since = {
        action.change
        for proposal in stored.read(ledger, "case_id = ?", [case_id])
        for action in proposal.actions
        if action.ended_at is not None and (moment is None or action.ended_at >= moment)
    }
    return stored.confirmed_changes(ledger, case_id) & since


def undoable(ledger: Ledger, case_id: str) -> tuple[Undoable, ...]:
    """Give the changes of a case that can be undone: the last one made first."""
    found = [
        Undoable(proposal.id, proposal.plan.changes.index(change) + 1, change)
        for proposal in stored.read(ledger, "case_id = ?", [case_id])
        if proposal.kind == "contain"
        for change in made(proposal)
        if change.undo is not None
    ]
    undone = stored.undone(ledger)
    return tuple(one for one in reversed(found) if (one.proposal_id, one.change.id) not in undone)
