"""Password guessing: one source against many accounts, many sources against this one, and guessing tools.

A guessing tool rarely names itself. It shows by what a person's program does not do: a password sent
straight to the token endpoint under a browser's name, or by the withdrawn PowerShell module that many tools
imitate. Source: Microsoft Entra, "Authentication error codes" and "Resource owner password credentials";
detections D29 to D33.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import timedelta
from typing import Final

from commands.clues.actions import AUDITS
from commands.clues.records import listed
from commands.facts import ProgramKind
from commands.report import Finding, Sign, weighed
from commands.sentence import around, further, sentence, whole
from commands.usual import Usual
from commands.usual.agents import agent_of, family_of, is_scripted
from commands.usual.places import spot_of
from commands.usual.sign_ins import LOCKED_OUT, WRONG_PASSWORD
from commands.usual.tries import total, tries_in_words
from graph.addresses import network_of
from graph.audit_log.record import AuditRecord
from graph.audit_log.sign_in import LOGONS
from graph.evidence import Evidence
from graph.resources.sign_ins import SignIn

TITLE = "Password guessing"
SOURCE = "additional indicator"
NEEDS: Final = (("sign_ins", "audit_log"),)
HELPS: Final = ("sign_ins_non_interactive", *AUDITS[1:])

TOOL_IN = weighed("guessing_tool_got_in")
SOURCE_IN = weighed("spray_source_got_in")
MODULE_IN = weighed("password_module_got_in")
BESIDE = weighed("signed_in_beside_failures")
SPRAYED = weighed("sprayed")
TOOL = weighed("guessing_tool_failed")
MANY = weighed("many_sources_failed")
LOCKED = weighed("locked_out")
SIGNS: Final = (TOOL_IN, SOURCE_IN, MODULE_IN, BESIDE, SPRAYED, TOOL, MANY, LOCKED)

OTHER_ACCOUNTS: Final = 3
"""Other accounts that one address must have failed on, to be called a spray."""

BURST: Final = timedelta(minutes=10)
"""Within which a guessing tool tries several accounts; colleagues who mistype are further apart."""

MANY_NETWORKS: Final = 5
MANY_TRIES: Final = 10

OLD_MODULE: Final = "1b730954-1685-4b74-9bfd-dac224a7b894"
"""Azure Active Directory PowerShell, the client that MSOLSpray and its kin pose as."""

VICTIMS: Final = 30
"""Other accounts that an analysis of exports gives at most for one address: so many may be more."""


def detect(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Yield what was tried against the account's password in the window, and what of it succeeded."""
    sign_ins = [one for one in usual.sign_ins if one.created_date_time in evidence.window]
    bare = {record.id for record in _logons(evidence) if _sent_bare(record)}
    yield from _tools(sign_ins, bare, evidence, usual)
    yield from _one_source(sign_ins, bare, evidence, usual)
    yield from _many_sources(sign_ins, evidence, usual)
    locked = [one for one in sign_ins if one.status.error_code == LOCKED_OUT]
    if locked:
        what = f"The account was locked out: {tries_in_words(locked, evidence)}"
        yield _finding(LOCKED, what, locked, usual, uncounted=total(locked, evidence) - len(locked))


def _finding(
    sign: Sign,
    what: str,
    sign_ins: Sequence[SignIn],
    usual: Usual,
    *,
    more: Sequence[str] = (),
    uncounted: int = 0,
    named: bool = False,
) -> Finding:
    """Give a finding on sign-ins; `named`: `what` says from where they came."""
    first = min(sign_ins, key=lambda one: one.created_date_time)
    where = sentence(
        around(f", from {first.ip_address or 'an unknown address'}"),
        further(f" ({usual.place(first.ip_address)})"),
    )
    says = sentence(what, () if named else where)
    return Finding(
        symptom="password_spray",
        sign=sign,
        summary=whole(says),
        at=first.created_date_time,
        by=first.user_principal_name,
        address=first.ip_address,
        records=tuple(dict.fromkeys((*(one.id for one in sign_ins), *more))),
        further=uncounted,
        pieces=says,
    )


def _tools(
    sign_ins: Sequence[SignIn], bare: AbstractSet[str], evidence: Evidence, usual: Usual
) -> Iterator[Finding]:
    groups: dict[tuple[str, str, bool], list[SignIn]] = defaultdict(list)
    for one in sign_ins:
        if family_of(one.user_agent) in usual.agents and usual.is_familiar(one.ip_address):
            continue
        agent = agent_of(one.user_agent)
        kind = ""
        if agent is not None and agent.kind is ProgramKind.SPRAY:
            kind = agent.name
        elif one.id in bare:
            kind = "a password sent to the token endpoint by a client posing as a browser"
        elif agent is not None and agent.name == "PowerShell" and one.app_id == OLD_MODULE:
            kind = "the legacy PowerShell module"
        elif agent is not None and agent.kind in {ProgramKind.KIT, ProgramKind.LEGACY} and not one.succeeded:
            kind = agent.name
        if kind and (one.succeeded or one.status.error_code in WRONG_PASSWORD):
            groups[spot_of(one.ip_address), kind, one.succeeded].append(one)
    failed: dict[str, list[SignIn]] = defaultdict(list)
    for (_, kind, succeeded), used in groups.items():
        count = total(used, evidence)
        tool = f"{kind[0].upper()}{kind[1:]}"
        if succeeded:
            sign = MODULE_IN if kind == "the legacy PowerShell module" else TOOL_IN
            times = "once" if count == 1 else f"{count} times"
            yield _finding(sign, f"{tool} signed in {times}", used, usual, uncounted=count - len(used))
        else:
            failed[kind] += used
    for kind, used in failed.items():
        tool = f"{kind[0].upper()}{kind[1:]}"
        several = _several(used)
        what = f"{tool} failed to sign in: {tries_in_words(used, evidence)}{several and f' from {several}'}"
        uncounted = total(used, evidence) - len(used)
        yield _finding(TOOL, what, used, usual, uncounted=uncounted, named=bool(several))


def _several(used: Iterable[SignIn]) -> str:
    """Name the addresses where there are several: an attacker has as many as they want."""
    addresses = list(dict.fromkeys(one.ip_address for one in used))
    return f"{len(addresses)} addresses ({listed(addresses)})" if len(addresses) > 1 else ""


def _logons(evidence: Evidence) -> Iterator[AuditRecord]:
    for record in evidence.audit_log.seen(()):
        if record.operation in LOGONS:
            yield record


def _sent_bare(record: AuditRecord) -> bool:
    """Say whether a password went to the token endpoint while the agent claims to be a browser.

    A browser shows a page for the password. Only the password grant sends it with the token request.
    """
    return (
        record.details.get("RequestType") == "OAuth2:Token"
        and record.details.get("UserAuthenticationMethod") == "1"
        and record.user_agent.startswith("Mozilla/")
        and agent_of(record.user_agent) is None
        and record.object_id == record.app_id  # a token for itself: no application of a browser's does this
    )


def _one_source(
    sign_ins: Sequence[SignIn], bare: AbstractSet[str], evidence: Evidence, usual: Usual
) -> Iterator[Finding]:
    others: dict[str, list[AuditRecord]] = defaultdict(list)
    for record in _logons(evidence):
        foreign = not evidence.subject.is_meant_by(record.actor)
        if record.operation == "UserLoginFailed" and record.address and foreign:
            others[spot_of(record.address)].append(record)
    spots: dict[str, list[SignIn]] = defaultdict(list)
    for one in sign_ins:
        if one.succeeded or one.status.error_code in WRONG_PASSWORD:
            spots[spot_of(one.ip_address)].append(one)
    in_vain: list[SignIn] = []
    at_others: dict[str, str] = {}
    for spot, used in spots.items():
        tried = _burst(others.get(spot, ()))
        if not tried or usual.is_familiar(used[0].ip_address):
            continue
        more = [record.id for record in tried.values()]
        others_tried = _accounts(len(tried))
        got_in = [one for one in used if one.succeeded]
        by_program = [one for one in got_in if one.id in bare or is_scripted(one.user_agent)]
        if by_program:
            what = f"A program succeeded after failing on {others_tried}"
            yield _finding(SOURCE_IN, what, by_program, usual, more=more)
        elif got_in:
            what = f"Signed in where {others_tried} had failed within minutes"
            yield _finding(BESIDE, what, got_in, usual, more=more)
        else:
            in_vain += used
            at_others |= {actor: record.id for actor, record in tried.items()}
    if in_vain:
        several = _several(in_vain)
        what = f"Failed here and on {_accounts(len(at_others))}{several and f', from {several}'}"
        yield _finding(SPRAYED, what, in_vain, usual, more=list(at_others.values()), named=bool(several))


def _accounts(count: int) -> str:
    return f"{'at least ' if count >= VICTIMS else ''}{count} other accounts"


def _burst(failed: Iterable[AuditRecord]) -> dict[str, AuditRecord]:
    """Give the accounts of the first burst of failures on enough different ones, else none."""
    ordered = sorted(failed, key=lambda record: record.at)
    for number, first in enumerate(ordered):
        near = {record.actor: record for record in ordered[number:] if record.at - first.at <= BURST}
        if len(near) >= OTHER_ACCOUNTS:
            return near
    return {}


def _many_sources(sign_ins: Sequence[SignIn], evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    failed = [
        one
        for one in sign_ins
        if not one.succeeded
        and one.status.error_code in WRONG_PASSWORD
        and not usual.is_own_network(one.ip_address)
    ]
    networks = {network_of(one.ip_address) for one in failed} - {""}
    if len(failed) >= MANY_TRIES and len(networks) >= MANY_NETWORKS:
        what = f"{tries_in_words(failed, evidence)} came from {len(networks)} networks"
        yield _finding(MANY, what, failed, usual, uncounted=total(failed, evidence) - len(failed))
