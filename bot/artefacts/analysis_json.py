"""What exported logs say, in the form that `analyze --format` prints; `schemas/` holds its JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bot.artefacts.findings_csv import COLUMNS
from bot.artefacts.report_json import report_json
from bot.messages.parts import gravest_first
from commands.analyze.pivot import Pivot, pivots
from commands.csv_cells import moment, table
from commands.sigma.results import RuleTold, told

if TYPE_CHECKING:
    from commands.analyze import Analysis
    from commands.analyze.handed import Handed

SCHEMA: Final = Path(__file__).parent / "schemas" / "compromise.schema.json"
"""The JSON Schema of all that is printed as JSON."""


def analysis_json(analysis: Analysis) -> dict[str, Any]:
    """Give the whole analysis."""
    return {
        "users": [report_json(report) for report in analysis.users],
        "unreadable": list(_unreadable(analysis)),
        "files": [_file(one) for one in analysis.files],
        "shared": [_shared(one) for one in pivots(analysis.users)],
        "rules": [rule_row(one) for one in told(analysis.rules, analysis.matches)],
    }


def analysis_lines(analysis: Analysis) -> Iterator[str]:
    """Give the same as JSON lines: each names in `kind` what it is."""
    whole = analysis_json(analysis)
    for kind in ("files", "unreadable", "users", "shared", "rules"):
        for one in whole[kind]:
            yield json.dumps(
                {"kind": {"files": "file", "users": "user", "rules": "rule"}.get(kind, kind), **one}
            )


def analysis_csv(analysis: Analysis) -> str:
    """Give every finding of every account as a row, those of the gravest account first."""
    rows = []
    for report in analysis.users:
        who = (report.subject.user_principal_name, report.verdict.answer.value, str(report.verdict.points))
        for finding in gravest_first(report.findings):
            facts = (finding.severity.word, moment(finding.at), finding.symptom, finding.sign.id)
            texts = (finding.sign.technique, finding.summary, finding.by, finding.address)
            rows.append((*who, *facts, *texts, finding.before, finding.after, " ".join(finding.records)))
    return table(("user", "verdict", "points", *COLUMNS), rows)


def _unreadable(analysis: Analysis) -> Iterator[dict[str, Any]]:
    for one in analysis.unreadable:
        yield {"file": str(one.file), "line": one.line, "reason": one.reason, "count": one.count}


def _file(one: Handed) -> dict[str, Any]:
    return {
        "file": one.name,
        "kinds": dict(one.kinds),
        "records": one.records,
        "unreadable": one.unreadable,
        "repeated": one.repeated,
        "first": one.first,
        "last": one.last,
        "notes": one.remarks(),
        "complete": one.whole,
    }


def rule_row(one: RuleTold) -> dict[str, Any]:
    """Give what came of one Sigma rule."""
    return {
        "id": one.id,
        "title": one.title,
        "file": one.file,
        "state": one.state,
        "reason": one.reason,
        "accounts": list(one.accounts),
        "records": one.records,
    }


def _shared(one: Pivot) -> dict[str, Any]:
    return {
        "what": one.kind,
        "value": one.value,
        "accounts": list(one.accounts),
        "others": list(one.others),
        "events": one.events,
    }
