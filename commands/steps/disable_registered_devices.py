"""Disable devices that were registered for the account: their tokens outlive a new password.

Source: Microsoft Entra, "Revoke user access in an emergency"; Microsoft Graph v1.0, "Update device": only
callers with the role Global Administrator or Cloud Device Administrator can change `accountEnabled`. For
Windows devices some tenants accept the permission alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from commands.clues.records import one_line
from commands.plans.plan import Change, Look, Nothing, Phase, Planned, Undo
from commands.plans.planning_input import PlanningInput
from commands.report import Finding
from commands.steps.parts import asks_for, because, first_line, gaps, name_of, refusals, registered
from graph.evidence import Unavailable
from graph.parts.reading import segment
from graph.request import Cmdlet, Request
from graph.resources.devices import RegisteredDevice

TITLE = "Disable registered devices"
SOURCE = "additional step"
PHASE = Phase.CONTAIN
PLANS = "one change for each registered device"
UNDO = "the device is enabled again"
PEOPLE = "one"
NEEDS: tuple[str, ...] = ("registered_devices",)
_ROLE: Final = "Cloud Device Administrator"
WRITES: tuple[Request | Cmdlet, ...] = (Request("PATCH", "/devices/{id}", body={"accountEnabled": False}),)

_ID: Final = "disable_registered_devices"
_TOGETHER: Final = timedelta(minutes=10)
"""How far the record of a registration and its time may lie apart to mean the same."""


def plan(planning: PlanningInput) -> Iterator[Planned]:
    """Plan to disable each device that is not; those that findings rest on are suggested."""
    refused = refusals(planning, _ID, NEEDS)
    if refused or isinstance(planning.evidence.registered_devices, Unavailable):
        yield from refused
        return
    devices = planning.evidence.registered_devices.value
    if not devices:
        yield Nothing(_ID, f"{name_of(planning)} has no registered devices.")
    for device in devices:
        if device.account_enabled is False:
            yield Nothing(_ID, f"The device {_named(device)} is already disabled.")
        elif device.account_enabled is None:
            why = f"Unknown whether the device {_named(device)} is enabled"
            yield Nothing(_ID, f"{why} (needs Device.Read.All).", refused=True)
        else:
            yield _change(planning, device)


def _named(device: RegisteredDevice) -> str:
    return first_line(device.display_name, device.operating_system, device.device_id, device.id)


def _finding_on(planning: PlanningInput, device: RegisteredDevice) -> Finding | None:
    """Give the gravest finding on a device: one that names its id, else the record of its registration.

    Records of a registration name the device, or only its owner; then the time has to fit.
    """
    named = planning.finding_on(device.id, "devices")
    if named is not None:
        return named
    records = {one.id: one for one in planning.evidence.records()}
    ids = {device.id.casefold(), device.device_id.casefold()} - {""}
    made = device.registration_date_time
    for finding in planning.findings("devices"):
        seen = [records[name] for name in finding.records if name in records]
        if any(one.object_id.casefold() in ids for one in seen):
            return finding
        close = made is not None and finding.at is not None and abs(finding.at - made) <= _TOGETHER
        if seen and close and finding.after in ("", one_line(device.display_name)):
            return finding
    return None


def _change(planning: PlanningInput, device: RegisteredDevice) -> Change:
    finding, path = _finding_on(planning, device), f"/devices/{segment(device.id)}"
    look = Look(Request("GET", path, {"$select": "accountEnabled"}), fields=("accountEnabled",))
    return Change(
        id=f"{_ID}:{device.id}",
        step=_ID,
        says=f"Disable the device {_named(device)}",
        why=because(finding, f"{registered(device.registration_date_time)}; no finding is about it"),
        do=Request("PATCH", path, body={"accountEnabled": False}),
        look=look,
        expects={"accountEnabled": device.account_enabled},
        wants={"accountEnabled": False},
        undo=Undo(
            says=f"Enable the device {_named(device)} again",
            do=Request("PATCH", path, body={"accountEnabled": True}),
            look=look,
            wants={"accountEnabled": True},
        ),
        suggested=asks_for(planning, finding),
        warns=(
            *(
                (f"Microsoft refuses this unless the application has the role {_ROLE}",)
                if "windows" not in device.operating_system.casefold()
                else ()
            ),
            *(
                ("The device is managed; everyone who uses it is signed out",)
                if device.is_compliant or device.is_managed
                else ()
            ),
            *(
                (
                    (
                        "The device is synced from Active Directory: disable it there too, or it may be "
                        "re-enabled"
                    ),
                )
                if device.trust_type.casefold() == "serverad"
                else ()
            ),
            *gaps(planning, *NEEDS),
        ),
    )
