"""Pick, out of very large logs, the records that are worth a closer look, without reading the rest closely.

A log of an ordinary month is nearly all everyday work: mail read, files opened, tokens renewed. Those
records are told by a handful of fields, so only these are decoded; of each context (operation, account,
mailbox, address, program, and for sign-ins the day) the first few records are picked and the rest are
counted. Everything that is not everyday work is picked. What is picked is handed on as text; nothing else is
kept.
"""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from graph.addresses import address_of
from graph.audit_log import directory_audit, files, search_rows
from graph.audit_log.blocks import Part, blocks_of
from graph.audit_log.contexts import (
    EVERYDAY,
    ID,
    OPERATION,
    OPERATION_SIZE,
    QUOTE,
    SERVICE,
    TIME,
    USER,
    USER_SIZE,
    Contexts,
)
from graph.audit_log.files import Unreadable
from graph.audit_log.ids import id_of
from graph.audit_log.limits import RAW_KEPT
from graph.audit_log.parse import parse
from graph.audit_log.picked import Picked, _decoded, encoded
from graph.audit_log.pieces import NOBODY, as_text
from graph.audit_log.record import AuditRecord
from graph.audit_log.sign_in import LOGONS
from graph.audit_log.slim import NO_ONE, account_of, decoded, is_known, learn, user_key
from graph.audit_log.tally import Tally, mistake
from graph.audit_log.traced import Traced
from graph.errors import UnreadableRecord
from graph.resources.sign_ins import SignIn
from graph.times import time_of

_TOLD_EVERY: Final = 4_096
_TO_SECONDS: Final = len("2026-08-20T09:00:00")


def scan(
    part: Part,
    pick: Callable[[Picked], None],
    note: Callable[[bytes], None] | None = None,
    tell: Callable[[int, int], None] | None = None,
) -> Tally:
    """Read one part, hand every record worth a closer look to `pick`, and give back what else was seen.

    `note` gets what tells a record from all others, for every one of them; `tell` gets now and then how many
    bytes and records were read, the bytes only where they are known.

    Raises:
        OSError: when the file cannot be read.
    """
    scanner = _Scanner(part.path, pick, note, tell)
    if part.end >= 0:
        scanner.lines(part)
    else:
        scanner.whole()
    scanner.finish()
    scanner.tally.actors = {account_of(name) for name in scanner.tally.actors}
    return scanner.tally


class _Scanner:
    def __init__(
        self,
        path: Path,
        pick: Callable[[Picked], None],
        note: Callable[[bytes], None] | None,
        tell: Callable[[int, int], None] | None,
    ) -> None:
        self._path = path
        self._pick = pick
        self._noted = note
        self._tell = tell
        self._contexts = Contexts()
        self._names: set[bytes] = set()
        self._left_out: Counter[bytes] = Counter()
        self.tally = Tally()

    def finish(self) -> None:
        """Note what only the whole shows."""
        self.tally.contexts = self._contexts.left_out()
        self.tally.habits = self._contexts.habits()
        self.tally.finish(self._contexts.days())

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
        to_operation = read = 0
        for block, size in blocks_of(part):
            read += size
            if self._tell:
                self._tell(read, number)
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
                if at >= end or not startswith(OPERATION, at):
                    at = find(OPERATION, start, end)
                    to_operation = at - start
                if at >= start:
                    at += OPERATION_SIZE
                    operation = block[at : find(QUOTE, at, end)]
                    layout = layouts.get(operation)
                    if layout is not None:
                        user_at = at + layout.user
                        if not start <= user_at < end or not startswith(USER, user_at):
                            # Microsoft writes the user soon after the operation.
                            user_at = find(USER, at, end)
                            if user_at < 0:
                                user_at = find(USER, start, end)
                            layout.user = user_at - at
                        user_at += USER_SIZE
                        stop = find(QUOTE, user_at, end) if user_at >= USER_SIZE else -1
                        if stop >= 0:
                            user = block[user_at:stop]
                            if user in NO_ONE:  # its key often tells who it was
                                user = user_key(block, start, end) or user
                            counted = layout.most > 0
                            if not counted:
                                names.add(user)
                            # Whose context is known was named when its first record was picked.
                            if not counted or is_known(block, start, end, at, stop, user, layout):
                                layout.left_out += 1
                                if self._noted:
                                    self._note_line(operation, block[start:end])
                                start = end + 1
                                continue
                    elif find(SERVICE, at, end) >= 0:
                        # Microsoft's own upkeep, no sign of anything.
                        self._left_out[operation] += 1
                        if self._noted:
                            self._note_line(operation, block[start:end])
                        start = end + 1
                        continue
                # Files that were put together keep the byte-order mark of each.
                line = block[start:end].removeprefix(codecs.BOM_UTF8)
                start = end + 1
                try:
                    if not self.take(line, number, counted=counted) and line.strip():
                        self._closely(line, number)
                except OSError:
                    raise  # of the disk that what is picked goes to, not of the record
                except Exception as error:  # noqa: BLE001 - told with file and line like what is no record
                    self._unreadable(number, mistake(error), line.decode(errors="replace"))
        self.tally.lines = number
        self._left_out.update({one.operation: one.left_out for one in layouts.values() if one.left_out})
        for operation, count in self._left_out.items():
            self.tally.left_out[operation.decode(errors="replace")] += count
            self.tally.records += count
        self.tally.actors.update(name.decode(errors="replace") for name in names)

    def whole(self) -> None:
        """Read a file of any form."""
        last = 0
        for number, text, raw in files.objects(self._path, self.tally.notes):
            last = number
            if self._tell and not self.tally.records % _TOLD_EVERY:
                self._tell(0, self.tally.records)
            if isinstance(raw, str):
                self._unreadable(number, raw, text)
                continue
            before = self.tally.records
            try:
                self._object(raw, number)
                if self.tally.records > before:
                    self.tally.tell(raw)
            except OSError:
                raise  # as above
            except Exception as error:  # noqa: BLE001 - as above
                self._unreadable(number, mistake(error), encoded(raw).decode(errors="replace"))
        self.tally.lines = last

    def _object(self, raw: Mapping[str, Any], number: int) -> None:
        try:
            raw = files.opened(raw)
        except UnreadableRecord as wrong:
            self._unreadable(number, wrong.sentence, encoded(raw).decode(errors="replace"))
            return
        data = raw.get("AuditData") if search_rows.is_one(raw) else None
        if isinstance(data, str) and self.take(data.encode(errors="replace"), number):
            return
        if data is None and "Operation" in raw and self.take(encoded(raw), number):
            return
        self._entry(raw, number)

    def _note(self, kind: bytes, at: str, id_: str) -> None:
        if self._noted:
            self._noted(kind + at[:_TO_SECONDS].encode() + id_.encode(errors="replace"))

    def _note_line(self, operation: bytes, line: bytes) -> None:
        at, id_at = line.find(TIME) + len(TIME), line.find(ID) + len(ID)
        when = line[at : at + _TO_SECONDS].decode(errors="replace")
        self._note(operation, when, line[id_at : line.find(QUOTE, id_at)].decode(errors="replace"))

    # --- deciding ---

    def take(self, line: bytes, number: int, *, counted: bool = False) -> bool:
        """Look at one AuditData text; say whether it was one and is dealt with.

        `counted` says that its context was counted already.
        """
        try:
            slim = decoded(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
        operation = slim.Operation
        if not operation or not slim.CreationTime:
            return False
        tally = self.tally
        tally.records += 1
        self._note(operation.encode(errors="replace"), slim.CreationTime, slim.Id or "")
        if slim.UserId.lower() in NOBODY:
            slim.UserId = id_of(slim.UserKey or "") or slim.UserId
        tally.date(slim.CreationTime)
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
            known = is_known(self._contexts, slim, day, logon=logon, most=most)
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
        if operation == "UserLoginFailed":
            failed_from = address_of(slim.ClientIP or "") or ""
        if operation == "UserLoggedIn":
            tally.enter(address_of(slim.ClientIP or "") or "", account_of(slim.UserId))
        learn(self.tally.names, slim)
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
            self._unreadable(number, "This is not a JSON object.", line.decode(errors="replace"))
            return
        before = self.tally.records
        self._entry(raw, number)
        if self.tally.records > before:
            self.tally.tell(raw)

    def _entry(self, raw: Mapping[str, Any], number: int) -> None:
        try:
            raw = files.opened(raw)
            found = files.entry_of(raw)
        except UnreadableRecord as wrong:
            self._unreadable(number, wrong.sentence, encoded(raw).decode())
            return
        self.tally.records += 1
        if isinstance(found, AuditRecord):
            kind = "directory" if directory_audit.is_one(raw) else "audit"
            # What was read from a frame is handed on without it.
            text = encoded(raw if kind == "directory" else found.raw)
            self.tally.date(found.at.isoformat())
            operation = found.operation.encode(errors="replace")
            self._note(operation, found.at.isoformat(), as_text(found.raw.get("Id")) or found.id)
            self.tally.actors.add(found.actor)
            self._record(kind, found, text)
            return
        if isinstance(found, Traced):
            self._message(found, encoded(raw))
            return
        when = found.created_date_time if isinstance(found, SignIn) else found.detected_date_time
        self.tally.date(when.isoformat() if when else "")
        self._note(type(found).__name__.encode(), when.isoformat() if when else "", found.id)
        person = account_of(found.user_principal_name)
        self.tally.actors.add(person)
        self._pick(
            Picked(
                kind="sign-in" if isinstance(found, SignIn) else "risk",
                actor=person,
                owner="",
                failed_from="",
                text=encoded(raw),
            )
        )
        if isinstance(found, SignIn):
            if found.succeeded:
                self.tally.enter(found.ip_address, person)
            self.tally.names.note(id_of(found.user_id), person, found.created_date_time.isoformat())

    def _message(self, message: Traced, text: bytes) -> None:
        at = message.rows[0].received_date_time.isoformat()
        self.tally.date(at)
        self.tally.trace(message)
        self._note(b"message", at, f"{message.rows[0].message_id} {message.rows[0].recipient_address}")
        if message.incoming is not True:
            self._pick(Picked("message", account_of(message.sender), "", "", text))

    def _record(self, kind: str, record: AuditRecord, text: bytes) -> None:
        if record.by_microsoft:
            self.tally.left_out[record.operation] += 1
            return
        self.tally.names.learn(record)
        failed = record.operation == "UserLoginFailed"
        if record.operation == "UserLoggedIn":
            self.tally.enter(record.address or "", account_of(record.actor))
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
        kept = text.strip()[:RAW_KEPT]
        self.tally.unread(Unreadable(file=str(self._path), line=number, reason=reason, raw=kept))
