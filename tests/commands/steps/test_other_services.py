"""Other services: those that wrote about passwords in the window, and those that nobody knows of."""

from __future__ import annotations

from commands.plans.plan import ManualTask
from commands.plans.planning_input import PlanningInput
from commands.steps import other_services
from graph.evidence import Known
from tests.commands.evidence import message
from tests.commands.steps.planning_inputs import UNSEEN, planning, tasks


def only(on: PlanningInput) -> ManualTask:
    (task,) = tasks(other_services, on)
    return task


def test_each_service_is_named_once_and_every_message_stands_in_the_file() -> None:
    task = only(
        planning(
            password_reset_mail=[
                message("Reset your password", sender="no-reply@mail.bank.example"),
                message("Your code", sender="code@bank.example", hours=1),
                message("Reset your password", sender="help@shop.example"),
                message("Password of the printer", sender="it@contoso.example"),
            ]
        )
    )
    assert "bank.example, shop.example; full list in other-services.csv" in task.how[0]
    assert task.files["other-services.csv"] == (
        '"service","sender","received","subject"\r\n'
        '"bank.example","code@bank.example","2026-09-09T13:00:00Z","Your code"\r\n'
        '"bank.example","no-reply@mail.bank.example","2026-09-09T12:00:00Z","Reset your password"\r\n'
        '"shop.example","help@shop.example","2026-09-09T12:00:00Z","Reset your password"\r\n'
    )
    assert task.suggested


def test_without_such_mail_the_user_is_asked_all_the_same() -> None:
    task = only(planning(password_reset_mail=[]))
    assert task.how[0] == "No email about passwords or codes from other services in the window"
    assert task.files == {}
    assert not task.suggested


def test_a_mailbox_that_could_not_be_searched_is_not_taken_for_an_empty_one() -> None:
    how = only(planning(password_reset_mail=UNSEEN)).how
    assert how[0] == (
        "Email about passwords and codes was not collected (The permission for it is missing); "
        "rely on the user"
    )


def test_an_incomplete_search_says_so() -> None:
    how = only(planning(password_reset_mail=Known((), missing=("hits beyond the newest 1,000",)))).how
    assert "The search is incomplete: hits beyond the newest 1,000" in how
