"""Work that older versions had begun when they were killed: this version finishes each of it once.

`recorded` holds the ledger and the job store of those versions, made by them in their own sandbox: a check
that waits for Microsoft's audit search, and a plan of four changes of which the first is on its way.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest

from bot import wiring
from commands.containment.carry_out import Patience
from commands.containment.proposals import Outcome
from commands.ledger import Ledger
from commands.ledger.verify import verify_ledger
from commands.plans.approval import ProposalState
from tests.commands import carrying
from tests.scenarios.acting import acting

RECORDED = Path(__file__).with_name("recorded")


@pytest.mark.parametrize("version", ["work-4", pytest.param("work-7", marks=pytest.mark.slow)])
def test_what_an_older_version_had_begun_is_finished_once(tmp_path, monkeypatch, version):
    # What is in doubt is looked at for a minute and a half otherwise.
    monkeypatch.setattr(wiring, "Patience", lambda: Patience(pauses=(0.1,)))
    with acting(tmp_path, start=False) as story:
        jobs = Path(story.settings.engine.removeprefix("sqlite:///"))
        with ZipFile(RECORDED / f"{version}.zip") as kept:
            story.settings.ledger.write_bytes(kept.read("ledger.db"))
            jobs.write_bytes(kept.read("jobs.db"))
        with closing(Ledger(story.settings.ledger, story.clock)) as ledger:
            ledger.accept()  # an upgrade leaves the older version's mark where it lies, beside the ledger
        with closing(sqlite3.connect(jobs)) as store:
            begun = store.execute("SELECT status, application_version FROM workflow_status").fetchall()
        assert begun == [("PENDING", version)] * 2
        story.start()

        def is_over() -> bool:
            story.bot.jobs.reconcile(timedelta(0))
            return "execution_finished" in story.kinds() and story.kinds().count("case_shown") == 2

        story.slack.wait_for(is_over, what="the end of both")
        (proposal,) = story.proposals.of_case(carrying.CASE)
        assert proposal.state is ProposalState.DONE
        assert {action.outcome for action in proposal.actions} == {Outcome.CONFIRMED}
        assert len(proposal.actions) == 4
        # The first never reached this tenant, so it is sent once more, and the others once.
        sent = Counter(
            call.cmdlet or call.method for call in story.microsoft.writes() if call.service != "login"
        )
        assert sent == {"Set-Mailbox": 1, "PATCH": 2, "DELETE": 1}
        kinds = Counter(story.kinds())
        assert (kinds["check_finished"], kinds["execution_finished"], kinds["change_ended"]) == (2, 1, 4)
        verify_ledger(story.bot.ledger.path)
