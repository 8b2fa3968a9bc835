"""Check one account: collect the evidence, judge it, say what could not be seen.

`look` is the only part that waits for Microsoft; `judge` is pure and is also what `analyze` uses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final

from commands import accounts, importance, symptoms, usual, verdict
from commands.coverage import listed, state_of
from commands.faults import noted
from commands.report import (
    Event,
    Exposure,
    Report,
    Result,
    SourceState,
    Story,
    SymptomResult,
    Verdict,
    spoken,
)
from commands.story import exposure, forwarded, leads, reach, story, timeline, whose
from commands.usual.places import Atlas
from graph.evidence import SOURCES, Evidence, Source, Unavailable, remembered, without_mailbox
from graph.question import Question

if TYPE_CHECKING:
    from graph.connection import Connection
    from graph.memory import Memory, Recorder


_LAST_ROUND: Final = 60.0
"""Seconds for what only the other sources tell to ask: how much mail was sent on."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a check has come.

    Attributes:
        sources: The sources that have answered, in the order in which they did.
        waiting: The ids of those that have not.
        so_far: Weighs what has been found so far. It may still rise, and where nothing was found it says
            "cannot tell". Judging takes a moment, so only who shows it should ask.
    """

    sources: tuple[SourceState, ...]
    waiting: tuple[str, ...]
    so_far: Callable[[], Verdict]


def look(
    question: Question,
    connection: Connection,
    memory: Memory,
    tell: Callable[[Progress], None],
    *,
    patience: float,
    sources: Sequence[str] = SOURCES,
    atlas: Atlas | None = None,
    recorder: Recorder | None = None,
) -> Evidence:
    """Ask every source and give back everything that came.

    Args:
        question: Who is asked about, and over which span of time.
        connection: The tenant.
        memory: Where unfinished searches are remembered across a restart.
        tell: Called after every answer, in the order in which they come.
        patience: Seconds after which a source that has not answered is reported as out of time.
        sources: The ids of the sources to ask.
        atlas: Where addresses are, where Microsoft does not say; the registries' countries unless given.
        recorder: Is given every answer as it came.
    """
    from graph.collect import collect  # noqa: PLC0415 - whoever only judges needs no connection
    from graph.forwarded import forwarded_query  # noqa: PLC0415 - as above

    evidence = Evidence(subject=question.subject, window=question.window)
    answered: list[SourceState] = []
    waiting = [source for source in SOURCES if source in sources]
    for arrived in collect(
        question, connection, memory, patience=patience, sources=waiting, recorder=recorder
    ):
        answer: dict[str, Any] = {arrived.source: arrived.answer}
        evidence = replace(evidence, **answer)
        answered.append(state_of(arrived.source, arrived.answer))
        left = tuple(source for source in waiting if source not in {state.id for state in answered})
        tell(Progress(sources=tuple(answered), waiting=left, so_far=partial(_so_far, evidence, atlas)))
    whole = without_mailbox(replace(evidence, subject=accounts.fuller(evidence)))
    if "message_trace" not in waiting or not (addresses := _sent_on_to(whole, atlas)):
        return whole
    if isinstance(whole.message_trace, Unavailable):
        return replace(whole, forwarded=whole.message_trace)
    queries = (forwarded_query(addresses),)
    (told,) = collect(
        question,
        connection,
        memory,
        patience=min(patience, _LAST_ROUND),
        sources=("message_trace",),
        recorder=recorder,
        queries=queries,
    )
    return replace(whole, forwarded=told.answer)


def _sent_on_to(evidence: Evidence, atlas: Atlas | None) -> tuple[str, ...]:
    """Where mail was sent on to; a mistake of ours must not cost the evidence."""
    try:
        return forwarded.targets(evidence, usual.learn(evidence, atlas=atlas))
    except Exception as error:  # noqa: BLE001 - logged; the report says that it was not looked at
        noted("Where mail was forwarded to could not be told.", error)
        return ()


def judge(evidence: Evidence, made_at: datetime, atlas: Atlas | None = None) -> Report:
    """Turn evidence into a report. Pure: the same evidence, time and atlas give the same report."""
    results = symptom_results(evidence, atlas)
    states = _states(evidence)
    events, no_timeline = _timeline(evidence, results)
    weighed = _weighed(evidence, results, atlas)
    found = [finding for result in results for finding in result.findings]
    assigned, activated = importance.gained(evidence, found)
    report = Report(
        subject=evidence.subject,
        window=evidence.window,
        made_at=made_at,
        verdict=weighed,
        symptoms=results,
        sources=states,
        timeline=events,
        no_timeline=no_timeline,
        story=_story(evidence, results, weighed, atlas),
        importance=importance.learn(evidence, found),
        roles_assigned=assigned,
        roles_activated=activated,
    )
    known = replace(report, exposure=_exposure(evidence, report, atlas))
    if known.story is None:
        return known
    reached = (*known.story.reached, *reach.clauses(known))
    others = leads.with_further(known.story.leads, leads.lured(known))
    return replace(known, story=replace(known.story, reached=reached, leads=others))


def _exposure(evidence: Evidence, report: Report, atlas: Atlas | None) -> Exposure | None:
    """Whose data was seen, which must not cost what was found either."""
    try:
        return exposure.learn(evidence, usual.learn(evidence, atlas=atlas), report)
    except Exception as error:  # noqa: BLE001 - logged; the report says that it is not known
        noted("Whose data was seen could not be told.", error)
        return None


def _story(
    evidence: Evidence, results: tuple[SymptomResult, ...], weighed: Verdict, atlas: Atlas | None
) -> Story | None:
    """The story, which must not cost what was found either."""
    try:
        return story.tell(evidence, usual.learn(evidence, atlas=atlas), results, weighed)
    except Exception as error:  # noqa: BLE001 - logged; the findings stand without it
        noted("The story could not be told.", error)
        return None


def _timeline(evidence: Evidence, results: tuple[SymptomResult, ...]) -> tuple[tuple[Event, ...], str]:
    """The timeline, or why there is none: it must not cost what was found."""
    try:
        return timeline.merge(evidence, results), ""
    except Exception as error:  # noqa: BLE001 - logged, and the report says so
        reference = noted("The timeline could not be made.", error)
        return (), f"Internal error while building the timeline. Reference: {reference}."


def _so_far(evidence: Evidence, atlas: Atlas | None) -> Verdict:
    return _weighed(evidence, symptom_results(evidence, atlas), atlas)


def _weighed(evidence: Evidence, results: tuple[SymptomResult, ...], atlas: Atlas | None) -> Verdict:
    """Weigh the results; where not even the baseline could be learnt, every symptom has already said so."""
    ordinary = None
    if not all(result.failed for result in results):
        ordinary = usual.learn(evidence, atlas=atlas).ordinary
    return verdict.weigh(results, _states(evidence), subject=evidence.subject, ordinary=ordinary)


def symptom_results(evidence: Evidence, atlas: Atlas | None = None) -> tuple[SymptomResult, ...]:
    """Ask every symptom what it sees."""
    try:
        ordinary = usual.learn(evidence, atlas=atlas)
    except Exception as error:  # noqa: BLE001 - logged, and every symptom says so
        return _failed_all(noted("The baseline could not be learned.", error))
    return tuple(_result(symptom, evidence, ordinary) for symptom in symptoms.SYMPTOMS)


def unjudged(evidence: Evidence, made_at: datetime, reference: str) -> Report:
    """Report that nobody could judge: every symptom is unknown; the log has the mistake under `reference`."""
    results, states = _failed_all(reference), _states(evidence)
    return Report(
        subject=evidence.subject,
        window=evidence.window,
        made_at=made_at,
        verdict=verdict.weigh(results, states),
        symptoms=results,
        sources=states,
        timeline=(),
    )


def _failed_all(reference: str) -> tuple[SymptomResult, ...]:
    return tuple(_failed(symptom, reference) for symptom in symptoms.SYMPTOMS)


def _failed(symptom: symptoms.Symptom, reference: str) -> SymptomResult:
    name = symptom.__name__.rpartition(".")[2]
    reason = f"Internal error. Reference: {reference}."
    return SymptomResult(name, symptom.TITLE, symptom.SOURCE, Result.UNKNOWN, reason, failed=True)


def _result(symptom: symptoms.Symptom, evidence: Evidence, ordinary: usual.Usual) -> SymptomResult:
    """Present when something counts; absent only when everything needed was seen whole; else unknown.

    A mistake of ours in one symptom costs that symptom's answer and no other.
    """
    try:
        findings = tuple(whose.placed(symptom.detect(evidence, ordinary), evidence, ordinary))
    except Exception as error:  # noqa: BLE001 - logged, and the symptom says so
        return _failed(symptom, noted(f"The symptom {symptom.__name__} could not be looked for.", error))
    lacking = lacks(symptom.NEEDS, evidence)
    name = symptom.__name__.rpartition(".")[2]
    if not findings:
        return _nothing_found(name, symptom.TITLE, symptom.SOURCE, tuple(lacking))
    counting = sum(1 for finding in findings if finding.severity > 0)
    if counting:
        gravest = max(findings, key=lambda finding: finding.severity)
        result, reason = Result.PRESENT, gravest.summary
    elif lacking:
        result, reason = Result.UNKNOWN, f"Not collected: {'; '.join(lacking)}."
    else:
        result, reason = Result.ABSENT, "All needed sources were collected; nothing was found."
    return SymptomResult(name, symptom.TITLE, symptom.SOURCE, result, reason, findings)


def lacks(needs: Sequence[str | tuple[str, ...]], evidence: Evidence) -> list[str]:
    """Say what of the needed sources was not seen, or not wholly; one phrase each."""
    return list(_lacking(tuple(needs), _gaps(evidence)))


@lru_cache(maxsize=1024)  # ten thousand accounts of one export lack the same, each asked by every symptom
def _lacking(needs: tuple[str | tuple[str, ...], ...], unseen: tuple[str, ...]) -> tuple[str, ...]:
    gaps = dict(zip(SOURCES, unseen, strict=True))
    phrases = []
    for need in needs:
        if isinstance(need, str):
            if gap := gaps[need]:
                phrases.append(gap)
        elif all(gaps[name] for name in need):
            phrases.append(" and ".join(gaps[name] for name in need))
    return tuple(phrases)


@remembered
def _gaps(evidence: Evidence) -> tuple[str, ...]:
    """Say once for all symptoms what was not seen of each source, "" where all of it was."""
    return tuple(_gap(name, source) for name, source in evidence.sources.items())


def _gap(name: str, source: Source[Any]) -> str:
    if isinstance(source, Unavailable):
        return _phrase(name, source.says, ())
    return _phrase(name, "", source.in_short) if source.missing else ""


# Ten thousand accounts of one export have the same few gaps: said once, they cost neither time nor memory.
@lru_cache(maxsize=1024)
def _phrase(name: str, says: str, missing: tuple[str, ...]) -> str:
    return f"{spoken(name)} ({says.rstrip('.') if says else f'incomplete: {listed(missing)}'})"


@lru_cache(maxsize=1024)
def _nothing_found(name: str, title: str, source: str, lacking: tuple[str, ...]) -> SymptomResult:
    if lacking:
        return SymptomResult(name, title, source, Result.UNKNOWN, f"Not collected: {'; '.join(lacking)}.")
    reason = "All needed sources were collected; nothing was found."
    return SymptomResult(name, title, source, Result.ABSENT, reason)


@remembered  # the verdict asks as well as the report
def _states(evidence: Evidence) -> tuple[SourceState, ...]:
    return tuple(state_of(name, source) for name, source in evidence.sources.items())
