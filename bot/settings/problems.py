"""What is wrong with the settings, in words: the name of a setting, and what it should be."""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from bot.settings.variables import kinds_of, variables
from bot.settings.whole import Settings

_NO_FILES: Final[Mapping[int, Path]] = types.MappingProxyType({})


def named(
    where: tuple[str | int, ...], given: Mapping[tuple[str, ...], str], files: Mapping[int, Path] = _NO_FILES
) -> str:
    """What people know a setting by: its variable when it was set by one, else its key and its variable.

    In a file of a tenant's own it is the file and the key.
    """
    match where:
        case ("tenants", int(place), *rest) if place in files:
            key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in rest).lstrip(".")
            return f"{files[place]}: {key}" if key else str(files[place])
    if where[:2] == ("tenants", 0) and any(path[0] == "tenant" for path in given):
        where = ("tenant", *where[2:])
    path = tuple(str(part) for part in where if not isinstance(part, int))
    if path in given:
        return given[path]
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in where).lstrip(".")
    known = {where: name for name, (where, _) in variables()}
    return f"{key} ({known[path]})" if path in known and where == path else key


def problem(error: ErrorDetails, given: Mapping[tuple[str, ...], str], files: Mapping[int, Path]) -> str:
    """Say in a line what is wrong with a setting, by the name that people know it by."""
    # Validators inside a union or an annotated type add names of their own to the place; keys are enough.
    where = tuple(part for part in error["loc"] if isinstance(part, int) or str(part).isidentifier())
    name = named(where, given, files) if where else "settings"
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(where[-1]), _keys(), n=1, cutoff=0.75)
        return f"{name}: there is no such setting" + (f"; did you mean {near[0]}?" if near else ".")
    reason = str(error["ctx"]["error"]) if "error" in error.get("ctx", {}) else error["msg"]
    wanted = _description(where)
    if error["type"] == "missing":
        return f"{name}: is missing" + (f"; it should be {wanted}." if wanted else ".")
    return f"{name}: should be {wanted} ({_lower(reason)})." if wanted else f"{name}: {_lower(reason)}."


def _keys() -> list[str]:
    """The last part of every key that there is."""
    parts = {part for _, (where, _) in variables() for part in where}
    return sorted(parts | set(Settings.model_fields))


def _description(where: tuple[str | int, ...]) -> str:
    """The description of the last field on the way that has one."""
    model: type[BaseModel] | None = Settings
    found = ""
    for part in where:
        if isinstance(part, int):
            continue
        if model is None or part not in model.model_fields:
            break
        field = model.model_fields[part]
        found = field.description or ""
        inner = field.annotation
        kinds = kinds_of(inner) | set(typing.get_args(inner))
        model = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
        if model is not None:
            found = ""
    return found


def _lower(text: str) -> str:
    return (text[:1].lower() + text[1:]).rstrip(".")
