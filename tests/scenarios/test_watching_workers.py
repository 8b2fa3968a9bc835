"""Workers make rechecks for the keeper, who judges them: each may be killed, and nobody is told twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from threading import Event

import psycopg
import pytest

from bot.work.engine.kinds import RECHECK
from bot.work.engine.workflows import known
from commands.ledger.verify import verify_ledger
from sandbox.tenant import Fault
from tests.commands import carrying
from tests.postgres import Cluster, running, soon
from tests.scenarios.conftest import Stage
from tests.scenarios.rechecks import CASE, alarms, carried_out, rechecks, taken_back
from tests.scenarios.test_hunting_workers import left_behind
from tests.scenarios.test_workers import (
    OLD,
    keeping,
    log_of,
    looks,
    missed_for_long,
    upgraded,
    waits_for_a_worker,
    worker,
)


@pytest.fixture(scope="module")
def postgres() -> Iterator[Cluster]:
    with running() as cluster:
        yield cluster


def held_at_the_mailbox(story: Stage) -> Event:
    """Let whoever reads the mailbox wait until this is set."""
    held = Event()
    story.microsoft.faults.add("Get-Mailbox", Fault(held=held))
    return held


def test_a_recheck_that_waits_for_a_worker_is_told_in_the_cases_thread_once(stage, postgres):
    story = keeping(stage, postgres, "mailbox-takeover", freely=True)
    taken_back(story, carrying.remove_forwarding())
    missed_for_long(story)
    for _ in range(2):
        story.bot.jobs.reconcile(timedelta(0))
    told = [story.slack.as_text(one) for card in story.cards() for one in story.slack.replies(card)]
    said = [one for one in told if "A recheck of this account waits for a worker; none has been seen" in one]
    assert len(said) == 1


@pytest.mark.slow
def test_a_recheck_goes_on_at_another_worker_and_another_keeper_and_is_told_once(stage, postgres):
    story = keeping(stage, postgres, "mailbox-takeover", freely=True)
    taken_back(story, carrying.remove_forwarding())
    held = held_at_the_mailbox(story)
    with worker(story, "one") as one, worker(story, "two") as two:
        for _ in range(3):
            story.bot.jobs.reconcile(timedelta(0))
        soon(lambda: looks(story, "one") + looks(story, "two"))
        first, other = ("one", "two") if looks(story, "one") else ("two", "one")
        (one if first == "one" else two).kill()
        soon(lambda: looks(story, other) == 1)
        story.stop()
        held.set()
        with psycopg.connect(story.settings.engine, autocommit=True) as db:
            waiting = b"SELECT count(*) FROM dbos.workflow_status WHERE queue_name = 'deliveries'"
            soon(lambda: db.execute(waiting).fetchone() == (1,))
        assert story.microsoft.writes() == []
        story.start()
        soon(lambda: alarms(story))

        def is_cleared() -> bool:
            # What is over is cleared by a round, and the next one is a minute away.
            story.bot.jobs.reconcile(timedelta(0))
            return not left_behind(story)

        soon(is_cleared)
        assert (looks(story, first), looks(story, other)) == (1, 1)
    (seen,) = rechecks(story)
    assert (seen["round"], seen["raised"]) == (1, True)
    assert seen["came_back"] == [carrying.remove_forwarding().id]
    (alarm,) = alarms(story)
    assert "Stop forwarding" in story.slack.as_text(alarm).split("Open again. To close it:")[1]
    assert verify_ledger(story.bot.ledger.path).head == story.bot.ledger.head()


@pytest.mark.slow
def test_what_was_read_before_another_plan_was_carried_out_is_read_again(stage, postgres):
    story = keeping(stage, postgres, "mailbox-takeover", freely=True)
    taken_back(story, carrying.remove_forwarding())
    held = held_at_the_mailbox(story)
    with worker(story, "one"):
        story.bot.jobs.reconcile(timedelta(0))
        soon(lambda: looks(story, "one") == 1)
        carried_out(story, carrying.block_sign_in())
        held.set()

        def is_rechecked() -> bool:
            story.bot.jobs.reconcile(timedelta(0))
            return bool(rechecks(story))

        story.slack.wait_for(is_rechecked, what="the recheck")
        assert looks(story, "one") == 2
    (seen,) = rechecks(story)
    assert seen["came_back"] == [carrying.remove_forwarding().id, carrying.block_sign_in().id]


def under_the_old_version(stage, postgres: Cluster) -> tuple[Stage, Event]:
    """A keeper of the old version with a recheck that is due, and whoever reads the mailbox waits."""
    story = keeping(stage, postgres, "mailbox-takeover", freely=True, start=False)
    story.pace = {**story.pace, "version": OLD}
    story.start()
    taken_back(story, carrying.remove_forwarding())
    return story, held_at_the_mailbox(story)


@pytest.mark.slow
def test_a_recheck_that_was_begun_under_the_old_version_ends_there_and_the_new_keeper_tells_it(
    stage, postgres
):
    story, held = under_the_old_version(stage, postgres)
    with worker(story, "old", OLD) as old:
        story.bot.jobs.reconcile(timedelta(0))
        soon(lambda: looks(story, "old") == 1)
        upgraded(story)
        assert known(RECHECK.run_id(f"{CASE}.1", 2)) is None
        held.set()
        soon(lambda: alarms(story))
        # Only then it makes place for one that fits.
        old.join()
        assert old.exitcode == 1
        assert "install the same version of both" in log_of(story, "old")
    assert len(rechecks(story)) == 1


@pytest.mark.slow
def test_a_recheck_that_the_old_version_left_undone_is_made_by_the_new_one(stage, postgres):
    story, held = under_the_old_version(stage, postgres)
    with worker(story, "old", OLD) as old:
        story.bot.jobs.reconcile(timedelta(0))
        soon(lambda: looks(story, "old") == 1)
        old.kill()
        old.join()
    soon(lambda: waits_for_a_worker(story))
    upgraded(story)
    with worker(story, "new"):
        held.set()
        soon(lambda: alarms(story))
        assert looks(story, "new") == 1
    assert len(rechecks(story)) == 1
