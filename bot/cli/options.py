"""Options that several verbs have, in one place so that they mean the same everywhere."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

ACTOR = "cli"
"""Who asked, in the ledger, when someone did on the command line."""


Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        envvar="COMPROMISE_CONFIG",
        help="The settings file; compromise.toml in this folder by default.",
        dir_okay=False,
    ),
]


class Form(StrEnum):
    """How a result is printed."""

    TEXT = "text"
    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"


Format = Annotated[
    Form,
    typer.Option(
        "--format",
        help="How to print: text, json, ndjson (one JSON object a line) or csv (a line a finding).",
    ),
]


Output = Annotated[
    Path | None,
    typer.Option("--output", help="A new folder for the report's files, its pictures and its archive."),
]


Rules = Annotated[
    Path | None, typer.Option("--rules", help="A folder of Sigma rules to run over the same records.")
]


Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


Scenario = Annotated[
    str | None,
    typer.Option(
        "--sandbox",
        metavar="SCENARIO",
        help="Use a simulated tenant on this machine: mailbox-takeover, clean, traveler, no-premium-license, "
        "admin-takeover, last-administrator, synced-user, federated-user or large-mailbox; without a name, "
        "they are listed.",
    ),
]


Export = Annotated[
    Path | None, typer.Option("--audit-log", help="A real audit log to load into the simulated tenant.")
]


LedgerFile = Annotated[Path, typer.Option(help="The ledger file.")]


LEDGER = Path("ledger.db")


KeyFile = Annotated[
    Path | None,
    typer.Option("--key", help="The bot's private key; compromise.key next to the ledger by default."),
]
