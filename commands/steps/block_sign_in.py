"""Block the account from signing in, with the manual task that goes with it where it is mastered elsewhere.

Source: Microsoft's document, step 5; Microsoft, "Respond to a compromised email account in Microsoft 365",
step 1; Microsoft Graph v1.0, "Update user".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from commands.plans.plan import Change, ManualTask, Nothing, Phase, Planned, Undo
from commands.plans.planning_input import PlanningInput
from commands.steps.demands import GLOBAL_ADMINISTRATOR, another_global_administrator
from commands.steps.parts import (
    ON_PREMISES_WAIT,
    ad_user,
    gaps,
    is_compromised,
    judgement,
    name_of,
    privileges,
    refusals,
    user_look,
    user_path,
)
from graph.evidence import Unavailable
from graph.request import Cmdlet, Request
from graph.resources.directory import User

TITLE = "Block the user account from signing in"
SOURCE = "step 5"
PHASE = Phase.CONTAIN
PLANS = (
    "the block, never for the last Global Administrator; a manual task as well for an account "
    "mastered on-premises"
)
UNDO = "sign-in is unblocked"
PEOPLE = "two"
NEEDS: tuple[str, ...] = ("user",)
WRITES: tuple[Request | Cmdlet, ...] = (Request("PATCH", "/users/{id}", body={"accountEnabled": False}),)

_ID: Final = "block_sign_in"


def plan(planning: PlanningInput) -> Iterator[Planned]:
    """Plan the block, and the same on the company's own servers for an account that comes from there."""
    refused = refusals(planning, _ID, NEEDS)
    if refused or isinstance(planning.evidence.user, Unavailable):
        yield from refused
        return
    user, name = planning.evidence.user.value, name_of(planning)
    if user.account_enabled is False:
        yield Nothing(_ID, f"{name} is already blocked from signing in.")
        return
    look, path = user_look(planning, "accountEnabled"), user_path(planning)
    yield Change(
        id=f"{_ID}:account",
        step=_ID,
        says=f"Block {name} from signing in",
        why=judgement(planning),
        do=Request("PATCH", path, body={"accountEnabled": False}),
        look=look,
        expects={"accountEnabled": user.account_enabled},
        wants={"accountEnabled": False},
        undo=Undo(
            says=f"Unblock sign-in for {name}",
            do=Request("PATCH", path, body={"accountEnabled": True}),
            look=look,
            wants={"accountEnabled": True},
        ),
        suggested=is_compromised(planning),
        demands=(another_global_administrator(planning.subject.id),) if _may_rule(planning) else (),
        warns=tuple(_warnings(planning, user)),
    )
    if user.on_premises_sync_enabled:
        yield _task(planning)


def _may_rule(planning: PlanningInput) -> bool:
    """Whether the account is a Global Administrator, or could be one as far as was seen."""
    roles = planning.evidence.directory_roles
    if isinstance(roles, Unavailable) or roles.missing:
        return True
    return any(role.role_definition_id.casefold() == GLOBAL_ADMINISTRATOR for role in roles.value)


def _warnings(planning: PlanningInput, user: User) -> Iterator[str]:
    yield "The mailbox still receives mail, and its rules and forwarding stay active"
    if user.on_premises_sync_enabled:
        yield (
            "The account is synced from on-premises Active Directory: disable it there too, "
            "because the next sync may re-enable it, or Microsoft may refuse this"
        )
    yield from privileges(planning)
    yield from gaps(planning, *NEEDS)


def _task(planning: PlanningInput) -> ManualTask:
    return ManualTask(
        id=f"{_ID}:on_premises",
        step=_ID,
        says=f"Disable {name_of(planning)} in on-premises Active Directory as well",
        how=(
            f"On a domain controller: {ad_user(planning)} | Disable-ADAccount",
            "On the Entra Connect server: Start-ADSyncSyncCycle -PolicyType Delta",
            f"{ON_PREMISES_WAIT}, unless it was started manually",
            "40 minutes after the block, verify in the Entra admin center that sign-in is still blocked",
            "To unblock the user later, enable the account in both places",
        ),
        suggested=is_compromised(planning),
    )
