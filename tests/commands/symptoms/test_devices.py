"""A device is found when it is new in the window; a managed one is the user's own."""

from __future__ import annotations

import pytest

from commands.symptoms import devices
from graph.resources.devices import MobileDevice, RegisteredDevice
from tests.commands.evidence import INTRUDER, at, record
from tests.commands.symptoms.judging import all_signs, broken_in, findings, ordinary, past, signs

FOUND = [
    (
        "a device registered by the attacker",
        "device_by_intruder",
        {"sign_ins": broken_in(), "audit_log": [record("Add registered owner to device", address=INTRUDER)]},
    ),
    (
        "a device registered from nowhere known",
        "new_device",
        {"audit_log": [record("Register device", address="198.51.100.9")]},
    ),
    (
        "a new device that stands",
        "new_device",
        {
            "registered_devices": [
                RegisteredDevice(id="d", display_name="DESKTOP-X", registration_date_time=at(-5))
            ]
        },
    ),
    (
        "a first synchronization",
        "new_mail_device",
        {
            "mobile_devices": [
                MobileDevice(identity="m", device_model="Nokia", client_type="EAS", first_sync_time=at(-5))
            ]
        },
    ),
]

NOT_FOUND = [
    (
        "a new phone of a user whose sign-ins are all his own",
        {
            "sign_ins": [*past(), ordinary(hours=-6)],
            "registered_devices": [RegisteredDevice(id="d", registration_date_time=at(-5))],
            "mobile_devices": [MobileDevice(identity="m", client_type="Outlook", first_sync_time=at(-5))],
        },
    ),
    (
        "a managed new device",
        {"registered_devices": [RegisteredDevice(id="d", is_compliant=True, registration_date_time=at(-5))]},
    ),
    ("a device registered at the office", {"sign_ins": past(), "audit_log": [record("Register device")]}),
    (
        "a device of last year",
        {"registered_devices": [RegisteredDevice(id="d", registration_date_time=at(-24 * 300))]},
    ),
    (
        "a phone of last year",
        {"mobile_devices": [MobileDevice(identity="m", first_sync_time=at(-24 * 300))]},
    ),
    (
        "a device without a date",
        {"registered_devices": [RegisteredDevice(id="d")], "mobile_devices": [MobileDevice(identity="m")]},
    ),
    (
        "a colleague's device",
        {
            "audit_log": [
                record("Register device", actor="alex@contoso.example", owner="alex@contoso.example")
            ]
        },
    ),
]


@pytest.mark.parametrize(("why", "sign", "sources"), FOUND, ids=[row[0] for row in FOUND])
def test_it_finds(why, sign, sources):
    assert sign in signs(devices, **sources)


@pytest.mark.parametrize(("why", "sources"), NOT_FOUND, ids=[row[0] for row in NOT_FOUND])
def test_it_leaves_alone(why, sources):
    assert signs(devices, **sources) == set()


def test_an_own_device_is_told_and_weighs_nothing():
    managed = [RegisteredDevice(id="d", is_managed=True, registration_date_time=at(-5))]
    assert all_signs(devices, registered_devices=managed) == {"own_new_device"}


def test_a_device_and_the_record_of_its_registration_are_one_finding():
    made = record("Register device", hours=-5, address="198.51.100.9")
    standing = [RegisteredDevice(id="d", registration_date_time=at(-5))]
    assert len(findings(devices, audit_log=[made], registered_devices=standing)) == 1
