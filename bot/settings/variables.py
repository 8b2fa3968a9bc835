"""The variables that are read: `COMPROMISE_` and the path of a key in capitals."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from typing import Any, Final

from pydantic import BaseModel

from bot.settings.sections import Tenant
from bot.settings.whole import Settings

PREFIX = "COMPROMISE_"

_SHORT = {"COMPROMISE_TENANT_ID": ("tenant", "tenant_id")}
"""Variables whose name would repeat itself."""

FOREIGN = frozenset({"COMPROMISE_EXAMPLES", "COMPROMISE_CONFIG"})
"""Variables of that prefix that are no settings: where tests find records, and where the file lies."""

_IN_FILES_ONLY: Final = (
    ("tenants",),
    ("people",),
    ("policy", "people"),
    ("tenant", "policy", "people"),
    ("tickets", "values"),
)
"""The tables whose keys people choose."""


def variables() -> Iterator[tuple[str, tuple[tuple[str, ...], bool]]]:
    """Give every variable that is read: its name, the path of its key, and whether it holds a list."""
    yield from _variables(Settings, ())
    yield from _variables(Tenant, ("tenant",))
    for name, where in _SHORT.items():
        yield name, (where, False)


def _variables(
    model: type[BaseModel], above: tuple[str, ...]
) -> Iterator[tuple[str, tuple[tuple[str, ...], bool]]]:
    for name, field in model.model_fields.items():
        where = (*above, name)
        kinds = kinds_of(field.annotation)
        inner = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
        if inner is not None:
            yield from _variables(inner, where)
        elif where not in _IN_FILES_ONLY:
            yield variable_for(where), (where, tuple in kinds)


def kinds_of(annotation: Any) -> set[Any]:
    """The classes that an annotation is made of, without what is inside of lists."""
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        return {kind for arm in typing.get_args(annotation) for kind in kinds_of(arm)}
    return {origin or annotation}


def variable_for(where: tuple[str, ...]) -> str:
    """Give the name of the variable for the path of a key."""
    return PREFIX + "_".join(where).upper()
