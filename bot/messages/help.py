"""What `/compromise help` answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.messages import Message, parts


class HelpRow(Protocol):
    """One thing that can be asked in Slack."""

    @property
    def NAME(self) -> str:  # noqa: N802 - a constant of the verb's module
        """What is typed after `/compromise`."""

    @property
    def USAGE(self) -> str:  # noqa: N802 - as above
        """The rest of the line."""

    @property
    def SAYS(self) -> str:  # noqa: N802 - as above
        """One sentence: what happens."""

    @property
    def EXAMPLE(self) -> str:  # noqa: N802 - as above
        """A whole line that works."""


def help_message(verbs: Sequence[HelpRow]) -> Message:
    """Say what can be asked, with an example for each verb."""
    blocks = [parts.header("Commands")]
    for verb in verbs:
        line = f"/compromise {verb.NAME} {verb.USAGE}".rstrip().replace("<", "&lt;").replace(">", "&gt;")
        blocks.append(parts.section(f"`{line}`\n{verb.SAYS}\nFor example: `{verb.EXAMPLE}`"))
    blocks.append(
        parts.context(
            "&lt;user&gt; can be an address, an alias or a mention. "
            "Checks and plans are read-only; nothing is changed until it is approved. Slash "
            "commands do not work in threads."
        )
    )
    return Message(
        text=f"Commands: {', '.join(f'/compromise {verb.NAME}' for verb in verbs)}",
        blocks=tuple(blocks),
    )
