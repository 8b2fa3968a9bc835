"""The mobile devices partnered with the mailbox. Source: Exchange PowerShell, "Get-MobileDevice"."""

from __future__ import annotations

from graph.effects import Asking, fetch
from graph.evidence import Known
from graph.parts.reading import read_each, untold
from graph.question import Question
from graph.request import Cmdlet
from graph.resources.devices import MobileDevice

ASKS = (Cmdlet("Get-MobileDevice"),)
LICENSE = ""


def ask(question: Question) -> Asking[tuple[MobileDevice, ...]]:
    """Ask for the devices, Outlook for iOS and Android among them."""
    name = question.subject.user_principal_name
    items = yield from fetch(Cmdlet("Get-MobileDevice", {"Mailbox": name}, anchor=name))
    found, missing = read_each(MobileDevice, items)
    return Known(found, missing=missing + untold(items, "DeviceId", "FirstSyncTime"))
