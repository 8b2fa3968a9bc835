"""What a worker sends stands on cards under the bot's name: no text in it calls anyone or leads anywhere.

Whoever took a worker over writes every text of a report, also those that are words of ours in an honest one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.messages import Message
from bot.messages.case_card import CaseView, case_card
from bot.messages.details import details
from bot.messages.hunt_card import hunt_card
from commands.check import Progress
from commands.hunts.hunt import Closely, Found, Touched
from commands.ledger.hunts import Hunt, HuntState
from commands.report import Coverage, Report, SourceState
from tests.bot.artefacts.attacks import planted
from tests.bot.work.test_task import situation
from tests.commands.evidence import NOON

ATTACK = "<!channel> <@U0MEGANBOW> <https://evil.example|report> :skull: \u202e"
REPORT: Report = planted(situation("the takeover").report, lambda _: ATTACK)
STATE = SourceState(ATTACK, Coverage.UNAVAILABLE, ATTACK, 0)
VIEW = CaseView(
    case_id="C-2ABCD",
    subject="adele.vance@contoso.example",
    subject_name="Adele Vance",
    asked_by="U0ASKED",
    window=REPORT.window,
    state="done",
    started_at=NOON,
    report=REPORT,
)
LOOKS = Progress((STATE, *REPORT.sources), (ATTACK,), lambda: REPORT.verdict)
HUNT = Hunt(
    id="H-2ABCD",
    kind="sweep",
    tenant="Contoso",
    terms=(),
    window=REPORT.window,
    channel="C0",
    card="1.1",
    case_id="",
    state=HuntState.DONE,
    asked_by="U0ASKED",
    asked_at=NOON,
    finished_at=None,
    found="",
    note=ATTACK,
    shown=False,
)
TOUCHED = Touched(f"{ATTACK}@contoso.example", (ATTACK,), 5, NOON, NOON + timedelta(hours=1), 2, (ATTACK,))
FOUND = Found((TOUCHED,), (STATE,), Closely(2, 1, 1))
OURS = frozenset({"contoso.example"})

SHOWN = {
    "a report": [case_card(VIEW)],
    "a verdict that is none": [
        case_card(replace(VIEW, report=replace(REPORT, symptoms=(), story=None))),
    ],
    "its details": details(REPORT),
    "details without a timeline": details(replace(REPORT, no_timeline=ATTACK)),
    "progress": [case_card(replace(VIEW, state="looking", report=None, progress=LOOKS))],
    "a hunt": [hunt_card(HUNT, OURS, found=FOUND)],
    "a hunt under way": [
        hunt_card(replace(HUNT, state=HuntState.LOOKING), OURS, done=(STATE,), waiting=(ATTACK,))
    ],
    "a hunt that failed": [hunt_card(replace(HUNT, state=HuntState.FAILED), OURS)],
}


def read_as_markup(messages: Iterable[Message]) -> str:
    """All that Slack would read as markup; what it is told to read as plain text is no harm."""
    return "\n".join(
        part for one in messages for part in (one.text, json.dumps(one.blocks, ensure_ascii=False))
    )


@pytest.mark.parametrize("what", SHOWN)
def test_no_text_of_a_worker_calls_anyone_or_leads_anywhere(what):
    shown = read_as_markup(SHOWN[what])
    for mark in ("<!channel", "<@U0MEGANBOW", "<https://evil", "https://evil", "\u202e"):
        assert mark not in shown, shown[max(0, shown.index(mark) - 150) :][:300]
