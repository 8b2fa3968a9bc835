"""Reading the manual tasks of cases, when cases are to be looked at again, and what is to be told of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from commands.ledger.chain import moment
from commands.ledger.reading import Readable, Row

_ALARM = "looked again "


@dataclass(frozen=True, slots=True)
class TaskState:
    """A manual task of a case: what a person is to do, and whether somebody said that it is done.

    Attributes:
        id: The task's id.
        number: Its number in the case, from 1, by which people tick it off.
        says: What is to be done.
        how: Exact instructions, one line each.
        done_by: The Slack user id of whoever ticked it off; "" while it is open.
        done_at: When.
        note: What they said about it.
    """

    id: str
    number: int
    says: str
    how: tuple[str, ...]
    done_by: str = ""
    done_at: datetime | None = None
    note: str = ""


def tasks(book: Readable, case_id: str) -> tuple[TaskState, ...]:
    """Give the manual tasks of a case by number."""
    rows = book.rows("SELECT * FROM tasks WHERE case_id = ? ORDER BY number", [case_id])
    return tuple(_task(row) for row in rows)


def watches_due(book: Readable, now: datetime) -> tuple[tuple[str, int], ...]:
    """Give the cases that are to be looked at again by now, each once, with the number of the last round.

    After a long absence several rounds are due; one look answers for all of them.
    """
    rows = book.rows(
        "SELECT case_id, max(round) AS round FROM watches WHERE done = 0 AND due <= ?"
        " GROUP BY case_id ORDER BY min(due)",
        [moment(now)],
    )
    return tuple((row["case_id"], row["round"]) for row in rows)


def is_rechecked(book: Readable, case_id: str, number: int) -> bool:
    """Whether a round was looked at, or answered for by a later one, or never planned."""
    return not book.rows(
        "SELECT 1 FROM watches WHERE case_id = ? AND round = ? AND done = 0", [case_id, number]
    )


def is_due(book: Readable, case_id: str, number: int, now: datetime) -> bool:
    """Whether a round is to be looked at by now, and was not."""
    due = "SELECT 1 FROM watches WHERE case_id = ? AND round = ? AND done = 0 AND due <= ?"
    return bool(book.rows(due, [case_id, number, moment(now)]))


def alarms(book: Readable) -> tuple[tuple[str, int], ...]:
    """Give the rounds of cases in which something reappeared or was new, and nobody was told yet."""
    rows = book.rows("SELECT case_id, round FROM watches WHERE alarm = 1 ORDER BY case_id, round")
    return tuple((row["case_id"], row["round"]) for row in rows)


def alarm_name(number: int) -> str:
    """Give the name under which it is noted that the room was told what a round found."""
    return f"{_ALARM}{number}"


def round_told(what: str) -> int | None:
    """Give the round of which the room was told by what is noted so; None for anything else."""
    number = what.removeprefix(_ALARM)
    return int(number) if what.startswith(_ALARM) and number.isdecimal() else None


def watched_until(book: Readable, case_id: str) -> datetime | None:
    """Give when a case is to be looked at for the last time; None where no look is left."""
    rows = book.rows("SELECT max(due) AS due FROM watches WHERE done = 0 AND case_id = ?", [case_id])
    return next((datetime.fromisoformat(row["due"]) for row in rows if row["due"]), None)


def _task(row: Row) -> TaskState:
    return TaskState(
        id=row["id"],
        number=row["number"],
        says=row["says"],
        how=tuple(json.loads(row["how"])),
        done_by=row["done_by"],
        done_at=datetime.fromisoformat(row["done_at"]) if row["done_at"] else None,
        note=row["note"],
    )
