"""What the tests of carrying out share: hand-made changes, and a scene with a tenant and a real ledger."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from commands.containment import carry_out, passwords
from commands.containment.proposals import Action, Outcome, Proposal, Proposals
from commands.ledger import Ledger
from commands.plans.approval import Voter
from commands.plans.plan import NEW_PASSWORD, Change, Look, Plan, Undo
from commands.plans.planning_input import Guard
from commands.signing_key import SigningKey
from graph.connection import Connection
from graph.question import Subject, Window
from graph.request import Cmdlet, Limit, Request
from sandbox.scenarios import people
from sandbox.tenant import RunningTenant

NOW = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
NAME = people.ADELE.upn
ID = people.ADELE.id
CASE = "C-2ABCD"
ADELE = Subject(ID, NAME, NAME, (NAME,), "Adele Vance")
RULE_NAME = ".."
SEED = 7
PASSWORD = passwords.make(random.Random(SEED).randrange)
"""The password that a run with this seed makes."""

PATIENCE = carry_out.Patience(pauses=(5, 10, 15, 25, 35), send=30, look=30)
VOTERS = (
    Voter("U0LIDIA", frozenset({people.LIDIA.upn}), object_id=people.LIDIA.id),
    Voter("U0NESTOR", frozenset({people.NESTOR.upn}), object_id=people.NESTOR.id),
)


# --- changes -----------------------------------------------------------------------------------------------


def user_look(*names: str) -> Look:
    return Look(Request("GET", f"/users/{ID}", {"$select": ",".join(names)}), fields=names)


def block_sign_in(**more: Any) -> Change:
    path = f"/users/{ID}"
    undo = Undo(
        says="Unblock sign-in for Adele Vance",
        do=Request("PATCH", path, body={"accountEnabled": True}),
        look=user_look("accountEnabled"),
        wants={"accountEnabled": True},
    )
    values: dict[str, Any] = {
        "id": "block_sign_in:account",
        "step": "block_sign_in",
        "says": "Block Adele Vance from signing in",
        "why": "Someone else is signed in",
        "do": Request("PATCH", path, body={"accountEnabled": False}),
        "look": user_look("accountEnabled"),
        "expects": {"accountEnabled": True},
        "wants": {"accountEnabled": False},
        "undo": undo,
    }
    return Change(**{**values, **more})


def revoke_sessions(**more: Any) -> Change:
    values: dict[str, Any] = {
        "id": "revoke_sessions:sessions",
        "step": "revoke_sessions",
        "says": "Revoke all sessions of Adele Vance",
        "why": "Someone else is signed in",
        "do": Request("POST", f"/users/{ID}/revokeSignInSessions"),
        "look": user_look("signInSessionsValidFromDateTime"),
        "expects": {},
        "wants": {},
        "moves": True,
        "no_undo": "Sessions cannot be given back.",
    }
    return Change(**{**values, **more})


def reset_password(**more: Any) -> Change:
    profile = {"forceChangePasswordNextSignIn": True, "password": NEW_PASSWORD}
    values: dict[str, Any] = {
        "id": "reset_password:password",
        "step": "reset_password",
        "says": "Give Adele Vance a new password",
        "why": "Someone else knows it",
        "do": Request("PATCH", f"/users/{ID}", body={"passwordProfile": profile}),
        "look": user_look("lastPasswordChangeDateTime"),
        "expects": {},
        "wants": {},
        "moves": True,
        "no_undo": "The old password is known to no one.",
    }
    return Change(**{**values, **more})


def remove_forwarding(**more: Any) -> Change:
    cleared = {"ForwardingAddress": None, "ForwardingSmtpAddress": None, "DeliverToMailboxAndForward": False}
    values: dict[str, Any] = {
        "id": "remove_forwarding:mailbox",
        "step": "remove_forwarding",
        "says": "Stop forwarding Adele Vance's mail",
        "why": "It goes to someone else",
        "do": Cmdlet("Set-Mailbox", {"Identity": NAME, **cleared}, anchor=NAME),
        "look": Look(Cmdlet("Get-Mailbox", {"Identity": NAME}, anchor=NAME), fields=tuple(cleared)),
        "expects": {
            "ForwardingAddress": "Accounts Archive",
            "ForwardingSmtpAddress": "smtp:collector@mailbox-relay.example",
            "DeliverToMailboxAndForward": True,
        },
        "wants": cleared,
    }
    return Change(**{**values, **more})


def disable_rule(tenant: RunningTenant, **more: Any) -> Change:
    rule = _rule(tenant).id
    path = f"/users/{ID}/mailFolders/inbox/messageRules"
    values: dict[str, Any] = {
        "id": f"disable_inbox_rules:{rule}",
        "step": "disable_inbox_rules",
        "says": f"Disable the inbox rule {RULE_NAME}",
        "why": "It hides mail about payments",
        "do": Request("PATCH", f"{path}/{rule}", body={"isEnabled": False}, limit=Limit.MAILBOX),
        "look": Look(Request("GET", path, limit=Limit.MAILBOX), where={"id": rule}, fields=("isEnabled",)),
        "expects": {"isEnabled": True},
        "wants": {"isEnabled": False},
    }
    return Change(**{**values, **more})


def disable_protocols(**more: Any) -> Change:
    values: dict[str, Any] = {
        "id": "disable_mail_protocols:mailbox",
        "step": "disable_mail_protocols",
        "says": "Switch ActiveSync off for Adele Vance",
        "why": "A device was added",
        "do": Cmdlet("Set-CASMailbox", {"Identity": NAME, "ActiveSyncEnabled": False}, anchor=NAME),
        "look": Look(
            Cmdlet("Get-CASMailbox", {"Identity": NAME}, anchor=NAME), fields=("ActiveSyncEnabled",)
        ),
        "expects": {"ActiveSyncEnabled": True},
        "wants": {"ActiveSyncEnabled": False},
    }
    return Change(**{**values, **more})


def revoke_grant(tenant: RunningTenant, **more: Any) -> Change:
    grant = _grant(tenant)["id"]
    path = f"/users/{ID}/oauth2PermissionGrants"
    values: dict[str, Any] = {
        "id": f"revoke_oauth_grants:{grant}",
        "step": "revoke_oauth_grants",
        "says": "Take the consent for Mail Export away",
        "why": "Adele did not give it",
        "do": Request("DELETE", f"/oauth2PermissionGrants/{grant}"),
        "look": Look(Request("GET", path), where={"id": grant}),
        "expects": {},
        "wants": None,
        "no_undo": "It can be given again.",
    }
    return Change(**{**values, **more})


def _rule(tenant: RunningTenant) -> Any:
    mailbox = tenant.state.mailbox(NAME)
    assert mailbox is not None
    return next(rule for rule in mailbox.rules if rule.name == RULE_NAME)


def _grant(tenant: RunningTenant) -> Any:
    return next(grant for grant in tenant.state.oauth_grants if grant["principalId"] == ID)


# --- the scene ---------------------------------------------------------------------------------------------


def open_case(ledger: Ledger, offer: str = "") -> None:
    """A case about Adele whose check is done."""
    with ledger.writing() as writing:
        writing.open_case(
            CASE,
            tenant="contoso",
            subject=ADELE,
            window=Window(NOW - timedelta(days=14), NOW),
            channel="C0INCIDENT",
            asked_by="U0MEGAN",
        )
    with ledger.writing() as writing:
        writing.finish(CASE, verdict="compromised", report="{}", offer=offer)


def propose(proposals: Proposals, changes: Sequence[Change], *, kind: str = "contain", needs: int = 2) -> str:
    """Propose changes, and have them approved by two people."""
    made = Plan(CASE, "contoso", ID, NAME, tuple(changes), (), nonce=f"{random.random()}")
    proposal = proposals.propose(
        kind=kind,
        plan=made,
        proposed_by="U0MEGAN",
        proposer=frozenset({"megan.bowen@contoso.example"}),
        reason="The account was taken over.",
        needs=needs,
        factor=False,
        strict=False,
        expires_at=NOW + timedelta(minutes=30),
        channel="C0INCIDENT",
    )
    for voter in VOTERS[:needs]:
        proposals.vote(proposal.id, proposal.digest, voter, yes=True)
    return proposal.id


@dataclass
class Scene:
    """A tenant, a ledger, and somebody who carries out."""

    tenant: RunningTenant
    connection: Connection
    folder: Path
    now: datetime = NOW
    waited: list[float] = field(default_factory=list)
    told: int = 0

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.folder / "ledger.db", lambda: self.now, patience=0.1)
        self.proposals = Proposals(self.ledger)
        self.keys = SigningKey.load_or_make(self.folder / "compromise.key")
        open_case(self.ledger)

    def approved(self, *changes: Change, kind: str = "contain") -> str:
        return propose(self.proposals, changes, kind=kind)

    def sleep(self, seconds: float) -> None:
        """No time passes but the tenant's, which goes by this alone."""
        self.waited.append(seconds)
        self.tenant.let_pass(timedelta(seconds=seconds))

    def tell(self) -> None:
        self.told += 1

    def carry_out(
        self,
        proposal_id: str,
        *,
        barred: Callable[[Any], str] = lambda vote: "",  # noqa: ARG005
        guard: Guard | None = None,
        tell: Callable[[], None] | None = None,
    ) -> Proposal:
        carry_out.carry_out(
            proposal_id,
            proposals=self.proposals,
            connection=self.connection,
            keys=self.keys,
            barred=barred,
            clock=lambda: self.now,
            sleep=self.sleep,
            patience=PATIENCE,
            tell=tell or self.tell,
            guard=guard or Guard(),
            below=random.Random(SEED).randrange,
        )
        return self.proposals.get(proposal_id)

    def run(self, *changes: Change) -> list[Outcome | None]:
        """Propose, approve, carry out; how each ended, in the plan's order."""
        return outcomes(self.carry_out(self.approved(*changes)))

    def writes(self) -> list[str]:
        """What was sent to change something, in its order."""
        return [f"{call.cmdlet or call.method} {call.path.rpartition('/')[2]}" for call in self.sent()]

    def sent(self) -> list[Any]:
        return [call for call in self.tenant.writes() if "/sandbox" not in call.path]

    def kinds(self, proposal_id: str) -> list[str]:
        """The kinds of a proposal's entries, in their order."""
        return [entry.kind for entry in self.ledger.entries() if entry.facts.get("proposal") == proposal_id]


def outcomes(proposal: Proposal) -> list[Outcome | None]:
    """How each change ended, in the plan's order."""
    ended = {action.change: action.outcome for action in proposal.actions}
    return [ended.get(change.id) for change in proposal.plan.changes]


def action(proposal: Proposal, place: int = 0) -> Action:
    """What became of the change at this place of the plan."""
    name = proposal.plan.changes[place].id
    return next(one for one in proposal.actions if one.change == name)
