"""The Home tab stays within Slack's limits, and nothing in it calls or links by itself."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bot.messages.awaited import Awaited
from bot.messages.home import Details, Found, Health, HomePage, OpenCase, Waiting, home
from bot.messages.report_modal import MOST_CANDIDATES, check_modal, report_modal
from bot.messages.reported import reported, thanks, whom_to_ask
from sandbox.workspace import blocks as slack_blocks
from sandbox.workspace import text as slack_text

NOW = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
CASE = OpenCase(
    "C-7F3K2", "adele.vance@contoso.example", "compromised", NOW, 3, "https://contoso.slack.com/x"
)
WAITS = Waiting("P-7F3K2", "adele.vance@contoso.example", 1, 2, NOW, "https://contoso.slack.com/y")
DETAILS = Details(
    approver=True,
    cases=(CASE,),
    more_cases=0,
    waiting=(WAITS,),
    elsewhere=2,
    approvers=("U0ALEXWILB",),
    health=Health(last_check=NOW, ledger="", entries=7, enrolled=True, checkpoints="C0SECALERT"),
)
PAGE = HomePage("U0MEGANBOW", reports_heard=True, responders=("U0MEGANBOW",), details=DETAILS)


def shown(view: Any) -> str:
    return "\n".join(slack_text.lines(view["blocks"], lambda name: name))


def test_the_page_of_the_team_says_what_is_open_and_how_the_bot_is():
    text = shown(home(PAGE))
    for words in (
        "1 of 2 approvals",
        "3 manual tasks open",
        "2 proposals wait for others.",
        "verified at start, 7 entries",
        "Your second factor: enrolled",
        ("□ Cards go to the channel of the request, and colleagues' reports go nowhere (`slack.channel`)"),
    ):
        assert words in text


def test_that_everything_waits_for_a_worker_is_said_first():
    waiting = replace(DETAILS.health, awaited=Awaited("workers", NOW))
    text = shown(home(replace(PAGE, details=replace(DETAILS, health=waiting))))
    said = "□ Every check, hunt and recheck waits for a worker; none has been seen since"
    assert said in text
    assert text.index(said) < text.index("Last check")
    away = replace(DETAILS.health, awaited=Awaited("database"))
    text = shown(home(replace(PAGE, details=replace(DETAILS, health=away))))
    assert "The job database cannot be reached. Every check, hunt and recheck starts when it is back." in text


def test_a_ledger_that_nobody_has_read_yet_is_not_called_sound():
    text = shown(
        home(replace(PAGE, details=replace(DETAILS, health=Health(last_check=NOW, last_failed=True))))
    )
    assert "? Ledger: not verified since the start" in text
    assert "□ Last check: failed" in text


def test_what_cannot_be_seen_is_named_and_a_look_still_to_come_is_not_called_fine():
    assert "Checking; reopen this tab" in shown(home(PAGE))
    gaps = (("Tenant Contoso", ("hidden inbox rules: role group lacks Get-InboxRule",)), ("Slack", ()))
    health = replace(DETAILS.health, found=Found(NOW, gaps))
    text = shown(home(replace(PAGE, details=replace(DETAILS, health=health))))
    assert "Tenant Contoso: 1 missing" in text.replace("*", "")
    assert "hidden inbox rules: role group lacks Get-InboxRule" in text
    assert "Slack: complete" in text.replace("*", "")


def test_the_longest_page_fits():
    sentence = "<!channel> a step: " + "x " * 400
    gaps = tuple((f"Tenant {n} " + "y" * 200, (sentence,) * 40) for n in range(20))
    many = replace(
        DETAILS,
        health=replace(DETAILS.health, found=Found(NOW, gaps)),
        cases=(replace(CASE, subject="a" * 400 + "@contoso.example"),) * 10,
        more_cases=90,
        waiting=(WAITS,) * 10,
        approvers=tuple(f"U0APPROVER{n}" for n in range(200)),
    )
    page = replace(PAGE, responders=tuple(f"U0RESPONDER{n}" for n in range(200)), details=many)
    view = home(page)
    assert slack_blocks.problems(view["blocks"], "home") == []
    assert "… 90 more" in shown(view)
    assert "and 180 more" in shown(view)


def test_what_is_typed_into_a_report_calls_nobody_and_changes_nothing():
    message = reported(
        "r1",
        by="U0GRADYARC",
        account="<!channel>",
        since="about 2 days ago",
        noticed="<!here> *bold*\n> quote https://evil.example",
        own=False,
        ours=frozenset(),
    )
    assert "<!channel>" not in message.text
    assert "<!here>" not in str(message.blocks)
    assert "https://evil.example" not in str(message.blocks)
    assert slack_blocks.problems(list(message.arguments["blocks"]), "message") == []


def test_the_reporter_is_told_to_use_the_phone():
    assert "contact the person only by phone" in thanks().text
    assert "Call one of these people: <@U1AAAA>" in whom_to_ask(["U1AAAA"]).text
    assert "Call your IT help desk" in whom_to_ask([]).text


def test_the_form_asks_a_reporter_what_they_noticed_and_a_responder_may_leave_it_out():
    optional = {
        starts: {
            b["block_id"]: b["optional"] for b in report_modal(starts=starts).blocks if b["type"] == "input"
        }
        for starts in (True, False)
    }
    assert optional[True]["noticed"]
    assert not optional[False]["noticed"]
    assert optional[False]["account"]


def test_the_windows_take_what_a_message_may_hold():
    modal = check_modal([f"colleague.{n}@contoso.example" for n in range(60)], ours={"contoso.example"})
    select = modal.blocks[0]["element"]
    assert len(select["options"]) == MOST_CANDIDATES
    assert select["initial_option"]["value"] == "colleague.0@contoso.example"
    for one in (
        modal,
        check_modal([]),
        report_modal(starts=False, account="x@y.example"),
    ):
        assert slack_blocks.problems(one.view["blocks"], "modal") == []
