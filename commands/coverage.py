"""How much of a source was seen, as reports, sweeps and hunts tell it. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from pydantic import TypeAdapter

from commands.report import Coverage, SourceState
from graph.evidence import Reason, Source, Unavailable


def state_of(name: str, source: Source[Any]) -> SourceState:
    """Describe how a source ended."""
    if isinstance(source, Unavailable):
        return _unseen(name, source.reason, source.says, source.needs)
    value = source.value
    records = len(value) if isinstance(value, tuple) else int(value is not None)
    state = Coverage.PARTIAL if source.missing else Coverage.COMPLETE
    reason, until, since = listed(source.missing), source.complete_until, source.complete_from
    short = listed(source.in_short) if source.counted else ""
    return SourceState(name, state, reason, records, until, complete_from=since, in_short=short)


def state_from(stored: Any) -> SourceState:
    """Read a state that was written as JSON.

    Raises:
        pydantic.ValidationError: It is none.
    """
    return _STATE.validate_python(stored)


_STATE: Final = TypeAdapter(SourceState)


# Ten thousand accounts of one export have the same few gaps: said once, they cost neither time nor memory.
@lru_cache(maxsize=1024)
def listed(missing: tuple[str, ...]) -> str:
    """List what a source lacks."""
    return "; ".join(missing)


@lru_cache(maxsize=1024)
def _unseen(name: str, why: Reason, says: str, needs: str) -> SourceState:
    return SourceState(name, Coverage.UNAVAILABLE, says, 0, needs=needs, why=why)
