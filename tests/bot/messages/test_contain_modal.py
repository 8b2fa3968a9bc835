"""The windows in which an account is contained: short enough for a phone, and nothing in them by accident."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.messages import Modal
from bot.messages.contain_modal import contain_modal, contain_now_modal
from bot.messages.plans import places_of, places_text
from commands.containment.propose import contain_now
from commands.plans.plan import Change, ManualTask, Nothing, Planned
from sandbox.workspace import blocks
from tests.bot.messages import samples


def window(offer: tuple[Planned, ...]) -> Modal:
    return contain_modal("C-7F3K2", samples.ADELE, offer, titles=samples.TITLES, needs=samples.needs)


def boxes(modal: Modal) -> dict[str, list[dict[str, Any]]]:
    return {
        str(block["label"]["text"]): block["element"]["options"]
        for block in modal.blocks
        if block["type"] == "input" and block["element"]["type"] == "checkboxes"
    }


def ticked(modal: Modal) -> tuple[int, ...]:
    return tuple(
        sorted(
            place
            for block in modal.blocks
            if block["type"] == "input"
            for option in block["element"].get("initial_options", ())
            for place in places_of(option["value"])
        )
    )


OFFER = (
    samples.change(0, "block_sign_in", "Block Adele"),
    samples.change(1, "disable_inbox_rules"),
    samples.change(2, "disable_inbox_rules"),
    samples.change(3, "disable_inbox_rules", suggested=False),
    samples.task(4),
    Nothing("clean_junk_lists", "There is nothing in it."),
    samples.final(6, "revoke_oauth_grants", tenant_wide=True),
    samples.task(7),
)


def test_a_box_stands_for_what_the_findings_ask_for_in_one_step():
    modal = window(OFFER)
    assert {
        label: [(one["text"]["text"], one["value"]) for one in group] for label, group in boxes(modal).items()
    } == {
        "Stop the attacker": [("Block sign-in", "0")],
        "Remove what they left": [
            ("Disable suspicious inbox rules (2)", "1-2"),
            ("Revoke grants to applications", "6"),
        ],
        "Manual tasks": [("Add 2 manual tasks to the case", "4,7")],
    }
    assert ticked(modal) == (0, 1, 2)


def test_the_reason_comes_before_the_boxes_and_single_changes_are_one_click_away():
    modal = window(OFFER)
    kinds = [block["element"]["type"] for block in modal.blocks if block["type"] == "input"]
    assert kinds[0] == "plain_text_input"
    assert modal.blocks[0]["accessory"]["action_id"] == "choose_changes"
    assert modal.blocks[0]["accessory"]["value"] == "C-7F3K2"


def test_how_many_people_it_takes_stands_once_at_the_top():
    grave = (samples.change(1, "disable_inbox_rules"), replace(samples.final(2), suggested=True))
    assert "until two people approve." in str(window(grave).blocks[0])
    assert "until one person approves." in str(window(OFFER).blocks[0])


def test_consequences_stand_below_a_box():
    [_, grants] = boxes(window(OFFER))["Remove what they left"]
    assert grants["description"]["text"] == "cannot be undone · affects more than this account"


def test_the_usual_window_is_shorter_than_two_screens_of_a_phone():
    modal = window(samples.offer(each=4))
    assert sum(len(group) for group in boxes(modal).values()) <= len(samples.STEPS) + 1


def test_what_was_refused_says_so_and_is_no_box():
    modal = window((Nothing("block_sign_in", "The account is protected.", refused=True),))
    assert modal.submit == ""
    assert "The account is protected." in str(modal.blocks)
    assert boxes(modal) == {}


def test_hundreds_of_changes_in_one_step_keep_to_the_limits_of_slack():
    many = tuple(samples.change(n, suggested=n % 2 == 0) for n in range(400))
    modal = window(many)
    assert blocks.view_problems(modal.view, "modal") == []
    assert ticked(modal) == tuple(range(0, 400, 2))


def test_the_smallest_plan_is_every_change_that_stops_an_attacker_whether_or_not_it_is_asked_for():
    offer = (
        samples.change(0, "disable_inbox_rules"),
        samples.change(1, "block_sign_in", suggested=False),
        samples.new_password(),
        samples.task(3, "reset_password"),
    )
    assert contain_now(offer) == (1, 2)
    modal = contain_now_modal("C-7F3K2", samples.ADELE, offer, needs=samples.needs)
    assert blocks.view_problems(modal.view, "modal") == []
    assert ticked(modal) == (1, 2)
    assert "It needs approval by two people." in str(modal.blocks[0])


def test_the_smallest_plan_names_what_it_leaves_as_the_attacker_left_it():
    offer = (
        samples.change(0, "disable_inbox_rules", text="Disable the inbox rule Money"),
        samples.change(1, "block_sign_in"),
        samples.change(2, "remove_forwarding", text="Stop forwarding mail"),
        samples.change(3, "remove_delegates", text="Remove a delegate", suggested=False),
    )
    head = str(contain_now_modal("C-7F3K2", samples.ADELE, offer, needs=samples.needs).blocks[0])
    assert (
        "*Not in this plan* (2 suggested changes): Disable the inbox rule Money; Stop forwarding mail."
        in head
    )
    done = {offer[0].id, offer[2].id}
    later = contain_now_modal("C-7F3K2", samples.ADELE, offer, needs=samples.needs, done=done)
    assert "Not in this plan" not in str(later.blocks[0])


def test_the_smallest_plan_warns_once_below_what_there_is_to_choose():
    one, two = (samples.change(n, "block_sign_in", warns=("Mail still arrives",)) for n in range(2))
    modal = contain_now_modal("C-7F3K2", samples.ADELE, (one, two), needs=samples.needs)
    (group,) = [block for block in modal.blocks if block.get("block_id") == "now:0"]
    assert [option["description"]["text"] for option in group["element"]["options"]] == ["can be undone"] * 2
    assert "⚠ 1, 2: Mail still arrives" in str(modal.blocks[-1])
    assert str(modal.blocks).count("Mail still arrives") == 1


def test_what_was_carried_out_since_the_check_is_not_preselected_again_and_is_said():
    done = {one.id for one in OFFER[:2] if isinstance(one, Change)}
    modal = contain_modal(
        "C-7F3K2", samples.ADELE, OFFER, titles=samples.TITLES, needs=samples.needs, done=done
    )
    assert ticked(modal) == (2,)
    assert "Stop the attacker" not in boxes(modal)
    assert "✔ Already done, no change needed: Block sign-in, Disable suspicious inbox rules" in str(
        modal.blocks
    )
    assert modal.private_metadata == window(OFFER).private_metadata


def test_manual_tasks_that_can_wait_are_counted_as_on_the_card_and_in_the_report():
    later, now = samples.task(0), replace(samples.task(1), step="multi_factor")
    (box,) = boxes(window((later, now)))["Manual tasks"]
    assert box["description"]["text"] == "1 keep the attacker out, 1 can wait"
    warn = [replace(samples.task(2), step="warn_recipients"), replace(samples.task(3), step="other_services")]
    (box,) = boxes(window((later, now, *warn)))["Manual tasks"]
    assert box["description"]["text"] == "1 keep the attacker out, 2 more, 1 can wait"


@pytest.mark.parametrize("places", [(0,), (3, 4, 5, 9), tuple(range(0, 90, 2)), (7, 8)])
def test_places_survive_being_written(places):
    assert places_of(places_text(places)) == places


@pytest.mark.parametrize("text", ["", "x", "1,", "-1", "5-2000", "1--2", "1 2", "٣"])
def test_other_values_of_a_box_mean_nothing(text):
    assert places_of(text) == ()


def test_nothing_that_a_tenant_names_breaks_the_window():
    hostile = tuple(
        replace(one, says="<!channel> *x* `y`" * 40) if isinstance(one, Change | ManualTask) else one
        for one in samples.offer(each=3)
    )
    for modal in (
        window(hostile),
        contain_now_modal("C-7F3K2", samples.ADELE, hostile, needs=samples.needs),
    ):
        assert blocks.view_problems(modal.view, "modal") == []
        assert "<!channel>" not in str([b for b in modal.blocks if b["type"] in {"section", "context"}])
