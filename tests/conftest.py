"""How the tests are given out to the workers, and which of them read a folder beside the repository."""

from functools import cache
from itertools import zip_longest
from pathlib import Path

import pytest

from tests.examples import FOLDERS

_FIRST = ("browser/", "browser_report/")
"""Each is one long story in one file; begun first, no worker is left with it at the end."""

_BY_TEST = (
    "scenarios/",
    "bot/cards/",
    "bot/test_app.py",
    "bot/test_deciding.py",
    "bot/test_jobs.py",
    "bot/test_reporting.py",
)
"""Where tests wait for a bot most of their time.

Given out one by one, and between files whose tests compute, they leave no processor idle and no worker alone
at the end.
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what reads a folder that is not there; say what stays together; mix waiting and computing."""
    gone = {mark for mark, folder in FOLDERS.items() if not folder.is_dir()}
    kept = [item for item in items if gone.isdisjoint(mark.name for mark in item.iter_markers())]
    together = {item.path for item in kept if not _where(item).startswith(_BY_TEST) or _shares(item)}
    portions: dict[str, list[pytest.Item]] = {}
    for item in kept:
        by_file = item.path in together
        portions.setdefault(_where(item) if by_file else item.nodeid, []).append(item)
        if by_file:
            item.add_marker(pytest.mark.xdist_group(_where(item)))
    places = {"first": _FIRST, "waiting": _BY_TEST}
    sorted_out: dict[str, list[list[pytest.Item]]] = {"first": [], "waiting": [], "computing": []}
    for portion in portions.values():
        where = _where(portion[0])
        kind = next((one for one, starts in places.items() if where.startswith(starts)), "computing")
        sorted_out[kind].append(portion)
    items[:] = [item for portion in sorted_out["first"] for item in portion]
    for waiting, computing in zip_longest(sorted_out["waiting"], sorted_out["computing"], fillvalue=()):
        items += [*waiting, *computing]


def _where(item: pytest.Item) -> str:
    return _below(item.path)


@cache
def _below(path: Path) -> str:
    return path.relative_to(Path(__file__).parent).as_posix()


def _shares(item: pytest.Item) -> bool:
    """Whether a test needs something that is set up once for its whole file."""
    assert isinstance(item, pytest.Function)
    known = item._fixtureinfo.name2fixturedefs.values()
    return any(fixture[-1].scope in ("module", "class", "package") for fixture in known)


def pytest_report_header() -> list[str]:
    """Say what is read from beside the repository."""
    return [
        f"{mark}: {folder}{'' if folder.is_dir() else ' (not there)'}" for mark, folder in FOLDERS.items()
    ]
