"""One file a query, named after the source that it fills. A query sends nothing; see `graph.effects`.

A query module has:

- a docstring that names the page it rests on,
- ``PERMISSIONS``: the least application permissions (and Exchange roles) that it needs,
- ``LICENCE``: the licence it needs, or "",
- ``ask(question)``: a generator that yields requests and returns the value as `Known`.
"""

from __future__ import annotations

from typing import Any, Protocol

from graph.effects import Asking
from graph.question import Question


class Query(Protocol):
    """What a query module looks like."""

    @property
    def __name__(self) -> str:
        """The module's name; its last part is the source's id."""
        ...

    @property
    def PERMISSIONS(self) -> tuple[str, ...]:  # noqa: N802 - a constant of the module
        """The least permissions; the first is the one without which there is no answer at all."""
        ...

    @property
    def LICENCE(self) -> str:  # noqa: N802 - a constant of the module
        """The licence, or ""."""
        ...

    def ask(self, question: Question) -> Asking[Any]:
        """Ask for one source about the subject in the window."""
        ...
