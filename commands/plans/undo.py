"""Undo: the plan that takes changes back, and the ids by which the ledger knows it.

`commands.containment.effects` says which changes of a case can be undone. An undo is proposed, approved and
carried out as any plan is (`bot.verbs.restore`); once it took effect, the ledger marks the change that it
took back (`commands.ledger.apply`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from commands.errors import PlanRefused
from commands.plans.plan import Change, Plan
from graph.question import Subject

_UNDO: Final = "restore:"
"""How the id of an undo begins, as the ledger keeps it: followed by the proposal, a colon and the change."""

PUTS_BACK: Final = "What the attacker set up or used may come back"
"""What whoever chooses or approves an undo has to know, unless its own note says what the attacker set."""

_GIVES_BACK_NOTHING_OF_THEIRS: Final = frozenset(
    {"block_sign_in", "confirm_compromised", "restore_contact_data"}
)
"""The steps whose undo is the user's own, or has a note that says whose value it is."""


@dataclass(frozen=True, slots=True)
class Undoable:
    """A change that was made, can be undone, and was not undone yet.

    Attributes:
        proposal_id: The proposal that made it.
        number: Its number in that proposal's plan, from 1, by which people know it.
        change: The change.
    """

    proposal_id: str
    number: int
    change: Change


def undo_id(proposal_id: str, change_id: str) -> str:
    """Make the id of the change that takes back a change of a proposal."""
    return f"{_UNDO}{proposal_id}:{change_id}"


def is_undo(change_id: str) -> bool:
    """Whether this takes another change back, which may open a back door again."""
    return change_id.startswith(_UNDO)


def undone_by(change_id: str) -> tuple[str, str] | None:
    """Give what an undo takes back: its proposal, and its id; None for a change that is no undo."""
    if not is_undo(change_id):
        return None
    proposal_id, _, undone = change_id.removeprefix(_UNDO).partition(":")
    return proposal_id, undone


def undo_notes(change: Change) -> tuple[str, ...]:
    """What people should know before a change is undone, the gravest first; () where there is nothing."""
    theirs = () if change.step in _GIVES_BACK_NOTHING_OF_THEIRS else (PUTS_BACK,)
    return (*theirs, *((change.undo.note,) if change.undo and change.undo.note else ()))


def undo_plan(
    *, case_id: str, tenant: str, subject: Subject, undoable: Sequence[Undoable], nonce: str
) -> Plan:
    """Make a plan that takes recorded changes back, the last one made first.

    Raises:
        PlanRefused: nothing was chosen.
    """
    changes = tuple(change for one in undoable for change in _taken_back(one))
    if not changes:
        raise PlanRefused("None of the chosen changes can be undone.")
    return Plan(
        case_id=case_id,
        tenant=tenant,
        subject_id=subject.id,
        subject=subject.mail or subject.user_principal_name,
        changes=changes,
        tasks=(),
        nonce=nonce,
    )


def _taken_back(one: Undoable) -> Iterable[Change]:
    """The change that undoes another; it expects the state that the other one left behind."""
    change, undo = one.change, one.change.undo
    if undo is None:
        return
    yield Change(
        id=undo_id(one.proposal_id, change.id),
        step=change.step,
        says=undo.says,
        why=f"It undoes a change of proposal {one.proposal_id}: {change.says}.",
        do=undo.do,
        look=undo.look,
        expects=change.wants,
        wants=undo.wants,
        undo=None,
        no_undo="This is already an undo; propose the step again instead.",
        tenant_wide=change.tenant_wide,
        warns=undo_notes(change),
    )
