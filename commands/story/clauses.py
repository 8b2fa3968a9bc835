"""How findings become the clauses of a story: without who and from where, and each deed told once. Pure.

Findings that rest on the same records are one deed, told by the gravest of them, or by the one among equals
that names what it is about. Findings that only add others up, and alerts of Microsoft's about a deed, lend it
their evidence. What is alike but for one name or one right becomes one clause that names them all.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Final

from commands.clues.records import listed
from commands.report import Clause, Finding
from graph.audit_log.record import AuditRecord

_IP: Final = r"(?:(?:\d{1,3}\.){3}\d{1,3}|(?=[0-9a-fA-F.]*:)[0-9a-fA-F:.]*[0-9a-fA-F:])"
_END: Final = rf"(?: from {_IP})?(?: \(suspicious (?:IP address|session)\))?"
_VERB: Final = r"(?:[;,] (?:created or changed|added|recorded|sent))?"
_FROM: Final = re.compile(rf"{_VERB},? from {_IP}(?: \(suspicious (?:IP address|session)\))?(?=[\s,;)]|$)")
_SPOT: Final = re.compile(rf",? from {_IP} \([^()]*\)")
_TO: Final = re.compile(rf" to {_IP} \(([^()]*)\)")
_VERB_ALONE: Final = re.compile(r"; (?:created or changed|recorded)(?=;|$)")
_UNTOLD: Final = re.compile(
    r"; (?:the audit log, which may show [^;]*, was not collected|no record shows [^;]*)"
)

_OPERATION: Final = re.compile(r" \((?:[A-Z][a-z]+-[A-Z]\w+|[A-Z][a-z]+(?:[A-Z][a-z]+)+)\)$")
"""The name of a cmdlet or of one operation in parentheses, which tells nobody what happened."""

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

_ALIKE: Final = {"Mail is forwarded to {}": "Forwarding to {} was added"}
"""Sentences that say the same of a setting that stands and of one that is only recorded."""

_BRIEF: Final = 90
"""Characters from which on a reason is told without its end."""

_ENDS: Final = (", if ", ", which ", " (", "; ")
"""Where a sentence may end early and still be true."""

_QUOTED: Final = re.compile(r"“[^”]*”")

_ROOM: Final = re.compile(r"^(?:The (account|application|guest|device|mail flow rule) )?\{\} (was|has)\b")


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


def clause(deed: Sequence[Told]) -> Clause:
    """Tell one deed."""
    first = deed[0].finding
    return resting(plain(first), deed, at=first.at)


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


def plain(finding: Finding) -> str:
    """Give a finding's sentence without who, from where and what was not collected: the story says those."""
    says = finding.summary.rstrip(".")
    if finding.by:
        says = re.sub(rf"{_VERB} by {re.escape(finding.by)}{_END}(?=[\s,;)]|$)", "", says)
    for pattern in (_FROM, _UNTOLD, _VERB_ALONE, _OPERATION):
        says = pattern.sub("", says)
    return says


def in_short(finding: Finding) -> str:
    """Give a finding's sentence as one clause: without who, from where, and further reasons."""
    says = _TO.sub(r" to \1", _SPOT.sub("", finding.summary))
    return _first_clause(plain(replace(finding, summary=says)))


def in_brief(finding: Finding) -> str:
    """Give a finding as a few words that can be read alone: of `in_short`, a long end is left out.

    What stands in quotation marks is the tenant's text, and stays whole.
    """
    says = in_short(finding)
    if len(says) <= _BRIEF:
        return says
    bare = _QUOTED.sub(lambda quoted: "_" * len(quoted[0]), says)
    ends = [end for mark in _ENDS if (end := bare.rfind(mark, _BRIEF // 3, _BRIEF)) > 0]
    return says[: max(ends)] if ends else says


def _first_clause(says: str) -> str:
    """Give what stands before the first semicolon, and of what is in parentheses the same."""
    kept: list[str] = []
    depth, left_out = 0, False
    for letter in says:
        depth += (letter == "(") - (letter == ")")
        if depth <= 0:
            left_out = False
        if letter == ";" and depth <= 0:
            break
        left_out = left_out or (letter == ";" and depth == 1)
        if not left_out:
            kept.append(letter)
    return "".join(kept).rstrip()


# --- what is alike -------------------------------------------------------------------------------------


def _joined(found: Sequence[tuple[Told, ...]]) -> list[tuple[str, Clause]]:
    """Join deeds that are alike, and give each clause with its symptom."""
    things: dict[tuple[str, ...], list[tuple[Told, ...]]] = defaultdict(list)
    for number, deed in enumerate(found):
        first = deed[0].finding
        if first.sign.id in _PASSWORD:
            key: tuple[str, ...] = ("password",)
        elif first.after and first.symptom in _ONE_THING | {"delegates"}:
            key = (first.symptom, first.after.casefold())
        else:
            key = (str(number),)
        things[key].append(deed)
    texts = [text for group in things.values() for text in _of_one_thing(group)]
    alike: dict[str, list[tuple[str, str, tuple[Told, ...]]]] = defaultdict(list)
    for says, deed in texts:
        name = deed[0].finding.after
        template = says.replace(name, "{}", 1) if name and len(name) > 1 and "{" not in says else says
        template = _ALIKE.get(template, template)
        alike[template].append((says, name, deed))
    return [_of_one_kind(template, same) for template, same in alike.items()]


def _of_one_thing(group: Sequence[tuple[Told, ...]]) -> list[tuple[str, tuple[Told, ...]]]:
    """Tell all deeds that are about the same thing by one sentence where one will do."""
    whole = tuple(one for deed in group for one in deed)
    first = group[0][0].finding
    texts = [plain(deed[0].finding) for deed in group]
    if len(group) == 1:
        return [(texts[0], whole)]
    if first.sign.id in _PASSWORD:
        return [(f"The password was changed {len(group)} times", whole)]
    if first.symptom in _ONE_THING:
        grave = [deed[0].finding for deed in group if deed[0].finding.severity == first.severity]
        return [(max((plain(one) for one in grave), key=len), whole)]
    varied = _varied(list(dict.fromkeys(texts)))
    return [(varied, whole)] if varied else list(zip(texts, group, strict=True))


def _varied(texts: Sequence[str]) -> str:
    """Write sentences that differ in one place as one sentence; "" where they differ in more."""
    if len(texts) == 1:
        return texts[0]
    words = [text.split(" ") for text in texts]
    begin = len(list(takewhile(lambda column: len(set(column)) == 1, zip(*words, strict=False))))
    ends = zip(*(one[begin:][::-1] for one in words), strict=False)
    end = len(list(takewhile(lambda column: len(set(column)) == 1, ends)))
    middles = [" ".join(one[begin : len(one) - end]) for one in words]
    if not begin or not all(middles):
        return ""
    return " ".join((*words[0][:begin], listed(middles), *words[0][len(words[0]) - end :]))


def _of_one_kind(template: str, same: Sequence[tuple[str, str, tuple[Told, ...]]]) -> tuple[str, Clause]:
    """Tell deeds whose sentences differ by the name alone."""
    whole = tuple(one for _, _, deed in same for one in deed)
    first = whole[0].finding
    in_time = sorted(same, key=lambda one: (one[2][0].finding.at is None, one[2][0].finding.at or 0))
    names = list(dict.fromkeys(name for _, name, _ in in_time))
    says = same[0][0]
    if len(same) > 1 and "{}" in template and len(names) > 1:
        several = _ROOM.sub(_plural, template)
        says = several.replace("{}", listed(names), 1)
    elif len(same) > 1 and len({deed[0].finding.summary for _, _, deed in same}) == 1:
        says = f"{says} ({len(same)} times)"
    return first.symptom, resting(says, whole, at=first.at)


def _plural(match: re.Match[str]) -> str:
    noun, verb = match.groups()
    many = "were" if verb == "was" else "have"
    return f"The {noun}s {{}} {many}" if noun else f"{{}} {many}"
