"""Pick, out of very large logs, the records that are worth a closer look, without reading the rest closely.

A log of an ordinary month is nearly all everyday work: mail read, files opened, tokens renewed. Those
records are told by a handful of fields, so only these are decoded; of each context (operation, account,
mailbox, address, program, and for sign-ins the day) the first few records are picked and the rest are
counted. Everything that is not everyday work is picked. What is picked is handed on as text; nothing else is
kept.
"""

from __future__ import annotations

import codecs
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import msgspec

from graph.addresses import address_of
from graph.audit_log import directory_audit, files, search_rows
from graph.audit_log.files import RAW_KEPT, Unreadable
from graph.audit_log.record import AuditRecord, UnreadableRecord, parse
from graph.audit_log.sign_in import LOGONS
from graph.resources.sign_ins import RiskDetection, SignIn
from graph.times import time_of

EVERYDAY: Final[Mapping[str, int]] = {
    # Pages, chats and reports: none of the symptoms rests on them.
    **dict.fromkeys(
        (
            "FileModified", "FileModifiedExtended", "FileUploaded", "FileCheckedIn", "FileCheckedOut",
            "FileRenamed", "FileMoved", "FileSyncUploadedFull", "FileSyncDownloadedPartial",
            "FileSyncUploadedPartial", "FileVisited", "PageViewed", "PageViewedExtended", "PagePrefetched",
            "ListViewed", "ListItemViewed", "ListUpdated", "ListItemUpdated", "ListItemCreated",
            "ListColumnUpdated", "FolderModified", "FolderCreated", "ClientViewSignaled", "SignInEvent",
            "SearchQueryPerformed", "MessageSent", "MessagesListed", "MessageRead", "MessageUpdated",
            "ChatRetrieved", "ChatUpdated", "MeetingParticipantDetail", "MeetingDetail",
            "TeamsSessionStarted", "ReactedToMessage", "ViewReport", "TIMailData", "MipLabel", "TaskRead",
            "SensitivityLabeledFileOpened", "TaskListRead", "DLPRuleMatch", "DlpRuleMatch",
        ),
        0,
    ),
    **dict.fromkeys(("FileAccessed", "FileAccessedExtended", "FilePreviewed", "FileCopied"), 2),
    **dict.fromkeys(("FileDownloaded", "FileSyncDownloadedFull", "FileDeleted", "FileRecycled"), 2),
    **dict.fromkeys(("Create", "Update"), 1),
    **dict.fromkeys(("MailItemsAccessed", "MailboxLogin"), 4),
    **dict.fromkeys(("Move", "Copy", "FolderBind"), 10),
    **dict.fromkeys(("Send", "SendAs", "SendOnBehalf"), 40),
    **dict.fromkeys(("MoveToDeletedItems", "SoftDelete", "HardDelete", "RecordDelete"), 40),
    "Update device": 1,
    "UserLoggedIn": 1,
    "UserLoginFailed": 3,
}  # fmt: skip
"""How many records of one context and day are picked while the context is new; 0 means none at all.

What is not listed is always picked.
"""

NEW_FOR: Final = 3
"""On how many days a context is new. Later its records are everyday ones, but for one sign-in a day."""

BURST: Final = range(30, 91)
"""Which records of one context and day are picked as well, new or not, where so many are no everyday work."""

BURSTING: Final = frozenset(
    {
        "FileDownloaded",
        "FileSyncDownloadedFull",
        "FileDeleted",
        "FileRecycled",
        "Send",
        "SendAs",
        "SendOnBehalf",
    }
    | {"MoveToDeletedItems", "SoftDelete", "HardDelete", "RecordDelete", "UserLoginFailed"}
)
"""The operations of which that is so."""

CONTEXTS: Final = 300_000
"""How many contexts are counted at a time; beyond that counting begins anew, and more is picked."""

UNREADABLE_KEPT: Final = 1_000
"""How many unreadable records of one part are kept; the rest are counted."""

_DAY_AT: Final = 24
_DAYS_AT: Final = 48
_LOW: Final = (1 << _DAY_AT) - 1
_ONE_DAY: Final = 1 << _DAYS_AT
_NEW_NO_MORE: Final = (NEW_FOR + 1) << _DAYS_AT

_BLOCK: Final = 1 << 19


class _Slim(msgspec.Struct, gc=False):
    """The fields that tell one everyday record from another, in AuditData's own names."""

    Operation: str = ""
    UserId: str = ""
    CreationTime: str = ""
    MailboxOwnerUPN: str = ""
    ClientIP: str | None = ""
    ClientIPAddress: str | None = ""
    ErrorNumber: str | int | None = ""
    UserKey: str | None = ""
    ExtendedProperties: msgspec.Raw = msgspec.Raw(b"")


class Picked(msgspec.Struct, frozen=True, gc=False):
    """One record worth a closer look: a structure of msgspec's, which is made in a fifth of the time.

    Attributes:
        kind: "audit", "directory", "sign-in" or "risk": which log it comes from; "burst" for a record of the
            unified log that was picked only because there are so many of its kind on that day.
        actor: Who acted, in comparable form.
        owner: The account acted on, "" where the record names none.
        failed_from: The address of a failed sign-in in the audit log, "" for everything else: the symptoms
            look for those of other accounts nowhere else.
        text: The record, as JSON of the form that `entry` reads.
    """

    kind: str
    actor: str
    owner: str
    failed_from: str
    text: bytes


@dataclass(slots=True)
class Tally:
    """What a scan saw beside what it picked.

    Attributes:
        lines: How many lines or rows.
        records: How many records.
        left_out: How many everyday records were counted and not picked, by operation.
        actors: Everybody who acted, in comparable form.
        ids: Directory ids and the sign-in names that the log shows for them.
        unreadable: Records that could not be read; their lines count from the beginning of the scanned part.
        further_unreadable: How many more there were.
    """

    lines: int = 0
    records: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    actors: set[str] = field(default_factory=set)
    ids: dict[str, str] = field(default_factory=dict)
    unreadable: list[Unreadable] = field(default_factory=list)
    further_unreadable: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a file: whole, or a range of bytes of JSON lines that begins and ends at line ends."""

    path: Path
    start: int = 0
    end: int = -1


def parts(path: Path, count: int) -> tuple[Part, ...]:
    """Cut a file of JSON lines into about equal parts; every other file stays whole.

    Raises:
        OSError: when the file cannot be read.
    """
    size = path.stat().st_size
    if not size or not files.is_lines(path):
        return (Part(path),)
    edges = [0]
    with path.open("rb") as stream:
        for number in range(1, count):
            stream.seek(max(edges[-1], size * number // count))
            stream.readline()
            edges.append(stream.tell())
    edges.append(size)
    return tuple(Part(path, one, two) for one, two in pairwise(edges) if two > one)


def scan(part: Part, pick: Callable[[Picked], None]) -> Tally:
    """Read one part, hand every record worth a closer look to `pick`, and give back what else was seen.

    Raises:
        OSError: when the file cannot be read.
    """
    scanner = _Scanner(part.path, pick)
    if part.end >= 0:
        scanner.lines(part)
    else:
        scanner.whole()
    scanner.tally.actors = {account_of(name) for name in scanner.tally.actors}
    return scanner.tally


def entry(picked_kind: str, text: bytes) -> AuditRecord | SignIn | RiskDetection:
    """Read a picked record closely.

    Raises:
        UnreadableRecord: when it turns out to be none.
    """
    raw = _decoded(text)
    return parse(raw) if picked_kind in {"audit", "burst"} else files.entry_of(raw)


def _decoded(text: bytes) -> Any:
    """Decode JSON; None when it is none.

    Half characters, which Microsoft cuts texts into, are let pass, and bytes that are no UTF-8 become
    replacement marks, as in `files`: one bad byte must not hide a record.
    """
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        try:
            return json.loads(text.decode(errors="replace"), strict=False)
        except (ValueError, RecursionError):
            return None


def _encoded(raw: Mapping[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(raw)
    except (UnicodeEncodeError, TypeError, RecursionError):
        return json.dumps(raw, default=str).encode()


@lru_cache(maxsize=16_384)  # two of every picked record, and always the same
def account_of(name: str) -> str:
    """Give an account's name in comparable form; half a character becomes a question mark."""
    plain = name.strip().encode(errors="replace").decode()
    return plain.lower() if "@" in plain else plain


class _Layout:
    """How one everyday operation is counted, and where its last record had its fields.

    The next record most likely has them at the same distances: to look there first takes a fifth of the time
    of searching for a field's name, and half of that of the whole scan.

    Attributes:
        user: From the operation to the user's field.
        time: From the operation back to the time's field.
        address: From the user's value to the address's field.
        address_field: The name that the address then has.
        owner: From the address's value to the mailbox owner's field.
        extended: From the address's value to the extended properties.
    """

    __slots__ = (
        "address", "address_field", "burst", "extended", "failed", "left_out", "logon", "mailbox", "most",
        "operation", "owner", "time", "user",
    )  # fmt: skip

    def __init__(self, name: str) -> None:
        self.operation = name.encode()
        self.most = EVERYDAY[name]
        self.logon = name in LOGONS
        self.failed = name == "UserLoginFailed"
        self.burst = name in BURSTING
        self.mailbox = not self.logon and not name.startswith(("File", "Update device"))
        self.left_out = 0
        self.user = self.time = self.address = self.owner = self.extended = 0
        self.address_field = _IP_ADDRESS


class Contexts:
    """Which contexts of everyday work have been seen, on how many days, and how often today."""

    def __init__(self) -> None:
        self.layouts = {name.encode(): _Layout(name) for name in EVERYDAY}
        self._seen: dict[int, int] = {}
        self._days: dict[bytes, int] = {}
        self._dated = _TIME
        self._day = 0
        self.bursting = False

    def keep(self, text: bytes) -> bool:
        """Say whether a record that another scan picked is still worth it after those given before.

        Each part of a file is scanned without knowledge of the others, and picks more than the whole would.
        """
        at = text.find(_OPERATION)
        if at < 0:
            return True
        at += _OPERATION_SIZE
        layout = self.layouts.get(text[at : text.find(_QUOTE, at)])
        user_at = text.find(_USER)
        if layout is None or user_at < 0:
            return True
        user_at += _USER_SIZE
        stop = text.find(_QUOTE, user_at)
        return not self.is_known(text, 0, len(text), at, stop, text[user_at:stop], layout)

    def is_known(  # noqa: PLR0917 - called once a record: naming seven arguments costs as much as the call
        self, block: bytes, start: int, end: int, at: int, stop: int, user: bytes, layout: _Layout
    ) -> bool:
        """Say whether enough records of this one's context were picked already.

        `bursting` then says whether it is picked only because there are so many.

        Args:
            block: What was read.
            start: Where in it the record begins.
            end: Where it ends.
            at: Where the operation's value begins.
            stop: Where the user's value ends.
            user: That value.
            layout: The operation's.
        """
        find = block.find
        startswith = block.startswith
        time_at = at + layout.time
        if time_at < start or not startswith(self._dated, time_at):
            time_at = find(_TIME, start, end)
            layout.time = time_at - at
            # The day goes with the field's name: as long as both are the same, one look tells.
            self._dated = block[time_at : time_at + _DATED_SIZE] if time_at >= 0 else _TIME
            self._day = self.number_of(self._dated)
        day = self._day
        field = layout.address_field
        where_at = stop + layout.address
        if not stop < where_at < end or not startswith(field, where_at):
            field = _IP if layout.logon else _IP_ADDRESS
            where_at = find(field, start, end)
            if where_at < 0:
                field = _IP
                where_at = find(field, start, end)
            layout.address_field = field
            layout.address = where_at - stop
        where = b""
        rest = stop
        if where_at >= 0:
            where_at += len(field)
            rest = find(_QUOTE, where_at, end)
            where = block[where_at:rest]
        if layout.logon:
            agent_at = rest + layout.extended
            if not start <= agent_at < end or not startswith(_EXTENDED, agent_at):
                agent_at = find(_EXTENDED, start, end)
                layout.extended = agent_at - rest
            agent = block[agent_at : find(b"]", agent_at, end)] if agent_at >= 0 else b""
            if not layout.failed:
                known = self.counted(hash((user, where, agent)), day, layout.most)
                return known and self.counted(hash((user, day)), day, 1)
            error_at = block.rfind(_ERROR, start, end)
            error_at += len(_ERROR)
            error = block[error_at : find(_QUOTE, error_at, end)] if error_at >= len(_ERROR) else b""
            return self.counted(hash((b"failed", user, where, error, agent)), day, layout.most, True)
        owner = b""
        if layout.mailbox:
            owner_at = rest + layout.owner
            if not start <= owner_at < end or not startswith(_OWNER, owner_at):
                owner_at = find(_OWNER, start, end)
                layout.owner = owner_at - rest
            if owner_at >= 0:
                owner_at += _OWNER_SIZE
                owner = block[owner_at : find(_QUOTE, owner_at, end)]
        return self.counted(hash((layout.operation, user, owner, where)), day, layout.most, layout.burst)

    def counted(self, key: int, day: int, most: int, burst: bool = False) -> bool:
        """Count one record of a context; say whether it need not be picked.

        A context is one number, (days seen, last day, records of that day): there are many of them, and to
        touch three small objects for each record took longer than all searching.
        """
        seen = self._seen
        self.bursting = False
        context = seen.get(key)
        if context is None:
            if len(seen) >= CONTEXTS:
                seen.clear()
            seen[key] = _ONE_DAY | day << _DAY_AT | 1
            return False
        if context >> _DAY_AT & _LOW == day:
            context += 1
        else:
            context = (context >> _DAYS_AT << _DAYS_AT) + _ONE_DAY | day << _DAY_AT | 1
        seen[key] = context
        today = context & _LOW
        if today <= most and context < _NEW_NO_MORE:
            return False
        self.bursting = burst and today in BURST
        return not self.bursting

    def number_of(self, day: bytes) -> int:
        """Give a day's number, the same for the same text."""
        if len(self._days) >= _LOW:
            self._days.clear()
        return self._days.setdefault(day, len(self._days))


class _Scanner:
    def __init__(self, path: Path, pick: Callable[[Picked], None]) -> None:
        self._path = path
        self._pick = pick
        self._contexts = Contexts()
        self._names: set[bytes] = set()
        self._left_out: Counter[bytes] = Counter()
        self.tally = Tally()

    # --- where records come from ---

    def lines(self, part: Part) -> None:
        """Read JSON lines of a plain file.

        Everyday records are told by a few markers found in the text, without decoding it: most records of a
        log need nothing more, and for the others the fields only choose which are picked. Every other line is
        decoded.
        """
        number = 0
        names = self._names
        contexts = self._contexts
        layouts = contexts.layouts
        is_known = contexts.is_known
        to_operation = 0
        for block, size in _blocks_of(part):
            find = block.find
            startswith = block.startswith
            start = 0
            while start < size:
                end = find(b"\n", start, size)
                if end < 0:
                    end = size
                number += 1
                counted = False
                at = start + to_operation
                if at >= end or not startswith(_OPERATION, at):
                    at = find(_OPERATION, start, end)
                    to_operation = at - start
                if at >= start:
                    at += _OPERATION_SIZE
                    operation = block[at : find(_QUOTE, at, end)]
                    layout = layouts.get(operation)
                    if layout is not None:
                        user_at = at + layout.user
                        if not start <= user_at < end or not startswith(_USER, user_at):
                            # Microsoft writes the user soon after the operation.
                            user_at = find(_USER, at, end)
                            if user_at < 0:
                                user_at = find(_USER, start, end)
                            layout.user = user_at - at
                        user_at += _USER_SIZE
                        stop = find(_QUOTE, user_at, end) if user_at >= _USER_SIZE else -1
                        if stop >= 0:
                            user = block[user_at:stop]
                            counted = layout.most > 0
                            if not counted:
                                names.add(user)
                            # Whose context is known was named when its first record was picked.
                            if not counted or is_known(block, start, end, at, stop, user, layout):
                                layout.left_out += 1
                                start = end + 1
                                continue
                    elif find(_SERVICE, at, end) >= 0:
                        # Microsoft's own upkeep, no sign of anything.
                        self._left_out[operation] += 1
                        start = end + 1
                        continue
                line = block[start:end]
                start = end + 1
                try:
                    if not self.take(line, number, counted=counted) and line.strip():
                        self._closely(line, number)
                except OSError:
                    raise  # of the disk that what is picked goes to, not of the record
                except Exception as error:  # noqa: BLE001 - told with file and line like what is no record
                    self._unreadable(number, _mistake(error), line.decode(errors="replace"))
        self.tally.lines = number
        self._left_out.update({one.operation: one.left_out for one in layouts.values() if one.left_out})
        for operation, count in self._left_out.items():
            self.tally.left_out[operation.decode(errors="replace")] += count
            self.tally.records += count
        self.tally.actors.update(name.decode(errors="replace") for name in names)

    def whole(self) -> None:
        """Read a file of any form."""
        last = 0
        for number, text, raw in files.objects(self._path):
            last = number
            if raw is None:
                self._unreadable(number, "This is no JSON object.", text)
                continue
            try:
                self._object(raw, number)
            except OSError:
                raise  # as above
            except Exception as error:  # noqa: BLE001 - as above
                self._unreadable(number, _mistake(error), _encoded(raw).decode(errors="replace"))
        self.tally.lines = last

    def _object(self, raw: Mapping[str, Any], number: int) -> None:
        data = raw.get("AuditData") if search_rows.is_one(raw) else None
        if isinstance(data, str) and self.take(data.encode(errors="replace"), number):
            return
        if data is None and "Operation" in raw and self.take(_encoded(raw), number):
            return
        self._entry(raw, number)

    # --- deciding ---

    def take(self, line: bytes, number: int, *, counted: bool = False) -> bool:
        """Look at one AuditData text; say whether it was one and is dealt with.

        `counted` says that its context was counted already.
        """
        try:
            slim = _DECODE(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
        operation = slim.Operation
        if not operation or not slim.CreationTime:
            return False
        tally = self.tally
        tally.records += 1
        tally.actors.add(slim.UserId)
        most = EVERYDAY.get(operation)
        if most is None:
            self._closely_parsed(line, number)
            return True
        if most == 0:
            tally.left_out[operation] += 1
            return True
        logon = operation in LOGONS
        if not counted:
            # Only where the text itself was not looked at: the columns of a table, the elements of an array.
            day = self._contexts.number_of(slim.CreationTime[:10].encode(errors="replace"))
            if logon:
                agent = bytes(slim.ExtendedProperties)
                broad = (operation, slim.UserId, slim.ErrorNumber)
                burst = operation in BURSTING
                known = self._contexts.counted(hash((*broad, slim.ClientIP, agent)), day, most, burst=burst)
                if operation == "UserLoggedIn":
                    known = known and self._contexts.counted(hash((*broad, day)), day, 1)
            else:
                where = slim.ClientIPAddress or slim.ClientIP
                key = hash((operation, slim.UserId, slim.MailboxOwnerUPN, where))
                known = self._contexts.counted(key, day, most, burst=operation in BURSTING)
            if known:
                tally.left_out[operation] += 1
                return True
        try:
            time_of(slim.CreationTime)
        except UnreadableRecord as wrong:
            tally.records -= 1
            self._unreadable(number, wrong.sentence, line.decode(errors="replace"))
            return True
        failed_from = ""
        if logon:
            if operation == "UserLoginFailed":
                failed_from = address_of(slim.ClientIP or "") or ""
            if slim.UserKey and "@" not in slim.UserKey and "-" in slim.UserKey and "@" in slim.UserId:
                tally.ids[slim.UserKey.lower()] = slim.UserId.strip().lower()
        self._pick(
            Picked(
                kind="burst" if self._contexts.bursting else "audit",
                actor=account_of(slim.UserId),
                owner=account_of(slim.MailboxOwnerUPN),
                failed_from=failed_from,
                text=bytes(line),
            )
        )
        return True

    def _closely_parsed(self, line: bytes, number: int) -> None:
        try:
            self._record("audit", parse(_decoded(line)), bytes(line))
        except UnreadableRecord as wrong:
            self.tally.records -= 1
            self._unreadable(number, wrong.sentence, line.decode(errors="replace"))

    def _closely(self, line: bytes, number: int) -> None:
        """Read a line that is no plain AuditData."""
        raw = _decoded(line)
        if not isinstance(raw, dict):
            self._unreadable(number, "This is no JSON object.", line.decode(errors="replace"))
            return
        self._entry(raw, number)

    def _entry(self, raw: Mapping[str, Any], number: int) -> None:
        try:
            found = files.entry_of(raw)
        except UnreadableRecord as wrong:
            self._unreadable(number, wrong.sentence, _encoded(raw).decode())
            return
        self.tally.records += 1
        if isinstance(found, AuditRecord):
            kind = "directory" if directory_audit.is_one(raw) else "audit"
            # What was read from a frame is handed on without it.
            text = _encoded(raw if kind == "directory" else found.raw)
            self.tally.actors.add(found.actor)
            self._record(kind, found, text)
            return
        person = account_of(found.user_principal_name)
        self.tally.actors.add(person)
        self._pick(
            Picked(
                kind="sign-in" if isinstance(found, SignIn) else "risk",
                actor=person,
                owner="",
                failed_from="",
                text=_encoded(raw),
            )
        )
        if isinstance(found, SignIn) and "-" in found.user_id and "@" in person:
            self.tally.ids[found.user_id.lower()] = person

    def _record(self, kind: str, record: AuditRecord, text: bytes) -> None:
        if record.by_microsoft:
            self.tally.left_out[record.operation] += 1
            return
        for who in ("Actor", "Target"):
            number, name = record.details.get(f"{who}Id"), record.details.get(f"{who}Upn", "")
            if number and "@" in name:
                self.tally.ids[number.lower()] = name.lower()
        failed = record.operation == "UserLoginFailed"
        self._pick(
            Picked(
                kind=kind,
                actor=account_of(record.actor),
                owner=account_of(record.owner),
                failed_from=(record.address or "") if failed else "",
                text=text,
            )
        )

    def _unreadable(self, number: int, reason: str, text: str) -> None:
        if len(self.tally.unreadable) >= UNREADABLE_KEPT:
            self.tally.further_unreadable += 1
            return
        self.tally.unreadable.append(
            Unreadable(file=str(self._path), line=number, reason=reason, raw=text.strip()[:RAW_KEPT])
        )


def _mistake(error: Exception) -> str:
    return f"A mistake of ours kept this record from being read ({type(error).__name__})."


_DECODE: Final = msgspec.json.Decoder(_Slim).decode


_OPERATION: Final = b'"Operation":"'
_USER: Final = b'"UserId":"'
_SERVICE: Final = b'"UserId":"NT AUTHORITY\\\\SYSTEM ('
_OWNER: Final = b'"MailboxOwnerUPN":"'
_IP: Final = b'"ClientIP":"'
_IP_ADDRESS: Final = b'"ClientIPAddress":"'
_TIME: Final = b'"CreationTime":"'
_ERROR: Final = b'"ErrorNumber":"'
_EXTENDED: Final = b'"ExtendedProperties":['
_QUOTE: Final = b'"'
_OPERATION_SIZE: Final = len(_OPERATION)
_USER_SIZE: Final = len(_USER)
_OWNER_SIZE: Final = len(_OWNER)
_DATED_SIZE: Final = len(_TIME) + len("2026-08-20")


def _blocks_of(part: Part) -> Iterator[tuple[bytes, int]]:
    """Yield a range in blocks, each with the length up to which it holds whole lines.

    Memory does not grow with the file. What lies behind the last line end is read again with the next block:
    that is cheaper than joining it to that one, which would copy everything once more.
    """
    with part.path.open("rb", buffering=0) as stream:
        marked = part.start == 0 and stream.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8
        at = len(codecs.BOM_UTF8) if marked else part.start
        size = _BLOCK
        while at < part.end:
            stream.seek(at)
            wanted = min(size, part.end - at)
            block = stream.read(wanted)
            if not block:
                return
            last = len(block) < wanted or at + wanted == part.end
            length = len(block) if last else block.rfind(b"\n") + 1
            if not length:
                size *= 2  # one line is longer than the block
                continue
            size = _BLOCK
            yield block, length
            at += length
