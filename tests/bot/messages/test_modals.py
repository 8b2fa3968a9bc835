"""The smaller windows ask for one thing each, and show secrets exactly and once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.messages import Modal
from bot.messages.approve_modal import approve_modal
from bot.messages.deny_modal import deny_modal
from bot.messages.enrol_modal import enrol_modal
from bot.messages.password_modal import password_modal
from bot.messages.restore_modal import restore_modal
from commands.containment.proposals import Outcome
from commands.plans.undo import Undoable, undo_id
from sandbox.workspace import text as slack_text
from tests.bot.messages import samples

PASSWORD = "Xk7#m*Q4_%pR9!t`W3=v<Y6&+"


def shown(modal: Modal) -> str:
    return "\n".join(slack_text.lines(modal.blocks, lambda name: name))


def inputs(modal: Modal) -> dict[str, Mapping[str, Any]]:
    return {block["block_id"]: block for block in modal.blocks if block["type"] == "input"}


def test_whoever_approves_reads_what_is_grave_and_which_plan_it_is():
    wide = replace(samples.change(3), tenant_wide=True)
    proposal = samples.small(samples.change(1), samples.final(2, text="Revoke the grant"), wide)
    modal = approve_modal(proposal, code=False)
    text = shown(modal)
    assert modal.callback_id == "approve"
    assert list(inputs(modal)) == []
    for says in (
        "*adele.vance@contoso.example*\n*3 changes*:",
        "*Cannot be undone*\n2. Revoke the grant",
        "*Affects more than this account*\n3. ",
        "After your approval it still needs one person.",
        f"Proposal {proposal.id} by @U0MEGAN01 · digest {proposal.digest[:8]}",
    ):
        assert says in text.replace("`", "")
    assert modal.private_metadata == f"P-7F3K2 {proposal.digest}"
    assert modal.close == "Not yet"


def test_whoever_approves_reads_what_keeps_the_user_from_working():
    steps = ("block_sign_in", "remove_admin_roles", "disable_inbox_rules")
    blocked = [samples.change(n, step=step, text=f"Do {step}") for n, step in enumerate(steps)]
    proposal = samples.small(*blocked, samples.final(3, "reset_password", text="Reset the password"))
    text = shown(approve_modal(proposal, code=False))
    assert "*1 cannot be undone*; *3 disrupt work*" in text
    assert (
        "*Disrupts the user's work, can be undone*\n1. Do block_sign_in\n2. Do remove_admin_roles\n" in text
    )
    assert "4. Reset the password · *disrupts the user's work*" in text
    assert "Do disable_inbox_rules" not in text
    back = [replace(one, id=undo_id("P-1", one.id), undo=None) for one in blocked]
    undo = shown(approve_modal(samples.small(*back, kind="restore"), code=False))
    assert "disrupt" not in undo.lower()


def test_the_last_approval_is_told_as_that_and_a_long_list_is_cut():
    many = [samples.final(n, "disable_inbox_rules") for n in range(40)]
    text = shown(approve_modal(samples.small(*many, votes=(samples.vote("U0ALEX002"),)), code=False))
    assert "Yours is the last approval that it needs: it is carried out immediately." in text
    assert "… 28 more on the card" in text


def test_a_code_is_asked_for_where_one_is_needed():
    assert list(inputs(approve_modal(samples.small(samples.change()), code=True))) == ["code"]


def test_a_denial_may_come_without_a_reason():
    modal = deny_modal(samples.small(samples.change()))
    assert modal.callback_id == "deny"
    assert inputs(modal)["reason"]["optional"] is True


def test_the_key_is_shown_in_groups_of_four_and_kept_out_of_what_comes_back():
    uri = "otpauth://totp/compromise-bot:megan?secret=ABCDEFGHIJKL&issuer=compromise-bot"
    modal = enrol_modal("ABCDEFGHIJKL", uri, private_metadata="U0MEGAN01")
    assert modal.callback_id == "enrol"
    assert "ABCD EFGH IJKL" in shown(modal)
    assert uri in shown(modal)
    assert "ABCD" not in modal.private_metadata
    assert list(inputs(modal)) == ["code"]
    assert "✖ Wrong code." in shown(enrol_modal("ABCD", uri, wrong="Wrong code."))


def test_the_password_is_shown_exactly_and_once_and_nothing_comes_back():
    modal = password_modal(PASSWORD, samples.ADELE.mail, case_id="C-7F3K2")
    assert json.dumps(modal.view).count(json.dumps(PASSWORD)[1:-1]) == 1
    assert PASSWORD in shown(modal)
    assert modal.submit == ""
    assert modal.private_metadata == ""
    assert "For *adele.vance@contoso.example*" in shown(modal)
    assert "by phone" in shown(modal)
    assert "Never by email or in this chat" in shown(modal)


def test_only_what_has_an_undo_can_be_chosen_and_nothing_is_ticked():
    done = list(samples.undoable(count=2))
    final = samples.final(9)
    done.insert(1, (Undoable("P-7F3K2", 9, final), samples.action(final, Outcome.CONFIRMED)))
    modal = restore_modal("C-7F3K2", samples.ADELE, done)
    boxes = inputs(modal)["undo:0"]["element"]
    assert [option["value"] for option in boxes["options"]] == ["0", "2"]
    assert "initial_options" not in boxes
    assert boxes["options"][0]["description"]["text"].startswith("⚠ changed 2026-03-02 09:35 UTC · ⚠ ")
    # The number is that of the plan, whatever place it has in the window.
    assert [option["text"]["text"].partition(".")[0] for option in boxes["options"]] == ["1", "2"]
    assert modal.callback_id == "restore"
    assert modal.private_metadata.startswith("C-7F3K2 ")
    assert inputs(modal)["reason"]["optional"] is False


def test_what_has_room_in_the_list_is_not_said_above_it_as_well():
    (one, done), *_ = samples.undoable(count=1)
    assert one.change.undo
    plain = replace(one, change=replace(one.change, undo=replace(one.change.undo, note="")))
    window = restore_modal("C-7F3K2", samples.ADELE, [(plain, done)])
    assert not [block for block in window.blocks if block["type"] == "context"]


def test_changes_of_several_plans_are_numbered_by_each():
    first, second = samples.undoable(count=2)
    other = (Undoable("P-9YYYY", 1, second[0].change), second[1])
    boxes = inputs(restore_modal("C-7F3K2", samples.ADELE, (first, other)))["undo:0"]["element"]["options"]
    assert [option["text"]["text"].partition(".")[0] for option in boxes] == ["P-7F3K2/1", "P-9YYYY/1"]


def test_signing_in_again_is_offered_first_and_what_gives_the_attacker_something_back_says_so():
    first, second = samples.undoable(count=2)
    blocked = replace(second[0].change, step="block_sign_in")
    done = (first, (Undoable("P-7F3K2", 2, blocked), second[1]))
    boxes = inputs(restore_modal("C-7F3K2", samples.ADELE, done))["undo:0"]["element"]["options"]
    # The value stays the place among what was made.
    assert [option["value"] for option in boxes] == ["1", "0"]
    assert not boxes[0]["description"]["text"].startswith("⚠")
    assert boxes[1]["description"]["text"].startswith("⚠ changed")
    window = restore_modal("C-7F3K2", samples.ADELE, done)
    assert "⚠ What the attacker set up or used may come back." in shown(window)


def test_a_great_many_undos_are_offered_in_parts():
    modal = restore_modal("C-7F3K2", samples.ADELE, samples.undoable(("Do a long thing. " * 9,), count=500))
    assert len(modal.blocks) <= 100
    assert "more; available once these are undone." in shown(modal)


def test_where_nothing_was_done_nothing_can_be_chosen():
    modal = restore_modal("C-7F3K2", samples.ADELE, ())
    assert modal.submit == ""
    assert "There are no changes to undo." in shown(modal)
