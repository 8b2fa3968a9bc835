"""Kinds of takeover and of harmless life that are no script of the corpus: thought of first, judged after.

Each is one firm, drawn from its name, and must be told or left alone. What is behind a kind stands in its
first line; the corpus of `make evaluate` stays what the numbers in `docs/evaluation.md` were measured on.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from commands.analyze import analyze
from evaluation.case import Case
from evaluation.corpus import make
from evaluation.judging import NOW
from evaluation.life import FACTOR, REMEMBERED
from evaluation.scripts import Script, Truth
from evaluation.world.clients import CHROME, FIREFOX, KIT, LEGACY_SMTP, PYTHON, SAFARI
from evaluation.world.networks import HOSTING, TOR, VPNS
from evaluation.world.people import new_id
from tests.each import some_now

ADVISER = "adviser@ledger-partners.example"


def kit_then_proxy(case: Case) -> None:
    """A phishing kit relays the sign-in, its session is read on a residential line (Tycoon 2FA)."""
    first = case.enter(case.somewhere(HOSTING), KIT, case.at(case.day, 10))
    first.sign_in(factor=FACTOR)
    case.enter(case.proxy(near=False), CHROME, case.at(case.day, 11), session=first.session).sign_in(
        factor=REMEMBERED
    ).read(20)


def devices_shift(case: Case) -> None:
    """One sign-in shows three devices within a minute (Sneaky 2FA), then a method is added."""
    spot, at = case.somewhere(HOSTING), case.at(case.day, 13)
    stay = case.enter(spot, SAFARI, at)
    for client in (SAFARI, FIREFOX):
        case.enter(spot, client, at, session=stay.session).sign_in(error=50140, reason="UserInterrupt")
    case.enter(spot, CHROME, at, session=stay.session).sign_in(factor=FACTOR).security_info()


def stolen_refresh_token(case: Case) -> None:
    """A script uses the token of the victim's laptop, under the laptop's name, from a VPN."""
    spot = case.somewhere(VPNS)
    for day in (case.day, case.day + 1):
        stay = case.enter(spot, PYTHON, case.at(day, 9.5), device=case.victim.laptop)
        stay.sign_in(factor=REMEMBERED, interactive=False).read(60, info="Client=REST;;")


def vpn_from_the_first_week(case: Case) -> None:
    """Somebody is in from the beginning on, through one exit of a public VPN, and only reads."""
    spot = case.somewhere(VPNS)
    for day in range(1, 56, 3):
        case.enter(spot, FIREFOX, case.at(day, 20)).sign_in(factor=REMEMBERED).read(18)


def pass_and_key(case: Case) -> None:
    """A caller has the help desk issue a Temporary Access Pass, comes through Tor and registers a key."""
    case.involve(case.administrator)
    desk = case.own(case.day, 11, who=case.administrator)
    extra = {"StatusReason": "Admin registered temporary access pass method for user"}
    desk.directory("Admin registered security info.", case.victim, extra=extra)
    stay = case.enter(case.somewhere(TOR), FIREFOX, desk.at)
    stay.sign_in(factor="Temporary Access Pass").security_info(what="Fido2 Authentication").read(15)


def smtp_spam(case: Case) -> None:
    """A password is enough for SMTP AUTH, from far away; one subject goes to many."""
    stay = case.enter(case.abroad(), LEGACY_SMTP, case.at(case.day, 2))
    stay.sign_in()
    for _ in range(110):
        stay.send("Overdue invoice INV-2231")


def salary_elsewhere(case: Case) -> None:
    """Mail of the payroll system is deleted by a rule made through a VPN (Storm-2657)."""
    stay = case.enter(case.somewhere(VPNS), CHROME, case.at(case.day, 16))
    stay.sign_in(factor=FACTOR)
    stay.rule("....", From="noreply@payroll.example", DeleteMessage="True")


def bulk_by_consented_app(case: Case) -> None:
    """The victim consents at the desk; hours later the application takes hundreds from a server."""
    app = new_id(case.r)
    own = case.own(case.day, 10)
    own.consent("Secure Viewer", app, "offline_access Mail.Read User.Read")
    for day in (case.day, case.day + 1, case.day + 2):
        stay = case.enter(case.somewhere(HOSTING), own.client, case.at(day, 22))
        stay.read(80, app_id=app, info="Client=REST;;")


def archived_as_read(case: Case) -> None:
    """A browser nobody knows hides one sender's mail in the archive."""
    stay = case.enter(case.proxy(near=False), FIREFOX, case.at(case.day, 18))
    stay.sign_in(factor=REMEMBERED)
    archive = {"MoveToFolder": case.firm.culture.folders[4], "MarkAsRead": "True"}
    stay.rule("update", From=ADVISER, **archive).read(22)
    stay.send(case.money())


def prompts_at_night(case: Case) -> None:
    """Prompts until one is approved, then mail is read."""
    spot = case.proxy(near=False)
    for minute in range(12):
        case.enter(spot, CHROME, case.at(case.day, 1 + minute / 20)).sign_in(
            error=500121, reason="AuthenticationFailedSasError"
        )
    case.enter(spot, CHROME, case.at(case.day, 1.8)).sign_in(factor=FACTOR).read(30)


ATTACKS = (
    kit_then_proxy,
    devices_shift,
    stolen_refresh_token,
    vpn_from_the_first_week,
    pass_and_key,
    smtp_spam,
    salary_elsewhere,
    bulk_by_consented_app,
    archived_as_read,
    prompts_at_night,
)


def _goes_abroad(case: Case) -> None:
    case.victim.trips.update(dict.fromkeys(range(case.day - 7, case.day + 1), case.guest_line()))
    case.victim.at_home = 0.0


def tablet_on_holiday(case: Case) -> None:
    """A week abroad with a tablet that nobody knows; the desk is empty."""
    tablet = replace(SAFARI, agent="Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) Version/18.1 Safari/604.1")
    for day in range(case.day - 6, case.day, 2):
        stay = case.enter(case.victim.trips[day].spot(case.r, day), tablet, case.at(day, 19))
        stay.sign_in(factor=REMEMBERED).read(4).send(case.pick(*case.firm.culture.subjects))


def customers_product(case: Case) -> None:
    """A product for customers, consented to at the desk, reads mail as it comes."""
    app = new_id(case.r)
    own = case.own(case.day, 9)
    own.consent("Pipeline", app, "offline_access Mail.ReadWrite Mail.Send Contacts.Read User.Read")
    spot = case.somewhere(HOSTING)
    for day in (case.day, case.day + 1, case.day + 2):
        for hour in (10, 12, 14, 16):
            case.enter(spot, own.client, case.at(day, hour)).read(3, app_id=app, info="Client=REST;;")


def new_colleague(case: Case) -> None:
    """The administrator issues a pass for somebody else at work; it is about the administrator."""
    desk = case.own(case.day, 9)
    extra = {"StatusReason": "Admin registered temporary access pass method for user"}
    desk.directory("Add user.", case.colleague())
    desk.directory("Admin registered security info.", case.colleague(), extra=extra)


def private_browser_at_home(case: Case) -> None:
    """A private computer at home in the evening."""
    for day in range(case.day - 9, case.day, 3):
        stay = case.own(day, 20, client=SAFARI, home=True)
        stay.device = None
        stay.sign_in(factor=REMEMBERED).read(4)


def mistyped_then_reset(case: Case) -> None:
    """A forgotten password, reset by oneself at home."""
    stay = case.own(case.day, 7, home=True)
    for _ in range(5):
        stay.sign_in(error=50126, reason="InvalidUserNameOrPassword")
    stay.directory("Reset password (self-service).", case.victim).sign_in(factor=FACTOR)


def away_and_covered(case: Case) -> None:
    """Before a holiday mail is forwarded to a colleague."""
    stay = case.own(case.day, 15)
    stay.rule("cover", ForwardTo=case.colleague().upn)


def laptop_through_a_vpn(case: Case) -> None:
    """The own laptop comes through one exit of a public VPN all the time."""
    spot = case.somewhere(VPNS)
    for day in range(1, 56, 3):
        stay = case.enter(spot, case.victim.browser, case.at(day, 18), device=case.victim.laptop)
        stay.sign_in(factor=REMEMBERED).read(3)


def guesses_from_afar(case: Case) -> None:
    """Two weeks of wrong passwords from far away; the user goes on working."""
    for day in range(case.day - 12, case.day):
        case.enter(case.abroad(), CHROME, case.at(day, 3)).sign_in(
            error=50126, reason="InvalidUserNameOrPassword"
        )


LOOK_ALIKES: tuple[tuple[Callable[[Case], None], Callable[[Case], None] | None, str], ...] = (
    (tablet_on_holiday, _goes_abroad, "clerk"),
    (customers_product, None, "clerk"),
    (new_colleague, None, "administrator"),
    (private_browser_at_home, None, "clerk"),
    (mistyped_then_reset, None, "clerk"),
    (away_and_covered, None, "clerk"),
    (laptop_through_a_vpn, None, "clerk"),
    (guesses_from_afar, None, "clerk"),
)


def verdict_of(script: Script, folder) -> str:
    case = make(script, 0)
    files = [folder / "audit.jsonl", folder / "sign-ins.jsonl"]
    for path, records in zip(files, case.scribe.sorted_logs(), strict=True):
        path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in records))
    users = analyze(files, user=None, now=NOW, processes=1).users
    (mine,) = (one for one in users if one.subject.is_meant_by(case.victim.upn))
    return mine.verdict.answer.value


@pytest.mark.parametrize("play", some_now(ATTACKS, 3), ids=lambda play: play.__name__)
def test_a_takeover_is_told(play, tmp_path):
    script = Script(play.__name__, Truth.ATTACK, play.__doc__, play)
    assert verdict_of(script, tmp_path) in {"compromised", "suspicious"}


@pytest.mark.parametrize(
    ("play", "prepare", "role"), LOOK_ALIKES, ids=lambda one: getattr(one, "__name__", "")
)
def test_a_look_alike_is_left_alone(play, prepare, role, tmp_path):
    script = Script(play.__name__, Truth.LOOK_ALIKE, play.__doc__, play, prepare, role)
    assert verdict_of(script, tmp_path) == "cannot-tell"
