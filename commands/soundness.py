"""Whether a ledger is what was written into it, by reading its file and nothing else.

Four things are compared. The chain: every entry's hash covers its text and the hash before it. The guards:
the file's triggers are there, and no other ones. The anchors: checkpoints that were kept elsewhere fit, and
so do those that the ledger notes of itself. The tables: what they say of cases, proposals, votes and actions
is what follows from the entries, played through from the first one.

The file is read in one view, so a bot that writes meanwhile does not matter, and it is not changed. What can
be proven in this way, and what cannot, is written in docs/reference/ledger.md.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from sqlite_utils import Database

from commands.checkpoint import KIND, Checkpoint, origin_of, read_checkpoints
from commands.errors import AnchorMisfit, AnchorUnreadable, LedgerTampered, LedgerUnwritable
from commands.ledger import GENESIS, Head, check_guards, hash_of, sha256_of

Facts: TypeAlias = Mapping[str, Any]

_RAW = ", ".join(f"coalesce(CAST({one} AS BLOB), x'')" for one in ("at", "kind", "actor", "case_id", "body"))
"""The texts of an entry as bytes: whoever changes a file need not leave text in it, or anything."""

_TABLES = ("cases", "memory", "requests", "posts")
_STATES = {
    "approved": "approved",
    "denied": "denied",
    "withdrawn": "withdrawn",
    "expired": "expired",
    "carrying out": "running",
    "stopped": "stopped",
    "carried out": "done",
}
"""The state of a proposal after each kind of entry."""

_UNCONFIRMED, _CONFIRMED = "done, not confirmed yet", "done and confirmed"
_MADE = frozenset({_UNCONFIRMED, _CONFIRMED, "already so"})
_RESTORING = "restore:"


@dataclass(frozen=True, slots=True)
class Soundness:
    """What was found in a ledger that is sound.

    Attributes:
        head: Its end.
        anchors: How many checkpoints from elsewhere fit.
        anchored: How many entries the last of them fixes; the chain alone stands for those that follow.
        checkpoints: How many checkpoints are noted in the ledger itself.
        signed: Whether signatures were checked; they are not when no public key was given.
    """

    head: Head
    anchors: int
    anchored: int
    checkpoints: int
    signed: bool


def verify_ledger(
    path: Path, anchors: Sequence[Checkpoint] = (), publics: Collection[bytes] = ()
) -> Soundness:
    """Check a ledger's file.

    Args:
        path: The file.
        anchors: Checkpoints that were kept outside of it.
        publics: The public keys, one of which must have signed each checkpoint; none: nothing is asked of
            signatures.

    Raises:
        LedgerTampered: naming the first bad entry, or the table that says something else than the entries.
        AnchorMisfit: naming the checkpoint that is not of this ledger as it is now.
        LedgerUnwritable: the file cannot be read, or is no ledger.
    """
    try:
        with closing(_open(path)) as connection:
            connection.execute("BEGIN")
            _check_file(path, Database(connection))
            replay = Replay()
            notes: list[tuple[int, Facts]] = []
            hashes = list(_walk(connection, replay, notes))
            _check_anchors(hashes, anchors, publics)
            for seq, facts in notes:
                _check_note(hashes, seq, facts, publics)
            for what, expected in replay.expected.items():
                _check_table(connection, what, expected)
    except sqlite3.Error as error:
        raise LedgerUnwritable(str(path), str(error)) from error
    head = Head(len(hashes), (hashes[-1] if hashes else GENESIS).hex())
    anchored = max((anchor.size for anchor in anchors), default=0)
    return Soundness(head, len(anchors), anchored, len(notes), bool(publics))


def _open(path: Path) -> sqlite3.Connection:
    address = path.resolve().as_uri()
    connection = sqlite3.connect(f"{address}?mode=ro", uri=True, isolation_level=None)
    try:
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        if path.with_name(path.name + "-wal").exists():
            raise
        # In a folder that cannot be written SQLite can make no side files, and needs none.
        connection = sqlite3.connect(f"{address}?immutable=1", uri=True, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    return connection


def _check_file(path: Path, db: Database) -> None:
    names = {row["name"] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "ledger" not in names:
        raise LedgerUnwritable(str(path), "it holds no ledger")
    check_guards(db)
    for name in _TABLES:
        if name not in names:
            raise LedgerTampered(f"has lost its table {name}")


def _walk(connection: sqlite3.Connection, replay: Replay, notes: list[tuple[int, Facts]]) -> Iterator[bytes]:
    """Check the chain, and give the hash of each entry."""
    prev, expected = GENESIS, 1
    rows = connection.execute(
        f"SELECT seq, {_RAW}, prev, hash FROM ledger ORDER BY seq"  # noqa: S608 - names of ours
    )
    for seq, at, kind, actor, case_id, body, stored_prev, stored in rows:
        if seq != expected:
            raise LedgerTampered(f"is missing (the next one there is {seq})", expected)
        if stored_prev != prev:
            raise LedgerTampered("does not follow the one before it", seq)
        if hash_of(prev, (str(seq).encode(), at, kind, actor, case_id), body) != stored:
            raise LedgerTampered("was changed after it was written", seq)
        try:
            facts = json.loads(body)
            replay.play(kind.decode(), at.decode(), actor.decode(), case_id.decode(), facts)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            # Its hash fits, so whoever made it knows the form of an entry, but it was not this program.
            raise LedgerTampered("is none that this program writes", seq) from error
        if kind == KIND.encode():
            notes.append((seq, facts))
        prev, expected = stored, seq + 1
        yield stored


# --- checkpoints -------------------------------------------------------------------------------------------


def _check_anchors(
    hashes: Sequence[bytes], anchors: Iterable[Checkpoint], publics: Collection[bytes]
) -> None:
    fits = 0
    for anchor in sorted(anchors, key=lambda one: one.size):
        where = anchor.where or f"for {anchor.size} entries"
        if publics and not anchor.is_signed_by(publics):
            raise AnchorMisfit(
                f"cannot be held against the checkpoint in {where}: no key that was given signed it", where
            )
        if anchor.size > len(hashes):
            raise AnchorMisfit(
                f"ends with entry {len(hashes)}, and the checkpoint in {where} was signed when there were"
                f" {anchor.size}: its end was cut off",
                where,
                len(hashes) + 1,
            )
        if anchor.origin != origin_of(hashes[0]):
            raise AnchorMisfit(
                f"is called {origin_of(hashes[0])} after its first entry, and the checkpoint in {where} is of"
                f" {anchor.origin}: it was rewritten or replaced, or that checkpoint is of another ledger",
                where,
                1,
            )
        if hashes[anchor.size - 1].hex() != anchor.head:
            raise AnchorMisfit(
                f"is not the one that the checkpoint in {where} was signed for: of its entries {fits + 1} to"
                f" {anchor.size}, at least one was rewritten",
                where,
                fits + 1,
            )
        fits = anchor.size


def _check_note(hashes: Sequence[bytes], seq: int, facts: Facts, publics: Collection[bytes]) -> None:
    """Check a checkpoint that the ledger notes of itself; it can only be about entries before its own."""
    try:
        (found,) = read_checkpoints(str(facts.get("text")))
    except (AnchorUnreadable, ValueError) as error:
        raise LedgerTampered("holds no checkpoint that could be read", seq) from error
    if (found.size, found.head) != (facts.get("size"), facts.get("head")):
        raise LedgerTampered("says something else of its checkpoint than the checkpoint itself", seq)
    if (
        found.size >= seq
        or found.origin != origin_of(hashes[0])
        or hashes[found.size - 1].hex() != found.head
    ):
        raise LedgerTampered("holds a checkpoint that does not fit the entries before it", seq)
    if publics and not found.is_signed_by(publics):
        raise LedgerTampered("holds a checkpoint that no key that was given signed", seq)


# --- tables ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Replay:
    """What the tables must say, played through from the entries.

    Attributes:
        expected: For each table, by the text of a row's primary key, the columns that entries decide.
    """

    expected: dict[str, dict[str, dict[str, Any]]] = field(
        default_factory=lambda: {table: {} for table in _KEYS}
    )
    how: dict[str, Sequence[str]] = field(default_factory=dict)
    """How each errand that a plan has is done, by the key of its row."""

    def play(self, kind: str, at: str, actor: str, case_id: str, facts: Facts) -> None:
        """Take one entry into account.

        Raises:
            KeyError: it lacks what entries of its kind have, or is about something that was never begun.
            TypeError, ValueError: it says something that entries of its kind do not say.
        """
        self._play_request(kind, at, actor, case_id, facts)
        if "proposal" in facts:
            self._play_proposal(kind, at, actor, case_id, facts)
            return
        cases = self.expected["cases"]
        if kind == "case opened":
            start, end = facts["window"]
            cases[case_id] = {
                "tenant": facts["tenant"],
                "subject": facts["subject"],
                "subject_id": facts["subject"]["id"],
                "window_start": start,
                "window_end": end,
                "channel": facts["channel"],
                "card": "",
                "asked_by": actor,
                "asked_at": at,
                "state": "looking",
                "run": 1,
                "verdict": "",
                "report": "",
                "offer": "",
                "shown": 0,
            }
        elif kind == "card posted":
            cases[case_id].update(channel=facts["channel"], card=facts["ts"])
        elif kind == "check started again":
            cases[case_id].update(state="looking", run=facts["run"], shown=0)
        elif kind == "check done":
            digests = {name: facts.get(f"{name}_sha256") or "" for name in ("report", "offer")}
            cases[case_id].update(state="done", verdict=facts["verdict"], shown=0, **digests)
        elif kind == "check failed" and case_id in cases:
            cases[case_id].update(state="failed", shown=0)
        elif kind == "shown":
            cases[case_id].update(shown=1)
        else:
            self._play_afterwards(kind, at, actor, case_id, facts)

    def _play_request(self, kind: str, at: str, actor: str, case_id: str, facts: Facts) -> None:
        """A request that was not answered is answered at the next start, so nobody may put one in."""
        requests = self.expected["requests"]
        if kind == "asked" and "request" in facts:  # the command line asks without one
            said = {one: _whole(facts[one]) for one in ("channel", "words")}
            requests[facts["request"]] = {"at": at, "actor": actor, **said, "answered": 0, "case_id": ""}
        elif facts.get("request") in requests and kind != "proposed":
            asked = requests[facts["request"]]
            asked.update(case_id=case_id, answered=asked["answered"] if kind == "case opened" else 1)

    def _play_afterwards(self, kind: str, at: str, actor: str, case_id: str, facts: Facts) -> None:
        errands, watches = self.expected["errands"], self.expected["watches"]
        if kind == "errand added":
            key = _key(case_id, facts["errand"])
            errand = {"number": facts["number"], "says": facts["says"], "how": self.how[key]}
            errands[key] = {**errand, "done_by": "", "done_at": None, "note": ""}
        elif kind == "errand done":
            key = _key(case_id, facts["errand"])
            errands[key].update(done_by=actor, done_at=at, note=_whole(facts["note"]))
        elif kind == "watch set":
            rounds = [int(key.rpartition(" ")[2]) for key in watches if key.startswith(f"{case_id} ")]
            for number, due in enumerate(facts["due"], max(rounds, default=0) + 1):
                watches[_key(case_id, str(number))] = {"due": due, "done": 0}
        elif kind == "looked again":
            for number in range(1, facts["round"] + 1):
                watches[_key(case_id, str(number))].update(done=1)

    def _play_proposal(self, kind: str, at: str, actor: str, case_id: str, facts: Facts) -> None:
        name = facts["proposal"]
        proposals, votes, actions = (self.expected[one] for one in ("proposals", "votes", "actions"))
        if kind == "proposed":
            says = ("kind", "digest", "plan", "proposer", "proposed_by", "reason", "expires_at")
            decided = {one: facts[one] for one in says}
            numbers = {one: int(facts[one]) for one in ("needs", "factor", "strict")}
            plan = facts["plan"]
            account = f"{plan['tenant']}/{plan['subject_id']}"
            begun = {"case_id": case_id, "account": account, "state": "open", "made_at": at}
            proposals[name] = {**begun, **decided, **numbers}
            self.how.update({_key(case_id, one["id"]): one["how"] for one in plan["errands"]})
        elif kind == "vote":
            numbers = {one: int(facts[one]) for one in ("yes", "factor")}
            votes[_key(name, actor)] = {
                "addresses": facts["addresses"],
                "says": facts["says"],
                "at": at,
                **numbers,
            }
        elif kind in _STATES:
            proposals[name].update(state=_STATES[kind])
        elif kind == "intent":
            fresh = {"outcome": None, "saw": facts["saw"], "undone": 0}
            change = actions.setdefault(_key(name, facts["change"]), fresh)
            change.update(attempt=facts["attempt"])
        elif kind == "outcome":
            fresh = {"attempt": 0, "saw": None, "undone": 0}
            change = actions.setdefault(_key(name, facts["change"]), fresh)
            change.update(outcome=facts["outcome"])
            restored = facts["change"].removeprefix(_RESTORING).replace(":", " ", 1)
            if facts["change"].startswith(_RESTORING) and facts["outcome"] in _MADE and restored in actions:
                actions[restored].update(undone=1)
        elif kind == "confirmed":
            change = actions[_key(name, facts["change"])]
            if change["outcome"] == _UNCONFIRMED:
                change.update(outcome=_CONFIRMED)


_KEYS: Mapping[str, tuple[str, ...]] = {
    "cases": ("id",),
    "proposals": ("id",),
    "votes": ("proposal", "voter"),
    "actions": ("proposal", "change"),
    "requests": ("id",),
    "errands": ("case_id", "id"),
    "watches": ("case_id", "round"),
}
_WHAT = {
    "cases": "case",
    "proposals": "proposal",
    "votes": "vote",
    "actions": "action",
    "requests": "request",
    "errands": "errand",
    "watches": "watch",
}
_READ: Mapping[tuple[str, str], Callable[[str], Any]] = {
    ("cases", "subject"): json.loads,
    ("cases", "report"): sha256_of,
    ("cases", "offer"): sha256_of,
    ("proposals", "plan"): json.loads,
    ("proposals", "proposer"): json.loads,
    ("votes", "addresses"): json.loads,
    ("actions", "saw"): json.loads,
    ("errands", "how"): json.loads,
}
"""How a column becomes what an entry says of it."""


def _check_table(connection: sqlite3.Connection, table: str, expected: Mapping[str, Facts]) -> None:
    """Compare every row with what the entries say; none may be missing, and none may be there besides."""
    left = dict(expected)
    known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [table]).fetchone()
    # The ledger of an older version has fewer tables, and entries that need none of the others.
    for row in connection.execute(f"SELECT * FROM {table}") if known else ():  # noqa: S608 - names of ours
        key = _key(*(str(row[one]) for one in _KEYS[table]))
        facts = left.pop(key, None)
        if facts is None:
            raise LedgerTampered(f"has a {_WHAT[table]} {key} that no entry tells of")
        for column, value in facts.items():
            if column not in row.keys() and not value:  # noqa: SIM118 - a row iterates over its values
                continue
            try:
                read = _READ.get((table, column))
                found = read(row[column]) if read else row[column]
            except (ValueError, TypeError, AttributeError) as error:
                raise LedgerTampered(_differs(table, key, column)) from error
            if found != value:
                raise LedgerTampered(_differs(table, key, column))
    for key in left:
        raise LedgerTampered(f"has lost its {_WHAT[table]} {key}")


def _differs(table: str, key: str, column: str) -> str:
    return f"has another {column} in {_WHAT[table]} {key} than the one that was noted"


def _whole(text: str) -> str:
    """A text as the tables hold it, which have a question mark in place of half a character."""
    return text.encode("utf-8", "replace").decode()


def _key(*parts: str) -> str:
    return " ".join(parts)
