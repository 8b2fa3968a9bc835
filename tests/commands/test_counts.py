"""A number in a sentence is the whole number, however few of the records were read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.artefacts.report_text import report_text
from commands.analyze import analyze
from commands.report import Finding

NOW = datetime(2026, 9, 1, tzinfo=UTC)
ADELE = "adele.vance@contoso.example"
START = datetime(2026, 8, 3, 8, tzinfo=UTC)
ATTACK = datetime(2026, 8, 20, 12, tzinfo=UTC)
INTRUDER = "203.0.113.77"
HOME = "192.0.2.1"


def record(at: datetime, operation: str, address: str, **more: Any) -> dict[str, Any]:
    return {
        "CreationTime": f"{at:%Y-%m-%dT%H:%M:%S}",
        "Id": f"{operation}-{address}-{at.isoformat()}",
        "Operation": operation,
        "RecordType": 2,
        "UserType": 0,
        "UserKey": "1003200096971f55",
        "UserId": ADELE,
        "ClientIP": address,
        "ClientIPAddress": address,
        "MailboxOwnerUPN": ADELE,
    } | more


def logon(at: datetime, address: str, agent: str, *, error: str = "0") -> dict[str, Any]:
    operation = "UserLoggedIn" if error == "0" else "UserLoginFailed"
    agents = [{"Name": "UserAgent", "Value": agent}]
    return record(at, operation, address, RecordType=15, ErrorNumber=error, ExtendedProperties=agents)


def quiet_weeks() -> Iterator[dict[str, Any]]:
    for day in range(16):
        yield logon(START + timedelta(days=day), HOME, "Mozilla/5.0 Edg/139.0")


def planted(kind: str, number: int) -> Iterator[dict[str, Any]]:
    """A takeover, and that many records of one kind from the intruder's address."""
    yield logon(ATTACK, INTRUDER, "axios/1.7.9")
    for count in range(number):
        at = ATTACK + timedelta(seconds=10 * (count + 1))
        if kind == "Send":
            item = {"Subject": f"Note {count}", "InternetMessageId": f"<{count}@contoso.example>"}
            yield record(at, "Send", INTRUDER, Item=item)
        elif kind == "HardDelete":
            items = [{"Subject": f"Note {count}", "InternetMessageId": f"<{count}@contoso.example>"}]
            yield record(at, "HardDelete", INTRUDER, AffectedItems=items)
        elif kind == "FileDownloaded":
            yield record(at, "FileDownloaded", INTRUDER, RecordType=6, SourceFileName=f"{count}.docx")
        else:
            yield logon(ATTACK - timedelta(minutes=number - count), INTRUDER, "axios/1.7.9", error="50126")


def findings_of(tmp_path: Path, kind: str, number: int, *, form: str, twice: bool = False) -> list[Finding]:
    records = [*quiet_weeks(), *planted(kind, number)] * (2 if twice else 1)
    path = tmp_path / "log"
    if form == "array":
        path.write_text(json.dumps(records))
    else:
        path.write_text("".join(json.dumps(one, separators=(",", ":")) + "\n" for one in records))
    (report,) = analyze([path], user=None, now=NOW, processes=1).users
    return list(report.findings)


SAYS = {
    "Send": ("hacked_account_messages", "{} messages were sent from"),
    "HardDelete": ("missing_mail", "{} messages were deleted"),
    "FileDownloaded": ("mail_access", "{} files were opened or downloaded ("),
    "UserLoginFailed": ("sign_ins", "{} wrong passwords, then a success"),
}


@pytest.mark.parametrize("form", ["lines", "array"])
@pytest.mark.parametrize("number", [12, 40, 203, 700])
@pytest.mark.parametrize("kind", SAYS)
def test_as_many_as_were_planted_are_told(tmp_path, kind, number, form):
    symptom, says = SAYS[kind]
    found = findings_of(tmp_path, kind, number, form=form)
    (finding,) = [
        one for one in found if one.symptom == symptom and one.summary.startswith(says.format(number))
    ]
    own = 1 if kind == "UserLoginFailed" else 0  # the success that they led to
    assert len(finding.records) + finding.further == number + own


@pytest.mark.parametrize("kind", SAYS)
def test_a_record_that_an_export_holds_twice_counts_once(tmp_path, kind):
    symptom, says = SAYS[kind]
    found = findings_of(tmp_path, kind, 40, form="lines", twice=True)
    assert [one for one in found if one.symptom == symptom and one.summary.startswith(says.format(40))]


def test_the_report_counts_files_as_the_finding_does(tmp_path):
    path = tmp_path / "log"
    records = [*quiet_weeks(), *planted("FileDownloaded", 700)]
    path.write_text("".join(json.dumps(one, separators=(",", ":")) + "\n" for one in records))
    (report,) = analyze([path], user=None, now=NOW, processes=1).users
    text = " ".join(report_text(report).split())
    assert "700 files were opened or downloaded" in text
    assert "700 files opened or downloaded: " in text
    assert "and 695 more files." in text
