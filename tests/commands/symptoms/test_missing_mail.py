"""Missing mail: twin tables of what is found and of what must not be found, each row with its reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from commands.check import lacks
from commands.clues.subject_lines import notice_kind
from commands.symptoms import missing_mail
from graph.audit_log.record import AuditRecord, Item
from graph.evidence import Evidence, Known
from tests.commands.evidence import (
    INTRUDER,
    NESTOR,
    NEW_PLACE,
    OFFICE,
    STRANGER,
    counting,
    evidence,
    message,
    record,
)


def deleted(
    *subjects: str | Item, address: str | None = OFFICE, how: str = "HardDelete", **fields: object
) -> AuditRecord:
    return record(how, address=address, items=subjects, **fields)  # type: ignore[arg-type]


def sent(subject: str, key: str, hours: float = -2, address: str = NEW_PLACE) -> AuditRecord:
    return record(
        "Send", hours=hours, address=address, items=[Item(subject, f"<{key}@contoso.example>", "", "")]
    )


def seen(*records: AuditRecord) -> Evidence:
    return evidence(audit_log=list(records))


MANY = [f"Message {n}" for n in range(60)]
NOTICE = "Security alert: new sign-in to your account"

FOUND = [
    (
        "one message, by the attacker",
        seen(deleted("Lunch?", address=INTRUDER)),
        ["mail_deleted_from_suspect_address"],
    ),
    (
        "moved to Deleted Items, by the attacker's session",
        seen(deleted("Lunch?", address=None, how="MoveToDeletedItems", session_id="intruder-session")),
        ["mail_deleted_from_suspect_address"],
    ),
    (
        "moved there under its French name",
        seen(deleted("Lunch?", address=INTRUDER, how="Move", details={"DestFolder": "\\Éléments supprimés"})),
        ["mail_deleted_from_suspect_address"],
    ),
    (
        "a warning, by the attacker",
        seen(deleted(NOTICE, address=INTRUDER)),
        ["mail_deleted_from_suspect_address", "notices_deleted_from_suspect_address"],
    ),
    (
        "a warning, from a new place",
        seen(deleted(NOTICE, address=NEW_PLACE)),
        ["notices_deleted_from_new_address"],
    ),
    ("a warning, from no one knows where", seen(deleted(NOTICE, address=None)), ["notices_purged"]),
    (
        "much, from a new place",
        seen(deleted(*MANY, address=NEW_PLACE)),
        ["mail_purged_in_bulk_from_new_address"],
    ),
    (
        "much, in small steps, from no one knows where",
        seen(*(deleted(*MANY[:6], address=None, hours=n / 20) for n in range(12))),
        ["mail_purged_in_bulk"],
    ),
    (
        "the copy of what was sent, from a new place",
        seen(sent("Offer", "a"), deleted(Item("Offer", "<A@contoso.example>", "", ""), address=NEW_PLACE)),
        ["own_mail_and_answers_purged"],
    ),
    (
        "the answer to what was sent, from a new place",
        seen(sent("Offer", "a"), deleted("RE: Offer", address=NEW_PLACE)),
        ["own_mail_and_answers_purged"],
    ),
]


@pytest.mark.parametrize(("what", "signs"), [row[1:] for row in FOUND], ids=[row[0] for row in FOUND])
def test_strange_deletions_are_found(what: Evidence, signs: list[str]) -> None:
    assert counting(missing_mail, what) == signs


NOT_FOUND = [
    ("the user tidies up, from the office", seen(deleted(*MANY), deleted(NOTICE))),
    ("a few, from a new place", seen(deleted("Lunch?", "Newsletter", address=NEW_PLACE))),
    (
        "much over a day, from a new place",
        seen(*(deleted(*MANY[:4], address=NEW_PLACE, hours=n) for n in range(20))),
    ),
    (
        "put into Deleted Items, from a new place",
        seen(deleted(*MANY, address=NEW_PLACE, how="MoveToDeletedItems")),
    ),
    ("moved to another folder, by whomever", seen(deleted("a", address=NEW_PLACE, how="Move"))),
    (
        "Exchange keeps its retention",
        seen(deleted(*MANY, address=NEW_PLACE, client="Client=TBA;Service=MSExchangeMailboxAssistants")),
    ),
    ("Microsoft's own service", seen(deleted(*MANY, NOTICE, address=INTRUDER, by_microsoft=True))),
    ("an administrator purges phishing", seen(deleted(NOTICE, actor=NESTOR))),
    ("another mailbox", seen(deleted(NOTICE, address=INTRUDER, owner="alex.wilber@contoso.example"))),
    (
        "the user purges what he sent, in the office",
        seen(sent("Offer", "a", address=OFFICE), deleted("RE: Offer")),
    ),
    (
        "an answer to something sent weeks ago",
        seen(sent("Offer", "a", hours=-24 * 20), deleted("RE: Offer", address=NEW_PLACE)),
    ),
]


@pytest.mark.parametrize("what", [row[1] for row in NOT_FOUND], ids=[row[0] for row in NOT_FOUND])
def test_ordinary_clean_up_is_no_sign(what: Evidence) -> None:
    assert counting(missing_mail, what) == []


def test_all_deletions_from_one_place_are_one_finding() -> None:
    (finding,) = missing_mail.detect(
        seen(
            *(
                deleted(f"Mail {n}", address=NEW_PLACE, session_id="intruder-session", hours=n)
                for n in range(4)
            )
        ),
        replace(STRANGER, suspect_sessions=frozenset({"intruder-session"})),
    )
    assert finding.summary.startswith(
        "4 messages were deleted (“Mail 0”, “Mail 1”, “Mail 2” and 1 more subject)"
    )
    assert len(finding.records) == 4


def test_without_the_audit_log_warnings_among_the_purged_mail_are_told() -> None:
    purged = [
        message(NOTICE, sender="account-security@bank.example"),
        message("Lunch?", sender="a@shop.example"),
    ]
    assert counting(missing_mail, evidence(recoverable_items=purged)) == ["notices_in_recoverable_items"]
    assert counting(missing_mail, evidence(recoverable_items=purged, audit_log=[])) == []


def test_without_a_whole_audit_log_nobody_may_call_it_absent() -> None:
    assert lacks(missing_mail.NEEDS, evidence())
    assert lacks(missing_mail.NEEDS, evidence(audit_log=Known((), missing=("September 3",))))
    assert not lacks(missing_mail.NEEDS, seen())


@pytest.mark.parametrize(
    ("subject", "kind"),
    [
        ("Microsoft account unusual sign-in activity", "security"),
        ("Your password was changed", "security"),
        ("Neue Anmeldung bei Ihrem Konto", "security"),
        ("Votre mot de passe a été modifié", "security"),
        ("Your verification code", "security"),
        ("Undeliverable: Quarterly figures", "complaint"),
        ("RE: is this you??", "complaint"),
        ("Direct deposit updated", "payment"),
        ("Ihre Bankverbindung", "payment"),
        ("Lunch on Friday?", ""),
        ("Your new office chair", ""),
        ("Weekly sales update", ""),
    ],
)
def test_notices_are_told_by_their_subject_line(subject: str, kind: str) -> None:
    assert notice_kind(subject) == kind
