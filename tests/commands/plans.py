"""Small plans, people and cases for tests of approvals and proposals."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from commands.containment.proposals import Proposal, Proposals
from commands.ledger import Ledger
from commands.plans.approval import Voter
from commands.plans.plan import Change, Look, ManualTask, Plan, Undo
from graph.question import Subject, Window
from graph.request import Request

NOW = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
CASE = "C-2ABCD"
ADELE = Subject(
    id="00000000-0000-0000-0000-0000000000ad",
    user_principal_name="adele.vance@contoso.example",
    mail="adele.vance@contoso.example",
    addresses=("adele.vance@contoso.example", "av@contoso.example"),
    display_name="Adele Vance",
)


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, span: timedelta) -> None:
        """Let time pass."""
        self.now += span


def voter(name: str, **more: Any) -> Voter:
    """Somebody who may vote, unless `barred` says otherwise."""
    who = {"object_id": f"id-of-{name}", **more}
    return Voter(f"U0{name.upper()}", frozenset({f"{name}@contoso.example"}), **who)


def change(what: str = "accountEnabled", step: str = "block_sign_in", **more: Any) -> Change:
    """A change that switches one property of Adele off, and back on again."""
    path = f"/users/{ADELE.id}"
    look = Look(Request("GET", path, {"$select": what}), fields=(what,))
    made = Change(
        id=f"{step}:{what}",
        step=step,
        says=f"Switch {what} off",
        why="The check found a takeover.",
        do=Request("PATCH", path, body={what: False}),
        look=look,
        expects={what: True},
        wants={what: False},
        undo=Undo(f"Switch {what} on again", Request("PATCH", path, body={what: True}), look, {what: True}),
    )
    return replace(made, **more)


def plan(*changes: Change, tasks: tuple[ManualTask, ...] = (), nonce: str = "n1") -> Plan:
    """A plan for Adele's case."""
    return Plan(CASE, "Contoso", ADELE.id, ADELE.mail, changes or (change(),), tasks, nonce)


def opened(ledger: Ledger, case_id: str = CASE, subject: Subject = ADELE) -> str:
    """Open a case."""
    with ledger.writing() as writing:
        writing.open_case(
            case_id,
            tenant="Contoso",
            subject=subject,
            window=Window(NOW - timedelta(days=14), NOW),
            channel="C0INCIDENT",
            asked_by="U0MEGAN",
        )
    return case_id


def proposed(proposals: Proposals, what: Plan | None = None, **more: Any) -> Proposal:
    """Put a plan before people: proposed by Megan, two people needed, half an hour."""
    given: dict[str, Any] = {
        "kind": "contain",
        "plan": what or plan(),
        "proposed_by": "U0MEGAN",
        "proposer": frozenset({"megan@contoso.example"}),
        "reason": "The check found a takeover",
        "needs": 2,
        "factor": False,
        "strict": False,
        "expires_at": NOW + timedelta(minutes=30),
        "channel": "C0INCIDENT",
    }
    return proposals.propose(**{**given, **more})


def approved(proposals: Proposals, proposal: Proposal, *names: str) -> Proposal:
    """Have people approve: Alex and Lidia unless others are named."""
    for name in names or ("alex", "lidia"):
        proposal = proposals.vote(proposal.id, proposal.digest, voter(name), yes=True)
    return proposal
