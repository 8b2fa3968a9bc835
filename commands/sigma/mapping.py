"""Which of our records a rule's log source means, and where in them a field stands: `mapping.toml` by row."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Final

from pydantic import Field

from commands.facts import Text, Texts, row
from commands.sigma.shapes import Table
from graph.contract import Row

FILE: Final = "mapping.toml"


class LogSource(Row):
    """What a log source means.

    Attributes:
        products: The products, lower case.
        services: The services, lower case; none for every service of these products without a row of its own.
        table: The records that are meant; None where they are not read.
        instead: What they are, where they are not read.
    """

    products: Texts
    services: tuple[Text, ...] = ()
    table: Table | None = None
    instead: str = ""


class Place(Row):
    """Where a field stands.

    Attributes:
        table: In which records.
        names: What rules call it, in any case.
        places: Where to look for it: a name of the normal form after a ``@``, a fixed text after a ``=``,
            else a path in the record as it came. Where there are several, any of them may fit.
    """

    table: Table
    names: Texts
    places: Annotated[tuple[Text, ...], Field(min_length=1)]


@cache
def _file() -> Mapping[str, Any]:
    return tomllib.loads((files(__package__) / FILE).read_text(encoding="utf-8"))


@cache
def log_sources() -> tuple[LogSource, ...]:
    """The log sources, those with services before those without."""
    found = [row(LogSource, FILE, **given) for given in _file()["logsource"]]
    return tuple(sorted(found, key=lambda one: not one.services))


@cache
def places() -> Mapping[tuple[Table, str], tuple[str, ...]]:
    """The places of each field that is not where its own name says, by table and name in lower case."""
    return {(one.table, name.lower()): one.places for one in rows_of_places() for name in one.names}


def rows_of_places() -> Iterator[Place]:
    """The rows, for the table in the documents."""
    for given in _file()["field"]:
        yield row(Place, FILE, **given)


def table_of(product: str, service: str) -> Table | str:
    """Give the records that a log source means, or why there are none."""
    for one in log_sources():
        if product in one.products and (service in one.services or not one.services):
            return one.table or f"It needs {one.instead}, which are not collected."
    named = " and ".join(
        f"{what} {name}" for what, name in (("product", product), ("service", service)) if name
    )
    return f"Its log source ({named or 'none'}) is neither Microsoft 365 nor Entra."


def places_of(table: Table, name: str) -> tuple[str, ...]:
    """Give where a field may stand; what is not listed stands under its own name."""
    return places().get((table, name.lower()), (name,))
