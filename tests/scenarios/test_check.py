"""The main job, from the slash command to the finished card, through the real parts."""

import io
import json
import zipfile

import pytest

from bot.work.checks.apart.parent import started
from commands.ledger.verify import verify_ledger
from tests.scenarios.conftest import ADELE, OFTEN
from tests.scenarios.test_durability import SEARCH


def test_a_responder_checks_a_taken_over_mailbox(stage):
    """A responder asks, is answered at once, and reads the verdict, the details and the files."""
    story = stage("mailbox-takeover")
    delivery = story.type(f"check {ADELE}")
    assert delivery.error is None
    assert "🔎 Investigating …" in delivery.ack_payload["text"]

    card = story.shown()
    text = story.slack.as_text(card)
    assert "Adele Vance" in text
    assert "COMPROMISED" in text.upper()
    assert len(story.cards()) == 1
    assert card.pings == (story.slack.people["responder"].id,)

    assert "see its card" in story.slack.as_text(story.told(holding="Investigating. Case"))
    replies = story.slack.replies(card)
    assert any("Timeline" in story.slack.as_text(reply) for reply in replies)
    names = {file.name for reply in replies for file in reply.files}
    assert names == {
        "timeline.png",
        "who-else.png",
        "report.pdf",
        "report.html",
        "report.txt",
        "report.json",
        "findings.csv",
        "timeline.csv",
        "evidence.zip",
    }

    report = json.loads(next(file for file in story.slack.files() if file.name == "report.json").content)
    assert report["verdict"] == "compromised"
    assert report["user"] == ADELE

    kinds = story.kinds()
    assert kinds[:3] == ["asked", "case_opened", "case_card_posted"]
    assert [one.kind for one in story.bot.ledger.entries()].count("owner_bound") == 1
    assert {"check_started", "check_finished", "message_posted", "case_shown"} <= set(kinds)
    assert verify_ledger(story.bot.ledger.path).head == story.bot.ledger.head()


def test_the_card_fills_up_while_the_check_looks(stage):
    """The same message shows sources and first findings before the slow audit search ends."""
    story = stage("mailbox-takeover", start=False, audit_query_seconds=SEARCH)
    story.pace = {**story.pace, "edits": OFTEN}
    story.start()
    story.type(f"check {ADELE}")
    story.card("First findings")
    # Whoever asks for the report meanwhile is told where it comes, and when.
    assert "📄 Posting the latest report" in story.type(f"report {ADELE}").ack_payload["text"]
    story.told(holding="Its card shows the result, with the report in its thread, when the check ends")
    story.microsoft.end_searches()
    story.shown()


def test_a_check_in_a_process_of_its_own_fills_its_card_and_ends_as_any_other(stage):
    """So `compromise run` makes checks, and they hold up no command meanwhile."""
    story = stage("mailbox-takeover", start=False, audit_query_seconds=SEARCH)
    story.pace = {**story.pace, "edits": OFTEN, "apart": started}
    looker = story.start()._looker
    assert looker is not None
    story.type(f"check {ADELE}")
    story.card("First findings")
    story.microsoft.end_searches()
    assert "COMPROMISED" in story.slack.as_text(story.shown()).upper()
    assert {"remembered", "check_finished", "case_shown"} <= set(story.kinds())
    story.stop()
    assert looker._process is not None
    assert looker._process._process.wait() == 0


@pytest.mark.slow
def test_a_check_whose_process_dies_says_so_on_its_card(stage):
    story = stage("mailbox-takeover", start=False, audit_query_seconds=SEARCH)
    story.pace = {**story.pace, "edits": OFTEN, "apart": started}
    looker = story.start()._looker
    story.type(f"check {ADELE}")
    story.card("First findings")
    assert looker is not None
    assert looker._process is not None
    looker._process._process.kill()
    story.card("ended unexpectedly; check again")
    assert "check_failed" in story.kinds()


def test_a_clean_mailbox_ends_without_a_sign(stage):
    story = stage("clean")
    story.type("check adele.vance since 7d")
    assert "COMPROMISED" not in story.slack.as_text(story.shown()).upper().replace("NOT COMPROMISED", "")
    assert story.bot.ledger.unfinished_cases() == []


def test_the_ledger_holds_no_secret_and_no_mail_text(stage):
    story = stage("mailbox-takeover")
    story.type(f"check {ADELE}")
    story.shown()
    secrets = [
        story.slack.bot_token,
        story.slack.app_token,
        story.slack.signing_secret,
        story.microsoft.client_secret,
        "/response/",
        "eyJhbGci",  # how a token begins, whichever of its header's fields comes first
        "eyJ0eXAi",
    ]
    written = "\n".join(f"{entry.body} {entry.actor}" for entry in story.bot.ledger.entries())
    cases = {entry.case_id for entry in story.bot.ledger.entries() if entry.case_id}
    kept = written + "".join(story.bot.ledger.case(case_id).report.decode() for case_id in cases)
    assert [secret for secret in secrets if secret in kept] == []
    texts = [
        str(message["body"]["content"])
        for mailbox in story.microsoft.state.mailboxes.values()
        for message in mailbox.messages
        if message.get("body")
    ]
    assert texts
    assert [text for text in texts if len(text) > 60 and text[:60] in kept] == []
    archive = next(file for file in story.slack.files() if file.name == "evidence.zip").content
    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        packed = {name: file.read(name).decode("utf-8-sig", "replace") for name in file.namelist()}
    assert [secret for secret in secrets for content in packed.values() if secret in content] == []
    written_out = [json.dumps(text)[1:61] for text in texts if len(text) > 60]
    assert [text for text in written_out for content in packed.values() if text in content] == []
