"""A sweep of 100,000 mailboxes in simulated time, beside the least time that the published limits allow.

Each run is a process of its own, whose peak memory is told; the tenant and its clock are simulated in it
(`tests/simulated`), so the hours of keeping to limits take seconds, and what is measured is waiting and not
this machine. Work itself takes no simulated time; how much of the processor it takes is told beside.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from dataclasses import asdict, dataclass
from time import process_time

import orjson

from bot import log
from bot.settings import LogSettings
from commands.hunts.sweep import AT_ONCE
from tests.benchmarks.row import Row
from tests.simulated.sweeping import ideal, swept
from tests.simulated.tenant import Shape

LARGE, SMALL = 100_000, 10_000


@dataclass(frozen=True, slots=True)
class Run:
    """One sweep: simulated and ideal seconds, accounts in doubt, processor seconds, megabytes."""

    seconds: float
    ideal: float
    doubted: int
    left: int
    refused: int
    cpu: float
    memory: int


def run(shape: Shape, days: int, at_once: int = AT_ONCE) -> Run:
    """Sweep in a process of its own."""
    told = orjson.dumps({"shape": asdict(shape), "days": days, "at_once": at_once}).decode()
    ended = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.fleet", told], check=True, capture_output=True
    )
    return Run(**orjson.loads(ended.stdout))


def main(told: str) -> None:
    """Sweep as told, and print how it went."""
    log.configure(LogSettings(level="error"))
    given = orjson.loads(told)
    shape = Shape(**given["shape"])
    began = process_time()
    one = swept(shape, given["days"], given["at_once"])
    assert one.found.closely is not None
    doubted, left = one.found.closely.doubted, one.found.closely.left
    usage = resource.getrusage(resource.RUSAGE_SELF)
    least = ideal(shape, given["days"], doubted)
    refused = sum(one.refused.values())
    cpu = process_time() - began
    print(
        orjson.dumps(Run(one.seconds, least, doubted, left, refused, cpu, usage.ru_maxrss // 1024)).decode()
    )


def shape_of(mailboxes: int) -> Shape:
    """A tenant of so many mailboxes, of which one in 200 is under attack."""
    return Shape(mailboxes=mailboxes, attacked=mailboxes // 200, forwarding=mailboxes * 3 // 1000)


def measure() -> list[Row]:
    """Measure, and give the rows."""
    rows, runs = [], {}
    for mailboxes, days in ((SMALL, 1), (LARGE, 1), (LARGE, 7), (LARGE, 14)):
        one = runs[mailboxes, days] = run(shape_of(mailboxes), days)
        part = one.ideal / one.seconds
        rows.append(
            Row(
                f"sweep of {mailboxes:,} mailboxes over {days} days, {one.doubted:,} in doubt: the ideal "
                f"({one.ideal / 60:.1f} min) over simulated time ({one.seconds / 60:.1f} min)",
                f"{part:.2f}, {one.refused} requests refused",
                "at least 0.90, none refused",
                part >= 0.9 and not one.refused and not one.left,
            )
        )
    day, week, longer = (runs[LARGE, days] for days in (1, 7, 14))
    rows.append(
        Row(
            f"sweep: peak memory with {LARGE:,} mailboxes over 14 days, beside 7 days and 1",
            f"{longer.memory} MB, {week.memory} and {day.memory} MB "
            f"(processor: {longer.cpu:.0f}, {week.cpu:.0f} and {day.cpu:.0f} s)",
            "at most 1.2 times that of 7 days",
            longer.memory <= 1.2 * week.memory,
        )
    )
    quiet = Shape(mailboxes=LARGE, attacked=1, risky=0.001, rare=0.001, forwarding=0, search=600)
    single, double, fourfold = (run(quiet, 28, at_once).seconds for at_once in (1, 2, 4))
    rows.append(
        Row(
            "sweep where no limit binds (28 days, audit searches of 10 min): 1 over 2 and 2 over 4 workers",
            f"{single / double:.2f} and {double / fourfold:.2f}",
            "nearly 2",
            min(single / double, double / fourfold) >= 1.8,
        )
    )
    return rows


if __name__ == "__main__":
    main(sys.argv[1])
