"""What else a sign-in tells is found from unfamiliar networks, and left alone where it is the user's own."""

from __future__ import annotations

from typing import Any

import pytest

from commands.symptoms import sign_in_context
from graph.resources.sign_ins import RiskDetection, SignIn
from tests.commands.evidence import INTRUDER, OFFICE, at, record, sign_in
from tests.commands.symptoms.judging import HOTEL, LAPTOP, LONDON, findings, ordinary, past, signs

OUTLOOK = {"app_id": "5d661950-3475-41cd-a2c3-d671a3162bc1", "app_display_name": "Microsoft Outlook"}
TWO = {
    "authentication_requirement": "multiFactorAuthentication",
    "conditional_access_status": "success",
}
GRAPH = "00000003-0000-0000-c000-000000000000"
REGISTRATION = "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9"
CODE = {"mfa_detail": {"authMethod": "OATH verification code"}}


def known() -> list[SignIn]:
    """Three weeks with one laptop, one application, two factors and a policy."""
    return [ordinary(hours=-24 * day, session_id=f"ordinary-{day}", **OUTLOOK, **TWO) for day in range(8, 29)]


def away(*, hours: float = -1, address: str = HOTEL, **fields: Any) -> SignIn:
    """A sign-in from a hotel, with everything but the place as always."""
    same = {"location": LONDON, "device_detail": LAPTOP, **OUTLOOK, **TWO}
    return sign_in(hours=hours, address=address, **{**same, **fields})


def borrowed(**fields: Any) -> SignIn:
    """The same on a computer that is not the user's."""
    return away(**{"device_detail": None, **fields})


def risk(kind: str, state: str = "atRisk") -> RiskDetection:
    return RiskDetection(
        id="risk-1",
        risk_event_type=kind,
        risk_level="low",
        risk_state=state,
        ip_address=INTRUDER,
        activity_date_time=at(-1),
    )


def alert(name: str) -> Any:
    return record("AlertTriggered", details={"Name": name})


def failing(code: int, times: int, **fields: Any) -> list[SignIn]:
    return [borrowed(hours=-1 + n / 60, error_code=code, **fields) for n in range(times)]


FOUND: list[tuple[str, str, dict[str, Any]]] = [
    (
        "Microsoft calls the address anonymous",
        "anonymous_network",
        {"risk_event_types_v2": ["anonymizedIPAddress"]},
    ),
    ("through a rented server", "hosting_network", {"autonomous_system_number": 14061}),
    ("through a VPN", "hosting_network", {"autonomous_system_number": 9009}),
    (
        "a phishing kit relays her sign-in",
        "phishing_kit_sign_in",
        {"app_id": "4765445b-32c6-49b0-83e6-1d93765276ca", "user_agent": "axios/1.7.2"},
    ),
    ("a device that nobody knows", "unknown_device_signed_in", {}),
    (
        "a developer's client gets a token for Graph",
        "token_client_signed_in",
        {"app_id": "aebc6443-996d-45c2-90f0-388ff96faa56", "resource_id": GRAPH},
    ),
    (
        "a client registers a device",
        "token_client_signed_in",
        {"app_id": "29d9ed98-a469-4536-ade2-f981bc1d605e", "resource_id": REGISTRATION},
    ),
    (
        "an application of no use to her",
        "unfamiliar_app_signed_in",
        {"app_id": "0000000c", "app_display_name": "Apps"},
    ),
    (
        "one factor was enough",
        "single_factor_sign_in",
        {"authentication_requirement": "singleFactorAuthentication"},
    ),
    ("no policy applied", "policy_did_not_apply", {"conditional_access_status": "notApplied"}),
]


@pytest.mark.parametrize(("why", "sign", "fields"), FOUND, ids=[row[0] for row in FOUND])
def test_it_finds_what_a_sign_in_on_a_foreign_computer_tells(why, sign, fields):
    assert sign in signs(sign_in_context, sign_ins=[*known(), borrowed(**fields)])


ON_THE_ROAD = [row for row in FOUND if row[1] not in {"policy_did_not_apply", "phishing_kit_sign_in"}]


@pytest.mark.parametrize(("why", "sign", "fields"), ON_THE_ROAD, ids=[row[0] for row in ON_THE_ROAD])
def test_the_own_laptop_on_the_road_explains_it(why, sign, fields):
    assert signs(sign_in_context, sign_ins=[*known(), away(**fields)]) == set()


@pytest.mark.parametrize(("why", "sign", "fields"), FOUND, ids=[row[0] for row in FOUND])
def test_it_says_nothing_of_the_office(why, sign, fields):
    assert signs(sign_in_context, sign_ins=[*known(), borrowed(address=OFFICE, **fields)]) == set()


@pytest.mark.parametrize(("why", "sign", "fields"), FOUND[4:], ids=[row[0] for row in FOUND[4:]])
def test_with_little_known_nothing_is_new(why, sign, fields):
    assert signs(sign_in_context, sign_ins=[*known()[:5], borrowed(**fields)]) == set()


FAILED: list[tuple[str, str, list[SignIn]]] = [
    ("the password was right and a policy stopped it", "stopped_after_password", failing(53003, 1)),
    ("the password was right and the second factor missing", "stopped_after_password", failing(50074, 1)),
    ("six codes guessed", "codes_guessed", failing(500121, 6, **CODE)),
    ("a disabled account", "disabled_account_tried", failing(50057, 1)),
    ("revoked tokens tried", "token_errors", failing(50173, 3)),
]

HARMLESS: list[tuple[str, list[SignIn]]] = [
    ("the second factor came a moment later", [*failing(50074, 1), borrowed(device_detail=LAPTOP)]),
    ("five mistyped codes", failing(500121, 5, **CODE)),
    ("prompts that were not answered are no codes", failing(500121, 9)),
    ("codes over a day", [borrowed(hours=-n, error_code=500121, **CODE) for n in range(1, 9)]),
    ("her own telephone at the office goes on trying", failing(50057, 4, address=OFFICE)),
    ("two old tokens", failing(50173, 2)),
    ("an old token, then she signs in anew", [*failing(50173, 4), away()]),
    ("wrong passwords are told elsewhere", failing(50126, 9)),
    ("the own laptop is stopped abroad", failing(53003, 1, device_detail=LAPTOP)),
]


@pytest.mark.parametrize(("why", "sign", "tried"), FAILED, ids=[row[0] for row in FAILED])
def test_it_finds_what_failed_sign_ins_tell(why, sign, tried):
    assert signs(sign_in_context, sign_ins=[*known(), *tried]) == {sign}


@pytest.mark.parametrize(("why", "tried"), HARMLESS, ids=[row[0] for row in HARMLESS])
def test_it_leaves_alone(why, tried):
    assert signs(sign_in_context, sign_ins=[*known(), *tried]) == set()


def test_a_risk_detection_and_an_alert_name_the_address_too():
    got_in = sign_in(hours=-1, address=INTRUDER, location=LONDON)
    for risks, expected in (
        ([risk("anonymizedIPAddress")], {"anonymous_network"}),
        ([risk("anonymizedIPAddress", "dismissed")], set()),
        ([risk("unfamiliarFeatures")], set()),
    ):
        told = signs(sign_in_context, sign_ins=[*past(), got_in], risk_detections=risks)
        assert told & {"anonymous_network"} == expected
    said = alert("Activity from a Tor IP address")
    assert signs(sign_in_context, sign_ins=past(), audit_log=[said]) == {"anonymous_network"}
    assert signs(sign_in_context, sign_ins=past(), audit_log=[alert("Malware campaign detected")]) == set()


def test_the_own_network_provider_is_no_news_though_it_rents_servers():
    own = [ordinary(hours=-24 * day, autonomous_system_number=14061) for day in range(8, 29)]
    told = signs(sign_in_context, sign_ins=[*own, borrowed(autonomous_system_number=14061)])
    assert "hosting_network" not in told


def test_another_library_or_another_application_is_no_kit():
    portal = "4765445b-32c6-49b0-83e6-1d93765276ca"
    for fields in (
        {"app_id": portal, "user_agent": "curl/8.0"},
        {"app_id": "0000000c", "user_agent": "axios/1.7.2"},
        {"app_id": portal, "user_agent": "Mozilla/5.0 Chrome/140.0"},
    ):
        told = signs(sign_in_context, sign_ins=[*known(), borrowed(**fields)])
        assert "phishing_kit_sign_in" not in told


def test_it_says_which_network_and_from_where():
    (finding,) = [
        one
        for one in findings(sign_in_context, sign_ins=[*known(), borrowed(autonomous_system_number=14061)])
        if one.sign.id == "hosting_network"
    ]
    assert finding.summary == f"Sign-in through DigitalOcean (hosting), from {HOTEL} (London, GB)"
