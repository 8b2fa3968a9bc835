"""Wherever the whole bot is killed while it acts, the next one brings it all to its end, and nothing twice.

The tenant holds one call, and what the bot waits for then is the moment in which it is killed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from threading import Event

import pytest

from bot.clock import now
from commands.containment.proposals import Outcome, Proposal, Proposals
from commands.ledger import Ledger
from commands.ledger.verify import verify_ledger
from commands.plans.approval import ProposalState
from sandbox.tenant import Fault
from tests.approving import approve
from tests.commands import carrying
from tests.scenarios.acting import APPROVERS, Acting, acting
from tests.scenarios.forked import running_bot
from tests.scenarios.offering import offering
from tests.scenarios.test_durability import variables

CASE = "C-2ABCD"
RULES = f"/users/{carrying.ID}/mailFolders/inbox/messageRules"


@dataclass
class Night:
    """A bot that is a process of its own, with a case in which four changes are offered."""

    story: Acting
    ledger: Ledger

    @property
    def proposals(self) -> Proposals:
        return Proposals(self.ledger)

    @property
    def proposal(self) -> Proposal:
        """The one proposal that there is."""
        (found,) = self.proposals.of_case(CASE)
        return found

    def kinds(self) -> list[str]:
        return [entry.kind for entry in self.ledger.entries()]

    def kinds_of_the_first(self) -> set[str]:
        """The kinds of the entries but those about other changes, which are made beside the first."""
        own = (None, carrying.remove_forwarding().id)
        return {one.kind for one in self.ledger.entries() if one.facts.get("change") in own}

    def calls(self, name: str, method: str) -> int:
        """How many calls of this cmdlet, or to this path, came so far."""
        calls = self.story.microsoft.calls
        return sum(call.method == method and name in {call.cmdlet, call.path[11:]} for call in calls)

    def wait(self, probe: Callable[[], bool], what: str) -> None:
        self.story.slack.wait_for(probe, what=what)

    @contextmanager
    def bot(self) -> Iterator[ForkServerProcess]:
        """The bot as a process of its own."""
        env = {**variables(self.story), "COMPROMISE_APPROVERS_USERS": ",".join(APPROVERS.users)}
        self.story.slack.wait_disconnected()
        with running_bot(self.story.settings.ledger.parent, env) as running:
            self.story.slack.wait_connected()
            yield running

    def approve(self) -> None:
        """Propose all that is offered, and let two people approve."""
        self.story.type(f"contain {CASE} 1,2,3,4 because It was taken over")
        card = self.story.card("Waiting for approval")
        approve(self.story.slack, "approver", card)
        self.story.told("approver", "still needs one person")
        approve(self.story.slack, "second_approver", card)


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    with acting(tmp_path, start=False) as story:
        tenant = story.microsoft
        offer = (
            carrying.remove_forwarding(),
            carrying.disable_rule(tenant),
            carrying.revoke_grant(tenant),
            carrying.block_sign_in(),
        )
        ledger = Ledger(story.settings.ledger, now)
        offering(ledger, story.slack, CASE, *offer)
        yield Night(story, ledger)
        ledger.close()


@dataclass(frozen=True)
class Moment:
    """When the bot is killed.

    Attributes:
        name: The call that is held: a cmdlet, or the path of a request.
        method: Its method.
        before: How many of these calls are let through.
        has: The kinds of entries that the ledger has by then, about the first change or about none.
        lacks: Those that it does not have yet.
        late: Whether the held call reaches the tenant only after the next bot has looked.
    """

    name: str
    method: str
    before: int
    has: tuple[str, ...]
    lacks: tuple[str, ...]
    late: bool = False


MOMENTS = {
    "before the first intent": Moment("Get-Mailbox", "POST", 0, ("execution_started",), ("intended",)),
    "between an intent and its answer": Moment("Set-Mailbox", "POST", 0, ("intended",), ("change_ended",)),
    "while its request is still on the way": Moment(
        "Set-Mailbox", "POST", 0, ("intended",), ("change_ended",), late=True
    ),
    "after an answer, before the next intent": Moment(
        RULES, "GET", 0, ("change_ended",), ("change_confirmed",)
    ),
    "while it is read back": Moment("Get-Mailbox", "POST", 1, ("change_ended",), ("execution_finished",)),
    "between the end and its being shown": Moment(
        "Get-Mailbox", "POST", 2, ("execution_finished",), ("rechecked",)
    ),
}


ALWAYS = "between an intent and its answer"
"""The moment that matters most; the others are killed in the slow lane."""


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(moment, id=name, marks=() if name == ALWAYS else pytest.mark.slow)
        for name, moment in MOMENTS.items()
    ],
)
def test_killed_at_any_moment_everything_ends_and_every_change_is_made_once(night, moment):
    story, tenant = night.story, night.story.microsoft
    held = Event()
    if moment.before:
        tenant.faults.add(moment.name, Fault(method=moment.method), times=moment.before)
    tenant.faults.add(moment.name, Fault(method=moment.method, held=held))
    with night.bot() as running:
        night.approve()
        night.wait(lambda: night.calls(moment.name, moment.method) > moment.before, "the moment")
        card = story.card("Two people had to approve")
        running.kill()
        running.join()
    kinds = night.kinds_of_the_first()
    assert set(moment.has) <= kinds
    assert not set(moment.lacks) & kinds
    assert not night.proposal.shown

    tenant.faults.clear()
    if not moment.late:
        held.set()
    with night.bot():
        if moment.late:
            night.wait(lambda: night.calls("Get-Mailbox", "POST") >= 2, "the next bot to look")
            held.set()
        night.wait(lambda: night.proposal.shown, "the end on every card")

    proposal = night.proposal
    assert proposal.state is ProposalState.DONE
    assert {action.outcome for action in proposal.actions} == {Outcome.CONFIRMED}
    assert len(proposal.actions) == len(proposal.plan.changes) == 4
    sent = Counter(call.cmdlet or call.method for call in tenant.writes() if call.service != "login")
    assert sent == {"Set-Mailbox": 1, "PATCH": 2, "DELETE": 1}
    box = tenant.state.mailbox(carrying.NAME)
    assert box.properties["ForwardingSmtpAddress"] is None
    assert tenant.state.users[carrying.ID]["accountEnabled"] is False

    (paper,) = [one for one in story.cards() if proposal.id in story.text(one)]
    assert paper.ts == card.ts
    shown = [story.text(paper)]
    for person in ("approver", "second_approver"):
        (copy,) = story.slack.direct(person)
        shown.append(story.text(copy))
    for text in shown:
        assert "Carried out" in text
        assert "[Approve]" not in text
    kinds = night.kinds()
    for kind in ("proposed", "approved", "execution_started", "execution_finished", "rechecked"):
        assert kinds.count(kind) == 1, kind
    for kind in ("intended", "change_ended"):
        assert kinds.count(kind) == 4, kind
    assert verify_ledger(night.ledger.path).head.size == len(kinds)
