"""Programs, deletions and searches are found away from the user's places; at work they weigh nothing."""

from __future__ import annotations

from typing import Any

import pytest

from commands.symptoms import file_activity
from graph.audit_log.record import AuditRecord
from tests.commands.evidence import INTRUDER, NESTOR, OFFICE, record
from tests.commands.symptoms.judging import HOTEL, all_signs, broken_in, findings, past, signs

SCRIPT = "python-requests/2.32.3"


def act(operation: str, *, address: str = HOTEL, **fields: Any) -> AuditRecord:
    return record(operation, owner="", address=address, **fields)


def deleted(times: int, operation: str = "FileRecycled", **fields: Any) -> list[AuditRecord]:
    return [
        act(operation, hours=n / 1000, details={"SourceFileName": f"{n}.docx"}, **fields)
        for n in range(times)
    ]


def searched(words: str, **fields: Any) -> AuditRecord:
    return act("SearchQueryPerformed", details={"SearchQueryText": words}, **fields)


FOUND = [
    ("a script fetches a file", "files_fetched_by_program", [act("FileDownloaded", user_agent=SCRIPT)]),
    (
        "PowerShell stores a file",
        "files_fetched_by_program",
        [act("FileUploaded", user_agent="WindowsPowerShell/5.1")],
    ),
    ("fifty files deleted within an hour", "files_deleted_in_bulk", deleted(50)),
    ("a bin emptied", "files_deleted_in_bulk", deleted(60, "FileDeletedFirstStageRecycleBin")),
    ("a search for passwords", "secrets_searched_for", [searched("password list")]),
    ("a search for money", "secrets_searched_for", [searched("invoice bank account")]),
    (
        "Microsoft's alert on deletion",
        "file_alert",
        [record("AlertTriggered", details={"Name": "Unusual volume of file deletion"})],
    ),
]

BY_INTRUDER = [
    ("files deleted", "files_deleted_by_intruder", deleted(50, address=INTRUDER)),
    ("a search for passwords", "secrets_searched_by_intruder", [searched("passwords", address=INTRUDER)]),
]

NOT_FOUND = [
    ("a script at the office is a developer's", [act("FileDownloaded", user_agent=SCRIPT, address=OFFICE)]),
    ("a browser is a person", [act("FileDownloaded", user_agent="Mozilla/5.0 Firefox/140.0")]),
    ("a cleanup at the office", deleted(200, address=OFFICE)),
    ("some files deleted on the road", deleted(49)),
    ("files deleted over a day", [act("FileDeleted", hours=n / 3) for n in range(60)]),
    ("a search for a colleague", [searched("holiday photos")]),
    ("accounting searches for invoices at the office", [searched("invoice", address=OFFICE)]),
    ("another user's search", [searched("password list", actor=NESTOR)]),
    ("an alert on something else", [record("AlertTriggered", details={"Name": "Malware campaign"})]),
]


@pytest.mark.parametrize(("why", "sign", "did"), FOUND, ids=[row[0] for row in FOUND])
def test_it_finds(why, sign, did):
    assert signs(file_activity, sign_ins=past(), audit_log=did) == {sign}


@pytest.mark.parametrize(("why", "sign", "did"), BY_INTRUDER, ids=[row[0] for row in BY_INTRUDER])
def test_the_same_by_the_intruder_weighs_more(why, sign, did):
    assert signs(file_activity, sign_ins=broken_in(), audit_log=did) == {sign}


@pytest.mark.parametrize(("why", "did"), NOT_FOUND, ids=[row[0] for row in NOT_FOUND])
def test_it_leaves_alone(why, did):
    assert signs(file_activity, sign_ins=past(), audit_log=did) == set()


def test_work_at_the_office_is_told_without_weight():
    did = [act("FileDownloaded", user_agent=SCRIPT, address=OFFICE), *deleted(80, address=OFFICE)]
    told = all_signs(file_activity, sign_ins=past(), audit_log=did)
    assert told == {"files_fetched_by_program_at_own_place", "files_deleted_at_own_place"}


def test_it_says_how_many_and_which():
    (finding,) = findings(file_activity, sign_ins=past(), audit_log=deleted(60))
    assert finding.summary.startswith(
        "60 files were deleted within an hour (0.docx, 1.docx, 2.docx and 57 more)"
    )
    assert len(finding.records) == 60
