"""What the applications of the bot hold in a tenant, by their tokens and by Exchange's own list."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.setup.capabilities import (
    Held,
)
from bot.setup.doctor_findings import Line
from graph import contract
from graph.auth import Resource, refuses
from graph.connection import Connection
from graph.errors import GraphError, NoPermission
from graph.limits import Deadline
from graph.needs import MANAGE_AS_APP
from graph.parts.reading import literal, segment
from graph.request import Request

_WHOLE_TENANT = "/"


@dataclass(frozen=True, slots=True)
class _PartlyHeld(Held):
    """What an application holds, where single needs may not be called unmet.

    Attributes:
        untold: The needs, in the words of queries and steps, of which only a yes counts.
    """

    untold: frozenset[str] = frozenset()

    def has(self, need: str) -> bool | None:
        """Whether a need is met; None when it cannot be told."""
        # By its name: a dataclass with slots is made twice, and `super()` would look for the first.
        found = Held.has(self, need)
        return None if found is False and need in self.untold else found


def roles_of(token: str) -> frozenset[str] | None:
    """The application permissions in an access token, or None where the token cannot be read.

    Microsoft calls its tokens opaque to clients, so this only explains; it decides nothing.
    """
    pieces = token.split(".")
    if len(pieces) != 3:
        return None
    try:
        claims: Any = json.loads(base64.urlsafe_b64decode(pieces[1] + "=" * (-len(pieces[1]) % 4)))
    except ValueError:
        return None
    roles = claims.get("roles") if isinstance(claims, Mapping) else None
    return frozenset(str(role) for role in roles) if isinstance(roles, list) else None


def held_by(connection: Connection, deadline: Deadline, *, to_write: bool) -> tuple[list[Line], Held]:
    """Sign in to every service as one application, and see what it holds.

    Raises:
        CannotSignIn: Graph gives no token.
        GraphError: the login service does not answer.
    """
    sign_in = connection.sign_in_to_write if to_write else connection.sign_in
    whose = " of the remediate application" if to_write else ""
    token = sign_in.token(Resource.GRAPH, deadline)
    lines = [Line(there=True, what=f"sign-in to Graph{whose}")]
    permissions = roles_of(token)
    if permissions is None:
        says = "cannot be read; the queries show what works"
        lines.append(Line(there=None, what=f"the token's permissions{whose}", says=says))
    cmdlets: dict[Resource, frozenset[str] | None] = {}
    unheard: set[str] = set()
    for resource in (Resource.EXCHANGE, Resource.COMPLIANCE):
        name = resource.value.capitalize()
        try:
            # The right to use Exchange stands in Exchange's own token, not in Graph's.
            more = roles_of(sign_in.token(resource, deadline))
        except GraphError as error:
            # Only a no says that nothing is held: a login service in trouble has told nothing.
            no = refuses(error)
            says = error.sentence if no else f"unknown: {error.sentence}"
            lines.append(Line(there=False if no else None, what=f"sign-in to {name}{whose}", says=says))
            cmdlets[resource] = frozenset() if no else None
            if resource is Resource.EXCHANGE and not no:
                unheard.add(MANAGE_AS_APP)
            continue
        lines.append(Line(there=True, what=f"sign-in to {name}{whose}"))
        permissions = None if permissions is None or more is None else permissions | more
        try:
            cmdlets[resource] = connection.held_cmdlets(
                deadline, compliance=resource is Resource.COMPLIANCE, to_write=to_write
            )
        except NoPermission:
            cmdlets[resource] = frozenset()
        except GraphError as error:
            what = f"which cmdlets the roles in {name} hold{whose}"
            lines.append(Line(there=None, what=what, says=f"unknown: {error.sentence}"))
            cmdlets[resource] = None
    given = _directory_roles(connection, deadline, to_write=to_write)
    roles = None if given is None else frozenset(role for role, scope in given if scope == _WHOLE_TENANT)
    partly = frozenset(role for role, _ in given or ()) - (roles or frozenset())
    for role, row in contract.roles().items():
        if row.id in partly:
            says = "assigned only for an administrative unit; unknown which accounts it covers"
            lines.append(Line(there=None, what=f"the directory role {role}{whose}", says=says))
        if not partly.isdisjoint(contract.roles()[name].id for name in contract.roles_like(role)):
            unheard.add(f"the role {role}")
    held = _PartlyHeld(
        permissions, roles, cmdlets[Resource.EXCHANGE], cmdlets[Resource.COMPLIANCE], frozenset(unheard)
    )
    return lines, held


def _directory_roles(
    connection: Connection, deadline: Deadline, *, to_write: bool
) -> frozenset[tuple[str, str]] | None:
    """The directory roles given to an application: template id and scope; None when they cannot be read.

    The scope is "/" for the whole tenant, else the path of the administrative unit or object.

    Source: Microsoft Graph v1.0, "Get servicePrincipal" and "List unifiedRoleAssignments".
    """
    settings = connection.settings.to_write if to_write else connection.settings
    path = f"/servicePrincipals(appId='{segment(settings.client_id)}')"
    try:
        found = connection.fetch(Request("GET", path, {"$select": "id"}), deadline)
        ids = [str(one["id"]) for one in found if one.get("id")]
        given = [
            role
            for one in ids
            for role in connection.fetch(
                Request(
                    "GET",
                    "/roleManagement/directory/roleAssignments",
                    {"$filter": f"principalId eq '{literal(one)}'"},
                ),
                deadline,
            )
        ]
    except GraphError:
        return None
    if not ids:
        return None
    return frozenset((str(role.get("roleDefinitionId")), str(role.get("directoryScopeId"))) for role in given)
