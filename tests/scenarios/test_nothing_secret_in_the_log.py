"""With everything logged, the log of a whole story holds no secret that was in play."""

from __future__ import annotations

import io
import logging
import re
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pyotp
import pytest

from bot import log as logs
from bot.settings import LogSettings, PolicySettings
from bot.verbs.registry import TYPED
from sandbox.workspace import View
from tests.scenarios.acting import Acting, acting
from tests.scenarios.conftest import ADELE

FACTOR = PolicySettings(factor=("reset_password",))
"""The reset of a password takes a code here."""

VERBS = (
    "help", "status", "tasks", "history {case}", "password {proposal}", "report {subject}", "plan {case}",
    "approve {proposal}", "deny {proposal} because it is over", "withdraw {proposal}", "restore {case}",
    "tasks {case}", "suspect {subject}", "enroll", "nonsense", "contain {case}", "close {case}",
    "strike {proposal}", "pivot {case}", "sweep", "stop H-22222",
)  # fmt: skip


def test_no_verb_is_forgotten() -> None:
    """A check is made before, and its log read as well."""
    assert set(TYPED) - {line.split()[0] for line in VERBS} <= {"check"}


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    logs.configure(LogSettings(level="debug"), stream)
    yield stream
    logs.configure(LogSettings(level="warning"), sys.stdout)


class Everything(logging.Handler):
    """Notes who logs anything at all, so that the test knows what it is about."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.names: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        self.names.add(record.name)


def window(story: Acting, person: str, holding: str = "") -> View:
    return story.slack.wait_for(
        lambda: next((v for v in story.slack.modals(person) if holding in story.text(v)), None),
        what=f"a window for {person}",
    )


def enrol(story: Acting, person: str) -> tuple[str, list[str]]:
    """Enrol somebody; give the key and the codes that were typed, a wrong one among them."""
    story.type("enrol", person)
    form = window(story, person)
    found = re.search(r"^((?:[A-Z2-7]{4} ?){8})$", story.text(form), re.MULTILINE)
    assert found
    secret = "".join(found[1].split())
    codes = ["271828", next_code(story, secret)]
    for code in codes:
        story.slack.submit(person, form, {"code": code})
    story.told(person, "your second factor is enrolled")
    return secret, codes


def next_code(story: Acting, secret: str) -> str:
    story.ahead += timedelta(minutes=1)
    return pyotp.TOTP(secret).at(story.clock())


def password_of(view: View) -> str:
    return next(
        (
            str(part["text"])
            for block in view.blocks
            if block["type"] == "rich_text"
            for element in block["elements"]
            for part in element["elements"]
            if part["text"] != "…"
        ),
        "",
    )


@pytest.mark.parametrize("mode", ["socket", pytest.param("http", marks=pytest.mark.slow)])
def test_a_whole_story_leaves_no_secret_in_the_log_of_everything(tmp_path, log, mode):
    everything = Everything()
    logging.getLogger().addHandler(everything)
    with acting(tmp_path, start=False) as story:
        story.settings = story.settings.model_copy(update={"policy": FACTOR})
        if mode == "http":
            story.listen_over_http()
        story.start()
        secrets = in_play(story)
    assert "slack_bolt.App" in everything.names
    text = log.getvalue()
    assert "case.shown" in text
    found = {name: secret for name, secret in secrets.items() if re.search(secret, text)}
    assert found == {}


def in_play(story: Acting) -> dict[str, str]:
    """Play the story, and give a pattern for each secret that was in it."""
    codes: list[str] = []
    keys = {}
    for person in ("approver", "second_approver"):
        keys[person], typed = enrol(story, person)
        codes += typed
    case = story.check()
    proposal = story.propose(lambda item: item.id == "reset_password:password")
    for person in ("approver", "second_approver")[: proposal.needs]:
        story.slack.click(person, story.paper(proposal), "approve")
        form = window(story, person, "code")
        codes.append(next_code(story, keys[person]))
        story.slack.submit(person, form, {"code": codes[-1]})
        story.told(person, f"You approved {proposal.id}")
    story.ended(proposal)
    story.slack.click("approver", story.paper(proposal), "show_password")
    form = window(story, "approver", "code")
    codes.append(next_code(story, keys["approver"]))
    story.slack.submit("approver", form, {"code": codes[-1]})
    shown = story.slack.wait_for(
        lambda: next((found for v in story.slack.modals("approver") if (found := password_of(v))), ""),
        what="the new password",
    )
    words = {"case": case.id, "proposal": proposal.id, "subject": ADELE}
    deliveries: list[Any] = [story.type(verb.format(**words)) for verb in VERBS]
    deliveries.append(story.type("", "bystander"))
    deliveries.append(story.slack.open_home("responder"))
    assert [one.error for one in deliveries] == [None] * len(deliveries)
    story.slack.wait_for(lambda: not story.bot.ledger.unfinished_cases(), what="the end of all checks")
    state = story.slack.state
    grouped = [" ".join(key[n : n + 4] for n in range(0, 32, 4)) for key in keys.values()]
    plain = {
        "the password": shown,
        "the client's secret": story.microsoft.client_secret,
        "the bot's token": story.slack.bot_token,
        "the app's token": story.slack.app_token,
        "the signing secret": story.slack.signing_secret,
        **{f"key {number}": key for number, key in enumerate([*keys.values(), *grouped])},
        **{f"trigger {number}": trigger for number, trigger in enumerate(state.triggers)},
        **{f"response URL {number}": url for number, url in enumerate(state.response_urls)},
    }
    assert len(plain) > 40
    assert all(plain.values())
    return {
        **{name: re.escape(secret) for name, secret in plain.items()},
        # Not the fraction of a second, which may be any six digits.
        **{f"code {number}": rf"(?<![\d.]){code}(?!\d)" for number, code in enumerate(codes)},
    }
