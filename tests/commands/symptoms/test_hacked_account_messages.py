"""Hacked-account messages: twin tables of texts, each with its reason, and of who sends how much to whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from commands.check import lacks
from commands.clues.lures import families_in, own_words, sent_families, signature_families
from commands.clues.subject_lines import topic
from commands.symptoms import hacked_account_messages as symptom
from graph.audit_log.record import AuditRecord, Item
from graph.evidence import Evidence, Known
from graph.resources.mail import Message
from tests.commands.evidence import (
    ADELE,
    INTRUDER,
    NEW_PLACE,
    OFFICE,
    USUAL,
    counting,
    evidence,
    message,
    only,
    record,
    traced,
)
from tests.commands.symptoms.judging import HOTEL, break_in, findings, ordinary, past, signs

PHONE = "Outlook-iOS/4.2436.0"

FRAUDS = [
    (
        "stranded_traveller",
        ("Hello, I am stuck in London, I was robbed last night. Please send money, I will pay you back."),
    ),
    (
        "stranded_traveller",
        (
            "Sorry to bother you. I'm in Manila on a short trip and my bag was stolen with my "
            "passport and wallet. Could you lend me 1,900 dollars through Western Union? It is "
            "urgent."
        ),
    ),
    (
        "stranded_traveller",
        ("Ich bin gerade im Ausland und wurde ausgeraubt. Kannst du mir Geld schicken? Ich zahle es zurück."),
    ),
    (
        "stranded_traveller",
        "Estoy en el extranjero, me robaron todo. ¿Puedes enviar dinero hoy mismo?",
    ),
    (
        "stranded_traveller",
        (
            "I’m strаnded at the airport with no cаrds. Please wire me 800, I refund you tomorrow. "
            "Can you lend me?"
        ),
    ),
    (
        "gift_cards",
        ("I need you to pick up some Apple gift cards for a client. Scratch the back and send me the codes."),
    ),
    (
        "gift_cards",
        "Can you buy five Steam cards of $200 each? It is a surprise, keep it between us.",
    ),
    (
        "gift_cards",
        "Peux-tu acheter des cartes cadeaux ? Gratte-les et envoie les codes, c'est urgent.",
    ),
    (
        "bank_details",
        (
            "Please note that our bank details have changed. Kindly send all future payments to the "
            "new account."
        ),
    ),
    (
        "bank_details",
        (
            "Our account is under audit. Please use the attached wire instructions for invoice 4471 "
            "going forward."
        ),
    ),
    (
        "bank_details",
        (
            "Unsere Bankverbindung hat sich geändert. Bitte überweisen Sie die offene Rechnung auf "
            "das neue Konto."
        ),
    ),
    (
        "payroll",
        ("Hi, I would like to change my direct deposit to a new bank account before the next pay date."),
    ),
    (
        "payroll",
        (
            "Ich möchte, dass mein Gehalt ab sofort auf ein neues Konto geht. Können Sie die "
            "Bankdaten ändern? Bitte."
        ),
    ),
    (
        "invoice_fraud",
        ("I need you to make a wire transfer immediately. It is strictly confidential, I can't talk now."),
    ),
    (
        "shared_file_lure",
        ("I shared a document with you. Click here to view and sign in with your email and password."),
    ),
    (
        "credential_lure",
        "Your mailbox is full and will be suspended in 24 hours. Click the link below to keep it.",
    ),
    (
        "extortion",
        (
            "I have hacked your computer and recorded you by your webcam. Pay 900 in Bitcoin or your "
            "contacts will see."
        ),
    ),
    (
        "lottery",
        ("You have won the lottery! To claim, reply with your full name and pay the processing fee."),
    ),
    (
        "crypto",
        "Invest in Bitcoin with us: guaranteed returns, double your deposit within a week.",
    ),
    (
        "parcel",
        (
            "Your package is held by customs. Click the link below and pay the fee: a small fee of "
            "2.99 for redelivery fee."
        ),
    ),
    (
        "opener",
        "Are you available? I need a quick favor. I'm in a meeting, reply by email only.",
    ),
    (
        "pharmacy",
        "Buy Viagra and Cialis online without prescription, lowest prices.",
    ),
]


@pytest.mark.parametrize(("family", "text"), FRAUDS)
def test_a_fraudulent_text_is_known_by_what_its_words_mean_together(family: str, text: str) -> None:
    assert family in [one.id for one in families_in(text, sent_families())]


ORDINARY = [
    (
        "a hotel's confirmation",
        (
            "Your booking confirmation: Hotel Savoy in London, booking reference 88-12. The hotel "
            "bill is paid on arrival today; we refund you any amount paid in advance."
        ),
    ),
    (
        "a traveller tells of a delay",
        "I'm stuck in traffic near the airport in Madrid, my flight is late. Start without me.",
    ),
    (
        "a colleague tells of a theft",
        "My wallet and passport were stolen on the trip, I am at the embassy. Back on Monday.",
    ),
    (
        "the personnel office raffles gift cards",
        (
            "Thank you for the survey! We raffle three gift cards of 50 each; buy-in is not needed. "
            "Codes come by mail today."
        ),
    ),
    (
        "an order of gift cards",
        "Please purchase 20 gift cards for the customers' Christmas parcels, cost center 4711.",
    ),
    (
        "talk about an invoice",
        "Please find attached invoice 4471 for August. Payment is due within 30 days.",
    ),
    (
        "bank details as ever",
        "Please transfer the amount to our bank account, IBAN below. Thank you for your payment.",
    ),
    (
        "the payroll office tells when pay comes",
        "Payroll runs on Thursday; your salary is in your bank account on Friday.",
    ),
    (
        "a shared file",
        ("I have shared a document with you in OneDrive: the draft for Tuesday. Comments are welcome."),
    ),
    (
        "a contract to be signed",
        "Please review and sign the lease in DocuSign until Friday; the link below leads there.",
    ),
    (
        "the help desk tells of a password's end",
        "Your password expires in 14 days. Change it at your desk with Ctrl+Alt+Del.",
    ),
    (
        "a meeting",
        "Are you available on Tuesday at ten for the planning? Otherwise tell me when.",
    ),
    (
        "news about Bitcoin",
        "The article about Bitcoin and crypto regulation is out; see page 3.",
    ),
    (
        "a parcel's way",
        "Your package was sent today and arrives on Tuesday. Track it with number 12.",
    ),
    (
        "a lottery for charity",
        "The parish lottery takes place on Sunday; tickets cost two euros.",
    ),
    (
        "a doctor's letter",
        "The patient took tramadol for two weeks; please see the enclosed report.",
    ),
    (
        "a warning about gift cards",
        (
            "Beware: fraudsters ask you to buy gift cards and to send the codes at once. Report it to"
            " the help desk."
        ),
    ),
    (
        "someone who tells that he was hacked",
        (
            "My account was hacked. If you got a mail that I am stuck in London and need money: "
            "please do not send money."
        ),
    ),
    (
        "an urgent but open payment",
        "Could you release the wire to Fabrikam today? The invoice is overdue, call me any time.",
    ),
    (
        "a newsletter",
        "Our newsletter: autumn discounts, order online. Unsubscribe here.",
    ),
]


@pytest.mark.parametrize("text", [row[1] for row in ORDINARY], ids=[row[0] for row in ORDINARY])
def test_ordinary_business_mail_is_of_no_family(text: str) -> None:
    assert [one.id for one in families_in(text, sent_families())] == []
    assert [one.id for one in families_in(text, signature_families())] == []


STRANDED, GIFT, BANK, LURE, OPENER = (
    FRAUDS[0][1],
    FRAUDS[5][1],
    FRAUDS[8][1],
    FRAUDS[14][1],
    FRAUDS[20][1],
)
ID = "<x1@contoso.example>"


def sent_by(address: str, subject: str = "Hello", key: str = ID) -> AuditRecord:
    return record("Send", address=address, items=[Item(subject, key, "", "")])


def people(count: int, domain: str = "fabrikam.example") -> list[str]:
    return [f"person{n}@{domain}" for n in range(count)]


def sent(*messages: Message, **sources: Any) -> Evidence:
    return evidence(sent_items=list(messages), deleted_items=[], **sources)


FOUND = [
    ("a stranded traveller", sent(message("Help", STRANDED)), ["hacked_text"]),
    ("in Deleted Items, by the user", evidence(deleted_items=[message("Help", GIFT)]), ["hacked_text"]),
    ("among the purged", evidence(recoverable_items=[message("Help", GIFT)]), ["hacked_text"]),
    (
        "sent from the attacker's address",
        sent(message("Hello", BANK, internet_message_id=ID), audit_log=[sent_by(INTRUDER)]),
        ["hacked_text_from_suspect_address"],
    ),
    (
        "the same by the trace",
        sent(
            message("Hello", BANK, internet_message_id=ID),
            message_trace=[traced(message_id=ID, from_ip=INTRUDER)],
        ),
        ["hacked_text_from_suspect_address"],
    ),
    ("a new bank account, to one", sent(message("Details", BANK)), ["money_diversion_text"]),
    ("a new bank account, to many", sent(message("Details", BANK, to=people(8))), ["hacked_text_to_many"]),
    ("a lure, to one", sent(message("File", LURE)), ["lure_text"]),
    (
        "a lure, one by one",
        sent(*(message("File", LURE, to=one) for one in people(8))),
        ["hacked_text_to_many"],
    ),
    ("an opening line", sent(message("Hi", OPENER)), ["opening_line"]),
    ("to a hundred outside", sent(message("News", "Read this.", to=people(120))), ["mass_mail"]),
    (
        "to thirty outside, by the trace",
        sent(message_trace=[traced("News", to=one) for one in people(30)]),
        ["broad_mail"],
    ),
    (
        "to thirty outside, from the attacker's address",
        sent(message_trace=[traced("News", to=one, from_ip=INTRUDER) for one in people(30)]),
        ["mass_mail_from_suspect_address", "mail_sent_from_suspect_address"],
    ),
    (
        "the audit log alone: a message by the attacker",
        evidence(audit_log=[sent_by(INTRUDER)]),
        ["mail_sent_from_suspect_address"],
    ),
]


@pytest.mark.parametrize(("what", "signs"), [row[1:] for row in FOUND], ids=[row[0] for row in FOUND])
def test_what_hacked_accounts_send_is_found(what: Evidence, signs: list[str]) -> None:
    assert counting(symptom, what) == signs


QUOTED = f"Are you safe?\n\nOn Tue, 8 Sep 2026 Bob <bob@fabrikam.example> wrote:\n> {STRANDED}"
OUTLOOK = (
    f"No, thanks.\n\nFrom: Bob <bob@fabrikam.example>\nSent: Tuesday\nTo: Adele\nSubject: Help\n\n{GIFT}"
)

NOT_FOUND = [
    ("ordinary mail", sent(message("Planning", "See you on Tuesday."))),
    ("an answer that quotes the fraud", sent(message("Re: Help", QUOTED))),
    ("an answer that quotes it as Outlook does", sent(message("RE: Help", OUTLOOK))),
    (
        "a fraud that the user received and threw away",
        evidence(deleted_items=[message("Help", STRANDED, sender="bob@fabrikam.example")]),
    ),
    (
        "an invitation to fifty colleagues",
        sent(message("Party", "Friday at five.", to=people(50, "contoso.example"))),
    ),
    (
        "a mailing that one can unsubscribe from",
        sent(message("Autumn", "Discounts! Unsubscribe here.", to=people(150))),
    ),
    ("an offer to ten outside", sent(message("Offer", "As discussed.", to=people(10)))),
    (
        "the same subject over weeks",
        sent(*(message("Report", "Attached.", to=one, hours=-26 * n) for n, one in enumerate(people(30)))),
    ),
    ("mail sent from the office", evidence(audit_log=[sent_by(OFFICE)])),
    ("mail sent from a new place", evidence(audit_log=[sent_by(NEW_PLACE)])),
]


@pytest.mark.parametrize("what", [row[1] for row in NOT_FOUND], ids=[row[0] for row in NOT_FOUND])
def test_what_ordinary_people_send_is_no_sign(what: Evidence) -> None:
    assert counting(symptom, what) == []


def test_messages_of_one_subject_are_one_finding_with_the_answers_that_were_thrown_away() -> None:
    answer = message("RE: Help", "Which cards?", sender="bob@fabrikam.example", id="answer")
    what = evidence(
        sent_items=[message("Help", GIFT, to=one, id=f"m-{one}") for one in people(3)], deleted_items=[answer]
    )
    finding = only(symptom, what)
    assert "3 messages in Sent Items “Help” to 3 recipients" in finding.summary
    assert finding.records[-1] == "answer"
    assert GIFT not in finding.summary + finding.after


def test_where_bodies_or_folders_were_not_seen_nobody_may_call_it_absent() -> None:
    bodies = Known((message("Hi"),), missing=("the bodies (Mail.Read)",))
    assert lacks(symptom.NEEDS, evidence(sent_items=bodies, deleted_items=[]))
    assert lacks(symptom.NEEDS, evidence(sent_items=[]))
    assert not lacks(symptom.NEEDS, sent())


def test_own_words_end_where_a_quotation_begins() -> None:
    assert own_words("Yes.\n\n-----Original Message-----\nFrom: Bob").strip() == "Yes."
    assert own_words("Ja.\nAm 8. September 2026 um 10:00 schrieb Bob:\n> Geld?").strip() == "Ja."
    assert own_words("From: here to there is a long way.") == "From: here to there is a long way."


def test_a_topic_is_the_subject_without_its_marks() -> None:
    assert topic("AW: Re: [2]") == "[2]"
    assert topic("WG: RE:  Planning  Tuesday") == topic("planning tuesday")


def test_every_family_has_its_own_id() -> None:
    ids = [family.id for family in dict.fromkeys((*sent_families(), *signature_families()))]
    assert len(ids) == len(set(ids))
    assert {family for family, _ in FRAUDS} == {family.id for family in sent_families()}
    assert ADELE.mail


def about_the_bank(subject: str, address: str) -> AuditRecord:
    item = Item(subject=subject, internet_message_id="<bank@contoso.example>", folder="", id="bank")
    return record("Send", address=address, items=(item,))


@pytest.mark.parametrize(
    ("why", "subject", "address", "found"),
    [
        ("a stranger's place", "AW: Rechnung 2011 - geänderte Bankverbindung", HOTEL, True),
        ("the office, where accountants write so", "Neue Bankverbindung", OFFICE, False),
        ("nothing about a bank", "Re: Statik Halle 3", HOTEL, False),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)
def test_subject_lines_on_bank_details_count_where_the_user_never_works(why, subject, address, found):
    kinds = signs(symptom, sign_ins=past(), audit_log=[about_the_bank(subject, address)])
    assert ("money_diversion_subject" in kinds) is found


@pytest.mark.parametrize(
    ("why", "there", "found"),
    [
        (
            "a new telephone at home",
            ordinary(hours=-1, address=HOTEL, user_agent=PHONE, device_detail=None),
            False,
        ),
        ("somewhere else, with something else", break_in(address=HOTEL, user_agent="Firefox/143"), True),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)
def test_subject_lines_on_bank_details_are_the_users_own_in_the_users_own_sessions(why, there, found):
    kinds = signs(
        symptom, sign_ins=[*past(), there], audit_log=[about_the_bank("Neue Bankverbindung", HOTEL)]
    )
    assert ("money_diversion_subject" in kinds) is found


def test_whom_no_record_names_is_no_external_recipient():
    def mailed(count: int) -> list[AuditRecord]:
        return [
            record("Send", hours=n / 600, address=INTRUDER, items=(
                Item(subject="Overdue", internet_message_id=f"<{n}@contoso.example>", folder="", id=f"m{n}"),
            ))
            for n in range(count)
        ]  # fmt: skip

    def says(**sources: Any) -> list[str]:
        seen = symptom.detect(evidence(**sources), USUAL)
        return [one.summary for one in seen if one.sign is symptom.MASS_BY_SUSPECT]

    assert says(audit_log=mailed(200)) == [
        "“Overdue” was sent in 200 messages within a day; no record names the recipients"
    ]
    assert says(audit_log=mailed(19)) == []
    trace = [traced("Overdue", to=one, message_id=f"<t-{one}>", from_ip=INTRUDER) for one in people(30)]
    (both,) = says(audit_log=mailed(2), message_trace=trace)
    assert both == (
        "“Overdue” went to 30 external recipients within a day; no record names the recipients of 2 more "
        "messages"
    )


def test_one_more_message_stands_at_its_own_time_and_not_at_that_of_the_mass():
    mass = [sent_by(INTRUDER, "News", f"<n{n}@contoso.example>") for n in range(30)]
    last = sent_by(INTRUDER, "Overdue", "<o@contoso.example>")
    late = replace(last, at=mass[0].at + timedelta(hours=24))
    seen = symptom.detect(evidence(audit_log=[*mass, late]), USUAL)
    (found,) = [one for one in seen if one.sign is symptom.SENT_BY_SUSPECT]
    assert found.summary.startswith("One more message was sent")
    assert found.at == late.at


def test_a_count_of_what_left_from_one_address_says_what_it_counts():
    """All that left from there in all, and of these how many no other finding tells of."""

    def says(count: int, *others: AuditRecord, **sources: Any) -> list[str]:
        mass = [sent_by(INTRUDER, "News", f"<n{n}@contoso.example>") for n in range(count)]
        seen = symptom.detect(evidence(audit_log=[*mass, *others], **sources), USUAL)
        return [one.summary for one in seen if one.sign is symptom.SENT_BY_SUSPECT]

    other = sent_by(INTRUDER, "Overdue", "<o@contoso.example>")
    lure = {"sent_items": [message("Hello", BANK, internet_message_id=ID)]}
    assert says(2) == [f"2 messages were sent from {INTRUDER} (“News”)"]
    assert says(30) == [f"30 messages were sent from {INTRUDER} in all (“News”)"]
    assert says(30, other) == [f"One more message was sent from {INTRUDER}, 31 in all (“Overdue”)"]
    assert says(2, sent_by(INTRUDER), **lure) == [
        f"2 more messages were sent from {INTRUDER}, 3 in all (“News”)"
    ]


INFO = "info@contoso.example"


def as_info(
    count: int, address: str = HOTEL, operation: str = "SendAs", hours: float = 0, owner: str = INFO
) -> list[AuditRecord]:
    return [
        record(operation, hours=hours + n / 600, address=address, owner=owner, items=(
            Item(subject="Overdue 7781", internet_message_id=f"<i{hours}{n}@x.example>", folder="", id=""),
        ))
        for n in range(count)
    ]  # fmt: skip


ELSEWHERE = break_in(hours=-1, address=HOTEL, user_agent="Firefox/143")


@pytest.mark.parametrize(
    ("why", "there", "did", "found"),
    [
        ("many, in a doubtful session", ELSEWHERE, as_info(50), "mail_sent_as_other_mailbox_in_bulk"),
        (
            "the same on its behalf",
            ELSEWHERE,
            as_info(50, operation="SendOnBehalf"),
            "mail_sent_as_other_mailbox_in_bulk",
        ),
        (
            "one, from the attacker's address",
            break_in(hours=-1),
            as_info(1, INTRUDER),
            "mail_sent_as_other_mailbox_by_intruder",
        ),
        ("a few, in a doubtful session", ELSEWHERE, as_info(5), ""),
        ("a mailbox of hers at the office", ELSEWHERE, [*as_info(1, OFFICE, hours=-50), *as_info(50)], ""),
        ("many, at the office", ELSEWHERE, as_info(50, OFFICE), ""),
        (
            "with her new telephone at home",
            ordinary(hours=-1, address=HOTEL, user_agent=PHONE, device_detail=None),
            as_info(50),
            "",
        ),
        ("her own name", ELSEWHERE, as_info(50, owner=ADELE.mail), ""),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)
def test_mail_as_another_mailbox_is_told_where_it_is_not_hers(why, there, did, found):
    kinds = signs(symptom, sign_ins=[*past(), there], audit_log=did)
    assert {one for one in kinds if "other_mailbox" in one} == ({found} if found else set())


def test_mail_as_another_mailbox_is_told_as_that_mailboxs():
    sources = {"sign_ins": [*past(), ELSEWHERE], "audit_log": as_info(50)}
    (one,) = [one for one in findings(symptom, **sources) if one.sign is symptom.AS_OTHER]
    assert one.summary.startswith(f"50 messages were sent as {INFO} within a day (“Overdue 7781”) by ")
    assert (one.after, len(one.records)) == (INFO, 50)
