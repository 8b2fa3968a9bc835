"""What people do meanwhile: ask, propose, approve, deny, take back, and press what they may not."""

from __future__ import annotations

import time
from collections.abc import Callable
from copy import deepcopy
from itertools import count
from random import Random

from commands.containment import effects
from commands.containment.proposals import Proposal, Proposals
from commands.ledger import Case, CaseState, Ledger, hunts
from commands.plans.plan import Change, offer_from
from sandbox.scenarios.people import LAGOS
from sandbox.scenarios.state import InboxRule, ident
from sandbox.tenant import RunningTenant
from sandbox.workspace import Message, NotOnScreenError, RunningWorkspace

ROOM = "incident-room"
TEAM = ("approver", "second_approver")
OTHERS = ("responder", "subject", "bystander", "isaiah", "guest")
APPROVERS = ("alex.wilber@contoso.example",)
"""Accounts of people who approve, who may not do so about themselves."""

PATTERN = "grady.archie@contoso.example"


class People:
    """Everybody in the workspace.

    Args:
        rng: The chance by which they act.
        slack: Where they are.
        microsoft: Where their accounts are.
        ledger: What the bot wrote, to know what there is to act upon.
    """

    def __init__(
        self, rng: Random, slack: RunningWorkspace, microsoft: RunningTenant, ledger: Ledger
    ) -> None:
        self._rng = rng
        self._slack = slack
        self._microsoft = microsoft
        self._ledger = ledger
        self._proposals = Proposals(ledger)
        self._numbers = count(1)

    def act(self) -> str:
        """Let somebody do something, and say what."""
        acts: tuple[tuple[int, Callable[[], str]], ...] = (
            (3, self._check),
            (8, self._propose),
            (14, self._vote),
            (2, self._vote_wrongly),
            (1, self._deny),
            (1, self._withdraw),
            (2, self._restore),
            (1, self._ask_around),
            (1, self._hunt),
        )
        [(_, act)] = self._rng.choices(acts, [weight for weight, _ in acts])
        return act()

    def _type(self, words: str, person: str = "responder") -> None:
        self._slack.slash(person, ROOM, "/compromise", words)

    def _check(self) -> str:
        if len(self._ledger.unfinished_cases()) > 3:
            return "waiting"
        name = self._rng.choice(APPROVERS) if self._rng.random() < 0.1 else self.account()
        self._type(f"check {name}")
        return "check"

    def _hunt(self) -> str:
        if hunts.unfinished(self._ledger):
            return "hunt under way"
        self._type(self._rng.choice(("sweep since 1d", f"pivot {LAGOS.ip} since 1d")))
        return "hunt"

    def account(self) -> str:
        """Make an account with a mailbox that somebody has tampered with; give its name."""
        upn = f"colleague.{next(self._numbers)}@contoso.example"
        state = self._microsoft.state
        pattern, box = state.user(PATTERN), state.mailbox(PATTERN)
        assert pattern is not None
        assert box is not None
        user = deepcopy(pattern) | {"id": ident("user", upn), "userPrincipalName": upn, "mail": upn}
        user |= {"displayName": upn.partition("@")[0], "proxyAddresses": [f"SMTP:{upn}"]}
        made = deepcopy(box)
        made.upn = upn
        made.properties["ForwardingSmtpAddress"] = "smtp:collector@mailbox-relay.example"
        made.properties["DeliverToMailboxAndForward"] = True
        made.rules[:] = [
            InboxRule(
                f"rule{next(self._numbers)}",
                number,
                name,
                number,
                conditions={"subjectContains": ["invoice"]},
                actions={"delete": True, "stopProcessingRules": True},
            )
            for number, name in enumerate((".", "..", "rss"), start=1)
        ]
        state.mailboxes[upn] = made
        state.users[user["id"]] = user
        return upn

    def _finished(self) -> list[Case]:
        ids = [one.id for one in self._ledger.outlines()]
        cases = [self._ledger.case(one) for one in ids[:20]]
        return [case for case in cases if case.state is CaseState.DONE and case.shown]

    def _propose(self) -> str:
        open_now = {one.plan.case_id for one in self._proposals.waiting()}
        cases = [case for case in self._finished() if case.id not in open_now and case.offer]
        if not cases:
            return "nothing to propose"
        case = self._rng.choice(cases)
        changes = [n for n, one in enumerate(offer_from(case.offer), start=1) if isinstance(one, Change)]
        if not changes:
            return "nothing to propose"
        chosen = sorted(self._rng.sample(changes, min(len(changes), self._rng.randint(1, 4))))
        self._type(f"contain {case.id} {','.join(map(str, chosen))} because of what was found")
        return "proposal"

    def _waiting(self) -> Proposal | None:
        found = [one for one in self._proposals.waiting() if one.card]
        return self._rng.choice(found) if found else None

    def _paper(self, proposal: Proposal) -> Message | None:
        found = self._slack.messages(ROOM)
        return next((one for one in found if one.ts == proposal.card), None)

    def _press(self, person: str, proposal: Proposal, button: str) -> None:
        paper = self._paper(proposal)
        if paper is not None:
            try:
                self._slack.click(person, paper, button)
            except NotOnScreenError:
                return  # the card was edited meanwhile

    def _send(self, person: str, proposal: Proposal) -> None:
        """Send the window in which somebody approves, where Slack opened one for them in time."""
        ends = time.monotonic() + 5
        while time.monotonic() < ends:
            for view in self._slack.modals(person):
                if view.callback_id == "approve" and view.private_metadata.startswith(proposal.id):
                    self._slack.submit(person, view, {})
                    return
            time.sleep(0.1)

    def _vote(self) -> str:
        proposal = self._waiting()
        if proposal is None:
            return "nothing to vote on"
        person = self._rng.choice(TEAM)
        if self._rng.random() < 0.7:
            self._press(person, proposal, "approve")
            self._send(person, proposal)
        else:
            self._type(f"approve {proposal.id}", person)
        return "vote"

    def _vote_wrongly(self) -> str:
        proposal = self._waiting()
        if proposal is None:
            return "nothing to vote on"
        self._press(self._rng.choice(OTHERS), proposal, "approve")
        return "vote of somebody who may not"

    def _deny(self) -> str:
        proposal = self._waiting()
        if proposal is None or self._rng.random() < 0.5:
            return "nothing to deny"
        self._type(f"deny {proposal.id} because it was a false alarm", self._rng.choice(TEAM))
        return "denial"

    def _withdraw(self) -> str:
        proposal = self._waiting()
        if proposal is None or self._rng.random() < 0.5:
            return "nothing to withdraw"
        self._type(f"withdraw {proposal.id} because it was a mistake")
        return "withdrawal"

    def _restore(self) -> str:
        cases = [case for case in self._finished() if effects.undoable(self._proposals.ledger, case.id)]
        if not cases:
            return "nothing to restore"
        self._type(f"restore {self._rng.choice(cases).id} 1 because it was a false alarm")
        return "restore"

    def _ask_around(self) -> str:
        person = self._rng.choice((*TEAM, *OTHERS))
        words = self._rng.choice(
            ("help", "history", "plan", "check", "tasks", "team", "xyzzy", "check nobody")
        )
        self._type(words, person)
        return "odd question"
