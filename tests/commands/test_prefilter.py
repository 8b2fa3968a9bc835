"""Quiet records are read only where they may tell something; every way in which they may is looked for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from commands import prefilter
from commands.symptoms.file_activity import MANY_DELETED
from commands.symptoms.mail_access import MANY_FILES, MANY_MESSAGES
from commands.usual import Usual
from tests.commands.evidence import ADELE, USUAL, record

KNOWN = Usual(ordinary=100, networks=USUAL.networks)
APP = "0a1b2c3d-1111-4222-8333-444455556666"


HOTEL = "198.51.100.23"


def text(operation: str, **fields: Any) -> bytes:
    """One AuditData text, written as Microsoft writes it."""
    plain = {"CreationTime": "2026-09-09T12:00:00", "Operation": operation, "UserId": ADELE.mail}
    return json.dumps({**plain, **fields}, separators=(",", ":")).encode()


def read(count: int) -> bytes:
    return text("MailItemsAccessed", OperationCount=count)


THROTTLED = {"OperationProperties": [{"Name": "IsThrottled", "Value": "True"}]}

MATTER = [
    ("a bulk of messages", [read(MANY_MESSAGES)]),
    ("a throttled record", [text("MailItemsAccessed", **THROTTLED)]),
    ("a bulk of files", [text("FileDownloaded")] * MANY_FILES),
    ("a bulk of deleted files", [text("FileRecycled")] * MANY_DELETED),
    ("a script among the files", [text("FileDownloaded", UserAgent="python-requests/2.32")]),
    ("an attack tool", [text("MailItemsAccessed", ClientInfoString="AzureHound/2")]),
    (
        "a browser in the mailbox from where nobody signed in",
        [text("MailItemsAccessed", ClientInfoString="Client=OWA;Action=ViaProxy", ClientIPAddress=HOTEL)],
    ),
    ("the application that was let in", [text("MailItemsAccessed", ClientAppId=APP)]),
]

QUIET = [
    (
        "a mail program from there",
        [text("MailItemsAccessed", ClientInfoString="Client=MSExchangeRPC", ClientIPAddress=HOTEL)],
    ),
    ("some messages", [read(MANY_MESSAGES - 1)] * 3),
    ("some files", [text("FileDownloaded")] * (MANY_FILES - 1)),
    ("a browser", [text("FileDownloaded", UserAgent="Mozilla/5.0 Chrome/140.0")]),
    ("an administrator's mail by PowerShell", [text("MailItemsAccessed", UserAgent="PowerShell/7.5")]),
    ("another application", [text("MailItemsAccessed", ClientAppId="5d661950-3475-41cd-a2c3-d671a3162bc1")]),
]


@pytest.mark.parametrize(("why", "texts"), MATTER, ids=[row[0] for row in MATTER])
def test_they_are_read_for(why: str, texts: list[bytes]) -> None:
    assert all(prefilter.is_quiet(one, {ADELE.mail.encode()}) for one in texts)
    assert prefilter.matter(texts, [record("Consent to application", object_id=APP)], KNOWN)


@pytest.mark.parametrize(("why", "texts"), QUIET, ids=[row[0] for row in QUIET])
def test_they_are_not_read_for(why: str, texts: list[bytes]) -> None:
    assert not prefilter.matter(texts, [record("Consent to application", object_id=APP)], KNOWN)


def test_searches_are_never_quiet() -> None:
    assert not prefilter.is_quiet(text("SearchQueryPerformed"), {ADELE.mail.encode()})


def test_what_is_read_in_another_mailbox_is_never_quiet() -> None:
    """An assistant's own weeks tell whether the director's mailbox is read as ever."""
    names = {ADELE.mail.encode()}
    assert prefilter.is_quiet(text("MailItemsAccessed", MailboxOwnerUPN=ADELE.mail), names)
    assert not prefilter.is_quiet(text("MailItemsAccessed", MailboxOwnerUPN="boss@contoso.example"), names)
