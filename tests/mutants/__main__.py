"""`make mutants`: change the code in one place at a time, and see whether a test notices.

Only functions whose code differs from what `record.json` holds are looked at, or, with `all`, every one; and
where files are named, only those in them. A function is recorded when each of its mutants was noticed by a
test or is explained in `survivors.toml`. Fails where one lives on that is not explained, and where a row
explains one that is killed or gone.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Final

from tests.mutants.survivors import FILE, RECORD, ROOT, Mutant, Run, explained, functions, record, recorded

COPY = ROOT / "mutants"
"""Where mutmut puts the code that it changes."""

NO_MUTANT = "Filtered for specific mutants, but nothing matches"
"""What mutmut fails with where there is nothing to change in the functions that it was asked for."""

KILLED = {"killed", "timeout", "segfault", "caught by type check"}
"""What became of a mutant that was noticed; one that runs for ever or brings Python down is."""


OWN: Final = {
    "commands/containment/carry_out.py": "test_carry_out_alone.py or test_lanes.py",
    "commands/containment/lanes.py": "test_lanes.py",
    "commands/ledger/apply.py": "test_apply.py",
}
"""The test files that the mutants of a file have to themselves: others that reach it would only take time."""


def options_for(own: str) -> str:
    """Give pytest's options for mutants with a test file of their own, "" for those that share all others."""
    return f"-k '{own or ' and '.join(f'not ({one})' for one in sorted(OWN.values()))}'"


def mutmut(*words: str, own: str = "") -> str:
    """Run one verb of mutmut and give what it printed; end with it where it fails."""
    ran = subprocess.run(
        [str(Path(sys.executable).with_name("mutmut")), *words],
        cwd=ROOT,
        env={**os.environ, "PYTEST_ADDOPTS": options_for(own)},
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if ran.returncode and NO_MUTANT not in ran.stdout:
        last = "\n".join(line for line in ran.stdout.splitlines()[-80:] if line.strip())  # not its spinner
        raise SystemExit(f"{last}\n'mutmut {' '.join(words)}' failed.")
    return ran.stdout


def fates(listing: str) -> dict[str, str]:
    """Read what became of every mutant from `mutmut results`."""
    return dict(re.findall(r"^ +(\S+__mutmut_\d+): (.+)$", listing, re.MULTILINE))


def place_of(name: str) -> tuple[str, str]:
    """Give the file and the function of a mutant's name."""
    module, _, rest = name.rpartition("__mutmut_")[0].rpartition(".")
    return f"{module.replace('.', '/')}.py", re.sub(r"^x(_|ǁ)", "", rest).replace("ǁ", ".")


def pattern_of(file: str, function: str) -> str:
    """Give the names of all mutants of a function, as mutmut takes them."""
    module = file.removesuffix(".py").replace("/", ".")
    mangled = f"xǁ{function.replace('.', 'ǁ')}" if "." in function else f"x_{function}"
    return f"{module}.{mangled}__mutmut_*"


def read_mutant(name: str, shown: str) -> Mutant:
    """Read one mutant from `mutmut show`, which prints a unified diff of the function."""
    lines = [line for line in shown.splitlines() if not re.match(r"(---|\+\+\+) \S+\.py$", line)]

    def side(sign: str) -> str:
        return "\n".join(line[1:].strip() for line in lines if line.startswith(sign))

    return Mutant(*place_of(name), side("-"), side("+"))


def complaints(living: Iterable[Mutant], explained: Iterable[Mutant]) -> list[str]:
    """Say which mutants nobody explained, and which rows explain nothing."""
    lives, known = set(living), set(explained)
    return [
        *(f"No test noticed: {mutant}" for mutant in sorted(lives - known, key=str)),
        *(f"{FILE.name} explains what is killed or gone: {one}" for one in sorted(known - lives, key=str)),
    ]


def outdated(now: dict[tuple[str, str], str], then: dict[tuple[str, str], Run]) -> set[tuple[str, str]]:
    """Give the functions whose mutants were made of other code, or never."""
    return {place for place, code in now.items() if place not in then or then[place].code != code}


def wanted(
    words: Collection[str], now: dict[tuple[str, str], str], then: dict[tuple[str, str], Run]
) -> set[tuple[str, str]]:
    """Give the functions to look at: those that changed, or with `all` every one, in the files named, if any.

    Raises:
        SystemExit: a file is named of which no mutants are made.
    """
    only, known = {word for word in words if word != "all"}, {file for file, _ in now}
    if only - known:
        raise SystemExit(f"No mutants are made of {', '.join(sorted(only - known))}.")
    places = set(now) if "all" in words else outdated(now, then)
    return {place for place in places if place[0] in (only or known)}


def look_at(places: Collection[tuple[str, str]]) -> tuple[Counter[tuple[str, str]], list[Mutant]]:
    """Make the mutants of these functions and run the tests on each.

    Returns:
        How many there were of each function, and those that live on.
    """
    by_tests: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for place in sorted(places):
        by_tests[OWN.get(place[0], "")].append(place)
    count: Counter[tuple[str, str]] = Counter()
    living: list[Mutant] = []
    for own, some in by_tests.items():
        shutil.rmtree(COPY, ignore_errors=True)
        mutmut("run", *(pattern_of(*place) for place in some), own=own)
        for name, fate in fates(mutmut("results", "--all", "true")).items():
            if place_of(name) in some:
                count[place_of(name)] += 1
                if fate not in KILLED:
                    living.append(read_mutant(name, mutmut("show", name)))
    return count, [one for one in living if not one.is_same_statement]


def main(words: list[str]) -> None:
    """Make the mutants, run the tests, compare, and record what came of them."""
    now, then = functions(), recorded() if RECORD.exists() else {}
    places = wanted(words, now, then)
    count, living = look_at(places) if places else (Counter(), [])
    rows = [
        one
        for one in explained()
        if (one.file, one.function) in places or (one.file, one.function) not in now
    ]
    known = set(rows)
    bad = {(one.file, one.function) for one in {*living} ^ known}
    lives = Counter((one.file, one.function) for one in living)
    fresh = {place: Run(now[place], count[place], lives[place]) for place in places - bad}
    record({place: run for place, run in {**then, **fresh}.items() if place in now and place not in bad})
    if found := complaints(living, known):
        raise SystemExit("\n".join([*found, f"Kill it with a test, or say why nobody can in {FILE.name}."]))
    shutil.rmtree(COPY, ignore_errors=True)
    print(f"{len(places)} functions, {count.total()} mutants, {len(living)} live on and are explained.")


if __name__ == "__main__":
    main(sys.argv[1:])
