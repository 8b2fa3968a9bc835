"""Notes beside the ledger of what is being read from workers: what takes all memory ends the bot unseen."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import structlog

log = structlog.get_logger(__name__)

_BEGINS: Final = ".reading-"


class Notes:
    """The notes of one kind of work. Any thread may use it.

    Each is a file of as many bytes as the bot died while it read that result, and one more while it reads it.

    Args:
        folder: Where they are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[Path, int] = {}
        self._stopping = False
        self._lock = threading.Lock()

    def deaths(self, name: str, run: int) -> int:
        """Say how often the bot died while it read the result of a run."""
        try:
            return self._note(name, run).stat().st_size
        except OSError:
            return 0

    @contextmanager
    def reading(self, name: str, run: int) -> Iterator[None]:
        """Note that a result is being read, for as long as it is."""
        note = self._note(name, run)
        with self._lock:
            if not self._stopping:
                self._begin(note, self.deaths(name, run))
        try:
            yield
        finally:
            with self._lock:
                self._open.pop(note, None)
                note.unlink(missing_ok=True)

    def _begin(self, note: Path, deaths: int) -> None:
        try:
            with note.open("ab") as file:
                file.write(b".")
        except OSError as error:
            log.warning("What is read cannot be noted.", action="worker.no_note", why=str(error))
        else:
            self._open[note] = deaths

    def stop(self) -> None:
        """Take back what is noted of this moment: the bot is stopped by people, and no result ends it."""
        with self._lock:
            self._stopping = True
            for note, deaths in self._open.items():
                try:
                    _take_back(note, deaths)
                except OSError as error:
                    log.warning("A note of what is read stays.", action="worker.no_note", why=str(error))
            self._open.clear()

    def clear(self, name: str, run: int) -> None:
        """Forget how often the bot died while it read the result of a run."""
        self._note(name, run).unlink(missing_ok=True)

    def _note(self, name: str, run: int) -> Path:
        return self._folder / f"{_BEGINS}{name}-{run}"


def _take_back(note: Path, deaths: int) -> None:
    if deaths:
        os.truncate(note, deaths)
    else:
        note.unlink(missing_ok=True)


def noted(folder: Path) -> dict[str, tuple[Path, ...]]:
    """Give the notes that lie in a folder, by the name of the case, hunt or recheck."""
    found: dict[str, tuple[Path, ...]] = {}
    for note in folder.glob(f"{_BEGINS}*"):
        name = note.name.removeprefix(_BEGINS).rpartition("-")[0]
        found[name] = (*found.get(name, ()), note)
    return found
