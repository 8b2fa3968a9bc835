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
    JUNK = "Junk Email folder"
    DELETED = "Deleted Items folder"
    ARCHIVE = "Archive folder"
    NONE = "ordinary folder"

    @property
    def is_unused(self) -> bool:
        """Whether people hardly ever open such a folder or file mail into it."""
        return self in (Hiding.RSS, Hiding.NOTES, Hiding.HISTORY, Hiding.SYNC)


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
}


# Microsoft calls the folder of feeds differently in each release and language; all of them begin or end with
# RSS.
_FEEDS: Final = "rss"


def hiding_of_name(name: str) -> Hiding:
    r"""How well a folder hides mail, by its name or path, such as ``alex:\\RSS Feeds`` or ``\\Archive``."""
    last = name.replace("/", "\\").rpartition("\\")[2].rpartition(":")[2]
    plain = _plain(last)
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
    return _FIXED.get(fixed, Hiding.NONE) if fixed else hiding_of_name(folder.display_name)


def by_id(folders: Iterable[MailFolder]) -> dict[str, MailFolder]:
    """The folders by their ids."""
    return {folder.id: folder for folder in folders}
