"""A short soak: long enough for a few kills, so that `make soak` cannot rot."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak.running import soak


@pytest.mark.slow
def test_whatever_fails_around_it_and_however_often_it_is_killed_everything_holds(tmp_path: Path) -> None:
    with soak(7, tmp_path) as running:
        told = running.run(20.0)
    assert told.broken == []
    assert told.rests == 1
    assert told.entries > 0
    assert told.kills + sum(told.troubles.values()) > 0
