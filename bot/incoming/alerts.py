"""Takes alerts in and shows them: polls the sources of each tenant, and tells people what is new.

Everything that came stands in the ledger before it is shown, and what was shown is noted, so a restart
forgets nothing. An alert can start a check, where the settings say so, and nothing else: this module cannot
propose, vote or change anything.

Longer than other files because taking in and showing share one turn for each tenant.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import structlog

from bot.errors import BotError, CannotPost, MessageGone
from bot.messages import Message
from bot.messages import alerts as messages
from bot.settings import AlertSettings
from bot.verbs import check
from bot.verbs.shape import Tools
from commands import alerts as policy
from commands.errors import AlreadyLooking
from commands.ledger import BOT, Case
from commands.ledger import alerts as book
from commands.ledger import entries as e
from commands.ledger.alerts import Alert
from graph import alerts as sources
from graph.accounts import find_subject
from graph.alerts import RaisedAlert
from graph.connection import Connection
from graph.errors import CannotSignIn, GraphError, NoLicense, NoPermission, NoSuchUser, Refused
from graph.question import Subject, Window
from graph.tenants import Tenants

log = structlog.get_logger(__name__)

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
FIRST: Final = timedelta(hours=1)
"""How far back a source is read when it is read for the first time."""

STRIDE: Final = timedelta(hours=6)
"""A cursor is noted when something came, and else this often, so that quiet tenants fill no ledger."""

AGAIN: Final = 30.0
"""Seconds after which what failed is tried again, where the next round is further away."""

LASTING: Final = (CannotSignIn, NoLicense, NoPermission, Refused)
"""What does not pass by itself, and is told at once; anything else is told when it lasts for an hour."""


MOST_SENT: Final = 500
"""How many alerts may be sent in an hour: each is an entry of the ledger."""


class TooManyAlerts(Exception):
    """More alerts were sent than an hour may bring."""


class Alerts:
    """Takes alerts in and shows them.

    Args:
        settings: What is taken in, and how much is shown.
        tenants: Who can be asked.
        tools: What verbs work with: ledger, cards, jobs, Slack.
        sent: Whether alerts are sent as well, and not only asked for.
    """

    def __init__(
        self, settings: AlertSettings, tenants: Tenants, tools: Tools, *, sent: bool = False
    ) -> None:
        self._sent = sent
        self._settings = settings
        self._tenants = tenants
        self._tools = tools
        self._ledger = tools.ledger
        self._failing: dict[tuple[str, str], datetime] = {}
        names = tools.tenancy.names
        # Each tenant has a thread of its own: one that does not answer, or has a storm, keeps none waiting.
        self._turns = {name: threading.Lock() for name in names}
        self._refused: dict[str, datetime] = {}
        self._unfound: dict[str, dict[str, datetime]] = {name: {} for name in names}
        self._stopping = threading.Event()
        self._woken = {name: threading.Event() for name in names}
        self._threads = [
            threading.Thread(target=self._run, args=(name,), name=f"alerts {name}", daemon=True)
            for name in names
        ]

    def start(self) -> None:
        """Begin to poll, and to show what is sent."""
        if self._settings.sources or self._sent:
            for thread in self._threads:
                thread.start()

    def stop(self) -> None:
        """Poll no more; what is under way is finished."""
        self._stopping.set()
        for woken in self._woken.values():
            woken.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def _run(self, tenant: str) -> None:
        every = self._settings.every.total_seconds()
        due = time.monotonic()
        while not self._stopping.is_set():
            pause = every
            try:
                if time.monotonic() >= due:
                    due = time.monotonic() + every
                    self._round(tenant)
                else:
                    self._settle(tenant)
            except Exception:
                log.exception("Alerts could not be taken in.", action="alerts.failed")
                pause = min(every, AGAIN)
            self._woken[tenant].wait(min(pause, max(0.0, due - time.monotonic())))
            self._woken[tenant].clear()

    def accept(self, alert: RaisedAlert, tenant: str, among: Collection[str]) -> int:
        """Write down an alert that was sent, and have it shown soon; 0 where it came before.

        Args:
            alert: What was sent.
            tenant: The name of the configured tenant, "" for the one of the account's domain.
            among: The names of the tenants that there are for whoever sent it.

        Raises:
            NoSuchUser: no tenant has this name or this domain.
            TooManyAlerts: more came than an hour may bring.
            LedgerError: it cannot be written down.
        """
        connection = self._tenant_of(alert, tenant, among)
        since = self._tools.clock() - HOUR
        name = connection.settings.name
        if book.raised_since(self._ledger, name, alert.source, since) >= MOST_SENT:
            raise TooManyAlerts
        fresh = self.take([alert], connection)
        self._woken[name].set()
        return fresh

    def _tenant_of(self, alert: RaisedAlert, tenant: str, among: Collection[str]) -> Connection:
        if not tenant:
            return self._tenants.answering_for(alert.account, among)
        if tenant not in among:
            raise NoSuchUser("No configured tenant has this name.")
        return self._connection(tenant)

    def _connection(self, tenant: str) -> Connection:
        for connection in self._tenants.each():
            if connection.settings.name == tenant:
                return connection
        raise NoSuchUser("No configured tenant has this name.")

    def round(self) -> None:
        """Ask every source of every tenant once, and show what waits.

        Raises:
            LedgerError: the ledger cannot be used.
            BotError: Slack does not take what is to be shown; it is shown in a later round.
        """
        for tenant in self._turns:
            self._round(tenant)

    def _round(self, tenant: str) -> None:
        connection = self._connection(tenant)
        for source in self._settings.sources:
            if self._stopping.is_set():
                return
            self._poll(source, connection)
        self._settle(tenant)

    # --- taking in -----------------------------------------------------------------------------------------

    def _poll(self, source: str, connection: Connection) -> None:
        tenant, now = connection.settings.name, self._tools.clock()
        cursor = book.cursor(self._ledger, tenant, source)
        since = cursor.until - sources.SOURCES[source].late if cursor.until else now - FIRST
        try:
            found, unread = sources.raised(source, connection, since)
        except GraphError as error:
            self._lost(tenant, source, error, known=cursor.trouble)
            return
        self._failing.pop((tenant, source), None)
        if unread:
            log.warning(
                "Some alerts could not be read.", action="alerts.unread", source=source, number=unread
            )
        fresh = self.take(found, connection)
        if fresh or cursor.trouble or cursor.until is None or now - cursor.until >= STRIDE:
            self._ledger.append(e.AlertsRead(tenant, source, now), BOT)

    def _lost(self, tenant: str, source: str, error: GraphError, *, known: str) -> None:
        """Note that a source does not answer, once, and tell it where waiting does not help."""
        log.warning(
            "A source of alerts does not answer.", action="alerts.lost", source=source, why=str(error)
        )
        now = self._tools.clock()
        since = self._failing.setdefault((tenant, source), now)
        if known == error.sentence or (not isinstance(error, LASTING) and now - since < HOUR):
            return
        self._say(messages.not_collected(tenant, source, error.sentence), tenant)
        self._ledger.append(e.AlertsNotCollected(tenant, source, error.sentence), BOT)

    def take(self, found: Iterable[RaisedAlert], connection: Connection) -> int:
        """Write down the alerts of a tenant that did not come before; say how many these are.

        Raises:
            LedgerError: they cannot be written down.
        """
        # What is one id in one tenant may be another alert in another.
        whose = connection.settings.tenant_id
        alerts = [replace(one, key=f"{whose}:{one.key}") for one in found]
        fresh = book.unknown(self._ledger, [one.key for one in alerts])
        known: dict[str, str] = {}
        taken = 0
        for one in alerts:
            if one.key not in fresh:
                continue
            if one.account and one.account not in known:
                known[one.account] = self._object_id(one.account, connection)
            taken += self._write(one, connection.settings.name, known.get(one.account, ""))
        return taken

    def _write(self, one: RaisedAlert, tenant: str, object_id: str) -> int:
        event = e.AlertRaised(
            one.key,
            tenant,
            one.source,
            one.title[:300],
            one.severity,
            one.at,
            one.account[:320],
            object_id,
            one.link[:500],
            one.more,
        )
        case = self._case_of(tenant, object_id)
        with self._ledger.writing() as writing:
            # Looked for once more where nobody else can write: a webhook may bring it at the same moment.
            if not book.unknown(writing, [one.key]):
                return 0
            writing.append(event, BOT, case.id if case else "")
        log.info("An alert came in.", action="alert.taken", source=one.source, severity=one.severity)
        return 1

    def _object_id(self, account: str, connection: Connection) -> str:
        """The object id of the account that an alert names; "" where there is none, or nobody can tell."""
        try:
            return find_subject(account, connection).id
        except GraphError as error:
            log.info("An alert names nobody we know.", action="alert.nobody", why=type(error).__name__)
            return ""

    def _case_of(self, tenant: str, object_id: str) -> Case | None:
        """The case that a further alert about an account joins."""
        case = self._ledger.latest_case(tenant, object_id) if object_id else None
        return case if case and case.asked_at > self._tools.clock() - self._settings.join else None

    # --- showing -------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Show the alerts that wait; each once, or after a kill twice.

        Raises:
            LedgerError: the ledger cannot be used.
            BotError: Slack does not take it.
        """
        for tenant in self._turns:
            self._settle(tenant)

    def _settle(self, tenant: str) -> None:
        """Show those of one tenant, within its own share of the hour."""
        with self._turns[tenant]:
            now = self._tools.clock()
            rest = self._join(self._waiting(tenant), self._room(tenant, now).checks)
            room = self._room(tenant, now)
            told = policy.decide([*rest, *self._unchecked(tenant, now, room)], self._settings.check, room)
            for alert in told.checks:
                self._check(alert)
            for alert in told.lines:
                self._tell(alert)
            if told.digest:
                self._digest(told.digest, tenant, now)
            self._join(self._waiting(tenant), self._room(tenant, now).checks)
            self._be_heard(tenant, now)

    def _waiting(self, tenant: str) -> list[Alert]:
        whose = self._tools.tenancy.whose
        return [alert for alert in book.waiting(self._ledger) if whose(alert.tenant) == tenant]

    def _unchecked(self, tenant: str, now: datetime, room: policy.Room) -> list[Alert]:
        """Those in digests that may still get a check, as long as alerts join a case."""
        if not (room.checks and self._settings.check):
            return []
        tried = {name: at for name, at in self._unfound[tenant].items() if now - at < HOUR}
        self._unfound[tenant] = tried
        whose, since = self._tools.tenancy.whose, now - self._settings.join
        found = book.unchecked(self._ledger, since)
        return [alert for alert in found if whose(alert.tenant) == tenant and alert.id not in tried]

    def _held_back(self, tenant: str, now: datetime) -> bool:
        """Whether no check starts by itself: while the channel takes no posts, each would be a failed case.

        An alert that waits tells when posts are taken again. Where none does, one in a digest may still be
        due a check, so one is tried again after an hour.
        """
        since = self._refused.get(tenant)
        return since is not None and (now - since < HOUR or bool(self._waiting(tenant)))

    def _room(self, tenant: str, now: datetime) -> policy.Room:
        since = now - HOUR
        started = book.checks_since(self._ledger, tenant, since, since - self._settings.join)
        shown = partial(book.shown_since, self._ledger, tenant, since=since)
        return policy.Room(
            lines=max(0, self._settings.lines - shown("line", but=policy.GRAVE)),
            grave=max(0, self._settings.lines - shown("line", of=policy.GRAVE)),
            checks=0 if self._held_back(tenant, now) else max(0, self._settings.checks - started),
        )

    def _digest(self, alerts: Sequence[Alert], tenant: str, now: datetime) -> None:
        """Tell alerts together: in the digest of this hour, which is edited, or in a new one.

        An edit that was cut off before it was noted is made again with the same alerts.
        """
        whose, channel = self._tools.tenancy.whose, self._channel(tenant)
        known = [a for a in book.in_digests(self._ledger, channel, now - HOUR) if whose(a.tenant) == tenant]
        if known:
            ts = known[-1].ts
            together = [*(one for one in known if one.ts == ts), *alerts]
            try:
                with self._noting_refusals(tenant):
                    self._tools.rooms.edit(channel, ts, self._together(together, tenant), tenant=tenant)
            except MessageGone as error:
                log.info(
                    "A digest is gone; another one is begun.", action="alerts.digest_gone", why=error.code
                )
            else:
                self._shown(alerts, "digest", channel, ts)
                return
        posted = self._say(self._together(alerts, tenant), tenant)
        self._shown(alerts, "digest", posted["channel"], posted["ts"])

    def _be_heard(self, tenant: str, now: datetime) -> None:
        """Tell of the grave alerts that an edit added to a digest: Slack notifies nobody of an edit."""
        whose, channel = self._tools.tenancy.whose, self._channel(tenant)
        found = book.added(self._ledger, channel, policy.GRAVE, now - DAY)
        added = policy.gravest_first(alert for alert in found if whose(alert.tenant) == tenant)
        if not added:
            return
        heard = book.last_heard(self._ledger, channel, now - DAY)
        last = max((at for name, at in heard.items() if whose(name) == tenant), default=None)
        if not policy.may_be_heard(last, now):
            return
        digests = sorted({alert.ts for alert in added})
        link = self._tools.rooms.link(channel, digests[-1])
        self._say(messages.added(added, self._tools.gate.readable_in(tenant), link), tenant)
        for ts in digests:
            self._shown([alert for alert in added if alert.ts == ts], "aloud", channel, ts)

    def _together(self, alerts: Sequence[Alert], tenant: str) -> Message:
        readable = self._tools.gate.readable_in(tenant)
        return messages.digest(policy.gravest_first(alerts), readable, self._settings.lines)

    def _join(self, waiting: Sequence[Alert], checks: int) -> list[Alert]:
        """Tell alerts in the thread of the case or line that is there already; give the others.

        What starts a check, while `checks` more may start, joins none that found nothing, and no line.
        """
        rest: list[Alert] = []
        threads: dict[tuple[str, str], list[Alert]] = {}
        for alert in waiting:
            place = self._thread_of(alert, checks)
            if place is None:
                rest.append(alert)
            else:
                threads.setdefault(place, []).append(alert)
        for (channel, ts), alerts in threads.items():
            readable = self._tools.gate.readable_in(alerts[0].tenant)
            message = messages.joined(policy.gravest_first(alerts), readable)
            try:
                posted = self._tools.rooms.say(channel, message, ts, tenant=alerts[0].tenant, noted=True)
            except CannotPost as error:
                # It is told anew: who archives the channel of one case must not silence all other alerts.
                log.warning("An alert cannot join.", action="alert.not_joined", why=str(error))
                rest += alerts
                continue
            self._shown(alerts, "thread", channel, posted["ts"])
        return rest

    def _thread_of(self, alert: Alert, checks: int) -> tuple[str, str] | None:
        starts = checks > 0 and policy.starts_check(alert, self._settings.check)
        case = self._case_of(alert.tenant, alert.object_id)
        if case and case.card and not (starts and policy.found_nothing(case)):
            return case.channel, case.card
        if starts:
            # A line is no check: whoever raises a small alert first must not have a day without any.
            return None
        since = self._tools.clock() - self._settings.join
        line = book.last_line(self._ledger, alert.tenant, alert.object_id, since)
        return (line.channel, line.ts) if line else None

    def _check(self, alert: Alert) -> None:
        """Start a check of an alert's account; it only reads.

        One that stands in a digest stays there: that its account has a newer case is all there is to note.
        """
        try:
            # A tenant may have been renamed in the settings since; its alerts must not hold up the others.
            connection = self._tenants.named(alert.tenant)
            subject = find_subject(alert.object_id, connection)
            case = self._begin(alert, subject)
        except AlreadyLooking as error:
            log.info("An alert's account is being checked.", action="alert.joined", case=error.case_id)
            return
        except GraphError as error:
            # The alert is told all the same; whoever reads it can press the button.
            log.warning("An alert's account could not be found.", action="alert.not_checked", why=str(error))
            if alert.how:
                self._unfound[self._tools.tenancy.whose(alert.tenant)][alert.id] = self._tools.clock()
            else:
                self._tell(alert)
            return
        except BotError:
            self._refused[self._tools.tenancy.whose(alert.tenant)] = self._tools.clock()
            raise
        if not alert.how:
            self._shown([alert], "check", case.channel, case.card, case.id)

    def _tell(self, alert: Alert) -> None:
        """Give an alert a line of its own."""
        line = messages.alert_line(alert, self._tools.gate.readable_in(alert.tenant))
        posted = self._say(line, alert.tenant)
        self._shown([alert], "line", posted["channel"], posted["ts"])

    def _say(self, message: Message, tenant: str) -> Any:
        """Post into the tenant's channel; where Slack takes it, checks may start by themselves again."""
        with self._noting_refusals(tenant):
            posted = self._tools.rooms.say(self._channel(tenant), message, tenant=tenant, noted=True)
        self._refused.pop(self._tools.tenancy.whose(tenant), None)
        return posted

    @contextmanager
    def _noting_refusals(self, tenant: str) -> Iterator[None]:
        """Start no check by itself once the tenant's channel takes no posts, until it does again."""
        try:
            yield
        except CannotPost:
            self._refused[self._tools.tenancy.whose(tenant)] = self._tools.clock()
            raise

    def _channel(self, tenant: str) -> str:
        return self._tools.tenancy.of(tenant).alerts

    def _begin(self, alert: Alert, subject: Subject) -> Case:
        now = self._tools.clock()
        return check.begin(
            self._tools,
            tenant=alert.tenant,
            subject=subject,
            span=Window(now - self._tools.usual, now),
            room=self._tools.room(alert.tenant, self._channel(alert.tenant)),
            asked_by=BOT,
            why=messages.why_checked(alert),
        ).case

    def _shown(self, alerts: Sequence[Alert], how: str, channel: str, ts: str, case_id: str = "") -> None:
        event = e.AlertsShown(tuple(alert.id for alert in alerts), how, channel, ts)
        self._ledger.append(event, BOT, case_id)
