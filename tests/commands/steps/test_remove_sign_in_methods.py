"""Removing ways to sign in."""

from __future__ import annotations

from typing import Any

import pytest

from commands.plans.plan import same
from commands.plans.planning_input import PlanningInput
from commands.steps import remove_sign_in_methods
from commands.symptoms import credential_changes, strong_authentication
from graph.evidence import Known
from graph.request import Request
from graph.resources.sign_ins import AuthenticationMethod, RegisteredMethods
from tests.commands.evidence import ADELE, INTRUDER, at, record, sign_in
from tests.commands.steps.planning_inputs import (
    UNSEEN,
    changes,
    finding,
    guarded,
    nothing,
    only_change,
    planning,
    tasks,
)

BASE = f"/users/{ADELE.id}/authentication"


def method(kind: str, id: str = "", **fields: Any) -> AuthenticationMethod:  # noqa: A002 - the field's own name
    return AuthenticationMethod(id=id or kind, kind=kind, **{"created_date_time": at(-2000), **fields})


PASSWORD = method("password")
PHONE = method("phone", phone_number="+1 2065550101", phone_type="mobile")
APP = method("microsoftAuthenticator", display_name="Pixel 9")


def about(
    *methods: AuthenticationMethod, default: str = "", found: Any = (), **sources: Any
) -> PlanningInput:
    held = RegisteredMethods(methods=methods, default_method=default)
    return planning(found=found, authentication_methods=held, **{"directory_roles": [], **sources})


def test_a_telephone_is_removed_and_can_be_registered_again():
    change = only_change(remove_sign_in_methods, about(PASSWORD, PHONE))
    assert change.id == "remove_sign_in_methods:phone"
    assert change.do == Request("DELETE", f"{BASE}/phoneMethods/phone")
    assert change.look.ask == Request("GET", f"{BASE}/phoneMethods")
    assert change.look.where == {"id": "phone"}
    assert change.expects == {"phoneNumber": "+1 2065550101", "phoneType": "mobile"}
    assert change.wants is None
    assert change.undo is not None
    assert change.undo.do == Request(
        "POST", f"{BASE}/phoneMethods", body={"phoneNumber": "+1 2065550101", "phoneType": "mobile"}
    )
    assert same(change.undo.wants, change.expects)


def test_a_mail_address_is_removed_and_can_be_registered_again():
    change = only_change(remove_sign_in_methods, about(method("email", email_address="a@fabrikam.example")))
    assert change.undo is not None
    assert change.undo.do == Request(
        "POST", f"{BASE}/emailMethods", body={"emailAddress": "a@fabrikam.example"}
    )


@pytest.mark.parametrize(
    ("kind", "segment"),
    [
        ("microsoftAuthenticator", "microsoftAuthenticatorMethods"),
        ("fido2", "fido2Methods"),
        ("softwareOath", "softwareOathMethods"),
        ("temporaryAccessPass", "temporaryAccessPassMethods"),
        ("windowsHelloForBusiness", "windowsHelloForBusinessMethods"),
        ("platformCredential", "platformCredentialMethods"),
        ("external", "externalAuthenticationMethods"),
    ],
)
def test_what_only_the_user_can_register_again_has_no_undo(kind: str, segment: str):
    change = only_change(remove_sign_in_methods, about(method(kind)))
    reference = "/$ref" if kind == "external" else ""
    assert change.do == Request("DELETE", f"{BASE}/{segment}/{kind}{reference}")
    assert (change.expects, change.wants) == ({}, None)
    assert change.undo is None
    assert change.no_undo


def test_of_an_external_method_people_are_told_what_to_do_if_it_is_refused():
    """The page says $ref, Microsoft's permission table and schema do not."""
    change = only_change(remove_sign_in_methods, about(method("external")))
    assert any("If Microsoft refuses this, remove the method in" in one for one in change.warns)
    other = only_change(remove_sign_in_methods, about(method("fido2")))
    assert not any("If Microsoft refuses" in one for one in other.warns)


def test_a_hardware_token_is_removed_through_the_beta_version():
    change = only_change(remove_sign_in_methods, about(method("hardwareOath")))
    assert isinstance(change.do, Request)
    assert isinstance(change.look.ask, Request)
    assert change.do.version == change.look.ask.version == "beta"


def test_a_kind_that_no_application_can_remove_is_left_to_a_person():
    on = about(method("qrCodePin"))
    assert changes(remove_sign_in_methods, on) == []
    assert len(tasks(remove_sign_in_methods, on)) == 1


def test_the_password_is_never_removed():
    reason = nothing(remove_sign_in_methods, about(PASSWORD))
    assert not reason.refused
    assert not any(
        "28c10230" in change.id for change in changes(remove_sign_in_methods, about(PASSWORD, PHONE))
    )


def test_a_method_that_a_finding_names_is_suggested_and_the_others_are_offered():
    found = [finding("strong_authentication", APP.id, summary="The Pixel 9 was added.")]
    by_id = {one.id: one for one in changes(remove_sign_in_methods, about(PHONE, APP, found=found))}
    assert by_id[f"remove_sign_in_methods:{APP.id}"].suggested
    assert by_id[f"remove_sign_in_methods:{APP.id}"].why == "The Pixel 9 was added."
    assert not by_id["remove_sign_in_methods:phone"].suggested


def test_audit_records_name_no_method_so_that_the_time_of_creation_has_to_tell():
    intrusion = sign_in(
        hours=-5, address=INTRUDER, risk_level_during_sign_in="high", user_agent="axios/1.7.2"
    )
    registered = record("User registered security info", hours=-4, address=INTRUDER)
    mine = method("phone", "old", phone_number="+1 2065550101", phone_type="mobile")
    theirs = method("microsoftAuthenticator", "new", created_date_time=at(-4))
    on = planning(
        authentication_methods=RegisteredMethods(methods=(mine, theirs)),
        directory_roles=[],
        sign_ins=[intrusion],
        directory_audits_on_user=[registered],
    )
    by_id = {one.id: one for one in changes(remove_sign_in_methods, on)}
    assert by_id["remove_sign_in_methods:new"].suggested
    assert by_id["remove_sign_in_methods:new"].why.startswith(
        "It was registered within five minutes of this:"
    )
    assert not by_id["remove_sign_in_methods:old"].suggested


ADDED = strong_authentication.ADDED
MEANT = [
    finding("strong_authentication", "r", at=at(-4.05), sign=ADDED),
    finding("strong_authentication", "r", at=at(-4), sign=strong_authentication.BY_INTRUDER),
    finding("credential_changes", "r", at=at(-4), sign=credential_changes.METHOD_BY_SUSPECT),
]


@pytest.mark.parametrize("one", MEANT, ids=[row.sign.id for row in MEANT])
def test_a_method_made_when_a_finding_tells_of_one_is_suggested(one: Any):
    new = method("microsoftAuthenticator", "new", created_date_time=at(-4))
    assert only_change(remove_sign_in_methods, about(new, found=[one])).suggested


NOT_MEANT = [
    (
        "a finding of a new password says nothing about a method",
        finding("credential_changes", "r", at=at(-4), sign=credential_changes.PASSWORD_BY_SUSPECT),
    ),
    (
        "a method taken away is not the one that is there",
        finding("strong_authentication", "r", at=at(-4), sign=strong_authentication.REMOVED),
    ),
    ("an hour is too far away", finding("strong_authentication", "r", at=at(-3), sign=ADDED)),
    ("no time is no hint", finding("strong_authentication", "r", sign=ADDED)),
]


@pytest.mark.parametrize(("why", "one"), NOT_MEANT, ids=[row[0] for row in NOT_MEANT])
def test_a_method_is_not_suggested_for_something_else(why: str, one: Any):
    new = method("microsoftAuthenticator", "new", created_date_time=at(-4))
    assert not only_change(remove_sign_in_methods, about(new, found=[one])).suggested


DEFAULTS = [
    ("push", "microsoftAuthenticator", ""),
    ("oath", "softwareOath", ""),
    ("sms", "phone", "mobile"),
    ("voiceMobile", "phone", "mobile"),
    ("voiceAlternateMobile", "phone", "alternateMobile"),
    ("voiceOffice", "phone", "office"),
]


@pytest.mark.parametrize(("default", "kind", "which"), DEFAULTS)
def test_the_default_method_comes_last_even_when_it_alone_is_suggested(default: str, kind: str, which: str):
    chosen = method(kind, "chosen", phone_type=which, phone_number="+1 2065550100" if which else "")
    found = [finding("strong_authentication", "chosen")]
    planned = changes(remove_sign_in_methods, about(chosen, method("fido2"), default=default, found=found))
    assert [one.id.partition(":")[2] for one in planned] == ["fido2", "chosen"]
    assert any("default method" in warning for warning in planned[-1].warns)
    assert not any("default method" in warning for warning in planned[0].warns)


def test_a_default_that_is_the_only_method_can_go_at_once():
    change = only_change(remove_sign_in_methods, about(APP, default="push"))
    assert not any("default method" in warning for warning in change.warns)


def test_the_rule_for_administrators_is_told_before_it_fails():
    change = only_change(remove_sign_in_methods, about(PHONE, directory_roles=UNSEEN))
    assert any("Privileged Authentication Administrator" in warning for warning in change.warns)


def test_what_is_missing_of_the_list_is_said():
    held = Known(RegisteredMethods(methods=(PHONE,)), missing=("which method is the default",))
    change = only_change(
        remove_sign_in_methods, planning(found=[], authentication_methods=held, directory_roles=[])
    )
    assert any("which method is the default" in warning for warning in change.warns)


def test_methods_that_could_not_be_seen_are_not_guessed():
    assert nothing(remove_sign_in_methods, planning(authentication_methods=UNSEEN)).refused


def test_a_protected_account_keeps_its_methods():
    assert nothing(remove_sign_in_methods, about(PHONE, guard=guarded())).refused


def test_an_alternate_number_goes_before_the_mobile_one_that_it_stands_on():
    first, second = (
        method("phone", "1", phone_type="mobile"),
        method("phone", "2", phone_type="alternateMobile"),
    )
    planned = changes(remove_sign_in_methods, about(first, second))
    assert [one.id for one in planned] == ["remove_sign_in_methods:2", "remove_sign_in_methods:1"]
