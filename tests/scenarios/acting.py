"""What the stories about acting share: a clock of their own, and people who propose, approve and undo."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.running import Bot
from bot.settings import ApproverSettings, Settings
from bot.wiring import create_app
from commands.containment.proposals import Outcome, Proposal
from commands.ledger import Case
from commands.plans.plan import Change, ManualTask, Planned, offer_from
from sandbox import tenant, workspace
from sandbox.scenarios.state import Json, TenantState
from sandbox.tenant import RunningTenant
from sandbox.workspace import PATIENCE, Message, RunningWorkspace, View
from tests import approving
from tests.made import made
from tests.scenarios.conftest import ADELE, FREELY, MANIFEST, Stage, settings_for

USUAL = ("User Administrator", "Cloud Device Administrator")
PRIVILEGED = (*USUAL, "Privileged Authentication Administrator")
"""What the application holds so that it reaches administrators as well."""

APPROVERS = ApproverSettings(users=("U0ALEXWILB", "U0LIDIAHOL"))


@dataclass
class Acting(Stage):
    """A stage whose bot lives by a clock that the story moves."""

    ahead: timedelta = timedelta()

    def clock(self) -> datetime:
        """The bot's time."""
        return datetime.now(UTC) + self.ahead

    def start(self) -> Bot:
        """Start the bot in this process."""
        self.running = create_app(self.settings, clock=self.clock, **self.pace)
        self.running.start()
        self.connect()
        return self.running

    def let_pass(self, span: timedelta) -> None:
        """Move everybody's time on, and let the bot go its round."""
        self.ahead += span
        self.microsoft.let_pass(span)
        self.slack.advance(span.total_seconds())
        self.bot.jobs.reconcile()

    # --- the case ------------------------------------------------------------------------------------------

    def check(self, name: str = ADELE) -> Case:
        """Check an account, and give the finished case."""
        known = len(self.cards())
        self.type(f"check {name}")
        self.slack.wait_for(
            lambda: len(self.cards()) > known and "Files in the thread" in self.text(self.cards()[-1]),
            what=f"the finished card of {name}",
        )
        self.slack.wait_for(
            lambda: not self.bot.ledger.unfinished_cases(), what="the last entry of the check"
        )
        return self.case()

    def case(self) -> Case:
        """The newest case, as it stands."""
        ids = [entry.case_id for entry in self.bot.ledger.entries() if entry.kind == "case_opened"]
        return self.bot.ledger.case(ids[-1])

    def offer(self) -> tuple[Planned, ...]:
        """What the newest case offers."""
        return offer_from(self.case().offer)

    def text(self, shown: Message | View) -> str:
        """What people read, whatever the version of a message that is at hand."""
        return self.slack.as_text(shown)

    def case_card(self) -> str:
        """What the newest case's card says now."""
        return next(text for text in map(self.text, reversed(self.cards())) if "[Check again]" in text)

    # --- proposing and approving ---------------------------------------------------------------------------

    def window(self, person: str = "responder") -> View:
        """The window that somebody has open, as soon as it is there."""
        return self.slack.wait_for(
            lambda: next(iter(self.slack.modals(person)[-1:]), None), what=f"a window for {person}"
        )

    def propose(
        self, choose: Callable[[Change | ManualTask], bool], because: str = "It was taken over"
    ) -> Proposal:
        """Propose by text what a story chooses of the offer."""
        numbers = [
            number
            for number, item in enumerate(self.offer(), start=1)
            if isinstance(item, (Change, ManualTask)) and choose(item)
        ]
        return self.propose_numbers("contain", numbers, because)

    def propose_numbers(self, verb: str, numbers: Collection[int], because: str) -> Proposal:
        """Propose by text what stands at these numbers."""
        case = self.case()
        known = {proposal.id for proposal in self.proposals.of_case(case.id)}
        self.type(f"{verb} {case.id} {','.join(map(str, numbers))} because {because}")
        made = self.slack.wait_for(
            lambda: next((one for one in self.proposals.of_case(case.id) if one.id not in known), None),
            what=f"a proposal of {verb}",
        )
        self.slack.wait_for(lambda: self.proposals.get(made.id).card, what="the card of the proposal")
        return self.proposals.get(made.id)

    def paper(self, proposal: Proposal) -> Message:
        """The card of a proposal, as it stands."""
        return next(card for card in self.cards() if card.ts == self.proposals.get(proposal.id).card)

    def approve(self, proposal: Proposal) -> Proposal:
        """Let as many people approve as it takes, and give the proposal when its end is shown."""
        for person in ("approver", "second_approver")[: proposal.needs]:
            approving.approve(self.slack, person, self.paper(proposal))
            self.told(person, f"You approved {proposal.id}")
        return self.ended(proposal)

    def ended(self, proposal: Proposal) -> Proposal:
        """Wait until the end of a proposal is shown."""
        self.slack.wait_for(lambda: self.proposals.get(proposal.id).shown, what=f"the end of {proposal.id}")
        return self.proposals.get(proposal.id)

    def do(self, choose: Callable[[Change | ManualTask], bool]) -> Proposal:
        """Propose, approve and carry out what a story chooses."""
        return self.approve(self.propose(choose))

    def restore(self, numbers: Collection[int]) -> Proposal:
        """Propose, approve and carry out the undo of what stands at these numbers."""
        return self.approve(self.propose_numbers("restore", numbers, "It was a false alarm"))


def suggested(item: Change | ManualTask) -> bool:
    """What the findings ask for."""
    return item.suggested


def only(*steps: str) -> Callable[[Change | ManualTask], bool]:
    """What the findings ask for of these steps."""
    return lambda item: item.step in steps and item.suggested


def outcomes(proposal: Proposal) -> dict[str, Outcome | None]:
    """How each change ended, by its id."""
    return {action.change: action.outcome for action in proposal.actions}


def says_of(proposal: Proposal, change_id: str) -> str:
    """What people are told of how a change ended."""
    return next(action.says for action in proposal.actions if action.change == change_id)


@contextmanager
def acting(
    folder: Path, scenario: str = "mailbox-takeover", *, start: bool = True, **more: Any
) -> Iterator[Acting]:
    """A tenant and a workspace with the bot between them, and two people who may approve.

    Microsoft's limits on calls are no part of its stories.
    """
    with ExitStack() as stack:
        slack: RunningWorkspace = stack.enter_context(workspace.start(MANIFEST, answers_within=PATIENCE))
        played: RunningTenant = stack.enter_context(
            tenant.start(made(scenario), **{"directory_roles": PRIVILEGED, "limits": False, **more})
        )
        settings: Settings = settings_for(slack, played, folder).model_copy(update={"approvers": APPROVERS})
        built = Acting(slack, played, settings, pace=FREELY)
        # Stopped before the workspace, which its connection would otherwise try to come back to.
        stack.callback(built.stop)
        if start:
            built.start()
        yield built


# --- how an account stands ---------------------------------------------------------------------------------

_MOVED = ("lastPasswordChangeDateTime", "signInSessionsValidFromDateTime", "createdDateTime")


def _held(items: list[Json], *names: str) -> list[tuple[Any, ...]]:
    """These values of each item; what an id is, and when it was made, is new after a restore."""
    return sorted((tuple(item.get(name) for name in names) for item in items), key=repr)


def standing(state: TenantState, user_id: str) -> dict[str, Any]:
    """Everything about an account that a restore can put back, part by part."""
    user = state.users[user_id]
    box = state.mailboxes[str(user["userPrincipalName"]).lower()]
    mine = {user_id, *(group for group, members in state.memberships.items() if user_id in members)}
    name = str(user["userPrincipalName"])

    def of(items: list[Json], key: str = "principalId") -> list[Json]:
        return [item for item in items if item[key] in mine]

    def groups(found: list[Json]) -> dict[str, list[str]]:
        # A member's display name is a copy from when the member was put in.
        return {
            str(group["Name"]): sorted(str(one["ExternalDirectoryObjectId"]) for one in group["Members"])
            for group in found
        }

    return deepcopy(
        {
            "user": {key: value for key, value in user.items() if key not in _MOVED},
            "forwarding": {
                key: box.properties[key]
                for key in ("ForwardingAddress", "ForwardingSmtpAddress", "DeliverToMailboxAndForward")
            },
            "rules": sorted(
                (rule.name, rule.enabled, rule.hidden, repr(rule.conditions), repr(rule.actions))
                for rule in box.rules
            ),
            "sweep": sorted((rule["Name"], rule["Enabled"]) for rule in box.sweep_rules),
            "auto-reply": box.settings["automaticRepliesSetting"],
            "junk": {
                key: sorted(value) if isinstance(value, list) else value for key, value in box.junk.items()
            },
            "full access": _held(box.permissions, "User", "AccessRights"),
            "send as": _held(box.recipient_permissions, "Trustee", "AccessRights"),
            "send on behalf": box.properties["GrantSendOnBehalfTo"],
            "folders": {
                folder: _held(rights, "User", "AccessRights")
                for folder, rights in box.folder_permissions.items()
            },
            "protocols": dict(box.protocols),
            "phones": _held(
                [one for one in state.authentication_methods[user_id] if "phoneNumber" in one],
                "phoneNumber",
                "phoneType",
            ),
            "grants": _held(of(state.oauth_grants), "clientId", "resourceId", "consentType", "scope"),
            "applications": _held(of(state.app_role_assignments), "resourceId", "appRoleId"),
            "applications on": {
                one["displayName"]: one["accountEnabled"] for one in state.service_principals.values()
            },
            "devices": {one["displayName"]: one["accountEnabled"] for one in state.devices},
            "mail-flow rules": {one["Name"]: one["State"] for one in state.transport_rules},
            "roles": _held(of(state.role_assignments), "principalId", "roleDefinitionId", "directoryScopeId"),
            "active": _held(
                of(state.role_assignment_schedules),
                "principalId",
                "roleDefinitionId",
                "directoryScopeId",
                "memberType",
            ),
            "eligible": _held(
                of(state.role_eligibility_schedules),
                "principalId",
                "roleDefinitionId",
                "directoryScopeId",
                "memberType",
            ),
            "groups": sorted(group for group, members in state.memberships.items() if user_id in members),
            "Exchange": groups(state.exchange_role_groups),
            "Purview": groups(state.purview_role_groups),
            "blocked from sending": any(one["SenderAddress"] == name for one in state.blocked_senders),
        }
    )
