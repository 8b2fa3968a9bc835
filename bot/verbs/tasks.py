"""`/compromise tasks`: list what people are to do in a case, and tick it off."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.errors import NotUnderstood
from bot.messages import decisions
from bot.messages.tasks import task_done_modal, tasks
from bot.people.meant import About
from bot.slack.intake import Asked
from bot.verbs import spelling
from bot.verbs.shape import Answer, Tools
from commands.containment import manual_tasks as case_tasks
from commands.containment.proposals import TaskState
from commands.ledger import Case
from commands.ledger import entries as e
from commands.ledger import tasks as listed

NAME = "tasks"
USAGE = "<user or case> [done <number> note]"
SAYS = "Lists manual tasks, and marks them done."
EXAMPLE = "/compromise tasks C-7F3K2 done 2 called the user on the phone"


@dataclass(frozen=True, slots=True)
class ShowTasks:
    """Show what people are to do in a case."""

    about: About


@dataclass(frozen=True, slots=True)
class TickTask:
    """Say that a manual task is done."""

    about: About
    number: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """What people are to do in a case."""

    case: Case
    tasks: tuple[TaskState, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """A window that asks how it went."""

    window: str
    case: Case


@dataclass(frozen=True, slots=True)
class Ticked:
    """A manual task that is done, how many are not yet, and whether it was done before."""

    case: Case
    task: TaskState
    left: int
    again: bool


def read(words: list[str], text: str) -> ShowTasks | TickTask:
    """Read the user or case, and what is done."""
    about, more = spelling.about_in(words, NAME), words[1:]
    if not more:
        return ShowTasks(about)
    number = more[1] if len(more) > 1 and more[0].casefold() == "done" else ""
    if not (number.isascii() and number.isdigit() and len(number) < 4):
        raise NotUnderstood("To complete a manual task, for example: /compromise tasks C-7F3K2 done 2")
    # The note stands there as it was typed; words would have lost their quotes and stops.
    found = re.search(rf"\bdone\W+{number}\b(.*)", text, re.IGNORECASE | re.DOTALL)
    return TickTask(about, int(number), spelling.plain(found[1]) if found else "")


def may(wish: ShowTasks | TickTask, asked: Asked, tools: Tools) -> Case:
    """Let responders and approvers, about any account but their own."""
    case = tools.gate.finished_case(wish.about, asked)
    tools.gate.reader_about(asked, case)
    return case


def do(wish: ShowTasks | TickTask, may: Case, asked: Asked, tools: Tools) -> Listed | Opened | Ticked:
    """List, ask how it went where a button said it, or tick off."""
    if isinstance(wish, ShowTasks):
        return Listed(may, tuple(listed.tasks(tools.ledger, may.id)))
    known = {task.number: task for task in listed.tasks(tools.ledger, may.id)}
    again = wish.number in known and bool(known[wish.number].done_by)
    if asked.clicked and asked.trigger and wish.number in known and not again:
        tools.open(asked, task_done_modal(may.id, may.subject, known[wish.number]))
        return Opened("task_done", may)
    task = case_tasks.tick(tools.ledger, may.id, wish.number, asked.user, wish.note)
    tools.papers.what_is_left(may.id)
    return Ticked(may, task, sum(1 for one in listed.tasks(tools.ledger, may.id) if not one.done_by), again)


def shows(done: Listed | Opened | Ticked, tools: Tools) -> Answer:
    """Show the list, or that it is ticked off."""
    match done:
        case Listed(case, left):
            return Answer(e.TasksShown(), case.id, (tasks(case.id, case.subject, left),))
        case Opened(window, case):
            return Answer(e.ModalOpened(window=window), case.id)
        case Ticked(case, task, count, again):
            return Answer(
                e.Answered(),
                case.id,
                (decisions.task_ticked(task, count, tools.gate.readable_in(case.tenant), again=again),),
            )
