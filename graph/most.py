"""How much one source may bring: a service that names page after page must not fill our memory."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from graph.errors import TooMuch
from graph.responses import Page


@dataclass(frozen=True, slots=True)
class Most:
    """The bounds of one source: of all its questions together, or of a question that belongs to none.

    Honest sources stay below: 100,000 audit records in pages of 150 are 667 pages and some 150 MB; 50,000
    messages in pages of 100 are 500 pages and, at 5 kB of text and addresses each, 250 MB. As HTML they would
    be ten times that, which is why mail is asked for as text.

    Attributes:
        pages: Pages of lists.
        items: Items on them.
        size: Their bytes, as they came.
    """

    pages: int = 3_000
    items: int = 300_000
    size: int = 256 * 1024 * 1024


class Tally:
    """What a source has brought so far. Its questions share it, and may be under way in several threads.

    Args:
        most: The bounds.
    """

    def __init__(self, most: Most) -> None:
        self._most = most
        self._pages = self._items = self._size = 0
        self._cut = False
        self._lacks: list[str] = []
        self._lock = threading.Lock()

    def take(self, page: Page, size: int) -> tuple[list[Any], bool]:
        """Take in a page as far as it fits.

        A single object, such as how far a search has come, always fits: our own questions end.

        Args:
            page: The page.
            size: Its bytes.

        Returns:
            The items that are kept, and whether there was more than that.
        """
        if not page.listed:
            return page.items, False
        with self._lock:
            kept: list[Any] = []
            if not self._full():
                kept = page.items[: self._most.items - self._items]
                self._pages += 1
                self._items += len(kept)
                self._size += size
            more = len(kept) < len(page.items) or bool(page.link and self._full())
            self._cut = self._cut or more
            return kept, more

    @property
    def says(self) -> str:
        """After how much the reading stopped, with the numbers; "" where all fitted."""
        with self._lock:
            if not self._cut:
                return ""
            return (
                "Too many results: "
                f"stopped after {self._items:,} items on {self._pages:,} pages, {self._size / 1e6:,.0f} MB"
            )

    def lack(self, says: str) -> None:
        """Note that Microsoft itself left something off, in one phrase."""
        with self._lock:
            self._lacks.append(says)

    @property
    def missing(self) -> tuple[str, ...]:
        """What the source lacks, one phrase each; none where all was taken in."""
        says = self.says
        with self._lock:
            return (*((says,) if says else ()), *dict.fromkeys(self._lacks))

    def _full(self) -> bool:
        most = self._most
        return self._pages >= most.pages or self._items >= most.items or self._size >= most.size


@dataclass(slots=True)
class Answer:
    """What one question has brought so far.

    Attributes:
        tally: What its source has brought.
        items: What was read, in order.
    """

    tally: Tally
    items: list[Any] = field(default_factory=list)

    def add(self, page: Page, size: int) -> str:
        """Take in a page, and give the link to the next, "" after the last.

        Args:
            page: The page.
            size: Its bytes.

        Raises:
            TooMuch: with all that was read, where a bound of the source is reached and there is more.
        """
        kept, more = self.tally.take(page, size)
        self.items.extend(kept)
        if more:
            raise TooMuch(f"{self.tally.says}.", tuple(self.items))
        return page.link
