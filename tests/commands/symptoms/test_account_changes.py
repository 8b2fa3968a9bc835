"""Accounts made, invited and deleted are found; an administrator's work at the office weighs nothing."""

from __future__ import annotations

from typing import Any

import pytest

from commands.symptoms import account_changes
from graph.audit_log.record import AuditRecord
from tests.commands.evidence import INTRUDER, NESTOR, OFFICE, record
from tests.commands.symptoms.judging import HOTEL, all_signs, broken_in, findings, past, signs


def act(
    operation: str, *, address: str = HOTEL, owner: str = "helpdesk2@contoso.example", **fields: Any
) -> AuditRecord:
    """What Adele's account did in a hotel."""
    return record(operation, owner=owner, address=address, **fields)


TO_MEMBER = {"UserType": ("Guest", "Member")}

FOUND = [
    ("an account", "account_made", [act("Add user")]),
    ("a guest", "guest_invited", [act("Invite external user")]),
    ("a guest who became a member", "guest_made_member", [act("Update user", changes=TO_MEMBER)]),
    (
        "an account that lived for an hour",
        "account_made_and_deleted",
        [act("Add user", hours=-2), act("Delete user", hours=-1)],
    ),
    (
        "ten accounts deleted in an hour",
        "accounts_deleted",
        [act("Delete user", owner=f"user{n}@contoso.example", hours=n / 100) for n in range(10)],
    ),
]

BY_INTRUDER = [
    ("an account", "account_made_by_intruder", "Add user"),
    ("a guest", "account_made_by_intruder", "Invite external user"),
    ("one account deleted", "accounts_deleted_by_intruder", "Delete user"),
]

NOT_FOUND = [
    ("new people, at the office", [act("Add user", address=OFFICE)]),
    ("a guest invited at the office", [act("Invite external user", address=OFFICE)]),
    ("some who left", [act("Delete user", owner=f"user{n}@contoso.example") for n in range(9)]),
    ("a member who stays one", [act("Update user", changes={"UserType": ("Member", "Member")})]),
    ("a member who became a guest", [act("Update user", changes={"UserType": ("Member", "Guest")})]),
    ("an attempt that failed", [act("Add user", succeeded=False)]),
    ("another administrator", [act("Add user", actor=NESTOR)]),
    ("a directory sync", [act("Add user", actor="Sync_DC1_0a1b2c3d@contoso.example")]),
]


@pytest.mark.parametrize(("why", "sign", "done"), FOUND, ids=[row[0] for row in FOUND])
def test_it_finds(why, sign, done):
    assert signs(account_changes, sign_ins=past(), audit_log=done) == {sign}


@pytest.mark.parametrize(("why", "sign", "operation"), BY_INTRUDER, ids=[row[0] for row in BY_INTRUDER])
def test_the_same_by_the_intruder_weighs_more(why, sign, operation):
    done = [act(operation, address=INTRUDER)]
    assert signs(account_changes, sign_ins=broken_in(), audit_log=done) == {sign}


@pytest.mark.parametrize(("why", "done"), NOT_FOUND, ids=[row[0] for row in NOT_FOUND])
def test_it_leaves_alone(why, done):
    assert signs(account_changes, sign_ins=past(), audit_log=done) == set()


def test_work_at_the_office_is_told_without_weight():
    done = [act("Add user", address=OFFICE)]
    assert all_signs(account_changes, sign_ins=past(), audit_log=done) == {"account_work_at_own_place"}


def test_deleted_accounts_are_counted_in_full():
    done = [act("Delete user", owner=f"user{n}@contoso.example", hours=n / 100) for n in range(12)]
    (finding,) = findings(account_changes, sign_ins=past(), audit_log=done)
    assert finding.records == tuple(one.id for one in done)
    assert finding.summary.startswith("12 accounts were deleted (user0@contoso.example, ")
