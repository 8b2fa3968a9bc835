"""Whether the rows that say who somebody is are what the entries say, looked at before they are used.

`verify` compares every row, but only when someone runs it. A row that was removed or changed and is then
written anew by the bot itself fits the entries again, and nothing would show it any more: so whatever is
about to trust such a row, or to write one, asks here first.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any, Final

from commands.errors import LedgerTampered
from commands.ledger import entries as e
from commands.ledger.apply import apply
from commands.ledger.chain import COLUMNS, Entry
from commands.ledger.reading import Readable, Row, rows_of
from commands.ledger.schema import TABLES

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
    query = "SELECT * FROM factors WHERE user IN (SELECT value FROM json_each(?1))"
    _demand(book, _FACTORS, [user], query, "factors")
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
    query = "SELECT * FROM people WHERE EXISTS (SELECT 1 FROM json_each(?1) WHERE value IN (user, ''))"
    _demand(book, (e.PersonNamed, e.PersonChanged), [user], query, "people")


ABOUT: Final = "EXISTS (SELECT 1 FROM json_each(?1) AS one WHERE instr(subject, one.value))"
"""The cases whose account has one of these ids or addresses, which are given as a list in JSON."""


def demand_owners(book: Readable, names: Collection[str]) -> None:
    """See that the cases about an account, and to whom each is bound, are what the entries say.

    Args:
        book: The ledger, or a transaction on it.
        names: Object ids and addresses of the account, or of what it was before.

    Raises:
        LedgerTampered: naming the row.
    """
    query = f"""
        SELECT id, tenant, subject, subject_id, owners, owners_missing FROM cases WHERE {ABOUT}
        OR subject_id IN (SELECT value FROM json_each(?1))
        """  # noqa: S608 - words of ours
    _demand(book, (e.CaseOpened, e.OwnerBound), names, query, "cases")


def _demand(
    book: Readable, kinds: Sequence[type[e.Event]], about: Collection[str], query: str, table: str
) -> None:
    """Compare what a query finds in the file with what it finds where only these entries were applied.

    Args:
        book: The ledger, or a transaction on it.
        kinds: The kinds of entries that the columns in question follow from.
        about: The ids or names, one of which such an entry has as its actor or in its body.
        query: Reads the rows about them, which it is given as a list in JSON.
        table: Whose rows they are.
    """
    key = TABLES[table][0]
    names = json.dumps([*about])
    there = {row[key]: row for row in book.rows(query, [names])}
    for row in _recorded(book, kinds, names, query):
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
    for name in there:
        raise LedgerTampered(f"has row {name} of table {table} without an entry")


def _recorded(book: Readable, kinds: Sequence[type[e.Event]], names: str, query: str) -> list[Row]:
    marks = ", ".join("?" * len(kinds))
    rows: list[Any] = book.rows(
        f"SELECT {', '.join(COLUMNS)} FROM ledger WHERE kind IN ({marks})"  # noqa: S608 - names of ours
        " AND EXISTS (SELECT 1 FROM json_each(?) AS one WHERE actor = one.value OR instr(body, one.value))"
        " ORDER BY seq",
        [*(kind.KIND for kind in kinds), names],
    )
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as made:
        for _, statement in TABLES.values():  # no indexes: a check ends by an entry that is not read here
            made.execute(statement)
        for row in rows:
            entry = Entry(**row)
            event = entry.event
            if isinstance(event, e.CaseOpened):
                event = replace(event, request="")  # its request is an entry of another kind
            apply(made, entry, event)
        return rows_of(made, query, [names])
