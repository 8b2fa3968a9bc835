"""The list of what was sent: what stands in it, and when there is nothing to look at."""

from __future__ import annotations

import csv
import io

from commands.plans.plan import ManualTask
from commands.plans.planning_input import PlanningInput
from commands.steps import review_sent_mail
from graph.audit_log.record import Item
from graph.evidence import Known
from tests.commands.evidence import INTRUDER, OFFICE, message, record, traced
from tests.commands.steps.planning_inputs import UNSEEN, nothing, planning, tasks
from tests.commands.symptoms.judging import broken_in, past

KEY = "<one@contoso.example>"


def only(on: PlanningInput) -> ManualTask:
    (task,) = tasks(review_sent_mail, on)
    return task


def test_the_list_names_time_recipients_subject_and_address_and_no_body() -> None:
    task = only(
        planning(
            sign_ins=broken_in(),
            message_trace=[traced("=1+1", message_id=KEY, to="a@fabrikam.example")],
            audit_log=[record("Send", address=INTRUDER, items=[Item("=1+1", KEY, "", "")])],
            sent_items=[message("=1+1", "the secret text", internet_message_id=KEY, to="b@fabrikam.example")],
        )
    )
    rows = list(csv.reader(io.StringIO(task.files["sent-mail.csv"])))
    assert rows == [
        ["time", "recipients", "subject", "address", "sent by", "not delivered to"],
        [
            "2026-09-09T12:00:00Z",
            "a@fabrikam.example, b@fabrikam.example",
            "'=1+1",
            INTRUDER,
            "the attacker",
            "",
        ],
    ]
    assert "secret" not in str(task)
    assert task.suggested


def test_it_says_which_sources_were_seen_and_which_were_not() -> None:
    how = only(planning(sign_ins=broken_in(), message_trace=UNSEEN, sent_items=[message()])).how
    assert any(line.startswith("Collected: sent items") for line in how)
    (unseen,) = [line for line in how if line.startswith("Not or partially collected:")]
    assert "message trace (The permission for it is missing)" in unseen
    assert "audit log (Send records)" in unseen


def test_without_a_known_intruder_all_mail_of_the_window_is_listed_and_said_to_be() -> None:
    task = only(planning(sign_ins=past(), message_trace=[traced(hours=-20), traced()]))
    assert task.how[0].startswith("The attacker's access time is unknown, so all 2 messages since ")
    assert not task.suggested


def test_where_no_mail_could_be_seen_people_look_themselves() -> None:
    task = only(planning())
    assert task.files == {}
    assert "Ask the user to check Sent Items and Deleted Items for messages they did not write" in task.how


def test_an_incomplete_trace_is_no_proof_that_nothing_was_sent() -> None:
    assert only(planning(message_trace=Known((), missing=("the oldest",)))).files == {}


def test_where_nothing_was_sent_there_is_nothing_to_look_at() -> None:
    why = nothing(review_sent_mail, planning(sign_ins=broken_in(), message_trace=[])).why
    assert why.startswith("Nothing was sent from the mailbox since 2026-09-09 11:00 UTC")


def test_mail_from_the_users_usual_places_alone_is_said_to_be_that() -> None:
    on = planning(
        sign_ins=broken_in(),
        message_trace=[traced(message_id=KEY)],
        audit_log=[record("Send", address=OFFICE, items=[Item("Hello", KEY, "", "")])],
    )
    assert nothing(review_sent_mail, on).why.startswith("Everything sent since")


def test_a_list_that_is_too_long_is_cut_and_says_so() -> None:
    rows = [traced(to=f"r{number}@fabrikam.example") for number in range(review_sent_mail.MOST + 1)]
    task = only(planning(found=[], sign_ins=broken_in(), message_trace=rows))
    assert f"The list has the first {review_sent_mail.MOST:,}" in task.how
    assert task.files["sent-mail.csv"].count("\r\n") == review_sent_mail.MOST + 1
