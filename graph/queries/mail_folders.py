"""The mail folders, whatever language they are named in.

Source: Microsoft Graph v1.0, "List mailFolders", "List childFolders" and "mailFolder resource type". Folders
have names in the language of their user; which one is the inbox is asked by its well-known name. Feeds and
Notes have no well-known name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from graph.effects import Asking, fetch_each, try_each
from graph.errors import GraphError, NotFound
from graph.evidence import Known
from graph.parts.reading import lacking, read_each, segment, unsent
from graph.question import Question
from graph.request import Limit, Request
from graph.resources.mail import MailFolder

ASKS = (
    Request("GET", "/users/{id}/mailFolders"),
    Request("GET", "/users/{id}/mailFolders/{folder}"),
    Request("GET", "/users/{id}/mailFolders/{folder}/childFolders"),
)
LICENSE = ""

WELL_KNOWN = (
    "inbox", "sentitems", "deleteditems", "drafts", "junkemail", "archive", "outbox", "conversationhistory",
    "recoverableitemsdeletions",
)  # fmt: skip
_FIELDS = "id,displayName,parentFolderId,totalItemCount,childFolderCount,isHidden"
_DEEPEST = 12


def ask(question: Question) -> Asking[tuple[MailFolder, ...]]:
    """Ask for the top and the well-known folders together, then for each further level in one go."""
    base = f"/users/{segment(question.subject.id)}/mailFolders"
    listing = {"$select": _FIELDS, "$top": "100", "includeHiddenFolders": "true"}
    top, *named = yield from try_each(
        [
            Request("GET", base, listing, limit=Limit.MAILBOX),
            *(
                Request("GET", f"{base}/{name}", {"$select": _FIELDS}, limit=Limit.MAILBOX)
                for name in WELL_KNOWN
            ),
        ]
    )
    if isinstance(top, GraphError):
        raise top
    found: dict[str, dict[str, Any]] = {str(item["id"]): dict(item) for item in top}
    missing: tuple[str, ...] = ()
    well_known: dict[str, str] = {}
    for name, answer in zip(WELL_KNOWN, named, strict=True):
        if isinstance(answer, GraphError):
            # Not every mailbox has every folder; that one is not there is an answer.
            missing += () if isinstance(answer, NotFound) else (lacking(f"the folder {name}", answer),)
        elif answer:
            well_known[str(answer[0]["id"])] = name
            found.setdefault(str(answer[0]["id"]), dict(answer[0]))
    parents = _with_children(found.values())
    for _ in range(_DEEPEST):
        levels = yield from fetch_each(
            [
                Request("GET", f"{base}/{segment(parent)}/childFolders", listing, limit=Limit.MAILBOX)
                for parent in parents
            ]
        )
        fresh = {
            str(item["id"]): dict(item) for items in levels for item in items if str(item["id"]) not in found
        }
        found.update(fresh)
        parents = _with_children(fresh.values())
        if not parents:
            break
    if parents:
        missing += (f"folders more than {_DEEPEST} levels deep",)
    folders, unreadable = read_each(
        MailFolder, [{**item, "wellKnown": well_known.get(name, "")} for name, item in found.items()]
    )
    missing += unreadable + unsent(found.values(), "displayName")
    return Known(folders, missing=missing)


def _with_children(items: Iterable[Mapping[str, Any]]) -> list[str]:
    """The folders that have others below them; where their number is no number, they are looked for."""
    counts = ((str(item["id"]), item.get("childFolderCount")) for item in items)
    return [name for name, count in counts if (count > 0 if isinstance(count, (int, float)) else count)]
