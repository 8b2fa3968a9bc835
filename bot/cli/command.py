"""The `compromise` command. It ends with one of `STATUSES`; what went wrong is one line on standard error.

Only the verb that was typed is imported: all of them together take a second.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from importlib import import_module
from typing import Annotated, Any, Final, NoReturn

import typer

from bot.cli.statuses import BAD_INPUT, STATUSES, WORKED
from bot.version import own_version
from commands.cycles import without_cycles

_USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[2]
"""The base of typer's own complaints about what was typed (BadParameter, UsageError, then this one)."""

VERBS: Final[Mapping[str, str]] = {
    "check": "Investigate one account and print the report.",
    "analyze": "Analyze exported audit logs for every user in them.",
    "pivot": "Find every account that the same attacker touched.",
    "sweep": "Rank a tenant's accounts that may be compromised.",
    "demo": "Run the demo on this machine, with the real bot.",
    "sandbox": "Run a simulated tenant, a Slack workspace and the bot.",
    "run": "Start the bot.",
    "worker": "Make checks, hunts and rechecks for a bot on another machine.",
    "init": "Register the applications, join Slack, write settings and keys.",
    "doctor": "Show what is missing, what that costs, and the next steps.",
}
"""The verbs in the order of the help, each with the first sentence of its description."""

GROUPS: Final[Mapping[str, str]] = {
    "ledger": "Read, verify and export the ledger.",
    "factor": "List and remove approvers' second factors.",
    "people": "List recorded identities, and confirm changed ones.",
    "evidence": "Verify an evidence archive.",
}
"""The groups of verbs, each with what it is for."""


def app_of(wanted: Collection[str]) -> typer.Typer:
    """Make the command with these verbs and groups; the others are there by name and description only."""
    app = typer.Typer(
        name="compromise",
        help="Investigate and contain a Microsoft 365 account that may be compromised.",
        epilog="Exit status: " + "; ".join(f"{status} {says}" for status, says in STATUSES.items()) + ".",
        no_args_is_help=True,
        add_completion=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(options)
    for name, says in VERBS.items():
        verb = getattr(_module(name), name) if name in wanted else _nothing
        app.command(name, help=None if name in wanted else says)(verb)
    for name, says in GROUPS.items():
        group = typer.Typer(no_args_is_help=True, help=says)
        verbs: Mapping[str, Callable[..., None]] = _module(name).VERBS if name in wanted else {name: _nothing}
        for called, verb in verbs.items():
            group.command(called)(verb)
        app.add_typer(group, name=name)
    return app


def _module(name: str) -> Any:
    return import_module(f"bot.cli.{name}")


def _nothing() -> None:
    """Stand for a verb that was not typed."""


def __getattr__(name: str) -> typer.Typer:
    """Give `app`, the whole command: for documents and tests, which look at every verb."""
    if name == "app":
        return app_of({*VERBS, *GROUPS})
    raise AttributeError(name)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and end the process with its status."""
    writes_everything(sys.stdout, sys.stderr)
    words = list(sys.argv[1:] if arguments is None else arguments)
    typed = next((word for word in words or _being_completed() if not word.startswith("-")), "")
    # Pydantic looks through all that is installed for plugins before its first model; there are none for it.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    with without_cycles():
        app = app_of({typed})
    try:
        status = app(words, prog_name="compromise", standalone_mode=False)
    except typer.Abort:
        status = 130
    except _USAGE_ERROR as error:
        said = getattr(error, "format_message", error.__str__)()
        # `no_args_is_help` raises as well, with the help as its text.
        known = f"compromise {typed}" if typed in VERBS else "compromise"
        where = getattr(getattr(error, "ctx", None), "command_path", known)
        typer.echo(said if "\n" in said else f"compromise: {said} (see {where} --help)", err=True)
        if getattr(error, "option_name", "") in {"--sandbox", "--scenario"}:
            for line in _module("given").scenarios():
                typer.echo(f"compromise: {line}", err=True)
        status = BAD_INPUT
    sys.exit(status if isinstance(status, int) else WORKED)


def writes_everything(*streams: object) -> None:
    """Let streams write every character, whatever encoding the system gave them.

    Windows gives a file or pipe the code page of the machine, which has no signs for a verdict and lacks
    letters of names. They get UTF-8, as all files of ours have. A terminal keeps its encoding, and so does
    what somebody asked for; what that lacks is written as an escape.
    Source: Python, "io.TextIOWrapper", reconfigure, and "PYTHONIOENCODING".
    """
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            if stream.isatty() or "PYTHONIOENCODING" in os.environ:
                stream.reconfigure(errors="backslashreplace")
            else:
                stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _being_completed() -> list[str]:
    """Give the words that a shell wants completed, without the command's own; none where none does.

    Source: Typer's completion scripts: bash tells them in COMP_WORDS, zsh, fish and PowerShell in
    _TYPER_COMPLETE_ARGS.
    """
    told = os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS") or ""
    return told.split()[1:]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"compromise-bot {own_version()}")
        raise typer.Exit(WORKED)


def options(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_version, is_eager=True),
    ] = False,
) -> None:
    """Investigate and contain a Microsoft 365 account that may be compromised."""
