"""The window in which changes are taken out of an open proposal."""

from __future__ import annotations

from bot.messages import Block, Modal, parts
from bot.messages.choices import Choice, choices
from bot.messages.escape import said
from bot.messages.plans import reference
from commands.containment.proposals import Proposal


def strike_modal(proposal: Proposal) -> Modal:
    """Offer each change of a proposal, by its number on the card; nothing is ticked from the start.

    The value of a checkbox is the place of its change in the plan as text; its block id is ``strike:<n>`` and
    its action id ``chosen``. The reason is in the block ``reason``.
    """
    ours = parts.domains_of(proposal.plan.subject)
    offered = [Choice((place,), change.says) for place, change in enumerate(proposal.plan.changes)]
    body, left = choices("Changes to strike out", "strike", offered, proposal.plan.subject)
    blocks: list[Block] = [
        parts.section(
            f"Proposal {said(proposal.id, 40)} for *{said(proposal.plan.subject, 100, ours)}*\n"
            "Choose the changes to strike out. This proposal closes, and the rest is proposed again; votes "
            "given so far do not count for it."
        ),
        parts.reason("Reason (shown on the cards)"),
        *body,
    ]
    if left:
        blocks.append(parts.context(f"… {left} more; strike them by number: see /compromise help"))
    return Modal(
        callback_id="strike",
        title="Strike out changes",
        blocks=tuple(blocks),
        submit="Strike out",
        private_metadata=reference(proposal),
    )
