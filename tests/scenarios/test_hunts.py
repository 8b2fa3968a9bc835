"""Who else: from a case or from one address to everybody in the tenant, and the whole tenant ranked."""

from __future__ import annotations

import csv
import io

from commands.ledger.verify import verify_ledger
from sandbox.scenarios.people import LAGOS
from sandbox.workspace import Message
from tests.scenarios.conftest import ADELE, Stage
from tests.scenarios.test_durability import SEARCH, audit_searches, process

DIEGO = "diego.siciliani@contoso.example"


def ended(story: Stage, holding: str) -> Message:
    """The card of a hunt once its end is noted."""
    card = story.card(holding)
    story.slack.wait_for(lambda: "hunt_shown" in story.kinds(), what="the end of the hunt")
    return story.slack.current(card)


def others_too(story: Stage, *names: str) -> None:
    """Let the attacker's address sign in to other accounts as well."""
    state = story.microsoft.state
    theirs = next(one for one in state.sign_ins if one["ipAddress"] == LAGOS.ip)
    for number, name in enumerate(names):
        user = state.user(name)
        assert user is not None
        state.sign_ins.append(
            {
                **theirs,
                "id": f"{theirs['id'][:-4]}{number:04d}",
                "userId": user["id"],
                "userPrincipalName": name,
                "status": {"errorCode": 0, "failureReason": "Other.", "additionalDetails": None},
            }
        )


def test_by_one_address_everybody_who_was_signed_in_to_from_there_is_told(stage):
    story = stage("mailbox-takeover", freely=True)
    others_too(story, DIEGO)
    story.type(f"pivot {LAGOS.ip} since 4d")
    card = ended(story, "Who else was touched: ")
    text = story.slack.as_text(card)
    assert ADELE in text
    assert DIEGO in text
    assert "used from the attacker's IP address" in text
    assert "megan" not in text
    [file] = [one for reply in story.slack.replies(card) for one in reply.files]
    rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert {ADELE, DIEGO} <= {row["account"] for row in rows}
    # From the card straight to a check of one of them.
    story.slack.click("responder", card, "check_found", value=f"{hunt_id(story)} 0")
    story.shown()
    assert verify_ledger(story.bot.ledger.path).head == story.bot.ledger.head()


def hunt_id(story: Stage) -> str:
    [entry] = [one for one in story.bot.ledger.entries() if one.kind == "hunt_started"]
    return str(entry.facts["hunt"])


def test_from_a_case_the_others_are_found_by_what_its_attacker_used_and_its_own_account_is_not_told(stage):
    story = stage("mailbox-takeover", freely=True)
    others_too(story, DIEGO)
    story.type(f"check {ADELE}")
    case_card = story.shown()
    assert "Find others" in story.slack.as_text(case_card)
    story.slack.click("responder", case_card, "pivot")
    card = ended(story, "Who else was touched: ")
    text = story.slack.as_text(card)
    assert DIEGO in text
    assert f"*{ADELE}*" not in text
    assert "from case C-" in text
    told = [one for one in story.bot.ledger.entries() if one.kind == "hunt_started"]
    assert told[0].case_id.startswith("C-")


def test_nothing_found_is_said_as_what_it_is(stage):
    story = stage("clean")
    story.type("pivot 198.51.100.250 since 7d")
    text = story.slack.as_text(ended(story, "Who else was touched: 0 accounts"))
    assert "No account was found in any source." in text


def test_what_could_not_be_collected_is_named_and_nothing_found_is_no_all_clear(stage):
    story = stage("no-premium-license")
    story.type("pivot 198.51.100.250 since 7d")
    text = story.slack.as_text(ended(story, "Who else was touched: 0 accounts"))
    assert "No account was found in what was collected." in text
    assert "Not collected" in text
    assert "sign-ins" in text.casefold()


def test_a_sweep_ranks_the_whole_tenant_and_the_one_that_was_taken_over_is_first(stage):
    story = stage("mailbox-takeover", freely=True)
    # A question about each day, and five in ten seconds are taken: two weeks would take a minute.
    story.type("sweep since 4d")
    card = ended(story, "Who may be compromised: ")
    text = story.slack.as_text(card)
    first = text.index(ADELE)
    assert all(text.find(other) == -1 or text.find(other) > first for other in (DIEGO, "megan.bowen"))
    assert "Get-Mailbox" not in text
    assert "points" in text
    assert "a check uses many more" in text
    # The mailbox in doubt was looked at as well: its rule is told, which no question about everybody shows.
    kept = [one.facts["name"] for one in story.bot.ledger.entries() if one.kind == "remembered"]
    assert {"once", "mailboxes in doubt 0", "hidden rules 0"} <= {*kept}


def test_a_sweep_of_a_tenant_without_an_attack_names_nobody_as_compromised(stage):
    story = stage("clean")
    story.type("sweep 24h")
    text = story.slack.as_text(ended(story, "Who may be compromised: "))
    assert "0 accounts" in text


NOT_HUNTED = (
    ("pivot", "Say what to look for"),
    ("pivot 10.0.0.1", "not a public address"),
    ("pivot session", "Something is missing after"),
    ("pivot rule abc", "too short or too long"),
    ("pivot hello world", "I do not know what"),
    ("pivot c0ffee00-0000-4000-8000-000000000001", "may be a session or an application"),
    ("pivot 203.0.113.77 in Fabrikam", "There is no tenant Fabrikam"),
    ("sweep in Fabrikam", "There is no tenant Fabrikam"),
    ("stop H-22222", "There is no hunt H-22222"),
    ("stop everything", "Name the hunt"),
)


def test_what_cannot_be_hunted_is_said(stage):
    story = stage("clean")
    for number, (words, says) in enumerate(NOT_HUNTED):
        before = len(story.slack.ephemerals("responder"))
        assert before == number, words
        story.type(words)
        answer = story.slack.wait_for(
            lambda before=before: story.slack.ephemerals("responder")[before:], what=f"the answer to {words}"
        )
        assert says in story.slack.as_text(answer[0]), words
    assert "hunt_started" not in story.kinds()


def test_who_may_not_check_may_not_hunt(stage):
    story = stage("clean")
    for words in ("sweep", "pivot 203.0.113.77"):
        story.type(words, person="guest")
        story.told("guest")
    assert "hunt_started" not in story.kinds()


def test_a_hunt_that_is_stopped_shows_it_at_once_and_what_comes_later_is_dropped(stage):
    story = stage("clean", audit_query_seconds=SEARCH)
    story.type("sweep")
    card = story.card("Whole tenant: ")
    story.slack.click("responder", card, "stop_hunt")
    story.card("Who may be compromised: stopped")
    story.microsoft.end_searches()
    story.type("help")
    story.told(holding="compromise")
    assert "hunt_finished" not in story.kinds()
    story.type(f"stop {hunt_id(story)}")
    story.told(holding="has already ended")


def test_a_sweep_that_is_stopped_keeps_whom_it_had_found_and_says_who_was_not_looked_at(stage):
    story = stage("mailbox-takeover", audit_query_seconds=SEARCH)
    story.type("sweep since 2d")
    # The questions asked once are answered; the audit searches still run.
    card = story.card("1 of 3 parts")
    story.slack.click("responder", card, "stop_hunt")
    story.card("found before it was stopped")
    story.slack.wait_for(lambda: story.kinds().count("hunt_shown") == 2, what="the end of the hunt")
    text = story.slack.as_text(story.slack.current(card))
    assert "No mailbox was examined yet" in text
    assert verify_ledger(story.bot.ledger.path).head == story.bot.ledger.head()


def looked_at_a_search(story: Stage) -> bool:
    return any("/auditLog/queries/" in call.path for call in story.microsoft.calls)


def test_a_hunt_goes_on_after_kill_9_with_the_same_card_and_the_same_search(stage):
    story = stage("clean", start=False, audit_query_seconds=SEARCH)
    with process(story) as running:
        story.type("sweep")
        card = story.card("Whole tenant: ")
        # Whoever looks how a search stands has kept its id.
        story.slack.wait_for(lambda: looked_at_a_search(story), what="the audit search")
        searches = audit_searches(story)
        running.kill()
        running.join()
    story.microsoft.end_searches()
    with process(story):
        finished = story.card("Who may be compromised: 0 accounts")
        assert finished.ts == card.ts
        assert audit_searches(story) == searches
