"""The real bot in the mode http between a Slack that others wrote and the local tenant."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from pydantic import SecretStr

from bot import log as logs
from bot.settings import ApproverSettings, LogSettings, ResponderSettings, Settings, SlackSettings, Tenant
from bot.wiring import create_app
from sandbox import tenant
from tests.graph.local import settings_of
from tests.interop.emulator import emulate
from tests.interop.recorder import recording
from tests.interop.room import BOT_TOKEN, SIGNING_SECRET, Room, seed

MANIFEST = Path(__file__).resolve().parents[2] / "manifest.yml"
SCOPES: tuple[str, ...] = tuple(
    yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))["oauth_config"]["scopes"]["bot"]
)
LACKING = {scope: f"xoxb-without-{scope}" for scope in SCOPES}
"""For each scope a token that has all the others."""


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """A room with the bot in it; the token's scopes are those of our manifest, strictly."""
    logs.configure(LogSettings(level="warning"), sys.stdout)
    folder = tmp_path_factory.mktemp("interop")
    spare = {token: tuple(s for s in SCOPES if s != scope) for scope, token in LACKING.items()}
    with (
        recording() as recorder,
        emulate("slack", seed(SCOPES, spare), folder, base_url=recorder.url) as port,
        tenant.start(
            "mailbox-takeover",
            directory_roles=(
                "User Administrator",
                "Privileged Authentication Administrator",
                "Cloud Device Administrator",
            ),
        ) as played,
    ):
        recorder.target = port
        made = Room(recorder, f"http://127.0.0.1:{port}")
        bot = create_app(
            Settings(
                tenants=(Tenant(**dict(settings_of(played, name="Contoso", domains=played.domains))),),
                slack=SlackSettings(
                    bot_token=SecretStr(BOT_TOKEN),
                    signing_secret=SecretStr(SIGNING_SECRET),
                    mode="http",
                    port=0,
                    api_url=f"{recorder.url}/api/",
                    checkpoints=made.channels["security-alerts"],
                ),
                responders=ResponderSettings(users=(made.ids["megan"],)),
                approvers=ApproverSettings(users=(made.ids["alex"], made.ids["lidia"])),
                ledger=folder / "ledger.db",
                engine=f"sqlite:///{folder / 'jobs.db'}",
                patience=timedelta(minutes=1),
                log=LogSettings(level="error"),
                sandbox=True,
            )
        )
        try:
            bot.start()
            made.events = bot.http_url
            yield made
        finally:
            bot.stop()
