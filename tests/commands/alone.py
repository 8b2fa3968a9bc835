"""What tests of carrying out share that need no tenant: a Microsoft in memory, and who carries out there."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from commands.containment import carry_out, passwords
from commands.containment.proposals import Action, Outcome, Proposal, Proposals
from commands.ledger import Ledger
from commands.plans.approval import ProposalState, Vote
from commands.plans.plan import NEW_PASSWORD, Change, Look, Plan
from commands.plans.planning_input import Guard
from commands.signing_key import SigningKey
from graph.clock import CLOCK, Clock
from graph.errors import Broken, GraphError, InDoubt, NotFound, Refused
from graph.limits import Deadline
from graph.request import Cmdlet, Request, changes
from graph.settings import TenantSettings
from tests.commands import plans
from tests.commands.plans import NOW, opened

SEED = 7
PASSWORD = passwords.make(random.Random(SEED).randrange)
SEND, LOOK = 2_000_000.0, 1_000.0
"""Seconds, so far apart that no slow machine takes one for the other."""
PAUSES = (5, 10)

SETTINGS = TenantSettings(
    name="Contoso", tenant_id="t", client_id="c", client_secret="s", domains=("contoso.example",)
)
DENIED = Refused("Microsoft said no.", status=400, request_id="m-9")
DEFAULT = Refused("Cannot delete the default authentication method.", status=400, request_id="m-9")
DOUBT = InDoubt("Nobody answered.", request_id="m-9")
AWAY = Broken("The service is away.", request_id="m-9")


def path_of(name: str) -> str:
    return f"/things/{name}"


def change(name: str = "one", **more: Any) -> Change:
    """Switch a thing off."""
    given: dict[str, Any] = {
        "id": f"switch:{name}",
        "step": "switch",
        "says": f"Switch {name} off",
        "why": "It is on",
        "do": Request("PATCH", path_of(name), body={"on": False}),
        "look": Look(Request("GET", path_of(name)), fields=("on",)),
        "expects": {"on": True},
        "wants": {"on": False},
        "no_undo": "Nobody wants it.",
    }
    return Change(**{**given, **more})


def removal(name: str = "one", **more: Any) -> Change:
    return change(name, **{"do": Request("DELETE", path_of(name)), "wants": None, **more})


def reset(name: str = "one", **more: Any) -> Change:
    """Give a thing a new password; that it was done is told by its time alone."""
    do = Request("PATCH", path_of(name), body={"password": NEW_PASSWORD, "moved": 1})
    look = Look(Request("GET", path_of(name)), fields=("moved",))
    return change(name, **{"do": do, "look": look, "expects": {}, "wants": {}, "moves": True, **more})


@dataclass
class Microsoft:
    """Things by their path, and what is answered before the truth.

    Attributes:
        former: The names that the tenant had earlier.
        clock: Whose threads look and send beside each other.
        things: What there is.
        shows: What the next looks at a path find instead: a thing, None for none, or an error.
        answers: How the next writes to a path end: an error or None, and whether they took effect.
        calls: What was asked and sent, in its order, with the seconds that there were for it.
    """

    settings: TenantSettings = SETTINGS
    former: frozenset[str] = frozenset()
    clock: Clock = CLOCK
    things: dict[str, dict[str, Any]] = field(default_factory=dict)
    shows: dict[str, list[Mapping[str, Any] | GraphError | None]] = field(default_factory=dict)
    answers: dict[str, list[tuple[GraphError | None, bool]]] = field(default_factory=dict)
    calls: list[tuple[Request | Cmdlet, float]] = field(default_factory=list)

    @property
    def names(self) -> frozenset[str]:
        return self.former | {self.settings.name}

    def fetch(self, what: Request | Cmdlet, deadline: Deadline) -> list[dict[str, Any]]:
        self.calls.append((what, deadline.left))
        path = what.path if isinstance(what, Request) else path_of(what.parameters["Identity"])
        if changes(what):
            return self._write(what, path)
        coming = self.shows.get(path)
        found = coming.pop(0) if coming else self.things.get(path)
        if isinstance(found, GraphError):
            raise found
        if found is None:
            raise NotFound("It is not there.", status=404, request_id="m-9")
        return [dict(found)]

    def _write(self, what: Request | Cmdlet, path: str) -> list[dict[str, Any]]:
        error, done = self.answers[path].pop(0) if self.answers.get(path) else (None, True)
        if done and (isinstance(what, Cmdlet) or what.method == "DELETE"):
            self.things.pop(path, None)
        elif done and isinstance(what, Request):
            self.things[path] = {**self.things.get(path, {}), **(what.body or {})}
        if error is not None:
            raise error
        return []

    def sent(self) -> list[Request | Cmdlet]:
        return [what for what, _ in self.calls if changes(what)]


class Ended(Exception):
    """The program ended here."""


@dataclass
class Desk:
    """A ledger with a case, and somebody who carries out against a Microsoft in memory."""

    folder: Path
    microsoft: Microsoft = field(default_factory=Microsoft)
    now: datetime = NOW
    pauses: tuple[float, ...] = PAUSES
    waited: list[float] = field(default_factory=list)
    told: int = 0

    def __post_init__(self) -> None:
        for name in ("one", "two", "three"):
            self.microsoft.things[path_of(name)] = {"on": True, "moved": 0}
        self.ledger = Ledger(self.folder / "ledger.db", lambda: self.now, patience=0.1)
        self.proposals = Proposals(self.ledger)
        self.keys = SigningKey.load_or_make(self.folder / "compromise.key")
        opened(self.ledger)

    def approved(self, *made: Change, **more: Any) -> str:
        return self.approved_plan(plans.plan(*made, nonce=f"{random.random()}"), **more)

    def approved_plan(self, plan: Plan, **more: Any) -> str:
        proposal = plans.proposed(self.proposals, plan, **more)
        plans.approved(self.proposals, proposal)
        return proposal.id

    def tell(self) -> None:
        self.told += 1

    def carry_out(
        self,
        proposal_id: str,
        *,
        barred: Callable[[Vote], str] = lambda vote: "",  # noqa: ARG005
        guard: Guard | None = None,
        tell: Callable[[], None] | None = None,
    ) -> Proposal:
        connection: Any = self.microsoft
        carry_out.carry_out(
            proposal_id,
            proposals=self.proposals,
            connection=connection,
            keys=self.keys,
            barred=barred,
            clock=lambda: self.now,
            sleep=self.waited.append,
            patience=carry_out.Patience(self.pauses, SEND, LOOK),
            tell=tell or self.tell,
            guard=guard or Guard(),
            below=random.Random(SEED).randrange,
        )
        return self.proposals.get(proposal_id)

    def run(self, *made: Change) -> list[Action]:
        """Propose, approve, carry out; what became of each, in the plan's order."""
        proposal = self.carry_out(self.approved(*made))
        assert proposal.state is ProposalState.DONE
        return actions(proposal)

    def stop_at(self, proposal_id: str, kind: str) -> None:
        """Carry out until the first entry of a kind, and end there."""

        def tell() -> None:
            if self.kinds(proposal_id)[-1] == kind:
                raise Ended

        with pytest.raises(Ended):
            self.carry_out(proposal_id, tell=tell)

    def kinds(self, proposal_id: str) -> list[str]:
        """The kinds of the entries about a proposal since it was approved."""
        kinds = [one.kind for one in self.ledger.entries() if one.facts.get("proposal") == proposal_id]
        return kinds[kinds.index("approved") + 1 :]


def actions(proposal: Proposal) -> list[Action]:
    found = {one.change: one for one in proposal.actions}
    return [found[one.id] for one in proposal.plan.changes]


def outcomes(found: list[Action]) -> list[Outcome | None]:
    return [one.outcome for one in found]
