"""Take back what the user allowed applications to do.

Source: Microsoft, "Respond to a compromised email account in Microsoft 365", step 4; Microsoft Graph v1.0,
"Delete oAuth2PermissionGrant".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from commands.clues.records import one_line
from commands.plans.plan import Change, Look, Nothing, Phase, Planned, Undo
from commands.plans.planning_input import PlanningInput
from commands.steps.parts import (
    asks_for,
    because,
    finding_on_app,
    gaps,
    is_own_app,
    name_of,
    not_own_app,
    refusals,
)
from graph.evidence import Unavailable
from graph.parts.reading import literal, segment
from graph.request import Cmdlet, Request
from graph.resources.applications import OAuthGrant

TITLE = "Revoke application permissions"
SOURCE = "additional step"
PHASE = Phase.ERADICATE
PLANS = "one change for each delegated permission grant; a grant for all users is tenant-wide"
UNDO = "the same grant with a new ID"
PEOPLE = "one or two"
NEEDS: tuple[str, ...] = ("oauth_grants",)
WRITES: tuple[Request | Cmdlet, ...] = (
    Request("DELETE", "/oauth2PermissionGrants/{grant}"),
    Request("POST", "/oauth2PermissionGrants"),
)

_ID: Final = "revoke_oauth_grants"
_GRANTS: Final = "/oauth2PermissionGrants"
_SCOPES: Final = 300
"""Letters of the permissions that are shown; an application names those of its own as it likes."""


def plan(planning: PlanningInput) -> Iterator[Planned]:
    """Plan to revoke each grant; those that findings rest on are suggested."""
    refused = refusals(planning, _ID, NEEDS)
    if refused or isinstance(planning.evidence.oauth_grants, Unavailable):
        yield from refused
        return
    grants = planning.evidence.oauth_grants.value
    if not grants:
        yield Nothing(_ID, f"{name_of(planning)} has no delegated permission grants.")
    for grant in grants:
        if is_own_app(planning, grant.app_id):
            yield Nothing(_ID, "The bot's own application is skipped.", refused=True)
        else:
            yield _change(planning, grant)


def _change(planning: PlanningInput, grant: OAuthGrant) -> Change:
    app = one_line(grant.app_display_name) or f"the application {grant.client_id}"
    for_all = grant.consent_type.casefold() == "allprincipals"
    whose = "everyone in the tenant" if for_all else name_of(planning)
    finding = finding_on_app(planning, grant.id, grant.app_id, grant.client_id, name=grant.app_display_name)
    body: dict[str, Any] = {
        "clientId": grant.client_id,
        "consentType": grant.consent_type,
        "resourceId": grant.resource_id,
        "scope": grant.scope,
    }
    if grant.principal_id:
        body["principalId"] = grant.principal_id
    scopes = one_line(", ".join(grant.scopes), _SCOPES)
    ask = Request("GET", _GRANTS, {"$filter": f"clientId eq '{literal(grant.client_id)}'"})
    return Change(
        id=f"{_ID}:{grant.id}",
        step=_ID,
        says=f"Revoke the permissions of {app} for {whose}: {scopes or 'nothing'}",
        why=because(finding, "It can act for the account without its password; no finding is about it"),
        do=Request("DELETE", f"{_GRANTS}/{segment(grant.id)}"),
        look=Look(ask, where={"id": grant.id}, fields=("resourceId", "scope")),
        expects={"resourceId": grant.resource_id, "scope": grant.scope},
        wants=None,
        undo=Undo(
            says=f"Grant {app} the same permissions for {whose} again",
            do=Request("POST", _GRANTS, body=body),
            look=Look(
                ask,
                where={
                    "consentType": grant.consent_type,
                    "principalId": grant.principal_id or None,
                    "resourceId": grant.resource_id,
                },
                fields=("resourceId", "scope"),
            ),
            wants={"resourceId": grant.resource_id, "scope": grant.scope},
            note="The restored grant has a new ID.",
        ),
        suggested=asks_for(planning, finding),
        tenant_wide=for_all,
        demands=() if grant.app_id else tuple(not_own_app(planning, grant.client_id)),
        warns=(
            "Tokens already issued stay valid for up to an hour; revoke the sessions as well",
            *(() if grant.app_id else ("Which application this is could not be read",)),
            *gaps(planning, *NEEDS),
        ),
    )
