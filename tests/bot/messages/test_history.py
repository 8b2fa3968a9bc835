"""The story has a sentence for everything that the ledger notes about a case."""

from __future__ import annotations

import pytest

from bot.messages.history import BOOKKEEPING, history
from commands.ledger import Entry
from commands.ledger import entries as e
from commands.plans.plan import plan_facts
from sandbox.workspace import text as slack_text
from tests.bot.messages import samples
from tests.bot.messages.samples import entry

ALL = samples.events("some words")


def told(*entries: Entry) -> str:
    messages = history(entries, "Adele Vance")
    return "\n".join(
        line for message in messages for line in slack_text.lines(message.blocks, lambda name: name)
    )


def proposed(*, kind: str = "contain") -> e.Proposed:
    plan = samples.small(samples.change(1, text="Disable the inbox rule Money")).plan
    ends = samples.NOW
    facts = plan_facts(plan)
    return e.Proposed("P-7F3K2", kind, "d", facts, (), "Spam.", 2, False, False, ends, "C0")


def voted(*, yes: bool, factor: bool = False, says: str = "") -> e.Voted:
    return e.Voted("P-7F3K2", "d", yes, factor, (), says)


@pytest.mark.parametrize("event", ALL, ids=lambda event: event.KIND)
def test_every_kind_of_entry_has_its_own_sentence_or_is_bookkeeping(event):
    text = told(entry(e.Asked(words="first")), entry(event, 2))
    repeats = isinstance(event, BOOKKEEPING)
    assert repeats == ("1 internal entry omitted" in text)
    # An entry that this program has no sentence for is named by its kind.
    assert f": {event.KIND}" not in text


def test_the_story_reads_in_its_order_with_times_and_people():
    rule = "disable_inbox_rules:1"
    text = told(
        entry(e.Asked(words="check adele"), 1),
        entry(proposed(), 2),
        entry(voted(yes=True, factor=True), 3, "U0ALEX002"),
        entry(e.VoteRefused("P-7F3K2", True, "You have answered already."), 4),
        entry(e.Intended("P-7F3K2", "d", rule, 1, None), 5, "bot"),
        entry(e.ChangeEnded("P-7F3K2", rule, "skipped_changed", "It is gone."), 6, "bot"),
        entry(e.TaskAdded(2, "harden:0", "Scan the computer", ()), 7, "bot"),
        entry(e.TaskDone(2, "harden:0", "clean"), 8),
        entry(e.PasswordShown("P-7F3K2", "reset:1", shown=False), 9),
        entry(e.Rechecked(1, "Rechecked: 7 are closed.", raised=True), 10, "bot"),
    )
    parts = (
        "2026-03-02 09:31 UTC · @U0MEGAN01 made a request: check adele",
        "@U0MEGAN01 proposed to contain the account, proposal P-7F3K2 (1 change): Spam",
        "@U0ALEX002 approved proposal P-7F3K2 with a code",
        "@U0MEGAN01 was not allowed to vote on proposal P-7F3K2: You have answered already",
        "“Disable the inbox rule Money”: skipped: changed since it was planned: It is gone",
        "Manual task 2 “Scan the computer” was added",
        "@U0MEGAN01 completed manual task 2 “Scan the computer”: clean",
        "@U0MEGAN01 requested the new password of proposal P-7F3K2, which was no longer available",
        "Persistence reappeared. The bot rechecked the account: 7 are closed",
        "entries 1 to 10",
    )
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


def test_a_no_is_told_as_one():
    assert "@U0MEGAN01 denied proposal P-7F3K2: Not now" in told(entry(voted(yes=False, says="Not now")))


def test_a_kind_of_a_later_version_is_named_and_bookkeeping_is_counted():
    later = entry(e.Asked())._replace(kind="moon_landed")
    text = told(later, entry(e.CaseShown("as done"), 2))
    assert "@U0MEGAN01: moon_landed" in text
    assert "1 internal entry omitted" in text


def test_an_entry_that_holds_no_json_is_told_all_the_same():
    broken = Entry(1, "not a time", "approved", 1, "bot", "C-7F3K2", "{", b"", b"")
    assert "not a time · The bot: approved" in told(broken)


def test_a_long_story_goes_on_in_further_messages():
    entries = [entry(e.Approved(f"P-{n}", "d"), n) for n in range(600)]
    messages = history(entries, "Adele Vance")
    assert len(messages) > 1
    text = told(*entries)
    assert all(f"Proposal P-{n} was approved" in text for n in range(600))


def test_an_intent_is_told_only_while_nothing_says_how_it_ended():
    begun = entry(e.Intended("P-7F3K2", "d", "reset:1", 1, None), 1, "bot")
    other = entry(e.ChangeEnded("P-OTHER", "reset:1", "failed"), 2, "bot")
    ended = entry(e.ChangeEnded("P-7F3K2", "reset:1", "failed"), 3, "bot")
    assert "The bot started" in told(begun, other)
    assert "The bot started" not in told(begun, ended)


def test_a_vote_that_did_not_count_is_told_once():
    refused = entry(e.VoteRefused("P-7F3K2", True, "It was denied."), 1)
    answer = entry(e.NotCounted(proposal="P-7F3K2", says="It was denied."), 2)
    assert told(refused, answer).count("It was denied") == 1
    assert "did not count: It was denied" in told(answer)


def test_that_somebody_was_answered_is_told_where_it_says_what():
    assert "got an answer" not in told(entry(e.Answered(proposal="P-7F3K2")))
    assert "got an answer: compromised" in told(entry(e.Answered(verdict="compromised")))


def test_no_entry_means_no_story():
    assert "The ledger has no entries about this yet." in told()
