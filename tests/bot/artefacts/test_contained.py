"""Whether an account is contained is answered first: yes, no or partly, and why."""

from __future__ import annotations

import pytest

from tests.bot.artefacts.test_summary import BACK, BLOCK, RESET, REVOKE, dealt, leading, told

OPEN = "sessions and password, or sign-in, are still open"


@pytest.mark.parametrize(
    ("done", "says"),
    [
        ((), "no: nothing was carried out by the bot"),
        ((BLOCK,), f"partly: {OPEN}"),
        ((REVOKE,), f"partly: {OPEN}"),
        ((BLOCK, BACK), f"no: {OPEN}"),
        ((BLOCK, REVOKE, RESET), "yes, since 2026-03-02 09:33 UTC"),
    ],
)
def test_whether_it_is_contained_is_said_first(done, says):
    assert told(leading(), dealt(*done))["contained"].startswith(says)
