"""From an entry to the tables: the only place that writes a row of them.

`Writing.append` applies each entry in the transaction that adds it; `verify` and `rebuild` apply all of them
to empty tables. So a table says what its entries say, or was changed by somebody else.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from commands.errors import LedgerTampered
from commands.ledger import entries as e
from commands.ledger.chain import Entry, moment
from commands.outcomes import CONFIRMED, NO_CHANGE_NEEDED, UNCONFIRMED

RESTORING = "restore:"
"""How the id of a change begins that takes another one back; see `commands.plan`."""


def apply(db: sqlite3.Connection, entry: Entry, event: e.Event) -> None:
    """Bring the tables to where this entry leads.

    Raises:
        LookupError: it is about something that no entry before it began.
        sqlite3.IntegrityError: something is there already that may be there once only.
        LedgerTampered: the file did not keep a row.
    """
    at, actor, case_id, seq = entry.at, entry.actor, entry.case_id, entry.seq
    match event:
        # --- questions
        case e.Asked():
            if event.request:  # the command line asks without one
                asked = {"at": at, "actor": actor, "channel": event.channel, "words": event.words}
                _insert(db, "requests", id=event.request, seq=seq, **asked, answered=0, case_id="")
        case e.Response():
            if event.request:
                _update(db, "requests", {"id": event.request}, answered=1, case_id=case_id)
        # --- checks
        case e.CaseOpened():
            _insert(
                db,
                "cases",
                id=case_id,
                seq=seq,
                tenant=event.tenant,
                subject=_json(event.subject),
                subject_id=event.subject["id"],
                channel=event.channel,
                card="",
                state="looking",
                run=1,
                asked_by=actor,
                asked_at=at,
                window_start=moment(event.window_start),
                window_end=moment(event.window_end),
                finished_at=None,
                verdict="",
                report="",
                offer="",
                note=event.note,
                reference="",
                shown=0,
                owners=None,
                owners_missing="",
            )
            if event.request:
                _update(db, "requests", {"id": event.request}, case_id=case_id)
        case e.OwnerBound():
            bound = {"owners": _json(event.users), "owners_missing": event.missing}
            _update(db, "cases", {"id": case_id}, **bound)
        case e.CaseCardPosted():
            _update(db, "cases", {"id": case_id}, channel=event.channel, card=event.ts)
        case e.CheckRestarted():
            begun = {"state": "looking", "run": event.run, "shown": 0, "finished_at": None, "reference": ""}
            _update(db, "cases", {"id": case_id}, **begun)
        case e.CheckFinished():
            found = {"verdict": event.verdict, "report": event.report_sha256, "offer": event.offer_sha256}
            _update(db, "cases", {"id": case_id}, state="done", **found, finished_at=at, shown=0)
        case e.CheckFailed():
            why = {"note": event.says, "reference": event.reference}
            _update(db, "cases", {"id": case_id}, state="failed", **why, finished_at=at, shown=0)
        case e.CaseShown():
            _update(db, "cases", {"id": case_id}, shown=1)
        case e.Remembered():
            mark = {"case_id": case_id, "source": event.source, "name": event.name}
            _upsert(db, "memory", mark, value=event.value)
        case e.MessagePosted():
            key: dict[str, Any] = {"case_id": case_id, "run": event.run, "what": event.what}
            _upsert(db, "posts", key, seq=seq, channel=event.channel, name=event.name)
        # --- alerts
        case e.AlertRaised():
            told = {"tenant": event.tenant, "source": event.source, "title": event.title}
            about = {"account": event.account, "object_id": event.object_id, "link": event.link}
            since = {"severity": event.severity, "at": moment(event.at), "raised_at": at, "more": event.more}
            unseen = {"how": "", "shown_at": None, "channel": "", "ts": ""}
            _insert(db, "alerts", id=event.alert, seq=seq, **told, **about, **since, **unseen)
        case e.AlertsShown():
            seen = {"how": event.how, "shown_at": at, "channel": event.channel, "ts": event.ts}
            for alert in event.alerts:
                _update(db, "alerts", {"id": alert}, **seen)
        case e.AlertsRead():
            name = {"name": f"alerts {event.tenant}/{event.source}"}
            _upsert(db, "cursors", name, value=moment(event.until), trouble="")
        case e.AlertsNotCollected():
            name = {"name": f"alerts {event.tenant}/{event.source}"}
            if _known(db, "cursors", name):
                _update(db, "cursors", name, trouble=event.says)
            else:
                _insert(db, "cursors", **name, value="", trouble=event.says)
        case e.Delivered():
            name = {"name": f"delivered {event.target}"}
            _upsert(db, "cursors", name, value=str(event.until), trouble="")
        # --- hunts
        case e.HuntStarted():
            span = {"window_start": moment(event.window_start), "window_end": moment(event.window_end)}
            asked = {"asked_by": actor, "asked_at": at, "channel": event.channel, "card": ""}
            unknown = {"state": "looking", "finished_at": None, "found": "", "note": "", "shown": 0}
            about = {"kind": event.kind, "tenant": event.tenant, "terms": _json(event.terms)}
            _insert(db, "hunts", id=event.hunt, seq=seq, case_id=case_id, **about, **span, **asked, **unknown)
        case e.HuntCardPosted():
            _update(db, "hunts", {"id": event.hunt}, channel=event.channel, card=event.ts)
        case e.HuntFinished():
            ended = {"state": "done", "finished_at": at, "found": event.found_sha256, "shown": 0}
            _update(db, "hunts", {"id": event.hunt}, **ended)
        case e.HuntFailed():
            ended = {"state": "failed", "finished_at": at, "note": event.says, "shown": 0}
            _update(db, "hunts", {"id": event.hunt}, **ended)
        case e.HuntCanceled():
            _update(db, "hunts", {"id": event.hunt}, state="canceled", finished_at=at, shown=0)
        case e.HuntShown():
            _update(db, "hunts", {"id": event.hunt}, shown=1)
        # --- proposals and votes
        case e.Proposed():
            _insert(
                db,
                "proposals",
                id=event.proposal,
                seq=seq,
                case_id=case_id,
                account=f"{event.plan['tenant']}/{event.plan['subject_id']}",
                kind=event.kind,
                plan=_json(event.plan),
                digest=event.digest,
                proposed_by=actor,
                proposer=_json(event.proposer),
                proposer_object=event.object_id if isinstance(event, e.ProposedByAccount) else "",
                reason=event.reason,
                needs=event.needs,
                factor=event.factor,
                strict=event.strict,
                made_at=at,
                expires_at=moment(event.expires_at),
                state="open",
                decided_by="",
                decided_at=None,
                note="",
                request=event.request,
                channel=event.channel,
                card="",
                shown=0,
            )
        case e.Voted():
            given = {"addresses": _json(event.addresses), "yes": event.yes, "factor": event.factor}
            given["object_id"] = event.object_id if isinstance(event, e.VotedByAccount) else ""
            key = {"proposal": event.proposal, "voter": actor}
            _insert(db, "votes", **key, seq=seq, **given, at=at, says=event.says)
        case e.Moved():
            moved: dict[str, Any] = {"state": event.STATE, "shown": 0}
            if isinstance(event, e.Denied | e.Withdrawn):
                moved["decided_by"] = actor
            if event.says:
                moved["note"] = event.says
            _update(db, "proposals", {"id": event.proposal}, **moved)
            # The first decision counts: an approval is decided then, however late it is carried out.
            db.execute(
                "UPDATE proposals SET decided_at = ? WHERE id = ? AND decided_at IS NULL",
                [at, event.proposal],
            )
        case e.ProposalCardPosted():
            _update(db, "proposals", {"id": event.proposal}, channel=event.channel, card=event.ts)
        case e.ProposalCopyPosted():
            key = {"proposal": event.proposal, "channel": event.channel}
            _upsert(db, "copies", key, seq=seq, ts=event.ts)
        case e.ProposalShown():
            _update(db, "proposals", {"id": event.proposal}, shown=1)
        # --- changes
        case e.Intended():
            key = {"proposal": event.proposal, "change": event.change}
            if event.attempt == 1:
                _begin(db, key, seq, at, attempt=1, saw=_json(event.saw))
            else:
                _update(db, "actions", key, attempt=event.attempt)
        case e.ChangeEnded():
            key = {"proposal": event.proposal, "change": event.change}
            if not _known(db, "actions", key):
                _begin(db, key, seq, at, attempt=0, saw="null")
            ended = {"outcome": event.outcome, "says": event.says, "request_id": event.request_id}
            _update(db, "actions", key, **ended, ended_at=at)
            if event.outcome in (CONFIRMED, UNCONFIRMED, NO_CHANGE_NEEDED):
                _note_undone(db, event.change)
        case e.ChangeConfirmed() | e.ChangeNotConfirmed():
            confirmed = isinstance(event, e.ChangeConfirmed)
            key = {"proposal": event.proposal, "change": event.change, "outcome": UNCONFIRMED}
            says = "" if isinstance(event, e.ChangeConfirmed) else event.says
            if _known(db, "actions", key):
                _update(db, "actions", key, outcome=CONFIRMED if confirmed else UNCONFIRMED, says=says)
        case e.PasswordMade():
            made = {"sealed": event.sealed_sha256, "until": moment(event.until)}
            _insert(db, "passwords", proposal=event.proposal, change=event.change, **made)
        case e.PasswordShown() | e.PasswordForgotten():
            db.execute(
                "DELETE FROM passwords WHERE proposal = ? AND change = ?", [event.proposal, event.change]
            )
        # --- manual tasks, and looking again
        case e.TaskAdded():
            _insert(
                db,
                "tasks",
                case_id=case_id,
                number=event.number,
                id=event.task,
                says=event.says,
                how=_json(event.how),
                done_by="",
                done_at=None,
                note="",
            )
        case e.TaskDone():
            key = {"case_id": case_id, "number": event.number}
            _update(db, "tasks", key, done_by=actor, done_at=at, note=event.note)
        case e.WatchSet():
            rounds = db.execute("SELECT max(round) FROM watches WHERE case_id = ?", [case_id]).fetchone()
            for number, due in enumerate(event.due, (rounds[0] or 0) + 1):
                _insert(db, "watches", case_id=case_id, round=number, due=moment(due), done=0)
        case e.Rechecked():
            # Earlier rounds that were missed are answered by it as well.
            db.execute("UPDATE watches SET done = 1 WHERE case_id = ? AND round <= ?", [case_id, event.round])
        # --- second factors
        case e.FactorOffered():
            offered = {"sealed": event.sealed_sha256, "offered_at": at, "enrolled_at": None}
            begun = {"last_step": 0, "wrong": 0, "locked_until": None}
            _upsert(db, "factors", {"user": actor}, **offered, **begun)
        case e.FactorEnrolled():
            fresh = {"last_step": event.step, "wrong": 0, "locked_until": None}
            _update(db, "factors", {"user": actor}, enrolled_at=at, **fresh)
        case e.FactorUsed():
            fresh = {"last_step": event.step, "wrong": 0, "locked_until": None}
            _update(db, "factors", {"user": actor}, **fresh)
        case e.FactorRefused():
            if event.why == "wrong":
                _update(db, "factors", {"user": actor}, wrong=event.wrong, locked_until=None)
        case e.FactorLocked():
            _update(db, "factors", {"user": actor}, locked_until=moment(event.until))
        case e.FactorRemoved():
            db.execute("DELETE FROM factors WHERE user = ?", [event.user])
        # --- people
        case e.PersonNamed():
            now = {"email": event.email, "object_id": event.object_id, "named_at": at, "changed": 0}
            _upsert(db, "people", {"user": event.user}, **now, **_known_since(db, event))
        case e.PersonChanged():
            _update(db, "people", {"user": event.user}, changed=1)
        # --- what changes no table
        case (
            e.AccountReported()
            | e.TicketFiled()
            | e.TicketNotFiled()
            | e.EvidencePacked()
            | e.VoteRefused()
            | e.CheckpointSigned()
        ):
            pass
        case _:
            raise LookupError(f"nothing is known of what {event.KIND} changes")


def _known_since(db: sqlite3.Connection, event: e.PersonNamed) -> dict[str, str]:
    """Everything by which somebody was ever known: what was named before stays in it."""
    row = db.execute("SELECT objects, addresses FROM people WHERE user = ?", [event.user]).fetchone()
    objects, addresses = (json.loads(text) for text in row) if row else ([], [])
    return {
        "objects": _json(sorted({*objects, event.object_id})),
        "addresses": _json(sorted({*addresses, event.email, *event.addresses})),
    }


def _begin(db: sqlite3.Connection, key: dict[str, str], seq: int, at: str, *, attempt: int, saw: str) -> None:
    fresh = {"outcome": None, "says": "", "ended_at": None, "request_id": "", "undone": 0}
    _insert(db, "actions", **key, seq=seq, attempt=attempt, saw=saw, intended_at=at, **fresh)


def _note_undone(db: sqlite3.Connection, change: str) -> None:
    if change.startswith(RESTORING):
        proposal, _, restored = change.removeprefix(RESTORING).partition(":")
        db.execute("UPDATE actions SET undone = 1 WHERE proposal = ? AND change = ?", [proposal, restored])


def _insert(db: sqlite3.Connection, table: str, **columns: Any) -> None:
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    made = db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(columns.values()))  # noqa: S608 - names of ours
    if made.rowcount != 1:
        # A trigger that is not ours can drop a row without any error.
        raise LedgerTampered("did not store a row; find out who added a trigger to the file")


def _update(db: sqlite3.Connection, table: str, key: dict[str, Any], **columns: Any) -> None:
    sets = ", ".join(f"{name} = ?" for name in columns)
    where = " AND ".join(f"{name} = ?" for name in key)
    made = db.execute(f"UPDATE {table} SET {sets} WHERE {where}", [*columns.values(), *key.values()])  # noqa: S608 - names of ours
    if made.rowcount != 1:
        raise LookupError(f"no row of {table} for {key}")


def _upsert(db: sqlite3.Connection, table: str, key: dict[str, Any], **columns: Any) -> None:
    if _known(db, table, key):
        _update(db, table, key, **columns)
    else:
        _insert(db, table, **key, **columns)


def _known(db: sqlite3.Connection, table: str, key: dict[str, Any]) -> bool:
    where = " AND ".join(f"{name} = ?" for name in key)
    return db.execute(f"SELECT 1 FROM {table} WHERE {where}", list(key.values())).fetchone() is not None  # noqa: S608 - names of ours


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
