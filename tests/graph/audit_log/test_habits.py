"""On how many days everyday records came, though they were counted and not read."""

from __future__ import annotations

import json

from graph.audit_log import scan
from graph.audit_log.blocks import Part
from graph.audit_log.contexts import Habit


def line(day: int, minute: int, address: str, operation: str = "MailItemsAccessed") -> str:
    return json.dumps(
        {
            "CreationTime": f"2026-08-{day:02}T09:{minute:02}:00",
            "Id": f"{operation}-{day}-{minute}",
            "Operation": operation,
            "UserId": "Adele@contoso.example",
            "MailboxOwnerUPN": "adele@contoso.example",
            "ClientIPAddress": f"[{address}]:443",
            "ClientIP": address,
        },
        separators=(",", ":"),
    )


def test_habits_tell_days_and_last_day_by_account_and_address(tmp_path):
    lines = [line(day, minute, "192.0.2.1") for day in range(1, 21) for minute in range(9)]
    lines += [line(day, 1, "192.0.2.2") for day in (1, 2)]
    lines += [line(day, minute, "192.0.2.3", "UserLoggedIn") for day in range(1, 21) for minute in range(9)]
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    tally = scan.scan(Part(path, 0, path.stat().st_size), lambda _: None)
    told = {
        (one.what.actor, one.what.address): one.habit
        for one in tally.everyday.counted()
        if one.habit is not None
    }
    assert told == {("adele@contoso.example", "192.0.2.1"): Habit(20, "2026-08-20")}


def test_two_parts_that_may_tell_of_the_same_days_tell_the_most():
    assert Habit(5, "2026-08-09").longer(Habit(3, "2026-08-20")) == Habit(5, "2026-08-20")
