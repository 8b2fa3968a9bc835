"""What was done from an address that tells whose it is: grave changes, and passwords tried on others."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from commands.usual.domains import internal_domains, is_outside
from commands.usual.folders import hiding_of_name
from commands.usual.places import (
    spot_of,
)
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence, remembered
from graph.resources.sign_ins import SignIn

ONE_DEED: Final = timedelta(minutes=2)
"""How far apart two services may record one deed."""


EXCHANGE: Final = timedelta(hours=1)
"""How far apart the second factor is taken from one telephone and given to another, as one deed."""


SHARED_DAYS: Final = 3
"""Days on which colleagues opened a mailbox that then counts as theirs; few records alike are read."""

_OPENING: Final = frozenset({"MailItemsAccessed", "SendAs", "SendOnBehalf", "FolderBind"})

REGISTERED: Final = frozenset({"User registered security info", "User changed default security info"})
"""What gives an account another way to sign in. Source: Entra, "Audit activity reference"."""

_OF_AN_EXCHANGE: Final = REGISTERED | {"User deleted security info"}

METHOD_MADE: Final = "a sign-in method was registered"
CONSENT_GIVEN: Final = "consent was granted to an application"

ACCESS_KINDS: Final = frozenset({METHOD_MADE, CONSENT_GIVEN})
"""Kinds of change that everybody makes who gets a new phone."""


def grave_changes(evidence: Evidence) -> dict[str, dict[str, frozenset[str]]]:
    """Give the grave changes that the account made in the window: by spot, by kind, the ids of their records.

    The records are those of the change and all that the account left at the same spot within `ONE_DEED` of
    it: Entra and Exchange often record one deed under two names. Whoever exchanges a second factor registers
    the new one and deletes the old one, which is one deed as well.
    """
    domains = internal_domains(evidence)
    mine: dict[str, list[AuditRecord]] = defaultdict(list)
    for record in evidence.records():
        nowhere = not record.address or record.microsoft_address
        if record.by_microsoft or record.succeeded is False or nowhere:  # a refused consent lets nobody in
            continue
        if evidence.subject.is_meant_by(record.actor):
            mine[spot_of(record.address)].append(record)
    found: dict[str, dict[str, frozenset[str]]] = {}
    for spot, records in mine.items():
        times: dict[str, list[datetime]] = defaultdict(list)
        for record in records:
            if kind := _grave_kind(record, domains):
                times[kind].append(record.at)
        if times:
            found[spot] = {kind: _near(records, sorted(at), ONE_DEED) for kind, at in times.items()}
        if made := sorted(times[METHOD_MADE]):
            exchanged = [record for record in records if record.operation in _OF_AN_EXCHANGE]
            found[spot][METHOD_MADE] |= _near(exchanged, made, EXCHANGE)
    return found


@remembered
def methods_made(evidence: Evidence) -> dict[str, datetime]:
    """Give when the account first registered a sign-in method in the window, by spot."""
    found: dict[str, datetime] = {}
    for record in evidence.records():
        if record.operation not in REGISTERED or record.by_microsoft or record.succeeded is False:
            continue
        if not record.address or record.microsoft_address:
            continue
        if evidence.subject.is_meant_by(record.actor):
            spot = spot_of(record.address)
            found[spot] = min(record.at, found.get(spot, record.at))
    return found


def _near(records: Iterable[AuditRecord], times: Sequence[datetime], span: timedelta) -> frozenset[str]:
    near = set()
    for record in records:
        after = bisect_left(times, record.at - span)
        if after < len(times) and times[after] <= record.at + span:
            near.add(record.id)
    return frozenset(near)


def _grave_kind(record: AuditRecord, domains: frozenset[str]) -> str:
    given = record.parameters
    if record.operation in {"New-InboxRule", "Set-InboxRule", "UpdateInboxRules"}:
        targets = ";".join(
            (
                *(given.get(name, "") for name in ("ForwardTo", "ForwardAsAttachmentTo", "RedirectTo")),
                record.details.get("RuleActions", ""),
            )
        )
        if is_outside(targets, domains) or given.get("DeleteMessage", "").casefold() == "true":
            return "an inbox rule that forwards or deletes mail was created"
        into = (given.get(name, "") for name in ("MoveToFolder", "CopyToFolder"))
        if any(target and hiding_of_name(target).is_unused for target in into):
            return "an inbox rule that hides mail was created"
    if record.operation == "Set-Mailbox" and is_outside(given.get("ForwardingSmtpAddress", ""), domains):
        return "external mail forwarding was set"
    if record.operation in REGISTERED:
        return METHOD_MADE
    if record.operation == "Consent to application":
        return CONSENT_GIVEN
    return ""


def opened_by_others(evidence: Evidence, sign_ins: Sequence[SignIn]) -> datetime | None:
    """Give when colleagues had opened a mailbox on `SHARED_DAYS` days and its own account had not got in yet.

    A shared mailbox has an account of its own, which nobody is meant to sign in to. None where it is no such
    mailbox. Source: Microsoft Learn, "About shared mailboxes" (block sign-in for the shared mailbox account).
    """
    first = min((one.created_date_time for one in sign_ins if one.succeeded), default=None)
    days: dict[date, datetime] = {}
    if first is None:
        return None
    for record in evidence.records():
        if record.at >= first:
            break
        if record.by_microsoft or record.succeeded is False:
            continue
        if evidence.subject.is_meant_by(record.actor):
            return None
        if record.operation in _OPENING and evidence.subject.is_meant_by(record.owner):
            days[record.at.date()] = max(record.at, days.get(record.at.date(), record.at))
    return max(days.values()) if len(days) >= SHARED_DAYS else None


def victims_of(evidence: Evidence) -> dict[str, set[str]]:
    """Give the accounts, other than the subject, whose passwords were tried from each spot."""
    found: dict[str, set[str]] = defaultdict(set)
    for record in evidence.audit_log.seen(()):
        if (
            record.operation == "UserLoginFailed"
            and record.address
            and not evidence.subject.is_meant_by(record.actor)
        ):
            found[spot_of(record.address)].add(record.actor)
    return found
