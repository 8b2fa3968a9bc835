"""The signature: twin tables of what is found and of what must not be found, each row with its reason."""

from __future__ import annotations

import pytest

from commands.check import lacks
from commands.symptoms import signature
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence, Known
from graph.resources.mail import Message
from graph.resources.mailbox import Signature
from tests.commands.evidence import (
    INTRUDER,
    NESTOR,
    NEW_PLACE,
    OFFICE,
    counting,
    evidence,
    message,
    only,
    record,
    told,
)

PILLS = "<p>Cheap Viagra, no prescription. <a href='https://pills.example'>Order online</a></p>"
LOANS = "First Trust Bank - low interest loans, instant approval, apply now"
OWN = "Adele Vance\nSales, Contoso"
SUPPORT = "Contoso Technical Support\nToll free, 24/7"


def change(address: str | None = OFFICE, actor: str = "", **parameters: str) -> AuditRecord:
    who = {"actor": actor} if actor else {}
    return record("Set-MailboxMessageConfiguration", address=address, parameters=parameters, **who)  # type: ignore[arg-type]


def letters(*tails: str) -> list[Message]:
    return [
        message(f"Subject {n}", f"Dear Bob,\nthis is number {n}.\n\n{tail}", hours=n - 20)
        for n, tail in enumerate(tails)
    ]


def now(html: str) -> Signature:
    return Signature(signature_html=html)


FOUND = [
    (
        "pills, by the attacker",
        evidence(audit_log=[change(INTRUDER, SignatureHtml=PILLS)]),
        "signature_lure_added",
    ),
    ("pills, from the office", evidence(audit_log=[change(SignatureHtml=PILLS)]), "signature_lure_added"),
    (
        "any, by the attacker",
        evidence(audit_log=[change(INTRUDER, SignatureText="Adele")]),
        "signature_changed_from_suspect_address",
    ),
    (
        "any, from a new place",
        evidence(audit_log=[change(NEW_PLACE, SignatureText="Adele")]),
        "signature_changed_from_new_address",
    ),
    ("a bank in force, no one knows since when", evidence(signature=now(LOANS)), "signature_lure"),
    (
        "a bank in force, and mail ended otherwise before",
        evidence(signature=now(LOANS), sent_items=letters(OWN, OWN)),
        "signature_lure_added",
    ),
    (
        "what is sent ends otherwise since a while, with roaming signatures",
        evidence(
            signature=Known(Signature(roaming=True), missing=("roaming",)),
            sent_items=letters(OWN, OWN, f"{OWN}\n{LOANS}", f"{OWN}\n{LOANS}"),
        ),
        "signature_lure_added",
    ),
]


@pytest.mark.parametrize(("what", "sign"), [row[1:] for row in FOUND], ids=[row[0] for row in FOUND])
def test_a_strange_signature_is_found(what: Evidence, sign: str) -> None:
    assert counting(signature, what) == [sign]


NEW_BANK = "Adele Vance\nPlease note: our bank details have changed. Kindly update your records."


def test_changed_bank_details_in_a_signature_are_found() -> None:
    what = evidence(audit_log=[change(SignatureText=NEW_BANK)])
    assert counting(signature, what) == ["signature_lure_added"]


NOT_FOUND = [
    ("an ordinary signature", evidence(signature=now(OWN), sent_items=letters(OWN, OWN))),
    ("the user changes it in the office", evidence(audit_log=[change(SignatureText="Adele Vance, Paris")])),
    ("an administrator changes it", evidence(audit_log=[change(OFFICE, NESTOR, SignatureText="Contoso")])),
    ("another setting of Outlook's", evidence(audit_log=[change(INTRUDER, AutoAddSignature="True")])),
    ("it was taken away", evidence(audit_log=[change(INTRUDER, SignatureHtml="")])),
    (
        "bank details as ever",
        evidence(signature=now("Adele Vance, Contoso<br>IBAN GB00 CONT 0000 0012 3456 78")),
    ),
    ("a real banker", evidence(signature=now("Adele Vance<br>Contoso Bank, mortgages"))),
    (
        "a real help desk that always signed so",
        evidence(signature=now(SUPPORT), sent_items=letters(SUPPORT, SUPPORT)),
    ),
    ("one letter about pills", evidence(sent_items=letters(OWN, "Buy Viagra online, no prescription", OWN))),
    ("a new phone number", evidence(sent_items=letters(OWN, OWN, f"{OWN}\n+1 202 555 0143"))),
    (
        "someone else's",
        evidence(
            audit_log=[
                record(
                    "Set-MailboxMessageConfiguration",
                    address=INTRUDER,
                    owner="alex.wilber@contoso.example",
                    parameters={"SignatureText": LOANS},
                )
            ]
        ),
    ),
]


@pytest.mark.parametrize("what", [row[1] for row in NOT_FOUND], ids=[row[0] for row in NOT_FOUND])
def test_an_ordinary_signature_is_no_sign(what: Evidence) -> None:
    assert counting(signature, what) == []


def test_a_signature_in_force_that_a_record_set_is_told_once() -> None:
    what = evidence(signature=now(PILLS), audit_log=[change(INTRUDER, SignatureHtml=PILLS)])
    finding = only(signature, what)
    assert finding.address == INTRUDER
    assert finding.after == "Cheap Viagra, no prescription. Order online"


def test_what_ended_messages_before_and_after_is_told() -> None:
    finding = only(signature, evidence(sent_items=letters(OWN, OWN, f"{OWN}\n{LOANS}", f"{OWN}\n{LOANS}")))
    assert finding.before == "Adele Vance / Sales, Contoso"
    assert finding.after.endswith(LOANS)


def test_the_words_of_a_single_letter_are_never_taken_for_a_signature_and_told() -> None:
    bye = "The code for the door is 4471, see you there."
    for before in ([bye], ["Thanks, Adele", bye]):
        seen = evidence(sent_items=letters(*before, f"{OWN}\n{LOANS}", f"{OWN}\n{LOANS}"))
        assert only(signature, seen).before == ""


def test_an_ordinary_change_is_told_for_information() -> None:
    assert told(signature, evidence(audit_log=[change(SignatureText="Adele")])) == ["signature_changed"]


def test_with_roaming_signatures_nobody_may_call_it_absent() -> None:
    roaming = Known(Signature(roaming=True), missing=("roaming signatures are on",))
    assert lacks(signature.NEEDS, evidence(signature=roaming, sent_items=letters(OWN)))
    assert lacks(signature.NEEDS, evidence())
    assert not lacks(signature.NEEDS, evidence(signature=Signature()))
