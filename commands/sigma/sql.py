"""A rule's condition as SQL over columns whose names are ours: nothing of a rule becomes a name in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, ClassVar, Final

import re2
from sigma.backends.sqlite.sqlite import sqliteBackend
from sigma.conditions import ConditionAND, ConditionFieldEqualsValueExpression, ConditionNOT, ConditionOR
from sigma.processing.pipeline import ProcessingItem, ProcessingPipeline
from sigma.processing.transformations import FieldMappingTransformation
from sigma.rule import SigmaRule
from sigma.types import SigmaString

from commands.sigma import mapping
from commands.sigma.shapes import Table
from graph.audit_log.contexts import EVERYDAY

COLUMNS: Final = 500
"""Columns of one kind of records; all public rules together need 60."""

LONGEST: Final = 200_000
"""Characters of SQL that one rule may become."""

_EVERYDAY: Final = {Table.AUDIT: tuple(EVERYDAY), Table.DIRECTORY: ("Update device",)}
"""The operations of everyday work that are of these kinds."""

_COMPLIANCE: Final = "securitycompliancecenter"
"""The workload of alerts and of compliance cmdlets, none of which is everyday work."""

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
                raise ValueError(f"the rules before it already use {COLUMNS} fields of these records")
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


def everyday(rule: SigmaRule, table: Table) -> frozenset[str]:
    """Give the operations of everyday work whose records the rule may match, as far as it tells."""
    parsed = [condition.parsed for condition in rule.detection.parsed_condition]
    return frozenset(
        name
        for name in _EVERYDAY.get(table, ())
        if any(_is_so(one, name, table) is not False for one in parsed)
    )


def _is_so(condition: Any, operation: str, table: Table) -> bool | None:
    """Say whether a condition is so for each record of an operation; None where it depends on the record."""
    if isinstance(condition, ConditionFieldEqualsValueExpression):
        places = mapping.places_of(table, condition.field or "")
        # An everyday record is no alert, which alone has a name.
        if "@operation" in places and set(places) <= {"@operation", "Name"}:
            return _fits(condition.value, operation)
        if places == ("@workload",) and str(condition.value).casefold() == _COMPLIANCE:
            return False
        return None
    args = [_is_so(arg, operation, table) for arg in getattr(condition, "args", ())]
    if isinstance(condition, ConditionNOT):
        return None if args[0] is None else not args[0]
    if isinstance(condition, ConditionAND):
        return False if False in args else None if None in args else True
    if isinstance(condition, ConditionOR):
        return True if True in args else None if None in args else False
    return None


def _fits(value: object, operation: str) -> bool | None:
    if not isinstance(value, SigmaString):
        return None
    pattern = re2.compile(f"(?i:{value.to_regex().regexp})")
    return pattern.fullmatch(operation) is not None


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
