"""What most accounts sign in from is the organization's, and what an attacker got into is not."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from commands.analyze import analyze
from commands.report import Owner, Report

NOW = datetime(2026, 9, 1, tzinfo=UTC)
PEOPLE = tuple(f"user{number}@contoso.example" for number in range(8))
SERVER = "167.99.1.7"


def logon(who: str, day: int, address: str, *, agent: str = "Outlook/16.0", hour: int = 9) -> dict[str, Any]:
    return {
        "CreationTime": f"2026-08-{day:02}T{hour:02}:00:00",
        "Id": f"{who}-{day}-{address}-{hour}",
        "Operation": "UserLoggedIn",
        "RecordType": 15,
        "Workload": "AzureActiveDirectory",
        "ResultStatus": "Success",
        "UserId": who,
        "UserKey": who,
        "UserType": 0,
        "ClientIP": address,
        "ExtendedProperties": [{"Name": "UserAgent", "Value": agent}],
        "ErrorNumber": "0",
    }


def judged(tmp_path, entered: int, form: str) -> Report:
    """Everybody works at home for three weeks; on one night a server signs in as some of them over IMAP."""
    records = [logon(who, day, f"94.0.{place}.9") for place, who in enumerate(PEOPLE) for day in range(1, 22)]
    records += [logon(who, 20, SERVER, agent="BAV2ROPC", hour=2) for who in PEOPLE[:entered]]
    path = tmp_path / f"log.{form}"
    lines = [json.dumps(one) for one in records]
    path.write_text("\n".join(lines) if form == "jsonl" else f"[{','.join(lines)}]", encoding="utf-8")
    users = analyze([path], user=None, now=NOW, processes=1).users
    return next(one for one in users if one.subject.user_principal_name == PEOPLE[0])


@pytest.mark.parametrize("form", ["jsonl", "json"])
@pytest.mark.parametrize(("entered", "strange"), [(8, False), (5, False), (4, True), (1, True)])
def test_a_server_is_the_organizations_where_it_signs_in_as_most(tmp_path, entered, strange, form):
    report = judged(tmp_path, entered, form)
    assert any(one.owner is Owner.STRANGER for one in report.findings) is strange, report.verdict.says
    told = [one.summary for one in report.findings if one.sign.id == "shared_service_signed_in"]
    assert bool(told) is not strange, "whose service it is, somebody is to confirm"


def test_what_two_records_call_differently_is_one_account(tmp_path):
    """Few accounts under many names are not most of them."""
    names = [PEOPLE[0].upper(), PEOPLE[0].title(), PEOPLE[0]]
    records = [logon(who, day, f"94.0.{place}.9") for place, who in enumerate(PEOPLE) for day in range(1, 22)]
    records += [logon(who, 20, SERVER, agent="BAV2ROPC", hour=hour) for hour, who in enumerate(names * 2)]
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    report = next(iter(analyze([path], user=PEOPLE[0], now=NOW, processes=1).users))
    assert any(one.owner is Owner.STRANGER for one in report.findings)
