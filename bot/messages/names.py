"""How an account is named: by its address, which an attacker cannot choose. Pure.

The display name may be the attacker's own work (symptom 4), so it is no title; where it stands, it is quoted
and said to have been changed, if it was.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from bot.messages import parts
from bot.messages.escape import visible
from commands.report import Finding, Report
from graph.question import Subject

_SYMPTOM: Final = "display_name"
_LAST: Final = datetime.max.replace(tzinfo=UTC)


def title(subject: Subject | str) -> str:
    """The account's address, made visible: what a report, a card or a window is about."""
    return (
        visible(subject) if isinstance(subject, str) else visible(subject.mail or subject.user_principal_name)
    )


def display_name(report: Report, restored_at: datetime | None = None) -> str:
    """The name as the directory had it: ``“Mallory”, changed from “Adele Vance” on 2026-11-27 14:34 UTC``.

    It is what the check read, "" where the directory has none. What stood before comes from the first finding
    of a change.

    Args:
        report: What the check found.
        restored_at: When the name was restored since; None where it was not.
    """
    name = visible(report.subject.display_name)
    if not name:
        return ""
    first = first_change(report)
    if first is None:
        return f"“{name}”"
    when = f" on {parts.utc(first.at)}" if first.at else ""
    back = f" (restored {parts.utc(restored_at)})" if restored_at else ""
    return f"“{name}”, changed from “{visible(first.before)}”{when}{back}"


def first_change(report: Report) -> Finding | None:
    """The first finding of a change of the display name; None where nobody changed it."""
    changed = [one for one in report.findings if one.symptom == _SYMPTOM and one.before]
    return min(changed, key=lambda one: one.at or _LAST, default=None)
