"""What is proposed, decided and told fits into Slack, and nothing that the tenant wrote does anything."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slack_sdk import WebClient

from bot.messages import Message, Modal, decisions
from bot.messages.approve_modal import approve_modal
from bot.messages.case_card import all_closed, case_card, situation
from bot.messages.contain_modal import contain_modal, contain_now_modal
from bot.messages.deny_modal import deny_modal
from bot.messages.enrol_modal import enrol_modal
from bot.messages.history import history
from bot.messages.password_modal import password_modal
from bot.messages.proposal_card import proposal_card
from bot.messages.proposal_details import proposal_details
from bot.messages.proposal_words import proposal_line
from bot.messages.propose_modal import dry_run, propose_modal
from bot.messages.restore_modal import restore_modal
from bot.messages.strike_modal import strike_modal
from bot.messages.tasks import task_done_modal, tasks
from sandbox import workspace
from sandbox.workspace import blocks as slack
from sandbox.workspace import text as slack_text
from tests.bot.messages import samples
from tests.bot.messages.samples import TENANT_TEXT
from tests.each import each

OURS = {"U0MEGAN01", "U0ALEX002"}
TINY = ("Disable the inbox rule Money", "Remove forwarding")
LONG = ("Remove Adele Vance from the administrative role with a very long name indeed, " * 6,)


def every_message(texts: tuple[str, ...], each: int = 1) -> list[Message]:
    """Every message about proposing and doing, with these texts wherever the tenant or somebody wrote one."""
    plan: dict[str, Any] = {"titles": samples.TITLES, "sources": samples.SOURCES, "needs": samples.needs}
    subject = replace(samples.ADELE, display_name=texts[0][:200])
    proposals = samples.decided(texts, each)
    lines = tuple(proposal_line(one) for one in proposals)
    view = samples.done(samples.rich(texts), offers=True, proposals=lines, doors=texts[0], raised=True)
    found = [
        *dry_run("C-7F3K2", subject, samples.offer(texts, each), **plan),
        tasks("C-7F3K2", subject, samples.task_states(texts, 3 * each)),
        *history(
            [
                samples.entry(event, n)
                for n, event in enumerate([*samples.events(texts[0]), *samples.events(texts[-1])] * each, 1)
            ],
            texts[0],
        ),
        case_card(view),
        *every_answer(texts),
    ]
    for one in proposals:
        more = situation(replace(samples.rich(texts, each), subject=subject))
        found.append(proposal_card(one, names=samples.TITLES, now=samples.NOW, situation=more))
        found += proposal_details(one, names=samples.TITLES)
    return found


def every_answer(texts: tuple[str, ...]) -> list[Message]:
    proposal = samples.proposal(texts, votes=(samples.vote(),), decided_by="U0ALEX002")
    return [
        decisions.proposal_posted(proposal, texts[0]),
        decisions.struck(proposal, proposal, texts[0]),
        decisions.proposal_open(proposal, "javascript:alert(1)"),
        decisions.vote_noted(proposal, "U0MEGAN01"),
        decisions.vote_repeated(proposal),
        decisions.vote_refused(texts[0], texts[0]),
        decisions.too_late(proposal),
        decisions.withdrawn(proposal),
        decisions.offer_changed(texts[0]),
        decisions.nothing_to_undo(texts[0]),
        decisions.password_gone(texts[0]),
        decisions.enrolled(texts[0]),
        decisions.task_ticked(samples.task_states(texts)[0], 2),
    ]


def every_modal(texts: tuple[str, ...], each: int = 1) -> list[Modal]:
    plan: dict[str, Any] = {"titles": samples.TITLES, "sources": samples.SOURCES, "needs": samples.needs}
    by: dict[str, Any] = {"needs": samples.needs}
    proposal = samples.proposal(texts, each)
    account = quote(texts[0][:100], safe="")
    return [
        propose_modal("C-7F3K2", samples.ADELE, samples.offer(texts, each), **plan),
        propose_modal("C-7F3K2", texts[0][:200], samples.offer(texts, each), chosen=(0, 3), **plan),
        propose_modal("C-7F3K2", samples.ADELE, (), **plan),
        contain_modal("C-7F3K2", samples.ADELE, samples.offer(texts, each), titles=samples.TITLES, **by),
        contain_modal("C-7F3K2", samples.ADELE, (), titles=samples.TITLES, **by),
        contain_now_modal("C-7F3K2", samples.ADELE, samples.offer(texts, each), **by),
        approve_modal(proposal, code=True),
        deny_modal(proposal),
        strike_modal(proposal),
        enrol_modal("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", f"otpauth://totp/{account}", wrong=texts[0]),
        password_modal("Xk7#mQ4%pR9!tW3=vY6+", samples.ADELE.mail, case_id="C-7F3K2"),
        restore_modal("C-7F3K2", samples.ADELE, samples.undoable(texts, 5 * each)),
        restore_modal("C-7F3K2", texts[0][:200], ()),
        task_done_modal("C-7F3K2", samples.ADELE, samples.task_states(texts)[0]),
    ]


def kept(text: str) -> str:
    """The text as it comes out of the ledger, which holds plans as UTF-8."""
    return text.encode("utf-8", "replace").decode()


def harmless(text: str, blocks: list[Any]) -> None:
    raw = json.dumps([text, blocks], ensure_ascii=False)
    for token in re.findall(r"<[^>]*>?", raw):
        assert re.match(r"<!date\^\d+\^\{time\}\|\d\d:\d\d UTC>$|<@(U0MEGAN01|U0ALEX002)>$", token)
    assert set(slack_text.pings(text, blocks)) <= OURS
    assert slack_text.links(text, blocks) == ()


def fits(message: Message) -> None:
    blocks = message.arguments["blocks"]
    assert slack.problems(blocks) == []
    assert slack.characters(blocks) <= slack.MESSAGE_BLOCKS_CHARACTERS
    assert 0 < len(message.text) <= 4_000


def opens(modal: Modal) -> None:
    assert slack.view_problems(modal.view, "modal") == []
    assert slack.characters(modal.view) <= slack.VIEW_CHARACTERS
    assert len(modal.blocks) <= 100


@settings(
    max_examples=settings().max_examples // 5, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(st.lists(TENANT_TEXT.map(kept), min_size=2, max_size=4).map(tuple))
def test_whatever_the_tenant_says_calls_nobody_and_links_nowhere(texts):
    for message in every_message(texts):
        harmless(message.text, message.arguments["blocks"])
        fits(message)
    for modal in every_modal(texts):
        harmless("", modal.view["blocks"])
        opens(modal)


@pytest.mark.parametrize("each", [1, pytest.param(8, marks=pytest.mark.slow)])
@pytest.mark.parametrize("texts", [TINY, LONG, samples.HOSTILE], ids=["tiny", "long", "hostile"])
def test_every_message_and_window_fits_however_much_there_is(texts, each):
    for message in every_message(texts, each):
        fits(message)
        harmless(message.text, message.arguments["blocks"])
    for modal in every_modal(texts, each):
        opens(modal)
        harmless("", modal.view["blocks"])


def test_slack_takes_every_message_as_it_is():
    with workspace.start(Path(__file__).resolve().parents[3] / "manifest.yml") as running:
        running.limits.enabled = False
        client = WebClient(token=running.bot_token, base_url=running.api_url)
        for message in each(every_message(samples.HOSTILE)):
            posted = client.chat_postMessage(channel="C0INCIDENT", **message.arguments)
            client.chat_update(channel="C0INCIDENT", ts=posted["ts"], **message.arguments)
        for seen in each(running.messages("incident-room")):
            assert set(seen.pings) <= OURS
            assert seen.links == ()


def test_buttons_carry_ids_only():
    allowed = re.compile(r"P-7F3K2 [0-9a-f]{8}|C-7[A-Z0-9]+( \d+)?")
    names = set()
    for message in every_message(samples.HOSTILE):
        for block in message.blocks:
            for one in [*block.get("elements", []), block.get("accessory", {})]:
                if one.get("type") == "button":
                    assert allowed.fullmatch(one["value"])
                    names.add(one["action_id"])
    assert names == {
        "close_open",
        "check_again",
        "report",
        "pivot",
        "approve",
        "deny",
        "strike",
        "withdraw",
        "show_password",
        "restore",
        "tasks",
        "task_done",
    }


def test_windows_carry_ids_only():
    allowed = re.compile(r"(P-7F3K2 [0-9a-f]{8,64}( D0ALEX)?|C-7F3K2 [0-9a-f]{8}|C-7F3K2 \d+)?")
    for modal in each(every_modal(samples.HOSTILE)):
        assert allowed.fullmatch(modal.private_metadata)


def test_a_closed_look_afterwards_is_said_in_one_sentence():
    assert all_closed(7) == "Rechecked: all 7 changes that can be read again still hold."
    assert all_closed(1) == "Rechecked: 1 change still holds."


def test_a_window_over_hundreds_of_long_changes_is_one_that_slack_takes():
    many = samples.small(
        *(samples.change(n, text=f"Disable rule {n} " + "of a long name " * 30) for n in range(400))
    )
    view = strike_modal(many).view
    assert slack.view_problems(view, "modal") == []
    assert "more; strike them by number" in str(view["blocks"][-1])
