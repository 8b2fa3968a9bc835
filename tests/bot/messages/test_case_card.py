"""The case card says what a responder needs on a phone, and nothing that the tenant wrote does anything."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slack_sdk import WebClient

from bot.artefacts.chart import chart, in_words
from bot.artefacts.handled import NOTHING
from bot.artefacts.report_html import report_html
from bot.artefacts.summary import summary
from bot.errors import NotUnderstood
from bot.messages import Message
from bot.messages.case_card import case_card, situation
from bot.messages.details import MOST_MESSAGES, details
from bot.messages.refusal import refusal
from bot.messages.roles_gone import Gone
from bot.verbs import registry
from bot.verbs.help import Help
from bot.verbs.help import text as help_message
from bot.verbs.shape import Verb
from commands.report import (
    Clause,
    Coverage,
    Importance,
    Result,
    Severity,
    Sign,
    SourceState,
    Story,
    VerdictCode,
    spoken,
)
from commands.story.doors import Standing
from sandbox import workspace
from sandbox.workspace import blocks as slack
from sandbox.workspace import text as slack_text
from tests.bot.messages import samples
from tests.bot.messages.samples import TENANT_TEXT
from tests.each import each

MOST_LINES = 15
"""The goal for a finished card before anything was proposed."""


def shown(message: Message) -> str:
    return "\n".join(slack_text.lines(message.blocks, lambda name: f"@{name}"))


def every_message(texts: tuple[str, ...], each: int = 1) -> list[Message]:
    report = samples.rich(texts, each)
    return [
        case_card(samples.looking(subject_name=texts[0])),
        case_card(samples.looking(progress=samples.progress(texts))),
        case_card(samples.done(report, note=texts[0])),
        case_card(samples.looking(state="failed", note=texts[0], subject=texts[0])),
        *details(report),
        refusal(texts[0]),
        help_message(Help()),
    ]


def shown_verbs() -> list[Verb]:
    return [verb for verb in registry.VERBS if verb.SAYS]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(TENANT_TEXT, min_size=2, max_size=5).map(tuple))
def test_whatever_the_tenant_says_calls_nobody_and_links_nowhere(texts):
    for message in each(every_message(texts)):
        raw = json.dumps(message.arguments, ensure_ascii=False)
        tokens = re.findall(r"<[^>]*>?", raw)
        assert all(
            re.match(r"<!date\^\d+\^\{date_short_pretty\} \{time\}\|[\d: UTC-]+>$|<@U0MEGAN01>$", one)
            for one in tokens
        )
        blocks = list(message.blocks)
        assert set(slack_text.pings(message.text, blocks)) <= {"U0MEGAN01"}
        assert slack_text.links(message.text, blocks) == ()
        assert slack.problems(blocks) == []
        assert slack.characters(blocks) <= slack.MESSAGE_BLOCKS_CHARACTERS


@pytest.mark.parametrize("times", [1, 40])
def test_the_worst_texts_everywhere_still_fit(times):
    for message in each(every_message(samples.HOSTILE, times)):
        assert slack.problems(list(message.blocks)) == []
        assert slack.characters(list(message.blocks)) <= slack.MESSAGE_BLOCKS_CHARACTERS
        assert 0 < len(message.text) <= 4_000


def test_slack_takes_every_message_as_it_is():
    with workspace.start(Path(__file__).resolve().parents[3] / "manifest.yml") as running:
        running.limits.enabled = False
        client = WebClient(token=running.bot_token, base_url=running.api_url)
        for texts in (samples.HOSTILE, ("A rule moves mail.", "Forwarding was added.")):
            for message in each(every_message(texts)):
                posted = client.chat_postMessage(channel="C0INCIDENT", **message.arguments)
                client.chat_update(channel="C0INCIDENT", ts=posted["ts"], **message.arguments)
        for seen in each(running.messages("incident-room")):
            assert set(seen.pings) <= {"U0MEGAN01"}
            assert seen.links == ()
            assert seen.blocks


def test_the_looking_card_shows_how_far_it_is_and_what_it_waits_for():
    text = shown(case_card(samples.looking(progress=samples.progress())))
    assert "Investigating adele.vance@contoso.example" in text
    assert "5 of 11 sources" in text
    assert "Waiting for mailbox, sent items, deleted items, message trace and 2 more" in text
    assert "so far: suspicious" in text
    assert "Forwarding to an outside address was added." in text
    assert "Case C-7Q2M" in text
    assert "U0MEGAN01" in text


def test_the_bar_fills_with_the_sources():
    begin = shown(case_card(samples.looking()))
    half = shown(case_card(samples.looking(progress=samples.progress())))
    assert begin.count("▓") < half.count("▓")
    assert begin.count("░") > half.count("░")


def test_the_finished_card_leads_with_the_verdict_in_words():
    card = case_card(samples.done(samples.rich()))
    text = shown(card)
    assert card.blocks[0]["text"]["text"] == "⛔ Compromised: adele.vance@contoso.example"
    assert "confidence high" in text
    assert card.text.startswith("Compromised: adele.vance@contoso.example (renamed to “Adele Vance”)")


@pytest.mark.parametrize("answer", VerdictCode)
def test_every_verdict_has_its_own_words(answer):
    report = samples.rich()
    card = case_card(samples.done(replace(report, verdict=replace(report.verdict, answer=answer))))
    assert answer.value.replace("-", " ") in card.text.lower()


def test_a_name_that_somebody_changed_is_no_title_and_is_marked():
    """The display name is the attacker's to choose, the address is not."""
    changed = replace(samples.finding("display_name", "The name was changed"), before="Adele Vance")
    report = samples.rich()
    report = replace(
        report, symptoms=(replace(report.symptoms[0], findings=(changed,)), *report.symptoms[1:])
    )
    view = replace(samples.done(report), subject_name="Not suspicious: *cleared*")
    card = case_card(view)
    assert card.blocks[0]["text"]["text"] == "⛔ Compromised: adele.vance@contoso.example"
    assert card.blocks[1]["text"]["text"].startswith("⚠ renamed to “Not suspicious…” · ")
    quiet = tuple(one for one in report.symptoms[1:] if one.id != "display_name")
    ordinary = case_card(samples.done(replace(report, symptoms=quiet)))
    assert ordinary.blocks[1]["text"]["text"] == "“Adele Vance” · confidence high"


def test_symptoms_take_one_line_and_say_which_are_unknown():
    text = shown(case_card(samples.done(samples.clean())))
    [line] = [line for line in text.splitlines() if line.startswith("*Symptoms*")]
    assert line == "*Symptoms*: 0 of 10 symptoms; unknown: missing mail, OAuth apps"
    assert text.count("present") == 0
    report = samples.rich()
    text = shown(case_card(samples.done(report)))
    [line] = [line for line in text.splitlines() if line.startswith("*Symptoms*")]
    present = [one for one in report.symptoms if one.result is Result.PRESENT]
    named = [one for one in present if one.source.startswith("symptom ")]
    assert f"{len(named)} of 10 symptoms" in line
    assert f"{len(present) - len(named)} additional indicator" in line


def test_a_card_says_since_when_from_where_how_what_and_whether_they_are_still_in():
    at = samples.NOW - timedelta(hours=9)
    told = Story(
        certain=True,
        addresses=("203.0.113.77",),
        since=(Clause("signed in", at),),
        entry=(Clause("password spraying"),),
        origin=(Clause("203.0.113.77 (Lagos, NG)"),),
        persistence=(Clause("The rule Money was created"), Clause("A phone was added")),
        sent=(Clause("90 messages with a lure"),),
        reached=(Clause("mail reached 12 recipients"),),
        last_seen=(Clause("signed in", at + timedelta(hours=3)),),
        still_open=(Clause("The rule Money was created"),),
        leads=(Clause("diego@contoso.example"),),
        unknown=(Clause("what they read"),),
    )
    report = replace(samples.rich(), story=told)
    lines = shown(case_card(samples.done(report))).splitlines()
    assert lines[2:7] == [
        "*Since* 02 Mar 00:30 · *last seen* 02 Mar 03:30 UTC · *from* 203.0.113[.]77 (Lagos, NG)",
        "*Got in* with password spraying",
        "*To stay or come back*: the rule Money was created; a phone was added",
        "*In the user's name*: 90 messages with a lure; mail reached 12 recipients",
        "*Still open*: the rule Money was created",
    ]
    thread = "\n".join(shown(message) for message in details(report))
    assert thread.startswith(
        "*What happened*\nSomeone else got into this account on 2026-03-02 00:30 UTC with password spraying"
    )
    assert "Not known: what they read." in thread
    assert "Also check: diego@contoso.example." in thread


def test_without_a_story_the_gravest_reasons_stand_in_its_place():
    text = shown(case_card(samples.done(replace(samples.rich(), story=None))))
    assert "*Why*\n▸ *high* A rule moves mail about money to RSS Feeds." in text


def test_the_details_list_the_ten_symptoms_with_a_word_each():
    text = "\n".join(shown(message) for message in details(samples.clean()))
    for number in range(1, 11):
        assert re.search(rf"[■□?] {number}\. ", text)


@pytest.mark.parametrize("report", [samples.rich(), samples.rich(each=30), samples.clean()])
def test_a_finished_card_is_short(report):
    text = shown(case_card(samples.done(report, offers=True, now=True)))
    assert len(text.splitlines()) <= MOST_LINES


def test_what_could_not_be_seen_is_said_once_for_each_remedy():
    text = shown(case_card(samples.done(samples.clean())))
    assert text.count("an Entra ID P1 license") == 1
    assert "sign-ins, risky user (unavailable)" in text
    assert "audit log (partial)" in text
    assert "Microsoft did not answer in time" in text


def test_the_files_are_named_and_every_time_says_its_zone():
    card = case_card(samples.done(samples.rich()))
    raw = json.dumps(card.arguments)
    assert "Files in the thread: `report.txt` and 2 more" in shown(card)
    assert "<!date^" not in raw
    assert re.search(r"\*Since\* 02 Mar 09:30 · \*last seen\* 02 Mar \d\d:\d\d UTC", shown(card))
    assert "Searched 7 days up to 2026-03-02 09:30 UTC" in shown(card)


def test_why_the_account_matters_stands_in_the_first_line_and_its_roles_in_the_second():
    weight = (
        Importance("administrator", ("Global Administrator", "Exchange Administrator", "Help Desk")),
        Importance("finance", ("Accounts Manager",)),
    )
    card = case_card(samples.done(replace(samples.rich(), importance=weight)))
    first, second = shown(card).splitlines()[:2]
    assert first.endswith("(admin, finance)")
    assert second.endswith("· Global Administrator +2")
    assert ", administrator, finance. " in card.text
    assert "(admin, finance)" in situation(replace(samples.rich(), importance=weight))


@pytest.mark.parametrize(
    ("roles", "assigned", "first", "second"),
    [
        (Gone.NONE, ("Owner",), "(admin)", "· Help Desk, got 1 more"),
        (Gone.SOME, ("Owner",), "(admin)", "· Help Desk, got 1 more"),
        (Gone.ALL, ("Owner",), "(was admin)", "· had Help Desk, got 1 more (all removed)"),
        (Gone.ALL, (), "(was admin)", "· had Help Desk (removed since)"),
    ],
)
def test_a_role_that_was_removed_is_told_as_past(roles, assigned, first, second):
    weight = (Importance("administrator", ("Help Desk",)),)
    report = replace(samples.rich(), importance=weight, roles_assigned=assigned)
    assert first in situation(report, roles)
    head = shown(case_card(samples.done(report, roles=roles))).splitlines()[:2]
    assert head[0].endswith(first)
    assert head[1].endswith(second)


def test_what_the_card_has_no_room_for_stands_in_the_first_message_of_the_thread():
    report = replace(samples.rich(), roles_assigned=("Owner", "Helper"), roles_activated=("Reader",))
    assert report.story is not None
    origin = Clause("203.0.113.77 (anonymizer; Lagos, NG)", samples.NOW)
    first = shown(details(replace(report, story=replace(report.story, origin=(origin,))))[0])
    assert "anonymizer; Lagos, NG" in first
    assert "administrator roles: assigned Owner and Helper; activated Reader." in first


def test_what_is_open_is_told_with_as_of_when_before_anything_is_remediated():
    report = samples.rich()
    assert report.story is not None
    door = Clause("Forwarding to drop@evil.example", samples.NOW)
    story = replace(report.story, still_open=(door,))
    stands = Standing((door,), 0, samples.NOW)
    card = shown(case_card(samples.done(replace(report, story=story), stands=stands)))
    assert f"*Still open* (as of {samples.NOW:%d %b %H:%M} UTC): forwarding to" in card


def test_a_role_that_was_got_alone_is_no_importance_before_and_after_its_removal():
    report = replace(samples.rich(), importance=(), roles_assigned=("Owner", "Helper"))
    for roles, says in ((Gone.NONE, "· got Owner +1"), (Gone.ALL, "· got Owner +1 (removed since)")):
        first, second = shown(case_card(samples.done(report, roles=roles))).splitlines()[:2]
        assert "admin" not in first
        assert second.endswith(says)


def test_a_display_name_that_was_restored_is_no_warning() -> None:
    report = samples.rich()
    found = samples.finding("display_name", before="Adele Vance", after="Adele")
    seen = replace(report, symptoms=(replace(report.symptoms[0], findings=(found,)), *report.symptoms[1:]))
    assert "⚠ renamed to" in shown(case_card(samples.done(seen)))
    card = shown(case_card(samples.done(seen, name_restored=True)))
    assert "⚠ renamed to" not in card
    assert ", restored" in card


def test_where_microsoft_recorded_less_nothing_says_that_all_was_collected() -> None:
    report = samples.rich()
    whole = replace(report, sources=(SourceState("audit_log", Coverage.COMPLETE, "", 3),))
    blind = replace(
        whole.symptoms[0],
        findings=(
            samples.finding("mail_access", sign=Sign("mail_read_uncounted", Severity.HIGH, "More was read.")),
            samples.finding("audit_trail"),
        ),
    )
    seen = replace(whole, symptoms=(blind, *whole.symptoms[1:]))
    thread = "\n".join(shown(one) for one in details(seen))
    assert "1 of 1 answered; the audit log has gaps: opened mail was not recorded for 24 hours from" in thread
    assert "auditing was weakened or bypassed from" in thread
    assert "ully collected" not in thread
    assert "the audit log has gaps" in shown(case_card(samples.done(seen)))
    told = "\n".join(one.says for answer in summary(seen) for one in answer.statements)
    assert "Not in any source: opened mail was not recorded" in told
    assert "All sources were collected" not in told
    words = in_words(seen, chart(seen, NOTHING))
    assert "auditing was weakened or bypassed from" in words
    assert "gap: auditing was weakened" in report_html(seen)


@pytest.mark.parametrize(("late", "says"), [(90, ", audit log until 08:00"), (0, "")])
def test_the_card_says_how_far_an_audit_log_reaches_that_lags_behind(late: int, says: str) -> None:
    report = samples.rich()
    reached = report.window.end - timedelta(minutes=late)
    log = SourceState("audit_log", Coverage.COMPLETE, "", 3, complete_until=reached)
    seen = replace(report, sources=(log,))
    card = shown(case_card(samples.done(seen)))
    thread = "\n".join(shown(one) for one in details(seen))
    assert f"up to 2026-03-02 09:30 UTC{says}" in card
    assert ("*Sources*: 1 of 1 fully collected; audit log until 2026-03-02 08:00 UTC" in thread) is bool(says)


@pytest.mark.parametrize(
    ("left", "raised", "title"),
    [(False, False, "✔ Rechecked"), (True, False, "⚠ Rechecked"), (True, True, "⛔ Persistence reappeared")],
)
def test_no_check_mark_stands_where_a_way_back_in_was_left(left: bool, raised: bool, title: str) -> None:
    view = samples.done(samples.rich(), doors="Rechecked: All hold.", left=left, raised=raised)
    assert f"*{title}*: All hold." in shown(case_card(view))


def test_a_failed_card_says_why_and_gives_a_reference():
    card = case_card(
        samples.looking(state="failed", note="Microsoft did not let us sign in.", finished_at=samples.NOW)
    )
    text = shown(card)
    assert "Could not investigate adele.vance@contoso.example" in text
    assert "Microsoft did not let us sign in." in text
    assert "C-7Q2M" in text
    assert "This is not a verdict on the account. Reference: `" in text


def test_a_card_fits_on_a_phone():
    text = shown(case_card(samples.done(samples.rich())))
    assert len(text.splitlines()) <= 32


def test_the_details_tell_what_when_and_from_where_in_every_form_without_ids_of_records():
    report = samples.rich()
    symptoms = (
        replace(
            report.symptoms[3],
            findings=(
                samples.finding(
                    "display_name", "The name was changed.", before="Adele Vance", after="Help Desk"
                ),
            ),
        ),
    )
    story, newest, *_ = details(replace(report, symptoms=symptoms))
    assert "*What happened*" in shown(story)
    assert newest.simpler
    assert newest.simpler.simpler
    for form in (newest, newest.simpler, newest.simpler.simpler):
        text = shown(form)
        for part in (
            "The name was changed",
            "2026-03-02 04:30",
            "203.0.113[.]77",
            "“Adele Vance” → “Help Desk”",
        ):
            assert part in text
        assert "a1" not in text
        assert slack.problems(list(form.blocks)) == []
        assert not slack.too_long(list(form.blocks))


def test_the_details_list_every_source_with_its_state():
    text = "\n".join(shown(message) for message in details(samples.rich()))
    begins = {
        Coverage.COMPLETE: "■ Collected, with their records: ",
        Coverage.PARTIAL: "◧ Partially collected: ",
        Coverage.UNAVAILABLE: "□ Not collected: ",
    }
    for source in each(samples.sources()):
        (line,) = (line for line in text.splitlines() if re.search(rf": (.*, )?{spoken(source.id)}\b", line))
        assert line.startswith(begins[source.state])
        if source.state is Coverage.COMPLETE:
            assert f"{spoken(source.id)} ({source.records})" in line


def test_the_details_stop_after_a_few_messages_and_point_to_the_file():
    many = details(samples.rich(("A long sentence about a rule. " * 12,), each=60))
    assert len(many) <= MOST_MESSAGES
    table = next(block for one in many for block in one.blocks if block["type"] == "data_table")
    assert 20 < len(table["rows"]) <= 101
    assert f"{len(table['rows']) - 1} here, some of each kind; all are in report.html" in table["caption"]
    for one in many:
        assert not slack.too_long(list(one.blocks))


def test_help_is_a_short_overview_that_leads_to_every_command_in_full():
    text = shown(help_message(Help()))
    assert len(text.splitlines()) <= 12
    for verb in each(shown_verbs()):
        assert verb.NAME in text
        whole = shown(help_message(Help(verb.NAME)))
        assert verb.SAYS in whole
        assert verb.EXAMPLE in whole
        assert f"/compromise {verb.NAME} {verb.USAGE}".rstrip() in whole.replace("&lt;", "<").replace(
            "&gt;", ">"
        )


def test_help_on_a_command_that_there_is_not_names_those_that_there_are():
    with pytest.raises(NotUnderstood, match="Available: check, "):
        registry.read("help cheque")


def test_a_refusal_gives_the_reason():
    assert "Guests may not ask." in shown(refusal("Guests may not ask."))


def test_every_example_of_the_help_is_understood():
    assert tuple(verb.NAME for verb in shown_verbs()) == registry.TYPED
    for verb in shown_verbs():
        typed = verb.EXAMPLE.removeprefix("/compromise ")
        assert registry.read(typed.replace("#incident-room", "<#C0INCIDENT|incident-room>"))
