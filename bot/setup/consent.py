"""What the applications ask for, as a registration's manifest and as a link to an administrator's consent.

For those who may run neither a program nor a script: both are pasted into pages of Microsoft's own.
Source: Microsoft Graph, "requiredResourceAccess"; Microsoft identity platform, "Admin consent".
"""

from __future__ import annotations

import json
from urllib.parse import quote

from bot.setup.registrations import EXCHANGE_APP, GRAPH_APP, MANAGE_AS_APP_ID, Registration
from graph import contract
from graph.settings import CLOUDS, Cloud


def required(wanted: Registration) -> str:
    """The value of `requiredResourceAccess` in the manifest of one registration, as JSON."""
    ids = [contract.permissions()[name].id for name in wanted.permissions]
    resources = {GRAPH_APP: ids, EXCHANGE_APP: [MANAGE_AS_APP_ID]}
    told = [
        {"resourceAppId": app_id, "resourceAccess": [{"id": one, "type": "Role"} for one in roles]}
        for app_id, roles in resources.items()
    ]
    return json.dumps(told, indent=2)


def link(cloud: str, tenant: str, client_id: str) -> str:
    """The page on which an administrator consents to all that a registration asks for."""
    login = CLOUDS[Cloud(cloud)].login
    return f"{login}/{quote(tenant, safe='')}/adminconsent?client_id={quote(client_id, safe='')}"
