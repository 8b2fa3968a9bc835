"""Manual tasks have one grouping and one order: money first, then the attacker, then everybody else."""

from __future__ import annotations

from commands.ledger.tasks import TaskState
from commands.plans.plan import ManualTask
from commands.plans.task_order import (
    AT_ONCE_STEPS,
    Turn,
    in_order,
    in_turn,
    is_at_once,
    turn_of,
    without_time,
)
from commands.steps import ORDER, STEPS


def task(id_: str) -> ManualTask:
    return ManualTask(id=id_, step=id_.partition(":")[0], says=id_, how=())


TASKS = [
    task("harden:30"),
    task("review_sent_mail:mail"),
    task("warn_recipients:mail"),
    task("multi_factor:methods"),
    task("other_services:accounts"),
    task("check_other_accounts:leads"),
    task("recall_payments:payroll"),
    task("recall_payments:bank"),
]


def test_what_a_bank_can_do_within_hours_comes_first_and_hardening_last():
    assert [one.step for one in in_order(TASKS)] == [
        "recall_payments",
        "recall_payments",
        "multi_factor",
        "check_other_accounts",
        "other_services",
        "warn_recipients",
        "review_sent_mail",
        "harden",
    ]


def test_each_task_is_in_one_group_and_no_group_is_empty():
    groups = in_turn(TASKS)
    assert sorted(one.id for some in groups.values() for one in some) == sorted(one.id for one in TASKS)
    assert all(groups.values())
    assert in_turn([]) == {}


def test_every_group_has_a_step():
    assert {turn_of(task(f"{step}:x")) for step in ORDER} == set(Turn)


def test_the_steps_whose_tasks_cannot_wait_are_those_that_write_so():
    write = {step.__name__.rpartition(".")[2] for step in STEPS if hasattr(step, "at_once")}
    assert write == AT_ONCE_STEPS


def test_whether_a_task_cannot_wait_is_no_matter_of_its_words():
    """A rule or an address that an attacker named may begin a sentence in any way."""
    urgent, other = (TaskState(f"{step}:x", 1, "At once: go", ()) for step in ("recall_payments", "harden"))
    assert [is_at_once(one) for one in (urgent, other)] == [True, False]
    assert [without_time(one) for one in (urgent, other)] == ["go", "At once: go"]
