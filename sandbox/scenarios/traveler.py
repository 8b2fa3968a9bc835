"""Adele is at a conference abroad: another country, a hotel, an out-of-office reply. All of it is fine."""

from __future__ import annotations

from datetime import datetime, timedelta

from sandbox.scenarios import people
from sandbox.scenarios.history import ordinary, planned_reset
from sandbox.scenarios.organization import signature_of
from sandbox.scenarios.people import ADELE, AIRPORT, HOTEL, VENUE, desktop_mail, laptop
from sandbox.scenarios.state import InboxRule, TenantState, audit_time, ident
from sandbox.scenarios.world import World


def build(now: datetime) -> TenantState:
    """The tenant at ``now``; she flew four days ago and is away for three more."""
    world = World("traveler", now)
    left = world.now - timedelta(days=4)
    ordinary(world, until=left)
    planned_reset(world, world.now - timedelta(days=75))
    # The last sign-in at home, then a flight of eleven hours, then the airport: about 740 km/h at most.
    world.sign_in(left, ADELE, people.HOME, laptop(ADELE), mfa=True)
    landed = left + timedelta(hours=13)
    world.sign_in(landed, ADELE, AIRPORT, laptop(ADELE), mfa=True)
    for day in range(3):
        evening = landed + timedelta(days=day, hours=3)
        session = ident("session", "traveler", day)
        for minute in range(2):
            # The hotel's slow network and a mistyped password.
            world.sign_in(evening + timedelta(minutes=minute), ADELE, HOTEL, laptop(ADELE), error=50126)
        world.sign_in(evening + timedelta(minutes=3), ADELE, HOTEL, laptop(ADELE), session=session, mfa=True)
        for hour in range(3):
            world.sign_in(
                evening + timedelta(hours=1 + hour),
                ADELE,
                HOTEL,
                desktop_mail(ADELE),
                app=people.OUTLOOK,
                interactive=False,
                session=session,
            )
        noon = evening + timedelta(hours=14)
        if noon < world.now:
            world.sign_in(noon, ADELE, VENUE, laptop(ADELE), session=session, mfa=True)
            text = f"Hello Lidia,\n\nthe second day went well.\n\n{signature_of(ADELE)}"
            world.send(
                noon + timedelta(minutes=20),
                ADELE,
                VENUE,
                [people.LIDIA.upn],
                "News from Lisbon",
                text,
                session=session,
            )
    _out_of_office(world, left - timedelta(hours=2))
    return world.finish()


def _out_of_office(world: World, when: datetime) -> None:
    """The reply that Adele set before leaving, with the hidden rule that Exchange keeps for it."""
    box = world.box(ADELE)
    setting = box.settings["automaticRepliesSetting"]
    note = "I am at a conference in Lisbon until Monday. Lidia Holloway helps in urgent matters."
    setting.update(
        status="scheduled",
        internalReplyMessage=note,
        externalReplyMessage=note,
        scheduledStartDateTime={"dateTime": audit_time(when) + ".0000000", "timeZone": "UTC"},
        scheduledEndDateTime={
            "dateTime": audit_time(when + timedelta(days=7)) + ".0000000",
            "timeZone": "UTC",
        },
    )
    box.rules.append(
        InboxRule("AQAAAOOF=", 10**18 + 77, "Microsoft.Exchange.OOF.InternalSenders.Global", 99, hidden=True)
    )
    world.admin_cmdlet(
        when,
        "Set-MailboxAutoReplyConfiguration",
        ADELE.upn,
        world.object_path(ADELE),
        {
            "Identity": ADELE.upn,
            "AutoReplyState": "Scheduled",
            "InternalMessage": note,
            "ExternalMessage": note,
        },
        f"{people.HOME.ip}:50987",
    )
