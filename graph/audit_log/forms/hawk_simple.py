"""Hawk, files that begin with Simple: a record laid flat, in columns such as `Param_Name` and `Item_Subject`.

Source: Hawk, "Get-SimpleUnifiedAuditLog.ps1".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from graph.audit_log.pieces import as_text

URL: Final = (
    "https://github.com/T0pCyber/hawk/blob/main/Hawk/internal/functions/Get-SimpleUnifiedAuditLog.ps1",
)
COLUMNS: Final = frozenset(
    {"creationtime", "operation", "userid", "clientip", "parameterstring", "fullcommand", "param_identity"}
)
_PARAMETER: Final = "param_"
_LAID_FLAT: Final = (
    "actor", "affecteditems", "appaccesscontext", "destfolder", "deviceproperties", "extendedproperties",
    "folder", "folders", "item", "modifiedproperties", "operationproperties", "target",
)  # fmt: skip
_DEEPEST: Final = 8
_MOST: Final = 10_000


def is_one(names: frozenset[str]) -> bool:
    """Say whether a record of the audit log was laid flat here."""
    if "operation" not in names:
        return False
    return "parameterstring" in names or any(
        name.partition("_")[0] in _LAID_FLAT for name in names if "_" in name
    )


def opened(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Lay the columns together again; columns that a row leaves blank are none of its own."""
    record: dict[str, Any] = {}
    parameters: list[dict[str, Any]] = []
    for key, value in raw.items():
        if not as_text(value):
            continue
        head, mark, rest = key.partition("_")
        if mark and key.lower().startswith(_PARAMETER):
            parameters.append({"Name": rest, "Value": value})
        elif mark and head.lower() in _LAID_FLAT:
            below = record.get(head)
            if not isinstance(below, dict):
                below = record[head] = {}
            put(below, rest.split("_")[:_DEEPEST], value)
        elif key.lower() not in {"parameterstring", "fullcommand"}:
            record[key] = value
    found = {key: lists(value) for key, value in record.items()}
    return {**found, "Parameters": parameters} if parameters else found


def put(inside: dict[str, Any], path: list[str], value: object) -> None:
    """Put a value into objects in one another."""
    *folders, last = path
    for name in folders:
        below = inside.get(name)
        if not isinstance(below, dict):
            below = inside[name] = {}
        inside = below
    inside[last] = value


def lists(value: Any) -> Any:
    """Give objects whose names are numbers as lists."""
    if not isinstance(value, dict):
        return value
    if all(name.isdecimal() for name in value):
        return [lists(value[name]) for name in sorted(value, key=int)[:_MOST]]
    return {name: lists(one) for name, one in value.items()}
