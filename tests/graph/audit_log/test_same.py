"""Records that share an id, a time and an operation are one only where nothing in them differs."""

from __future__ import annotations

import pytest

from graph.audit_log.record import AuditRecord, Item
from graph.audit_log.same import Key, keep, sharing
from tests.commands.evidence import evidence, record


def opened(**given: object) -> AuditRecord:
    return record("FileDownloaded", id="1", **{"owner": "", **given})  # type: ignore[arg-type]


def kept(*records: AuditRecord) -> list[AuditRecord]:
    found: dict[Key, AuditRecord] = {}
    for one in records:
        keep(found, one)
    return list(found.values())


DIFFERENT = [
    (opened(object_id="a.xlsx"), opened(object_id="b.xlsx")),
    (opened(address="192.0.2.1"), opened(address="192.0.2.2")),
    (opened(owner="a@contoso.example"), opened(owner="b@contoso.example")),
    (opened(items=[Item("", "<a@x>", "", "")]), opened(items=[Item("", "<b@x>", "", "")])),
    (opened(parameters={"Name": "one"}), opened(parameters={"Name": "two"})),
    (opened(actor="a@contoso.example"), opened(actor="b@contoso.example")),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_differs_in_anything_is_another_record(one: AuditRecord, other: AuditRecord):
    assert kept(one, other, one, other) == [one, other]
    assert sharing(kept(one, other)) == 2
    assert set(map(id, evidence(audit_log=[one, other]).records())) == {id(one), id(other)}


REPEATS = [
    (opened(object_id="a.xlsx"), opened(object_id="A.xlsx")),
    (opened(object_id="a.xlsx", address="192.0.2.1"), opened(address=None)),
    (opened(items=[Item("", "<a@x>", "", "")]), opened()),
    (opened(parameters={"Name": "a long name", "Mark": "True"}), opened(parameters={"Name": "a long…"})),
]


@pytest.mark.parametrize(("one", "other"), REPEATS)
def test_what_another_form_leaves_out_or_cuts_makes_no_second_record(one: AuditRecord, other: AuditRecord):
    assert kept(one, other) == [one]
    assert kept(other, one) == [other]
    assert sharing(kept(one, other)) == 0
