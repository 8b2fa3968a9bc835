"""`compromise init` registers by itself: what an administrator agreed to is made, read back and recorded.

Everything has a name, a tag or an id of its own, is looked for before it is made, and is looked for again
afterwards, so a run that was cut off can be repeated and makes only what is lacking. A registration is found
by its tag: Graph's `uniqueName` would stay taken for 30 days after a deletion.

Longer than other files because it is a list: each thing that is made stands beside how it is found.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from bot.errors import BotError
from bot.setup.recorded import Made, Record
from bot.setup.wanted import (
    EXCHANGE_APP,
    GRAPH_APP,
    MANAGE_AS_APP_ID,
    TRACE,
    Registration,
    entries_to_keep,
)
from graph import contract
from graph.effects import Item
from graph.errors import Broken, CannotSignIn, GraphError, InDoubt, NoPermission, NotFound, Refused, Throttled
from graph.limits import Deadline
from graph.needs import MANAGE_AS_APP
from graph.parts.reading import literal
from graph.request import Cmdlet, Request

SCOPES: Final = (
    "User.Read",
    "Application.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All",
    "RoleManagement.ReadWrite.Directory",
)
"""The delegated permissions that an administrator's sign-in asks for; the least for what is made."""
SHOWN_AMONG_APPS: Final = "WindowsAzureActiveDirectoryIntegratedApp"
"""Lets the admin center list a service principal. Source: Microsoft Graph, "servicePrincipal", tags."""

APPLICATION: Final = "registration"
PRINCIPAL: Final = "service principal"
EXCHANGE_PRINCIPAL: Final = "service principal in Exchange"
MANAGEMENT_ROLE: Final = "management role in Exchange"
EXCHANGE_GROUP: Final = "role group in Exchange"
PURVIEW_PRINCIPAL: Final = "service principal in Purview"
PURVIEW_GROUP: Final = "role group in Purview"

_WHO_MAY: Final = (
    "Sign in as a Global Administrator, or as somebody who is Privileged Role Administrator and Exchange "
    "Administrator."
)
_GO_ON: Final = "Run compromise init again: it goes on where it stopped."
_CUSTOMIZE: Final = "Enable-OrganizationCustomization"


class Tenant(Protocol):
    """What is asked of an administrator's connection."""

    def fetch(self, what: Request | Cmdlet, deadline: Deadline) -> list[Item]:
        """Send one request or cmdlet and give back its items."""


class NotRegistered(BotError):
    """Something could not be made or taken back; the sentence says why, and what to do next."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for Microsoft, in seconds.

    Attributes:
        total: For one thing to be made and seen; what was just made takes a while to be known everywhere.
        pause: Between two looks.
    """

    total: float = 180.0
    pause: float = 3.0


@dataclass(frozen=True, slots=True)
class Registered:
    """An application that is registered.

    Attributes:
        client_id: Its application id.
        principal_id: The object id of its service principal.
    """

    client_id: str
    principal_id: str


class Registrar:
    """Makes things in a tenant, one after the other, and takes them back.

    Args:
        tenant: The tenant, as the administrator reaches it.
        record: Where it is noted what was made.
        say: Tells the administrator what happened, a line each.
        patience: How long to wait.
    """

    def __init__(
        self, tenant: Tenant, record: Record, say: Callable[[str], None], patience: Patience
    ) -> None:
        self._tenant = tenant
        self._record = record
        self._say = say
        self._patience = patience
        self._resources: dict[str, Item] = {}

    # Entra ID.

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
        found = self._there(
            APPLICATION,
            wanted.tag,
            f"the registration {wanted.name}",
            lambda: self._application(wanted, certificate),
            Request("POST", "/applications", body=body),
            once=True,
        )
        self._demand_certificate(wanted, str(found["id"]), certificate)
        client_id = str(found["appId"])
        principal = self._there(
            "",
            client_id,
            f"the service principal of {wanted.name}",
            lambda: self._principal(client_id),
            Request("POST", "/servicePrincipals", body={"appId": client_id, "tags": [SHOWN_AMONG_APPS]}),
        )
        return Registered(client_id, str(principal["id"]))

    def _application(self, wanted: Registration, certificate: bytes) -> Item | None:
        known = [
            one.id for one in self._record.made if (one.kind, one.key) == (APPLICATION, wanted.tag) and one.id
        ]
        if known:
            return self._one(Request("GET", f"/applications/{known[0]}", {"$select": "id,appId,displayName"}))
        query = {"$filter": f"tags/any(t:t eq '{literal(wanted.tag)}')", "$select": "id,appId,displayName"}
        found = self._read(Request("GET", "/applications", query))
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
        if not self._has_certificate(object_id, certificate):
            raise NotRegistered(
                f"{wanted.name} is registered with another certificate than the one in this folder. Give the "
                "folder of the first run with --folder, or remove it there with compromise init --remove."
            )

    def _has_certificate(self, object_id: str, certificate: bytes) -> bool:
        query = {"$select": "id,keyCredentials"}
        found = self._one(Request("GET", f"/applications/{object_id}", query)) or {}
        keys = {str(key.get("key") or "") for key in found.get("keyCredentials") or ()}
        return base64.b64encode(certificate).decode() in keys

    def _principal(self, app_id: str) -> Item | None:
        query = {"$select": "id,appId,displayName,appRoles"}
        return self._one(Request("GET", f"/servicePrincipals(appId='{app_id}')", query))

    def _principal_of_exchange(self) -> bool:
        """Whether the tenant has Exchange Online at all."""
        if EXCHANGE_APP not in self._resources:
            found = self._principal(EXCHANGE_APP)
            if found is None:
                return False
            self._resources[EXCHANGE_APP] = found
        return True

    def _resource(self, app_id: str, name: str) -> Item:
        """The service principal of one of Microsoft's services, with the permissions that it offers."""
        if app_id not in self._resources:
            found = self._principal(app_id)
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
                (str(one["resourceId"]), str(one["appRoleId"])) for one in self._read(Request("GET", path))
            }

        def grant(key: tuple[str, str]) -> Request:
            body = {"principalId": registered.principal_id, "resourceId": key[0], "appRoleId": key[1]}
            return Request("POST", path, body=body)

        self._all_there(f"permissions of {wanted.name}", names, held, grant)
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
            found = self._read(Request("GET", path, query))
            return {str(one["roleDefinitionId"]) for one in found if one.get("directoryScopeId") == "/"}

        def assign(role_id: str) -> Request:
            body = {
                "principalId": registered.principal_id,
                "roleDefinitionId": role_id,
                "directoryScopeId": "/",
            }
            return Request("POST", path, body=body)

        self._all_there(f"directory roles of {wanted.name}", names, held, assign)

    def message_trace(self) -> None:
        """Take in Microsoft's own application behind the message trace.

        Raises:
            NotRegistered: with what to do next.
        """
        self._there(
            PRINCIPAL,
            TRACE,
            "Microsoft's service principal for the message trace",
            lambda: self._principal(TRACE),
            Request("POST", "/servicePrincipals", body={"appId": TRACE}),
        )

    # Exchange and Purview.

    def exchange(self, wanted: Registration, registered: Registered) -> tuple[str, ...]:
        """Give the application a role group of its own in Exchange, with cut-down roles.

        Returns:
            The cmdlets that no management role of this tenant holds.

        Raises:
            NotRegistered: with what to do next.
        """
        self._reference(EXCHANGE_PRINCIPAL, wanted, registered, compliance=False)
        roles, lacking = list(wanted.exchange.whole), set(wanted.exchange.keep)
        for parent in wanted.exchange.parents:
            entries = self._read(Cmdlet("Get-ManagementRoleEntry", {"Identity": f"{parent}\\*"}))
            names = [str(one.get("Name")) for one in entries]
            kept = entries_to_keep(wanted.what, names, wanted.exchange.keep)
            if not kept:
                continue
            lacking -= set(kept)
            name = f"{wanted.exchange.group} {parent}"
            roles.append(name)
            self._there(
                MANAGEMENT_ROLE,
                name,
                f"the management role {name}",
                lambda name=name: self._named(Cmdlet("Get-ManagementRole", {"Identity": name}), name),  # type: ignore[misc]
                Cmdlet(
                    "New-ManagementRole",
                    {
                        "Name": name,
                        "Parent": parent,
                        "EnabledCmdlets": list(kept),
                        "Description": _described(registered.client_id),
                    },
                ),
                whose=registered.client_id,
            )
        self._group(EXCHANGE_GROUP, wanted.exchange.group, roles, registered, compliance=False)
        return tuple(sorted(lacking))

    def purview(self, wanted: Registration, registered: Registered) -> None:
        """Give the application a role group of its own in Purview.

        Raises:
            NotRegistered: with what to do next.
        """
        self._reference(PURVIEW_PRINCIPAL, wanted, registered, compliance=True)
        self._group(PURVIEW_GROUP, wanted.exchange.group, wanted.purview, registered, compliance=True)

    def _reference(
        self, kind: str, wanted: Registration, registered: Registered, *, compliance: bool
    ) -> None:
        """Make the service principal known to Exchange, which keeps references of its own."""
        names = {
            "AppId": registered.client_id,
            "ObjectId": registered.principal_id,
            "DisplayName": wanted.name,
        }
        self._there(
            kind,
            registered.client_id,
            f"the {kind} for {wanted.name}",
            lambda: self._referred(registered.client_id, compliance=compliance),
            Cmdlet("New-ServicePrincipal", names, compliance=compliance),
        )

    def _referred(self, app_id: str, *, compliance: bool) -> Item | None:
        # All are read: an Identity that names nothing would give all of them anyway.
        found = self._read(Cmdlet("Get-ServicePrincipal", compliance=compliance))
        return next((one for one in found if str(one.get("AppId") or "").lower() == app_id.lower()), None)

    def _group(
        self, kind: str, name: str, roles: Sequence[str], registered: Registered, *, compliance: bool
    ) -> None:
        """Make a role group, and the application its member."""
        self._there(
            kind,
            name,
            f"the {kind} {name}",
            lambda: self._named(Cmdlet("Get-RoleGroup", {"Identity": name}, compliance=compliance), name),
            Cmdlet(
                "New-RoleGroup",
                {"Name": name, "Roles": list(roles), "Description": _described(registered.client_id)},
                compliance=compliance,
            ),
            whose=registered.client_id,
        )
        self._there(
            "",
            name,
            f"the application's membership in the {kind}",
            lambda: self._member(name, registered, compliance=compliance),
            Cmdlet(
                "Add-RoleGroupMember",
                {"Identity": name, "Member": registered.principal_id},
                compliance=compliance,
            ),
        )

    def _member(self, group: str, registered: Registered, *, compliance: bool) -> Item | None:
        ids = {registered.principal_id.lower(), registered.client_id.lower()}
        found = self._read(Cmdlet("Get-RoleGroupMember", {"Identity": group}, compliance=compliance))
        return next((one for one in found if ids & {str(value).lower() for value in one.values()}), None)

    def _named(self, cmdlet: Cmdlet, name: str) -> Item | None:
        found = self._one(cmdlet)
        return found if found is not None and str(found.get("Name") or "").lower() == name.lower() else None

    # taking back.

    def remove(self, certificates: Mapping[str, bytes]) -> None:
        """Take back all that was recorded, the last first.

        Args:
            certificates: Those of the folder (DER) by the tags of their registrations: one that was begun and
                never seen is found by its tag, and is ours only with its certificate.

        Raises:
            NotRegistered: with what to do next; what is left stays recorded.
        """
        for made in reversed(tuple(self._record.made)):
            find, request = self._undo(made, certificates)
            self._gone(made, find, request)

    def _undo(
        self, made: Made, certificates: Mapping[str, bytes]
    ) -> tuple[Callable[[], Item | None], Callable[[Item], Request | Cmdlet]]:
        """How something that was made is found, and taken back."""
        compliance = made.kind in {PURVIEW_PRINCIPAL, PURVIEW_GROUP}
        # Removing asks in a terminal; here the administrator has agreed already.
        named = {"Identity": made.key, "Confirm": False}
        match made.kind:
            case k if k in {EXCHANGE_GROUP, PURVIEW_GROUP}:
                read = Cmdlet("Get-RoleGroup", {"Identity": made.key}, compliance=compliance)
                return (
                    lambda: self._named_ours(read, made),
                    lambda _: Cmdlet("Remove-RoleGroup", named, compliance=compliance),
                )
            case k if k == MANAGEMENT_ROLE:
                role = Cmdlet("Get-ManagementRole", {"Identity": made.key})
                return (
                    lambda: self._named_ours(role, made),
                    lambda _: Cmdlet("Remove-ManagementRole", named),
                )
            case k if k in {EXCHANGE_PRINCIPAL, PURVIEW_PRINCIPAL}:
                return (
                    lambda: self._referred(made.key, compliance=compliance),
                    lambda _: Cmdlet("Remove-ServicePrincipal", named, compliance=compliance),
                )
            case k if k == PRINCIPAL:
                return (
                    lambda: self._principal(made.key),
                    lambda found: Request("DELETE", f"/servicePrincipals/{found['id']}"),
                )
            case k if k == APPLICATION:
                by_id = (
                    Request("GET", f"/applications/{made.id}", {"$select": "id,appId"}) if made.id else None
                )
                return (
                    lambda: self._one(by_id) if by_id else self._ours(made.key, certificates.get(made.key)),
                    lambda found: Request("DELETE", f"/applications/{found['id']}"),
                )
        raise NotRegistered(f"This version cannot take back the {made.kind} {made.key}.")

    def _named_ours(self, cmdlet: Cmdlet, made: Made) -> Item | None:
        """What has the name and was made for our application; another of that name is somebody else's."""
        found = self._named(cmdlet, made.key)
        if found is None or (made.whose and made.whose in str(found.get("Description") or "")):
            return found
        self._say(f"Left the {made.kind} {made.key}: it is not the one that was made here.")
        return None

    def _ours(self, tag: str, certificate: bytes | None) -> Item | None:
        """The registration with a tag and with our certificate; others with the tag are somebody else's."""
        query = {"$filter": f"tags/any(t:t eq '{literal(tag)}')", "$select": "id,appId"}
        found = self._read(Request("GET", "/applications", query))
        if found and certificate is None:
            raise NotRegistered(
                f"A registration has the tag {tag}. Without the certificate it is unknown whether this "
                "program created it; if it did, remove it in the Entra admin center."
            )
        ours = (one for one in found if certificate and self._has_certificate(str(one["id"]), certificate))
        return next(ours, None)

    def _gone(
        self, made: Made, find: Callable[[], Item | None], request: Callable[[Item], Request | Cmdlet]
    ) -> None:
        deadline, sent, why, seen = Deadline(self._patience.total), False, "", False
        while (found := find()) is not None:
            seen = True
            if not sent:
                sent, why = self._send(request(found), f"the {made.kind} {made.key}", deadline)
                if sent:
                    continue
            self._wait(deadline, f"The {made.kind} {made.key} is still there{f': {why}' if why else ''}.")
        self._record.gone(made)
        if seen:
            self._say(f"Removed the {made.kind} {made.key}.")

    # the way of everything that is made.

    def _there(
        self,
        kind: str,
        key: str,
        named: str,
        find: Callable[[], Item | None],
        make: Request | Cmdlet,
        *,
        once: bool = False,
        whose: str = "",
    ) -> Item:
        """Find something, or make it and find it then.

        Args:
            kind: How it is recorded; "" for what goes by itself with something else.
            key: What it is found by.
            named: What people are told of it.
            find: Looks for it.
            make: Makes it.
            once: Whether a second one could be made by sending it twice.
            whose: The application id that its description names, by which it is told from others of its name.
        """
        deadline, sent, why = Deadline(self._patience.total), False, ""
        while (found := find()) is None:
            if kind:
                self._record.begin(kind, key, whose)
            if not sent:
                sent, why = self._send(make, named, deadline, once=once, note=(kind, key))
                if sent:
                    continue
            self._wait(deadline, f"Could not confirm that {named} exists{f': {why}' if why else ''}.")
        if kind:
            self._record.seen(kind, key, str(found.get("id") or ""))
        self._say(f"{'Created' if sent else 'Already there'}: {named}.")
        return found

    def _all_there(
        self,
        named: str,
        wanted: Mapping[Any, str],
        held: Callable[[], set[Any]],
        make: Callable[[Any], Request],
    ) -> None:
        """Make those of many alike that are lacking, until all of them are seen."""
        deadline, sent, why = Deadline(self._patience.total), set[Any](), ""
        began = seen = held()
        while lacking := wanted.keys() - seen:
            for key in wanted:
                if key in lacking and key not in sent:
                    done, why = self._send(make(key), f"{wanted[key]} among the {named}", deadline)
                    sent |= {key} if done else set()
            seen = held()
            if lacking := wanted.keys() - seen:
                names = ", ".join(name for key, name in wanted.items() if key in lacking)
                reason = f": {why}" if why else ""
                self._wait(deadline, f"Could not confirm that these {named} exist: {names}{reason}.")
                seen = held()
        new = [wanted[key] for key in wanted if key not in began]
        self._say(
            f"{'Created' if new else 'Already there'}: {len(wanted)} {named} ({', '.join(wanted.values())})."
        )

    def _send(
        self,
        what: Request | Cmdlet,
        named: str,
        deadline: Deadline,
        *,
        once: bool = False,
        note: tuple[str, str] = ("", ""),
    ) -> tuple[bool, str]:
        """Send a change: whether it is not to be sent again, and why it was not taken if it was not.

        Raises:
            NotRegistered: it was refused for good.
        """
        try:
            items = self._tenant.fetch(what, deadline)
        except InDoubt as error:
            return once, error.sentence
        except (Throttled, Broken) as error:
            return False, error.sentence
        except (Refused, NotFound) as error:
            if _CUSTOMIZE in error.sentence:
                raise NotRegistered(
                    f"Exchange lets no one create {named} before the organization is customized. Run in "
                    f"PowerShell: Connect-ExchangeOnline; {_CUSTOMIZE}. It may take an hour to work. {_GO_ON}"
                ) from error
            # What it rests on may have been made a moment ago, and not be known there yet.
            return False, error.sentence
        except GraphError as error:
            raise _why(error, f"{named} could not be made") from error
        if note[0] and items and items[0].get("id"):
            self._record.seen(*note, str(items[0]["id"]))
        return True, ""

    def _wait(self, deadline: Deadline, why: str) -> None:
        if deadline.left <= self._patience.pause:
            raise NotRegistered(f"{why} {_GO_ON}")
        deadline.sleep(self._patience.pause, "waiting for Microsoft")

    def _one(self, what: Request | Cmdlet) -> Item | None:
        return next(iter(self._read(what)), None)

    def _read(self, what: Request | Cmdlet) -> list[Item]:
        """Read; what is not found is nothing. Raises NotRegistered."""
        try:
            return self._tenant.fetch(what, Deadline(self._patience.total))
        except NotFound:
            return []
        except GraphError as error:
            asked = what.name if isinstance(what, Cmdlet) else what.path
            raise _why(error, f"{asked} could not be read") from error


def _described(client_id: str) -> str:
    """Say in Exchange whose a role group or management role is."""
    return f"Made by compromise init for the application {client_id}."


def _why(error: GraphError, what: str) -> NotRegistered:
    if isinstance(error, NoPermission):
        return NotRegistered(f"{what}: your account may not do that. {_WHO_MAY} {_GO_ON}")
    if isinstance(error, CannotSignIn):
        return NotRegistered(f"{what}: {error.sentence} {_GO_ON}")
    return NotRegistered(f"{what}: {error.sentence} {_GO_ON}")
