"""The card of a hunt says what was searched for and whom it found, and nothing that tells people nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.messages.hunt_card import hunt_card, line
from commands.hunts.hunt import Found, Touched
from commands.ledger.hunts import Hunt, HuntState
from graph.hunting import Term, TermKind
from graph.question import Window
from sandbox.workspace import text as slack_text

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SESSIONS = tuple(
    Term(TermKind.SESSION, f"113aecb7-1097-4464-a273-2ac03cbf42a{number}") for number in range(2)
)
ADDRESS = Term(TermKind.ADDRESS, "203.0.113.77")


@pytest.mark.parametrize(
    ("terms", "case", "says"),
    [
        ((*SESSIONS, ADDRESS), "C-7F3K2", "Searched for address 203.0.113[.]77, 2 session IDs"),
        (SESSIONS[:1], "C-7F3K2", f"Searched for session {SESSIONS[0].value}"),
        ((ADDRESS, SESSIONS[0]), "", f"address 203.0.113[.]77, session {SESSIONS[0].value}"),
    ],
    ids=["counted", "nothing else", "typed"],
)
def test_ids_that_a_case_gave_are_counted_and_what_people_typed_is_named(terms, case, says):
    span = Window(NOW - timedelta(days=14), NOW)
    hunt = Hunt(
        "H-7F3K2",
        "pivot",
        "Contoso",
        terms,
        span,
        "C0",
        "1.1",
        case,
        HuntState.DONE,
        "U0MEGAN01",
        NOW,
        NOW,
        "",
        "",
        shown=True,
    )
    card = hunt_card(hunt, (), found=Found((), ()))
    assert says in "\n".join(slack_text.lines(card.blocks, lambda name: name))


def test_an_account_without_records_of_its_own_has_none_counted():
    told = line(Touched("adele@contoso.example", ("The rule Money hides mail", "Mail is forwarded")), ())
    assert "record" not in told
    assert told.endswith("\nThe rule Money hides mail; mail is forwarded")
