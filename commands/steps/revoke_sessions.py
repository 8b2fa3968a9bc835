"""End every session of the account: whoever is signed in must sign in again.

Source: Microsoft, "Respond to a compromised email account in Microsoft 365", step 2; Microsoft Graph v1.0,
"user: revokeSignInSessions".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from commands.plans.plan import Change, Phase, Planned, State
from commands.plans.planning_input import PlanningInput
from commands.report import VerdictCode
from commands.steps.parts import name_of, privileges, refusals, user_look, user_path
from graph.evidence import Known
from graph.parts.reading import graph_time
from graph.request import Cmdlet, Request

TITLE = "Revoke the user's sessions"
SOURCE = "step 1"
PHASE = Phase.CONTAIN
PLANS = "revoking all sessions and refresh tokens"
UNDO = "cannot be undone: the user signs in again"
PEOPLE = "two"
NEEDS: tuple[str, ...] = ()
WRITES: tuple[Request | Cmdlet, ...] = (Request("POST", "/users/{id}/revokeSignInSessions"),)

FIELD: Final = "signInSessionsValidFromDateTime"
"""Sessions from before this time are void."""

_ID: Final = "revoke_sessions"


def plan(planning: PlanningInput) -> Iterator[Planned]:
    """Plan to end the sessions; whether there are any, nobody can see."""
    refused = refusals(planning, _ID, NEEDS)
    if refused:
        yield from refused
        return
    answer = planning.report.verdict.answer
    yield revoking(
        planning,
        id=f"{_ID}:sessions",
        step=_ID,
        says=f"Revoke all sessions of {name_of(planning)}",
        why="Existing sessions stay active regardless of a new password",
        suggested=answer in (VerdictCode.COMPROMISED, VerdictCode.SUSPICIOUS),
    )


def revoking(
    planning: PlanningInput,
    *,
    id: str,  # noqa: A002 - the field's own name
    step: str,
    says: str,
    why: str,
    suggested: bool,
    after: tuple[str, ...] = (),
) -> Change:
    """Make the change that ends every session; the reset of the password needs the same once more."""
    return Change(
        id=id,
        step=step,
        says=says,
        why=why,
        do=Request("POST", user_path(planning, "revokeSignInSessions")),
        look=user_look(planning, FIELD),
        expects=_valid_from(planning),
        wants={},
        moves=True,
        no_undo="A revoked session cannot be restored; the user signs in again.",
        suggested=suggested,
        after=after,
        warns=(
            "Open apps may keep working for up to an hour, until their access tokens expire",
            *privileges(planning),
        ),
    )


def _valid_from(planning: PlanningInput) -> State:
    user = planning.evidence.user
    moment = user.value.sign_in_sessions_valid_from_date_time if isinstance(user, Known) else None
    return {FIELD: graph_time(moment) if moment is not None else None}
