"""From an entry to the tables: the only place that writes a row of them.

`Writing.append` applies each entry in the transaction that adds it; `verify` and `rebuild` apply all of them
to empty tables. So a table says what its entries say, or was changed by somebody else.

Longer than other files because every kind of entry has its place here, one after the other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from commands.ledger import entries as e
from commands.ledger.chain import Entry, moment
from commands.ledger.standing import open_case
from commands.ledger.tables import Tables
from commands.ledger.tasks import round_told
from commands.plans.outcomes import CONFIRMED, NO_CHANGE_NEEDED, UNCONFIRMED
from commands.plans.undo import undone_by


def apply(tables: Tables, entry: Entry, event: e.Event) -> None:
    """Bring the tables to where this entry leads.

    Raises:
        LookupError: it is about something that no entry before it began, or of an unknown kind.
        sqlite3.IntegrityError: something is there already that may be there once only.
        LedgerTampered: a file did not keep a row.
    """
    _SECTIONS[type(event)](tables, entry, event)


def _requests(tables: Tables, entry: Entry, event: e.Event) -> None:
    """What was asked, and whether it was answered."""
    at, actor, case_id, seq = entry.at, entry.actor, entry.case_id, entry.seq
    match event:
        case e.Asked():
            if event.request:  # the command line asks without one
                asked = {"at": at, "actor": actor, "channel": event.channel, "words": event.words}
                tables.insert("requests", id=event.request, seq=seq, **asked, answered=0, case_id="")
        case e.Response():
            if event.request:
                tables.update("requests", {"id": event.request}, answered=1, case_id=case_id)


def _checks(tables: Tables, entry: Entry, event: e.Event) -> None:
    """Cases, and what belongs to them."""
    at, actor, case_id, seq = entry.at, entry.actor, entry.case_id, entry.seq
    match event:
        # The first two are most of a long ledger's entries.
        case e.MessagePosted():
            key: dict[str, Any] = {"case_id": case_id, "run": event.run, "what": event.what}
            tables.upsert("posts", key, seq=seq, channel=event.channel, name=event.name)
            number = round_told(event.what)
            if number is not None and 0 < number <= _rounds(tables, case_id):
                tables.update("watches", {"case_id": case_id, "round": number}, alarm=0)
        case e.Remembered():
            mark = {"case_id": case_id, "source": event.source, "name": event.name}
            tables.upsert("memory", mark, value=event.value)
        case e.CaseOpened():
            tables.insert(
                "cases",
                id=case_id,
                seq=seq,
                tenant=event.tenant,
                subject=as_json(event.subject),
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
                owners_verified="",
                open=0,
            )
            _settle(tables, case_id)
            if event.request:
                tables.update("requests", {"id": event.request}, case_id=case_id)
        case e.OwnerBound():
            tables.update("cases", {"id": case_id}, **bound(event))
        case e.CaseCardPosted():
            tables.update("cases", {"id": case_id}, channel=event.channel, card=event.ts)
        case e.CheckRestarted():
            begun = {"state": "looking", "run": event.run, "shown": 0, "finished_at": None, "reference": ""}
            tables.update("cases", {"id": case_id}, **begun)
            _settle(tables, case_id)
        case e.CheckFinished():
            found = {"verdict": event.verdict, "report": event.report_sha256, "offer": event.offer_sha256}
            tables.update("cases", {"id": case_id}, state="done", **found, finished_at=at, shown=0)
            _settle(tables, case_id)
        case e.CheckFailed():
            why = {"note": event.says, "reference": event.reference}
            tables.update("cases", {"id": case_id}, state="failed", **why, finished_at=at, shown=0)
            _settle(tables, case_id)
        case e.CaseShown():
            tables.update("cases", {"id": case_id}, shown=1)


def bound(event: e.OwnerBound) -> dict[str, Any]:
    """Give the columns of a case that say who owns its account."""
    known = {"owners": as_json(event.users), "owners_missing": event.missing, "owners_verified": ""}
    if isinstance(event, e.OwnerBoundByTenant):
        verified = {"addresses": event.verified, "users": event.verified_users}
        known["owners_verified"] = as_json(verified)
    return known


def _alerts(tables: Tables, entry: Entry, event: e.Event) -> None:
    """Alerts, and how far they were read and told elsewhere."""
    at, seq = entry.at, entry.seq
    match event:
        case e.AlertRaised():
            told = {"tenant": event.tenant, "source": event.source, "title": event.title}
            about = {"account": event.account, "object_id": event.object_id, "link": event.link}
            since = {"severity": event.severity, "at": moment(event.at), "raised_at": at, "more": event.more}
            unseen = {"how": "", "shown_at": None, "channel": "", "ts": ""}
            tables.insert("alerts", id=event.alert, seq=seq, **told, **about, **since, **unseen)
        case e.AlertsShown():
            seen = {"how": event.how, "shown_at": at, "channel": event.channel, "ts": event.ts}
            for alert in event.alerts:
                tables.update("alerts", {"id": alert}, **seen)
        case e.AlertsRead():
            name = {"name": f"alerts {event.tenant}/{event.source}"}
            tables.upsert("cursors", name, value=moment(event.until), trouble="")
        case e.AlertsNotCollected():
            name = {"name": f"alerts {event.tenant}/{event.source}"}
            before = tables.row("cursors", name)
            tables.upsert("cursors", name, value=before["value"] if before else "", trouble=event.says)
        case e.Delivered():
            name = {"name": f"delivered {event.target}"}
            tables.upsert("cursors", name, value=str(event.until), trouble="")


def _hunts(tables: Tables, entry: Entry, event: e.Event) -> None:
    """Hunts through a tenant."""
    at, actor, case_id, seq = entry.at, entry.actor, entry.case_id, entry.seq
    match event:
        case e.HuntStarted():
            span = {"window_start": moment(event.window_start), "window_end": moment(event.window_end)}
            asked = {"asked_by": actor, "asked_at": at, "channel": event.channel, "card": ""}
            unknown = {"state": "looking", "finished_at": None, "found": "", "note": "", "shown": 0}
            about = {"kind": event.kind, "tenant": event.tenant, "terms": as_json(event.terms)}
            tables.insert(
                "hunts", id=event.hunt, seq=seq, case_id=case_id, **about, **span, **asked, **unknown
            )
        case e.HuntCardPosted():
            tables.update("hunts", {"id": event.hunt}, channel=event.channel, card=event.ts)
        case e.HuntFinished():
            ended = {"state": "done", "finished_at": at, "found": event.found_sha256, "shown": 0}
            tables.update("hunts", {"id": event.hunt}, **ended)
        case e.HuntFailed():
            ended = {"state": "failed", "finished_at": at, "note": event.says, "shown": 0}
            tables.update("hunts", {"id": event.hunt}, **ended)
        case e.HuntCanceled():
            tables.update("hunts", {"id": event.hunt}, state="canceled", finished_at=at, shown=0)
        case e.HuntLeft():
            tables.update("hunts", {"id": event.hunt}, found=event.found_sha256, shown=0)
        case e.HuntShown():
            tables.update("hunts", {"id": event.hunt}, shown=1)


def _proposals(tables: Tables, entry: Entry, event: e.Event) -> None:
    """Proposals, their votes and where they stand."""
    at, actor, case_id, seq = entry.at, entry.actor, entry.case_id, entry.seq
    match event:
        case e.Proposed():
            tables.insert(
                "proposals",
                id=event.proposal,
                seq=seq,
                case_id=case_id,
                account=f"{event.plan['tenant']}/{event.plan['subject_id']}",
                kind=event.kind,
                plan=as_json(event.plan),
                digest=event.digest,
                proposed_by=actor,
                proposer=as_json(event.proposer),
                proposer_object=event.object_id if isinstance(event, e.ProposedByAccount) else "",
                reason=event.reason,
                needs=event.needs,
                factor=int(event.factor),
                strict=int(event.strict),
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
            given = {
                "addresses": as_json(event.addresses),
                "yes": int(event.yes),
                "factor": int(event.factor),
            }
            given["object_id"] = event.object_id if isinstance(event, e.VotedByAccount) else ""
            key = {"proposal": event.proposal, "voter": actor}
            tables.insert("votes", **key, seq=seq, **given, at=at, says=event.says)
        case e.Moved():
            moved: dict[str, Any] = {"state": event.STATE, "shown": 0}
            if isinstance(event, e.Denied | e.Withdrawn):
                moved["decided_by"] = actor
            if event.says:
                moved["note"] = event.says
            # The first decision counts: an approval is decided then, however late it is carried out.
            proposal = tables.row("proposals", {"id": event.proposal})
            if proposal is not None and proposal["decided_at"] is None:
                moved["decided_at"] = at
            tables.update("proposals", {"id": event.proposal}, **moved)
        case e.ProposalCardPosted():
            tables.update("proposals", {"id": event.proposal}, channel=event.channel, card=event.ts)
        case e.ProposalCopyPosted():
            key = {"proposal": event.proposal, "channel": event.channel}
            tables.upsert("copies", key, seq=seq, ts=event.ts)
        case e.ProposalCopyClosed():
            tables.delete("copies", {"proposal": event.proposal, "channel": event.channel})
        case e.ProposalShown():
            tables.update("proposals", {"id": event.proposal}, shown=1)


def _changes(tables: Tables, entry: Entry, event: e.Event) -> None:
    """Changes, and passwords that were made."""
    at, seq = entry.at, entry.seq
    match event:
        case e.Intended():
            key = {"proposal": event.proposal, "change": event.change}
            if event.attempt == 1:
                _begin(tables, key, seq, at, attempt=1, saw=as_json(event.saw))
            else:
                tables.update("actions", key, attempt=event.attempt)
        case e.ChangeEnded():
            key = {"proposal": event.proposal, "change": event.change}
            if tables.row("actions", key) is None:
                _begin(tables, key, seq, at, attempt=0, saw="null")
            ended = {"outcome": event.outcome, "says": event.says, "request_id": event.request_id}
            tables.update("actions", key, **ended, ended_at=at)
            if event.outcome in (CONFIRMED, UNCONFIRMED, NO_CHANGE_NEEDED):
                _note_undone(tables, event.change)
        case e.ChangeConfirmed() | e.ChangeNotConfirmed():
            key = {"proposal": event.proposal, "change": event.change}
            action = tables.row("actions", key)
            if action is not None and action["outcome"] == UNCONFIRMED:
                if isinstance(event, e.ChangeConfirmed):
                    tables.update("actions", key, outcome=CONFIRMED, says="")
                else:
                    tables.update("actions", key, says=event.says)
        case e.PasswordMade():
            made = {"sealed": event.sealed_sha256, "until": moment(event.until)}
            tables.insert("passwords", proposal=event.proposal, change=event.change, **made)
        case e.PasswordShown() | e.PasswordForgotten():
            tables.delete("passwords", {"proposal": event.proposal, "change": event.change})


def _tasks(tables: Tables, entry: Entry, event: e.Event) -> None:
    """Manual tasks, and looks again."""
    at, actor, case_id = entry.at, entry.actor, entry.case_id
    match event:
        case e.TaskAdded():
            tables.insert(
                "tasks",
                case_id=case_id,
                number=event.number,
                id=event.task,
                says=event.says,
                how=as_json(event.how),
                done_by="",
                done_at=None,
                note="",
            )
        case e.TaskDone():
            key = {"case_id": case_id, "number": event.number}
            tables.update("tasks", key, done_by=actor, done_at=at, note=event.note)
        case e.WatchSet():
            for number, due in enumerate(event.due, _rounds(tables, case_id) + 1):
                tables.insert("watches", case_id=case_id, round=number, due=moment(due), done=0, alarm=0)
        case e.Rechecked():
            # Earlier rounds that were missed are answered by it as well.
            for number in range(1, min(event.round, _rounds(tables, case_id)) + 1):
                alarm = int(event.raised and number == event.round)
                tables.update("watches", {"case_id": case_id, "round": number}, done=1, alarm=alarm)


def _factors(tables: Tables, entry: Entry, event: e.Event) -> None:
    """Second factors."""
    at, actor = entry.at, entry.actor
    match event:
        case e.FactorOffered():
            offered = {"sealed": event.sealed_sha256, "offered_at": at, "enrolled_at": None}
            begun = {"last_step": 0, "wrong": 0, "locked_until": None}
            tables.upsert("factors", {"user": actor}, **offered, **begun)
        case e.FactorEnrolled():
            fresh = {"last_step": event.step, "wrong": 0, "locked_until": None}
            tables.update("factors", {"user": actor}, enrolled_at=at, **fresh)
        case e.FactorUsed():
            fresh = {"last_step": event.step, "wrong": 0, "locked_until": None}
            tables.update("factors", {"user": actor}, **fresh)
        case e.FactorRefused():
            if event.why == "wrong":
                tables.update("factors", {"user": actor}, wrong=event.wrong, locked_until=None)
        case e.FactorLocked():
            tables.update("factors", {"user": actor}, locked_until=moment(event.until))
        case e.FactorRemoved():
            tables.delete("factors", {"user": event.user})


def _people(tables: Tables, entry: Entry, event: e.Event) -> None:
    """Who the people are whom the settings name."""
    at = entry.at
    match event:
        case e.PersonNamed():
            now = {"email": event.email, "object_id": event.object_id, "named_at": at, "changed": 0}
            tables.upsert("people", {"user": event.user}, **now, **_known_since(tables, event))
        case e.PersonChanged():
            tables.update("people", {"user": event.user}, changed=1)


def released(tables: Tables, entry: Entry, event: e.Event) -> tuple[str, ...]:
    """Give the contents that an entry, before it is applied, takes a name from; they may have other names."""
    names: tuple[str, ...]
    match event:
        case e.CheckFinished():
            row, names = tables.row("cases", {"id": entry.case_id}), ("report", "offer")
        case e.PasswordShown() | e.PasswordForgotten():
            key = {"proposal": event.proposal, "change": event.change}
            row, names = tables.row("passwords", key), ("sealed",)
        case e.FactorOffered():
            row, names = tables.row("factors", {"user": entry.actor}), ("sealed",)
        case e.FactorRemoved():
            row, names = tables.row("factors", {"user": event.user}), ("sealed",)
        case _:
            return ()
    return tuple(row[name] for name in names if row[name]) if row is not None else ()


def _settle(tables: Tables, case_id: str) -> None:
    """Mark which case of an account needs someone, after one of them changed."""
    changed = tables.row("cases", {"id": case_id})
    assert changed is not None  # it was put in or changed a moment ago
    cases = [dict(row) for row in tables.cases_of(changed["tenant"], changed["subject_id"])]
    needs = open_case(cases)
    for case in cases:
        if case["open"] != (case["id"] == needs):
            tables.update("cases", {"id": case["id"]}, open=int(case["id"] == needs))


def _rounds(tables: Tables, case_id: str) -> int:
    """How many looks again are planned for a case; they are counted from 1."""
    number = 0
    while tables.row("watches", {"case_id": case_id, "round": number + 1}) is not None:
        number += 1
    return number


def _known_since(tables: Tables, event: e.PersonNamed) -> dict[str, str]:
    """Everything by which somebody was ever known: what was named before stays in it."""
    row = tables.row("people", {"user": event.user})
    objects, addresses = (json.loads(row[name]) if row else [] for name in ("objects", "addresses"))
    return {
        "objects": as_json(sorted({*objects, event.object_id})),
        "addresses": as_json(sorted({*addresses, event.email, *event.addresses})),
    }


def _begin(tables: Tables, key: dict[str, str], seq: int, at: str, *, attempt: int, saw: str) -> None:
    fresh = {"outcome": None, "says": "", "ended_at": None, "request_id": "", "undone": 0}
    tables.insert("actions", **key, seq=seq, attempt=attempt, saw=saw, intended_at=at, **fresh)


def _note_undone(tables: Tables, change: str) -> None:
    undone = undone_by(change)
    if undone is not None:
        key = {"proposal": undone[0], "change": undone[1]}
        if tables.row("actions", key) is not None:
            tables.update("actions", key, undone=1)


def as_json(value: Any) -> str:
    """Write a value as the tables hold it."""
    return _written(value)


_written = json.JSONEncoder(ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode


def _nothing(_: Tables, __: Entry, ___: e.Event) -> None:
    """What changes no table."""


_SECTIONS: Final[Mapping[type[e.Event], Callable[[Tables, Entry, e.Event], None]]] = {
    kind: section
    for name, section in {
        "Requests and results": _requests,
        "Checks": _checks,
        "Alerts": _alerts,
        "Hunts": _hunts,
        "Sent elsewhere": _alerts,
        "Proposals and votes": _proposals,
        "Changes": _changes,
        "Manual tasks and rechecks": _tasks,
        "Second factors": _factors,
        "People": _people,
        "Tenants": _nothing,
        "The ledger itself": _nothing,
    }.items()
    for kind in e.EVENTS[name]
}
"""What each kind of entry changes, by the headings of all kinds."""
