"""Let the mailbox send again, last of all.

Source: Microsoft's document, step 4; Exchange PowerShell, "Remove-BlockedSenderAddress"; Microsoft, "Remove
blocked users from the Restricted entities page". An account that is let send while the intruder is still in
it is blocked again, and Microsoft limits how often that may be undone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from commands.clues.records import one_line
from commands.plans.plan import Change, Look, Phase, Planned
from commands.plans.planning_input import PlanningInput
from commands.report import VerdictCode
from commands.steps.mailbox_parts import with_gaps
from commands.steps.parts import is_compromised, name_of, refusals
from graph.request import Cmdlet, Request
from graph.resources.mailbox import BlockedSender

TITLE = "Unblock the mailbox from sending"
SOURCE = "step 4"
PHASE = Phase.RECOVER
PLANS = (
    "removal from Restricted entities, after all changes that remove the attacker's access; "
    "Microsoft allows this only a few times"
)
UNDO = "cannot be undone: an address cannot be restricted manually"
PEOPLE = "two"
NEEDS: Final = ("blocked_senders",)
WRITES: tuple[Request | Cmdlet, ...] = (Cmdlet("Remove-BlockedSenderAddress"),)

CONTAINING: Final = frozenset(
    {
        "block_sign_in",
        "revoke_sessions",
        "reset_password",
        "remove_sign_in_methods",
        "revoke_oauth_grants",
        "remove_forwarding",
        "disable_inbox_rules",
        "disable_sweep_rules",
        "remove_delegates",
        "disable_transport_rules",
    }
)
"""The steps that shut the intruder out or close a back door; their suggested changes come first."""

ALWAYS: Final = frozenset({"revoke_sessions", "reset_password"})
"""Those of them that come first unless the check found no sign of a takeover, suggested or not."""

_ID: Final = "unblock_sending"
_NO_RESET: Final = (
    "The bot does not reset this account's password: verify that it has been reset, or the "
    "attacker keeps sending"
)


def plan(planning: PlanningInput) -> Iterator[Planned]:
    """Plan to take the account off the restricted entities, after all that contains the intruder."""
    if refused := refusals(planning, _ID):
        yield from refused
        return
    blocked = {
        one.sender_address.casefold(): one
        for one in planning.evidence.blocked_senders.seen(())
        if planning.subject.is_meant_by(one.sender_address)
    }
    changes = [_change(planning, one) for one in blocked.values()]
    yield from with_gaps(_ID, planning, changes, "The mailbox is not blocked from sending.", *NEEDS)


def _comes_first(planning: PlanningInput, change: Change) -> bool:
    """Whether a change must be confirmed before the mailbox may send again."""
    clean = planning.report.verdict.answer is VerdictCode.NO_SIGN_FOUND
    return change.step in CONTAINING and (change.suggested or (change.step in ALWAYS and not clean))


def _change(planning: PlanningInput, blocked: BlockedSender) -> Change:
    address = blocked.sender_address
    since = f" since {blocked.created_datetime:%Y-%m-%d %H:%M} UTC" if blocked.created_datetime else ""
    whose = name_of(planning)
    if address.casefold() != whose.casefold():
        whose = f"{whose} as {one_line(address)}"
    first = tuple(one for one in planning.planned if _comes_first(planning, one))
    asked = next(planning.findings("sending_blocked"), None) is not None and is_compromised(planning)
    contained = any(one.step == "reset_password" for one in first) and all(one.suggested for one in first)
    return Change(
        id=f"{_ID}:{address.casefold()}",
        step=_ID,
        says=f"Unblock sending for {whose}",
        why=f"Microsoft blocks {one_line(address)} from sending{since}.",
        do=Cmdlet("Remove-BlockedSenderAddress", {"SenderAddress": address}),
        look=Look(
            Cmdlet("Get-BlockedSenderAddress", {"SenderAddress": address}), where={"SenderAddress": address}
        ),
        expects={},
        wants=None,
        no_undo="Microsoft provides no way to block an address manually.",
        # Microsoft's document asks for it, and it waits until everything else is confirmed.
        suggested=asked and contained,
        after=tuple(one.id for one in first),
        warns=(
            "Microsoft limits how often an account can be unblocked; beyond that, contact support",
            "It usually takes effect within an hour, at most a day",
            *(() if any(one.step == "reset_password" for one in planning.planned) else (_NO_RESET,)),
        ),
        repeatable=False,
    )
