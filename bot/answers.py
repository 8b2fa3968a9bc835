"""What the person who asked is told privately. Pure."""

from __future__ import annotations

from collections.abc import Collection

from bot.messages import Message, parts
from bot.messages.escape import address, said
from commands.ledger import Case


def noted() -> Message:
    """Say at once that the question has arrived."""
    return _say("🔎 Looking into it …")


def started(case: Case, link: str) -> Message:
    """Say where the new case's card is."""
    return _say(f"I am looking. Case {said(case.id, 40)}: {_card(case, link)}")


def already(case: Case, link: str) -> Message:
    """Say that the same account is being looked into by now."""
    who = f"asked by <@{case.asked_by}>" if case.asked_by.isalnum() else "asked before"
    return _say(
        f"{address(case.subject.mail)} is being looked into already, {who} {parts.when(case.asked_at)}: "
        f"{_card(case, link)}"
    )


def report_posted(case: Case, link: str) -> Message:
    """Say where the report was posted."""
    return _say(f"The report of case {said(case.id, 40)} is there: {_card(case, link)}")


def broken(reference: str) -> Message:
    """Say that something of ours failed, with the id under which the log has it."""
    return _say(f"✖ That failed by a mistake of mine. Nothing was done. Reference: `{said(reference, 40)}`")


def no(sentence: str, ours: Collection[str]) -> Message:
    """Say no, and why."""
    return _say(f"✖ {said(sentence, 900, ours)}")


def _card(case: Case, link: str) -> str:
    # The link comes from Slack itself; its signs are those of a web address.
    safe = link if link.startswith(("https://", "http://127.0.0.1")) and not set(link) & set("<>| ") else ""
    return f"<{safe}|see its card>" if safe else f"case {said(case.id, 40)} in <#{case.channel}>"


def _say(text: str) -> Message:
    return Message(text=text, blocks=(parts.section(text),))
