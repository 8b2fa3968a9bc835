"""What else a sign-in tells: its network's kind, device, application, factor and policy, and odd errors.

Each of these is harmless by itself for a user who is on the road, so only what comes from outside the user's
own networks is looked at, and each weighs little. Source: Microsoft Graph beta, "signIn resource type";
Microsoft Entra, "Authentication error codes"; Microsoft Entra ID Protection, "What are risk detections";
detections D36, D38, D42, D44 to D46 and D48 to D50 of the public rules.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from operator import attrgetter
from typing import Final

from commands.clues.actions import AUDITS
from commands.clues.alerts import alerts_of, tells
from commands.clues.busiest import busiest
from commands.clues.records import (
    MAIL_CLIENTS,
    found,
    listed,
    one_line,
)
from commands.facts import NetworkKind, ProgramKind
from commands.report import Finding, Sign, weighed
from commands.sentence import Sentence, around, ending, further, sentence, whole
from commands.usual import Usual
from commands.usual.agents import agent_of, family_of
from commands.usual.own import ENOUGH
from commands.usual.places import belongs_to_microsoft, spot_of
from commands.usual.sign_ins import SETTLED, is_own_device
from graph.evidence import Evidence
from graph.resources.sign_ins import RiskDetection, SignIn

TITLE = "Unusual network, device, application or policy result at sign-in"
SOURCE = "additional indicator"
NEEDS: Final = (("sign_ins", "audit_log"),)
HELPS: Final = ("sign_ins_non_interactive", "risk_detections", *AUDITS[1:])

ANONYMOUS = weighed("anonymous_network")
HOSTED = weighed("hosting_network")
DEVICE = weighed("unknown_device_signed_in")
CLIENT = weighed("token_client_signed_in")
APP = weighed("unfamiliar_app_signed_in")
ONE_FACTOR = weighed("single_factor_sign_in")
NO_POLICY = weighed("policy_did_not_apply")
STOPPED = weighed("stopped_after_password")
CODES = weighed("codes_guessed")
KIT = weighed("phishing_kit_sign_in")
DISABLED = weighed("disabled_account_tried")
TOKENS = weighed("token_errors")
SIGNS: Final = (
    ANONYMOUS,
    HOSTED,
    DEVICE,
    CLIENT,
    APP,
    ONE_FACTOR,
    NO_POLICY,
    STOPPED,
    CODES,
    KIT,
    DISABLED,
    TOKENS,
)

ANONYMOUS_RISKS: Final = frozenset(
    {"anonymizedipaddress", "maliciousipaddress", "nationstateip", "riskyipaddress", "suspiciousipaddress"}
    | {"maliciousipaddressvalidcredentialsblockedip"}
)
"""Risk detections that say what kind of address it is."""

TOKEN_CLIENTS: Final = {
    "29d9ed98-a469-4536-ade2-f981bc1d605e": "Microsoft Authentication Broker",
    "aebc6443-996d-45c2-90f0-388ff96faa56": "Visual Studio Code",
    "04b07795-8ddb-461a-bbee-02f9e1bf7b46": "Microsoft Azure CLI",
    "1950a258-227b-4e31-a9cf-717495945fc2": "Microsoft Azure PowerShell",
    "14d82eec-204b-4c2f-b7e8-296a70dab67e": "Microsoft Graph Command Line Tools",
    "1b730954-1685-4b74-9bfd-dac224a7b894": "Azure Active Directory PowerShell",
    "d3590ed6-52b3-4102-aeff-aad2292ab01c": "Microsoft Office",
    "9ba1a5c7-f17a-4de9-a1f1-6178c8d51223": "Microsoft Intune Company Portal",
}
"""Microsoft's own public clients that are used to turn a stolen code or token into others."""

TOKEN_RESOURCES: Final = frozenset(
    {
        "00000003-0000-0000-c000-000000000000",  # Microsoft Graph
        "00000002-0000-0000-c000-000000000000",  # Azure AD Graph
        "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9",  # Device Registration Service
        "797f4846-ba00-4fd7-ba43-dac1f8f63013",  # Azure Service Management
    }
)
"""Services that give such a client the directory, mail, or a registered device of its own."""

EVERYDAY_CLIENTS: Final = frozenset({"d3590ed6-52b3-4102-aeff-aad2292ab01c"})
"""Those that sign in for nearly everybody every day; only a device of their own makes them telling."""

DEVICE_REGISTRATION: Final = "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9"

RELAYED_APPS: Final = frozenset(
    {
        "4765445b-32c6-49b0-83e6-1d93765276ca",  # OfficeHome, the page that a relayed sign-in ends at
        "29d9ed98-a469-4536-ade2-f981bc1d605e",  # Microsoft Authentication Broker
    }
)
"""Applications that phishing kits sign in to as the user; their library's name gives them away."""

AFTER_PASSWORD: Final = frozenset(
    {50072, 50074, 50076, 50079, 53000, 53001, 53002, 53003, 53004, 53011, 530032, 530034}
)
"""Errors that come only after the right password: a second factor or a policy was missing."""

WRONG_CODE: Final = 500121
DISABLED_ACCOUNT: Final = 50057
TOKEN_ERRORS: Final = frozenset(
    {50005, 50097, 50129, 50132, 50133, 50155, 50158, 50173, 65002, 700082, 700084}
)
"""Errors of sessions, tokens and devices that are no longer, or never were, the user's."""

MANY_CODES: Final = 6
"""Wrong one-time codes within `CODES_SPAN` that nobody mistypes."""

CODES_SPAN: Final = timedelta(minutes=30)

SEVERAL: Final = 3
"""Token errors from one place from which on they are no accident."""


def detect(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Yield what the sign-ins of the window tell beside place and time, one finding an address and sign."""
    own = Own(evidence, usual)
    spots: dict[str, list[SignIn]] = defaultdict(list)
    for one in usual.sign_ins:
        strange = one.ip_address and not usual.is_familiar(one.ip_address)
        if one.created_date_time in evidence.window and strange and not belongs_to_microsoft(one.ip_address):
            spots[spot_of(one.ip_address)].append(one)
    risks: dict[str, list[RiskDetection]] = defaultdict(list)
    for risk in evidence.risk_detections.seen(()):
        kind = risk.risk_event_type.casefold()
        if kind in ANONYMOUS_RISKS and risk.risk_state.casefold() not in SETTLED:
            risks[spot_of(risk.ip_address)].append(risk)
    for spot, used in spots.items():
        got_in = [one for one in used if one.succeeded]
        if got_in:
            yield from _network(got_in, risks.get(spot, ()), usual)
            yield from _kit(got_in, usual)
            yield from _new(got_in, own, usual)
        else:
            yield from _stopped(used, usual)
        yield from _failed(used, got_in, usual)
    for alert in alerts_of(evidence):
        if tells(alert, "anonymous_address"):
            summary = f"Microsoft raised the alert “{one_line(alert.name)}”"
            yield found("sign_in_context", ANONYMOUS, summary, alert.record, records=alert.records)


class Own:
    """What the user's own sign-ins are like: applications, devices, factors and policies.

    Own are those before the window and those from own networks.
    """

    def __init__(self, evidence: Evidence, usual: Usual) -> None:
        mine = [
            one
            for one in usual.sign_ins
            if one.succeeded
            and (one.created_date_time < evidence.window.start or usual.is_familiar(one.ip_address))
        ]
        self.enough = usual.is_well_known
        self.apps = frozenset(one.app_id for one in mine if one.app_id)
        factors = [one for one in mine if one.authentication_requirement]
        self.two_factors = len(factors) >= ENOUGH and all(map(_is_two_factor, factors))
        policies = [one for one in mine if one.conditional_access_status]
        self.policies = len(policies) >= ENOUGH and all(map(_is_under_policy, policies))


def _is_two_factor(one: SignIn) -> bool:
    return one.authentication_requirement.casefold() == "multifactorauthentication"


def _is_under_policy(one: SignIn) -> bool:
    return one.conditional_access_status.casefold() == "success"


def _finding(sign: Sign, what: str | Sentence, sign_ins: Sequence[SignIn], usual: Usual) -> Finding:
    first = sign_ins[0]
    place = further(f" ({usual.place(first.ip_address)})")
    says = sentence(what, around(f", from {first.ip_address}"), place)
    return Finding(
        symptom="sign_in_context",
        sign=sign,
        summary=whole(says),
        at=first.created_date_time,
        by=first.user_principal_name,
        address=first.ip_address,
        records=tuple(one.id for one in sign_ins),
        pieces=says,
    )


def _network(got_in: Sequence[SignIn], risks: Iterable[RiskDetection], usual: Usual) -> Iterator[Finding]:
    told = [
        one
        for one in got_in
        if ANONYMOUS_RISKS & {kind.casefold() for kind in one.risk_event_types_v2}
        and one.risk_state.casefold() not in SETTLED
    ]
    named = next(iter(risks), None)
    if any(is_own_device(each, usual.devices) for each in got_in):
        return
    if told or named:
        what = "Microsoft reports an anonymized or malicious IP address"
        yield _finding(ANONYMOUS, what, told or got_in, usual)
        return
    for one in got_in:
        network = usual.rented.get(one.ip_address)
        used = one.autonomous_system_number is not None and one.autonomous_system_number in usual.systems
        if network and network.kind not in _ORDINARY and not used:
            yield _finding(
                HOSTED, f"{usual.use(one.ip_address).capitalize()} through {network}", [one], usual
            )
            return


_ORDINARY: Final = frozenset({NetworkKind.RELAY, NetworkKind.GATEWAY})
"""Networks that people come through without renting anything themselves."""


def _kit(got_in: Sequence[SignIn], usual: Usual) -> Iterator[Finding]:
    kit = [
        one
        for one in got_in
        if one.app_id.casefold() in RELAYED_APPS
        and (agent := agent_of(one.user_agent)) is not None
        and agent.kind is ProgramKind.KIT
        and family_of(one.user_agent) not in usual.agents
    ]
    if kit:
        did = "acted" if usual.is_visited(kit[0].ip_address) else "signed in to the portal"
        what = f"A library that phishing kits use {did} in the user's name"
        yield _finding(KIT, what, kit, usual)


def _new(got_in: Sequence[SignIn], own: Own, usual: Usual) -> Iterator[Finding]:
    visited = usual.is_visited(got_in[0].ip_address)
    if not own.enough or visited or any(is_own_device(each, usual.devices) for each in got_in):
        return
    clients = [one for one in got_in if _is_token_client(one) and one.app_id not in own.apps]
    if clients:
        name = TOKEN_CLIENTS[clients[0].app_id.casefold()]
        what = f"{name}, which this user does not use, got a token"
        yield _finding(CLIENT, what, clients, usual)
    others = [
        one
        for one in got_in
        if one.app_id
        and one.app_id not in own.apps
        and one.app_id.casefold() not in MAIL_CLIENTS
        and not _is_token_client(one)
    ]
    if own.apps and others:
        names = dict.fromkeys(one_line(one.app_display_name or one.app_id) for one in others)
        which = ending(f" ({listed(list(names), 3)})")
        says = sentence("Sign-in to applications that are unfamiliar for this user", which)
        yield _finding(APP, says, others, usual)
    people = [one for one in got_in if one.is_interactive is not False]
    if usual.devices and people:
        yield _finding(DEVICE, "Sign-in from an unfamiliar or unmanaged device", people, usual)
    single = [one for one in people if one.authentication_requirement and not _is_two_factor(one)]
    if own.two_factors and single:
        yield _finding(
            ONE_FACTOR, "Sign-in with one factor, though this user always needs two", single, usual
        )
    free = [one for one in people if one.conditional_access_status and not _is_under_policy(one)]
    if own.policies and free:
        what = "Sign-in to which no Conditional Access policy applied, though one always does"
        yield _finding(NO_POLICY, what, free, usual)


def _is_token_client(one: SignIn) -> bool:
    app, resource = one.app_id.casefold(), one.resource_id.casefold()
    if app in EVERYDAY_CLIENTS:
        return resource == DEVICE_REGISTRATION
    return app in TOKEN_CLIENTS and resource in TOKEN_RESOURCES


def _stopped(used: Sequence[SignIn], usual: Usual) -> Iterator[Finding]:
    stopped = [one for one in used if one.status.error_code in AFTER_PASSWORD]
    if stopped and not any(is_own_device(each, usual.devices) for each in used):
        what = "The password was right, and only MFA or a policy stopped the sign-in"
        yield _finding(STOPPED, what, stopped, usual)


def _failed(used: Sequence[SignIn], got_in: Sequence[SignIn], usual: Usual) -> Iterator[Finding]:
    when = attrgetter("created_date_time")
    codes = busiest(sorted(filter(_is_wrong_code, used), key=when), CODES_SPAN, when)
    if len(codes) >= MANY_CODES:
        yield _finding(CODES, f"{len(codes)} one-time codes were wrong within half an hour", codes, usual)
    disabled = [one for one in used if one.status.error_code == DISABLED_ACCOUNT]
    if disabled:
        yield _finding(DISABLED, "Someone tried to sign in while the account was disabled", disabled, usual)
    odd = [one for one in used if one.status.error_code in TOKEN_ERRORS and not _is_wrong_code(one)]
    if len(odd) >= SEVERAL and not got_in:
        what = f"{len(odd)} sign-ins with an expired or foreign session, token or device failed"
        yield _finding(TOKENS, what, odd, usual)


def _is_wrong_code(one: SignIn) -> bool:
    method = one.mfa_detail.auth_method.casefold() if one.mfa_detail else ""
    asked = "oath" in method or "code" in method or "text" in method or "otp" in method
    return asked and not one.succeeded and one.status.error_code == WRONG_CODE
