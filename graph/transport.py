"""What the clients of Graph and of Exchange send with: one value, made once for each tenant."""

from __future__ import annotations

from dataclasses import dataclass

from graph.drift import Observer
from graph.limits import Limits
from graph.most import Most
from graph.retry import Pacing
from graph.wire import Carries


@dataclass(frozen=True, slots=True)
class Transport:
    """What both clients share.

    Attributes:
        wire: What carries the bytes.
        limits: What must be kept to.
        pacing: How patiently reads are repeated.
        observers: Are shown every answer as it came.
        most: How much one source may bring, or a question that belongs to none.
    """

    wire: Carries
    limits: Limits
    pacing: Pacing
    observers: tuple[Observer, ...]
    most: Most
