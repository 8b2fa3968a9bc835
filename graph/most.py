"""How much a source, and all sources of a check together, may bring: no answer may fill our memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

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


WHOLE: Final = Most(pages=6_000, items=600_000, size=512 * 1024 * 1024)
"""The bounds of one check: an audit log and a mailbox that are both as full as `Most` allows for."""

ANYWAY: Final = Most(pages=100, items=2_000, size=4 * 1024 * 1024)
"""What a source may bring however much the others brought, so that a mailbox which an attacker filled does
not hide the inbox rules."""


class Whole:
    """What all sources of one check have brought together.

    Args:
        most: The bounds.
        anyway: What each source may bring even so.
    """

    def __init__(self, most: Most = WHOLE, anyway: Most = ANYWAY) -> None:
        self.anyway = anyway
        self._most = most
        self._pages = self._items = self._size = 0
        self._lock = threading.Lock()

    def admit(self, items: int, size: int, anyway: int) -> int:
        """Take in a page of one source as far as it fits, and give how many items that is.

        Args:
            items: How many items of it the source itself has room for.
            size: The page's bytes.
            anyway: How many items fit however much there is.
        """
        with self._lock:
            full = self._full()
            fit = min(items, max(0 if full else self._most.items - self._items, anyway))
            if fit or not full:
                self._pages += 1
                self._items += fit
                self._size += size
            return fit

    @property
    def full(self) -> bool:
        """Whether a bound is reached."""
        with self._lock:
            return self._full()

    @property
    def says(self) -> str:
        """How much there is."""
        with self._lock:
            return _told(self._items, self._pages, self._size)

    def _full(self) -> bool:
        return _reached(self._most, self._pages, self._items, self._size)


class Tally:
    """What a source has brought so far. Its questions share it, and may be under way in several threads.

    Args:
        most: The bounds.
        whole: What the sources of its check bring together; None for a source that is alone.

    Attributes:
        thin: Says what is kept of the items of each page; None for all.
    """

    def __init__(self, most: Most, whole: Whole | None = None) -> None:
        self.thin: Callable[[list[Any]], list[Any]] | None = None
        self._most = most
        self._whole = whole or Whole(most, most)
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
        if self.thin is not None and page.items:
            kept = self.thin(page.items)
            page, size = replace(page, items=kept), size * len(kept) // len(page.items)
        with self._lock:
            room = 0 if self._full() else self._most.items - self._items
            fit = min(len(page.items), room)
            if fit:
                fit = self._whole.admit(fit, size, self._anyway())
            kept = page.items[:fit]
            if fit or (room and not page.items):
                self._pages += 1
                self._items += fit
                self._size += size
            more = fit < len(page.items) or bool(page.link and (self._full() or self._shut_out()))
            self._cut = self._cut or more
            return kept, more

    @property
    def says(self) -> str:
        """After how much the reading stopped, with the numbers; "" where all fitted."""
        with self._lock:
            if not self._cut:
                return ""
            told = f"stopped after {_told(self._items, self._pages, self._size)}"
            if self._full():
                return f"Too many results: {told}"
            return f"Too many results: {told}, because all sources together brought {self._whole.says}"

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
        return _reached(self._most, self._pages, self._items, self._size)

    def _anyway(self) -> int:
        """How many items this source may still bring however much the others brought."""
        anyway = self._whole.anyway
        if _reached(anyway, self._pages, self._items, self._size):
            return 0
        return anyway.items - self._items

    def _shut_out(self) -> bool:
        """Whether the other sources leave no room."""
        return self._whole.full and not self._anyway()


def _reached(most: Most, pages: int, items: int, size: int) -> bool:
    return pages >= most.pages or items >= most.items or size >= most.size


def _told(items: int, pages: int, size: int) -> str:
    return f"{items:,} items on {pages:,} pages, {size / 1e6:,.0f} MB"


Taking: TypeAlias = Callable[[list[Any]], Sequence[Any]]
"""What is made of the items of a page."""


@dataclass(slots=True)
class Answer:
    """What one question has brought so far.

    Attributes:
        tally: What its source has brought.
        taking: Is given the items of each page that are kept; what it makes of them is kept in their place.
        items: What was read, in order.
    """

    tally: Tally
    taking: Taking | None = None
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
        self.items.extend(kept if self.taking is None else self.taking(kept))
        if more:
            raise TooMuch(f"{self.tally.says}.", tuple(self.items))
        return page.link
