"""How somebody else gets in, and what is commonly done then; the scripts are put together from these."""

from __future__ import annotations

from datetime import datetime

from evaluation.case import Case
from evaluation.life import FACTOR, REMEMBERED
from evaluation.visit import Visit
from evaluation.world.clients import CHROME, EDGE, FIREFOX, KIT, LINUX_CHROME, Client
from evaluation.world.networks import Spot
from evaluation.world.people import Person
from evaluation.writing.log import Record


def browser(case: Case) -> Client:
    """Give the browser of an attacker: the commonest ones, and Linux now and then."""
    return case.r.choice((CHROME, EDGE, CHROME, FIREFOX, LINUX_CHROME))


def phish(
    case: Case, spot: Spot, at: datetime | None = None, *, who: Person | None = None, kit: bool | None = None
) -> Visit:
    """Let an adversary in the middle take a session: the kit signs in, then a browser goes on with it.

    Often the browser comes from another address than the kit.
    """
    stay = case.enter(
        spot,
        KIT if (case.chance(0.3) if kit is None else kit) else browser(case),
        at or case.moment(),
        who=who,
    )
    stay.sign_in(factor=FACTOR, risk=case.risk())
    if stay.client is KIT or case.chance(0.3):
        stay.wait(5, 200)
        stay.client = browser(case)
        stay.sign_in(factor=REMEMBERED, interactive=False, risk=case.risk(0.2))
    return stay


def replay(case: Case, spot: Spot, at: datetime | None = None) -> Visit:
    """Let somebody go on with a session of the victim's own browser, with the same client or another."""
    moment = at or case.at(case.day, case.r.uniform(10, 22))
    session = case.victim.sessions.get(case.day, "")
    client = case.victim.browser if case.chance(0.5) else browser(case)
    stay = case.enter(spot, client, moment, session=session)
    return stay.sign_in(factor=REMEMBERED, interactive=False, risk=case.risk(0.25, "low"))


def guess(case: Case, spot: Spot, client: Client, at: datetime | None = None) -> Visit:
    """Let somebody guess passwords of several accounts until the victim's is right."""
    moment = at or case.moment()
    for person in case.firm.people:
        tries = case.r.randrange(1, 4) if person is not case.victim else case.r.randrange(2, 7)
        stay = case.enter(spot, client, moment, who=person)
        for _ in range(tries):
            stay.sign_in(error=50126, reason="InvalidUserNameOrPassword", interactive=True)
        moment = stay.at
    return case.enter(spot, client, moment).sign_in(interactive=True, risk=case.risk(0.3))


def look_around(case: Case, stay: Visit) -> None:
    """Read mail as attackers do: many messages in a short time."""
    for _ in range(case.r.randrange(2, 6)):
        stay.read(case.r.randrange(5, 40), folder=case.r.choice((0, 0, 1)))


def hide(case: Case, stay: Visit) -> None:
    """Make a rule that hides answers, in one of the usual ways."""
    words = ";".join(case.r.sample(case.firm.culture.words, k=2))
    name = case.pick(".", "..", "x", "Junk filter", "sync", ",", "a", "Archive")
    folder = case.firm.culture.folders[case.r.choice((4, 5, 6))]
    how: dict[str, object] = {"MoveToFolder": folder} if case.chance(0.6) else {"DeleteMessage": "True"}
    condition: dict[str, object] = {}
    if case.chance(0.7):
        condition = {"SubjectOrBodyContainsWords": words}
    elif case.chance(0.6):
        condition = {"From": f"buyer@{case.pick('customer', 'partner', 'supplier')}.example"}
    stay.rule(name, **condition, **how, MarkAsRead="True", StopProcessingRules="True")


def forward(case: Case, stay: Visit) -> None:
    """Send mail on to an address outside, by rule or by mailbox setting."""
    if case.chance(0.5):
        stay.rule(
            case.pick("fwd", "Backup", ".", "copy"), ForwardTo=case.outsider(), StopProcessingRules="True"
        )
    else:
        stay.cmdlet(
            "Set-Mailbox",
            Identity=stay.account.upn,
            ForwardingSmtpAddress=f"smtp:{case.outsider()}",
            DeliverToMailboxAndForward=case.pick("True", "False"),
        )


def defraud(case: Case, stay: Visit) -> list[Record]:
    """Send some mail about payment."""
    return [stay.send(case.money()) for _ in range(case.r.randrange(2, 6))]


def cover(case: Case, stay: Visit, sent: list[Record]) -> None:
    """Delete what was sent, and what came back."""
    stay.delete(sent, operation="HardDelete", folder=1)
    if case.chance(0.5):
        stay.delete([f"RE: {one['Subject']}" for one in sent[:2]], operation="SoftDelete")


def stay_in(case: Case, stay: Visit) -> None:
    """Register a sign-in method, as most attackers do who stay."""
    stay.security_info(
        "registered", case.pick("Authenticator App with Notification", "Authenticator App with Code", "Phone")
    )
