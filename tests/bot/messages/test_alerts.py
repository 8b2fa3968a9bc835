"""A digest of alerts counts all of them, however long their titles are, and calls nobody."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bot.messages import Message
from bot.messages.alerts import added, digest
from bot.messages.limits import fits
from commands.ledger.alerts import Alert
from tests.each import each
from tests.raised import ONE

GRAVE = replace(ONE, severity="high")
OURS = frozenset({"contoso.example"})
HOSTILE = "<!channel> <@U0MEGANBOW> <https://evil.example|Contoso> & *bold*\n⛔ "


def alerts(number: int, title: str) -> list[Alert]:
    return [replace(GRAVE, id=str(one), seq=one, title=title) for one in range(number)]


def forms(message: Message) -> tuple[str, str]:
    """What a notification says, and what is read in the channel."""
    drawn = [block["text"]["text"] for block in message.blocks if block["type"] == "section"]
    return message.text, "\n".join(drawn)


@pytest.mark.parametrize("number", [1, 20, 21, 300])
@pytest.mark.parametrize("title", ["Odd", HOSTILE * 5, "&" * 150, "送信制限を超えました" * 15, "🏴" * 150])
def test_a_digest_says_how_many_more_there_are_than_it_names(number, title):
    made = digest(alerts(number, title), OURS, 10)
    assert fits(made.blocks)
    for text in each(forms(made)):
        assert text.startswith(f"*{number} further alert")
        more = re.search(r"^… and (\d+) more\.", text, re.MULTILINE)
        assert text.count("\n• ") + int(more[1] if more else 0) == number
        assert "<!" not in text
        assert "<@" not in text
        assert "<https" not in text


def test_what_was_added_to_a_digest_is_told_with_how_many_more_and_calls_nobody():
    made = added(alerts(7, HOSTILE), OURS, "https://contoso.slack.example/archives/C0/p1")
    for text in each(forms(made)):
        assert "*7 alerts of high severity*" in text
        assert text.count("\n• ") == 5
        assert "… and 2 more." in text
        assert "<!" not in text
        assert "<@" not in text
        assert "<https://evil" not in text
        assert "<https://contoso.slack.example/archives/C0/p1|the digest>" in text
