"""The manual tasks of a case: put on its list by a plan, done by people, read by `commands.ledger.tasks`."""

from __future__ import annotations

from commands.errors import NoSuchTask
from commands.ledger import BOT, Ledger, Writing
from commands.ledger import entries as e
from commands.ledger import tasks as listed
from commands.ledger.tasks import TaskState
from commands.plans.plan import Plan


def add_tasks(writing: Writing, plan: Plan) -> None:
    """Put the manual tasks of a plan on its case's list, those that are not there yet."""
    known = listed.tasks(writing, plan.case_id)
    ids = {task.id for task in known}
    fresh = [task for task in plan.tasks if task.id not in ids]
    for number, task in enumerate(fresh, max((task.number for task in known), default=0) + 1):
        writing.append(e.TaskAdded(number, task.id, task.says, task.how), BOT, plan.case_id)


def tick(ledger: Ledger, case_id: str, number: int, user: str, note: str = "") -> TaskState:
    """Note that a person did a manual task; a second time changes nothing.

    Raises:
        NoSuchTask: the case has none of this number.
    """
    with ledger.writing() as writing:
        found = [task for task in listed.tasks(writing, case_id) if task.number == number]
        if not found:
            raise NoSuchTask(case_id, number)
        if not found[0].done_by:
            writing.append(e.TaskDone(number, found[0].id, note), user, case_id)
    return next(one for one in listed.tasks(ledger, case_id) if one.number == number)
