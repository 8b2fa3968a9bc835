"""The details of a report, for the thread below its card: the story, a table of findings, what was not seen.

Slack takes about one message a second and channel, so the details stop after a few messages; the files in the
thread have everything, the records' ids among it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC

from bot.messages import Block, Message, parts, tables
from bot.messages.escape import cut, is_address, said
from bot.messages.limits import fit, pack
from bot.messages.names import title
from bot.messages.story import roles_in_words, sentences
from bot.messages.tables import Ranked, Table
from commands.report import Coverage, Event, Finding, Report, Result, SourceState, SymptomResult, spoken
from commands.story import clauses

MOST_MESSAGES = 6
_LEADS = 8
_PAGE = 10
_LISTED = 20
_EVENTS = 24
_SUMMARY = 120
_VALUE = 40
_CHANGED = 2 * _VALUE + 12
_PLACE = 60
_HEADER = ("Severity", "When (UTC)", "Finding")
_LACKING = {Coverage.PARTIAL: "Partially collected", Coverage.UNAVAILABLE: "Not collected"}
_FINDING = 2
"""Which column says what was found."""


def details(report: Report, closed: int = 0) -> list[Message]:
    """Draw the details, in as many messages as Slack's limits need, and never more than `MOST_MESSAGES`.

    Args:
        report: What the check found; its story without what is known to be closed by now.
        closed: How much of what was open when the account was checked is closed.
    """
    ours = parts.domains_of(report.subject)
    name = said(title(report.subject), 100, ours)
    text = f"Details of the check of {name}"
    rest = [*_not_present(report, ours), *_sources(report, ours), *_timeline(report, ours)]
    messages = [
        *pack(list(_story(report, closed, ours)), text),
        *_findings(report, ours, text),
        *pack(rest, text),
    ]
    if len(messages) > MOST_MESSAGES:
        left = sum(len(message.blocks) for message in messages[MOST_MESSAGES - 1 :])
        last = parts.section(f"… {left} more paragraphs are in report.html in this thread.")
        messages = [*messages[: MOST_MESSAGES - 1], Message(text=text, blocks=(last,))]
    return [fit(message) for message in messages]


def _story(report: Report, closed: int, ours: frozenset[str]) -> Iterator[Block]:
    if report.story is not None:
        told = [said(sentence, 900, ours) for sentence in sentences(report.story, closed)]
        if roles := roles_in_words(report):  # on the card there is room for their number alone
            told.append(said(f"During the takeover this account got administrator {roles}.", 900, ours))
        yield from parts.paragraphs("*What happened*", told)
        for lead in report.story.leads[:_LEADS]:
            if is_address(lead.says):
                why = f" · {said(lead.because, 150, ours)}" if lead.why else ""
                button = parts.button("Check", "check_lead", lead.says)
                yield {
                    **parts.section(f"*Also check*: {said(lead.says, 200, ours)}{why}"),
                    "accessory": button,
                }


def _findings(report: Report, ours: frozenset[str], text: str) -> Iterator[Message]:
    """The findings in one message: as a table to sort, as an older table, or as a list."""
    found = parts.some_of_each(finding for symptom in report.symptoms for finding in symptom.findings)
    if not found:
        return
    rows = tables.that_fit([_row(finding, ours) for finding in found])
    left = f", {len(rows)} here, some of each kind; all are in report.html" if len(rows) < len(found) else ""
    table = Table(
        caption=f"{parts.counted(len(found), 'finding')}{left}",
        header=_HEADER,
        lines=rows,
        names=_FINDING,
        wide=frozenset({_FINDING}),
    )
    lines = [_line(finding, ours) for finding in found[:_LISTED]]
    if len(found) > _LISTED:
        lines.append(f"… {len(found) - _LISTED} more in report.html in this thread")
    title = f"*Findings*: {table.caption}"
    listed = Message(text, tuple(_sections("*Findings*, most severe first", lines)))
    older = Message(text, (parts.section(title), tables.older_table(table)), simpler=listed)
    yield Message(text, (parts.section("*Findings*"), tables.data_table(table, _PAGE)), simpler=older)


def _row(finding: Finding, ours: frozenset[str]) -> tuple[tables.Cell, ...]:
    changed = f" ({found})" if (found := _changed(finding)) else ""
    where = f", from {finding.address}" if finding.address else ""
    says = f"{cut(clauses.plain(finding), _SUMMARY)}{changed}{where}"
    return (
        Ranked(finding.severity, finding.severity.word),
        f"{finding.at.astimezone(UTC):%Y-%m-%d %H:%M}" if finding.at else "unknown",
        tables.cell(says, _SUMMARY + _CHANGED + _PLACE, ours),
    )


def _line(finding: Finding, ours: frozenset[str]) -> str:
    facts = [parts.utc(finding.at)] if finding.at else ["time unknown"]
    if finding.by:
        facts.append(f"by {said(finding.by, 120, ours)}")
    if finding.address:
        facts.append(f"from {said(finding.address, 60)}")
    changed = _changed(finding)
    return "\n".join(
        (
            f"▸ *{finding.severity.word}* {said(finding.summary, 400, ours)}",
            f"    {' · '.join(facts)}",
            *([f"    {said(changed, 400, ours)}"] if changed else []),
        )
    )


def _changed(finding: Finding) -> str:
    """What it was and is, as text from anywhere; "" where neither is known, or the summary says it."""
    if all(value in finding.summary for value in (finding.before, finding.after)):
        return ""
    if finding.before and finding.after:
        return f"“{cut(finding.before, _VALUE)}” → “{cut(finding.after, _VALUE)}”"
    if finding.before:
        return f"before: “{cut(finding.before, _VALUE)}”"
    return f"now: “{cut(finding.after, _VALUE)}”" if finding.after else ""


def _not_present(report: Report, ours: frozenset[str]) -> Iterator[Block]:
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
        whole = (
            "nothing found in what was recorded"
            if parts.unrecorded(report)
            else ("fully collected, nothing found")
        )
        yield parts.section(f"*Absent: {whole}*\n{names}")


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
    return said(symptom.numbered_title, 150)


def _sources(report: Report, ours: frozenset[str]) -> Iterator[Block]:
    reached = parts.audit_until(report)
    late = f"; audit log until {parts.utc(reached)}" if reached else ""
    # As text and not in columns: a line of columns is wider than a thread or a phone, and scrolls sideways.
    lines = []
    if full := [one for one in report.sources if one.state is Coverage.COMPLETE]:
        names = ", ".join(f"{spoken(one.id)} ({one.records})" for one in full)
        lines.append(f"{parts.STATE[Coverage.COMPLETE]} Collected, with their records: {names}")
    lines += [_source(one, ours) for one in report.sources if one.state is not Coverage.COMPLETE]
    missing = "; ".join(parts.unrecorded(report))
    whole = f"answered; the audit log has gaps: {missing}" if missing else "fully collected"
    yield from _sections(f"*Sources*: {len(full)} of {len(report.sources)} {whole}{late}", lines)


def _source(source: SourceState, ours: frozenset[str]) -> str:
    facts = [f"{parts.STATE[source.state]} {_LACKING[source.state]}: {spoken(source.id)}"]
    if source.records:
        facts.append(parts.counted(source.records, "record"))
    if source.complete_until:
        facts.append(f"until {parts.utc(source.complete_until)}")
    reason = f" ({said(source.reason, 120, ours)})" if source.reason else ""
    return ", ".join(facts) + reason


def _timeline(report: Report, ours: frozenset[str]) -> Iterator[Block]:
    shown = _excerpt(report)
    if report.no_timeline:
        yield parts.section(f"*Timeline*: {said(report.no_timeline, 300, ours)}")
    if not shown:
        return
    rest = len(report.timeline) - len(shown)
    more = f", {rest} more events in timeline.csv" if rest else ""
    lines = [_event(event, ours) for event in shown]
    yield from _sections(f"*Timeline*, events that support the findings (UTC){more}", lines)


def _excerpt(report: Report) -> tuple[Event, ...]:
    """The events that findings rest on, oldest first; without any, the latest ones."""
    marked = tuple(event for event in report.timeline if event.finding)
    return marked[:_EVENTS] if marked else tuple(report.timeline[-_EVENTS:])


def _event(event: Event, ours: frozenset[str]) -> str:
    place = f" from {said(event.address, 45)}" if event.address else ""
    return f"`{event.at:%m-%d %H:%M}` {said(event.what, 100, ours)}{place}"
