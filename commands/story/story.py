"""What happened, as one account of it that card, report and JSON all use. Pure.

Each part answers one question that people ask: since when, how they got in, from where, what they set up to
stay, what they hid, read, took and sent, whom they reached, what others did because of it, when they were
last seen and what still stands open. Only what the attacker did is an action, and each is in one part. Each
clause names the findings and records it rests on; what nothing tells is among `unknown`. A deed that several
findings tell of is told once, by the gravest of them. The sentences made of it are words for people and live
in `bot.messages.story`.

Longer than other files because every part is told by the same few rules, best compared side by side.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Final

from commands.clues.records import listed, named
from commands.report import (
    Access,
    Clause,
    Finding,
    Owner,
    Point,
    Severity,
    Story,
    SymptomResult,
    Verdict,
    VerdictCode,
    numbered,
)
from commands.story.awareness import first_alert
from commands.story.clauses import Told, clauses, dated, resting
from commands.story.leads import applications_of, leads_in, merged
from commands.story.parts import OTHERS, part_of
from commands.story.still_open import SOURCES, not_seen, still_open
from commands.story.taken import gravest_first
from commands.story.timeline import PLAIN
from commands.story.unattributed import unattributed
from commands.usual import Usual
from commands.usual.agents import family_of
from commands.usual.places import spot_of
from commands.usual.points import FAILURE_SPAN
from commands.usual.sign_ins import WRONG_PASSWORD
from graph.audit_log.record import AuditRecord
from graph.audit_log.sign_in import LOGONS
from graph.evidence import Evidence, Known
from graph.question import Subject

_WAYS_IN: Final = frozenset({"sign_ins", "sign_in_context", "password_spray"})
_ENTRY: Final = (
    ("prompts_then_success", "an MFA prompt that was approved after others were denied or not answered"),
    ("guessing_tool_got_in", "a password guessed by a tool"),
    ("spray_source_got_in", "password spraying"),
    ("failures_then_success", "a guessed password"),
    ("device_code_sign_in", "a device code that the user was led to enter"),
    ("session_in_two_countries", "a stolen session of the user, continued elsewhere"),
    ("session_on_another_device", "a stolen session of the user, continued on another device"),
    ("token_client_signed_in", "a stolen token"),
    ("legacy_sign_in", "a legacy protocol that does not ask for a second factor"),
    ("scripted_sign_in", "a program that signed in with valid credentials"),
)
"""How somebody got in, by the sign that tells it; the first one found is told."""

_KIT: Final = "phishing_kit"
"""The reason against an address from which a library of phishing kits signed in."""

_KIT_SIGN: Final = "phishing_kit_sign_in"
_RELAY: Final = "a phishing page that relayed the sign-in (adversary in the middle)"
_BY_KIT: Final = Clause(_RELAY, likely=True, shown_by="a phishing-kit client signed in")
_OR_GUESSED: Final = Clause(
    f"{_RELAY} or a guessed password",
    likely=True,
    shown_by="a phishing-kit client signed in after wrong passwords",
)
_OF_KITS: Final = "the client is one that phishing kits use"
_PHISHED: Final = "a guessed or phished password"
_GUESSED_OR_PHISHED: Final = Clause(_PHISHED, shown_by=_OF_KITS, point=Point.CREDENTIALS)
_ONE_FACTOR: Final = Clause(f"{_PHISHED}, one factor was enough", shown_by=_OF_KITS, point=Point.CREDENTIALS)
_BY_PROGRAM: Final = "scripted_sign_in"
_GUESSED_BY_PROGRAM: Final = Clause(
    "a guessed password", likely=True, shown_by="a program signed in after wrong passwords"
)
_CONTINUED: Final = frozenset({"session_in_two_countries", "session_on_another_device"})
"""Signs of a session of the user that went on at somebody else's, as one that a relay took does."""

_SIGNED_IN: Final = frozenset({"device_code_sign_in", "token_client_signed_in", "scripted_sign_in"})
"""Signs that tell of a sign-in, where one was recorded."""

_IN_THE_MIDDLE: Final = "T1557"
_SINGLE_FACTOR: Final = "singleFactorAuthentication"
_LET_IN: Final = "an application that the user consented to:"
_APP_READS: Final = frozenset(
    {
        "mail_read_by_new_app",
        "some_mail_read_by_new_app",
        "mail_read_by_unfamiliar_app",
        "files_taken_by_new_app",
    }
)
"""Signs of an application that reads from its maker's address."""

_TOLD_BESIDE: Final = frozenset(
    {"rule_deletes_mail", "rule_archives_mail", "rule_forwards_inside", "shared_with_guest"}
)
"""Signs that weigh nothing, as everybody does this; in a session that is not the user's it is told."""

_MADE: Final = "account_made_by_intruder"

_WITH_CREDENTIALS: Final = Clause("valid credentials", point=Point.CREDENTIALS)
_RESET: Final = "password_reset_by_administrator"
_RESET_SPAN: Final = timedelta(hours=24)
"""Within which whoever talked a help desk into a new password uses it."""

_ANONYMIZER: Final = "anonymizer"
_ANONYMOUS_RISK: Final = "anonymizedipaddress"
"""The risk detection that says so. Source: Microsoft Graph, "riskDetection resource type" (riskEventType)."""

_LATER: Final = timedelta(minutes=1)
"""From so much later than the first address on, another one is told with since when it was used."""

_NOTABLE: Final = (VerdictCode.COMPROMISED, VerdictCode.SUSPICIOUS)


def tell(
    evidence: Evidence, ordinary: Usual, results: Sequence[SymptomResult], verdict: Verdict
) -> Story | None:
    """Tell what happened; None where nobody else is thought to have been in.

    Args:
        evidence: Everything that was seen.
        ordinary: What is ordinary for the user.
        results: What each symptom found.
        verdict: The judgement.
    """
    if verdict.answer not in _NOTABLE:
        return None
    carried = list(_told(results, verdict, evidence))
    others = [one for one in carried if _is_anothers(one.finding, evidence.subject, carried)]
    spots = {spot_of(one) for one in _addresses([one for one in carried if one not in others], ordinary)}
    others = [one for one in others if not (one.finding.address and spot_of(one.finding.address) in spots)]
    told = [one for one in carried if one not in others]
    came = [one for one in told if one.finding.symptom in _WAYS_IN]
    addresses = _addresses(told, ordinary)
    found: dict[str, list[Clause]] = defaultdict(list)
    deeds = [one for one in told if one.finding.symptom not in _WAYS_IN]
    records = {record.id: record for record in evidence.records()}
    by_number = {one.number: one.finding for one in carried}
    for part, group in _by_part(deeds).items():
        found[part] = [dated(one, by_number, records) for one in clauses(group)]
    found["by_others"] += _not_attributed(others, by_number, records)
    found["read_or_taken"] = list(gravest_first(found["read_or_taken"], by_number, records))
    reset = _reset_before(_first_of(came, addresses), results, records)
    found["entry"] = list(_entry(_first_of(came, addresses), ordinary, reset)) or list(
        _consent(deeds, ordinary)
    )
    found["origin"] = list(_origin(told, addresses, evidence, ordinary))
    found["since"] = list(_first(told, addresses, evidence, ordinary))
    found["last_seen"] = list(_last(told, addresses, evidence, ordinary))
    last = found["last_seen"][0].at if found["last_seen"] else None
    found["still_open"] = list(still_open([*deeds, *others], last, evidence))
    found["leads"] = list(merged(leads_in(evidence, [*deeds, *others], addresses, ordinary)))
    found["unknown"] = [*_unknown(found, evidence), *unattributed(found, evidence, ordinary)]
    found["alerted"] = list(first_alert(evidence, found["since"][0].at if found["since"] else None))
    return Story(
        certain=verdict.answer is VerdictCode.COMPROMISED,
        likely=verdict.access is Access.LIKELY,
        addresses=addresses,
        sessions=tuple(sorted(ordinary.suspect_sessions)),
        applications=applications_of(deeds, evidence),
        **{name: tuple(clauses) for name, clauses in found.items()},
    )


def _told(results: Sequence[SymptomResult], verdict: Verdict, evidence: Evidence) -> Iterator[Told]:
    """Give what somebody else did: surely, or as far as the verdict rests on it.

    Where no session is anybody else's, what the user did as somebody else wanted is theirs: a consent.
    """
    strange = {Owner.STRANGER, Owner.DOUBTFUL}
    nobody = not any(finding.owner in strange for _, finding in numbered(results))
    let_in = _let_in(results, evidence)
    apps = {record.id: record.app_id.casefold() for record in evidence.records() if record.app_id}
    for number, finding in numbered(results):
        decides = finding.severity > 0 and finding in verdict.reasons
        reads = finding.sign.id in _APP_READS and (
            finding.after in let_in or any(apps.get(one) in let_in for one in finding.records)
        )
        beside = finding.sign.id in _TOLD_BESIDE and finding.owner in strange
        if (
            _is_theirs(finding)
            or reads
            or beside
            or (decides and (nobody or finding.owner is not Owner.OWNER))
        ):
            yield Told(number, finding)


def _is_anothers(finding: Finding, subject: Subject, carried: Iterable[Told]) -> bool:
    """Say whether another account did it, and nothing ties that to the attacker.

    Whoever is a delegate or an administrator works on this mailbox as well. What came from the attacker's
    sign-ins, sessions and addresses is theirs, whichever account it names, and so is what an account did that
    they made.
    """
    if "@" not in finding.by or subject.is_meant_by(finding.by) or part_of(finding) in ("", OTHERS):
        return False
    if finding.owner in (Owner.STRANGER, Owner.DOUBTFUL):
        return False
    made = {one.finding.after.casefold() for one in carried if one.finding.sign.id == _MADE}
    return finding.by.casefold() not in made


def _not_attributed(
    others: Iterable[Told], findings: Mapping[str, Finding], records: Mapping[str, AuditRecord]
) -> Iterator[Clause]:
    """Tell what other accounts did, each by whom, so that nobody takes it for the attacker's."""
    groups: dict[str, list[Told]] = defaultdict(list)
    for one in others:
        groups[one.finding.by].append(one)
    for by, group in groups.items():
        for clause in clauses(group):
            says = f"{clause.says} (by {named(by)}, not attributed to the attacker)"
            yield replace(dated(clause, findings, records), says=says)


def _let_in(results: Sequence[SymptomResult], evidence: Evidence) -> frozenset[str]:
    """Give the ids of applications that somebody else consented to: what these read is theirs as well."""
    theirs = (Told(number, one) for number, one in numbered(results) if _is_theirs(one))
    return frozenset(applications_of(theirs, evidence))


def _is_theirs(finding: Finding) -> bool:
    """Say whether a finding tells of somebody else's doing, as far as anything tells whose it is."""
    if finding.severity <= 0:
        return False
    if finding.owner is Owner.STRANGER:
        return True
    return finding.severity >= (Severity.HIGH if finding.owner is Owner.OWNER else Severity.MEDIUM)


def _by_part(told: Iterable[Told]) -> dict[str, list[Told]]:
    parts: dict[str, list[Told]] = defaultdict(list)
    for one in told:
        if part := part_of(one.finding):
            parts[part].append(one)
    return parts


def _addresses(told: Iterable[Told], ordinary: Usual) -> tuple[str, ...]:
    """Give the intruder's addresses, in the order in which they were first seen."""
    theirs: dict[str, datetime] = {}
    for one in ordinary.sign_ins:
        if one.succeeded and ordinary.is_suspect(one.ip_address):
            theirs.setdefault(one.ip_address, one.created_date_time)
    for each in told:
        finding = each.finding
        strange = finding.owner in {Owner.STRANGER, Owner.DOUBTFUL} or finding.sign.id in _APP_READS
        if finding.address and finding.at and strange:
            theirs[finding.address] = min(finding.at, theirs.get(finding.address, finding.at))
    return tuple(sorted(theirs, key=lambda address: (theirs[address], address)))


def _first_of(came: Sequence[Told], addresses: Sequence[str]) -> Sequence[Told]:
    """Give what tells how somebody came, at the address that was first used where any is from there."""
    first = {"", *(spot_of(address) for address in addresses[:1])}
    here = [one for one in came if spot_of(one.finding.address) in first]
    return here if any(one.finding.address for one in here) else came


def _consent(deeds: Iterable[Told], ordinary: Usual) -> Iterator[Clause]:
    """Tell that the user let an application in, where that is the only way in that was seen.

    What was consented to from a suspect address let nobody in who was not there before.
    """
    let_in = [
        one
        for one in deeds
        if one.finding.symptom == "oauth_apps"
        and one.finding.after
        and not (ordinary.by_acts and ordinary.points.get(spot_of(one.finding.address)))
    ]
    if let_in:
        names = listed(list(dict.fromkeys(one.finding.after for one in let_in)))
        yield resting(f"{_LET_IN} {names}", let_in)


def _reset_before(
    came: Sequence[Told], results: Sequence[SymptomResult], records: Mapping[str, AuditRecord]
) -> Told | None:
    """Give the last reset of the password by an administrator shortly before somebody else came.

    Whoever calls a help desk in a user's name signs in with what they were given.
    """
    first = min((one.finding.at for one in came if one.finding.at), default=None)
    if first is None:
        return None
    resets = [
        Told(number, finding)
        for number, finding in numbered(results)
        if finding.sign.id == _RESET
        and finding.at
        and first - _RESET_SPAN <= finding.at <= first
        and any("password" in records[one].operation.casefold() for one in finding.records if one in records)
    ]
    return max(resets, key=lambda one: one.finding.at or first, default=None)


def _entry(came: Sequence[Told], ordinary: Usual, reset: Told | None) -> Iterator[Clause]:
    all_came = came
    kit = [one for one in came if _is_of_kit(one.finding, ordinary)]
    signs = {one.finding.sign.id for one in came}
    # What was tried before the first success tells more than what the program calls itself.
    for sign, says in _ENTRY[:3]:
        if sign in signs:
            yield resting(says, [one for one in came if one.finding.sign.id == sign])
            return
    # Without a sign-in, only what was tried tells how: what was done later shows a program, and no way in.
    if ordinary.by_acts or (came and all(ordinary.is_visited(one.finding.address) for one in came)):
        signs -= _SIGNED_IN
        came, kit = [], []
    by_password = _by_password(kit, ordinary)
    if by_password and not signs & _CONTINUED:
        yield resting(by_password, kit)
        return
    if kit:
        clause = resting(_OR_GUESSED if by_password else _BY_KIT, kit)
        yield replace(clause, techniques=tuple(dict.fromkeys((_IN_THE_MIDDLE, *clause.techniques))))
        return
    for sign, says in _ENTRY[3:]:
        if sign in signs:
            theirs = [one for one in all_came if one.finding.sign.id == sign]
            guessed = sign == _BY_PROGRAM and _by_password(theirs, ordinary)
            yield resting(_GUESSED_BY_PROGRAM if guessed else says, theirs)
            return
    if came and reset is not None and reset.finding.at:
        when = f"{reset.finding.at:%Y-%m-%d %H:%M} UTC"
        by = named(reset.finding.by) or "an administrator"
        says = f"{_WITH_CREDENTIALS.says}, after {by} had reset the password ({when})"
        way = replace(_WITH_CREDENTIALS, says=says)
        # The reset is evidence, and no technique of the attacker's.
        yield replace(resting(way, [*came, reset]), techniques=resting(way, came).techniques)
    elif came:
        yield resting(_WITH_CREDENTIALS, came)


def _is_of_kit(finding: Finding, ordinary: Usual) -> bool:
    """Say whether a client that phishing kits use signed in there."""
    if finding.sign.id == _KIT_SIGN:
        return True
    against = ordinary.points.get(spot_of(finding.address), ()) if finding.address else ()
    return any(one.name == _KIT for one in against)


def _by_password(kit: Iterable[Told], ordinary: Usual) -> Clause | None:
    """Say how else a client of kits may have got in, where wrong passwords were tried before."""
    # Kits are made of general libraries, which whoever guesses passwords uses as well.
    spots = {spot_of(one.finding.address) for one in kit if one.finding.address}
    got_in = [one for one in ordinary.sign_ins if one.succeeded and spot_of(one.ip_address) in spots]
    if not got_in:
        return None
    first = min(got_in, key=lambda one: one.created_date_time)
    end = first.created_date_time
    tried = any(
        one.status.error_code in WRONG_PASSWORD
        and end - FAILURE_SPAN <= one.created_date_time <= end
        and (
            spot_of(one.ip_address) in spots
            or (first.user_agent and family_of(one.user_agent) == family_of(first.user_agent))
        )
        for one in ordinary.sign_ins
    )
    if not tried:
        return None
    return _ONE_FACTOR if first.authentication_requirement == _SINGLE_FACTOR else _GUESSED_OR_PHISHED


def _origin(
    told: Sequence[Told], addresses: Iterable[str], evidence: Evidence, ordinary: Usual
) -> Iterator[Clause]:
    came: datetime | None = None
    anonymous = set(_anonymous(evidence, ordinary))
    for address in addresses:
        here = [one for one in told if one.finding.address == address]
        used = [
            one
            for one in ordinary.sign_ins
            if one.ip_address == address and one.succeeded and one.created_date_time in evidence.window
        ]
        moments = [one.created_date_time for one in used]
        at = min((*moments, *(one.finding.at for one in here if one.finding.at)), default=None)
        later = f" since {at:%Y-%m-%d %H:%M} UTC" if came and at and at - came >= _LATER else ""
        came = came or at
        hides = f"{_ANONYMIZER}; " if spot_of(address) in anonymous else ""
        clause = resting(f"{address} ({hides}{ordinary.place(address)}){later}", here, at=at)
        yield replace(clause, records=tuple(dict.fromkeys((*(one.id for one in used), *clause.records))))


def _anonymous(evidence: Evidence, ordinary: Usual) -> Iterator[str]:
    """Give the addresses that Microsoft has as anonymized: where those are says nothing of who used them."""
    for one in ordinary.sign_ins:
        if _ANONYMOUS_RISK in {kind.casefold() for kind in one.risk_event_types_v2}:
            yield spot_of(one.ip_address)
    for risk in evidence.risk_detections.seen(()):
        if risk.risk_event_type.casefold() == _ANONYMOUS_RISK:
            yield spot_of(risk.ip_address)


def _moments(
    told: Iterable[Told], addresses: Collection[str], evidence: Evidence, ordinary: Usual
) -> Iterator[Clause]:
    """Give when somebody else was in, with what was done and the record that shows it."""
    spots = {spot_of(address) for address in addresses}
    for record in evidence.records():
        theirs = (record.address and spot_of(record.address) in spots) or ordinary.is_suspect_record(record)
        mine = evidence.subject.is_meant_by(record.actor)
        if mine and theirs and record.succeeded is not False and record.at in evidence.window:
            what = PLAIN.get(record.operation, record.operation)
            yield (
                _signed_in(record.at, record.id)
                if record.operation in LOGONS
                else Clause(what, record.at, records=(record.id,))
            )
    # After the records: a sign-in may have been concluded from one, which then tells more.
    for one in ordinary.sign_ins:
        if one.succeeded and one.created_date_time in evidence.window and spot_of(one.ip_address) in spots:
            yield _signed_in(one.created_date_time, one.id)
    yield from _deeds(told)


def _signed_in(at: datetime, record: str) -> Clause:
    return Clause("signed in", at, records=(record,), point=Point.SIGNED_IN)


def _deeds(told: Iterable[Told]) -> Iterator[Clause]:
    """The same of what findings tell, wherever it was done from."""
    for each in told:
        theirs = each.finding.symptom not in _WAYS_IN and part_of(each.finding) != OTHERS
        if theirs and each.finding.at and each.finding.records:
            says = each.finding.sign.id.replace("_", " ")
            yield Clause(says, each.finding.at, records=each.finding.records[:1])


def _is_own_access(finding: Finding, evidence: Evidence) -> bool:
    """Say whether a deed shows somebody else in this account: not a colleague's deed, nor the user's own."""
    as_this_account = not finding.by or evidence.subject.is_meant_by(finding.by)
    return as_this_account and finding.owner is not Owner.OWNER


def _first(
    told: Sequence[Told], addresses: Collection[str], evidence: Evidence, ordinary: Usual
) -> Iterator[Clause]:
    # What somebody else did to the account, or the user was led to do, comes before they were in.
    moments = list(
        _moments(
            [one for one in told if _is_own_access(one.finding, evidence)], addresses, evidence, ordinary
        )
    ) or list(_deeds(told))
    if moments:
        yield min(moments, key=attrgetter("at"))


def _last(
    told: Sequence[Told], addresses: Collection[str], evidence: Evidence, ordinary: Usual
) -> Iterator[Clause]:
    moments = list(_moments(told, addresses, evidence, ordinary))
    if moments:
        yield max(moments, key=attrgetter("at"))


def _unknown(found: Mapping[str, Sequence[Clause]], evidence: Evidence) -> Iterator[Clause]:
    if not found.get("entry"):
        yield Clause(says="how they got in")
    elif found["entry"][0].point is Point.CREDENTIALS:
        yield Clause(says="how they obtained the credentials")
    if not found.get("origin"):
        yield Clause(says="from where")
    if not found.get("read_or_taken") and not _is_whole(evidence, "audit_log"):
        yield Clause(says="what they read")
    if not found.get("sent") and not _is_whole(evidence, "audit_log", "message_trace"):
        yield Clause(says="what they sent")
    elif found.get("sent") and not _is_whole(evidence, "message_trace"):
        yield Clause(says="all recipients of what they sent")
    if any(number.startswith("auto_reply.") for one in found.get("sent", ()) for number in one.findings):
        yield Clause(says="who wrote to this mailbox and received the automatic reply")
    if missing := not_seen(evidence):
        left = bool(found.get("still_open"))
        what = "what else is still open" if left else "whether they are still in"
        which = "the current settings" if len(missing) == len(SOURCES) else listed(missing)
        yield Clause(says=f"{what} ({which} were not collected)", point=None if left else Point.STILL_IN)


def _is_whole(evidence: Evidence, *names: str) -> bool:
    sources = [getattr(evidence, name) for name in names]
    return any(isinstance(source, Known) and not source.missing for source in sources)


_ABOUT: Final = frozenset({"certain", "likely", "addresses", "sessions", "applications"})

PARTS: Final = tuple(one.name for one in fields(Story) if one.name not in _ABOUT)
"""The parts of a story, in the order in which they are told."""
