"""Undo: the plan that takes changes back, and the ids by which it is known."""

from __future__ import annotations

import pytest

from commands.containment.propose import Policy, needs_of, wants_factor
from commands.errors import PlanRefused
from commands.plans.undo import PUTS_BACK, Undoable, is_undo, undo_id, undo_notes, undo_plan, undone_by
from tests.commands.plans import ADELE, CASE, change

RULE = change("rule", step="disable_inbox_rules")


def test_an_undo_takes_back_what_was_made():
    whole = undo_plan(
        case_id=CASE, tenant="Contoso", subject=ADELE, undoable=[Undoable("P-2ABCD", 1, RULE)], nonce="n"
    )
    (back,) = whole.changes
    assert RULE.undo is not None
    assert (back.do, back.look, back.wants) == (RULE.undo.do, RULE.undo.look, RULE.undo.wants)
    assert back.expects == RULE.wants
    assert back.id == f"restore:P-2ABCD:{RULE.id}"
    assert needs_of(back, Policy()) == 2
    assert not wants_factor(whole, Policy(factor_steps=frozenset({"irreversible"})))


@pytest.mark.parametrize(
    ("step", "warned"),
    [
        ("disable_inbox_rules", True),
        ("disable_transport_rules", True),
        ("remove_forwarding", True),
        ("remove_purview_roles", True),
        ("disable_registered_devices", True),
        ("block_sign_in", False),
        ("restore_contact_data", False),
    ],
)
def test_whoever_undoes_reads_that_what_the_attacker_set_up_comes_back(step, warned):
    """A rule that sends mail to the attacker is enabled by one tick among forty."""
    made = [Undoable("P-2ABCD", 1, change("one", step=step))]
    (back,) = undo_plan(case_id=CASE, tenant="Contoso", subject=ADELE, undoable=made, nonce="n").changes
    assert (PUTS_BACK in back.warns) is warned
    assert undo_notes(made[0].change) == back.warns


def test_of_nothing_there_is_no_undo():
    with pytest.raises(PlanRefused):
        undo_plan(case_id=CASE, tenant="Contoso", subject=ADELE, undoable=[], nonce="n")


def test_an_undo_is_known_by_its_id_and_says_what_it_takes_back():
    name = undo_id("P-2ABCD", "disable_inbox_rules:AAMk:1")
    assert is_undo(name)
    assert undone_by(name) == ("P-2ABCD", "disable_inbox_rules:AAMk:1")
    assert not is_undo("disable_inbox_rules:AAMk:1")
    assert undone_by("disable_inbox_rules:AAMk:1") is None
