"""How findings become the clauses of a story: without who and from where, and each deed told once. Pure.

Findings that rest on the same records are one deed, told by the gravest of them, or by the one among equals
that names what it is about. Findings that only add others up, and alerts of Microsoft's about a deed, lend it
their evidence. What is alike but for one name or one right becomes one clause that names them all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from commands.clues.records import listed
from commands.report import Clause, Finding
from commands.sentence import (
    Sentence,
    brief_of,
    clause_of,
    deed_of,
    form_of,
    merged,
    of_many,
    sentence,
    things_of,
    whole,
)
from graph.audit_log.record import AuditRecord

_SUMS: Final = frozenset(
    {
        "several_password_changes",
        "two_password_changes_from_usual_address",
        "password_and_sign_in_method_changed",
        "password_and_sign_in_method_changed_at_home",
        "mail_sent_from_suspect_address",
    }
)
"""Signs of findings that rest on other findings' records and say no more than these, where those have all."""

_ALERTS: Final = frozenset(
    {
        "rule_alert",
        "forwarding_alert",
        "sending_restricted_alert",
        "sending_pattern_alert",
        "sending_bounced_as_blocked",
        "audit_bypassed",
    }
)
"""Signs of Microsoft's alerts and of a state, which another finding of the same symptom tells better."""

_ONE_SETTING: Final = frozenset({"auto_reply", "audit_trail", "signature"})
"""Symptoms about one setting of an account, of which a finding without a time says how it stands now.

Where a finding of the same symptom tells the change, that is the action, and how it stands is none.
"""

_SENT: Final = "mail_sent_from_suspect_address"
"""The sign of a sum that may tell of messages that no other finding tells of."""

_ONE_THING: Final = frozenset({"oauth_apps", "admin_roles", "devices", "strong_authentication"})
"""Symptoms of which all that one name comes up in is one thing: made, let in, and given its rights."""

_SEVERAL: Final = frozenset(
    {
        "mail_access",
        "missing_mail",
        "data_leaving",
        "file_activity",
        "teams_messages",
    }
)
"""Symptoms of which one finding tells many acts, each with a record of its own."""

_ONE_ACT: Final = timedelta(minutes=2)
"""Within so much time several logs record one act."""

_PASSWORD: Final = frozenset({"password_changed_from_suspect_address", "password_changed_from_new_address"})


@dataclass(frozen=True, slots=True)
class Told:
    """A finding with its number in the report."""

    number: str
    finding: Finding


def clauses(group: Iterable[Told]) -> list[Clause]:
    """Tell the deeds of one part of a story, the gravest first, each symptom once before one comes again."""
    told = _joined(deeds(group))
    first: list[Clause] = []
    rest: list[Clause] = []
    symptoms: set[str] = set()
    for symptom, clause in told:
        (rest if symptom in symptoms else first).append(clause)
        symptoms.add(symptom)
    return [*first, *rest]


def deeds(group: Iterable[Told]) -> list[tuple[Told, ...]]:
    """Put findings of one deed together; the gravest deed, and in it finding, first.

    Findings that share a record are of one deed, and no record is of two deeds. Deeds are found by their
    records: to compare each finding with each deed took minutes where an attacker made thousands of rules.
    """
    told = sorted(group, key=lambda one: (-one.finding.severity, not one.finding.after))
    found: list[list[Told]] = []
    by_record: dict[str, int] = {}
    by_symptom: dict[str, int] = {}
    later = _SUMS | _ALERTS
    for one in sorted(told, key=lambda one: one.finding.sign.id in later or _is_standing(one.finding)):
        finding = one.finding
        place = min((by_record[id_] for id_ in finding.records if id_ in by_record), default=None)
        if place is None and (finding.sign.id in _ALERTS or _is_standing(finding)):
            place = by_symptom.get(finding.symptom)
        if finding.sign.id == _SENT and not by_record.keys() >= set(finding.records):
            place = None  # it tells of messages that nothing else tells of
        if place is None:
            place = len(found)
            found.append([])
            by_symptom.setdefault(finding.symptom, place)
        own = tuple(id_ for id_ in finding.records if by_record.setdefault(id_, place) == place)
        found[place].append(
            one if own == finding.records else Told(one.number, replace(finding, records=own))
        )
    return [tuple(deed) for deed in found]


def _is_standing(finding: Finding) -> bool:
    return finding.at is None and finding.symptom in _ONE_SETTING


def resting(says: str | Clause, told: Sequence[Told], *, at: datetime | None = None) -> Clause:
    """Give a clause with the numbers, records and techniques of the findings it rests on."""
    return replace(
        Clause(says) if isinstance(says, str) else says,
        at=at,
        findings=tuple(dict.fromkeys(one.number for one in told)),
        records=tuple(dict.fromkeys(record for one in told for record in one.finding.records)),
        techniques=tuple(
            dict.fromkeys(one.finding.sign.technique for one in told if one.finding.sign.technique)
        ),
    )


def dated(clause: Clause, findings: Mapping[str, Finding], records: Mapping[str, AuditRecord]) -> Clause:
    """Place a clause at the first of what it tells, and give the further times.

    Args:
        clause: A clause of `clauses`.
        findings: The findings by their number in the report.
        records: The audit records by their id.
    """
    # What another symptom tells of the same records may be about more than this.
    symptom = next((findings[number].symptom for number in clause.findings if number in findings), "")
    moments = set()
    for finding in (findings[number] for number in clause.findings if number in findings):
        if finding.at is None or finding.symptom != symptom or finding.sign.id in _ALERTS | _SUMS:
            continue
        moments.add(finding.at)
        if finding.symptom in _SEVERAL:
            acts = (records[id_].at for id_ in finding.records if id_ in records)
            moments |= {at for at in acts if at > finding.at}
    times: list[datetime] = []
    for at in sorted(moments):
        if not times or at - times[-1] >= _ONE_ACT:
            times.append(at)
    if not times:
        return clause
    return replace(clause, at=times[0], times=tuple(times) if len(times) > 1 else ())


def pieces_of(finding: Finding) -> Sentence:
    """Give a finding's sentence without who, from where and what was not collected: the story says those."""
    return deed_of(finding.pieces or sentence(finding.summary.rstrip(".")))


def plain(finding: Finding) -> str:
    """Give the same as text."""
    return whole(pieces_of(finding))


def in_short(finding: Finding) -> str:
    """Give a finding's sentence as one clause: without who, from where, and further reasons."""
    return whole(clause_of(pieces_of(finding)))


def in_brief(finding: Finding) -> str:
    """Give a finding as a few words that can be read alone: of `in_short`, a long end is left out."""
    return brief_of(pieces_of(finding))


# --- what is alike -------------------------------------------------------------------------------------


def _joined(found: Sequence[tuple[Told, ...]]) -> list[tuple[str, Clause]]:
    """Join deeds that are alike, and give each clause with its symptom."""
    about: dict[tuple[str, ...], list[tuple[Told, ...]]] = defaultdict(list)
    for number, one in enumerate(found):
        first = one[0].finding
        if first.sign.id in _PASSWORD:
            key: tuple[str, ...] = ("password",)
        elif first.after and first.symptom in _ONE_THING | {"delegates"}:
            key = (first.symptom, first.after.casefold())
        else:
            key = (str(number),)
        about[key].append(one)
    alike: dict[Sentence, list[_Said]] = defaultdict(list)
    for group in about.values():
        for said in _of_one_thing(group):
            alike[form_of(said.says)].append(said)
    return [_of_one_kind(same) for same in alike.values()]


@dataclass(frozen=True, slots=True)
class _Said:
    """What is told of one thing, and the findings that it rests on, the first of them first."""

    says: Sentence
    told: tuple[Told, ...]


def _of_one_thing(group: Sequence[tuple[Told, ...]]) -> list[_Said]:
    """Tell all deeds that are about the same thing by one sentence where one will do."""
    every = tuple(one for each in group for one in each)
    first = group[0][0].finding
    texts = [pieces_of(each[0].finding) for each in group]
    if len(group) == 1:
        return [_Said(texts[0], every)]
    if first.sign.id in _PASSWORD:
        return [_Said(sentence(f"The password was changed {len(group)} times"), every)]
    if first.symptom in _ONE_THING:
        grave = [each[0].finding for each in group if each[0].finding.severity == first.severity]
        return [_Said(max((pieces_of(one) for one in grave), key=lambda one: len(whole(one))), every)]
    one = merged(texts, listed)
    return [_Said(one, every)] if one else [_Said(*pair) for pair in zip(texts, group, strict=True)]


def _of_one_kind(same: Sequence[_Said]) -> tuple[str, Clause]:
    """Tell deeds whose sentences differ by the name alone."""
    every = tuple(one for said in same for one in said.told)
    first = every[0].finding
    in_time = sorted(same, key=lambda one: (one.told[0].finding.at is None, one.told[0].finding.at or 0))
    names = list(dict.fromkeys(name for said in in_time for name in things_of(said.says)))
    says = whole(same[0].says)
    if len(names) > 1:
        says = of_many(same[0].says, listed(names))
    elif len(same) > 1 and len({said.told[0].finding.summary for said in same}) == 1:
        says = f"{says} ({len(same)} times)"
    return first.symptom, resting(says, every, at=first.at)
