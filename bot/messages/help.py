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
    Verb(
        "plan",
        "<user or case>",
        "Shows what could be done after a check, and whether it can be undone. Nothing is proposed.",
        "/compromise plan adele.vance@contoso.example",
    ),
    Verb(
        "contain",
        "<user or case> [numbers because …]",
        "Opens a window in which you choose what is proposed; with numbers from the plan, proposes them.",
        "/compromise contain C-7F3K2 1,4,8 because the mailbox sends spam",
    ),
    Verb(
        "approve",
        "<proposal> [digest]",
        "Says yes to a proposal; with the last yes that it needs, it is carried out.",
        "/compromise approve P-7F3K2",
    ),
    Verb(
        "deny",
        "<proposal> [because …]",
        "Says no to a proposal, which ends it.",
        "/compromise deny P-7F3K2 because the user confirmed the rule",
    ),
    Verb(
        "withdraw",
        "<proposal> [because …]",
        "Takes a proposal back before it is carried out.",
        "/compromise withdraw P-7F3K2",
    ),
    Verb(
        "restore",
        "<user or case> [numbers because …]",
        "Opens a window in which you choose what is undone, and proposes it.",
        "/compromise restore C-7F3K2",
    ),
    Verb(
        "errands",
        "<user or case> [done <number> note]",
        "Lists what people are to do, and ticks it off.",
        "/compromise errands C-7F3K2 done 2 called her on the phone",
    ),
    Verb(
        "history",
        "<user or case>",
        "Tells from the ledger what happened.",
        "/compromise history C-7F3K2",
    ),
    Verb(
        "suspect",
        "<user> [since 7d] [because …]",
        "Reports an account that looks taken over. Anybody of the company may; without words, a form opens.",
        "/compromise suspect adele.vance@contoso.example since 2d because of odd mail",
    ),
    Verb(
        "enrol",
        "",
        "Sets up an authenticator app, whose codes then go with your approvals.",
        "/compromise enrol",
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
            + " Checks and plans only read; nothing is changed before enough people have approved."
            + " Slash commands do not work inside threads."
        )
    )
    return Message(
        text="What you can ask: " + ", ".join(f"/compromise {verb.name}" for verb in VERBS),
        blocks=tuple(blocks),
    )
