"""What the user allowed applications to do, with the applications behind it.

Source: Microsoft Graph v1.0, "List oAuth2PermissionGrants of a user" and "Get servicePrincipal". These are
the user's own grants. Those that an administrator gave for everybody concern the whole tenant and carry no
time, so that none can be told to be recent; consent given in the window is in the directory's audit records.
"""

from __future__ import annotations

from typing import Any

from graph.effects import Asking, Item, fetch, try_each
from graph.errors import GraphError
from graph.evidence import Known
from graph.parts.reading import lacking, read_each, segment, unsent
from graph.question import Question
from graph.request import Request
from graph.resources.applications import OAuthGrant

ASKS = (
    Request("GET", "/users/{id}/oauth2PermissionGrants"),
    Request("GET", "/servicePrincipals/{id}"),
)
LICENSE = ""


def ask(question: Question) -> Asking[tuple[OAuthGrant, ...]]:
    """Ask for the grants, then for all applications behind them in one go."""
    grants = yield from fetch(Request("GET", f"/users/{segment(question.subject.id)}/oauth2PermissionGrants"))
    clients = sorted({str(grant.get("clientId")) for grant in grants if grant.get("clientId")})
    answers = yield from try_each(
        # Without $select: the time of creation is sent, but not declared, so it cannot be asked for by name.
        [Request("GET", f"/servicePrincipals/{segment(client)}") for client in clients]
    )
    apps: dict[str, Item] = {}
    missing: tuple[str, ...] = ()
    for client, answer in zip(clients, answers, strict=True):
        if isinstance(answer, GraphError):
            missing += (lacking(f"the application {client}", answer),)
        elif answer:
            apps[client] = answer[0]
            missing += tuple(
                f"{gap} of the application {client}" for gap in ("appId",) if not answer[0].get(gap)
            )
    items = [{**grant, **_app(apps.get(str(grant.get("clientId")), {}))} for grant in grants]
    found, unreadable = read_each(OAuthGrant, items)
    return Known(found, missing=missing + unreadable + unsent(grants, "scope"))


def _app(principal: Item) -> dict[str, Any]:
    """What a service principal adds to a grant."""
    publisher = principal.get("verifiedPublisher")
    return {
        "appId": principal.get("appId"),
        "appDisplayName": principal.get("displayName"),
        "appOwnerOrganizationId": principal.get("appOwnerOrganizationId"),
        "verifiedPublisher": publisher.get("displayName") if isinstance(publisher, dict) else "",
        "replyUrls": principal.get("replyUrls"),
        "appCreatedDateTime": principal.get("createdDateTime"),
        "appEnabled": principal.get("accountEnabled"),
    }
