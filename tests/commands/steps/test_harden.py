"""The checklist of the document's last section."""

from __future__ import annotations

from commands.report import VerdictCode
from commands.steps import harden
from tests.commands.steps.planning_inputs import planning, tasks


def test_every_task_is_an_task_of_its_own_in_the_order_of_when_it_is_due() -> None:
    planned = tasks(harden, planning(found=[]))
    assert [one.id for one in planned] == [f"harden:{task.id}" for task in harden.TASKS]
    due = list(dict.fromkeys(one.says.partition(":")[0] for one in planned))
    assert due == ["Within 30 days", "Within 90 days", "After 90 days"]
    assert all(one.how for one in planned)


def test_it_is_asked_for_after_a_takeover_and_offered_otherwise() -> None:
    assert all(one.suggested for one in tasks(harden, planning(found=[])))
    calm = planning(found=[], answer=VerdictCode.CANNOT_TELL)
    assert not any(one.suggested for one in tasks(harden, calm))
