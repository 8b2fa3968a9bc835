"""Shows in a terminal what is posted in the workspace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from bot.playing.stage import ROOM
from sandbox import workspace
from sandbox.workspace import RunningWorkspace


@dataclass(frozen=True, slots=True)
class Length:
    """How many lines are shown of what.

    Attributes:
        card: A card that is new, or whose heading tells something new; None for all of it.
        same: A card whose heading is as before; 0 to leave it out.
        reply: A message in a thread; 0 for its first line alone.
        edits: How many edits of a card that fills up.
        window: A dialog.
    """

    card: int | None
    same: int
    reply: int
    edits: int
    window: int


BRIEF: Final = Length(card=7, same=0, reply=0, edits=1, window=6)
FULL: Final = Length(card=None, same=6, reply=14, edits=4, window=30)


_SPARE: Final = 5
"""How many lines more a card may have and is shown whole: its buttons are at its end."""

_PASSING: Final = "◑ Approved"
"""How a card begins that stands for a moment only, between the last approval and the first change."""


_CHECKPOINT: Final = "Checkpoint of the ledger"
"""How a message begins that follows each plan; the first one shows what it is."""


class Watcher:
    """Shows what is posted, as it is posted: a card when it comes, a few of its edits, and its end."""

    def __init__(self, slack: RunningWorkspace, console: Console, length: Length) -> None:
        self._slack = slack
        self._length = length
        self._console = console
        self._seen = 0
        self._edits: dict[str, int] = {}
        self._latest: dict[str, dict[str, Any]] = {}
        self._headings: dict[str, str] = {}
        self._checkpoints = 0

    def show_new(self, *, last: bool = False) -> None:
        """Show what came since the last time; with `last`, the cards as they stand now."""
        lines = self._slack.transcript[self._seen :]
        self._seen += len(lines)
        elsewhere = []
        for line in lines:
            if line["kind"] == "posted" and line["channel_name"] != ROOM:
                elsewhere.append(line)
            elif line["kind"] == "posted":
                self._posted(line)
            elif line["kind"] == "updated":
                self._updated(line)
        self._elsewhere(elsewhere)
        if last:
            for line in self._latest.values():
                self._card(line)
            self._latest.clear()

    def _card(self, line: dict[str, Any]) -> None:
        """Show a card as it stands now, in short unless its heading tells something new."""
        text = self._text(line)
        heading = text.partition("\n")[0]
        is_same = self._headings.get(line["ts"]) == heading
        most = self._length.same if is_same else self._length.card
        if self._length.same == 0 and heading.startswith(_PASSING):
            return
        self._headings[line["ts"]] = heading
        if most != 0:
            show(
                self._console,
                f"#{line['channel_name']}, the card as it stands now",
                cut(text, most, spare=_SPARE),
            )

    def _elsewhere(self, lines: Sequence[dict[str, Any]]) -> None:
        """Tell what went into other rooms and to single people: a text once, with all who got it."""
        rooms: dict[str, list[str]] = {}
        for line in lines:
            rooms.setdefault(line["text"].splitlines()[0], []).append(line["channel_name"])
        for first, names in rooms.items():
            if first.startswith(_CHECKPOINT):
                self._checkpoints += 1
                if self._length.same == 0 and self._checkpoints > 1:
                    continue
            also = Text(f"   Also posted to {', '.join(names)}: {first}", style="dim")
            self._console.print(also, soft_wrap=True)

    def _posted(self, line: dict[str, Any]) -> None:
        where = f"#{line['channel_name']}" + (", in the thread" if line.get("thread_ts") else "")
        text = self._text(line)
        if not line.get("thread_ts"):
            self._headings[line["ts"]] = text.partition("\n")[0]
            show(self._console, where, cut(text, self._length.card))
        elif self._length.reply:
            show(self._console, where, cut(text, self._length.reply))
        else:
            files = ", ".join(file["name"] for file in line.get("files", ()))
            told = f"   In the thread: {files}"
            if files:
                self._console.print(Text(told, style="dim"), soft_wrap=True)

    def _updated(self, line: dict[str, Any]) -> None:
        if line["channel_name"] != ROOM:
            return
        self._latest[line["ts"]] = line
        if not line["text"].startswith("Investigating"):
            return
        count = self._edits[line["ts"]] = self._edits.get(line["ts"], 0) + 1
        if count <= self._length.edits:
            lines = self._text(line).splitlines()[2:-1]
            told = "\n".join(f"   {_begin(one, 150)}" for one in lines)
            self._console.print(Text(f"   The card is edited:\n{told}", style="dim"), soft_wrap=True)

    def _text(self, line: dict[str, Any]) -> str:
        """What people read of one line of the transcript; marks for bold and code are left out."""
        message = workspace.Message(
            ts=line["ts"],
            channel=line["channel"],
            user=line["user"],
            text=line["text"],
            blocks=line["blocks"],
        )
        files = "".join(f"\n[file: {file['name']}]" for file in line.get("files", ()))
        return (self._slack.as_text(message).replace("*", "").replace("`", "") + files).strip()


def _begin(line: str, most: int) -> str:
    """The first whole words of a line."""
    return line if len(line) <= most else f"{line[:most].rpartition(' ')[0]} …"


def cut(text: str, most: int | None, *, spare: int = 1) -> str:
    """The first lines of a text, with how many follow; all of it for None, or where `spare` more are all."""
    lines = text.splitlines()
    if most is None or len(lines) <= most + spare:
        return text
    return "\n".join([*lines[:most], f"… {len(lines) - most} more lines"])


def chapter(console: Console, title: str) -> None:
    """Begin a chapter."""
    console.print(Text(f"== {title}", style="bold green"))


def typed(console: Console, who: str, room: str, words: str) -> None:
    """Show what someone types."""
    console.print(Text.assemble((f"{who} in #{room}: ", "bold"), words), soft_wrap=True)


def show(console: Console, title: str, text: str) -> None:
    """Show a message, in a frame where it is a terminal."""
    if console.is_terminal:
        console.print(Panel(Text(text), title=Text(title), title_align="left", border_style="cyan"))
    else:
        console.print(Text(f"--- {title}"))
        console.print(Text(text), soft_wrap=True)
