"""Switch off ways into the mailbox: ActiveSync and Outlook on the web for devices, and others as chosen.

Source: Microsoft's document, step 5; Exchange PowerShell, "Set-CASMailbox". Microsoft's later document also
names MAPI, EWS, IMAP, POP and Outlook on the web.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from commands.plans.plan import Change, Look, Phase, Planned, Undo
from commands.plans.planning_input import PlanningInput
from commands.report import Finding, VerdictCode
from commands.steps.mailbox_parts import with_gaps
from commands.steps.parts import asks_for, because, name_of, refusals
from graph.evidence import Known
from graph.request import Cmdlet, Request

TITLE = "Block mail protocols"
SOURCE = "step 5"
PHASE = Phase.CONTAIN
PLANS = (
    "one change for each enabled protocol; the document asks for ActiveSync and Outlook on the "
    "web for devices"
)
UNDO = "the previous value"
PEOPLE = "one"
NEEDS: Final = ("mail_protocols",)
WRITES: tuple[Request | Cmdlet, ...] = (Cmdlet("Set-CASMailbox"),)

_ID: Final = "disable_mail_protocols"


@dataclass(frozen=True, slots=True)
class Protocol:
    """A protocol.

    Attributes:
        flag: Exchange's name of its switch.
        source: Its name among the evidence.
        name: What people call it; the findings use the same words.
        off: The value of the switch that closes it.
        document: Whether Microsoft's document names it.
        costs: What its users lose.
    """

    flag: str
    source: str
    name: str
    off: bool = False
    document: bool = False
    costs: str = ""


PROTOCOLS: Final = (
    Protocol(
        "ActiveSyncEnabled",
        "active_sync_enabled",
        "ActiveSync",
        document=True,
        costs="Mail apps on phones stop syncing",
    ),
    Protocol(
        "OWAforDevicesEnabled",
        "owa_for_devices_enabled",
        "OWA for Devices (older mobile app)",
        document=True,
        costs="The older Outlook Web App for iOS and Android stops working",
    ),
    Protocol(
        "OWAEnabled", "owa_enabled", "Outlook on the web", costs="The user cannot read mail in a browser"
    ),
    Protocol("MAPIEnabled", "mapi_enabled", "MAPI", costs="Outlook for the desktop stops working"),
    Protocol(
        "EwsEnabled",
        "ews_enabled",
        "Exchange Web Services",
        costs="Outlook for Mac and programs that use Exchange Web Services stop working",
    ),
    Protocol("ImapEnabled", "imap_enabled", "IMAP", costs="Mail programs that use IMAP stop working"),
    Protocol("PopEnabled", "pop_enabled", "POP", costs="Mail programs that use POP stop working"),
    Protocol(
        "OutlookMobileEnabled",
        "outlook_mobile_enabled",
        "Outlook for phones",
        costs="Outlook on phones and tablets stops working",
    ),
    Protocol(
        "SmtpClientAuthenticationDisabled",
        "smtp_client_authentication_disabled",
        "SMTP AUTH",
        off=True,
        costs="Scanners and programs that send with this account's password stop working",
    ),
)
"""The protocols, those that Microsoft's document names first."""


def plan(planning: PlanningInput) -> Iterator[Planned]:
    """Plan to switch off each protocol that is on, each as a change of its own."""
    if refused := refusals(planning, _ID):
        yield from refused
        return
    changes = []
    if isinstance(planning.evidence.mail_protocols, Known):
        values = planning.evidence.mail_protocols.value
        for protocol in PROTOCOLS:
            value: bool | None = getattr(values, protocol.source)
            # SMTP has a switch that says off, and null means as the organisation has it, which may be on.
            if value is True if not protocol.off else value is not True:
                changes.append(_change(planning, protocol, value))
    yield from with_gaps(_ID, planning, changes, "All mail protocols are already disabled.", *NEEDS)


def _change(planning: PlanningInput, protocol: Protocol, value: bool | None) -> Change:
    name, flag = planning.subject.user_principal_name, protocol.flag
    look = Look(Cmdlet("Get-CASMailbox", {"Identity": name}, anchor=name, select=(flag,)), fields=(flag,))
    finding = _finding(planning, protocol)
    compromised = planning.report.verdict.answer is VerdictCode.COMPROMISED
    if protocol.document:
        reason = "Microsoft asks for it while an account is compromised."
    elif value is None:
        reason = "Enabled by the organization's default; disable it if it is not needed."
    else:
        reason = "It is enabled; disable it if it is not needed."
    owner = name_of(planning)
    back = f"Enable {protocol.name} for {owner} again"
    if value is None:
        back = f"Reset {protocol.name} of {owner} to the organization's default"
    return Change(
        id=f"{_ID}:{flag}",
        step=_ID,
        says=f"Disable {protocol.name} for {owner}",
        why=because(finding, reason),
        do=Cmdlet("Set-CASMailbox", {"Identity": name, flag: protocol.off}, anchor=name),
        look=look,
        expects={flag: value},
        wants={flag: protocol.off},
        undo=Undo(
            says=back,
            do=Cmdlet("Set-CASMailbox", {"Identity": name, flag: value}, anchor=name),
            look=look,
            wants={flag: value},
        ),
        suggested=asks_for(planning, finding) or (protocol.document and compromised),
        warns=(protocol.costs, "Open connections may last up to an hour"),
    )


def _finding(planning: PlanningInput, protocol: Protocol) -> Finding | None:
    """The finding that says that this protocol was switched on."""
    findings = planning.findings("mail_protocols")
    return next((one for one in findings if protocol.name in one.names), None)
