"""An administrator is contained from a phone: what those who decide see without scrolling."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from bot import log as logs
from bot.playing import playground
from bot.settings import LogSettings
from sandbox.scenarios.people import NESTOR

from .chromium import chromium, executable
from .desk import desk

pytestmark = pytest.mark.slow  # a second story in a browser; the first is `test_story.py`

PHONE = (390, 844)
USUAL = (1360, 860)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What is seen of the plan of "Contain now", in the channel and in the window that asks."""
    executable()
    logs.configure(LogSettings(level="warning"), sys.stdout)
    noted: dict[str, Any] = {}
    with (
        playground.playground(tmp_path_factory.mktemp("ledger"), "admin-takeover") as made,
        playground.serve_page(made, 0) as shown,
        chromium() as browser,
        desk(browser, shown.url) as main,
    ):
        made.slack.ack_seconds = 60
        made.slack.state.trigger_seconds = 60
        main.say(f"/compromise check {NESTOR.upn}")
        expect(main.card("Files in the thread")).to_be_visible()
        main.press(main.card("Files in the thread"), "Contain now")
        main.modal.get_by_label("Reason (shown to approvers)").fill("On the phone Nestor denies it all")
        main.modal.locator("[type=submit]").click()
        card = main.card("Waiting for approval")
        expect(card).to_be_visible()
        main.size(*PHONE)
        noted["text"] = card.inner_text()
        for name in ("Approve", "Deny"):
            button = card.get_by_role("button", name=name, exact=True)
            noted[f"depth of {name}"] = main.depth(button)
        noted["height"] = main.height(card)
        noted["screen"] = main.height(main.page.locator("#log"))
        card.evaluate("(node) => node.scrollIntoView({block: 'start'})")
        main.shot("40-administrator-phone")
        main.size(*USUAL)
        main.become("Alex Wilber")
        main.press(main.card("Waiting for approval"), "Approve")
        expect(main.modal).to_contain_text("Approve this plan?")
        noted["window"] = main.modal.inner_text()
        main.size(*PHONE)
        main.shot("41-administrator-is-approved-phone")
        noted["troubles"] = list(main.troubles)
        yield noted


def test_approve_and_deny_are_on_the_first_screen_below_what_the_plan_comes_to(seen):
    for name in ("Approve", "Deny"):
        assert seen[f"depth of {name}"] <= seen["screen"]
    above = seen["text"].partition("\nApprove\n")[0]
    for words in ("Compromised (admin)", "Got in with", "3 cannot be undone", "suggested changes left out"):
        assert words in above


def test_the_card_says_each_warning_once_and_is_less_than_two_screens(seen):
    assert seen["text"].count("Open apps may keep working") == 1
    assert seen["text"].count("A revoked session cannot be restored") == 1
    assert seen["height"] <= 2 * PHONE[1]


def test_the_window_names_what_disrupts_and_what_cannot_be_undone(seen):
    for words in ("Block the account from signing in", "Revoke all sessions", "a new random password"):
        assert words in seen["window"]
    assert "4 disrupt work" in seen["window"]
    assert seen["troubles"] == []
