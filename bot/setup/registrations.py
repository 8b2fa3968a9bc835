"""What the two applications are given: permissions, directory roles, and role groups of Exchange and Purview.

Pure. It is read from what queries and steps declare, so it cannot grow old. Whatever gives it to the
applications (`compromise init` by itself, its script, its manifest, the list of what is left) reads it here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bot.setup.capabilities import PARTS, undoes
from commands.steps import STEPS
from graph.needs import MANAGE_AS_APP, cmdlet_of, of_source, of_writes, role_of
from graph.queries.registry import QUERIES

READER: Final = "investigate"
WRITER: Final = "remediate"
TRACE: Final = "8bd644d1-64a1-4d4b-ae52-2e0cbf64e373"
"""Microsoft's application behind the message trace. Source: Microsoft Graph, "List messageTraces"."""
GRAPH_APP: Final = "00000003-0000-0000-c000-000000000000"
EXCHANGE_APP: Final = "00000002-0000-0ff1-ce00-000000000000"
MANAGE_AS_APP_ID: Final = "dc50a0fb-09a3-484d-be87-e023b12c6440"
"""Exchange.ManageAsApp. Source: Exchange PowerShell, "App-only authentication for unattended scripts"."""


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
    mail = ("Mail Recipients", "User Options", "Transport Rules", "Transport Hygiene")
    parents = (*mail, "Audit Logs", "Role Management")
    return Roles("compromise-bot remediators", parents, (), cmdlets(to_write()))


@dataclass(frozen=True, slots=True)
class Registration:
    """One of the two applications, with all that it is given.

    Attributes:
        what: What it is for, as its files are named.
        permissions: Application permissions of Microsoft Graph.
        directory_roles: Directory roles, for the whole tenant.
        exchange: Its role group in Exchange.
        purview: The management roles of its role group in Purview; none for no group.
    """

    what: str
    permissions: tuple[str, ...]
    directory_roles: tuple[str, ...]
    exchange: Roles
    purview: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What it is called in the tenant."""
        return f"compromise-bot ({self.what})"

    @property
    def tag(self) -> str:
        """The tag that its registration is found by."""
        return f"compromise-bot-{self.what}"


def registrations(*, to_act: bool) -> tuple[Registration, ...]:
    """The applications: the one that reads, and the one that acts."""
    reader = Registration(READER, of_graph(to_read()), ("Global Reader",), roles_for(READER))
    if not to_act:
        return (reader,)
    acts = to_write()
    roles = tuple(sorted(role for need in acts if (role := role_of(need))))
    return (reader, Registration(WRITER, of_graph(acts), roles, roles_for(WRITER), ("Role Management",)))


def entries_to_keep(what: str, entries: Iterable[str], keep: Iterable[str]) -> tuple[str, ...]:
    """Which entries of a management role a cut-down child keeps; none where it would hold nothing of use.

    Setting something needs the cmdlet that shows it, so what acts keeps what shows; what only reads keeps no
    more than it must.
    """
    named, wanted = sorted(set(entries)), set(keep)
    if not wanted & set(named):
        return ()
    return tuple(
        one
        for one in named
        if one in wanted or one == "Get-Mailbox" or (what == WRITER and one.startswith("Get-"))
    )
