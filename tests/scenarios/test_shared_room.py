"""A channel that another company reads along in gets nothing more of a case, whenever that began."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from slack_sdk import WebClient

from bot.cards.case import Cards
from bot.slack.client import make_client
from bot.slack.rooms import Rooms
from commands.plans.approval import ProposalState
from sandbox.workspace import Fault
from tests.approving import approve
from tests.scenarios.deciding import Table, laid

ROOM = "incident-room"
SHOWS = frozenset(
    {"chat.postMessage", "chat.update", "files.getUploadURLExternal", "files.completeUploadExternal"}
)


@pytest.fixture
def story(tmp_path) -> Iterator[Table]:
    with laid(tmp_path) as table:
        yield table.sit(alone=True)


def went_out(story: Table, since: int) -> list[str]:
    """What was shown in the room since."""
    room = story.slack.channels[ROOM].id
    return [
        call.method
        for call in story.slack.calls[since:]
        if call.method in SHOWS and room in (call.arguments.get("channel"), call.arguments.get("channel_id"))
    ]


def unshown(story: Table) -> str:
    """A case whose check is done and whose end is still to be shown."""
    subject = story.account()
    change, _ = story.rule(subject)
    case = story.case(change, subject=subject)
    with story.bot.ledger.writing() as writing:
        writing.run_again(case.id, "bot", "to be shown again")
    story.finish(case.id, change)
    story.alter("UPDATE cases SET shown = 0, run = 7 WHERE id = ?", case.id)
    return case.id


def told(story: Table, holding: str) -> str:
    return story.wait(
        lambda: next(
            (text for m in story.slack.direct("responder") if holding in (text := story.slack.as_text(m))), ""
        ),
        "a direct message",
    )


def test_the_end_of_a_check_is_told_to_whoever_asked_alone(story):
    case_id = unshown(story)
    story.slack.share(ROOM)
    since = len(story.slack.calls)
    client = make_client(story.slack_settings)
    Cards(Rooms(client, client), story.bot.ledger).show(case_id)
    assert went_out(story, since) == []
    assert (
        "is shared with another organization, so I do not post cases there. Choose another channel."
    ) in told(story, case_id)
    assert story.bot.ledger.case(case_id).shown


def test_the_room_is_looked_at_again_before_the_files(story):
    case_id = unshown(story)
    story.slack.faults.add("files.getUploadURLExternal", Fault(status=503))
    client = without_retries(story)
    since = len(story.slack.calls)
    Cards(Rooms(client, client, lambda _: story.slack.share(ROOM)), story.bot.ledger).show(case_id)
    assert "chat.update" in went_out(story, since)
    assert "files.completeUploadExternal" not in [call.method for call in story.slack.calls[since:]]
    assert case_id in told(story, case_id)


def without_retries(story: Table) -> WebClient:
    client = make_client(story.slack_settings)
    client.retry_handlers = []
    return client


def test_a_proposal_in_a_shared_room_ends_on_its_copies_alone(story):
    proposal = story.simple()
    case = story.bot.ledger.case(proposal.plan.case_id)
    story.wait(
        lambda: any(proposal.id in story.slack.as_text(c) for c in story.cards() if c.ts == case.card),
        "the proposal on the case's card",
    )
    before = seen(story)
    story.slack.share(ROOM)
    approve(story.slack, "approver", story.copy(proposal, "approver"))
    story.wait(lambda: story.proposals.get(proposal.id).shown, "the end")
    assert story.stands(proposal) is ProposalState.DONE
    assert seen(story) == before
    assert "[Approve]" not in story.slack.as_text(story.copy(proposal, "approver"))


def seen(story: Table) -> list[str]:
    """All that stands in the room, threads included."""
    cards = story.cards()
    return [story.slack.as_text(m) for card in cards for m in (card, *story.slack.replies(card))]
