"""Text as Slack reads it: what it pings, where it links to, how it looks, how a typed command is escaped.

Pure. Source: Slack, "Formatting text for app surfaces".
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

_ANGLE = re.compile(r"<([^<>\n]+)>")
_BARE_URL = re.compile(r"https?://[^\s<>|]+")
_MARKDOWN_LINK = re.compile(r"\[[^\]\n]*\]\(\s*<?([a-zA-Z][a-zA-Z0-9+.-]*:[^)\s>]+)")
_MAIL = re.compile(r"(?<![\w@<:|/.])[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
_MENTION = re.compile(r"(?<![\w<])@([a-z0-9][a-z0-9._-]*[a-z0-9])")
_CHANNEL = re.compile(r"(?<![\w<&])#([a-z0-9][a-z0-9_-]*)")
_SCHEME = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]*:")

Name = Callable[[str], str]
"""From the id of a user, channel or group to the name that people read."""


def _mrkdwn_in(value: Any) -> Iterator[tuple[str, bool, bool]]:
    """Yield every text that Slack parses.

    The text, whether bare URLs become links, whether it is Markdown.
    """
    if isinstance(value, Mapping):
        kind = value.get("type")
        if kind == "plain_text":
            return
        if kind == "mrkdwn":
            yield str(value.get("text", "")), not value.get("verbatim", False), False
            return
        if kind == "markdown":
            yield str(value.get("text", "")), True, True
            return
        for inner in value.values():
            yield from _mrkdwn_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _mrkdwn_in(inner)


def _rich_in(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the elements of rich text, of buttons and of images, which ping or link without any text."""
    if isinstance(value, Mapping):
        yield value
        for inner in value.values():
            yield from _rich_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _rich_in(inner)


def _texts(text: str, blocks: list[Any], attachments: list[Any]) -> Iterator[tuple[str, bool, bool]]:
    yield text, True, False
    yield from _mrkdwn_in(blocks)
    for attachment in attachments:
        yield from _mrkdwn_in(attachment.get("blocks", []))
        for key in ("text", "pretext", "fallback", "title"):
            if attachment.get(key):
                yield str(attachment[key]), True, False
        for item in attachment.get("fields", []):
            yield str(item.get("value", "")), True, False


def pings(text: str, blocks: list[Any], attachments: list[Any] | None = None) -> tuple[str, ...]:
    """Return whom the message calls.

    User ids, user group ids, `!channel`, `!here`, `!everyone`; each once.
    """
    found: dict[str, None] = {}
    for part, _, _ in _texts(text, blocks, attachments or []):
        for match in _ANGLE.finditer(part):
            target = match.group(1).split("|", 1)[0]
            if target.startswith("@"):
                found[target[1:]] = None
            elif target.startswith("!subteam^"):
                found[target.removeprefix("!subteam^")] = None
            elif target in {"!channel", "!here", "!everyone", "!group"}:
                found[target] = None
    for element in _rich_in(blocks):
        match element.get("type"):
            case "user" if "user_id" in element:
                found[str(element["user_id"])] = None
            case "usergroup" if "usergroup_id" in element:
                found[str(element["usergroup_id"])] = None
            case "broadcast":
                found[f"!{element.get('range', 'channel')}"] = None
            case _:
                continue
    return tuple(found)


def links(text: str, blocks: list[Any], attachments: list[Any] | None = None) -> tuple[str, ...]:
    """Return every address that can be clicked in the message, each once."""
    found: dict[str, None] = {}
    for part, bare, markdown in _texts(text, blocks, attachments or []):
        for match in _ANGLE.finditer(part):
            target = match.group(1).split("|", 1)[0]
            if target[0] not in "@#!" and _SCHEME.match(target):
                found[html.unescape(target)] = None
        if markdown:
            for match in _MARKDOWN_LINK.finditer(part):
                found[match.group(1)] = None
        if bare:
            for match in _BARE_URL.finditer(_ANGLE.sub(" ", part)):
                found[html.unescape(match.group(0)).rstrip(").,;:!?'\"")] = None
    for element in _rich_in([*blocks, *(attachments or [])]):
        if element.get("type") in {"link", "button"} and element.get("url"):
            found[str(element["url"])] = None
        if element.get("title_link"):
            found[str(element["title_link"])] = None
    return tuple(found)


def shown(text: str, name: Name) -> str:
    """Return mrkdwn as a person reads it: names instead of ids, labels instead of links, no entities."""

    def one(match: re.Match[str]) -> str:
        target, _, label = match.group(1).partition("|")
        if target[0] == "@":
            return "@" + name(target[1:])
        if target[0] == "#":
            return "#" + name(target[1:])
        if target.startswith("!subteam^"):
            return "@" + name(target.removeprefix("!subteam^"))
        if target.startswith("!date^"):
            return label
        if target[0] == "!":
            return "@" + target[1:]
        return label or target

    return html.unescape(_ANGLE.sub(one, text))


def escape_typed(
    text: str, users: Mapping[str, str], channels: Mapping[str, str], *, mail_links: bool
) -> str:
    """Return a typed slash command's text as Slack sends it under `should_escape`.

    `users` and `channels` map names to ids. Mail addresses become `<mailto:…>` only with `mail_links`.
    What is already in Slack's angle form stays as it is.
    """
    out: list[str] = []
    at = 0
    for match in re.finditer(r"<(?:[@#!][^<>\s]+|(?:mailto:|https?://)[^<>]+)>", text):
        out += [
            _escape_part(text[at : match.start()], users, channels, mail_links=mail_links),
            match.group(0),
        ]
        at = match.end()
    return "".join([*out, _escape_part(text[at:], users, channels, mail_links=mail_links)])


def _escape_part(
    text: str, users: Mapping[str, str], channels: Mapping[str, str], *, mail_links: bool
) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if mail_links:
        text = _MAIL.sub(lambda m: f"<mailto:{m.group(0)}|{m.group(0)}>", text)
    text = _MENTION.sub(
        lambda m: f"<@{users[m.group(1)]}|{m.group(1)}>" if m.group(1) in users else m.group(0), text
    )
    return _CHANNEL.sub(
        lambda m: f"<#{channels[m.group(1)]}|{m.group(1)}>" if m.group(1) in channels else m.group(0), text
    )


def lines(blocks: Iterable[Mapping[str, Any]], name: Name) -> Iterator[str]:
    """Yield the readable lines of some blocks, as a person sees them."""
    for block in blocks:
        kind = block.get("type")
        if kind == "section":
            if block.get("text"):
                yield _text(block["text"], name)
            for item in block.get("fields", []):
                yield _text(item, name)
            if block.get("accessory"):
                yield _element(block["accessory"], name)
        elif kind in {"header", "alert"}:
            yield _text(block["text"], name)
        elif kind == "markdown":
            yield shown(block["text"], name)
        elif kind in {"context", "actions", "context_actions"}:
            yield " ".join(_element(e, name) for e in block["elements"])
        elif kind == "divider":
            yield "────"
        elif kind == "input":
            yield f"{_text(block['label'], name)}: {_element(block['element'], name)}"
        elif kind == "image":
            yield f"[image: {block.get('alt_text', '')}]"
        elif kind == "rich_text":
            yield "\n".join(_rich(e, name) for e in block["elements"])
        elif kind in {"table", "data_table"}:
            if kind == "data_table":
                yield str(block["caption"])
            for row in block["rows"]:
                yield " | ".join(_cell(c, name) for c in row)
        else:
            yield f"[{kind}]"


def _text(value: Mapping[str, Any], name: Name) -> str:
    text = str(value.get("text", ""))
    return shown(text, name) if value.get("type") == "mrkdwn" else text


def _element(value: Mapping[str, Any], name: Name) -> str:
    kind = value.get("type")
    if kind in {"mrkdwn", "plain_text"}:
        return _text(value, name)
    if kind == "image":
        return f"[image: {value.get('alt_text', '')}]"
    if kind == "button":
        return f"[{_text(value['text'], name)}]"
    options = [o for group in value.get("option_groups", []) for o in group["options"]] or value.get(
        "options", []
    )
    if options:
        return "[" + " / ".join(_text(o["text"], name) for o in options) + "]"
    return f"[{_text(value['placeholder'], name)}]" if value.get("placeholder") else f"[{kind}]"


def _cell(value: Mapping[str, Any], name: Name) -> str:
    return (
        _rich(value, name)
        if value.get("type") == "rich_text"
        else str(value.get("text", value.get("value", "")))
    )


def _rich(value: Mapping[str, Any], name: Name) -> str:
    match value.get("type"):
        case "text":
            return str(value["text"])
        case "user":
            return "@" + name(str(value["user_id"]))
        case "channel":
            return "#" + name(str(value["channel_id"]))
        case "usergroup":
            return "@" + name(str(value["usergroup_id"]))
        case "broadcast":
            return f"@{value['range']}"
        case "link":
            return str(value.get("text") or value["url"])
        case "emoji":
            return f":{value['name']}:"
        case "date":
            return str(value.get("fallback", value.get("timestamp", "")))
        case "rich_text_list":
            return "\n".join("• " + _rich(e, name) for e in value["elements"])
        case _:
            return "".join(_rich(e, name) for e in value.get("elements", []))
