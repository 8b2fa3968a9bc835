"""Accounts that this account created, invited or deleted.

An account that an attacker created survives a password reset. Source: Microsoft Entra, "Audit activity
reference" (Add user, Invite external user, Delete user, Update user); detections D59, D60 and D62 of the
public rules.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from commands.clues.actions import AUDITS, changed, graded, once
from commands.clues.records import by_service, by_subject, changing, found, listed, named, whence
from commands.report import Finding, Sign, weighed
from commands.sentence import WAS, Piece, ending, sentence, thing
from commands.usual import Usual
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence

TITLE = "Accounts created, invited or deleted"
SOURCE = "additional indicator"
NEEDS: Final = (("audit_log", "directory_audits_by_user"),)
HELPS: Final = tuple(source for source in AUDITS[1:] if source != "directory_audits_by_user")

BY_INTRUDER = weighed("account_made_by_intruder")
DELETED_BY_INTRUDER = weighed("accounts_deleted_by_intruder")
SHORT_LIVED = weighed("account_made_and_deleted")
MADE = weighed("account_made")
INVITED = weighed("guest_invited")
PROMOTED = weighed("guest_made_member")
WORK = weighed("account_work_at_own_place")
DELETED = weighed("accounts_deleted")
SIGNS: Final = (BY_INTRUDER, DELETED_BY_INTRUDER, SHORT_LIVED, MADE, INVITED, PROMOTED, DELETED, WORK)

MANY: Final = 10
"""So many deleted accounts within an hour are told together."""

SOON: Final = timedelta(days=1)
"""An account that lives no longer than this has been made for something else than work."""

_MADE: Final = {"add user": MADE, "invite external user": INVITED}
_THE_ACCOUNT: Final = Piece("The account ", many="The accounts ")
_THE_GUEST: Final = Piece("The guest ", many="The guests ")
_SAYS: Final = {
    MADE: (_THE_ACCOUNT, " created"),
    INVITED: (_THE_GUEST, " invited"),
    PROMOTED: (_THE_GUEST, " converted to a member"),
}
"""What was done with whom."""


def detect(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Yield what this account did to other accounts in the window."""
    own = [
        record
        for record in changing(evidence)
        if by_subject(record, evidence.subject) and not by_service(record)
    ]
    yield from once(_made(own, usual))
    yield from _deleted(own, usual)


def _made(own: list[AuditRecord], usual: Usual) -> Iterator[Finding]:
    gone = {_name(record): record for record in own if record.operation.casefold() == "delete user"}
    for record in own:
        plain = _plain(record)
        if plain is None:
            continue
        name = _name(record)
        later = gone.get(name)
        if plain is MADE and later is not None and timedelta() <= later.at - record.at <= SOON:
            sign = graded(record, usual, suspect=BY_INTRUDER, plain=SHORT_LIVED)
            says = sentence(_THE_ACCOUNT, thing(name), WAS, " created and deleted within a day")
            yield found(
                "account_changes",
                sign,
                (*says, whence(record, usual)),
                record,
                after=name,
                records=[later.id],
                act=SHORT_LIVED.id,
            )
            continue
        sign = graded(record, usual, suspect=BY_INTRUDER, plain=plain, familiar=WORK)
        noun, done = _SAYS[plain]
        says = sentence(noun, thing(name), WAS, done, whence(record, usual))
        yield found("account_changes", sign, says, record, after=name, act=plain.id)


def _plain(record: AuditRecord) -> Sign | None:
    operation = record.operation.casefold()
    if operation == "update user":
        old, new = changed(record, "UserType")
        return PROMOTED if "guest" in old.casefold() and "member" in new.casefold() else None
    return _MADE.get(operation)


def _deleted(own: list[AuditRecord], usual: Usual) -> Iterator[Finding]:
    hours: dict[str, list[AuditRecord]] = defaultdict(list)
    for record in own:
        if record.operation.casefold() == "delete user":
            hours[f"{record.at:%Y-%m-%d %H}"].append(record)
    for records in hours.values():
        names = list(dict.fromkeys(_name(record) for record in records))
        suspect = next((record for record in records if usual.is_suspect_record(record)), None)
        if len(names) < MANY and suspect is None:
            continue
        first = suspect or records[0]
        sign = graded(first, usual, suspect=DELETED_BY_INTRUDER, plain=DELETED, familiar=WORK)
        number = "1 account was" if len(names) == 1 else f"{len(names)} accounts were"
        shown = ending(f" ({listed(names, 3)})")
        says = sentence(f"{number} deleted", shown, whence(first, usual))
        yield found("account_changes", sign, says, first, records=[record.id for record in records])


def _name(record: AuditRecord) -> str:
    return named(record.owner or record.details.get("TargetName", "") or record.object_id or "not named")
