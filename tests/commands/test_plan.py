"""The state of a thing is read as Microsoft means it."""

from __future__ import annotations

from commands.plans.plan import Look, same, state_of
from graph.request import Cmdlet

ASK = Cmdlet("Get-MailboxPermission", {"Identity": "adele@contoso.example"})


def test_rights_that_exchange_joins_are_taken_apart():
    rows = [{"User": "bob", "AccessRights": ["FullAccess, ReadPermission"]}]
    look = Look(ask=ASK, where={"User": "bob", "AccessRights": "ReadPermission"}, fields=("AccessRights",))
    state = state_of(look, rows)
    assert same(state, {"AccessRights": ["ReadPermission", "FullAccess"]})
    assert not same(state, {"AccessRights": ["FullAccess"]})


def test_no_other_text_is_taken_apart():
    look = Look(ask=ASK, fields=("SubjectContainsWords",))
    state = state_of(look, [{"SubjectContainsWords": ["invoice, wire"]}])
    assert same(state, {"SubjectContainsWords": ["invoice, wire"]})
    assert not same(state, {"SubjectContainsWords": ["invoice", "wire"]})
