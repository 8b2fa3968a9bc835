"""A method that was added, removed or exchanged is found; a time stamp that moved is not."""

from __future__ import annotations

import pytest

from commands.symptoms import strong_authentication
from graph.resources.sign_ins import AuthenticationMethod, RegisteredMethods
from tests.commands.evidence import INTRUDER, NESTOR, at, record
from tests.commands.symptoms.judging import all_signs, broken_in, findings, past, signs

FOUND = [
    (
        "strong authentication turned off",
        "strong_authentication_off",
        {"audit_log": [record("Disable Strong Authentication", actor=NESTOR)]},
    ),
    (
        "the requirement taken off",
        "strong_authentication_off",
        {
            "audit_log": [
                record(
                    "Update user",
                    actor=NESTOR,
                    changes={"StrongAuthenticationRequirement": ('[{"State":1}]', "")},
                )
            ]
        },
    ),
    (
        "a method registered from nowhere known",
        "method_added",
        {"audit_log": [record("User registered security info", address="198.51.100.50")]},
    ),
    (
        "a method registered by the attacker",
        "method_by_intruder",
        {"sign_ins": broken_in(), "audit_log": [record("User registered security info", address=INTRUDER)]},
    ),
    (
        "a method removed",
        "method_removed",
        {"directory_audits_on_user": [record("Admin deleted security info", actor=NESTOR)]},
    ),
    (
        "a temporary pass that the account issued to itself",
        "temporary_pass",
        {"audit_log": [record("Create Temporary Access Pass")]},
    ),
    (
        "a temporary pass from the help desk",
        "temporary_pass_by_administrator",
        {"audit_log": [record("Create Temporary Access Pass", actor=NESTOR)]},
    ),
    (
        "a temporary pass from the help desk, under another name",
        "temporary_pass_by_administrator",
        {
            "audit_log": [
                record(
                    "Admin registered security info",
                    actor=NESTOR,
                    details={"StatusReason": "Admin registered temporary access pass method for user"},
                )
            ]
        },
    ),
    (
        "a temporary pass that the account issued to a new colleague",
        "temporary_pass_by_administrator",
        {"audit_log": [record("Create Temporary Access Pass", owner="new@contoso.example")]},
    ),
    (
        "a prompt that the user reported",
        "fraud_reported",
        {"audit_log": [record("Fraud reported - user is blocked for MFA", actor="Azure MFA")]},
    ),
    (
        "a second phone in the directory's own words",
        "method_added",
        {
            "audit_log": [
                record(
                    "Update user",
                    actor=NESTOR,
                    changes={
                        "StrongAuthenticationPhoneAppDetail": (
                            '[{"DeviceName":"Pixel"}]',
                            '[{"DeviceName":"Pixel"},{"DeviceName":"Nokia"}]',
                        )
                    },
                )
            ]
        },
    ),
    (
        "another phone number",
        "method_added",
        {
            "audit_log": [
                record(
                    "Update user",
                    actor=NESTOR,
                    changes={
                        "StrongAuthenticationUserDetails": (
                            '[{"PhoneNumber":"+44 1"}]',
                            '[{"PhoneNumber":"+234 1"}]',
                        )
                    },
                )
            ]
        },
    ),
    (
        "a method that stands and was made in the window",
        "method_added",
        {
            "authentication_methods": RegisteredMethods(
                methods=(
                    AuthenticationMethod(
                        id="m", kind="microsoftAuthenticator", display_name="Pixel", created_date_time=at(-3)
                    ),
                )
            )
        },
    ),
    (
        "a temporary pass that stands",
        "temporary_pass",
        {
            "authentication_methods": RegisteredMethods(
                methods=(AuthenticationMethod(id="m", kind="temporaryAccessPass", created_date_time=at(-3)),)
            )
        },
    ),
]

NOT_FOUND = [
    (
        "a new phone, registered at the office",
        {"sign_ins": past(), "audit_log": [record("User registered security info")]},
    ),
    (
        "a time stamp that every sign-in moves",
        {
            "audit_log": [
                record(
                    "Update user",
                    changes={
                        "StrongAuthenticationPhoneAppDetail": (
                            '[{"DeviceName":"Pixel","LastAuthenticatedTimestamp":"1"}]',
                            '[{"DeviceName":"Pixel","LastAuthenticatedTimestamp":"2"}]',
                        )
                    },
                )
            ]
        },
    ),
    (
        "strong authentication turned on",
        {
            "audit_log": [
                record("Update user", changes={"StrongAuthenticationRequirement": ("", '[{"State":1}]')})
            ]
        },
    ),
    (
        "a colleague's method",
        {
            "audit_log": [
                record(
                    "User registered security info",
                    actor="alex@contoso.example",
                    owner="alex@contoso.example",
                )
            ]
        },
    ),
    (
        "a change of name",
        {"audit_log": [record("Update user", changes={"DisplayName": ("Adele", "Adele V")})]},
    ),
    (
        "a method of last year",
        {
            "authentication_methods": RegisteredMethods(
                methods=(AuthenticationMethod(id="m", kind="phone", created_date_time=at(-24 * 300)),)
            )
        },
    ),
    (
        "a password, which is credential_changes' matter",
        {
            "authentication_methods": RegisteredMethods(
                methods=(AuthenticationMethod(id="m", kind="password", created_date_time=at(-3)),)
            )
        },
    ),
    ("a registration that failed", {"audit_log": [record("User registered security info", succeeded=False)]}),
]


@pytest.mark.parametrize(("why", "sign", "sources"), FOUND, ids=[row[0] for row in FOUND])
def test_it_finds(why, sign, sources):
    assert sign in signs(strong_authentication, **sources)


@pytest.mark.parametrize(("why", "sources"), NOT_FOUND, ids=[row[0] for row in NOT_FOUND])
def test_it_leaves_alone(why, sources):
    assert signs(strong_authentication, **sources) == set()


def test_a_method_from_the_own_place_is_told_and_weighs_nothing():
    seen = {"sign_ins": past(), "audit_log": [record("User registered security info")]}
    assert all_signs(strong_authentication, **seen) == {"method_from_own_place"}


def test_the_method_and_the_record_that_made_it_are_one_finding():
    made = record("User registered security info", hours=-3, address="198.51.100.50")
    method = AuthenticationMethod(id="m", kind="microsoftAuthenticator", created_date_time=at(-3))
    (finding,) = findings(
        strong_authentication, audit_log=[made], authentication_methods=RegisteredMethods(methods=(method,))
    )
    assert finding.records == (made.id,)


def test_old_and_new_number_are_told():
    change = {"StrongAuthenticationUserDetails": ('[{"PhoneNumber":"+44 1"}]', '[{"PhoneNumber":"+234 1"}]')}
    (finding,) = findings(
        strong_authentication, audit_log=[record("Update user", actor=NESTOR, changes=change)]
    )
    assert (finding.before, finding.after) == ("+44 1", "+234 1")


@pytest.mark.parametrize(
    ("old", "new", "listed"),
    [
        ("", '[{"MethodType":6},{"MethodType":7}]', "app code, app notification"),
        ('[{"MethodType":6}]', '[{"MethodType":6},{"MethodType":99}]', "method 99"),
        ("", "PhoneAppNotification", "PhoneAppNotification"),
        ("", '["OneWaySms"]', "OneWaySms"),
    ],
)
def test_methods_are_named_in_words_whatever_form_they_come_in(old, new, listed):
    change = {"StrongAuthenticationMethod": (old, new)}
    (finding,) = findings(
        strong_authentication, audit_log=[record("Update user", actor=NESTOR, changes=change)]
    )
    assert finding.after == listed
