"""Manual tasks are listed by number, and what is open can be ticked off."""

from __future__ import annotations

from dataclasses import replace

from bot.messages import Message, Modal
from bot.messages.tasks import by_text, task_done_modal, tasks
from bot.people.meant import CaseId
from bot.verbs import registry
from bot.verbs.tasks import TickTask
from sandbox.workspace import text as slack_text
from tests.bot.messages import samples


def shown(message: Message | Modal) -> str:
    return "\n".join(slack_text.lines(message.blocks, lambda name: name))


def test_open_tasks_come_first_each_with_its_way_and_a_button():
    message = tasks("C-7F3K2", samples.ADELE, samples.task_states(("Scan the computer",)))
    text = shown(message)
    assert "2 of 3 manual tasks open" in text
    assert text.index("☐ *2.* Scan the computer") < text.index("☑ 3. Scan the computer, done by @U0MEGAN01")
    found = [block["accessory"] for block in message.blocks if "accessory" in block]
    assert [(one["action_id"], one["value"]) for one in found] == [
        ("task_done", "C-7F3K2 1"),
        ("task_done", "C-7F3K2 2"),
    ]
    assert "☐ 1. Scan the computer" in message.text


def test_what_cannot_wait_says_how_in_two_lines_and_what_can_wait_is_named_alone():
    later = samples.task_states(("Scan the computer",), 2)
    now = [replace(one, id=f"scan_for_malware:{one.number}") for one in later]
    assert "• Scan the computer" not in shown(tasks("C-7F3K2", samples.ADELE, later))
    text = shown(tasks("C-7F3K2", samples.ADELE, now))
    assert text.count("• Scan the computer") == 4
    assert "… 10 more lines; select “Done” to see them" in text
    assert "*Done*" not in text, "nothing is done yet"


def test_the_window_gives_the_whole_way_and_takes_a_note():
    task = samples.task_states(("Scan the computer",))[0]
    modal = task_done_modal("C-7F3K2", samples.ADELE, task)
    assert shown(modal).count("• Scan the computer") == len(task.how)
    assert modal.callback_id == "task_done"
    assert modal.private_metadata == "C-7F3K2 1"
    assert modal.blocks[-1]["block_id"] == "note"


def test_what_does_not_fit_can_still_be_ticked_off_by_its_number():
    message = tasks("C-7F3K2", samples.ADELE, samples.task_states(("Scan the computer",), 200))
    assert "complete them by number, as below" in shown(message)
    assert by_text("C-7F3K2", 1) in shown(message)


def test_a_case_without_tasks_says_so():
    assert "There are no manual tasks." in shown(tasks("C-7F3K2", samples.ADELE, ()))


def test_what_is_typed_to_tick_one_off_is_understood():
    _, wish = registry.read(by_text("C-7F3K2", 2).removeprefix("/compromise "))
    assert wish == TickTask(CaseId("C-7F3K2"), 2)
