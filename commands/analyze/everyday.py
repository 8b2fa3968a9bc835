"""What of each account was only counted: laid down beside what was picked, and added up again."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Final

import msgspec

from graph.audit_log.contexts import Counted, Habit, LeftOut

DONE: Final = "counted"
"""The kind under which a context lies with the account that acted."""

SUFFERED: Final = "counted on"
"""The kind under which it lies with the account that was acted on."""

written: Final = msgspec.msgpack.Encoder().encode
"""Write one `Counted` as text."""

read: Final = msgspec.msgpack.Decoder(Counted).decode
"""Read it back."""


@dataclass(slots=True)
class Everyday:
    """What was counted of one account.

    Attributes:
        habits: From where the account itself did everyday work, on how many days and last when.
    """

    habits: dict[str, Habit] = field(default_factory=dict)
    _by_file: dict[int, Counter[LeftOut]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, file: int, one: Counted, *, own: bool) -> None:
        """Add one context of a part of a file; of their own are those that the account did itself."""
        self._by_file[file][one.what] += one.records
        if own and one.habit:
            address = one.what.address
            self.habits[address] = one.habit.longer(self.habits.get(address, one.habit))

    def left_out(self) -> dict[LeftOut, int]:
        """Add up what was only counted: over the parts of a file, and of several files the most.

        Files may overlap, and what was only counted cannot be told from what another file holds as well.
        """
        most: dict[LeftOut, int] = {}
        for counts in self._by_file.values():
            for one, count in counts.items():
                most[one] = max(count, most.get(one, 0))
        return most


NOTHING: Final = Everyday()
"""Of an account whose records were all picked; it is only read."""
