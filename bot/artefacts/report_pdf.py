"""The report as PDF: the first two pages for those who decide, then what they rest on, on a dozen pages.

It holds what the page in HTML holds, but for the timeline, record ids and how manual tasks are done, which
are in the other files. Text is data of the template and never read as markup (see `bot.artefacts.paper`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, Final

from bot.artefacts.chapters import chapters, in_order, short_time
from bot.artefacts.chart import chart
from bot.artefacts.containment import as_of, known_as
from bot.artefacts.events import ON_A_SCREEN
from bot.artefacts.grounds import STATES
from bot.artefacts.handled import NOTHING, Handled
from bot.artefacts.method import method
from bot.artefacts.others import others
from bot.artefacts.paper import Typesetter
from bot.artefacts.summary import note_of, notes, summary
from bot.artefacts.timeline_png import around, matters, story_data
from bot.messages import names, parts
from bot.messages.escape import cut
from bot.messages.outcomes import in_words
from commands.containment.proposals import Proposal
from commands.report import Finding, Report, Result, spoken
from commands.story.doors import DoorState

NAME: Final = "report.pdf"

_GROUNDS: Final = 3
_CLAUSES: Final = 80
_FINDINGS: Final = 120
_CHANGES: Final = 120
_SUMMARY: Final = 260
_VALUE: Final = 120
_ITEM: Final = 60
"""Characters of what was open, cut between words; report.html has it in full."""
_WIDE: Final = ("when", "contained")
"""Answers that a whole line below the title gives."""

_NO_TILE: Final = ("what", *_WIDE)
"""Answers that the bar below the title gives, and the lines below that."""


def report_pdf(report: Report, handled: Handled = NOTHING) -> bytes:
    """Set the whole report.

    Args:
        report: What the check found.
        handled: What was done about it so far.
    """
    return Typesetter("report").pdf(_data(report, handled), as_of(report, handled))


def _data(report: Report, handled: Handled) -> dict[str, Any]:
    verdict = report.verdict
    answers = summary(report, handled)
    numbers = notes(answers, _GROUNDS)
    rings = others(report, handled)
    story = [asdict(one) | {"says": cut(one.says, _SUMMARY)} for one in in_order(report)]
    found = Counter(one.result for one in report.symptoms)
    return {
        "case": handled.case_id,
        "account": names.title(report.subject),
        "answer": verdict.answer.value,
        "word": parts.VERDICT[verdict.answer][1],
        "matters": matters(report, handled),
        "confidence": verdict.confidence,
        "meta": list(_meta(report, handled)),
        "short": [(one.question, one.short) for one in answers if one.short and one.id not in _NO_TILE],
        "wide": [(one.question, one.short) for one in answers if one.short and one.id in _WIDE],
        "answers": [
            {
                "id": one.id,
                "question": one.question,
                "statements": [
                    {"says": each.says, "note": str(numbers[note_of(each, _GROUNDS)])}
                    for each in one.statements
                ],
                "items": [
                    {
                        "says": cut(item.door.says, _ITEM),
                        "since": short_time(item.since),
                        "stands": item.stands.replace(f"{report.made_at:%Y}-", ""),
                        "closed": item.door.state is DoorState.CLOSED,
                        "by": ", ".join(item.door.proposals),
                    }
                    for item in one.items
                ],
            }
            for one in answers
        ],
        "notes": list(numbers),
        "method": asdict(method(report)),
        "decided": verdict.answer in parts.DECIDED,
        "picture": None
        if report.no_timeline
        else story_data(report, handled, chart(report, handled, ON_A_SCREEN)),
        "no_picture": report.no_timeline,
        "others": around(report, handled, rings) if any(one.id != "from" for one in rings) else None,
        "story": story[:_CLAUSES],
        "story_more": _more(len(story) - _CLAUSES, "action"),
        "questions": list(verdict.questions),
        "proposals": [_proposal(one) for one in handled.proposals],
        "tasks": [
            {
                "number": str(one.number),
                "says": one.says,
                "done": f"done {parts.utc(one.done_at)} by {one.done_by}" if one.done_by else "open",
                "draft": one.id.startswith("warn_recipients:"),
            }
            for one in handled.tasks
        ],
        "chapters": list(_chapters(report)),
        "symptoms": [
            {
                "title": one.title,
                "source": one.source,
                "result": f"{parts.RESULT[one.result]} {one.result.value}",
                "why": _why(one.result, one.reason, len(one.findings)),
            }
            for one in report.symptoms
            if one.result is not Result.ABSENT
        ],
        "absent": [one.title for one in report.symptoms if one.result is Result.ABSENT],
        "results": ", ".join(f"{found[result]} {result.value}" for result in Result),
        "sources": [
            {
                "name": spoken(one.id),
                "state": STATES[one.state],
                "records": f"{one.records:,}",
                "until": parts.utc(one.complete_until) if one.complete_until else "",
                "why": " ".join(
                    part for part in (one.reason, f"Grant: {one.needs}" if one.needs else "") if part
                ),
            }
            for one in report.sources
        ],
        "ledger": {"size": f"{handled.head.size:,}", "hash": handled.head.hash} if handled.head else None,
    }


def _meta(report: Report, handled: Handled) -> Iterator[tuple[str, str]]:
    subject = report.subject
    others = [one for one in subject.addresses if one != subject.user_principal_name]
    also = f"; also {parts.few(others, 2, 'address')}" if others else ""
    yield "Account", f"{subject.user_principal_name}{also}"
    yield "Object ID", subject.id
    if name := known_as(report, handled):
        yield "Display name", name
    yield "Window", f"{parts.utc(report.window.start)} to {parts.utc(report.window.end)}"
    opened = f"; case opened {parts.utc(handled.opened_at)}" if handled.opened_at else ""
    newest = f"as of {parts.utc(as_of(report, handled))}; checked {parts.utc(report.made_at)}"
    yield "Written", f"{newest}{opened}"


def _proposal(one: Proposal) -> dict[str, Any]:
    actions = {action.change: action for action in one.actions}
    rows = []
    for number, change in enumerate(one.plan.changes[:_CHANGES], start=1):
        action = actions.get(change.id)
        outcome = (
            "not started"
            if action is None
            else in_words(action.outcome)
            if action.outcome
            else "started, no outcome yet"
        )
        if action is not None and action.says and action.outcome:
            outcome = f"{outcome}: {cut(action.says, _VALUE)}"
        at = (action.ended_at or action.intended_at) if action else None
        says = change.says if change.undo or one.kind == "restore" else f"{change.says} (cannot be undone)"
        rows.append(
            {
                "number": str(number),
                "says": says,
                "outcome": outcome,
                "at": parts.utc(at)[11:-4] if at else "",
            }
        )
    facts = [
        ("Purpose", "Undo earlier changes" if one.kind == "restore" else "Contain account"),
        ("Proposed", f"{parts.utc(one.made_at)} by {_person(one.proposed_by, sorted(one.proposer))}"),
    ]
    if one.reason:
        facts.append(("Reason", f"“{one.reason}”"))
    facts.append(("Needed", f"{parts.people(one.needs)}{', each with a code' if one.factor else ''}"))
    for vote in one.votes:
        word = "Approved" if vote.yes else "Denied"
        said = f": “{vote.says}”" if vote.says else ""
        who = _person(vote.voter, sorted(vote.addresses))
        facts.append((word, f"{parts.utc(vote.at)} by {who}{', with a code' if vote.factor else ''}{said}"))
    if one.note:
        facts.append(("Note", one.note))
    facts.append(("Digest", one.digest))
    return {
        "title": f"Proposal {one.id}: {one.state.value}",
        "facts": facts,
        "changes": rows,
        "more": _more(len(one.plan.changes) - _CHANGES, "change"),
    }


def _person(id_: str, addresses: list[str]) -> str:
    who = addresses[0] if addresses else "someone"
    return f"{who} ({id_})" if id_ else who


def _chapters(report: Report) -> Iterator[dict[str, Any]]:
    told = tuple(chapters(report))
    for chapter, room in zip(told, rooms_of([len(one.findings) for one in told], _FINDINGS), strict=True):
        shown = parts.some_of_each(one for _, one in chapter.findings)[:room]
        kept = {id(one) for one in shown}
        yield {
            "title": f"{chapter.title} ({len(chapter.findings)})",
            "findings": [_finding(number, one) for number, one in chapter.findings if id(one) in kept],
            "more": _more(len(chapter.findings) - len(shown), "finding"),
        }


def rooms_of(sizes: Sequence[int], most: int) -> list[int]:
    """Give each of several lists its share of what is shown; what one leaves, the first with more gets."""
    fair = most // max(len(sizes), 1)
    rooms = [min(size, fair) for size in sizes]
    for place, size in enumerate(sizes):
        rooms[place] += min(size - rooms[place], most - sum(rooms))
    return rooms


def _finding(number: str, one: Finding) -> dict[str, str]:
    return {
        "id": number,
        "at": short_time(one.at),
        "severity": one.severity.word,
        "says": cut(one.summary, _SUMMARY),
        "before": cut(one.before, _VALUE),
    }


def _why(result: Result, reason: str, findings: int) -> str:
    return parts.counted(findings, "finding") if result is Result.PRESENT else reason


def _more(left: int, what: str) -> str:
    return f"and {parts.counted(left, f'more {what}')}, in the other files" if left > 0 else ""
