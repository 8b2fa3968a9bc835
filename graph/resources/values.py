"""How values of Graph and Exchange are read: names, times, texts and addresses in each of their forms."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel, to_pascal

from graph.addresses import address_of
from graph.times import time_of


def _instant(value: Any) -> Any:
    """Read a time in any of Microsoft's forms; times without a zone are UTC."""
    if isinstance(value, str):
        return time_of(value) if value else None
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value


Instant = Annotated[datetime, BeforeValidator(_instant)]
MaybeInstant = Annotated[datetime | None, BeforeValidator(_instant)]


def _text(value: Any) -> Any:
    return "" if value is None else value


def _address(value: Any) -> Any:
    """Read an address as audit records are read, so that the same place is the same text in every source.

    What names no place stays as it was written.
    """
    if isinstance(value, str):
        return address_of(value) or value.strip()
    return _text(value)


def _list(value: Any) -> Any:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else value


def _objects(value: Any) -> Any:
    return () if value is None else value


Text = Annotated[str, BeforeValidator(_text)]
"""A text that Microsoft may send as null; null reads as the empty text."""
Address = Annotated[str, BeforeValidator(_address)]
"""An IP address in its shortest form, without port; a text that is none stays, and null reads as empty."""
Texts = Annotated[tuple[str, ...], BeforeValidator(_list)]
"""Texts that Microsoft may send as null, as one text or as a list."""


class GraphValue(BaseModel):
    """A value of Microsoft Graph: camelCase outside, frozen, unknown fields ignored."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=to_camel,
        populate_by_name=True,
        hide_input_in_errors=True,  # a value that does not fit may be mail; it must not reach a log
        defer_build=True,  # most are needed by few commands, and each costs milliseconds
    )


class ExchangeValue(BaseModel):
    """A value of an Exchange cmdlet: PascalCase outside, frozen, unknown fields ignored."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=to_pascal,
        populate_by_name=True,
        hide_input_in_errors=True,
        defer_build=True,
    )
