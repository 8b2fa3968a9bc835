#!/usr/bin/env python3
"""Copy the ledger, and the answers that it knows, while the bot goes on writing: back_up.py LEDGER FOLDER.

The copy of the ledger is one consistent state of it, made by SQLite itself; a copy of the bare file would
lack what still lies in the write-ahead log, or be torn. The answers are copied after it: each was written
before the entry that has its SHA-256, so no copy of the ledger knows of an answer that was not copied.

The folder must not exist yet, and is only given its name when everything in it is on the disk: there is a
whole backup or none. The key is left out on purpose: with the ledger it opens what is sealed in it.
Sources: SQLite, "Online Backup API" and "Write-Ahead Logging".
"""

from __future__ import annotations

import argparse
import os
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

ANSWERS = "answers"
"""The folder beside the ledger with what Microsoft answered."""


def back_up(ledger: Path, folder: Path) -> list[Path]:
    """Write a backup, and give what was left out of it: links and other things that are no plain files.

    A link may lead anywhere, and the backup with what it leads to may be carried anywhere.

    Args:
        ledger: The ledger's file; a bot may be writing it.
        folder: Where the backup goes; it must not exist, the one above it must.

    Raises:
        OSError: something cannot be read or written; there is no backup then.
        sqlite3.Error: the ledger cannot be read.
    """
    if not ledger.is_file():
        raise FileNotFoundError(f"There is no file {ledger}.")
    if folder.exists():
        raise FileExistsError(f"{folder} exists already; a backup goes into a folder of its own.")
    draft = folder.with_name(folder.name + ".part")
    try:
        draft.mkdir(mode=0o700)
    except FileExistsError as error:
        why = "another backup is being written to it, or one was broken off"
        raise FileExistsError(f"{draft} exists: {why}. If none runs, remove it and start again.") from error
    left_out = []
    try:
        copy = draft / ledger.name
        os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        address = f"{ledger.resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as source, closing(sqlite3.connect(copy)) as target:
            # In one step: in several, each entry written in between would start it over.
            source.backup(target)
            # One file that needs no companions, wherever it is carried.
            target.execute("PRAGMA journal_mode = DELETE").fetchone()
        answers = draft / ANSWERS
        answers.mkdir(mode=0o700)
        for file in sorted((ledger.parent / ANSWERS).glob("*.zip")):
            if file.is_symlink() or not file.is_file():
                left_out.append(file)
                continue
            shutil.copyfile(file, answers / file.name)
            (answers / file.name).chmod(0o600)
        for path in (*answers.iterdir(), answers, copy, draft):
            _to_disk(path)
        draft.rename(folder)
        _to_disk(folder.parent)
    except BaseException:
        shutil.rmtree(draft)
        raise
    return left_out


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def main() -> int:
    """Read the two paths, and give the exit status: 1 with a line when there is no backup."""
    parser = argparse.ArgumentParser(description="Copy the ledger while the bot goes on writing it.")
    parser.add_argument("ledger", type=Path, help="the ledger's file")
    parser.add_argument("folder", type=Path, help="the folder to make for this backup")
    given = parser.parse_args()
    try:
        left_out = back_up(given.ledger, given.folder)
    except (OSError, sqlite3.Error) as error:
        print(f"back_up: there is no backup: {error}", file=sys.stderr)  # noqa: T201 - this is a command
        return 1
    for path in left_out:
        print(f"back_up: left out, as it is no plain file: {path}", file=sys.stderr)  # noqa: T201 - as above
    return 0


if __name__ == "__main__":
    sys.exit(main())
