"""A report as one HTML page that loads nothing and runs nothing, for people outside of Slack and for paper.

How texts are escaped, and what the page may load, is in `bot.artefacts.pages`; the one attribute with
anyone's text is what a picture shows in words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bot.artefacts.chapters import chapters, in_order
from bot.artefacts.containment import as_of, known_as
from bot.artefacts.handled import NOTHING, Handled
from bot.artefacts.method import method
from bot.artefacts.pages import page
from bot.artefacts.summary import note_of, notes, summary
from bot.artefacts.timeline_png import Picture, matters
from bot.messages import names, parts
from bot.messages.outcomes import in_words
from commands.containment.proposals import Action, Proposal
from commands.plans.plan import Change
from commands.report import Coverage, Event, Report, Result

_EVENTS = 100
"""Up to so many events the timeline is shown whole; of a longer one only what findings rest on."""

_MOST_EVENTS = 2_000
_RECORDS_EACH = 5
_REASONS = 12
_GROUNDS = 4


def report_html(report: Report, handled: Handled = NOTHING, drawn: Sequence[Picture] = ()) -> str:
    """Write the whole page.

    Args:
        report: What the check found.
        handled: What was done about it so far.
        drawn: The pictures, which become a part of the page.
    """
    events = _events(report)
    answers = summary(report, handled)
    subject = names.title(report.subject)
    return page(
        "report",
        f"Evidence report on {subject}",
        images=any(one.png for one in drawn),
        report=report,
        handled=handled,
        subject=subject,
        as_of=as_of(report, handled),
        known_as=known_as(report, handled),
        word=parts.VERDICT[report.verdict.answer][1],
        matters=matters(report, handled),
        results=parts.RESULT,
        in_words=in_words,
        unrecorded=parts.unrecorded(report),
        unseen=[source for source in report.sources if source.state is not Coverage.COMPLETE],
        unknown=[symptom for symptom in report.symptoms if symptom.result is Result.UNKNOWN],
        chapters=chapters(report),
        seen=[source for source in report.sources if source.state is Coverage.COMPLETE],
        most_records=_RECORDS_EACH,
        most_reasons=_REASONS,
        counts=_counts(report),
        summary=answers,
        method=method(report),
        notes=notes(answers, _GROUNDS),
        note_of=lambda one: note_of(one, _GROUNDS),
        story=in_order(report),
        symptoms=_symptoms(report),
        done=_done(handled),
        events=events,
        left_out=len(report.timeline) - len(events),
        deeds=_deeds,
        drawn=drawn,
    )


def _events(report: Report) -> tuple[Event, ...]:
    """The part of the timeline that a page can hold; the CSV has all of it."""
    if len(report.timeline) <= _EVENTS:
        return tuple(report.timeline)
    return tuple(event for event in report.timeline if event.finding)[:_MOST_EVENTS]


def _counts(report: Report) -> str:
    """How findings and reasons belong together."""
    kinds = len(report.verdict.reasons)
    if len(report.findings) <= kinds:
        return f"{parts.counted(kinds, 'reason')}, most severe first:"
    found = parts.counted(len(report.findings), "finding")
    gives = "gives" if len(report.findings) == 1 else "give"
    return (
        f"{found} {gives} {parts.counted(kinds, 'reason')}, because findings of one kind count once. "
        "Most severe first:"
    )


def _symptoms(report: Report) -> str:
    found = Counter(symptom.result for symptom in report.symptoms)
    return ", ".join(f"{found[result]} {result.value}" for result in Result)


def _done(handled: Handled) -> str:
    """What became of all changes, and how much is left to people."""
    outcomes = Counter(
        in_words(action.outcome) if action.outcome else "started, no outcome yet"
        for proposal in handled.proposals
        for action in proposal.actions
    )
    told = [f"{count} {outcome}" for outcome, count in outcomes.most_common()]
    changes = f"changes: {', '.join(told)}" if told else "nothing was changed"
    left = sum(1 for task in handled.tasks if not task.done_by)
    return f"{changes}; {parts.counted(left, 'manual task')} open" if left else changes


def _deeds(proposal: Proposal) -> list[tuple[Change, Action | None]]:
    """A proposal's changes in their order, with what became of them."""
    actions = {action.change: action for action in proposal.actions}
    return [(change, actions.get(change.id)) for change in proposal.plan.changes]
