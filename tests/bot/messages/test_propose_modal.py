"""The window and the dry run offer exactly what the steps planned."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.messages import Message, Modal
from bot.messages.propose_modal import by_text, dry_run, propose_modal
from bot.verbs import registry
from bot.verbs.contain import Contain
from bot.verbs.spelling import Choice
from commands.plans.plan import Nothing, offer_text
from sandbox.workspace import text as slack_text
from tests.bot.messages import samples

PLAN: dict[str, Any] = {"titles": samples.TITLES, "sources": samples.SOURCES, "needs": samples.needs}
FEW = (
    samples.change(1, "block_sign_in", "Block adele.vance@contoso.example from signing in"),
    samples.final(2, text="Revoke the grant"),
    samples.task(text="Scan the computer"),
    samples.change(3, "remove_forwarding", "Remove the forwarding", suggested=False),
    Nothing("reset_password", "The password was reset an hour ago"),
    Nothing("remove_admin_roles", "This is the last Global Administrator", refused=True),
)


def window(offer=FEW, **more) -> Modal:
    return propose_modal("C-7F3K2", samples.ADELE, offer, **PLAN, **more)


def shown(message: Message | Modal) -> str:
    return "\n".join(slack_text.lines(message.blocks, lambda name: f"@{name}"))


def groups(modal: Modal) -> dict[str, Mapping[str, Any]]:
    """The checkboxes by block id."""
    return {
        block["block_id"]: block["element"]
        for block in modal.blocks
        if block["type"] == "input" and block["element"]["type"] == "checkboxes"
    }


def values(modal: Modal) -> list[str]:
    return [option["value"] for group in groups(modal).values() for option in group["options"]]


def ticked(modal: Modal) -> set[str]:
    return {one["value"] for group in groups(modal).values() for one in group.get("initial_options", [])}


def test_each_change_and_task_is_a_checkbox_with_its_place_in_the_offer():
    assert sorted(values(window())) == ["0", "1", "2", "3"]
    assert list(groups(window())) == [
        "step:remove_forwarding:0",
        "step:block_sign_in:0",
        "step:harden:0",
        "step:revoke_oauth_grants:0",
    ]


def test_the_steps_stand_in_the_documents_order_with_its_numbering():
    text = shown(window())
    places = [
        text.index(part)
        for part in (
            "Step 1 · Reset the password",
            "Step 2 · Remove forwarding addresses",
            "Step 5 · Block sign-in",
            "Step 6 · Remove from administrative roles",
            "Step 7 · Precautions",
            "Additional step · Revoke grants to applications",
        )
    ]
    assert places == sorted(places)


def test_what_the_findings_ask_for_is_ticked_unless_somebody_chose_otherwise():
    assert ticked(window()) == {"0"}
    assert ticked(window(chosen=(1, 3))) == {"1", "3"}
    assert ticked(window(chosen=())) == set()


def test_a_checkbox_says_whether_it_can_be_undone_and_how_many_people_it_needs():
    by_value = {
        option["value"]: option["description"]["text"]
        for group in groups(window()).values()
        for option in group["options"]
    }
    assert by_value["0"] == "can be undone"
    assert by_value["1"].startswith("cannot be undone: Revoke the grant · two people · ⚠ Revoke the grant")
    assert by_value["2"] == "manual task"


def options(modal: Modal) -> list[tuple[str, str]]:
    """What the checkboxes say, and the small line below each."""
    return [
        (one["text"]["text"], one.get("description", {}).get("text", ""))
        for group in groups(modal).values()
        for one in group["options"]
    ]


def test_a_caption_ends_with_a_part_of_the_sentence_and_the_small_line_goes_on():
    words = "Give adele.vance@contoso.example a new random password, to be changed at the next sign-in today"
    assert options(window((samples.change(0, text=words),))) == [
        (
            "1. Give the account a new random password",
            "… to be changed at the next sign-in today · can be undone",
        )
    ]


def test_what_is_too_long_for_both_lines_stands_in_full_above_its_group():
    words = f"Disable the inbox rule that moves {'every mail about invoices ' * 5}to the folder RSS Feeds"
    text = shown(window((samples.change(0, text=words),)))
    assert f"*1.* {words} (can be undone)" in text
    assert f"*1.* {FEW[0].says}" not in shown(window())


def test_the_account_that_the_window_names_is_not_named_again_in_each_caption():
    assert ("1. Block the account from signing in", "can be undone") in options(window())


def test_what_was_carried_out_since_the_check_is_no_choice_and_says_so():
    modal = window(done={FEW[0].id})
    assert "0" not in values(modal)
    assert "✔ Step 5 · Block sign-in: Already done: Block adele.vance@contoso.example" in shown(modal)
    assert modal.private_metadata == window().private_metadata
    (message,) = dry_run("C-7F3K2", samples.ADELE, FEW, **PLAN, done={FEW[0].id})
    assert "✔ Step 5 · Block sign-in: Already done" in shown(message)


def test_a_step_with_nothing_to_do_says_why_and_a_refused_one_is_marked():
    text = shown(window())
    assert "– Step 1 · Reset the password: The password was reset an hour ago" in text
    assert "✖ *Refused* Step 6 · Remove from administrative roles: This is the last Global" in text


def test_a_reason_must_be_given():
    reason = window().blocks[-1]
    assert (reason["block_id"], reason["element"]["action_id"]) == ("reason", "reason")
    assert reason["optional"] is False
    assert reason["element"]["max_length"] == 500


def test_a_window_in_which_nothing_can_be_chosen_sends_nothing():
    modal = window(FEW[4:])
    assert modal.submit == ""
    assert "submit" not in modal.view
    assert "There is nothing to propose." in shown(modal)


def test_the_window_knows_which_offer_it_shows():
    digest = hashlib.sha256(offer_text(FEW).encode()).hexdigest()
    assert window().private_metadata == f"C-7F3K2 {digest[:8]}"
    assert window(FEW[:2]).private_metadata != window().private_metadata


def test_more_than_ten_changes_of_a_step_go_into_several_groups():
    modal = window(tuple(samples.change(n) for n in range(23)))
    assert [len(group["options"]) for group in groups(modal).values()] == [10, 10, 3]
    assert list(groups(modal))[-1] == "step:disable_inbox_rules:2"


def test_what_does_not_fit_is_left_out_from_the_end_unless_the_findings_ask_for_it():
    asked = tuple(samples.change(n) for n in range(40))
    other = tuple(samples.change(n, suggested=False) for n in range(40, 1_200))
    modal = window((*other, *asked))
    kept = {int(value) for value in values(modal)}
    assert set(range(len(other), len(other) + 40)) <= kept
    left = kept - set(range(len(other), len(other) + 40))
    assert left == set(range(len(left)))
    assert len(modal.blocks) <= 100
    text = shown(modal)
    assert f"… {len(other) - len(left)} more do not fit in this dialog: {len(left) + 1}, " in text
    assert "/compromise plan C-7F3K2" in text


def test_what_is_left_out_can_be_typed():
    typed = by_text("C-7F3K2", (3, 17)).removeprefix("/compromise ").replace("…", "of the spam")
    _, wish = registry.read(typed)
    assert isinstance(wish, Contain)
    assert wish.choice == Choice((3, 17), "", "of the spam")


def test_the_dry_run_says_the_same_and_proposes_nothing():
    (message,) = dry_run("C-7F3K2", samples.ADELE, FEW, **PLAN)
    text = shown(message)
    assert ". Nothing is proposed or changed. ■ marks what the findings call for." in text
    assert "■ 1. Block adele.vance@contoso.example from signing in (can be undone)" in text
    assert "□ 2. Revoke the grant (cannot be undone: Revoke the grant) · two people" in text
    assert "□ 3. Scan the computer (manual task)" in text
    assert "This is the last Global Administrator" in text
    assert not [block for block in message.blocks if block["type"] == "actions"]
    assert "4. Remove the forwarding" in message.text


def test_a_long_dry_run_takes_several_messages_and_leaves_nothing_out():
    said = "A very long sentence about a rule. " * 8
    offer = tuple(
        replace(samples.change(n, text=f"Rule {n}. {said}"), warns=(f"Warning {n}.",)) for n in range(200)
    )
    text = "\n".join(shown(message) for message in dry_run("C-7F3K2", samples.ADELE, offer, **PLAN))
    assert [n for n in range(200) if f" Rule {n}. " not in text or f"⚠ Warning {n}." not in text] == []


def test_every_change_of_a_usual_offer_is_in_the_window():
    offer = samples.offer(("Disable a rule",), each=2)
    assert len(values(window(offer))) == sum(not isinstance(one, Nothing) for one in offer)
