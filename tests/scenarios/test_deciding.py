"""Who may decide, what counts, and that nothing is done unless it was decided exactly so."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.settings import PolicySettings
from commands.containment.proposals import Outcome, Proposal
from commands.errors import LedgerTampered
from commands.ledger.verify import verify_ledger
from commands.plans.approval import ProposalState, Voter
from commands.plans.plan import Change
from commands.report import VerdictCode
from graph.question import Subject
from sandbox.scenarios import people
from sandbox.workspace import api_error
from sandbox.workspace.faults import Fault
from tests.approving import approve, opened
from tests.scenarios.deciding import TEAM, Table, at_once, blocking, laid
from tests.scenarios.test_durability import lose_the_engines_tables

ALEX = Voter("U0ALEXWILB", frozenset({people.ALEX.upn}), object_id=people.ALEX.id)
LIDIA = Voter("U0LIDIAHOL", frozenset({people.LIDIA.upn}), object_id=people.LIDIA.id)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Table]:
    with laid(tmp_path_factory.mktemp("deciding")) as table:
        yield table


@pytest.fixture
def story(table: Table) -> Table:
    """The usual settings; the bot goes on from one of these stories to the next."""
    return table.sit()


# --- who may decide ----------------------------------------------------------------------------------------


def test_the_proposer_alone_cannot_have_a_plan_for_two_people_carried_out(story):
    """The own approval counts once, whichever way it is given; the second must be somebody else's."""
    proposal = story.grave()
    assert "Needs approval by two different people" in story.papers(proposal)[0]
    story.approve("responder", proposal)
    story.press("responder", proposal)
    story.told("responder", f"You already voted on {proposal.id}; each person votes once")
    story.slack.click("responder", story.copy(proposal, "responder"), "approve")
    story.type(f"approve {proposal.id}")
    story.wait(lambda: story.count(proposal, "vote_refused") == 3, "three refusals")
    assert story.votes(proposal) == [("U0MEGANBOW", "")]
    assert story.stands(proposal) is ProposalState.OPEN
    story.nothing_was_done(proposal)

    story.approve("approver", proposal)
    story.ends(proposal, ProposalState.DONE)
    assert len(story.writes(proposal)) == 2


def test_slack_is_not_asked_again_about_approvers_who_have_no_copy(story):
    story.wait(story.bot.desk.has_named_everybody, "the end of the start")
    proposal = story.simple()
    calls = len(story.slack.calls)
    story.approve("approver", proposal)
    story.ends(proposal, ProposalState.DONE)
    asked = {call.arguments["user"] for call in story.slack.calls[calls:] if call.method == "users.info"}
    assert {story.slack.people[person].id for person in TEAM} <= asked
    assert asked.isdisjoint(("U0GUESTPAT", "U0EXTERNJO", "U0FORMERJO", "U0OTHERBOT"))


def test_whoever_holds_a_second_slack_account_with_the_same_address_is_still_one_person(story):
    proposal = story.grave()
    story.approve("approver", proposal)
    story.slack.change_person("isaiah", email="alex.wilber+second@contoso.example")
    story.refused(
        "isaiah",
        proposal,
        "You already voted; each person has one vote.",
        ("; each person votes once. To stop it, ask"),
    )
    assert story.stands(proposal) is ProposalState.OPEN


def test_those_who_may_not_decide_are_told_why_and_written_down(story):
    proposal = story.simple()
    refusals = {
        "guest": "Guests of this workspace cannot vote.",
        "external": "People from another workspace cannot vote.",
        "deactivated": "Your Slack account is deactivated.",
        "another_bot": "Bots cannot vote.",
        "bystander": "You are not an approver.",
    }
    windows = sum(call.method.startswith("views.") for call in story.slack.calls)
    for person, says in refusals.items():
        story.refused(person, proposal, says)
    story.told("bystander", "You are not an approver. May approve: ")
    assert sum(call.method.startswith("views.") for call in story.slack.calls) == windows
    story.type(f"approve {proposal.id}", "bystander")
    story.type(f"deny {proposal.id}", "bystander")
    story.wait(lambda: story.count(proposal, "vote_refused") == len(refusals) + 2, "the words refused too")
    assert story.votes(proposal) == []
    assert story.stands(proposal) is ProposalState.OPEN
    assert "tried to vote on" not in story.thread(proposal.plan.case_id)
    assert proposal.id not in "".join(
        story.slack.as_text(m) for one in refusals for m in story.slack.direct(one)
    )


def test_the_subject_cannot_decide_and_the_case_is_told(story):
    subject = story.adele()
    change, _ = story.rule(subject)
    proposal = story.proposed(story.case(change, subject=subject))
    story.refused("subject", proposal, "You cannot vote on your own account.")
    assert story.slack.modals("subject") == []
    story.type(f"deny {proposal.id}", "subject")
    story.wait(lambda: story.count(proposal, "vote_refused") == 2, "the denial refused as well")
    assert story.stands(proposal) is ProposalState.OPEN
    told = story.thread(proposal.plan.case_id)
    assert "@Adele Vance tried to vote on" in told
    assert "it is their own account" in told
    assert not any("May approve" in story.slack.as_text(m) for m in story.slack.ephemerals("subject"))
    assert not any(proposal.id in story.slack.as_text(m) for m in story.slack.direct("subject"))


def test_the_subject_cannot_decide_by_an_alias_of_the_account_either(story):
    subject = story.account()
    change, _ = story.rule(subject)
    proposal = story.proposed(story.case(change, subject=subject))
    name, _, domain = subject.addresses[1].partition("@")
    story.slack.change_person("isaiah", email=f"{name.upper()}+slack@{domain}")
    story.refused("isaiah", proposal, "You cannot vote on your own account.")
    assert "@Isaiah Langer tried to vote on" in story.thread(proposal.plan.case_id)


@pytest.mark.parametrize("answer", [VerdictCode.COMPROMISED, VerdictCode.SUSPICIOUS, None])
def test_whoever_has_an_open_case_cannot_decide_and_the_case_is_told(table, answer):
    """Taken over, suspicious, or being looked into at this very moment."""
    story = table.sit(alone=True)
    name = "alex.wilber@contoso.example"
    own = Subject("alex", name, name, (name,), "Alex Wilber")
    if answer:
        other = story.case(subject=own, answer=answer)
    else:
        other = story.case(subject=own, answer=VerdictCode.NO_SIGN_FOUND)
        with story.bot.ledger.writing() as writing:
            writing.run_again(other.id, "U0LIDIAHOL", "someone wants to know")
    proposal = story.simple()
    story.refused("approver", proposal, f"in case {other.id}, so you cannot use this.")
    assert story.votes(proposal) == []
    assert "their own account is under investigation" in story.thread(proposal.plan.case_id)
    if not answer:
        story.finish(other.id, answer=VerdictCode.NO_SIGN_FOUND)
        story.approve("approver", proposal)


def test_under_the_strict_policy_the_proposer_does_not_count(table):
    story = table.sit(policy=PolicySettings(strict=True))
    proposal = story.simple()
    assert "The proposer's own approval does not count" in story.papers(proposal)[0]
    story.refused("responder", proposal, "You proposed this, so someone else must approve it.")
    assert story.stands(proposal) is ProposalState.OPEN
    story.approve("approver", proposal)
    story.ends(proposal, ProposalState.DONE)


# --- once --------------------------------------------------------------------------------------------------


def test_two_windows_of_a_double_click_count_once(story):
    proposal = story.grave()
    card = story.paper(proposal)
    one, other = (opened(story.slack, "approver", card) for _ in range(2))
    at_once(
        lambda: story.slack.submit("approver", one, {}), lambda: story.slack.submit("approver", other, {})
    )
    story.wait(lambda: story.count(proposal, "vote_refused") == 1, "the second window refused")
    assert story.votes(proposal) == [("U0ALEXWILB", "")]
    assert story.stands(proposal) is ProposalState.OPEN
    story.nothing_was_done(proposal)


def test_two_people_who_click_at_the_same_instant_count_once_each_and_it_is_done_once(story):
    proposal = story.grave()
    card, copy = story.paper(proposal), story.copy(proposal, "second_approver")
    at_once(
        lambda: approve(story.slack, "approver", card),
        lambda: approve(story.slack, "second_approver", copy),
    )
    story.ends(proposal, ProposalState.DONE)
    assert sorted(voter for voter, _ in story.votes(proposal)) == ["U0ALEXWILB", "U0LIDIAHOL"]
    for kind in ("approved", "execution_started", "execution_finished"):
        assert story.count(proposal, kind) == 1
    assert len(story.writes(proposal)) == story.count(proposal, "intended") == 2


def test_where_one_is_enough_the_second_of_two_at_the_same_instant_is_told_that_it_is_decided(story):
    proposal = story.simple()
    card = story.paper(proposal)
    at_once(
        lambda: approve(story.slack, "approver", card),
        lambda: approve(story.slack, "second_approver", card),
    )
    story.ends(proposal, ProposalState.DONE)
    ((voter, _),) = story.votes(proposal)
    late = "second_approver" if voter == "U0ALEXWILB" else "approver"
    story.told(late, f"{proposal.id} is already decided")
    assert len(story.writes(proposal)) == 1


def test_a_replayed_request_does_nothing(story):
    """Slack delivers again what it believes was lost, and so might somebody who recorded it."""
    proposal = story.grave()
    delivery = story.votes_yes("approver", proposal)
    story.told("approver", f"You approved {proposal.id}")
    asked = story.kinds().count("asked")
    for _ in range(3):
        assert story.slack.replay(delivery).error is None
    other = story.simple()  # asked after the replays, so those were read before
    assert story.kinds().count("asked") == asked + 1
    assert story.votes(proposal) == [("U0ALEXWILB", "")]
    assert story.count(proposal, "vote_refused") == 0
    assert story.stands(proposal) is ProposalState.OPEN
    assert story.stands(other) is ProposalState.OPEN


def test_a_click_on_approve_is_no_vote_and_a_replayed_one_neither(story):
    """Only the window that it opens is; it says what is approved and carries exactly that digest."""
    proposal = story.grave()
    delivery = story.press("approver", proposal)
    window = story.window("approver")
    assert window.private_metadata == f"{proposal.id} {proposal.digest} C0INCIDENT"
    text = story.slack.as_text(window)
    assert "After your approval it still needs one person." in text
    assert "2 changes" in text
    assert story.slack.replay(delivery).error is None
    story.slack.close("approver", window)
    other = story.simple()  # asked after the replay, so that one was read before
    assert story.votes(proposal) == []
    assert story.stands(proposal) is story.stands(other) is ProposalState.OPEN


def test_at_the_next_start_a_window_that_was_sent_counts_and_a_mere_click_does_not(story):
    """The program can end before it answered either; who only clicked has not said yes."""
    proposal = story.grave()
    case = story.bot.ledger.case(proposal.plan.case_id)
    with story.bot.ledger.writing() as writing:
        for request, person, words in (
            ("r-1", "approver", f"review {proposal.id} {proposal.digest[:8]}"),
            ("r-2", "second_approver", f"approve {proposal.id} {proposal.digest}"),
        ):
            writing.ask(request, story.slack.people[person].id, case.channel, words)
    story.stop()
    story.start()
    story.wait(lambda: not story.bot.ledger.unanswered_requests(), "the late answers")
    story.told("approver", f"Or type: /compromise approve {proposal.id} {proposal.digest[:8]}")
    assert story.votes(proposal) == [("U0LIDIAHOL", "")]


def test_windows_that_were_opened_before_the_plan_changed_or_that_come_twice_are_refused(story):
    old = story.grave()
    early, late = (opened(story.slack, "second_approver", story.paper(old)) for _ in range(2))
    assert story.slack.submit("second_approver", late, {}).error is None
    story.told("second_approver", f"You approved {old.id}")
    story.slack.submit("second_approver", early, {})
    story.told("second_approver", f"You already voted on {old.id}; each person votes once")
    before = opened(story.slack, "responder", story.paper(old))
    story.type(f"strike {old.id} 2 because the rule is the user's own", "approver")
    story.wait(lambda: len(story.proposals.of_case(old.plan.case_id)) == 2, "the smaller proposal")
    story.slack.submit("responder", before, {})
    story.told("responder", f"{old.id} is already decided: denied by")
    assert story.votes(old)[:1] == [("U0LIDIAHOL", "")]
    assert ("U0MEGANBOW", "") not in story.votes(old)
    story.nothing_was_done(old)


# --- three ends without anything done ----------------------------------------------------------------------


def test_one_denial_ends_it_and_every_copy_of_the_card_says_so(story):
    proposal = story.grave()
    story.approve("second_approver", proposal)
    old = story.paper(proposal)
    story.press("approver", proposal, "deny")
    story.slack.submit("approver", story.window("approver"), {"reason": "She set it up herself"})
    story.ends(proposal, ProposalState.DENIED)
    story.buttons_are_gone(proposal, "denied by @Alex Wilber")
    assert "She set it up herself" in story.papers(proposal)[0]
    case = story.bot.ledger.case(proposal.plan.case_id)
    (card,) = [one for one in story.cards() if one.ts == case.card]
    below = [story.slack.as_text(one) for one in story.slack.replies(card)]
    assert [one for one in below if "denied by @Alex Wilber: “She set it up herself”. Nothing was" in one]

    story.slack.click("responder", old, "approve")  # from a screen that was not drawn anew
    story.told("responder", f"{proposal.id} is already decided: denied by")
    story.nothing_was_done(proposal)


def test_who_denies_a_copy_in_a_direct_message_is_answered_there(story):
    proposal = story.grave()
    copy = story.copy(proposal, "approver")
    story.slack.click("approver", copy, "deny")
    story.slack.submit("approver", story.window("approver"), {"reason": "No"})
    story.ends(proposal, ProposalState.DENIED)
    asked = [one.facts for one in story.bot.ledger.entries() if one.kind == "asked"]
    said = [one["channel"] for one in asked if str(one["words"]).startswith(f"deny {proposal.id} ")]
    assert len(said) >= 2, "the click and the window"
    assert set(said) == {copy.channel}


def test_an_expired_proposal_does_nothing_and_says_propose_again(table):
    story = table.sit(policy=PolicySettings(expires=timedelta(minutes=20)))
    story.stop_clock()
    proposal = story.grave()
    story.approve("approver", proposal)
    story.ahead += timedelta(minutes=20)
    story.press("second_approver", proposal)
    story.told("second_approver", "is already decided: expired")
    story.let_pass(timedelta(minutes=1))
    story.ends(proposal, ProposalState.EXPIRED)
    story.buttons_are_gone(proposal, "It can be proposed again")
    assert "expired" in story.papers(proposal)[0]
    below = [story.slack.as_text(one) for one in story.slack.replies(story.paper(proposal))]
    assert sum("@Megan Bowen" in one and "expired with 1 of 2 approvals" in one for one in below) == 1
    story.nothing_was_done(proposal)

    again = story.proposed(story.bot.ledger.case(proposal.plan.case_id), "1,2")
    assert again.digest != proposal.digest
    assert story.proposals.get(again.id).votes == ()


def test_only_the_proposer_can_withdraw(story):
    proposal = story.grave()
    story.press("approver", proposal, "withdraw")
    story.told("approver", "Only the person who proposed it can withdraw it. An approver can deny it.")
    assert story.stands(proposal) is ProposalState.OPEN
    story.press("responder", proposal, "withdraw")
    story.ends(proposal, ProposalState.WITHDRAWN)
    story.buttons_are_gone(proposal, "withdrawn by @Megan Bowen")
    story.nothing_was_done(proposal)


def test_an_approver_strikes_a_change_out_and_the_rest_is_voted_on_anew(story):
    old = story.grave()
    story.approve("second_approver", old)
    story.press("approver", old, "strike")
    window = story.window("approver")
    delivery = story.slack.submit(
        "approver", window, {"strike:0": ["1"], "reason": "The rule is the user's own"}
    )
    assert delivery.error is None
    story.ends(old, ProposalState.DENIED)
    story.buttons_are_gone(old, "change 2 struck out")
    new = story.wait(
        lambda: next((one for one in story.proposals.waiting() if one.card and one.id != old.id), None),
        "the smaller proposal",
    )
    story.told("approver", f"The rest is proposed as {new.id}, 1 change")
    assert [change.id for change in new.plan.changes] == [old.plan.changes[0].id]
    assert new.digest != old.digest
    assert new.votes == ()
    assert (new.needs, new.proposed_by) == (2, "U0ALEXWILB")
    assert "without change 2: The rule is the user's own" in story.papers(new)[0]
    story.nothing_was_done(old)

    story.approve("second_approver", new)
    assert story.stands(new) is ProposalState.OPEN
    story.approve("responder", new)
    story.ends(new, ProposalState.DONE)
    assert len(story.writes(new)) == 1
    assert verify_ledger(story.bot.ledger.path).head == story.bot.ledger.head()


def test_who_may_not_decide_cannot_strike_either(story):
    subject = story.adele()
    change, _ = story.rule(subject)
    proposal = story.proposed(story.case(blocking(subject), change, subject=subject), "1,2")
    story.type(f"strike {proposal.id} 1 because it is mine", "subject")
    story.told("subject", "You cannot vote on your own account.")
    story.type(f"strike {proposal.id} 1 because I may not", "bystander")
    story.told("bystander", "You are not an approver.")
    story.wait(lambda: story.count(proposal, "vote_refused") == 2, "both refusals in the ledger")
    story.type(f"strike {proposal.id} 1,2 because of all of it", "approver")
    story.told("approver", "Nothing would be left of the proposal. Deny it instead.")
    assert story.stands(proposal) is ProposalState.OPEN
    assert [one.id for one in story.proposals.of_case(proposal.plan.case_id)] == [proposal.id]


# --- what changed between vote and run ---------------------------------------------------------------------


@pytest.mark.parametrize("how", ["out of the group", "deactivated"])
def test_an_approver_who_loses_the_role_before_it_is_begun_stops_it(story, how):
    proposal = story.grave()
    story.approve("approver", proposal)
    if how == "deactivated":
        story.slack.change_person("approver", deleted=True)
    else:
        story.slack.set_group("incident-responders", ["responder", "second_approver"])
    story.votes_yes("second_approver", proposal)
    stopped = story.ends(proposal, ProposalState.STOPPED)
    assert "Too few of the approvals are still valid, so nothing was done" in stopped.note
    story.buttons_are_gone(proposal, "Too few of the approvals are still valid, so nothing was done")
    assert "@Alex Wilber" in story.papers(proposal)[0]
    story.nothing_was_done(proposal)


def test_an_approver_whose_own_account_is_found_taken_over_before_it_is_begun_stops_it(table):
    story = table.sit(alone=True)
    proposal = story.grave()
    story.approve("approver", proposal)
    name = "alex.wilber@contoso.example"
    story.case(subject=Subject("alex", name, name, (name,), "Alex Wilber"), answer=VerdictCode.COMPROMISED)
    story.votes_yes("second_approver", proposal)
    assert "is marked compromised" in story.ends(proposal, ProposalState.STOPPED).note
    story.nothing_was_done(proposal)


FORGERIES = {
    "the plan": 'UPDATE proposals SET plan = replace(plan, \'"accountEnabled":false\', \'"jobTitle":"x"\')',
    "the number needed": "UPDATE proposals SET needs = 1",
    "a vote": (
        "INSERT INTO votes (proposal, voter, seq, addresses, object_id, yes, factor, at, says)"
        " SELECT id, 'U0LIDIAHOL', 99, '[]', 'x', 1, 0, made_at, '' FROM proposals"
    ),
}


@pytest.mark.parametrize("what", FORGERIES)
def test_what_is_altered_in_the_file_after_the_first_vote_is_never_carried_out(table, what):
    story = table.sit(alone=True)
    proposal = story.grave()
    story.approve("approver", proposal)
    story.alter(FORGERIES[what])
    assert story.proposals.get(proposal.id) != proposal
    story.votes_yes("responder", proposal)
    stopped = story.ends(proposal, ProposalState.STOPPED)
    assert "Nothing was done; run `compromise ledger verify`" in stopped.note
    story.buttons_are_gone(proposal, "compromise ledger verify")
    story.nothing_was_done(proposal)


def test_what_is_altered_in_the_file_after_the_last_vote_is_never_carried_out(table):
    """The program ends right after the last vote, and somebody has the file until it is started again."""
    story = table.sit(alone=True)
    proposal = story.grave()
    for voter in (ALEX, LIDIA):
        story.proposals.vote(proposal.id, proposal.digest, voter, yes=True)
    story.alter(FORGERIES["the plan"])
    story.bot.jobs.reconcile(timedelta(0))
    assert "has a different plan in row" in story.ends(proposal, ProposalState.STOPPED).note
    story.nothing_was_done(proposal)


def test_a_proposal_that_only_the_file_calls_approved_is_never_carried_out(table):
    story = table.sit(alone=True)
    proposal = story.grave()
    story.alter("UPDATE proposals SET state = 'approved'")
    story.bot.jobs.reconcile(timedelta(0))
    assert "has a different state in row" in story.ends(proposal, ProposalState.STOPPED).note
    story.nothing_was_done(proposal)


def test_an_entry_that_was_altered_stops_what_was_approved(table):
    story = table.sit(alone=True)
    proposal = story.grave()
    story.approve("approver", proposal)
    (guard,) = story.bot.ledger.rows("SELECT sql FROM sqlite_master WHERE name = 'ledger_keeps_words'")
    story.alter("DROP TRIGGER ledger_keeps_words")
    story.alter("UPDATE ledger SET actor = 'U0LIDIAHOL' WHERE kind = 'voted'")
    story.alter(guard["sql"])
    with pytest.raises(LedgerTampered):
        verify_ledger(story.bot.ledger.path)
    story.votes_yes("second_approver", proposal)
    assert "was changed after it was written" in story.ends(proposal, ProposalState.STOPPED).note
    story.nothing_was_done(proposal)


def test_what_changed_in_the_tenant_is_left_alone_and_the_others_go_on(story):
    subject = story.account()
    (gone, first), (off, second), (on, third) = (story.rule(subject) for _ in range(3))
    proposal = story.proposed(story.case(gone, off, on, subject=subject), "1,2,3")
    box = story.microsoft.state.mailbox(subject.user_principal_name)
    assert box is not None
    box.rules.remove(first)
    second.enabled = False
    story.approve("approver", proposal)
    done = story.ends(proposal, ProposalState.DONE)
    outcomes = {action.change: action for action in done.actions}
    assert outcomes[gone.id].outcome is Outcome.CHANGED
    assert outcomes[gone.id].says == "It is no longer there. Nothing was sent; check the account again."
    assert outcomes[off.id].outcome is Outcome.ALREADY
    assert outcomes[on.id].outcome is Outcome.CONFIRMED
    assert third.enabled is False
    assert [call.path.rpartition("/")[2] for call in story.writes(subject)] == [third.id]
    card = story.wait(lambda: (p := story.papers(proposal)[0]) and "Carried out" in p and p, "the result")
    assert "Skipped: changed since it was planned" in card
    assert "No change needed" in card
    assert "Done and confirmed" in card


def test_while_the_ledger_cannot_be_written_nothing_is_sent(table):
    """No intent can be kept; once it can, the plan is carried out, and once."""
    story = table.sit(alone=True)
    proposal = story.grave()
    for voter in (ALEX, LIDIA):
        story.proposals.vote(proposal.id, proposal.digest, voter, yes=True)
    story.proposals.start(proposal.id)
    story.bot.ledger._patience = 0.2
    story.bot.ledger.close()
    with closing(sqlite3.connect(story.settings.ledger, isolation_level=None)) as blocker:
        blocker.execute("BEGIN IMMEDIATE")
        for _ in range(2):
            story.bot.jobs.reconcile(timedelta(0))
            story.wait(lambda: not story.bot.jobs.is_busy, "the end of the try")
        story.nothing_was_done(proposal)
        assert story.stands(proposal) is ProposalState.RUNNING
        blocker.execute("ROLLBACK")
    story.wait(lambda: not story.bot.jobs.is_busy, "the end of the last try")
    story.wait(lambda: carried_on(story, proposal), "the plan carried out")
    assert len(story.writes(proposal)) == 2


def test_a_vote_that_counted_is_told_as_one_where_the_engine_has_lost_its_tables(table):
    story = table.sit(alone=True)
    proposal = story.grave()
    story.approve("approver", proposal)
    lose_the_engines_tables(story.settings.engine)
    story.votes_yes("second_approver", proposal)
    story.told("second_approver", ". It has all approvals. The job database cannot be reached")
    story.bot.jobs.repair()
    story.ends(proposal, ProposalState.DONE)
    assert len(story.writes(proposal)) == 2


def carried_on(story: Table, proposal: Proposal) -> bool:
    """Let the bot go its round, and say whether the plan is carried out."""
    story.bot.jobs.reconcile(timedelta(0))
    return story.stands(proposal) is ProposalState.DONE


# --- words in place of buttons -----------------------------------------------------------------------------


def test_what_the_buttons_do_can_be_typed(story):
    one, two, three = story.grave(), story.simple(), story.simple()
    story.type(f"approve {one.id}", "approver")
    story.told("approver", f"You approved {one.id}. It still needs one person")
    story.type(f"approve {one.id.lower()} {one.digest[:8].upper()}", "second_approver")
    story.told("second_approver", f"You approved {one.id}. It has all approvals")
    story.ends(one, ProposalState.DONE)

    story.type(f"deny {two.id} because she set it up herself", "approver")
    story.ends(two, ProposalState.DENIED)
    story.buttons_are_gone(two, "she set it up herself")

    story.type(f"withdraw {three.id} because of a mistake", "approver")
    story.told("approver", "Only the person who proposed it can withdraw it. An approver can deny it.")
    story.type(f"withdraw {three.id} because of a mistake")
    story.ends(three, ProposalState.WITHDRAWN)
    story.buttons_are_gone(three, "of a mistake")
    assert story.writes(two) == story.writes(three) == []


def test_an_approval_for_another_digest_does_not_count(story):
    proposal = story.simple()
    other = "0" * 8 if not proposal.digest.startswith("0") else "1" * 8
    for words in (f"approve {proposal.id} {other}", f"deny {proposal.id} {other}"):
        story.type(words, "approver")
    story.told("approver", "The plan has changed. Review the proposal again, and vote on the current plan.")
    story.wait(lambda: story.count(proposal, "vote_refused") == 2, "both refused")
    assert story.stands(proposal) is ProposalState.OPEN
    assert story.votes(proposal) == []


def test_a_copy_that_slack_does_not_edit_at_once_is_edited_later(story):
    """A button that stayed in a direct message would ask for a vote that counts no more."""
    proposal = story.simple()
    asked = story.bot.ledger.entries
    story.wait(
        lambda: any(one.facts.get("proposal") == proposal.id for one in asked(kinds=("answered",))),
        "the answer",
    )
    story.proposals.withdraw(proposal.id, "U0MEGANBOW", "It was a mistake")
    as_usual, failing = Fault(), api_error("internal_error")
    for fault in (as_usual, failing, failing, failing):
        story.slack.faults.add("chat.update", fault)
    story.bot.jobs._carrying._papers.show(proposal.id)
    story.buttons_are_gone(proposal, "Withdrawn")


def test_approvers_decide_by_the_copies_in_their_direct_messages(story):
    proposal = story.grave()
    approve(story.slack, "approver", story.copy(proposal, "approver"))
    story.told("approver", f"You approved {proposal.id}")
    copy = story.copy(proposal, "second_approver")
    assert "approved by @Alex Wilber" in story.slack.as_text(copy)
    approve(story.slack, "second_approver", copy)
    story.ends(proposal, ProposalState.DONE)
    story.wait(lambda: all("Carried out" in paper for paper in story.papers(proposal)), "the end everywhere")
    story.buttons_are_gone(proposal, "Carried out")


# --- proposing ---------------------------------------------------------------------------------------------


def test_a_second_proposal_for_the_same_account_waits_for_the_first(story):
    """In the same case and in another one about the same account, by word and from the window."""
    first = story.simple()
    case = story.bot.ledger.case(first.plan.case_id)
    change, _ = story.rule(case.subject)
    newer = story.case(change, subject=case.subject)
    for words in (f"contain {case.id} 1 because again", f"contain {newer.id} 1 because of this one"):
        story.slack.reload("second_approver")
        story.type(words, "second_approver")
        story.told("second_approver", f"Proposal {first.id} by @Megan Bowen is still open")
    story.type(f"contain {newer.id}", "second_approver")
    story.slack.reload("approver")
    story.slack.submit("second_approver", story.window("second_approver"), {"reason": "This one too"})
    story.wait(lambda: story.kinds().count("not_answered") >= 3, "the third refusal")
    assert story.proposals.of_case(newer.id) == ()
    story.press("responder", first, "withdraw")
    story.ends(first, ProposalState.WITHDRAWN)
    assert story.proposed(newer).state is ProposalState.OPEN


def test_a_check_of_yesterday_is_made_again_before_anything_is_proposed(table):
    story = table.sit(alone=True)
    subject = story.account()
    change, _ = story.rule(subject)
    case = story.case(change, subject=subject)
    story.type(f"contain {case.id}")
    story.window("responder")
    story.slack.reload("responder")
    story.ahead += timedelta(hours=24, minutes=1)
    for words in (f"contain {case.id}", f"contain {case.id} 1 because of the rule"):
        story.type(words)
        story.told(holding=f"Check again first: /compromise check {subject.mail}")
        assert story.slack.modals("responder") == []
        story.slack.reload("responder")
    assert story.proposals.of_case(case.id) == ()


def test_a_window_that_was_open_while_the_case_was_checked_again_proposes_nothing(story):
    subject = story.account()
    change, _ = story.rule(subject)
    other, _ = story.rule(subject)
    case = story.case(change, subject=subject)
    story.type(f"contain {case.id}")
    form = story.window("responder")
    with story.bot.ledger.writing() as writing:
        writing.run_again(case.id, "U0ALEXWILB", "someone wants to know")
    story.finish(case.id, other, change)
    story.slack.submit("responder", form, {"reason": "The rule hides mail"})
    story.told(holding=f"Case {case.id} was checked again in the meantime. Nothing was proposed.")
    assert story.proposals.of_case(case.id) == ()


def test_what_must_come_after_others_cannot_be_chosen_without_them(story):
    """Sending is unblocked only where the account is contained, in the same plan or before."""
    subject = story.account()
    block = blocking(subject)
    contain, _ = story.rule(subject)
    last = unblocking(subject, block, contain)
    case = story.case(block, contain, last, subject=subject)
    for chosen, lacking in {
        "3": "numbers 1-2; choose these",
        "2,3": "number 1; choose it",
        "1,3": "number 2; choose it",
    }.items():
        story.type(f"contain {case.id} {chosen} because they need their mail")
        story.told(holding=f"depends on {lacking} as well")
    assert story.proposals.of_case(case.id) == ()

    proposal = story.proposed(case, "1,2")
    story.approve("approver", proposal)
    story.approve("second_approver", proposal)
    story.ends(proposal, ProposalState.DONE)
    # What is confirmed in this case already need not be chosen again.
    assert [change.id for change in story.proposed(case, "3").plan.changes] == [last.id]


def unblocking(subject: Subject, *after: Change) -> Change:
    """A change that others must come before."""
    change = blocking(subject, tuple(one.id for one in after))
    return replace(
        change,
        id=f"unblock_sending:{subject.mail}",
        step="unblock_sending",
        says=f"Let {subject.display_name} send mail again",
        suggested=False,
    )
