"""The warning: who is to get it, and what stands in it."""

from __future__ import annotations

import csv
import io

import pytest

from commands.plans.plan import ManualTask
from commands.plans.planning_input import PlanningInput
from commands.report import Finding, VerdictCode
from commands.steps import warn_recipients
from graph.audit_log.record import Item
from tests.commands.evidence import ADELE, INTRUDER, message, record, traced
from tests.commands.steps.planning_inputs import UNSEEN, finding, nothing, planning, tasks
from tests.commands.symptoms.judging import broken_in

KEY = "<one@contoso.example>"
BAD = record("Send", address=INTRUDER, items=[Item("Pay now", KEY, "", "")])


def only(on: PlanningInput) -> ManualTask:
    (task,) = tasks(warn_recipients, on)
    return task


def listed(task: ManualTask) -> list[list[str]]:
    return list(csv.reader(io.StringIO(task.files["recipients.csv"])))


def test_each_address_stands_once_with_place_count_and_times() -> None:
    task = only(
        planning(
            sign_ins=broken_in(),
            audit_log=[BAD],
            message_trace=[
                traced(message_id=KEY, to="Buyer@fabrikam.example"),
                traced(hours=2, to="buyer@fabrikam.example"),
                traced(hours=1, to="megan.bowen@contoso.example"),
                traced(hours=-20, to="before@fabrikam.example"),
            ],
        )
    )
    assert listed(task) == [
        ["recipient", "place", "messages", "from the attacker", "first", "last"],
        ["buyer@fabrikam.example", "outside", "2", "1", "2026-09-09T12:00:00Z", "2026-09-09T14:00:00Z"],
        ["megan.bowen@contoso.example", "inside", "1", "0", "2026-09-09T13:00:00Z", "2026-09-09T13:00:00Z"],
    ]
    assert "recipients.csv names 2 recipients, 1 of them outside the organization" in task.how
    assert task.suggested


def test_who_wrote_in_while_an_automatic_reply_of_the_attackers_stood_is_to_be_warned_too() -> None:
    def how(*found: Finding) -> tuple[str, ...]:
        trace = [traced(message_id=KEY)]
        on = planning(found=found, sign_ins=broken_in(), audit_log=[BAD], message_trace=trace)
        return only(on).how

    line = "Also warn whoever wrote in while the automatic reply was on: recipients.csv does not name them"
    assert line not in how()
    assert line in how(finding("auto_reply"))


def test_recipients_come_from_sent_items_too_and_the_account_itself_is_none() -> None:
    copy = message(to=["a@fabrikam.example", *ADELE.addresses])
    task = only(planning(sign_ins=broken_in(), message_trace=UNSEEN, sent_items=[copy]))
    assert [row[0] for row in listed(task)[1:]] == ["a@fabrikam.example"]
    assert "recipients.csv names 1 recipient, 1 of them outside the organization" in task.how
    assert not task.suggested


def test_the_draft_names_address_and_span_and_holds_no_link_and_no_name_of_the_intruders() -> None:
    link = Item("Open https://evil.example now", "<two@contoso.example>", "", "")
    on = planning(
        sign_ins=broken_in(),
        audit_log=[BAD, record("Send", address=INTRUDER, items=[link])],
        message_trace=[traced("Pay now", message_id=KEY)],
    )
    text = only(on).files["DRAFT-warning.txt"]
    assert f"using the mailbox {ADELE.mail} on 09 September 2026." in text
    assert "They could get in until [when the account was contained]." in text
    assert "- Pay now" in text
    assert "://" not in text
    assert ADELE.display_name not in text
    assert "[what was done about it" in text, "people say whether it is secure again, not the bot"


@pytest.mark.parametrize(
    ("subject", "stands"),
    [
        ("Re: Invoice 4471: updated bank details", True),
        ("Rechnung 4471 v1.2, z.B. morgen", True),
        ("Open https://evil.example now", False),
        ("Go to evil.example/fix", False),
        ("bit.ly/xyz", False),
        ("EVIL.EXAMPLE", False),
        ("evil。example", False),
        ("evil[.]example", False),
        ("ｅｖｉｌ．ｅｘａｍｐｌｅ", False),
        ("helpdesk@evil.example", False),
        ("xn--80ak6aa92e.com", False),
        ("203.0.113.7/fix", False),
        ("2001:db8::1", False),
        ("\\\\evil\\share", False),
        ("tel:555", False),
        ("Our new hotline is +1 555 0100", False),
        ("Call 0800 555 0100 77", False),
    ],
)
def test_a_subject_that_leads_anywhere_does_not_stand_in_our_warning(subject: str, stands: bool) -> None:
    """Our own mail to everybody who was deceived would else carry the attacker's next link."""
    sent = Item(subject, "<two@contoso.example>", "", "")
    on = planning(
        sign_ins=broken_in(),
        audit_log=[BAD, record("Send", address=INTRUDER, items=[sent])],
        message_trace=[traced("Pay now", message_id=KEY)],
    )
    text = only(on).files["DRAFT-warning.txt"]
    assert "- Pay now" in text
    assert (f"- {subject}" in text) is stands


def test_where_nobody_got_mail_nobody_is_warned() -> None:
    why = nothing(warn_recipients, planning(sign_ins=broken_in(), message_trace=[])).why
    assert why == "No one received messages from this mailbox that may be the attacker's."


def test_where_no_recipient_could_be_seen_people_find_them_out() -> None:
    task = only(planning(sign_ins=broken_in(), message_trace=UNSEEN))
    assert list(task.files) == ["DRAFT-warning.txt"]
    assert any(
        line.startswith("No recipients in evidence; run a message trace in the Exchange admin center")
        for line in task.how
    )


def test_a_list_that_is_too_long_is_cut_and_says_so() -> None:
    rows = [traced(to=f"r{number}@fabrikam.example") for number in range(warn_recipients.MOST + 1)]
    task = only(planning(found=[], sign_ins=broken_in(), message_trace=rows))
    assert len(listed(task)) == warn_recipients.MOST + 1
    assert task.how.count(f"The list has the first {warn_recipients.MOST:,}") == 2


def test_where_no_sign_was_found_nobody_is_told_that_somebody_was_in() -> None:
    why = nothing(
        warn_recipients, planning(found=[], answer=VerdictCode.NO_SIGN_FOUND, message_trace=[traced()])
    )
    assert why.why == "No evidence of access by an attacker, so no warning is needed."
    assert not why.refused


@pytest.mark.parametrize("answer", [VerdictCode.COMPROMISED, VerdictCode.SUSPICIOUS, VerdictCode.CANNOT_TELL])
def test_where_nothing_tells_when_somebody_was_in_the_draft_does_not_claim_it(answer: VerdictCode) -> None:
    text = only(planning(found=[], answer=answer, message_trace=[traced()])).files["DRAFT-warning.txt"]
    assert "may have used the mailbox" in text
    assert "An unauthorized person used" not in text
    assert "could get in" not in text


def test_mail_that_is_known_to_be_false_shows_that_somebody_was_in() -> None:
    row = traced("Pay now")
    grave = finding("hacked_account_messages", row.id)
    on = planning(found=[grave], answer=VerdictCode.NO_SIGN_FOUND, message_trace=[row])
    text = only(on).files["DRAFT-warning.txt"]
    assert f"An unauthorized person used the mailbox {ADELE.mail}" in text
    assert "- Pay now" in text
