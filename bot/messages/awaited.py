"""What checks, hunts and rechecks wait for before they begin, in words for people. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.messages import parts


@dataclass(frozen=True, slots=True)
class Awaited:
    """What work waits for.

    Attributes:
        what: ``database``, the job database; or ``workers``, any worker.
        since: Since when it is known to be missing (aware UTC); None where nobody knows.
    """

    what: Literal["database", "workers"]
    since: datetime | None = None


def waits(awaited: Awaited, what: str) -> str:
    """Say that something waits, what for, and what to do; one or two sentences.

    Args:
        awaited: What it waits for.
        what: What waits, with its article, such as ``The check``.
    """
    if awaited.what == "database":
        return f"The job database cannot be reached. {what} starts when it is back."
    seen = f"none has been seen since {parts.utc(awaited.since)}" if awaited.since else "none is running"
    return f"{what} waits for a worker; {seen}. Start `compromise worker`."
