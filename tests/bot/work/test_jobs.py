"""The durable work by itself: open cases are taken up, given up after a while, and never forgotten."""

import sqlite3
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import timedelta

from dbos import DBOS

from bot.clock import now
from bot.work import jobs
from bot.work.checks.keeper import is_compromised
from bot.work.crossing.failed import RUNS
from bot.work.engine.kinds import CHECK, RECHECK, VERSION, delivery_id
from bot.work.engine.workflows import known
from commands.ledger import Case, CaseState, book
from commands.ledger import entries as e
from graph.question import Subject, Window
from tests.commands import carrying
from tests.scenarios.conftest import ADELE, Stage
from tests.scenarios.rechecks import CASE, alarms, rechecks, taken_back


def opened(story: Stage, case_id: str = "C-2ABCD") -> Case:
    """A case as it is when the process dies right after it was opened."""
    user = next(user for user in story.microsoft.state.users.values() if user["userPrincipalName"] == ADELE)
    with story.bot.ledger.writing() as writing:
        writing.open_case(
            case_id,
            tenant="Contoso",
            subject=Subject(str(user["id"]), ADELE, ADELE, (ADELE,), "Adele Vance"),
            window=Window(now() - timedelta(days=7), now()),
            channel="C0INCIDENT",
            asked_by="U0MEGANBOW",
        )
    return story.bot.ledger.case(case_id)


def test_a_case_that_was_just_opened_is_left_to_whoever_opened_it(stage):
    story = stage("clean")
    opened(story)
    story.bot.jobs.reconcile(timedelta(minutes=2))
    assert story.cards() == []
    story.bot.jobs.reconcile(timedelta(0))
    story.shown()


def test_what_is_noted_of_results_that_nobody_reads_any_more_is_cleared_away(stage):
    story = stage("clean")
    folder = story.bot.ledger.path.parent
    notes = [folder / f".reading-{name}-1" for name in (opened(story).id, "C-3ABCD", "C-3ABCD.1")]
    for note in notes:
        note.write_bytes(b".")
    story.bot.jobs.reconcile(timedelta(minutes=2))
    assert [note.exists() for note in notes] == [True, False, False]


def test_a_stop_takes_back_what_is_noted_of_results_that_are_being_read(stage):
    story = stage("clean")
    jobs, folder = story.bot.jobs, story.bot.ledger.path.parent
    with ExitStack() as readings:
        for run, keeper in enumerate((jobs._checks, jobs._hunts, jobs._rechecks)):
            readings.enter_context(keeper._receiving._notes.reading("C-2ABCD", run))
        assert len(list(folder.glob(".reading-*"))) == 3
        story.stop()
        assert not list(folder.glob(".reading-*"))


def test_the_same_run_of_a_case_is_on_the_queue_once(stage):
    story = stage("clean")
    case = story.bot.desk._cards.post(opened(story))
    for _ in range(3):
        story.bot.jobs.enqueue(case)
    story.bot.jobs.reconcile(timedelta(0))
    story.shown()
    assert story.kinds().count("check_finished") == 1
    assert "check_restarted" not in story.kinds()


def test_a_run_that_died_is_started_again_and_given_up_in_the_end(stage):
    """Nothing stays open for ever, not even a case on which the engine itself fails each time."""
    story = stage("clean")
    case = story.bot.desk._cards.post(opened(story))
    looks = []

    def die(_: str, run: int) -> None:
        looks.append(run)

        raise ZeroDivisionError

    story.bot.jobs._checks.look = die
    story.bot.jobs.enqueue(case)
    for run in range(1, RUNS + 1):
        story.slack.wait_for(lambda run=run: looks == list(range(1, run + 1)), what=f"run {run}")
        story.slack.wait_for(lambda run=run: _status(case.id, run) == "ERROR")
        story.bot.jobs.reconcile(timedelta(0))
    ended = story.bot.ledger.case(case.id)
    assert ended.state is CaseState.FAILED
    assert "was started 3 times and never finished" in ended.note
    assert ended.reference in story.slack.as_text(story.card("Could not investigate"))


def die_while_showing(story: Stage, case: Case) -> Callable[[str], None]:
    """Let a check end, and the job that shows its end die; give what would have shown it."""
    show = story.bot.jobs._checks.show
    died: list[str] = []

    def die(case_id: str) -> None:
        died.append(case_id)
        raise ZeroDivisionError

    story.bot.jobs._checks.show = die  # type: ignore[method-assign]
    story.bot.jobs.enqueue(case)
    story.slack.wait_for(lambda: bool(died) and _status(case.id, 1) == "ERROR")
    return show


def test_an_end_that_could_not_be_shown_is_shown_in_the_next_round(stage):
    story = stage("clean")
    case = story.bot.desk._cards.post(opened(story))
    show = die_while_showing(story, case)
    assert story.bot.ledger.case(case.id).state is CaseState.DONE
    story.bot.jobs._checks.show = show
    story.bot.jobs.reconcile(timedelta(0))
    story.shown()


def test_a_delivery_that_is_lost_with_its_check_is_taken_up_in_this_process(stage):
    """The disk was full when the engine noted how they ended: for its store both are still under way."""
    story = stage("clean")
    case = story.bot.desk._cards.post(opened(story))
    show = die_while_showing(story, case)
    story.bot.jobs._checks.show = show
    with (
        closing(sqlite3.connect(story.settings.engine.removeprefix("sqlite:///"), timeout=30)) as store,
        store,
    ):
        store.execute("UPDATE workflow_status SET status = 'PENDING', error = NULL")
        store.execute("DELETE FROM operation_outputs WHERE error IS NOT NULL")

    def is_shown():
        story.bot.jobs.reconcile(timedelta(0))
        return not story.bot.ledger.unfinished_cases()

    story.slack.wait_for(is_shown, what="the delivery in a later round")
    story.shown()


def test_the_engine_has_our_own_version_and_name(stage):
    stage("clean")
    assert DBOS.application_version == VERSION
    assert DBOS.executor_id.startswith("bot-")
    assert CHECK.queue in [queue.name for queue in DBOS.list_queues()]


def _status(case_id: str, run: int) -> str:
    known = DBOS.list_workflows(workflow_ids=[f"check:{case_id}:{run}"], load_input=False, load_output=False)
    return known[0].status if known else ""


def test_an_account_counts_as_compromised_by_its_own_case_in_the_same_tenant_alone(stage):
    story = stage("clean")
    tenant = opened(story).tenant
    ledger = story.bot.ledger
    assert not is_compromised(ledger, ADELE, tenant), "nobody has looked yet"
    with ledger.writing() as writing:
        writing.finish("C-2ABCD", verdict="compromised", report="{}", offer="{}", run=1)
    assert is_compromised(ledger, ADELE.upper(), tenant)
    assert not is_compromised(ledger, "megan.bowen@contoso.example", tenant)
    # Else a report of one tenant would tell what a check in another one found.
    assert not is_compromised(ledger, ADELE, "Fabrikam")


def has_failed(run: str) -> bool:
    found = known(run)
    return found is not None and found.status == "ERROR"


def test_what_re_appeared_is_told_in_a_later_round_where_it_could_not_be_told_at_once(stage):
    """The bot is killed between what it notes and what it tells, or Slack is away for long."""
    story = stage(freely=True)
    show = story.bot.jobs._rechecks.show

    def die(_: str) -> None:
        raise ZeroDivisionError

    story.bot.jobs._rechecks.show = die
    taken_back(story, carrying.remove_forwarding())
    story.bot.jobs.reconcile(timedelta(0))
    # The recheck ends with what it delivers, a moment later; until then nobody else tells.
    story.slack.wait_for(lambda: has_failed(delivery_id(f"{CASE}.1", 1)))
    story.slack.wait_for(lambda: has_failed(RECHECK.run_id(f"{CASE}.1", 1)))
    assert [one["raised"] for one in rechecks(story)] == [True]
    assert alarms(story) == []
    story.bot.jobs._rechecks.show = show
    for _ in range(2):
        story.bot.jobs.reconcile(timedelta(0))
    assert len(alarms(story)) == len(rechecks(story)) == 1


def test_while_the_disk_is_full_no_run_of_a_hunt_or_recheck_is_used_up(stage, monkeypatch):
    """Both are given up after three runs, and none whose end cannot be noted may be one of them."""
    monkeypatch.setattr(jobs, "ROUND", 3_600.0)
    story = stage(freely=True)
    taken: list[str] = []
    monkeypatch.setattr(story.bot.jobs._hunt_start, "take_up", lambda one: taken.append(one.id))
    monkeypatch.setattr(story.bot.jobs._recheck_start, "take_up", taken.append)
    taken_back(story, carrying.remove_forwarding())
    event = e.HuntStarted("H-2ABCD", "sweep", "Contoso", (), now() - timedelta(days=1), now(), "C0INCIDENT")
    story.bot.ledger.append(event, "U0MEGANBOW")
    with monkeypatch.context() as patched:
        patched.setattr(book, "_has_room", lambda _: False)
        story.bot.jobs.reconcile(timedelta(0))
        assert taken == []
    story.bot.jobs.reconcile(timedelta(0))
    assert set(taken) == {"H-2ABCD", f"{CASE}.1"}


def test_a_recheck_that_never_ends_is_no_all_clear(stage):
    story = stage(freely=True)
    taken_back(story, carrying.remove_forwarding())
    begun = []

    def die(name: str, run: int) -> None:
        begun.append(run)
        raise ZeroDivisionError

    story.bot.jobs._rechecks.look = die
    for run in range(1, RUNS + 1):
        story.bot.jobs.reconcile(timedelta(0))
        story.slack.wait_for(lambda run=run: has_failed(RECHECK.run_id(f"{CASE}.1", run)))
    story.bot.jobs.reconcile(timedelta(0))
    (seen,) = rechecks(story)
    assert "started 3 times and never finished" in str(seen["says"])
    assert (seen["closed"], seen["not_seen"], seen["raised"]) == ([], ["account"], False)
    assert "nothing was collected" in story.slack.as_text(story.card("Rechecked"))
    assert begun == list(range(1, RUNS + 1))
