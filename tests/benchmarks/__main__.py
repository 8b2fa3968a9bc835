"""Run every benchmark and print its ratios beside their goals.

python -m tests.benchmarks [check] [ack] [large] [keeper] [analyze] [size] [ledger] [replay] [fleet]
    [--records 1000000]
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable

from bot import log
from bot.settings import LogSettings
from tests.benchmarks import ack, check, fleet, keeper, large, ledger, replay, size
from tests.benchmarks.analyze import measure as analyze
from tests.benchmarks.row import Row, table


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "which",
        nargs="*",
        default=["check", "ack", "large", "keeper", "analyze", "size", "ledger", "replay", "fleet"],
    )
    parser.add_argument("--records", type=int, default=1_000_000, help="records that analyze reads")
    given = parser.parse_args()
    runs: dict[str, Callable[[], list[Row]]] = {
        "check": check.measure,
        "ack": ack.measure,
        "large": large.measure,
        "keeper": keeper.measure,
        "analyze": lambda: analyze.measure(given.records),
        "size": size.measure,
        "ledger": ledger.measure,
        "replay": replay.measure,
        "fleet": fleet.measure,
    }
    log.configure(LogSettings(level="error"))
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}")
    rows: list[Row] = []
    for name in given.which:
        if name not in runs:
            parser.error(f"unknown benchmark {name!r}; there are {', '.join(runs)}")
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        rows += runs[name]()
    print(table(rows))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
