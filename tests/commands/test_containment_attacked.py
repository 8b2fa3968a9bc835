"""Whoever holds an account, or the ledger's file, gets no more done than people approved."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.verbs.registry import without_code
from commands.containment.one_time_password import secret_name
from commands.containment.proposals import Outcome, Proposals
from commands.errors import KeyUnusable, LedgerTampered
from commands.identity import Identity
from commands.ledger import Ledger
from commands.ledger.entries import CheckStarted, Rechecked
from commands.ledger.verify import verify_ledger
from commands.plans.plan import same
from commands.rechecks import schedule as rechecks
from commands.signing_key import SigningKey
from graph.question import Window
from tests.commands.plans import ADELE, CASE, NOW, approved, change, opened, plan, proposed


@pytest.fixture
def ledger(tmp_path: Path):
    with closing(Ledger(tmp_path / "ledger.db", lambda: NOW)) as book:
        opened(book)
        yield book


def behind_its_back(ledger: Ledger, sql: str) -> None:
    """Do to a table what another program can."""
    with sqlite3.connect(ledger.path) as file:
        file.execute(sql)
    file.close()


def judged(ledger: Ledger, case_id: str, verdict: str, span: timedelta) -> None:
    with ledger.writing() as writing:
        writing.open_case(
            case_id,
            tenant="Contoso",
            subject=replace(ADELE, id="other"),
            window=Window(NOW - span, NOW),
            channel="C0INCIDENT",
            asked_by="U0MEGAN",
        )
        writing.finish(case_id, verdict=verdict, report="{}")


def test_half_a_character_in_the_tenant_does_not_keep_a_plan_from_its_end(ledger):
    """Whoever owns the mailbox writes it into a rule, and what is said of the change quotes it."""
    proposals = Proposals(ledger)
    made = approved(proposals, proposed(proposals))
    proposals.start(made.id)
    ended = proposals.ended(made.id, change().id, Outcome.CHANGED, 'Now it is name "\ud800".')
    assert ended.says == 'Now it is name "?".'
    proposals.finish(made.id)
    assert proposals.proven(made.id)
    assert same({"name": "a\ud800"}, {"name": "a?"})


def test_a_sealed_password_opens_for_its_own_change_only(tmp_path):
    keys = SigningKey.load_or_make(tmp_path / "compromise.key")
    sealed = keys.seal(b"secret", secret_name("P-2ABCD", "reset_password:password"))
    with pytest.raises(KeyUnusable):
        keys.open(sealed, secret_name("P-3BCDE", "reset_password:password"))


def test_a_question_that_was_put_into_the_file_is_known_as_such(ledger):
    with ledger.writing() as writing:
        writing.ask("r1", "U0MEGAN", "C0INCIDENT", "check adele \ud800")
        writing.ask("r2", "U0MEGAN", "C0INCIDENT", "check adele")
        writing.answer("r2", CheckStarted(), "U0MEGAN", CASE)
    verify_ledger(ledger.path)
    behind_its_back(ledger, "UPDATE requests SET answered = 0")
    behind_its_back(
        ledger,
        f"INSERT INTO requests VALUES ('r3', 9, '{NOW.isoformat()}', 'U0ALEX', 'C0INCIDENT',"  # noqa: S608 - a time of ours
        " 'approve P-2ABCD', 0, '')",
    )
    known = {request.id: ledger.was_asked(request) for request in ledger.unanswered_requests()}
    assert known == {"r1": True, "r2": False, "r3": False}
    with pytest.raises(LedgerTampered, match="request"):
        verify_ledger(ledger.path)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE contents SET content = x'00'",
        "UPDATE cases SET subject = replace(subject, 'av@', 'xx@')",
    ],
)
def test_nothing_is_proposed_from_a_case_that_was_changed(ledger, sql):
    with ledger.writing() as writing:
        writing.finish(CASE, verdict="compromised", report="{}", offer='["b"]')
    ledger.demand_as_noted(ledger.case(CASE))
    behind_its_back(ledger, sql)
    with pytest.raises(LedgerTampered):
        ledger.demand_as_noted(ledger.case(CASE))


def test_a_look_at_a_few_minutes_does_not_acquit_an_account(ledger):
    person = Identity.of(addresses=("av@contoso.example",))
    judged(ledger, "C-3BCDE", "compromised", timedelta(days=14))
    judged(ledger, "C-4CDEF", "no-sign-found", timedelta(minutes=5))
    assert ledger.case_against(person).id == "C-3BCDE"
    judged(ledger, "C-5DEFG", "no-sign-found", timedelta(days=14))
    assert ledger.case_against(person) is None


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE actions SET undone = 1",
        "UPDATE actions SET saw = 'null'",
        "UPDATE proposals SET account = 'Contoso/else'",
        "UPDATE watches SET done = 1",
        "UPDATE watches SET due = '2027'",
        "DELETE FROM watches",
    ],
)
def test_a_changed_row_of_what_follows_a_proposal_is_found(ledger, sql):
    proposals = Proposals(ledger)
    made = approved(proposals, proposed(proposals, plan()))
    proposals.start(made.id)
    proposals.intend(made.id, change().id, {"accountEnabled": True})
    proposals.ended(made.id, change().id, Outcome.CONFIRMED)
    proposals.finish(made.id)
    rechecks.set_rechecks(proposals.ledger, CASE, [timedelta(hours=1), timedelta(hours=24)])
    rechecks.note_recheck(proposals.ledger, CASE, Rechecked(1))
    verify_ledger(ledger.path)
    behind_its_back(ledger, sql)
    with pytest.raises(LedgerTampered):
        verify_ledger(ledger.path)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("approve P-2ABCD 123456", "approve P-2ABCD [code]"),
        ("Approve P-2ABCD 3fa9c1d2 123 456", "Approve P-2ABCD 3fa9c1d2 [code]"),
        ("123456", "[code]"),
        ("aprove P-2ABCD 123456", "aprove P-2ABCD [code]"),
        ("approve P-23456 12345678", "approve P-23456 12345678"),
        ("deny P-2ABCD because of ticket 123456", "deny P-2ABCD because of ticket 123456"),
        ("", ""),
    ],
)
def test_a_code_that_was_typed_is_written_nowhere(typed, kept):
    assert without_code(typed) == kept
