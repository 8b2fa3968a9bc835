"""The tables that follow from the entries, as `apply` writes them: those of a file, or the same in memory.

In memory they take a fraction of the time, which is what `verify` and `rebuild` need for a long ledger. Both
refuse the same things: a second row for a key, and what the unique indexes of `schema` refuse.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

from commands.errors import LedgerTampered
from commands.ledger.schema import KEYS, TABLES

Key = Mapping[str, Any]


class Tables(Protocol):
    """What `apply` needs of them."""

    def insert(self, table: str, **columns: Any) -> None:
        """Put in a row.

        Raises:
            sqlite3.IntegrityError: something is there already that may be there once only.
        """

    def update(self, table: str, key: Key, **columns: Any) -> None:
        """Change the row of a key.

        Raises:
            LookupError: there is none.
        """

    def upsert(self, table: str, key: Key, **columns: Any) -> None:
        """Put in a whole row, or change the one of this key to it."""

    def row(self, table: str, key: Key) -> Mapping[str, Any] | None:
        """Give the row of a key, None where there is none."""

    def delete(self, table: str, key: Key) -> None:
        """Remove the row of a key, if there is one."""

    def cases_of(self, tenant: str, subject_id: str) -> Sequence[Mapping[str, Any]]:
        """Give the cases about an account, in no order."""


class FileTables:
    """The tables of a file."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def insert(self, table: str, **columns: Any) -> None:
        """Put in a row."""
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        self._write(f"INSERT INTO {table} ({names}) VALUES ({marks})", columns.values())  # noqa: S608 - names of ours

    def update(self, table: str, key: Key, **columns: Any) -> None:
        """Change the row of a key."""
        sets = ", ".join(f"{name} = ?" for name in columns)
        statement = f"UPDATE {table} SET {sets} WHERE {_where(key)}"  # noqa: S608 - names of ours
        if self._db.execute(statement, [*columns.values(), *key.values()]).rowcount != 1:
            raise LookupError(f"no row of {table} for {key}")

    def upsert(self, table: str, key: Key, **columns: Any) -> None:
        """Put in a whole row, or change the one of this key to it."""
        whole = {**key, **columns}
        names, marks = ", ".join(whole), ", ".join("?" * len(whole))
        sets = ", ".join(f"{name} = excluded.{name}" for name in columns)
        self._write(
            f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - names of ours
            f" ON CONFLICT ({', '.join(KEYS[table])}) DO UPDATE SET {sets}",
            whole.values(),
        )

    def row(self, table: str, key: Key) -> Mapping[str, Any] | None:
        """Give the row of a key, None where there is none."""
        return next(self._read(table, key), None)

    def delete(self, table: str, key: Key) -> None:
        """Remove the row of a key, if there is one."""
        self._db.execute(f"DELETE FROM {table} WHERE {_where(key)}", [*key.values()])  # noqa: S608 - names of ours

    def cases_of(self, tenant: str, subject_id: str) -> Sequence[Mapping[str, Any]]:
        """Give the cases about an account, in no order."""
        return list(self._read("cases", {"tenant": tenant, "subject_id": subject_id}))

    def _read(self, table: str, key: Key) -> Iterator[Mapping[str, Any]]:
        cursor = self._db.execute(f"SELECT * FROM {table} WHERE {_where(key)}", [*key.values()])  # noqa: S608 - names of ours
        names = [column[0] for column in cursor.description]
        return (dict(zip(names, row, strict=True)) for row in cursor)

    def _write(self, statement: str, values: Any) -> None:
        if self._db.execute(statement, [*values]).rowcount != 1:
            # A trigger that is not ours can drop a row without any error.
            raise LedgerTampered("did not store a row; find out who added a trigger to the file")


def _where(key: Key) -> str:
    return " AND ".join(f"{name} = ?" for name in key)


ONCE: Final[Mapping[str, Callable[[Mapping[str, Any]], tuple[Any, ...] | None]]] = {
    "cases": lambda row: (row["tenant"], row["subject_id"]) if row["state"] == "looking" else None,
    "proposals": lambda row: (row["account"],) if row["state"] in ("open", "approved", "running") else None,
    "tasks": lambda row: (row["case_id"], row["id"]),
}
"""What the unique indexes of a table refuse to have twice, besides its key; None where a row is free."""


class MemoryTables:
    """The same tables in memory.

    Attributes:
        rows: The rows of each table by their key, in the order in which they came.
    """

    def __init__(self) -> None:
        self.rows: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = {table: {} for table in TABLES}
        self._once: dict[tuple[str, tuple[Any, ...]], tuple[Any, ...]] = {}
        self._cases: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)

    def insert(self, table: str, **columns: Any) -> None:
        """Put in a row."""
        key = tuple([columns[name] for name in KEYS[table]])
        rows = self.rows[table]
        if key in rows:
            raise sqlite3.IntegrityError(f"a second row of {table} for {key}")
        rows[key] = columns
        if table in ONCE:
            self._take(table, key, columns)
        if table == "cases":
            self._cases[columns["tenant"], columns["subject_id"]].append(columns)

    def update(self, table: str, key: Key, **columns: Any) -> None:
        """Change the row of a key."""
        found = self.rows[table].get(tuple(key.values()))
        if found is None:
            raise LookupError(f"no row of {table} for {key}")
        if table in ONCE:
            self._let_go(table, found)
            found.update(columns)
            self._take(table, tuple(key.values()), found)
        else:
            found.update(columns)

    def upsert(self, table: str, key: Key, **columns: Any) -> None:
        """Put in a whole row, or change the one of this key to it."""
        rows, name = self.rows[table], tuple(key.values())
        found = rows.get(name)
        if found is None:
            self.insert(table, **key, **columns)
        else:
            found.update(columns)

    def row(self, table: str, key: Key) -> Mapping[str, Any] | None:
        """Give the row of a key, None where there is none."""
        return self.rows[table].get(tuple(key.values()))

    def delete(self, table: str, key: Key) -> None:
        """Remove the row of a key, if there is one."""
        self.rows[table].pop(tuple(key.values()), None)

    def cases_of(self, tenant: str, subject_id: str) -> Sequence[Mapping[str, Any]]:
        """Give the cases about an account, in no order."""
        return self._cases[tenant, subject_id]

    def _take(self, table: str, key: tuple[Any, ...], row: Mapping[str, Any]) -> None:
        name = ONCE[table](row)
        if name is not None and self._once.setdefault((table, name), key) != key:
            raise sqlite3.IntegrityError(f"a second row of {table} where there may be one")

    def _let_go(self, table: str, row: Mapping[str, Any]) -> None:
        name = ONCE[table](row)
        if name is not None:
            self._once.pop((table, name), None)

    def write(self, db: sqlite3.Connection) -> None:
        """Put all rows into the empty tables of a file.

        Raises:
            sqlite3.IntegrityError: the file refuses one.
        """
        for table, rows in self.rows.items():
            for columns in rows.values():
                names, marks = ", ".join(columns), ", ".join("?" * len(columns))
                db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(columns.values()))  # noqa: S608 - names of ours
