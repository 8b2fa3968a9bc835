"""Mailbox reads over Graph: folders, messages, visible inbox rules, mailbox settings."""

from __future__ import annotations

import re
from collections.abc import Callable

from sandbox.scenarios.state import InboxRule, Json, Mailbox
from sandbox.tenant import enforcing, odata
from sandbox.tenant.core import Answer, Ask, Route
from sandbox.tenant.problems import bad_request, not_found

_SEARCHABLE = ("subject", "from", "to", "cc", "bcc", "body", "participants", "recipients")
_WORD = re.compile(r'(?:(\w+):)?(?:"([^"]+)"|\(([^)]+)\)|([^\s()]+))')


def _folder(mailbox: Mailbox, name: str) -> Json:
    try:
        wanted = mailbox.folder_id(name)
    except KeyError as error:
        raise not_found(name, "ErrorItemNotFound") from error
    return next(folder for folder in mailbox.folders if folder["id"] == wanted)


def _folder_view(mailbox: Mailbox, folder: Json) -> Json:
    inside = [message for message in mailbox.messages if message["parentFolderId"] == folder["id"]]
    children = [item for item in mailbox.folders if item["parentFolderId"] == folder["id"]]
    return {
        **folder,
        "childFolderCount": len(children),
        "totalItemCount": len(inside),
        "unreadItemCount": sum(not message["isRead"] for message in inside),
    }


def _folders(ask: Ask, parent: str | None) -> Answer:
    mailbox = ask.core.mailbox(ask.values[0])
    parent_id = "root" if parent is None else _folder(mailbox, parent)["id"]
    hidden = ask.options.get("includeHiddenFolders", "").lower() == "true"
    chosen = [
        _folder_view(mailbox, folder)
        for folder in mailbox.folders
        if folder["parentFolderId"] == parent_id and (hidden or not folder["isHidden"])
    ]
    return ask.page(ask.filtered(chosen))


def list_folders(ask: Ask) -> Answer:
    """The top folders; hidden ones only when asked for. The page is ten folders unless $top says more."""
    return _folders(ask, None)


def child_folders(ask: Ask) -> Answer:
    """The folders inside a folder."""
    return _folders(ask, ask.values[1])


def get_folder(ask: Ask) -> Answer:
    """One folder by id or well-known name."""
    mailbox = ask.core.mailbox(ask.values[0])
    return ask.one(_folder_view(mailbox, _folder(mailbox, ask.values[1])))


def rule_view(rule: InboxRule) -> Json:
    """A rule as Graph shows it."""
    view: Json = {
        "id": rule.id,
        "displayName": rule.name,
        "sequence": rule.sequence,
        "isEnabled": rule.enabled,
        "hasError": False,
        "isReadOnly": rule.read_only,
        "conditions": rule.conditions,
        "actions": rule.actions,
    }
    return {**view, "exceptions": rule.exceptions} if rule.exceptions else view


def _inbox_only(ask: Ask, mailbox: Mailbox) -> None:
    if _folder(mailbox, ask.values[1])["displayName"] != "Inbox":
        raise bad_request("Rules exist for the inbox only.", "ErrorInvalidRequest")


def list_rules(ask: Ask) -> Answer:
    """The visible inbox rules; hidden ones never come through Graph."""
    mailbox = ask.core.mailbox(ask.values[0])
    _inbox_only(ask, mailbox)
    return ask.page([rule_view(rule) for rule in mailbox.rules if not rule.hidden])


def find_rule(ask: Ask) -> InboxRule:
    """The visible rule named in the path. Raises GraphError 404."""
    mailbox = ask.core.mailbox(ask.values[0])
    _inbox_only(ask, mailbox)
    for rule in mailbox.rules:
        if rule.id == ask.values[2] and not rule.hidden:
            return rule
    raise not_found(ask.values[2], "ErrorItemNotFound")


def get_rule(ask: Ask) -> Answer:
    """One visible rule."""
    return ask.one(rule_view(find_rule(ask)))


def mailbox_settings(ask: Ask) -> Answer:
    """Auto-reply, language, time zone."""
    return ask.one(ask.core.mailbox(ask.values[0]).settings)


def _may_read_bodies(ask: Ask) -> bool:
    return ask.holds("Mail.Read", "Mail.ReadWrite")


def _messages(ask: Ask, messages: list[Json]) -> Answer:
    if "$search" in ask.options:
        if {"$filter", "$orderby"} & set(ask.options):
            raise bad_request("$search cannot be combined with $filter or $orderby.", "SearchWithFilter")
        wanted = _search(ask.options["$search"], _may_read_bodies(ask))
        messages = sorted(
            filter(wanted, messages), key=lambda item: str(item["receivedDateTime"]), reverse=True
        )[:1000]
    else:
        _check_order(ask)
        messages = ask.filtered(messages)
        if "$orderby" not in ask.options:
            messages = sorted(messages, key=lambda item: str(item["receivedDateTime"]), reverse=True)
    return ask.page(messages)


def _check_order(ask: Ask) -> None:
    """With a filter, the sort properties must come first in it, in the same order."""
    if "$filter" not in ask.options or "$orderby" not in ask.options:
        return
    tree = odata.parse_filter(ask.options["$filter"], enforcing.filterable(ask.row, ask.version))
    filtered = list(dict.fromkeys(term.field for term in odata.terms(tree)))
    ordered = [part.strip().partition(" ")[0] for part in ask.options["$orderby"].split(",")]
    if filtered[: len(ordered)] != ordered:
        raise bad_request(
            "The restriction or sort order is too complex for this operation.", "InefficientFilter"
        )


def _addresses(message: Json, *names: str) -> str:
    people: list[Json] = []
    for name in names:
        value = message.get(name) or []
        people += value if isinstance(value, list) else [value]
    return " ".join(f"{item['emailAddress']['name']} {item['emailAddress']['address']}" for item in people)


def _text_of(message: Json, name: str, bodies: bool) -> str:
    match name:
        case "subject":
            return str(message["subject"])
        case "from":
            return _addresses(message, "from")
        case "to" | "cc" | "bcc":
            return _addresses(message, f"{name}Recipients")
        case "recipients":
            return _addresses(message, "toRecipients", "ccRecipients", "bccRecipients")
        case "participants":
            return _addresses(message, "from", "toRecipients", "ccRecipients", "bccRecipients")
        case _:
            return str(message["body"]["content"]) if bodies else ""


def _search(text: str, bodies: bool) -> Callable[[Json], bool]:
    """A test for a keyword query: words joined by AND unless OR stands between them."""
    if not (text.startswith('"') and text.endswith('"') and len(text) > 2):
        raise bad_request("The $search value must stand in double quotes.")
    inner = text[1:-1].replace('\\"', '"')
    anyone: list[list[tuple[str, str]]] = [[]]
    for name, quoted, grouped, bare in _WORD.findall(inner):
        word = quoted or grouped or bare
        if not name and word == "OR":
            anyone.append([])
            continue
        if not name and word == "AND":
            continue
        if name and name not in _SEARCHABLE:
            raise bad_request(f"The property '{name}' cannot be searched.")
        anyone[-1].append((name, word.lower()))

    def wanted(message: Json) -> bool:
        return any(
            all(
                any(
                    word in _text_of(message, field, bodies).lower()
                    for field in ([name] if name else ["subject", "from", "body"])
                )
                for name, word in group
            )
            for group in anyone
            if group
        )

    return wanted


def folder_messages(ask: Ask) -> Answer:
    """The messages of one folder."""
    mailbox = ask.core.mailbox(ask.values[0])
    folder_id = _folder(mailbox, ask.values[1])["id"]
    return _messages(ask, [item for item in mailbox.messages if item["parentFolderId"] == folder_id])


def all_messages(ask: Ask) -> Answer:
    """The messages of the whole mailbox, without the recoverable ones."""
    mailbox = ask.core.mailbox(ask.values[0])
    gone = mailbox.folder_id("recoverableitemsdeletions")
    return _messages(ask, [item for item in mailbox.messages if item["parentFolderId"] != gone])


def get_message(ask: Ask) -> Answer:
    """One message by id."""
    for message in ask.core.mailbox(ask.values[0]).messages:
        if message["id"] == ask.values[1]:
            return ask.one(message)
    raise not_found(ask.values[1], "ErrorItemNotFound")


_USER = "/users/{user-id}"
_FOLDER = _USER + "/mailFolders/{mailFolder-id}"

ROUTES: tuple[Route, ...] = (
    Route("GET", _USER + "/mailFolders", list_folders),
    Route("GET", _FOLDER, get_folder),
    Route("GET", _FOLDER + "/childFolders", child_folders),
    Route("GET", _FOLDER + "/messageRules", list_rules),
    Route("GET", _FOLDER + "/messageRules/{messageRule-id}", get_rule),
    Route("GET", _FOLDER + "/messages", folder_messages),
    Route("GET", _USER + "/messages", all_messages),
    Route("GET", _USER + "/messages/{message-id}", get_message),
    Route("GET", _USER + "/mailboxSettings", mailbox_settings),
)
"""The mailbox endpoints of Graph."""
