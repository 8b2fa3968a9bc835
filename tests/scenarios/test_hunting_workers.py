"""Workers hunt through a tenant for the keeper: each may be killed, and a stop reaches whoever is at it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import psycopg
import pytest

from commands.ledger.verify import verify_ledger
from sandbox.scenarios.people import LAGOS
from tests.postgres import Cluster, running, soon
from tests.scenarios.conftest import ADELE, Stage
from tests.scenarios.test_durability import SEARCH, audit_searches
from tests.scenarios.test_hunts import DIEGO, ended, looked_at_a_search, others_too
from tests.scenarios.test_workers import ROUND, keeping, looks, worker


@pytest.fixture(scope="module")
def postgres() -> Iterator[Cluster]:
    with running() as cluster:
        yield cluster


def left_behind(story: Stage) -> int:
    """How many rows lie between keeper and workers."""
    with psycopg.connect(story.settings.engine) as db:
        counted = (
            b"SELECT (SELECT count(*) FROM compromise_runs) + (SELECT count(*) FROM compromise_memory)"
            b" + (SELECT count(*) FROM compromise_stopped)"
        )
        return int((db.execute(counted).fetchone() or (0,))[0])


def test_a_worker_makes_a_pivot_and_the_keeper_shows_it(stage, postgres):
    story = keeping(stage, postgres, "mailbox-takeover")
    others_too(story, DIEGO)
    story.type(f"pivot {LAGOS.ip} since 4d")
    story.told(holding="The hunt waits for a worker; none has been seen since")
    with worker(story, "one"):
        text = story.slack.as_text(ended(story, "Who else was touched: "))
        assert ADELE in text
        assert DIEGO in text
        assert looks(story, "one") == 1
        soon(lambda: not left_behind(story))
    assert "remembered" not in story.kinds()
    assert verify_ledger(story.bot.ledger.path).head == story.bot.ledger.head()


@pytest.mark.slow
def test_a_sweep_goes_on_at_another_worker_and_another_keeper_with_the_same_card_and_search(stage, postgres):
    story = keeping(stage, postgres, "mailbox-takeover", audit_query_seconds=SEARCH)
    with worker(story, "one") as one, worker(story, "two") as two:
        story.type("sweep since 1d")
        card = story.card("Whole tenant: ")
        story.slack.wait_for(lambda: looked_at_a_search(story), what="the audit search")
        searches = audit_searches(story)
        first, other = ("one", "two") if looks(story, "one") else ("two", "one")
        (one if first == "one" else two).kill()
        story.slack.wait_for(lambda: looks(story, other) == 1, what="the other worker")
        story.stop()
        story.microsoft.end_searches()
        with psycopg.connect(story.settings.engine) as db:
            waiting = b"SELECT count(*) FROM dbos.workflow_status WHERE queue_name = 'deliveries'"
            story.slack.wait_for(lambda: db.execute(waiting).fetchone() == (1,), what="the result")
        story.start()
        assert ended(story, "Who may be compromised: ").ts == card.ts
        assert audit_searches(story) == searches
    kinds = story.kinds()
    assert kinds.count("hunt_finished") == kinds.count("hunt_shown") == 1
    assert len(story.cards()) == 1


def rounds(story: Stage, is_so: Callable[[], object], what: str) -> None:
    """Let rounds pass, and Microsoft's searches end, until something is so."""

    def seen() -> object:
        time.sleep(ROUND)
        story.microsoft.end_searches()
        story.bot.jobs.reconcile(timedelta(0))
        return is_so()

    story.slack.wait_for(seen, what=what)


@pytest.mark.slow
def test_a_sweep_that_is_stopped_ends_at_the_worker_who_hands_in_what_it_had_found(stage, postgres):
    story = keeping(stage, postgres, audit_query_seconds=SEARCH)
    with worker(story, "one"):
        story.type("sweep since 1d")
        card = story.card("Whole tenant: ")
        story.slack.wait_for(lambda: looked_at_a_search(story), what="the audit search")
        story.slack.click("responder", card, "stop_hunt")
        story.card("found before it was stopped")
        rounds(story, lambda: not left_behind(story), "the end of its runs")
        # The worker is free for what is asked for next.
        story.type(f"pivot {LAGOS.ip} since 1d")
        rounds(story, lambda: story.kinds().count("hunt_finished") == 1, "the end of the second")
    assert story.kinds().count("hunt_left") == 1


@pytest.mark.slow
def test_a_hunt_that_is_stopped_is_not_gone_on_with_by_whoever_takes_it_over(stage, postgres):
    story = keeping(stage, postgres, audit_query_seconds=SEARCH)
    with worker(story, "one") as one:
        story.type("sweep since 1d")
        card = story.card("Whole tenant: ")
        story.slack.wait_for(lambda: looked_at_a_search(story), what="the audit search")
        searches = audit_searches(story)
        one.kill()
    story.slack.click("responder", card, "stop_hunt")
    story.card("Who may be compromised: stopped")
    with worker(story, "two"):
        rounds(story, lambda: not left_behind(story), "the end of its runs")
    assert audit_searches(story) == searches
    assert "hunt_finished" not in story.kinds()


@pytest.mark.slow
def test_a_stop_while_the_job_database_is_away_is_carried_through_when_it_is_back(stage, postgres):
    story = keeping(stage, postgres, audit_query_seconds=SEARCH)
    with worker(story, "one"):
        story.type("sweep since 1d")
        card = story.card("Whole tenant: ")
        story.slack.wait_for(lambda: looked_at_a_search(story), what="the audit search")
        postgres.stop()
        try:
            story.slack.click("responder", card, "stop_hunt")
            story.card("Who may be compromised: stopped")
        finally:
            postgres.start()

        rounds(story, lambda: not left_behind(story), "the end of its runs")
    assert "hunt_finished" not in story.kinds()


@pytest.mark.slow
def test_a_stop_that_nobody_asked_for_makes_no_hunt_look_finished(stage, postgres):
    """Who can write to the job database cuts the sweep off; what was not looked at is not told as clean."""
    story = keeping(stage, postgres, "mailbox-takeover", audit_query_seconds=SEARCH)
    with worker(story, "one"):
        story.type("sweep since 1d")
        story.card("Whole tenant: ")
        story.slack.wait_for(lambda: looked_at_a_search(story), what="the audit search")
        with psycopg.connect(story.settings.engine) as db:
            db.execute(b"INSERT INTO compromise_stopped SELECT DISTINCT case_id FROM compromise_runs")
        rounds(story, lambda: {"hunt_finished", "hunt_failed"} & set(story.kinds()), "its end")
    assert "hunt_finished" not in story.kinds()
