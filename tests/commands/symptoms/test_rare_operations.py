"""High-risk operations that are no habit are found; an administrator's routine is not."""

from __future__ import annotations

from typing import Any

import pytest

from commands.symptoms import rare_operations
from graph.audit_log.record import AuditRecord
from tests.commands.evidence import INTRUDER, NESTOR, OFFICE, record
from tests.commands.symptoms.judging import HOTEL, all_signs, broken_in, past, signs


def act(operation: str, *, address: str = HOTEL, **fields: Any) -> AuditRecord:
    return record(operation, owner="", address=address, **fields)


FOUND = [
    ("a way in for mail", [act("New-InboundConnector", object_id="Relay")]),
    ("mailboxes copied", [act("New-MigrationBatch", object_id="Batch 1")]),
    ("twice is no habit", [act("Set-RemoteDomain", hours=-100), act("Set-RemoteDomain")]),
]

NOT_FOUND = [
    ("a habit of weeks", [act("New-MigrationBatch", hours=-24 * day) for day in range(0, 15, 5)]),
    ("the office", [act("New-InboundConnector", address=OFFICE)]),
    ("an attempt that failed", [act("New-InboundConnector", succeeded=False)]),
    ("another administrator", [act("New-InboundConnector", actor=NESTOR)]),
    ("Microsoft's own service", [act("Set-TransportConfig", by_microsoft=True)]),
    ("an everyday cmdlet", [act("Set-MailboxRegionalConfiguration")]),
]


@pytest.mark.parametrize(("why", "did"), FOUND, ids=[row[0] for row in FOUND])
def test_it_finds(why, did):
    assert signs(rare_operations, sign_ins=past(), audit_log=did) == {"rare_operation"}


@pytest.mark.parametrize(("why", "did"), NOT_FOUND, ids=[row[0] for row in NOT_FOUND])
def test_it_leaves_alone(why, did):
    assert signs(rare_operations, sign_ins=past(), audit_log=did) == set()


def test_the_intruder_does_nothing_as_a_habit():
    did = [act("New-InboundConnector", address=INTRUDER)]
    assert signs(rare_operations, sign_ins=broken_in(), audit_log=did) == {"rare_operation_by_intruder"}


def test_routine_at_the_office_is_told_without_weight():
    did = [act("New-InboundConnector", address=OFFICE)]
    assert all_signs(rare_operations, sign_ins=past(), audit_log=did) == {"rare_operation_at_own_place"}
