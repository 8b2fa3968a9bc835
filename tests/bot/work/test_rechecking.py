"""What a worker reads for a recheck arrives whole, and is believed for what was asked alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.work.crossing.codec import ResultRefused, ResultUnreadable
from bot.work.crossing.failed import Failed
from bot.work.rechecks.task import (
    TASKS,
    RecheckTask,
    named,
    pack,
    recheck_name,
    unpack,
)
from commands.accounts import fuller
from commands.rechecks.watch import Door, Reading, Stands
from graph.evidence import Evidence
from graph.question import Window
from tests.commands import carrying
from tests.commands.steps import rich

SEEN: Evidence = rich.named(rich.NAMES[0]).evidence
DOORS = (
    Door("remove_forwarding:mailbox", carrying.remove_forwarding().look),
    Door("block_sign_in:account", carrying.block_sign_in().look),
)
TASK = RecheckTask("C-2ABCD", 1, 2, "Contoso", SEEN.subject, SEEN.window, DOORS)
READ = Reading(
    (
        Stands(DOORS[0].change, {"ForwardingSmtpAddress": None, "Half": ["a", 1, True]}),
        Stands(DOORS[1].change, why="Microsoft denied access."),
    ),
    replace(SEEN, subject=fuller(SEEN)),
)


def test_a_task_crosses_as_it_was_asked():
    crossed = TASKS.read(TASKS.write(TASK))
    assert crossed == TASK
    assert named(crossed.name) == ("C-2ABCD", 1)
    assert recheck_name("C-2ABCD", 1) == crossed.name


def test_what_was_read_crosses_with_what_could_not_be_read_and_when_it_was():
    later = replace(READ.evidence, window=Window(SEEN.window.start, SEEN.window.end + timedelta(hours=5)))
    for reading in (READ, replace(READ, evidence=later)):
        crossed = unpack(pack(reading), TASK)
        assert isinstance(crossed, Reading)
        assert crossed.doors == READ.doors
        assert crossed.evidence.window == reading.evidence.window
        assert crossed.evidence.subject == READ.evidence.subject


def test_why_nothing_was_read_crosses():
    failed = Failed("The tenant does not answer. Reference: 1.", "1")
    assert unpack(pack(failed), TASK) == failed


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"doors": READ.doors[:1]}, "different changes"),
        ({"doors": READ.doors[::-1]}, "different changes"),
        ({"doors": ()}, "different changes"),
        (
            {"evidence": replace(READ.evidence, subject=replace(SEEN.subject, id="other"))},
            "a different account",
        ),
        (
            {
                "evidence": replace(
                    READ.evidence, window=Window(SEEN.window.start + timedelta(1), SEEN.window.end)
                )
            },
            "a different time",
        ),
        (
            {
                "evidence": replace(
                    READ.evidence, window=Window(SEEN.window.start, SEEN.window.end - timedelta(1))
                )
            },
            "a different time",
        ),
    ],
)
def test_what_is_about_something_else_is_refused(change, says):
    with pytest.raises(ResultRefused, match=says):
        unpack(pack(replace(READ, **change)), TASK)


def test_what_is_no_reading_cannot_be_read():
    with pytest.raises(ResultUnreadable):
        unpack(b"no reading", TASK)
