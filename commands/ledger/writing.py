"""What a transaction can add to the ledger: an entry at its end, and with it the rows that it leads to."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from commands.errors import AlreadyLooking, NoSuchCase
from commands.identity import NOBODY, Identity, owner_of
from commands.ledger import entries as e
from commands.ledger.apply import apply, released
from commands.ledger.cases import subject_facts
from commands.ledger.chain import COLUMNS, Entry, Head, following, sha256_of
from commands.ledger.reading import Row, rows_of
from commands.ledger.schema import REFERENCES
from commands.ledger.tables import FileTables
from graph.question import Subject, Window

BOT = "bot"
"""The actor of what the bot does of itself."""

_INSERT = f"INSERT INTO ledger ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608 - names of ours


_PART = 1 << 20
"""How many bytes of a content are written at once."""

_NAMED = " OR ".join(
    f"EXISTS (SELECT 1 FROM {table} WHERE {column} = ?1 AND {column} <> '')"  # noqa: S608 - names of ours
    for table, column in REFERENCES
)
_FORGET = f"DELETE FROM contents WHERE sha256 = ?1 AND ?1 <> '' AND NOT ({_NAMED})"  # noqa: S608 - names of ours


class Writing:
    """One transaction: everything in it happens together, at one time."""

    def __init__(self, db: sqlite3.Connection, now: datetime, head: Head) -> None:
        self._db = db
        self.now = now
        self.entries = 0
        self.head = head

    def append(self, event: e.Event, actor: str, case_id: str = "") -> Entry:
        """Add one entry to the chain, and bring the tables to where it leads."""
        entry = following(self.head, self.now, actor, case_id, event)
        self._db.execute(_INSERT, [getattr(entry, name) for name in COLUMNS])
        # As it was stored, and as whoever replays the ledger will read it.
        read, tables = entry.event, FileTables(self._db)
        let_go = released(tables, entry, read)
        apply(tables, entry, read)
        for digest in let_go:
            self._db.execute(_FORGET, [digest])
        self.head = Head(entry.seq, entry.hash.hex())
        self.entries += 1
        return entry

    def keep(self, content: str | bytes) -> str:
        """Keep a content that no entry may hold, and give its SHA-256, by which an entry can name it."""
        raw = content.encode("utf-8", "replace") if isinstance(content, str) else content
        digest = sha256_of(raw)
        if digest:
            room = "INSERT OR IGNORE INTO contents (sha256, content) VALUES (?, zeroblob(?))"
            made = self._db.execute(room, [digest, len(raw)])
            if made.rowcount == 1 and made.lastrowid is not None:
                # A part at a time: of a value SQLite makes two more, and a report may have 60 MB.
                with self._db.blobopen("contents", "content", made.lastrowid) as blob:
                    for start in range(0, len(raw), _PART):
                        blob.write(raw[start : start + _PART])
        return digest

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """Read from the tables as they are inside this transaction; for the readers of this package."""
        return rows_of(self._db, sql, values)

    # --- requests and cases --------------------------------------------------------------------------------

    def ask(self, request_id: str, actor: str, channel: str, words: str) -> bool:
        """Keep a request; False when the very same one was kept before."""
        if self.rows("SELECT 1 FROM requests WHERE id = ?", [request_id]):
            return False
        self.append(e.Asked(request_id, channel, words), actor)
        return True

    def answer(self, request_id: str, event: e.Response, actor: str, case_id: str = "") -> None:
        """Close a request with its outcome."""
        self.append(replace(event, request=request_id), actor, case_id)

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
        owners: Collection[str] | None = None,
        owners_missing: str = "",
        verified: Identity = NOBODY,
    ) -> None:
        """Open a case whose check is about to run, for a request or of itself.

        The request knows its case from then on: taken up after a restart, it opens no second one. `owners`
        are the Slack accounts of the account's owner; None where nobody has looked for them. `verified` is by
        what the owner is known for which the tenant answers.

        Raises:
            AlreadyLooking: a check of this account is running.
        """
        running = self.rows(
            "SELECT id FROM cases WHERE tenant = ? AND subject_id = ? AND state = 'looking'",
            [tenant, subject.id],
        )
        if running:
            raise AlreadyLooking(running[0]["id"])
        facts, start, end = subject_facts(subject), window.start, window.end
        self.append(e.CaseOpened(tenant, facts, start, end, channel, note, request), asked_by, case_id)
        if owners is not None:
            self.bind_owner(case_id, subject, owners, owners_missing, verified)

    def bind_owner(
        self,
        case_id: str,
        subject: Subject,
        users: Collection[str],
        missing: str,
        verified: Identity = NOBODY,
    ) -> None:
        """Note which Slack accounts the owner of a case's account has, as far as Slack could be asked.

        `verified` is by what the owner is known for which the tenant answers; the object id always is.
        """
        bound = e.OwnerBoundByTenant(
            object_id=subject.id,
            addresses=tuple(sorted(owner_of(subject).addresses)),
            users=tuple(sorted(users)),
            missing=missing,
            verified=tuple(sorted(verified.addresses)),
            verified_users=tuple(sorted(verified.users)),
        )
        self.append(bound, BOT, case_id)

    def card_posted(self, case_id: str, channel: str, card: str) -> None:
        """Note where the case's card is."""
        self.append(e.CaseCardPosted(channel, card), BOT, case_id)

    def run_again(self, case_id: str, actor: str, why: str) -> int:
        """Start the check of a case once more; give the number of the new run.

        Raises:
            NoSuchCase: there is none with this id.
            AlreadyLooking: another case of the same account is being looked at.
        """
        rows = self.rows("SELECT run, tenant, subject_id FROM cases WHERE id = ?", [case_id])
        if not rows:
            raise NoSuchCase(case_id)
        other = self.rows(
            "SELECT id FROM cases WHERE tenant = ? AND subject_id = ? AND state = 'looking' AND id <> ?",
            [rows[0]["tenant"], rows[0]["subject_id"], case_id],
        )
        if other:
            raise AlreadyLooking(other[0]["id"])
        run = int(rows[0]["run"]) + 1
        self.append(e.CheckRestarted(run, why), actor, case_id)
        return run

    def finish(
        self,
        case_id: str,
        *,
        verdict: str,
        report: str | bytes,
        offer: str = "",
        run: int = 1,
        sources: Mapping[str, str] | None = None,
        answers: str = "",
    ) -> None:
        """Note the outcome of a check; the entry holds digests of report and offer, which are kept beside."""
        kept, offered = self.keep(report), self.keep(offer)
        self.append(e.CheckFinished(verdict, kept, offered, run, sources or {}, answers), BOT, case_id)

    def fail(self, case_id: str, *, says: str, reference: str, code: str = "") -> None:
        """Note that a check could not be made; `says` is one sentence for people."""
        self.append(e.CheckFailed(says, reference, code), BOT, case_id)

    def posted(self, case_id: str, run: int, what: str, channel: str, name: str) -> None:
        """Note that something of a case was posted, and where."""
        self.append(e.MessagePosted(run, what, channel, name), BOT, case_id)

    def shown(self, case_id: str, why: str) -> None:
        """Note that nothing is left to be shown for a case."""
        self.append(e.CaseShown(why), BOT, case_id)

    def remember(self, case_id: str, source: str, name: str, value: str) -> None:
        """Keep something for a query that a restart interrupts."""
        self.append(e.Remembered(source, name, value), BOT, case_id)
