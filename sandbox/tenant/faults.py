"""Faults that can be turned on, and the record of every call."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from fnmatch import fnmatchcase
from threading import Event, Lock


@dataclass(frozen=True)
class Fault:
    """What goes wrong with a call.

    ``retry_after`` is seconds, a moment (sent as an HTTP date) or ready text. ``slow`` and ``stale`` are
    seconds: ``slow`` waits before the answer, ``stale`` acknowledges a write that reads see only later.
    ``held`` waits until the event is set, so that a test decides what happens while calls are under way.
    ``done`` carries the request out before the fault is served, as when a gateway gives up after the work
    was done.
    """

    status: int | None = None
    retry_after: float | datetime | str | None = None
    html: bool = False
    nul: bool = False
    reset: bool = False
    slow: float = 0.0
    stale: float = 0.0
    held: Event | None = None
    done: bool = False
    method: str | None = None
    code: str | None = None
    message: str | None = None

    @property
    def breaks(self) -> bool:
        """Whether the answer is another than the service's own."""
        return self.reset or self.html or self.nul or self.status is not None

    def headers(self) -> dict[str, str]:
        """The Retry-After header, if one is to be sent."""
        match self.retry_after:
            case None:
                return {}
            case datetime() as moment:
                return {"Retry-After": format_datetime(moment.astimezone(UTC), usegmt=True)}
            case value:
                return {"Retry-After": str(value)}


@dataclass
class _Armed:
    target: str
    fault: Fault
    left: int | None


@dataclass
class Faults:
    """The faults that are turned on, looked up by path prefix, path pattern with ``*``, or cmdlet name."""

    _armed: list[_Armed] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def add(self, target: str, fault: Fault, times: int | None = None) -> None:
        """Switch a fault on for the next ``times`` matching calls, or until cleared."""
        with self._lock:
            self._armed.append(_Armed(target, fault, times))

    def clear(self) -> None:
        """Switch every fault off."""
        with self._lock:
            self._armed.clear()

    def left(self, target: str, fault: Fault) -> int | None:
        """How many more calls will meet this fault, None for all until it is cleared."""
        with self._lock:
            found = [one.left for one in self._armed if one.target == target and one.fault == fault]
        return None if None in found else sum(left or 0 for left in found)

    def take(self, method: str, names: tuple[str, ...]) -> Fault | None:
        """The fault for a call known by these names, counted down; None when nothing is to go wrong."""
        with self._lock:
            for armed in self._armed:
                if armed.fault.method not in {None, method} or not any(
                    _hits(armed.target, name) for name in names
                ):
                    continue
                if armed.left is not None:
                    armed.left -= 1
                    if armed.left == 0:
                        self._armed.remove(armed)
                return armed.fault
        return None


def _hits(target: str, name: str) -> bool:
    if "*" in target:
        return fnmatchcase(name, target) or fnmatchcase(name, target + "/*")
    if target.startswith("/"):
        return name.startswith(target)
    return name == target


@dataclass
class Call:
    """One call as it was answered; times are seconds on the machine's monotonic clock.

    ``identity`` is what a cmdlet was called for. ``effective`` says whether the service carried the call out,
    whatever the caller heard of it.
    """

    service: str
    method: str
    path: str
    query: str = ""
    cmdlet: str | None = None
    status: int = 0
    started: float = 0.0
    ended: float = 0.0
    client_request_id: str | None = None
    batched: bool = False
    identity: str = ""
    effective: bool = False

    @property
    def writes(self) -> bool:
        """Whether the call was meant to change something."""
        if self.cmdlet is not None:
            return not self.cmdlet.startswith(("Get-", "Search-"))
        if self.service != "graph" or self.method == "GET":
            return False
        return not self.path.endswith(("/$batch", "/security/auditLog/queries"))
