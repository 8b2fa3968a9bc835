"""How old the newest record of exported files is, and that the account's present state is not in them. Pure.

An export tells what was so when it was made. What was set up since, undone or shut is not in it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from bot.artefacts.method import is_of_files
from bot.messages import parts
from commands.report import Report

OLD: Final = timedelta(days=7)
"""Records older than this no longer tell what an account is like."""


def newest_of(report: Report) -> datetime:
    """Give the time of the newest record of exported files that a report rests on."""
    return report.window.end - timedelta(seconds=1)  # a window of files ends a second after it


def age_of(report: Report) -> str:
    """Say how old the newest record is: ``154 days old (2026-06-29 10:00 UTC)``; "" where that is not old."""
    newest = newest_of(report)
    age = report.made_at - newest
    if not is_of_files(report) or age <= OLD:
        return ""
    return f"{parts.counted(age.days, 'day')} old ({parts.utc(newest)})"
