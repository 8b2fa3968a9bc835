"""What lies in the ledger's file.

`ledger` holds the entries, and `contents` what an entry can only name by its SHA-256: reports, offers, sealed
secrets. All other tables follow from the entries (`commands.ledger.apply` says how), and can be made anew at
any time. So another layout of them needs no migration: raise `LAYOUT`, and the next start makes them anew.

Each unique index is a promise: it decides which of two that come at the same moment was the first.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Final

from commands.errors import LedgerTampered

LAYOUT = 8
"""The version of the tables that follow from the entries; SQLite keeps it as `user_version`."""

GUARDS: Final[Mapping[str, str]] = {
    "ledger_keeps_entries": """CREATE TRIGGER ledger_keeps_entries BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'entries of the ledger are never removed'); END""",
    "ledger_keeps_words": """CREATE TRIGGER ledger_keeps_words BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'entries of the ledger are never changed'); END""",
    # INSERT OR REPLACE removes a row past the trigger on DELETE wherever recursive triggers are off.
    "ledger_grows_at_its_end": """CREATE TRIGGER ledger_grows_at_its_end BEFORE INSERT ON ledger
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM ledger)
  OR NEW.prev IS NOT coalesce((SELECT hash FROM ledger ORDER BY seq DESC LIMIT 1), zeroblob(32))
BEGIN SELECT RAISE(ABORT, 'an entry of the ledger must follow the last one'); END""",
}
"""The triggers by name."""

KEPT: Final = (
    """CREATE TABLE ledger (
        seq INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL, version INTEGER NOT NULL,
        actor TEXT NOT NULL, case_id TEXT NOT NULL, body TEXT NOT NULL,
        prev BLOB NOT NULL, hash BLOB NOT NULL UNIQUE) STRICT""",
    "CREATE INDEX ledger_by_case ON ledger (case_id, seq)",
    "CREATE INDEX ledger_by_kind ON ledger (kind, seq)",
    "CREATE TABLE contents (sha256 TEXT PRIMARY KEY, content BLOB NOT NULL) STRICT",
)
"""What no entry can give back."""

TABLES: Final[Mapping[str, tuple[str, str]]] = {
    "requests": (
        "id",
        """CREATE TABLE requests (
        id TEXT PRIMARY KEY, seq INTEGER NOT NULL, at TEXT NOT NULL, actor TEXT NOT NULL,
        channel TEXT NOT NULL, words TEXT NOT NULL, answered INTEGER NOT NULL, case_id TEXT NOT NULL
        ) STRICT""",
    ),
    "cases": (
        "id",
        """CREATE TABLE cases (
        id TEXT PRIMARY KEY, seq INTEGER NOT NULL, tenant TEXT NOT NULL, subject TEXT NOT NULL,
        subject_id TEXT NOT NULL, channel TEXT NOT NULL, card TEXT NOT NULL, state TEXT NOT NULL,
        run INTEGER NOT NULL, asked_by TEXT NOT NULL, asked_at TEXT NOT NULL, window_start TEXT NOT NULL,
        window_end TEXT NOT NULL, finished_at TEXT, verdict TEXT NOT NULL, report TEXT NOT NULL,
        offer TEXT NOT NULL, note TEXT NOT NULL, reference TEXT NOT NULL, shown INTEGER NOT NULL,
        owners TEXT, owners_missing TEXT NOT NULL, owners_verified TEXT NOT NULL,
        open INTEGER NOT NULL) STRICT""",
    ),
    "memory": (
        "case_id, source, name",
        """CREATE TABLE memory (
        case_id TEXT NOT NULL, source TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (case_id, source, name)) STRICT""",
    ),
    "posts": (
        "case_id, run, what",
        """CREATE TABLE posts (
        case_id TEXT NOT NULL, run INTEGER NOT NULL, what TEXT NOT NULL, seq INTEGER NOT NULL,
        channel TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (case_id, run, what)) STRICT""",
    ),
    "alerts": (
        "id",
        """CREATE TABLE alerts (
        id TEXT PRIMARY KEY, seq INTEGER NOT NULL, tenant TEXT NOT NULL, source TEXT NOT NULL,
        title TEXT NOT NULL, severity TEXT NOT NULL, at TEXT NOT NULL, account TEXT NOT NULL,
        object_id TEXT NOT NULL, link TEXT NOT NULL, more INTEGER NOT NULL, raised_at TEXT NOT NULL,
        how TEXT NOT NULL, shown_at TEXT, channel TEXT NOT NULL, ts TEXT NOT NULL) STRICT""",
    ),
    "hunts": (
        "id",
        """CREATE TABLE hunts (
        id TEXT PRIMARY KEY, seq INTEGER NOT NULL, kind TEXT NOT NULL, tenant TEXT NOT NULL,
        terms TEXT NOT NULL, window_start TEXT NOT NULL, window_end TEXT NOT NULL, channel TEXT NOT NULL,
        card TEXT NOT NULL, case_id TEXT NOT NULL, state TEXT NOT NULL, asked_by TEXT NOT NULL,
        asked_at TEXT NOT NULL, finished_at TEXT, found TEXT NOT NULL, note TEXT NOT NULL,
        shown INTEGER NOT NULL) STRICT""",
    ),
    "cursors": (
        "name",
        """CREATE TABLE cursors (
        name TEXT PRIMARY KEY, value TEXT NOT NULL, trouble TEXT NOT NULL) STRICT""",
    ),
    "proposals": (
        "id",
        """CREATE TABLE proposals (
        id TEXT PRIMARY KEY, seq INTEGER NOT NULL, case_id TEXT NOT NULL, account TEXT NOT NULL,
        kind TEXT NOT NULL, plan TEXT NOT NULL, digest TEXT NOT NULL, proposed_by TEXT NOT NULL,
        proposer TEXT NOT NULL, proposer_object TEXT NOT NULL, reason TEXT NOT NULL,
        needs INTEGER NOT NULL, factor INTEGER NOT NULL, strict INTEGER NOT NULL, made_at TEXT NOT NULL,
        expires_at TEXT NOT NULL, state TEXT NOT NULL,
        decided_by TEXT NOT NULL, decided_at TEXT, note TEXT NOT NULL, request TEXT NOT NULL,
        channel TEXT NOT NULL, card TEXT NOT NULL, shown INTEGER NOT NULL) STRICT""",
    ),
    "votes": (
        "proposal, voter",
        """CREATE TABLE votes (
        proposal TEXT NOT NULL, voter TEXT NOT NULL, seq INTEGER NOT NULL, addresses TEXT NOT NULL,
        object_id TEXT NOT NULL, yes INTEGER NOT NULL, factor INTEGER NOT NULL, at TEXT NOT NULL,
        says TEXT NOT NULL,
        PRIMARY KEY (proposal, voter)) STRICT""",
    ),
    "actions": (
        "proposal, change",
        """CREATE TABLE actions (
        proposal TEXT NOT NULL, change TEXT NOT NULL, seq INTEGER NOT NULL, attempt INTEGER NOT NULL,
        saw TEXT NOT NULL, intended_at TEXT NOT NULL, outcome TEXT, says TEXT NOT NULL, ended_at TEXT,
        request_id TEXT NOT NULL, undone INTEGER NOT NULL, PRIMARY KEY (proposal, change)) STRICT""",
    ),
    "copies": (
        "proposal, channel",
        """CREATE TABLE copies (
        proposal TEXT NOT NULL, channel TEXT NOT NULL, seq INTEGER NOT NULL, ts TEXT NOT NULL,
        PRIMARY KEY (proposal, channel)) STRICT""",
    ),
    "passwords": (
        "proposal, change",
        """CREATE TABLE passwords (
        proposal TEXT NOT NULL, change TEXT NOT NULL, sealed TEXT NOT NULL, until TEXT NOT NULL,
        PRIMARY KEY (proposal, change)) STRICT""",
    ),
    "tasks": (
        "case_id, number",
        """CREATE TABLE tasks (
        case_id TEXT NOT NULL, number INTEGER NOT NULL, id TEXT NOT NULL, says TEXT NOT NULL,
        how TEXT NOT NULL, done_by TEXT NOT NULL, done_at TEXT, note TEXT NOT NULL,
        PRIMARY KEY (case_id, number), UNIQUE (case_id, id)) STRICT""",
    ),
    "watches": (
        "case_id, round",
        """CREATE TABLE watches (
        case_id TEXT NOT NULL, round INTEGER NOT NULL, due TEXT NOT NULL, done INTEGER NOT NULL,
        alarm INTEGER NOT NULL, PRIMARY KEY (case_id, round)) STRICT""",
    ),
    "factors": (
        "user",
        """CREATE TABLE factors (
        user TEXT PRIMARY KEY, sealed TEXT NOT NULL, offered_at TEXT NOT NULL, enrolled_at TEXT,
        last_step INTEGER NOT NULL, wrong INTEGER NOT NULL, locked_until TEXT) STRICT""",
    ),
    "people": (
        "user",
        """CREATE TABLE people (
        user TEXT PRIMARY KEY, email TEXT NOT NULL, object_id TEXT NOT NULL, objects TEXT NOT NULL,
        addresses TEXT NOT NULL, named_at TEXT NOT NULL, changed INTEGER NOT NULL) STRICT""",
    ),
}
"""The tables that follow from the entries, each with its key."""

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    table: tuple(key.split(", ")) for table, (key, _) in TABLES.items()
}
"""The columns of each key."""

INDEXES: Final = (
    # Two people who ask about the same account at the same moment: the second one is told of the first.
    "CREATE UNIQUE INDEX one_check_per_subject ON cases (tenant, subject_id) WHERE state = 'looking'",
    "CREATE INDEX cases_by_subject ON cases (subject_id, asked_at)",
    "CREATE INDEX cases_open ON cases (asked_at, seq) WHERE open = 1",
    "CREATE INDEX cases_by_report ON cases (report) WHERE report <> ''",
    "CREATE INDEX cases_by_offer ON cases (offer) WHERE offer <> ''",
    "CREATE INDEX cases_unfinished ON cases (asked_at, id) WHERE state = 'looking' OR shown = 0",
    # Two plans for one account at the same time would each be made for a state that the other changes.
    """CREATE UNIQUE INDEX one_undecided_proposal ON proposals (account)
        WHERE state IN ('open', 'approved', 'running')""",
    "CREATE INDEX watches_by_due ON watches (due) WHERE done = 0",
    "CREATE INDEX watches_to_tell ON watches (case_id, round) WHERE alarm = 1",
    "CREATE INDEX alerts_that_wait ON alerts (seq) WHERE how = ''",
    "CREATE INDEX alerts_by_account ON alerts (tenant, object_id, shown_at)",
    "CREATE INDEX alerts_by_time ON alerts (how, shown_at)",
    "CREATE INDEX alerts_by_source ON alerts (source, raised_at)",
    "CREATE INDEX hunts_unfinished ON hunts (seq) WHERE state = 'looking' OR shown = 0",
    "CREATE INDEX proposals_by_case ON proposals (case_id, seq)",
    "CREATE INDEX proposals_by_request ON proposals (request) WHERE request <> ''",
)

REFERENCES: Final = (
    ("cases", "report"),
    ("cases", "offer"),
    ("hunts", "found"),
    ("passwords", "sealed"),
    ("factors", "sealed"),
)
"""The columns that name a content; a content that none of them names is needed no longer."""


def create_kept(connection: sqlite3.Connection) -> None:
    """Make the ledger, its guards, and the table of contents."""
    for statement in (*KEPT, *GUARDS.values()):
        connection.execute(statement)


def create_tables(connection: sqlite3.Connection) -> None:
    """Make the tables that follow from the entries, empty."""
    for statement in (*(made for _, made in TABLES.values()), *INDEXES):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {LAYOUT}")


def drop_tables(connection: sqlite3.Connection) -> None:
    """Remove every table that is not kept, whatever its layout."""
    rows = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('ledger', 'contents')"
        " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    )
    for (name,) in [tuple(row) for row in rows]:
        connection.execute(f'DROP TABLE "{name}"')


def check_guards(connection: sqlite3.Connection) -> None:
    """Look whether the triggers are there and are the ones this program made.

    Raises:
        LedgerTampered: one is missing or different, or there is one that is not ours.
    """
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    found = {row[0]: row[1] for row in rows.fetchall()}
    for name in found.keys() - GUARDS.keys():
        raise LedgerTampered(f"has an unknown trigger {name}; find out who added it")
    for name, sql in GUARDS.items():
        if found.get(name) != sql:
            state = "is missing its trigger" if name not in found else "has a changed trigger"
            raise LedgerTampered(f"{state} {name}; restore the file from a backup and find out who did it")
