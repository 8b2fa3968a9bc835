"""Adds the records and users of a real export to a tenant: CSV with AuditData, or JSON lines of it."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import orjson

from sandbox.scenarios.organization import add_person
from sandbox.scenarios.people import Person
from sandbox.scenarios.state import Json, TenantState, audit_time, ident, parse_time


def add_export(state: TenantState, path: Path) -> None:
    """Add every record of a file, as it is, and an account for each person named in it.

    Records whose AuditData is blank or cut are left out, as a real search would not return them. Times are
    moved so that the newest record lies an hour before the tenant's present: the search of the tenant has a
    real clock and a real retention, and an export may be years old.

    Raises:
        ValueError: the file holds no audit record at all.
    """
    records = [record for record in _records(path) if "CreationTime" in record and "Operation" in record]
    if not records:
        raise ValueError(
            f"{path} holds no audit record: neither CSV with an AuditData column nor JSON lines."
        )
    times = [parse_time(str(record["CreationTime"])) for record in records]
    shift = state.now - timedelta(hours=1) - max(times)
    for record, when in zip(records, times, strict=True):
        moved = {**record, "CreationTime": audit_time(_shifted(when, shift))}
        state.audit_records.append(moved)
        user = str(record.get("UserId", ""))
        if "@" in user and " " not in user and state.user(user) is None:
            _account(state, user.lower())
    state.audit_records.sort(key=lambda item: str(item["CreationTime"]))


def _shifted(when: datetime, shift: timedelta) -> datetime:
    return when + shift


def _records(path: Path) -> Iterator[Json]:
    """The AuditData objects of a file, whichever form it has."""
    text = path.read_text(encoding="utf-8-sig")
    if text.lstrip().startswith(("{", "[")):
        yield from _json_records(text)
        return
    csv.field_size_limit(sys.maxsize)
    for row in csv.DictReader(text.splitlines(keepends=True)):
        found = _object(row.get("AuditData") or "")
        if found is not None:
            yield found


def _json_records(text: str) -> Iterator[Json]:
    whole = text.lstrip()
    lines = (
        [orjson.dumps(item).decode() for item in orjson.loads(whole)]
        if whole.startswith("[")
        else text.splitlines()
    )
    for line in lines:
        found = _object(line)
        if found is None:
            continue
        inner = found.get("AuditData", found.get("auditData", found))
        data = _object(inner) if isinstance(inner, str) else inner
        if isinstance(data, dict):
            yield data


def _object(text: str) -> Json | None:
    """The JSON object in a text, or None if there is none that is whole."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


def _account(state: TenantState, address: str) -> None:
    """A user with a mailbox for an address of the export, and its domain as a verified one."""
    alias, _, domain = address.partition("@")
    if not any(item["id"] == domain for item in state.domains):
        state.domains.append({**state.domains[0], "id": domain, "isDefault": False, "isInitial": False})
    name = alias.replace(".", " ").title()
    number = int(ident("office", address)[:2], 16) % 90 + 10
    add_person(state, Person(address, name, "Employee", "Imported", office_number=number))
