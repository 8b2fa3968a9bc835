"""Weigh what was found: one explainable rule, never a count of records.

1. Every sign (kind of finding) has the points of its severity and counts once, however often it is found.
2. A sign needs a record of its own to stand on, the first that one of its findings names. Where one record
   shows several signs, as a sign-in does that is new, scripted and too fast, it carries one of them; which
   record carries which is chosen so that the sum is greatest. A finding without records stands by itself.
3. From `COMPROMISED_FROM` points, with at least one sign that is hardly ever harmless, the account is
   compromised; from `SUSPICIOUS_FROM` points it is suspicious.
4. Below that, nothing was found; but only who has looked everywhere that decides may say so. A deciding
   source that was not seen makes it "cannot tell".
5. Confidence says how likely the verdict is right, and not what was seen. A compromise is of high
   confidence where it is told twice over, by the way in and by what was done, or has twice the points
   that it takes. Sources that were not seen never add to the confidence.

``docs/reference/verdict.md`` gives every sign's weight with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import combinations
from typing import Final

from commands import facts
from commands.facts import Deciding
from commands.report import (
    Access,
    Coverage,
    Finding,
    Owner,
    Result,
    Severity,
    SourceState,
    SymptomResult,
    Verdict,
    VerdictCode,
    spoken,
)
from commands.story.access_and_impact import TRIED, access_of, impact_of, is_deed, only_by_others, role_of
from commands.story.clauses import in_brief
from commands.usual.own import ENOUGH
from graph.question import Subject

COMPROMISED_FROM: Final = 8
SUSPICIOUS_FROM: Final = 3
CERTAIN_FROM: Final = 16
"""Points from which a compromise is of high confidence whatever they tell of: twice what it takes."""

MANY_MISSING: Final = 4
"""Other sources, not deciding, that may be missing before the confidence sinks."""


SEQUENCE_SPAN: Final = timedelta(hours=24)
"""Within which two grave deeds belong to one takeover: intruders act within hours of the way in."""

BESIDE: Final = {
    Owner.DOUBTFUL: {Severity.LOW: 1, Severity.MEDIUM: 4, Severity.HIGH: 7},
    Owner.STRANGER: {Severity.LOW: 2, Severity.MEDIUM: 4, Severity.HIGH: 7},
}
"""Points of a deed in a session that is not the user's, by severity.

People do grave things where they always work, and attackers never do, so the two together are rarer than
each alone. What is hardly ever harmless therefore decides together with the sign-in before it. What is
harmless by itself stays so in a doubtful session: people who are somewhere new with something new do it too.
"""

PLACE: Final = "place"
"""The group of what only tells that the account was used from somewhere new."""

USE: Final = "use"
"""The group of what the user does every day as well: only who did it makes it a sign."""

WORK: Final = "work"
"""The group of what administrators do all day: it tells the same where the session is their own."""

WAYS_IN: Final = frozenset({"sign_ins", "sign_in_context", "password_spray"})
"""Symptoms that tell of the way in and not of what was done."""

QUESTIONS: Final = 5
"""Questions for one call to the user."""

SHORT_REASONS: Final = 3
"""Reasons that are told with the verdict; before them stands how many there are."""

LEVELS: Final = ("low", "medium", "high")


def points_of(finding: Finding) -> int:
    """Give how much a finding weighs, given whose session it was done in."""
    if finding.sign.id == "doubtful_sign_in":
        return min(max(finding.doubt - 1, 1), 3)
    if finding.sign.group == PLACE and finding.owner is Owner.OWNER and finding.severity is Severity.LOW:
        return 0  # whose the session is was decided from the same: something new, and nothing to doubt in it
    if finding.sign.group == USE and finding.owner is Owner.OWNER and finding.severity is Severity.LOW:
        return 0  # what the user does every day, in a session of the user's own
    if finding.symptom in WAYS_IN or finding.owner is None or finding.owner is Owner.OWNER:
        return int(finding.severity)
    if finding.sign.group == USE and not finding.certain:
        return int(finding.severity)
    return BESIDE[finding.owner].get(finding.severity, int(finding.severity))


def is_sequence(findings: Sequence[Finding]) -> bool:
    """Say whether two different grave deeds were done within hours in sessions that are not the user's."""
    deeds = [
        finding
        for finding in findings
        if finding.at is not None
        and finding.symptom not in WAYS_IN
        and finding.sign.group != USE
        and finding.severity >= Severity.MEDIUM
        and finding.owner in BESIDE
    ]
    return any(
        one.sign is not other.sign and abs(one.at - other.at) <= SEQUENCE_SPAN
        for one, other in combinations(deeds, 2)
        if one.at is not None and other.at is not None
    )


@lru_cache(maxsize=256)  # ten thousand accounts of one export lack the same sources
def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    return names


def weigh(
    results: Sequence[SymptomResult],
    sources: Sequence[SourceState],
    *,
    subject: Subject | None = None,
    ordinary: int | None = None,
) -> Verdict:
    """Weigh the symptoms' findings.

    Args:
        results: What each symptom found.
        sources: Which sources were seen.
        subject: Whose account it is, to tell what others did to it.
        ordinary: How many ordinary sign-ins the baseline rests on; None where nobody asked.
    """
    findings = tuple(finding for result in results for finding in result.findings if points_of(finding) > 0)
    carried = carried_signs(findings)
    points = max(sum(map(points_of, carried_signs(some))) for some in stories(findings, subject))
    gravest = max((finding.severity for finding in findings), default=Severity.INFO)
    missing = _once(tuple(source.id for source in sources if source.state is not Coverage.COMPLETE))
    unseen = undecided(sources)
    failed = tuple(result.title for result in results if result.failed)
    if points >= COMPROMISED_FROM and (gravest >= Severity.HIGH or is_sequence(carried)):
        answer = VerdictCode.COMPROMISED
    elif points >= SUSPICIOUS_FROM:
        answer = VerdictCode.SUSPICIOUS
    else:
        answer = VerdictCode.CANNOT_TELL if unseen or failed else VerdictCode.NO_SIGN_FOUND
    others = only_by_others(carried, subject)
    if others and answer is VerdictCode.COMPROMISED:
        # Rights that somebody else's account gave are no way in that was used.
        answer = VerdictCode.SUSPICIOUS
    access = access_of(answer, carried)
    told_twice = _is_told_twice(access, carried)
    every = tuple(finding for result in results for finding in result.findings)
    reasons = tuple(sorted(_one_per_sign(findings), key=lambda finding: -points_of(finding)))
    return Verdict(
        answer=answer,
        points=points,
        confidence=_confidence(
            answer, unseen, sources, results, ordinary=ordinary, sure=told_twice or points >= CERTAIN_FROM
        ),
        reasons=reasons,
        missing=missing,
        says=_says(answer, reasons, (*(_spoken(one.any_of) for one in unseen), *failed), sources)
        + _little_known(ordinary),
        access=access,
        impact=impact_of(carried),
        role=role_of(answer, access, carried, every, others=others),
        questions=tuple(dict.fromkeys(finding.ask for finding in reasons if finding.ask))[:QUESTIONS],
        baseline=ordinary,
    )


def stories(findings: Sequence[Finding], subject: Subject | None) -> Iterator[tuple[Finding, ...]]:
    """Give the findings as often as there are people who may stand behind them.

    What the user does in sessions of the user's own, what colleagues do to the account, and what happened in
    sessions that are not the user's have different people behind them. Short of what is hardly ever harmless,
    they do not add up.
    """
    for somebody in ("stranger", "owner", "colleague"):
        yield tuple(one for one in findings if _whose(one, subject) in {"", somebody})


def _whose(finding: Finding, subject: Subject | None) -> str:
    """Say who is behind a finding, "" where it counts whoever it is."""
    if finding.owner in BESIDE:
        return "stranger"
    if finding.severity > Severity.MEDIUM:
        return ""
    if finding.owner is None and finding.sign.id in TRIED:
        return "stranger"  # whoever guesses passwords is not who sits at the user's desk
    if finding.owner is Owner.OWNER:
        return "owner"
    by_colleague = subject is not None and "@" in finding.by and not subject.is_meant_by(finding.by)
    return "colleague" if by_colleague else ""


def _little_known(ordinary: int | None) -> str:
    if ordinary is None or ordinary >= ENOUGH:
        return ""
    if not ordinary:
        return " No ordinary sign-in is known, so nothing can be called unfamiliar."
    number = "1 ordinary sign-in" if ordinary == 1 else f"{ordinary} ordinary sign-ins"
    return f" The baseline rests on {number} only, so little can be called unfamiliar."


def undecided(sources: Iterable[SourceState]) -> tuple[Deciding, ...]:
    """Give those of the deciding sources of which nothing was seen."""
    seen = {source.id for source in sources if source.state is not Coverage.UNAVAILABLE}
    return tuple(one for one in facts.deciding() if not seen & set(one.any_of))


def holds_from(sources: Iterable[SourceState]) -> datetime | None:
    """Say from when on what decides was collected; None where that is the whole window.

    Of sources that can stand for one another the first that was collected counts: of those after it each
    tells less.
    """
    seen = {source.id: source for source in sources if source.state is not Coverage.UNAVAILABLE}
    firsts = (next((seen[name] for name in one.any_of if name in seen), None) for one in facts.deciding())
    since = (first.complete_from for first in firsts if first is not None)
    return max((moment for moment in since if moment is not None), default=None)


def carried_signs(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Give the findings that count: one for each sign, each with a record that no other of them needs.

    Signs of a group tell the same and count as one. This is the greatest-weight matching of signs to records.
    Signs are taken gravest first and make room for one another, which for this kind of problem gives the
    greatest sum; so a further finding can never lower it.
    """
    weighing = [finding for finding in findings if points_of(finding) > 0]
    alone = {finding.sign.id for finding in weighing if _stands_alone(finding)}
    signs: dict[str, tuple[Finding, dict[str, None]]] = {}  # a sign's records in the order they came up
    for number, finding in enumerate(weighing):
        grounds = list(finding.records[:1]) or [f"without a record, {number}"]
        group = "" if finding.sign.id in alone else finding.sign.group
        key = f"group {group}" if group else finding.sign.id
        kept, known = signs.setdefault(key, (finding, {}))
        known.update(dict.fromkeys(grounds))
        best = finding if points_of(finding) > points_of(kept) else kept
        signs[key] = (best, known)
    holder: dict[str, str] = {}

    def settle(sign: str, tried: set[str]) -> bool:
        for record in signs[sign][1]:
            if record in tried:
                continue
            tried.add(record)
            if record not in holder or settle(holder[record], tried):
                holder[record] = sign
                return True
        return False

    order = sorted(signs, key=lambda sign: -points_of(signs[sign][0]))
    return tuple(signs[sign][0] for sign in order if settle(sign, set()))


def _stands_alone(finding: Finding) -> bool:
    """Say whether a sign of a group counts by itself.

    What the user does every day does where somebody else was certainly in, and what administrators do all day
    does in sessions that are not known as their own.
    """
    if finding.sign.group == WORK:
        return finding.owner is not Owner.OWNER
    return finding.sign.group == USE and finding.certain


def _one_per_sign(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    best: dict[str, Finding] = {}
    for finding in findings:
        kept = best.setdefault(finding.sign.id, finding)
        if points_of(finding) > points_of(kept):
            best[finding.sign.id] = finding
    return tuple(best.values())


def _is_told_twice(access: Access, carried: Sequence[Finding]) -> bool:
    """Say whether both the way in and a deed in a session that is not the user's tell of a takeover.

    Either somebody else was certainly in, or the way in and the deed are each hardly ever harmless.
    """
    deeds = [
        one.severity for one in carried if one.owner in BESIDE and is_deed(one) and one.sign.group != USE
    ]
    ways_in = [one.severity for one in carried if not is_deed(one)]
    gravest, way_in = max(deeds, default=Severity.INFO), max(ways_in, default=Severity.INFO)
    return gravest >= Severity.HIGH <= way_in or (access is Access.CERTAIN and gravest >= Severity.MEDIUM)


def _confidence(
    answer: VerdictCode,
    unseen: Sequence[Deciding],
    sources: Sequence[SourceState],
    results: Sequence[SymptomResult],
    *,
    ordinary: int | None,
    sure: bool,
) -> str:
    """Say how likely the verdict is right; `sure`: that of a compromise is told twice over.

    What was not seen takes nothing away from a compromise that was, so nobody is called compromised at low
    confidence. Of everybody else each kind of gap lowers it.
    """
    little_known = ordinary is not None and ordinary < ENOUGH
    if answer is VerdictCode.COMPROMISED:
        return LEVELS[2 if sure and not little_known else 1]
    if answer is VerdictCode.CANNOT_TELL or unseen:
        return LEVELS[0]
    deciding = {name for one in facts.deciding() for name in one.any_of}
    whole = {source.id for source in sources if source.state is Coverage.COMPLETE}
    wholly_seen = all(whole & set(one.any_of) for one in facts.deciding())
    others = sum(1 for source in sources if source.id not in deciding and source.id not in whole)
    gaps = (
        not wholly_seen,
        others > MANY_MISSING,
        holds_from(sources) is not None,
        answer is VerdictCode.SUSPICIOUS,  # by its nature not settled
        answer is VerdictCode.NO_SIGN_FOUND and any(one.result is Result.UNKNOWN for one in results),
        little_known,
    )
    return LEVELS[1 if any(gaps) else 2]


def _says(
    answer: VerdictCode, reasons: Sequence[Finding], names: Sequence[str], sources: Sequence[SourceState]
) -> str:
    told = _told_apart(reasons)
    why = "; ".join(map(in_brief, told))
    of = f" (the most severe {len(told)} of {len(reasons)} reasons)" if len(reasons) > len(told) else ""
    gap = f" Not collected, but needed to be sure: {', '.join(names)}." if names else ""
    if answer is VerdictCode.COMPROMISED:
        return f"This account is compromised{of}: {why}.{gap}"
    if answer is VerdictCode.SUSPICIOUS:
        return f"This account is suspicious and needs review{of}: {why}.{gap}"
    small = f" Noted, but not enough by itself{of}: {why}." if why else ""
    if answer is VerdictCode.CANNOT_TELL:
        return f"Cannot tell from what was collected: {', '.join(names)} would decide it.{small}"
    absent = [_spoken((source.id,)) for source in sources if source.state is Coverage.UNAVAILABLE]
    also = f" Not collected: {', '.join(absent)}." if absent else ""
    since = holds_from(sources)
    only = (
        f" This holds only from {since:%Y-%m-%d %H:%M} UTC on: older records are no longer kept."
        if since
        else ""
    )
    return f"No sign of compromise was found in the collected evidence.{only}{small}{also}"


def _told_apart(reasons: Iterable[Finding]) -> tuple[Finding, ...]:
    """Give the first reasons, each about something else: what rests on the same record is told once."""
    told: list[Finding] = []
    known: set[str] = set()
    for reason in reasons:
        if len(told) < SHORT_REASONS and known.isdisjoint(reason.records[:1]):
            told.append(reason)
            known.update(reason.records[:1])
    return tuple(told)


def _spoken(names: Sequence[str]) -> str:
    return " or ".join(spoken(name) for name in names)
