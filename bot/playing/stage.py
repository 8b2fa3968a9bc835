"""What is played: a tenant, a workspace, and the settings of a bot between them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

import bot
from bot.artefacts import answers
from bot.clock import now
from bot.errors import CannotStart, ExportUnreadable
from bot.process import only_one
from bot.running import Bot
from bot.settings import (
    ApproverSettings,
    LogSettings,
    ResponderSettings,
    Settings,
    SlackSettings,
    Tenant,
)
from bot.wiring import create_app
from sandbox import tenant
from sandbox.scenarios import SCENARIOS as _SCENARIOS
from sandbox.tenant import RunningTenant
from sandbox.workspace import RunningWorkspace

SCENARIOS = dict(_SCENARIOS)
"""The names of the tenants that can be played, each with what it is about."""


ROOM = "incident-room"


CHECKPOINTS = "security-alerts"


ENGINE = ("jobs.db", "jobs.db-wal", "jobs.db-shm")


_OURS = (
    "ledger.db",
    "ledger.db-wal",
    "ledger.db-shm",
    "ledger.db.head",
    "compromise.key",
    "checkpoints.txt",
    "messages.jsonl",
    *ENGINE,
)


_MARK = "made-by-the-sandbox"
"""The file without which nothing is removed: a real bot's ledger may lie in the same folder."""


MOST_SECONDS = 300.0
"""Seconds that anything in the demonstration is waited for, however slow the machine is."""


ROLES = frozenset(
    {"User Administrator", "Privileged Authentication Administrator", "Cloud Device Administrator"}
)
"""What the application holds in the demonstration: its subject has administrator roles."""


def manifest_path() -> Path:
    """Where the Slack app's manifest lies: beside the packages in the repository, in `bot` when installed.

    Raises:
        CannotStart: it is in neither place.
    """
    here = Path(bot.__file__).parent
    for path in (here / "manifest.yml", here.parent / "manifest.yml"):
        if path.is_file():
            return path
    raise CannotStart("manifest.yml is not where it was installed; install compromise-bot again.")


@contextmanager
def tenant_playing(
    scenario: str,
    audit_log: Path | None = None,
    *,
    port: int = 0,
    latency: float = 0.0,
    audit_query_seconds: float = 0.5,
    roles: frozenset[str] = frozenset({"User Administrator"}),
) -> Iterator[RunningTenant]:
    """Start a tenant that plays a scenario, and stop it at the end.

    Raises:
        ExportUnreadable: the export cannot be read.
        CannotStart: the port is taken.
    """
    try:
        played = tenant.start(
            scenario,
            latency=latency,
            audit_query_seconds=audit_query_seconds,
            audit_log=audit_log,
            port=port,
            directory_roles=roles,
        )
    except ValueError as error:
        if audit_log is None:
            raise CannotStart(
                f"The tenant on this machine cannot start: {str(error).rstrip('.')}."
            ) from error
        why = "it is not text" if isinstance(error, UnicodeError) else str(error).rstrip(".")
        raise ExportUnreadable(f"The audit log {audit_log} cannot be loaded: {why}.") from error
    except OSError as error:
        raise CannotStart(f"The tenant on this machine cannot start: {error}.") from error
    with played:
        yield played


def tenant_settings(played: RunningTenant) -> Tenant:
    """The settings that reach a played tenant."""
    return Tenant(
        name="sandbox",
        tenant_id=played.tenant_id,
        client_id=played.client_id,
        client_secret=SecretStr(played.client_secret),
        domains=played.domains,
        login_url=played.login_url,
        graph_url=played.graph_url,
        exchange_url=played.exchange_url,
        compliance_url=played.compliance_url,
    )


def bot_settings(played: RunningTenant, slack: RunningWorkspace, folder: Path) -> Settings:
    """The settings of a bot that lives between a played tenant and a played workspace."""
    return Settings(
        tenants=(tenant_settings(played),),
        slack=SlackSettings(
            bot_token=SecretStr(slack.bot_token),
            app_token=SecretStr(slack.app_token),
            api_url=slack.api_url,
            checkpoints=slack.channels[CHECKPOINTS].id,
        ),
        responders=ResponderSettings(group="S0RESPONDE"),
        approvers=ApproverSettings(users=(slack.people["approver"].id, slack.people["second_approver"].id)),
        ledger=folder / "ledger.db",
        key=folder / "compromise.key",
        engine=f"sqlite:///{(folder / 'jobs.db').resolve()}",
        patience=timedelta(seconds=MOST_SECONDS),
        log=LogSettings(level="error"),
        sandbox=True,
    )


@contextmanager
def bot_running(settings: Settings, clock: Callable[[], datetime] = now) -> Iterator[Bot]:
    """Start the bot, as `compromise run` does, and stop it at the end."""
    started = create_app(settings, clock=clock)
    try:
        started.start()
        yield started
    finally:
        started.stop()


def make_room(folder: Path) -> None:
    """Take away what an earlier sandbox left in the folder; nothing else is touched.

    Raises:
        CannotStart: a ledger or a key lies there that no sandbox made, or the folder cannot be written.
    """
    mark = folder / _MARK
    there = [name for name in (*_OURS, answers.FOLDER) if os.path.lexists(folder / name)]
    if there and not mark.is_file():
        found = ", ".join(there)
        raise CannotStart(
            f"{folder} holds {found}, which no sandbox created. Choose another folder: --output."
        )
    try:
        for name in _OURS:
            (folder / name).unlink(missing_ok=True)
        mark.write_text("A sandbox may remove its ledger and keys from this folder.\n", encoding="utf-8")
    except OSError as error:
        raise CannotStart(f"The folder {folder} cannot be written ({error.strerror}).") from error


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold the folder's lock before anything in it is taken away: another sandbox may live there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(f"The folder {folder} cannot be written ({error.strerror}).") from error
    with only_one(folder / "ledger.db.lock"):
        yield
