"""What was read or taken, the gravest first: whole mailboxes and folders before files and single messages.

Pure. How grave a finding is for the verdict says little about how much it took: an opened message weighs as
much as a synced folder, since either shows that somebody else was in.
Source: Microsoft Purview, "Use MailItemsAccessed to investigate compromised accounts" (a synced folder counts
as read as a whole, an opened message as itself).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from commands.report import Clause, Finding
from commands.symptoms.data_leaving import is_export, is_search
from graph.audit_log.record import AuditRecord

_EXPORTED: Final = "exported"
_SEARCHED: Final = "searched"

_OF_SIGN: Final = {
    "everybodys_mail_exported": _EXPORTED,
    "mail_exported": _EXPORTED,
    "mail_synced_by_intruder": "synced",
    "mail_read_uncounted": "uncounted",
    "mail_read_in_bulk": "read in bulk",
    "content_search_made": _SEARCHED,
    "many_files_taken_by_intruder": "files in bulk",
    "many_files_fetched": "files in bulk",
    "files_fetched_by_program": "files",
    "files_taken_by_intruder": "files",
    "files_taken_by_new_app": "files",
    "shared_by_intruder": "shared",
    "anonymous_link_made": "shared",
    "calendar_published": "shared",
    "calendar_published_by_intruder": "shared",
    "shared_with_guest": "shared",
    "shared_with_many_guests": "shared",
    "mail_read_by_new_app": "opened",
    "some_mail_read_by_new_app": "opened",
    "mail_read_by_unfamiliar_app": "opened",
    "read_by_other_account": "opened",
    "mail_read_by_intruder": "opened",
    "others_mail_read_elsewhere": "opened",
}

_ORDER: Final = (
    _EXPORTED,
    "synced",
    "uncounted",
    "read in bulk",
    _SEARCHED,
    "files in bulk",
    "files",
    "shared",
    "opened",
    "",
)


def gravest_first(
    clauses: Iterable[Clause], findings: Mapping[str, Finding], records: Mapping[str, AuditRecord]
) -> tuple[Clause, ...]:
    """Order what a story tells of reading and taking; what ranks alike stays as it was.

    Args:
        clauses: What was read or taken.
        findings: The findings by their number in the report.
        records: The audit records by their id.
    """

    def rank(clause: Clause) -> int:
        signs = (findings[number].sign.id for number in clause.findings if number in findings)
        kinds = {_OF_SIGN.get(sign, "") for sign in signs}
        for record in (records[id_] for id_ in clause.records if id_ in records):
            kinds |= {_EXPORTED} if is_export(record) else {_SEARCHED} if is_search(record) else set()
        return min(map(_ORDER.index, kinds), default=len(_ORDER))

    return tuple(sorted(clauses, key=rank))
