"""Every change is made once, on its own, and only as it was approved; and everything is written down.

Against the local tenant over HTTP, with a real ledger. The tenant's time passes only while we wait, so that
what Microsoft shows late is late by seconds that nobody has to sit through.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from typing import Any

import pytest

from commands import check
from commands.containment import effects, propose
from commands.containment.one_time_password import secret_name
from commands.containment.outcome_words import told, why_failed
from commands.containment.proposals import SECRET_LIFE, Outcome
from commands.errors import LedgerTampered, LedgerUnwritable
from commands.ledger.verify import verify_ledger
from commands.plans.approval import ProposalState, Vote
from commands.plans.plan import NEW_PASSWORD, Change, Demand, Look
from commands.plans.planning_input import Guard
from commands.plans.undo import undo_plan
from commands.signing_key import SigningKey
from commands.steps.demands import GLOBAL_ADMINISTRATOR, another_global_administrator
from graph.errors import NoLicense, NoPermission, Refused
from graph.evidence import SOURCES
from graph.question import Question
from graph.request import Cmdlet, Request
from sandbox.tenant import Fault
from tests.commands import carrying
from tests.commands.carrying import (
    ADELE,
    CASE,
    ID,
    NAME,
    NOW,
    PASSWORD,
    PATIENCE,
    Scene,
    action,
    block_sign_in,
    disable_protocols,
    disable_rule,
    outcomes,
    remove_forwarding,
    reset_password,
    revoke_grant,
    revoke_sessions,
)
from tests.graph.local import connect_to

O = Outcome  # noqa: E741 - short, for the lists below


def everything(scene: Scene) -> list[Change]:
    return [
        block_sign_in(),
        revoke_sessions(),
        reset_password(),
        revoke_grant(scene.tenant),
        remove_forwarding(),
        disable_rule(scene.tenant),
        disable_protocols(),
    ]


# --- made --------------------------------------------------------------------------------------------------


def test_every_change_is_sent_once_in_the_plans_order_and_confirmed(scene: Scene):
    proposal_id = scene.approved(*everything(scene))
    proposal = scene.carry_out(proposal_id)
    assert outcomes(proposal) == [O.CONFIRMED] * 7
    assert proposal.state is ProposalState.DONE
    assert [text.partition(" ")[0] for text in scene.writes()] == [
        "PATCH",
        "POST",
        "PATCH",
        "DELETE",
        "Set-Mailbox",
        "PATCH",
        "Set-CASMailbox",
    ]
    user = scene.tenant.state.user(NAME)
    assert user is not None
    assert user["accountEnabled"] is False
    assert scene.waited == []


def test_intent_comes_before_outcome_before_confirmation_and_people_are_told_after_each(scene: Scene):
    proposal_id = scene.approved(block_sign_in(), remove_forwarding())
    scene.carry_out(proposal_id)
    kinds = scene.kinds(proposal_id)
    begun = kinds.index("execution_started")
    assert kinds[begun:] == [
        "execution_started",
        *("intended", "change_ended", "intended", "change_ended"),
        *("change_confirmed", "change_confirmed"),
        "execution_finished",
    ]
    assert scene.told == len(kinds) - begun
    verify_ledger(scene.ledger.path)


def test_the_intent_holds_what_was_seen_right_before(scene: Scene):
    proposal = scene.carry_out(scene.approved(remove_forwarding()))
    assert action(proposal).saw == remove_forwarding().expects
    assert action(proposal).attempt == 1


def test_to_be_second_is_nothing_bad(scene: Scene):
    proposal_id = scene.approved(block_sign_in())
    scene.carry_out(proposal_id)
    scene.carry_out(proposal_id)
    assert len(scene.sent()) == 1


def test_an_open_proposal_is_left_alone(scene: Scene):
    made = carrying.propose(scene.proposals, [block_sign_in()], needs=2)
    scene.carry_out(made)
    scene.tenant.calls.clear()
    with sqlite3.connect(scene.ledger.path) as file:
        file.execute("UPDATE proposals SET state = 'open'")
    file.close()
    assert scene.carry_out(made).state is ProposalState.OPEN
    assert scene.tenant.calls == []


# --- not made ----------------------------------------------------------------------------------------------


def test_what_is_so_already_is_not_sent(scene: Scene):
    user = scene.tenant.state.user(NAME)
    assert user is not None
    user["accountEnabled"] = False
    assert scene.run(block_sign_in()) == [O.ALREADY]
    assert scene.sent() == []


def test_what_somebody_changed_in_between_is_left_alone_and_told_as_it_is(scene: Scene):
    mailbox = scene.tenant.state.mailbox(NAME)
    assert mailbox is not None
    mailbox.properties["ForwardingSmtpAddress"] = "smtp:other@mailbox-relay.example"
    proposal = scene.carry_out(scene.approved(remove_forwarding(), disable_protocols()))
    assert outcomes(proposal) == [O.CHANGED, O.CONFIRMED]
    assert "other@mailbox-relay.example" in action(proposal).says
    assert "collector@mailbox-relay.example" in action(proposal).says
    assert scene.writes() == ["Set-CASMailbox InvokeCommand"]


def test_what_microsoft_does_not_know_is_not_there(scene: Scene):
    nobody = Cmdlet("Get-CASMailbox", {"Identity": "nobody@contoso.example"})
    change = disable_protocols(look=Look(nobody, fields=("ActiveSyncEnabled",)))
    proposal = scene.carry_out(scene.approved(change))
    assert outcomes(proposal) == [O.CHANGED]
    assert "It is no longer there" in action(proposal).says


@pytest.mark.parametrize("place", [NEW_PASSWORD, {"Text": NEW_PASSWORD}, ["x", NEW_PASSWORD]])
def test_the_password_is_put_wherever_it_is_to_go(scene: Scene, place: object):
    """The tenant knows no such parameter and says so; what counts is that a password was made for it."""
    change = disable_protocols(do=Cmdlet("Set-CASMailbox", {"Identity": NAME, "Secret": place}))
    proposal_id = scene.approved(change)
    scene.carry_out(proposal_id)
    assert scene.proposals.sealed(proposal_id, change.id, NOW) is not None


def test_what_is_gone_already_needs_no_removal(scene: Scene):
    change = revoke_grant(scene.tenant)
    scene.tenant.state.oauth_grants.clear()
    assert scene.run(change) == [O.ALREADY]
    assert scene.sent() == []


def test_a_removal_of_what_went_away_a_moment_ago_counts_as_already_so(scene: Scene):
    scene.tenant.faults.add("/oauth2PermissionGrants", Fault(status=404, method="DELETE", done=True), 1)
    proposal = scene.carry_out(scene.approved(revoke_grant(scene.tenant)))
    assert outcomes(proposal) == [O.ALREADY]
    assert len(scene.sent()) == 1


def test_a_change_of_something_that_went_away_a_moment_ago_fails(scene: Scene):
    scene.tenant.faults.add("/users", Fault(status=404, method="PATCH", code="Request_ResourceNotFound"), 1)
    assert scene.run(block_sign_in()) == [O.FAILED]


def test_what_cannot_be_looked_at_is_not_sent(scene: Scene):
    scene.tenant.faults.add("Get-Mailbox", Fault(status=403, code="Forbidden"))
    proposal = scene.carry_out(scene.approved(remove_forwarding()))
    assert outcomes(proposal) == [O.FAILED]
    assert "Its current state could not be read, so nothing was sent:" in action(proposal).says
    assert scene.sent() == []


def test_without_another_global_administrator_the_demand_refuses(scene: Scene):
    demand = another_global_administrator(ID)
    change = block_sign_in(demands=(demand,))
    kept = list(scene.tenant.state.role_assignments)
    scene.tenant.state.role_assignments[:] = [
        one for one in kept if one["roleDefinitionId"] != GLOBAL_ADMINISTRATOR
    ]
    proposal = scene.carry_out(scene.approved(change))
    assert outcomes(proposal) == [O.REFUSED]
    assert action(proposal).says == demand.says
    assert scene.sent() == []
    scene.tenant.state.role_assignments[:] = kept
    assert scene.run(change) == [O.CONFIRMED]


def test_a_demand_that_cannot_be_looked_at_refuses_too(scene: Scene):
    demand = Demand(Look(Request("GET", "/nothing/of/the/kind")), "It must be there.")
    proposal = scene.carry_out(scene.approved(block_sign_in(demands=(demand,))))
    assert outcomes(proposal) == [O.FAILED]
    assert scene.sent() == []


# --- refused by Microsoft ----------------------------------------------------------------------------------


def test_an_administrators_account_needs_a_higher_role_and_the_rest_goes_on(scene: Scene):
    scene.tenant.directory_roles = {"User Administrator"}
    proposal = scene.carry_out(scene.approved(block_sign_in(), remove_forwarding()))
    assert outcomes(proposal) == [O.FAILED, O.CONFIRMED]
    assert "Privileged Authentication Administrator" in action(proposal).says
    assert len(scene.sent()) == 2


def test_a_missing_role_in_exchange_is_named(scene: Scene):
    scene.tenant.exchange_cmdlets = scene.tenant.exchange_cmdlets - {"Set-Mailbox"}
    proposal = scene.carry_out(scene.approved(remove_forwarding()))
    assert outcomes(proposal) == [O.FAILED]
    assert "Set-Mailbox" in action(proposal).says


def test_what_is_managed_on_premises_is_left_to_a_person(scene: Scene):
    user = scene.tenant.state.user(NAME)
    assert user is not None
    user["onPremisesSyncEnabled"] = True
    proposal = scene.carry_out(scene.approved(block_sign_in()))
    assert outcomes(proposal) == [O.FAILED]
    assert "on-premises administrator" in action(proposal).says


REASONS = [
    (NoLicense("The tenant lacks the license X.", needs="X"), "manually"),
    (NoPermission("No Exchange role holds it.", needs="a role"), "(a role)"),
    (Refused("It cannot be done now."), "Check the account again, or do it manually in the admin center."),
    (Refused("Cannot delete the default authentication method.", status=400), "Choose another default"),
]


@pytest.mark.parametrize(("error", "words"), REASONS)
def test_each_refusal_says_what_to_do_now(error, words):
    assert words in why_failed(remove_forwarding(), error)


def test_the_default_sign_in_method_is_tried_once_more_at_the_very_end(scene: Scene):
    message = "Cannot delete default method with other methods configured."
    fault = Fault(status=400, code="badRequest", message=message, method="DELETE")
    scene.tenant.faults.add("/oauth2PermissionGrants", fault, 1)
    method = revoke_grant(scene.tenant)
    after_it = disable_protocols(after=(method.id,))
    proposal = scene.carry_out(scene.approved(method, after_it, remove_forwarding()))
    assert outcomes(proposal) == [O.CONFIRMED] * 3
    assert [text.partition(" ")[0] for text in scene.writes()] == [
        "DELETE",
        "Set-Mailbox",
        "DELETE",
        "Set-CASMailbox",
    ]
    assert action(proposal).attempt == 2


def test_a_default_sign_in_method_that_stays_the_default_fails_with_advice(scene: Scene):
    message = "Cannot delete default method with other methods configured."
    fault = Fault(status=400, code="badRequest", message=message, method="DELETE")
    scene.tenant.faults.add("/oauth2PermissionGrants", fault)
    proposal = scene.carry_out(scene.approved(revoke_grant(scene.tenant)))
    assert outcomes(proposal) == [O.FAILED]
    assert "default" in action(proposal).says
    assert len(scene.sent()) == 2


# --- late, in doubt, throttled -----------------------------------------------------------------------------


def test_a_change_that_is_shown_late_is_waited_for_and_not_sent_again(scene: Scene):
    scene.tenant.state.read_delay = 40
    assert scene.run(block_sign_in(), remove_forwarding()) == [O.CONFIRMED] * 2
    assert len(scene.sent()) == 2
    assert scene.waited == [5, 10, 15, 25]


def test_a_change_that_is_not_shown_in_time_is_not_told_as_failed(scene: Scene):
    scene.tenant.state.read_delay = 3600
    proposal = scene.carry_out(scene.approved(block_sign_in()))
    assert outcomes(proposal) == [O.UNCONFIRMED]
    assert "Verify later." in action(proposal).says
    assert len(scene.sent()) == 1
    assert proposal.state is ProposalState.DONE


def test_a_change_that_cannot_be_read_back_says_so(scene: Scene):
    proposal_id = scene.approved(remove_forwarding())

    def break_reads_once_it_was_sent() -> None:
        if scene.sent():
            scene.tenant.faults.add("Get-Mailbox", Fault(status=403, code="Forbidden"))

    proposal = scene.carry_out(proposal_id, tell=break_reads_once_it_was_sent)
    assert outcomes(proposal) == [O.UNCONFIRMED]
    assert "It was sent, but could not be confirmed:" in action(proposal).says


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=504, done=True),
        Fault(status=429, retry_after=1, done=True),
        Fault(status=500, done=True),
        Fault(reset=True, done=True),
        Fault(status=502, html=True, done=True),
    ],
    ids=["504", "429", "500", "reset", "html"],
)
def test_a_change_in_doubt_that_took_effect_is_not_sent_again(scene: Scene, fault: Fault):
    scene.tenant.faults.add("Set-Mailbox", fault, 1)
    proposal = scene.carry_out(scene.approved(remove_forwarding()))
    assert outcomes(proposal) == [O.CONFIRMED]
    assert scene.writes() == ["Set-Mailbox InvokeCommand"]


def test_a_change_in_doubt_that_is_shown_late_is_not_sent_again(scene: Scene):
    scene.tenant.faults.add("Set-Mailbox", Fault(status=504, done=True, stale=60), 1)
    assert scene.run(remove_forwarding()) == [O.CONFIRMED]
    assert len(scene.sent()) == 1
    assert sum(scene.waited) <= sum(PATIENCE.pauses)


@pytest.mark.parametrize("fault", [Fault(status=504), Fault(status=429, retry_after=1), Fault(reset=True)])
def test_a_change_in_doubt_without_effect_is_sent_once_more(scene: Scene, fault: Fault):
    scene.tenant.faults.add("Set-Mailbox", fault, 1)
    proposal = scene.carry_out(scene.approved(remove_forwarding()))
    assert outcomes(proposal) == [O.CONFIRMED]
    assert action(proposal).attempt == 2
    assert len(scene.sent()) == 2


def test_nothing_is_sent_a_third_time_and_a_person_is_told_where_to_look(scene: Scene):
    scene.tenant.faults.add("Set-Mailbox", Fault(status=504))
    proposal = scene.carry_out(scene.approved(remove_forwarding(), disable_protocols()))
    assert outcomes(proposal) == [O.UNKNOWN, O.CONFIRMED]
    assert "Verify in the admin center: “" in action(proposal).says
    assert scene.writes().count("Set-Mailbox InvokeCommand") == 2


def test_the_service_gets_the_pause_that_it_asked_for_before_the_second_time(scene: Scene):
    scene.tenant.faults.add("Set-Mailbox", Fault(status=429, retry_after=200), 1)
    assert scene.run(remove_forwarding()) == [O.CONFIRMED]
    assert sum(scene.waited) == 200


def test_a_removal_that_is_gone_at_the_second_time_was_done_by_the_first(scene: Scene):
    path = "/oauth2PermissionGrants"
    scene.tenant.faults.add(path, Fault(status=504, method="DELETE", done=True, stale=120), 1)
    scene.tenant.faults.add(path, Fault(status=404, method="DELETE", code="Request_ResourceNotFound"), 1)
    proposal = scene.carry_out(scene.approved(revoke_grant(scene.tenant)))
    assert outcomes(proposal) == [O.CONFIRMED]
    assert action(proposal).attempt == 2


def test_what_must_not_be_repeated_is_not(scene: Scene):
    scene.tenant.faults.add("Set-Mailbox", Fault(status=504), 1)
    proposal = scene.carry_out(scene.approved(remove_forwarding(repeatable=False)))
    assert outcomes(proposal) == [O.UNKNOWN]
    assert len(scene.sent()) == 1


def test_in_doubt_and_neither_as_before_nor_as_wanted_is_for_a_person(scene: Scene):
    scene.tenant.faults.add("Set-Mailbox", Fault(status=504), 1)
    mailbox = scene.tenant.state.mailbox(NAME)
    assert mailbox is not None

    def somebody_else_writes_too() -> None:
        if not scene.sent():
            mailbox.properties["ForwardingSmtpAddress"] = "smtp:other@mailbox-relay.example"

    proposal_id = scene.approved(remove_forwarding())
    told_of: list[str] = []

    def tell() -> None:
        told_of.append(scene.kinds(proposal_id)[-1])
        if told_of[-1] == "intended":
            somebody_else_writes_too()

    proposal = scene.carry_out(proposal_id, tell=tell)
    assert outcomes(proposal) == [O.UNKNOWN]
    assert "other@mailbox-relay.example" in action(proposal).says
    assert len(scene.sent()) == 1


def test_in_doubt_and_not_to_be_read_back_is_for_a_person(scene: Scene):
    scene.tenant.faults.add("Set-Mailbox", Fault(status=504), 1)
    proposal_id = scene.approved(remove_forwarding())

    def tell() -> None:
        if scene.kinds(proposal_id)[-1] == "intended":
            scene.tenant.faults.add("Get-Mailbox", Fault(status=403, code="Forbidden"))

    proposal = scene.carry_out(proposal_id, tell=tell)
    assert outcomes(proposal) == [O.UNKNOWN]
    assert "It could not be read back:" in action(proposal).says
    assert len(scene.sent()) == 1


def test_what_never_left_this_machine_is_tried_again_and_then_failed(scene: Scene):
    class Unplugged:
        """The tenant's connection, with the cable out for everything but reads."""

        settings = scene.connection.settings
        names = scene.connection.names
        clock = scene.connection.clock

        def fetch(self, what, deadline):
            reads = what.name.startswith("Get-") if isinstance(what, Cmdlet) else what.method == "GET"
            connection = whole if reads else nowhere
            return connection.fetch(what, deadline)

    whole = scene.connection
    with connect_to(scene.tenant, exchange_url="http://127.0.0.1:9") as nowhere:
        scene.connection = Unplugged()  # type: ignore[assignment]
        proposal = scene.carry_out(scene.approved(remove_forwarding()))
    assert outcomes(proposal) == [O.FAILED]
    assert "Nothing was sent" in action(proposal).says
    assert scene.waited == list(PATIENCE.pauses)
    assert scene.sent() == []


def test_when_all_of_microsoft_is_away_the_changes_do_not_wait_in_turn(scene: Scene):
    scene.tenant.faults.add("/users", Fault(status=503))
    scene.tenant.faults.add("Get-Mailbox", Fault(status=503))
    made = (block_sign_in(), revoke_grant(scene.tenant), disable_rule(scene.tenant), remove_forwarding())
    assert scene.run(*made) == [O.FAILED] * 4
    assert scene.waited == list(PATIENCE.pauses) * 2, "once for each service"
    assert scene.sent() == []


def test_a_service_that_comes_back_in_time_is_waited_for(scene: Scene):
    scene.tenant.faults.add("Get-Mailbox", Fault(status=503), 5)
    assert scene.run(remove_forwarding()) == [O.CONFIRMED]
    assert len(scene.sent()) == 1


# --- one after the other -----------------------------------------------------------------------------------


def test_a_change_waits_until_the_one_before_it_is_confirmed(scene: Scene):
    scene.tenant.state.read_delay = 30
    first = block_sign_in()
    proposal_id = scene.approved(first, disable_protocols(after=(first.id,)))
    proposal = scene.carry_out(proposal_id)
    assert outcomes(proposal) == [O.CONFIRMED] * 2
    kinds = scene.kinds(proposal_id)
    assert kinds.index("change_confirmed") < len(kinds) - 1 - kinds[::-1].index("intended")


@pytest.mark.parametrize("why", ["refused", "late"])
def test_a_change_is_left_out_when_the_one_before_it_is_not_confirmed(scene: Scene, why: str):
    if why == "refused":
        scene.tenant.directory_roles = {"User Administrator"}
    else:
        scene.tenant.state.read_delay = 3600
    first = block_sign_in()
    proposal = scene.carry_out(scene.approved(first, disable_protocols(after=(first.id,))))
    assert outcomes(proposal)[1] is O.SKIPPED
    assert first.says in action(proposal, 1).says
    assert len(scene.sent()) == 1


def test_a_change_is_left_out_when_the_one_before_it_is_not_in_the_plan(scene: Scene):
    assert scene.run(disable_protocols(after=("block_sign_in:account",))) == [O.SKIPPED]
    assert scene.sent() == []


def test_what_moves_the_same_time_as_the_one_before_it_is_seen_to_move(scene: Scene):
    """A reset ends the sessions as well, and Microsoft tells both times to the second only."""
    reset = reset_password()
    assert scene.run(reset, revoke_sessions(after=(reset.id,))) == [O.CONFIRMED] * 2
    assert scene.waited == [1]


def test_two_that_wait_for_each_other_are_both_left_out(scene: Scene):
    one, two = block_sign_in(), disable_protocols()
    changes = (replace(one, after=(two.id,)), replace(two, after=(one.id,)))
    assert scene.run(*changes) == [O.SKIPPED] * 2


# --- not as approved ---------------------------------------------------------------------------------------


def test_a_protected_account_is_never_touched(scene: Scene):
    proposal = scene.carry_out(scene.approved(block_sign_in()), guard=Guard(protected=frozenset({NAME})))
    assert proposal.state is ProposalState.STOPPED
    assert "The account is protected in the settings, so nothing was done." in proposal.note
    assert scene.tenant.calls == []


def test_who_lost_the_right_to_approve_counts_no_longer(scene: Scene):
    proposal_id = scene.approved(block_sign_in())
    proposal = scene.carry_out(
        proposal_id, barred=lambda vote: "No approver any longer." if vote.voter == "U0NESTOR" else ""
    )
    assert proposal.state is ProposalState.STOPPED
    assert "U0NESTOR" in proposal.note
    assert "No approver any longer" in proposal.note
    assert scene.tenant.calls == []


def test_a_proposal_that_is_withdrawn_at_the_last_moment_is_not_carried_out(scene: Scene):
    proposal_id = scene.approved(block_sign_in())

    def barred(vote: Vote) -> str:
        if scene.proposals.get(proposal_id).state is ProposalState.APPROVED:
            scene.proposals.withdraw(proposal_id, vote.voter)
        return ""

    assert scene.carry_out(proposal_id, barred=barred).state is ProposalState.WITHDRAWN
    assert scene.tenant.calls == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE proposals SET plan = replace(plan, 'accountEnabled', 'showInAddressList')",
        "UPDATE proposals SET needs = 1",
        "UPDATE votes SET voter = 'U0OTHER' WHERE voter = 'U0NESTOR'",
    ],
)
def test_a_plan_or_vote_that_was_altered_behind_the_ledger_stops_everything(scene: Scene, change: str):
    proposal_id = scene.approved(block_sign_in())
    with sqlite3.connect(scene.ledger.path) as outside:
        outside.execute(change)
    outside.close()
    proposal = scene.carry_out(proposal_id)
    assert proposal.state is ProposalState.STOPPED
    assert "ledger verify" in proposal.note
    assert scene.tenant.calls == []


def test_after_a_restart_a_lost_right_lets_nothing_new_begin(scene: Scene):
    proposal_id = scene.approved(block_sign_in(), remove_forwarding())
    stop_at(scene, proposal_id, "change_ended")
    proposal = scene.carry_out(proposal_id, barred=lambda vote: "No approver any longer.")  # noqa: ARG005
    assert outcomes(proposal) == [O.CONFIRMED, O.REFUSED]
    assert "No approver any longer" in action(proposal, 1).says
    assert len(scene.sent()) == 1


def test_after_a_restart_a_lost_right_lets_nothing_be_repeated(scene: Scene):
    proposal_id = scene.approved(block_sign_in())
    stop_at(scene, proposal_id, "intended")
    proposal = scene.carry_out(proposal_id, barred=lambda vote: "No approver any longer.")  # noqa: ARG005
    assert outcomes(proposal) == [O.UNKNOWN]
    assert scene.sent() == []


def test_after_a_restart_an_altered_ledger_is_an_error(scene: Scene):
    proposal_id = scene.approved(block_sign_in(), remove_forwarding())
    stop_at(scene, proposal_id, "change_ended")
    with sqlite3.connect(scene.ledger.path) as outside:
        outside.execute("UPDATE proposals SET needs = 1")
    outside.close()
    with pytest.raises(LedgerTampered):
        scene.carry_out(proposal_id)
    assert len(scene.sent()) == 1


class Stopped(Exception):
    """The program ended here."""


def stop_at(scene: Scene, proposal_id: str, kind: str) -> None:
    """Carry out until the first entry of a kind, and end there as if the machine had been switched off."""

    def tell() -> None:
        if scene.kinds(proposal_id)[-1] == kind:
            raise Stopped

    with pytest.raises(Stopped):
        scene.carry_out(proposal_id, tell=tell)


@pytest.mark.parametrize("kind", ["execution_started", "intended", "change_ended"])
def test_when_the_ledger_cannot_be_written_nothing_further_is_sent(scene: Scene, kind: str):
    proposal_id = scene.approved(block_sign_in(), remove_forwarding())
    other = sqlite3.connect(scene.ledger.path, isolation_level=None)
    sent_before: list[int] = []

    def tell() -> None:
        if scene.kinds(proposal_id)[-1] == kind:
            sent_before.append(len(scene.sent()))
            other.execute("BEGIN IMMEDIATE")

    with pytest.raises(LedgerUnwritable):
        scene.carry_out(proposal_id, tell=tell)
    other.execute("ROLLBACK")
    other.close()
    # What was written down as about to be sent may have gone out; nothing after it did.
    assert len(scene.sent()) - sent_before[0] == (1 if kind == "intended" else 0)
    proposal = scene.carry_out(proposal_id)
    assert outcomes(proposal) == [O.CONFIRMED] * 2
    assert len(scene.sent()) == 2


# --- the password ------------------------------------------------------------------------------------------


def test_the_new_password_lies_nowhere_readable_and_opens_with_the_key(scene: Scene):
    proposal_id = scene.approved(reset_password())
    scene.carry_out(proposal_id)
    stored = b"".join(path.read_bytes() for path in scene.folder.glob("ledger.db*"))
    assert PASSWORD.encode() not in stored
    assert NEW_PASSWORD.encode() in stored
    sealed = scene.proposals.sealed(proposal_id, reset_password().id, NOW)
    assert sealed is not None
    assert scene.keys.open(sealed, secret_name(proposal_id, reset_password().id)).decode() == PASSWORD


def test_what_microsoft_says_about_a_password_does_not_hold_it(scene: Scene):
    message = f"The password {PASSWORD} was used before."
    fault = Fault(status=400, code="Request_BadRequest", message=message, method="PATCH")
    scene.tenant.faults.add("/users", fault, 1)
    proposal = scene.carry_out(scene.approved(reset_password()))
    assert outcomes(proposal) == [O.FAILED]
    assert "[password]" in action(proposal).says
    assert PASSWORD not in action(proposal).says


def test_a_reset_in_doubt_is_repeated_with_the_same_password(scene: Scene):
    scene.tenant.faults.add("/users", Fault(status=504, method="PATCH"), 1)
    proposal_id = scene.approved(reset_password())
    proposal = scene.carry_out(proposal_id)
    assert outcomes(proposal) == [O.CONFIRMED]
    sealed = scene.proposals.sealed(proposal_id, reset_password().id, NOW)
    assert sealed is not None
    assert scene.keys.open(sealed, secret_name(proposal_id, reset_password().id)).decode() == PASSWORD


@pytest.mark.parametrize("lost", ["time", "key"])
def test_a_reset_in_doubt_whose_password_is_gone_is_not_repeated(scene: Scene, lost: str):
    proposal_id = scene.approved(reset_password())
    stop_at(scene, proposal_id, "password_made")
    if lost == "time":
        scene.proposals.forget_secrets(NOW + SECRET_LIFE)
    else:
        scene.keys = SigningKey.load_or_make(scene.folder / "another.key")
    proposal = scene.carry_out(proposal_id)
    assert outcomes(proposal) == [O.UNKNOWN]
    assert "password" in action(proposal).says
    assert scene.sent() == []


# --- back again --------------------------------------------------------------------------------------------


def test_a_restore_goes_the_same_way_and_puts_back_what_was_there(scene: Scene):
    scene.run(block_sign_in())
    undo = undo_plan(
        case_id=CASE,
        tenant="contoso",
        subject=ADELE,
        undoable=effects.undoable(scene.proposals.ledger, CASE),
        nonce="1",
    )
    proposal_id = scene.approved(*undo.changes, kind="restore")
    assert outcomes(scene.carry_out(proposal_id)) == [O.CONFIRMED]
    user = scene.tenant.state.user(NAME)
    assert user is not None
    assert user["accountEnabled"] is True
    assert effects.undoable(scene.proposals.ledger, CASE) == ()


def how_it_stands(scene: Scene) -> dict[str, str]:
    """Everything that an undo is to put back; but ids are new, times go on, and order is no matter."""
    state = scene.tenant.state
    mailbox = state.mailbox(NAME)
    assert mailbox is not None
    # Exchange's copies of the display name follow the directory's when they like.
    copies = {"DisplayName"}
    times = {"lastPasswordChangeDateTime", "signInSessionsValidFromDateTime", "createdDateTime"}
    passing = {"id", *copies, *times}

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: plain(one) for name, one in value.items() if name not in passing}
        if isinstance(value, list):
            return sorted((plain(one) for one in value), key=repr)
        return value

    parts = {
        "user": state.users[ID],
        "rules": {rule.name: rule.enabled for rule in mailbox.rules},
        "sweep": mailbox.sweep_rules,
        "reply": mailbox.settings,
        "mailbox": mailbox.properties,
        "protocols": mailbox.protocols,
        "rights": mailbox.permissions,
        "send as": mailbox.recipient_permissions,
        "folders": mailbox.folder_permissions,
        "junk": mailbox.junk,
        "grants": state.oauth_grants,
        "apps": {one["id"]: one.get("accountEnabled") for one in state.service_principals.values()},
        "devices": {one["id"]: one["accountEnabled"] for one in state.devices},
        "roles": [{**one, "id": ""} for one in state.role_assignments],
        "groups": state.memberships,
        "exchange": state.exchange_role_groups,
        "purview": state.purview_role_groups,
        "transport": state.transport_rules,
    }
    return {name: json.dumps(plain(part), sort_keys=True) for name, part in parts.items()}


def test_everything_that_the_steps_offer_for_a_takeover_is_made_once_and_taken_back_exactly(scene: Scene):
    """Each step's look, wanted state and undo fit what the tenant really does."""
    case = scene.ledger.case(CASE)
    evidence = check.look(
        Question(case.subject, case.window),
        scene.connection,
        scene.ledger.memory(CASE),
        lambda progress: None,  # noqa: ARG005
        patience=600,
        # The search in the audit log takes time, which does not pass here by itself.
        sources=[source for source in SOURCES if not source.startswith("audit_log")],
    )
    offer = propose.offer(evidence, check.judge(evidence, NOW), Guard())
    plan = propose.assemble(
        case_id=CASE,
        tenant="contoso",
        subject=case.subject,
        offer=offer,
        chosen=[place for place, one in enumerate(offer) if isinstance(one, Change)],
        confirmed=frozenset(),
        nonce="1",
    )
    before = how_it_stands(scene)
    contained = scene.carry_out(scene.approved(*plan.changes))
    assert {(one.change, one.outcome) for one in contained.actions if one.outcome is not O.CONFIRMED} == set()
    assert len(scene.sent()) == len(plan.changes)
    assert len({change.step for change in plan.changes}) > 20
    assert how_it_stands(scene) != before

    undone = undo_plan(
        case_id=CASE,
        tenant="contoso",
        subject=case.subject,
        undoable=effects.undoable(scene.proposals.ledger, CASE),
        nonce="2",
    )
    restored = scene.carry_out(scene.approved(*undone.changes, kind="restore"))
    assert {(one.change, one.outcome) for one in restored.actions if one.outcome is not O.CONFIRMED} == set()
    after = how_it_stands(scene)
    assert [(before[name], after[name]) for name in before if before[name] != after[name]] == []
    verify_ledger(scene.ledger.path)


# --- in words ----------------------------------------------------------------------------------------------


def test_a_state_is_told_in_words():
    assert (told(None), told({})) == ("nothing there", "there")
    assert told({"State": "Disabled", "text": "Disabled"}) == 'rule: off, text: "Disabled"'
    assert told({"accountEnabled": True, "mail": "é"}) == 'sign-in: on, mail: "é"'
    before = {"ForwardingSmtpAddress": None, "DeliverToMailboxAndForward": False}
    assert told(before) == "forwarding address: none, copy kept in the mailbox: off"
    assert told({"AccessRights": ["SendAs"]}) == "access rights: SendAs"
    assert told({"SmtpClientAuthenticationDisabled": None, "a/fieldName": "Disabled"}) == (
        'SMTP AUTH: organization\'s default, field name: "Disabled"'
    )
    assert len(told({"text": "x" * 1000})) == 300
