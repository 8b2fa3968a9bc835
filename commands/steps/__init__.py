"""One file a step. A step is pure and never acts: it looks at the situation and plans.

A step module has:

- ``TITLE``: what it does, in the founding document's words where it names it,
- ``SOURCE``: where it comes from, such as ``step 5`` or ``beyond the document``,
- ``NEEDS``: the sources that it must have seen to plan anything; where one is unavailable, the step says so
  instead of planning nothing,
- ``PERMISSIONS``: the application permissions and roles that its writes need; () for a step of errands,
- ``plan(situation)``: yields `Change`, `Errand` and `Nothing` values. With nothing to do, it yields a
  `Nothing` that says why; it never yields nothing at all.

To add one, write the file, and add it to `STEPS` below, in the document's order, and to `ORDER`, at the place
where its changes are to be made.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Protocol

from commands.plan import Planned
from commands.situation import Situation


class Step(Protocol):
    """What a step module looks like; its id is its module's name."""

    __name__: str
    TITLE: str
    SOURCE: str
    NEEDS: tuple[str, ...]
    PERMISSIONS: tuple[str, ...]

    def plan(self, situation: Situation) -> Iterator[Planned]:
        """Yield what is to be done."""
        ...


STEPS: Final[tuple[Step, ...]] = ()
"""Every step, in the founding document's order; those beyond it last."""

ORDER: Final[tuple[str, ...]] = ()
"""The ids of all steps in the order in which their changes are made.

Source: Microsoft, "Respond to a compromised email account in Microsoft 365": first shut the attacker out,
then close the back doors, then take the rights away, and let the mailbox send again at the very end.
"""
