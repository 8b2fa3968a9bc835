"""How the tests are given out to the workers, and which of them read a folder beside the repository."""

import gc
from functools import cache
from itertools import zip_longest
from pathlib import Path

import pytest
from hypothesis import settings

from tests import nursery
from tests.examples import FOLDERS
from tests.forks import Forks

# Nothing that is collected goes away again; see the end of the collection.
gc.disable()

_ROOT = Path(__file__).resolve().parents[1]

# How long an example takes says how busy the machine is; a mutant meets the same examples at every run.
settings.register_profile("house", deadline=None, max_examples=15)
settings.register_profile("thorough", deadline=None, max_examples=200)  # `make test-all`
settings.register_profile("mutants", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("house")

_FIRST = ("tests/browser/", "tests/browser_report/")
"""Each is one long story in one file; begun first, no worker is left with it at the end."""

_BY_TEST = (
    "tests/scenarios/",
    "tests/bot/cards/",
    "tests/bot/test_running.py",
    "tests/bot/test_deciding.py",
    "tests/bot/work/test_jobs.py",
    "tests/bot/test_reporting.py",
)
"""Where tests wait for a bot most of their time.

Given out one by one, and between files whose tests compute, they leave no processor idle and no worker alone
at the end.
"""


_TOGETHER = (
    "tests/bot/setup/test_capabilities.py",
    "tests/commands/steps/test_contract.py",
    "tests/commands/steps/test_hostile_names.py",
    "tests/commands/steps/test_played.py",
    "tests/commands/steps/test_remediate_manually.py",
    "tests/commands/test_doors.py",
    "tests/test_docs_steps.py",
)
"""What looks at the plans for the same collected evidence, which one worker collects once."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the number of processes."""
    parser.addoption("--forks", type=int, default=0, metavar="N", help="run the tests in N forked processes")


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Start the process from which stories fork their bots: it imports while this one collects."""
    config = session.config
    if config.getoption("--forks") and config.args_source is pytest.Config.ArgsSource.TESTPATHS:
        nursery.share()


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Run the tests in as many processes as were asked for."""
    most: int = session.config.getoption("--forks")
    if not most or session.testsfailed or session.config.option.collectonly:
        return None  # as ever
    portions: dict[str, list[int]] = {}
    for place, item in enumerate(session.items):
        portions.setdefault(portion_of(item.nodeid), []).append(place)
    if any(path.startswith(_BY_TEST) for path in portions):
        # It imports the engine, which tests of other parts do without.
        from tests import made  # noqa: PLC0415

        made.prepare()
        nursery.share()
        gc.freeze()
    Forks(session, list(portions.values())).run(most)
    return True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what reads a folder that is not there, and mix what waits with what computes."""
    gone = {mark for mark, folder in FOLDERS.items() if not folder.is_dir()}
    portions: dict[str, list[pytest.Item]] = {}
    for item in items:
        if gone.isdisjoint(mark.name for mark in item.iter_markers()):
            portions.setdefault(portion_of(item.nodeid), []).append(item)
    first: list[pytest.Item] = []
    waiting: list[list[pytest.Item]] = []
    computing: list[list[pytest.Item]] = []
    for portion in portions.values():
        path = portion[0].nodeid
        if path.startswith(_FIRST):
            first += portion
        else:
            (waiting if path.startswith(_BY_TEST) else computing).append(portion)
    # Files that set a stage up once are the longest; none is left to a worker alone at the end.
    waiting.sort(key=len, reverse=True)
    items[:] = first
    for one, other in zip_longest(waiting, computing, fillvalue=()):
        items += [*one, *other]


def pytest_collection_finish() -> None:
    """Have the garbage collector pass over tests and modules, which stay to the end, and come by seldom."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


def portion_of(nodeid: str) -> str:
    """Give what a test belongs to: itself, or its file with all that the file sets up once."""
    path = nodeid.partition("::")[0]
    if path in _TOGETHER:
        return _TOGETHER[0]
    return nodeid if path.startswith(_BY_TEST) and not _sets_up_once(path) else path


@cache
def _sets_up_once(path: str) -> bool:
    return 'scope="module"' in (_ROOT / path).read_text()


def pytest_report_header() -> list[str]:
    """Say what is read from beside the repository."""
    return [
        f"{mark}: {folder}{'' if folder.is_dir() else ' (not there)'}" for mark, folder in FOLDERS.items()
    ]
