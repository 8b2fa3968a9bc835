"""How much one question may bring: a service that names page after page must not fill our memory.

An honest mailbox stays far below: 100,000 audit records in pages of 150 are 667 pages and some 150 MB.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from graph.errors import TooMuch


@dataclass(frozen=True, slots=True)
class Most:
    """The bounds.

    Attributes:
        pages: Pages of one question.
        items: Items of one question, and of all questions of one source together.
        size: Bytes of all pages of one question, as they came.
    """

    pages: int = 3_000
    items: int = 300_000
    size: int = 256 * 1024 * 1024


@dataclass(slots=True)
class Count:
    """What one question has brought so far.

    Attributes:
        most: The bounds.
        items: What was read, in order.
    """

    most: Most
    items: list[Any] = field(default_factory=list)
    _pages: int = 0
    _size: int = 0

    def add(self, items: Sequence[Any], size: int, link: str) -> None:
        """Take in a page.

        Args:
            items: What is on it.
            size: Its bytes.
            link: Where the next one is, "" for the last.

        Raises:
            TooMuch: with all that was read, where a bound is reached and there is more.
        """
        self.items.extend(items)
        self._pages += 1
        self._size += size
        full = (
            self._pages >= self.most.pages
            or len(self.items) >= self.most.items
            or self._size >= self.most.size
        )
        if full and link:
            raise TooMuch(
                f"Microsoft had more than fits: stopped after {len(self.items):,} items on "
                f"{self._pages:,} pages, {self._size / 1_000_000:,.0f} MB.",
                tuple(self.items),
            )
