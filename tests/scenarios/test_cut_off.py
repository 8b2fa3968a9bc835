"""PostgreSQL, Slack or Microsoft is gone while a check, a sweep and a plan are under way: all end, once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from commands.ledger.hunts import unfinished
from sandbox import workspace
from sandbox.tenant import Fault
from sandbox.workspace import Message
from tests import approving
from tests.postgres import Cluster, running
from tests.scenarios.conftest import ADELE, Stage
from tests.scenarios.test_contain import APPROVERS, PRIVILEGED, copy_of, proposed
from tests.scenarios.test_durability import SEARCH
from tests.scenarios.test_workers import worker
from tests.soak.invariants import broken_at_rest

pytestmark = pytest.mark.slow

OTHER = "miriam.graham@contoso.example"


@pytest.fixture(scope="module")
def postgres() -> Iterator[Cluster]:
    with running() as cluster:
        yield cluster


def on(story: Stage, is_so: Callable[[], object], what: str) -> None:
    """Let rounds pass, and Microsoft's searches end, until something is so."""

    def seen() -> object:
        story.microsoft.end_searches()
        story.bot.jobs.repair()
        story.bot.jobs.reconcile(timedelta(0))
        return is_so()

    story.slack.wait_for(seen, what=what)


def approve(story: Stage) -> Message:
    """Give the last vote, whose answer is the person's own business."""
    copy = copy_of(story, "second_approver", "approved by")
    approving.approve(story.slack, "second_approver", copy)
    return copy


def without_postgresql(story: Stage, postgres: Cluster) -> None:
    postgres.stop()
    try:
        approve(story)
        story.told("second_approver", "The job database cannot be reached")
        story.type("check nestor.wilke@contoso.example")
        story.told(holding="The job database cannot be reached. The check starts when it is back")
        assert "execution_started" not in story.kinds()
        story.microsoft.end_searches()
    finally:
        postgres.start()


def without_slack(story: Stage, _: Cluster) -> None:
    approve(story)
    story.slack.wait_for(lambda: "execution_started" in story.kinds(), what="the plan's begin")
    story.slack.faults.add("*", workspace.reset(), times=1_000_000)
    story.slack.faults.disconnect_socket()
    story.microsoft.end_searches()
    story.slack.wait_for(lambda: story.kinds().count("check_finished") == 2, what="the second verdict")
    story.slack.faults.clear()
    story.slack.wait_connected()


def without_microsoft(story: Stage, _: Cluster) -> None:
    approve(story)
    story.slack.wait_for(lambda: "execution_started" in story.kinds(), what="the plan's begin")
    story.microsoft.faults.add("*", Fault(reset=True))
    seen = len(story.microsoft.calls)
    story.slack.wait_for(lambda: len(story.microsoft.calls) > seen + 20, what="calls in vain")
    story.microsoft.faults.clear()


CUTS = {"postgresql": without_postgresql, "slack": without_slack, "microsoft": without_microsoft}


@pytest.mark.parametrize("gone", CUTS)
def test_what_is_under_way_while_something_is_gone_ends_once(stage, postgres, gone):
    changes = {"approvers": APPROVERS, "engine": postgres.job_database(), "checks_here": False}
    more = {"directory_roles": PRIVILEGED, "audit_query_seconds": SEARCH}
    story: Stage = stage("mailbox-takeover", changes=changes, **more)
    with worker(story, "one"):
        story.type(f"check {ADELE}")
        # Its card is posted by whoever opened the case, and a round that comes before that posts one as well.
        story.card("Waiting for")
        on(story, lambda: "case_shown" in story.kinds(), "the first verdict")
        paper = proposed(story)
        approving.approve(story.slack, "approver", paper)
        story.told("approver", "still needs one person")
        story.type(f"check {OTHER}")
        story.card("Waiting for")
        story.type("sweep since 1d")
        story.card("Whole tenant: ")
        CUTS[gone](story, postgres)

        def all_ended() -> bool:
            ledger = story.bot.ledger
            return not (ledger.unfinished_cases() or unfinished(ledger) or story.proposals.unfinished())

        on(story, all_ended, "every end")
    kinds = story.kinds()
    checks = 3 if gone == "postgresql" else 2
    for kind, number in {
        "case_opened": checks,
        "check_finished": checks,
        "case_shown": checks,
        "hunt_finished": 1,
        "hunt_shown": 1,
        "execution_started": 1,
        "execution_finished": 1,
    }.items():
        assert kinds.count(kind) == number, kind
    # A card each for the checks, the sweep and the proposal, and none twice.
    shown = [story.slack.as_text(card).partition("\n")[0] for card in story.cards()]
    assert len(shown) == checks + 2, shown
    ledger = story.bot.ledger
    assert broken_at_rest(ledger.path, ledger, story.microsoft, story.slack) == []
    user = next(one for one in story.microsoft.state.users.values() if one["userPrincipalName"] == ADELE)
    assert gone == "microsoft" or user["accountEnabled"] is False
