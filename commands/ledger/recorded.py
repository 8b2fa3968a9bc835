"""Whether the rows that say who somebody is are what the entries say, looked at before they are used.

`verify` compares every row, but only when someone runs it. A row that was removed or changed and is then
written anew by the bot itself fits the entries again, and nothing would show it any more: so whatever is
about to trust such a row, or to write one, asks here first.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from commands.errors import LedgerTampered
from commands.identity import NOBODY, Identity, owner_of, verified_of
from commands.ledger import entries as e
from commands.ledger.apply import apply, as_json, bound
from commands.ledger.chain import COLUMNS, Entry
from commands.ledger.reading import Readable, Row
from commands.ledger.tables import MemoryTables
from graph.question import Subject

_FACTORS: Final = (
    e.FactorOffered,
    e.FactorEnrolled,
    e.FactorUsed,
    e.FactorRefused,
    e.FactorLocked,
    e.FactorRemoved,
)


def demand_factor(book: Readable, user: str) -> None:
    """See that somebody's second factor, or that there is none, is what the entries say.

    Raises:
        LedgerTampered: naming the row.
    """
    _demand(book, _FACTORS, user, "factors")
    lost = (
        "SELECT sealed FROM factors LEFT JOIN contents ON sha256 = sealed WHERE user = ? AND content IS NULL"
    )
    for row in book.rows(lost, [user]):
        raise LedgerTampered(f"is missing row {row['sealed']} of table contents")


def demand_person(book: Readable, user: str = "") -> None:
    """See that who somebody is, or everybody, as recorded, is what the entries say.

    Raises:
        LedgerTampered: naming the row.
    """
    _demand(book, (e.PersonNamed, e.PersonChanged), user, "people")


class Owners:
    """Whose account each case is about, by the entries alone.

    Every question and every vote asks for it, so what was read once is kept, and only newer entries are read:
    an entry never changes. Not safe for threads; the ledger locks it.

    Attributes:
        seen: The number of the last entry that was looked at.
        rows: The columns of each case that say whose it is, as the entries lead to them.
    """

    def __init__(self) -> None:
        self.seen = 0
        self.rows: dict[str, dict[str, Any]] = {}
        self._owner: dict[str, Identity] = {}
        self._verified: dict[str, Identity] = {}
        self._tenants: dict[str, str] = {}
        self._by_name: dict[str, set[str]] = defaultdict(set)
        self._by_user: dict[str, set[str]] = defaultdict(set)

    def catch_up(self, book: Readable, until: int) -> None:
        """Read the entries up to a number.

        Raises:
            LedgerTampered: one is about a case that no entry opened.
        """
        if until <= self.seen:
            return
        for row in book.rows(
            f"{_ENTRIES} WHERE {_BINDING} AND seq > ? AND seq <= ? ORDER BY seq", [self.seen, until]
        ):
            entry = Entry(**row)
            try:
                self._take(entry.case_id, entry.event)
            except (LookupError, ValueError, TypeError) as error:
                raise LedgerTampered("is about a case that no entry opened", entry.seq) from error
        self.seen = until

    def _take(self, case_id: str, event: e.Event) -> None:
        match event:
            case e.CaseOpened():
                self.rows[case_id] = {
                    "id": case_id,
                    "tenant": event.tenant,
                    "subject": as_json(event.subject),
                    "subject_id": event.subject["id"],
                    "owners": None,
                    "owners_missing": "",
                    "owners_verified": "",
                }
            case e.OwnerBound():
                self.rows[case_id] |= bound(event)
            case e.TenantNamed():
                self._tenants[event.name] = event.tenant_id
                return
        row = self.rows[case_id]
        subject = Subject(
            **{**json.loads(row["subject"]), "addresses": tuple(json.loads(row["subject"])["addresses"])}
        )
        before, now = self._owner.get(case_id, NOBODY), owner_of(subject, json.loads(row["owners"] or "[]"))
        self._owner[case_id] = now
        self._verified[case_id] = _verified(row, now)
        for user in before.users - now.users:
            self._by_user[user].discard(case_id)
        for user in now.users:
            self._by_user[user].add(case_id)
        for name in now.objects | now.addresses:
            self._by_name[name].add(case_id)

    def of(self, person: Identity, tenant: str | None) -> frozenset[str]:
        """Give the cases about accounts of somebody, as they are seen in a tenant; None for every tenant."""
        names = (self._by_name.get(name, ()) for name in person.objects | person.addresses)
        users = (self._by_user.get(user, ()) for user in person.users)
        found = frozenset(case for cases in (*names, *users) for case in cases)
        return frozenset(case for case in found if self.owner(case, tenant).is_same(person))

    def owner(self, case_id: str, tenant: str | None) -> Identity:
        """Give by what the owner of a case's account is known in a tenant; None for every tenant.

        In the case's own tenant that is everything. Elsewhere its directory tells nothing about addresses of
        others: whoever writes it could name an approver there.
        """
        return self._owner[case_id] if self.is_of(case_id, tenant) else self._verified[case_id]

    def is_of(self, case_id: str, tenant: str | None) -> bool:
        """Whether a case is one of a tenant's, by whatever name it has it."""
        name = self.rows[case_id]["tenant"]
        return name == tenant or (
            tenant in self._tenants and self._tenants[tenant] == self._tenants.get(name)
        )

    def accounts(self, cases: Collection[str]) -> frozenset[tuple[str, str]]:
        """Give tenant and object id of the accounts that cases are about."""
        return frozenset((self.rows[one]["tenant"], self.rows[one]["subject_id"]) for one in cases)

    def demand(self, book: Readable, cases: Collection[str]) -> None:
        """See that these rows of the table are as recorded, and that it has none that no entry tells of.

        Raises:
            LedgerTampered: naming the row.
        """
        found = book.rows(_OWNING, [json.dumps([*cases])])
        there = {row["id"]: row for row in found}
        _compare(there, [self.rows[one] for one in sorted(cases)], "id", "cases")
        if book.rows("SELECT count(*) AS number FROM cases")[0]["number"] > len(self.rows):
            for row in book.rows("SELECT id FROM cases"):
                if row["id"] not in self.rows:
                    raise LedgerTampered(f"has row {row['id']} of table cases without an entry")


_ENTRIES: Final = f"SELECT {', '.join(COLUMNS)} FROM ledger"  # noqa: S608 - names of ours
_BINDING: Final = f"kind IN ('{e.CaseOpened.KIND}', '{e.OwnerBound.KIND}', '{e.TenantNamed.KIND}')"
_OWNING: Final = (
    "SELECT id, tenant, subject, subject_id, owners, owners_missing, owners_verified FROM cases"
    " WHERE id IN (SELECT value FROM json_each(?))"
)


def _verified(row: Row, owner: Identity) -> Identity:
    """Give by what an owner is known for which the tenant answers; by everything where nobody asked it.

    That is how cases are read that were opened before this was asked.
    """
    known = verified_of(row)
    return owner if known is None else known


def binds(book: Readable, after: int) -> bool:
    """Say whether an entry after this one says whose account a case is about."""
    return bool(book.rows(f"SELECT 1 FROM ledger WHERE {_BINDING} AND seq > ? LIMIT 1", [after]))  # noqa: S608 - words of ours


def _demand(book: Readable, kinds: Sequence[type[e.Event]], user: str, table: str) -> None:
    """Compare the rows of a user in the file with those that these entries lead to; "" is everybody."""
    rows = book.rows(f"SELECT * FROM {table} WHERE ? IN (user, '')", [user])  # noqa: S608 - names of ours
    there = {row["user"]: row for row in rows}
    recorded = _recorded(book, kinds, user, table)
    _compare(there, [row for row in recorded if user in (row["user"], "")], "user", table)
    for name in there:
        raise LedgerTampered(f"has row {name} of table {table} without an entry")


def _compare(there: dict[str, Row], recorded: Iterable[Row], key: str, table: str) -> None:
    """Compare rows with those recorded, and take them out of those that are there."""
    for row in recorded:
        found = there.pop(row[key], None)
        if found is None:
            raise LedgerTampered(
                f"is missing row {row[key]} of table {table}; run `compromise ledger rebuild`"
            )
        for column, value in row.items():
            if found[column] != value:
                raise LedgerTampered(
                    f"has a different {column} in row {row[key]} of table {table} than recorded; "
                    "run `compromise ledger rebuild`"
                )


def _recorded(book: Readable, kinds: Sequence[type[e.Event]], user: str, table: str) -> list[Row]:
    marks = ", ".join("?" * len(kinds))
    rows = book.rows(
        f"{_ENTRIES} WHERE kind IN ({marks}) AND (actor = ? OR instr(body, ?)) ORDER BY seq",
        [*(kind.KIND for kind in kinds), user, user],
    )
    made = MemoryTables()
    for row in rows:
        entry = Entry(**row)
        apply(made, entry, entry.event)
    return list(made.rows[table].values())
