"""The sign-in review: the document's second place to look.

Its four columns are address, place, time, and success or failure. Read together they show a guessed
password, a place or network that is new for the user, a way too fast to travel, a program instead of a
person, a protocol without a second factor, and one session in two countries; the risk reports of Identity
Protection say the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from commands.clues.actions import AUDITS
from commands.clues.alerts import risk_in_words
from commands.facts import NetworkKind, ProgramKind
from commands.report import Finding, Owner, Sign, weighed
from commands.sentence import Sentence, around, ending, further, sentence, whole
from commands.usual import Usual
from commands.usual.agents import agent_of, family_of
from commands.usual.places import belongs_to_microsoft, spot_of
from commands.usual.points import FAILURE_SPAN
from commands.usual.sign_ins import (
    REFUSED_PROMPT,
    SETTLED,
    WRONG_PASSWORD,
    is_device_code,
    is_legacy,
    is_own_device,
    risk_of,
)
from commands.usual.tries import (
    MANY_FAILURES,
    are_many,
    guesses_before,
    patient_guesses,
    total,
    tries_in_words,
)
from graph.addresses import network_of
from graph.evidence import Evidence
from graph.resources.sign_ins import SignIn

TITLE = "Unusual sign-ins: address, location, time, success or failure"
SOURCE = "investigation"
NEEDS: Final = (("sign_ins", "audit_log"),)
HELPS: Final = ("sign_ins_non_interactive", "risky_user", "risk_detections", *AUDITS[1:])

SUSPECT = weighed("suspect_address_signed_in")
DOUBTFUL = weighed("doubtful_sign_in")
PROMPTS = weighed("prompts_then_success")
RISK_HIGH = weighed("risk_high")
RISK_MEDIUM = weighed("risk_medium")
RISK_LOW = weighed("risk_low")
GUESSED = weighed("failures_then_success")
SCRIPTED = weighed("scripted_sign_in")
LEGACY = weighed("legacy_sign_in")
DEVICE_CODE = weighed("device_code_sign_in")
TOO_FAST = weighed("too_fast_travel")
SHARED = weighed("session_in_two_countries")
MOVED = weighed("session_on_another_device")
SERVICE = weighed("shared_service_signed_in")
NEW_COUNTRY = weighed("new_country")
NEW_NETWORK = weighed("new_network")
TRAVELLED = weighed("travelled_with_known_device")
GUESSING = weighed("password_guessing_failed")
FAILED = weighed("many_failures")
ODD_HOUR = weighed("unusual_hour")

SIGNS: Final = (
    SUSPECT,
    DOUBTFUL,
    PROMPTS,
    RISK_HIGH,
    RISK_MEDIUM,
    RISK_LOW,
    GUESSED,
    SCRIPTED,
    LEGACY,
    DEVICE_CODE,
    TOO_FAST,
    SHARED,
    MOVED,
    SERVICE,
    NEW_COUNTRY,
    NEW_NETWORK,
    TRAVELLED,
    GUESSING,
    FAILED,
    ODD_HOUR,
)


def detect(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Yield what the sign-ins of the window and the risk reports show, one finding an address and sign."""
    spots: dict[str, list[SignIn]] = defaultdict(list)
    for one in usual.sign_ins:
        if one.created_date_time in evidence.window and not belongs_to_microsoft(one.ip_address):
            spots[spot_of(one.ip_address)].append(one)
    patient = patient_guesses(
        one for one in usual.sign_ins if not one.succeeded and not usual.is_own_network(one.ip_address)
    )
    for used in spots.values():
        got_in = [one for one in used if one.succeeded]
        if got_in:
            yield from _judged(got_in, evidence, usual)
            yield from _programs(got_in, usual)
            yield from _before_success(got_in, patient, evidence, usual)
            yield from _novelty(got_in, usual)
        failed = [one for one in used if one.status.error_code is not None]
        wrong = [one for one in failed if one.status.error_code in WRONG_PASSWORD]
        guesses, tries = total(wrong, evidence), total(failed, evidence)
        if not got_in and guesses >= MANY_FAILURES:
            what = f"{tries_in_words(wrong, evidence)}, and no success"
            yield _finding(GUESSING, what, wrong, usual, guesses - len(wrong))
        elif not got_in and tries >= MANY_FAILURES:
            what = f"{tries} sign-ins failed and none succeeded"
            yield _finding(FAILED, what, failed, usual, tries - len(failed))
    yield from _risks(evidence, usual)


def _finding(
    sign: Sign,
    what: str | Sentence,
    sign_ins: Sequence[SignIn],
    usual: Usual,
    uncounted: int = 0,
    *,
    to_there: bool = False,
) -> Finding:
    first = sign_ins[0]
    place, address = str(usual.place(first.ip_address)), first.ip_address or "an unknown address"
    if to_there:
        where = sentence(" to ", further(f"{address} ("), place, further(")"))
    else:
        where = sentence(around(f", from {address}"), further(f" ({place})"))
    says = sentence(what, where)
    return Finding(
        symptom="sign_ins",
        sign=sign,
        summary=whole(says),
        at=first.created_date_time,
        by=first.user_principal_name,
        address=first.ip_address,
        records=tuple(one.id for one in sign_ins),
        further=uncounted,
        pieces=says,
    )


def _why(address: str, usual: Usual) -> Sentence:
    first, *others = usual.reasons(address) or ("",)
    return sentence(ending(f" ({first}"), further("".join(f"; {one}" for one in others)), ")")


_CARRIED_OFF: Final = frozenset({"session_without_its_device", "session_in_another_program"})
"""Points of a session of the user's that went on elsewhere."""


def _judged(got_in: Sequence[SignIn], evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    address = got_in[0].ip_address
    rented = usual.rented.get(address)
    if network_of(address) in evidence.shared_networks and rented and rented.kind is NetworkKind.HOSTING:
        what = f"Most accounts of the organization were signed in to through {rented}"
        yield _finding(SERVICE, what, got_in, usual)
    if usual.is_suspect(address):
        count = total(got_in, evidence)
        times = "once" if count == 1 else f"{count} times"
        says = sentence(f"Suspicious {usual.use(address)}, {times}", _why(address, usual))
        yield _finding(SUSPECT, says, got_in, usual, count - len(got_in))
    elif usual.doubt_at(address).owner is Owner.DOUBTFUL:
        says = sentence(f"Possibly suspicious {usual.use(address)}", _why(address, usual))
        yield _finding(DOUBTFUL, says, got_in, usual)
    vouched = any(is_own_device(each, usual.devices) for each in got_in)
    for point in usual.points.get(spot_of(address), ()):
        if point.name == "impossible_travel":
            sign = TRAVELLED if vouched else TOO_FAST
            yield _finding(sign, point.says[0].upper() + point.says[1:], got_in, usual, to_there=True)
        elif point.name == "session_in_another_country":
            sign = TRAVELLED if vouched else SHARED
            yield _finding(sign, point.says[0].upper() + point.says[1:], got_in, usual)
        elif point.name in _CARRIED_OFF and not vouched:
            yield _finding(MOVED, point.says[0].upper() + point.says[1:], got_in, usual)


def _programs(got_in: Sequence[SignIn], usual: Usual) -> Iterator[Finding]:
    scripted = [
        one
        for one in got_in
        if (agent := agent_of(one.user_agent)) is not None
        and agent.kind is not ProgramKind.LEGACY
        and family_of(one.user_agent) not in usual.agents
    ]
    did = "acted in the user's name" if usual.is_visited(got_in[0].ip_address) else "signed in"
    if scripted and (agent := agent_of(scripted[0].user_agent)):
        yield _finding(SCRIPTED, f"{agent.name} ({agent.kind.value}) {did}", scripted, usual)
    familiar = usual.is_familiar(got_in[0].ip_address)
    legacy = [one for one in got_in if is_legacy(one)]
    if legacy and not familiar:
        how = legacy[0].client_app_used or legacy[0].user_agent
        yield _finding(
            LEGACY,
            f"A legacy {usual.use(legacy[0].ip_address)} without a second factor ({how}) succeeded",
            legacy,
            usual,
        )
    codes = [one for one in got_in if is_device_code(one)]
    if codes and not familiar:
        yield _finding(DEVICE_CODE, "A device code sign-in succeeded", codes, usual)


def _before_success(
    got_in: Sequence[SignIn],
    patient: Mapping[str, tuple[datetime, Sequence[SignIn]]],
    evidence: Evidence,
    usual: Usual,
) -> Iterator[Finding]:
    first = got_in[0]
    if usual.is_familiar(first.ip_address):
        return
    before = [
        one
        for one in usual.sign_ins
        if not one.succeeded
        and one.created_date_time <= first.created_date_time <= one.created_date_time + FAILURE_SPAN
        and not usual.is_own_network(one.ip_address)
    ]
    wrong = guesses_before(first, before, patient)
    guesses = total(wrong, evidence)
    if are_many(wrong, evidence):
        says = sentence(_guesses(wrong, first, evidence), ", then a success")
        yield _finding(GUESSED, says, [first, *wrong], usual, guesses - len(wrong))
    refused = [one for one in before if one.status.error_code in REFUSED_PROMPT]
    prompts = total(refused, evidence)
    if prompts >= 3:
        what = f"{prompts} denied or unanswered MFA prompts, then a success"
        yield _finding(PROMPTS, what, [first, *refused], usual, prompts - len(refused))


def _guesses(wrong: Sequence[SignIn], success: SignIn, evidence: Evidence) -> Sentence:
    """Count wrong passwords and lockouts by address, the one that got in first."""
    by_address: dict[str, list[SignIn]] = defaultdict(list)
    for one in wrong:
        by_address[one.ip_address].append(one)
    counted: list[Sentence] = []
    for address in sorted(by_address, key=lambda one: one != success.ip_address):
        # The sentence ends with the address that got in.
        elsewhere = set(by_address) != {success.ip_address}
        where = around(f" from {address or 'an unknown address'}" if elsewhere else "")
        before = ", " if counted else ""
        counted.append(sentence(before, tries_in_words(by_address[address], evidence), where))
    more = f" and more from {len(counted) - 3} addresses" if len(counted) > 3 else ""
    return sentence(*counted[:3], more)


def _novelty(got_in: Sequence[SignIn], usual: Usual) -> Iterator[Finding]:
    address = got_in[0].ip_address
    if not usual.is_well_known or not address:
        return
    country = usual.place(address).country
    rented = usual.rented.get(address)
    hidden = rented is not None and rented.hides_place
    if country and usual.countries and country not in usual.countries and not hidden:
        vouched = any(is_own_device(each, usual.devices) for each in got_in) and not usual.is_suspect(address)
        yield _finding(
            TRAVELLED if vouched else NEW_COUNTRY,
            f"{usual.use(address).capitalize()} from an unfamiliar country",
            got_in,
            usual,
        )
    elif not usual.is_own_network(address):
        what = f"{usual.use(address).capitalize()} from an unfamiliar network"
        yield _finding(NEW_NETWORK, what, got_in, usual)
    hours = usual.hours
    strange = not usual.is_familiar(address)
    if strange and hours and all(one.created_date_time.hour not in hours for one in got_in):
        yield _finding(
            ODD_HOUR, f"{usual.use(address).capitalize()} at unusual hours for this user", got_in, usual
        )


def _risks(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    weights = {"high": RISK_HIGH, "medium": RISK_MEDIUM, "low": RISK_LOW}
    user = evidence.risky_user.seen(None)
    if user is not None and user.risk_state.casefold() not in {*SETTLED, "none", ""}:
        confirmed = user.risk_state.casefold() == "confirmedcompromised"
        if sign := RISK_HIGH if confirmed else weights.get(user.risk_level.casefold()):
            yield Finding(
                symptom="sign_ins",
                sign=sign,
                summary=f"Identity Protection rates the user at {user.risk_level} risk ({user.risk_state})",
                at=user.risk_last_updated_date_time,
                records=(user.id,),
            )
    for risk in evidence.risk_detections.seen(()):
        at = risk.activity_date_time or risk.detected_date_time
        sign = weights.get(risk.risk_level.casefold())
        if at is None or at not in evidence.window or risk.risk_state.casefold() in SETTLED or sign is None:
            continue
        what = risk_in_words(risk.risk_event_type)
        where = f" at {risk.ip_address} ({usual.place(risk.ip_address)})" if risk.ip_address else ""
        yield Finding(
            symptom="sign_ins",
            sign=sign,
            summary=f"Identity Protection detected {what}, risk {risk.risk_level}{where}",
            at=at,
            address=risk.ip_address,
            records=tuple(record for record in (risk.id, risk.request_id) if record),
        )
    detected = {risk.request_id for risk in evidence.risk_detections.seen(())}
    given: dict[tuple[str, str], list[SignIn]] = defaultdict(list)
    for one in usual.sign_ins:
        level = risk_of(one)
        if level and one.created_date_time in evidence.window and one.id not in detected:
            given[level, spot_of(one.ip_address)].append(one)
    for (level, _), used in given.items():
        yield _finding(weights[level], f"Sign-ins were rated {level} risk", used, usual)
