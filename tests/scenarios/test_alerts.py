"""From an alert of Microsoft's to a case: a line with a button, or a check by policy; never anything more."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

import bot.incoming.alerts
from bot.errors import BotError, CannotPost
from bot.settings import AlertSettings
from commands.ledger import BOT
from commands.ledger import entries as e
from commands.ledger.verify import verify_ledger
from sandbox import tenant, workspace
from sandbox.scenarios.alerts import raise_alert
from sandbox.workspace import PATIENCE, Message
from sandbox.workspace.faults import api_error
from tests.made import made
from tests.scenarios.acting import Acting
from tests.scenarios.conftest import ADELE, MANIFEST, Stage, settings_for

DIEGO = "diego.siciliani@contoso.example"
RESTRICTED = "User restricted from sending email"
QUIET = timedelta(days=1)
"""The bot's own rounds are a day apart: each test goes the rounds itself."""


def with_alerts(stage, scenario: str = "clean", tenant_options=None, **alerts) -> Stage:
    """A stage whose bot takes alerts in, and has been through its first round."""
    chosen = {"sources": ("defender",), "channel": "C0INCIDENT", "every": QUIET, **alerts}
    story: Stage = stage(scenario, changes={"alerts": AlertSettings(**chosen)}, **(tenant_options or {}))
    trouble = story.kinds
    story.slack.wait_for(
        lambda: {"alerts_read", "alerts_not_collected"} & set(trouble()), what="the first round"
    )
    return story


def lines(story: Stage, holding: str) -> list[Message]:
    return [card for card in story.cards() if holding in story.slack.as_text(card)]


def test_an_alert_is_one_line_whose_button_starts_the_check(stage):
    story = with_alerts(stage)
    raise_alert(story.microsoft.state, RESTRICTED, ADELE, severity="high")
    story.bot.alerts.round()
    story.bot.alerts.round()
    [line] = lines(story, RESTRICTED)
    text = story.slack.as_text(line)
    assert "High" in text
    assert ADELE in text
    assert "Microsoft Defender" in text
    story.slack.click("responder", line, "check_alert")
    story.shown()
    kinds = story.kinds()
    assert kinds.count("alert_raised") == kinds.count("alerts_shown") == kinds.count("case_opened") == 1
    assert verify_ledger(story.bot.ledger.path).head == story.bot.ledger.head()


def test_who_may_not_check_may_not_by_an_alerts_button_either(stage):
    story = with_alerts(stage)
    raise_alert(story.microsoft.state, RESTRICTED, ADELE)
    story.bot.alerts.round()
    [line] = lines(story, RESTRICTED)
    story.slack.click("subject", line, "check_alert")
    story.told("subject")
    assert "case_opened" not in story.kinds()
    assert "refused" in story.kinds()


def test_by_policy_a_check_starts_by_itself_says_why_and_changes_nothing(stage):
    story = with_alerts(stage, "mailbox-takeover", check=("restricted",))
    raise_alert(story.microsoft.state, RESTRICTED, ADELE)
    story.bot.alerts.round()
    card = story.shown()
    text = story.slack.as_text(card)
    assert f"Started by an alert: {RESTRICTED} (medium)." in text or "Adele Vance" in text
    [case] = [story.bot.ledger.case(one.id) for one in story.bot.ledger.outlines()]
    assert case.asked_by == BOT
    assert case.note.startswith("Started by an alert")
    kinds = set(story.kinds())
    assert not kinds & {"proposed", "voted", "intended", "change_ended", "execution_started"}
    writes = [call for call in story.microsoft.calls if call.method in ("PATCH", "PUT", "DELETE")]
    assert writes == []
    # A further alert joins the case.
    raise_alert(story.microsoft.state, "Suspicious email forwarding activity", ADELE)
    story.bot.alerts.round()
    replies = [story.slack.as_text(reply) for reply in story.slack.replies(card)]
    assert any("Suspicious email forwarding activity" in reply for reply in replies)
    assert story.kinds().count("case_opened") == 1
    told = [entry for entry in story.bot.ledger.entries(case_id=case.id) if entry.kind == "alert_raised"]
    assert len(told) == 1


def test_an_alert_of_a_tenant_that_was_renamed_is_a_line_and_holds_up_no_other(stage):
    story = with_alerts(stage, check=("high",))
    with story.bot.ledger.writing() as writing:
        gone = e.AlertRaised(
            "gone",
            "Renamed",
            "defender",
            "Odd thing",
            "high",
            story.bot.alerts._tools.clock(),
            ADELE,
            "an-id",
        )
        writing.append(gone, BOT)
    raise_alert(story.microsoft.state, RESTRICTED, DIEGO, severity="low")
    story.bot.alerts.round()
    assert len(lines(story, "Odd thing")) == 1
    assert len(lines(story, RESTRICTED)) == 1
    assert "case_opened" not in story.kinds()


def test_a_second_alert_about_an_account_joins_its_line(stage):
    story = with_alerts(stage)
    for title in (RESTRICTED, "Suspicious email sending patterns detected"):
        raise_alert(story.microsoft.state, title, ADELE)
        story.bot.alerts.round()
    [line] = lines(story, RESTRICTED)
    assert lines(story, "sending patterns") == []
    assert "sending patterns" in story.slack.as_text(story.slack.replies(line)[0])


def test_a_lesser_alert_does_not_keep_a_graver_one_from_its_check(stage):
    """Whoever raises a small alert first would else have a day without any check."""
    story = with_alerts(stage, "mailbox-takeover", check=("restricted",))
    raise_alert(story.microsoft.state, "Something odd", ADELE, severity="low")
    story.bot.alerts.round()
    assert len(lines(story, "Something odd")) == 1
    raise_alert(story.microsoft.state, RESTRICTED, ADELE)
    story.bot.alerts.round()
    story.shown()
    assert story.kinds().count("case_opened") == 1


def test_a_check_that_found_nothing_does_not_keep_a_graver_alert_from_the_next_one(stage):
    story = with_alerts(stage, check=("restricted",))
    story.type(f"check {ADELE}")
    story.shown()
    raise_alert(story.microsoft.state, "Something odd", ADELE, severity="low")
    story.bot.alerts.round()
    assert story.kinds().count("case_opened") == 1
    raise_alert(story.microsoft.state, RESTRICTED, ADELE)
    story.bot.alerts.round()
    assert story.kinds().count("case_opened") == 2
    # Of what is under way it learns nothing new, so it joins that.
    raise_alert(story.microsoft.state, RESTRICTED, ADELE)
    story.bot.alerts.round()
    assert story.kinds().count("case_opened") == 2


def test_a_case_whose_channel_takes_no_posts_any_more_holds_up_no_alert(stage):
    """Whoever archives the channel of one case would else silence the tenant's alerts for a day."""
    story = with_alerts(stage)
    story.type(f"check {ADELE} in <#C0SECALERT>")
    story.shown("security-alerts")
    story.slack.archive("security-alerts")
    for name in (ADELE, DIEGO):
        raise_alert(story.microsoft.state, RESTRICTED, name)
    story.bot.alerts.round()
    assert len(lines(story, RESTRICTED)) == 2


def test_more_than_an_hour_may_bring_comes_as_one_digest_the_gravest_on_lines_of_their_own(stage):
    story = with_alerts(stage, lines=2)
    state = story.microsoft.state
    people = [str(user["userPrincipalName"]) for user in state.users.values()][:7]
    for number, name in enumerate(people):
        raise_alert(state, f"Odd thing {number}", name, severity="high" if number in (3, 5) else "low")
    story.bot.alerts.round()
    [digest] = lines(story, "3 further alerts")
    own = [one for one in lines(story, "Odd thing") if one.ts != digest.ts]
    assert len(own) == 4
    assert sum("High" in story.slack.as_text(one) for one in own) == 2
    # Within the hour no second digest comes: what comes later is added to this one at once.
    raise_alert(state, "Odd thing 99", "someone.else@contoso.example")
    story.bot.alerts.round()
    [edited] = lines(story, "Odd thing 99")
    assert edited.ts == digest.ts
    assert "4 further alerts" in story.slack.as_text(edited)
    assert len([one for one in lines(story, "Odd thing") if one.ts != digest.ts]) == 4
    # Where somebody deleted it, another one begins with what comes then.
    story.slack.faults.add("chat.update", api_error("message_not_found"))
    raise_alert(state, "Odd thing 98", "someone.else@contoso.example")
    story.bot.alerts.round()
    assert len(lines(story, "1 further alert")) == 1


@contextmanager
def by_its_own_clock(tmp_path: Path, **alerts) -> Iterator[Acting]:
    """A story whose time the test moves."""
    chosen = {"sources": ("defender",), "channel": "C0INCIDENT", "every": QUIET, **alerts}
    with tenant.start(made("clean")) as played, workspace.start(MANIFEST, answers_within=PATIENCE) as slack:
        settings = settings_for(slack, played, tmp_path)
        changed = settings.model_copy(update={"alerts": AlertSettings(**chosen)})
        story = Acting(slack, played, changed)
        story.start()
        try:
            yield story
        finally:
            story.stop()


def comes(story: Acting, title: str, name: str, severity: str = "medium") -> None:
    raise_alert(story.microsoft.state, title, name, severity=severity)
    story.bot.alerts.round()


def test_each_hour_has_one_digest_and_grave_ones_that_are_added_to_it_are_heard(tmp_path):
    with by_its_own_clock(tmp_path, lines=1) as story:
        for name in ("Odd A", "Odd B", "Odd C"):
            comes(story, name, f"{name[-1]}@contoso.example")
        [first] = lines(story, "2 further alerts")
        comes(story, "Odd G", "g@contoso.example", "high")
        # An edit does not make it younger: the hour counts from its first alert.
        story.let_pass(timedelta(minutes=53))
        assert lines(story, "of high severity") == []
        comes(story, "Odd D", "d@contoso.example", "high")
        [edited] = lines(story, "3 further alerts")
        [heard] = lines(story, "1 alert of high severity")
        assert "Odd D" in story.text(heard)
        # The next ones are told together, a quarter of an hour later, also after a restart.
        comes(story, "Odd H", "h@contoso.example", "high")
        comes(story, "Odd I", "i@contoso.example", "high")
        assert len(lines(story, "5 further alerts")) == 1
        assert len(lines(story, "of high severity")) == 1
        story.let_pass(timedelta(minutes=8))
        story.stop()
        story.start()
        for name in ("Odd E", "Odd F"):
            comes(story, name, f"{name[-1]}@contoso.example")
        [second] = lines(story, "1 further alert*")
        assert first.ts == edited.ts != second.ts
        assert len(lines(story, "of high severity")) == 1
        story.let_pass(timedelta(minutes=7))
        story.bot.alerts.round()
        story.bot.alerts.round()
        _, told = lines(story, "of high severity")
        assert "2 alerts of high severity" in story.text(told)
        assert "Odd H" in story.text(told)
        assert "Odd I" in story.text(told)


def test_an_alert_in_a_digest_gets_its_check_once_as_soon_as_the_hour_has_room(tmp_path):
    def checked() -> list[str]:
        opened = [entry.case_id for entry in story.bot.ledger.entries() if entry.kind == "case_opened"]
        return [story.bot.ledger.case(one).subject.user_principal_name for one in opened]

    def when_done() -> None:
        story.slack.wait_for(lambda: not story.bot.ledger.unfinished_cases(), what="the end of the check")
        story.let_pass(timedelta(minutes=61))

    with by_its_own_clock(tmp_path, lines=1, checks=1, check=("high",)) as story:
        users = story.microsoft.state.users.values()
        first, line, *late = [str(user["userPrincipalName"]).lower() for user in users][:4]
        for name in (first, line, *late):
            comes(story, RESTRICTED, name, "high")
        assert len(lines(story, "2 further alerts")) == 1
        assert checked() == [first]
        when_done()
        story.stop()
        story.start()
        for _ in range(2):
            story.bot.alerts.round()
            assert checked() == [first, late[0]]
        when_done()
        for _ in range(2):
            story.bot.alerts.round()
            assert checked() == [first, *late]
        when_done()
        story.bot.alerts.round()
        assert checked() == [first, *late]
        # They still stand in their digest, and none was told once more.
        assert len(lines(story, "further alert")) == 1


def test_a_source_that_may_not_be_read_is_told_once_and_goes_on_by_itself(stage):
    held = tenant.ALL_PERMISSIONS - {"SecurityAlert.Read.All"}
    story = with_alerts(stage, tenant_options={"permissions": held})
    story.bot.alerts.round()
    story.bot.alerts.round()
    [told] = lines(story, "are not collected")
    assert "SecurityAlert.Read.All" in story.slack.as_text(told)
    story.microsoft.permissions.add("SecurityAlert.Read.All")
    raise_alert(story.microsoft.state, RESTRICTED, ADELE)
    story.bot.alerts.round()
    assert len(lines(story, RESTRICTED)) == 1


def test_after_a_restart_nothing_is_shown_again_and_nothing_is_missed(stage):
    story = with_alerts(stage)
    raise_alert(story.microsoft.state, RESTRICTED, ADELE)
    story.bot.alerts.round()
    story.stop()
    raise_alert(story.microsoft.state, "Email sending limit exceeded", DIEGO)
    story.start()
    story.card("Email sending limit exceeded")
    assert len(lines(story, RESTRICTED)) == 1


def test_while_slack_fails_an_alert_waits_and_is_shown_once(stage):
    story = with_alerts(stage)
    raise_alert(story.microsoft.state, RESTRICTED, ADELE)
    story.slack.faults.add("chat.postMessage", workspace.api_error("internal_error"), times=1)
    with pytest.raises(Exception, match="internal_error"):
        story.bot.alerts.round()
    assert story.kinds().count("alert_raised") == 1
    story.bot.alerts.round()
    story.bot.alerts.round()
    assert len(lines(story, RESTRICTED)) == 1


def test_while_the_channel_refuses_posts_one_case_fails_and_no_more(stage):
    """The alerts that wait are told, each once, when the channel takes posts again."""
    story = with_alerts(stage, check=("high",))
    for name in (ADELE, DIEGO):
        raise_alert(story.microsoft.state, RESTRICTED, name, severity="high")
    story.slack.faults.add("chat.postMessage", workspace.api_error("restricted_action"), times=100)
    for _ in range(4):
        with pytest.raises(BotError):
            story.bot.alerts.round()
    assert story.kinds().count("case_opened") == 1
    story.slack.faults.clear()
    story.bot.alerts.round()
    story.bot.alerts.round()
    assert len(lines(story, RESTRICTED)) == 2
    assert story.kinds().count("case_opened") == 1
    # From now on checks start by themselves again.
    grady = "grady.archie@contoso.example"
    raise_alert(story.microsoft.state, RESTRICTED, grady, severity="high")
    story.bot.alerts.round()
    assert story.kinds().count("case_opened") == 2


def test_a_digest_in_an_archived_channel_says_that_nobody_can_post_there_and_holds_checks_back(stage):
    story = with_alerts(stage, lines=1, check=("high",))
    for number in range(2):
        raise_alert(story.microsoft.state, f"Odd thing {number}", f"{number}@contoso.example")
    story.bot.alerts.round()
    assert len(lines(story, "1 further alert")) == 1
    story.slack.archive("incident-room")
    raise_alert(story.microsoft.state, "Odd thing 2", "2@contoso.example")
    with pytest.raises(CannotPost, match="archived"):
        story.bot.alerts.round()
    asked = len(story.slack.calls)
    raise_alert(story.microsoft.state, RESTRICTED, ADELE, severity="high")
    with pytest.raises(CannotPost, match="archived"):
        story.bot.alerts.round()
    assert "case_opened" not in story.kinds()
    # It is told as a line, which says whether posts are taken again, and not as the check that it calls for.
    assert [call.method for call in story.slack.calls[asked:]].count("chat.postMessage") == 1


def test_what_an_attacker_writes_into_a_name_calls_nobody(stage):
    story = with_alerts(stage)
    raise_alert(story.microsoft.state, "<!channel> <@U0NESTORWI> *bold* http://evil.example", ADELE)
    story.bot.alerts.round()
    [line] = lines(story, "channel")
    assert line.pings == ()
    assert "http://evil.example" not in str(line.blocks)


def test_what_takes_alerts_in_knows_nothing_that_changes_anything():
    """It names no proposal, no vote and no change; a check, which only reads, is all that it can start."""
    tree = ast.parse(Path(bot.incoming.alerts.__file__).read_text())
    named = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    named |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    forbidden = {"proposals", "Proposals", "enqueue_plan", "carry_out", "vote", "propose", "policy_of"}
    assert named & forbidden == set()
    assert "begin" in named
