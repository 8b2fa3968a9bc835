"""How far an analysis has come is told while it runs, also by the other processes."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from commands.analyze import analyze, progress
from commands.analyze.progress import Progress, Stage
from tests.benchmarks.analyze.generate import generate

NOW = datetime(2026, 9, 1, tzinfo=UTC)


def test_numbers_of_all_tasks_are_added(tmp_path):
    path = tmp_path / "read"
    progress.prepare(path, 3)
    progress.note(path, 0, 10, 1)
    progress.note(path, 2, 5, 2)
    progress.note(path, 2, 6, 3)
    assert progress.noted(path) == (16, 4)


def test_progress_is_told_until_the_work_is_done():
    told: list[Progress] = []
    came = threading.Event()

    def tell(one: Progress) -> None:
        told.append(one)
        came.set()

    with progress.telling(tell, lambda: Progress(Stage.READING, 1, 2, 3)):
        assert came.wait(600)
    count = len(told)
    assert told[0] == Progress(Stage.READING, 1, 2, 3)
    assert count == len(told)


def test_an_analysis_is_the_same_whether_somebody_watches_or_not(tmp_path):
    path = tmp_path / "log"
    generate(path, 300, taken_over=1)
    told: list[Progress] = []
    watched = analyze([path], user=None, now=NOW, processes=1, tell=told.append)
    assert watched == analyze([path], user=None, now=NOW, processes=1)
    assert all(one.done <= one.total and one.records <= 300 for one in told)
