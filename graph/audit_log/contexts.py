"""Which everyday work has been seen of whom, from where and on how many days, by the few fields that tell it.

It is asked once for each of millions of records, so it keeps numbers where others would keep objects.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from sys import intern
from typing import Final, NamedTuple

import msgspec

from graph.addresses import address_of
from graph.audit_log.pieces import as_text
from graph.audit_log.sign_in import LOGONS
from graph.audit_log.slim import Slim, comparable, decoded, whole

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


class Counted(NamedTuple):
    """Records of one context that were counted and not picked.

    Attributes:
        what: What they have in common.
        records: How many there were.
        habit: On how many days they came, and the last of them; None for sign-ins and where it was forgotten.
    """

    what: LeftOut
    records: int
    habit: Habit | None


class Contexts:
    """Which contexts of everyday work have been seen, on how many days, and how often today."""

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}
        self._days: dict[str, int] = {}
        self._today = ("", 0)
        self._ids: set[int] = set()
        self._left_out: dict[int, int] = {}
        self._meaning: dict[int, LeftOut] = {}
        self.bursting = False

    def counted(self) -> Iterator[Counted]:
        """Say what was counted and not picked; what differs only in a port comes more than once."""
        days = tuple(self._days)
        for key, count in self._left_out.items():
            one = self._meaning[key]
            context = self._seen.get(key)
            habit = None
            if context is not None and one.operation not in LOGONS:
                habit = Habit(context >> _DAYS_AT, whole(days[context >> _DAY_AT & _LOW]))
            what = one._replace(
                operation=whole(one.operation),
                actor=comparable(one.actor),
                owner=comparable(one.owner),
                address=address_of(one.address) or "",
                error=whole(one.error),
                day=whole(one.day),
            )
            yield Counted(what, count, habit)

    def _leave_out(self, key: int, one: LeftOut) -> None:
        """Count one record that is not picked; beyond `COUNTED` contexts only those known already."""
        left_out = self._left_out
        if key in left_out:
            left_out[key] += 1
        elif len(left_out) < COUNTED:
            left_out[key] = 1
            # The same few texts stand in thousands of contexts.
            self._meaning[key] = LeftOut(*map(intern, one))

    def is_double(self, user: str, id_: str) -> bool:
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
        try:
            slim = decoded(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return True  # its day cannot be told: PowerShell 5 writes an object in place of the time
        most = EVERYDAY.get(slim.Operation)
        return most is None or not slim.CreationTime or not slim.UserId or not self.is_known(slim, most)

    def is_known(self, slim: Slim, most: int) -> bool:
        """Say whether enough records of this one's context were picked already.

        `bursting` then says whether it is picked only because there are so many.

        Args:
            slim: The record.
            most: What `EVERYDAY` says of its operation.
        """
        operation, user = slim.Operation, slim.UserId
        burst = operation in BURSTING
        if burst and self.is_double(user, slim.Id or ""):
            self.bursting = False
            return True
        dated = slim.CreationTime[:10]
        if dated == self._today[0]:  # most come in order
            day = self._today[1]
        else:
            day = self._number_of(dated)
            self._today = (dated, day)
        if operation in LOGONS:
            where = slim.ClientIP or ""
            failed = operation == "UserLoginFailed"
            error = as_text(slim.ErrorNumber) if failed else ""
            agent = bytes(slim.ExtendedProperties)
            known = self._counted(hash((operation, user, error, where, agent)), day, most, burst)
            if not failed:
                known = known and self._counted(hash((user, day)), day, 1)
            if known:
                key = hash((operation, user, where, error, day))
                if key in self._left_out:
                    self._left_out[key] += 1
                else:
                    self._leave_out(key, LeftOut(operation, user, "", where, error, dated))
            return known
        where = slim.ClientIPAddress or slim.ClientIP or ""
        owner = slim.MailboxOwnerUPN
        key = hash((operation, user, owner, where))
        known = self._counted(key, day, most, burst)
        if known:
            left_out = self._left_out
            if key in left_out:  # as in `_leave_out`: what it is about was noted with the first
                left_out[key] += 1
            else:
                self._leave_out(key, LeftOut(operation, user, owner, where))
        return known

    def _counted(self, key: int, day: int, most: int, burst: bool = False) -> bool:
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

    def _number_of(self, day: str) -> int:
        """Give a day's number, the same for the same text."""
        if len(self._days) >= _LOW:
            self._days.clear()
        return self._days.setdefault(day, len(self._days))
