"""What was done about a case, as far as it stands when a file is written about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot.messages.roles_gone import Gone
from graph.question import Subject

if TYPE_CHECKING:  # a report of exported logs has no case, and needs no ledger
    from commands.containment.proposals import Proposal, TaskState
    from commands.ledger import Head


@dataclass(frozen=True, slots=True)
class Rechecked:
    """The last look at whether what was closed is still closed.

    Attributes:
        at: When.
        says: What was seen, in sentences that do not tell that it was a recheck.
        raised: Whether it is bad.
        came_back: The ids of the changes that were no longer in effect.
        held: The ids of those that were.
        not_seen: What could not be read.
    """

    at: datetime
    says: str
    raised: bool
    came_back: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    not_seen: tuple[str, ...] = ()

    @property
    def is_quiet(self) -> bool:
        """Whether something was read, all of it was as it should be, and nothing could not be read."""
        return bool(self.held) and not (self.raised or self.came_back or self.not_seen)


@dataclass(frozen=True, slots=True)
class Checked:
    """Another account that was checked.

    Attributes:
        subject: The account.
        at: When the check ended.
    """

    subject: Subject
    at: datetime


@dataclass(frozen=True, slots=True)
class Handled:
    """What a report alone does not know.

    Attributes:
        case_id: The case, "" for a report without one.
        proposals: The case's proposals with their votes and actions, the oldest first.
        tasks: What people were given to do.
        head: The end of the ledger at that moment; None without a ledger.
        opened_at: When the case was opened (aware UTC); None without a case.
        rechecked: The last recheck; None where there was none.
        never: What was suggested against ways back in, and was never carried out.
        checked: Other accounts of the tenant that were checked, the newest first.
        roles: How many of the roles that the check read were removed since.
    """

    case_id: str = ""
    proposals: tuple[Proposal, ...] = ()
    tasks: tuple[TaskState, ...] = ()
    head: Head | None = None
    opened_at: datetime | None = None
    rechecked: Rechecked | None = None
    never: tuple[str, ...] = ()
    checked: tuple[Checked, ...] = ()
    roles: Gone = Gone.NONE


NOTHING = Handled()
"""A report that belongs to no case."""
