"""Slack's limits in one place, and `fit`, which every message passes on its way out.

An incident must never fail because a message is too long: what does not fit is cut, and the message says so.
Source: Slack, "Block Kit reference"; the limit on all blocks of a message together is not documented. Slack
refuses some above 13,200 characters of JSON, and some with 11,341 characters of text, as
`msg_blocks_too_long` (github.com/slackapi/bolt-js/issues/2509 and 2867). We stay below both, and whoever
posts takes what `shorter` gives where Slack refuses all the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from bot.messages import Block, Message

BLOCKS = 50
ALL_BLOCKS_CHARACTERS = 13_000
ALL_TEXTS_CHARACTERS = 10_000
MESSAGE_TEXT = 4_000
SECTION_TEXT = 3_000
FIELDS = 10
FIELD_TEXT = 2_000
HEADER_TEXT = 150
CONTEXT_ELEMENTS = 10
CONTEXT_TEXT = 2_000
ACTIONS = 25
BUTTON_TEXT = 75

_TABLES = frozenset({"table", "data_table"})
_SHORTEST = 1_000
_HINT = "see the file in the thread"
_LEFT_OUT: Final = "left_out:"
"""How the id begins of the block that says how many are gone; the number follows."""


def fit(message: Message, *, hint: str = _HINT, most: int = ALL_BLOCKS_CHARACTERS) -> Message:
    """Make a message that Slack takes. What went is counted in a last line, with `hint` where to find it.

    Buttons are never dropped, they are what the message is for; nor is the small print in the last line.
    `most` is how long the blocks may be as JSON, where that is less than usual.
    """
    blocks = [_fit_block(block) for block in message.blocks if not _is_empty(block)]
    text = cut_mrkdwn(message.text, MESSAGE_TEXT)
    simpler = fit(message.simpler, hint=hint, most=most) if message.simpler else None
    if fits(blocks, most):
        return Message(text=text, blocks=tuple(blocks), simpler=simpler)
    keep = [block for block in blocks if block["type"] == "actions"][:5]
    before = sum(map(_gone, blocks))
    body = [block for block in blocks if block["type"] != "actions" and not _gone(block)]
    if len(body) > 1 and body[-1]["type"] == "context":
        keep.append(body.pop())
    kept = list(body)
    while kept and not fits([*kept, _more(before + len(body) - len(kept), hint), *keep], most):
        kept.pop()
    if not kept and body:
        kept = [_shrink(body[0], most)]
    went = before + len(body) - len(kept)
    return Message(text=text, blocks=(*kept, _more(went, hint), *keep), simpler=simpler)


def shorter(message: Message, *, whole: bool = False) -> tuple[Message, ...]:
    """Make less of a message that Slack refused as too long; () where there is no less.

    One with blocks that a simpler form does without becomes that. One with buttons, or that has to stay
    `whole`, is cut; any other is split, and nothing of it goes.
    """
    if message.simpler is not None:
        return (message.simpler,)
    length = characters(message.blocks)
    if length < _SHORTEST:
        return ()
    middle = len(message.blocks) // 2
    if middle and not whole and not any(block["type"] == "actions" for block in message.blocks):
        halves = message.blocks[:middle], message.blocks[middle:]
        return tuple(Message(text=message.text, blocks=half) for half in halves)
    return (fit(message, most=length * 2 // 3),)


def pack(blocks: Sequence[Block], text: str) -> list[Message]:
    """Spread blocks over as few messages as the limits allow, in order; each carries the same `text`."""
    messages: list[Message] = []
    page: list[Block] = []
    for block in blocks:
        fitting = _fit_block(block)
        if page and not fits([*page, fitting]):
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
    """How long the blocks are as JSON, every character beyond ASCII spelled out: the longer way to count.

    The cells of a table count with their text only; else Slack's own limits for a table could not be used.
    """
    plain = [dict(block) for block in blocks if block["type"] not in _TABLES]
    return len(json.dumps(plain)) + text_characters([one for one in blocks if one["type"] in _TABLES])


def text_characters(blocks: Sequence[Block]) -> int:
    """How long all texts in the blocks are together, those in the cells of tables among them."""
    return sum(map(len, _texts_in(blocks)))


def fits(blocks: Sequence[Block], most: int = ALL_BLOCKS_CHARACTERS) -> bool:
    """Whether Slack takes these blocks as one message; `most` is how long they may be as JSON."""
    return (
        len(blocks) <= BLOCKS
        and characters(blocks) <= most
        and text_characters(blocks) <= ALL_TEXTS_CHARACTERS
    )


def _is_empty(block: Block) -> bool:
    return block["type"] in {"actions", "context", "rich_text"} and not block.get("elements")


def _more(count: int, hint: str) -> Block:
    text = f"… {count} more, {hint}" if count else f"… shortened, {hint}"
    elements = [{"type": "plain_text", "text": text}]
    return {"type": "context", "block_id": f"{_LEFT_OUT}{count}", "elements": elements}


def _gone(block: Block) -> int:
    """How many blocks this one says are gone; 0 for any other block."""
    id_ = str(block.get("block_id", ""))
    return int(id_.removeprefix(_LEFT_OUT)) if id_.startswith(_LEFT_OUT) else 0


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


def _shrink(block: Block, most: int) -> dict[str, Any]:
    """One block that alone is too long: only its plainest part is kept."""
    said = " ".join(_texts_in(block))
    return {"type": "section", "text": {"type": "plain_text", "text": said[: min(1_000, most // 3)] + "…"}}


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
