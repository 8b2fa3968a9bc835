"""Devices that were registered for the account, or first fetched its mail, within the window.

A registered device holds a token that outlives a new password. Source: Microsoft Entra, "Device registration
service" audit activities; Exchange PowerShell, "Get-MobileDevice"; detection D56 of the public rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from commands.clues.actions import AUDITS, concerns, graded, once
from commands.clues.records import changing, found, one_line, whence
from commands.report import Finding, weighed
from commands.sentence import WAS, Piece, sentence, thing, whole
from commands.usual import Usual
from graph.evidence import Evidence

TITLE = "New devices"
SOURCE = "additional indicator"
NEEDS: Final = ("registered_devices", "mobile_devices")
HELPS: Final = AUDITS

BY_INTRUDER = weighed("device_by_intruder")
NEW = weighed("new_device")
PHONE = weighed("new_mail_device")
OWN = weighed("own_new_device")
SIGNS: Final = (BY_INTRUDER, NEW, PHONE, OWN)

_REGISTERING: Final = frozenset(
    {"register device", "add device", "add registered owner to device", "add registered users to device"}
)
_TOGETHER: Final = timedelta(minutes=10)

_THE_DEVICE: Final = Piece("The device ", many="The devices ")


def detect(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Yield device registrations and first synchronisations of the window."""
    told = list(once(_registered(evidence, usual), by_sign=True))
    yield from told
    # Where enough is known of the user and nothing in the window is foreign, a new telephone is just that.
    calm = usual.is_well_known and not usual.suspect_addresses
    for device in evidence.registered_devices.seen(()):
        made = device.registration_date_time
        if made is None or made not in evidence.window:
            continue
        if any(one.at is not None and abs(one.at - made) <= _TOGETHER for one in told):
            continue
        name = one_line(device.display_name or device.operating_system or device.device_id)
        sign = OWN if calm or device.is_compliant or device.is_managed else NEW
        says = sentence(_THE_DEVICE, thing(name), WAS, " registered")
        yield Finding("devices", sign, whole(says), at=made, after=name, records=(device.id,), pieces=says)
    for phone in evidence.mobile_devices.seen(()):
        first = phone.first_sync_time
        if first is None or first not in evidence.window:
            continue
        name = one_line(phone.friendly_name or phone.device_model or phone.device_type or phone.device_id)
        how = phone.client_type or "unknown program"
        says = sentence("The device ", thing(name), f" ({how}) synced the mailbox for the first time")
        yield Finding(
            "devices",
            OWN if calm else PHONE,
            whole(says),
            at=first,
            after=name,
            records=(phone.identity or phone.device_id,),
            pieces=says,
        )


def _registered(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    for record in changing(evidence):
        if record.operation.casefold() not in _REGISTERING or not concerns(record, evidence.subject):
            continue
        target = record.details.get("TargetName", "") or record.object_id
        # Records that add an owner or a user name the person, those that add the device name the device.
        name = "" if evidence.subject.is_meant_by(target) else one_line(target)
        sign = graded(record, usual, suspect=BY_INTRUDER, plain=NEW, familiar=OWN)
        called = sentence(" (", thing(name), ")") if name else ()
        says = sentence("A device", called, " was registered", whence(record, usual))
        yield found("devices", sign, says, record, after=name)
