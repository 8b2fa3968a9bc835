"""Whoever can write to the job database and has no key: nothing is done, said or given up by what they write.

The keeper makes everything itself here, so that no seal of a worker's stands between it and what was forged.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from threading import Event
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from bot.work.engine.kinds import CHECK, DELIVERIES, PLAN, PLANS, RECHECK, VERSION
from commands.containment.carry_out import Patience
from commands.containment.proposals import Proposal
from commands.plans.plan import Change
from sandbox.tenant import Fault
from tests.approving import approve
from tests.commands import carrying
from tests.postgres import Cluster, running, soon
from tests.scenarios.acting import APPROVERS, PRIVILEGED
from tests.scenarios.conftest import ADELE, Stage
from tests.scenarios.offering import offering
from tests.scenarios.rechecks import CASE, rechecks, taken_back
from tests.scenarios.test_durability import SEARCH


@pytest.fixture(scope="module")
def postgres() -> Iterator[Cluster]:
    with running() as cluster:
        yield cluster


def keeping(stage: Any, postgres: Cluster, scenario: str = "clean", **more: Any) -> Stage:
    """A keeper that makes everything itself, with its jobs in PostgreSQL."""
    changes = {"engine": postgres.job_database(), "approvers": APPROVERS}
    built: Stage = stage(scenario, changes=changes, freely=True, **more)
    return built


def at_jobs(story: Stage) -> psycopg.Connection[Any]:
    """The job database, as the attacker reaches it."""
    return psycopg.connect(story.settings.engine, autocommit=True)


def forge(story: Stage, name: str, queue: str, *args: object, key: str = "", **row: object) -> str:
    """Put a job on a queue that nobody of ours asked for; give its id."""
    inputs = json.dumps({"positionalArgs": list(args), "namedArgs": {}})
    whole: dict[str, object] = {
        "workflow_uuid": f"forged-{uuid4()}",
        "status": "ENQUEUED",
        "name": name,
        "inputs": inputs,
        "serialization": "portable_json",
        "queue_name": queue,
        "application_version": VERSION,
        "application_name": "compromise-bot",
        "queue_partition_key": key or None,
        **row,
    }
    with at_jobs(story) as db:
        insert = sql.SQL("INSERT INTO dbos.workflow_status ({}) VALUES ({})").format(
            sql.SQL(", ").join(map(sql.Identifier, whole)),
            sql.SQL(", ").join([sql.Placeholder()] * len(whole)),
        )
        db.execute(insert, list(whole.values()))
    return str(whole["workflow_uuid"])


def status(story: Stage, job: str) -> str:
    with at_jobs(story) as db:
        row = db.execute("SELECT status FROM dbos.workflow_status WHERE workflow_uuid = %s", [job]).fetchone()
    return row[0] if row else ""


def is_over(story: Stage, job: str) -> bool:
    return status(story, job) in ("SUCCESS", "ERROR")


def offered(story: Stage, *changes: Change) -> None:
    """A finished case in which these changes are offered."""
    offering(story.bot.ledger, story.slack, CASE, *changes)


def approved(story: Stage, numbers: str = "1") -> Proposal:
    """Propose changes that are offered, and let two people approve."""
    story.type(f"contain {CASE} {numbers} because It was taken over")
    card = story.card("Waiting for approval")
    approve(story.slack, "approver", card)
    story.told("approver", "still needs one person")
    approve(story.slack, "second_approver", card)
    (proposal,) = story.proposals.of_case(CASE)
    return proposal


def sent(story: Stage, cmdlet: str) -> int:
    """How many times a change was sent."""
    return sum(call.cmdlet == cmdlet for call in story.microsoft.calls)


@pytest.mark.slow
def test_a_second_run_of_a_plan_that_is_being_carried_out_sends_nothing(stage, postgres):
    story = keeping(stage, postgres, "mailbox-takeover", directory_roles=PRIVILEGED)
    offered(story, carrying.remove_forwarding())
    story.bot.jobs._carrying._patience = Patience(pauses=(0.1,))
    held = Event()
    story.microsoft.faults.add("Set-Mailbox", Fault(method="POST", held=held))
    proposal = approved(story)
    story.slack.wait_for(lambda: sent(story, "Set-Mailbox") == 1, what="the moment")
    second = forge(story, PLAN, PLANS, proposal.id, key="Contoso")
    story.slack.wait_for(lambda: is_over(story, second), what="the end of the forged job")
    held.set()
    story.slack.wait_for(lambda: story.proposals.get(proposal.id).shown)
    assert sent(story, "Set-Mailbox") == 1
    kinds = story.kinds()
    for kind in ("intended", "change_ended", "execution_finished"):
        assert kinds.count(kind) == 1, kind


@pytest.mark.slow
def test_a_recheck_that_is_not_due_is_not_made(stage, postgres):
    story = keeping(stage, postgres, "mailbox-takeover")
    taken_back(story, carrying.remove_forwarding())
    job = forge(story, RECHECK.workflow, RECHECK.queue, {}, f"{CASE}.2", 1, key="Contoso")
    story.slack.wait_for(lambda: is_over(story, job))
    assert rechecks(story) == []
    story.bot.jobs.reconcile(timedelta(0))
    story.slack.wait_for(lambda: [one["round"] for one in rechecks(story)] == [1], what="the one that is due")


@pytest.mark.slow
def test_a_check_that_is_made_twice_at_once_is_noted_once(stage, postgres):
    story = keeping(stage, postgres, "clean", audit_query_seconds=SEARCH)
    story.type(f"check {ADELE}")
    story.card("Waiting for")
    (case,) = story.bot.ledger.unfinished_cases()
    job = forge(story, CHECK.workflow, CHECK.queue, {}, case.id, 1, key="Contoso")
    story.slack.wait_for(lambda: status(story, job) == "PENDING")
    story.microsoft.end_searches()
    story.shown()
    story.slack.wait_for(lambda: is_over(story, job))
    assert story.kinds().count("check_finished") == 1


ODD: dict[str, tuple[str, str, list[Any], dict[str, Any]]] = {
    "an unknown name": ("burn", DELIVERIES, ["C-2ABCD", 1], {}),
    "arguments that are none": (CHECK.delivery, DELIVERIES, [{"a": [1]}, None], {}),
    "too few arguments": (CHECK.delivery, DELIVERIES, [], {}),
    "no JSON": (CHECK.delivery, DELIVERIES, [], {"inputs": "{"}),
    "another form": (CHECK.delivery, DELIVERIES, [], {"inputs": "[]"}),
    "an unknown serializer": (CHECK.delivery, DELIVERIES, [], {"serialization": "own"}),
    "deep": (CHECK.delivery, DELIVERIES, [], {"inputs": "[" * 200_000}),
    "a class": (CHECK.delivery, DELIVERIES, ["C-2ABCD", 1], {"class_name": "os", "config_name": "x"}),
    "roles": (CHECK.delivery, DELIVERIES, ["C-2ABCD", 1], {"authenticated_roles": "{"}),
    "an empty id": (CHECK.delivery, DELIVERIES, ["C-2ABCD", 1], {"workflow_uuid": " "}),
    "a deadline": (CHECK.delivery, DELIVERIES, ["C-2ABCD", 1], {"workflow_deadline_epoch_ms": -5}),
    "attempts": (CHECK.delivery, DELIVERIES, ["C-2ABCD", 1], {"recovery_attempts": 2**62}),
    "a tenant that there is not": (CHECK.workflow, CHECK.queue, [{}, "C-2ABCD", 1], {"key": "Fabrikam"}),
    "before all others": (
        CHECK.workflow,
        CHECK.queue,
        [{}, "C-2ABCD", 1],
        {"key": "Contoso", "priority": -9},
    ),
    "a plan that there is not": (PLAN, PLANS, ["P-2ABCD"], {"key": "Contoso"}),
}
"""Jobs that nobody of ours writes: name, queue, arguments, and what else stands in the row."""


@pytest.mark.slow
def test_odd_jobs_hold_up_no_other(stage, postgres):
    story = keeping(stage, postgres)
    jobs = {what: forge(story, name, queue, *args, **more) for what, (name, queue, args, more) in ODD.items()}
    story.type(f"check {ADELE}")
    story.shown()
    soon(lambda: all(status(story, job) != "ENQUEUED" for job in jobs.values()))
    assert "SUCCESS" not in {status(story, job) for job in jobs.values()}
    story.stop()
    story.start()
    story.type("check miriam.graham@contoso.example")
    story.slack.wait_for(lambda: story.kinds().count("case_shown") == 2, what="the second check")


def tampered(story: Stage, *statements: str) -> None:
    """Let somebody write to the job database."""
    with at_jobs(story) as db:
        for statement in statements:
            db.execute(statement.encode())


def repaired(story: Stage) -> None:
    """Let the bot go its round."""
    story.bot.jobs.repair()
    story.bot.jobs.reconcile(timedelta(0))


def one_and_slow(ways: dict[str, str]) -> list[Any]:
    """The first of these ways, and the others where there is time."""
    return [
        pytest.param(how, id=name, marks=pytest.mark.slow if place else ())
        for place, (name, how) in enumerate(ways.items())
    ]


QUEUES = {
    "a pause of a year": "UPDATE dbos.queues SET polling_interval_sec = 3e7",
    "no places": "UPDATE dbos.queues SET worker_concurrency = 0, partition_worker_concurrency = 0",
    "no queues": "DELETE FROM dbos.queues",
    "somebody else's": "UPDATE dbos.queues SET application_name = 'other'",
    "a limit": "UPDATE dbos.queues SET rate_limit_max = 0, rate_limit_period_sec = 1e9",
}
"""What somebody may write so that no queue is read any more."""


@pytest.mark.slow
@pytest.mark.parametrize("how", one_and_slow(QUEUES))
def test_queues_that_somebody_else_changed_are_read_again_after_the_next_round(stage, postgres, how):
    story = keeping(stage, postgres)
    tampered(story, how)
    # Whoever reads a queue has seen it by now.
    time.sleep(2)
    story.type(f"check {ADELE}")
    story.told(holding="Investigating. Case")
    repaired(story)
    story.shown()


RUNS_OF_A_CHECK = {
    "in a queue that nobody reads": "SET queue_name = 'nowhere'",
    "put off": "SET status = 'DELAYED', delay_until_epoch_ms = 99999999999999",
    "without a part": "SET queue_partition_key = NULL",
    "somebody else's": "SET application_name = 'other'",
    "under another name": "SET name = 'burn'",
    "done, it says": "SET status = 'SUCCESS'",
    "unreadable": "SET authenticated_roles = '{'",
    "of another version": "SET application_version = 'work-999'",
    "gone": "",
}


@pytest.mark.slow
@pytest.mark.parametrize("how", one_and_slow(RUNS_OF_A_CHECK))
def test_a_check_that_somebody_hides_is_made_all_the_same(stage, postgres, how):
    story = keeping(stage, postgres)
    with at_jobs(story) as db:
        # No queue is read while its run is hidden.
        db.execute(b"UPDATE dbos.queues SET worker_concurrency = 0, partition_worker_concurrency = 0")
        time.sleep(2)
        story.type(f"check {ADELE}")
        story.told(holding="Investigating. Case")
        what = f"UPDATE dbos.workflow_status {how}" if how else "DELETE FROM dbos.workflow_status"
        db.execute(f"{what} WHERE workflow_uuid LIKE 'check:%'".encode())

    def is_shown() -> bool:
        repaired(story)
        time.sleep(1)
        return story.kinds().count("case_shown") == 1

    story.slack.wait_for(is_shown, what="the end of the check")
    assert story.kinds().count("check_finished") == 1
    assert "check_failed" not in story.kinds()
