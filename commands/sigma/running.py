"""Runs rules over records in SQLite, in a database of its own that holds nothing else and is only read."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final, NamedTuple, Self

import re2

from commands.sigma.rows import WHOLE, cells, tables_of
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
_WHOLES: Final[Mapping[Table, str]] = {table: f"{table.value}_whole" for table in Table}
"""Where the whole records stand that rules look through: once, however many rows they have."""

_READABLE: Final = frozenset({*(table.value for table in Table), *_WHOLES.values()})
_OURS: Final = ("who", "record", "at", "what", "doer", "address")
_NAMES: Final = ", ".join(_OURS)


class _Into(NamedTuple):
    """How the records of one kind are written down: the columns, their places, that of the whole, if any."""

    columns: tuple[str, ...]
    places: tuple[str, ...]
    whole: str
    insert: str


class Matcher:
    """Takes records of accounts, and then says which rules they match."""

    def __init__(self, ruleset: Ruleset) -> None:
        self._ruleset = ruleset
        self._matches = Matches()
        # A name of "" is a file that SQLite removes itself; it grows on disk and not in memory.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
        self._database.execute("BEGIN")
        self._rows: Counter[Table] = Counter()
        self._records = 0
        self._into: dict[Table, _Into] = {}
        for table, columns in ruleset.columns.items():
            named = {column: place for column, place in columns.items() if place != WHOLE}
            types = (*(f"{one} TEXT" for one in _OURS), *(f"{one} TEXT COLLATE NOCASE" for one in named))
            self._database.execute(f"CREATE TABLE {table.value} (number INTEGER, {', '.join(types)})")
            self._database.execute(
                f"CREATE TABLE {_WHOLES[table]} (number INTEGER PRIMARY KEY, whole TEXT COLLATE NOCASE)"
            )
            places = ", ".join("?" * (1 + len(types)))
            self._into[table] = _Into(
                tuple(named),
                tuple(named.values()),
                next((column for column, place in columns.items() if place == WHOLE), ""),
                f"INSERT INTO {table.value} VALUES ({places})",  # noqa: S608 - ours
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def add(self, who: str, entry: Entry) -> None:
        """Take one record of an account."""
        for table in tables_of(entry):
            self._matches.counts[table] = self._matches.counts.get(table, 0) + 1
            if (into := self._into.get(table)) is not None:
                self._add(who, entry, table, into)

    def _add(self, who: str, entry: Entry, table: Table, into: _Into) -> None:
        found = cells(entry, into.places, whole=bool(into.whole))
        self._records += 1
        ours = (self._records, who, *_told(entry))
        rows = [(*ours, *map(_storable, row)) for row in found.rows]
        partly = found.partly
        try:
            self._database.executemany(into.insert, rows)
            if into.whole:
                whole = (self._records, _storable(found.whole))
                self._database.execute(f"INSERT INTO {_WHOLES[table]} VALUES (?, ?)", whole)  # noqa: S608 - ours
        except sqlite3.DataError:  # its cells together are longer than SQLite takes
            partly = True
        self._rows[table] += len(rows)
        if partly:
            self._matches.partly[table] = self._matches.partly.get(table, 0) + 1
        seen = self._matches.seen.setdefault(table, set())
        if len(seen) < len(into.columns) + bool(into.whole):
            seen.update(
                column
                for row in found.rows
                for column, value in zip(into.columns, row, strict=True)
                if value is not None
            )
            seen.update({into.whole} - {""})

    def matches(self) -> Matches:
        """Run every rule, and give what they matched. Nothing can be added after it."""
        database = self._database
        for name, kind, function in (("regexp", 2, _matches), ("in_network", 2, _in_network)):
            database.create_function(name, kind, function, deterministic=True)
        database.setlimit(sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, _PATTERN)
        database.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        database.set_authorizer(_authorized)
        for number, rule in enumerate(self._ruleset.rules):
            self._run(number, rule)
        return self._matches

    def _run(self, number: int, rule: Rule) -> None:
        if not self._matches.counts.get(rule.table):
            return
        left = 10 + self._rows[rule.table] * STEPS_A_ROW // _STEPS

        def stop() -> bool:
            nonlocal left
            left -= 1
            return left < 0

        self._database.set_progress_handler(stop, _STEPS)
        # The condition is pySigma's; `_authorized` lets it read these rows and nothing else.
        rows = rule.table.value
        if any(self._into[rule.table].whole in columns for _, columns in rule.fields):
            rows = f"{rows} JOIN {_WHOLES[rule.table]} USING (number)"
        query = f"SELECT DISTINCT {_NAMES} FROM {rows} WHERE {rule.where} ORDER BY at, record"  # noqa: S608
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
    return text if text is None or text.isascii() else text.encode(errors="replace").decode()


def _authorized(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    if action not in _ALLOWED or (action == sqlite3.SQLITE_READ and first not in _READABLE):
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
