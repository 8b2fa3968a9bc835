"""Answers in the shapes of Microsoft's pages and of captures, with values of ours."""

from __future__ import annotations

from typing import Any

import pytest

from graph.errors import Broken, NoPermission, Refused
from graph.queries import (
    app_role_assignments,
    authentication_methods,
    message_trace,
    password_reset_mail,
    registered_devices,
    risk_detections,
    sign_ins,
)
from graph.request import Cmdlet, Request
from tests.graph.play import NOW, USER_ID, Answer, a_question, always, by_name, play

SIGN_IN = {
    "id": "66ea54eb-6301-4ee5-be62-ff5a759b0100",
    "createdDateTime": "2026-09-12T16:03:35.0000000Z",
    "userId": USER_ID,
    "appDisplayName": "Microsoft Authentication Broker",
    "ipAddress": "203.0.113.77",
    "location": {"city": "Redmond", "state": "Washington", "countryOrRegion": "US"},
    "status": {"errorCode": 0, "failureReason": "Other.", "additionalDetails": None},
}
BETA_ONLY = {
    "authenticationProtocol": "deviceCode",
    "originalTransferMethod": "deviceCodeFlow",
    "sessionId": "00aa11bb-2233-4455-6677-8899aabbccdd",
    "autonomousSystemNumber": 64496,
    "authenticationRequirement": "singleFactorAuthentication",
    "signInEventTypes": ["interactiveUser"],
}


def graph_of_two_versions(what: Request | Cmdlet) -> Answer:
    """What only beta has, only beta gives."""
    assert isinstance(what, Request)
    return [{**SIGN_IN, **BETA_ONLY}] if what.version == "beta" else [SIGN_IN]


def test_an_interactive_sign_in_tells_device_code_session_and_network() -> None:
    (one,) = play(sign_ins.ask(a_question()), graph_of_two_versions).value.value
    assert one.authentication_protocol == "deviceCode"
    assert one.original_transfer_method == "deviceCodeFlow"
    assert one.session_id
    assert one.autonomous_system_number == 64496


def test_where_beta_refuses_v1_answers_and_says_what_it_does_not_tell() -> None:
    def microsoft(what: Request | Cmdlet) -> Answer:
        assert isinstance(what, Request)
        return Refused("Beta is closed.") if what.version == "beta" else [SIGN_IN]

    answer = play(sign_ins.ask(a_question()), microsoft).value
    assert len(answer.value) == 1
    assert answer.missing == ("device codes, sessions and networks of interactive sign-ins (Beta is closed)",)


def test_an_assignment_says_whether_it_came_with_a_group() -> None:
    item = {
        "id": "41W1zT6z1U-kJxf62svfp1HFE8pMZhxDun-ThPczmJE",
        "principalDisplayName": "Sales department",
        "principalId": "aaaaaaaa-0000-0000-0000-000000000001",
        "principalType": "Group",
        "resourceDisplayName": "CRM",
        "resourceId": "8e881353-1735-45af-af21-ee1344582a4d",
    }
    answer = play(app_role_assignments.ask(a_question()), always(item)).value
    (one,) = answer.value
    assert (one.principal_type, one.principal_display_name) == ("Group", "Sales department")
    assert answer.missing == ()


def device(id_: str, **known: Any) -> dict[str, Any]:
    names = ("deviceId", "displayName", "operatingSystem", "accountEnabled", "registrationDateTime")
    return {"@odata.type": "#microsoft.graph.device", "id": id_, **dict.fromkeys(names), **known}


def test_devices_that_came_with_limited_information_are_a_gap() -> None:
    rows = [
        device("d-1"),
        device("d-2", displayName="PC", accountEnabled=True),
        {"@odata.type": "#microsoft.graph.appRoleAssignment", "id": "no-device"},
    ]
    played = play(registered_devices.ask(a_question()), always(*rows))
    assert [one.id for one in played.value.value] == ["d-1", "d-2"]
    assert played.value.missing == ("everything but the ID of 1 device (needs Device.Read.All)",)
    assert [one.path for one in played.asked if isinstance(one, Request)] == [
        f"/users/{USER_ID}/ownedDevices",
        f"/users/{USER_ID}/registeredDevices",
    ]


MAIL = {
    "id": "m",
    "subject": "Reset your password",
    "toRecipients": [],
    "receivedDateTime": "2026-09-12T08:00:00Z",
}


def test_mail_about_resets_is_found_without_the_right_to_search() -> None:
    def microsoft(what: Request | Cmdlet) -> Answer:
        assert isinstance(what, Request)
        return (
            NoPermission("No.")
            if "$search" in what.query
            else [MAIL, {**MAIL, "id": "n", "subject": "Lunch"}]
        )

    played = play(password_reset_mail.ask(a_question()), microsoft)
    assert [one.id for one in played.value.value] == ["m"]
    assert played.value.missing == ()
    last = played.asked[-1]
    assert isinstance(last, Request)
    assert last.query["$filter"].startswith("receivedDateTime ge ")
    assert "body" not in last.query["$select"]


def test_who_may_read_no_mail_at_all_is_told_so() -> None:
    with pytest.raises(NoPermission):
        play(password_reset_mail.ask(a_question()), lambda _: NoPermission("No."))


def test_risks_are_asked_for_by_the_page_and_hidden_ones_are_a_gap() -> None:
    rows = [
        {"id": "1", "riskEventType": "generic", "riskLevel": "hidden", "riskDetail": "hidden"},
        {"id": "2", "riskEventType": "unfamiliarFeatures", "riskLevel": "high"},
    ]
    played = play(risk_detections.ask(a_question()), always(*rows))
    (request,) = played.asked
    assert isinstance(request, Request)
    assert request.query["$top"] == "500"
    assert played.value.missing == ("details of 1 risk (needs Microsoft Entra ID P2)",)
    assert risk_detections.LICENSE == "Microsoft Entra ID P1"


@pytest.mark.parametrize(
    ("chooses", "first"), [(True, ("Fido2",)), (False, ()), (None, ())], ids=["on", "off", "untold"]
)
def test_what_entra_asks_for_first_is_told_beside_the_users_choice(
    chooses: bool | None, first: tuple[str, ...]
) -> None:
    summary = {
        "id": USER_ID,
        "isSystemPreferredAuthenticationMethodEnabled": chooses,
        "systemPreferredAuthenticationMethods": ["Fido2"],
        "userPreferredMethodForSecondaryAuthentication": "push",
    }
    table: dict[str, Answer] = {"/authentication/methods": [], "/userRegistrationDetails/": [summary]}
    found = play(authentication_methods.ask(a_question()), by_name(table)).value.value
    assert (found.default_method, found.system_preferred) == ("push", first)


@pytest.mark.parametrize(
    ("methods", "missing"),
    [
        ([{"id": "1", "createdDateTime": "2026-01-02T03:04:05Z"}], ()),
        ([{"id": "1", "createdDateTime": None}], ("createdDateTime of 1 entry",)),
        ([{"id": "1"}, {"id": "2", "createdDateTime": None}], ("createdDateTime of 2 entries",)),
    ],
    ids=["told", "null", "left out"],
)
def test_a_method_that_does_not_say_when_it_was_registered_does_not_pass_for_an_old_one(
    methods: list[dict[str, Any]], missing: tuple[str, ...]
) -> None:
    password = {"id": "p", "@odata.type": "#microsoft.graph.passwordAuthenticationMethod"}
    phones = [{**one, "@odata.type": "#microsoft.graph.phoneAuthenticationMethod"} for one in methods]
    table: dict[str, Answer] = {
        "/authentication/methods": [password, *phones],
        "/userRegistrationDetails/": [{}],
    }
    answer = play(authentication_methods.ask(a_question()), by_name(table)).value
    assert answer.missing == missing


def test_a_clock_ahead_of_microsofts_asks_the_trace_once_more() -> None:
    def microsoft(what: Request | Cmdlet) -> Answer:
        assert isinstance(what, Request), "the slower cmdlet is not needed"
        later = f"le {NOW:%Y-%m-%dT%H:%M:%SZ}" in what.query["$filter"]
        return Refused("endDateTime must not be later than the current date.") if later else []

    assert play(message_trace.ask(a_question(25)), microsoft).value.value == ()


def test_a_trace_that_fails_otherwise_fails() -> None:
    with pytest.raises(Broken):
        play(message_trace.ask(a_question()), lambda _: Broken("No."))
