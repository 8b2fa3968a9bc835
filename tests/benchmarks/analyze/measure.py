"""Measure `analyze` against a bare msgspec pass and against DuckDB's group-by of the same generated file.

    python -m tests.benchmarks.analyze.measure [RECORDS]

Each contestant runs in a process of its own that has imported what it needs before the clock starts, and
every one reads the file from the page cache. DuckDB gets two threads, `analyze` two processes; the msgspec
pass is one process that decodes only the operation and the user of every line. Memory is the greatest sum of
the resident sizes of a process and its children, read twenty times a second; pages that they share count
twice.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.benchmarks.analyze.generate import generate
from tests.benchmarks.row import Row

LIMIT_MB = 300
ROOT = Path(__file__).parents[3]


def measure(records: int) -> list[Row]:
    """Generate that many records, run the three, and give the figures."""
    with tempfile.TemporaryDirectory(prefix="compromise-bench-") as folder:
        path = Path(folder) / "audit.jsonl"
        generate(path, records)
        size = path.stat().st_size
        _touch(path)
        runs: dict[str, list[dict[str, Any]]] = {name: [] for name in CONTESTANTS}
        for _ in range(2):
            for name, found in runs.items():
                found.append(_run(name, path))
    best = {name: min(found, key=lambda one: one["seconds"]) for name, found in runs.items()}
    ours, duck, bare = (best[name] for name in ("analyze", "duckdb", "msgspec"))
    megabytes = max(one["megabytes"] for one in runs["analyze"])
    ratio = ours["seconds"] / duck["seconds"]
    what = f"analyze, {records:,} records, {size / 1e9:.2f} GB"
    return [
        Row(f"{what}: wall time", f"{ours['seconds']:.2f} s", "", True),
        Row("DuckDB group-by, 2 threads: wall time", f"{duck['seconds']:.2f} s", "", True),
        Row("bare msgspec pass, 1 process: wall time", f"{bare['seconds']:.2f} s", "", True),
        Row("analyze over DuckDB", f"{ratio:.2f}", "at most 1", ratio <= 1),
        Row("analyze over a bare msgspec pass", f"{ours['seconds'] / bare['seconds']:.2f}", "", True),
        Row(
            "analyze: peak memory, all processes",
            f"{megabytes} MB",
            f"under {LIMIT_MB} MB",
            megabytes < LIMIT_MB,
        ),
        Row("taken-over accounts found", f"{ours['answer']} of 5", "5 of 5", ours["answer"] == 5),
    ]


def _touch(path: Path) -> None:
    """Bring the file into the page cache without holding it."""
    with path.open("rb", buffering=0) as stream:
        while stream.read(1 << 22):
            pass


def _run(name: str, path: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmarks.analyze.measure", "--contestant", name, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True) as process:
        peak = 0
        while process.poll() is None:
            peak = max(peak, _resident(process.pid))
            time.sleep(0.05)
        assert process.stdout is not None
        told = process.stdout.read()
    assert process.returncode == 0, f"{name} failed"
    return {**json.loads(told), "megabytes": peak >> 20}


def _resident(pid: int) -> int:
    """Bytes that a process and its children hold in memory."""
    total = 0
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        try:
            total += int(Path(f"/proc/{one}/statm").read_text().split()[1]) * 4096
            for task in Path(f"/proc/{one}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
        except (FileNotFoundError, ProcessLookupError):  # it has just ended
            continue
    return total


def _analyze(path: Path) -> Callable[[], int]:
    from commands.analyze import analyze  # noqa: PLC0415 - imported by the contestant that needs it
    from commands.report import VerdictCode  # noqa: PLC0415

    def run() -> int:
        found = analyze([path], user=None, now=datetime(2026, 9, 1, tzinfo=UTC), processes=2)
        return sum(one.verdict.answer is VerdictCode.COMPROMISED for one in found.users)

    return run


def _duckdb(path: Path) -> Callable[[], int]:
    import duckdb  # noqa: PLC0415

    connection = duckdb.connect(config={"threads": 2})
    query = (
        "select Operation, UserId, count(*) from read_json(?, format = 'newline_delimited', "
        "columns = {Operation: 'VARCHAR', UserId: 'VARCHAR'}) group by all"
    )
    return lambda: len(connection.execute(query, [str(path)]).fetchall())


def _msgspec(path: Path) -> Callable[[], int]:
    import msgspec  # noqa: PLC0415

    slim = msgspec.defstruct("Slim", [("Operation", str), ("UserId", str)], gc=False)
    decode = msgspec.json.Decoder(slim).decode

    def run() -> int:
        with path.open("rb") as stream:
            return sum(decode(line) is not None for line in stream)

    return run


CONTESTANTS: dict[str, Callable[[Path], Callable[[], int]]] = {
    "duckdb": _duckdb,
    "msgspec": _msgspec,
    "analyze": _analyze,
}


def main() -> None:
    if sys.argv[1:2] == ["--contestant"]:
        run = CONTESTANTS[sys.argv[2]](Path(sys.argv[3]))
        start = time.perf_counter()
        answer = run()
        print(json.dumps({"seconds": time.perf_counter() - start, "answer": answer}))
        return
    for row in measure(int(sys.argv[1]) if sys.argv[1:] else 1_000_000):
        print(f"{row.what}: {row.value}{f' (goal: {row.goal})' if row.goal else ''}")


if __name__ == "__main__":
    main()
