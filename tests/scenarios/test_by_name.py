"""A name leads to accounts, and nothing is checked before somebody picks one."""

from __future__ import annotations

from bot.verbs.check import words_for
from graph.accounts import MOST
from sandbox.workspace import Message
from tests.bot.messages.samples import HOSTILE
from tests.scenarios.conftest import ADELE, Stage


def offered(message: Message) -> list[str]:
    return [
        str(block["accessory"]["value"]).partition(" ")[2] for block in message.blocks if "accessory" in block
    ]


def rename(story: Stage, address: str, **names: object) -> None:
    user = story.microsoft.state.user(address)
    assert user
    user.update(names)


def asked_for(story: Stage, words: str, holding: str) -> Message:
    story.type(words)
    return story.told(holding=holding)


def test_a_name_offers_accounts_and_the_check_runs_once_one_is_picked(stage):
    story = stage("mailbox-takeover")
    message = asked_for(story, "check Adele Vance since 3d", "Nothing is checked until you pick one.")
    assert offered(message) == [ADELE]
    assert story.cards() == []
    assert story.bot.ledger.unfinished_cases() == []
    story.slack.click("responder", message, "check_candidate")
    story.card(ADELE)
    (case,) = story.bot.ledger.cases_about(ADELE)
    assert (case.window.end - case.window.start).days == 3


def test_a_name_is_found_in_either_order_by_its_parts_and_by_one_word(stage):
    """Who took an account over may have given it another display name."""
    story = stage("clean")
    rename(story, ADELE, displayName="IT Help Desk", givenName="Adele", surname="Vance")
    for number, words in enumerate(("Adele Vance", "vance adele", "Vance, Adele", "Adele"), 1):
        story.type(f"check {words}")
        story.slack.wait_for(lambda want=number: len(told(story)) == want)
        assert offered(told(story)[-1]) == [ADELE]


def told(story: Stage) -> list[Message]:
    return [one for one in story.slack.ephemerals("responder") if "pick one" in story.slack.as_text(one)]


def test_names_written_by_an_attacker_stay_text(stage):
    story = stage("clean")
    names = [f"Adele Vance {hostile}"[:250] for hostile in HOSTILE]
    addresses = [
        str(user["userPrincipalName"])
        for user in story.microsoft.state.users.values()
        if user["userPrincipalName"] != ADELE
    ][: len(names)]
    for address, name in zip(addresses, names, strict=False):
        rename(story, address, displayName=name, givenName=None, surname=None)
    message = asked_for(story, "check Adele Vance", "pick one")
    assert set(offered(message)) == {ADELE, *addresses}
    assert message.pings == ()
    assert message.links == ()
    assert ADELE in story.slack.as_text(message)


def test_more_accounts_than_can_be_read_are_told(stage):
    story = stage("clean")
    for user in list(story.microsoft.state.users.values())[: MOST + 2]:
        rename(story, str(user["userPrincipalName"]), displayName="Sam Same")
    message = asked_for(story, "check Sam Same", f"More than {MOST} accounts")
    assert len(offered(message)) == MOST


def test_a_name_that_nobody_has_is_told(stage):
    story = stage("clean")
    asked_for(story, "check Nobody O'There", "No account has a name that begins with “Nobody O'There”.")
    asked_for(story, "check nobodythere", "No account nobodythere in")
    assert story.cards() == []


def test_whoever_may_not_ask_learns_no_names(stage):
    story = stage("clean")
    story.type("check Adele Vance", person="bystander", channel="security-alerts")
    story.told("bystander", "You are not a responder.")


def test_two_accounts_are_not_a_name(stage):
    story = stage("clean")
    asked_for(story, f"check {ADELE} alex.wilber", "I check one account at a time")
    asked_for(story, "check a b c d e f g", "I check one account at a time")


def test_what_was_picked_keeps_window_and_channel():
    words = "check Adele Vance since 36h in <#C0INCIDENT|incident-room>"
    assert words_for(words, ADELE) == f"check {ADELE} since 36h in <#C0INCIDENT>"
