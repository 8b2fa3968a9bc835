"""Messages, folders and rules, played by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from graph.errors import Broken, GraphError, NoMailbox, NoPermission, NotFound
from graph.parts.reading import graph_time
from graph.parts.text import HEAD, TAIL, plain
from graph.queries import (
    auto_reply,
    deleted_items,
    hidden_inbox_rules,
    inbox_rules,
    mail_folders,
    password_reset_mail,
    recoverable_items,
    sent_items,
    sweep_rules,
)
from graph.request import Cmdlet, Limit, Request
from tests.graph.play import NOW, UPN, USER_ID, Answer, a_question, always, play

MESSAGE = {
    "id": "m1",
    "internetMessageId": "<a1@contoso.example>",
    "subject": "Invoice",
    "toRecipients": [{"emailAddress": {"address": "Bob@fabrikam.example", "name": "Bob"}}],
    "from": {"emailAddress": {"address": UPN}},
    "receivedDateTime": "2026-09-12T07:05:19Z",
    "body": {"contentType": "html", "content": "<style>x</style><p>Pay&nbsp;now</p><br>to <b>me</b>"},
}
SINCE = graph_time(NOW - timedelta(days=14))


@pytest.mark.parametrize(
    ("query", "folder", "filters"),
    [
        (sent_items, "sentitems", f"receivedDateTime ge {SINCE}"),
        (deleted_items, "deleteditems", f"lastModifiedDateTime ge {SINCE}"),
        (recoverable_items, "recoverableitemsdeletions", f"lastModifiedDateTime ge {SINCE}"),
    ],
)
def test_messages_are_read_with_their_texts(query: Any, folder: str, filters: str) -> None:
    played = play(query.ask(a_question()), always(MESSAGE, {"subject": "without id"}))
    request = played.asked[0]
    assert isinstance(request, Request)
    assert request.path == f"/users/{USER_ID}/mailFolders/{folder}/messages"
    assert request.query["$filter"] == filters
    assert request.limit is Limit.MAILBOX
    assert request.headers["Prefer"] == 'outlook.body-content-type="text"'
    (message,) = played.value.value
    assert message.text == "Pay now\nto me"
    assert message.recipients == ("bob@fabrikam.example",)
    assert played.value.missing == ("1 unreadable entry",)


def test_without_the_right_to_bodies_all_else_is_read_and_the_texts_are_named_as_missing() -> None:
    def microsoft(what: Request | Cmdlet) -> Answer:
        assert isinstance(what, Request)
        if "body" in what.query["$select"].split(","):
            return NoPermission("No.")
        return [{name: value for name, value in MESSAGE.items() if name != "body"}]

    played = play(sent_items.ask(a_question()), microsoft)
    assert played.value.missing == ("message texts (needs Mail.Read)",)
    assert played.value.value[0].text == ""


@pytest.mark.parametrize(
    ("content", "kind", "text"),
    [
        ("a  b\r\n\r\n c", "text", "a b\nc"),
        ("<div>a</div><div>b<br/>c</div>", "html", "a\nb\nc"),
        ("<script>alert(1)</script>x &lt;y&gt;", "HTML", "x <y>"),
        ("<p>unclosed <b>mark", "html", "unclosed mark"),
        ("", "html", ""),
    ],
)
def test_a_body_becomes_readable_text(content: str, kind: str, text: str) -> None:
    assert plain(content, kind) == text


def test_a_long_text_keeps_its_beginning_and_its_end() -> None:
    text = plain("a" * 9_000 + "z" * 9_000, "text")
    assert text.startswith("a" * HEAD)
    assert text.endswith("z" * TAIL)
    assert len(text) == HEAD + TAIL + 3


@pytest.mark.parametrize(
    ("subject", "meant"),
    [
        ("Reset your Fabrikam password", True),
        ("Your password has been changed", True),
        ("Your verification code", True),
        ("Ihr Passwort wurde geändert", True),
        ("Please verify your email address", True),
        ("Password policy of the club, new members welcome", False),
        ("Lunch", False),
        ("Resetting the coffee machine", False),
    ],
)
def test_mail_about_resets_is_told_from_other_mail(subject: str, meant: bool) -> None:
    played = play(password_reset_mail.ask(a_question()), always({**MESSAGE, "subject": subject}))
    assert bool(played.value.value) is meant


def test_reset_mail_from_before_the_window_is_left_out_and_a_full_answer_says_so() -> None:
    old = {**MESSAGE, "subject": "Reset your password", "receivedDateTime": "2026-01-01T00:00:00Z"}
    played = play(password_reset_mail.ask(a_question()), always(*[old] * 1000))
    assert played.value.value == ()
    assert played.value.missing == ("hits beyond the newest 1,000",)
    request = played.asked[0]
    assert isinstance(request, Request)
    assert not {"$filter", "$orderby"} & set(request.query)


def folder(id_: str, name: str, children: int = 0) -> dict[str, Any]:
    return {"id": id_, "displayName": name, "parentFolderId": "root", "childFolderCount": children}


def test_folders_are_known_by_their_well_known_names_in_any_language_and_to_every_depth() -> None:
    named = {"inbox": folder("i", "Posteingang", 1), "recoverableitemsdeletions": folder("d", "Deletions")}
    children = {"i": [folder("n", "Rechnungen", 1)], "n": [folder("o", "2026")]}

    def microsoft(what: Request | Cmdlet) -> Answer:
        assert isinstance(what, Request)
        tail = what.path.partition("/mailFolders")[2].strip("/")
        if not tail:
            assert what.query["includeHiddenFolders"] == "true"
            return [named["inbox"]]
        if tail.endswith("/childFolders"):
            return children[tail.partition("/")[0]]
        return [named[tail]] if tail in named else NotFound("Not there.")

    played = play(mail_folders.ask(a_question()), microsoft)
    found = {one.id: (one.display_name, one.well_known) for one in played.value.value}
    assert found == {
        "i": ("Posteingang", "inbox"),
        "d": ("Deletions", "recoverableitemsdeletions"),
        "n": ("Rechnungen", ""),
        "o": ("2026", ""),
    }
    assert played.value.missing == ()
    assert len(played.rounds) == 3


def test_a_folder_that_cannot_be_asked_for_is_missing_and_the_top_is_indispensable() -> None:
    def microsoft(error: GraphError, piece: str) -> Any:
        return lambda what: error if what.path.endswith(piece) else [folder("i", "Inbox")]

    played = play(mail_folders.ask(a_question()), microsoft(Broken("It failed."), "/archive"))
    assert played.value.missing == ("the folder archive (It failed)",)
    with pytest.raises(NoMailbox):
        play(mail_folders.ask(a_question()), microsoft(NoMailbox("None."), "/mailFolders"))


def test_rules_come_without_their_null_entries() -> None:
    rule = {
        "id": "r",
        "displayName": "..",
        "conditions": {"subjectContains": ["invoice"], "bodyContains": None},
        "exceptions": None,
        "actions": {"moveToFolder": "AAMk", "forwardTo": None, "delete": None, "markAsRead": True},
    }
    (found,) = play(inbox_rules.ask(a_question()), always(rule)).value.value
    assert found.conditions == {"subjectContains": ["invoice"]}
    assert found.exceptions is None
    assert found.actions.forward_to == ()
    assert found.actions.mark_as_read


def test_exchange_is_asked_for_hidden_rules_and_for_sweep_rules() -> None:
    hidden = {
        "Identity": "adele\\1",
        "Name": "x",
        "ForwardTo": None,
        "RedirectTo": ['"d" [SMTP:d@evil.example]'],
    }
    played = play(hidden_inbox_rules.ask(a_question()), always(hidden))
    assert played.asked == [Cmdlet("Get-InboxRule", {"Mailbox": UPN, "IncludeHidden": True}, anchor=UPN)]
    assert played.value.value[0].redirect_to == ('"d" [SMTP:d@evil.example]',)
    played = play(sweep_rules.ask(a_question()), always({"Name": "s", "Sender": None, "Enabled": True}))
    assert played.asked == [Cmdlet("Get-SweepRule", {"Mailbox": UPN}, anchor=UPN)]
    assert played.value.value[0].name == "s"


def test_the_automatic_reply_is_one_part_of_the_settings() -> None:
    reply = {"status": "alwaysEnabled", "externalAudience": "all", "externalReplyMessage": None}
    played = play(auto_reply.ask(a_question()), always({"automaticRepliesSetting": reply}))
    assert played.value.value.status == "alwaysEnabled"
    assert play(auto_reply.ask(a_question()), always({})).value.value.status == ""
