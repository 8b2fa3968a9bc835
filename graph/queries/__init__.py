"""One file a query, named after the source that it fills. A query sends nothing; see `graph.effects`.

A query module has:

- a docstring that names the page it rests on,
- ``ASKS``: what it asks for, with any value in place of ids; what that needs is read from the contract,
- ``LICENSE``: the license it needs, or "",
- ``ask(question)``: a generator that yields requests and returns the value as `Known`.
"""

from __future__ import annotations

from typing import Any, Protocol

from graph.effects import Asking
from graph.errors import (
    AuditingOff,
    GraphError,
    NoLicense,
    NoMailbox,
    NoPermission,
    NotFound,
    OutOfTime,
    Throttled,
)
from graph.evidence import Reason, Unavailable
from graph.question import Question
from graph.request import Cmdlet, Request

_REASONS: tuple[tuple[type[GraphError], Reason], ...] = (
    (NoPermission, Reason.PERMISSION),
    (NoLicense, Reason.LICENSE),
    (Throttled, Reason.THROTTLING),
    (OutOfTime, Reason.TIME),
    (NoMailbox, Reason.NO_MAILBOX),
    (AuditingOff, Reason.AUDITING_OFF),
    (NotFound, Reason.NOT_FOUND),
)


class Query(Protocol):
    """What a query module looks like."""

    @property
    def __name__(self) -> str:
        """The module's name; its last part is the source's id."""
        ...

    @property
    def ASKS(self) -> tuple[Request | Cmdlet, ...]:  # noqa: N802 - a constant of the module
        """What it asks for; the first is what there is no answer at all without. See `graph.needs`."""
        ...

    @property
    def LICENSE(self) -> str:  # noqa: N802 - a constant of the module
        """The license, or ""."""
        ...

    def ask(self, question: Question) -> Asking[Any]:
        """Ask for one source about the subject in the window."""
        ...


def source_of(query: Query) -> str:
    """The id of the source that a query module fills."""
    return query.__name__.rpartition(".")[2]


def unavailable(error: GraphError, query: Query) -> Unavailable:
    """Say why a source could not be looked at."""
    reason = next((reason for kind, reason in _REASONS if isinstance(error, kind)), Reason.FAILED)
    needs = error.needs
    if reason is Reason.LICENSE and not needs:
        needs = query.LICENSE
    return Unavailable(reason, error.sentence, needs)
