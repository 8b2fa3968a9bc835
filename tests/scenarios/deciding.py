"""What the stories about deciding share: one workspace and one tenant, and a case for each of them.

A check takes seconds, so most stories open their case in the ledger as a finished check leaves it, about an
account that nothing else is about, with a handful of changes that are planned from the tenant's own state.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from bot.artefacts import report_store
from bot.cards.case import Cards
from bot.running import Bot
from bot.settings import ApproverSettings
from bot.slack.client import make_client
from bot.slack.rooms import Rooms
from bot.wiring import create_app
from commands.containment.proposals import Proposal
from commands.ledger import Case, new_case_id
from commands.ledger import proposals as stored
from commands.plans.approval import ProposalState
from commands.plans.plan import Change, Look, Planned, Undo, offer_text
from commands.report import Report, Verdict, VerdictCode
from graph.question import Subject, Window
from graph.request import Request
from sandbox import tenant, workspace
from sandbox.scenarios.state import InboxRule, ident
from sandbox.tenant import Call
from sandbox.workspace import PATIENCE, Delivery, Message, View
from tests import approving
from tests.made import made
from tests.scenarios.conftest import ADELE, FREELY, MANIFEST, Stage, settings_for

T = TypeVar("T")

GROUP = "S0RESPONDE"
"""The user group with the responder and the two approvers."""

OTHERS = ("U0ADELEVAN", "U0ISAIAHLA", "U0PRADEEPG", "U0GUESTPAT", "U0EXTERNJO", "U0FORMERJO", "U0OTHERBOT")
"""Named as approvers as well, so that only what Slack and the ledger say of them can bar them."""

APPROVERS = ApproverSettings(users=OTHERS, group=GROUP)

TEAM = ["responder", "approver", "second_approver"]


@dataclass
class Table(Stage):
    """A stage on which one story follows the other; its bot lives by a clock that stories move."""

    ahead: timedelta = timedelta()
    stopped_at: datetime | None = None
    played: Mapping[str, Any] | None = None
    numbers: Iterator[int] = field(default_factory=count)

    def clock(self) -> datetime:
        """The bot's time."""
        return (self.stopped_at or datetime.now(UTC)) + self.ahead

    def stop_clock(self) -> None:
        """From now on the bot's time passes only where the story says so, however slow the machine is."""
        self.stopped_at = datetime.now(UTC)

    def start(self) -> Bot:
        """Start the bot in this process."""
        self.running = create_app(self.settings, clock=self.clock, **self.pace)
        self.running.start()
        self.connect()
        return self.running

    def sit(self, *, alone: bool = False, **changes: Any) -> Table:
        """Be ready for the next story, with these settings changed; `alone`, with a ledger just for it."""
        if alone or self.running is None or self.played != changes:
            self.stop()
            folder = self.settings.ledger.parent.with_name(f"story-{next(self.numbers)}")
            folder.mkdir()
            usual = settings_for(self.slack, self.microsoft, folder)
            self.settings = usual.model_copy(update={"approvers": APPROVERS, **changes})
            self.ahead, self.stopped_at = timedelta(), None
            self.start()
        self.played = None if alone else changes
        self.slack.set_group("incident-responders", TEAM)
        self.slack.change_person("approver", deleted=False)
        self.slack.reload()
        return self

    def let_pass(self, span: timedelta) -> None:
        """Move the bot's time on, and let it go its round."""
        self.ahead += span
        self.bot.jobs.reconcile()

    # --- accounts, changes and cases -----------------------------------------------------------------------

    def account(self) -> Subject:
        """Make an account with a mailbox that nobody else has anything to do with."""
        name = f"colleague.{next(self.numbers)}"
        upn, state = f"{name}@contoso.example", self.microsoft.state
        pattern = state.user("grady.archie@contoso.example")
        box = state.mailbox("grady.archie@contoso.example")
        assert pattern is not None
        assert box is not None
        user = deepcopy(pattern) | {"id": ident("user", upn), "userPrincipalName": upn, "mail": upn}
        user |= {"displayName": name, "proxyAddresses": [f"SMTP:{upn}", f"smtp:{name}@contoso.example"]}
        state.users[user["id"]] = user
        state.mailboxes[upn] = deepcopy(box)
        state.mailboxes[upn].upn = upn
        state.mailboxes[upn].rules.clear()
        return Subject(user["id"], upn, upn, (upn, f"{name}.alias@contoso.example"), name)

    def adele(self) -> Subject:
        """The account of somebody who has a Slack account and is named as an approver."""
        user = self.microsoft.state.user(ADELE)
        assert user is not None
        return Subject(user["id"], ADELE, ADELE, (ADELE,), "Adele Vance")

    def rule(self, subject: Subject) -> tuple[Change, InboxRule]:
        """Give an inbox rule that is on, and the change that switches it off: one person is enough for it."""
        box = self.microsoft.state.mailbox(subject.user_principal_name)
        assert box is not None
        number = next(self.numbers)
        rule = InboxRule(f"rule-{number}", number, f"Rule {number}", len(box.rules) + 1)
        box.rules.append(rule)
        path = f"/users/{subject.id}/mailFolders/inbox/messageRules/{rule.id}"
        look = Look(Request("GET", path), fields=("isEnabled",))
        change = Change(
            id=f"disable_inbox_rules:{rule.id}",
            step="disable_inbox_rules",
            says=f"Switch off the inbox rule “{rule.name}”",
            why="It hides mail.",
            do=Request("PATCH", path, body={"isEnabled": False}),
            look=look,
            expects={"isEnabled": True},
            wants={"isEnabled": False},
            undo=Undo(
                "Enable it again",
                Request("PATCH", path, body={"isEnabled": True}),
                look,
                {"isEnabled": True},
            ),
            suggested=True,
        )
        return change, rule

    def case(
        self,
        *offer: Planned,
        subject: Subject,
        answer: VerdictCode = VerdictCode.SUSPICIOUS,
        tenant: str = "Contoso",
        channel: str = "C0INCIDENT",
    ) -> Case:
        """Open a case and finish it, as a check does, with this offer."""
        ledger, now = self.bot.ledger, self.clock()
        case_id, window = new_case_id(), Window(now - timedelta(days=14), now)
        owner = self.bot.desk._tools.gate.owner_in_slack(subject, tenant)
        with ledger.writing() as writing:
            writing.open_case(
                case_id,
                tenant=tenant,
                subject=subject,
                window=window,
                channel=channel,
                asked_by="U0MEGANBOW",
                owners=owner.users,
                owners_missing=owner.missing,
                verified=owner.verified,
            )
        client = make_client(self.slack_settings)
        Cards(Rooms(client, client), ledger).post(ledger.case(case_id))
        self.finish(case_id, *offer, answer=answer)
        return ledger.case(case_id)

    def finish(self, case_id: str, *offer: Planned, answer: VerdictCode = VerdictCode.SUSPICIOUS) -> None:
        """Finish the check of a case."""
        ledger, now = self.bot.ledger, self.clock()
        case = ledger.case(case_id)
        verdict = Verdict(answer, 3, "low", (), (), "There is a sign.")
        report = Report(case.subject, case.window, now, verdict, (), (), ())
        with ledger.writing() as writing:
            writing.finish(
                case_id,
                verdict=answer.value,
                report=report_store.dump(report),
                offer=offer_text(offer),
            )
            writing.shown(case_id, "as done")

    # --- proposing -----------------------------------------------------------------------------------------

    def proposed(self, case: Case, numbers: str = "1", person: str = "responder") -> Proposal:
        """Propose by word, and give the proposal once its cards are there."""
        known = len(self.proposals.of_case(case.id))
        self.type(f"contain {case.id} {numbers} because of what was found", person)
        return self.wait(
            lambda: next(
                (
                    one
                    for one in self.proposals.of_case(case.id)[known:]
                    if f"{one.id} plan 1" in self.bot.ledger.posted(case.id, case.run)
                ),
                None,
            ),
            "the proposal's card with its plan",
        )

    def simple(self) -> Proposal:
        """Propose one change that one person decides about."""
        subject = self.account()
        change, _ = self.rule(subject)
        return self.proposed(self.case(change, subject=subject))

    def grave(self) -> Proposal:
        """Propose to block a sign-in and switch off a rule, which takes two people."""
        subject = self.account()
        change, _ = self.rule(subject)
        return self.proposed(self.case(blocking(subject), change, subject=subject), "1,2")

    # --- what people see and do ----------------------------------------------------------------------------

    def wait(self, probe: Callable[[], T | None], what: str) -> T:
        """Wait for something, for as long as a slow machine needs."""
        return self.slack.wait_for(probe, what=what)

    def paper(self, proposal: Proposal) -> Message:
        """The proposal's card as it stands."""
        return next(card for card in self.cards() if card.ts == self.proposals.get(proposal.id).card)

    def copy(self, proposal: Proposal, person: str) -> Message:
        """The copy of the card that an approver got by direct message."""
        return self.wait(
            lambda: next(
                (m for m in self.slack.direct(person) if proposal.id in self.slack.as_text(m)), None
            ),
            f"a copy for {person}",
        )

    def papers(self, proposal: Proposal) -> list[str]:
        """What the card and all its copies say."""
        copies = [m for person in self.slack.people for m in self.slack.direct(person)]
        shown = [self.paper(proposal), *(m for m in copies if proposal.id in self.slack.as_text(m))]
        return [self.slack.as_text(message) for message in shown]

    def window(self, person: str) -> View:
        """The window that somebody has open, as soon as it is there."""
        return self.wait(lambda: next(iter(self.slack.modals(person)[-1:]), None), f"a window for {person}")

    def press(self, person: str, proposal: Proposal, button: str = "approve") -> Any:
        """Press a button of the proposal's card."""
        return self.slack.click(person, self.paper(proposal), button)

    def votes_yes(self, person: str, proposal: Proposal) -> Delivery:
        """Press Approve on the card and send the window; whether it counts is not looked at."""
        return approving.approve(self.slack, person, self.paper(proposal))

    def approve(self, person: str, proposal: Proposal) -> None:
        """Approve by the card, and see that it counts."""
        self.votes_yes(person, proposal)
        says = f"You approved {proposal.id}"

        def answered() -> bool:
            # Whoever is not in the channel of the card is told by direct message.
            seen = (*self.slack.ephemerals(person), *self.slack.direct(person))
            return any(says in self.slack.as_text(one) for one in seen)

        self.wait(answered, f"{says!r} to {person}")

    def refused(self, person: str, proposal: Proposal, says: str, told: str = "") -> None:
        """Press Approve on a card as it was, and see that it does not count: told privately, and noted."""
        before = len(self.votes(proposal, "vote_refused"))
        self.slack.click(person, self.paper(proposal), "approve")
        self.told(person, told or says)
        self.wait(lambda: len(self.votes(proposal, "vote_refused")) > before, "the refusal in the ledger")
        entry = self.votes(proposal, "vote_refused")[-1]
        assert entry[0] == self.slack.people[person].id
        assert says in entry[1]

    def votes(self, proposal: Proposal, kind: str = "voted") -> list[tuple[str, str]]:
        """Who voted, and why a vote did not count, from the ledger's entries."""
        return [
            (entry.actor, str(entry.facts.get("says", "")))
            for entry in self.bot.ledger.entries(case_id=proposal.plan.case_id)
            if entry.kind == kind and entry.facts["proposal"] == proposal.id
        ]

    def stands(self, proposal: Proposal) -> ProposalState:
        """Where it stands."""
        return self.proposals.get(proposal.id).state

    def ends(self, proposal: Proposal, state: ProposalState) -> Proposal:
        """Give the proposal once it stands so; unless it was carried out, every card shows it by then."""
        done = state is ProposalState.DONE  # looking again takes its time after that
        self.wait(
            lambda: (one := self.proposals.get(proposal.id)).state is state and (done or one.shown),
            f"a proposal {state}",
        )
        return self.proposals.get(proposal.id)

    def writes(self, subject: Subject | Proposal) -> list[Call]:
        """What was sent to the tenant about an account."""
        name = subject.plan.subject_id if isinstance(subject, Proposal) else subject.id
        return [call for call in self.microsoft.writes() if name in call.path]

    def count(self, proposal: Proposal, kind: str) -> int:
        """How many entries of a kind the proposal's case has."""
        entries = self.bot.ledger.entries(case_id=proposal.plan.case_id)
        return sum(1 for entry in entries if entry.kind == kind)

    def nothing_was_done(self, proposal: Proposal) -> None:
        """See that nothing was begun and nothing was sent."""
        assert self.count(proposal, "intended") == 0
        assert self.writes(proposal) == []

    def buttons_are_gone(self, proposal: Proposal, word: str) -> None:
        """See that the card and every copy say how it ended, and nobody can decide about it any more."""
        papers = self.papers(proposal)
        assert len(papers) == 1 + len(stored.copies(self.proposals.ledger, proposal.id))
        for paper in papers:
            assert word in paper
            assert "[Approve]" not in paper
            assert "[Deny]" not in paper
            assert "[Withdraw]" not in paper

    def thread(self, case_id: str) -> str:
        """What the thread of a case's card says."""
        case = self.bot.ledger.case(case_id)
        card = next(card for card in self.cards() if card.ts == case.card)
        return "\n".join(map(self.slack.as_text, self.slack.replies(card)))

    def alter(self, sql: str, *values: Any) -> None:
        """Change the ledger's file behind the bot's back."""
        with closing(sqlite3.connect(self.settings.ledger, timeout=30)) as file, file:
            file.execute(sql, values)


def blocking(subject: Subject, after: tuple[str, ...] = ()) -> Change:
    """The change that blocks an account from signing in, which takes two people."""
    path = f"/users/{subject.id}"
    look = Look(Request("GET", path, {"$select": "accountEnabled"}), fields=("accountEnabled",))
    return Change(
        id="block_sign_in:account",
        step="block_sign_in",
        says=f"Block {subject.display_name} from signing in",
        why="The account was taken over.",
        do=Request("PATCH", path, body={"accountEnabled": False}),
        look=look,
        expects={"accountEnabled": True},
        wants={"accountEnabled": False},
        undo=Undo(
            f"Let {subject.display_name} sign in again",
            Request("PATCH", path, body={"accountEnabled": True}),
            look,
            {"accountEnabled": True},
        ),
        suggested=True,
        after=after,
    )


def at_once(*acts: Callable[[], Any]) -> None:
    """Do several things at the same instant, each in a thread of its own, and wait for all."""
    start = threading.Barrier(len(acts))
    failed: list[BaseException] = []

    def run(act: Callable[[], Any]) -> None:
        try:
            start.wait()
            act()
        except BaseException as error:  # noqa: BLE001 - told by the thread that waits
            failed.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


@contextmanager
def laid(folder: Path) -> Iterator[Table]:
    """Give a table for a whole module; Slack's and Microsoft's limits on calls are no part of its stories."""
    with (
        workspace.start(MANIFEST, answers_within=PATIENCE) as slack,
        tenant.start(made("mailbox-takeover"), limits=False) as played,
    ):
        slack.limits.enabled = False
        first = folder / "story"
        first.mkdir()
        table = Table(slack, played, settings_for(slack, played, first), pace=FREELY)
        try:
            yield table
        finally:
            table.stop()
