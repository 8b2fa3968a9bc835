"""Whether the attacker is kept out, by what the ledger says was carried out and read back. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.artefacts.handled import Handled
from commands.outcomes import Outcome
from commands.plan import RESTORING

_STOPS: Final = {
    "block_sign_in": "sign-in was blocked",
    "revoke_sessions": "sessions were revoked",
    "reset_password": "the password was reset",
}
"""The steps that keep somebody out, in the words of a sentence."""

DONE: Final = frozenset({Outcome.CONFIRMED, Outcome.ALREADY})
"""What was read back from Microsoft 365 as it should be."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """What keeps the attacker out, as the ledger tells it.

    Attributes:
        at: When the last of the deeds that count was done; None while not all of them are.
        deeds: Each such deed that was done, with when.
        given_back: When sign-in was given back, None where it was not.
        began: Whether anything was carried out at all.
    """

    at: datetime | None
    deeds: tuple[tuple[str, datetime], ...]
    given_back: datetime | None
    began: bool


def stopped(handled: Handled) -> Stopped:
    """Read from what was carried out whether somebody is kept out.

    Sessions and password together keep somebody out who knew the password; a block does, for as long as it
    stands. One of them alone does not: who is signed in stays in, and who knows the password comes again.
    """
    deeds: dict[str, datetime] = {}
    given_back = None
    began = False
    for proposal in handled.proposals:
        for action in proposal.actions:
            began = True
            at = action.ended_at or action.intended_at
            if action.outcome not in DONE:
                continue
            if action.change.startswith(RESTORING):
                if action.change.split(":", 2)[2].startswith("block_sign_in:"):
                    given_back = at
                continue
            step = action.change.partition(":")[0]
            if step in _STOPS:
                deeds[step] = at
                given_back = None if step == "block_sign_in" else given_back
    ends = [times for times in map(deeds.get, ("revoke_sessions", "reset_password")) if times]
    if len(ends) < 2 and "block_sign_in" in deeds and given_back is None:
        ends = [times for times in map(deeds.get, ("revoke_sessions", "block_sign_in")) if times]
    named = tuple((_STOPS[step], deeds[step]) for step in _STOPS if step in deeds)
    return Stopped(max(ends) if len(ends) == 2 else None, named, given_back, began)
