"""The window in which somebody approves a proposal: what it comes to, what is grave in it, and the code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.messages import Block, Modal, parts
from bot.messages.escape import said
from bot.messages.plans import DIGEST_SHOWN, counting, of_account
from bot.messages.proposal_words import counts
from commands.containment.proposals import Proposal
from commands.containment.propose import is_disruptive, is_irreversible
from commands.plans.plan import Change

_SAYS = 160
"""How many characters of a change are said."""

_NAMED = 12
"""How many changes of a group are named; all of them stand on the card."""


def approve_modal(proposal: Proposal, *, code: bool) -> Modal:
    """Ask whether exactly this plan is approved; sending the window is the vote.

    Args:
        proposal: What is approved; the window carries its whole digest.
        code: Whether the approval goes with a code; the field is ``code``.
    """
    ours = parts.domains_of(proposal.plan.subject)
    changes = list(enumerate(proposal.plan.changes, start=1))
    final = [one for one in changes if is_irreversible(one[1])]
    wide = [one for one in changes if one[1].tenant_wide and not is_irreversible(one[1])]
    told = {number for number, _ in (*final, *wide)}
    disrupts = [one for one in changes if is_disruptive(one[1]) and one[0] not in told]
    blocks: list[Block] = [
        parts.section(f"*{said(proposal.plan.subject, 100, ours)}*\n{counts(proposal)}"),
        *_group("Cannot be undone", final, proposal),
        *_group("Affects more than this account", wide, proposal),
        *_group("Disrupts the user's work, can be undone", disrupts, proposal),
        parts.section(_then(proposal)),
    ]
    if code:
        blocks.append(parts.code_entry())
    blocks.append(
        parts.context(
            f"Proposal {said(proposal.id, 40)} by {parts.mention(proposal.proposed_by)} · digest"
            f" `{said(proposal.digest[:DIGEST_SHOWN], 20)}`; you approve exactly what its card lists"
        )
    )
    return Modal(
        callback_id="approve",
        title="Approve this plan?",
        blocks=tuple(blocks),
        submit="Approve",
        close="Not yet",
        private_metadata=f"{proposal.id} {proposal.digest}",
    )


def _group(title: str, changes: Sequence[tuple[int, Change]], proposal: Proposal) -> Iterator[Block]:
    if not changes:
        return
    lines = [_line(number, one, proposal.plan.subject) for number, one in changes[:_NAMED]]
    left = len(changes) - _NAMED
    yield from parts.paragraphs(f"*{title}*", [*lines, *([f"… {left} more on the card"] if left > 0 else [])])


def _line(number: int, change: Change, subject: str) -> str:
    """A change in as few words as say what it does: why it has no undo stands on the card."""
    says = said(of_account(change.says, subject), _SAYS, parts.domains_of(subject))
    disrupts = " · *disrupts the user's work*" if is_irreversible(change) and is_disruptive(change) else ""
    wide = " · *affects more than this account*" if is_irreversible(change) and change.tenant_wide else ""
    return f"{number}. {says}{disrupts}{wide}"


def _then(proposal: Proposal) -> str:
    missing = proposal.needs - len(counting(proposal)) - 1
    if missing > 0:
        return f"After your approval it still needs {parts.people(missing)}."
    return "Yours is the last approval that it needs: it is carried out immediately."
