"""Pick, out of very large logs, the records that are worth a closer look, without reading the rest closely.

A log of an ordinary month is nearly all everyday work: mail read, files opened, tokens renewed. Those
records are told by a handful of fields, so only these are decoded; of each context (operation, account,
mailbox, address, program, and for sign-ins the day) the first few records are picked and the rest are
counted. Everything that is not everyday work is picked. What is picked is handed on as text; nothing else is
kept.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from graph.addresses import address_of
from graph.audit_log import directory_audit, files, search_rows
from graph.audit_log.blocks import Part, blocks_of
from graph.audit_log.contexts import EVERYDAY
from graph.audit_log.files import Unreadable
from graph.audit_log.ids import id_of
from graph.audit_log.limits import RAW_KEPT
from graph.audit_log.listed_rules import ListedRule
from graph.audit_log.parse import parse
from graph.audit_log.picked import Picked, _decoded, encoded
from graph.audit_log.pieces import NOBODY, as_text
from graph.audit_log.record import AuditRecord
from graph.audit_log.slim import SYSTEM, Slim, account_of, actor_in, decoded, learn
from graph.audit_log.tally import SHOWN, Tally, mistake
from graph.audit_log.traced import Traced
from graph.errors import UnreadableRecord
from graph.resources.sign_ins import SignIn
from graph.times import record_time

_SHOWN: Final = tuple(b'"' + one.encode() for one in SHOWN)
_LOOKED_AT: Final = 1 << 14
"""Bytes of each block in which it is looked for objects that were left as text, beside all that is picked.

PowerShell leaves them so in a whole export, and to look through all of it took a fifth of the time.
"""

_TOLD_EVERY: Final = 4_096
_TO_SECONDS: Final = len("2026-08-20T09:00:00")


def scan(
    part: Part,
    pick: Callable[[Picked], None],
    note: Callable[[bytes, bytes], None] | None = None,
    tell: Callable[[int, int], None] | None = None,
    *,
    wanted: Collection[str] = (),
) -> Tally:
    """Read one part, hand every record worth a closer look to `pick`, and give back what else was seen.

    Records of a `wanted` operation that are only counted are picked as well, as of the kind "ruled". `note`
    gets what tells a record from all others, for every one of them; `tell` gets now and then how many bytes
    and records were read, the bytes only where they are known.

    Raises:
        OSError: when the file cannot be read.
    """
    scanner = _Scanner(part.path, pick, note, tell, wanted)
    if part.end >= 0:
        scanner.lines(part)
    else:
        scanner.whole()
    scanner.finish()
    scanner.tally.actors = {account_of(name) for name in scanner.tally.actors}
    return scanner.tally


def again(part: Part, near: Callable[[str, str, Slim, bytes], None], names: Collection[str]) -> None:
    """Read one part once more, and hand records of everyday work to `near`: actor, owner, fields, text.

    These are the records of which the actor or the owner is among the names, which are casefolded.

    Raises:
        OSError: when the file cannot be read.
    """
    scanner = _Again(part.path, near, names)
    if part.end >= 0:
        scanner.lines(part)
    else:
        scanner.whole()


class _Scanner:
    def __init__(
        self,
        path: Path,
        pick: Callable[[Picked], None],
        note: Callable[[bytes, bytes], None] | None = None,
        tell: Callable[[int, int], None] | None = None,
        wanted: Collection[str] = (),
    ) -> None:
        self._path = path
        self._pick = pick
        self._noted = note
        self._tell = tell
        self._wanted = frozenset(wanted)
        self._day = ""
        self._cut = False
        self.tally = Tally()
        self._contexts = self.tally.everyday

    def finish(self) -> None:
        """Note what only the whole shows."""
        self.tally.finish()

    # --- where records come from ---

    def lines(self, part: Part) -> None:
        """Read JSON lines of a plain file."""
        number = read = 0
        take = self.take
        for block, size in blocks_of(part):
            read += size
            if self._tell:
                self._tell(read, number)
            self._look_for_cuts(block[:_LOOKED_AT])
            for line in block[:size].removesuffix(b"\n").split(b"\n"):
                number += 1
                try:
                    if not take(line, number) and line.strip():
                        # Files that were put together keep the byte-order mark of each.
                        plain = line.removeprefix(codecs.BOM_UTF8)
                        if plain is line or not take(plain, number):
                            self._closely(plain, number)
                except OSError:
                    raise  # of the disk that what is picked goes to, not of the record
                except Exception as error:  # noqa: BLE001 - told with file and line like what is no record
                    self._unreadable(number, mistake(error), line.decode(errors="replace"))
        self.tally.lines = number

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
            try:
                self._told(raw, number)
            except OSError:
                raise  # as above
            except Exception as error:  # noqa: BLE001 - as above
                self._unreadable(number, mistake(error), encoded(raw).decode(errors="replace"))
        self.tally.lines = last

    def _told(self, raw: Mapping[str, Any], number: int) -> None:
        """Read an object, and tell of what kind it was."""
        before = self.tally.records
        wrong = self._object(raw, number)
        if wrong is not None:
            self._inside(raw, number, wrong)
        elif self.tally.records > before:
            self.tally.tell(raw)

    def _object(self, raw: Mapping[str, Any], number: int) -> UnreadableRecord | None:
        """Read an object; say why it is no record."""
        try:
            raw = files.opened(raw)
        except UnreadableRecord as wrong:
            return wrong
        data = raw.get("AuditData") if search_rows.is_one(raw) else None
        if isinstance(data, str) and self.take(data.encode(errors="replace"), number):
            return None
        if data is None and "Operation" in raw and self.take(encoded(raw), number):
            return None
        return self._entry(raw)

    def _inside(self, raw: Mapping[str, Any], number: int, wrong: UnreadableRecord) -> None:
        """Read what lies inside of an object that is no record itself."""
        inside = files.inside(raw, wrong)
        for one, why in inside.unread:
            self._unreadable(number, why, encoded(one).decode(errors="replace"))
        for record in inside.records:
            self._told(record, number)
        self.tally.found_under(inside.places)
        if inside.ended:
            self.tally.note_unsearched()

    def _look_for_cuts(self, text: bytes) -> None:
        """Note that objects are only shown, where a text holds such a value; once is enough."""
        if not self._cut and any(one in text for one in _SHOWN):
            self._cut = True
            self.tally.note_depth()

    def _note(self, kind: bytes, at: str, id_: str, what: str = "") -> None:
        if self._noted:
            told = kind + at[:_TO_SECONDS].encode() + id_.encode(errors="replace")
            self._noted(told, what.casefold().encode(errors="replace"))

    # --- deciding ---

    def take(self, line: bytes, number: int) -> bool:
        """Look at one AuditData text; say whether it was one and is dealt with."""
        try:
            slim = decoded(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
        operation, at = slim.Operation, slim.CreationTime
        if not operation or not at:
            return False
        tally = self.tally
        tally.records += 1
        if self._noted:
            self._note(operation.encode(errors="replace"), at, slim.Id or "", slim.ObjectId or "")
        if slim.UserId.lower() in NOBODY:
            slim.UserId = id_of(slim.UserKey or "") or actor_in(line) or slim.UserId
        day = at[:10]
        if day != self._day:  # most come in order, and a day is told once
            self._day = day
            tally.date(day)
        tally.actors.add(slim.UserId)
        most = EVERYDAY.get(operation)
        if most is None:
            if slim.UserId.startswith(SYSTEM):
                tally.left_out[operation] += 1  # Microsoft's own upkeep, no sign of anything
            else:
                self._closely_parsed(line, number)
            return True
        if most == 0 or self._contexts.is_known(slim, most):
            tally.left_out[operation] += 1
            if operation in self._wanted:
                self._pick(
                    Picked("ruled", account_of(slim.UserId), account_of(slim.MailboxOwnerUPN), "", line)
                )
            return True
        try:
            record_time(slim.CreationTime)
        except UnreadableRecord as wrong:
            tally.records -= 1
            self._unreadable(number, wrong.sentence, line.decode(errors="replace"))
            return True
        self._look_for_cuts(line)
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
        self._look_for_cuts(line)
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
        if (wrong := self._entry(raw)) is None:
            self.tally.tell(raw)
        else:
            self._inside(raw, number, wrong)

    def _entry(self, raw: Mapping[str, Any]) -> UnreadableRecord | None:
        """Read a record closely; say why it is none."""
        try:
            raw = files.opened(raw)
            found = files.entry_of_opened(raw)
        except UnreadableRecord as wrong:
            return wrong
        self.tally.records += 1
        if isinstance(found, AuditRecord):
            if state := found.raw.get(search_rows.STATE):
                self.tally.lost[state] += 1
            kind = "directory" if directory_audit.is_one(raw) else "audit"
            # What was read from a frame is handed on without it.
            text = encoded(raw if kind == "directory" else found.raw)
            self.tally.date(found.at.isoformat())
            operation = found.operation.encode(errors="replace")
            self._note(
                operation, found.at.isoformat(), as_text(found.raw.get("Id")) or found.id, found.object_id
            )
            self.tally.actors.add(found.actor)
            self._record(kind, found, text)
            return None
        if isinstance(found, Traced):
            self._message(found, encoded(raw))
            return None
        if isinstance(found, ListedRule):
            self._note(b"rule", "", f"{found.owner} {found.id}")
            self.tally.actors.add(found.owner)
            self._pick(Picked("rule", account_of(found.owner), "", "", encoded(raw)))
            return None
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
        return None

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


def _nothing(_: Picked) -> None:
    """Pick nothing: the first scan did."""


class _Again(_Scanner):
    """Looks at everyday records alone; everything else was picked before."""

    def __init__(
        self, path: Path, near: Callable[[str, str, Slim, bytes], None], names: Collection[str]
    ) -> None:
        super().__init__(path, _nothing)
        self._near = near
        self._names = names

    def take(self, line: bytes, number: int) -> bool:
        """Look at one AuditData text; say whether it was one and is dealt with."""
        del number
        try:
            slim = decoded(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
        if not slim.Operation or not slim.CreationTime:
            return False
        if slim.Operation not in EVERYDAY:
            return True
        if slim.UserId.lower() in NOBODY:
            slim.UserId = id_of(slim.UserKey or "") or actor_in(line) or slim.UserId
        actor, owner = account_of(slim.UserId), account_of(slim.MailboxOwnerUPN)
        if actor.casefold() not in self._names and owner.casefold() not in self._names:
            return True
        try:
            record_time(slim.CreationTime)
        except UnreadableRecord:
            return True  # told by the first scan
        self._near(actor, owner, slim, line)
        return True
