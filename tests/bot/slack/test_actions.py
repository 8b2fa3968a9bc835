"""Buttons are known by their whole action ids."""

from __future__ import annotations

import pytest

from bot.errors import NotUnderstood
from bot.slack.listeners.actions import BUTTONS, WORDS


@pytest.mark.parametrize("name", [*WORDS, "check_again", "check_reported"])
def test_a_button_is_known_by_its_whole_action_id(name: str) -> None:
    assert BUTTONS.search(name)
    for other in (f"x{name}", f"{name}x", f"{name}\n", f" {name}"):
        assert not BUTTONS.search(other)


def test_the_button_of_a_lead_checks_that_address():
    assert WORDS["check_lead"]("lee@contoso.example") == "check lee@contoso.example"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "lee",
        "lee@contoso.example since 300d",
        "lee@contoso.example\nin #general",
        "<@U1>",
        f"{'a' * 250}@b.example",
    ],
)
def test_what_is_no_address_is_no_words(value):
    with pytest.raises(NotUnderstood):
        WORDS["check_lead"](value)
