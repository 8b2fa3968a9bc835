"""Whatever is killed, slow or broken: the check finishes, on the same card, or ends with words for people."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.clock import now
from bot.settings import ResponderSettings
from bot.slack.intake import Asked
from commands.errors import LedgerUnwritable
from commands.ledger import CaseState, Ledger
from commands.ledger.verify import verify_ledger
from graph.question import Subject, Window
from graph.tenants import Tenants
from sandbox import workspace
from sandbox.scenarios.state import ident
from tests.scenarios.conftest import ADELE, WORKER_KEY, Stage
from tests.scenarios.forked import running_bot

ROOT = Path(__file__).resolve().parents[2]
SEARCH = 3600
"""Seconds that Microsoft searches the audit log: longer than any machine needs; `end_searches` ends them."""


def variables(story: Stage) -> dict[str, str]:
    """The settings of a story as a process gets them."""
    tenant, slack = story.settings.tenants[0], story.slack_settings
    assert tenant.client_secret is not None
    assert slack.app_token is not None
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("COMPROMISE_")},
        "COMPROMISE_SANDBOX": "true",
        "COMPROMISE_SLACK_BOT_TOKEN": slack.bot_token.get_secret_value(),
        "COMPROMISE_SLACK_APP_TOKEN": slack.app_token.get_secret_value(),
        "COMPROMISE_SLACK_API_URL": slack.api_url,
        "COMPROMISE_RESPONDERS_GROUP": "S0RESPONDE",
        "COMPROMISE_TENANT_NAME": tenant.name,
        "COMPROMISE_TENANT_ID": tenant.tenant_id,
        "COMPROMISE_TENANT_CLIENT_ID": tenant.client_id,
        "COMPROMISE_TENANT_CLIENT_SECRET": tenant.client_secret.get_secret_value(),
        "COMPROMISE_TENANT_DOMAINS": ",".join(tenant.domains),
        "COMPROMISE_TENANT_LOGIN_URL": tenant.login_url,
        "COMPROMISE_TENANT_GRAPH_URL": tenant.graph_url,
        "COMPROMISE_TENANT_EXCHANGE_URL": tenant.exchange_url,
        "COMPROMISE_TENANT_COMPLIANCE_URL": tenant.compliance_url,
        "COMPROMISE_LEDGER": str(story.settings.ledger),
        "COMPROMISE_ENGINE": story.settings.engine,
        "COMPROMISE_WORKER_KEY": WORKER_KEY,
        "COMPROMISE_LOG_LEVEL": "info",
        "COMPROMISE_LOG_FORMAT": "json",
        "PYTHONPATH": str(ROOT),
    }


@contextmanager
def process(story: Stage):
    """The bot as a process of its own."""
    story.slack.wait_disconnected()
    with running_bot(story.settings.ledger.parent, variables(story)) as running:
        story.slack.wait_connected()
        yield running


def audit_searches(story: Stage) -> int:
    """How many audit searches were begun in the tenant."""
    calls = story.microsoft.calls
    return sum(call.method == "POST" and call.path.endswith("/auditLog/queries") for call in calls)


def searching(story: Stage) -> int:
    """Wait until a check has kept the ids of both its audit searches; give how many were begun."""

    def both() -> bool:
        # Whoever looks how a search stands has kept its id.
        asked = {call.path for call in story.microsoft.calls if call.method == "GET"}
        return sum("/auditLog/queries/" in path for path in asked) == 2

    story.slack.wait_for(both, what="two audit searches")
    return audit_searches(story)


def test_after_kill_9_in_the_middle_of_a_check_the_same_card_is_finished(stage):
    """It is killed while Microsoft searches; the next process takes the search up and edits the same card."""
    story = stage("mailbox-takeover", start=False, audit_query_seconds=SEARCH)
    with process(story) as running:
        story.type(f"check {ADELE}")
        card = story.card("First findings")
        searches = searching(story)
        running.kill()
        running.join()
    assert "Files in the thread" not in story.slack.as_text(story.slack.current(card))

    story.microsoft.end_searches()
    with process(story) as running:
        finished = story.card("Files in the thread")
        assert finished.ts == card.ts
        assert len(story.cards()) == 1
        assert audit_searches(story) == searches
        replies = story.slack.replies(finished)
        texts = [story.slack.as_text(reply) for reply in replies]
        assert len(texts) == len(set(texts))

        ledger = Ledger(story.settings.ledger, now)
        story.slack.wait_for(lambda: not ledger.unfinished_cases(), what="the last entry in the ledger")
        kinds = [entry.kind for entry in ledger.entries()]
        assert (
            kinds.count("case_opened")
            == kinds.count("case_card_posted")
            == kinds.count("check_finished")
            == 1
        )
        assert verify_ledger(ledger.path).head.size == len(kinds)
        ledger.close()

        running.terminate()
        running.join()
        assert running.exitcode == 0


@pytest.mark.slow
def test_after_kill_9_between_the_verdict_and_its_being_shown_it_is_shown(stage):
    """The delivery of a result is a run of its own in the engine, and belongs to the process that died."""
    story = stage("clean", start=False)
    ledger = Ledger(story.settings.ledger, now)
    story.slack.faults.add("files.getUploadURLExternal", workspace.slow(SEARCH), times=1)
    with process(story) as running:
        story.type(f"check {ADELE}")
        story.slack.wait_for(
            lambda: any(entry.kind == "message_posted" for entry in ledger.entries()), what="the details"
        )
        running.kill()
        running.join()
    assert [case.state for case in ledger.unfinished_cases()] == [CaseState.DONE]
    story.slack.faults.clear()
    with process(story):
        story.card("Files in the thread")
        story.slack.wait_for(lambda: not ledger.unfinished_cases(), what="the last entry in the ledger")
    assert len(story.cards()) == 1
    ledger.close()


@pytest.mark.slow
def test_a_stop_in_the_middle_of_a_check_does_not_wait_for_it_and_the_check_goes_on_afterwards(stage):
    story = stage("clean", start=False, audit_query_seconds=SEARCH)
    with process(story) as running:
        story.type(f"check {ADELE}")
        card = story.card("Waiting for")
        running.terminate()
        running.join()
        assert running.exitcode == 0
    story.microsoft.end_searches()
    with process(story):
        assert story.card("Files in the thread").ts == card.ts


@pytest.mark.slow
def test_a_second_bot_on_the_same_ledger_does_not_start(stage):
    story = stage("clean", start=False)
    with process(story):
        second = subprocess.run(
            [sys.executable, "-m", "bot", "run"],
            env=variables(story),
            cwd=story.settings.ledger.parent,
            capture_output=True,
            text=True,
            check=False,
        )
    assert second.returncode == 1
    assert "Another bot is using" in second.stdout + second.stderr


@pytest.mark.slow
def test_a_wrong_token_stops_the_start_with_words(stage):
    story = stage("clean", start=False)
    wrong = {**variables(story), "COMPROMISE_SLACK_BOT_TOKEN": "xoxb-wrong"}
    done = subprocess.run(
        [sys.executable, "-m", "bot", "run"],
        env=wrong,
        cwd=story.settings.ledger.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Slack refused the bot token (invalid_auth). Copy the bot token (xoxb-)" in done.stderr
    assert "xoxb-wrong" not in done.stdout + done.stderr


def test_an_open_case_is_taken_up_even_when_the_engines_tables_are_gone(stage):
    """The ledger alone says what is open."""
    story = stage("clean", start=False)
    played = story.microsoft.state.users
    user = next(user for user in played.values() if user["userPrincipalName"] == ADELE)
    ledger = Ledger(story.settings.ledger, now)
    subject = Subject(str(user["id"]), ADELE, ADELE, (ADELE,), "Adele Vance")
    with ledger.writing() as writing:
        writing.open_case(
            "C-2ABCD",
            tenant="Contoso",
            subject=subject,
            window=Window(now() - timedelta(days=7), now()),
            channel="C0INCIDENT",
            asked_by="U0MEGANBOW",
        )
    ledger.close()
    story.start()
    card = story.shown()
    assert "C-2ABCD" in story.slack.as_text(card)
    assert len(story.cards()) == 1


def test_a_check_that_fails_ends_as_a_readable_card_with_a_reference(stage, monkeypatch):
    story = stage("clean", start=False)
    story.start()
    # The tenant vanishes from the settings between the question and the work.
    # It would be found by its id under another name.
    other = Tenants(
        [story.settings.tenants[0].model_copy(update={"name": "Fabrikam", "tenant_id": ident("tenant", "x")})]
    )
    with closing(other):
        monkeypatch.setattr(story.bot.jobs._checks._maker, "_tenants", other)
        story.type(f"check {ADELE}")
        card = story.card("Could not investigate")
    text = story.slack.as_text(card)
    assert "is no longer configured" in text
    case = story.slack.wait_for(lambda: next(iter(_cases(story)), None))
    assert case.state is CaseState.FAILED
    assert case.reference in text


def test_a_mistake_of_ours_in_a_check_is_no_open_case(stage):
    story = stage("clean", start=False)
    story.start()
    story.bot.jobs._checks._maker._tenants = None
    story.type(f"check {ADELE}")
    text = story.slack.as_text(story.card("Could not investigate"))
    assert "Internal error during this check. Reference:" in text
    assert story.slack.wait_for(lambda: [case for case in _cases(story) if case.shown])[0].reference in text


def _cases(story: Stage):
    ids = [entry.case_id for entry in story.bot.ledger.entries() if entry.kind == "case_opened"]
    return [story.bot.ledger.case(case_id) for case_id in ids]


def test_slack_may_put_edits_off_and_the_last_state_is_shown_all_the_same(stage):
    story = stage("clean", audit_query_seconds=3)
    story.slack.faults.add("chat.update", workspace.rate_limited(retry_after=2), times=3)
    story.slack.faults.add("chat.postMessage", workspace.rate_limited(retry_after=1), times=1)
    story.type(f"check {ADELE}")
    assert "Files in the thread" in story.slack.as_text(story.shown())
    assert len(story.cards()) == 1


@pytest.mark.parametrize(
    "fault",
    [
        workspace.server_error(),
        workspace.server_error(503),
        workspace.reset(),
        workspace.api_error("internal_error"),
    ],
)
def test_slack_may_fail_for_a_while(stage, fault):
    story = stage("clean")
    story.type(f"check {ADELE}")
    story.card("Adele Vance")
    for method in ("chat.update", "files.completeUploadExternal"):
        story.slack.faults.add(method, fault)
    story.shown()
    assert len(story.cards()) == 1


def test_a_card_that_somebody_removed_is_posted_anew(stage):
    story = stage("clean", audit_query_seconds=SEARCH)
    story.type(f"check {ADELE}")
    card = story.card("Waiting for")
    story.bot.desk._client.chat_delete(channel=card.channel, ts=card.ts)
    story.microsoft.end_searches()
    again = story.shown()
    assert again.ts != card.ts


@pytest.mark.slow
def test_an_account_that_is_checked_in_the_bot_that_dies_is_not_checked_twice(stage):
    story = stage("clean", audit_query_seconds=SEARCH)
    story.type(f"check {ADELE}")
    story.card("Waiting for")
    story.stop()
    story.start()
    story.type(f"check {ADELE}", person="approver")
    story.told("approver", "already")
    story.microsoft.end_searches()
    story.shown()
    assert len(story.cards()) == 1


def test_a_ledger_that_is_gone_wrong_stops_the_start(stage, tmp_path):
    story = stage("clean", start=False, changes={"ledger": tmp_path / "no such folder" / "ledger.db"})
    with pytest.raises(LedgerUnwritable):
        story.start()


def test_a_stop_loses_no_question_that_was_acknowledged(stage):
    """Questions that wait for a clerk are written down at the end and answered at the next start."""
    story = stage("clean")
    channel = story.slack.channels["incident-room"].id
    for number in range(40):
        story.bot.desk.take(Asked(f"q{number}", "U0NOBODY", "", channel, "nonsense"))
    story.bot.desk.stop()
    assert story.kinds().count("asked") == 40


def killed_before_the_answer(story: Stage) -> None:
    """Leave behind a question whose case was opened, checked and shown, and which nobody answered."""
    subject = Subject(
        id=next(
            key for key, user in story.microsoft.state.users.items() if user["userPrincipalName"] == ADELE
        ),
        user_principal_name=ADELE,
        mail=ADELE,
        addresses=(ADELE,),
        display_name="Adele Vance",
    )
    channel = story.slack.channels["incident-room"].id
    megan = story.slack.people["responder"].id
    ledger = Ledger(story.settings.ledger, now)
    with ledger.writing() as writing:
        writing.ask("q1", megan, channel, f"check {ADELE}")
    with ledger.writing() as writing:
        writing.open_case(
            "C-2ABCD",
            tenant="Contoso",
            subject=subject,
            window=Window(now() - timedelta(days=1), now()),
            channel=channel,
            asked_by=megan,
            request="q1",
        )
    with ledger.writing() as writing:
        writing.finish("C-2ABCD", verdict="", report="")
        writing.shown("C-2ABCD", "the check was over before the question was answered")
    ledger.close()


def test_a_question_whose_case_was_opened_before_the_end_opens_no_second_one(stage):
    """Killed between the case and the answer, the bot goes on with the case that is there."""
    story = stage("clean", start=False)
    killed_before_the_answer(story)
    story.start()
    story.told(holding="C-2ABCD")
    assert story.kinds().count("case_opened") == 1
    assert story.bot.ledger.unanswered_requests() == []


def test_whoever_may_no_longer_ask_gets_no_late_answer_and_the_ledger_says_so(stage):
    story = stage("clean", start=False)
    killed_before_the_answer(story)
    others = ResponderSettings(users=(story.slack.people["second_approver"].id,))
    story.settings = story.settings.model_copy(update={"responders": others})
    story.start()
    told = story.slack.as_text(story.told(holding="not a responder"))
    assert "C-2ABCD" not in told
    story.slack.wait_for(lambda: not story.bot.ledger.unanswered_requests(), what="the late answer")
    assert story.kinds()[-1] == "refused"


def test_a_store_of_the_engine_that_is_damaged_is_set_aside_and_made_anew(stage):
    story = stage("clean")
    story.stop()
    store = Path(story.settings.engine.removeprefix("sqlite:///"))
    for tail in ("-wal", "-shm"):
        store.with_name(store.name + tail).unlink(missing_ok=True)
    store.write_bytes(b"no database " * 1000)
    story.start()
    story.type(f"check {ADELE}")
    story.shown()
    assert len(list(store.parent.glob(f"{store.name}.damaged-*"))) == 1


def lose_the_engines_tables(url: str) -> Path:
    """Remove every table of the engine under a running bot; give the store's file."""
    store = Path(url.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(store, timeout=30)) as file:
        names = [row[0] for row in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in (one for one in names if not one.startswith("sqlite_")):
            file.execute(f'DROP TABLE "{name}"')
        file.commit()
    return store


def test_tables_of_the_engine_that_go_away_under_a_running_bot_cost_no_question(stage):
    story = stage("clean")
    store = lose_the_engines_tables(story.settings.engine)
    story.type(f"check {ADELE}")
    story.told(holding="C-")
    assert "internal_error" not in story.kinds()
    story.bot.jobs.repair()
    story.shown()
    assert len(list(store.parent.glob(f"{store.name}.damaged-*"))) >= 1
