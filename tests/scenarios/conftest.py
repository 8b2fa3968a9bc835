"""A tenant and a workspace on this machine, and the real bot between them."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot import log as logs
from bot.cards.painter import Edits
from bot.running import Bot
from bot.settings import LogSettings, ResponderSettings, Settings, SlackSettings, Tenant
from bot.wiring import create_app
from bot.work.jobs import Pauses
from commands.containment.proposals import Proposals
from sandbox import tenant, workspace
from sandbox.tenant import RunningTenant
from sandbox.workspace import PATIENCE, Message, RunningWorkspace
from tests.graph.local import settings_of
from tests.made import engine_in, made

MANIFEST = Path(__file__).resolve().parents[2] / "manifest.yml"
ADELE = "adele.vance@contoso.example"
WORKER_KEY = "between keeper and workers, 32 characters at least"
QUICKLY: dict[str, Any] = {
    "edits": Edits(first=0.1, apart=2.0, each=0.1),
    "polls": 0.2,
    "width": 270,
    "pauses": Pauses(checks=0.4, plans=0.8, later=2.0),
}
"""The workspace takes more edits than Slack, and the tenant's searches end sooner than Microsoft's.

The engine looks for work half as often: it is idle for most of a story, and a look costs milliseconds.

Progress is shown once or twice: each time the bot judges all that came so far, a tenth of what a check costs.
Pictures are a quarter as wide as a phone shows them: drawing them in full costs another tenth.
"""

OFTEN = Edits(first=0.1, apart=0.4, each=0.1)
"""For stories about the progress that a card shows."""

FREELY: dict[str, Any] = {**QUICKLY, "rates": {}}
"""The same for stories of which Microsoft's limits on calls are no part: their tenant has none either."""


@dataclass
class Stage:
    """Everything of one story."""

    slack: RunningWorkspace
    microsoft: RunningTenant
    settings: Settings
    running: Bot | None = None
    pace: dict[str, Any] = field(default_factory=lambda: QUICKLY)

    @property
    def bot(self) -> Bot:
        """The running bot."""
        assert self.running is not None
        return self.running

    @property
    def slack_settings(self) -> SlackSettings:
        """How the bot reaches Slack."""
        assert self.settings.slack is not None
        return self.settings.slack

    def start(self) -> Bot:
        """Start the bot in this process."""
        self.running = create_app(self.settings, **self.pace)
        self.running.start()
        self.connect()
        return self.running

    def connect(self) -> None:
        """Wait until the workspace reaches the bot, in either mode."""
        if self.slack_settings.mode == "socket":
            self.slack.wait_connected()
        else:
            self.slack.http_url = self.bot.http_url

    def listen_over_http(self) -> None:
        """Have the bot take signed requests at its next start."""
        slack = self.slack_settings.model_copy(update={"mode": "http"})
        self.settings = self.settings.model_copy(update={"slack": slack})

    def stop(self) -> None:
        """Stop the bot."""
        if self.running:
            self.running.stop()
            self.running = None
            self.slack.wait_disconnected()

    def type(self, words: str, person: str = "responder", channel: str = "incident-room") -> Any:
        """Type a command."""
        return self.slack.slash(person, channel, "/compromise", words)

    def told(self, person: str = "responder", holding: str = "") -> Message:
        """Give the private answer that holds these words, as soon as it is there."""
        return self.slack.wait_for(
            lambda: next(
                (m for m in self.slack.ephemerals(person) if holding in self.slack.as_text(m)), None
            ),
            what=f"a private answer to {person} with {holding!r}",
        )

    def cards(self, channel: str = "incident-room") -> list[Message]:
        """Give the bot's messages of a channel, top level."""
        return [m for m in self.slack.messages(channel) if m.user == self.slack.bot_user_id]

    def card(self, holding: str, channel: str = "incident-room") -> Message:
        """Give the card that shows these words, as soon as it does."""
        return self.slack.wait_for(
            lambda: next((m for m in self.cards(channel) if holding in self.slack.as_text(m)), None),
            what=f"a card with {holding!r}",
        )

    def shown(self, channel: str = "incident-room") -> Message:
        """Give the card once nothing more is to come: it names the files in its thread."""
        card = self.card("Files in the thread", channel)
        ledger = self.bot.ledger
        self.slack.wait_for(lambda: not ledger.unfinished_cases(), what="the last entry in the ledger")
        return card

    @property
    def proposals(self) -> Proposals:
        """Everything that was proposed."""
        return Proposals(self.bot.ledger)

    def kinds(self) -> list[str]:
        """Give the kinds of all entries in the ledger, but for those that say who people and tenants are."""
        people = ("person_named", "owner_bound", "tenant_named")
        return [entry.kind for entry in self.bot.ledger.entries() if entry.kind not in people]

    def wrote(self, *kinds: str) -> None:
        """Wait until the ledger's entries are of these kinds: an answer can be seen before it is written."""
        self.slack.wait_for(lambda: self.kinds() == list(kinds), what=f"the entries {', '.join(kinds)}")


Staging = Callable[..., Stage]


@pytest.fixture(autouse=True)
def _quiet() -> None:
    """What the bot logs below a warning is no help in a failing test."""
    logs.configure(LogSettings(level="warning"), sys.stdout)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Staging]:
    """Give a function that builds a stage; `changes` are changed settings, the rest goes to the tenant.

    With `freely` Microsoft's limits on calls are no part of the story.
    """
    with ExitStack() as stack:

        def build(
            scenario: str = "mailbox-takeover",
            *,
            changes: dict[str, Any] | None = None,
            start: bool = True,
            freely: bool = False,
            **more: Any,
        ) -> Stage:
            slack = stack.enter_context(workspace.start(MANIFEST, answers_within=PATIENCE))
            played = stack.enter_context(tenant.start(made(scenario), limits=not freely, **more))
            settings = settings_for(slack, played, tmp_path).model_copy(update=changes or {})
            built = Stage(slack, played, settings, pace=FREELY if freely else QUICKLY)
            # Stopped before the workspace, which its connection would otherwise try to come back to.
            stack.callback(built.stop)
            if start:
                built.start()
            return built

        yield build


def settings_for(slack: RunningWorkspace, played: RunningTenant, folder: Path) -> Settings:
    """Make the settings of a bot between the two."""
    return Settings(
        tenants=(Tenant(**dict(settings_of(played, name="Contoso", domains=played.domains))),),
        slack=SlackSettings(
            bot_token=SecretStr(slack.bot_token),
            app_token=SecretStr(slack.app_token),
            signing_secret=SecretStr(slack.signing_secret),
            api_url=slack.api_url,
            port=0,
        ),
        responders=ResponderSettings(users=("U0NESTORWI",), group="S0RESPONDE"),
        ledger=folder / "ledger.db",
        engine=engine_in(folder),
        patience=timedelta(seconds=PATIENCE),
        worker_key=SecretStr(WORKER_KEY),
        log=LogSettings(level="error"),
        sandbox=True,
    )
