"""When something is sent again: reads, after a pause that fits the failure; writes, never."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import structlog

from graph.errors import Broken, GraphError, InDoubt, OutOfTime, Throttled
from graph.limits import Deadline, Pauses
from graph.wire import NeverSent

log = structlog.get_logger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pacing:
    """How patiently reads are repeated. All values are seconds or counts.

    Attributes:
        first: The longest first pause after a failure of the service, doubled each time.
        first_throttled: The same after "too many requests" without Retry-After.
        longest: No pause of ours is longer; one that the service names may be.
        failures: How often one read is sent, when the service fails.
        throttled: How often one read is sent, when it is throttled.
        chance: Gives a number from 0 to 1; it spreads the pauses, so that many threads do not return at once.
    """

    first: float = 1.0
    first_throttled: float = 2.0
    longest: float = 30.0
    failures: int = 4
    throttled: int = 8
    chance: Callable[[], float] = random.random

    def pause(self, first: float, attempt: int) -> float:
        """A pause with full jitter: anything from 0 to the doubled bound."""
        bound: float = min(self.longest, first * 2**attempt)
        return bound * self.chance()


class Sent:
    """Notes whether a write may have left this machine."""

    def __init__(self) -> None:
        self.maybe = False


def persist(
    send: Callable[[Sent], T],
    *,
    reads: bool,
    service: str,
    pauses: Pauses,
    deadline: Deadline,
    pacing: Pacing,
) -> T:
    """Send, and send a read again where that can help.

    Args:
        send: Sends once; it waits for pauses itself, and sets `maybe` just before anything leaves.
        reads: False for a write, which is sent once only.
        service: What a pause that the service asks for holds up, for every thread.
        pauses: The pauses of this tenant.
        deadline: When there must be an answer.
        pacing: How patient to be.

    Raises:
        InDoubt: for a write after which it is not known whether it took effect.
        GraphError: the last failure of a read.
    """
    attempt = 0
    while True:
        sent = Sent()
        try:
            return send(sent)
        except (Throttled, Broken, OutOfTime) as error:
            if not reads:
                raise _outcome(error, sent) from error
            if isinstance(error, OutOfTime):
                raise
            attempt += 1
            throttled = isinstance(error, Throttled)
            if attempt >= (pacing.throttled if throttled else pacing.failures):
                raise
            first = pacing.first_throttled if throttled else pacing.first
            asked = error.retry_after
            wait = pacing.pause(first, attempt - 1) if asked is None else asked
            log.info(
                "A read is sent again.",
                action="request.again",
                service=service,
                status=error.status,
                wait=round(wait, 2),
                attempt=attempt,
                request_id=error.request_id,
            )
            if throttled or asked is not None:
                pauses.ask_for(service, wait)
            if wait >= deadline.left:
                raise
            deadline.sleep(wait, "the service throttled requests" if throttled else "the service was failing")


def _outcome(error: GraphError, sent: Sent) -> GraphError:
    """A write that may have been sent is in doubt; one that certainly was not simply failed."""
    if not sent.maybe or isinstance(error, NeverSent):
        return error
    return InDoubt(
        f"Unknown whether the change took effect: {error.sentence}",
        status=error.status,
        code=error.code,
        request_id=error.request_id,
        retry_after=error.retry_after,
    )
