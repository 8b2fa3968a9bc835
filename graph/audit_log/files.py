"""Exported logs, read as streams: the form is recognised by what is in the file, never by its name.

Known are CSV (PowerShell, the portals, Extractor, Log Analytics), JSON arrays, JSON lines, one JSON object
after the other, and Graph's pages with a ``value``; each in UTF-8 or UTF-16, with or without byte order mark,
also gzipped. Nothing is kept but one record at a time and a bounded memory of the ids seen.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, Final, TypeAlias

from graph.audit_log import (
    clixml,
    directory_audit,
    forms,
    graph_query,
    listed_rules,
    management_api,
    plain,
    risk,
    search_rows,
    sign_in,
    tables,
    texts,
    traced,
    wrapped,
)
from graph.audit_log.forms.batches import records_in
from graph.audit_log.limits import CHUNK, RAW_KEPT
from graph.audit_log.listed_rules import ListedRule
from graph.audit_log.pieces import CONTENT, plain_name
from graph.audit_log.record import AuditRecord
from graph.audit_log.shown import is_literal
from graph.audit_log.texts import Notes
from graph.audit_log.traced import Traced
from graph.audit_log.values import PAGE, Found, values
from graph.audit_log.wrapped import Inside
from graph.errors import UnknownForm, UnreadableRecord
from graph.resources.sign_ins import RiskDetection, SignIn

REMEMBERED_IDS: Final = 200_000
"""How many of the latest ids are remembered; repeats in exports lie close together."""

_NEVER: Final = datetime(1, 1, 1, tzinfo=UTC)
_NOTHING: Final = " \t\r\n\0\ufeff"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that could not be read.

    Attributes:
        file: The file's path as given.
        line: The line on which it begins, counted from 1.
        reason: Why, in one sentence.
        raw: Its text, at most the first 10,000 characters.
        count: How many records it stands for: itself, or all further ones of the same reason.
    """

    file: str
    line: int
    reason: str
    raw: str
    count: int = 1


Entry: TypeAlias = AuditRecord | SignIn | RiskDetection | Traced | ListedRule


def read(path: Path) -> Iterator[Entry | Unreadable]:
    """Yield every record of one exported log, each once.

    Records that differ only in being repeated are left out; what shares no more than its id is no repeat,
    because some exports replace ids.

    Raises:
        OSError: when the file cannot be opened or read.
    """
    seen = _Seen()
    for line, text, raw in objects(path):
        if isinstance(raw, str):
            yield Unreadable(file=str(path), line=line, reason=raw, raw=text[:RAW_KEPT])
            continue
        try:
            found = [entry_of(raw)]
        except UnreadableRecord as wrong:
            held = inside(raw, wrong)
            for none, why in held.unread:
                kept = text or json.dumps(none, ensure_ascii=False, default=str)
                yield Unreadable(file=str(path), line=line, reason=why, raw=kept[:RAW_KEPT])
            found = [entry_of(one) for one in held.records]
        for entry in found:
            if seen.first_time(_exact(entry)):
                yield entry


def inside(raw: Mapping[str, Any], wrong: UnreadableRecord) -> Inside:
    """Look for records inside of an object that could not be read; only where no form is known for it."""
    found = wrapped.search(raw, _whole) if isinstance(wrong, UnknownForm) else Inside()
    if not found.records and not found.unread:
        found.unread.append((raw, wrong.sentence))
    return found


def _whole(raw: Mapping[str, Any]) -> tuple[tuple[str, datetime, str], tuple[datetime, str, str], bool]:
    """Read a record that stands somewhere inside; nothing is made of one that does not say whose it is."""
    keys = tuple(raw)
    if not _may_be_one(keys):
        raise UnknownForm(_unlike(keys))
    entry = entry_of(raw)
    if isinstance(entry, AuditRecord):
        who = entry.actor
    elif isinstance(entry, Traced):
        who = entry.sender
    elif isinstance(entry, ListedRule):
        who = entry.owner
    elif isinstance(entry, SignIn):
        who = entry.user_principal_name or entry.user_id
    else:
        who = entry.user_principal_name
    if not who:
        raise UnknownForm("The record does not say whose it is.")
    key = _key(entry)
    return key, (key[1], key[2], who), not key[0].startswith(CONTENT)


_TELLING: Final = frozenset(
    {"operation", "auditdata", "riskeventtype", "activitydisplayname", "initiatedby", "category", "type",
     "createddatetime", "senderaddress", "event", "message", "o365", "_source", "_raw", "listedfor",
     "resulttype"}
)  # fmt: skip
"""Names of which a record has one, in whatever form: without any, it need not be asked what it is."""


_READ: Final = frozenset(
    {"operation", "auditdata", "riskeventtype", "activitydisplayname", "initiatedby", "category", "type",
     "createddatetime", "senderaddress", "listedfor", "resulttype"}
)  # fmt: skip
"""Names of which each reader of `_FORMS` asks for one."""


@lru_cache(maxsize=1024)
def _may_be_read(keys: tuple[str, ...]) -> bool:
    return not _READ.isdisjoint(map(plain_name, keys))


@lru_cache(maxsize=1024)
def _may_be_one(keys: tuple[str, ...]) -> bool:
    # Most objects in lines of other products are not: to ask every reader took four times as long.
    names = {plain_name(key) for key in keys}
    return not _TELLING.isdisjoint(names) or bool(forms.label_of(dict.fromkeys(keys)))


def entry_of(raw: Mapping[str, Any]) -> Entry:
    """Bring one record of any known form into its normal form.

    Raises:
        UnreadableRecord: when no form is recognised, or the form's reader cannot read it.
    """
    return entry_of_opened(opened(raw))


def entry_of_opened(raw: Mapping[str, Any]) -> Entry:
    """Bring a record that was taken out of its frames into its normal form.

    Raises:
        UnreadableRecord: as `entry_of` does.
    """
    keys = tuple(raw)
    if not _may_be_read(keys):
        raise UnknownForm(_unlike(keys))
    for is_one, parse in _FORMS:
        if is_one(raw):
            return parse(raw)
    raise UnknownForm(_unlike(keys))


def opened(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Take a record out of every frame that a collector or a tool put around it.

    Raises:
        UnreadableRecord: when the form is known and nothing is read from it.
    """
    return management_api.opened(forms.opened(raw))


_FORMS: Final[
    tuple[tuple[Callable[[Mapping[str, Any]], bool], Callable[[Mapping[str, Any]], Entry]], ...]
] = (
    (graph_query.is_one, graph_query.parse),
    (search_rows.is_one, search_rows.parse),
    (risk.is_one, risk.parse),
    (directory_audit.is_one, directory_audit.parse),
    (management_api.is_one, management_api.parse),
    (sign_in.is_one, sign_in.parse),
    (traced.is_one, traced.parse),
    (listed_rules.is_one, listed_rules.parse),
)

OWN: Final[Mapping[str, tuple[frozenset[str], str]]] = {
    "unified audit log": (management_api.COLUMNS, management_api.URL),
    "audit log search": (search_rows.COLUMNS, search_rows.URL),
    "Graph audit search": (graph_query.COLUMNS, graph_query.URL),
    "sign-in log": (sign_in.COLUMNS, sign_in.URL),
    "Entra audit log": (directory_audit.COLUMNS, directory_audit.URL),
    "risk detections": (risk.COLUMNS, risk.URL),
}
"""Microsoft's own forms by what they are called, with their usual fields and where these are described."""

_NAMED: Final = 4
_NEAR: Final = 0.3
"""What part of a form's usual fields has to be there for it to be called the nearest."""


@lru_cache(maxsize=256)
def _unlike(keys: tuple[str, ...]) -> str:
    """Say what a record without a known form is nearest to, and what it lacks for that."""
    names = frozenset(plain_name(str(key)) for key in keys)
    known = {forms.title_of(form): form.COLUMNS for form in forms.FORMS}
    known |= {title: columns for title, (columns, _) in OWN.items()}
    near = max(known, key=lambda title: len(names & known[title]) / len(known[title]))
    shared, columns = names & known[near], known[near]
    if len(shared) < 2 or len(shared) / len(columns) < _NEAR:
        fields = ", ".join(sorted(names)[:_NAMED]) + (", …" if len(names) > _NAMED else "")
        return f"The record has no known format; its fields are {fields or 'none'}."
    absent = sorted(columns - shared)
    more = f" and {len(absent) - _NAMED} more" if len(absent) > _NAMED else ""
    return (
        f"The record has no known format. The nearest is {near}, with {len(shared)} of its"
        f" {len(columns)} usual fields; missing are {', '.join(absent[:_NAMED])}{more}."
    )


_KINDS: Final[tuple[tuple[Callable[[Mapping[str, Any]], bool], str], ...]] = (
    (graph_query.is_one, "Graph audit search"),
    (search_rows.is_one, "audit log search"),
    (risk.is_one, "risk detections"),
    (directory_audit.is_one, "Entra audit log"),
    (sign_in.is_one, "sign-in log"),
)


def kind_of(raw: Mapping[str, Any]) -> str:
    """Say what a record that could be read is called to people: by its outermost frame."""
    if form := forms.label_of(raw):
        return form
    return next((name for is_one, name in _KINDS if is_one(raw)), "unified audit log")


def objects(path: Path, notes: Notes | None = None) -> Iterator[Found]:
    """Yield the JSON objects or table rows of a file with their lines, or why one cannot be read.

    A compressed file that is cut off or damaged gives what comes before, and then a piece that says so.

    Args:
        path: The file.
        notes: Where what is to be said of the file beside its records is written down.

    Raises:
        OSError: when the file cannot be opened or read.
    """
    said = notes if notes is not None else Notes()
    line = 0
    with texts.opened(path, said) as stream:
        start = stream.read(CHUNK)
        begin = start.lstrip(_NOTHING)
        newline = None if "\r" in begin and "\n" not in begin else ""  # as old Macs end lines
        if is_literal(begin):
            found = plain.literals(stream, start)
        elif begin.startswith(("[", "{")) and not plain.is_bracketed(begin):
            found = values(stream, start, said)
        elif not begin:
            found = _nothing(stream)
        elif clixml.is_one(begin):
            found = clixml.records(stream, start.lstrip(_NOTHING))
        elif (noted := plain.notes_above_json(begin)) is not None:
            found = values(stream, noted, said)
        elif plain.holds_list(begin, _is_record):
            found = plain.listed(stream, start)
        elif plain.holds_records(begin, _is_record):
            found = plain.records(stream, start)
        elif what := plain.TEXT if begin.startswith("[") else plain.foreign(begin):
            found = iter([(1, begin[:RAW_KEPT], what)])
        else:
            found = _table(path, said, newline)
        for one in found:
            line = one[0]
            yield one
    if said.cut:
        yield line + 1, "", said.cut


def _table(path: Path, said: Notes, newline: str | None) -> Iterator[Found]:
    """Read a table twice: once for how its dates are written, and once for its rows."""
    with texts.opened(path, Notes(), newline) as stream:
        dates = tables.decided(stream, stream.read(CHUNK), said)
    with texts.opened(path, Notes(), newline) as stream:
        yield from tables.rows(stream, stream.read(CHUNK), dates, said)


def _is_record(value: Mapping[str, Any]) -> bool:
    try:
        entry_of(value)
    except UnreadableRecord as wrong:
        return bool(inside(value, wrong).records)
    return True


def _nothing(stream: IO[str]) -> Iterator[Found]:
    """Pass over a file that begins with nothing but blanks, and tell of what follows them."""
    blank = True
    while blank and (more := stream.read(CHUNK)):
        blank = not more.strip(_NOTHING)
    if not blank:
        yield 1, "", "The file begins with more than a million blank characters and was not read."


def is_lines(path: Path) -> bool:
    """Say whether a file is plain UTF-8 JSON lines, which may be cut at any line end and read in parts."""
    with path.open("rb") as stream:
        head = stream.read(CHUNK)
    first, newline, _ = head.removeprefix(codecs.BOM_UTF8).lstrip().partition(b"\n")
    if not first.startswith(b"{") or (not newline and len(head) == CHUNK):
        return False
    try:
        text = first.decode()
        value = json.loads(text)
        return PAGE.match(text) is None and isinstance(value, dict) and next(records_in(value), None) is value
    except (ValueError, RecursionError):
        return False


class _Seen:
    """Which of the latest keys came before: two generations, so that memory stays bounded."""

    def __init__(self, size: int = REMEMBERED_IDS) -> None:
        self._size = size // 2
        self._old: set[int] = set()
        self._new: set[int] = set()

    def first_time(self, key: tuple[str, datetime, str]) -> bool:
        number = hash(key)
        if number in self._new or number in self._old:
            return False
        self._new.add(number)
        if len(self._new) >= self._size:
            self._old, self._new = self._new, set()
        return True


def _key(entry: Entry) -> tuple[str, datetime, str]:
    if isinstance(entry, AuditRecord):
        return entry.id, entry.at, entry.operation
    if isinstance(entry, SignIn):
        return entry.id, entry.created_date_time, "sign-in"
    if isinstance(entry, Traced):
        first = entry.rows[0]
        to = " ".join(row.recipient_address for row in entry.rows)
        return first.message_id or first.id, first.received_date_time, to
    if isinstance(entry, ListedRule):
        return entry.id, _NEVER, entry.owner
    return entry.id, entry.detected_date_time or _NEVER, entry.risk_event_type


def _exact(entry: Entry) -> tuple[str, datetime, str]:
    """What tells an entry from every other of the same file, in which all have one form."""
    id_, at, what = _key(entry)
    if not isinstance(entry, AuditRecord):
        return id_, at, what
    items = (item.internet_message_id or item.id for item in entry.items)
    told = (what, entry.actor, entry.owner, entry.object_id, entry.address or "", *items)
    return id_, at, "\n".join((*told, *map("=".join, entry.parameters.items())))
