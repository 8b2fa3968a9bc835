"""`compromise demo`: play the main job on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bot.cli.ending import end_with, readable


def demo(
    output: Annotated[Path, typer.Option(help="The output folder.")] = Path("demo-output"),
    verbose: Annotated[bool, typer.Option("--verbose", help="Show every message in full.")] = False,
) -> None:
    """Run the demo on this machine, with the real bot.

    No account is needed.
    """
    # Only the verbs of the sandbox may bring it with them.
    from bot.playing import demo as playing  # noqa: PLC0415
    from bot.playing.watcher import BRIEF, FULL  # noqa: PLC0415

    length = FULL if verbose else BRIEF
    with readable():
        end_with(playing.play(output, Console(), length))
