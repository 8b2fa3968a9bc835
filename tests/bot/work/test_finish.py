"""A check lets go of what was collected as soon as it is planned for."""

from __future__ import annotations

import gc
import sys
from weakref import ref

import pytest

from bot.artefacts import report_store
from bot.work.checks.finish import Finished, Planned, finish, plan
from bot.work.checks.task import CheckFound
from commands.check import judge
from commands.plans.planning_input import Guard
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence
from graph.resources.sign_ins import SignIn
from tests.commands.evidence import INTRUDER, NOON, evidence, record, sign_in


@pytest.fixture(autouse=True)
def _without_a_search_for_cycles():
    gc.disable()
    yield
    gc.enable()


def planned() -> tuple[Planned, ref[Evidence], ref[SignIn], AuditRecord]:
    rule = record("New-InboxRule", address=INTRUDER, parameters={"Name": ".", "DeleteMessage": "True"})
    found = evidence(sign_ins=[sign_in(), sign_in(address=INTRUDER)], audit_log=[rule])
    weak = ref(found), ref(found.sign_ins.seen(())[0])
    return plan(CheckFound(found, judge(found, NOON)), Guard(), "C-2ABCD"), *weak, rule


def test_nothing_holds_what_was_collected_when_the_report_is_written():
    ready, found, signed_in, rule = planned()
    assert found() is None
    assert signed_in() is None
    assert sys.getrefcount(rule) == 2  # the name above, and the call
    done = finish(ready, lambda _: False, "C-2ABCD")
    assert isinstance(done, Finished)
    assert report_store.load(done.report) == ready.report
    assert "inbox_rules" in done.offer
