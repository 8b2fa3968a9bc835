"""What a collection of evidence keeps: searches that are not finished, and what Microsoft answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from graph.effects import Item
from graph.errors import GraphError
from graph.request import Cmdlet, Request


class Memory(Protocol):
    """Where unfinished searches are kept across a restart, one small table of texts for each source.

    Both are called from one thread, which is not the caller's. An empty text takes back what was kept.
    """

    def recall(self, source: str) -> Mapping[str, str]:
        """What was kept for a source; empty when nothing was."""
        ...

    def remember(self, source: str, name: str, value: str) -> None:
        """Keep a text for a source, in place of an earlier one of the same name."""
        ...


class Recorder(Protocol):
    """Keeps what Microsoft answered, as it came. It is called from several threads at once."""

    def __call__(self, source: str, asked: Request | Cmdlet, answer: list[Item] | GraphError) -> None:
        """Keep one answer: the items of one page, or the error; the items must not be changed."""
        ...
