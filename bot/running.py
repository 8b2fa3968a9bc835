"""A bot that runs: what is started and stopped, and in which order."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any, Final

import structlog
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk.errors import SlackApiError

from bot.desk import Desk
from bot.errors import CannotStart
from bot.incoming import alert_webhook
from bot.incoming.alerts import Alerts
from bot.outgoing.forwarder import Forwarder
from bot.people.members import Team
from bot.people.persons import People
from bot.settings import Settings, SlackSettings
from bot.slack.client import MEND_APP, make_client
from bot.slack.http_server import HttpServer
from bot.work.checks.apart.parent import ApartMaker
from bot.work.crossing.limiter import SharedLimiter
from bot.work.jobs import Jobs
from commands.containment.proposals import Proposals
from commands.ledger import Ledger
from graph.tenants import Tenants

log = structlog.get_logger(__name__)

COPY: Final = (
    "The bot was started with a copy of its ledger, so nobody knows what was done since, and nothing more is "
    "sent for this."
)
"""Why nothing is carried out that was proposed before; what to do about it, the cards say."""

SOCKET_WORKERS = 4
"""Threads that read envelopes; a listener takes milliseconds, and more of them wait longer for their turn."""


class Bot:
    """A running bot. There can be one in a process, as the engine is one for the process.

    Attributes:
        app: Bolt's app with all listeners.
        ledger: Everything asked and done.
        people: Who someone in Slack is.
        jobs: The durable work.
        desk: Where questions are answered.
        alerts: Where alerts from elsewhere come in.
        outgoing: What sends entries of the ledger to other systems.
    """

    def __init__(
        self,
        app: App,
        settings: Settings,
        *,
        ledger: Ledger,
        people: People,
        tenants: Tenants,
        jobs: Jobs,
        desk: Desk,
        alerts: Alerts,
        outgoing: Sequence[Forwarder] = (),
        limiter: SharedLimiter | None = None,
        looker: ApartMaker | None = None,
        teams: Mapping[str, Team],
    ) -> None:
        self._limiter = limiter
        self._looker = looker
        self._teams = teams
        self.app = app
        self.settings = settings
        self.ledger = ledger
        self.people = people
        self.tenants = tenants
        self.jobs = jobs
        self.desk = desk
        self.alerts = alerts
        self.outgoing = tuple(outgoing)
        self._alert_server = alert_webhook.server_for(settings, alerts)
        self._socket: SocketModeHandler | None = None
        self._http: HttpServer | None = None
        self._over = threading.Event()

    @property
    def http_url(self) -> str:
        """Where Slack's requests are taken in the mode http, "" in Socket Mode."""
        return self._http.url if self._http else ""

    def start(self) -> None:
        """Take up what is open, then listen to Slack.

        Raises:
            CannotStart: Slack cannot be reached or refuses a token, or the port is taken.
            LedgerError: the ledger cannot be used.
        """
        if self.ledger.is_copy:
            self._begin_with_copy()
        if self._looker:
            self._looker.start()
        self.jobs.start()
        self.desk.start()
        self.alerts.start()
        if self._alert_server:
            self._alert_server.start()
        for forwarder in self.outgoing:
            forwarder.start()
        slack = self.settings.slack
        assert slack is not None
        self._listen(slack)
        _warn_of_empty(self._teams)
        log.info(
            "The bot listens.",
            action="bot.started",
            mode=slack.mode,
            tenants=[tenant.name for tenant in self.settings.tenants],
            ledger=str(self.settings.ledger),
            responders=len({user for team in self._teams.values() for user in team.responders.users}),
        )

    def _begin_with_copy(self) -> None:
        """Carry nothing out that the copy has as approved: it may be done, and taken back, by now."""
        ended = Proposals(self.ledger).put_away(COPY)
        self.ledger.accept()
        log.warning(
            "The ledger is a copy; what was proposed before is not carried out.",
            action="bot.copy",
            ledger=str(self.ledger.path),
            proposals=ended,
        )

    def stop(self) -> None:
        """Stop listening, finish the answers that were begun, and leave the checks for the next start."""
        if self._over.is_set():
            return
        self._over.set()
        self.jobs.prepare_stop()  # first: whoever waits for the end may lose patience
        closing = threading.Thread(target=self._close, name="closing")
        closing.start()
        self.alerts.stop()
        self.desk.stop()
        self.jobs.stop()
        if self._looker:
            self._looker.close()
        for forwarder in self.outgoing:
            forwarder.stop()
        while closing.is_alive():
            if self._socket:
                # The library takes this back where a session begins at the same moment, and would then wait
                # for the end of that session for ever.
                self._socket.client.current_session_state.terminated = True
            closing.join(0.1)
        self.tenants.close()
        if self._limiter:
            self._limiter.close()
        self.ledger.close()
        log.info("The bot has stopped.", action="bot.stopped")

    @property
    def alerts_url(self) -> str:
        """Where signed alerts are taken, "" where none are."""
        return self._alert_server.url if self._alert_server else ""

    def _close(self) -> None:
        """Stop listening; the library takes a second for it, in which the rest can end."""
        if self._alert_server:
            self._alert_server.stop()
        if self._socket:
            self._socket.close()  # type: ignore[no-untyped-call]  # the library has no types there
        if self._http:
            self._http.stop()

    def _listen(self, slack: SlackSettings) -> None:
        """Take what Slack sends, in the way that the settings name."""
        if slack.mode == "http":
            assert slack.signing_secret is not None
            secret = slack.signing_secret.get_secret_value()
            self._http = HttpServer(self.app, slack.host, slack.port, secret)
            self._http.start()
        else:
            assert slack.app_token is not None
            self._socket = SocketModeHandler(
                self.app,
                slack.app_token.get_secret_value(),
                web_client=make_client(slack, connects=True),
                concurrency=SOCKET_WORKERS,
            )
            self._socket.client.message_listeners.append(Hellos().hear)
            try:
                self._socket.connect()  # type: ignore[no-untyped-call]  # the library has no types there
            except SlackApiError as error:
                why = error.response.get("error")
                says = f"Slack refused the app-level token ({why}). {MEND_APP}."
                raise CannotStart(says) from error
            except Exception as error:
                raise CannotStart(f"Slack's Socket Mode could not be connected ({error}).") from error


class Hellos:
    """What Slack says at the beginning of each connection: how many there are of this app.

    It is no reason to stop: Slack counts connections that broke without its notice, some of them for hours.
    Source: github.com/slackapi/python-slack-sdk/issues/1940.
    """

    def __init__(self) -> None:
        self._first = True

    def hear(self, _client: object, message: Mapping[str, Any], _raw: str | None = None) -> None:
        """Warn where more connections are there than this process has."""
        if message.get("type") != "hello":
            return
        # The one before stays until the new one is there.
        own, self._first = (1 if self._first else 2), False
        number = message.get("num_connections")
        if isinstance(number, int) and number > own:
            log.warning(
                "Slack knows of other connections of this app, and a part of what people click goes there: "
                "another bot with this app-level token, or connections that broke.",
                action="slack.connections",
                number=number,
            )


def _warn_of_empty(teams: Mapping[str, Team]) -> None:
    """Tell in the log for which tenants nobody may ask, or approve."""
    for tenant, team in teams.items():
        if not team.responders.users and not team.responders.group:
            log.warning(
                "Nobody may ask: the settings name no responders.",
                action="bot.nobody_may_ask",
                tenant=tenant,
            )
        if not team.approvers.users and not team.approvers.group:
            log.warning(
                "Nobody may approve: the settings name no approvers.",
                action="bot.nobody_may_approve",
                tenant=tenant,
            )
