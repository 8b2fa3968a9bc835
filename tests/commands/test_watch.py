"""Looking again tells what is closed, what is open, what is new, and what could not be seen."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

from bot.work.rechecks.keeper import seen_of
from commands.containment import effects
from commands.plans.plan import Change, offer_text
from commands.plans.planning_input import Guard
from commands.plans.undo import undo_plan
from commands.rechecks import watch
from commands.rechecks.watch import Doors, NotSeen
from graph.evidence import SOURCES
from sandbox.tenant import Fault
from tests.commands.carrying import (
    ADELE,
    CASE,
    ID,
    NAME,
    NOW,
    Scene,
    block_sign_in,
    disable_protocols,
    disable_rule,
    remove_forwarding,
    reset_password,
    revoke_grant,
)


def look_again(scene: Scene) -> Doors:
    return watch.look_again(
        CASE,
        proposals=scene.proposals,
        connection=scene.connection,
        guard=Guard(),
        clock=lambda: NOW,
        patience=600,
    )


def offer_again(scene: Scene, doors: Doors) -> None:
    """Let the case have offered what is new."""
    with scene.ledger.writing() as writing:
        writing.finish(CASE, verdict="compromised", report="{}", offer=offer_text(doors.new))


def ids(changes: tuple[Change, ...]) -> list[str]:
    return [change.id for change in changes]


def test_what_was_closed_and_stayed_so_is_closed(scene: Scene):
    made = [block_sign_in(), revoke_grant(scene.tenant), remove_forwarding(), disable_rule(scene.tenant)]
    scene.run(*made)
    before = len(scene.sent())
    doors = look_again(scene)
    assert doors.closed == tuple(made)
    assert doors.came_back == ()
    assert doors.not_seen == ()
    assert doors.at == NOW
    assert len(scene.sent()) == before, "looking changes nothing"


def test_changes_are_looked_at_beside_each_other(scene: Scene):
    scene.run(block_sign_in(), remove_forwarding())
    scene.tenant.calls.clear()
    held = threading.Event()
    scene.tenant.faults.add("Get-Mailbox", Fault(held=held), times=1)
    scene.tenant.faults.add("/users", Fault(held=held), times=1)
    beside: list[int] = []

    def let_go() -> None:
        # Whoever asked one after the other would never come to the second.
        while len(scene.tenant.calls) < 2:
            time.sleep(0.01)
        beside.append(len(scene.tenant.calls))
        held.set()

    waiting = threading.Thread(target=let_go)
    waiting.start()
    doors = look_again(scene)
    waiting.join()
    assert len(doors.closed) == 2
    assert beside == [2], "the second is asked for while the first is not answered"


def test_what_was_opened_again_is_told(scene: Scene):
    made = [block_sign_in(), remove_forwarding()]
    scene.run(*made)
    mailbox = scene.tenant.state.mailbox(NAME)
    assert mailbox is not None
    mailbox.properties["ForwardingSmtpAddress"] = "smtp:other@mailbox-relay.example"
    doors = look_again(scene)
    assert ids(doors.closed) == [made[0].id]
    assert ids(doors.came_back) == [made[1].id]
    told = watch.says(doors).split("Open again. To close it:")[1]
    assert "other@mailbox-relay.example" in told, "where it leads now, not where it led before"


def test_what_cannot_be_looked_at_is_not_closed(scene: Scene):
    scene.run(block_sign_in(), remove_forwarding())
    scene.tenant.faults.add("Get-Mailbox", Fault(status=403, code="Forbidden"))
    doors = look_again(scene)
    assert ids(doors.closed) == [block_sign_in().id]
    assert doors.came_back == ()
    assert remove_forwarding().says in [one.what for one in doors.not_seen]
    assert "mailbox" in [one.what for one in doors.not_seen]


def test_of_a_new_password_nothing_is_claimed(scene: Scene):
    scene.run(reset_password())
    doors = look_again(scene)
    assert doors.closed == ()
    assert doors.came_back == ()


def test_what_was_so_already_counts_as_closed_and_what_was_not_made_does_not(scene: Scene):
    user = scene.tenant.state.user(NAME)
    mailbox = scene.tenant.state.mailbox(NAME)
    assert user is not None
    assert mailbox is not None
    user["accountEnabled"] = False
    mailbox.properties["ForwardingSmtpAddress"] = "smtp:other@mailbox-relay.example"
    scene.run(block_sign_in(), remove_forwarding())
    doors = look_again(scene)
    assert ids(doors.closed) == [block_sign_in().id]
    assert doors.came_back == ()


def test_what_was_taken_back_is_no_back_door_until_it_is_made_once_more(scene: Scene):
    scene.run(block_sign_in(), disable_protocols())
    undo = undo_plan(
        case_id=CASE,
        tenant="contoso",
        subject=ADELE,
        undoable=effects.undoable(scene.proposals.ledger, CASE),
        nonce="1",
    )
    scene.carry_out(scene.approved(*undo.changes, kind="restore"))
    doors = look_again(scene)
    assert ids(doors.closed) == [disable_protocols().id]
    assert doors.came_back == ()
    scene.run(block_sign_in())
    assert block_sign_in().id in ids(look_again(scene).closed)


def test_what_the_case_did_not_offer_before_is_new(scene: Scene):
    first = look_again(scene)
    assert first.new, "nothing was offered, so everything that the findings ask for is new"
    assert all(change.suggested for change in first.new)
    offer_again(scene, first)
    assert look_again(scene).new == ()
    scene.tenant.state.users[ID]["accountEnabled"] = True
    mailbox = scene.tenant.state.mailbox(NAME)
    assert mailbox is not None
    rule = next(rule for rule in mailbox.rules if rule.name == "..")
    mailbox.rules.append(replace(rule, id="AQAAANEW=", number=7, name="."))
    assert "AQAAANEW=" in "".join(ids(look_again(scene).new))


def test_what_the_check_did_not_collect_is_open_and_not_called_new(scene: Scene):
    offered = [one for one in look_again(scene).new if one.step != "disable_inbox_rules"]
    rules = [one for one in look_again(scene).new if one.step == "disable_inbox_rules"]
    assert rules
    for state, late in (("unavailable", True), ("partial", True), ("complete", False)):
        with scene.ledger.writing() as writing:
            writing.finish(
                CASE,
                verdict="compromised",
                report="{}",
                offer=offer_text(offered),
                sources={"inbox_rules": state, "user": "complete"},
            )
        doors = look_again(scene)
        assert (doors.late, doors.new) == ((tuple(rules), ()) if late else ((), tuple(rules))), state
        assert doors.is_open
        assert not doors.is_quiet
        assert set(ids(tuple(rules))) <= set(ids(doors.closing))
    seen = seen_of(replace(doors, late=tuple(rules), new=()), 1, raised=True)
    assert seen.only_late
    assert "Open, but not collected by the check. To close it: " in seen.says


def test_neither_audit_logs_nor_sign_ins_nor_traces_are_asked_again(scene: Scene):
    look_again(scene)
    asked = " ".join(call.path for call in scene.tenant.calls)
    assert "auditLog" not in asked
    assert "essageTrace" not in asked
    assert set(watch.HOW_IT_STANDS) < set(SOURCES)
    assert set(SOURCES) > watch.WHAT_HAPPENED


# --- in words ----------------------------------------------------------------------------------------------


def test_when_all_is_quiet_it_says_so():
    doors = Doors((block_sign_in(), remove_forwarding()), (), (), (), NOW)
    assert watch.says(doors) == (
        "Rechecked at 23 November 2026, 16:00 UTC.\n2 of 2 remediations are still in effect."
    )


def test_no_persistence_is_not_said_while_what_was_offered_is_undone(scene: Scene):
    with scene.ledger.writing() as writing:
        offered = (block_sign_in(suggested=True), remove_forwarding(suggested=True))
        writing.finish(CASE, verdict="compromised", report="{}", offer=offer_text(offered))
    scene.run(block_sign_in(suggested=True))
    doors = look_again(scene)
    assert ids(doors.never) == [remove_forwarding().id]
    assert not doors.is_quiet
    assert "1 suggested remediation is not carried out yet" in watch.says(doors)
    assert "No persistence found" not in watch.says(doors)


def test_everything_else_is_listed():
    doors = Doors(
        closed=(block_sign_in(),),
        came_back=(remove_forwarding(),),
        new=(disable_protocols(),),
        not_seen=(NotSeen("mail devices", "The service failed."),),
        at=NOW,
        closing=(disable_protocols(),),
    )
    assert watch.says(doors) == (
        "Rechecked at 23 November 2026, 16:00 UTC.\n"
        "1 of 2 remediations are still in effect.\n"
        "Open again. To close it:\n• Stop forwarding Adele Vance's mail (by hand: no change fits)\n"
        "New since the check. To close it:\n• Switch ActiveSync off for Adele Vance\n"
        "Not collected:\n• mail devices: The service failed"
    )


def test_with_nothing_done_it_speaks_of_no_doors():
    assert "remediations" not in watch.says(Doors((), (), (), (), NOW))
