"""Blocking mobile devices from the mailbox."""

from __future__ import annotations

from typing import Any

from commands.plans.plan import same, state_of
from commands.plans.planning_input import PlanningInput
from commands.steps import block_mobile_devices
from graph.request import Cmdlet
from graph.resources.devices import MobileDevice
from graph.resources.mailbox import MailProtocols
from tests.commands.evidence import ADELE, at
from tests.commands.steps.planning_inputs import (
    UNSEEN,
    changes,
    finding,
    guarded,
    nothing,
    only_change,
    planning,
)

UPN = ADELE.user_principal_name
PHONE = MobileDevice(
    identity="adele\\phone", device_id="A1B2", friendly_name="Pixel 9", first_sync_time=at(-4)
)
TABLE = "#Exchange.GenericHashTable"


def about(*devices: MobileDevice, found: Any = (), protocols: Any = None, **more: Any) -> PlanningInput:
    held = protocols if protocols is not None else MailProtocols()
    return planning(found=found, mobile_devices=list(devices), mail_protocols=held, **more)


def test_it_adds_the_device_to_the_blocked_ones_and_takes_it_off_again():
    change = only_change(block_mobile_devices, about(PHONE))
    assert change.id == "block_mobile_devices:A1B2"
    assert change.do == Cmdlet(
        "Set-CASMailbox",
        {"Identity": UPN, "ActiveSyncBlockedDeviceIDs": {"@odata.type": TABLE, "add": ["A1B2"]}},
        anchor=UPN,
    )
    assert change.look.ask == Cmdlet("Get-CASMailbox", {"Identity": UPN}, anchor=UPN)
    assert change.undo is not None
    assert change.undo.do == Cmdlet(
        "Set-CASMailbox",
        {"Identity": UPN, "ActiveSyncBlockedDeviceIDs": {"@odata.type": TABLE, "remove": ["A1B2"]}},
        anchor=UPN,
    )
    assert not change.suggested


def test_its_state_is_that_of_this_device_whatever_becomes_of_others():
    change = only_change(block_mobile_devices, about(PHONE))
    for blocked in ([], ["OTHER"]):
        now = state_of(change.look, [{"ActiveSyncBlockedDeviceIDs": blocked}])
        assert same(now, change.expects)
    now = state_of(change.look, [{"ActiveSyncBlockedDeviceIDs": ["OTHER", "a1b2"]}])
    assert same(now, change.wants)


def test_a_device_that_was_allowed_by_name_loses_that_and_gets_it_back():
    protocols = MailProtocols(active_sync_allowed_device_ids=("a1b2",))
    change = only_change(block_mobile_devices, about(PHONE, protocols=protocols))
    assert isinstance(change.do, Cmdlet)
    assert change.do.parameters["ActiveSyncAllowedDeviceIDs"] == {"@odata.type": TABLE, "remove": ["A1B2"]}
    assert change.undo is not None
    assert isinstance(change.undo.do, Cmdlet)
    assert change.undo.do.parameters["ActiveSyncAllowedDeviceIDs"] == {"@odata.type": TABLE, "add": ["A1B2"]}
    both = {"ActiveSyncBlockedDeviceIDs": ["A1B2"], "ActiveSyncAllowedDeviceIDs": ["A1B2"]}
    assert same(state_of(change.look, [both]), change.expects), "a device that is allowed too is not kept out"


def test_a_device_that_a_finding_names_is_suggested():
    change = only_change(block_mobile_devices, about(PHONE, found=[finding("devices", PHONE.identity)]))
    assert change.suggested


def test_a_finding_on_another_device_suggests_nothing():
    assert not only_change(block_mobile_devices, about(PHONE, found=[finding("devices", "other")])).suggested


def test_nothing_is_wiped():
    (change,) = changes(block_mobile_devices, about(PHONE))
    assert isinstance(change.do, Cmdlet)
    assert change.do.name == "Set-CASMailbox"
    assert any("not wiped" in warning for warning in change.warns)


def test_a_device_with_several_programs_is_blocked_once():
    twin = PHONE.model_copy(update={"identity": "adele\\other", "device_id": "a1b2"})
    assert len(changes(block_mobile_devices, about(PHONE, twin))) == 1


def test_a_device_that_is_blocked_already_stays_so():
    protocols = MailProtocols(active_sync_blocked_device_ids=("a1b2",))
    assert not nothing(block_mobile_devices, about(PHONE, protocols=protocols)).refused


def test_a_device_without_an_id_cannot_be_blocked():
    assert nothing(block_mobile_devices, about(MobileDevice(identity="adele\\x"))).refused


def test_without_devices_there_is_nothing_to_block():
    assert not nothing(block_mobile_devices, about()).refused


def test_both_lists_must_have_been_seen():
    assert nothing(block_mobile_devices, about(PHONE, protocols=UNSEEN)).refused
    on = planning(mobile_devices=UNSEEN, mail_protocols=MailProtocols())
    assert nothing(block_mobile_devices, on).refused


def test_a_protected_account_keeps_its_devices():
    assert nothing(block_mobile_devices, about(PHONE, guard=guarded())).refused
