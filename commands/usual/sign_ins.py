"""All sign-ins of a subject, from every log, and what each tells by itself."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from commands import facts
from commands.facts import ProgramKind
from commands.usual.acts import is_web_visit, visits_of
from commands.usual.agents import agent_of
from commands.usual.places import spot_of
from graph.addresses import address_of
from graph.audit_log.sign_in import LOGONS, sign_in_of
from graph.evidence import Evidence, Unavailable
from graph.resources.sign_ins import SignIn

LOCKED_OUT: Final = 50053
"""The account is locked, or the address is known as malicious. Source: Microsoft Entra, error codes."""

WRONG_PASSWORD: Final = frozenset({50126, LOCKED_OUT, 50056, 50034, 50055})
"""Sign-in errors of somebody who does not know the password. Source: Microsoft Entra, error codes."""

EXCHANGE: Final = "00000002-0000-0ff1-ce00-000000000000"
"""Office 365 Exchange Online. Source: Microsoft Learn, "Verify first-party Microsoft applications"."""

REFUSED_PROMPT: Final = frozenset({500121})
"""Sign-in errors of a second factor that was refused or not answered."""

SETTLED: Final = frozenset({"dismissed", "confirmedsafe", "remediated"})
"""Risk states in which somebody has already answered for the sign-in."""


def all_sign_ins(evidence: Evidence) -> tuple[SignIn, ...]:
    """Give every sign-in of the subject from all logs, each once, oldest first.

    The audit log repeats what the sign-in logs say, later and with less; its records are used only for a
    kind of sign-in that could not be seen there. Addresses come out in their shortest form, "" where there
    is none. Where no log shows that anybody got in, what was done shows it; and where one does, what a
    browser did from an address that nobody signed in from (see `acts`).
    """
    found: dict[str, SignIn] = {}
    for source in (evidence.sign_ins, evidence.sign_ins_non_interactive):
        for one in source.seen(()):
            found.setdefault(one.id, one)
    gaps = [
        one
        for one in (evidence.sign_ins, evidence.sign_ins_non_interactive)
        if isinstance(one, Unavailable) or one.missing
    ]
    if gaps:
        known = {(one.ip_address, int(one.created_date_time.timestamp()) // 60) for one in found.values()}
        for record in evidence.audit_log.seen(()):
            if record.operation not in LOGONS or not evidence.subject.is_meant_by(record.actor):
                continue
            one = sign_in_of(record)
            if not known or (one.ip_address, int(one.created_date_time.timestamp()) // 60) not in known:
                found.setdefault(one.id, one)
    visits = list(visits_of(evidence.records(), evidence.subject))
    if any(one.succeeded for one in found.values()):
        visits = [one for one in visits if is_web_visit(one)]
        # Asked only where it decides: most accounts sign in wherever they read.
        spots = {_spot(one) for one in found.values() if one.succeeded} if visits else ()
        visits = [one for one in visits if _spot(one) not in spots]
    found.update((one.id, one) for one in visits)
    plain = (_with_plain_address(one) for one in found.values())
    return tuple(sorted(plain, key=lambda one: (one.created_date_time, one.id)))


def _spot(one: SignIn) -> str:
    return spot_of(address_of(one.ip_address) or "")


def _with_plain_address(one: SignIn) -> SignIn:
    plain = address_of(one.ip_address) or ""
    return one if plain == one.ip_address else one.model_copy(update={"ip_address": plain})


def is_legacy(sign_in: SignIn) -> bool:
    """Say whether a sign-in used a protocol that knows no second factor.

    A mail program may use an old protocol with OAuth, as a telephone's own one does: it signs in under its
    own name, and where a second factor was demanded, it was met. With a plain password Exchange signs in
    itself.
    Source: Microsoft Learn, "Deprecation of Basic authentication in Exchange Online".
    """
    agent = agent_of(sign_in.user_agent)
    if agent is not None and agent.kind is ProgramKind.LEGACY:
        return True
    old = sign_in.client_app_used.casefold() in facts.legacy_clients()
    by_itself = sign_in.app_id.casefold() not in {"", EXCHANGE}
    return old and not (by_itself and sign_in.succeeded and needs_second_factor(sign_in))


def is_device_code(sign_in: SignIn) -> bool:
    """Say whether the sign-in, or the one that its token stems from, used a device code."""
    flow = f"{sign_in.authentication_protocol} {sign_in.original_transfer_method}".casefold()
    return "devicecode" in flow


def is_managed(sign_in: SignIn) -> bool:
    """Say whether Microsoft vouches for the device."""
    device = sign_in.device_detail
    return device is not None and bool(device.is_compliant or device.is_managed)


def is_own_device(sign_in: SignIn, devices: Collection[str]) -> bool:
    """Say whether Microsoft vouches for the device, or it is one of these by its directory id.

    A stolen primary refresh token carries the device's name to wherever a script uses it, so of a script the
    device says nothing. Source: Microsoft Learn, "Token tactics: how to prevent, detect, and respond to cloud
    token theft".
    """
    named = is_managed(sign_in) or device_of(sign_in) in devices
    return named and ((agent := agent_of(sign_in.user_agent)) is None or agent.kind not in _TOKEN_TOOLS)


_TOKEN_TOOLS: Final = frozenset({ProgramKind.ATTACK, ProgramKind.SPRAY, ProgramKind.KIT, ProgramKind.SCRIPT})


def device_of(sign_in: SignIn) -> str:
    """Give the directory id of the registered device that was used, "" when none was named."""
    return sign_in.device_detail.device_id if sign_in.device_detail else ""


def needs_second_factor(sign_in: SignIn) -> bool:
    """Say whether a second factor was demanded. Source: Graph, signIn, authenticationRequirement."""
    return sign_in.authentication_requirement.casefold() == "multifactorauthentication"


_STRONG: Final = ("windows hello", "fido2", "passkey", "x.509", "certificate")


def is_phishing_resistant(sign_in: SignIn) -> bool:
    """Say whether a factor was met that no page in between can pass on.

    Source: Microsoft Entra, "Conditional Access authentication strength", phishing-resistant MFA; names as in
    "What are the Microsoft Entra sign-in logs", authentication details.
    """
    return any(
        one.succeeded is True and one.authentication_method.casefold().startswith(_STRONG)
        for one in sign_in.authentication_details
    )


def is_by_token(sign_in: SignIn) -> bool:
    """Say whether every factor came with a token that was made before, and none was met.

    Source: Microsoft Graph beta, "authenticationDetail": the method "Previously satisfied".
    """
    steps = sign_in.authentication_details
    return bool(steps) and all(
        one.authentication_method.casefold() == "previously satisfied"
        or "claim in the token" in one.authentication_step_result_detail.casefold()
        for one in steps
    )


def risk_of(sign_in: SignIn) -> str:
    """Give the sign-in's own risk level in lower case, "" when there is none or somebody answered for it."""
    level = sign_in.risk_level_during_sign_in.casefold()
    if level not in {"low", "medium", "high"} or sign_in.risk_state.casefold() in SETTLED:
        return ""
    return level
