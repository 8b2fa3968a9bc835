"""Guessing is told by its tools, its sources and its number; getting in is what weighs."""

from __future__ import annotations

import dataclasses

import pytest

from commands.symptoms import password_spray
from graph.audit_log.record import AuditRecord
from tests.commands.evidence import INTRUDER, OFFICE, record, sign_in
from tests.commands.symptoms.judging import BROWSER, all_signs, break_in, findings, ordinary, past, signs

POWERSHELL = "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.2673"
EXCHANGE = "00000002-0000-0ff1-ce00-000000000000"


def logon(operation: str, *, error: str, resource: str = EXCHANGE) -> AuditRecord:
    """A password grant: the password went along with the request for the token."""
    return record(
        operation,
        owner="",
        address=INTRUDER,
        user_agent=BROWSER,
        error_code=error,
        succeeded=error == "0",
        app_id=EXCHANGE,
        object_id=resource,
        details={"RequestType": "OAuth2:Token", "UserAuthenticationMethod": "1"},
    )


def others(number: int, hours: float = 0) -> AuditRecord:
    """Somebody else's password was tried from the intruder's address."""
    return record(
        "UserLoginFailed",
        hours=hours,
        actor=f"colleague{number}@contoso.example",
        owner="",
        address=INTRUDER,
        error_code="50126",
    )


FOUND = [
    (
        "a guessing tool by name",
        "guessing_tool_got_in",
        {"sign_ins": [*past(), break_in(user_agent="TeamFiltration/3.5")]},
    ),
    (
        "a guessing tool that failed",
        "guessing_tool_failed",
        {"sign_ins": [*past(), sign_in(address=INTRUDER, user_agent="fasthttp", error_code=50126)]},
    ),
    (
        "a password sent to the token endpoint by a client posing as a browser",
        "guessing_tool_got_in",
        {"audit_log": [logon("UserLoggedIn", error="0")]},
    ),
    ("the same, refused", "guessing_tool_failed", {"audit_log": [logon("UserLoginFailed", error="50126")]}),
    (
        "the legacy PowerShell module",
        "password_module_got_in",
        {"sign_ins": [*past(), break_in(user_agent=POWERSHELL, app_id=password_spray.OLD_MODULE)]},
    ),
    (
        "an address that failed on others and got in here",
        "spray_source_got_in",
        {"sign_ins": [*past(), break_in()], "audit_log": [others(n) for n in range(5)]},
    ),
    (
        "a person who signs in where others failed within minutes",
        "signed_in_beside_failures",
        {
            "sign_ins": [sign_in(address=INTRUDER, user_agent=BROWSER)],
            "audit_log": [others(n) for n in range(5)],
        },
    ),
    (
        "an address that failed on others and here",
        "sprayed",
        {
            "sign_ins": [*past(), sign_in(address=INTRUDER, error_code=50126)],
            "audit_log": [others(n) for n in range(5)],
        },
    ),
    (
        "many networks within the window",
        "many_sources_failed",
        {
            "sign_ins": [
                *past(),
                *[sign_in(hours=-n / 10, address=f"2001:db8:{n}::1", error_code=50126) for n in range(1, 13)],
            ]
        },
    ),
]

NOT_FOUND = [
    ("one mistyped password", {"sign_ins": [*past(), sign_in(error_code=50126, user_agent=BROWSER)]}),
    (
        "ten mistyped passwords at the office",
        {
            "sign_ins": [
                *past(),
                *[sign_in(hours=-n / 10, error_code=50126, user_agent=BROWSER) for n in range(10)],
            ]
        },
    ),
    ("ordinary work", {"sign_ins": [*past(), ordinary(hours=-1)]}),
    (
        "an administrator's module at the office, as always",
        {
            "sign_ins": [
                *[
                    ordinary(hours=-24 * d, user_agent=POWERSHELL, app_id=password_spray.OLD_MODULE)
                    for d in range(8, 20)
                ],
                ordinary(hours=-1, user_agent=POWERSHELL, app_id=password_spray.OLD_MODULE),
            ]
        },
    ),
    (
        "a browser's own token for another application",
        {"audit_log": [logon("UserLoggedIn", error="0", resource="00000003-0000-0000-c000-000000000000")]},
    ),
    (
        "colleagues who mistype in the course of a day",
        {
            "sign_ins": [sign_in(address=INTRUDER, user_agent=BROWSER, error_code=50126)],
            "audit_log": [others(number, hours=number) for number in range(6)],
        },
    ),
    (
        "two colleagues who mistype at the office",
        {
            "sign_ins": [*past(), sign_in(address=OFFICE, error_code=50126)],
            "audit_log": [others(1), others(2)],
        },
    ),
    (
        "a second factor that was asked for",
        {"sign_ins": [*past(), sign_in(address=INTRUDER, user_agent=BROWSER, error_code=50074)]},
    ),
]


@pytest.mark.parametrize(("why", "sign", "sources"), FOUND, ids=[row[0] for row in FOUND])
def test_it_finds(why, sign, sources):
    assert sign in signs(password_spray, **sources)


@pytest.mark.parametrize(("why", "sources"), NOT_FOUND, ids=[row[0] for row in NOT_FOUND])
def test_it_leaves_alone(why, sources):
    assert signs(password_spray, **sources) == set()


def test_a_lockout_is_told_and_weighs_nothing():
    assert all_signs(password_spray, sign_ins=[*past(), sign_in(error_code=50053)]) == {"locked_out"}


def test_what_several_addresses_tried_in_vain_is_one_finding_that_names_and_counts_them() -> None:
    """An attacker has as many addresses as they want; one finding for each would bury the rest."""
    tried = [
        sign_in(hours=number / 100, address=f"203.0.113.{80 + number}", error_code=50126)
        for number in range(9)
    ]
    failed = [
        dataclasses.replace(others(one, number / 100), address=f"203.0.113.{80 + number}")
        for number in range(9)
        for one in range(4)
    ]
    found = findings(password_spray, sign_ins=[*past(), *tried], audit_log=failed)
    (sprayed,) = [one for one in found if one.sign.id == "sprayed"]
    assert sprayed.summary.startswith("Failed here and on 4 other accounts, from 9 addresses (203.0.113.80, ")
    assert sprayed.summary.endswith("and 4 more)")
    assert {one.id for one in tried} <= set(sprayed.records)
    (alone,) = [
        one
        for one in findings(password_spray, sign_ins=[*past(), tried[0]], audit_log=failed[:4])
        if one.sign.id == "sprayed"
    ]
    assert alone.summary.startswith("Failed here and on 4 other accounts, from 203.0.113.80 (")
