"""Why an account matters more than others: whom it can act for, and what passes through its mailbox.

Pure. It weighs nothing: an administrator is no likelier to be taken over for being one, but whoever reads the
verdict must know it first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from commands import facts
from commands.clues.records import one_line
from commands.report import Importance
from graph.evidence import Evidence

ADMINISTRATOR: Final = "administrator"

_READS_ONLY: Final = re.compile(r"\bread(?:ers?)?\b|\bview-only\b|\bguest inviter\b", re.IGNORECASE)
"""Names of roles and role groups that change nothing, nor let anybody see mail."""


def learn(evidence: Evidence) -> tuple[Importance, ...]:
    """Say why the account matters, what weighs most first; () where nothing tells."""
    return tuple(_all(evidence))


def _all(evidence: Evidence) -> Iterator[Importance]:
    held = [role.name or role.role_definition_id for role in evidence.directory_roles.seen(())]
    for groups in (evidence.exchange_role_groups, evidence.purview_role_groups):
        held += [group.name for group in groups.seen(())]
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
