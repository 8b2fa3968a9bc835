"""`make evaluate`: let the product judge the corpus, print what comes of it, and write it down as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from itertools import starmap
from pathlib import Path

from evaluation.corpus import DRAWS, SCRIPTS
from evaluation.judging import LOGS, Judged, judge
from evaluation.scores import TRUTHS, WORDS, bystanders, faults, matrix, reliability, stability, summary

PARTS = {"development": False, "held out": True}


def main(words: Sequence[str] | None = None) -> int:
    """Run the evaluation.

    Args:
        words: The command line; this process's own if None.

    Returns:
        0, whatever the product answers: numbers are told, not passed or failed.
    """
    asked = _options().parse_args(words)
    names = asked.script or [one.name for one in SCRIPTS]
    first = asked.first_draw
    tasks = [(name, draw, 0) for name in names for draw in range(first, first + asked.draws)]
    tasks += [(name, first, around) for name in names for around in range(1, asked.around)]
    if asked.keep:
        asked.keep.mkdir(parents=True, exist_ok=True)
    every = [one for some in _judged(tasks, asked.processes, asked.keep) for one in some]
    every.sort(key=lambda one: (one.script, one.draw, one.around, one.logs))
    judged = [one for one in every if not one.around]
    around = [one for one in every if one.draw == first] if asked.around > 1 else []
    for line in told(judged, around, errors_of_held_out=asked.held_out_errors):
        print(line)  # noqa: T201 - it is a command
    if asked.output:
        asked.output.write_text(json.dumps(as_json(judged, around), indent=1) + "\n", encoding="utf-8")
    return 0


def _options() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog="python -m evaluation", description=__doc__)
    found.add_argument("--draws", type=int, default=DRAWS, help="how many draws of each script")
    found.add_argument(
        "--around", type=int, default=DRAWS, help="how many draws of the quiet months, 1 for none"
    )
    found.add_argument("--first-draw", type=int, default=0, help="the number of the first")
    found.add_argument("--script", action="append", help="only this script; may be repeated")
    found.add_argument("--processes", type=int, default=2)
    found.add_argument("--output", type=Path, help="write the numbers here, as JSON")
    found.add_argument("--keep", type=Path, help="leave the logs of every case in this folder")
    found.add_argument(
        "--held-out-errors", action="store_true", help="name the errors of the held-out half as well"
    )
    return found


def _judged(
    tasks: Sequence[tuple[str, int, int]], processes: int, keep: Path | None
) -> Iterable[list[Judged]]:
    work = [(*task, keep) for task in tasks]
    if processes < 2:
        return starmap(_one, work)
    with ProcessPoolExecutor(processes) as pool:
        return list(pool.map(_one_of, work, chunksize=4))


def _one(name: str, draw: int, around: int, keep: Path | None) -> list[Judged]:
    return judge(name, draw, around, keep=keep)


def _one_of(task: tuple[str, int, int, Path | None]) -> list[Judged]:
    return _one(*task)


def told(judged: Sequence[Judged], around: Sequence[Judged], *, errors_of_held_out: bool) -> Iterable[str]:
    """Give the lines that are printed."""
    for part, held_out in PARTS.items():
        rows = [one for one in judged if one.held_out is held_out]
        if not rows:
            continue
        scripts = len({one.script for one in rows})
        yield f"== {part}: {scripts} scripts, {len({(one.script, one.draw) for one in rows})} cases"
        for logs in LOGS:
            redrawn = [one for one in around if one.logs == logs and one.held_out is held_out]
            yield from _told_for(logs, [one for one in rows if one.logs == logs], redrawn)
        if held_out and not errors_of_held_out:
            yield "   (errors of the held-out half are not named, so that nobody tunes on them)"
            continue
        yield "-- what decided the errors"
        for fault in faults(rows):
            verdicts = ", ".join(f"{word} {count}" for word, count in fault.verdicts.items())
            signs = ", ".join(f"{sign} x{count}" for sign, count in fault.signs) or "no sign"
            span = f"{fault.points[0]} to {fault.points[1]} points"
            yield f"   {fault.truth} {fault.script}, {fault.logs}: {verdicts}; {span}: {signs}"


def _told_for(logs: str, rows: Sequence[Judged], redrawn: Sequence[Judged]) -> Iterable[str]:
    if not rows:
        return
    yield f"-- {logs}"
    yield f"   {'':12}" + "".join(f"{word:>15}" for word in WORDS)
    counted = matrix(rows)
    for truth in TRUTHS:
        yield f"   {truth:12}" + "".join(f"{counted[truth][word]:>15}" for word in WORDS)
    for what, drawn in (("everything", rows), ("the quiet months", redrawn)):
        if drawn:
            one = stability(drawn)
            yield (
                f"   the same verdict with {what} drawn anew: {one.same} of {one.verdicts};"
                f" always: {one.stable} of {one.scripts} scripts"
            )
    levels = ", ".join(f"{level} {good} of {of}" for level, (good, of) in reliability(rows).items() if of)
    yield f"   right, by confidence: {levels}"
    compromised, suspicious, others = bystanders(rows)
    yield f"   bystanders: {compromised} compromised, {suspicious} suspicious, of {others}"


def as_json(judged: Sequence[Judged], around: Sequence[Judged]) -> dict[str, object]:
    """Give the numbers, and the judgements of the development half one by one."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "draws": len({one.draw for one in judged}),
        "around": len({one.around for one in around}),
        "parts": {
            part: {
                "scripts": len({one.script for one in judged if one.held_out is held_out}),
                **summary(
                    [one for one in judged if one.held_out is held_out],
                    [one for one in around if one.held_out is held_out],
                ),
            }
            for part, held_out in PARTS.items()
        },
    }


if __name__ == "__main__":
    sys.exit(main())
