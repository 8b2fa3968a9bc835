"""Whatever a payload of Slack's holds: an acknowledgement, nothing unhandled, and nothing without two votes.

Payloads that people really caused are changed in up to three places: a field is missing, null, of another
type, very long, full of markup, or has somebody else's id. Bolt itself reads some fields before any of our
code; where it breaks over one, Slack hears nothing and sends it again, and nothing of ours ran.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from copy import deepcopy
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import settings
from slack_bolt import BoltRequest, BoltResponse

import bot
from bot.listeners.payload import SAYS
from commands.containment.proposals import Proposal
from commands.plans.approval import ProposalState
from tests.scenarios.deciding import Table, laid

OURS = str(Path(bot.__file__).parent)

GONE = object()
"""Stands for a field that is taken out."""

OTHERS = ("U0ADELEVAN", "U0EXTERNJO", "U0GUESTPAT", "U0FORMERJO", "U0OTHERBOT", "U0COMPROM1", "U0NOBODY")
"""Ids of people whose vote never counts: no payload may make it count."""

ODD: tuple[Any, ...] = (
    *(GONE, None, "", " ", 0, -1, 1.5, True, [], {}, [None], {"id": None}, [[]], {"a": {"a": {"a": 1}}}),
    *(
        "x" * 20_000,
        "<!channel> *_~` <@U0ALEXWILB> <http://evil.example|x>",
        "\x00\u202e\ud7ff",
        "../../etc/passwd",
    ),
    *(
        "C-22222",
        "P-22222 " + "0" * 64,
        "approve P-22222",
        "now because I say so",
        "1; drop table ledger",
        "{0}{id}",
    ),
    *OTHERS,
    *("view_submission", "block_actions", "approve", "propose", "enrol"),
)


def unexpected(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged of failures in our code that nobody expected."""
    told = [str(one.msg) for one in caplog.records if one.levelno >= logging.ERROR]
    return [one for one in told if "failed" in one and OURS in one]


class Fuzzed:
    """A bot, real payloads that it got, and a proposal that needs two people."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.proposal: Proposal = table.grave()
        self.numbers = count(1)
        slack, other = table.slack, table.grave()
        kept = [table.type("help"), table.type(f"plan {self.proposal.plan.case_id}")]
        kept.append(table.press("approver", self.proposal))
        kept.append(slack.submit("approver", table.window("approver"), {}))
        table.told("approver", f"You approved {self.proposal.id}")
        kept.append(table.press("approver", other, "deny"))
        kept.append(slack.submit("approver", table.window("approver"), {"reason": "It was a false alarm"}))
        kept.append(slack.shortcut("responder", "report_account"))
        form = table.window("responder")
        kept.append(slack.submit("responder", form, {"account": "nobody@contoso.example", "noticed": "odd"}))
        kept.append(slack.open_home("responder"))
        self.seeds = [deepcopy(one.envelope["payload"]) for one in kept]

    def dispatch(self, payload: dict[str, Any]) -> BoltResponse | None:
        """Give a payload to the real app, as the socket does; None where Bolt itself broke over it."""
        number = next(self.numbers)
        for name in ("trigger_id", "action_ts"):
            if isinstance(payload.get(name), str):
                payload[name] = f"{payload[name]}.{number}"
        try:
            return self.table.bot.app.dispatch(BoltRequest(body=payload, mode="socket_mode"))
        except Exception as error:
            if any(one.filename.startswith(OURS) for one in traceback.extract_tb(error.__traceback__)):
                raise
            return None


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzed]:
    with laid(tmp_path_factory.mktemp("fuzzed")) as table:
        yield Fuzzed(table.sit())


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a payload."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in items:
        yield (*path, key)
        yield from places(part, (*path, key))


def changed(payload: dict[str, Any], path: tuple[Any, ...], to: Any) -> None:
    """Change one place, where it is still there."""
    at: Any = payload
    for key in path[:-1]:
        at = at[key] if has(at, key) else None
    if not has(at, path[-1]):
        return
    if to is GONE:
        del at[path[-1]]
    else:
        at[path[-1]] = deepcopy(to)


def has(at: Any, key: Any) -> bool:
    """Whether a part of a payload has this key or place."""
    return (
        key in at if isinstance(at, dict) else isinstance(at, list) and isinstance(key, int) and key < len(at)
    )


@pytest.mark.parametrize("seed", range(5))
def test_whatever_a_payload_holds_it_is_acknowledged(
    fuzzed: Fuzzed, seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Drawn by a seed and not by Hypothesis, which takes the bot's own threads for a strategy's chance."""
    rng = Random(seed)
    for _ in range(settings.default.max_examples if settings.default else 0):
        payload = deepcopy(rng.choice(fuzzed.seeds))
        for _ in range(rng.randint(1, 3)):
            if where := list(places(payload)):
                changed(payload, rng.choice(where), rng.choice(ODD))
        answer = fuzzed.dispatch(payload)
        # Bolt answers 404 to what no listener is for.
        assert answer is None or answer.status in {200, 404}, payload
        assert unexpected(caplog) == [], payload


@pytest.mark.parametrize("field", ["user_id", "trigger_id", "text", "channel_id"])
@pytest.mark.parametrize("value", [7, [], {}, True])
def test_a_command_of_another_form_is_answered_with_a_sentence(
    fuzzed: Fuzzed, field: str, value: object
) -> None:
    answer = fuzzed.dispatch({**deepcopy(fuzzed.seeds[0]), field: value})
    assert answer is None or "in a form that I do not know" in str(answer.body)


def told(fuzzed: Fuzzed, person: str) -> int:
    """How often somebody was told, and nobody else, that something had a form that we do not know."""
    slack = fuzzed.table.slack
    return sum(SAYS in slack.as_text(one) for one in (*slack.ephemerals(person), *slack.direct(person)))


@pytest.mark.parametrize(
    ("kind", "path", "lost"),
    [
        ("block_actions", ("actions", 0, "action_ts"), ()),
        ("block_actions", ("actions", 0, "value"), (("response_url",),)),
        ("block_actions", ("actions", 0, "value"), (("response_url",), ("channel",), ("container",))),
        ("view_submission", ("view", "state"), ()),
        ("view_submission", ("view", "state"), (("view", "private_metadata"),)),
    ],
)
def test_whoever_pressed_or_sent_something_of_another_form_is_told(
    fuzzed: Fuzzed, kind: str, path: tuple[Any, ...], lost: tuple[tuple[Any, ...], ...]
) -> None:
    payload = deepcopy(next(one for one in fuzzed.seeds if one.get("type") == kind))
    # What earlier payloads led to may still be on its way to the same person.
    ledger = fuzzed.table.bot.ledger
    fuzzed.table.wait(lambda: not ledger.unanswered_requests(), "the answers to earlier payloads")
    before = told(fuzzed, "approver")
    changed(payload, path, 7)
    for field in lost:
        changed(payload, field, GONE)
    answer = fuzzed.dispatch(payload)
    assert answer is not None
    assert answer.status == 200
    fuzzed.table.wait(lambda: told(fuzzed, "approver") == before + 1, "the sentence")


def test_nothing_was_done_at_the_end_of_it(fuzzed: Fuzzed, caplog: pytest.LogCaptureFixture) -> None:
    """What was handed over is answered by now, and was refused in words."""
    table = fuzzed.table
    table.wait(lambda: not table.bot.ledger.unanswered_requests(), "the last answer")
    assert unexpected(caplog) == []
    proposal = table.proposals.get(fuzzed.proposal.id)
    assert proposal.state is ProposalState.OPEN
    assert {vote.voter for vote in proposal.votes} <= {"U0ALEXWILB"}
    table.nothing_was_done(proposal)
