"""In which order the tests are given to the workers, and which read a folder beside the repository."""

from pathlib import Path

import pytest

from tests.examples import FOLDERS

_LONG = ("scenarios", "browser", "browser_report", "bot")
"""The folders whose files take longest; begun first, no worker is left with one of them at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what reads a folder that is not there, and put the stories first."""
    gone = {mark for mark, folder in FOLDERS.items() if not folder.is_dir()}
    items[:] = [item for item in items if gone.isdisjoint(mark.name for mark in item.iter_markers())]
    here = Path(__file__).parent

    def rank(item: pytest.Item) -> int:
        folder = item.path.relative_to(here).parts[0]
        return _LONG.index(folder) if folder in _LONG else len(_LONG)

    items.sort(key=rank)


def pytest_report_header() -> list[str]:
    """Say what is read from beside the repository."""
    return [
        f"{mark}: {folder}{'' if folder.is_dir() else ' (not there)'}" for mark, folder in FOLDERS.items()
    ]
