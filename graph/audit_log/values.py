"""JSON as exports hold it: objects in arrays, in pages, one a line, or simply one after the other.

Arrays and pages are entered wherever they stand, so that blobs and pages saved into one file are read whole.
What is no object is given back as what could not be read: nothing is passed over without a word.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import IO, Any, Final, TypeAlias

from graph.audit_log.forms.batches import records_in
from graph.audit_log.limits import CHUNK, LONGEST_VALUE, RAW_KEPT
from graph.audit_log.texts import Notes

Found: TypeAlias = tuple[int, str, Mapping[str, Any] | str]
"""One piece of a file: its line, its text ("" when it was read), and the object, or why there is none."""

NO_OBJECT: Final = "This is not a JSON object."
_TOO_LONG: Final = "This is longer than any record and was skipped."
# Possessive in every class of characters: a million blanks must be passed once, not once from each of them.
# No group is: before 3.11.5 Python matches those wrong (Debian 12 has 3.11.2). Source: CPython, gh-106052.
_TEXT: Final = r'[^"\\]*+(?:\\.[^"\\]*+)*'
_MEMBER: Final = r'\s*+"[^"]*+"\s*+:\s*+(?:"' + _TEXT + r'"|-?[\d.]++|true|false|null)'
PAGE: Final = re.compile(
    r"\{(?:" + _MEMBER + r"\s*+,)*"
    r'\s*+"(?:value|records|Records|data|results)"\s*+:\s*+\[(?=\s*+[\{\]]|\s*+\Z)'
)
_NAMED: Final = re.compile('"(' + _TEXT + r')"\s*+:\s*+')
_NEXT_LINK: Final = re.compile(r'"(?:@odata\.nextLink|odata\.nextLink|nextLink)"\s*+:\s*+"')
_AFTER_BROKEN: Final = re.compile(r"\}\s*+,?+\s*+(?=\{)|\n[ \t\r]*+(?=[\{\[])")
_AFTER_NONSENSE: Final = re.compile(r'(?=\{\s*+")|(?=\[\s*+\{)|\n[ \t\r]*+(?=[\{\[])')
_BLANK: Final = frozenset(" \t\r\n,]}\ufeff")
_OF_A_PAGE: Final = frozenset(
    {
        "meta",
        "metadata",
        "_meta",
        "page",
        "paging",
        "pagination",
        "links",
        "_links",
        "stats",
        "statistics",
        "_shards",
    }
)
_ASIDE: Final = 3
_FEW: Final = 20
_OF_A_RECORD: Final = frozenset(
    {"operation", "creationtime", "auditdata", "createddatetime", "activitydatetime"}
)
_CUT: Final = "The file is truncated: it ends before its array does."
_NEXT_PAGE: Final = "its last page names another one, which is not in it"


class _Buffer:
    """What was read of a stream and not yet used."""

    def __init__(self, stream: IO[str], start: str) -> None:
        self._stream = stream
        self.text = start
        self.at = 0
        self.line = 1
        self.depth = 0
        self.ended = False

    def pass_to(self, end: int) -> None:
        """Go on behind what was used."""
        self.line += self.text.count("\n", self.at, end)
        self.at = end
        if self.at > CHUNK:
            self.text, self.at = self.text[self.at :], 0

    def more(self, size: int = 0) -> bool:
        """Read on; say whether there was anything."""
        if self.ended:
            return False
        read = self._stream.read(max(size, CHUNK))
        self.ended = not read
        if read:
            self.text, self.at = self.text[self.at :] + read, 0
        return not self.ended


def values(stream: IO[str], start: str, notes: Notes) -> Iterator[Found]:
    """Yield the objects of a stream of JSON, and what stands between them and is none."""
    decoder = json.JSONDecoder(strict=False)
    buffer = _Buffer(stream, start)
    continued = known = False
    while True:
        text, at = buffer.text, buffer.at
        while at < len(text) and text[at] in _BLANK:
            if text[at] == "]":
                buffer.depth = max(0, buffer.depth - 1)
            at += 1
        buffer.pass_to(at)
        text, at = buffer.text, buffer.at
        if at >= len(text):
            if not buffer.more():
                break
            continue
        first = text[at]
        if first == "[":
            buffer.depth += 1
            buffer.pass_to(at + 1)
            continue
        if first in '{"' and len(text) - at < CHUNK // 2 and buffer.more():
            text, at = buffer.text, buffer.at
        if first == "{":
            if page := PAGE.match(text, at):
                continued = _NEXT_LINK.search(text, at, page.end()) is not None
                buffer.depth += 1
                buffer.pass_to(page.end())
                continue
        elif first == '"' and (named := _NAMED.match(text, at)) is not None:
            # What stands behind the records of a page.
            if text.startswith("[", named.end()) or PAGE.match(text, named.end()):
                buffer.pass_to(named.end())
                continue
            continued = continued or _NEXT_LINK.match(text, at) is not None
            known = named[1].lower() in _OF_A_PAGE
            at = named.end()
        begun = buffer.line
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as wrong:
            pos = getattr(wrong, "pos", len(text))
            cut = pos >= len(text) - 8 or "Unterminated" in str(wrong)
            is_long = len(text) - at >= LONGEST_VALUE
            if cut and not is_long and buffer.more(len(text) - at):
                continue
            broken = first in '{"'
            kept = _passed(buffer, _AFTER_BROKEN if broken else _AFTER_NONSENSE)
            yield begun, kept, _TOO_LONG if is_long and cut else NO_OBJECT
            continue
        if end == len(text) and first not in '{"' and buffer.more():
            continue  # a number may go on
        if at == buffer.at or (isinstance(value, dict) and not (known and _is_aside(value))):
            for one in records_in(value):
                yield (
                    begun,
                    "" if one is not None else str(value)[:RAW_KEPT],
                    NO_OBJECT if one is None else one,
                )
        buffer.pass_to(end)
    if buffer.depth:
        yield buffer.line, "", _CUT
    if continued:
        notes.incomplete.append(_NEXT_PAGE)


def _is_aside(value: Mapping[str, Any], depth: int = 0) -> bool:
    """Say whether an object behind a page's records tells of the page: few plain values, and not deep."""
    if depth >= _ASIDE or len(value) > _FEW or not _OF_A_RECORD.isdisjoint(map(str.lower, value)):
        return False
    return all(
        _is_aside(one, depth + 1) if isinstance(one, dict) else not isinstance(one, list) or not any(one)
        for one in value.values()
    )


def _passed(buffer: _Buffer, following: re.Pattern[str]) -> str:
    """Pass over what cannot be read, up to where something begins again; give its beginning."""
    kept = ""
    begin = buffer.at + 1
    while True:
        found = following.search(buffer.text, begin)
        end = found.end() if found else len(buffer.text)
        if len(kept) < RAW_KEPT:
            kept += buffer.text[buffer.at : end][: RAW_KEPT - len(kept)]
        if found:
            buffer.pass_to(end)
            return kept.strip()
        # Where a record begins may lie across two readings: the last line is looked at once more.
        last = buffer.text.rfind("\n", max(buffer.at + 1, len(buffer.text) - 64))
        buffer.pass_to(last if last > 0 else end)
        begin = buffer.at
        if not buffer.more():
            buffer.pass_to(len(buffer.text))
            return kept.strip()
        begin = buffer.at
