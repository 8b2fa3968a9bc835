"""By what people are known, whether two are one, and what the ledger remembers of them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from commands.errors import LedgerTampered
from commands.identity import NOBODY, Identity, owner_of, verified_of
from commands.ledger import BOT, Ledger
from commands.ledger import entries as e
from commands.ledger.people import Named, named_people, named_person
from graph.question import Subject, Window
from tests.commands.plans import ADELE, NOW, Clock

ALEX = Identity.of(("U0ALEX",), ("ID-ALEX",), ("Alex@contoso.example",))


def test_an_identity_leaves_out_what_is_empty_and_compares_without_case():
    assert Identity.of(("U0ALEX", ""), ("ID-ALEX", ""), ("Alex@Contoso.example", "")) == Identity(
        frozenset({"U0ALEX"}), frozenset({"id-alex"}), frozenset({"alex@contoso.example"})
    )
    assert Identity.of() == NOBODY


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (Identity.of(("U0ALEX",), ("id-other",), ("other@contoso.example",)), True),
        (Identity.of(("U0OTHER",), ("id-alex",), ("other@contoso.example",)), True),
        (Identity.of(("U0OTHER",), ("id-other",), ("alex@contoso.example",)), True),
        (Identity.of(("U0OTHER",), ("id-other",), ("other@contoso.example",)), False),
        (Identity.of(("id-alex",), ("alex@contoso.example",), ("U0ALEX",)), False),
        (NOBODY, False),
    ],
)
def test_one_thing_in_common_is_one_person(other, same):
    assert ALEX.is_same(other) is same
    assert other.is_same(ALEX) is same


def test_nobody_is_not_even_nobody_else():
    assert not NOBODY.is_same(NOBODY)


def test_what_is_known_of_one_person_is_put_together():
    other = Identity.of(("U0ALEX2",), ("id-alex2",), ("awilber@contoso.example",))
    both = Identity.of(
        ("U0ALEX", "U0ALEX2"), ("id-alex", "id-alex2"), ("alex@contoso.example", "awilber@contoso.example")
    )
    assert ALEX | other == both
    assert other | ALEX == both


def test_the_owner_of_an_account_is_known_by_all_its_names():
    subject = Subject("id-a", "adele@contoso.example", "a.vance@contoso.example", ("av@fabrikam.example",))
    addresses = ("adele@contoso.example", "a.vance@contoso.example", "av@fabrikam.example")
    assert owner_of(subject) == Identity.of((), ("id-a",), addresses)
    assert owner_of(subject, ("U0ADELE",)) == Identity.of(("U0ADELE",), ("id-a",), addresses)


def test_the_ledger_remembers_by_what_somebody_was_known(tmp_path):
    with closing(Ledger(tmp_path / "ledger.db", Clock())) as ledger:
        assert named_person(ledger, "U0ALEX") is None
        assert named_people(ledger) == ()
        ledger.append(
            e.PersonNamed("U0LIDIA", "lidia@contoso.example", "id-lidia", ("lh@contoso.example",)), BOT
        )
        ledger.append(
            e.PersonNamed("U0ALEX", "alex@contoso.example", "id-alex", ("alex@contoso.example",)), BOT
        )
        lidia = Named(
            user="U0LIDIA",
            email="lidia@contoso.example",
            object_id="id-lidia",
            earlier=Identity.of(("U0LIDIA",), ("id-lidia",), ("lidia@contoso.example", "lh@contoso.example")),
            named_at=NOW,
            changed=False,
        )
        alex = Named("U0ALEX", "alex@contoso.example", "id-alex", ALEX, NOW, changed=False)
        assert named_people(ledger) == (alex, lidia)
        assert (named_person(ledger, "U0LIDIA"), named_person(ledger, "U0ALEX")) == (lidia, alex)
        ledger.append(e.PersonChanged("U0ALEX", "grady@contoso.example", "id-grady"), BOT)
        seen = named_person(ledger, "U0ALEX")
        assert seen is not None
        assert (seen.email, seen.object_id, seen.changed) == ("alex@contoso.example", "id-alex", True)


# --- an account that was deleted and made again -------------------------------------------------------------


def opened(ledger: Ledger, case_id: str, subject: Subject, *users: str, verified: Identity = NOBODY) -> None:
    with ledger.writing() as writing:
        window = Window(NOW, NOW)
        writing.open_case(
            case_id,
            tenant="Contoso",
            subject=subject,
            window=window,
            channel="C0INCIDENT",
            asked_by="U0MEGAN",
            owners=users,
            verified=verified,
        )


AGAIN = replace(ADELE, id="00000000-0000-0000-0000-00000000a6a1")
"""Adele's account, made again: another object with her addresses."""
RENAMED = Subject("id-3", "adele.new@contoso.example", "av@contoso.example", ("av@contoso.example",))
"""Made once more, of which only the alias is as it was."""
SINCE = Subject("id-4", "adele.new@contoso.example", "adele.new@contoso.example", ())
"""And once more: it shares nothing with the first, but the name with the one before."""


@pytest.mark.parametrize("present", [ADELE, AGAIN, RENAMED, SINCE])
def test_whoever_owned_an_account_owns_it_made_again(tmp_path, present):
    """A Slack account bound to any of them, and an address of any of them, is the owner's for all of them."""
    with closing(Ledger(tmp_path / "ledger.db", Clock())) as ledger:
        opened(ledger, "C-1", ADELE, "U0ADELE")
        opened(ledger, "C-2", AGAIN)
        opened(ledger, "C-3", RENAMED)
        owner = ledger.owner(present, "Contoso")
        assert owner.is_same(Identity.of(("U0ADELE",)))
        assert owner.is_same(Identity.of((), (ADELE.id,)))
        assert owner.is_same(Identity.of((), (), ("adele.vance@contoso.example",)))
        assert not owner.is_same(Identity.of(("U0DIEGO",), ("id-diego",), ("diego@contoso.example",)))


def test_an_account_that_shares_no_address_is_somebody_elses(tmp_path):
    # Its address ends as Adele's alias does.
    other = Subject("id-jav", "jav@contoso.example", "jav@contoso.example", ())
    with closing(Ledger(tmp_path / "ledger.db", Clock())) as ledger:
        opened(ledger, "C-1", ADELE, "U0ADELE")
        opened(ledger, "C-2", other, "U0JAV")
        assert ledger.owner(other, "Contoso") == owner_of(other, ("U0JAV",))
        assert ledger.owner(ADELE, "Contoso") == owner_of(ADELE, ("U0ADELE",))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("DELETE FROM cases WHERE id = 'C-1'", "missing row C-1"),
        ("UPDATE cases SET owners = '[]' WHERE id = 'C-1'", "different owners in row C-1"),
        ("UPDATE cases SET subject = '{}' WHERE id = 'C-1'", "different subject in row C-1"),
    ],
)
def test_a_case_about_the_earlier_account_that_is_changed_is_noticed(tmp_path, change, says):
    path = tmp_path / "ledger.db"
    with closing(Ledger(path, Clock())) as ledger:
        opened(ledger, "C-1", ADELE, "U0ADELE")
        with closing(sqlite3.connect(path)) as file:
            file.execute(change)
            file.commit()
        with pytest.raises(LedgerTampered, match=says):
            ledger.owner(AGAIN, "Contoso")


def test_what_a_tenant_answers_for_is_read_from_the_row_of_a_case():
    row = {"subject_id": "ID-1", "owners_verified": '{"addresses": ["a@contoso.example"], "users": ["U0A"]}'}
    assert verified_of(row) == Identity.of(["U0A"], ["id-1"], ["a@contoso.example"])
    assert verified_of(row | {"owners_verified": ""}) is None


def test_a_case_of_another_tenant_counts_by_what_that_tenant_answers_for(tmp_path):
    """By the object id, by the verified addresses and by the Slack accounts found under these."""
    mine = Identity.of(["U0ADELE"], [], ["adele.vance@contoso.example"])
    with closing(Ledger(tmp_path / "ledger.db", Clock())) as ledger:
        opened(ledger, "C-1", ADELE, "U0ADELE", "U0AV", verified=mine)
        case = ledger.case("C-1")
        assert case.verified == mine | Identity.of(objects=[ADELE.id])
        assert ledger.owner_in(case, "Contoso") == owner_of(ADELE, ("U0ADELE", "U0AV"))
        assert ledger.owner_in(case, "Fabrikam") == ledger.owner_in(case, None) == case.verified
        other = Subject("id-9", "av@contoso.example", "av@contoso.example", ())
        assert ledger.owner(other, "Fabrikam") == owner_of(other)
        assert ledger.owner(replace(other, id=ADELE.id), "Fabrikam").is_same(mine)
