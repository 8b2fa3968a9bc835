"""The messages of one folder, with their texts where the application may read them.

Source: Microsoft Graph v1.0, "List messages". Large pages run into the service's time-outs, hence 100 at a
time. Bodies are asked for as text, which is what is judged; as HTML, which they are otherwise, a full mailbox
would be ten times as much (see `graph.most`).
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import replace
from typing import Any

from graph.effects import Effect, Item, fetch
from graph.errors import NoPermission
from graph.evidence import Known
from graph.parts.reading import Reader, graph_time, lacking, read_each, segment, unsent
from graph.parts.text import plain
from graph.question import Question
from graph.request import Limit, Request
from graph.resources.mail import Message

FIELDS = (
    "id,internetMessageId,subject,from,sender,toRecipients,ccRecipients,bccRecipients,replyTo,receivedDateTime,"
    "sentDateTime,hasAttachments,parentFolderId,isRead"
)
_PAGE = "100"
_DECIDING = ("subject", "toRecipients", "receivedDateTime")
ASKED = (
    Request("GET", "/users/{id}/mailFolders/{folder}/messages"),
    Request("GET", "/users/{id}/mailFolders/{folder}/messages", {"$select": "body"}),
)
_AS_TEXT = {"Prefer": 'outlook.body-content-type="text"'}


def folder(
    question: Question, name: str, *, since: str
) -> Generator[Effect, Any, Known[tuple[Message, ...]]]:
    """Read a folder's messages from the start of the window on.

    Without the permission to read bodies, everything else is read, and the texts are named as missing.

    Args:
        question: Whose mailbox, and which span of time.
        name: The folder's well-known name.
        since: The property that is compared with the start: ``receivedDateTime``, or ``lastModifiedDateTime``
            where it matters when a message came into this folder and not when it reached the mailbox.
    """
    read = Reader(Message, "id", ("body", *_DECIDING), _with_text)
    try:
        messages: list[Message] = yield from fetch(
            _request(question, name, since, fields=f"{FIELDS},body"), read
        )
        texts = read.unsent("body")
    except NoPermission as error:
        read = Reader(Message, "id", _DECIDING)
        messages = yield from fetch(_request(question, name, since, fields=FIELDS), read)
        texts = (lacking("message texts", error),)
    missing = texts + read.unreadable + read.unsent(*_DECIDING)
    return Known(tuple(messages), missing=missing, texts=texts)


def received(question: Question, path: str, *, fields: str) -> Request:
    """What came from the start of the window on, newest first."""
    query = {
        "$select": fields,
        "$filter": f"receivedDateTime ge {graph_time(question.window.start)}",
        "$orderby": "receivedDateTime desc",
        "$top": _PAGE,
    }
    return Request("GET", path, query, limit=Limit.MAILBOX)


def read(items: Iterable[Item]) -> tuple[tuple[Message, ...], tuple[str, ...]]:
    """Read messages, their bodies reduced to text."""
    told = list(items)
    messages, missing = read_each(Message, (_with_text(item) for item in told))
    return messages, missing + unsent((item for item in told if "id" in item), *_DECIDING)


def _request(question: Question, name: str, since: str, *, fields: str) -> Request:
    path = f"/users/{segment(question.subject.id)}/mailFolders/{name}/messages"
    if since == "receivedDateTime":
        return replace(received(question, path, fields=fields), headers=_AS_TEXT)
    query = {
        "$select": fields,
        "$filter": f"{since} ge {graph_time(question.window.start)}",
        "$top": _PAGE,
    }
    return Request("GET", path, query, limit=Limit.MAILBOX, headers=_AS_TEXT)


def _with_text(item: Item) -> Item:
    body = item.get("body")
    if not isinstance(body, dict):
        return item
    text = plain(str(body.get("content") or ""), str(body.get("contentType") or ""))
    return {**{name: value for name, value in item.items() if name != "body"}, "text": text}
