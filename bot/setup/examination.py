"""What `compromise doctor --check-only` finds, kept in memory for the Home tab.

Asking Microsoft takes seconds, so no one waits for it: the Home tab shows what was found last, and opening it
sets off a new look when that is old.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.messages.home import Found
from bot.settings import Settings
from bot.setup.doctor import look
from bot.setup.doctor_findings import Line
from graph.tenants import Tenants

log = structlog.get_logger(__name__)

OLD: Final = timedelta(hours=6)
"""How long what was found is shown before it is looked for again."""


class Examination:
    """Looks at everything that a check needs, and at Slack, one look at a time. Any thread may use it.

    Args:
        settings: What is to be there.
        tenants: The bot's own, so that its looks and its checks keep Microsoft's limits together.
        clock: Tells the time (aware UTC).
    """

    def __init__(self, settings: Settings, tenants: Tenants, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._tenants = tenants
        self._clock = clock
        self._looking = threading.Lock()
        self.found: Found | None = None

    def is_due(self) -> bool:
        """Whether nothing was found yet, or long ago."""
        return self.found is None or self._clock() - self.found.at >= OLD

    def look(self) -> bool:
        """Look now, unless someone is at it or has just been.

        Returns:
            Whether there is something new. A look that fails is logged, and what was found before stays.
        """
        if not self._looking.acquire(blocking=False):
            return False
        try:
            if not self.is_due():
                return False
            # Nothing signs in as the application that writes: its sign-ins stay a sign of approved changes.
            sections = tuple(look(self._settings, self._tenants, None, check_only=True))
        except Exception:
            log.exception("What the bot can see could not be looked at.", action="examination.failed")
            return False
        finally:
            self._looking.release()
        gaps = tuple(
            (section.title, tuple(_words(line) for line in section.lines if line.there is False))
            for section in sections
        )
        tenants = {section.title: section.tenant for section in sections if section.tenant}
        self.found = Found(self._clock(), gaps, tenants)
        missing = sum(len(lines) for _, lines in gaps)
        log.info("What the bot can see was looked at.", action="examination.done", missing=missing)
        return True


def _words(line: Line) -> str:
    return f"{line.what}: {line.says}" if line.says else line.what
