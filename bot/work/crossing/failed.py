"""Why a check, a hunt or a recheck could not be made, in words for people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from bot.failing import refer_run
from commands.errors import CommandError
from graph.errors import GraphError

T = TypeVar("T")

RUNS: Final = 3
"""How many times something is started before it counts as failed."""

LONGEST: Final = 1_000
"""Characters of why something failed."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Why something could not be made, one sentence for people; `reference` is in the log."""

    says: str
    reference: str
    code: str = ""

    @property
    def bounded(self) -> Failed:
        """The same, as short as ours are: the ledger keeps it for ever, and a worker may send anything."""
        return Failed(self.says[:LONGEST], self.reference[:40], self.code[:40])


def attempt(what: str, name: str, work: Callable[[], T]) -> T | Failed:
    """Do what a run is for; whatever goes wrong is told with words for people, and the log has it.

    Args:
        what: What it is called: ``check``, ``hunt`` or ``recheck``.
        name: What the run is of.
        work: Does it.

    Raises:
        CommandError: what must be remembered cannot be; it is tried again.
    """
    try:
        return work()
    except CommandError:
        raise
    except GraphError as error:
        reference = refer_run(f"A {what} failed.", what, name)
        return Failed(f"{error.sentence} Reference: {reference}.", reference, error.code)
    except Exception:  # noqa: BLE001 - whatever it is, people are told and the log has it
        reference = refer_run(f"A {what} failed: internal error.", what, name)
        return Failed(f"Internal error during this {what}. Reference: {reference}.", reference)


def gave_up(what: str, name: str, runs: int) -> Failed:
    """Say that something was begun again and again and never came to an end; the log has it.

    Args:
        what: What it is called: ``check``, ``hunt`` or ``recheck``.
        name: Which one.
        runs: How many times it was begun.
    """
    reference = refer_run(f"A {what} was given up.", what, name, runs=runs)
    return Failed(
        f"The {what} was started {runs} times and never finished. Reference: {reference}.", reference
    )
