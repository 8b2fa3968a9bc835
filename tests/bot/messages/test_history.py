"""The story has a sentence for everything that the ledger notes about a case."""

from __future__ import annotations

import pytest

from bot.messages.history import BOOKKEEPING, SENTENCES, history
from commands.ledger import Entry
from commands.plan import plan_facts
from sandbox.workspace import text as slack_text
from tests.bot.messages import samples

TOLD = (
    "proposed",
    "vote",
    "vote refused",
    "approved",
    "denied",
    "withdrawn",
    "expired",
    "carrying out",
    "stopped",
    "intent",
    "outcome",
    "confirmed",
    "not confirmed",
    "carried out",
    "errand added",
    "errand done",
    "password made",
    "password shown",
    "password forgotten",
    "factor enrolled",
    "checkpoint",
    "watch set",
    "looked again",
    "not answered",
    "not counted",
)


def told(*entries: Entry) -> str:
    messages = history(entries, "Adele Vance")
    return "\n".join(
        line for message in messages for line in slack_text.lines(message.blocks, lambda name: name)
    )


@pytest.mark.parametrize("kind", TOLD)
def test_every_kind_of_entry_about_doing_has_its_own_sentence(kind):
    assert kind in SENTENCES
    assert told(samples.entry(kind, proposal="P-7F3K2")) != told(samples.entry("unheard of"))


def test_the_story_reads_in_its_order_with_times_and_people():
    proposal = samples.small(samples.change(1, text="Disable the inbox rule Money"))
    text = told(
        samples.entry("asked", 1, words="check adele"),
        samples.entry(
            "proposed",
            2,
            proposal="P-7F3K2",
            kind="contain",
            plan=plan_facts(proposal.plan),
            reason="Spam.",
        ),
        samples.entry("vote", 3, "U0ALEX002", proposal="P-7F3K2", yes=True, factor=True),
        samples.entry("vote refused", 4, proposal="P-7F3K2", yes=True, why="You have answered already."),
        samples.entry("intent", 5, actor="bot", change="disable_inbox_rules:1"),
        samples.entry(
            "outcome", 6, actor="bot", change="disable_inbox_rules:1", outcome="failed", says="It is gone."
        ),
        samples.entry("errand added", 7, actor="bot", number=2, errand="harden:0", says="Scan the computer"),
        samples.entry("errand done", 8, number=2, errand="harden:0", note="clean"),
        samples.entry("password shown", 9, proposal="P-7F3K2", shown=False),
        samples.entry("looked again", 10, actor="bot", says="All 7 are closed.", raised=True),
    )
    parts = (
        "2026-03-02 09:31 UTC · @U0MEGAN01 asked: check adele",
        "@U0MEGAN01 proposed taking the account back, proposal P-7F3K2 (1 change): Spam",
        "@U0ALEX002 approved proposal P-7F3K2 with a code",
        "@U0MEGAN01 may not decide about proposal P-7F3K2: You have answered already",
        "“Disable the inbox rule Money”: failed: It is gone",
        "Errand 2 “Scan the computer” was added for people",
        "@U0MEGAN01 ticked off errand 2 “Scan the computer”: clean",
        "@U0MEGAN01 asked for the new password of proposal P-7F3K2, which was gone",
        "Something came back. The bot looked again: All 7 are closed.",
        "entries 1 to 10",
    )
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


def test_a_no_is_told_as_one():
    assert "@U0MEGAN01 denied proposal P-7F3K2: Not now" in told(
        samples.entry("vote", 1, proposal="P-7F3K2", yes=False, says="Not now")
    )


def test_an_unknown_kind_is_named_and_bookkeeping_is_counted():
    text = told(samples.entry("moon landed", 1, why="It was full"), samples.entry("card posted", 2))
    assert "@U0MEGAN01: moon landed: It was full" in text
    assert "1 entry of bookkeeping left out" in text
    assert not BOOKKEEPING & SENTENCES.keys()


def test_an_entry_that_holds_no_json_is_told_all_the_same():
    broken = Entry(1, "not a time", "approved", "bot", "C-7F3K2", "{", b"", b"")
    assert "not a time · A proposal was approved" in told(broken)


def test_a_long_story_goes_on_in_further_messages():
    entries = [samples.entry("approved", n, proposal=f"P-{n}") for n in range(600)]
    messages = history(entries, "Adele Vance")
    assert len(messages) > 1
    text = told(*entries)
    assert all(f"Proposal P-{n} was approved" in text for n in range(600))


def test_an_intent_is_told_only_while_nothing_says_how_it_ended():
    begun = samples.entry("intent", 1, actor="bot", proposal="P-7F3K2", change="reset:1")
    other = samples.entry("outcome", 2, actor="bot", proposal="P-OTHER", change="reset:1", outcome="failed")
    ended = samples.entry("outcome", 3, actor="bot", proposal="P-7F3K2", change="reset:1", outcome="failed")
    assert "about to do" in told(begun, other)
    assert "about to do" not in told(begun, ended)


def test_a_vote_that_did_not_count_is_told_once():
    refused = samples.entry("vote refused", 1, proposal="P-7F3K2", why="It was denied.")
    answer = samples.entry("not counted", 2, proposal="P-7F3K2", says="It was denied.")
    assert told(refused, answer).count("It was denied") == 1
    assert "did not count: It was denied" in told(answer)


def test_that_somebody_was_answered_is_told_where_it_says_what():
    assert "was answered" not in told(samples.entry("answered", 1, proposal="P-7F3K2"))
    assert "was answered: compromised" in told(samples.entry("answered", 1, verdict="compromised"))


def test_no_entry_means_no_story():
    assert "The ledger tells nothing about it yet." in told()
