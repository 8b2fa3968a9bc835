"""A mailbox full of ordinary work gives the verdict of the same attack in a small one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from commands.check import judge, look
from commands.report import Report
from graph.accounts import find_subject
from graph.question import Question, Window
from sandbox import tenant
from sandbox.scenarios import large_mailbox, load
from sandbox.scenarios.state import TenantState
from tests.graph.local import connect_to
from tests.graph.test_collect import Memory

NOW = datetime.now(UTC).replace(microsecond=0)


def checked(state: TenantState) -> Report:
    with (
        tenant.start(state, audit_query_seconds=0.1, limits=False) as running,
        connect_to(running) as connection,
    ):
        question = Question(
            find_subject("adele.vance@contoso.example", connection), Window(NOW - timedelta(days=14), NOW)
        )
        evidence = look(question, connection, Memory(), lambda _: None, patience=600)
    return judge(evidence, NOW)


@pytest.mark.slow
def test_the_verdict_is_the_same():
    small = checked(load("mailbox-takeover", NOW))
    large = checked(large_mailbox.build(NOW, messages=1_000, sign_ins=500, records=2_500))
    assert len(large.timeline) > len(small.timeline) + 3_000
    assert large.verdict.answer is small.verdict.answer
    assert large.verdict.access is small.verdict.access
    assert large.verdict.impact == small.verdict.impact
    assert large.verdict.points == small.verdict.points
    # At some hours of the day the attack comes when a mailbox with little work sees none; one with much has
    # work at every hour.
    hours = {"unusual_hour"}
    assert {one.sign.id for one in large.findings} - hours == {one.sign.id for one in small.findings} - hours
    assert {source.id: source.state for source in large.sources} == {
        source.id: source.state for source in small.sources
    }
