"""A case as its check left it, without the check: the ledger says that it was made."""

from __future__ import annotations

from datetime import timedelta

from bot.clock import now
from commands.ledger import Ledger
from commands.plans.plan import Change, offer_text
from graph.question import Window
from sandbox.workspace import RunningWorkspace
from tests.commands import carrying


def opened(ledger: Ledger, slack: RunningWorkspace, case_id: str) -> None:
    """Open a case about the account of which `carrying` makes changes."""
    with ledger.writing() as writing:
        writing.open_case(
            case_id,
            tenant="Contoso",
            subject=carrying.ADELE,
            window=Window(now() - timedelta(days=7), now()),
            channel=slack.channels["incident-room"].id,
            asked_by=slack.people["responder"].id,
        )


def offering(ledger: Ledger, slack: RunningWorkspace, case_id: str, *changes: Change) -> None:
    """Open a case and finish it with these changes offered."""
    opened(ledger, slack, case_id)
    with ledger.writing() as writing:
        writing.finish(case_id, verdict="compromised", report="{}", offer=offer_text(changes))
        writing.shown(case_id, "the story begins when the check is over")
