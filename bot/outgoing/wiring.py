"""From the settings to what sends entries elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.cards.case import Cards
from bot.messages.tickets import no_ticket
from bot.outgoing.forwarder import Forwarder, Target
from bot.outgoing.siem_syslog import SiemSyslog
from bot.outgoing.siem_webhook import SiemWebhook
from bot.outgoing.tickets import Tickets
from bot.settings import Settings
from bot.slack.rooms import Rooms
from bot.webhooks import key_of
from commands.ledger import Ledger


def forwarders(
    settings: Settings, ledger: Ledger, cards: Cards, rooms: Rooms, clock: Callable[[], datetime]
) -> tuple[Forwarder, ...]:
    """Make what sends entries of the ledger elsewhere, as far as the settings name anything.

    Raises:
        CannotStart: a template cannot be used.
    """
    targets: list[Target] = []
    siem, tickets = settings.siem, settings.tickets
    if siem.url and siem.secret:
        targets.append(SiemWebhook(siem.url, key_of(siem.secret.get_secret_value()), clock))
    if siem.syslog:
        targets.append(SiemSyslog(siem.syslog))
    if tickets.url:
        authorization = tickets.authorization.get_secret_value() if tickets.authorization else ""
        targets.append(
            Tickets(
                ledger,
                url=tickets.url,
                template=tickets.template,
                authorization=authorization,
                verdicts=tickets.verdicts,
                values=tickets.values,
                link=cards.link,
                tell=lambda case, says: rooms.say(
                    case.channel, no_ticket(case.id, says), case.card, tenant=case.tenant
                ),
            )
        )
    return tuple(Forwarder(ledger, target, clock) for target in targets)
