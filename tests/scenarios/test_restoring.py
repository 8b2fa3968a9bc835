"""What was done is put back as it was, after approval, and only once.

All stories share one account that was taken back; each puts something else of it back, the last one the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from commands.containment import effects
from commands.containment.proposals import Outcome, Proposal
from commands.ledger.verify import verify_ledger
from commands.plans.approval import ProposalState
from commands.plans.plan import Change, ManualTask
from sandbox.scenarios.people import ADELE as PERSON
from tests.approving import approve
from tests.scenarios.acting import Acting, acting, outcomes, standing, suggested

ROLES = ("roles", "active", "eligible", "groups", "Exchange", "Purview")


@dataclass
class Contained:
    """An account that was taken back, and how it stood before."""

    story: Acting
    before: dict[str, Any]

    @property
    def now(self) -> dict[str, Any]:
        """How it stands."""
        return standing(self.story.microsoft.state, PERSON.id)

    def number(self, change_id: str) -> int:
        """By which number people name the undo of a change: the one on the card of the plan that made it."""
        (plan,) = (one for one in self.story.proposals.of_case(self.story.case().id) if one.kind == "contain")
        return [change.id for change in plan.plan.changes].index(change_id) + 1

    def propose_undo(self, change_id: str, because: str) -> Proposal:
        return self.story.propose_numbers("restore", [self.number(change_id)], because)


def wanted(item: Change | ManualTask) -> bool:
    """What the findings ask for, and the group that gives a role; nobody can block a mailbox from sending."""
    if item.step == "unblock_sending":
        return False
    return isinstance(item, Change) and (suggested(item) or item.step == "remove_admin_roles")


@pytest.fixture(scope="module")
def taken_back(tmp_path_factory) -> Iterator[Contained]:
    with acting(tmp_path_factory.mktemp("restoring")) as story:
        story.check()
        before = standing(story.microsoft.state, PERSON.id)
        story.do(wanted)
        yield Contained(story, before)


def test_a_change_without_an_undo_is_refused_by_its_number_in_the_plan(taken_back):
    story = taken_back.story
    (plan,) = story.proposals.of_case(story.case().id)
    (final,) = [n for n, change in enumerate(plan.plan.changes, 1) if change.step == "reset_password"][:1]
    story.type(f"restore {story.case().id} {plan.id}/{final} because It was agreed")
    story.told(holding=f"No change of {plan.id} with the number {final} can be undone now. These can: ")
    assert story.proposals.waiting() == ()


def test_a_denied_restore_puts_nothing_back(taken_back):
    story, contained = taken_back.story, taken_back.now
    proposal = taken_back.propose_undo("remove_forwarding:mailbox", "It was agreed")
    story.type(f"deny {proposal.id} because Nobody agreed to it", person="approver")
    assert story.ended(proposal).state is ProposalState.DENIED
    assert taken_back.now == contained
    assert "Nobody agreed to it" in story.text(story.paper(proposal))


def test_what_somebody_changed_since_is_not_put_back(taken_back):
    story = taken_back.story
    proposal = taken_back.propose_undo("remove_forwarding:mailbox", "It was agreed")
    box = story.microsoft.state.mailbox(PERSON.upn)
    box.properties["ForwardingSmtpAddress"] = "smtp:assistant@contoso.example"
    ended = story.approve(proposal)
    assert list(outcomes(ended).values()) == [Outcome.CHANGED]
    assert box.properties["ForwardingSmtpAddress"] == "smtp:assistant@contoso.example"
    assert "Skipped: changed since it was planned" in story.text(story.paper(proposal))
    box.properties["ForwardingSmtpAddress"] = None


def test_part_of_it_is_put_back_and_the_rest_stays(taken_back):
    story, contained = taken_back.story, taken_back.now
    reply = "turn_off_auto_reply:reply"
    proposal = taken_back.propose_undo(reply, "It is her own reply")
    assert [change.step for change in proposal.plan.changes] == ["turn_off_auto_reply"]
    assert "Undo for" in story.text(story.paper(proposal))
    # As long as one is open there is no second one, and nothing happens without approval.
    story.type(f"restore {story.case().id} 1 because Again", person="approver")
    story.told("approver", f"{proposal.id} by @Megan Bowen is still open")
    assert taken_back.now == contained
    story.approve(proposal)

    after = taken_back.now
    assert after["auto-reply"] == taken_back.before["auto-reply"] != contained["auto-reply"]
    assert {**after, "auto-reply": ""} == {**contained, "auto-reply": ""}
    left = {one.change.id for one in effects.undoable(story.proposals.ledger, story.case().id)}
    assert reply not in left
    assert "remove_forwarding:mailbox" in left


def test_everything_that_can_be_put_back_is_as_it_was_with_the_roles_of_all_three_stores(taken_back):
    story, contained, before = taken_back.story, taken_back.now, taken_back.before
    for part in ROLES:
        assert contained[part] != before[part], part

    card = next(card for card in story.cards() if "Carried out" in story.text(card))
    blocked = said_of_the_plan(story)
    story.slack.click("responder", card, "restore")
    view = story.window()
    everything = {
        block["block_id"]: [option["value"] for option in block["element"]["options"]]
        for block in view.blocks
        if block["type"] == "input" and block["element"]["type"] == "checkboxes"
    }
    assert story.slack.submit("responder", view, {**everything, "reason": "A false alarm"}).error is None
    paper = story.card("Waiting for approval: Undo")
    (proposal,) = story.proposals.waiting()
    assert proposal.kind == "restore"
    assert "Needs approval by two different people" in story.text(paper)
    approve(story.slack, "approver", paper)
    story.told("approver", f"You approved {proposal.id}. It still needs one person")
    # One of two has approved: nothing is put back.
    assert taken_back.now == contained
    approve(story.slack, "second_approver", paper)
    restored = story.ended(proposal)

    assert set(outcomes(restored).values()) == {Outcome.CONFIRMED}
    # The card of the plan that blocked the sign-in follows, and its copies do.
    assert "Sign-in is still blocked" in blocked
    assert "Sign-in is still blocked" not in said_of_the_plan(story)
    after = taken_back.now
    for part, value in before.items():
        assert after[part] == value, part

    # What was put back cannot be put back again.
    story.type(f"restore {story.case().id}")
    story.told(holding="has no changes that can be undone")
    assert effects.undoable(story.proposals.ledger, story.case().id) == ()
    assert verify_ledger(story.bot.ledger.path).head == story.bot.ledger.head()


def said_of_the_plan(story: Acting) -> str:
    """What the first plan's card and its copies say."""
    plan = next(one for one in story.proposals.of_case(story.case().id) if one.kind == "contain")
    copies = [*story.slack.direct("approver"), *story.slack.direct("second_approver")]
    return "\n".join(text for text in map(story.text, (story.paper(plan), *copies)) if plan.id in text)
