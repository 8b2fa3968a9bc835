"""A keeper and its workers on one PostgreSQL: each may be killed, and nothing is lost or done twice."""

from __future__ import annotations

import base64
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import psycopg
import pytest
from dbos import DBOS, SetEnqueueOptions, SetWorkflowID
from psycopg import sql

from bot.messages.home import home
from bot.setup.doctor import look_at_workers
from bot.work.engine.kinds import CHECK, DELIVERIES, VERSION
from bot.work.engine.workflows import known
from commands.ledger import CaseState
from commands.ledger.verify import verify_ledger
from tests.postgres import Cluster, running, soon
from tests.scenarios.conftest import ADELE, Stage
from tests.scenarios.forked import running_bot
from tests.scenarios.test_durability import SEARCH, audit_searches, searching, variables

ROUND = 0.3
"""Seconds before each round: without them whatever changes in Slack would begin another one."""


@pytest.fixture(scope="module")
def postgres() -> Iterator[Cluster]:
    with running() as cluster:
        yield cluster


def settings_of_a_worker(story: Stage) -> dict[str, str]:
    """What a worker is told: no Slack, no ledger."""
    kept = variables(story)
    return {
        name: value
        for name, value in kept.items()
        if not name.startswith(("COMPROMISE_SLACK", "COMPROMISE_RESPONDERS", "COMPROMISE_LEDGER"))
    } | {"COMPROMISE_SANDBOX": "true"}


@contextmanager
def worker(story: Stage, name: str, version: str = "") -> Iterator[ForkServerProcess]:
    """A worker in a process and a folder of its own, once it takes checks."""
    folder = folder_of(story, name)
    folder.mkdir()
    with running_bot(folder, settings_of_a_worker(story), "worker", version) as process:
        story.slack.wait_for(lambda: "worker.started" in log_of(story, name), what=f"the worker {name}")
        yield process
        if not process.is_alive():
            return


def folder_of(story: Stage, name: str) -> Path:
    return story.settings.ledger.parent / f"worker-{name}"


def log_of(story: Stage, name: str) -> str:
    path = folder_of(story, name) / "bot.log"
    return path.read_text() if path.exists() else ""


def looks(story: Stage, name: str) -> int:
    """How many times a worker began to look."""
    return log_of(story, name).count('"worker.looks"')


def keeping(stage, postgres: Cluster, scenario: str = "clean", **more) -> Stage:
    """A keeper that makes no checks itself."""
    built: Stage = stage(scenario, changes={"engine": postgres.job_database(), "checks_here": False}, **more)
    return built


def waits_for_a_worker(story: Stage) -> bool:
    awaited = story.bot.jobs.waits_for()
    return awaited is not None and awaited.what == "workers"


def missed_for_long(story: Stage) -> None:
    """Let the last worker have been seen a minute ago."""
    story.bot.jobs._worker_seen -= timedelta(minutes=1)


@pytest.mark.slow
def test_without_a_worker_cards_and_home_say_what_is_waited_for_until_there_is_one(stage, postgres):
    story = keeping(stage, postgres, freely=True)
    story.type(f"check {ADELE}")
    story.told(holding="The check waits for a worker; none has been seen since")
    story.type("pivot 203.0.113.77")
    story.told(holding="The hunt waits for a worker; none has been seen since")
    missed_for_long(story)
    waiting = story.card("The check waits for a worker; none has been seen since")
    story.card("The hunt waits for a worker; none has been seen since")
    assert "Start `compromise worker`." in story.slack.as_text(waiting)
    page = str(home(story.bot.desk._home.page(story.slack.people["responder"].id)))
    assert "Every check, hunt and recheck waits for a worker; none has been seen since" in page
    (workers,) = look_at_workers(story.settings)
    assert [line.there for line in workers.lines] == [False]
    with worker(story, "one"):
        story.card("Who else was touched: 0 accounts")
        assert story.shown().ts == waiting.ts
        (workers,) = look_at_workers(story.settings)
        assert [(line.there, line.what) for line in workers.lines] == [(True, "1 running")]
    assert not [one for one in story.cards() if "waits for a worker" in story.slack.as_text(one)]


@pytest.mark.slow
def test_what_was_begun_under_a_tenants_old_name_is_made_under_its_new_one(stage, postgres):
    story = keeping(stage, postgres, freely=True)
    story.type(f"check {ADELE}")
    card = story.card("starting")
    story.type("pivot 203.0.113.77")
    story.card("Who else was touched")
    story.stop()
    (before,) = story.settings.tenants
    renamed = before.model_copy(update={"name": "Northwind"})
    story.settings = story.settings.model_copy(update={"tenants": (renamed,)})
    story.start()
    with worker(story, "one"):
        assert story.shown().ts == card.ts
        story.card("Who else was touched: 0 accounts")
    case = story.bot.ledger.case(next(e.case_id for e in story.bot.ledger.entries() if e.case_id))
    assert (case.tenant, case.state) == (before.name, CaseState.DONE)


def test_a_worker_makes_the_check_and_the_keeper_delivers_it(stage, postgres):
    story = keeping(stage, postgres, "mailbox-takeover", audit_query_seconds=SEARCH)
    story.type(f"check {ADELE}")
    story.told(holding="The check waits for a worker; none has been seen since")
    with worker(story, "one"):
        # Progress is told across the database while the search goes on.
        story.card("First findings")
        story.microsoft.end_searches()
        card = story.shown()
        text = story.slack.as_text(card)
        assert "Compromised" in text
        assert "Contain" in str(card.blocks)
        assert story.kinds().count("check_finished") == 1
        assert "remembered" not in story.kinds()
        assert looks(story, "one") == 1
        case = story.bot.ledger.case(next(e.case_id for e in story.bot.ledger.entries() if e.case_id))
        assert story.bot.ledger.answers_of(case)
        assert verify_ledger(story.bot.ledger.path).head == story.bot.ledger.head()
    # Nothing of the evidence stays between the two.
    with psycopg.connect(story.settings.engine) as db:
        for table in ("compromise_runs", "compromise_memory"):
            assert not db.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table))).fetchall()


@pytest.mark.slow
def test_a_worker_that_is_killed_is_followed_by_another_on_the_same_search(stage, postgres):
    story = keeping(stage, postgres, audit_query_seconds=SEARCH)
    with worker(story, "one") as one, worker(story, "two") as two:
        story.type(f"check {ADELE}")
        card = story.card("Waiting for")
        searches = searching(story)
        first, other = ("one", "two") if looks(story, "one") else ("two", "one")
        (one if first == "one" else two).kill()
        story.slack.wait_for(lambda: looks(story, other) == 1, what="the other worker")
        story.microsoft.end_searches()
        assert story.shown().ts == card.ts
        assert audit_searches(story) == searches
    kinds = story.kinds()
    assert kinds.count("check_finished") == kinds.count("case_shown") == 1
    assert len(story.cards()) == 1


@pytest.mark.slow
def test_while_the_keeper_is_away_checks_go_on_and_are_delivered_when_it_returns(stage, postgres):
    story = keeping(stage, postgres, audit_query_seconds=SEARCH)
    with worker(story, "one"):
        story.type(f"check {ADELE}")
        card = story.card("Waiting for")
        story.stop()
        story.microsoft.end_searches()
        with psycopg.connect(story.settings.engine) as db:
            waiting = b"SELECT count(*) FROM dbos.workflow_status WHERE queue_name = 'deliveries'"
            story.slack.wait_for(lambda: db.execute(waiting).fetchone() == (1,), what="the result")
        assert "Files in the thread" not in story.slack.as_text(story.slack.current(card))
        story.start()
        assert story.shown().ts == card.ts
    kinds = story.kinds()
    assert kinds.count("check_finished") == kinds.count("case_shown") == 1


def refused(story: Stage, **changes: str) -> str:
    """What a worker says that does not start."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", "worker"],
        env={**settings_of_a_worker(story), **changes},
        cwd=story.settings.ledger.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    return done.stdout + done.stderr


@pytest.mark.slow
def test_a_worker_that_does_not_fit_says_why_and_does_not_start(stage, postgres):
    story = keeping(stage, postgres, start=False)
    assert "start compromise run first" in refused(story)
    assert "set engine to postgresql://" in refused(story, COMPROMISE_ENGINE="sqlite:///jobs.db")
    story.start()
    told = refused(story, COMPROMISE_TENANT_ID="00000000-0000-0000-0000-000000000001")
    assert "correct the wrong one" in told
    assert "add it" in refused(story, COMPROMISE_TENANT_NAME="Fabrikam")


class Harm:
    """Would make a file, if it were ever unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self):
        return os.mkdir, (str(self._path),)


@pytest.mark.slow
def test_what_somebody_pickled_into_the_job_database_is_never_run(stage, postgres, tmp_path):
    story = keeping(stage, postgres)
    harm = tmp_path / "harm"
    sent = base64.b64encode(pickle.dumps({"args": (Harm(harm), 1), "kwargs": {}})).decode()
    row = {
        "workflow_uuid": "deliver:C-2ABCD:1",
        "status": "ENQUEUED",
        "name": "deliver",
        "inputs": sent,
        "serialization": "py_pickle",
        "queue_name": DELIVERIES,
        "application_version": VERSION,
    }
    with psycopg.connect(story.settings.engine, autocommit=True) as db:
        insert = sql.SQL("INSERT INTO dbos.workflow_status ({}) VALUES ({})").format(
            sql.SQL(", ").join(map(sql.Identifier, row)), sql.SQL(", ").join([sql.Placeholder()] * len(row))
        )
        db.execute(insert, list(row.values()))
        status = b"SELECT status FROM dbos.workflow_status WHERE workflow_uuid = 'deliver:C-2ABCD:1'"
        story.slack.wait_for(lambda: db.execute(status).fetchone() == ("ERROR",), what="the refusal")
    assert not harm.exists()


def rounds(story: Stage, ends: int) -> None:
    """Let rounds take up what is open, and Microsoft's searches end, until so many checks have ended."""

    def ended() -> bool:
        time.sleep(ROUND)
        story.microsoft.end_searches()
        story.bot.jobs.reconcile(timedelta(0))
        return story.kinds().count("case_shown") == ends

    story.slack.wait_for(ended, what=f"{ends} ends")


@pytest.mark.slow
def test_an_old_result_of_the_same_account_is_not_delivered_in_place_of_a_new_one(
    stage, postgres, monkeypatch
):
    story = keeping(stage, postgres, "mailbox-takeover", audit_query_seconds=SEARCH)
    receive, kept = story.bot.jobs._checks.receive, []
    with psycopg.connect(story.settings.engine, autocommit=True) as db, worker(story, "one"):

        def attacked(case_id: str, run: int) -> None:
            """Keep what the keeper is about to read, and put the first of it in place of the second."""
            kept.append(db.execute("SELECT result, answers FROM compromise_runs").fetchone() or ())
            if len(kept) == 2:
                db.execute("UPDATE compromise_runs SET result = %s, answers = %s", kept[0])
            receive(case_id, run)

        monkeypatch.setattr(story.bot.jobs._checks, "receive", attacked)
        for ends in (1, 2):
            story.type(f"check {ADELE}")
            rounds(story, ends)
    # It was asked for again, and what the worker then found was delivered.
    kinds = story.kinds()
    assert (kinds.count("check_finished"), kinds.count("check_restarted")) == (2, 1)


@pytest.mark.slow
def test_what_somebody_without_the_key_asks_a_worker_for_is_not_looked_at(stage, postgres):
    story = keeping(stage, postgres)
    forged = {"case_id": "C-2ABCD", "run": 1, "tenant": "Contoso", "seal": "00" * 32}
    with worker(story, "one"):
        with SetWorkflowID("forged"), SetEnqueueOptions(queue_partition_key="Contoso"):
            DBOS.enqueue_workflow(CHECK.queue, story.bot.jobs._check_runs._workflow, forged, "C-2ABCD", 1)
        story.slack.wait_for(lambda: is_over("forged"), what="the refusal")
        assert looks(story, "one") == 0


def is_over(run: str) -> bool:
    found = known(run)
    return found is not None and found.status == "ERROR"


@pytest.mark.slow
def test_one_odd_progress_holds_up_no_other(stage, postgres):
    story = keeping(stage, postgres, "mailbox-takeover", audit_query_seconds=SEARCH)
    with psycopg.connect(story.settings.engine, autocommit=True) as db, worker(story, "one"):
        story.type("check miriam.graham@contoso.example")
        story.card("Waiting for")
        db.execute(b"INSERT INTO compromise_runs VALUES ('C-9', -1, 0, 7, 'odd', NULL, NULL)")
        db.execute(b"UPDATE compromise_runs SET progress = 'odd', shown = 2000000000 WHERE run = 1")
        story.type(f"check {ADELE}")
        story.card("First findings")
        rounds(story, 2)


OLD = "work-0"
"""A version of the work before this one."""


def upgraded(story: Stage) -> None:
    """Stop the keeper of the old version, and start that of the new one."""
    story.stop()
    del story.pace["version"]
    story.start()
    story.bot.jobs.reconcile(timedelta(0))


@pytest.mark.slow
def test_what_was_begun_under_the_old_version_ends_there_and_the_new_keeper_delivers_it(stage, postgres):
    story = keeping(stage, postgres, start=False, audit_query_seconds=SEARCH)
    story.pace = {**story.pace, "version": OLD}
    story.start()
    with worker(story, "old", OLD) as old:
        story.type(f"check {ADELE}")
        card = story.card("Waiting for")
        upgraded(story)
        assert "check_restarted" not in story.kinds()
        story.microsoft.end_searches()
        assert story.shown().ts == card.ts
        # Only then it makes place for one that fits.
        old.join()
        assert old.exitcode == 1
        assert "install the same version of both" in log_of(story, "old")
    kinds = story.kinds()
    assert (kinds.count("check_restarted"), kinds.count("check_finished")) == (0, 1)


@pytest.mark.slow
def test_what_the_old_version_left_undone_is_carried_over(stage, postgres):
    story = keeping(stage, postgres, start=False, audit_query_seconds=SEARCH)
    story.pace = {**story.pace, "version": OLD}
    story.start()
    with worker(story, "old", OLD) as old:
        story.type(f"check {ADELE}")
        card = story.card("Waiting for")
        searches = searching(story)
        old.kill()
        old.join()
    soon(lambda: waits_for_a_worker(story))
    upgraded(story)
    with worker(story, "new"):
        story.microsoft.end_searches()
        assert story.shown().ts == card.ts
    assert audit_searches(story) == searches
    kinds = story.kinds()
    assert (kinds.count("check_restarted"), kinds.count("check_finished")) == (1, 1)
