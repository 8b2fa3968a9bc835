"""What each kind of entry changes in the tables: exactly these columns of exactly these rows.

Whatever a row holds that an entry has nothing to do with is marked beforehand, so that a column that is set
is seen to be set, and one that is not is seen to stay.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import pytest

from commands.ledger import entries as e
from commands.ledger.apply import apply, as_json, released
from commands.ledger.chain import Entry, moment
from commands.ledger.schema import KEYS, TABLES, create_tables
from commands.ledger.tables import Key, MemoryTables
from commands.ledger.tasks import alarm_name
from tests.commands.plans import CASE, NOW
from tests.each import each

Row: TypeAlias = dict[str, Any]
There: TypeAlias = dict[str, list[Row]]
Changes: TypeAlias = dict[tuple[Any, ...], Row | None]
Effect: TypeAlias = tuple[e.Event, There, Changes]

WAS = "as before"
AT, SEQ, ACTOR = moment(NOW), 7, "U0MEGAN"
LATER = NOW + timedelta(days=1)
LATE = moment(LATER)


def columns() -> dict[str, dict[str, bool]]:
    """The columns of each table, and whether there must be something in it."""
    with closing(sqlite3.connect(":memory:")) as db:
        create_tables(db)
        infos = {table: db.execute(f"PRAGMA table_info({table})").fetchall() for table in TABLES}
    return {table: {row[1]: bool(row[3]) for row in info} for table, info in infos.items()}


COLUMNS = columns()


class Tables(MemoryTables):
    """Tables in memory look at the values of a key alone, so its names must be right and in their order.

    And they put up with nothing where a file wants something.
    """

    def insert(self, table: str, **columns: Any) -> None:
        assert {name for name, value in columns.items() if value is None and COLUMNS[table][name]} == set()
        super().insert(table, **columns)

    def update(self, table: str, key: Key, **columns: Any) -> None:
        assert tuple(key) == KEYS[table]
        super().update(table, key, **columns)

    def upsert(self, table: str, key: Key, **columns: Any) -> None:
        assert tuple(key) == KEYS[table]
        super().upsert(table, key, **columns)

    def row(self, table: str, key: Key) -> Mapping[str, Any] | None:
        assert tuple(key) == KEYS[table]
        return super().row(table, key)

    def delete(self, table: str, key: Key) -> None:
        assert tuple(key) == KEYS[table]
        super().delete(table, key)


def tables(there: There) -> Tables:
    """Tables with these rows, every other column of which is marked."""
    made = Tables()
    for table, rows in there.items():
        for row in rows:
            assert row.keys() <= COLUMNS[table].keys()
            made.insert(table, **{column: row.get(column, WAS) for column in COLUMNS[table]})
    return made


def entry(event: e.Event, *, actor: str = ACTOR, case_id: str = CASE) -> Entry:
    return Entry(SEQ, AT, event.KIND, event.VERSION, actor, case_id, "", b"", b"")


def changed(there: There, event: e.Event) -> Changes:
    """Apply an entry; give what is other in each row that it changes, a new row whole, None for one gone."""
    now = tables(there)
    before = deepcopy(now.rows)
    apply(now, entry(event), event)
    found: Changes = {}
    for table, rows in now.rows.items():
        for key, row in rows.items():
            was = before[table].get(key)
            if was is None:
                found[table, *key] = row
            elif row != was:
                assert row.keys() == was.keys()
                found[table, *key] = {name: value for name, value in row.items() if value != was[name]}
        found.update({(table, *key): None for key in before[table].keys() - rows.keys()})
    return found


def effect(event: e.Event, there: There, changes: Changes) -> Effect:
    return event, there, changes


def case(name: str = CASE, **more: Any) -> Row:
    """A case of an account of its own, unless another is named."""
    given = {"tenant": "Contoso", "subject_id": f"of {name}", "verdict": "", "asked_at": AT, "seq": 1}
    return {"id": name, **given, "state": "done", "open": 0, **more}


REQUESTS: list[Effect] = [
    (
        e.Asked("r1", "C0", "check adele", "14 days"),
        {},
        {
            ("requests", "r1"): {
                "id": "r1",
                "seq": SEQ,
                "at": AT,
                "actor": ACTOR,
                "channel": "C0",
                "words": "check adele",
                "answered": 0,
                "case_id": "",
            }
        },
    ),
    (e.Asked("", "", "check adele"), {}, {}),
    *(
        effect(
            event("r1"), {"requests": [{"id": "r1"}]}, {("requests", "r1"): {"answered": 1, "case_id": CASE}}
        )
        for event in (
            *(e.NotUnderstood, e.Refused, e.Answered, e.NotAnswered, e.NotCounted, e.NotCollected),
            *(e.InternalError, e.AlreadyRunning, e.CheckStarted, e.ReportPosted, e.PlanShown),
            *(e.TasksShown, e.HistoryShown, e.ModalOpened),
        )
    ),
    (e.Answered(), {}, {}),
    (e.AccountReported("r1", "adele@contoso.example", "yesterday"), {"requests": [{"id": "r1"}]}, {}),
]

OPENED = e.CaseOpened("Contoso", {"id": "adele", "Z": 1}, NOW, LATER, "C0", "Take care.", "r1")
OPEN: Row = {
    "id": CASE,
    "seq": SEQ,
    "tenant": "Contoso",
    "subject": '{"Z":1,"id":"adele"}',
    "subject_id": "adele",
    "owners_verified": "",
    "channel": "C0",
    "card": "",
    "state": "looking",
    "run": 1,
    "asked_by": ACTOR,
    "asked_at": AT,
    "window_start": AT,
    "window_end": LATE,
    "finished_at": None,
    "verdict": "",
    "report": "",
    "offer": "",
    "note": "Take care.",
    "reference": "",
    "shown": 0,
    "owners": None,
    "owners_missing": "",
    "open": 1,
}
IN_PLACE = ("cases", CASE)
FOUND = e.CheckFinished("compromised", "r" * 64, "o" * 64)
ENDED = {"finished_at": AT, "shown": 0}
DONE = {"state": "done", "verdict": "compromised", "report": "r" * 64, "offer": "o" * 64, **ENDED}

CHECKS: list[Effect] = [
    (
        OPENED,
        {"requests": [{"id": "r1"}]},
        {IN_PLACE: OPEN, ("requests", "r1"): {"case_id": CASE}},
    ),
    (
        e.CaseOpened("Contoso", {"id": "adele"}, NOW, LATER, "C0"),
        {},
        {IN_PLACE: {**OPEN, "subject": '{"id":"adele"}', "note": ""}},
    ),
    (
        e.OwnerBound("adele", ("a",), ("U1", "U2"), "ratelimited"),
        {"cases": [case()]},
        {IN_PLACE: {"owners": '["U1","U2"]', "owners_missing": "ratelimited", "owners_verified": ""}},
    ),
    (
        e.OwnerBoundByTenant("adele", ("a", "b"), ("U1",), "", verified=("a",), verified_users=("U2",)),
        {"cases": [case()]},
        {
            IN_PLACE: {
                "owners": '["U1"]',
                "owners_missing": "",
                "owners_verified": '{"addresses":["a"],"users":["U2"]}',
            }
        },
    ),
    (e.TenantNamed("Contoso", "t-1"), {}, {}),
    (
        e.ProposalCopyClosed("P1", "D1"),
        {"copies": [{"proposal": "P1", "channel": "D1"}, {"proposal": "P1", "channel": "D2"}]},
        {("copies", "P1", "D1"): None},
    ),
    (e.CaseCardPosted("C9", "1.1"), {"cases": [case()]}, {IN_PLACE: {"channel": "C9", "card": "1.1"}}),
    (
        e.CheckRestarted(2, "the run before ended"),
        {"cases": [case()]},
        {
            IN_PLACE: {
                "state": "looking",
                "run": 2,
                "shown": 0,
                "finished_at": None,
                "reference": "",
                "open": 1,
            }
        },
    ),
    (
        FOUND,
        {"cases": [case(state="looking")]},
        {IN_PLACE: {**DONE, "open": 1}},
    ),
    (
        e.CheckFailed("It failed.", "abc", "broken"),
        {"cases": [case(state="looking", open=1)]},
        {IN_PLACE: {"state": "failed", "note": "It failed.", "reference": "abc", "open": 0, **ENDED}},
    ),
    (e.CaseShown("as done"), {"cases": [case()]}, {IN_PLACE: {"shown": 1}}),
    (
        e.Remembered("audit_log", "query", "q1"),
        {},
        {
            ("memory", CASE, "audit_log", "query"): {
                "case_id": CASE,
                "source": "audit_log",
                "name": "query",
                "value": "q1",
            }
        },
    ),
    (
        e.Remembered("audit_log", "query", "q1"),
        {"memory": [{"case_id": CASE, "source": "audit_log", "name": "query"}]},
        {("memory", CASE, "audit_log", "query"): {"value": "q1"}},
    ),
    (
        e.MessagePosted(2, "details 1", "C0", "1.2"),
        {},
        {
            ("posts", CASE, 2, "details 1"): {
                "case_id": CASE,
                "run": 2,
                "what": "details 1",
                "seq": SEQ,
                "channel": "C0",
                "name": "1.2",
            }
        },
    ),
    (
        e.MessagePosted(2, "details 1", "C0", "1.2"),
        {"posts": [{"case_id": CASE, "run": 2, "what": "details 1"}]},
        {("posts", CASE, 2, "details 1"): {"seq": SEQ, "channel": "C0", "name": "1.2"}},
    ),
    *(
        effect(
            e.MessagePosted(2, alarm_name(number), "C0", "1.2"),
            {
                "watches": [{"case_id": CASE, "round": one} for one in (1, 2, 3)],
                "posts": [
                    {"case_id": CASE, "run": 2, "what": alarm_name(number), "seq": SEQ, "channel": "C0"}
                ],
            },
            {("posts", CASE, 2, alarm_name(number)): {"name": "1.2"}, **told},
        )
        for number, told in each(
            {0: {}, 4: {}, **{one: {("watches", CASE, one): {"alarm": 0}} for one in (1, 2, 3)}}.items()
        )
    ),
    (e.EvidencePacked(1, "a.zip", 9, "0" * 64, answers=True), {"cases": [case()]}, {}),
]

READ = "alerts Contoso/defender"

ALERTS: list[Effect] = [
    (
        e.AlertRaised("a1", "Contoso", "defender", "A title", "high", LATER, "adele", "id", "https://a", 2),
        {},
        {
            ("alerts", "a1"): {
                "id": "a1",
                "seq": SEQ,
                "tenant": "Contoso",
                "source": "defender",
                "title": "A title",
                "severity": "high",
                "at": LATE,
                "account": "adele",
                "object_id": "id",
                "link": "https://a",
                "more": 2,
                "raised_at": AT,
                "how": "",
                "shown_at": None,
                "channel": "",
                "ts": "",
            }
        },
    ),
    (
        e.AlertsShown(("a1", "a3"), "line", "C0", "5.1"),
        {"alerts": [{"id": name} for name in ("a1", "a2", "a3")]},
        {
            ("alerts", name): {"how": "line", "shown_at": AT, "channel": "C0", "ts": "5.1"}
            for name in ("a1", "a3")
        },
    ),
    (
        e.AlertsRead("Contoso", "defender", LATER),
        {},
        {("cursors", READ): {"name": READ, "value": LATE, "trouble": ""}},
    ),
    (
        e.AlertsRead("Contoso", "defender", LATER),
        {"cursors": [{"name": READ}]},
        {("cursors", READ): {"value": LATE, "trouble": ""}},
    ),
    (
        e.AlertsNotCollected("Contoso", "defender", "Not allowed."),
        {},
        {("cursors", READ): {"name": READ, "value": "", "trouble": "Not allowed."}},
    ),
    (
        e.AlertsNotCollected("Contoso", "defender", "Not allowed."),
        {"cursors": [{"name": READ, "value": AT}]},
        {("cursors", READ): {"trouble": "Not allowed."}},
    ),
    (
        e.Delivered("webhook", 3),
        {},
        {("cursors", "delivered webhook"): {"name": "delivered webhook", "value": "3", "trouble": ""}},
    ),
    (
        e.Delivered("webhook", 3),
        {"cursors": [{"name": "delivered webhook"}]},
        {("cursors", "delivered webhook"): {"value": "3", "trouble": ""}},
    ),
    (e.TicketFiled("INC1"), {"cases": [case()]}, {}),
    (e.TicketNotFiled("No."), {"cases": [case()]}, {}),
]

HUNT = ("hunts", "H1")
A_HUNT: There = {"hunts": [{"id": "H1"}, {"id": "H2"}]}

HUNTS: list[Effect] = [
    (
        e.HuntStarted("H1", "pivot", "Contoso", ("address 203.0.113.77", "ü"), NOW, LATER, "C0", "r1"),
        {"requests": [{"id": "r1"}]},
        {
            HUNT: {
                "id": "H1",
                "seq": SEQ,
                "kind": "pivot",
                "tenant": "Contoso",
                "terms": '["address 203.0.113.77","\\u00fc"]',
                "window_start": AT,
                "window_end": LATE,
                "channel": "C0",
                "card": "",
                "case_id": CASE,
                "state": "looking",
                "asked_by": ACTOR,
                "asked_at": AT,
                "finished_at": None,
                "found": "",
                "note": "",
                "shown": 0,
            }
        },
    ),
    (e.HuntCardPosted("H1", "C9", "6.1"), A_HUNT, {HUNT: {"channel": "C9", "card": "6.1"}}),
    (e.HuntFinished("H1", 2, "f" * 64), A_HUNT, {HUNT: {"state": "done", "found": "f" * 64, **ENDED}}),
    (e.HuntFailed("H1", "It failed."), A_HUNT, {HUNT: {"state": "failed", "note": "It failed.", **ENDED}}),
    (e.HuntCanceled("H1"), A_HUNT, {HUNT: {"state": "canceled", **ENDED}}),
    (e.HuntLeft("H1", 2, "f" * 64), A_HUNT, {HUNT: {"found": "f" * 64, "shown": 0}}),
    (e.HuntShown("H1"), A_HUNT, {HUNT: {"shown": 1}}),
]

PLAN = {"tenant": "Contoso", "subject_id": "adele"}
PROPOSED = ("P1", "contain", "d" * 64, PLAN, ("megan", "mb"), "It was taken over", 2)
PUT: Row = {
    "id": "P1",
    "seq": SEQ,
    "case_id": CASE,
    "account": "Contoso/adele",
    "kind": "contain",
    "plan": '{"subject_id":"adele","tenant":"Contoso"}',
    "digest": "d" * 64,
    "proposed_by": ACTOR,
    "proposer": '["megan","mb"]',
    "proposer_object": "id-of-megan",
    "reason": "It was taken over",
    "needs": 2,
    "factor": 1,
    "strict": 0,
    "made_at": AT,
    "expires_at": LATE,
    "state": "open",
    "decided_by": "",
    "decided_at": None,
    "note": "",
    "request": "r1",
    "channel": "C0",
    "card": "",
    "shown": 0,
}
VOTED: Row = {
    "proposal": "P1",
    "voter": ACTOR,
    "seq": SEQ,
    "addresses": '["megan"]',
    "object_id": "id-of-megan",
    "yes": 1,
    "factor": 0,
    "at": AT,
    "says": "Yes.",
}
PROPOSAL = ("proposals", "P1")
UNDECIDED: There = {"proposals": [{"id": "P1", "decided_at": None}, {"id": "P2", "decided_at": None}]}
DECIDED: There = {"proposals": [{"id": "P1"}]}

PROPOSALS: list[Effect] = [
    (
        e.ProposedByAccount(*PROPOSED, True, False, LATER, "C0", "r1", "id-of-megan"),
        {},
        {PROPOSAL: PUT},
    ),
    (
        e.Proposed(*PROPOSED, False, True, LATER, "C0"),
        {},
        {PROPOSAL: {**PUT, "proposer_object": "", "factor": 0, "strict": 1, "request": ""}},
    ),
    (
        e.VotedByAccount("P1", "d" * 64, True, False, ("megan",), "Yes.", "id-of-megan"),
        {},
        {("votes", "P1", ACTOR): VOTED},
    ),
    (
        e.Voted("P1", "d" * 64, False, True, ("megan",), ""),
        {},
        {("votes", "P1", ACTOR): {**VOTED, "object_id": "", "yes": 0, "factor": 1, "says": ""}},
    ),
    (e.VoteRefused("P1", yes=True, says="It is yours."), DECIDED, {}),
    (
        e.Approved("P1", "d" * 64),
        UNDECIDED,
        {PROPOSAL: {"state": "approved", "shown": 0, "decided_at": AT}},
    ),
    *(
        effect(
            event("P1", "d" * 64, "Because."),
            UNDECIDED,
            {
                PROPOSAL: {
                    "state": state,
                    "shown": 0,
                    "decided_by": ACTOR,
                    "note": "Because.",
                    "decided_at": AT,
                }
            },
        )
        for event, state in ((e.Denied, "denied"), (e.Withdrawn, "withdrawn"))
    ),
    *(
        effect(
            event("P1", "d" * 64, "Because."),
            DECIDED,
            {PROPOSAL: {"state": state, "shown": 0, "note": "Because."}},
        )
        for event, state in (
            (e.Expired, "expired"),
            (e.ExecutionStarted, "running"),
            (e.ExecutionStopped, "stopped"),
            (e.ExecutionFinished, "done"),
        )
    ),
    (e.ProposalCardPosted("P1", "C9", "2.1"), DECIDED, {PROPOSAL: {"channel": "C9", "card": "2.1"}}),
    (
        e.ProposalCopyPosted("P1", "D0", "2.2"),
        {},
        {("copies", "P1", "D0"): {"proposal": "P1", "channel": "D0", "seq": SEQ, "ts": "2.2"}},
    ),
    (
        e.ProposalCopyPosted("P1", "D0", "2.2"),
        {"copies": [{"proposal": "P1", "channel": "D0"}, {"proposal": "P1", "channel": "D1"}]},
        {("copies", "P1", "D0"): {"seq": SEQ, "ts": "2.2"}},
    ),
    (e.ProposalShown("P1"), DECIDED, {PROPOSAL: {"shown": 1}}),
]

ACTION = ("actions", "P1", "switch:one")
BEGUN: Row = {
    "proposal": "P1",
    "change": "switch:one",
    "seq": SEQ,
    "attempt": 1,
    "saw": '{"on":true}',
    "intended_at": AT,
    "outcome": None,
    "says": "",
    "ended_at": None,
    "request_id": "",
    "undone": 0,
}
UNDER_WAY: There = {"actions": [{"proposal": "P1", "change": "switch:one"}]}
SENT: There = {"actions": [{"proposal": "P1", "change": "switch:one", "outcome": "unconfirmed"}]}
HOW = {"says": "So.", "request_id": "m-1", "ended_at": AT}
BACK = "restore:P0:switch:one"
TAKEN_BACK: There = {
    "actions": [{"proposal": "P1", "change": BACK}, {"proposal": "P0", "change": "switch:one"}]
}
SECRET = {"proposal": "P1", "change": "switch:one"}
SECRETS: There = {"passwords": [SECRET, {"proposal": "P1", "change": "switch:two"}]}

CHANGES: list[Effect] = [
    (e.Intended("P1", "d" * 64, "switch:one", 1, {"on": True}), {}, {ACTION: BEGUN}),
    (e.Intended("P1", "d" * 64, "switch:one", 1, None), {}, {ACTION: {**BEGUN, "saw": "null"}}),
    (e.Intended("P1", "d" * 64, "switch:one", 2, {"on": True}), UNDER_WAY, {ACTION: {"attempt": 2}}),
    (
        e.ChangeEnded("P1", "switch:one", "failed", "So.", "m-1"),
        UNDER_WAY,
        {ACTION: {"outcome": "failed", **HOW}},
    ),
    (
        e.ChangeEnded("P1", "switch:one", "skipped", "So.", "m-1"),
        {},
        {ACTION: {**BEGUN, "attempt": 0, "saw": "null", "outcome": "skipped", **HOW}},
    ),
    *(
        effect(
            e.ChangeEnded("P1", BACK, outcome, "So.", "m-1"),
            TAKEN_BACK,
            {
                ("actions", "P1", BACK): {"outcome": outcome, **HOW},
                ("actions", "P0", "switch:one"): {"undone": 1},
            },
        )
        for outcome in ("confirmed", "unconfirmed", "no_change_needed")
    ),
    (
        e.ChangeEnded("P1", BACK, "unknown", "So.", "m-1"),
        TAKEN_BACK,
        {("actions", "P1", BACK): {"outcome": "unknown", **HOW}},
    ),
    (
        e.ChangeEnded("P1", BACK, "confirmed", "So.", "m-1"),
        {"actions": [{"proposal": "P1", "change": BACK}]},
        {("actions", "P1", BACK): {"outcome": "confirmed", **HOW}},
    ),
    (e.ChangeConfirmed("P1", "switch:one"), SENT, {ACTION: {"outcome": "confirmed", "says": ""}}),
    (e.ChangeConfirmed("P1", "switch:one"), UNDER_WAY, {}),
    (e.ChangeConfirmed("P1", "switch:one"), {}, {}),
    (e.ChangeNotConfirmed("P1", "switch:one", "Not yet."), SENT, {ACTION: {"says": "Not yet."}}),
    (e.ChangeNotConfirmed("P1", "switch:one", "Not yet."), UNDER_WAY, {}),
    (e.ChangeNotConfirmed("P1", "switch:one", "Not yet."), {}, {}),
    (
        e.PasswordMade("P1", "switch:one", "s" * 64, LATER),
        {},
        {("passwords", "P1", "switch:one"): {**SECRET, "sealed": "s" * 64, "until": LATE}},
    ),
    (e.PasswordShown("P1", "switch:one", shown=True), SECRETS, {("passwords", "P1", "switch:one"): None}),
    (e.PasswordForgotten("P1", "switch:one"), SECRETS, {("passwords", "P1", "switch:one"): None}),
    (e.PasswordForgotten("P1", "switch:one"), {}, {}),
]


def watches(*numbers: int) -> There:
    return {"watches": [{"case_id": CASE, "round": number} for number in numbers]}


def due(number: int, at: datetime) -> Row:
    return {"case_id": CASE, "round": number, "due": moment(at), "done": 0, "alarm": 0}


def done(number: int, *, alarm: int = 0) -> Changes:
    return {("watches", CASE, number): {"done": 1, "alarm": alarm}}


TASKS: list[Effect] = [
    (
        e.TaskAdded(2, "harden:0", "Scan the computer", ("Take it", "Scan it")),
        {},
        {
            ("tasks", CASE, 2): {
                "case_id": CASE,
                "number": 2,
                "id": "harden:0",
                "says": "Scan the computer",
                "how": '["Take it","Scan it"]',
                "done_by": "",
                "done_at": None,
                "note": "",
            }
        },
    ),
    (
        e.TaskDone(2, "harden:0", "clean"),
        {"tasks": [{"case_id": CASE, "number": number, "id": f"harden:{number}"} for number in (1, 2)]},
        {("tasks", CASE, 2): {"done_by": ACTOR, "done_at": AT, "note": "clean"}},
    ),
    (
        e.WatchSet((NOW, LATER)),
        {},
        {("watches", CASE, 1): due(1, NOW), ("watches", CASE, 2): due(2, LATER)},
    ),
    (e.WatchSet((LATER,)), watches(1, 2), {("watches", CASE, 3): due(3, LATER)}),
    (e.Rechecked(0), watches(1, 2), {}),
    (e.Rechecked(2), watches(1, 2, 3), {**done(1), **done(2)}),
    (e.Rechecked(2, raised=True), watches(1, 2, 3), {**done(1), **done(2, alarm=1)}),
    (e.Rechecked(1), watches(1, 2, 3), done(1)),
    (e.Rechecked(9), watches(1, 2, 3), {**done(1), **done(2), **done(3)}),
]

FACTOR = ("factors", ACTOR)
ENROLLED: There = {"factors": [{"user": ACTOR}, {"user": "U0LIDIA"}]}
OFFERED = {
    "sealed": "s" * 64,
    "offered_at": AT,
    "enrolled_at": None,
    "last_step": 0,
    "wrong": 0,
    "locked_until": None,
}

FACTORS: list[Effect] = [
    (e.FactorOffered("s" * 64), {}, {FACTOR: {"user": ACTOR, **OFFERED}}),
    (e.FactorOffered("s" * 64), ENROLLED, {FACTOR: OFFERED}),
    (
        e.FactorEnrolled(9),
        ENROLLED,
        {FACTOR: {"enrolled_at": AT, "last_step": 9, "wrong": 0, "locked_until": None}},
    ),
    (e.FactorUsed(9), ENROLLED, {FACTOR: {"last_step": 9, "wrong": 0, "locked_until": None}}),
    (
        e.FactorRefused("wrong", enrolling=False, wrong=2),
        ENROLLED,
        {FACTOR: {"wrong": 2, "locked_until": None}},
    ),
    (e.FactorRefused("used", enrolling=False, wrong=2), ENROLLED, {}),
    (e.FactorLocked(LATER), ENROLLED, {FACTOR: {"locked_until": LATE}}),
    (e.FactorRemoved("U0LIDIA"), ENROLLED, {("factors", "U0LIDIA"): None}),
]

ALEX = ("people", "U0ALEX")

PEOPLE: list[Effect] = [
    (
        e.PersonNamed("U0ALEX", "b@x", "o2", ("c@x", "a@x")),
        {},
        {
            ALEX: {
                "user": "U0ALEX",
                "email": "b@x",
                "object_id": "o2",
                "objects": '["o2"]',
                "addresses": '["a@x","b@x","c@x"]',
                "named_at": AT,
                "changed": 0,
            }
        },
    ),
    (
        e.PersonNamed("U0ALEX", "b@x", "o2", ("c@x",)),
        {"people": [{"user": "U0ALEX", "objects": '["o3","o1"]', "addresses": '["d@x"]'}]},
        {
            ALEX: {
                "email": "b@x",
                "object_id": "o2",
                "objects": '["o1","o2","o3"]',
                "addresses": '["b@x","c@x","d@x"]',
                "named_at": AT,
                "changed": 0,
            }
        },
    ),
    (e.PersonChanged("U0ALEX", "grady@x", "o9"), {"people": [{"user": "U0ALEX"}]}, {ALEX: {"changed": 1}}),
    (e.CheckpointSigned(3, "h", "text"), {}, {}),
]

EFFECTS = [
    *REQUESTS,
    *CHECKS,
    *ALERTS,
    *HUNTS,
    *PROPOSALS,
    *CHANGES,
    *TASKS,
    *FACTORS,
    *PEOPLE,
]


@pytest.mark.parametrize(
    ("event", "there", "changes"), EFFECTS, ids=[f"{n} {one[0].KIND}" for n, one in enumerate(EFFECTS)]
)
def test_an_entry_changes_exactly_this(event: e.Event, there: There, changes: Changes):
    assert changed(there, event) == changes


def test_every_kind_of_entry_in_every_version_is_among_them():
    assert {type(event) for event, _, _ in EFFECTS} == {kind for kinds in e.EVENTS.values() for kind in kinds}


@pytest.mark.parametrize(
    "event",
    [
        *(e.Answered("r1"), e.OwnerBound("adele", (), ()), e.CaseShown("as done"), e.HuntShown("H1")),
        *(e.AlertsShown(("a1",), "line"), e.Approved("P1", "d" * 64), e.TaskDone(1, "harden:0")),
        *(e.Intended("P1", "d" * 64, "switch:one", 2, None), e.FactorUsed(9), e.PersonChanged("U0", "a@x")),
    ],
    ids=lambda event: event.KIND,
)
def test_an_entry_about_what_nothing_began_is_refused(event: e.Event):
    with pytest.raises(LookupError, match="no row of"):
        apply(tables({}), entry(event), event)


def test_a_second_beginning_is_refused():
    there: There = {"votes": [{"proposal": "P1", "voter": ACTOR}]}
    event = e.Voted("P1", "d" * 64, True, False, ("megan",))
    with pytest.raises(sqlite3.IntegrityError):
        apply(tables(there), entry(event), event)


# --- the case that needs someone ---------------------------------------------------------------------------


def test_of_an_accounts_cases_the_one_that_needs_someone_is_marked_and_no_other():
    """The newest accusation does, so the new one takes the mark from the older one; others have their own."""
    old = case("C-OLD", subject_id="adele", verdict="suspicious", asked_at="2026-01-01", open=1)
    new = case(subject_id="adele", state="looking")
    other = case("C-LIDIA", subject_id="lidia", verdict="suspicious", open=1)
    fabrikam = case("C-OTHER", tenant="Fabrikam", subject_id="adele", verdict="suspicious", open=1)
    assert changed({"cases": [old, new, other, fabrikam]}, FOUND) == {
        IN_PLACE: {**DONE, "open": 1},
        ("cases", "C-OLD"): {"open": 0},
    }


def test_a_case_that_has_the_mark_keeps_it():
    assert changed({"cases": [case(state="looking", open=1)]}, FOUND) == {IN_PLACE: DONE}


def test_an_outcome_of_a_case_that_nobody_opened_is_refused():
    with pytest.raises(LookupError, match="no row of cases for"):
        apply(tables({}), entry(FOUND), FOUND)


# --- what may go -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "there", "names"),
    [
        (FOUND, {"cases": [case(report="a", offer="b")]}, ("a", "b")),
        (FOUND, {"cases": [case(report="", offer="b")]}, ("b",)),
        (FOUND, {"cases": [case("C-OTHER", report="a", offer="b")]}, ()),
        (e.PasswordShown("P1", "switch:one", shown=True), {"passwords": [{**SECRET, "sealed": "a"}]}, ("a",)),
        (e.PasswordForgotten("P1", "switch:one"), {"passwords": [{**SECRET, "sealed": "a"}]}, ("a",)),
        (e.PasswordForgotten("P1", "switch:two"), {"passwords": [{**SECRET, "sealed": "a"}]}, ()),
        (e.FactorOffered("s" * 64), {"factors": [{"user": ACTOR, "sealed": "a"}]}, ("a",)),
        (e.FactorOffered("s" * 64), {}, ()),
        (e.FactorRemoved("U0LIDIA"), {"factors": [{"user": "U0LIDIA", "sealed": "a"}]}, ("a",)),
        (e.CaseShown("as done"), {"cases": [case(report="a", offer="b")]}, ()),
    ],
    ids=lambda value: getattr(value, "KIND", ""),
)
def test_an_entry_lets_go_of_the_contents_that_it_takes_a_name_from(
    event: e.Event, there: There, names: tuple[str, ...]
):
    assert released(tables(there), entry(event), event) == names


def test_json_in_the_tables_is_sorted_short_and_ascii():
    assert as_json({"b": [1, None], "a": "ü"}) == '{"a":"\\u00fc","b":[1,null]}'
