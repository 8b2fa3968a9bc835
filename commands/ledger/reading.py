"""Rows as the readers of this package get them: by sqlite-utils, one mapping from column to value each."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias

Row: TypeAlias = Mapping[str, Any]


class Readable(Protocol):
    """What can be read: the whole ledger, a transaction on it, or what follows from its entries."""

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """Read rows."""


def rows_of(connection: sqlite3.Connection, sql: str, values: Sequence[Any] = ()) -> list[Row]:
    """Read rows; what returns none is refused, so that no reader can change anything.

    Raises:
        sqlite3.Error: the file cannot be read.
        ValueError: the statement returns no rows.
    """
    from sqlite_utils import Database  # noqa: PLC0415 - it brings numpy, which nobody else needs

    # The connection is ours and set up already, hence neither pragmas nor plugins.
    database = Database(connection, recursive_triggers=False, execute_plugins=False)
    return list(database.query(sql, list(values)))
