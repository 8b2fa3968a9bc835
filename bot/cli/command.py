"""The `compromise` command. It ends with one of `STATUSES`; what went wrong is one line on standard error."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer

from bot.cli import analyze, check, demo, doctor, evidence, factor, init, ledger, people, run, sandbox
from bot.cli.ending import BAD_INPUT, STATUSES, WORKED
from bot.version import own_version

_USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[2]
"""The base of typer's own complaints about what was typed (BadParameter, UsageError, then this one)."""


app = typer.Typer(
    name="compromise",
    help="Investigate and contain a Microsoft 365 account that may be compromised.",
    epilog="Exit status: " + "; ".join(f"{status} {says}" for status, says in STATUSES.items()) + ".",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and end the process with its status."""
    try:
        status = app(list(sys.argv[1:] if arguments is None else arguments), standalone_mode=False)
    except typer.Abort:
        status = 130
    except _USAGE_ERROR as error:
        said = getattr(error, "format_message", error.__str__)()
        # `no_args_is_help` raises as well, with the help as its text.
        typer.echo(said if "\n" in said else f"compromise: {said} (see compromise --help)", err=True)
        status = BAD_INPUT
    sys.exit(status if isinstance(status, int) else WORKED)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"compromise-bot {own_version()}")
        raise typer.Exit(WORKED)


@app.callback()
def options(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_version, is_eager=True),
    ] = False,
) -> None:
    """Investigate and contain a Microsoft 365 account that may be compromised."""


for _verb in (check.check, analyze.analyze, demo.demo, sandbox.sandbox, run.run, init.init, doctor.doctor):
    app.command()(_verb)
for _group in (ledger, factor, people, evidence):
    _verbs = typer.Typer(no_args_is_help=True, help=_group.HELP)
    for _name, _verb in _group.VERBS.items():
        _verbs.command(_name)(_verb)
    app.add_typer(_verbs, name=_group.__name__.rpartition(".")[2])
