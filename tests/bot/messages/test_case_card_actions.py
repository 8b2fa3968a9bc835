"""A finished case can be acted on from its card, and the card says what was done and what came back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from bot.messages import Message
from bot.messages.case_card import CaseView, all_closed, case_card
from bot.messages.proposal_words import proposal_line
from commands.report import Clause, VerdictCode
from commands.story.doors import Standing
from sandbox.workspace import text as slack_text
from tests.bot.messages import samples


def view(answer: VerdictCode = VerdictCode.COMPROMISED, **changes) -> CaseView:
    report = samples.rich()
    return samples.done(replace(report, verdict=replace(report.verdict, answer=answer)), **changes)


def shown(message: Message) -> str:
    return "\n".join(slack_text.lines(message.blocks, lambda name: name))


def buttons(message: Message) -> dict[str, Mapping[str, Any]]:
    rows = [block["elements"] for block in message.blocks if block["type"] == "actions"]
    return {one["action_id"]: one for row in rows for one in row}


@pytest.mark.parametrize("answer", VerdictCode)
def test_taking_the_account_back_is_a_dangerous_button_only_where_it_is_compromised(answer):
    found = buttons(case_card(view(answer, offers=True)))
    assert list(found) == ["contain", "check_again", "report", "pivot"]
    assert (found["contain"].get("style") == "danger") is (answer is VerdictCode.COMPROMISED)
    assert {one["value"] for one in found.values()} == {"C-7Q2M"}


@pytest.mark.parametrize("answer", VerdictCode)
def test_the_smallest_plan_comes_first_where_there_is_one(answer):
    found = buttons(case_card(view(answer, offers=True, now=True)))
    assert list(found) == ["contain_now", "contain", "check_again", "report", "pivot"]
    assert (found["contain_now"].get("style") == "danger") is (answer is VerdictCode.COMPROMISED)
    assert "style" not in found["contain"]


def test_where_there_is_nothing_to_do_the_account_can_only_be_checked_again():
    assert list(buttons(case_card(view(offers=False)))) == ["check_again", "report", "pivot"]
    failed = samples.looking(state="failed", note="Microsoft did not answer.", offers=True)
    assert list(buttons(case_card(failed))) == ["check_again"]


def test_a_check_that_still_runs_has_no_buttons():
    assert buttons(case_card(samples.looking(progress=samples.progress(), offers=True))) == {}


def test_a_card_that_is_told_nothing_about_doing_is_as_before():
    message = case_card(view())
    assert buttons(message) == {}
    assert "*Remediation*" not in shown(message)


def test_the_card_says_what_is_proposed_and_keeps_to_the_newest():
    lines = tuple(
        proposal_line(replace(samples.small(samples.change()), id=f"P-0000{n}")) for n in range(2, 8)
    )
    text = shown(case_card(view(proposals=lines)))
    assert "*Remediation*\n… 2 earlier ones" in text
    assert "P-00007*: 1 change proposed, needs two people, has 0, until 10:00 UTC" in text
    assert "P-00003" not in text


def test_the_card_says_that_every_back_door_is_closed():
    message = case_card(view(doors=all_closed(7)))
    assert "✔ Rechecked*: all 7 changes that can be read again still hold." in shown(message)
    still = Standing((Clause("anyone with the link can open Payroll.xlsx"),), 6, samples.NOW)
    card = shown(case_card(view(doors=all_closed(7), stands=still)))
    assert "⚠ Rechecked*: all 7 changes that can be read again still hold." in card
    assert "anyone with the link can open Payroll.xlsx" in card
    assert "✔ Rechecked" not in card
    assert message.blocks[0]["text"]["text"] == "⛔ Compromised: adele.vance@contoso.example"


def test_what_came_back_is_closed_from_fresh_evidence_and_not_from_what_the_check_offered():
    assert list(buttons(case_card(view(offers=True, now=True, raised=True)))) == [
        "close_open",
        "check_again",
        "report",
        "pivot",
    ]


def test_what_came_back_is_said_first():
    message = case_card(view(doors="The inbox rule Money is there again.", raised=True))
    assert message.blocks[0]["text"]["text"] == "⛔ Persistence reappeared: adele.vance@contoso.example"
    assert "Persistence reappeared*: The inbox rule Money is there again." in shown(message)
    assert message.text.startswith(
        "Persistence reappeared: The inbox rule Money is there again. Compromised:"
    )


def test_what_the_check_did_not_collect_is_not_called_new_or_back():
    message = case_card(view(doors="Open, and not collected by the check.", raised=True, late=True))
    title = "Persistence found by a recheck"
    assert message.blocks[0]["text"]["text"] == f"⛔ {title}: adele.vance@contoso.example"
    assert f"{title}*: Open, and not" in shown(message)
    assert message.text.startswith(f"{title}: Open, and not collected by the check.")


def test_roles_that_the_attacker_got_are_told_as_removed_once_they_are():
    report = samples.rich()
    assert report.story is not None
    roles = Clause(
        "the role Exchange Administrator", closed_by=(("remove_exchange_roles:Organization Management",),)
    )
    report = replace(
        report,
        roles_assigned=("Organization Management", "eDiscovery Manager"),
        story=replace(report.story, still_open=(roles,)),
    )

    def said_with(*left: Clause) -> str:
        stands = Standing(left, 1 - len(left), samples.NOW)
        return shown(case_card(replace(samples.done(report), stands=stands)))

    assert "got Organization Management +1 (removed since)" in said_with()
    assert "got Organization Management +1\n" in said_with(roles)
