"""Takeovers that rest on accounts, devices and flows other than the victim's usual ones."""

from __future__ import annotations

from typing import Final

from evaluation.case import Case
from evaluation.scripts import Script, Truth
from evaluation.scripts.entering import browser, cover, defraud, hide, look_around, phish, stay_in
from evaluation.world.clients import BROKER, CHROME, GRAPH_POWERSHELL
from evaluation.world.people import Device, hire, new_id


def registered_device(case: Case) -> None:
    """The attacker registers a device of their own, and signs in with its token from then on."""
    spot = case.stranger()
    stay = phish(case, spot)
    device = Device(
        new_id(case.r), f"DESKTOP-{case.r.randrange(10**6):06}", managed=False, trust="Azure AD registered"
    )
    stay.directory("Register device.", case.victim).directory("Add registered owner to device.", case.victim)
    for day in range(case.day, case.day + 3):
        again = case.enter(spot, CHROME, case.moment(day), device=device)
        again.sign_in(factor="Previously satisfied", interactive=False, protocol="primaryRefreshToken")
        look_around(case, again)
    if case.chance(0.5):
        hide(case, stay)


def executive_seldom_seen(case: Case) -> None:
    """An executive who hardly ever signs in is taken over; there is little to compare with."""
    stay = phish(case, case.stranger(), kit=False)
    look_around(case, stay)
    hide(case, stay)
    cover(case, stay, defraud(case, stay))


def _seldom(case: Case) -> None:
    person = case.victim
    person.pace = 0.3
    person.away.update(day for day in range(case.day) if day % 7 not in {1, 3} or case.chance(0.3))


def shared_mailbox_abused(case: Case) -> None:
    """A clerk's session is used to read the accountant's mailbox, to which the clerk has rights."""
    other = case.involve(case.person("accountant"))
    stay = phish(case, case.stranger())
    for _ in range(4):
        stay.read(case.r.randrange(10, 50), owner=other, folder=case.r.choice((0, 1)))
    sent = [stay.send(case.money(), operation="SendAs", owner=other) for _ in range(case.r.randrange(2, 5))]
    if case.chance(0.6):
        stay.delete(sent, operation="HardDelete", folder=1, owner=other)


def device_code_to_graph(case: Case) -> None:
    """A device code typed in by the victim; Graph PowerShell lists the directory and reads mail."""
    stay = case.enter(case.stranger(), BROKER, case.moment())
    stay.sign_in(factor="Mobile app notification", protocol="deviceCode", transfer="deviceCodeFlow")
    stay.client = GRAPH_POWERSHELL
    stay.sign_in(factor="Previously satisfied", interactive=False, transfer="deviceCodeFlow")
    look_around(case, stay)
    if case.chance(0.5):
        stay_in(case, stay)


def account_made(case: Case) -> None:
    """A taken-over administrator makes an account for the attacker and gives it a role."""
    stay = phish(case, case.stranger())
    made = hire(case.r, case.firm, case.pick("Svc Backup", "It Support2", "Azure Sync"), "made")
    stay.directory("Add user.", made, ("DisplayName", "[]", f'["{made.name}"]'))
    role = case.pick("Global Administrator", "Exchange Administrator")
    stay.directory("Add member to role.", made, ("Role.DisplayName", "", role))
    case.enter(stay.spot, browser(case), stay.wait(5, 60).at, who=made).sign_in()
    if case.chance(0.5):
        stay_in(case, stay)


def flow_forwards(case: Case) -> None:
    """A flow copies mail to an address outside; nothing in the mailbox shows it."""
    stay = phish(case, case.stranger())
    look_around(case, stay)
    case.scribe.record(
        stay.at,
        "CreateFlow",
        30,
        "MicrosoftFlow",
        case.victim.upn,
        ClientIP=stay.spot.address,
        ObjectId=new_id(case.r),
        FlowConnectorNames="Office 365 Outlook,Gmail",
        FlowDetailsUrl=f"https://make.powerautomate.com/flows/{new_id(case.r)}",
    )


def returns_after_reset(case: Case) -> None:
    """The password is reset, but the attacker's own sign-in method lets them in again."""
    spot = case.stranger()
    stay = phish(case, spot)
    stay_in(case, stay)
    look_around(case, stay)
    case.own(case.day + 1, 10, who=case.administrator).directory("Reset user password.", case.victim)
    again = case.enter(spot, browser(case), case.moment(case.day + 2))
    again.sign_in(factor="Mobile app notification", risk=case.risk(0.3))
    look_around(case, again)
    hide(case, again)


ATTACKS: Final = (
    Script(
        "registered-device",
        Truth.ATTACK,
        "The attacker's own device signs in",
        registered_device,
    ),
    Script(
        "executive-seldom-seen",
        Truth.ATTACK,
        "An executive with few sign-ins is taken over",
        executive_seldom_seen,
        prepare=_seldom,
        role="executive",
    ),
    Script(
        "other-mailbox-abused",
        Truth.ATTACK,
        "A clerk's session is used on the accountant's mailbox",
        shared_mailbox_abused,
    ),
    Script(
        "device-code-to-graph",
        Truth.ATTACK,
        "Device code phishing, then Graph PowerShell",
        device_code_to_graph,
        role="personnel",
    ),
    Script(
        "account-made",
        Truth.ATTACK,
        "An administrator's account makes another and gives it a role",
        account_made,
        role="administrator",
    ),
    Script("flow-forwards", Truth.ATTACK, "A flow copies mail out", flow_forwards, role="marketing"),
    Script("returns-after-reset", Truth.ATTACK, "A method survives the reset", returns_after_reset),
)
