"""What a card says of the story: a clause too long for it ends where a part or a word of it ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.messages.story import brief, how, sentences
from commands.report import Clause, Point, Story, Tie
from commands.story.doors import Standing

AT = datetime(2026, 9, 9, 12, tzinfo=UTC)
RULE = "The hidden inbox rule without a name sends mail to drop77@mailbox-relay.example"
HIDES = "The inbox rule “..” moves mail into the RSS folder (RSS Subscriptions) and marks it as read"


def card(says: str) -> str:
    lines = brief(Story(certain=True, persistence=(Clause(says), Clause("another " * 20))), ())
    return lines[-1].partition(": ")[2]


@pytest.mark.parametrize(
    ("says", "shown"),
    [
        (RULE, RULE),
        (f"{RULE}, if a message contains the word that anybody writes to them today", RULE),
        (
            f"{HIDES}, if it contains invoice, payment, bank, wire, remittance",
            HIDES,
        ),
        ("word " * 40, " ".join(["word"] * 26) + "…"),
    ],
)
def test_a_long_clause_ends_at_the_end_of_a_part_or_a_word(says, shown):
    begins = f"{shown[:1].lower()}{shown[1:]}"
    assert card(says).replace("[.]", ".") == f"{begins}; 1 more action"


def test_a_card_names_as_many_open_doors_as_a_line_holds_without_their_brackets():
    doors = ("sessions (not revoked since 2026-09-09 12:00 UTC)", "the phone +44", "POP and IMAP", "x" * 60)
    story = Story(certain=True, still_open=tuple(Clause(one, AT) for one in doors))
    assert brief(story, ())[-1] == "*Still open*: sessions; the phone +44; POP and IMAP; 1 more item"
    alone = Story(certain=True, still_open=(Clause(doors[0], AT),))
    assert brief(alone, ())[-1] == f"*Still open*: {doors[0]}"


def test_a_card_says_as_of_when_something_is_open_and_that_all_is_closed():
    doors = (Clause("sessions", AT), Clause("the phone +44", AT))
    story = Story(certain=True, still_open=doors)
    assert [brief(story, (), Standing(doors[left:], left, AT))[-1] for left in range(3)] == [
        "*Still open* (as of 09 Sep 12:00 UTC): sessions; the phone +44",
        "*Still open* (as of 09 Sep 12:00 UTC, 1 remediated): the phone +44",
        "*Remediated*: all that was open (2 items), read back 09 Sep 12:00 UTC",
    ]


def test_a_card_names_what_reappeared_as_of_the_check_and_leads_to_the_recheck():
    doors = (Clause("forwarding to drop@evil.example", AT), Clause("the phone +44", AT))
    story = Story(certain=True, still_open=doors)
    named = "forwarding to drop@evil[.]example; the phone +44"
    for closed, told in ((0, ""), (3, ", 3 remediated")):
        known = f"as of the check, 09 Sep 12:00 UTC{told}; see the recheck above"
        line = brief(story, (), Standing(doors, closed, AT, reappeared=True))[-1]
        assert line == f"*Still open* ({known}): {named}"


def test_the_sentence_of_open_doors_names_eight():
    story = Story(certain=True, still_open=tuple(Clause(f"door {number}", AT) for number in range(10)))
    (said,) = (one for one in sentences(story) if "Still open" in one)
    assert said.endswith("door 7; and 2 more items.")


def test_a_lead_says_what_connects_it():
    story = Story(certain=True, leads=(Clause("lee@contoso.example", why=Tie.SAME_ADDRESS),))
    assert sentences(story)[-1] == "Also check: lee@contoso.example (used from the attacker's IP address)."


@pytest.mark.parametrize(
    ("story", "says"),
    [
        (Story(certain=True, last_seen=(Clause("x", AT),)), "No way back was found open."),
        (
            Story(certain=True, last_seen=(Clause("x", AT),), still_open=(Clause("POP"),)),
            "Still open to them: POP.",
        ),
        (
            Story(
                certain=True,
                last_seen=(Clause("x", AT),),
                unknown=(Clause("whether they are still in (x)", point=Point.STILL_IN),),
            ),
            "12:00 UTC.",
        ),
    ],
)
def test_it_is_said_whether_they_are_still_in(story, says):
    (said,) = (one for one in sentences(replace(story, entry=(Clause("x"),))) if "last seen" in one)
    assert said.endswith(says)


def test_nobody_is_last_seen_where_only_actions_were_found():
    story = Story(certain=False, since=(Clause("x", AT),), last_seen=(Clause("x", AT),))
    said = " ".join((*sentences(story), *brief(story, ())))
    assert "No sign-in by anyone else was seen" in said
    assert "The last action was on 2026-09-09 12:00 UTC." in said
    assert "last seen" not in said


def test_whoever_reads_the_sentences_alone_knows_that_somebody_was_in_the_account():
    assert sentences(Story(certain=False, entry=(Clause("valid credentials"),)))[0].startswith(
        "Someone else may have got into this account with valid credentials"
    )


def test_the_name_of_an_application_is_not_cut_where_the_way_in_is_told_in_short():
    way = Clause("an application that the user consented to: Mail; Sync", shown_by="x")
    assert (
        how(Story(certain=True, entry=(way,))) == "with an application that the user consented to: Mail; Sync"
    )


def test_the_way_in_is_called_probable_once():
    story = Story(certain=True, likely=True, entry=(Clause("a guessed password", likely=True, shown_by="x"),))
    assert how(story) == "probably with a guessed password"
    assert how(story, behind_got=True) == "with a guessed password"
    assert sentences(story)[0] == "Someone else probably got into this account with a guessed password; x."
