"""How many more there were: everyday records of an export are counted, and only some of them are read.

A sentence that gives a number adds what was only counted, so that no sample passes for the whole. Where a
number cannot be told apart that way, it says "at least".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence, Unavailable
from graph.resources.sign_ins import SignIn


def further(evidence: Evidence, operations: Collection[str], addresses: Collection[str]) -> int:
    """Count the records of some operations, in lower case, from some addresses that were not read."""
    return sum(
        count
        for one, count in evidence.left_out
        if one.operation.casefold() in operations and one.address in addresses
    )


def further_like(evidence: Evidence, records: Iterable[AuditRecord]) -> int:
    """Count the records not read that share operation, account, owner and address with some that were."""
    if not evidence.left_out:
        return 0
    alike = {(record.operation, record.owner, record.address or "") for record in records}
    return sum(
        count
        for one, count in evidence.left_out
        if (one.operation, one.owner, one.address) in alike
        or (not one.owner and any((one.operation, one.address) == (each[0], each[2]) for each in alike))
    )


def further_sign_ins(evidence: Evidence, sign_ins: Iterable[SignIn]) -> int:
    """Count the sign-ins not read that share day, address and error with some that were.

    None where there is a sign-in log, of which every sign-in is read: the audit log repeats them.
    """
    logs = (evidence.sign_ins, evidence.sign_ins_non_interactive)
    if not evidence.left_out or not all(isinstance(one, Unavailable) for one in logs):
        return 0
    alike = {
        (
            "UserLoggedIn" if one.succeeded else "UserLoginFailed",
            one.ip_address,
            "" if one.succeeded else str(one.status.error_code),
            f"{one.created_date_time:%Y-%m-%d}",
        )
        for one in sign_ins
    }
    return sum(
        count for one, count in evidence.left_out if (one.operation, one.address, one.error, one.day) in alike
    )


def messages_in(records: Iterable[AuditRecord]) -> int:
    """Count different messages; a record that lists none tells of as many as it says, or of one."""
    named: set[str] = set()
    counted = 0
    for record in records:
        keys = {key for item in record.items if (key := item.internet_message_id or item.id)}
        named |= keys
        count = record.details.get("OperationCount", "")
        counted += 0 if keys else int(count) if count.isdigit() else max(len(record.items), 1)
    return len(named) + counted
