"""Disabling devices that were registered for the account."""

from __future__ import annotations

from typing import Any

import pytest

from commands.plans.plan import same
from commands.plans.planning_input import PlanningInput
from commands.steps import disable_registered_devices
from graph.evidence import Known
from graph.needs import of_writes
from graph.request import Request
from graph.resources.devices import RegisteredDevice
from tests.commands.evidence import at, record
from tests.commands.steps.planning_inputs import UNSEEN, finding, guarded, nothing, only_change, planning

PATH = "/devices/device-1"


def device(**fields: Any) -> RegisteredDevice:
    plain = {
        "id": "device-1",
        "device_id": "guid-1",
        "display_name": "DESKTOP-7F2KQ9X",
        "operating_system": "Windows",
        "account_enabled": True,
        "registration_date_time": at(-4),
    }
    return RegisteredDevice(**{**plain, **fields})


def about(*devices: RegisteredDevice, found: Any = (), **more: Any) -> PlanningInput:
    return planning(found=found, registered_devices=list(devices), **more)


def test_it_plans_to_disable_the_device_and_can_enable_it_again():
    change = only_change(disable_registered_devices, about(device()))
    assert change.id == "disable_registered_devices:device-1"
    assert change.do == Request("PATCH", PATH, body={"accountEnabled": False})
    assert change.look.ask == Request("GET", PATH, {"$select": "accountEnabled"})
    assert change.expects == {"accountEnabled": True}
    assert change.wants == {"accountEnabled": False}
    assert change.undo is not None
    assert change.undo.do == Request("PATCH", PATH, body={"accountEnabled": True})
    assert same(change.undo.wants, change.expects)
    assert not change.suggested


RECORDS = [
    ("the finding names the device", "device-1", {}, ""),
    ("the record names the device", "seen", {"object_id": "device-1"}, ""),
    ("the record names its other id", "seen", {"object_id": "guid-1"}, ""),
    ("the record names its owner, at the same time", "seen", {"hours": -4}, ""),
    ("the record gives its name, at the same time", "seen", {"hours": -4}, "DESKTOP-7F2KQ9X"),
]


@pytest.mark.parametrize(("why", "rests_on", "fields", "after"), RECORDS, ids=[row[0] for row in RECORDS])
def test_a_device_that_findings_rest_on_is_suggested(why: str, rests_on: str, fields: Any, after: str):
    seen = record("Register device", id="seen", **fields)
    found = [finding("devices", rests_on, at=seen.at, after=after)]
    on = about(device(), found=found, directory_audits_on_user=[seen])
    assert only_change(disable_registered_devices, on).suggested


NOT_MEANT = [
    ("another name at the same time is another device", {"hours": -4}, "LAPTOP-2"),
    ("an owner named at another time is another device", {"hours": -9}, ""),
]


@pytest.mark.parametrize(("why", "fields", "after"), NOT_MEANT, ids=[row[0] for row in NOT_MEANT])
def test_a_device_is_not_suggested_for_another(why: str, fields: Any, after: str):
    seen = record("Register device", id="seen", **fields)
    found = [finding("devices", "seen", at=seen.at, after=after)]
    on = about(device(), found=found, directory_audits_on_user=[seen])
    assert not only_change(disable_registered_devices, on).suggested


def test_a_telephone_that_fetched_mail_at_that_time_is_no_registered_device():
    found = [finding("devices", "adele\\phone", at=at(-4), after="DESKTOP-7F2KQ9X")]
    assert not only_change(disable_registered_devices, about(device(), found=found)).suggested


def test_devices_of_the_company_come_with_a_warning():
    change = only_change(disable_registered_devices, about(device(is_managed=True, trust_type="ServerAd")))
    assert any("managed" in warning for warning in change.warns)
    assert any("Active Directory" in warning for warning in change.warns)
    assert only_change(disable_registered_devices, about(device())).warns == ()


@pytest.mark.parametrize("system", ["iOS", "Android", "MacMDM", ""])
def test_what_is_no_windows_device_takes_a_role_and_says_so(system: str):
    change = only_change(disable_registered_devices, about(device(operating_system=system)))
    assert any("the role Cloud Device Administrator" in warning for warning in change.warns)
    assert "the role Cloud Device Administrator" in of_writes(disable_registered_devices.WRITES)


def test_a_device_of_which_only_the_id_is_known_is_no_enabled_one():
    bare = RegisteredDevice.model_validate(
        {
            "@odata.type": "#microsoft.graph.device",
            "id": "device-1",
            "displayName": None,
            "accountEnabled": None,
        }
    )
    answer = nothing(disable_registered_devices, about(bare))
    assert answer.refused
    assert "needs Device.Read.All" in answer.why


def test_a_device_that_is_disabled_already_stays_so():
    assert not nothing(disable_registered_devices, about(device(account_enabled=False))).refused


def test_without_devices_there_is_nothing_to_disable():
    assert not nothing(disable_registered_devices, about()).refused


def test_devices_that_could_not_be_seen_are_no_clean_slate():
    assert nothing(disable_registered_devices, planning(registered_devices=UNSEEN)).refused


def test_what_is_missing_is_said_beside_what_was_seen():
    on = planning(found=[], registered_devices=Known((device(),), missing=("one entry",)))
    assert any("one entry" in warning for warning in only_change(disable_registered_devices, on).warns)


def test_a_protected_account_keeps_its_devices():
    assert nothing(disable_registered_devices, about(device(), guard=guarded())).refused
