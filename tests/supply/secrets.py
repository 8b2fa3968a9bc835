"""`make secrets`: look for secrets in every file of the tree and of the whole history.

Only what has the form of a secret of some service is looked for, by detect-secrets: a random text could be
anything, and our tests are full of invented passwords. Ends with status 1 where something is found that does
not stand in `invented.toml`; what was found is named by its place and its kind, and never shown.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

ROOT: Final = Path(__file__).resolve().parents[2]
INVENTED: Final = Path(__file__).with_name("invented.toml")
LARGEST: Final = 5_000_000
"""Bytes of one file that is looked at."""

_GUESSES: Final = frozenset(
    {"Base64HighEntropyString", "HexHighEntropyString", "KeywordDetector", "IPPublicDetector"}
)
"""Detectors that go by how a text looks, and not by a form that somebody gave it."""


@dataclass(frozen=True, slots=True)
class Found:
    """Something that has the form of a secret.

    Attributes:
        kind: Which detector knows it.
        digest: The SHA-256 of the text, in hex.
        where: The file, or the object in git, that has it.
    """

    kind: str
    digest: str
    where: str


def detectors() -> list[Any]:
    """Everything that knows the form of a secret."""
    known: Any = get_mapping_from_secret_type_to_class().values()
    return [one() for one in known if one.__name__ not in _GUESSES]


def found_in(texts: Iterable[tuple[str, bytes]]) -> Iterator[Found]:
    """Look at texts, each with its name; a line is looked at once, however many hold it."""
    ways: list[Any] = detectors()
    seen: set[str] = set()
    for where, raw in texts:
        if b"\0" in raw[:8000]:
            continue
        for line in raw.decode("utf-8", "replace").splitlines():
            if line in seen:
                continue
            seen.add(line)
            for way in ways:
                for text in way.analyze_string(line):
                    yield Found(type(way).__name__, sha256(text.encode()).hexdigest(), where)


def tree(root: Path) -> Iterator[tuple[str, bytes]]:
    """Every file that git has, or would take."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=root, capture_output=True, check=True).stdout
    for name in names.decode().split("\0"):
        path = root / name
        if name and path.is_file() and path.stat().st_size <= LARGEST:
            yield name, path.read_bytes()


def history(root: Path) -> Iterator[tuple[str, bytes]]:
    """Every file that ever was in a commit that git has here."""
    asked = ["git", "cat-file", "--batch-all-objects", "--batch-check", "--unordered"]
    objects = subprocess.run(asked, cwd=root, capture_output=True, check=True, text=True).stdout.splitlines()
    names = [
        name
        for name, kind, size in (one.split() for one in objects)
        if kind == "blob" and int(size) <= LARGEST
    ]
    with subprocess.Popen(
        ["git", "cat-file", "--batch"], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as git:
        asking, answers = git.stdin, git.stdout
        assert asking is not None
        assert answers is not None

        def ask() -> None:
            with asking:
                asking.write("".join(f"{name}\n" for name in names).encode())

        asker = threading.Thread(target=ask)
        asker.start()
        for name in names:
            size = int(answers.readline().split()[2])
            yield name, answers.read(size)
            answers.read(1)
        asker.join()


def invented() -> frozenset[str]:
    """The digests of what only looks like a secret."""
    return frozenset(row["sha256"] for row in tomllib.loads(INVENTED.read_text(encoding="utf-8"))["invented"])


def main() -> int:
    """Look; give the exit status."""
    known = invented()
    wrong = looked = 0

    def counted(texts: Iterator[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
        nonlocal looked
        for one in texts:
            looked += 1
            yield one

    for read in (tree, history):
        for one in found_in(counted(read(ROOT))):
            if one.digest not in known:
                wrong += 1
                print(f"{one.where}: {one.kind} (SHA-256 {one.digest})", file=sys.stderr)
    print(f"Looked at {looked:,} files, those of the history among them: {wrong or 'no'} secrets.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
