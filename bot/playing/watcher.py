"""Shows in a terminal what is posted in the workspace."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from bot.playing.stage import ROOM
from sandbox import workspace
from sandbox.workspace import RunningWorkspace

_CARD_SHOWN = 6


_PROGRESS_SHOWN = 4


class Watcher:
    """Shows what is posted, as it is posted: a card when it comes, a few of its edits, and its end."""

    def __init__(self, slack: RunningWorkspace, console: Console) -> None:
        self._slack = slack
        self._console = console
        self._seen = 0
        self._edits: dict[str, int] = {}
        self._latest: dict[str, dict[str, Any]] = {}
        self._headings: dict[str, str] = {}

    def show_new(self, *, last: bool = False) -> None:
        """Show what came since the last time; with `last`, the cards as they stand now."""
        lines = self._slack.transcript[self._seen :]
        self._seen += len(lines)
        for line in lines:
            if line["kind"] == "posted":
                self._posted(line)
            elif line["kind"] == "updated":
                self._updated(line)
        if last:
            for line in self._latest.values():
                self._card(line)
            self._latest.clear()

    def _card(self, line: dict[str, Any]) -> None:
        """Show a card as it stands now: its first lines, unless its heading tells something new."""
        text = self._text(line)
        lines = text.splitlines()
        heading = lines[0] if lines else ""
        if self._headings.get(line["ts"]) == heading and len(lines) > _CARD_SHOWN:
            text = "\n".join([*lines[:_CARD_SHOWN], f"… {len(lines) - _CARD_SHOWN} more lines as before"])
        self._headings[line["ts"]] = heading
        show(self._console, f"#{line['channel_name']}, the card as it stands now", text)

    def _posted(self, line: dict[str, Any]) -> None:
        if line["channel_name"] != ROOM:
            first = line["text"].splitlines()[0]
            told = Text(f"   Also posted to {line['channel_name']}: {first}\n", style="dim")
            self._console.print(told, soft_wrap=True)
            return
        where = f"#{line['channel_name']}" + (", in the thread" if line.get("thread_ts") else "")
        text = self._text(line)
        if line.get("thread_ts") and not line.get("files"):
            lines = text.splitlines()
            text = "\n".join([*lines[:14], f"… {len(lines) - 14} more lines"]) if len(lines) > 16 else text
        else:
            self._headings[line["ts"]] = text.partition("\n")[0]
        show(self._console, where, text)

    def _updated(self, line: dict[str, Any]) -> None:
        if line["channel_name"] != ROOM:
            return
        self._latest[line["ts"]] = line
        if not line["text"].startswith("Investigating"):
            return
        count = self._edits[line["ts"]] = self._edits.get(line["ts"], 0) + 1
        if count <= _PROGRESS_SHOWN:
            lines = self._text(line).splitlines()[2:-1]
            told = "\n".join(f"   {one[:150]}" for one in lines)
            self._console.print(Text(f"   The card is edited:\n{told}\n", style="dim"), soft_wrap=True)

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


def typed(console: Console, who: str, room: str, words: str) -> None:
    """Show what someone types."""
    console.print(Text.assemble((f"{who} in #{room}: ", "bold"), words), soft_wrap=True)


def show(console: Console, title: str, text: str) -> None:
    """Show a message, in a frame where it is a terminal."""
    if console.is_terminal:
        console.print(Panel(Text(text), title=Text(title), title_align="left", border_style="cyan"))
    else:
        console.print(Text(f"--- {title}"))
        console.print(Text(text + "\n"), soft_wrap=True)
