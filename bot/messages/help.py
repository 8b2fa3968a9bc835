"""What `/compromise help` answers, and the table of verbs that the listener and the documentation share."""

from __future__ import annotations

from dataclasses import dataclass

from bot.messages import Message, parts


@dataclass(frozen=True, slots=True)
class Verb:
    """One thing that can be asked in Slack.

    Attributes:
        name: What is typed after ``/compromise``.
        usage: The rest of the line.
        says: One sentence: what happens.
        example: A whole line that works.
    """

    name: str
    usage: str
    says: str
    example: str


VERBS = (
    Verb(
        "check",
        "<user> [since 7d | window 2026-11-01..2026-11-20] [in #channel]",
        "Looks into an account and posts one card, which fills up while it looks.",
        "/compromise check adele.vance@contoso.example since 14d",
    ),
    Verb(
        "report",
        "<user> [in #channel]",
        "Posts the latest report about an account into a channel.",
        "/compromise report adele.vance@contoso.example in #incident-room",
    ),
    Verb("help", "", "Shows this.", "/compromise help"),
)
"""Every verb, in the order in which help lists them."""


def help_message() -> Message:
    """Say what can be asked, with an example for each verb."""
    blocks = [parts.header("What you can ask")]
    for verb in VERBS:
        line = f"/compromise {verb.name} {verb.usage}".rstrip().replace("<", "&lt;").replace(">", "&gt;")
        blocks.append(parts.section(f"`{line}`\n{verb.says}\nFor example: `{verb.example}`"))
    blocks.append(
        parts.context(
            "<user> may be an address, an alias or a mention of a colleague.".replace("<", "&lt;").replace(
                ">", "&gt;"
            )
            + " A check only reads. Slash commands do not work inside threads."
        )
    )
    return Message(
        text="What you can ask: " + ", ".join(f"/compromise {verb.name}" for verb in VERBS),
        blocks=tuple(blocks),
    )
