"""Mail missing from Sent Items: twin tables of what is found and what must not be, each with its reason."""

from __future__ import annotations

from typing import Any

import pytest

from commands.check import lacks
from commands.symptoms import mail_missing_from_sent_items as symptom
from graph.audit_log.record import AuditRecord, Item
from graph.evidence import Evidence, Known
from graph.resources.mail import Message, TracedMessage
from graph.resources.mailbox import Mailbox
from tests.commands.evidence import (
    ADELE,
    DROP,
    INTRUDER,
    NEW_PLACE,
    OFFICE,
    at,
    counting,
    evidence,
    message,
    only,
    record,
    traced,
)

ID = "<Lost-1@contoso.example>"


def sent(address: str = OFFICE, operation: str = "Send", actor: str = "", **fields: object) -> AuditRecord:
    return record(
        operation,
        actor=actor or ADELE.user_principal_name,
        address=address,
        items=[Item("Offer", ID, "", "")],
        **fields,  # type: ignore[arg-type]
    )


def seen(*rows: TracedMessage | AuditRecord, kept: list[Message] | None = None, **sources: Any) -> Evidence:
    trace = [row for row in rows if isinstance(row, TracedMessage)]
    log = [row for row in rows if isinstance(row, AuditRecord)]
    return evidence(message_trace=trace, audit_log=log, sent_items=kept or [], **sources)


def copy() -> Message:
    return message("Offer", internet_message_id=ID.upper().strip("<>"))


FOUND = [
    (
        "from the attacker's address, by the trace",
        seen(traced(message_id=ID, from_ip=INTRUDER)),
        "missing_mail_sent_from_suspect_address",
    ),
    (
        "from the attacker's address, by the audit log",
        seen(traced(message_id=ID), sent(INTRUDER)),
        "missing_mail_sent_from_suspect_address",
    ),
    (
        "the attacker threw the copy away",
        seen(sent(INTRUDER), deleted_items=[copy()]),
        "missing_mail_sent_from_suspect_address",
    ),
    (
        "the attacker sent in the user's name as a delegate",
        seen(sent(INTRUDER, "SendAs", "alex.wilber@contoso.example", details={"SendAsUserSmtp": ADELE.mail})),
        "missing_mail_sent_from_suspect_address",
    ),
    ("one message, from no one knows where", seen(traced(message_id=ID)), "sent_messages_missing"),
    ("one message, from a new place", seen(sent(NEW_PLACE)), "sent_messages_missing"),
    (
        "to many",
        seen(*(traced(message_id=ID, to=f"a{n}@fabrikam.example") for n in range(12))),
        "many_sent_messages_missing",
    ),
]


@pytest.mark.parametrize(("what", "sign"), [row[1:] for row in FOUND], ids=[row[0] for row in FOUND])
def test_mail_without_a_copy_is_found(what: Evidence, sign: str) -> None:
    assert counting(symptom, what) == [sign]


NOT_FOUND = [
    ("the copy is there, its id written otherwise", seen(traced(message_id=ID), kept=[copy()])),
    ("the user deleted the copy", seen(traced(message_id=ID), deleted_items=[copy()])),
    ("the user purged the copy", seen(sent(), recoverable_items=[copy()])),
    ("sent a minute ago", seen(traced(message_id=ID, hours=23.9))),
    (
        "older than Sent Items could be listed",
        evidence(
            message_trace=[traced(message_id=ID, hours=-100)],
            sent_items=Known((message(hours=-2),), missing=("only the newest 500",)),
        ),
    ),
    ("an absence note", seen(traced("Automatic reply: Hello", message_id=ID))),
    ("an absence note in German", seen(traced("Automatische Antwort: Hallo", message_id=ID))),
    ("an answer to a meeting", seen(traced("Accepted: Planning", message_id=ID))),
    ("a read receipt", seen(traced("Read: Planning", message_id=ID))),
    (
        "forwarded by the mailbox itself",
        seen(
            traced("FW: Planning", message_id=ID, to=DROP),
            mailbox=Mailbox(forwarding_smtp_address=f"smtp:{DROP}"),
        ),
    ),
    ("a printer in the office", seen(traced("Scan", message_id=ID, from_ip=OFFICE))),
    ("to a colleague", seen(traced(message_id=ID, to="megan.bowen@contoso.example"))),
    (
        "a delegate sent it and keeps the copy",
        seen(
            sent(
                OFFICE,
                "SendOnBehalf",
                "alex.wilber@contoso.example",
                details={"SendOnBehalfOfUserSmtp": ADELE.mail},
            )
        ),
    ),
    (
        "the user sent it as a shared mailbox",
        seen(sent(OFFICE, "SendAs", details={"SendAsUserSmtp": "sales@contoso.example"})),
    ),
    ("it never left", seen(traced(message_id=ID, status="failed"))),
    (
        "someone else sent it",
        seen(traced(message_id=ID, sender_address="alex.wilber@contoso.example")),
    ),
]


@pytest.mark.parametrize("what", [row[1] for row in NOT_FOUND], ids=[row[0] for row in NOT_FOUND])
def test_mail_with_a_reason_to_have_no_copy_is_no_sign(what: Evidence) -> None:
    assert counting(symptom, what) == []


def test_all_recipients_of_one_subject_are_one_finding() -> None:
    rows = [traced("Offer", message_id=ID, to=f"a{n}@fabrikam.example", from_ip=INTRUDER) for n in range(3)]
    finding = only(symptom, seen(*rows, sent(INTRUDER, hours=-1)))
    assert "to 3 recipients from 203.0.113.77" in finding.summary
    assert finding.at == at(-1)
    assert len(finding.records) == 4


@pytest.mark.parametrize("gap", ["message texts (needs Mail.Read)", "body of 1 entry"])
def test_missing_texts_do_not_cut_the_list_of_sent_items_off(gap: str) -> None:
    listed = Known((message(hours=-2),), missing=(gap,), texts=(gap,))
    what = evidence(message_trace=[traced(message_id=ID, hours=-100, from_ip=INTRUDER)], sent_items=listed)
    assert counting(symptom, what) == ["missing_mail_sent_from_suspect_address"]


def test_without_sent_items_nothing_is_called_missing_and_nothing_absent() -> None:
    what = evidence(message_trace=[traced(message_id=ID, from_ip=INTRUDER)])
    assert counting(symptom, what) == []
    assert lacks(symptom.NEEDS, what)
    assert not lacks(symptom.NEEDS, seen())
