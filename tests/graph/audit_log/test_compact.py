"""Compact records and values say the same as others, and a hundred thousand of them take little."""

from __future__ import annotations

import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter

from graph.audit_log import compact as module
from graph.audit_log import graph_query
from graph.audit_log.compact import compact, held
from graph.audit_log.record import AuditRecord
from graph.effects import Item
from graph.parts.audit_search import reader
from graph.parts.reading import lean
from graph.repeated import Repeated
from graph.resources.mail import Message
from graph.resources.sign_ins import SignIn
from sandbox.scenarios import large_mailbox
from sandbox.tenant.audit_search import on_the_wire
from tests.graph.play import a_question

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
MADE = large_mailbox.build(NOW, 80, 300, 1_500).audit_records
HERS = [record for record in MADE if record["UserId"] == "adele.vance@contoso.example"]
ITEMS: list[Item] = list(map(on_the_wire, HERS[-1_500:]))


def plain() -> list[AuditRecord]:
    return [graph_query.parse(item) for item in ITEMS]


def test_a_compact_record_says_what_it_said():
    records = plain()
    found = compact(records, Repeated())
    assert found == records
    one, was = found[-1], records[-1]
    assert dict(one.raw) == was.raw
    assert dict(one.details) == was.details
    assert one.details.get("Nothing", "?") == "?"
    assert one.raw.get("Nothing", "?") == "?"
    assert len(one.raw) == len(was.raw)
    assert ("SessionId" in one.details) == ("SessionId" in was.details)
    assert repr(one.details) == repr(dict(was.details))
    assert repr(one.raw) == repr(was.raw)
    with pytest.raises(KeyError):
        one.details["Nothing"]


def test_what_no_json_holds_stays_as_it_came():
    odd = {"Id": "1", "CreationTime": "2026-03-04T10:00:00", "Operation": "Send", "Name": "\ud83d"}
    (found,) = compact([graph_query.parse({"id": "1", "auditData": odd})], Repeated())
    assert found.raw["Name"] == "\ud83d"


def test_a_record_takes_two_thousand_bytes_at_most():
    read = reader(graph_query.parse, a_question())
    read(ITEMS[:500])
    tracemalloc.start()
    kept = read(ITEMS[500:])
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(kept) > 900
    assert taken / len(kept) < 2_000


def test_a_record_that_came_from_a_worker_is_held_in_a_thousand_bytes_and_says_what_it_said():
    adapter = TypeAdapter(list[AuditRecord])
    bare = [replace(record, raw={}) for record in plain()]
    read = adapter.validate_json(adapter.dump_json(bare))
    once = Repeated()
    for record in read[: len(read) // 2]:
        held(record, once)
    tracemalloc.start()
    kept = [held(record, once) for record in read]
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept == bare
    assert taken / len(kept) < 1_000


def test_the_second_query_reads_no_record_that_the_first_one_read():
    read: list[str] = []

    def parse(item):
        read.append(item["id"])
        return graph_query.parse(item)

    question = a_question()
    first = reader(parse, question)(ITEMS[:200])
    second = reader(parse, question)(ITEMS[:300])
    assert len(read) == len(set(read)) == 300
    assert {id(one) for one in first} <= {id(one) for one in second}


def test_two_queries_that_are_brought_the_same_page_at_the_same_moment_read_it_once():
    read: list[str] = []
    another = threading.Event()

    def parse(item):
        read.append(item["id"])
        if len(read) == 1:
            another.wait(0.2)  # whoever could read beside us would begin by then
        else:
            another.set()
        return graph_query.parse(item)

    question = a_question()
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: reader(parse, question)(ITEMS[:100]), range(2))
    assert len(read) == 100
    assert {id(one) for one in first} == {id(one) for one in second}


@pytest.mark.parametrize(
    ("model", "item"),
    [
        (SignIn, {"createdDateTime": "2026-03-04T10:00:00Z", "status": {"errorCode": 0}, "ipAddress": "::1"}),
        (Message, {"subject": "Offers", "receivedDateTime": "2026-03-04T10:00:00Z", "isRead": True}),
    ],
)
def test_a_value_takes_six_hundred_bytes_at_most_and_says_what_it_said(model, item):
    once = Repeated()
    items = [{**item, "id": f"{number}", "size": 1} for number in range(1_000)]
    tracemalloc.start()
    kept = [lean(model.model_validate(one), once) for one in items]
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken / len(kept) < 600
    assert kept == [model.model_validate(one) for one in items]
    assert kept[7].model_copy(update={"id": "8"}) == kept[8]
    assert kept[7].model_dump_json() == model.model_validate(items[7]).model_dump_json()


def test_records_read_in_their_order_open_each_block_once():
    module._opened.cache_clear()
    for record in compact(plain(), Repeated()):
        assert record.raw["Operation"]
    opened = module._opened.cache_info().misses
    assert opened == -(-len(ITEMS) // module.BLOCK)


def test_eight_checks_that_take_turns_open_each_block_once_too():
    module._opened.cache_clear()
    checks = [compact(plain()[:300], Repeated()) for _ in range(8)]
    for records in zip(*checks, strict=True):
        assert all(record.raw["Operation"] for record in records)
    assert module._opened.cache_info().misses == 8 * -(-300 // module.BLOCK)


def test_equal_values_are_held_once_and_what_is_remembered_of_them_is_bounded():
    once = Repeated(most=10)
    first = once(("adele@contoso.example", 1))
    assert once(("adele@contoso.example", first[1])) is first
    for number in range(1_000):
        once(str(number))
    assert len(once._known) <= 11
