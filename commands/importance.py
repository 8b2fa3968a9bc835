"""Why an account matters more than others: whom it can act for, and what passes through its mailbox.

Pure. It weighs nothing: an administrator is no likelier to be taken over for being one, but whoever reads the
verdict must know it first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from commands import facts
from commands.clues.actions import on_subject
from commands.clues.records import one_line
from commands.report import Finding, Importance, Owner
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence

ADMINISTRATOR: Final = "administrator"

_READS_ONLY: Final = re.compile(r"\bread(?:ers?)?\b|\bview-only\b|\bguest inviter\b", re.IGNORECASE)
"""Names of roles and role groups that change nothing, nor let anybody see mail."""


_THEIRS: Final = frozenset({"role_by_intruder", "role_to_oneself"})
"""Signs of a role that whoever used the account gave it."""


def learn(evidence: Evidence, findings: Sequence[Finding] = ()) -> tuple[Importance, ...]:
    """Say why the account matters, what weighs most first; () where nothing tells.

    What the account got during the takeover tells nothing of whose account it is, whoever gave it.

    Args:
        evidence: Everything that was seen.
        findings: What the check found.
    """
    return tuple(_all(evidence, _given(evidence, findings)))


def gained(evidence: Evidence, findings: Sequence[Finding]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the roles that were assigned during the takeover, and those had before that were activated."""
    given = _given(evidence, findings)
    before = {name.casefold() for name in _had(evidence, given)}
    names = dict.fromkeys(one_line(one) for one in given.names)
    assigned = tuple(one for one in names if one.casefold() not in before)
    return assigned, tuple(one for one in names if one.casefold() in before)


@dataclass(frozen=True, slots=True)
class _Given:
    """Roles that the account got in the takeover, and those for which it was made eligible, folded."""

    names: tuple[str, ...]
    made_eligible: frozenset[str]

    def has(self, name: str) -> bool:
        return name.casefold() in {one.casefold() for one in self.names}


def _given(evidence: Evidence, findings: Sequence[Finding]) -> _Given:
    strange = [one.at for one in findings if one.severity > 0 and one.owner is Owner.STRANGER and one.at]
    since = min(strange, default=None)
    records = {record.id: record for record in evidence.records()}
    theirs = [
        one
        for one in findings
        if one.symptom == "admin_roles"
        and one.after
        and (
            one.sign.id in _THEIRS
            or (one.severity > 0 and one.owner is Owner.STRANGER)
            or (one.at is not None and since is not None and one.at >= since)
        )
        and _is_about_subject(one, evidence, records)
    ]
    eligible = frozenset(
        one.after.casefold()
        for one in theirs
        if any("eligible" in records[id_].operation.casefold() for id_ in one.records if id_ in records)
    )
    return _Given(tuple(dict.fromkeys(one.after for one in theirs)), eligible)


def _is_about_subject(finding: Finding, evidence: Evidence, records: Mapping[str, AuditRecord]) -> bool:
    shown = [records[id_] for id_ in finding.records if id_ in records]
    subject = evidence.subject
    return any(on_subject(one, subject) for one in shown)


def _had(evidence: Evidence, given: _Given) -> Iterator[str]:
    """Give the roles that the account had before the takeover, held or eligible."""
    for role in evidence.directory_roles.seen(()):
        name = role.name or role.role_definition_id
        if not given.has(name) or (role.at_rest and name.casefold() not in given.made_eligible):
            yield name
    for groups in (evidence.exchange_role_groups, evidence.purview_role_groups):
        yield from (group.name for group in groups.seen(()) if not given.has(group.name))


def _all(evidence: Evidence, given: _Given) -> Iterator[Importance]:
    held = _had(evidence, given)
    roles = tuple(dict.fromkeys(one_line(name) for name in held if not _READS_ONLY.search(name)))
    if roles:
        yield Importance(ADMINISTRATOR, roles)
    user = evidence.user.seen(None)
    work = [one_line(text) for text in (user.job_title, user.department) if text] if user else []
    for kind, begins in _jobs().items():
        told = tuple(text for text in work if begins.search(text))
        if told:
            yield Importance(kind, told)


@cache
def _jobs() -> Mapping[str, re.Pattern[str]]:
    """By what makes a mailbox matter, how words in job titles and departments begin."""
    name = "importance.toml"
    rows = {kind: facts.row(facts.Names, name, **given) for kind, given in facts.rows_in(name).items()}
    return {
        kind: re.compile(rf"\b(?:{'|'.join(map(re.escape, row.names))})", re.IGNORECASE)
        for kind, row in rows.items()
    }
