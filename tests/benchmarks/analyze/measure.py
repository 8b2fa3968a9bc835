"""Measure `analyze` against DuckDB, which extracts the fifteen fields that a verdict needs from the file.

    python -m tests.benchmarks.analyze.measure [RECORDS]

Of 250 and of 10,000 accounts, for what an account costs shows only where there are many. Each contestant runs
in a process of its own that has imported what it needs before the clock starts, and every one reads the file
from the page cache. DuckDB gets two threads, `analyze` two processes; the msgspec pass is one process that
decodes the same fields of every line. `analyze` runs once more without going back for what was only counted,
of which the cost is told as a ratio. Beside the wall time stands the processor time, which a busy machine
changes less. Memory is the greatest sum of the resident sizes of a process and its children, read twenty
times a second; pages that they share count twice. The first line is what the whole command shows on a
terminal.
"""

from __future__ import annotations

import json
import os
import pty
import select
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
RATIO = 1.5
BACK = 1.33
FIRST = 2.0
LEAST = 0.4
SMALL = 20
ROUNDS = 2
ACCOUNTS = (250, 10_000)
FIELDS = (
    "Operation",
    "UserId",
    "CreationTime",
    "MailboxOwnerUPN",
    "ClientIP",
    "ClientIPAddress",
    "Id",
    "RecordType",
    "Workload",
    "ResultStatus",
    "UserType",
    "UserKey",
    "ObjectId",
    "ErrorNumber",
    "LogonType",
)
"""What a verdict needs of a record at the least, by the names of the unified audit log."""

ROOT = Path(__file__).parents[3]


def measure(records: int) -> list[Row]:
    """Generate that many records of few and of many accounts, run all on both, and give the figures."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="compromise-bench-") as folder:
        for accounts in ACCOUNTS:
            path = Path(folder) / "audit.jsonl"
            generate(path, records, accounts=accounts)
            rows += _measured(path, f"{records:,} records of {accounts:,} accounts", rounds=ROUNDS)
        small = Path(folder) / "small.jsonl"
        generate(small, SMALL, taken_over=0, accounts=3)
        spent = min(_spent_on(small, Path(folder, "bytecode")) for _ in range(4))
    rows.append(
        Row(
            f"analyze, {SMALL} records: CPU time of the command",
            f"{spent:.2f} s",
            "under 0.4 s",
            spent < LEAST,
        )
    )
    return rows


def _measured(path: Path, what: str, *, rounds: int) -> list[Row]:
    _touch(path)
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in CONTESTANTS}
    for _ in range(rounds):
        for name, found in runs.items():
            found.append(_run(name, path))
    best = {name: min(found, key=lambda one: one["seconds"]) for name, found in runs.items()}
    ours, duck, bare = (best[name] for name in ("analyze", "duckdb", "msgspec"))
    megabytes = max(one["megabytes"] for one in runs["analyze"])
    ratio = ours["seconds"] / duck["seconds"]
    back = ours["cpu"] / min(one["cpu"] for one in runs["analyze once"])
    first = _first_line(path)
    return [
        Row(
            f"analyze, {what}, {path.stat().st_size / 1e9:.2f} GB: wall and CPU time", _times(ours), "", True
        ),
        Row(f"DuckDB, {len(FIELDS)} fields, 2 threads: wall and CPU time", _times(duck), "", True),
        Row("bare msgspec pass over the same fields, 1 process", _times(bare), "", True),
        Row("analyze over DuckDB, wall", f"{ratio:.1f}", f"at most {RATIO}", ratio <= RATIO),
        Row("analyze over DuckDB, CPU", f"{ours['cpu'] / duck['cpu']:.1f}", "", True),
        Row("analyze over itself without going back, CPU", f"{back:.2f}", f"at most {BACK}", back <= BACK),
        Row("analyze: peak memory", f"{megabytes} MB", f"under {LIMIT_MB} MB", megabytes < LIMIT_MB),
        Row("analyze: first line on a terminal", f"{first:.2f} s", "within 2 s", first < FIRST),
        Row("taken-over accounts found", f"{ours['answer']} of 5", "5 of 5", ours["answer"] == 5),
    ]


def _times(run: dict[str, Any]) -> str:
    return f"{run['seconds']:.2f} s, {run['cpu']:.2f} s"


def _first_line(path: Path) -> float:
    """Seconds from the start of the command until it shows something on a terminal."""
    terminal, other = pty.openpty()
    start = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "analyze", str(path)],
        stdout=subprocess.DEVNULL,
        stderr=other,
        cwd=ROOT,
        env={**os.environ, "TERM": "xterm"},
    ) as process:
        os.close(other)
        select.select([terminal], [], [])
        took = time.perf_counter() - start
        process.terminate()
    os.close(terminal)
    return took


def _spent_on(path: Path, bytecode: Path) -> float:
    """CPU seconds of the whole command, whose first run leaves its bytecode, as every installed one does."""
    given = {name: one for name, one in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = os.times()
    subprocess.run(
        [sys.executable, "-m", "bot", "analyze", str(path)],
        stdout=subprocess.DEVNULL,
        cwd=ROOT,
        check=True,
        env={**given, "PYTHONPYCACHEPREFIX": str(bytecode)},
    )
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


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


def _analyze_once(path: Path) -> Callable[[], int]:
    """Without going back for records that were only counted, once an account is suspect."""
    from commands.analyze import nearby  # noqa: PLC0415 - as above

    vars(nearby)["ROUNDS"] = 0
    return _analyze(path)


def _duckdb(path: Path) -> Callable[[], int]:
    import duckdb  # noqa: PLC0415

    connection = duckdb.connect(config={"threads": 2})
    columns = ", ".join(f"{one}: 'VARCHAR'" for one in FIELDS)
    # All fifteen of every line are read, and one of each is given back.
    most = ", ".join(f"max({one})" for one in FIELDS)
    query = f"select {most} from read_json(?, format = 'newline_delimited', columns = {{{columns}}})"  # noqa: S608
    return lambda: len(connection.execute(query, [str(path)]).fetchall())


def _msgspec(path: Path) -> Callable[[], int]:
    import msgspec  # noqa: PLC0415

    fields = [(one, str | int | None, None) for one in FIELDS]
    decode = msgspec.json.Decoder(msgspec.defstruct("Slim", fields, gc=False)).decode

    def run() -> int:
        with path.open("rb") as stream:
            return sum(decode(line) is not None for line in stream)

    return run


CONTESTANTS: dict[str, Callable[[Path], Callable[[], int]]] = {
    "duckdb": _duckdb,
    "msgspec": _msgspec,
    "analyze": _analyze,
    "analyze once": _analyze_once,
}


def main() -> None:
    if sys.argv[1:2] == ["--contestant"]:
        run = CONTESTANTS[sys.argv[2]](Path(sys.argv[3]))
        start, before = time.perf_counter(), sum(os.times()[:4])
        answer = run()
        spent = sum(os.times()[:4]) - before
        print(json.dumps({"seconds": time.perf_counter() - start, "cpu": spent, "answer": answer}))
        return
    for row in measure(int(sys.argv[1]) if sys.argv[1:] else 1_000_000):
        print(f"{row.what}: {row.value}{f' (goal: {row.goal})' if row.goal else ''}")


if __name__ == "__main__":
    main()
