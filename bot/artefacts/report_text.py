"""A report as plain text, for a terminal without colors and for the file in the thread.

It is complete but for the ids of records, of which a finding may name hundreds: the JSON form has them all.
Addresses stay as they are, so that they can be searched for; nothing invisible stays in them.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain

from bot.artefacts.containment import as_of, known_as, told_now
from bot.artefacts.handled import NOTHING, Handled
from bot.artefacts.summary import note_of, notes, summary
from bot.messages import names, parts
from bot.messages.escape import visible
from bot.messages.roles_gone import matters
from bot.messages.story import access_in_words
from commands.report import Coverage, Event, Finding, Report, Result, SourceState, SymptomResult, spoken

_WIDTH = 100
_REASONS = 8
_RECORDS_EACH = 6
_GROUNDS = 4


def report_text(report: Report, handled: Handled = NOTHING, *, timeline: bool = True) -> str:
    """Write the whole report, with or without its timeline at the end.

    Args:
        report: What the check found.
        handled: What was done about it so far, which only the summary tells.
        timeline: Whether to end with the timeline.
    """
    return "".join(text_lines(report, handled, timeline=timeline))


def text_lines(report: Report, handled: Handled = NOTHING, *, timeline: bool = True) -> Iterator[str]:
    """Give the same line by line, each with its end: a full mailbox has some hundred thousand."""
    told = (_head(report, handled), _symptoms(report), _sources(report))
    for line in chain(*told, _timeline(report) if timeline else ()):
        yield f"{line}\n"


def _head(report: Report, handled: Handled) -> Iterator[str]:
    verdict = report.verdict
    _, word = parts.VERDICT[verdict.answer]
    told = matters(report, handled.roles)
    beside = f" ({told})" if told else ""
    yield f"Report on {names.title(report.subject)}"
    yield f"{word.upper()}{beside}, confidence {verdict.confidence}"
    yield ""
    if verdict.answer not in parts.DECIDED:
        yield from _wrapped(visible(verdict.says), "")
        yield ""
    if name := known_as(report, handled):
        yield from _hanging(f"Name:      {name}", 11)
    yield f"Window:    {_utc(report.window.start)} to {_utc(report.window.end)}"
    yield f"Checked:   {_utc(report.made_at)}"
    yield f"As of:     {_utc(as_of(report, handled))}"
    yield "Times are UTC. Most addresses are not defanged: do not open them."
    answers = summary(report, handled)
    numbers = notes(answers, _GROUNDS)
    for answer in answers:
        yield ""
        yield f"{answer.question} {answer.short}".rstrip()
        for number, one in enumerate(answer.statements, start=1):
            mark = f"{number}." if answer.id == "deadlines" else "-"
            told = f"{mark} {visible(one.says)} [{numbers[note_of(one, _GROUNDS)]}]"
            yield from _hanging(told, len(mark) + 1)
        for item in answer.items:
            by = f" ({', '.join(item.door.proposals)})" if item.door.proposals else ""
            yield from _wrapped(f"  * {visible(item.door.says)}: {item.stands}{by}", "    ")
    yield ""
    yield "Notes: what the sentences above rest on"
    for text, number in numbers.items():
        yield from _wrapped(f"[{number}] {visible(text)}", "  ")
    if report.story is not None:
        yield ""
        yield "The story"
        for sentence in told_now(report, handled):
            yield from _wrapped(f"- {visible(sentence)}", "  ")
    if verdict.answer in parts.DECIDED:
        yield ""
        yield "Why"
        for finding in verdict.reasons[:_REASONS]:
            yield from _wrapped(f"- {finding.severity.word}: {visible(finding.summary)}", "  ")
        if len(verdict.reasons) > _REASONS:
            left = parts.counted(len(verdict.reasons) - _REASONS, "more reason")
            yield f"- and {left} among the findings below"
        yield ""
        impact = ", ".join(one.value for one in verdict.impact) or "none seen"
        yield f"Access by others: {access_in_words(verdict)}. Impact: {impact}. Role: {verdict.role.value}."
        if verdict.questions:
            yield ""
            yield "Ask the user by phone"
            for question in verdict.questions:
                yield from _wrapped(f"- {visible(question)}", "  ")


def _symptoms(report: Report) -> Iterator[str]:
    named, beyond = parts.split(report)
    for heading, symptoms in (("Symptoms", named), ("Additional indicators", beyond)):
        if symptoms:
            yield ""
            yield heading
        for symptom in symptoms:
            yield from _symptom(symptom)


def _symptom(symptom: SymptomResult) -> Iterator[str]:
    yield f"{parts.RESULT[symptom.result]} {symptom.numbered_title}: {symptom.result.value.upper()}"
    if not symptom.findings and symptom.result is not Result.ABSENT:
        yield from _wrapped(visible(symptom.reason), "    ")
    for finding in parts.gravest_first(symptom.findings):
        yield from _finding(finding)


def _finding(finding: Finding) -> Iterator[str]:
    yield from _wrapped(f"  - {finding.severity.word}: {visible(finding.summary)}", "    ")
    facts = [_utc(finding.at) if finding.at else "time unknown"]
    if finding.by:
        facts.append(f"by {visible(finding.by)}")
    if finding.address:
        facts.append(f"from {visible(finding.address)}")
    yield f"    {', '.join(facts)}"
    if finding.before:
        yield f'    before: "{visible(finding.before)}"'
    if finding.after:
        yield f'    {"after: " if finding.before else "now:   "} "{visible(finding.after)}"'
    if finding.records:
        shown = ", ".join(visible(record) for record in finding.records[:_RECORDS_EACH])
        left = len(finding.records) - _RECORDS_EACH
        more = f" and {parts.counted(left, 'more record')}, all in report.json" if left > 0 else ""
        yield from _wrapped(f"records: {shown}{more}", "    ")
    if finding.further:
        word = "record" if finding.further == 1 else "records"
        yield f"    {finding.further:,} more {word} of the same account and address were only counted"


def _sources(report: Report) -> Iterator[str]:
    yield ""
    yield "Sources"
    unseen: dict[tuple[str, str], list[SourceState]] = {}
    for source in report.sources:
        if source.state is Coverage.UNAVAILABLE:
            unseen.setdefault((source.reason, source.needs), []).append(source)
        else:
            yield from _source(source)
    for alike in unseen.values():
        yield from _unavailable(alike)


def _unavailable(sources: list[SourceState]) -> Iterator[str]:
    """Sources that could not be seen for the same reason, which is then read once."""
    names = ", ".join(spoken(source.id) for source in sources)
    state = sources[0].state
    yield from textwrap.wrap(
        f"{parts.STATE[state]} {names}: {state.value}",
        _WIDTH,
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    yield from _mending(sources[0])


def _source(source: SourceState) -> Iterator[str]:
    until = f", complete until {_utc(source.complete_until)}" if source.complete_until else ""
    count = f"{source.records} record{'' if source.records == 1 else 's'}"
    yield f"{parts.STATE[source.state]} {spoken(source.id)}: {source.state.value}, {count}{until}"
    yield from _mending(source)


def _mending(source: SourceState) -> Iterator[str]:
    if source.reason:
        yield from _wrapped(visible(source.reason), "    ")
    if source.needs:
        yield f"    grant to fix: {visible(source.needs)}"


def _timeline(report: Report) -> Iterator[str]:
    yield ""
    yield "Full timeline, oldest first; * marks events that support a finding"
    if report.no_timeline:
        yield report.no_timeline
    for event in report.timeline:
        yield _event(event)


def _event(event: Event) -> str:
    mark = "*" if event.finding else " "
    who = f" by {visible(event.by)}" if event.by else ""
    where = f" from {visible(event.address)}" if event.address else ""
    return f"{mark} {_utc(event.at)}  {visible(event.what)}{who}{where} [{spoken(event.source)}]"


def _wrapped(text: str, indent: str) -> list[str]:
    first = "" if text.lstrip().startswith(("- ", "* ", "[")) else indent
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _hanging(text: str, indent: int) -> list[str]:
    """Wrap a text whose later lines begin further right than its first one."""
    return textwrap.wrap(
        text, _WIDTH, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False
    )


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
