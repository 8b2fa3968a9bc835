"""Somebody meddles with the ledger while a plan is carried out: nothing further is sent, and it is told."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from threading import Event

import pytest

from commands.containment.carry_out import Patience
from sandbox.tenant import Fault
from tests.commands import carrying
from tests.scenarios.acting import APPROVERS, PRIVILEGED
from tests.scenarios.conftest import Stage
from tests.scenarios.test_forged_jobs import approved, offered, sent


@pytest.mark.slow
def test_a_ledger_that_is_altered_between_two_changes_stops_the_second_and_says_so(stage):
    story: Stage = stage(changes={"approvers": APPROVERS}, freely=True, directory_roles=PRIVILEGED)
    offered(story, carrying.remove_forwarding(), carrying.disable_protocols())
    story.bot.jobs._carrying._patience = Patience(pauses=(0.1,))
    held = Event()
    story.microsoft.faults.add("Set-Mailbox", Fault(method="POST", held=held))
    proposal = approved(story, "1,2")
    story.slack.wait_for(lambda: sent(story, "Set-Mailbox") == 1, what="the first change")
    with closing(sqlite3.connect(story.settings.ledger)) as db:
        (trigger,) = db.execute("SELECT sql FROM sqlite_master WHERE name = 'ledger_keeps_words'").fetchone()
        db.execute("DROP TRIGGER ledger_keeps_words")
    held.set()

    def warnings() -> list[str]:
        card = next(one for one in story.cards() if one.ts == story.proposals.get(proposal.id).card)
        texts = [story.slack.as_text(reply) for reply in story.slack.replies(card)]
        return [text for text in texts if "is not carried on" in text]

    story.slack.wait_for(lambda: len(warnings()) == 1, what="the warning")
    assert "is missing its trigger ledger_keeps_words" in warnings()[0]
    assert sent(story, "Set-CASMailbox") == 0
    assert "change_ended" not in story.kinds()
    # Put back, the plan goes on where it was: what was sent is read back and not sent again.
    with closing(sqlite3.connect(story.settings.ledger)) as db:
        db.execute(trigger)
    story.bot.jobs.reconcile(timedelta(0))
    story.slack.wait_for(lambda: "execution_finished" in story.kinds(), what="the end")
    assert (sent(story, "Set-Mailbox"), sent(story, "Set-CASMailbox")) == (1, 1)
    assert story.kinds().count("change_ended") == 2
