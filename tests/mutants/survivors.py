"""What is known of the mutants without making them: which live on and why, and of what code they were made.

Both files are data, so that any test run compares them with the code, without the program that makes mutants.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
import textwrap
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
FILE: Final = Path(__file__).with_name("survivors.toml")
RECORD: Final = Path(__file__).with_name("record.json")

_SQL: Final = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|PRAGMA|BEGIN|CREATE|WHERE)\b")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of the code. Its number in a run is left out, for it moves with every edit of the function.

    Attributes:
        file: The file, from the root of the repository.
        function: The function, or class and method.
        was: The lines as they are, without indentation.
        becomes: The lines that the mutant has instead.
    """

    file: str
    function: str
    was: str
    becomes: str

    def __str__(self) -> str:
        return f"{self.file}: {self.function}\n  - {self.was}\n  + {self.becomes}"

    @property
    def is_same_statement(self) -> bool:
        """Whether it is SQL in other letters, which SQLite reads as before where each quoted text stays."""
        was, becomes = self.was, self.becomes
        quoted = [re.findall(r"'[^']*'", one) for one in (was, becomes)]
        return was.lower() == becomes.lower() and bool(_SQL.search(was)) and quoted[0] == quoted[1]


@dataclass(frozen=True, slots=True)
class Run:
    """What came of the mutants of one function.

    Attributes:
        code: The digest of the code that they were made of.
        mutants: How many there were.
        living: How many of them no test noticed, which are those that `survivors.toml` explains.
    """

    code: str
    mutants: int
    living: int


def explained() -> dict[Mutant, str]:
    """Give the reason for every mutant that may live on.

    Raises:
        ValueError: one of them stands in the file twice.
    """
    reasons: dict[Mutant, str] = {}
    for row in tomllib.loads(FILE.read_text()).get("survivor", []):
        mutant = Mutant(row["file"], row["function"], row["was"].strip("\n"), row["becomes"].strip("\n"))
        if mutant in reasons:
            raise ValueError(f"{FILE.name} has twice: {mutant}")
        reasons[mutant] = row["reason"]
    return reasons


def recorded() -> dict[tuple[str, str], Run]:
    """Give what came of the mutants of every function, by file and function, when they were made last."""
    files: dict[str, dict[str, list[str | int]]] = json.loads(RECORD.read_text())
    return {
        (file, function): Run(str(code), int(mutants), int(living))
        for file, functions in files.items()
        for function, (code, mutants, living) in functions.items()
    }


def record(runs: Mapping[tuple[str, str], Run]) -> None:
    """Write what came of the mutants of every function: one line each, so that a change is easy to review."""
    lines = []
    for file in sorted({file for file, _ in runs}):
        rows = [
            f"    {json.dumps(function)}: {json.dumps([run.code, run.mutants, run.living])}"
            for (of, function), run in sorted(runs.items())
            if of == file
        ]
        lines.append(f"  {json.dumps(file)}: {{\n" + ",\n".join(rows) + "\n  }")
    RECORD.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def mutated_files() -> tuple[str, ...]:
    """Give the files of which mutants are made."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return tuple(project["tool"]["mutmut"]["only_mutate"])


def functions() -> dict[tuple[str, str], str]:
    """Give the digest of every function of those files, by file and function."""
    return {
        (file, name): digest
        for file in mutated_files()
        for name, digest in functions_of((ROOT / file).read_text()).items()
    }


def functions_of(text: str) -> dict[str, str]:
    """Give the digest of each function and method of a module: its lines without docstring and comments."""
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = _digest(node, text)
        elif isinstance(node, ast.ClassDef):
            for one in node.body:
                if isinstance(one, ast.FunctionDef):
                    found[f"{node.name}.{one.name}"] = _digest(one, text)
    return found


def _digest(node: ast.FunctionDef, text: str) -> str:
    lines = text.splitlines()
    first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
    kept = lines[first - 1 : node.end_lineno]
    if ast.get_docstring(node) is not None:
        said = node.body[0]
        assert said.end_lineno is not None
        kept = lines[first - 1 : said.lineno - 1] + lines[said.end_lineno : node.end_lineno]
    code = [line for line in kept if line.strip() and not line.lstrip().startswith("#")]
    return hashlib.sha256(textwrap.dedent("\n".join(code)).encode()).hexdigest()[:16]
