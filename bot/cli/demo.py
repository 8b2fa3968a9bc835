"""`compromise demo`: play the main job on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bot.cli.ending import readable


def demo(
    output: Annotated[Path, typer.Option(help="The output folder.")] = Path("demo-output"),
) -> None:
    """Run the demo on this machine, with the real bot.

    No account is needed.
    """
    from bot.playing import demo as playing  # noqa: PLC0415 - only the verbs of the sandbox may bring it with them

    with readable():
        raise typer.Exit(playing.play(output, Console()))
