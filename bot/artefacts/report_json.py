"""A report in the form that `--json` prints and that other programs read."""

from __future__ import annotations

from typing import Any

from commands.report import Finding, Report


def report_json(report: Report) -> dict[str, Any]:
    """Give the report's JSON form; times are ISO 8601 in UTC."""
    verdict = report.verdict
    return {
        "user": report.subject.user_principal_name,
        "verdict": verdict.answer.value,
        "confidence": verdict.confidence,
        "points": verdict.points,
        "says": verdict.says,
        "window": {"start": report.window.start.isoformat(), "end": report.window.end.isoformat()},
        "made_at": report.made_at.isoformat(),
        "no_timeline": report.no_timeline,
        "findings": [_finding(finding) for finding in report.findings],
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
                "needs": source.needs,
            }
            for source in report.sources
        ],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "symptom": finding.symptom,
        "sign": finding.sign.id,
        "technique": finding.sign.technique,
        "severity": finding.severity.word,
        "summary": finding.summary,
        "at": finding.at.isoformat() if finding.at else None,
        "by": finding.by,
        "address": finding.address,
        "before": finding.before,
        "after": finding.after,
        "records": list(finding.records),
    }
