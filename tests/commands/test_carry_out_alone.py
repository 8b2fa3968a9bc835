"""Each way in which one change may go, exactly: what is asked and sent, in which order, and every word of it.

A real ledger, and a Microsoft that is a table in memory and answers as it is told to; so each test takes some
milliseconds, and every mutant of carrying out can meet all of them. What Microsoft really answers is the
matter of `test_carry_out.py`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from commands.containment.one_time_password import secret_name
from commands.containment.proposals import Outcome, Proposal
from commands.errors import NotNow
from commands.plans.approval import ProposalState, Vote
from commands.plans.plan import Demand, Look, Plan
from commands.plans.planning_input import Guard
from commands.signing_key import SigningKey
from graph.errors import GraphError, InDoubt, NoPermission, NotFound, OutOfTime, Refused, Throttled
from graph.request import Cmdlet, Request
from tests.commands import plans
from tests.commands.alone import (
    AWAY,
    DEFAULT,
    DENIED,
    DOUBT,
    LOOK,
    PASSWORD,
    SETTINGS,
    Desk,
    actions,
    change,
    outcomes,
    path_of,
    removal,
    reset,
)
from tests.commands.plans import ADELE, NOW

O = Outcome  # noqa: E741 - short, for the lists below


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    with closing(made.ledger):
        yield made


# --- whether it may be begun -------------------------------------------------------------------------------


def stopped(desk: Desk, proposal: Proposal) -> str:
    """Why a proposal was stopped before anything was asked of Microsoft."""
    assert proposal.state is ProposalState.STOPPED
    assert desk.kinds(proposal.id) == ["execution_stopped"]
    assert desk.told == 1
    assert desk.microsoft.calls == []
    return proposal.note


def test_a_plan_for_another_account_than_its_cases_is_stopped(desk: Desk):
    other = Plan(plans.CASE, "Contoso", "id-of-lidia", ADELE.mail, (change(),), (), "n")
    assert stopped(desk, desk.carry_out(desk.approved_plan(other))) == (
        "The plan and its case are for different accounts, so nothing was done. Propose it again."
    )


def test_a_plan_for_another_tenant_than_its_cases_is_stopped(desk: Desk):
    desk.microsoft.settings = SETTINGS.model_copy(update={"name": "Fabrikam"})
    assert stopped(desk, desk.carry_out(desk.approved(change()))) == (
        "The plan and its case are for different tenants, so nothing was done. Propose it again."
    )


def test_a_plan_of_a_tenant_that_was_renamed_since_is_carried_out(desk: Desk):
    one = desk.approved(change())
    desk.microsoft.former = frozenset({SETTINGS.name})
    desk.microsoft.settings = SETTINGS.model_copy(update={"name": "Fabrikam"})
    assert desk.carry_out(one).state is ProposalState.DONE


def test_a_protected_account_is_left_alone(desk: Desk):
    guard = Guard(protected=frozenset({ADELE.mail}))
    assert stopped(desk, desk.carry_out(desk.approved(change()), guard=guard)) == (
        "The account is protected in the settings, so nothing was done."
    )


def test_an_approval_that_waited_too_long_is_stopped_and_one_that_was_begun_goes_on(desk: Desk):
    late, begun = desk.approved(change()), NOW + timedelta(days=1)
    desk.now = begun
    assert stopped(desk, desk.carry_out(late)) == (
        "It was approved but expired before it started, so nothing was done. Propose it again."
    )
    desk.now = NOW
    running = desk.approved(change(), change("two"))
    desk.stop_at(running, "change_ended")
    desk.now = begun
    assert outcomes(actions(desk.carry_out(running))) == [O.CONFIRMED] * 2


def test_the_time_before_the_end_is_the_one_that_counts(desk: Desk):
    """A lost right stops what runs, whenever it is asked; the time alone is set back, and only back."""
    running = desk.approved(change(), change("two"))
    desk.stop_at(running, "execution_started")
    found = actions(desk.carry_out(running, barred=lambda vote: f"{vote.voter} left."))
    assert outcomes(found) == [O.REFUSED] * 2
    assert found[0].says == (
        "Too few of the approvals are still valid, so nothing was done "
        "(<@U0ALEX>: U0ALEX left; <@U0LIDIA>: U0LIDIA left). Propose it again."
    )
    assert desk.microsoft.calls == []


def test_an_altered_proposal_is_stopped_with_what_to_do(desk: Desk):
    made = desk.approved(change())
    with closing(sqlite3.connect(desk.ledger.path, isolation_level=None)) as outside:
        outside.execute("UPDATE proposals SET needs = 1")
    note = stopped(desk, desk.carry_out(made))
    assert note.endswith(" Nothing was done; run `compromise ledger verify` and investigate the tampering.")
    assert "needs in row" in note


@pytest.mark.parametrize("move", ["withdraw", "start"])
def test_whoever_is_a_moment_late_does_nothing_and_tells_nobody(desk: Desk, move: str):
    made = desk.approved(change())

    def barred(vote: Vote) -> str:
        if desk.proposals.get(made).state is ProposalState.APPROVED:
            desk.proposals.withdraw(made, vote.voter) if move == "withdraw" else desk.proposals.start(made)
        return ""

    ended = {"withdraw": ProposalState.WITHDRAWN, "start": ProposalState.RUNNING}
    assert desk.carry_out(made, barred=barred).state is ended[move]
    assert desk.told == 0
    assert desk.microsoft.calls == []


@pytest.mark.parametrize("move", ["withdraw", "deny", "finish"])
def test_what_is_over_or_not_approved_is_left_alone(desk: Desk, move: str):
    if move == "finish":
        made = desk.approved(change())
        desk.carry_out(made)
    else:
        made = plans.proposed(desk.proposals).id
        if move == "withdraw":
            desk.proposals.withdraw(made, "U0MEGAN")
    size, told = desk.ledger.head().size, desk.told
    desk.microsoft.calls.clear()
    desk.carry_out(made)
    assert desk.ledger.head().size == size
    assert (desk.told, desk.microsoft.calls) == (told, [])


# --- one change --------------------------------------------------------------------------------------------


def test_it_is_looked_at_written_down_sent_once_and_read_back(desk: Desk):
    made = desk.approved(change())
    told: list[str] = []
    with capture_logs() as logs:
        proposal = desk.carry_out(made, tell=lambda: told.append(desk.kinds(made)[-1]))
    (found,) = actions(proposal)
    assert (found.outcome, found.says, found.attempt, found.saw) == (O.CONFIRMED, "", 1, {"on": True})
    assert [what for what, _ in desk.microsoft.calls] == [change().look.ask, change().do, change().look.ask]
    assert [seconds > LOOK for _, seconds in desk.microsoft.calls] == [False, True, False]
    assert desk.kinds(made) == told
    assert told == [
        "execution_started",
        "intended",
        "change_ended",
        "change_confirmed",
        "execution_finished",
    ]
    assert desk.waited == []
    assert logs == [
        {
            "event": "A change ended.",
            "log_level": "info",
            "action": "change.ended",
            "proposal": made,
            "change": "switch:one",
            "outcome": "unconfirmed",
            "request_id": "",
        }
    ]


def test_what_is_so_already_is_not_sent(desk: Desk):
    desk.microsoft.things[path_of("one")]["on"] = False
    (found,) = desk.run(change())
    assert (found.outcome, found.says, found.attempt, found.saw) == (O.ALREADY, "", 0, None)
    assert desk.microsoft.sent() == []


def test_what_is_neither_as_expected_nor_as_wanted_is_left_alone(desk: Desk):
    desk.microsoft.things[path_of("one")]["on"] = "maybe"
    (found,) = desk.run(change())
    assert found.outcome is O.CHANGED
    assert found.says == ('Expected on: on; found on: "maybe". Nothing was sent; check the account again.')
    assert desk.microsoft.sent() == []


def test_what_is_not_there_is_told_so(desk: Desk):
    desk.microsoft.things.clear()
    missing, removed = desk.run(change(), removal("two"))
    assert (missing.outcome, removed.outcome) == (O.CHANGED, O.ALREADY)
    assert missing.says == "It is no longer there. Nothing was sent; check the account again."


def test_what_cannot_be_looked_at_is_not_sent(desk: Desk):
    desk.microsoft.shows[path_of("one")] = [DENIED]
    (found,) = desk.run(change())
    assert (found.outcome, found.request_id) == (O.FAILED, "m-9")
    assert found.says == (
        "Its current state could not be read, so nothing was sent: Microsoft said no. Propose it again later."
    )
    assert desk.microsoft.sent() == []


def test_a_demand_is_looked_at_before_and_must_be_met(desk: Desk):
    two = Demand(Look(Request("GET", path_of("two"))), "Two must be there.")
    three = Demand(Look(Request("GET", path_of("three"))), "Three must be there.")
    made = change(demands=(two, three))
    (found,) = desk.run(made)
    assert found.outcome is O.CONFIRMED
    asked = [what.path for what, _ in desk.microsoft.calls if isinstance(what, Request)]
    assert asked == [path_of(name) for name in ("two", "three", "one", "one", "one")]

    del desk.microsoft.things[path_of("three")]
    desk.microsoft.calls.clear()
    (found,) = desk.run(made)
    assert (found.outcome, found.says, found.request_id) == (O.REFUSED, "Three must be there.", "")
    assert desk.microsoft.sent() == []


def test_a_demand_waits_for_a_service_that_is_away(desk: Desk):
    desk.microsoft.shows[path_of("two")] = [AWAY]
    demand = Demand(Look(Request("GET", path_of("two"))), "Two must be there.")
    (found,) = desk.run(change(demands=(demand,)))
    assert found.outcome is O.CONFIRMED
    assert desk.waited == [5]


def test_what_moves_is_sent_whatever_it_is_now(desk: Desk):
    (found,) = desk.run(reset())
    assert (found.outcome, found.saw) == (O.CONFIRMED, {"moved": 0})
    assert desk.waited == []
    desk.microsoft.things[path_of("one")]["moved"] = 0
    first, second = desk.run(change("two"), reset(after=("switch:two",)))
    assert outcomes([first, second]) == [O.CONFIRMED] * 2
    assert desk.waited == [1], "a second apart from the one before it"


# --- one after the other -----------------------------------------------------------------------------------


def test_one_that_needs_a_later_one_is_made_after_all_others(desk: Desk):
    made = [change(after=("switch:three",)), change("two"), change("three")]
    assert outcomes(desk.run(*made)) == [O.CONFIRMED] * 3
    assert desk.microsoft.sent() == [made[1].do, made[2].do, made[0].do]
    assert desk.waited == []


def test_one_that_needs_an_earlier_one_is_made_in_its_place(desk: Desk):
    made = [change(), change("two", after=("switch:one",)), change("three")]
    proposal_id = desk.approved(*made)
    assert outcomes(actions(desk.carry_out(proposal_id))) == [O.CONFIRMED] * 3
    assert desk.microsoft.sent() == [one.do for one in made]
    one = ["intended", "change_ended"]
    assert desk.kinds(proposal_id) == [
        "execution_started",
        *one,
        "change_confirmed",
        *one,
        *one,
        "change_confirmed",
        "change_confirmed",
        "execution_finished",
    ]
    assert desk.told == len(desk.kinds(proposal_id))


@pytest.mark.parametrize("why", ["failed", "late", "already"])
def test_one_is_made_only_when_what_it_needs_has_taken_effect(desk: Desk, why: str):
    one, two = path_of("one"), change("two", after=("switch:one",))
    if why == "failed":
        desk.microsoft.answers[one] = [(DENIED, False)]
    elif why == "late":
        desk.microsoft.answers[one] = [(None, False)]
    else:
        desk.microsoft.things[one]["on"] = False
    first, second = desk.run(change(), two)
    if why == "already":
        assert outcomes([first, second]) == [O.ALREADY, O.CONFIRMED]
    else:
        assert first.outcome is (O.FAILED if why == "failed" else O.UNCONFIRMED)
        assert (second.outcome, second.attempt) == (O.SKIPPED, 0)
        assert second.says == "This has to be confirmed first: Switch one off."
        # Once when its turn comes, and once at the end with all others.
        assert desk.waited == ([5, 10, 5, 10] if why == "late" else [])


def test_one_that_needs_a_reset_is_made_only_when_the_time_of_the_reset_moved(desk: Desk):
    desk.microsoft.answers[path_of("one")] = [(None, False)]
    first, second = desk.run(reset(), change("two", after=("switch:one",)))
    assert outcomes([first, second]) == [O.UNCONFIRMED, O.SKIPPED]


def test_one_that_needs_what_is_not_in_the_plan_names_it(desk: Desk):
    (found,) = desk.run(change(after=("switch:four",)))
    assert found.outcome is O.SKIPPED
    assert found.says == "This has to be confirmed first: switch:four."


def test_two_that_need_each_other_are_both_left_out(desk: Desk):
    found = desk.run(change(after=("switch:two",)), change("two", after=("switch:one",)))
    assert outcomes(found) == [O.SKIPPED] * 2
    assert desk.microsoft.calls == []


# --- sending -----------------------------------------------------------------------------------------------


def test_what_microsoft_refuses_has_failed_and_the_rest_goes_on(desk: Desk):
    desk.microsoft.answers[path_of("one")] = [(DENIED, False)]
    first, second = desk.run(change(), change("two"))
    assert outcomes([first, second]) == [O.FAILED, O.CONFIRMED]
    assert (first.says, first.request_id) == (
        "Microsoft said no. Check the account again, or do it manually in the admin center.",
        "m-9",
    )


def test_a_refusal_tells_what_is_lacking_for_what_was_sent(desk: Desk):
    path = f"/users/{ADELE.id}"
    look = Look(Request("GET", path), fields=("on",))
    desk.microsoft.things[path] = {"on": True}
    desk.microsoft.answers[path] = [(NoPermission("Not allowed."), False)]
    (found,) = desk.run(change(do=Request("PATCH", path, body={"on": False}), look=look))
    assert found.outcome is O.FAILED
    assert found.says.startswith(
        "The application is not allowed to do this. Either it lacks a permission, or"
    )


@pytest.mark.parametrize("error", [AWAY, Throttled("Too many."), OutOfTime("Too late.")])
def test_what_never_left_is_sent_once_more_while_there_is_patience(desk: Desk, error: GraphError):
    desk.microsoft.answers[path_of("one")] = [(error, False)] * 2
    (found,) = desk.run(change())
    assert (found.outcome, found.attempt) == (O.CONFIRMED, 1)
    assert desk.waited == [5, 10]
    assert len(desk.microsoft.sent()) == 3
    desk.waited.clear()
    desk.microsoft.answers[path_of("two")] = [(error, False)] * 3
    (found,) = desk.run(change("two"))
    assert (found.outcome, found.request_id) == (O.FAILED, "")
    assert found.says == f"Nothing was sent: {error.sentence} Propose it again later."
    assert desk.waited == [5, 10]


def test_there_is_one_patience_for_the_whole_run(desk: Desk):
    for name in ("one", "two", "three"):
        desk.microsoft.shows[path_of(name)] = [AWAY] * 3
    assert outcomes(desk.run(change(), change("two"), change("three"))) == [O.FAILED] * 3
    assert desk.waited == [5, 10]


def test_what_went_away_a_moment_ago_needs_no_removal_and_cannot_be_changed(desk: Desk):
    gone = NotFound("It is not there.", request_id="m-9")
    cmdlet = removal("three", do=Cmdlet("Remove-InboxRule", {"Identity": "three"}))
    for name in ("one", "two", "three"):
        desk.microsoft.answers[path_of(name)] = [(gone, name != "one")]
    changed, *removed = desk.run(change(), removal("two"), cmdlet)
    assert (changed.outcome, changed.request_id) == (O.FAILED, "m-9")
    assert changed.says == "It is not there. Check the account again."
    for one in removed:
        assert (one.outcome, one.says, one.request_id) == (O.ALREADY, "It was already removed.", "m-9")


def test_a_cmdlet_that_sets_does_not_remove(desk: Desk):
    gone = NotFound("It is not there.", request_id="m-9")
    desk.microsoft.answers[path_of("one")] = [(gone, False)]
    (found,) = desk.run(change(do=Cmdlet("Set-Mailbox", {"Identity": "one"})))
    assert (found.outcome, found.says) == (O.FAILED, "It is not there. Check the account again.")


def test_a_default_method_is_removed_last_and_then_fails_with_advice(desk: Desk):
    made = [removal(), change("two")]
    desk.microsoft.answers[path_of("one")] = [(DEFAULT, False)]
    proposal_id = desk.approved(*made)
    first, second = actions(desk.carry_out(proposal_id))
    assert outcomes([first, second]) == [O.CONFIRMED] * 2
    assert (first.attempt, first.saw, second.attempt) == (2, {"on": True}, 1)
    assert [one.facts["saw"] for one in desk.ledger.entries(kinds=("intended",))] == [{"on": True}] * 3
    assert desk.microsoft.sent() == [made[0].do, made[1].do, made[0].do]
    assert desk.told == len(desk.kinds(proposal_id))

    desk.microsoft.things[path_of("one")] = {"on": True}
    desk.microsoft.answers[path_of("one")] = [(DEFAULT, False)] * 2
    (found,) = desk.run(removal())
    assert (found.outcome, found.attempt, found.request_id) == (O.FAILED, 2, "m-9")
    assert found.says.startswith("It is the account's default sign-in method,")


def test_only_a_removal_is_put_off(desk: Desk):
    """A reset that Microsoft refuses in such words ends at once: its password may be gone by the end."""
    desk.microsoft.answers[path_of("one")] = [(DEFAULT, False)]
    (found,) = desk.run(reset())
    assert (found.outcome, found.attempt) == (O.FAILED, 1)
    assert len(desk.microsoft.sent()) == 1


def test_a_removal_refused_for_another_reason_is_not_put_off(desk: Desk):
    desk.microsoft.answers[path_of("one")] = [(DENIED, False)]
    (found,) = desk.run(removal())
    assert (found.outcome, found.attempt) == (O.FAILED, 1)


# --- in doubt ----------------------------------------------------------------------------------------------


def test_in_doubt_and_seen_to_have_taken_effect_is_confirmed(desk: Desk):
    desk.microsoft.answers[path_of("one")] = [(DOUBT, True)]
    desk.microsoft.shows[path_of("one")] = [{"on": True}, {"on": True}]
    (found,) = desk.run(change())
    assert (found.outcome, found.says, found.request_id, found.attempt) == (O.CONFIRMED, "", "m-9", 1)
    assert desk.waited == [5]
    assert len(desk.microsoft.sent()) == 1


def test_in_doubt_and_as_before_is_sent_once_more(desk: Desk):
    desk.microsoft.answers[path_of("one")] = [(DOUBT, False)]
    made = desk.approved(change())
    (found,) = actions(desk.carry_out(made))
    assert (found.outcome, found.attempt) == (O.CONFIRMED, 2)
    assert desk.waited == [5, 10], "all pauses, and no more where the service asked for none"
    assert desk.microsoft.sent() == [change().do] * 2
    assert [one.facts["saw"] for one in desk.ledger.entries(kinds=("intended",))] == [{"on": True}] * 2
    assert desk.kinds(made) == [
        "execution_started",
        *("intended", "intended", "change_ended"),
        *("change_confirmed", "execution_finished"),
    ]
    assert desk.told == len(desk.kinds(made))


def test_in_doubt_twice_is_for_a_person(desk: Desk):
    desk.microsoft.answers[path_of("one")] = [(DOUBT, False)] * 3
    (found,) = desk.run(change())
    assert (found.outcome, found.attempt, found.request_id) == (O.UNKNOWN, 2, "m-9")
    assert found.says == (
        "Nobody answered. It could not be confirmed. Verify in the admin center: “on: off”. "
        "If it is not so, propose it again."
    )
    assert len(desk.microsoft.sent()) == 2


@pytest.mark.parametrize(
    ("more", "shown", "why"),
    [
        ({"repeatable": False}, {"on": True}, "It could not be confirmed."),
        ({}, DENIED, "It could not be read back: Microsoft said no."),
        ({}, {"on": "x"}, 'Found on: "x", which is neither the previous nor the planned value.'),
        ({}, None, "Found nothing there, which is neither the previous nor the planned value."),
    ],
    ids=["not repeatable", "unreadable", "other", "gone"],
)
def test_in_doubt_and_not_to_be_sent_again_says_why(
    desk: Desk, more: dict[str, Any], shown: Mapping[str, Any] | GraphError | None, why: str
):
    desk.microsoft.answers[path_of("one")] = [(DOUBT, False)]
    desk.microsoft.shows[path_of("one")] = [{"on": True}, *[shown] * 3]
    (found,) = desk.run(change(**more))
    assert (found.outcome, found.attempt) == (O.UNKNOWN, 1)
    assert found.says == (
        f"Nobody answered. {why} Verify in the admin center: “on: off”. If it is not so, propose it again."
    )


@pytest.mark.parametrize(("asked", "waits"), [(None, []), (7, [7]), (1, [1])])
def test_a_service_that_asks_for_a_pause_gets_it(desk: Desk, asked: float | None, waits: list[float]):
    desk.pauses = ()
    desk.microsoft.answers[path_of("one")] = [(InDoubt("Slow down.", retry_after=asked), False)]
    assert outcomes(desk.run(change())) == [O.CONFIRMED]
    assert desk.waited == waits


@pytest.mark.parametrize(("asked", "more"), [(14, []), (15, []), (16, [1]), (20, [5])])
def test_reading_back_counts_as_part_of_the_pause(desk: Desk, asked: float, more: list[float]):
    desk.microsoft.answers[path_of("one")] = [(InDoubt("Slow down.", retry_after=asked), False)]
    assert outcomes(desk.run(change())) == [O.CONFIRMED]
    assert desk.waited == [5, 10, *more]


def test_a_removal_that_is_gone_at_the_second_time_was_done_by_the_first(desk: Desk):
    gone = NotFound("It is not there.", request_id="m-10")
    desk.microsoft.answers[path_of("one")] = [(DOUBT, False), (gone, True)]
    (found,) = desk.run(removal())
    assert (found.outcome, found.attempt, found.request_id) == (O.CONFIRMED, 2, "m-10")
    assert found.says == ""


def test_a_removal_in_doubt_that_is_the_default_is_put_off_too(desk: Desk):
    desk.microsoft.answers[path_of("one")] = [(DOUBT, False), (DEFAULT, False)]
    first, second = desk.run(removal(), change("two"))
    assert outcomes([first, second]) == [O.CONFIRMED] * 2
    assert first.attempt == 3
    assert [isinstance(what, Request) and what.method for what in desk.microsoft.sent()] == [
        *("DELETE", "DELETE"),
        *("PATCH", "DELETE"),
    ]


def test_a_removal_in_doubt_at_the_very_end_is_not_put_off_again(desk: Desk):
    desk.microsoft.answers[path_of("one")] = [(DEFAULT, False), (DOUBT, False)]
    (found,) = desk.run(removal())
    assert (found.outcome, found.attempt) == (O.UNKNOWN, 2)
    waits = removal(after=("switch:three",))
    desk.microsoft.answers[path_of("one")] = [(DOUBT, False), (DEFAULT, False)]
    found, _ = desk.run(waits, change("three"))
    assert (found.outcome, found.attempt) == (O.FAILED, 2)


# --- begun before ------------------------------------------------------------------------------------------


def test_after_a_restart_what_was_begun_is_read_back_first(desk: Desk):
    made = desk.approved(change(), change("two"))
    desk.stop_at(made, "intended")
    desk.microsoft.things[path_of("one")]["on"] = False  # it had left
    desk.microsoft.calls.clear()
    first, second = actions(desk.carry_out(made))
    assert outcomes([first, second]) == [O.CONFIRMED] * 2
    assert (first.attempt, first.request_id) == (1, "")
    assert desk.microsoft.sent() == [change("two").do]


def test_after_a_restart_what_cannot_be_told_is_said(desk: Desk):
    made = desk.approved(change(repeatable=False))
    desk.stop_at(made, "intended")
    (found,) = actions(desk.carry_out(made))
    assert found.outcome is O.UNKNOWN
    assert found.says.startswith("The bot was stopped during this change. It could not be confirmed. Verify")


def test_after_a_restart_what_has_an_outcome_is_left_alone(desk: Desk):
    made = desk.approved(change(), change("two"))
    desk.stop_at(made, "change_ended")
    assert outcomes(actions(desk.carry_out(made))) == [O.CONFIRMED] * 2
    assert desk.microsoft.sent() == [change().do, change("two").do]


def test_after_a_restart_a_removal_may_still_be_put_off(desk: Desk):
    made = desk.approved(removal(), change("two"))
    desk.stop_at(made, "intended")
    desk.microsoft.answers[path_of("one")] = [(DEFAULT, False)]
    first, _ = actions(desk.carry_out(made))
    assert (first.outcome, first.attempt) == (O.CONFIRMED, 3)


def test_after_a_restart_a_lost_right_lets_nothing_be_sent_again(desk: Desk):
    made = desk.approved(change(), change("two"))
    desk.stop_at(made, "intended")
    guard = Guard(protected=frozenset({ADELE.id}))
    first, second = actions(desk.carry_out(made, guard=guard))
    why = "The account is protected in the settings, so nothing was done."
    assert (first.outcome, second.outcome, second.says) == (O.UNKNOWN, O.REFUSED, why)
    assert first.says.startswith(
        "The bot was stopped during this change. It could not be confirmed, and was not sent again: "
        f"{why} Verify in the admin center"
    )
    assert desk.microsoft.sent() == []


# --- passwords ---------------------------------------------------------------------------------------------


def password_of(what: Request | Cmdlet) -> Any:
    assert isinstance(what, Request)
    assert what.body is not None
    return what.body["password"]


def test_a_new_password_is_sealed_before_it_is_sent(desk: Desk):
    made = desk.approved(reset(), change("two"))
    desk.carry_out(made)
    assert desk.kinds(made)[:5] == [
        "execution_started",
        *("intended", "password_made", "change_ended"),
        "intended",
    ]
    assert password_of(desk.microsoft.sent()[0]) == PASSWORD
    sealed = desk.proposals.sealed(made, reset().id, NOW)
    assert sealed is not None
    assert desk.keys.open(sealed, secret_name(made, reset().id)).decode() == PASSWORD


def test_a_reset_in_doubt_is_sent_again_with_the_same_password(desk: Desk):
    desk.microsoft.answers[path_of("one")] = [(DOUBT, False)]
    assert outcomes(desk.run(reset())) == [O.CONFIRMED]
    assert [password_of(what) for what in desk.microsoft.sent()] == [PASSWORD] * 2


@pytest.mark.parametrize("lost", ["time", "key"])
def test_a_reset_in_doubt_whose_password_is_gone_is_for_a_person(desk: Desk, lost: str):
    made = desk.approved(reset())
    desk.stop_at(made, "password_made")
    if lost == "key":
        desk.keys = SigningKey.load_or_make(desk.folder / "another.key")
    else:
        desk.now += timedelta(days=1)
    (found,) = actions(desk.carry_out(made))
    assert found.outcome is O.UNKNOWN
    assert found.says == (
        "The bot was stopped during this change. It could not be confirmed, and the new password is no "
        "longer available. Verify the account in the admin center, then propose it again if needed."
    )
    assert desk.microsoft.sent() == []


def test_what_microsoft_says_of_a_password_does_not_hold_it(desk: Desk):
    desk.microsoft.answers[path_of("one")] = [(Refused(f"{PASSWORD} is weak."), False)]
    (found,) = desk.run(reset())
    assert found.says.startswith("[password] is weak. Check the account again")


# --- reading back ------------------------------------------------------------------------------------------


def test_all_that_was_sent_is_read_back_in_rounds(desk: Desk):
    for name in ("one", "two"):
        desk.microsoft.shows[path_of(name)] = [{"on": True}] * 2
    desk.microsoft.shows[path_of("three")] = [{"on": True}] * 3
    made = [change(), change("two"), change("three")]
    assert outcomes(desk.run(*made)) == [O.CONFIRMED] * 3
    assert desk.waited == [5, 10]
    looks = [one.look.ask for one in made]
    assert [what for what, _ in desk.microsoft.calls][6:] == [*looks, *looks, looks[2]]


def test_what_is_not_seen_in_time_is_told_as_not_confirmed(desk: Desk):
    desk.microsoft.answers[path_of("one")] = [(None, False)]
    desk.microsoft.shows[path_of("two")] = [{"on": True}, *[DENIED] * 3]
    made = desk.approved(change(), change("two"))
    first, second = actions(desk.carry_out(made))
    assert outcomes([first, second]) == [O.UNCONFIRMED] * 2
    assert first.says == "It was sent, but Microsoft does not show it yet. Verify later."
    assert second.says == "It was sent, but could not be confirmed: Microsoft said no. Verify later."
    assert desk.waited == [5, 10]
    assert desk.kinds(made)[-3:] == ["change_not_confirmed", "change_not_confirmed", "execution_finished"]
    assert desk.told == len(desk.kinds(made))


def test_one_that_is_confirmed_is_not_told_as_not_confirmed(desk: Desk):
    desk.microsoft.answers[path_of("one")] = [(None, False)]
    first, second = desk.run(change(), change("two"))
    assert outcomes([first, second]) == [O.UNCONFIRMED, O.CONFIRMED]
    assert second.says == ""


def test_a_proposal_is_finished_once(desk: Desk):
    made = desk.approved(change())
    desk.carry_out(made)
    with pytest.raises(NotNow):
        desk.proposals.finish(made)
