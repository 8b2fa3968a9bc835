"""The details of a report, for the thread below its card: findings by symptom, sources, some timeline.

Slack takes about one message a second and channel, so the details stop after a few messages; the file in the
thread has everything, and the last message says so.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.messages import Block, Message, parts
from bot.messages.escape import cut, plain, said
from bot.messages.limits import fit, pack
from bot.messages.story import sentences
from commands.report import Coverage, Event, Finding, Report, Result, SourceState, SymptomResult

MOST_MESSAGES = 6
_FINDINGS_EACH = 8
_RECORDS_EACH = 3
_EVENTS = 24


def details(report: Report) -> list[Message]:
    """Draw the details, in as many messages as Slack's limits need, and never more than `MOST_MESSAGES`."""
    ours = parts.domains_of(report.subject)
    name = said(report.subject.display_name or report.subject.mail, 100, ours)
    blocks = [
        *_story(report, ours),
        *_symptoms(report, ours),
        *_sources(report, ours),
        *_timeline(report, ours),
    ]
    messages = pack(blocks, f"Details of the check of {name}")
    if len(messages) > MOST_MESSAGES:
        left = sum(len(message.blocks) for message in messages[MOST_MESSAGES - 1 :])
        last = parts.section(f"… {left} more paragraphs are in the file in this thread.")
        messages = [*messages[: MOST_MESSAGES - 1], Message(text=messages[0].text, blocks=(last,))]
    return [fit(message) for message in messages]


def _story(report: Report, ours: frozenset[str]) -> Iterator[Block]:
    if report.story is not None:
        told = [said(sentence, 900, ours) for sentence in sentences(report.story)]
        yield from parts.paragraphs("*What happened*", told)


def _symptoms(report: Report, ours: frozenset[str]) -> Iterator[Block]:
    for symptom in report.symptoms:
        if symptom.result is Result.PRESENT:
            yield from _symptom(symptom, ours)
    unseen = [symptom for symptom in report.symptoms if symptom.result is Result.UNKNOWN]
    if unseen:
        lines = [
            f"{parts.RESULT[Result.UNKNOWN]} {_title(symptom)}: {said(symptom.reason, 240, ours)}"
            for symptom in unseen
        ]
        yield from _sections("*Unknown: not collected*", lines)
    absent = [symptom for symptom in report.symptoms if symptom.result is Result.ABSENT]
    if absent:
        names = "\n".join(f"{parts.RESULT[Result.ABSENT]} {_title(symptom)}" for symptom in absent)
        yield parts.section(f"*Absent: fully collected, nothing found*\n{names}")
    noted = [finding for symptom in absent + unseen for finding in symptom.findings]
    if noted:
        yield from _sections("*Informational*", [_finding(one, ours) for one in noted[:_FINDINGS_EACH]])


def _symptom(symptom: SymptomResult, ours: frozenset[str]) -> Iterator[Block]:
    shown = parts.gravest_first(symptom.findings)[:_FINDINGS_EACH]
    lines = [_finding(finding, ours) for finding in shown]
    left = len(symptom.findings) - len(shown)
    if left:
        lines.append(f"… {left} more, see the file in this thread")
    yield from _sections(f"*{parts.RESULT[symptom.result]} {_title(symptom)}: {symptom.result}*", lines)


def _finding(finding: Finding, ours: frozenset[str]) -> str:
    facts = [parts.when(finding.at)] if finding.at else ["time unknown"]
    if finding.by:
        facts.append(f"by {said(finding.by, 120, ours)}")
    if finding.address:
        facts.append(f"from {said(finding.address, 60)}")
    lines = [f"▸ *{finding.severity.word}* {said(finding.summary, 400, ours)}", f"    {' · '.join(facts)}"]
    if finding.before and finding.after:
        lines.append(f"    “{said(finding.before, 200, ours)}” → “{said(finding.after, 200, ours)}”")
    elif finding.before:
        lines.append(f"    before: “{said(finding.before, 200, ours)}”")
    elif finding.after:
        lines.append(f"    now: “{said(finding.after, 200, ours)}”")
    if finding.records:
        lines.append(f"    records: {_records(finding.records)}")
    return "\n".join(lines)


def _records(records: tuple[str, ...]) -> str:
    return parts.few((said(record, 60) for record in records[:_RECORDS_EACH]), _RECORDS_EACH) + (
        f" and {len(records) - _RECORDS_EACH} more" if len(records) > _RECORDS_EACH else ""
    )


def _sections(title: str, lines: list[str]) -> Iterator[Block]:
    """A heading with its lines, in sections short enough that none is cut."""
    text = title
    for line in lines:
        if len(text) + len(line) > 2_800:
            yield parts.section(text)
            text = line
        else:
            text += f"\n{line}"
    yield parts.section(text)


def _title(symptom: SymptomResult) -> str:
    number = symptom.source.rpartition(" ")[2]
    title = said(symptom.title, 150)
    return f"{number}. {title}" if number.isdigit() else title


def _sources(report: Report, ours: frozenset[str]) -> Iterator[Block]:
    whole = sum(1 for source in report.sources if source.state is Coverage.COMPLETE)
    yield parts.section(f"*Sources*: {whole} of {len(report.sources)} fully collected")
    yield parts.preformatted(_source(source, ours) for source in report.sources)


def _source(source: SourceState, ours: frozenset[str]) -> str:
    line = f"{source.state.value:<11} {source.records:>6}  {parts.spoken(source.id)}"
    if source.complete_until:
        line += f", until {parts.utc(source.complete_until)}"
    if source.reason:
        line += f": {plain(source.reason, 120, ours)}"
    return line


def _timeline(report: Report, ours: frozenset[str]) -> Iterator[Block]:
    shown = _excerpt(report)
    if report.no_timeline:
        yield parts.section(f"*Timeline*: {report.no_timeline}")
    if not shown:
        return
    rest = len(report.timeline) - len(shown)
    more = f", {rest} more events in timeline.csv" if rest else ""
    yield parts.section(f"*Timeline*, events that support the findings (UTC){more}")
    yield parts.preformatted(_event(event, ours) for event in shown)


def _excerpt(report: Report) -> tuple[Event, ...]:
    """The events that findings rest on, oldest first; without any, the latest ones."""
    marked = tuple(event for event in report.timeline if event.finding)
    return marked[:_EVENTS] if marked else report.timeline[-_EVENTS:]


def _event(event: Event, ours: frozenset[str]) -> str:
    place = f" [{plain(event.address, 45)}]" if event.address else ""
    return cut(f"{event.at:%m-%d %H:%M} {plain(event.what, 100, ours)}{place}", 150)
