"""In which order the tests are given to the workers."""

from pathlib import Path

import pytest

_LONG = ("scenarios", "browser", "browser_report", "bot")
"""The folders whose files take longest; begun first, no worker is left with one of them at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the stories first; the rest keeps its order."""
    here = Path(__file__).parent

    def rank(item: pytest.Item) -> int:
        folder = item.path.relative_to(here).parts[0]
        return _LONG.index(folder) if folder in _LONG else len(_LONG)

    items.sort(key=rank)
