"""Folders that nobody looks into, by their fixed names and by what Outlook calls them in each language.

A folder's fixed name is trusted first, then its name in the user's language. The names are those that
Exchange gives to default folders in a mailbox of that language.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final

from graph.evidence import MailFolder


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

_NAMES: Final[Mapping[Hiding, tuple[str, ...]]] = {
    Hiding.NOTES: (
        "notes", "notizen", "notas", "note", "notities", "noter", "notater", "anteckningar", "muistiinpanot",
        "notatki", "poznámky", "jegyzetek", "notlar", "заметки", "нотатки", "メモ", "便笺", "便箋", "메모",
        "الملاحظات", "הערות", "σημειώσεις",
    ),
    Hiding.HISTORY: (
        "conversation history", "unterhaltungsverlauf", "aufgezeichnete unterhaltungen",
        "historique des conversations", "historial de conversaciones", "histórico de conversas",
        "histórico de conversa", "cronologia conversazioni", "cronologia conversazione",
        "gespreksgeschiedenis", "konversationshistorik", "samtalshistorik", "samtalehistorik", "samtalelogg",
        "keskusteluhistoria", "historia konwersacji", "historie konverzací", "konuşma geçmişi",
        "журнал бесед", "история бесед", "会話の履歴", "会話履歴", "对话历史记录", "대화 내용",
    ),
    Hiding.SYNC: (
        "sync issues", "synchronisierungsprobleme", "problèmes de synchronisation",
        "problemas de sincronización", "problemas de sincronização", "problemi di sincronizzazione",
        "synchronisatieproblemen", "synkroniseringsfel", "synkroniseringsproblemer", "synkronointiongelmat",
        "problemy z synchronizacją", "проблемы синхронизации", "同期の失敗", "同步问题", "동기화 문제",
        "conflicts", "local failures", "server failures",
    ),
    Hiding.JUNK: (
        "junk email", "junk e-mail", "junk", "spam", "junk-e-mail", "courrier indésirable",
        "correo no deseado", "correo electrónico no deseado", "lixo eletrônico", "lixo eletrónico",
        "e-mail de lixo", "posta indesiderata", "ongewenste e-mail", "ongewenste mail", "skräppost",
        "uønsket mail", "uønsket e-mail", "søppelpost", "roskaposti", "wiadomości-śmieci", "nevyžádaná pošta",
        "levélszemét", "önemsiz e-posta", "gereksiz e-posta", "нежелательная почта", "迷惑メール", "垃圾邮件",
        "垃圾郵件", "정크 메일", "البريد غير الهام", "דואר זבל",
    ),
    Hiding.DELETED: (
        "deleted items", "trash", "deletions", "gelöschte elemente", "gelöschte objekte",
        "éléments supprimés", "elementos eliminados", "itens excluídos", "itens eliminados",
        "posta eliminata", "elementi eliminati", "verwijderde items", "borttaget", "borttagna objekt",
        "slettet post", "slettede elementer", "poistetut", "elementy usunięte", "odstraněná pošta",
        "törölt elemek", "silinmiş öğeler", "удаленные", "удалённые", "削除済みアイテム", "已删除邮件",
        "刪除的郵件", "지운 편지함", "العناصر المحذوفة", "פריטים שנמחקו",
    ),
    Hiding.ARCHIVE: (
        "archive", "archiv", "archives", "archivo", "archivio", "archief", "arquivo", "arquivo morto",
        "arkiv", "arkisto", "archiwum", "archív", "arşiv", "архив", "アーカイブ", "存档", "封存", "보관",
        "الأرشيف", "ארכיון",
    ),
}  # fmt: skip

# Microsoft calls the folder of feeds differently in each release and language; all of them begin or end with
# RSS.
_FEEDS: Final = "rss"


def hiding_of_name(name: str) -> Hiding:
    r"""How well a folder hides mail, by its name or path, such as ``alex:\\RSS Feeds`` or ``\\Archive``."""
    last = name.replace("/", "\\").rpartition("\\")[2].rpartition(":")[2]
    plain = " ".join(unicodedata.normalize("NFKC", last).casefold().split())
    if plain.startswith(_FEEDS) or plain.endswith(f" {_FEEDS}"):
        return Hiding.RSS
    return next((kind for kind, names in _NAMES.items() if plain in names), Hiding.NONE)


def hiding_of(folder: MailFolder) -> Hiding:
    """How well a folder hides mail: by its fixed name first, by its name in the user's language second."""
    fixed = folder.well_known.casefold()
    return _FIXED.get(fixed, Hiding.NONE) if fixed else hiding_of_name(folder.display_name)


def by_id(folders: Iterable[MailFolder]) -> dict[str, MailFolder]:
    """The folders by their ids."""
    return {folder.id: folder for folder in folders}
