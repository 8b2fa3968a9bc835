"""The takeover story with a keeper and two workers, up to a recheck, while each is killed in turn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from multiprocessing.context import ForkServerProcess
from threading import Event

import psycopg
import pytest

from bot.clock import now
from commands.containment.proposals import Proposals
from commands.ledger import Ledger
from commands.ledger.entries import Rechecked
from commands.ledger.tasks import alarms
from commands.ledger.verify import verify_ledger
from commands.rechecks import schedule as rechecks
from sandbox import workspace
from sandbox.tenant import Fault, attacker
from tests.approving import approve
from tests.postgres import Cluster, running, soon
from tests.scenarios.conftest import ADELE, Stage
from tests.scenarios.forked import running_bot
from tests.scenarios.test_contain import APPROVERS, PRIVILEGED, copy_of, proposed
from tests.scenarios.test_durability import SEARCH, audit_searches, searching, variables
from tests.scenarios.test_workers import keeping, log_of, looks, worker

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def postgres() -> Iterator[Cluster]:
    with running() as cluster:
        yield cluster


@contextmanager
def keeper(story: Stage) -> Iterator[ForkServerProcess]:
    """The keeper in a process of its own; it makes no checks itself."""
    more = {
        "COMPROMISE_CHECKS_HERE": "false",
        "COMPROMISE_APPROVERS_USERS": ",".join(APPROVERS.users),
    }
    story.slack.wait_disconnected()
    with running_bot(story.settings.ledger.parent, {**variables(story), **more}) as process:
        story.slack.wait_connected()
        yield process


def kill(process: ForkServerProcess) -> None:
    process.kill()
    process.join()


def rechecked(story: Stage, other: str, living: ForkServerProcess) -> None:
    """Let a recheck that is due find the forwarding again, while whoever makes it and the keeper are killed.

    Args:
        story: The story, whose keeper was killed after the plan was carried out.
        other: The name of the worker that still lives.
        living: Its process.
    """
    attacker.forward_again(story.microsoft.state, ADELE)
    held = Event()
    story.microsoft.faults.add("Get-Mailbox", Fault(held=held))
    before = looks(story, other)
    with closing(Ledger(story.settings.ledger, now)) as ledger:
        (case,) = {entry.case_id for entry in ledger.entries(kinds=("execution_finished",))}
        rechecks.set_rechecks(ledger, case, [timedelta(0)])
        with keeper(story) as first:
            soon(lambda: looks(story, other) == before + 1)
            with worker(story, "three"):
                kill(living)
                soon(lambda: looks(story, "three") == 1)
                kill(first)
                held.set()
                with keeper(story):
                    story.card("or is new, on")
                    soon(lambda: not alarms(ledger))
        noted = [entry.event for entry in ledger.entries(kinds=("rechecked",)) if entry.facts["round"]]
    (seen,) = noted
    assert isinstance(seen, Rechecked)
    assert "remove_forwarding:mailbox" in seen.came_back
    assert sum("or is new, on" in story.slack.as_text(one) for one in story.cards()) == 1


def test_an_account_is_taken_back_while_each_process_is_killed_in_turn(stage, postgres):
    changes = {"approvers": APPROVERS, "engine": postgres.job_database(), "checks_here": False}
    story: Stage = stage(
        "mailbox-takeover",
        changes=changes,
        start=False,
        directory_roles=PRIVILEGED,
        audit_query_seconds=SEARCH,
    )
    with keeper(story) as first, worker(story, "one") as one, worker(story, "two") as two:
        story.slack.faults.add("chat.update", workspace.server_error(503), times=2)
        story.type(f"check {ADELE}")
        card = story.card("Waiting for")
        searches = searching(story)
        looking, other = ("one", "two") if looks(story, "one") else ("two", "one")
        kill(one if looking == "one" else two)
        soon(lambda: looks(story, other) == 1)
        kill(first)
        story.microsoft.end_searches()
        waiting = b"SELECT count(*) FROM dbos.workflow_status WHERE queue_name = 'deliveries'"
        with psycopg.connect(story.settings.engine, autocommit=True) as db:
            soon(lambda: db.execute(waiting).fetchone() == (1,))
        with keeper(story) as second:
            assert story.card("Files in the thread").ts == card.ts
            paper = proposed(story)
            approve(story.slack, "approver", paper)
            story.told("approver", "still needs one person")
            approve(story.slack, "second_approver", copy_of(story, "second_approver", "approved by"))
            story.told("second_approver", "is being carried out now")
            kill(second)
        postgres.stop()
        postgres.start()
        with keeper(story) as third, closing(Ledger(story.settings.ledger, now)) as ledger:
            assert story.card("Carried out").ts == paper.ts
            soon(lambda: not Proposals(ledger).unfinished() and not ledger.unfinished_cases())
            kinds = [entry.kind for entry in ledger.entries()]
            kill(third)
        rechecked(story, other, two if looking == "one" else one)
    assert audit_searches(story) == searches
    for kind in ("case_opened", "check_finished", "case_shown", "approved", "execution_finished"):
        assert kinds.count(kind) == 1, kind
    assert verify_ledger(story.settings.ledger).head
    user = next(one for one in story.microsoft.state.users.values() if one["userPrincipalName"] == ADELE)
    assert user["accountEnabled"] is False


def test_what_a_worker_collected_while_the_database_was_away_is_delivered_when_it_is_back(stage, postgres):
    story = keeping(stage, postgres, audit_query_seconds=SEARCH)
    with worker(story, "one"):
        story.type(f"check {ADELE}")
        card = story.card("Waiting for")
        postgres.stop()
        try:
            story.microsoft.end_searches()
            soon(lambda: "The job database is away." in log_of(story, "one"))
            story.type("check miriam.graham@contoso.example")
            story.told(holding="The job database cannot be reached. The check starts when it is back")
        finally:
            postgres.start()
        story.bot.jobs.repair()
        story.bot.jobs.reconcile(timedelta(0))

        def both_ended() -> bool:
            story.microsoft.end_searches()
            return story.kinds().count("case_shown") == 2

        story.slack.wait_for(both_ended, what="both ends")
        assert story.slack.current(card).ts == card.ts
    assert story.kinds().count("check_finished") == 2
    assert len(story.cards()) == 2
