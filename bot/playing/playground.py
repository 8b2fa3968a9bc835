"""`compromise sandbox`: the workspace and the tenant as a page in the browser, to try everything."""

from __future__ import annotations

import re
import threading
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.text import Text

from bot import log
from bot.errors import CannotStart, SettingsError
from bot.playing.stage import (
    ROLES,
    ROOM,
    alone_in,
    bot_running,
    bot_settings,
    make_room,
    manifest_path,
    tenant_playing,
)
from bot.running import Bot
from bot.settings import (
    LogSettings,
)
from bot.signals import told_to_stop
from sandbox import page, workspace
from sandbox.page import RunningPage
from sandbox.tenant import RunningTenant
from sandbox.workspace import RunningWorkspace

PORT = 8075
"""Where the page is unless that port is taken or another one is asked for."""

_AUDIT_SECONDS = 4.0
"""How long a played audit search runs: people watch how the card fills up."""


@dataclass(slots=True)
class Playground:
    """A tenant and a workspace, the real bot between them, and one clock for all three."""

    played: RunningTenant
    slack: RunningWorkspace
    _ahead: timedelta = timedelta()
    _running: Bot | None = None
    _moving: threading.Lock = field(default_factory=threading.Lock)

    @property
    def bot(self) -> Bot:
        """The bot, which runs as long as the playground."""
        assert self._running is not None
        return self._running

    def now(self) -> datetime:
        """The bot's time, an aware UTC datetime."""
        return datetime.now(UTC) + self._ahead

    def let_pass(self, span: timedelta) -> None:
        """Move everyone's time on; what falls due by that is taken up at once and not in the next round."""
        with self._moving:
            self._ahead += span
            self.played.let_pass(span)
            self.slack.advance(span.total_seconds())
            self.bot.jobs.reconcile()


@contextmanager
def playground(
    folder: Path, scenario: str = "mailbox-takeover", audit_log: Path | None = None
) -> Iterator[Playground]:
    """Start tenant, workspace and bot for people to play with, and stop them at the end.

    Raises:
        CannotStart: one of the parts cannot start.
        ExportUnreadable: the export cannot be read.
    """
    with (
        tenant_playing(scenario, audit_log, audit_query_seconds=_AUDIT_SECONDS, roles=ROLES) as played,
        workspace.start(manifest_path()) as slack,
    ):
        made = Playground(played, slack)
        settings = bot_settings(played, slack, folder)
        assert settings.slack is not None
        at_home = settings.slack.model_copy(update={"channel": slack.channels[ROOM].id})
        with bot_running(settings.model_copy(update={"slack": at_home}), clock=made.now) as started:
            made._running = started  # noqa: SLF001 - the bot needs the clock, so it comes second
            slack.wait_connected()
            yield made


def serve_page(made: Playground, port: int | None) -> RunningPage:
    """Serve the page of a playground.

    Args:
        made: What is shown.
        port: The port on 127.0.0.1; 0 takes a free one, None the usual one, or a free one where it is taken.

    Raises:
        CannotStart: the port is taken.
    """
    for number in (PORT, 0) if port is None else (port,):
        try:
            return page.start(made.slack, made.played, let_pass=made.let_pass, port=number)
        except OSError as error:
            if port is not None:
                why = f"the port {port} cannot be used ({error.strerror}); choose another with --port"
                raise CannotStart(f"The page cannot start: {why}.") from error
    raise CannotStart("The page cannot start: this machine has no free port.")


def keep_running(
    scenario: str, port: int | None, audit_log: Path | None, folder: Path, console: Console
) -> int:
    """Start everything, say where the page is, and go on until Ctrl-C or SIGTERM.

    Raises:
        CannotStart: the folder cannot be written or is in use, or one of the parts cannot start.
    """
    log.configure(LogSettings(level="warning"))
    with told_to_stop() as wait, alone_in(folder):
        make_room(folder)
        with playground(folder, scenario, audit_log) as made, serve_page(made, port) as shown:
            console.print(f"Open {shown.url} in a browser.", style="bold", soft_wrap=True)
            for name, told in (
                ("Scenario", f"{scenario}; the others: compromise sandbox --scenario"),
                ("Tenant", made.played.url),
                ("Graph", made.played.graph_url),
                ("Slack", made.slack.api_url),
                ("Ledger", str(folder / "ledger.db")),
            ):
                console.print(Text(f"{name + ':':<10}{told}", style="dim"), soft_wrap=True)
            console.print(Text("Everything is invented and stays on this machine. Ctrl-C ends it."))
            wait()
            console.print("Stopping.")
    return 0


_CREDENTIALS = re.compile(
    r"COMPROMISE_.*(TOKEN|SECRET|PASSPHRASE|CERTIFICATE|TENANT_ID|CLIENT_ID|LEDGER|KEY|ENGINE)"
    r"|(SLACK|AZURE|MSAL|GRAPH)_.*(TOKEN|SECRET|PASSWORD|CERTIFICATE)"
)
"""Variables that hold the keys of a real workspace or tenant, or that the libraries read such keys from."""


_KEYS = ("bot_token", "app_token", "signing_secret")


def refuse_beside_credentials(environment: Mapping[str, str], here: Path) -> None:
    """Refuse to play where the keys of a real workspace or tenant are at hand.

    The sandbox reads none of them. But whoever has them at hand may take the page for the real thing, or the
    real thing for the page.

    Args:
        environment: The variables, usually `os.environ`.
        here: The folder in which `compromise.toml` would be read.

    Raises:
        SettingsError: there are some, or a settings' file that cannot be read.
    """
    found = [name for name, text in sorted(environment.items()) if text and _CREDENTIALS.match(name)]
    file = Path(environment.get("COMPROMISE_CONFIG") or here / "compromise.toml")
    if file.is_file():
        try:
            given = tomllib.loads(file.read_text(encoding="utf-8-sig"))
        except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            says = f"The sandbox does not start beside {file}, which cannot be read; use another folder."
            raise SettingsError([says]) from error
        slack = given.get("slack")
        tenants = given.get("tenant") or given.get("tenants")
        if tenants or (isinstance(slack, dict) and any(slack.get(key) for key in _KEYS)):
            found.append(str(file))
    if found:
        named = ", ".join(found)
        says = f"The sandbox does not start beside real credentials: {named}. Use another shell and folder."
        raise SettingsError([says])
