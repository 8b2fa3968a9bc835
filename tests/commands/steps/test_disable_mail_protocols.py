"""Each protocol that is on is a change of its own; those of the document are suggested."""

from __future__ import annotations

from typing import Any

import pytest

from commands.report import VerdictCode
from commands.steps import disable_mail_protocols
from graph.request import Cmdlet
from graph.resources.mailbox import MailProtocols
from tests.commands.evidence import ADELE
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
OFF = {"smtp_client_authentication_disabled": True}


def protocols(**on: Any) -> MailProtocols:
    return MailProtocols(**{**OFF, **on})


FLAGS = [
    ("active_sync_enabled", "ActiveSyncEnabled"),
    ("owa_for_devices_enabled", "OWAforDevicesEnabled"),
    ("owa_enabled", "OWAEnabled"),
    ("mapi_enabled", "MAPIEnabled"),
    ("ews_enabled", "EwsEnabled"),
    ("imap_enabled", "ImapEnabled"),
    ("pop_enabled", "PopEnabled"),
    ("outlook_mobile_enabled", "OutlookMobileEnabled"),
]


@pytest.mark.parametrize(("source", "flag"), FLAGS)
def test_a_protocol_that_is_on_is_switched_off_by_its_own_flag(source: str, flag: str) -> None:
    seen = planning(found=[], mail_protocols=protocols(**{source: True}))
    change = only_change(disable_mail_protocols, seen)
    assert change.id == f"disable_mail_protocols:{flag}"
    assert change.do == Cmdlet("Set-CASMailbox", {"Identity": UPN, flag: False}, anchor=UPN)
    assert change.look.ask == Cmdlet("Get-CASMailbox", {"Identity": UPN}, anchor=UPN, select=(flag,))
    assert (change.expects, change.wants) == ({flag: True}, {flag: False})
    assert change.undo is not None
    assert change.undo.do == Cmdlet("Set-CASMailbox", {"Identity": UPN, flag: True}, anchor=UPN)
    assert change.undo.wants == {flag: True}
    assert change.suggested is (flag in {"ActiveSyncEnabled", "OWAforDevicesEnabled"})


@pytest.mark.parametrize("before", [None, False])
def test_smtp_goes_back_to_what_it_was_the_organisations_setting_included(*, before: bool | None) -> None:
    flag = "SmtpClientAuthenticationDisabled"
    seen = planning(found=[], mail_protocols=MailProtocols(smtp_client_authentication_disabled=before))
    change = only_change(disable_mail_protocols, seen)
    assert change.do == Cmdlet("Set-CASMailbox", {"Identity": UPN, flag: True}, anchor=UPN)
    assert change.expects == {flag: before}
    assert change.undo is not None
    assert change.undo.do == Cmdlet("Set-CASMailbox", {"Identity": UPN, flag: before}, anchor=UPN)
    assert change.undo.wants == {flag: before}


def test_without_a_compromise_the_documents_protocols_are_only_offered() -> None:
    seen = planning(
        found=[], answer=VerdictCode.SUSPICIOUS, mail_protocols=protocols(active_sync_enabled=True)
    )
    assert not only_change(disable_mail_protocols, seen).suggested


def test_a_protocol_that_a_finding_names_is_suggested() -> None:
    found = [finding("mail_protocols", names=("POP", "OWA for Devices (older mobile app)"))]
    seen = planning(
        found=found,
        answer=VerdictCode.SUSPICIOUS,
        mail_protocols=protocols(
            pop_enabled=True, imap_enabled=True, owa_enabled=True, owa_for_devices_enabled=True
        ),
    )
    assert {one.id.partition(":")[2]: one.suggested for one in changes(disable_mail_protocols, seen)} == {
        "OWAforDevicesEnabled": True,
        "OWAEnabled": False,
        "ImapEnabled": False,
        "PopEnabled": True,
    }


def test_protocols_that_are_off_or_not_told_need_nothing() -> None:
    seen = planning(found=[], mail_protocols=protocols(pop_enabled=False))
    assert not nothing(disable_mail_protocols, seen).refused


def test_unseen_protocols_are_not_called_off() -> None:
    assert nothing(disable_mail_protocols, planning(found=[], mail_protocols=UNSEEN)).refused


def test_a_protected_account_is_left_alone() -> None:
    seen = planning(found=[], guard=guarded(), mail_protocols=protocols(pop_enabled=True))
    assert nothing(disable_mail_protocols, seen).refused
