"""A rule's condition as SQL over columns whose names are ours: nothing of a rule becomes a name in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from sigma.backends.sqlite.sqlite import sqliteBackend
from sigma.processing.pipeline import ProcessingItem, ProcessingPipeline
from sigma.processing.transformations import FieldMappingTransformation
from sigma.rule import SigmaRule

from commands.sigma import mapping
from commands.sigma.shapes import Table

COLUMNS: Final = 500
"""Columns of one kind of records; all public rules together need 60."""

LONGEST: Final = 200_000
"""Characters of SQL that one rule may become."""

_WHOLE: Final = "whole"
_SELECT: Final = "SELECT * FROM {table} WHERE "


class Columns:
    """The columns that rules need, named by number in the order in which they came."""

    def __init__(self) -> None:
        self._named: dict[Table, dict[str, str]] = defaultdict(dict)

    def of(self, table: Table, place: str) -> str:
        """Give the column for a place in a record.

        Raises:
            ValueError: there are too many.
        """
        named = self._named[table]
        key = place.lower()
        if key not in named:
            if len(named) >= COLUMNS:
                raise ValueError(f"the rules before it name {COLUMNS} fields of these records already")
            named[key] = _WHOLE if key == "@whole" else f"c{len(named)}"
        return named[key]

    def places(self) -> dict[Table, dict[str, str]]:
        """Give the place that fills each column."""
        return {
            table: {column: place for place, column in named.items()} for table, named in self._named.items()
        }


class _Backend(sqliteBackend):
    """pySigma's SQLite backend, with numbers compared as numbers and networks as networks."""

    fulltext_field = _WHOLE
    # Every column holds text.
    compare_op_expression: ClassVar[str] = "CAST({field} AS REAL) {operator} {value}"

    def convert_condition_field_eq_val_cidr(self, cond: Any, state: Any) -> str:
        """Ask whether an address is in a network."""
        field = self.escape_and_quote_field(cond.field)
        return f"in_network({field}, '{cond.value.network}')"


def converted(
    rule: SigmaRule, table: Table, columns: Columns
) -> tuple[str, tuple[tuple[str, tuple[str, ...]], ...]]:
    """Turn a rule's condition into SQL, with the columns that each of its fields may stand in.

    Raises:
        SigmaError: it uses something that cannot be turned into SQL.
        ValueError: it would be too long, or need too many columns.
    """
    named = _Backend().required_fields(rule)
    fields: dict[str, tuple[str, ...]] = {}
    for field in named:
        places = ("@whole",) if field == _WHOLE else mapping.places_of(table, field)
        fields[field] = tuple(columns.of(table, place) for place in places)
    moved: Mapping[Any, Any] = {field: list(found) for field, found in fields.items() if field != _WHOLE}
    pipeline = ProcessingPipeline(items=[ProcessingItem(FieldMappingTransformation(dict(moved)))])
    backend = _Backend(pipeline, table=table.value)
    begin = _SELECT.format(table=table.value)
    wheres = [query.removeprefix(begin) for query in backend.convert_rule(rule)]
    where = " OR ".join(f"({one})" for one in wheres)
    if not where or len(where) > LONGEST:
        raise ValueError(
            "its condition is empty" if not where else f"it needs more than {LONGEST:,} characters"
        )
    return where, tuple(fields.items())
