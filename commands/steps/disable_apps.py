"""Switch an application off for everybody in the tenant.

Source: Microsoft Entra, "Disable how a user signs in to an application"; Microsoft Graph v1.0, "Update
servicePrincipal". Microsoft's own applications are never offered: much else stands on them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from commands.clues.records import one_line
from commands.plans.plan import Change, Look, Nothing, Phase, Planned, Undo
from commands.plans.planning_input import PlanningInput
from commands.report import Severity
from commands.steps.parts import because, finding_on_app, gaps, is_own_app, name_of, refusals
from commands.symptoms.oauth_apps import MICROSOFT_OWNERS
from graph.evidence import Unavailable
from graph.parts.reading import segment
from graph.request import Cmdlet, Request
from graph.resources.applications import OAuthGrant

TITLE = "Disable applications"
SOURCE = "additional step"
PHASE = Phase.ERADICATE
PLANS = (
    "one change for each application that the user consented to, for everyone in the tenant; "
    "never one of Microsoft's and never the bot's own"
)
UNDO = "the application is enabled again"
PEOPLE = "two"
NEEDS: tuple[str, ...] = ("oauth_grants",)
WRITES: tuple[Request | Cmdlet, ...] = (Request("PATCH", "/servicePrincipals/{id}"),)

_ID: Final = "disable_apps"


def plan(planning: PlanningInput) -> Iterator[Planned]:
    """Plan to switch off each application that the user let in; suggested where a grave finding names it."""
    refused = refusals(planning, _ID, NEEDS)
    if refused or isinstance(planning.evidence.oauth_grants, Unavailable):
        yield from refused
        return
    apps = {grant.client_id: grant for grant in reversed(planning.evidence.oauth_grants.value)}
    planned = [one for grant in reversed(apps.values()) if (one := _plan(planning, grant)) is not None]
    yield from planned
    if not planned:
        yield Nothing(_ID, f"{name_of(planning)} consented only to Microsoft applications.")


def _plan(planning: PlanningInput, grant: OAuthGrant) -> Planned | None:
    """What to do about one application; None for one of Microsoft's own that no finding names."""
    app = one_line(grant.app_display_name) or f"the application {grant.client_id}"
    finding = finding_on_app(planning, grant.id, grant.app_id, grant.client_id, name=grant.app_display_name)
    if grant.app_owner_organization_id.casefold() in MICROSOFT_OWNERS:
        if finding is None:
            return None
        why = f"{app} is a Microsoft application that others depend on; revoke its permissions instead."
        return Nothing(_ID, why, refused=True)
    if not grant.app_id:
        why = f"{app[0].upper()}{app[1:]} could not be read, so its publisher is unknown."
        return Nothing(_ID, why, refused=True)
    if is_own_app(planning, grant.app_id):
        return Nothing(_ID, "The bot's own application is skipped.", refused=True)
    if grant.app_enabled is False:
        return Nothing(_ID, f"{app} is already disabled.")
    path = f"/servicePrincipals/{segment(grant.client_id)}"
    look = Look(Request("GET", path, {"$select": "accountEnabled"}), fields=("accountEnabled",))
    return Change(
        id=f"{_ID}:{grant.client_id}",
        step=_ID,
        says=f"Disable {app} for everyone in the tenant",
        why=because(finding, "The user consented to it; no finding is about it"),
        do=Request("PATCH", path, body={"accountEnabled": False}),
        look=look,
        expects={"accountEnabled": grant.app_enabled},
        wants={"accountEnabled": False},
        undo=Undo(
            says=f"Enable {app} again",
            do=Request("PATCH", path, body={"accountEnabled": True}),
            look=look,
            wants={"accountEnabled": True},
        ),
        # It reaches everybody, so that a finding that fits harmless things as well does not ask for it.
        suggested=finding is not None and finding.severity >= Severity.HIGH,
        tenant_wide=True,
        warns=(
            "No one in the tenant can sign in to the application then; ask whether others use it",
            "Tokens already issued stay valid for up to an hour",
            *gaps(planning, *NEEDS),
        ),
    )
