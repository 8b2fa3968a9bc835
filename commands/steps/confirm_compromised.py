"""Tell Identity Protection that the account is compromised.

Source: Microsoft Graph v1.0, "riskyUser: confirmCompromised" and "riskyUser: dismiss".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from commands.plans.plan import Change, Look, Nothing, Phase, Planned, Undo
from commands.plans.planning_input import PlanningInput
from commands.steps.parts import gaps, is_compromised, judgement, name_of, refusals
from graph.evidence import Unavailable
from graph.parts.reading import segment
from graph.request import Cmdlet, Limit, Request

TITLE = "Confirm the user compromised"
SOURCE = "additional step"
PHASE = Phase.CONTAIN
PLANS = "the confirmation in Identity Protection that the account is compromised"
UNDO = "the risk is dismissed"
PEOPLE = "one"
NEEDS: tuple[str, ...] = ("risky_user",)
WRITES: tuple[Request | Cmdlet, ...] = (
    Request("POST", "/identityProtection/riskyUsers/confirmCompromised"),
    Request("POST", "/identityProtection/riskyUsers/dismiss"),
)

_ID: Final = "confirm_compromised"
_CONFIRMED: Final = "confirmedCompromised"
_LICENSE: Final = "Microsoft Entra ID P2"
_USERS: Final = "/identityProtection/riskyUsers"


def plan(planning: PlanningInput) -> Iterator[Planned]:
    """Plan to confirm it, where Identity Protection can be seen at all."""
    refused = refusals(planning, _ID, NEEDS)
    if refused or isinstance(planning.evidence.risky_user, Unavailable):
        yield from refused
        return
    risky, name = planning.evidence.risky_user.value, name_of(planning)
    if risky is not None and risky.risk_level.casefold() == "hidden":
        yield Nothing(
            _ID, f"Identity Protection hides its details from this tenant: needs {_LICENSE}.", refused=True
        )
        return
    if risky is not None and risky.risk_state.casefold() == _CONFIRMED.casefold():
        yield Nothing(_ID, f"{name} is already confirmed compromised in Identity Protection.")
        return
    user = planning.subject.id
    # Whether it is confirmed is all that counts: the other states move by themselves, as after a reset.
    look = Look(
        Request("GET", f"{_USERS}/{segment(user)}", {"$select": "id,riskState"}, limit=Limit.RISK),
        where={"riskState": _CONFIRMED},
    )
    yield Change(
        id=f"{_ID}:user",
        step=_ID,
        says=f"Confirm {name} compromised in Identity Protection",
        why=judgement(planning),
        do=Request("POST", f"{_USERS}/confirmCompromised", body={"userIds": [user]}, limit=Limit.RISK),
        look=look,
        expects=None,
        wants={},
        undo=Undo(
            says=f"Dismiss the risk of {name} in Identity Protection",
            do=Request("POST", f"{_USERS}/dismiss", body={"userIds": [user]}, limit=Limit.RISK),
            look=look,
            wants=None,
            note="This dismisses the risk, which may differ from the previous state.",
        ),
        suggested=is_compromised(planning),
        warns=(
            "Risk-based policies may immediately block the user or require a new password",
            *gaps(planning, *NEEDS),
        ),
    )
