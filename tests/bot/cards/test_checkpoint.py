"""Checkpoints reach a channel of Slack, can be copied out of it, and never stop any work."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.cards.checkpoint import CheckpointPoster
from bot.settings import SlackSettings
from bot.slack.client import make_client
from commands.containment.proposals import Outcome, Proposals
from commands.ledger import Ledger
from commands.ledger.checkpoint import read_checkpoints
from commands.ledger.entries import Asked
from commands.ledger.verify import verify_ledger
from commands.signing_key import SigningKey
from sandbox import workspace
from sandbox.workspace.faults import api_error, server_error
from tests.commands.plans import approved, opened, proposed
from tests.scenarios.conftest import MANIFEST

START = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ROOM = "incident-room"


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def slack():
    with workspace.start(MANIFEST) as running:
        yield running


@pytest.fixture
def ledger(tmp_path: Path, clock):
    book = Ledger(tmp_path / "ledger.db", clock)
    yield book
    book.close()


@pytest.fixture
def keys(tmp_path: Path):
    return SigningKey.load_or_make(tmp_path / "compromise.key")


@pytest.fixture
def make(slack, ledger, keys, clock):
    def build(channel: str = slack.channels[ROOM].id) -> CheckpointPoster:
        settings = SlackSettings(
            bot_token=SecretStr(slack.bot_token), app_token=SecretStr(slack.app_token), api_url=slack.api_url
        )
        client = make_client(settings, waits=False)
        return CheckpointPoster(client, ledger, keys, channel=channel, every=HOUR, clock=clock)

    return build


def carried_out(ledger: Ledger) -> None:
    """Let a plan be proposed, approved and carried out."""
    proposals = Proposals(ledger)
    opened(ledger)
    made = proposed(proposals, needs=1, expires_at=START + 10 * HOUR)
    approved(proposals, made, "alex")
    proposals.start(made.id)
    proposals.ended(made.id, made.plan.changes[0].id, Outcome.CONFIRMED)
    proposals.finish(made.id)


def posted(slack) -> list[str]:
    return [message.text for message in slack.messages(ROOM) if message.user == slack.bot_user_id]


def test_a_checkpoint_that_was_copied_out_of_slack_proves_the_ledger(make, slack, ledger, keys):
    ledger.append(Asked(), "U1")
    assert make().post("a plan was carried out")
    (text,) = posted(slack)
    anchors = read_checkpoints(text)
    assert verify_ledger(ledger.path, anchors, [keys.public]).anchored == 1
    (message,) = [one for one in slack.messages(ROOM) if one.user == slack.bot_user_id]
    assert read_checkpoints(slack.as_text(message))[0] == anchors[0]


def test_a_posted_checkpoint_is_an_entry_that_says_where_it_is(make, slack, ledger):
    ledger.append(Asked(), "U1")
    make().post("why not")
    entry = list(ledger.entries())[-1]
    (message,) = slack.messages(ROOM)
    assert (entry.kind, entry.actor) == ("checkpoint_signed", "bot")
    assert entry.facts["ts"] == message.ts
    assert entry.facts["channel"] == message.channel
    assert entry.facts["size"] == 1


def test_one_is_due_when_something_was_written_and_the_last_one_is_old_enough(make, slack, ledger, clock):
    poster = make()
    assert not poster.due(), "there is nothing to sign"
    ledger.append(Asked(), "U1")
    assert poster.due()
    clock.now += 2 * HOUR
    assert not poster.due(), "nothing was written since"
    ledger.append(Asked(), "U1")
    assert make().due()
    ledger.append(Asked(), "U1")
    clock.now += HOUR - timedelta(seconds=1)
    assert not poster.due()
    clock.now += timedelta(seconds=1)
    assert poster.due()
    assert len(posted(slack)) == 3


def test_after_a_plan_was_carried_out_one_is_due_at_once(make, ledger):
    ledger.append(Asked(), "U1")
    assert make().due()
    carried_out(ledger)
    assert make().due()
    assert not make().due()


@pytest.mark.parametrize("fault", [server_error(), api_error("is_archived"), api_error("not_in_channel")])
def test_one_that_could_not_be_posted_is_posted_in_the_next_round(make, slack, ledger, fault):
    carried_out(ledger)
    poster = make()
    slack.faults.add("chat.postMessage", fault)
    assert not poster.due()
    assert "checkpoint_signed" not in [entry.kind for entry in ledger.entries()]
    assert poster.due()
    assert len(posted(slack)) == 1


def test_without_a_channel_nothing_is_posted(make, slack, ledger):
    carried_out(ledger)
    assert not make("").due()
    assert not make("").post("why not")
    assert posted(slack) == []
    assert "checkpoint_signed" not in [entry.kind for entry in ledger.entries()]


def test_a_ledger_that_cannot_be_used_stops_nothing(make, ledger):
    ledger.append(Asked(), "U1")
    poster = make()
    ledger.close()
    ledger.path.write_bytes(b"something else" * 500)
    assert not poster.due()
    assert not poster.post("why not")
