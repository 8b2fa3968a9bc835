"""What a suspect address or session read is found, and how much of it."""

from __future__ import annotations

import pytest

from commands.symptoms import mail_access
from graph.audit_log.record import Item
from tests.commands.evidence import ADELE, INTRUDER, NESTOR, record
from tests.commands.symptoms.judging import HOTEL, SESSION, broken_in, findings, past, signs

FOUND = [
    (
        "a folder copied",
        "mail_synced_by_intruder",
        {
            "sign_ins": broken_in(),
            "audit_log": [
                record(
                    "MailItemsAccessed",
                    address=INTRUDER,
                    details={"MailAccessType": "Sync", "Folder": "\\\\Inbox"},
                )
            ],
        },
    ),
    (
        "messages opened",
        "mail_read_by_intruder",
        {
            "sign_ins": broken_in(),
            "audit_log": [record("MailItemsAccessed", address=INTRUDER, details={"MailAccessType": "Bind"})],
        },
    ),
    (
        "messages opened in the suspicious session through a service",
        "mail_read_by_intruder",
        {
            "sign_ins": broken_in(),
            "audit_log": [
                record(
                    "MailItemsAccessed",
                    address="20.190.160.1",
                    microsoft_address=True,
                    session_id=SESSION,
                    details={"MailAccessType": "Bind"},
                )
            ],
        },
    ),
    (
        "more than was recorded",
        "mail_read_uncounted",
        {
            "sign_ins": broken_in(),
            "audit_log": [
                record(
                    "MailItemsAccessed",
                    address=INTRUDER,
                    details={"MailAccessType": "Bind", "IsThrottled": "True"},
                )
            ],
        },
    ),
    (
        "files fetched",
        "files_taken_by_intruder",
        {
            "sign_ins": broken_in(),
            "audit_log": [
                record(
                    "FileDownloaded", owner="", address=INTRUDER, details={"SourceFileName": "salaries.xlsx"}
                )
            ],
        },
    ),
    (
        "another account in this mailbox",
        "read_by_other_account",
        {
            "audit_log_on_mailbox": [
                record(
                    "MailItemsAccessed",
                    actor="alex@contoso.example",
                    owner=ADELE.mail,
                    details={"MailAccessType": "Bind"},
                )
            ]
        },
    ),
    (
        "fifty files in an hour from a new network",
        "many_files_fetched",
        {
            "sign_ins": past(),
            "audit_log": [
                record("FileDownloaded", owner="", address=HOTEL, hours=-2 + n / 1000) for n in range(50)
            ],
        },
    ),
]

NOT_FOUND = [
    (
        "the user's own reading",
        {"sign_ins": past(), "audit_log": [record("MailItemsAccessed", details={"MailAccessType": "Sync"})]},
    ),
    (
        "Microsoft's own reading",
        {
            "sign_ins": broken_in(),
            "audit_log": [
                record(
                    "MailItemsAccessed",
                    by_microsoft=True,
                    address=INTRUDER,
                    details={"MailAccessType": "Bind"},
                )
            ],
        },
    ),
    (
        "the user in another mailbox",
        {
            "audit_log": [
                record(
                    "MailItemsAccessed",
                    owner="megan.bowen@contoso.example",
                    details={"MailAccessType": "Bind"},
                )
            ]
        },
    ),
    (
        "a few files from a hotel",
        {
            "sign_ins": past(),
            "audit_log": [record("FileDownloaded", owner="", address=HOTEL) for _ in range(5)],
        },
    ),
    (
        "a colleague's files",
        {
            "sign_ins": broken_in(),
            "audit_log": [record("FileDownloaded", actor=NESTOR, owner="", address=INTRUDER)],
        },
    ),
]


@pytest.mark.parametrize(("why", "sign", "sources"), FOUND, ids=[row[0] for row in FOUND])
def test_it_finds(why, sign, sources):
    assert sign in signs(mail_access, **sources)


@pytest.mark.parametrize(("why", "sources"), NOT_FOUND, ids=[row[0] for row in NOT_FOUND])
def test_it_leaves_alone(why, sources):
    assert signs(mail_access, **sources) == set()


def test_one_finding_tells_how_many_messages_and_which():
    items = [Item(f"Invoice {n}", f"<{n}@contoso.example>", "\\Inbox", str(n)) for n in range(5)]
    reads = [
        record("MailItemsAccessed", address=INTRUDER, items=[item], details={"MailAccessType": "Bind"})
        for item in items
    ]
    (finding,) = findings(mail_access, sign_ins=broken_in(), audit_log=reads)
    assert finding.records == tuple(one.id for one in reads)
    assert finding.summary.startswith("5 messages were opened (Invoice 0, Invoice 1, Invoice 2 and 2 more)")
