"""Killed at any point, a check, a hunt and a recheck come to their end, noted once and shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bot.work.kills import opened

LEAST = {"recheck": (6, 1), "hunt": (6, 1), "check": (20, 5)}
"""How many points there are at the least, since fewer would mean that some were lost, and which share of them
is taken here: a check takes a second or two. `make kills` takes all of them."""


@pytest.mark.slow
@pytest.mark.parametrize("kind", LEAST)
def test_wherever_it_is_killed_it_ends_once_and_is_shown(kind: str, tmp_path: Path) -> None:
    least, stride = LEAST[kind]
    with opened(tmp_path) as scene:
        scene.every_point(kind, stride)
    assert scene.points[kind] >= least
    assert scene.kills[kind] == 1 + (scene.points[kind] - 1) // stride
