"""By what people are known, whether two are one, and what the ledger remembers of them."""

from __future__ import annotations

from contextlib import closing

import pytest

from commands.identity import NOBODY, Identity, owner_of
from commands.ledger import BOT, Ledger
from commands.ledger import entries as e
from commands.ledger.people import Named, named_people, named_person
from graph.question import Subject
from tests.commands.plans import NOW, Clock

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
