"""`compromise ledger`: read the ledger, and check that no one changed it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.book import a_ledger, ledger_errors, opened
from bot.cli.ending import Stopped, readable
from bot.cli.given import (
    text_of,
)
from bot.cli.options import ACTOR, LEDGER, Json, KeyFile, LedgerFile
from bot.cli.statuses import BAD_INPUT
from bot.messages.escape import visible
from commands.errors import (
    AnchorUnreadable,
    KeyUnusable,
    NothingToSign,
)
from commands.ledger import Entry, verify_ledger
from commands.ledger.checkpoint import (
    note,
    origin,
    public_key_line,
    read_checkpoints,
    read_public_keys,
    sign_head,
)
from commands.ledger.rebuild import rebuild_file
from commands.signing_key import FILE, SigningKey

HELP = "Read, verify and export the ledger."


def verify(
    ledger: LedgerFile = LEDGER,
    anchor: Annotated[
        list[Path] | None,
        typer.Option(help="A file with checkpoints kept outside this machine; can be repeated."),
    ] = None,
    key: KeyFile = None,
    public: Annotated[
        Path | None,
        typer.Option(
            help=(
                "A file with public keys, one per line as printed by `compromise ledger "
                "public-key`, or one PEM key, used instead of the private key."
            )
        ),
    ] = None,
) -> None:
    """Verify every entry against chain, tables and checkpoints."""
    with readable():
        a_ledger(ledger)
        try:
            anchors = [one for path in anchor or () for one in read_checkpoints(text_of(path), path.name)]
            publics = _publics(ledger, key, public)
        except (AnchorUnreadable, KeyUnusable) as error:
            raise Stopped(BAD_INPUT, str(error)) from error
        with ledger_errors():
            found = verify_ledger(ledger, anchors, publics)
        typer.echo(
            f"{found.head.size} entries verified: none changed, removed or inserted. Head: {found.head.hash}"
        )
        signed = (
            "signatures are valid" if found.signed else "signatures not checked, because no key was given"
        )
        if found.anchors:
            typer.echo(
                f"{found.anchors} external checkpoints match; {signed}. "
                f"{found.head.size - found.anchored} entries were added after the last one."
            )
        else:
            typer.echo(
                "No external checkpoint was given (--anchor), so truncation or a full rewrite "
                "cannot be ruled out."
            )
        if found.checkpoints:
            typer.echo(f"{found.checkpoints} checkpoints in the ledger match; {signed}.")


def rebuild(ledger: LedgerFile = LEDGER) -> None:
    """Rebuild tables and indexes from the entries; verify them."""
    with readable():
        a_ledger(ledger)
        with ledger_errors():
            head = rebuild_file(ledger)
            verify_ledger(ledger)
        typer.echo(f"The tables of {ledger} were rebuilt from {head.size} entries and verified.")


def show(
    ledger: LedgerFile = LEDGER,
    case: Annotated[str | None, typer.Option(help="Only the entries of this case.")] = None,
    as_json: Json = False,
) -> None:
    """Print the entries, one per line."""
    with opened(ledger) as book:
        for entry in book.entries(case_id=case):
            typer.echo(json.dumps(_entry(entry)) if as_json else _entry_line(entry))


def export(
    ledger: LedgerFile = LEDGER,
    form: Annotated[
        str,
        typer.Option(
            "--format", help="jsonl (exact bytes, so that the hash chain can be recomputed) or csv."
        ),
    ] = "jsonl",
    output: Annotated[Path | None, typer.Option(help="The output file; standard output by default.")] = None,
) -> None:
    """Export every entry with all its fields."""
    from bot.artefacts import ledger_export  # noqa: PLC0415 - no other verb needs it

    with opened(ledger) as book:
        if form not in ledger_export.FORMS:
            raise Stopped(BAD_INPUT, f"--format: {form!r} is neither {' nor '.join(ledger_export.FORMS)}.")
        lines = ledger_export.FORMS[form](book.entries())
        if output is None:
            for line in lines:
                typer.echo(line, nl=False)
            return
        try:
            ledger_export.write(output, lines)
        except OSError as error:
            raise Stopped(BAD_INPUT, f"{output} cannot be written ({error.strerror}).") from error
        typer.echo(f"{output} holds {book.head().size} entries.")


def checkpoint(ledger: LedgerFile = LEDGER, key: KeyFile = None) -> None:
    """Sign the ledger's head, print the checkpoint and record it."""
    with opened(ledger) as book:
        try:
            made = sign_head(book, SigningKey.load(_key_of(ledger, key)))
        except (KeyUnusable, NothingToSign) as error:
            raise Stopped(BAD_INPUT, str(error)) from error
        note(book, made, ACTOR)
        typer.echo(str(made), nl=False)


def public_key(ledger: LedgerFile = LEDGER, key: KeyFile = None) -> None:
    """Print the public key for checkpoints, on one line."""
    with opened(ledger) as book:
        try:
            typer.echo(public_key_line(origin(book), SigningKey.load(_key_of(ledger, key)).public))
        except (KeyUnusable, NothingToSign) as error:
            raise Stopped(BAD_INPUT, str(error)) from error


def _key_of(ledger: Path, key: Path | None) -> Path:
    return key or ledger.with_name(FILE)


def _publics(ledger: Path, key: Path | None, public: Path | None) -> tuple[bytes, ...]:
    """The public keys to check signatures with: none when none was named and none lies beside the ledger."""
    if public is not None:
        return read_public_keys(text_of(public))
    path = _key_of(ledger, key)
    if key is None and not path.exists():
        return ()
    return (SigningKey.load(path).public,)


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "at": entry.at,
        "kind": entry.kind,
        "actor": entry.actor,
        "case": entry.case_id,
        "facts": entry.facts,
    }


def _entry_line(entry: Entry) -> str:
    where = f" [{entry.case_id}]" if entry.case_id else ""
    facts = visible(json.dumps(entry.facts, ensure_ascii=False))
    return f"{entry.seq:>6} {entry.at} {entry.kind}{where} by {visible(entry.actor)}: {facts}"


VERBS: Mapping[str, Callable[..., None]] = {
    "verify": verify,
    "rebuild": rebuild,
    "show": show,
    "export": export,
    "checkpoint": checkpoint,
    "public-key": public_key,
}
"""The verbs of the group, by what is typed."""
