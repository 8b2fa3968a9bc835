"""Takeovers that differ in how somebody got in."""

from __future__ import annotations

from typing import Final

from evaluation.case import Case
from evaluation.life import FACTOR
from evaluation.scripts import Script, Truth
from evaluation.scripts.entering import (
    browser,
    cover,
    defraud,
    forward,
    guess,
    hide,
    look_around,
    phish,
    replay,
    stay_in,
)
from evaluation.world.clients import BROKER, LEGACY_IMAP, LEGACY_SMTP, LINUX_CHROME
from evaluation.world.networks import VPNS
from evaluation.world.people import Line


def aitm_hosting(case: Case) -> None:
    """A phishing kit on a server; then a rule, and fraud in most draws."""
    stay = phish(case, case.hosting(), kit=case.chance(0.6))
    look_around(case, stay)
    hide(case, stay)
    if case.chance(0.7):
        sent = defraud(case, stay)
        if case.chance(0.5):
            cover(case, stay, sent)


def aitm_proxy_same_city(case: Case) -> None:
    """The same through a residential proxy of the victim's own city."""
    stay = phish(case, case.proxy(near=True), kit=False)
    look_around(case, stay)
    if case.chance(0.6):
        stay_in(case, stay)
    hide(case, stay)
    if case.chance(0.7):
        defraud(case, stay)


def session_replay(case: Case) -> None:
    """A stolen session goes on elsewhere; mail is read, and a rule made in half of the draws."""
    stay = replay(case, case.stranger())
    look_around(case, stay)
    if case.chance(0.5):
        hide(case, stay)
    if case.chance(0.5):
        forward(case, stay)


def device_code(case: Case) -> None:
    """A device code typed in by the victim; a program reads mail through Graph."""
    spot = case.hosting()
    stay = case.enter(spot, BROKER, case.moment())
    stay.sign_in(factor=FACTOR, protocol="deviceCode", transfer="deviceCodeFlow", risk=case.risk(0.4))
    for _ in range(case.r.randrange(2, 5)):
        stay.read(case.r.randrange(10, 60))
    if case.chance(0.6):
        stay.directory("Add registered owner to device.", case.victim)
        stay.directory("Register device.", case.victim)
    if case.chance(0.5):
        hide(case, stay)


def spray_then_imap(case: Case) -> None:
    """Passwords of the whole firm are guessed over IMAP; one is right, and folders are fetched."""
    stay = guess(case, case.stranger(), LEGACY_IMAP)
    stay.read(1, sync=True)
    stay.read(1, sync=True, folder=1)
    if case.chance(0.5):
        smtp = case.enter(stay.spot, LEGACY_SMTP, stay.wait(10, 200).at).sign_in()
        for _ in range(case.r.randrange(20, 60)):
            smtp.send(case.lure())


def mfa_fatigue(case: Case) -> None:
    """The password is known; prompts come until one is approved."""
    spot = case.stranger()
    stay = case.enter(spot, browser(case), case.moment())
    for _ in range(case.r.randrange(4, 12)):
        stay.sign_in(error=500121, reason="AuthenticationFailedSasError", factor=FACTOR)
    stay.sign_in(factor=FACTOR, risk=case.risk())
    stay_in(case, stay)
    look_around(case, stay)
    if case.chance(0.5):
        forward(case, stay)


def helpdesk_reset(case: Case) -> None:
    """The help desk is talked into a reset; the caller signs in and enrolls an authenticator."""
    at = case.at(case.day, case.r.uniform(9, 16))
    desk = case.own(case.day, 9, who=case.administrator)
    desk.at = at
    desk.directory("Reset user password.", case.victim)
    if case.chance(0.6):
        desk.directory("Admin deleted security info", case.victim)
    stay = case.enter(case.stranger(), browser(case), desk.wait(3, 40).at)
    stay.sign_in(error=50055, reason="InvalidPasswordExpiredPassword")
    stay.directory("Change user password.", case.victim)
    stay.sign_in(risk=case.risk(0.3))
    stay_in(case, stay)
    look_around(case, stay)
    defraud(case, stay)


def reading_only(case: Case) -> None:
    """Somebody comes back on several days and only reads."""
    spot = case.stranger()
    first = phish(case, spot)
    look_around(case, first)
    for day in range(case.day + 1, case.day + 4):
        again = case.enter(spot, first.client, case.moment(day), session=first.session)
        again.sign_in(factor="Previously satisfied", interactive=False)
        look_around(case, again)


def reading_with_stolen_session_near(case: Case) -> None:
    """A stolen session is read from the same city with the same browser, for some days."""
    stay = replay(case, case.proxy(near=True))
    look_around(case, stay)
    for day in range(case.day + 1, case.day + 3):
        again = case.enter(stay.spot, stay.client, case.moment(day), session=stay.session)
        again.sign_in(factor="Previously satisfied", interactive=False)
        look_around(case, again)


def through_vpn_like_the_victims(case: Case) -> None:
    """The victim uses a commercial VPN; the attacker comes through the same one, with another machine."""
    vpn = case.victim.vpn
    spot = vpn.spot(case.r, case.day) if vpn else case.somewhere(VPNS)
    stay = phish(case, spot, kit=False)
    stay.client = LINUX_CHROME if case.chance(0.5) else stay.client
    look_around(case, stay)
    stay_in(case, stay)
    hide(case, stay)
    defraud(case, stay)


def _uses_vpn(case: Case) -> None:
    if case.victim.vpn is None:
        network = case.r.choice(VPNS)
        case.victim.vpn = Line(case.r, network, network.places[0], "roaming")


ATTACKS: Final = (
    Script(
        "aitm-hosting", Truth.ATTACK, "Adversary in the middle on a server, then a hiding rule", aitm_hosting
    ),
    Script(
        "aitm-proxy-same-city",
        Truth.ATTACK,
        "Adversary in the middle through a residential proxy of the same city",
        aitm_proxy_same_city,
        role="accountant",
    ),
    Script(
        "session-replay", Truth.ATTACK, "A stolen session goes on elsewhere", session_replay, role="sales"
    ),
    Script("device-code", Truth.ATTACK, "Device code phishing, mail read through Graph", device_code),
    Script("spray-then-imap", Truth.ATTACK, "Password spray, then mail fetched over IMAP", spray_then_imap),
    Script("mfa-fatigue", Truth.ATTACK, "Prompts until one is approved", mfa_fatigue, role="sales"),
    Script("helpdesk-reset", Truth.ATTACK, "The help desk resets the password for a caller", helpdesk_reset),
    Script(
        "reading-only",
        Truth.ATTACK,
        "Somebody returns for days and only reads",
        reading_only,
        role="executive",
    ),
    Script(
        "stolen-session-same-city",
        Truth.ATTACK,
        "A stolen session is read from the same city with the same browser",
        reading_with_stolen_session_near,
        role="executive",
    ),
    Script(
        "through-the-same-vpn",
        Truth.ATTACK,
        "The attacker comes through the VPN that the victim uses",
        through_vpn_like_the_victims,
        prepare=_uses_vpn,
        role="sales",
    ),
)
