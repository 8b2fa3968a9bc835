"""What is asked by phone names the thing that it is about, in full, so that nobody has to guess."""

from __future__ import annotations

import pytest

from commands.check import judge
from commands.symptoms import inbox_rules, oauth_apps
from commands.usual import learn
from tests.commands.evidence import DROP, INTRUDER, NOON, evidence, record, sign_in
from tests.commands.symptoms.judging import broken_in

LONG = "a" * 90 + "@" + "b" * 60 + ".example"


@pytest.mark.parametrize("address", [DROP, LONG])
def test_a_question_names_the_rule_the_address_and_the_time(address: str) -> None:
    made = record("New-InboxRule", address=INTRUDER, parameters={"Name": "..", "ForwardTo": address})
    report = judge(evidence(sign_ins=broken_in(), audit_log=[made]), NOON)
    asked = [one.ask for one in report.findings if one.symptom == "inbox_rules" and one.ask]
    assert asked
    for one in asked:
        assert one.startswith(
            "Did you create this inbox rule, or did someone create it for you? This is about: "
        )
        assert "“..”" in one
    assert any(f"sends mail to {address}" in one for one in asked)
    assert any(one.endswith("2026-09-09 12:00 UTC.") for one in asked)
    assert set(report.verdict.questions) <= {one.ask for one in report.findings}


def test_a_question_names_the_application() -> None:
    consent = record(
        "Consent to application",
        address=INTRUDER,
        object_id="app",
        details={"TargetName": "Mailer"},
        changes={"ConsentAction.Permissions": ("", "[] => [[Scope: Mail.Read]]")},
    )
    report = judge(evidence(sign_ins=broken_in(), audit_log=[consent]), NOON)
    (one,) = (one for one in report.findings if one.symptom == "oauth_apps")
    assert "the application Mailer" in one.ask


def test_wrong_passwords_and_lockouts_are_counted_as_what_they_are_and_where_from() -> None:
    def why(*codes: int, address: str = INTRUDER) -> list[str]:
        failed = [
            sign_in(hours=0.5 + n / 100, address=address, error_code=code, user_agent="axios/1.7")
            for n, code in enumerate(codes)
        ]
        seen = evidence(sign_ins=[*(sign_in(hours=-150 + 2 * n) for n in range(40)), *failed,
                                  sign_in(hours=1, address=INTRUDER, user_agent="axios/1.7")])  # fmt: skip
        points = learn(seen).points
        return [
            one.says
            for spot in points.values()
            for one in spot
            if one.says.endswith("before the first success")
        ]

    assert why(*[50126] * 5) == ["5 wrong passwords from there before the first success"]
    assert why(*[50126] * 4, 50053, 50053) == [
        "4 wrong passwords and 2 lockouts from there before the first success"
    ]
    assert why(*[50053] * 6) == ["6 lockouts from there before the first success"]
    assert why(*[50126] * 5, address="203.0.113.99") == [
        "5 wrong passwords from there, its network or with its client before the first success"
    ]
    assert why(*[50126] * 4) == []


def test_symptoms_name_in_full_what_an_attacker_made_long() -> None:
    name = "R" * 200
    made = record("New-InboxRule", address=INTRUDER, parameters={"Name": name, "ForwardTo": DROP})
    seen = evidence(sign_ins=broken_in(), audit_log=[made])
    assert any(name in one.summary for one in inbox_rules.detect(seen, learn(seen)))
    consent = record("Consent to application", address=INTRUDER, details={"TargetName": name})
    seen = evidence(sign_ins=broken_in(), audit_log=[consent])
    assert any(name in one.summary for one in oauth_apps.detect(seen, learn(seen)))
