"""What the two applications are given: permissions, directory roles, and role groups of Exchange and Purview.

Pure. It is read from what queries and steps declare, so it cannot grow old. Whatever gives it to the
applications (`compromise init` by itself, its script, its manifest, the list of what is left) reads it here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bot.setup.capabilities import PARTS, cmdlet_of, undoes
from commands.steps import STEPS
from graph.needs import MANAGE_AS_APP, of_source, of_writes
from graph.queries.registry import QUERIES

READER: Final = "investigate"
WRITER: Final = "remediate"
TRACE: Final = "8bd644d1-64a1-4d4b-ae52-2e0cbf64e373"
"""Microsoft's application behind the message trace. Source: Microsoft Graph, "List messageTraces"."""


def to_read() -> frozenset[str]:
    """Everything that the queries need."""
    return frozenset(need for query in QUERIES for need in of_source(query.ASKS)) | {
        part.need for parts in PARTS.values() for part in parts
    }


def to_write() -> frozenset[str]:
    """Everything that the steps need, and taking them back."""
    return frozenset(need for step in STEPS for need in (*of_writes(step.WRITES), *undoes(step)))


def of_graph(needs: Iterable[str]) -> tuple[str, ...]:
    """The application permissions of Microsoft Graph among needs."""
    return tuple(sorted(need for need in needs if " " not in need and need != MANAGE_AS_APP))


def cmdlets(needs: Iterable[str], service: str = "Exchange") -> tuple[str, ...]:
    """The cmdlets of a service among needs."""
    return tuple(sorted({cmdlet for need in needs for of, cmdlet in [cmdlet_of(need)] if of == service}))


@dataclass(frozen=True, slots=True)
class Roles:
    """How a role group of Exchange is made.

    Attributes:
        group: Its name.
        parents: The management roles that are cut down to the cmdlets that are needed.
        whole: Those that are taken as they are.
        keep: The cmdlets that stay.
    """

    group: str
    parents: tuple[str, ...]
    whole: tuple[str, ...]
    keep: tuple[str, ...]


def roles_for(what: str) -> Roles:
    """The role group of one application: the one that reads gets what Global Reader does not hold."""
    if what == READER:
        keep = ("Get-InboxRule", "Get-SweepRule")
        whole = ("View-Only Audit Logs",)
        return Roles("compromise-bot readers", ("Mail Recipients", "User Options"), whole, keep)
    parents = ("Mail Recipients", "User Options", "Transport Rules", "Transport Hygiene", "Role Management")
    return Roles("compromise-bot remediators", parents, (), cmdlets(to_write()))
