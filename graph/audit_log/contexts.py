"""Which everyday work has been seen of whom, from where and on how many days, without reading a record whole.

It is asked once for each of millions of records, so it reads bytes at the places where the last record of the
same kind had them, and keeps numbers where others would keep objects.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final, NamedTuple

from graph.addresses import address_of
from graph.audit_log.sign_in import LOGONS

EVERYDAY: Final[Mapping[str, int]] = {
    # Pages, chats and reports: none of the symptoms rests on them.
    **dict.fromkeys(
        (
            "FileModified", "FileModifiedExtended", "FileUploaded", "FileCheckedIn", "FileCheckedOut",
            "FileRenamed", "FileMoved", "FileSyncUploadedFull", "FileSyncDownloadedPartial",
            "FileSyncUploadedPartial", "FileVisited", "PageViewed", "PageViewedExtended", "PagePrefetched",
            "ListViewed", "ListItemViewed", "ListUpdated", "ListItemUpdated", "ListItemCreated",
            "ListColumnUpdated", "FolderModified", "FolderCreated", "ClientViewSignaled", "SignInEvent",
            "MessageSent", "MessagesListed", "MessageRead", "MessageUpdated",
            "ChatRetrieved", "ChatUpdated", "MeetingParticipantDetail", "MeetingDetail",
            "TeamsSessionStarted", "ReactedToMessage", "ViewReport", "TIMailData", "MipLabel", "TaskRead",
            "SensitivityLabeledFileOpened", "TaskListRead", "DLPRuleMatch", "DlpRuleMatch",
        ),
        0,
    ),
    **dict.fromkeys(("FileAccessed", "FileAccessedExtended", "FilePreviewed", "FileCopied"), 2),
    **dict.fromkeys(("FileDownloaded", "FileSyncDownloadedFull", "FileDeleted", "FileRecycled"), 2),
    # Most searches are of no interest; the first ones from a new place are.
    "SearchQueryPerformed": 10,
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

BURST: Final = range(30, 501)
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

COUNTED: Final = 100_000
"""Contexts of which it is known how many records were not picked."""


class LeftOut(NamedTuple):
    """What records have in common that were counted and not picked.

    Attributes:
        operation: The operation.
        actor: Who acted, in comparable form.
        owner: Whose mailbox, in comparable form; "" where the record concerns none.
        address: From where, in its shortest form; "" where the record tells none.
        error: The error number of a failed sign-in; "" for everything else.
        day: The day of a sign-in, such as ``2026-08-20``; "" for everything else, which is counted over all
            days.
    """

    operation: str
    actor: str
    owner: str
    address: str
    error: str = ""
    day: str = ""


class Habit(NamedTuple):
    """On how many days an account did everyday work from an address, and the last of them (ISO 8601)."""

    days: int
    last: str

    def longer(self, other: Habit) -> Habit:
        """Put two together that may tell of the same days."""
        return Habit(max(self.days, other.days), max(self.last, other.last))


_DAY_AT: Final = 24
_DAYS_AT: Final = 48
_LOW: Final = (1 << _DAY_AT) - 1
_ONE_DAY: Final = 1 << _DAYS_AT
_NEW_NO_MORE: Final = (NEW_FOR + 1) << _DAYS_AT


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
        self.mailbox = not self.logon and not name.startswith(("File", "Search", "Update device"))
        self.left_out = 0
        self.user = self.time = self.address = self.owner = self.extended = 0
        self.address_field = _IP_ADDRESS


class Contexts:
    """Which contexts of everyday work have been seen, on how many days, and how often today."""

    def __init__(self) -> None:
        self.layouts = {name.encode(): _Layout(name) for name in EVERYDAY}
        self._seen: dict[int, int] = {}
        self._days: dict[bytes, int] = {}
        self._dated = TIME
        self._day = 0
        self._ids: set[int] = set()
        self._left_out: dict[int, int] = {}
        self._meaning: dict[int, tuple[bytes, ...]] = {}
        self.bursting = False

    def left_out(self) -> Counter[LeftOut]:
        """Say how many records of each context were counted and not picked."""
        found: Counter[LeftOut] = Counter()
        for key, count in self._left_out.items():
            operation, user, owner, where, error, day = (
                part.decode(errors="replace") for part in self._meaning[key]
            )
            one = LeftOut(
                operation, comparable(user), comparable(owner), address_of(where) or "", error, day[-10:]
            )
            found[one] += count
        return found

    def habits(self) -> dict[tuple[str, str], Habit]:
        """Say on how many days and last when such records came, sign-ins apart, by account and address."""
        days = tuple(self._days)
        found: dict[tuple[str, str], Habit] = {}
        for key in self._left_out:
            context = self._seen.get(key)
            operation, user, _, where, _, _ = self._meaning[key]
            if context is None or operation.decode(errors="replace") in LOGONS:  # it was forgotten
                continue
            day = days[context >> _DAY_AT & _LOW][-10:].decode(errors="replace")
            account = (
                comparable(user.decode(errors="replace")),
                address_of(where.decode(errors="replace")) or "",
            )
            one = Habit(context >> _DAYS_AT, day)
            found[account] = one.longer(found.get(account, one))
        return found

    def leave_out(  # noqa: PLR0917 - as `is_known`
        self, key: int, operation: bytes, user: bytes, owner: bytes, where: bytes, error: bytes, day: bytes
    ) -> None:
        """Count one record that is not picked; beyond `COUNTED` contexts only those known already."""
        left_out = self._left_out
        if key in left_out:
            left_out[key] += 1
        elif len(left_out) < COUNTED:
            left_out[key] = 1
            self._meaning[key] = (operation, user, owner, where, error, day)

    def is_double(self, user: bytes, id_: bytes) -> bool:
        """Say whether a record was counted before; exports often hold one twice."""
        if not id_:
            return False
        ids = self._ids
        key = hash((user, id_))
        if key in ids:
            return True
        if len(ids) >= CONTEXTS:
            ids.clear()
        ids.add(key)
        return False

    def keep(self, text: bytes) -> bool:
        """Say whether a record that another scan picked is still worth it after those given before.

        Each part of a file is scanned without knowledge of the others, and picks more than the whole would.
        """
        at = text.find(OPERATION)
        if at < 0 or text.find(TIME) < 0:
            return True  # its day cannot be told: PowerShell 5 writes an object in place of the time
        at += OPERATION_SIZE
        layout = self.layouts.get(text[at : text.find(QUOTE, at)])
        user_at = text.find(USER)
        if layout is None or user_at < 0:
            return True
        user_at += USER_SIZE
        stop = text.find(QUOTE, user_at)
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
        if layout.burst:
            id_at = find(ID, start, end)
            if id_at >= 0 and self.is_double(user, block[id_at : find(QUOTE, id_at + ID_SIZE, end)]):
                self.bursting = False
                return True
        time_at = at + layout.time
        if time_at < start or not startswith(self._dated, time_at):
            time_at = find(TIME, start, end)
            layout.time = time_at - at
            # The day goes with the field's name: as long as both are the same, one look tells.
            self._dated = block[time_at : time_at + DATED_SIZE] if time_at >= 0 else TIME
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
            rest = find(QUOTE, where_at, end)
            where = block[where_at:rest]
        if layout.logon:
            agent_at = rest + layout.extended
            if not start <= agent_at < end or not startswith(_EXTENDED, agent_at):
                agent_at = find(_EXTENDED, start, end)
                layout.extended = agent_at - rest
            agent = block[agent_at : find(b"]", agent_at, end)] if agent_at >= 0 else b""
            if not layout.failed:
                key = hash((user, where, agent))
                known = self.counted(key, day, layout.most) and self.counted(hash((user, day)), day, 1)
                if known:
                    key = hash((user, where, day))
                    self.leave_out(key, layout.operation, user, b"", where, b"", self._dated)
                return known
            error_at = block.rfind(_ERROR, start, end)
            error_at += len(_ERROR)
            error = block[error_at : find(QUOTE, error_at, end)] if error_at >= len(_ERROR) else b""
            known = self.counted(hash((b"failed", user, where, error, agent)), day, layout.most, True)
            if known:
                key = hash((b"failed", user, where, error, day))
                self.leave_out(key, layout.operation, user, b"", where, error, self._dated)
            return known
        owner = b""
        if layout.mailbox:
            owner_at = rest + layout.owner
            if not start <= owner_at < end or not startswith(_OWNER, owner_at):
                owner_at = find(_OWNER, start, end)
                layout.owner = owner_at - rest
            if owner_at >= 0:
                owner_at += _OWNER_SIZE
                owner = block[owner_at : find(QUOTE, owner_at, end)]
        key = hash((layout.operation, user, owner, where))
        known = self.counted(key, day, layout.most, layout.burst)
        if known:
            self.leave_out(key, layout.operation, user, owner, where, b"", b"")
        return known

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

    def days(self) -> list[str]:
        """Give the days that were counted, as text."""
        return [day[-10:].decode(errors="replace") for day in self._days]

    def number_of(self, day: bytes) -> int:
        """Give a day's number, the same for the same text."""
        if len(self._days) >= _LOW:
            self._days.clear()
        return self._days.setdefault(day, len(self._days))


def comparable(name: str) -> str:
    """Give an account's name in comparable form; half a character becomes a question mark."""
    plain = name.strip().encode(errors="replace").decode()
    return plain.lower() if "@" in plain else plain


OPERATION: Final = b'"Operation":"'
USER: Final = b'"UserId":"'
SERVICE: Final = b'"UserId":"NT AUTHORITY\\\\SYSTEM ('
_OWNER: Final = b'"MailboxOwnerUPN":"'
_IP: Final = b'"ClientIP":"'
_IP_ADDRESS: Final = b'"ClientIPAddress":"'
TIME: Final = b'"CreationTime":"'
_ERROR: Final = b'"ErrorNumber":"'
ID: Final = b'"Id":"'
ID_SIZE: Final = len(ID)
_EXTENDED: Final = b'"ExtendedProperties":['
QUOTE: Final = b'"'
OPERATION_SIZE: Final = len(OPERATION)
USER_SIZE: Final = len(USER)
_OWNER_SIZE: Final = len(_OWNER)
DATED_SIZE: Final = len(TIME) + len("2026-08-20")
