"""Slack's rate limits as token buckets: tiers per minute and method, and one post per second and channel.

Pure but for the buckets: the time in seconds comes in. Generous like Slack: a whole minute's calls may
come at once. Source: Slack, "Web API rate limits".
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

PER_MINUTE = {"t1": 1, "t2": 20, "t3": 50, "t4": 100}


@dataclass(slots=True)
class Limits:
    """The limits in force.

    Set `enabled` to False to switch them off, change the numbers to make them hard.
    """

    enabled: bool = True
    posts_per_second: float = 1.0
    posts_at_once: int = 10
    per_minute: dict[str, int] = field(default_factory=lambda: dict(PER_MINUTE))
    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict)

    def wait(self, method: str, tier: str, channel: str | None, now: float) -> int:
        """Count one call; return 0, or for how many whole seconds the caller must stay away."""
        if not self.enabled:
            return 0
        if method == "chat.postMessage" and channel:
            return self._take(f"post {channel}", self.posts_at_once, self.posts_per_second, now)
        if tier in self.per_minute:
            calls = self.per_minute[tier]
            return self._take(method, calls, calls / 60, now)
        return 0

    def _take(self, key: str, size: float, rate: float, now: float) -> int:
        left, at = self._buckets.get(key, (float(size), now))
        left = min(float(size), left + (now - at) * rate)
        if left < 1:
            self._buckets[key] = (left, now)
            return max(1, math.ceil((1 - left) / rate))
        self._buckets[key] = (left - 1, now)
        return 0
