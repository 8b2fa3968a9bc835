"""Text that is neither JSON nor a table: what it is, and records that stand at the end of its lines."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import IO, Any, Final

from graph.audit_log.limits import LONGEST_ROW, RAW_KEPT
from graph.audit_log.pieces import as_mapping, plain_name
from graph.audit_log.shown import literal
from graph.audit_log.texts import Lines, TooLong
from graph.audit_log.values import NO_OBJECT, Found

_LOOKED_AT: Final = 20
"""Lines of the beginning that tell what a file is."""

_TOO_LONG: Final = "This line is longer than any record and was skipped."
_LIST: Final = re.compile(r"\w[\w .]*? +: ")
_FIELD: Final = re.compile(r"(\w[\w .]{0,79}?) ++: ?(.*)", re.DOTALL)
_EVENT: Final = re.compile(r"[^\n{]{0,300}?\b(CEF|LEEF):\s*\d(?:\.\d)?\|")
_EVENTS: Final = {"CEF": "ArcSight's Common Event Format", "LEEF": "QRadar's Log Event Extended Format"}
_NOTES: Final = re.compile(r"(?:(?://|#)[^\n]*+\n\s*+|/\*[^*]*+\*++(?:[^/*][^*]*+\*++)*/\s*+)+(?=[\[{])")
_MAIL: Final = re.compile(
    r"(?:[A-Za-z][\w-]{1,60}: ?[^\n]*\n(?:[ \t][^\n]*\n)*){0,200}?MIME-Version: ?1\.0", re.IGNORECASE
)
"""The head of a message (RFC 5322, RFC 2045): fields, of which one says how it is written."""

_HTTP: Final = re.compile(
    r"HTTP/\d(?:\.\d)? \d{3}[^\n]{0,100}\n(?:[A-Za-z][\w-]{1,60}: ?[^\n]{0,8000}\n){0,100}\r?\n\s*+(?=[\[{])"
)
"""The head of a response (RFC 9110), which curl -i and other tools keep above the body."""

_LISTED: Final = 3
_BLOCKS: Final = 5
"""Blocks of a list in which it is looked for a record."""

_NAME: Final = re.compile(r"[\w@*.$\ufeff][\w @*.$:/%&?'()\[\]{}#+-]{0,79}")
_WORDS: Final = 7
_NO_ARRAY: Final = re.compile(
    r"\[[\s\[]*(?:(?![\s\[\]{\"\d-]|true\b|false\b|null\b).|-?[\d.]+\s*\]\s*[^\s,\]\[{])", re.DOTALL
)
"""A bracket before what is no JSON value, or a number in brackets before words."""
_LIKE: Final = 0.8
"""The part of a heading's cells that have to look like names."""

WEB_PAGE: Final = "This is a web page, not a log; a sign-in page may have been saved in place of the export."
XML: Final = "This is XML, which is not read; export the log as CSV or JSON."
FORMAT_LIST: Final = (
    "This is a list as PowerShell shows it, in which values are cut off; export with Export-Csv or with"
    " ConvertTo-Json -Depth 10."
)
EVENTS: Final = (
    "These are events in {name}, which has only some of a record's fields; export the records as they came,"
    " or from Purview."
)
MAIL: Final = "This is a message or a page saved as one; save its attachment, and use that."
TEXT: Final = "This is text, not a log: it holds neither JSON nor a table with a heading."


def foreign(begin: str) -> str:
    """Say what a file is that holds no records, by its beginning without blanks; "" where it may be a log."""
    low = begin[:512].lower()
    if low.startswith(("<!doctype html", "<html")):
        return WEB_PAGE
    if low.startswith(("<?xml", "<objs", "<event")):
        return XML
    if _MAIL.match(begin):
        return MAIL
    if event := _EVENT.match(begin):
        return EVENTS.format(name=_EVENTS[event[1]])
    lines = [line for line in begin.splitlines()[:_LOOKED_AT] if line.strip()]
    if len(lines) >= _LISTED and all(_LIST.match(line) for line in lines[:_LISTED]):
        return FORMAT_LIST
    return ""


def notes_above_json(begin: str) -> str | None:
    """Give what follows notes or a response's head above JSON, which some tools write; None without any.

    The lines of the notes stay as blank ones, so that what follows keeps its number.
    """
    notes = _NOTES.match(begin) or _HTTP.match(begin)
    return None if notes is None else "\n" * notes[0].count("\n") + begin[notes.end() :]


def is_bracketed(begin: str) -> bool:
    """Say whether text that begins with a bracket is no JSON: a section of settings, a note."""
    return _NO_ARRAY.match(begin) is not None and '{"' not in begin


def names_fields(names: list[str], *, above_records: bool = False) -> bool:
    """Say whether a line may be the heading of a table: names, and no sentences and no program.

    One name alone is a heading only where it is AuditData, or where a row with an object follows.
    """
    plain = [name for name in names if name.strip()]
    like = sum(
        _NAME.fullmatch(name.strip()) is not None and ": " not in name and len(name.split()) <= _WORDS
        for name in plain
    )
    alone = len(names) == 1 and plain_name(names[0]) != "auditdata" and not above_records
    if not plain or alone or plain[-1].rstrip().endswith((".", "!", "?", ":")):
        return False
    return like >= _LIKE * len(plain)


def holds_list(begin: str, is_record: Callable[[Mapping[str, Any]], bool]) -> bool:
    """Say whether the beginning is a list as PowerShell shows it that has records whole, as JSON."""
    lines = Lines(begin, io.StringIO(), LONGEST_ROW)
    for _, text, block in islice(_blocks(lines), _BLOCKS):
        if not text and len(block) >= _LISTED and any(map(as_mapping, block.values())):
            return is_record(block)
    return False


def listed(stream: IO[str], start: str) -> Iterator[Found]:
    """Yield the objects of a list as PowerShell's Format-List shows it; words before the first are none."""
    begun = False
    for number, text, block in _blocks(Lines(start, stream, LONGEST_ROW)):
        if text == _TOO_LONG:
            yield number, "", text
        elif text:
            if begun:
                yield number, text[:RAW_KEPT], NO_OBJECT
        else:
            begun = True
            yield number, "", block


def _blocks(lines: Lines) -> Iterator[tuple[int, str, dict[str, str]]]:
    """Yield each block of a list with its first line: its fields, or its text where it has none.

    Blank lines part blocks, and so does a name that comes again. Format-List goes on with a long value in the
    next lines, below where it begins: at a blank, or where the line is full.
    """
    block: dict[str, list[str]] = {}
    full = 0
    first, column, size, words = 0, 0, 0, ""
    pieces: list[str] | None = None
    for line in lines:
        plain = line.rstrip("\r\n")
        found = _FIELD.fullmatch(plain)
        blank = not plain.strip()
        if (block or words) and (blank or (found is not None and (words or found[1] in block))):
            yield first, words, _joined(block, full)
            block, pieces, size, words = {}, None, 0, ""
        if blank:
            continue
        if not block and not words:
            first = lines.count
        size += len(plain)
        if isinstance(line, TooLong) or size > LONGEST_ROW:
            yield first, _TOO_LONG, {}
            block, pieces, size, words = {}, None, 0, ""
        elif found is not None:
            pieces, column = [found[2]], found.start(2)
            block[found[1]] = pieces
        elif pieces is not None and plain.startswith("  "):
            indent = len(plain) - len(plain.lstrip(" "))
            full = max(full, len(pieces[-1]))
            pieces.append(plain[min(column, indent) :])
        else:
            words = words or plain
            block, pieces = {}, None
    if block or words:
        yield first, words, _joined(block, full)


def _joined(block: Mapping[str, list[str]], full: int) -> dict[str, str]:
    """Join the lines of each value; `full` is how long the longest was so far, in letters of a value."""
    return {name: _unwrapped(pieces, full) for name, pieces in block.items()}


def _unwrapped(pieces: list[str], full: int) -> str:
    """Join the lines of a value, with the blank again that programs strip where a line ended at one."""
    if len(pieces) == 1:
        return pieces[0]
    *lines, last = pieces
    longest = max(full, *map(len, lines))
    return "".join(one + " " * (len(one) < longest and one[-1:] != " ") for one in lines) + last


def holds_records(begin: str, is_record: Callable[[Mapping[str, Any]], bool]) -> bool:
    """Say whether lines of the beginning end in a record, as a syslog's do, or one stands on each of them."""
    for line in begin.splitlines()[:_LOOKED_AT]:
        value = _at_the_end(line)
        if value is not None:
            return is_record(value)
    return False


def records(stream: IO[str], start: str) -> Iterator[Found]:
    """Yield the record at the end of each line; lines before the first one are a heading."""
    lines = Lines(start, stream, LONGEST_ROW)
    begun = False
    for line in lines:
        if isinstance(line, TooLong):
            yield lines.count, line, _TOO_LONG
            continue
        value = _at_the_end(line)
        begun = begun or value is not None
        if value is not None:
            yield lines.count, "", value
        elif begun and line.strip():
            yield lines.count, line[:RAW_KEPT], NO_OBJECT


def literals(stream: IO[str], start: str) -> Iterator[Found]:
    """Yield the objects of lines as Python shows them, one or a list of them on each."""
    lines = Lines(start, stream, LONGEST_ROW)
    for line in lines:
        if not line.strip():
            continue
        value = literal(line)
        for one in value if isinstance(value, list) else (value,):
            good = isinstance(one, dict) and all(isinstance(name, str) for name in one)
            yield (lines.count, "", one) if good else (lines.count, line[:RAW_KEPT], NO_OBJECT)


def _at_the_end(line: str) -> Mapping[str, Any] | None:
    at = line.find('{"')
    if at < 0:
        return None
    try:
        value = json.loads(line[at:], strict=False)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
