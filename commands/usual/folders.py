"""Folders that nobody looks into, by their fixed names and by what Outlook calls them in each language.

A folder's fixed name is trusted first, then its name in the user's language; the names are data, in
``commands/facts/folders.toml``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from enum import Enum
from functools import cache
from typing import Final

from commands import facts
from graph.resources.mail import MailFolder


class Hiding(Enum):
    """How well a folder hides mail, with its name for people."""

    RSS = "RSS folder"
    NOTES = "Notes folder"
    HISTORY = "Conversation History folder"
    SYNC = "Sync Issues folder"
    CALENDAR = "Calendar folder"
    CONTACTS = "Contacts folder"
    TASKS = "Tasks folder"
    JOURNAL = "Journal folder"
    CLUTTER = "Clutter folder"
    DRAFTS = "Drafts folder"
    OUTBOX = "Outbox"
    RECOVERABLE = "Recoverable Items folder"
    JUNK = "Junk Email folder"
    DELETED = "Deleted Items folder"
    ARCHIVE = "Archive folder"
    NONE = "ordinary folder"

    @property
    def is_unused(self) -> bool:
        """Whether people hardly ever open such a folder or file mail into it."""
        return self not in _USED


_USED: Final = frozenset({Hiding.JUNK, Hiding.DELETED, Hiding.ARCHIVE, Hiding.NONE})


_FIXED: Final = {
    "junkemail": Hiding.JUNK,
    "deleteditems": Hiding.DELETED,
    "recoverableitemsdeletions": Hiding.DELETED,
    "archive": Hiding.ARCHIVE,
    "conversationhistory": Hiding.HISTORY,
    "syncissues": Hiding.SYNC,
    "conflicts": Hiding.SYNC,
    "localfailures": Hiding.SYNC,
    "serverfailures": Hiding.SYNC,
    "notes": Hiding.NOTES,
    "rssfeeds": Hiding.RSS,
    "calendar": Hiding.CALENDAR,
    "contacts": Hiding.CONTACTS,
    "tasks": Hiding.TASKS,
    "journal": Hiding.JOURNAL,
    "clutter": Hiding.CLUTTER,
    "drafts": Hiding.DRAFTS,
    "outbox": Hiding.OUTBOX,
    "recoverableitems": Hiding.RECOVERABLE,
    "recoverableitemspurges": Hiding.RECOVERABLE,
    "recoverableitemsversions": Hiding.RECOVERABLE,
}

_NO_MAIL_FOLDER: Final = frozenset({Hiding.CALENDAR, Hiding.CONTACTS, Hiding.TASKS, Hiding.JOURNAL})
"""What Graph does not list among the mail folders: a mail folder of such a name is the user's own."""


# Microsoft calls the folder of feeds differently in each release and language; all of them begin or end with
# RSS.
_FEEDS: Final = "rss"


def hiding_of_name(name: str) -> Hiding:
    r"""How well a folder hides mail, by its name or its path, such as ``alex:\\Archive\\2024``.

    A folder in one that hides mail hides it as well.
    """
    parts = name.replace("/", "\\").rpartition(":")[2].split("\\")
    return next((kind for part in reversed(parts) if (kind := _of(part)) is not Hiding.NONE), Hiding.NONE)


def _of(name: str) -> Hiding:
    plain = _plain(name)
    if plain.startswith(_FEEDS) or plain.endswith(f" {_FEEDS}"):
        return Hiding.RSS
    return _by_name().get(plain, Hiding.NONE)


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


@cache
def _by_name() -> Mapping[str, Hiding]:
    """How well a folder hides mail, by its name in any language."""
    return {
        _plain(name): _FIXED.get(kind, Hiding.NONE)
        for language in facts.folder_names()
        for kind, names in language.names.items()
        for name in names
    }


def hiding_of(folder: MailFolder) -> Hiding:
    """How well a folder hides mail: by its fixed name first, by its name in the user's language second."""
    fixed = folder.well_known.casefold()
    if fixed:
        return _FIXED.get(fixed, Hiding.NONE)
    kind = _of(folder.display_name)
    return Hiding.NONE if kind in _NO_MAIL_FOLDER else kind


def hiding_within(folder: MailFolder, folders: Mapping[str, MailFolder]) -> Hiding:
    """How well a folder hides mail, by itself or by a folder that it lies in."""
    seen: set[str] = set()
    while (kind := hiding_of(folder)) is Hiding.NONE and folder.id not in seen:
        seen.add(folder.id)
        above = folders.get(folder.parent_folder_id)
        if above is None:
            break
        folder = above
    return kind


def by_id(folders: Iterable[MailFolder]) -> dict[str, MailFolder]:
    """The folders by their ids."""
    return {folder.id: folder for folder in folders}
