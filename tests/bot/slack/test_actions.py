"""Buttons are known by their whole action ids."""

from __future__ import annotations

import pytest

from bot.slack.listeners.actions import BUTTONS, WORDS


@pytest.mark.parametrize("name", [*WORDS, "check_again", "check_reported"])
def test_a_button_is_known_by_its_whole_action_id(name: str) -> None:
    assert BUTTONS.search(name)
    for other in (f"x{name}", f"{name}x", f"{name}\n", f" {name}"):
        assert not BUTTONS.search(other)
