"""What `compromise init` makes in Exchange and Purview: references, management roles and role groups."""

from __future__ import annotations

from collections.abc import Sequence

from bot.setup.in_entra import Registered
from bot.setup.made import (
    EXCHANGE_GROUP,
    EXCHANGE_PRINCIPAL,
    MANAGEMENT_ROLE,
    PURVIEW_GROUP,
    PURVIEW_PRINCIPAL,
)
from bot.setup.making import Maker
from bot.setup.registrations import Registration, entries_to_keep
from graph.effects import Item
from graph.request import Cmdlet


class InExchange:
    """Makes applications known to Exchange and Purview, with role groups of their own.

    Args:
        maker: Makes each thing.
    """

    def __init__(self, maker: Maker) -> None:
        self._maker = maker

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
            entries = self._maker.read(Cmdlet("Get-ManagementRoleEntry", {"Identity": f"{parent}\\*"}))
            names = [str(one.get("Name")) for one in entries]
            kept = entries_to_keep(wanted.what, names, wanted.exchange.keep)
            if not kept:
                continue
            lacking -= set(kept)
            name = f"{wanted.exchange.group} {parent}"
            roles.append(name)
            self._maker.there(
                MANAGEMENT_ROLE,
                name,
                f"the {called(MANAGEMENT_ROLE, name)}",
                lambda name=name: named(self._maker, Cmdlet("Get-ManagementRole", {"Identity": name}), name),  # type: ignore[misc]
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
        self._maker.there(
            kind,
            registered.client_id,
            f"the {kind} for {wanted.name}",
            lambda: referred(self._maker, registered.client_id, compliance=compliance),
            Cmdlet("New-ServicePrincipal", names, compliance=compliance),
        )

    def _group(
        self, kind: str, name: str, roles: Sequence[str], registered: Registered, *, compliance: bool
    ) -> None:
        """Make a role group, and the application its member."""
        self._maker.there(
            kind,
            name,
            f"the {called(kind, name)}",
            lambda: named(
                self._maker, Cmdlet("Get-RoleGroup", {"Identity": name}, compliance=compliance), name
            ),
            Cmdlet(
                "New-RoleGroup",
                {"Name": name, "Roles": list(roles), "Description": _described(registered.client_id)},
                compliance=compliance,
            ),
            whose=registered.client_id,
        )
        self._maker.there(
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
        found = self._maker.read(Cmdlet("Get-RoleGroupMember", {"Identity": group}, compliance=compliance))
        return next((one for one in found if ids & {str(value).lower() for value in one.values()}), None)


def called(kind: str, name: str) -> str:
    """Say what something with a name is, and where: ``role group readers in Exchange``."""
    what, where = kind.rsplit(" in ", 1)
    return f"{what} {name} in {where}"


def referred(maker: Maker, app_id: str, *, compliance: bool) -> Item | None:
    """Find the reference that Exchange or Purview keeps of an application."""
    # All are read: an Identity that names nothing would give all of them anyway.
    found = maker.read(Cmdlet("Get-ServicePrincipal", compliance=compliance))
    return next((one for one in found if str(one.get("AppId") or "").lower() == app_id.lower()), None)


def named(maker: Maker, cmdlet: Cmdlet, name: str) -> Item | None:
    """Find what has exactly this name."""
    found = maker.one(cmdlet)
    return found if found is not None and str(found.get("Name") or "").lower() == name.lower() else None


def _described(client_id: str) -> str:
    """Say in Exchange whose a role group or management role is."""
    return f"Made by compromise init for the application {client_id}."
