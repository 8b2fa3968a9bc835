"""Where the attacker's texts want the money and the answers, and how the tasks and the warning name it."""

from __future__ import annotations

from dataclasses import replace
from time import thread_time
from typing import Any

import pytest

from bot.messages.escape import said
from commands import check
from commands.payment_details import defanged, is_valid_iban, payee
from commands.plans.planning_input import PlanningInput
from commands.report import Exposure, Payee
from commands.steps import recall_payments, warn_recipients
from graph.audit_log.record import AuditRecord, Item
from graph.evidence import Evidence
from graph.resources.mailbox import AutoReply
from tests.commands.evidence import INTRUDER, NOON, evidence, message, record, sign_in
from tests.commands.steps.planning_inputs import planning, tasks

LURE = "Our bank details have changed. Please send all outstanding payments to the new account"
VALID = "DE89370400440532013000"
AT_HOME = [sign_in(hours=-150 + 2 * n) for n in range(40)]
CAME = sign_in(hours=1, address=INTRUDER, user_agent="axios/1.7")
KEY = "<pay@contoso.example>"


def sent(text: str, *records: AuditRecord, address: str = INTRUDER, **fields: Any) -> Evidence:
    people = ["ap@fabrikam.example"]
    copy = message("Invoice 4471", text, to=people, hours=1.1, internet_message_id=KEY, **fields)
    log = [
        record("UserLoggedIn", hours=1, address=INTRUDER, user_agent="axios/1.7"),
        record("Send", hours=1.1, address=address, items=[Item("Invoice 4471", KEY, "", "")]),
        *records,
    ]
    return evidence(
        sign_ins=[*AT_HOME, CAME],
        audit_log=log,
        message_trace=[],
        sent_items=[copy],
        sign_ins_non_interactive=[],
        auto_reply=AutoReply(status="disabled"),
    )


def learned(seen: Evidence) -> Exposure:
    exposure = check.judge(seen, NOON).exposure
    assert exposure is not None
    return exposure


def given(text: str) -> list[tuple[str, str, str, bool | None]]:
    return [(one.kind, one.number, one.bank, one.fits) for one in learned(sent(f"{LURE}: {text}")).payees]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"IBAN {VALID}, thanks", [("IBAN", "DE89 3704 0044 0532 0130 00", "", True)]),
        (
            "Harbour Trust Bank, IBAN GB00 HARB 0000 0077 7777 77. Kindly update",
            [("IBAN", "GB00 HARB 0000 0077 7777 77", "Harbour Trust Bank", False)],
        ),
        (
            "IBAN DE89 3704 0044 0532 0130 00 BIC COBADEFFXXX",
            [("IBAN", "DE89 3704 0044 0532 0130 00", "", True), ("BIC", "COBADEFFXXX", "", None)],
        ),
        (
            "Bank of Wingtip, account number 0123 4567 89, routing number 021000021",
            [
                ("account number", "0123 4567 89", "Bank of Wingtip", None),
                ("routing number", "021000021", "Bank of Wingtip", None),
            ],
        ),
        ("as agreed on 2026-09-09, order 123456789012, call +49 30 1234567", []),
        ("see ticket AB12 CDEF GHIJ KLMN OPQR STUV", []),
    ],
)
def test_accounts_are_read_from_the_attackers_messages_and_other_numbers_are_not(
    text: str, found: list[object]
) -> None:
    assert given(text) == found


def test_what_the_user_wrote_or_quoted_gives_no_account() -> None:
    theirs = learned(sent("See you\n\nFrom: a@b.example\nSent: today\n" + f"IBAN {VALID}"))
    assert theirs.payees == ()
    own = sent(f"{LURE}: IBAN {VALID}", address=AT_HOME[0].ip_address)
    exposure = check.judge(own, NOON).exposure
    assert exposure is None or exposure.payees == ()


def test_a_thousand_numbers_leave_the_first_ones_and_a_bound() -> None:
    numbers = " ".join(f"account number {700000 + one}." for one in range(1000))
    found = learned(sent(f"{LURE}: {numbers}")).payees
    assert [one.number for one in found] == [str(700000 + one) for one in range(8)]


def test_a_text_made_to_be_slow_is_read_at_once() -> None:
    began = thread_time()
    endless = (
        "AA00" + "A" * 4000 + "a",
        "AA00 " * 900 + "b",
        "Ab " * 1300 + "x",
        f"account number {'1 ' * 2000}",
    )
    for text in endless:
        learned(sent(f"{LURE}: {text}"))
    assert thread_time() - began < 60, "all four take well under a second; what tries all ways takes hours"


def test_addresses_for_answers_come_from_replyto_the_automatic_reply_and_the_users_name_elsewhere() -> None:
    reply = {"emailAddress": {"address": "Pay@contoso-payments.example"}}
    text = f"{LURE}. Answer to adele.vance@contoso-mail.example or ask megan@fabrikam.example"
    auto = record(
        "Set-MailboxAutoReplyConfiguration",
        hours=1.2,
        address=INTRUDER,
        parameters={"AutoReplyState": "Enabled", "ExternalMessage": "<p>Write to new@drop.example</p>"},
    )
    found = learned(sent(text, auto, reply_to=[reply], has_attachments=True))
    assert found.replies == (
        "pay@contoso-payments.example",
        "new@drop.example",
        "adele.vance@contoso-mail.example",
    )
    assert found.unopened == 1


def on(exposure: Exposure) -> PlanningInput:
    whole = planning(seen=sent(LURE))
    return replace(whole, report=replace(whole.report, exposure=exposure))


def test_the_bank_is_told_the_account_and_where_it_stands() -> None:
    iban = Payee("IBAN", "GB00 HARB 0000 0077 7777 77", "Harbour Trust Bank", "signature", fits=False)
    bank = next(
        one for one in tasks(recall_payments, on(Exposure(payees=(iban,)))) if one.id.endswith("bank")
    )
    (line,) = [one for one in bank.how if "HARB" in one]
    assert line.endswith(
        "IBAN GB00 HARB 0000 0077 7777 77 (check digits do not fit) at “Harbour Trust Bank”, in the signature"
    )


def test_without_an_account_the_task_says_so_and_names_what_nobody_opened() -> None:
    bank = next(one for one in tasks(recall_payments, on(Exposure(unopened=2))) if one.id.endswith("bank"))
    assert any("No account number was found" in line for line in bank.how)
    assert any(line.startswith("2 messages from the attacker have attachments") for line in bank.how)


def test_the_warning_names_the_fake_address_so_that_nothing_leads_there() -> None:
    long = "a" * 90 + "@drop.example"
    exposure = Exposure(replies=("adele.vance@contoso-payments.example", long, "pay@сontoso.example"))
    (task,) = tasks(warn_recipients, on(exposure))
    draft = task.files["DRAFT-warning.txt"]
    assert "These addresses are not ours, and what is sent to them does not reach us:" in draft
    assert "- adele [dot] vance [at] contoso-payments [dot] example\n" in draft
    assert "- pay [at] xn--" in draft, "a letter that looks like another is spelled out"
    assert "aaaa" not in draft
    body = draft.partition("Hello,")[2].replace("adele.vance@contoso.example", "")
    assert "@" not in body
    assert "payments.example" not in body


def test_an_account_that_is_named_can_do_nothing_where_it_is_shown() -> None:
    told = payee(Payee("IBAN", VALID, "Bank of <!channel>", "message", "evil.example *now*", fits=True))
    assert "<!" not in said(told)
    assert "evil.example" not in said(told)
    assert defanged("a@b.example") == "a [at] b [dot] example"
    assert is_valid_iban(VALID)
