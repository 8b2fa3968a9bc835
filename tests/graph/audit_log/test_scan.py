"""What a scan picks out of a large log, and what it only counts."""

from __future__ import annotations

import codecs
import json
import random
from pathlib import Path
from typing import Any

import pytest

from graph.audit_log import blocks, contexts, scan
from graph.audit_log import tally as tally_of
from graph.audit_log.blocks import Part, parts
from graph.audit_log.contexts import NEW_FOR, Contexts
from graph.audit_log.parse import parse
from graph.audit_log.picked import Picked, entry
from graph.audit_log.record import AuditRecord
from graph.audit_log.tally import Tally

ADELE = "adele.vance@contoso.example"


def record(operation: str, number: int, **more: Any) -> dict[str, Any]:
    return {
        "CreationTime": f"2026-08-{1 + number // 24:02}T{number % 24:02}:00:00",
        "Id": f"{operation}-{number}",
        "Operation": operation,
        "RecordType": 2,
        "UserType": 0,
        "UserId": ADELE,
        "ClientIPAddress": "192.0.2.1",
        "ClientInfoString": "Client=OWA",
        "MailboxOwnerUPN": ADELE,
    } | more


def logon(number: int, address: str = "192.0.2.1", agent: str = "Mozilla", **more: Any) -> dict[str, Any]:
    return (
        record("UserLoggedIn", number)
        | {
            "RecordType": 15,
            "UserKey": "7c1f0c5e-3b7a-4f52-9d0e-0f6a2b9f41aa",
            "ClientIP": address,
            "ActorIpAddress": address,
            "ErrorNumber": "0",
            "ExtendedProperties": [{"Name": "UserAgent", "Value": agent}],
        }
        | more
    )


def scanned(
    tmp_path: Path, records: list[dict[str, Any]], *, form: str = "compact", count: int = 1
) -> tuple[list[AuditRecord], Tally]:
    path = tmp_path / f"log-{form}"
    if form == "array":
        path.write_text(json.dumps(records))
    else:
        separators = (",", ":") if form == "compact" else (", ", ": ")
        path.write_text("".join(json.dumps(one, separators=separators) + "\n" for one in records))
    picked: list[Picked] = []
    tallies = [scan.scan(part, picked.append) for part in parts(path, count)]
    found = [entry(one.kind, one.text) for one in picked]
    return [one for one in found if isinstance(one, AuditRecord)], tallies[0]


FORMS = pytest.mark.parametrize("form", ["compact", "spaced", "array"])


@pytest.mark.parametrize("form", ["JSON lines", "arrays"])
def test_files_with_byte_order_marks_that_were_put_together_are_read_whole(tmp_path, form):
    """Windows tools begin a file with the mark, and `copy a+b` keeps each."""
    records = [record("New-InboxRule", number) for number in range(6)]
    texts = [json.dumps(one) for one in records]
    if form == "arrays":
        texts = [json.dumps(records[:3]), json.dumps(records[3:], indent=1)]
    path = tmp_path / "log"
    path.write_bytes(b"".join(codecs.BOM_UTF8 + text.encode() + b"\r\n" for text in texts))
    picked: list[Picked] = []
    (tally,) = [scan.scan(part, picked.append) for part in parts(path, 1)]
    assert (len(picked), tally.records, tally.unreadable) == (6, 6, [])


@FORMS
def test_files_opened_and_chats_are_counted_and_not_picked(tmp_path, form):
    found, tally = scanned(tmp_path, [record("MessageRead", number) for number in range(50)], form=form)
    assert found == []
    assert (tally.records, tally.left_out["MessageRead"]) == (50, 50)
    assert tally.actors == {ADELE}


@FORMS
def test_everything_that_is_no_everyday_work_is_picked(tmp_path, form):
    records = [record("New-InboxRule", number) for number in range(60)]
    records += [record("Some operation of next year", number) for number in range(60)]
    found, _ = scanned(tmp_path, records, form=form)
    assert [one.id for one in found] == [one["Id"] for one in records]


@FORMS
def test_everyday_work_is_picked_while_its_address_is_new_for_the_user(tmp_path, form):
    home = [record("Send", number) for number in range(24 * 10)]
    away = [
        record("Send", number, ClientIPAddress="203.0.113.7", Id=f"away-{number}") for number in range(30)
    ]
    found, tally = scanned(tmp_path, home + away, form=form)
    assert sum(one.address == "203.0.113.7" for one in found) == 30
    assert sum(one.address == "192.0.2.1" for one in found) == 24 * NEW_FOR
    assert tally.left_out["Send"] == 24 * (10 - NEW_FOR)


@FORMS
def test_of_a_regular_sign_in_one_a_day_is_picked_and_of_a_new_program_more(tmp_path, form):
    home = [logon(number) for number in range(24 * 10)]
    odd = [logon(200, agent="axios/1.7")]
    found, tally = scanned(tmp_path, home + odd, form=form)
    assert [one.user_agent for one in found].count("axios/1.7") == 1
    days = {one.at.date() for one in found}
    assert len(days) == 10
    assert len(found) < 25
    assert set(tally.names.by_id["7c1f0c5e-3b7a-4f52-9d0e-0f6a2b9f41aa"]) == {ADELE}


@FORMS
def test_every_account_that_somebody_tried_is_picked(tmp_path, form):
    failed = [
        logon(0, "203.0.113.9", Operation="UserLoginFailed", ErrorNumber="50126", Id=str(number),
              UserId=f"p{number}@contoso.example")
        for number in range(40)
    ]  # fmt: skip
    found, _ = scanned(tmp_path, failed, form=form)
    assert len({one.actor for one in found}) == 40


@pytest.mark.parametrize("seed", range(6))
def test_where_the_fields_stand_makes_no_difference(tmp_path, seed):
    """In any order of the fields the same is picked, counted and learned."""
    luck = random.Random(seed)
    people = ["adele.vance@contoso.example", "x@y.example", "nestor@contoso.example"]
    operations = ["Send", "FileAccessed", "MailItemsAccessed", "MessageRead", "UserLoginFailed", "HardDelete"]
    records = []
    for number in range(400):
        who, address = luck.choice(people), luck.choice(["192.0.2.1", "2001:db8::77:1", "203.0.113.200"])
        operation = luck.choice([*operations, "UserLoggedIn"])
        if operation.startswith("UserLog"):
            raw = logon(number // 4, address, luck.choice(["Mozilla", "Edge"]), Operation=operation)
        else:
            raw = record(operation, number // 4, ClientIPAddress=address, Padding="p" * luck.randrange(30))
        fields = list((raw | {"Id": str(number), "UserId": who}).items())
        if luck.random() < 0.3:
            luck.shuffle(fields)
        records.append(dict(fields))
    found, tally = scanned(tmp_path, records)
    wanted, other = scanned(tmp_path, records, form="array")
    assert [one.id for one in found] == [one.id for one in wanted]
    assert (tally.left_out, tally.records, tally.actors) == (other.left_out, other.records, other.actors)


def test_a_line_without_a_field_does_not_borrow_the_next_ones(tmp_path):
    short = {"Operation": "MessageRead", "CreationTime": "2026-08-01T00:00:00"}
    records = [record("MessageRead", 1, UserId="one@contoso.example"), short, short]
    records.append(record("MessageRead", 2, UserId="two@contoso.example"))
    _, tally = scanned(tmp_path, records)
    assert tally.actors == {"one@contoso.example", "two@contoso.example", ""}
    assert tally.left_out == {"MessageRead": 4}


def test_microsofts_own_upkeep_is_counted_and_not_picked(tmp_path):
    name = "NT AUTHORITY\\SYSTEM (Microsoft.Exchange.ServiceHost)"
    for form in ("compact", "spaced", "array"):
        found, tally = scanned(tmp_path, [record("Set-Mailbox", 1, UserId=name, UserType=3)], form=form)
        assert found == []
        assert tally.left_out == {"Set-Mailbox": 1}


def test_a_picked_record_is_the_record_itself(tmp_path):
    raw = record("HardDelete", 3, AffectedItems=[{"Subject": 'é \\ " \n', "Id": "i"}])
    for form in ("compact", "spaced", "array"):
        (found,), _ = scanned(tmp_path, [raw], form=form)
        assert found == parse(raw)


def test_records_of_a_wanted_operation_are_picked_though_they_are_counted(tmp_path):
    records = [record("MessageRead", number) for number in range(9)] + [record("ListViewed", 1)]
    path = tmp_path / "log"
    path.write_text("".join(json.dumps(one) + "\n" for one in records))
    picked: list[Picked] = []
    tally = scan.scan(parts(path, 1)[0], picked.append, wanted={"MessageRead"})
    assert [(one.kind, one.actor) for one in picked] == [("ruled", ADELE)] * 9
    assert tally.left_out == {"MessageRead": 9, "ListViewed": 1}


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_parts_together_are_the_whole_file(tmp_path, count):
    records = [record("New-InboxRule", number, Padding="x" * (number % 9)) for number in range(100)]
    found, _ = scanned(tmp_path, records, count=count)
    assert [one.id for one in found] == [one["Id"] for one in records]


def test_blocks_may_end_anywhere(tmp_path, monkeypatch):
    records = [record("New-InboxRule", number, Padding="x" * (number % 9)) for number in range(40)]
    for size in (7, 64, 300, 1000):
        monkeypatch.setattr(blocks, "_BLOCK", size)
        found, tally = scanned(tmp_path, records)
        assert [one.id for one in found] == [one["Id"] for one in records]
        assert tally.lines == 40


def test_a_file_that_is_no_json_lines_is_one_part(tmp_path):
    path = tmp_path / "log"
    path.write_text("[\n{}\n]\n" * 50)
    assert parts(path, 4) == (Part(path),)


def test_unreadable_lines_are_kept_up_to_a_number_and_counted_beyond(tmp_path, monkeypatch):
    monkeypatch.setattr(tally_of, "UNREADABLE_KEPT", 3)
    path = tmp_path / "log"
    path.write_text(json.dumps(record("Send", 1)) + "\n" + "nonsense\n" * 10)
    picked: list[Picked] = []
    tally = scan.scan(parts(path, 1)[0], picked.append)
    assert [one.line for one in tally.unreadable] == [2, 3, 4]
    assert sum(count for _, count in tally.further_unreadable.values()) == 7
    assert tally.unread_count() == 10
    assert len(picked) == 1


def test_contexts_are_counted_in_bounded_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(contexts, "CONTEXTS", 10)
    records = [record("Send", number, UserId=f"p{number}@contoso.example") for number in range(100)]
    found, _ = scanned(tmp_path, records)
    assert len(found) == 100


@FORMS
def test_a_burst_is_picked_also_where_the_user_always_works(tmp_path, form):
    home = [record("HardDelete", number) for number in range(24 * 10)]
    burst = [record("HardDelete", 300, Id=f"burst-{number}") for number in range(80)]
    found, _ = scanned(tmp_path, home + burst, form=form)
    assert sum(one.id.startswith("burst") for one in found) >= 50


def test_what_two_parts_pick_is_thinned_to_what_the_whole_would_pick(tmp_path):
    records = [one for number in range(24 * 10) for one in (record("Send", number), logon(number))]
    whole, _ = scanned(tmp_path, records)
    path = tmp_path / "log-compact"
    picked: list[Picked] = []
    for part in parts(path, 3):
        scan.scan(part, picked.append)
    seen = Contexts()
    kept = [parse(json.loads(one.text)).id for one in picked if seen.keep(one.text)]
    assert len(picked) > len(whole)
    assert kept == [one.id for one in whole]
