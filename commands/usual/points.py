"""What speaks for an address's being somebody else's, and against it, point by point."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import date, datetime, timedelta
from operator import itemgetter
from typing import Final

from commands.facts import NetworkKind, ProgramKind
from commands.usual.absence import stays_abroad
from commands.usual.acts import WEB_CLIENT, is_web_visit
from commands.usual.agents import agent_of, family_of, is_pocket
from commands.usual.changes import ACCESS_KINDS, grave_changes, methods_made, opened_by_others, victims_of
from commands.usual.continued import begun_sessions, continued
from commands.usual.networks import PUBLIC, Network
from commands.usual.own import ENOUGH, Own, is_among, program_of
from commands.usual.places import (
    NOWHERE,
    TOO_FAST,
    Place,
    belongs_to_microsoft,
    speed,
    spot_of,
)
from commands.usual.point import Point, point
from commands.usual.sign_ins import (
    REFUSED_PROMPT,
    SETTLED,
    WRONG_PASSWORD,
    device_of,
    is_by_token,
    is_device_code,
    is_legacy,
    is_own_device,
    is_phishing_resistant,
    risk_of,
)
from commands.usual.travel import TRAVEL_SPAN, Visits, homes_of
from commands.usual.tries import are_many, guesses_before, patient_guesses, total, tries_in_words
from graph.addresses import address_of, network_of
from graph.evidence import Evidence
from graph.resources.sign_ins import RiskDetection, SignIn

FAILURE_SPAN: Final = timedelta(hours=24)
"""How long before the success those failures may lie."""


def judge(
    evidence: Evidence,
    sign_ins: Sequence[SignIn],
    places: Mapping[str, Place],
    own: Own,
    rented: Mapping[str, Network],
    *,
    by_acts: bool = False,
) -> dict[str, tuple[Point, ...]]:
    """Give the points of every spot that the account got in from in the window.

    An address that hides where its user is tells no country, no way and no speed; that somebody hides counts
    in their place. Where no log shows a sign-in (`by_acts`), none is told.
    """
    spots: dict[str, list[SignIn]] = defaultdict(list)
    for one in sign_ins:
        in_window = one.created_date_time in evidence.window
        if one.ip_address and in_window and not belongs_to_microsoft(one.ip_address):
            spots[spot_of(one.ip_address)].append(one)
    changes = grave_changes(evidence)
    victims = victims_of(evidence)
    risks: dict[str, list[RiskDetection]] = defaultdict(list)
    for risk in evidence.risk_detections.seen(()):
        if address := address_of(risk.ip_address):
            risks[spot_of(address)].append(risk)
    # Gathered once: looked for again at each spot, a month of sign-ins is compared with itself.
    known = {
        address: place for address, place in places.items() if not _is_hidden(place, rented.get(address))
    }
    homes, failures, begun = homes_of(own, known), _failures(sign_ins, own), begun_sessions(own, known)
    others = opened_by_others(evidence, sign_ins)
    patient = patient_guesses(one for _, one in failures)
    # What somebody registers from elsewhere speaks for nobody, from wherever it is used afterwards.
    elsewhere = (at for spot, at in methods_made(evidence).items() if not own.has(spot.partition("/")[0]))
    made = min(elsewhere, default=None)
    stays = stays_abroad(sign_ins, known, own.countries)
    judged = {}
    for spot, used in spots.items():
        got_in = [one for one in used if one.succeeded]
        if not got_in:
            continue  # whoever only failed has done nothing here; the sign-in review tells of the attempts
        judged[spot] = (
            *_by_program(got_in, own, "acted" if by_acts else "signed in"),
            *_by_novelty(got_in, known, own, rented, sessions=() if by_acts else begun),
            *_by_network(got_in, known, rented, own),
            *_by_failures(got_in, failures, patient, evidence),
            *_by_travel(got_in, known, homes),
            *_by_risk(got_in, risks.get(spot, ()), abroad=_is_abroad(got_in, known, own)),
            *continued(got_in, begun, known, own, rented.get(got_in[0].ip_address)),
            *_by_factors(got_in, own, made),
            *_by_changes(changes.get(spot, {}), own, got_in[0].ip_address),
            *_by_victims(got_in, victims.get(spot, ())),
            *_by_others(got_in, others, own),
            *_by_absence(got_in, known, own, stays),
            *_in_favour(got_in, rented, own),
        )
    return judged


_PROGRAMS: Final = {
    ProgramKind.ATTACK: "attack_tool",
    ProgramKind.SPRAY: "attack_tool",
    ProgramKind.KIT: "phishing_kit",
    ProgramKind.SCRIPT: "script",
}


def _by_program(got_in: Sequence[SignIn], own: Own, did: str) -> Iterable[Point]:
    best: Point | None = None
    for one in got_in:
        agent = agent_of(one.user_agent)
        if agent is None or agent.kind not in _PROGRAMS:
            continue
        if agent.kind is ProgramKind.SCRIPT and family_of(one.user_agent) in own.agents:
            continue
        found = point(_PROGRAMS[agent.kind], f"{agent.name} ({agent.kind.value}) {did} from there")
        if best is None or found.points > best.points:
            best = found
    if best:
        yield best
    if not own.legacy and any(is_legacy(one) for one in got_in):
        if own.count >= ENOUGH:
            yield point(
                "legacy_sign_in", f"a legacy mail protocol that this user does not use {did} from there"
            )
        else:
            yield point("legacy_sign_in_little_known", f"a legacy mail protocol {did} from there")
    if not own.device_code and any(is_device_code(one) for one in got_in):
        yield point("device_code", "the first device code sign-in of this user")


def _by_novelty(
    got_in: Sequence[SignIn],
    places: Mapping[str, Place],
    own: Own,
    rented: Mapping[str, Network],
    *,
    sessions: Collection[str],
) -> Iterable[Point]:
    if own.count < ENOUGH:
        return
    country = places.get(got_in[0].ip_address, NOWHERE).country
    if _is_abroad(got_in, places, own):
        yield point("new_country", f"{country} is an unfamiliar country for this user")
    if all(is_web_visit(one) and one.session_id in sessions for one in got_in):
        return  # the user's own browser, which was never closed: where it is, is all that is new
    at_home = country in own.countries
    roams = at_home and all(is_pocket(one.user_agent) for one in got_in)
    if not own.has(got_in[0].ip_address) and not roams and not _changes(got_in, rented, own):
        yield point("new_network", "the network is unfamiliar for this user")
    if not _is_equipment_known(got_in, own) and network_of(got_in[0].ip_address) not in own.shared:
        yield point("unknown_device", "device and client are unfamiliar")


def _is_abroad(got_in: Sequence[SignIn], places: Mapping[str, Place], own: Own) -> bool:
    country = places.get(got_in[0].ip_address, NOWHERE).country
    return own.count >= ENOUGH and bool(country and own.countries) and country not in own.countries


def _changes(got_in: Sequence[SignIn], rented: Mapping[str, Network], own: Own) -> bool:
    """Say whether another address is no news: relays and VPNs give one each time, and own gateways do."""
    network = rented.get(got_in[0].ip_address)
    if network is None:
        return False
    return network.kind in PUBLIC or (network.kind is NetworkKind.GATEWAY and network.kind in own.kinds)


def _is_equipment_known(got_in: Sequence[SignIn], own: Own) -> bool:
    if any(program_of(one) in own.agents or device_of(one) in own.devices for one in got_in):
        return True
    return WEB_CLIENT in own.agents and any(map(is_web_visit, got_in))


_RENTED: Final = {
    NetworkKind.HOSTING: "rented_server",
    NetworkKind.VPN: "public_vpn",
    NetworkKind.TOR: "tor",
}


def _by_network(
    got_in: Sequence[SignIn], places: Mapping[str, Place], rented: Mapping[str, Network], own: Own
) -> Iterable[Point]:
    network = rented.get(got_in[0].ip_address)
    if network is None or network.kind not in _RENTED or own.has(got_in[0].ip_address):
        return
    if (
        network.kind is NetworkKind.HOSTING
        and _is_equipment_known(got_in, own)
        and _is_abroad(got_in, places, own)
    ):
        return  # the user's own program abroad and at a rented server: one VPN shows as both
    if network.kind not in own.kinds:
        yield point(_RENTED[network.kind], f"it came through {network}")


def _is_hidden(place: Place, network: Network | None) -> bool:
    """Say whether a place is an exit's. A relay of Apple's keeps the region, as far as Microsoft knows it."""
    if network is None or not network.hides_place:
        return False
    return network.kind is not NetworkKind.RELAY or place.latitude is None


def _failures(sign_ins: Sequence[SignIn], own: Own) -> list[tuple[datetime, SignIn]]:
    """Give the passwords and prompts that failed away from the user's own networks, the oldest first."""
    return [
        (one.created_date_time, one)
        for one in sign_ins
        if not one.succeeded
        and not own.has(one.ip_address)
        and one.status.error_code in WRONG_PASSWORD | REFUSED_PROMPT
    ]


def _by_failures(
    got_in: Sequence[SignIn],
    failures: Sequence[tuple[datetime, SignIn]],
    patient: Mapping[str, tuple[datetime, Sequence[SignIn]]],
    evidence: Evidence,
) -> Iterable[Point]:
    first = got_in[0]
    end = first.created_date_time
    start = bisect_left(failures, end - FAILURE_SPAN, key=itemgetter(0))
    before = [one for _, one in failures[start : bisect_right(failures, end, key=itemgetter(0))]]
    guesses = guesses_before(first, before, patient)
    if are_many(guesses, evidence):
        here = all(spot_of(one.ip_address) == spot_of(first.ip_address) for one in guesses)
        where = "from there" if here else "from there, its network or with its client"
        yield point(
            "wrong_passwords", f"{tries_in_words(guesses, evidence)} {where} before the first success"
        )
    # Only somebody who knows the password gets as far as a prompt, from wherever it was.
    prompts = [one for one in before if one.status.error_code in REFUSED_PROMPT]
    refused = total(prompts, evidence)
    if refused >= 3:
        yield point(
            "refused_prompts",
            f"{refused} denied or unanswered MFA prompts before the first success",
        )


def _by_travel(
    got_in: Sequence[SignIn], places: Mapping[str, Place], homes: Mapping[Place, Visits]
) -> Iterable[Point]:
    here = places.get(got_in[0].ip_address, NOWHERE)
    if here.latitude is None or here.longitude is None:
        return  # without coordinates nothing tells a speed
    spot = spot_of(got_in[0].ip_address)
    # A token renews itself wherever its device lies; nobody travelled for that.
    arrivals = [one.created_date_time for one in got_in if one.is_interactive is not False]
    best: tuple[float, Place] | None = None
    for place, visits in homes.items():
        # From one place, the shortest time is the fastest way, and it is that to a neighbor in time.
        took = min((near for at in arrivals if (near := visits.nearest(at, spot)) is not None), default=None)
        if took is None or took > TRAVEL_SPAN:
            continue
        fast = speed(place, here, took)
        if fast is not None and fast > TOO_FAST and (best is None or fast > best[0]):
            best = (fast, place)
    if best:
        yield point("impossible_travel", f"impossible travel from {best[1]}")


def _by_risk(
    got_in: Sequence[SignIn], detections: Sequence[RiskDetection], *, abroad: bool
) -> Iterable[Point]:
    levels = {risk_of(one) for one in got_in}
    levels |= {
        one.risk_level.casefold()
        for one in detections
        if one.risk_state.casefold() not in SETTLED and one.risk_level.casefold() in {"low", "medium", "high"}
    }
    if levels & {"medium", "high"}:
        yield point("risk", "Identity Protection detected a risk there")
    elif "low" in levels and not abroad:  # it is for being abroad that Microsoft's rating is low
        yield point("low_risk", "Identity Protection detected a low risk there")


def _by_factors(got_in: Sequence[SignIn], own: Own, made: datetime | None) -> Iterable[Point]:
    if own.has(got_in[0].ip_address):
        return
    if own.second_factor and any(
        one.is_interactive is not False
        and one.authentication_requirement.casefold() == "singlefactorauthentication"
        for one in got_in
    ):
        yield point("single_factor", "one factor was enough there, which this user never sees elsewhere")
    people = [one for one in got_in if one.is_interactive is not False]
    if own.policy and any(_is_without_policy(one) for one in people):
        yield point("policy_missing", "no Conditional Access policy applied there, though one always does")
    if (
        own.count >= ENOUGH
        and people
        and all(map(is_by_token, people))
        and not _is_equipment_known(got_in, own)
    ):
        yield point(
            "factor_from_token", "the second factor came with a token, on a client that this user never used"
        )
    if any(is_phishing_resistant(one) and (made is None or one.created_date_time < made) for one in people):
        yield point("phishing_resistant", "a factor that cannot be relayed was used there")


def _is_without_policy(one: SignIn) -> bool:
    return one.conditional_access_status.casefold() in {"notapplied", "failure"}


def _by_changes(kinds: Mapping[str, frozenset[str]], own: Own, address: str) -> Iterable[Point]:
    if own.has(address):
        return
    for kind in sorted(kinds)[:2]:
        weight = "access_change" if kind in ACCESS_KINDS else "grave_change"
        if own.count < ENOUGH:
            weight = "grave_change_little_known"
        yield replace(point(weight, f"{kind} from there"), rests_on=kinds[kind])


def _by_others(got_in: Sequence[SignIn], others: datetime | None, own: Own) -> Iterable[Point]:
    if others is None or any(device_of(one) for one in got_in):
        return
    if not own.sign_ins and min(one.created_date_time for one in got_in) >= others:
        yield point("shared_mailbox", "nobody signed in to this mailbox before, which only colleagues opened")


def _by_victims(got_in: Sequence[SignIn], victims: Iterable[str]) -> Iterable[Point]:
    # Behind the exit of an office, colleagues mistype as well; a program that got in there is no colleague.
    if len(set(victims)) >= 3 and any(agent_of(one.user_agent) for one in got_in):
        yield point("guesses_at_others", "the IP address also tried other accounts' passwords")


def _by_absence(
    got_in: Sequence[SignIn],
    places: Mapping[str, Place],
    own: Own,
    stays: Mapping[str, AbstractSet[date]],
) -> Iterable[Point]:
    days = stays.get(places.get(got_in[0].ip_address, NOWHERE).country, frozenset())
    if _is_abroad(got_in, places, own) and all(one.created_date_time.date() in days for one in got_in):
        yield point("user_was_away", "the user was nowhere else on those days, as on a trip")


def _in_favour(got_in: Sequence[SignIn], rented: Mapping[str, Network], own: Own) -> Iterable[Point]:
    if any(is_own_device(one, own.devices) for one in got_in):
        yield point("own_device", "a known or managed device was used there")
    address = got_in[0].ip_address
    network = rented.get(address)
    if network_of(address) in own.shared:
        yield point("organization_network", "the network is the organization's")
    elif is_among(address, own.regular):
        yield point("regular_network", "the network was in regular use before")
    elif own.has(address):
        yield point("seen_network", "the network was seen before")
    elif own.passes(network):
        yield point("usual_gateway", "it came through a security gateway, as this user always does")
