"""The append-only record of every question, refusal and outcome, and the small tables that go with it.

An entry is chained to the one before it: its hash covers a tag, the hash before, the header and the body's
bytes as they are stored. Triggers refuse every change and removal, for whichever program opens the file.
The tables beside the ledger change only in a transaction that also appends an entry.

What that proves, and what it cannot, is for `commands.soundness` to say, which reads nothing but the file.

No token, password or mail body belongs in here.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlite_utils import Database, Migrations

from commands.errors import (
    AlreadyLooking,
    EntryMissing,
    LedgerTampered,
    LedgerUnwritable,
    NoSuchCase,
)
from graph.question import Subject, Window

TAG = b"compromise-bot ledger entry, version 1\n"
"""Starts every hashed text, so that a hash of ours can mean nothing else."""

GENESIS = bytes(32)
"""What the first entry has in place of the hash before it."""

GUARDS = {
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
"""The triggers by name. Never use `transform()` of sqlite-utils on the ledger: it drops them silently."""

BEGINNINGS = frozenset({"case opened", "proposed"})
"""The kinds of entries that name the request they were made for, and do not answer it."""
CASE_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""What case ids are made of: nothing that is misread on the phone."""

_SAME_SPAN = timedelta(minutes=1)
"""Two windows whose lengths differ by no more are as long as each other."""

migrations = Migrations("compromise-bot")


@migrations()
def first_tables(db: Database) -> None:
    """Make the ledger, its guards and the tables beside it."""
    for statement in (
        """CREATE TABLE ledger (
            seq INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL, actor TEXT NOT NULL,
            case_id TEXT NOT NULL, body TEXT NOT NULL, prev BLOB NOT NULL, hash BLOB NOT NULL UNIQUE
            ) STRICT""",
        *GUARDS.values(),
        """CREATE TABLE cases (
            id TEXT PRIMARY KEY, tenant TEXT NOT NULL, subject TEXT NOT NULL, subject_id TEXT NOT NULL,
            channel TEXT NOT NULL, card TEXT NOT NULL DEFAULT '', state TEXT NOT NULL, run INTEGER NOT NULL,
            asked_by TEXT NOT NULL, asked_at TEXT NOT NULL,
            window_start TEXT NOT NULL, window_end TEXT NOT NULL,
            finished_at TEXT, verdict TEXT NOT NULL DEFAULT '', report TEXT NOT NULL DEFAULT '',
            note TEXT NOT NULL DEFAULT '', reference TEXT NOT NULL DEFAULT '',
            shown INTEGER NOT NULL DEFAULT 0
            ) STRICT""",
        # Two people who ask about the same account at the same moment: the second one is told of the first.
        "CREATE UNIQUE INDEX one_check_per_subject ON cases (tenant, subject_id) WHERE state = 'looking'",
        "CREATE INDEX cases_by_subject ON cases (subject_id, asked_at)",
        """CREATE TABLE memory (
            case_id TEXT NOT NULL, source TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
            PRIMARY KEY (case_id, source, name)) STRICT""",
        """CREATE TABLE requests (
            id TEXT PRIMARY KEY, at TEXT NOT NULL, actor TEXT NOT NULL, channel TEXT NOT NULL,
            words TEXT NOT NULL, answered INTEGER NOT NULL DEFAULT 0, case_id TEXT NOT NULL DEFAULT ''
            ) STRICT""",
        """CREATE TABLE posts (
            case_id TEXT NOT NULL, run INTEGER NOT NULL, what TEXT NOT NULL, channel TEXT NOT NULL,
            name TEXT NOT NULL, PRIMARY KEY (case_id, run, what)) STRICT""",
    ):
        db.execute(statement)


@migrations()
def tables_of_proposals(db: Database) -> None:
    """Make the tables of `commands.proposals`; each unique index is a promise that it names."""
    for statement in (
        "ALTER TABLE cases ADD COLUMN offer TEXT NOT NULL DEFAULT ''",
        "CREATE INDEX ledger_by_case ON ledger (case_id, seq)",
        """CREATE TABLE proposals (
            id TEXT PRIMARY KEY, case_id TEXT NOT NULL, account TEXT NOT NULL, kind TEXT NOT NULL,
            plan TEXT NOT NULL, digest TEXT NOT NULL, proposed_by TEXT NOT NULL, proposer TEXT NOT NULL,
            reason TEXT NOT NULL,
            needs INTEGER NOT NULL, factor INTEGER NOT NULL, strict INTEGER NOT NULL,
            made_at TEXT NOT NULL, expires_at TEXT NOT NULL, state TEXT NOT NULL,
            decided_by TEXT NOT NULL DEFAULT '', decided_at TEXT NOT NULL DEFAULT '',
            note TEXT NOT NULL DEFAULT '', channel TEXT NOT NULL, card TEXT NOT NULL DEFAULT '',
            shown INTEGER NOT NULL DEFAULT 0
            ) STRICT""",
        # Two plans for one account at the same time would each be made for a state that the other changes.
        """CREATE UNIQUE INDEX one_undecided_proposal ON proposals (account)
            WHERE state IN ('open', 'approved', 'running')""",
        """CREATE TABLE votes (
            proposal TEXT NOT NULL, voter TEXT NOT NULL, addresses TEXT NOT NULL, yes INTEGER NOT NULL,
            factor INTEGER NOT NULL, at TEXT NOT NULL, says TEXT NOT NULL DEFAULT '',
            PRIMARY KEY (proposal, voter)) STRICT""",
        """CREATE TABLE actions (
            proposal TEXT NOT NULL, change TEXT NOT NULL, attempt INTEGER NOT NULL, saw TEXT NOT NULL,
            intended_at TEXT NOT NULL, outcome TEXT, says TEXT NOT NULL DEFAULT '', ended_at TEXT,
            request_id TEXT NOT NULL DEFAULT '', undone INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (proposal, change)) STRICT""",
        """CREATE TABLE copies (
            proposal TEXT NOT NULL, channel TEXT NOT NULL, ts TEXT NOT NULL,
            PRIMARY KEY (proposal, channel)) STRICT""",
        """CREATE TABLE secrets (
            proposal TEXT NOT NULL, change TEXT NOT NULL, sealed BLOB NOT NULL, until TEXT NOT NULL,
            PRIMARY KEY (proposal, change)) STRICT""",
        """CREATE TABLE errands (
            case_id TEXT NOT NULL, number INTEGER NOT NULL, id TEXT NOT NULL, says TEXT NOT NULL,
            how TEXT NOT NULL, done_by TEXT NOT NULL DEFAULT '', done_at TEXT,
            note TEXT NOT NULL DEFAULT '', PRIMARY KEY (case_id, id)) STRICT""",
        """CREATE TABLE watches (
            case_id TEXT NOT NULL, round INTEGER NOT NULL, due TEXT NOT NULL, done INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (case_id, round)) STRICT""",
    ):
        db.execute(statement)


@migrations()
def index_of_unfinished_cases(db: Database) -> None:
    """Find the cases that are not done with without reading through the reports of all others."""
    db.execute("CREATE INDEX cases_unfinished ON cases (asked_at, id) WHERE state = 'looking' OR shown = 0")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its number, when (ISO 8601, UTC), what kind, who, in which case, the facts, and its hash."""

    seq: int
    at: str
    kind: str
    actor: str
    case_id: str
    body: str
    prev: bytes
    hash: bytes

    @property
    def facts(self) -> dict[str, Any]:
        """The body, read."""
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the ledger: how many entries there are, and the hash of the last one in hexadecimal."""

    size: int
    hash: str


class CaseState(StrEnum):
    """Where a case stands."""

    LOOKING = "looking"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Case:
    """One subject's investigation.

    Attributes:
        id: Such as ``C-7F3K2``.
        tenant: The name of the configured tenant.
        subject: The account.
        window: The span of time looked at.
        channel: The Slack channel that the card is in.
        card: The card's timestamp, which is its name in Slack; "" before it is posted.
        state: Whether the check runs, is done or has failed.
        run: How many times the check was started, counted from 1.
        asked_by: The Slack user id of whoever asked.
        asked_at: When (aware UTC).
        finished_at: When the last run ended.
        verdict: The verdict's answer, "" before there is one.
        report: The report as JSON, "" before there is one.
        note: A sentence for the card: why it failed, or what else people should know.
        reference: The id under which the log has more about a failure.
        shown: Whether the card shows how it ended.
        offer: What the steps planned from the last finished check, as JSON; "" before there is one.
    """

    id: str
    tenant: str
    subject: Subject
    window: Window
    channel: str
    card: str
    state: CaseState
    run: int
    asked_by: str
    asked_at: datetime
    finished_at: datetime | None = None
    verdict: str = ""
    report: str = ""
    note: str = ""
    reference: str = ""
    shown: bool = False
    offer: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """One thing somebody asked for, as it came, so that a redelivery or a restart starts nothing twice."""

    id: str
    at: datetime
    actor: str
    channel: str
    words: str
    answered: bool
    case_id: str


def new_case_id() -> str:
    """Draw a case id by chance."""
    return "C-" + "".join(secrets.choice(CASE_LETTERS) for _ in range(5))


def hash_of(prev: bytes, header: tuple[bytes, ...], body: bytes) -> bytes:
    """Hash one entry: tag, hash before, then each header field and the body with its length in front."""
    digest = hashlib.sha256(TAG)
    digest.update(prev)
    for part in (*header, body):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()


class Ledger:
    """The ledger's file. Any thread may use it; each gets a connection of its own.

    Args:
        path: The file; it is made when it does not exist.
        clock: Tells the time (aware UTC).
        patience: Seconds to wait for another writer.

    Raises:
        LedgerUnwritable: the file cannot be opened or written.
        LedgerTampered: the file's guards are missing or are not ours.
    """

    def __init__(self, path: Path, clock: Callable[[], datetime], *, patience: float = 30) -> None:
        self.path = path
        self._clock = clock
        self._patience = patience
        self._mine = threading.local()
        self._all: dict[threading.Thread, sqlite3.Connection] = {}
        self._lock = threading.Lock()
        with self._trouble():
            _make_private(path)
            db = self._db
            existed = db["ledger"].exists()
            if existed:
                check_guards(db)
            db.execute("BEGIN IMMEDIATE")
            try:
                migrations.apply(db)
                db.conn.commit()
            except BaseException:
                db.conn.rollback()
                raise
            check_guards(db)

    @property
    def _db(self) -> Database:
        db: Database | None = getattr(self._mine, "db", None)
        if db is None:
            # Closed from another thread than its own, hence no check for the same thread.
            connection = sqlite3.connect(self.path, timeout=self._patience, check_same_thread=False)
            connection.row_factory = sqlite3.Row
            with self._lock:
                # Each check has a thread of its own, which ends; its connection would stay open for ever.
                for thread in [one for one in self._all if not one.is_alive()]:
                    self._all.pop(thread).close()
                self._all[threading.current_thread()] = connection
            db = self._mine.db = Database(connection)
            db.execute("PRAGMA journal_mode = WAL").fetchone()
            db.execute("PRAGMA synchronous = FULL")
        return db

    @contextmanager
    def _trouble(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise LedgerUnwritable(str(self.path), str(error)) from error

    def close(self) -> None:
        """Close every connection; the ledger opens them again when it is used again.

        One that another thread may be using this very moment is only let go: closed under its hands, it would
        take the whole process down. It closes as soon as nobody holds it.
        """
        with self._lock:
            for thread, connection in self._all.items():
                if thread is threading.current_thread() or not thread.is_alive():
                    connection.close()
            self._all.clear()
        self._mine = threading.local()

    # --- writing -------------------------------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """Hold the ledger for writing; everything inside happens, or nothing.

        Raises:
            LedgerUnwritable: it could not be written; nothing was kept.
            EntryMissing: the block changed something and appended no entry; nothing was kept.
        """
        with self._trouble():
            db = self._db
            # IMMEDIATE: a deferred transaction that reads the head first fails at once beside another writer.
            db.execute("BEGIN IMMEDIATE")
            before = db.conn.total_changes
            writing = Writing(db, self._clock())
            try:
                yield writing
                if db.conn.total_changes != before and not writing.entries:
                    raise EntryMissing
                db.conn.commit()
            except BaseException:
                # The rollback itself may fail on a broken disk; the reason to roll back is the one to tell.
                with suppress(sqlite3.Error):
                    db.conn.rollback()
                raise

    def append(self, kind: str, actor: str, case_id: str, body: Mapping[str, Any]) -> Entry:
        """Add one entry.

        Raises:
            LedgerUnwritable: it could not be written.
        """
        with self.writing() as writing:
            return writing.append(kind, actor, case_id, body)

    # --- reading -------------------------------------------------------------------------------------------

    def head(self) -> Head:
        """Say how long the ledger is and which hash it ends with."""
        with self._trouble():
            row = self._db.execute("SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1").fetchone()
        return Head(row["seq"], row["hash"].hex()) if row else Head(0, GENESIS.hex())

    def entries(self, *, case_id: str | None = None, after: int = 0) -> Iterator[Entry]:
        """Give the entries in their order, all of them or those of one case."""
        with self._trouble():
            # Two statements: one for both cases could use no index, and read the ledger for every case.
            of_case = "" if case_id is None else " AND case_id = :case"
            rows = self._db.execute(
                "SELECT seq, at, kind, actor, case_id, body, prev, hash FROM ledger"  # noqa: S608 - words of ours
                f" WHERE seq > :after{of_case} ORDER BY seq",
                {"after": after, "case": case_id},
            )
            for row in rows:
                yield Entry(**dict(row))

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Read from the tables beside the ledger.

        Raises:
            LedgerUnwritable: the file cannot be read.
        """
        with self._trouble():
            return list(self._db.execute(sql, list(values)).fetchall())

    def case(self, case_id: str) -> Case:
        """Read one case.

        Raises:
            NoSuchCase: there is none with this id.
        """
        with self._trouble():
            row = self._db.execute("SELECT * FROM cases WHERE id = ?", [case_id]).fetchone()
        if row is None:
            raise NoSuchCase(case_id)
        return _case(row)

    def unfinished_cases(self) -> list[Case]:
        """Give the cases that are being looked at, or whose end nobody was shown."""
        with self._trouble():
            rows = self._db.execute(
                "SELECT * FROM cases WHERE state = 'looking' OR shown = 0 ORDER BY asked_at, id"
            ).fetchall()
        return [_case(row) for row in rows]

    def latest_case(self, tenant: str, subject_id: str, *, with_report: bool = False) -> Case | None:
        """Give the newest case about an account, or the newest that has a report."""
        with self._trouble():
            row = self._db.execute(
                "SELECT * FROM cases WHERE tenant = ? AND subject_id = ? AND (NOT ? OR report <> '')"
                " ORDER BY asked_at DESC, rowid DESC LIMIT 1",
                [tenant, subject_id, with_report],
            ).fetchone()
        return _case(row) if row else None

    def case_against(
        self, addresses: frozenset[str], verdicts: Collection[str] = ("compromised",)
    ) -> Case | None:
        """Give the case by which one of these addresses has such a verdict: an account's latest decides.

        A check of a shorter span than the one that accused does not acquit: it saw less.
        """
        with self._trouble():
            # Not the reports: they are long, and every question and every vote comes by here.
            rows = self._db.execute(
                "SELECT id, tenant, subject, subject_id, window_start, window_end, verdict FROM cases"
                " WHERE verdict <> '' ORDER BY finished_at DESC, rowid DESC"
            ).fetchall()
        acquitted: dict[tuple[str, str], timedelta] = {}
        for row in rows:
            account = (row["tenant"], row["subject_id"])
            window = _window(row)
            span, longest = window.end - window.start, acquitted.get(account)
            if row["verdict"] not in verdicts:
                acquitted[account] = max(span, longest or span)
            elif (longest is None or longest < span - _SAME_SPAN) and any(
                _subject(row).is_meant_by(address) for address in addresses
            ):
                return self.case(row["id"])
        return None

    def demand_as_noted(self, case: Case) -> None:
        """See that a case is about the account, and offers the changes, that its entries tell of.

        Raises:
            LedgerTampered: it is not; nothing may be proposed from it.
        """
        opened: dict[str, Any] = {}
        done: dict[str, Any] = {}
        for entry in self.entries(case_id=case.id):
            if entry.kind == "case opened":
                opened = entry.facts
            elif entry.kind == "check done":
                done = entry.facts
        if (case.tenant, _subject_facts(case.subject)) != (opened.get("tenant"), opened.get("subject")):
            raise LedgerTampered(f"has another subject in case {case.id} than the one that was noted")
        if (case.verdict, sha256_of(case.report), sha256_of(case.offer)) != _outcome(done):
            raise LedgerTampered(f"has another outcome in case {case.id} than the one that was noted")

    def was_asked(self, request: Request) -> bool:
        """Say whether the entries tell of this request, word for word, and of no answer to it."""
        known = False
        for row in self.rows("SELECT kind, actor, body FROM ledger WHERE instr(body, ?)", [request.id]):
            facts = json.loads(row["body"])
            if facts.get("request") != request.id or row["kind"] in BEGINNINGS:
                continue
            if row["kind"] != "asked":
                return False
            words = str(facts["words"]).encode("utf-8", "replace").decode()
            told = (row["actor"], facts["channel"], words)
            known = told == (request.actor, request.channel, request.words)
        return known

    def unanswered_requests(self) -> list[Request]:
        """Give what was asked and never answered, because the program ended in between."""
        with self._trouble():
            rows = self._db.execute("SELECT * FROM requests WHERE answered = 0 ORDER BY at").fetchall()
        return [
            Request(
                id=row["id"],
                at=datetime.fromisoformat(row["at"]),
                actor=row["actor"],
                channel=row["channel"],
                words=row["words"],
                answered=bool(row["answered"]),
                case_id=row["case_id"],
            )
            for row in rows
        ]

    def posted(self, case_id: str, run: int) -> dict[str, str]:
        """Give what was posted for one run of a case: what it is, and its name in Slack."""
        with self._trouble():
            rows = self._db.execute(
                "SELECT what, name FROM posts WHERE case_id = ? AND run = ? ORDER BY rowid", [case_id, run]
            ).fetchall()
        return {row["what"]: row["name"] for row in rows}

    def memory(self, case_id: str) -> CaseMemory:
        """Give the memory of a case, for `graph.collect`."""
        return CaseMemory(self, case_id)

    def recall(self, case_id: str, source: str) -> dict[str, str]:
        """Give what a query of this case remembered."""
        with self._trouble():
            rows = self._db.execute(
                "SELECT name, value FROM memory WHERE case_id = ? AND source = ?", [case_id, source]
            ).fetchall()
        return {row["name"]: row["value"] for row in rows}


class Writing:
    """One transaction. Every method that changes something also appends an entry that says so."""

    def __init__(self, db: Database, now: datetime) -> None:
        self._db = db
        self.now = now
        self.entries = 0

    def append(self, kind: str, actor: str, case_id: str, body: Mapping[str, Any]) -> Entry:
        """Add one entry to the chain."""
        last = self._db.execute("SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1").fetchone()
        seq, prev = (last["seq"] + 1, last["hash"]) if last else (1, GENESIS)
        at = moment(self.now)
        # ASCII keeps lone surrogates, which tenants do send, from breaking the write.
        text = json.dumps(body, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
        actor = actor.encode("utf-8", "replace").decode()
        header = tuple(part.encode() for part in (str(seq), at, kind, actor, case_id))
        entry = Entry(seq, at, kind, actor, case_id, text, prev, hash_of(prev, header, text.encode()))
        written = self._db.execute(
            "INSERT INTO ledger (seq, at, kind, actor, case_id, body, prev, hash)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [entry.seq, entry.at, entry.kind, entry.actor, entry.case_id, entry.body, entry.prev, entry.hash],
        )
        if written.rowcount != 1:
            # A trigger that is not ours can drop a row without any error.
            raise LedgerTampered("did not keep a new entry; find out who put a trigger into the file")
        self.entries += 1
        return entry

    def ask(self, request_id: str, actor: str, channel: str, words: str) -> bool:
        """Keep a request; False when the very same one was kept before."""
        known = self._db.execute("SELECT 1 FROM requests WHERE id = ?", [request_id]).fetchone()
        if known:
            return False
        self.append("asked", actor, "", {"request": request_id, "channel": channel, "words": words})
        self._db.execute(
            "INSERT INTO requests (id, at, actor, channel, words) VALUES (?, ?, ?, ?, ?)",
            [request_id, moment(self.now), actor, channel, words.encode("utf-8", "replace").decode()],
        )
        return True

    def answer(self, request_id: str, kind: str, actor: str, case_id: str, body: Mapping[str, Any]) -> None:
        """Close a request with its outcome."""
        self.append(kind, actor, case_id, {"request": request_id, **body})
        self._db.execute("UPDATE requests SET answered = 1, case_id = ? WHERE id = ?", [case_id, request_id])

    def open_case(
        self,
        case_id: str,
        *,
        tenant: str,
        subject: Subject,
        window: Window,
        channel: str,
        asked_by: str,
        note: str = "",
        request: str = "",
    ) -> None:
        """Open a case whose check is about to run, for a request or of itself.

        The request knows its case from then on: taken up after a restart, it opens no second one.

        Raises:
            AlreadyLooking: a check of this account is running.
        """
        running = self._db.execute(
            "SELECT id FROM cases WHERE tenant = ? AND subject_id = ? AND state = 'looking'",
            [tenant, subject.id],
        ).fetchone()
        if running:
            raise AlreadyLooking(running["id"])
        facts = {
            "tenant": tenant,
            "subject": _subject_facts(subject),
            "window": [moment(window.start), moment(window.end)],
            "channel": channel,
            "request": request,
        }
        self.append("case opened", asked_by, case_id, facts)
        self._db.execute("UPDATE requests SET case_id = ? WHERE id = ?", [case_id, request])
        self._db.execute(
            "INSERT INTO cases (id, tenant, subject, subject_id, channel, state, run, asked_by, asked_at,"
            " window_start, window_end, note) VALUES (?, ?, ?, ?, ?, 'looking', 1, ?, ?, ?, ?, ?)",
            [
                case_id,
                tenant,
                json.dumps(_subject_facts(subject)),
                subject.id,
                channel,
                asked_by,
                moment(self.now),
                moment(window.start),
                moment(window.end),
                note,
            ],
        )

    def card_posted(self, case_id: str, channel: str, card: str) -> None:
        """Note where the case's card is."""
        self.append("card posted", "bot", case_id, {"channel": channel, "ts": card})
        self._db.execute("UPDATE cases SET channel = ?, card = ? WHERE id = ?", [channel, card, case_id])

    def run_again(self, case_id: str, actor: str, why: str) -> int:
        """Start the check of a case once more; give the number of the new run.

        Raises:
            NoSuchCase: there is none with this id.
            AlreadyLooking: another case of the same account is being looked at.
        """
        row = self._db.execute("SELECT * FROM cases WHERE id = ?", [case_id]).fetchone()
        if row is None:
            raise NoSuchCase(case_id)
        other = self._db.execute(
            "SELECT id FROM cases WHERE tenant = ? AND subject_id = ? AND state = 'looking' AND id <> ?",
            [row["tenant"], row["subject_id"], case_id],
        ).fetchone()
        if other:
            raise AlreadyLooking(other["id"])
        run = int(row["run"]) + 1
        self.append("check started again", actor, case_id, {"run": run, "why": why})
        self._db.execute(
            "UPDATE cases SET state = 'looking', run = ?, shown = 0, finished_at = NULL, reference = ''"
            " WHERE id = ?",
            [run, case_id],
        )
        return run

    def finish(
        self, case_id: str, *, verdict: str, report: str, facts: Mapping[str, Any], offer: str = ""
    ) -> None:
        """Note the outcome of a check; the entry holds digests of report and offer, the case both."""
        digests = {"report_sha256": sha256_of(report), "offer_sha256": sha256_of(offer)}
        self.append("check done", "bot", case_id, {"verdict": verdict, **digests, **facts})
        self._db.execute(
            "UPDATE cases SET state = 'done', verdict = ?, report = ?, offer = ?, finished_at = ?, shown = 0"
            " WHERE id = ?",
            [verdict, report, offer, moment(self.now), case_id],
        )

    def execute(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Change one of the tables beside the ledger; give how many rows that changed."""
        return int(self._db.execute(sql, list(values)).rowcount)

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Read from the tables as they are inside this transaction."""
        return list(self._db.execute(sql, list(values)).fetchall())

    def fail(
        self, case_id: str, *, says: str, reference: str, facts: Mapping[str, Any] | None = None
    ) -> None:
        """Note that a check could not be made; `says` is one sentence for people."""
        self.append("check failed", "bot", case_id, {"says": says, "reference": reference, **(facts or {})})
        self._db.execute(
            "UPDATE cases SET state = 'failed', note = ?, reference = ?, finished_at = ?, shown = 0"
            " WHERE id = ?",
            [says, reference, moment(self.now), case_id],
        )

    def posted(self, case_id: str, run: int, what: str, channel: str, name: str) -> None:
        """Note that something of a case was posted, and where."""
        self.append("posted", "bot", case_id, {"run": run, "what": what, "channel": channel, "name": name})
        self._db.execute(
            "INSERT INTO posts (case_id, run, what, channel, name) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (case_id, run, what)"
            " DO UPDATE SET channel = excluded.channel, name = excluded.name",
            [case_id, run, what, channel, name],
        )

    def shown(self, case_id: str, why: str) -> None:
        """Note that nothing is left to be shown for a case."""
        self.append("shown", "bot", case_id, {"how": why})
        self._db.execute("UPDATE cases SET shown = 1 WHERE id = ?", [case_id])

    def remember(self, case_id: str, source: str, name: str, value: str) -> None:
        """Keep something for a query that a restart interrupts."""
        self.append("remembered", "bot", case_id, {"source": source, "name": name, "value": value})
        self._db.execute(
            "INSERT INTO memory (case_id, source, name, value) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (case_id, source, name) DO UPDATE SET value = excluded.value",
            [case_id, source, name, value],
        )


@dataclass(frozen=True, slots=True)
class CaseMemory:
    """The memory of one case; what `graph.collect` calls Memory."""

    ledger: Ledger
    case_id: str

    def recall(self, source: str) -> Mapping[str, str]:
        """Give what this source's query remembered."""
        return self.ledger.recall(self.case_id, source)

    def remember(self, source: str, name: str, value: str) -> None:
        """Keep a value for this source's query."""
        with self.ledger.writing() as writing:
            writing.remember(self.case_id, source, name, value)


def moment(at: datetime) -> str:
    """Write a time as ISO 8601 in UTC with microseconds, so that texts sort as times do."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def sha256_of(text: str) -> str:
    """Give the digest of a stored text in hexadecimal, "" for no text."""
    return hashlib.sha256(text.encode()).hexdigest() if text else ""


def _outcome(facts: Mapping[str, Any]) -> tuple[str, str, str]:
    """The verdict of a check, and the digests of its report and offer, as its entry notes them."""
    digests = (str(facts.get(name) or "") for name in ("report_sha256", "offer_sha256"))
    return (str(facts.get("verdict") or ""), *digests)  # type: ignore[return-value]


def check_guards(db: Database) -> None:
    """Look whether the triggers are there and are the ones this program made.

    Raises:
        LedgerTampered: one is missing or different, or there is one that is not ours.
    """
    rows = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    found = {row["name"]: row["sql"] for row in rows.fetchall()}
    for name in found.keys() - GUARDS.keys():
        raise LedgerTampered(f"has a trigger {name} that is not ours; find out who put it there")
    for name, sql in GUARDS.items():
        if found.get(name) != sql:
            state = "has lost its guard" if name not in found else "has a changed guard"
            raise LedgerTampered(f"{state} {name}; restore the file from a backup and find out who did it")


def _make_private(path: Path) -> None:
    """Make the file, where there is none, for its owner's eyes only; SQLite's side files take after it."""
    with suppress(OSError):  # what is wrong with the place is told when SQLite opens it
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _subject_facts(subject: Subject) -> dict[str, Any]:
    return {
        "id": subject.id,
        "user_principal_name": subject.user_principal_name,
        "mail": subject.mail,
        "addresses": list(subject.addresses),
        "display_name": subject.display_name,
    }


def _subject(row: sqlite3.Row) -> Subject:
    facts = json.loads(row["subject"])
    return Subject(**{**facts, "addresses": tuple(facts["addresses"])})


def _window(row: sqlite3.Row) -> Window:
    return Window(datetime.fromisoformat(row["window_start"]), datetime.fromisoformat(row["window_end"]))


def _case(row: sqlite3.Row) -> Case:
    finished = row["finished_at"]
    return Case(
        id=row["id"],
        tenant=row["tenant"],
        subject=_subject(row),
        window=_window(row),
        channel=row["channel"],
        card=row["card"],
        state=CaseState(row["state"]),
        run=row["run"],
        asked_by=row["asked_by"],
        asked_at=datetime.fromisoformat(row["asked_at"]),
        finished_at=datetime.fromisoformat(finished) if finished else None,
        verdict=row["verdict"],
        report=row["report"],
        note=row["note"],
        reference=row["reference"],
        shown=bool(row["shown"]),
        offer=row["offer"],
    )
