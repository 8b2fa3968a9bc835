"""The window in which changes are taken out of an open proposal."""

from __future__ import annotations

from bot.messages import Block, Modal, parts
from bot.messages.escape import cut, plain, said
from bot.messages.limits import characters
from bot.messages.plans import reference
from commands.proposals import Proposal

_MOST = 300
_CHARACTERS = 200_000


def strike_modal(proposal: Proposal) -> Modal:
    """Offer each change of a proposal, by its number on the card; nothing is ticked from the start.

    The value of a checkbox is the place of its change in the plan as text; its block id is ``strike:<n>`` and
    its action id ``chosen``. The reason is in the block ``reason``.
    """
    ours = parts.domains_of(proposal.plan.subject)
    most = min(len(proposal.plan.changes), _MOST)
    body = _groups(proposal, most, ours)
    while characters(body) > _CHARACTERS:
        most = most * 3 // 4
        body = _groups(proposal, most, ours)
    left = len(proposal.plan.changes) - most
    blocks: list[Block] = [
        parts.section(
            f"Proposal {said(proposal.id, 40)} for *{said(proposal.plan.subject, 100, ours)}*\n"
            "Choose what is not to be done. This proposal closes, and everything else is proposed anew: "
            "votes given so far do not count for it."
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


def _groups(proposal: Proposal, most: int, ours: frozenset[str]) -> list[Block]:
    blocks: list[Block] = []
    for n, begin in enumerate(range(0, most, parts.CHECKBOXES)):
        options = []
        in_full = []
        for place, change in enumerate(
            proposal.plan.changes[begin : min(begin + parts.CHECKBOXES, most)], begin
        ):
            words = f"{place + 1}. {plain(change.says, 600, ours)}"
            options.append(parts.option(cut(words, parts.OPTION_TEXT), str(place)))
            if len(words) > parts.OPTION_TEXT:
                in_full.append(f"*{place + 1}.* {said(change.says, 400, ours)}")
        blocks += parts.small_print(in_full)
        label = "Not to be done" if n == 0 else "Not to be done (continued)"
        blocks.append(parts.checkboxes(label, f"strike:{n}", options, ()))
    return blocks
