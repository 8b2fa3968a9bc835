"""A report in the form that `--json` prints and that other programs read."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from bot.artefacts.containment import items, name_restored_at, told_now
from bot.artefacts.handled import NOTHING, Handled
from bot.artefacts.summary import summary
from bot.messages.names import first_change
from commands.report import Clause, Exposure, Finding, Report, Traffic, numbered
from commands.story.story import PARTS


def report_json(report: Report, handled: Handled = NOTHING) -> dict[str, Any]:
    """Give the report's JSON form; times are ISO 8601 in UTC.

    Args:
        report: What the check found.
        handled: What was done about it so far, which only the summary tells.
    """
    verdict = report.verdict
    return {
        "user": report.subject.user_principal_name,
        "display_name": _display_name(report, handled),
        "verdict": verdict.answer.value,
        "confidence": verdict.confidence,
        "points": verdict.points,
        "says": verdict.says,
        "summary": [
            {
                "id": answer.id,
                "question": answer.question,
                "short": answer.short,
                "statements": [
                    {"says": one.says, "rests_on": list(one.rests_on)} for one in answer.statements
                ],
            }
            for answer in summary(report, handled)
        ],
        "importance": [{"what": one.what, "told_by": list(one.told_by)} for one in report.importance],
        "roles_assigned": list(report.roles_assigned),
        "roles_activated": list(report.roles_activated),
        "exposure": _exposure(report.exposure),
        "story": _story(report, handled),
        "open_items": _items(report, handled),
        "access": verdict.access.value,
        "seen_in": [one.value for one in verdict.seen_in],
        "impact": [one.value for one in verdict.impact],
        "role": verdict.role.value,
        "questions": list(verdict.questions),
        "baseline": verdict.baseline,
        "window": {"start": report.window.start.isoformat(), "end": report.window.end.isoformat()},
        "made_at": report.made_at.isoformat(),
        "no_timeline": report.no_timeline,
        "findings": [{"id": id_, **_finding(finding)} for id_, finding in numbered(report.symptoms)],
        "symptoms": [
            {
                "id": symptom.id,
                "title": symptom.title,
                "source": symptom.source,
                "result": symptom.result.value,
                "reason": symptom.reason,
            }
            for symptom in report.symptoms
        ],
        "sources": [
            {
                "id": source.id,
                "state": source.state.value,
                "reason": source.reason,
                "records": source.records,
                "complete_until": source.complete_until.isoformat() if source.complete_until else None,
                "complete_from": source.complete_from.isoformat() if source.complete_from else None,
                "needs": source.needs,
            }
            for source in report.sources
        ],
    }


def _story(report: Report, handled: Handled) -> dict[str, Any] | None:
    """What happened, as sentences and part by part; each clause names the findings it rests on by id.

    The parts are as the check found them; the sentences, and `open_items`, tell what was closed since.
    """
    story = report.story
    if story is None:
        return None
    return {
        "sentences": list(told_now(report, handled)),
        "certain": story.certain,
        "addresses": list(story.addresses),
        "sessions": list(story.sessions),
        "applications": list(story.applications),
        **{part: [_clause(one) for one in getattr(story, part)] for part in PARTS},
    }


def _items(report: Report, handled: Handled) -> list[dict[str, Any]]:
    """What the check found open to the attacker, and what became of each."""
    return [
        {
            "says": one.door.says,
            "since": one.door.clause.at.isoformat() if one.door.clause.at else None,
            "state": one.door.state.value,
            "at": one.door.at.isoformat() if one.door.at else None,
            "by": list(one.door.by),
            "proposals": list(one.door.proposals),
            "findings": list(one.door.clause.findings),
        }
        for one in items(report, handled)
    ]


def _display_name(report: Report, handled: Handled) -> dict[str, str | None]:
    """The display name that the check read, what it was before a change, and when it was put back."""
    first, at = first_change(report), name_restored_at(handled)
    return {
        "read": report.subject.display_name,
        "before": first.before if first else None,
        "changed_at": first.at.isoformat() if first and first.at else None,
        "restored_at": at.isoformat() if first and at else None,
    }


def _exposure(exposure: Exposure | None) -> dict[str, Any] | None:
    """Whose data somebody else had."""
    if exposure is None:
        return None
    return {
        "mailboxes": [
            {
                "mailbox": one.mailbox,
                "opened": one.opened,
                "least": one.least,
                "synced": one.synced,
                "folders": list(one.folders),
                "first": one.first.isoformat(),
                "last": one.last.isoformat(),
                "records": list(one.records),
            }
            for one in exposure.mailboxes
        ],
        "forwards": [_clause(one) for one in exposure.forwards],
        "applications": [_clause(one) for one in exposure.applications],
        "files": list(exposure.files),
        "least_files": exposure.further_files > 0,
        "file_records": list(exposure.file_records),
        "sent": exposure.sent,
        "perhaps_sent": exposure.perhaps_sent,
        "inside": list(exposure.inside),
        "outside": list(exposure.outside),
        "sent_records": list(exposure.sent_records),
        "unread": list(exposure.unread),
        "unsent": list(exposure.unsent),
        "unnamed": exposure.unnamed,
        "searches": [_clause(one) for one in exposure.searches],
        "traffic": _traffic(exposure.traffic) if exposure.traffic else None,
        "undelivered": exposure.undelivered,
        "undelivered_records": list(exposure.undelivered_records),
        "payees": [asdict(one) for one in exposure.payees],
        "replies": list(exposure.replies),
        "unopened": exposure.unopened,
        "passed_on": [
            {
                "address": one.address,
                "messages": one.messages,
                "failed": one.failed,
                "first": one.first.isoformat() if one.first else None,
                "last": one.last.isoformat() if one.last else None,
            }
            for one in exposure.passed_on
        ],
        "untraced": list(exposure.untraced),
    }


def _traffic(traffic: Traffic) -> dict[str, Any]:
    """The mail that left, whoever sent it."""
    return {
        "messages": traffic.messages,
        "inside": list(traffic.inside),
        "outside": list(traffic.outside),
        "unnamed": traffic.unnamed,
        "first": traffic.first.isoformat(),
        "last": traffic.last.isoformat(),
        "records": list(traffic.records),
    }


def _clause(clause: Clause) -> dict[str, Any]:
    return {
        "says": clause.in_full,
        "at": clause.at.isoformat() if clause.at else None,
        "times": [one.isoformat() for one in clause.times],
        "findings": list(clause.findings),
        "records": list(clause.records),
        "techniques": list(clause.techniques),
        "why": clause.because,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "symptom": finding.symptom,
        "sign": finding.sign.id,
        "technique": finding.sign.technique,
        "severity": finding.severity.word,
        "summary": finding.summary,
        "ask": finding.ask,
        "owner": finding.owner.value if finding.owner else None,
        "at": finding.at.isoformat() if finding.at else None,
        "by": finding.by,
        "address": finding.address,
        "before": finding.before,
        "after": finding.after,
        "records": list(finding.records),
        "further_records": finding.further,
    }
