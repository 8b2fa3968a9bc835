"""Block mobile devices from the mailbox; nothing is wiped.

Source: Exchange PowerShell, "Set-CASMailbox", ActiveSyncBlockedDeviceIDs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from commands.clues.records import one_line
from commands.plans.plan import Change, Look, Nothing, Phase, Planned, Undo
from commands.plans.planning_input import PlanningInput
from commands.steps.parts import asks_for, because, day, first_line, gaps, name_of, refusals
from graph.evidence import Unavailable
from graph.request import Cmdlet, Request
from graph.resources.devices import MobileDevice
from graph.resources.mailbox import MailProtocols

TITLE = "Block mobile devices"
SOURCE = "additional step"
PHASE = Phase.CONTAIN
PLANS = "one change for each device; nothing is ever wiped"
UNDO = "the device is removed from the block list"
PEOPLE = "one"
NEEDS: tuple[str, ...] = ("mobile_devices", "mail_protocols")
WRITES: tuple[Request | Cmdlet, ...] = (Cmdlet("Set-CASMailbox"),)

_ID: Final = "block_mobile_devices"
_BLOCKED: Final = "ActiveSyncBlockedDeviceIDs"
_ALLOWED: Final = "ActiveSyncAllowedDeviceIDs"


def plan(planning: PlanningInput) -> Iterator[Planned]:
    """Plan to block each device that is not; those that findings rest on are suggested."""
    refused = refusals(planning, _ID, NEEDS)
    devices, protocols = planning.evidence.mobile_devices, planning.evidence.mail_protocols
    if refused or isinstance(devices, Unavailable) or isinstance(protocols, Unavailable):
        yield from refused
        return
    if not devices.value:
        yield Nothing(_ID, f"No mobile devices sync the mailbox of {name_of(planning)}.")
    seen: set[str] = set()
    for device in devices.value:
        key = device.device_id.casefold()
        if key and key in seen:
            continue  # one device with several programs
        seen.add(key)
        if not key:
            why = f"The device {_named(device)} has no ID to block it by."
            yield Nothing(_ID, why, refused=True)
        elif key in _lowered(protocols.value.active_sync_blocked_device_ids):
            yield Nothing(_ID, f"The device {_named(device)} is already blocked.")
        else:
            yield _change(planning, device, protocols.value)


def _lowered(ids: tuple[str, ...]) -> set[str]:
    return {one.casefold() for one in ids}


def _named(device: MobileDevice) -> str:
    name = first_line(device.friendly_name, device.device_model, device.device_type, device.identity)
    return f"{name} ({one_line(device.device_id)})".lstrip() if device.device_id else name


def _several(verb: str, device: str) -> dict[str, Any]:
    """A value that adds to a list or removes from it, and leaves the rest alone."""
    return {"@odata.type": "#Exchange.GenericHashTable", verb: [device]}


def _change(planning: PlanningInput, device: MobileDevice, protocols: MailProtocols) -> Change:
    upn, wanted = planning.subject.user_principal_name, device.device_id
    finding = planning.finding_on(device.identity or wanted, "devices")
    allowed = wanted.casefold() in _lowered(protocols.active_sync_allowed_device_ids)
    there: dict[str, Any] = {"Identity": upn, _BLOCKED: _several("add", wanted)}
    back: dict[str, Any] = {"Identity": upn, _BLOCKED: _several("remove", wanted)}
    if allowed:
        there[_ALLOWED] = _several("remove", wanted)
        back[_ALLOWED] = _several("add", wanted)
    # Only this device counts: others may be blocked or let in meanwhile.
    look = Look(
        Cmdlet("Get-CASMailbox", {"Identity": upn}, anchor=upn),
        where={_BLOCKED: wanted},
        unless={_ALLOWED: wanted},
    )
    return Change(
        id=f"{_ID}:{wanted}",
        step=_ID,
        says=f"Block the mobile device {_named(device)} from the mailbox",
        why=because(finding, f"It has synced since {day(device.first_sync_time)}; no finding is about it"),
        do=Cmdlet("Set-CASMailbox", there, anchor=upn),
        look=look,
        expects=None,
        wants={},
        undo=Undo(
            says=f"Unblock the mobile device {_named(device)}",
            do=Cmdlet("Set-CASMailbox", back, anchor=upn),
            look=look,
            wants=None,
        ),
        suggested=asks_for(planning, finding),
        warns=(
            "Mail already on the device stays there; it is not wiped",
            *gaps(planning, *NEEDS),
        ),
    )
