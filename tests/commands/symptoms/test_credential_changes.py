"""Credential changes: twin tables of what is found and what must not be, each with its reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from commands.check import lacks
from commands.report import Made
from commands.symptoms import credential_changes
from commands.usual import learn
from graph.audit_log.record import ActorType, AuditRecord
from graph.evidence import Evidence
from graph.resources.directory import User
from graph.resources.sign_ins import AuthenticationMethod, RegisteredMethods
from tests.commands.evidence import (
    INTRUDER,
    NESTOR,
    NEW_PLACE,
    OFFICE,
    USUAL,
    at,
    counting,
    evidence,
    message,
    record,
    sign_in,
    told,
)


def change(
    hours: float = 0, address: str | None = OFFICE, operation: str = "Change user password"
) -> AuditRecord:
    return record(operation, hours=hours, address=address)


def reset(hours: float = 0, actor: str = NESTOR, address: str | None = OFFICE) -> AuditRecord:
    return record("Reset user password", hours=hours, actor=actor, address=address)


REGISTERED = "User registered security info"
DELETED = "User deleted security info"


def seen(*records: AuditRecord) -> Evidence:
    return evidence(directory_audits_on_user=list(records))


FOUND = [
    ("by the attacker", seen(change(0, INTRUDER)), ["password_changed_from_suspect_address"]),
    (
        "an administrator's account, from the attacker's address",
        seen(reset(0, NESTOR, INTRUDER)),
        ["password_changed_from_suspect_address"],
    ),
    ("three times by the user", seen(change(0), change(5), change(9)), ["several_password_changes"]),
    ("twice, from no one knows where", seen(change(0, None), change(5, None)), ["several_password_changes"]),
    ("twice, from the office", seen(change(0), change(5)), ["two_password_changes_from_usual_address"]),
    (
        "a method added by the attacker",
        seen(change(0, INTRUDER, REGISTERED)),
        ["sign_in_method_changed_from_suspect_address"],
    ),
    (
        "a method added from a new place",
        seen(change(0, NEW_PLACE, REGISTERED)),
        ["sign_in_method_changed_from_new_address"],
    ),
    (
        "a password and a method, from a new place",
        seen(change(0, NEW_PLACE), change(2, NEW_PLACE, DELETED)),
        [
            "password_changed_from_new_address",
            "sign_in_method_changed_from_new_address",
            "password_and_sign_in_method_changed",
        ],
    ),
    (
        "a password and a method, from the office",
        seen(change(0), change(2, OFFICE, REGISTERED)),
        ["password_and_sign_in_method_changed_at_home"],
    ),
    (
        "an app password, from a new place",
        seen(change(0, NEW_PLACE, "Create application password for user")),
        ["temporary_pass_or_app_password"],
    ),
]


@pytest.mark.parametrize(("what", "signs"), [row[1:] for row in FOUND], ids=[row[0] for row in FOUND])
def test_a_strange_change_of_credentials_is_found(what: Evidence, signs: list[str]) -> None:
    assert counting(credential_changes, what) == signs


NOT_FOUND = [
    ("an administrator's planned reset", seen(reset())),
    ("an administrator resets twice, as the remedy demands", seen(reset(0), reset(0.2))),
    ("an administrator's reset and the change that it makes necessary", seen(reset(0), change(1))),
    ("one change by the user", seen(change())),
    (
        "one change, as two logs and two names tell it",
        seen(change(0, None), change(0.02, OFFICE, "Change password (self-service)"), change(0.03)),
    ),
    (
        "a self-service reset, and the service that carries it out",
        seen(
            change(0, OFFICE, "Reset password (self-service)"),
            record(
                "Reset user password",
                hours=0.01,
                actor="Microsoft password reset service",
                address=None,
                actor_type=ActorType.application,
            ),
        ),
    ),
    ("a new phone, from the office", seen(change(0, OFFICE, REGISTERED), change(1, OFFICE, DELETED))),
    ("an administrator issues a temporary pass", seen(record("Create Temporary Access Pass", actor=NESTOR))),
    ("a change that failed", seen(replace(change(0, INTRUDER), succeeded=False))),
    (
        "the attacker changes someone else's password",
        seen(record("Change user password", address=INTRUDER, owner="alex.wilber@contoso.example")),
    ),
    ("tokens revoked come with every change", seen(record("Update StsRefreshTokenValidFrom Timestamp"))),
]


@pytest.mark.parametrize("what", [row[1] for row in NOT_FOUND], ids=[row[0] for row in NOT_FOUND])
def test_an_ordinary_change_of_credentials_is_no_sign(what: Evidence) -> None:
    assert counting(credential_changes, what) == []


def method(hours: float, kind: str = "phone") -> RegisteredMethods:
    return RegisteredMethods(
        methods=(
            AuthenticationMethod(
                id="m", kind=kind, created_date_time=at(hours), phone_number="+1 202 555 0143"
            ),
        )
    )


def test_a_method_made_after_the_intruders_sign_in_is_put_down_to_him() -> None:
    usual = replace(USUAL, sign_ins=(sign_in(hours=-2, address=INTRUDER),))
    what = evidence(authentication_methods=method(0))
    assert counting(credential_changes, what, usual) == ["sign_in_method_made_after_suspect_sign_in"]
    assert counting(credential_changes, what) == ["sign_in_method_made_unrecorded"]


def test_a_method_with_a_record_or_from_before_the_window_is_no_sign() -> None:
    recorded = evidence(
        authentication_methods=method(0), directory_audits_on_user=[change(0.1, OFFICE, REGISTERED)]
    )
    assert counting(credential_changes, recorded) == []
    assert counting(credential_changes, evidence(authentication_methods=method(-24 * 30))) == []
    assert counting(credential_changes, evidence(authentication_methods=method(0, "password"))) == []


def test_a_password_date_in_the_window_without_a_record_is_told_for_information() -> None:
    user = User(id="u", user_principal_name="a@contoso.example", last_password_change_date_time=at(-5))
    assert told(credential_changes, evidence(user=user)) == ["credential_changed"]
    assert told(credential_changes, evidence(user=user, audit_log=[change(-5.1)])) == ["credential_changed"]
    old = user.model_copy(update={"last_password_change_date_time": at(-24 * 90)})
    assert told(credential_changes, evidence(user=old)) == []


def test_mail_of_several_services_about_passwords_within_a_day_is_found() -> None:
    services = ("shop.example", "bank.example", "social.example")
    mails = [
        message("Reset your password", hours=n, sender=f"no-reply@mail.{name}")
        for n, name in enumerate(services)
    ]
    assert counting(credential_changes, evidence(password_reset_mail=mails)) == [
        "password_reset_mail_of_several_services"
    ]
    same = [message("Reset your password", hours=n, sender="no-reply@shop.example") for n in range(5)]
    assert counting(credential_changes, evidence(password_reset_mail=same)) == []


def test_one_of_the_two_logs_is_enough_to_call_it_absent() -> None:
    assert lacks(credential_changes.NEEDS, evidence())
    assert not lacks(credential_changes.NEEDS, evidence(audit_log=[]))


TOKENS = "Update StsRefreshTokenValidFrom Timestamp"


@pytest.mark.parametrize(
    ("why", "what", "sign"),
    [
        (
            "all sessions ended, from a new place",
            seen(change(0, NEW_PLACE, TOKENS)),
            "refresh_tokens_revoked",
        ),
        ("all sessions ended, by the intruder", seen(change(0, INTRUDER, TOKENS)), "refresh_tokens_revoked"),
        ("all sessions ended, at the office", seen(change(0, OFFICE, TOKENS)), "refresh_tokens_reset"),
        ("an administrator revoked them", seen(record(TOKENS, actor=NESTOR)), "refresh_tokens_reset"),
        (
            "they go with a new password",
            seen(change(0, NEW_PLACE), change(0.01, NEW_PLACE, TOKENS)),
            "refresh_tokens_reset",
        ),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_revoked_refresh_tokens_are_told_and_weigh_only_alone(why: str, what: Evidence, sign: str) -> None:
    found = {one.sign.id for one in credential_changes.detect(what, USUAL) if "refresh" in one.sign.id}
    assert found == {sign}


@pytest.mark.parametrize(
    ("operation", "made"),
    [
        ("Create application password for user", Made.FOR_APPS),
        ("Create Temporary Access Pass", Made.TEMPORARY),
        ("Change user password", None),
    ],
)
def test_what_was_made_is_told_as_a_code_that_no_sentence_has_to_be_read_for(
    operation: str, made: Made | None
) -> None:
    found = list(credential_changes.detect(whole := seen(change(0, NEW_PLACE, operation)), learn(whole)))
    assert {one.made for one in found} == {made}
