"""The workspace knows whom a text really calls, where it links to and how it reads."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.workspace import text

from .bolt import section


def rich(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}


PINGS: list[tuple[str, list[Any], tuple[str, ...]]] = [
    ("<@U1> and <@U2|two> and <@U1>", [], ("U1", "U2")),
    ("<!channel> <!here|here> <!everyone>", [], ("!channel", "!here", "!everyone")),
    ("<!subteam^S1|@team>", [], ("S1",)),
    ("`<!channel>` even as code", [], ("!channel",)),
    ("", [section("<@U1>")], ("U1",)),
    ("", [{"type": "context", "elements": [{"type": "mrkdwn", "text": "<!here>"}]}], ("!here",)),
    ("", [rich({"type": "user", "user_id": "U1"}, {"type": "broadcast", "range": "here"})], ("U1", "!here")),
    # and what calls nobody
    ("&lt;!channel&gt; and &lt;@U1&gt;", [], ()),
    ("@channel @here", [], ()),
    ("<#C1|general> <!date^1700000000^{date}|then> <https://a.example|@U1>", [], ()),
    ("", [{"type": "header", "text": {"type": "plain_text", "text": "<!channel>"}}], ()),
    ("", [rich({"type": "text", "text": "<!channel>"})], ()),
]


@pytest.mark.parametrize(("words", "blocks", "called"), PINGS)
def test_only_what_slack_takes_for_a_mention_pings(words, blocks, called):
    assert text.pings(words, blocks) == called


LINKS: list[tuple[str, list[Any], tuple[str, ...]]] = [
    ("<https://evil.example|login>", [], ("https://evil.example",)),
    ("see http://a.example/x?a=1&amp;b=2.", [], ("http://a.example/x?a=1&b=2",)),
    ("<mailto:a@b.example|a@b.example>", [], ("mailto:a@b.example",)),
    ("", [{"type": "markdown", "text": "[login](https://evil.example/x)"}], ("https://evil.example/x",)),
    ("", [rich({"type": "link", "url": "https://a.example"})], ("https://a.example",)),
    ("hxxps://evil[.]example", [], ()),
    ("&lt;https evil&gt; a@b.example", [], ()),
    ("", [{"type": "header", "text": {"type": "plain_text", "text": "https://a.example"}}], ()),
    (
        "",
        [{"type": "section", "text": {"type": "mrkdwn", "text": "https://a.example", "verbatim": True}}],
        (),
    ),
]


@pytest.mark.parametrize(("words", "blocks", "found"), LINKS)
def test_only_what_slack_makes_clickable_is_a_link(words, blocks, found):
    assert text.links(words, blocks) == found


TYPED = [
    ("check @adele.vance", "check <@U1|adele.vance>"),
    ("check adele.vance@contoso.example", "check adele.vance@contoso.example"),
    ("report #general now", "report <#C1|general> now"),
    ("a & b <c>", "a &amp; b &lt;c&gt;"),
    ("check @nobody", "check @nobody"),
    ("check <@U9|x> <mailto:a@b.example|a@b.example>", "check <@U9|x> <mailto:a@b.example|a@b.example>"),
]


@pytest.mark.parametrize(("typed", "sent"), TYPED)
def test_a_typed_command_is_escaped_as_slack_does(typed, sent):
    names = {"adele.vance": "U1", "contoso.example": "U2"}
    assert text.escape_typed(typed, names, {"general": "C1"}, mail_links=False) == sent


def test_mail_addresses_may_arrive_as_links():
    sent = text.escape_typed("check a.b@c.example", {}, {}, mail_links=True)
    assert sent == "check <mailto:a.b@c.example|a.b@c.example>"


def test_text_reads_with_names_and_labels():
    names = {"U1": "Adele", "C1": "general"}
    words = "<@U1> in <#C1> &lt;3 <https://a.example|here> <!here> <!date^1^x|at noon>"
    assert text.shown(words, lambda i: names[i]) == "@Adele in #general <3 here @here at noon"
