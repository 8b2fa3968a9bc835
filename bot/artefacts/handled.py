"""What was done about a case, as far as it stands when a file is written about it."""

from __future__ import annotations

from dataclasses import dataclass

from commands.ledger import Head
from commands.proposals import Proposal, TaskState


@dataclass(frozen=True, slots=True)
class Handled:
    """What a report alone does not know.

    Attributes:
        case_id: The case, "" for a report without one.
        proposals: The case's proposals with their votes and actions, the oldest first.
        manual tasks: What people were given to do.
        head: The end of the ledger at that moment; None without a ledger.
    """

    case_id: str = ""
    proposals: tuple[Proposal, ...] = ()
    tasks: tuple[TaskState, ...] = ()
    head: Head | None = None


NOTHING = Handled()
"""A report that belongs to no case."""
