"""Anybody who works here may report an account; only responders start something with it."""

from datetime import timedelta
from typing import Any

import pytest

from bot.settings import ResponderSettings
from commands.ledger.verify import verify_ledger
from tests.scenarios.conftest import ADELE


def set_up(stage: Any, **changes: Any) -> Any:
    """A bot whose cards and reports go to the incident room."""
    story = stage("clean", start=False)
    with_channel = story.slack_settings.model_copy(update={"channel": "C0INCIDENT"})
    story.settings = story.settings.model_copy(update={"slack": with_channel, **changes})
    story.start()
    return story


def form(story: Any, person: str, holding: str = "") -> Any:
    """The window that this person sees."""
    return story.slack.wait_for(
        lambda: next((v for v in story.slack.modals(person) if holding in story.slack.as_text(v)), None),
        what=f"a window for {person} with {holding!r}",
    )


def reports(story: Any) -> list[Any]:
    return [card for card in story.cards() if "reports that" in story.slack.as_text(card)]


def words(story: Any) -> list[str]:
    return [entry.facts["words"] for entry in story.bot.ledger.entries() if entry.kind == "asked"]


def test_a_bare_command_opens_the_form_and_a_responders_report_is_a_check(stage):
    story = set_up(stage)
    story.type("")
    modal = form(story, "responder", "This starts a read-only check of the account.")
    sent = story.slack.submit(
        "responder", modal, {"account": ADELE, "noticed": "odd <mail> & rules", "since": "10d"}
    )
    assert sent.error is None
    story.shown()
    assert words(story) == ["", f"suspect {ADELE} since 10d because odd &lt;mail&gt; &amp; rules"]
    (case,) = [
        story.bot.ledger.case(one.case_id) for one in story.bot.ledger.entries() if one.kind == "case_shown"
    ]
    assert case.window.end - case.window.start == timedelta(days=10)
    assert reports(story) == []


def test_somebody_elses_report_is_told_to_the_responders_and_starts_nothing(stage):
    story = set_up(stage)
    story.slack.shortcut("bystander", "report_account")
    modal = form(
        story, "bystander", "This notifies the responders. Nothing is started or changed until they act."
    )
    assert "Start check" not in str(modal)
    story.wrote("asked", "modal_opened")
    sent = story.slack.submit("bystander", modal, {"person": "U0ADELEVAN", "noticed": "<!channel> *spam*"})
    assert sent.error is None
    story.slack.wait_for(
        lambda: "The responders are notified" in str(story.slack.direct("bystander")) or None
    )
    (report,) = reports(story)
    text = story.slack.as_text(report)
    assert ADELE in text
    assert "Grady Archie" in text or "U0GRADYARC" in text
    assert "<!channel>" not in report.text
    assert "U0ADELEVAN" not in str(report), "a mention would call the one whose account it is"
    story.wrote("asked", "modal_opened", "asked", "account_reported", "answered")
    assert story.bot.ledger.unfinished_cases() == []

    story.slack.click("responder", report, "check_reported")
    story.shown()
    assert words(story)[-1] == "check <@U0ADELEVAN>"


def test_the_button_of_a_report_is_no_right_to_check(stage):
    story = set_up(stage)
    story.type(f"suspect {ADELE} since 2d because of odd mail", person="bystander", channel="security-alerts")
    story.told("bystander", "The responders are notified")
    (report,) = reports(story)
    assert "about 2 days ago" in story.slack.as_text(report)
    story.slack.invite("bystander", "incident-room")
    story.slack.click("bystander", report, "check_reported")
    story.told("bystander", "You are not a responder.")
    assert words(story)[-1] == f"check {ADELE} since 48h"


@pytest.mark.parametrize(
    ("part", "says"),
    [
        ("guest", "Guests of this workspace cannot report accounts. Ask an employee to do it."),
        ("external", "People from another workspace cannot report accounts here."),
    ],
)
def test_those_from_outside_may_not_report_and_get_no_form(stage, part, says):
    story = set_up(stage)
    story.type("", person=part, channel="with-fabrikam")
    story.told(part, says)
    story.type(f"suspect {ADELE} because I say so", person=part, channel="with-fabrikam")
    story.slack.wait_for(lambda: story.kinds().count("refused") == 2)
    assert story.slack.modals(part) == []
    assert reports(story) == []


def test_three_reports_an_hour_are_heard_and_the_fourth_is_refused(stage):
    story = set_up(stage)
    for name in ("a.one", "b.two", "c.three"):
        story.type(f"suspect {name}", person="bystander", channel="security-alerts")
    story.slack.wait_for(lambda: story.kinds().count("answered") == 3)
    story.type("suspect d.four", person="bystander", channel="security-alerts")
    story.told("bystander", "three accounts within an hour")
    assert len(reports(story)) == 3
    story.type("suspect e.five", person="isaiah", channel="general")
    story.told("isaiah", "The responders are notified")
    verify_ledger(story.bot.ledger.path)


def test_the_owner_of_an_account_may_report_it_and_so_may_a_responder_about_their_own(stage):
    story = set_up(stage)
    story.type(f"suspect {ADELE} because I clicked on a link", person="subject", channel="general")
    story.told("subject", "The responders are notified")
    story.type("suspect megan.bowen@contoso.example because of a link")
    story.told("responder", "The responders are notified")
    assert ["their own account" in story.slack.as_text(one) for one in reports(story)] == [True, True]
    assert story.bot.ledger.unfinished_cases() == []


@pytest.mark.parametrize(
    ("users", "says"), [(("U0NESTORWI",), "Call one of these people:"), ((), "No one was notified")]
)
def test_without_a_channel_people_are_told_whom_to_ask(stage, users, says):
    story = stage("clean", changes={"responders": ResponderSettings(users=users)})
    story.type(f"suspect {ADELE} because of odd mail", person="bystander", channel="security-alerts")
    told = story.told("bystander", says)
    assert ("U0NESTORWI" in told.text) is bool(users)
    story.wrote("asked", "not_answered")


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({}, "Choose an account."),
        ({"account": ADELE, "person": "U0ADELEVAN"}, "not both"),
        ({"account": "Adele Vance"}, "is not a user"),
        ({"account": "adele@contoso"}, "” is not an email address."),
    ],
)
def test_what_cannot_be_read_is_told_in_the_form(stage, values, says):
    story = stage("clean")
    story.type("")
    sent = story.slack.submit("responder", form(story, "responder"), values)
    assert says in sent.ack_payload["errors"]["account"]
    assert words(story) == [""]


def test_the_account_in_a_message_is_checked_with_our_own_first(stage):
    story = set_up(stage)
    message = story.slack.say(
        "responder", "incident-room", f"phish from boss@evil.example to <@U0ISAIAHLA> and {ADELE}"
    )
    assert story.slack.shortcut("responder", "check_message", message).error is None
    modal = form(story, "responder", "Which account?")
    select = next(block for block in modal.blocks if block["block_id"] == "account")["element"]
    offered = [option["value"] for option in select["options"]]
    assert offered == ["isaiah.langer@contoso.example", ADELE, "boss@evil.example"]
    assert select["initial_option"]["value"] == offered[0]
    assert story.slack.submit("responder", modal, {"account": ADELE}).error is None
    story.shown()
    assert words(story) == [f"check {ADELE}"]


def test_a_message_that_names_nobody_asks_for_the_account(stage):
    story = set_up(stage)
    message = story.slack.say("responder", "incident-room", "something is odd here")
    story.slack.shortcut("responder", "check_message", message)
    modal = form(story, "responder", "This message has no address or mention.")
    wrong = story.slack.submit("responder", modal, {"other": "Adele Vance"})
    assert "is not a user" in wrong.ack_payload["errors"]["other"]
    assert story.kinds() == []


def test_a_message_opens_the_form_for_somebody_who_is_no_responder(stage):
    story = set_up(stage)
    message = story.slack.say("bystander", "security-alerts", f"odd mail from {ADELE}")
    story.slack.shortcut("bystander", "check_message", message)
    modal = form(
        story, "bystander", "This notifies the responders. Nothing is started or changed until they act."
    )
    sent = story.slack.submit("bystander", modal, {"noticed": "see the channel"})
    assert sent.error is None
    story.told("bystander", "The responders are notified")
    assert ADELE in story.slack.as_text(reports(story)[0])
    assert story.slack.shortcut("guest", "check_message", message).error is None
    story.told("guest", "Guests of this workspace cannot report accounts. Ask an employee to do it.")


def test_a_report_from_nowhere_needs_a_channel_for_the_card(stage):
    story = stage("clean")
    story.slack.shortcut("responder", "report_account")
    story.slack.submit("responder", form(story, "responder"), {"account": ADELE})
    story.slack.wait_for(lambda: "not_answered" in story.kinds())
    story.slack.wait_for(
        lambda: (
            ("Choose the channel for the card. In that channel, type: /compromise check")
            in str(story.slack.direct("responder"))
            or None
        )
    )
