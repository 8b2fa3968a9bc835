"""What `compromise init` makes in Entra ID: registrations, permissions and directory roles.

A registration is found by its tag: Graph's `uniqueName` would stay taken for 30 days after a deletion.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.setup.made import APPLICATION, PRINCIPAL
from bot.setup.making import Maker, NotRegistered
from bot.setup.registrations import EXCHANGE_APP, GRAPH_APP, MANAGE_AS_APP_ID, TRACE, Registration
from graph import contract
from graph.effects import Item
from graph.needs import MANAGE_AS_APP
from graph.parts.reading import literal
from graph.request import Request

SCOPES: Final = (
    "User.Read",
    "Application.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All",
    "RoleManagement.ReadWrite.Directory",
)
"""The delegated permissions that an administrator's sign-in asks for; the least for what is made."""
SHOWN_AMONG_APPS: Final = "WindowsAzureActiveDirectoryIntegratedApp"
"""Lets the admin center list a service principal. Source: Microsoft Graph, "servicePrincipal", tags."""


@dataclass(frozen=True, slots=True)
class Registered:
    """An application that is registered.

    Attributes:
        client_id: Its application id.
        principal_id: The object id of its service principal.
    """

    client_id: str
    principal_id: str


class InEntra:
    """Registers applications and gives them what they need.

    Args:
        maker: Makes each thing.
    """

    def __init__(self, maker: Maker) -> None:
        self._maker = maker
        self._resources: dict[str, Item] = {}

    def application(self, wanted: Registration, certificate: bytes) -> Registered:
        """Register an application with its certificate, and take it into the tenant.

        Args:
            wanted: What it is.
            certificate: Its certificate (DER).

        Raises:
            NotRegistered: with what to do next.
        """
        body = {
            "displayName": wanted.name,
            "signInAudience": "AzureADMyOrg",
            "tags": ["compromise-bot", wanted.tag],
            "notes": "Made by compromise init; compromise init --remove removes it.",
            "keyCredentials": [
                {
                    "type": "AsymmetricX509Cert",
                    "usage": "Verify",
                    "displayName": wanted.name,
                    "key": base64.b64encode(certificate).decode(),
                }
            ],
            "requiredResourceAccess": self._required(wanted),
        }
        found = self._maker.there(
            APPLICATION,
            wanted.tag,
            f"the registration {wanted.name}",
            lambda: self._application(wanted, certificate),
            Request("POST", "/applications", body=body),
            once=True,
        )
        self._demand_certificate(wanted, str(found["id"]), certificate)
        client_id = str(found["appId"])
        known = self._maker.there(
            "",
            client_id,
            f"the service principal of {wanted.name}",
            lambda: principal(self._maker, client_id),
            Request("POST", "/servicePrincipals", body={"appId": client_id, "tags": [SHOWN_AMONG_APPS]}),
        )
        return Registered(client_id, str(known["id"]))

    def _application(self, wanted: Registration, certificate: bytes) -> Item | None:
        known = [
            one.id
            for one in self._maker.record.made
            if (one.kind, one.key) == (APPLICATION, wanted.tag) and one.id
        ]
        if known:
            return self._maker.one(
                Request("GET", f"/applications/{known[0]}", {"$select": "id,appId,displayName"})
            )
        query = {"$filter": f"tags/any(t:t eq '{literal(wanted.tag)}')", "$select": "id,appId,displayName"}
        found = self._maker.read(Request("GET", "/applications", query))
        if len(found) > 1:
            ids = ", ".join(str(one["appId"]) for one in found)
            raise NotRegistered(
                f"Several registrations have the tag {wanted.tag} ({ids}). Remove all but one in the Entra "
                "admin center."
            )
        if found:
            # Anybody may use our tag. What is not ours must not be recorded, or it would be removed as ours.
            self._demand_certificate(wanted, str(found[0]["id"]), certificate)
        return found[0] if found else None

    def _demand_certificate(self, wanted: Registration, object_id: str, certificate: bytes) -> None:
        """See that a registration that was there already has the certificate of this folder."""
        if not has_certificate(self._maker, object_id, certificate):
            raise NotRegistered(
                f"{wanted.name} is registered with another certificate than the one in this folder. Give the "
                "folder of the first run with --folder, or remove it there with compromise init --remove."
            )

    def _principal_of_exchange(self) -> bool:
        """Whether the tenant has Exchange Online at all."""
        if EXCHANGE_APP not in self._resources:
            found = principal(self._maker, EXCHANGE_APP)
            if found is None:
                return False
            self._resources[EXCHANGE_APP] = found
        return True

    def _resource(self, app_id: str, name: str) -> Item:
        """The service principal of one of Microsoft's services, with the permissions that it offers."""
        if app_id not in self._resources:
            found = principal(self._maker, app_id)
            if found is None:
                raise NotRegistered(
                    f"The tenant does not have {name}; buy and assign a license that includes it."
                )
            self._resources[app_id] = found
        return self._resources[app_id]

    def _required(self, wanted: Registration) -> list[Mapping[str, Any]]:
        """The permissions as a registration names them, so that the admin center shows them."""
        roles: dict[str, list[str]] = {}
        for app_id, role_id in self._roles_of(wanted):
            roles.setdefault(app_id, []).append(role_id)
        return [
            {"resourceAppId": app_id, "resourceAccess": [{"id": one, "type": "Role"} for one in ids]}
            for app_id, ids in roles.items()
        ]

    def _roles_of(self, wanted: Registration) -> dict[tuple[str, str], str]:
        """The application permissions by resource and role id, with their names; by the tenant's own list."""
        offered = {
            str(role["value"]): str(role["id"]) for role in self._resource(GRAPH_APP, "Graph")["appRoles"]
        }
        found = {(GRAPH_APP, offered[name]): name for name in wanted.permissions if name in offered}
        if self._principal_of_exchange():
            found[EXCHANGE_APP, MANAGE_AS_APP_ID] = MANAGE_AS_APP
        return found

    def permissions(self, wanted: Registration, registered: Registered) -> tuple[str, ...]:
        """Grant the application permissions, which is the administrator's consent.

        Returns:
            The permissions that this cloud does not offer.

        Raises:
            NotRegistered: with what to do next.
        """
        roles = self._roles_of(wanted)
        path = f"/servicePrincipals/{registered.principal_id}/appRoleAssignments"
        resources = {app_id: str(self._resource(app_id, app_id)["id"]) for app_id, _ in roles}
        names = {(resources[app_id], role): name for (app_id, role), name in roles.items()}

        def held() -> set[tuple[str, str]]:
            return {
                (str(one["resourceId"]), str(one["appRoleId"]))
                for one in self._maker.read(Request("GET", path))
            }

        def grant(key: tuple[str, str]) -> Request:
            body = {"principalId": registered.principal_id, "resourceId": key[0], "appRoleId": key[1]}
            return Request("POST", path, body=body)

        self._maker.all_there(f"permissions of {wanted.name}", names, held, grant)
        return tuple(name for name in wanted.permissions if name not in roles.values())

    def directory_roles(self, wanted: Registration, registered: Registered) -> None:
        """Assign the directory roles for the whole tenant.

        Raises:
            NotRegistered: with what to do next.
        """
        names = {contract.roles()[name].id: name for name in wanted.directory_roles}
        path = "/roleManagement/directory/roleAssignments"
        query = {"$filter": f"principalId eq '{literal(registered.principal_id)}'"}

        def held() -> set[str]:
            found = self._maker.read(Request("GET", path, query))
            return {str(one["roleDefinitionId"]) for one in found if one.get("directoryScopeId") == "/"}

        def assign(role_id: str) -> Request:
            body = {
                "principalId": registered.principal_id,
                "roleDefinitionId": role_id,
                "directoryScopeId": "/",
            }
            return Request("POST", path, body=body)

        self._maker.all_there(f"directory roles of {wanted.name}", names, held, assign)

    def message_trace(self) -> None:
        """Take in Microsoft's own application behind the message trace.

        Raises:
            NotRegistered: with what to do next.
        """
        self._maker.there(
            PRINCIPAL,
            TRACE,
            f"the service principal for Microsoft's message trace ({TRACE})",
            lambda: principal(self._maker, TRACE),
            Request("POST", "/servicePrincipals", body={"appId": TRACE}),
        )


def has_certificate(maker: Maker, object_id: str, certificate: bytes) -> bool:
    """Whether a registration has this certificate (DER)."""
    query = {"$select": "id,keyCredentials"}
    found = maker.one(Request("GET", f"/applications/{object_id}", query)) or {}
    keys = {str(key.get("key") or "") for key in found.get("keyCredentials") or ()}
    return base64.b64encode(certificate).decode() in keys


def principal(maker: Maker, app_id: str) -> Item | None:
    """Find the service principal of an application, with the permissions that it offers."""
    query = {"$select": "id,appId,displayName,appRoles"}
    return maker.one(Request("GET", f"/servicePrincipals(appId='{app_id}')", query))
