"""A report as JSON and back, for keeping it in a database. Every value survives the round trip unchanged.

The one exception are lone surrogates, halves of characters that tenants do send and that no database keeps as
text: each becomes a question mark.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError, to_json

from commands.report import Report

_REPORT = TypeAdapter(Report)


def dump(report: Report) -> bytes:
    """Write a report as JSON. As text it would take two bytes a character, for a quotation mark's sake."""
    report = replace(report, timeline=tuple(report.timeline))  # it may be folded up
    try:
        return _REPORT.dump_json(report)
    except (PydanticSerializationError, UnicodeEncodeError):
        return to_json(whole(_REPORT.dump_python(report)))


def load(text: str | bytes) -> Report:
    """Read what `dump` wrote.

    Raises:
        pydantic.ValidationError: The text is no report.
    """
    return _REPORT.validate_json(text)


def whole(value: Any) -> Any:
    """Give the same value, without halves of characters, which no database keeps as text."""
    if type(value) is str:
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {name: whole(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [whole(inner) for inner in value]
    return value
