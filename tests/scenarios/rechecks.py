"""A case whose recheck is due, without the check and the plan before it: the ledger says that they were."""

from __future__ import annotations

from datetime import timedelta

from bot.artefacts import report_store
from bot.clock import now
from commands.containment.proposals import Outcome
from commands.plans.plan import Change, Plan, offer_text
from commands.rechecks.schedule import set_rechecks
from sandbox.workspace import Message
from tests.bot.messages import samples
from tests.commands import carrying
from tests.scenarios.conftest import Stage
from tests.scenarios.offering import opened

CASE = carrying.CASE


def taken_back(story: Stage, *changes: Change, case_id: str = CASE) -> None:
    """A finished case in which these changes were made, so the ledger says, and its first recheck is due now.

    The tenant still stands as the attacker left it, so each of them has come back.
    """
    ledger = story.bot.ledger
    opened(ledger, story.slack, case_id)
    story.bot.desk._cards.post(ledger.case(case_id))
    with ledger.writing() as writing:
        report = report_store.dump(samples.rich())
        writing.finish(case_id, verdict="compromised", report=report, offer=offer_text(changes))
        writing.shown(case_id, "as done")
    carried_out(story, *changes, case_id=case_id)
    set_rechecks(story.proposals.ledger, case_id, [timedelta(0), timedelta(hours=24)])


def carried_out(story: Stage, *changes: Change, case_id: str = CASE) -> None:
    """Let the ledger say that a plan was approved and carried out."""
    proposals = story.proposals
    made = proposals.propose(
        kind="contain",
        plan=Plan(case_id, "Contoso", carrying.ID, carrying.NAME, changes, (), nonce=changes[0].id),
        proposed_by="U0MEGANBOW",
        proposer=frozenset({"megan.bowen@contoso.example"}),
        reason="The account was taken over.",
        needs=1,
        factor=False,
        strict=False,
        expires_at=now() + timedelta(minutes=30),
        channel="C0INCIDENT",
    )
    name = made.id
    proposals.vote(name, made.digest, carrying.VOTERS[0], yes=True)
    proposals.start(name)
    for change in changes:
        proposals.intend(name, change.id, dict(change.expects or {}))
        proposals.ended(name, change.id, Outcome.CONFIRMED)
    proposals.finish(name)
    proposals.shown(name)


def rechecks(story: Stage) -> list[dict[str, object]]:
    """What the ledger has of each recheck, in their order."""
    return [dict(entry.facts) for entry in story.bot.ledger.entries() if entry.kind == "rechecked"]


def alarms(story: Stage) -> list[Message]:
    """What was told to the whole room, since it needs people."""
    return [one for one in story.cards() if "or is new, on" in story.slack.as_text(one)]
