"""How `compromise init --remove` takes back what was recorded, the last first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from bot.setup.in_entra import has_certificate, principal
from bot.setup.in_exchange import named, referred
from bot.setup.made import (
    APPLICATION,
    EXCHANGE_GROUP,
    EXCHANGE_PRINCIPAL,
    MANAGEMENT_ROLE,
    PRINCIPAL,
    PURVIEW_GROUP,
    PURVIEW_PRINCIPAL,
    Made,
)
from bot.setup.making import Maker, NotRegistered
from graph.effects import Item
from graph.parts.reading import literal
from graph.request import Cmdlet, Request

_NAMED: Final = {
    EXCHANGE_GROUP: "RoleGroup",
    PURVIEW_GROUP: "RoleGroup",
    MANAGEMENT_ROLE: "ManagementRole",
}
"""What Exchange and Purview find by its name, by the noun of the cmdlets."""
_IN_PURVIEW: Final = {PURVIEW_PRINCIPAL, PURVIEW_GROUP}

Find: TypeAlias = Callable[[], Item | None]
Removal: TypeAlias = Callable[[Item], Request | Cmdlet]


def remove(maker: Maker, certificates: Mapping[str, bytes]) -> None:
    """Take back all that was recorded, the last first.

    Args:
        maker: Looks for each thing and takes it back.
        certificates: Those of the folder (DER) by the tags of their registrations: one that was begun and
            never seen is found by its tag, and is ours only with its certificate.

    Raises:
        NotRegistered: with what to do next; what is left stays recorded.
    """
    for made in reversed(tuple(maker.record.made)):
        find, removal = _ways(maker, made, certificates)
        maker.gone(made, find, removal)


def _ways(maker: Maker, made: Made, certificates: Mapping[str, bytes]) -> tuple[Find, Removal]:
    """How something that was made is found, and taken back."""
    if made.kind in {APPLICATION, PRINCIPAL}:
        return _in_entra(maker, made, certificates)
    compliance = made.kind in _IN_PURVIEW
    # Removing asks in a terminal; here the administrator has agreed already.
    agreed = {"Identity": made.key, "Confirm": False}
    if made.kind in {EXCHANGE_PRINCIPAL, PURVIEW_PRINCIPAL}:
        return (
            lambda: referred(maker, made.key, compliance=compliance),
            lambda _: Cmdlet("Remove-ServicePrincipal", agreed, compliance=compliance),
        )
    if made.kind in _NAMED:
        noun = _NAMED[made.kind]
        read = Cmdlet(f"Get-{noun}", {"Identity": made.key}, compliance=compliance)
        return (
            lambda: _named_ours(maker, read, made),
            lambda _: Cmdlet(f"Remove-{noun}", agreed, compliance=compliance),
        )
    raise NotRegistered(f"This version cannot remove the {made.called}.")


def _in_entra(maker: Maker, made: Made, certificates: Mapping[str, bytes]) -> tuple[Find, Removal]:
    if made.kind == PRINCIPAL:
        return (
            lambda: principal(maker, made.key),
            lambda found: Request("DELETE", f"/servicePrincipals/{found['id']}"),
        )
    by_id = Request("GET", f"/applications/{made.id}", {"$select": "id,appId"}) if made.id else None
    return (
        lambda: maker.one(by_id) if by_id else _ours(maker, made.key, certificates.get(made.key)),
        lambda found: Request("DELETE", f"/applications/{found['id']}"),
    )


def _named_ours(maker: Maker, cmdlet: Cmdlet, made: Made) -> Item | None:
    """What has the name and was made for our application; another of that name is somebody else's."""
    found = named(maker, cmdlet, made.key)
    if found is None or (made.whose and made.whose in str(found.get("Description") or "")):
        return found
    maker.say(f"Kept the {made.called}: it is not the one that was made here.")
    return None


def _ours(maker: Maker, tag: str, certificate: bytes | None) -> Item | None:
    """The registration with a tag and with our certificate; others with the tag are somebody else's."""
    query = {"$filter": f"tags/any(t:t eq '{literal(tag)}')", "$select": "id,appId"}
    found = maker.read(Request("GET", "/applications", query))
    if found and certificate is None:
        raise NotRegistered(
            f"A registration has the tag {tag}. Without the certificate it is unknown whether this "
            "program created it; if it did, remove it in the Entra admin center."
        )
    ours = (one for one in found if certificate and has_certificate(maker, str(one["id"]), certificate))
    return next(ours, None)
