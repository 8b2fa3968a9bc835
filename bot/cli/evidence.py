"""`compromise evidence`: check that no one changed an evidence archive."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.book import opened
from bot.cli.ending import Stopped, readable
from bot.cli.given import (
    readable_file,
)
from bot.cli.statuses import BAD_INPUT, MISSING
from bot.errors import ArchiveAltered, ArchiveUnreadable
from commands.ledger import entries as e
from commands.ledger import verify_ledger


def verify_evidence(
    file: Annotated[Path, typer.Argument(help="The archive, such as evidence.zip.")],
    ledger: Annotated[
        Path | None, typer.Option(help="The ledger to look the archive's hash up in; skipped by default.")
    ] = None,
) -> None:
    """Verify every file in an archive against its manifest.

    With --ledger, the archive against the ledger too.
    """
    from bot.artefacts import archive  # noqa: PLC0415 - no other verb needs it

    with readable():
        readable_file(file)
        try:
            sound = archive.verify(file)
        except ArchiveUnreadable as error:
            raise Stopped(BAD_INPUT, str(error)) from error
        except ArchiveAltered as error:
            raise Stopped(MISSING, str(error)) from error
        typer.echo(f"{sound.files} files match the manifest. SHA-256 of the archive: {sound.sha256}")
        if ledger is None:
            typer.echo(
                "No ledger was given (--ledger), so a change of both files and manifest cannot be ruled out."
            )
            return
        with opened(ledger) as book:
            verify_ledger(book.path)
            packed = book.entries(case_id=sound.case_id, kinds=(e.EvidencePacked.KIND,))
            known = [entry for entry in packed if entry.facts.get("sha256") == sound.sha256]
            if not known:
                raise Stopped(MISSING, f"The ledger has no archive {file} with this SHA-256.")
            typer.echo(f"Ledger entry {known[0].seq} of {known[0].at} records this archive.")


HELP = "Verify an evidence archive."

VERBS: Mapping[str, Callable[..., None]] = {"verify": verify_evidence}
"""The verbs of the group, by what is typed."""
