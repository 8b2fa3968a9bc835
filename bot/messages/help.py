"""What `/compromise help` answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

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
        """One sentence: what happens; "" for what only buttons say."""

    @property
    def EXAMPLE(self) -> str:  # noqa: N802 - as above
        """A whole line that works."""


USUAL: Final[Mapping[str, str]] = {
    "check": "investigate an account",
    "contain": "propose remediation; `now` for what stops the attacker",
    "approve": "approve a proposal; `deny` closes it",
    "tasks": "list manual tasks, and mark them done",
    "restore": "propose to undo changes",
    "report": "post the latest report in a channel",
}
"""What is typed most, with what it does in a few words."""


def help_message(verbs: Sequence[HelpRow]) -> Message:
    """Say what is typed most, and how to read about the rest; short enough for a phone."""
    by_name = {verb.NAME: verb for verb in verbs}
    lines = [f"`/compromise {name} {_argument(by_name[name])}` · {says}" for name, says in USUAL.items()]
    more = ", ".join(f"`{name}`" for name in by_name if name not in USUAL)
    return Message(
        text=f"Commands: {', '.join(f'/compromise {verb.NAME}' for verb in verbs)}",
        blocks=(
            parts.header("Commands"),
            parts.section("\n".join(lines)),
            parts.section(f"More: {more}\n`/compromise help contain` explains one, with an example."),
            parts.context(
                "&lt;user&gt; can be an address, an alias or a mention. Nothing is changed until it is "
                "approved. Slash commands do not work in threads."
            ),
        ),
    )


def help_on(verb: HelpRow) -> Message:
    """Say all about one command."""
    line = f"/compromise {verb.NAME} {verb.USAGE}".rstrip()
    says = f"{verb.SAYS}\nFor example: `{verb.EXAMPLE}`"
    return Message(
        text=f"{line}: {verb.SAYS}".replace("<", "&lt;").replace(">", "&gt;"),
        blocks=(parts.section(f"`{_harmless(line)}`\n{says}"),),
    )


def _argument(verb: HelpRow) -> str:
    """What must follow the command, without what may."""
    return _harmless(verb.USAGE.partition(" [")[0])


def _harmless(text: str) -> str:
    return text.replace("<", "&lt;").replace(">", "&gt;")
