"""Which of an account's cases needs someone. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

ACCUSED: Final = ("compromised", "suspicious")

SAME_SPAN: Final = timedelta(minutes=1)
"""Two windows whose lengths differ by no more are as long as each other."""


def span_of(row: Mapping[str, Any]) -> timedelta:
    """Give how long a span of time a case looked at."""
    return datetime.fromisoformat(row["window_end"]) - datetime.fromisoformat(row["window_start"])


def open_case(cases: Iterable[Mapping[str, Any]]) -> str:
    """Give the case that needs someone, "" where none does.

    That is what is being looked into, or the newest accusation. A later check acquits only when it looked at
    as long a span: a shorter one saw less.

    Args:
        cases: The rows of an account's cases.
    """
    acquitted: timedelta | None = None
    for case in sorted(cases, key=lambda row: (row["asked_at"], row["seq"]), reverse=True):
        if case["state"] == "looking":
            return str(case["id"])
        if case["verdict"] in ACCUSED:
            if acquitted is None or span_of(case) > acquitted + SAME_SPAN:
                return str(case["id"])
        elif case["verdict"]:
            acquitted = max(span_of(case), acquitted or timedelta())
    return ""
