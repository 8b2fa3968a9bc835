"""The window in which people choose what is undone, by the numbers of the plans that did it."""

from __future__ import annotations

from collections.abc import Sequence

from bot.messages import Modal, parts
from bot.messages.choices import Choice, choices
from bot.messages.escape import said
from bot.messages.names import title
from bot.messages.plans import offer_reference
from commands.containment.proposals import Action
from commands.plans.plan import Change
from commands.plans.undo import PUTS_BACK, Undoable, undo_notes
from graph.question import Subject


def restore_modal(case_id: str, subject: Subject | str, done: Sequence[tuple[Undoable, Action]]) -> Modal:
    """Offer the undo of each change that was made; nothing is ticked from the start.

    The value of a checkbox is its place in `done` as text; its block id is ``undo:<n>`` and its action id
    ``chosen``. The reason is in the block ``reason``. What carries no undo is left out.
    """
    ours = parts.domains_of(subject)
    name = title(subject)
    several = len({one.proposal_id for one, _ in done}) > 1
    places = [
        Choice((place,), one.change.undo.says, _below(one.change, action), number=_number(one, several))
        for place, (one, action) in sorted(enumerate(done), key=_wanted_most)
        if one.change.undo is not None
    ]
    body, left = choices("Changes to undo", "undo", places, subject)
    some = "Choose the changes to undo. Nothing is changed until it is approved."
    if any(_puts_back(one.change) for one, _ in done):
        # Said once: below each checkbox it left no room for anything else.
        some += f"\n⚠ {PUTS_BACK}."
    blocks = [
        parts.section(
            f"*{said(name, 100, ours)}* · case {said(case_id, 40)}\n"
            + (some if places else "There are no changes to undo.")
        ),
        *body,
    ]
    if left:
        blocks.append(parts.section(f"… {left} more; available once these are undone."))
    if places:
        blocks.append(parts.reason("Reason (shown to approvers)"))
    return Modal(
        callback_id="restore",
        title="Undo changes",
        blocks=tuple(blocks),
        submit="Propose" if places else "",
        close="Cancel" if places else "Close",
        private_metadata=offer_reference(case_id, [one.change for one, _ in done]),
    )


def _number(one: Undoable, several: bool) -> str:
    """How its plan numbers it, with the proposal where there are several."""
    return f"{one.proposal_id}/{one.number}" if several else str(one.number)


def _wanted_most(place: tuple[int, tuple[Undoable, Action]]) -> bool:
    """Put first what nearly every undo is about, signing in again; the others keep their order."""
    return place[1][0].change.step != "block_sign_in"


def _puts_back(change: Change) -> bool:
    """Whether what the attacker had may come back with it."""
    return change.undo is not None and PUTS_BACK in undo_notes(change)


def _below(change: Change, action: Action) -> str:
    mark = "⚠ " if _puts_back(change) else ""
    notes = (one for one in undo_notes(change) if one != PUTS_BACK)
    return " · ⚠ ".join((f"{mark}changed {parts.utc(action.ended_at)}", *notes))
