"""The readable text of a message body. Pure; the standard library's HTML parser does the work."""

from __future__ import annotations

import re
from html.parser import HTMLParser

HEAD = 4_000
TAIL = 1_000
"""How much of a long text is kept: its beginning, and its end, where signatures are."""

_SILENT = frozenset({"script", "style", "head", "title", "template"})
_BREAKS = frozenset({"br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "table", "blockquote", "hr"})
_BLANKS = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        if tag in _BREAKS:
            self.parts.append("\n")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BREAKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT and self._silent:
            self._silent -= 1
        if tag in _BREAKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(_BLANKS.sub(" ", data.replace("\n", " ")))


def plain(content: str, content_type: str) -> str:
    """Give a body as text, without mark-up and surplus blanks, shortened in its middle when it is long."""
    text = content
    if content_type.casefold() == "html":
        reader = _Reader()
        reader.feed(content)
        reader.close()
        text = "".join(reader.parts)
    text = _LINES.sub("\n", _BLANKS.sub(" ", text)).strip()
    if len(text) <= HEAD + TAIL:
        return text
    return f"{text[:HEAD]}\n…\n{text[-TAIL:]}"
