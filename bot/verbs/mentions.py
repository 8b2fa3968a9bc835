"""Whose accounts a message in Slack names: addresses and mentions, in its text and in its blocks. Pure.

Source: Slack, "Formatting text for app surfaces" and "Rich text block".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

from bot.people.meant import Address, Mention

LONGEST: Final = 20_000
"""How many characters of a message are read; Slack's own limit for a text is 40,000."""

_MOST_TEXTS: Final = 500
_DEEPEST: Final = 20
_LOCAL = r"[A-Za-z0-9._%+'-]"
_NAMED = re.compile(
    r"<@(?P<user>[UW][A-Z0-9]+)(?:\|[^<>]*)?>"
    rf"|(?<!{_LOCAL})(?P<address>{_LOCAL}{{1,64}}@(?:[A-Za-z0-9-]{{1,63}}\.)+[A-Za-z0-9-]{{2,63}})"
)
"""Bounded and anchored, so that no text makes the search slow; ``mailto:`` ends where an address begins."""


def named_in(message: Mapping[str, Any]) -> tuple[Address | Mention, ...]:
    """Give everyone whom a message names, each once, in the order of their first mention."""
    found: dict[Address | Mention, None] = {}
    left = LONGEST
    for text in islice(_texts(message), _MOST_TEXTS):
        for match in _NAMED.finditer(text[:left]):
            user, address = match["user"], match["address"]
            found[Mention(user) if user else Address(address.casefold().lstrip(".'-"))] = None
        left -= len(text)
        if left <= 0:
            break
    return tuple(found)


def _texts(value: Any, depth: int = 0) -> Iterator[str]:
    """Give every text in a message: its own, those of its blocks, and those of what is attached."""
    if depth > _DEEPEST:
        return
    if isinstance(value, Mapping):
        if value.get("type") == "user" and isinstance(value.get("user_id"), str):
            yield f"<@{value['user_id']}>"
        for name in ("pretext", "title", "text", "url", "value", "fallback", "fields"):
            yield from _inside(value.get(name), depth)
        for name in ("blocks", "elements", "attachments"):
            yield from _inside(value.get(name), depth)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, depth + 1)


def _inside(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    else:
        yield from _texts(value, depth + 1)
