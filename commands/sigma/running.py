"""Runs rules over records in SQLite, in a database of its own that holds nothing else and is only read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final, Self

import re2

from commands.sigma.rows import rows, tables_of
from commands.sigma.shapes import Hits, Matches, Rule, Ruleset, Table
from graph.audit_log.files import Entry
from graph.audit_log.record import AuditRecord
from graph.resources.sign_ins import RiskDetection, SignIn

STEPS_A_ROW: Final = 20_000
"""Steps of SQLite that a rule may take for each row; an ordinary one takes ten."""

_STEPS: Final = 100_000
_PATTERN: Final = 4_000
"""Characters of a pattern of LIKE or GLOB."""

_LONGEST: Final = 16 << 20
_ALLOWED: Final = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION})
_FUNCTIONS: Final = frozenset({"like", "glob", "regexp", "in_network", "coalesce", "replace", "strftime"})
_OURS: Final = ("who", "record", "at", "what", "doer", "address")
_NAMES: Final = ", ".join(_OURS)


class Matcher:
    """Takes records of accounts, and then says which rules they match."""

    def __init__(self, ruleset: Ruleset) -> None:
        self._ruleset = ruleset
        self._matches = Matches()
        # A name of "" is a file that SQLite removes itself; it grows on disk and not in memory.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("BEGIN")
        for table, columns in ruleset.columns.items():
            cells = ", ".join(
                (*(f"{one} TEXT" for one in _OURS), *(f"{one} TEXT COLLATE NOCASE" for one in columns))
            )
            self._database.execute(f"CREATE TABLE {table.value} ({cells})")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def add(self, who: str, entry: Entry) -> None:
        """Take one record of an account."""
        for table in tables_of(entry):
            self._matches.counts[table] = self._matches.counts.get(table, 0) + 1
            columns = self._ruleset.columns.get(table)
            if not columns:
                continue
            seen = self._matches.seen.setdefault(table, set())
            ours = (who, *_told(entry))
            places = ", ".join("?" * (len(ours) + len(columns)))
            for row in rows(entry, columns):
                seen.update(column for column, value in row.items() if value is not None)
                values = (*ours, *(_storable(row[column]) for column in columns))
                self._database.execute(f"INSERT INTO {table.value} VALUES ({places})", values)  # noqa: S608 - ours

    def matches(self) -> Matches:
        """Run every rule, and give what they matched. Nothing can be added after it."""
        database = self._database
        for name, kind, function in (("regexp", 2, _matches), ("in_network", 2, _in_network)):
            database.create_function(name, kind, function, deterministic=True)
        database.setlimit(sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, _PATTERN)
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
        database.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        database.set_authorizer(_authorized)
        for number, rule in enumerate(self._ruleset.rules):
            self._run(number, rule)
        return self._matches

    def _run(self, number: int, rule: Rule) -> None:
        if not self._matches.counts.get(rule.table):
            return
        left = 10 + self._matches.counts[rule.table] * STEPS_A_ROW // _STEPS

        def stop() -> bool:
            nonlocal left
            left -= 1
            return left < 0

        self._database.set_progress_handler(stop, _STEPS)
        # The condition is pySigma's; `_authorized` lets it read these rows and nothing else.
        query = f"SELECT DISTINCT {_NAMES} FROM {rule.table.value} WHERE {rule.where} ORDER BY at, record"  # noqa: S608
        hits = self._matches.hits
        try:
            for who, record, at, what, doer, address in self._database.execute(query):
                mine = hits.setdefault(who, {})
                if number not in mine:
                    when = datetime.fromisoformat(at) if at else None
                    mine[number] = Hits(when, what, doer, address)
                mine[number].add(record)
        except sqlite3.Error as error:
            stopped = (
                "It takes too many steps and was stopped." if left < 0 else f"SQLite refuses it ({error})."
            )
            self._matches.failed[number] = stopped
            for mine in hits.values():
                mine.pop(number, None)
        finally:
            self._database.set_progress_handler(None, 0)


def match(ruleset: Ruleset, who: str, entries: Iterable[Entry]) -> Matches:
    """Run rules over the records of one account."""
    with Matcher(ruleset) as matcher:
        for entry in entries:
            matcher.add(who, entry)
        return matcher.matches()


def _told(entry: Entry) -> tuple[str | None, ...]:
    """Give what stands beside a match: the record's id, when, what, by whom and from where."""
    if isinstance(entry, AuditRecord):
        told = (entry.id, entry.at.isoformat(), entry.operation, entry.actor, entry.address or "")
    elif isinstance(entry, SignIn):
        at = entry.created_date_time.isoformat()
        told = (entry.id, at, "sign-in", entry.user_principal_name, entry.ip_address)
    elif isinstance(entry, RiskDetection):
        at = entry.detected_date_time.isoformat() if entry.detected_date_time else ""
        told = (entry.id, at, entry.risk_event_type, entry.user_principal_name, entry.ip_address)
    else:
        told = ("", "", "", "", "")
    return tuple(map(_storable, told))


def _storable(text: str | None) -> str | None:
    """Give a text as SQLite keeps it: half characters, which Microsoft cuts texts into, become marks."""
    return text.encode(errors="replace").decode() if text is not None else None


def _authorized(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    if action not in _ALLOWED or (action == sqlite3.SQLITE_READ and first not in set(Table)):
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_FUNCTION and second not in _FUNCTIONS:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> object:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    return re2.compile(pattern, options=options)


def _matches(pattern: str, text: str | None) -> bool:
    return text is not None and _compiled(pattern).search(text) is not None  # type: ignore[attr-defined]


@lru_cache(maxsize=1024)
def _network(text: str) -> IPv4Network | IPv6Network:
    return ip_network(text)


def _in_network(address: str | None, network: str) -> bool:
    try:
        return ip_address((address or "").strip("[]")) in _network(network)
    except ValueError:
        return False
