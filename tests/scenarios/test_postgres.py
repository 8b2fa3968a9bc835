"""The same bot with its jobs in PostgreSQL: the whole story, and what happens while the database is away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.errors import CannotStart
from bot.settings import ApproverSettings
from commands.ledger.verify import verify_ledger
from tests.approving import approve
from tests.postgres import Cluster, running
from tests.scenarios.conftest import ADELE, Stage
from tests.scenarios.test_contain import APPROVERS, PRIVILEGED, copy_of, proposed


@pytest.fixture(scope="module")
def postgres() -> Iterator[Cluster]:
    with running() as cluster:
        yield cluster


# The story of test_contain.py once more; test_workers.py has its jobs in PostgreSQL as well.
@pytest.mark.slow
def test_an_account_is_checked_and_taken_back_with_the_jobs_in_postgresql(stage, postgres):
    changes = {"approvers": APPROVERS, "engine": postgres.database()}
    story: Stage = stage("mailbox-takeover", changes=changes, directory_roles=PRIVILEGED)
    story.type(f"check {ADELE}")
    story.shown()
    card = proposed(story)
    approve(story.slack, "approver", card)
    story.told("approver", "still needs one person")
    approve(story.slack, "second_approver", copy_of(story, "second_approver", "approved by"))
    story.card("Carried out")
    story.slack.wait_for(lambda: not story.proposals.unfinished(), what="the end on every card")
    kinds = story.kinds()
    assert kinds.count("execution_started") == kinds.count("execution_finished") == 1
    user = next(one for one in story.microsoft.state.users.values() if one["userPrincipalName"] == ADELE)
    assert user["accountEnabled"] is False
    assert verify_ledger(story.bot.ledger.path).head == story.bot.ledger.head()


@pytest.mark.slow
def test_while_the_database_is_away_people_are_told_and_what_they_asked_begins_afterwards(stage, postgres):
    changes = {"approvers": ApproverSettings(users=("U0ALEXWILB",)), "engine": postgres.database()}
    story: Stage = stage("clean", changes=changes)
    postgres.stop()
    try:
        story.type(f"check {ADELE}")
        story.told(holding="The check starts when it is back")
        story.bot.jobs.repair()
        story.bot.jobs.reconcile(timedelta(0))
        assert "check_finished" not in story.kinds()
        # Nothing else stands still: the ledger answers.
        story.type("history")
        story.told(holding="istory")
    finally:
        postgres.start()
    story.bot.jobs.repair()
    story.bot.jobs.reconcile(timedelta(0))
    story.shown()
    kinds = story.kinds()
    assert kinds.count("case_opened") == kinds.count("check_finished") == 1


@pytest.mark.slow
def test_a_check_under_way_goes_on_when_the_database_comes_back(stage, postgres):
    story: Stage = stage("clean", changes={"engine": postgres.database()}, audit_query_seconds=3600)
    story.type(f"check {ADELE}")
    story.card("Waiting for")
    postgres.stop()
    try:
        story.microsoft.end_searches()
        story.slack.wait_for(lambda: "check_finished" in story.kinds(), what="the verdict")
    finally:
        postgres.start()

    # The engine may have lost the run when it could not write a step down; rounds see that it is lost.
    def is_shown() -> bool:
        story.bot.jobs.reconcile(timedelta(0))
        return "case_shown" in story.kinds()

    story.slack.wait_for(is_shown, what="the end of the check")
    assert len(story.cards()) == 1
    assert story.kinds().count("check_finished") == 1


def test_no_database_at_the_start_is_said_with_words(stage):
    gone = "postgresql://postgres@/jobs?host=/nowhere"
    story: Stage = stage("clean", changes={"engine": gone}, start=False)
    with pytest.raises(CannotStart, match="The job database cannot be used"):
        story.start()
