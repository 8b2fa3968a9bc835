"""Who asks for what, and what they are told when it cannot be done."""

import sqlite3
from collections import Counter
from dataclasses import replace

from bot.settings import ResponderSettings
from bot.slack.intake import Asked
from sandbox import workspace
from tests.scenarios.conftest import ADELE
from tests.scenarios.test_durability import SEARCH

EVERYBODY = [
    "U0MEGANBOW",
    "U0ALEXWILB",
    "U0ADELEVAN",
    "U0GRADYARC",
    "U0GUESTPAT",
    "U0EXTERNJO",
    "U0FORMERJO",
    "U0OTHERBOT",
]
"""All named in the settings, so that only what Slack says about them can bar them."""


def test_those_who_may_not_ask_are_told_why_and_nobody_else_sees_it(stage):
    story = stage("clean", changes={"responders": ResponderSettings(users=EVERYBODY)})
    for number, (part, channel, says) in enumerate(
        (
            ("guest", "with-fabrikam", "Guests of this workspace cannot run checks."),
            ("external", "with-fabrikam", "People from another workspace cannot run checks."),
            ("deactivated", "incident-room", "Your Slack account is deactivated"),
            ("another_bot", "incident-room", "Bots cannot run checks."),
            ("subject", "incident-room", "You cannot check your own account. Ask a colleague to do it."),
        ),
        1,
    ):
        story.type(f"check {ADELE}", person=part, channel=channel)
        story.told(part, says)
        assert story.cards(channel) == []
        assert story.kinds()[-1] == "refused"
        assert story.kinds().count("refused") == number
        assert story.bot.ledger.unfinished_cases() == []


def test_somebody_who_is_not_named_is_refused_even_in_the_right_channel(stage):
    story = stage("clean")
    story.type(f"check {ADELE}", person="bystander", channel="security-alerts")
    story.told("bystander", "You are not a responder.")


def test_an_empty_list_of_responders_lets_nobody_ask(stage):
    story = stage("clean", changes={"responders": ResponderSettings()})
    story.type(f"check {ADELE}")
    story.told(holding="the settings name no responders")


def test_a_responder_whose_own_account_was_found_taken_over_may_not_ask_any_more(stage):
    story = stage("mailbox-takeover", changes={"responders": ResponderSettings(users=EVERYBODY)})
    story.type(f"check {ADELE}")
    story.shown()
    story.type("check megan.bowen", person="subject", channel="incident-room")
    story.told("subject", "Your own account is marked compromised in case")


def test_what_needs_no_work_is_answered_in_the_acknowledgement(stage):
    story = stage("clean")
    for words, says in (
        ("help", "Commands"),
        ("chekc adele.vance", "Did you mean: /compromise check adele.vance"),
        ("xyzzy", "Available: check, report, plan, contain,"),
        ("check", "Name the account to check."),
        ("check adele.vance since soon", "” after since is not a time range."),
    ):
        story.type(words)
        assert says in story.slack.as_text(story.told(holding=says))
    story.bot.desk.stop()  # what was asked is on disk by then, if it was not a moment after the answer
    assert Counter(story.kinds()) == {"asked": 4, "not_understood": 4}, "help asks for nothing"


def test_what_cannot_be_answered_is_told_with_the_reason(stage):
    story = stage("clean")
    kinds: list[str] = []
    for words, says in (
        (
            "check nobody.there@contoso.example",
            "No account in Contoso has the address nobody.there@contoso.example.",
        ),
        ("check adele@unknown.example", "No configured tenant has the domain"),
        ("check nobody.there", "No account nobody.there in"),
        ("check <@U0OTHERBOT>", "is a bot and has no mailbox"),
        ("check adele.vance window 2031-01-01..2031-01-02", "is in the future."),
        ("report adele.vance", "There is no report about adele.vance@contoso.example yet."),
    ):
        story.type(words)
        story.told(holding=says)
        kinds += ["asked", "not_answered"]
        story.wrote(*kinds)
    assert story.cards() == []


def test_a_misspelled_address_leads_to_whose_name_begins_like_it(stage):
    story = stage("clean")
    story.type("check adele.vanse@contoso.example")
    said = story.told(
        holding="No account in Contoso has the address adele.vanse@contoso.example. One account has"
    )
    assert "adele.vance@contoso.example" in story.slack.as_text(said)
    assert story.cards() == [], "nothing is checked before somebody picks"


def test_no_address_is_made_up_of_one_word_without_a_case(stage):
    story = stage("clean")
    story.type("tasks adele")
    told = story.slack.as_text(story.told(holding="There is no case for adele yet."))
    assert "/compromise check adele finds it" in told
    assert "adele@" not in told


def test_the_account_may_be_named_in_several_ways(stage):
    story = stage("clean", audit_query_seconds=SEARCH)
    story.slack.mail_links = True
    story.type("check adele.vance")
    story.card(ADELE)
    ways = ("@adele.vance", "Adele.Vance@Contoso.Example.", "“adele.vance@contoso.example”")
    for number, who in enumerate(ways, 1):
        story.type(f"check {who}")
        story.slack.wait_for(
            lambda n=number: (
                sum("already under" in story.slack.as_text(m) for m in story.slack.ephemerals("responder"))
                == n
            ),
            what=f"the answer to {who}",
        )
    assert len(story.cards()) == 1


def test_a_channel_that_will_not_do_is_told_with_what_to_do(stage):
    story = stage("clean")
    for channel, says in (
        (
            "board",
            (
                "I cannot see that channel. If it is private, invite me with /invite "
                "@compromise-bot and try again."
            ),
        ),
        ("general", "I am not in #general. Invite me with /invite @compromise-bot"),
        (
            "with-fabrikam",
            ("is shared with another organization, so I do not post cases there. Choose another channel."),
        ),
    ):
        story.type(f"check {ADELE} in #{channel}")
        story.told(holding=says)
        assert story.bot.ledger.unfinished_cases() == []


def test_a_private_channel_without_the_bot_is_told_with_what_to_do(stage):
    story = stage("clean")
    story.slack.remove("bot", "incident-room")
    story.type(f"check {ADELE}")
    story.told(
        holding=(
            "I cannot see that channel. If it is private, invite me with /invite "
            "@compromise-bot and try again."
        )
    )


def test_a_bot_that_is_thrown_out_between_two_calls_leaves_no_open_case(stage):
    story = stage("clean")
    story.slack.faults.add("chat.postMessage", workspace.api_error("not_in_channel"))
    story.type(f"check {ADELE}")
    story.told(holding="I am not in that channel.")
    assert story.bot.ledger.unfinished_cases() == []
    assert "check_failed" in story.kinds()


def test_the_card_goes_where_the_settings_or_the_words_say(stage):
    story = stage("clean")
    story.type(f"check {ADELE} in #security-alerts")
    story.shown("security-alerts")
    assert story.cards("incident-room") == []


def test_asking_twice_starts_one_check_and_tells_of_the_first(stage):
    story = stage("clean", audit_query_seconds=SEARCH)
    story.type(f"check {ADELE}")
    story.card("Adele Vance")
    story.type(f"check {ADELE}")
    story.type("check adele.vance", person="approver")
    story.told("responder", "is already under investigation,")
    story.told("approver", "is already under investigation,")
    assert "see its card" in story.slack.as_text(story.told("approver", "already"))
    story.microsoft.end_searches()
    story.shown()
    assert len(story.cards()) == 1
    assert story.kinds().count("case_opened") == 1


def test_a_report_that_is_still_being_made_is_not_denied(stage):
    story = stage("clean", audit_query_seconds=SEARCH)
    story.type(f"check {ADELE}")
    story.card("Adele Vance")
    story.type(f"report {ADELE}")
    assert "There is no report" not in story.slack.as_text(story.told(holding="is being checked in case"))
    story.microsoft.end_searches()
    story.shown()


def test_the_same_delivery_twice_starts_one_check_and_answers_once(stage):
    story = stage("clean")
    delivery = story.type(f"check {ADELE}")
    story.slack.replay(delivery)
    story.shown()
    assert len(story.cards()) == 1
    assert story.kinds().count("asked") == 1
    assert "already" not in " ".join(story.slack.as_text(m) for m in story.slack.ephemerals("responder"))


def test_after_a_check_the_same_account_may_be_checked_again(stage):
    story = stage("clean")
    story.type(f"check {ADELE}")
    story.shown()
    story.type(f"check {ADELE}")
    story.slack.wait_for(
        lambda: (
            [story.slack.as_text(card) for card in story.cards()].count("") == 0 and len(story.cards()) == 2
        )
    )


def test_the_latest_report_is_posted_into_a_named_channel(stage):
    story = stage("mailbox-takeover")
    story.type(f"check {ADELE}")
    story.shown()
    story.type(f"report {ADELE} in #security-alerts")
    story.told(holding="Report of case")
    (card,) = story.cards("security-alerts")
    assert "COMPROMISED" in story.slack.as_text(card).upper()
    assert any(reply.files for reply in story.slack.replies(card))
    assert "report_posted" in story.kinds()


def test_the_button_report_posts_the_report_of_its_case_to_those_who_may_ask(stage):
    story = stage("clean", changes={"responders": ResponderSettings(users=EVERYBODY)})
    story.type(f"check {ADELE}")
    card = story.shown()
    story.slack.click("subject", card, "report")
    story.told("subject", "You cannot check your own account.")
    assert len(story.cards()) == 1
    story.slack.click("responder", card, "report")
    story.told(holding="Report of case")
    assert len(story.cards()) == 2
    assert any(reply.files for reply in story.slack.replies(story.cards()[-1]))
    assert "report_posted" in story.kinds()


def test_whoever_has_a_report_posted_is_told_when_the_owner_reads_along(stage):
    story = stage("clean")
    story.type(f"check {ADELE}")
    story.shown()
    story.type(f"report {ADELE} in #security-alerts")
    assert "owner" not in story.slack.as_text(story.told(holding="Report of case"))
    story.slack.invite("subject", "security-alerts")
    story.type(f"report {ADELE} in #security-alerts")
    warned = story.told(holding="the account's owner is a member of this channel and can read it")
    assert "Delete the report there" in story.slack.as_text(warned)
    assert "the account's owner is a member" in story.slack.as_text(story.cards("security-alerts")[-1])


def test_whoever_has_a_report_posted_is_told_when_guests_read_along(stage):
    story = stage("clean")
    story.type(f"check {ADELE}")
    assert "guest" not in story.slack.as_text(story.shown())
    story.slack.invite("guest", "security-alerts")
    story.type(f"report {ADELE} in #security-alerts")
    told = story.told(holding="1 guest in this channel can read it")
    assert "Delete the report there" in story.slack.as_text(told)
    assert "1 guest in this channel" in story.slack.as_text(story.cards("security-alerts")[-1])


def test_the_card_warns_when_a_guest_reads_along(stage):
    story = stage("clean")
    story.slack.invite("guest", "incident-room")
    story.type(f"check {ADELE}")
    assert "1 guest in this channel can read it" in story.slack.as_text(story.shown())


def test_a_report_goes_into_no_channel_that_the_bot_is_not_in(stage):
    story = stage("clean")
    story.type(f"check {ADELE}")
    story.shown()
    story.type(f"report {ADELE} in #general")
    story.told(holding="I am not in #general. Invite me")


def test_a_name_from_the_tenant_calls_nobody(stage):
    story = stage("clean", start=False)
    user = next(user for user in story.microsoft.state.users.values() if user["userPrincipalName"] == ADELE)
    user["displayName"] = "<!channel> <@U0DIEGOSIC> *Adele* <https://evil.example|log in>"
    story.start()
    story.type(f"check {ADELE}")
    card = story.shown()
    for message in (card, *card.history, *story.slack.replies(card)):
        assert set(message.pings) <= {"U0MEGANBOW"}
        assert not any("evil" in link for link in message.links)


def test_the_card_warns_when_the_subject_reads_along(stage):
    story = stage("clean")
    story.slack.invite("subject", "incident-room")
    story.type(f"check {ADELE}")
    assert "can read it" in story.slack.as_text(story.shown())


def test_when_the_ledger_cannot_be_written_nothing_is_done_and_the_person_is_told(stage):
    story = stage("clean", start=False)
    bot = story.start()
    bot.ledger._patience = 0.2
    bot.ledger.close()
    blocker = sqlite3.connect(story.settings.ledger)
    blocker.execute("BEGIN IMMEDIATE")
    story.type(f"check {ADELE}")
    story.told(holding="so nothing was done")
    assert story.cards() == []
    blocker.rollback()
    blocker.close()
    assert story.kinds() == []


def test_when_slack_does_not_tell_who_asks_nothing_is_done(stage):
    story = stage("clean")
    # The bot asks who everybody is when it starts, and that is not what is to fail.
    story.slack.wait_for(story.bot.desk.has_named_everybody, what="the end of the start")
    story.slack.faults.add("users.info", workspace.api_error("internal_error"))
    story.type(f"check {ADELE}")
    story.told(holding="Slack refused the request (internal_error).")
    assert story.cards() == []


def test_a_mistake_of_ours_is_told_with_a_reference(stage):
    story = stage("clean")
    story.bot.desk._tools.gate._people = None
    story.type(f"check {ADELE}")
    story.told(holding="✖ Internal error. Nothing was done. Reference: `")
    story.wrote("asked", "internal_error")


def test_a_question_that_nobody_answered_is_answered_after_a_restart(stage):
    story = stage("clean")
    asked = Asked("r1", "U0MEGANBOW", story.slack.team_id, "C0INCIDENT", f"check {ADELE}")
    with story.bot.ledger.writing() as writing:
        writing.ask(asked.id, asked.user, asked.channel, asked.words)
    story.stop()
    story.start()
    story.shown()
    story.bot.desk.take(replace(asked))
    assert len(story.cards()) == 1
