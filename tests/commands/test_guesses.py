"""Failed sign-ins of others behind one exit are shown to an account only where they say something of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from commands.analyze import analyze
from commands.report import Report

NOW = datetime(2026, 9, 1, tzinfo=UTC)
EXIT = "203.0.113.77"
ADELE = "adele@contoso.example"
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/139"


def logon(
    number: int, user: str, minutes: float, *, error: str = "0", agent: str = BROWSER
) -> dict[str, Any]:
    return {
        "CreationTime": (datetime(2026, 8, 3, 8, tzinfo=UTC) + timedelta(minutes=minutes)).isoformat()[:19],
        "Id": f"l-{number}",
        "Operation": "UserLoggedIn" if error == "0" else "UserLoginFailed",
        "RecordType": 15,
        "UserId": user,
        "ClientIP": EXIT,
        "ErrorNumber": error,
        "ExtendedProperties": [{"Name": "UserAgent", "Value": agent}],
    }


def adeles(path: Path, apart: float, agent: str = BROWSER) -> Report:
    """Adele signs in from an exit behind which six others fail, so many minutes apart."""
    others = [logon(n, f"p{n}@contoso.example", n * apart, error="50126") for n in range(6)]
    path.write_text(
        "\n".join(map(json.dumps, [logon(8, ADELE, -900), *others, logon(9, ADELE, 6 * apart, agent=agent)]))
    )
    found = analyze([path], user=ADELE, now=NOW, processes=1)
    return found.users[0]


def others_in(report: Report) -> set[str]:
    return {event.by for event in report.timeline} - {ADELE}


def test_colleagues_who_mistype_hours_apart_are_no_part_of_the_account(tmp_path: Path) -> None:
    report = adeles(tmp_path / "log", apart=200)
    assert others_in(report) == set()
    assert not report.findings


@pytest.mark.parametrize(
    ("apart", "agent", "why"),
    [
        pytest.param(2, BROWSER, "within minutes", id="a burst"),
        pytest.param(
            200, "axios/1.7.9", "also tried other accounts' passwords", id="a program that got in there"
        ),
    ],
)
def test_guesses_are_shown_where_they_say_something(
    tmp_path: Path, apart: float, agent: str, why: str
) -> None:
    report = adeles(tmp_path / "log", apart, agent)
    assert others_in(report) == {f"p{n}@contoso.example" for n in range(6)}
    assert why in repr(report.findings)
