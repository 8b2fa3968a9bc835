"""Mailboxes over Graph: folders, messages and their query rules, visible inbox rules."""

from __future__ import annotations

import pytest

from tests.sandbox.tenant.conftest import ADELE

SENT = f"/users/{ADELE}/mailFolders/sentitems/messages"
RECENT = "receivedDateTime ge 2026-06-10T00:00:00Z"


def test_sent_items_can_be_filtered_and_sorted_by_time(shared):
    rows = shared.values(
        SENT, filter=RECENT, orderby="receivedDateTime desc", top="50", select="subject,receivedDateTime"
    )
    times = [row["receivedDateTime"] for row in rows]
    assert times == sorted(times, reverse=True)
    assert set(rows[0]) == {"id", "subject", "receivedDateTime"}


def test_the_default_page_holds_ten_messages(shared):
    assert len(shared.graph(SENT).json()["value"]) == 10


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"filter": "isRead eq true", "orderby": "receivedDateTime desc"}, "InefficientFilter"),
        ({"filter": f"isRead eq true and {RECENT}", "orderby": "receivedDateTime"}, "InefficientFilter"),
        ({"search": '"urgent"', "filter": RECENT}, "SearchWithFilter"),
        ({"search": "urgent"}, "BadRequest"),
        ({"search": '"colour:red"'}, "BadRequest"),
        ({"filter": "shoeSize eq 44"}, "BadRequest"),
    ],
)
def test_mail_queries_that_exchange_cannot_answer_are_refused(shared, options, code):
    assert shared.code(SENT, **options) == (400, code)


def test_a_search_looks_at_subjects_and_bodies(shared):
    found = shared.values(SENT, search='"gift cards"', top="50")
    assert [row["subject"] for row in found] == ["Are you available?"]
    both = shared.values(SENT, search='"subject:available OR subject:4471"', top="50")
    assert len(both) == 2


def test_without_mail_read_there_are_no_bodies(own):
    own.tenant.permissions.discard("Mail.Read")
    assert "body" not in own.graph(SENT).json()["value"][0]
    assert own.code(SENT, select="subject,body") == (403, "ErrorAccessDenied")
    assert own.code(SENT, search='"gift cards"', top="50") == (403, "ErrorAccessDenied")


def test_a_message_is_found_by_its_internet_id(shared):
    row = shared.graph(SENT).json()["value"][0]
    found = shared.values(
        f"/users/{ADELE}/messages", filter=f"internetMessageId eq '{row['internetMessageId']}'"
    )
    assert [item["id"] for item in found] == [row["id"]]


def test_recoverable_items_are_reachable_and_hidden_folders_only_on_demand(shared):
    path = f"/users/{ADELE}/mailFolders"
    assert shared.values(f"{path}/recoverableitemsdeletions/messages")
    visible = {item["displayName"] for item in shared.values(path, top="100")}
    url = f"{shared.tenant.graph_url}/v1.0{path}?includeHiddenFolders=true&$top=100"
    headers = {"Authorization": f"Bearer {shared.token('graph')}"}
    every = {
        item["displayName"] for item in shared.session.get(url, headers=headers, timeout=60).json()["value"]
    }
    assert every - visible >= {"Recoverable Items", "Sync Issues"}


def test_graph_never_shows_hidden_rules(shared):
    rules = shared.values(f"/users/{ADELE}/mailFolders/inbox/messageRules")
    assert [rule["displayName"] for rule in rules] == ["Newsletters", "Team updates", ".."]
    folder = rules[-1]["actions"]["moveToFolder"]
    path = f"/users/{ADELE}/mailFolders/{folder}"
    assert shared.graph(path).json()["displayName"] == "RSS Subscriptions"


def test_a_user_without_a_mailbox_is_told_apart_from_an_unknown_one(shared):
    rules = "/users/{}/mailFolders/inbox/messageRules"
    assert shared.code(rules.format("kiosk.lobby@contoso.example")) == (404, "MailboxNotEnabledForRESTAPI")
    assert shared.code(rules.format("nobody@contoso.example")) == (404, "Request_ResourceNotFound")


def test_the_auto_reply_reads_the_same_in_both_services(shared):
    setting = shared.graph(f"/users/{ADELE}/mailboxSettings").json()["automaticRepliesSetting"]
    row = shared.rows("Get-MailboxAutoReplyConfiguration", Identity=ADELE)[0]
    assert setting["status"] == "alwaysEnabled"
    assert (row["AutoReplyState"], row["ExternalMessage"]) == ("Enabled", setting["externalReplyMessage"])
