"""The one-time password within what is sent: put in at the last moment, and taken out of whatever is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from commands.plans.plan import (
    NEW_PASSWORD,
    Act,
    holds_password,
)
from graph.request import Cmdlet


def secret_name(proposal_id: str, change_id: str) -> bytes:
    """What a sealed password belongs to, so that nobody can have it shown as the one of another account."""
    return f"password {proposal_id} {change_id}".encode("utf-8", "replace")


def filled(do: Act, password: str | None) -> Act:
    """Put the password in its place, where there is one.

    Raises:
        ValueError: there is a place for a password, and there is none.
    """
    if not holds_password(do):
        return do
    if not password:
        raise ValueError("a password is to be set and there is none")
    if isinstance(do, Cmdlet):
        return replace(do, parameters=_with(do.parameters, password))
    return replace(do, body=_with(do.body, password))


def _with(value: Any, password: str) -> Any:
    if isinstance(value, Mapping):
        return {name: _with(one, password) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_with(one, password) for one in value]
    return password if value == NEW_PASSWORD else value


def without(password: str | None, text: str) -> str:
    """Take the password, where there is one, out of what Microsoft said about it."""
    return text.replace(password, "[password]") if password else text
