"""Slack's limits in one place, and `fit`, which every message passes on its way out.

An incident must never fail because a message is too long: what does not fit is cut, and the message says so.
Source: Slack, "Block Kit reference"; the limit on all blocks of a message together is not documented, Slack
refuses somewhere above 13,200 characters with `msg_blocks_too_long`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.messages import Block, Message

BLOCKS = 50
ALL_BLOCKS_CHARACTERS = 13_000
MESSAGE_TEXT = 4_000
SECTION_TEXT = 3_000
FIELDS = 10
FIELD_TEXT = 2_000
HEADER_TEXT = 150
CONTEXT_ELEMENTS = 10
CONTEXT_TEXT = 2_000
ACTIONS = 25
BUTTON_TEXT = 75

_HINT = "see the file in the thread"


def fit(message: Message, *, hint: str = _HINT) -> Message:
    """Make a message that Slack takes. What went is counted in a last line, with `hint` where to find it.

    Buttons are never dropped, they are what the message is for; nor is the small print in the last line.
    """
    blocks = [_fit_block(block) for block in message.blocks if not _is_empty(block)]
    text = cut_mrkdwn(message.text, MESSAGE_TEXT)
    if _fits(blocks):
        return Message(text=text, blocks=tuple(blocks))
    keep = [block for block in blocks if block["type"] == "actions"][:5]
    body = [block for block in blocks if block["type"] != "actions"]
    if len(body) > 1 and body[-1]["type"] == "context":
        keep.append(body.pop())
    kept = list(body)
    while kept and not _fits([*kept, _more(len(body) - len(kept), hint), *keep]):
        kept.pop()
    if not kept and body:
        kept = [_shrink(body[0])]
    return Message(text=text, blocks=(*kept, _more(len(body) - len(kept), hint), *keep))


def pack(blocks: Sequence[Block], text: str) -> list[Message]:
    """Spread blocks over as few messages as the limits allow, in order; each carries the same `text`."""
    messages: list[Message] = []
    page: list[Block] = []
    for block in blocks:
        fitting = _fit_block(block)
        if page and not _fits([*page, fitting]):
            messages.append(Message(text=text, blocks=tuple(page)))
            page = []
        page.append(fitting)
    if page:
        messages.append(Message(text=text, blocks=tuple(page)))
    return messages


def cut_mrkdwn(text: str, limit: int) -> str:
    """Shorten mrkdwn without cutting through an entity (``&amp;``) or a token (``<!date^…>``)."""
    if len(text) <= limit:
        return text
    short = text[: limit - 1]
    for opening, closing in (("<", ">"), ("&", ";")):
        begin = short.rfind(opening)
        if begin > short.rfind(closing):
            short = short[:begin]
    return short.rstrip() + "…"


def characters(blocks: Sequence[Block]) -> int:
    """How long the blocks are as JSON, every character beyond ASCII spelled out: the longer way to count."""
    return len(json.dumps([dict(block) for block in blocks]))


def _fits(blocks: Sequence[Block]) -> bool:
    return len(blocks) <= BLOCKS and characters(blocks) <= ALL_BLOCKS_CHARACTERS


def _is_empty(block: Block) -> bool:
    return block["type"] in {"actions", "context", "rich_text"} and not block.get("elements")


def _more(count: int, hint: str) -> Block:
    text = f"… {count} more, {hint}" if count else f"… shortened, {hint}"
    return {"type": "context", "elements": [{"type": "plain_text", "text": text}]}


def _fit_text(value: Mapping[str, Any], limit: int) -> dict[str, Any]:
    text = str(value["text"])
    if value["type"] == "mrkdwn":
        return {**value, "text": cut_mrkdwn(text, limit) or " "}
    return {**value, "text": (text if len(text) <= limit else text[: limit - 1] + "…") or " "}


def _fit_block(block: Block) -> dict[str, Any]:
    fitted = dict(block)
    match block["type"]:
        case "header":
            fitted["text"] = _fit_text(block["text"], HEADER_TEXT)
        case "section":
            if "text" in block:
                fitted["text"] = _fit_text(block["text"], SECTION_TEXT)
            if "fields" in block:
                fitted["fields"] = [_fit_text(field, FIELD_TEXT) for field in block["fields"][:FIELDS]]
        case "context":
            fitted["elements"] = [
                _fit_text(element, CONTEXT_TEXT) if "text" in element else element
                for element in block["elements"][:CONTEXT_ELEMENTS]
            ]
        case "actions":
            fitted["elements"] = [_fit_element(element) for element in block["elements"][:ACTIONS]]
        case _:
            pass
    return fitted


def _fit_element(element: Mapping[str, Any]) -> dict[str, Any]:
    if element["type"] != "button":
        return dict(element)
    return {**element, "text": _fit_text(element["text"], BUTTON_TEXT)}


def _shrink(block: Block) -> dict[str, Any]:
    """One block that alone is too long: only its plainest part is kept."""
    said = " ".join(_texts_in(block))
    return {"type": "section", "text": {"type": "plain_text", "text": said[:1_000] + "…"}}


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key == "text" and isinstance(inner, str):
                yield inner
            else:
                yield from _texts_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts_in(inner)
