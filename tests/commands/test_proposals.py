"""Proposals are kept once, decided once, and every change of them is in the ledger."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from commands.containment import effects
from commands.containment import manual_tasks as case_tasks
from commands.containment.proposals import Outcome, Proposal, Proposals
from commands.errors import (
    AlreadyBegun,
    AlreadyProposed,
    CommandError,
    LedgerTampered,
    NoSuchProposal,
    NoSuchTask,
    NotNow,
    VoteRefused,
)
from commands.ledger import Ledger
from commands.ledger import proposals as stored
from commands.ledger import tasks as listed
from commands.ledger.entries import Asked, PasswordShown, Rechecked
from commands.ledger.tasks import alarm_name, alarms
from commands.ledger.verify import verify_ledger
from commands.plans.approval import ProposalState, Vote
from commands.plans.plan import ManualTask
from commands.plans.undo import undo_id
from commands.rechecks import schedule as rechecks
from tests.commands.plans import ADELE, CASE, NOW, Clock, approved, change, opened, plan, proposed, voter


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(tmp_path: Path, clock: Clock):
    book = Ledger(tmp_path / "ledger.db", clock)
    opened(book)
    yield book
    book.close()


@pytest.fixture
def proposals(ledger: Ledger) -> Proposals:
    return Proposals(ledger)


def kinds(ledger: Ledger) -> list[str]:
    return [entry.kind for entry in ledger.entries(case_id=CASE)][1:]


def test_a_proposal_is_read_back_as_it_was_made(proposals):
    made = proposed(proposals, plan(change(), tasks=(ManualTask("e:1", "harden", "Do it", ("How",)),)))
    assert proposals.get(made.id) == made
    assert made.digest == made.plan.digest
    assert (made.state, made.needs, made.votes) == (ProposalState.OPEN, 2, ())
    assert proposals.of_case(CASE) == proposals.waiting() == (made,)


def test_two_people_approve_and_nobody_votes_after_them(proposals, ledger):
    made = proposed(proposals)
    first = proposals.vote(made.id, made.digest[:8], voter("alex"), yes=True)
    assert first.state is ProposalState.OPEN
    second = proposals.vote(made.id, made.digest[:8], voter("lidia"), yes=True)
    assert second.state is ProposalState.APPROVED
    with pytest.raises(VoteRefused, match="It is already approved"):
        proposals.vote(made.id, made.digest, voter("nestor"), yes=True)
    assert kinds(ledger) == ["proposed", "voted", "voted", "approved", "vote_refused"]


def test_one_person_has_one_vote_however_often_they_click(proposals):
    made = proposed(proposals)

    def click(_: int) -> str:
        try:
            proposals.vote(made.id, made.digest, voter("alex"), yes=True)
        except VoteRefused:
            return "refused"
        return "counted"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(click, range(24)))
    assert answers.count("counted") == 1
    assert proposals.get(made.id).state is ProposalState.OPEN


def test_of_many_who_approve_at_once_exactly_as_many_as_needed_count(proposals, ledger):
    made = proposed(proposals)

    def click(number: int) -> bool:
        try:
            proposals.vote(made.id, made.digest, voter(f"person{number}"), yes=True)
        except VoteRefused:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(click, range(16))) == 2
    assert kinds(ledger).count("approved") == 1


def test_one_no_denies_and_is_told_with_its_reason(proposals):
    made = proposed(proposals)
    proposals.vote(made.id, made.digest, voter("alex"), yes=True)
    denied = proposals.vote(made.id, made.digest, voter("lidia"), yes=False, says="She is on a train")
    assert (denied.state, denied.decided_by, denied.note) == (
        ProposalState.DENIED,
        "U0LIDIA",
        "She is on a train",
    )


def test_a_refused_vote_is_in_the_ledger_with_its_reason(proposals, ledger):
    made = proposed(proposals)
    with pytest.raises(VoteRefused):
        proposals.vote(made.id, made.digest, voter("av"), yes=True)
    last = list(ledger.entries())[-1]
    assert (last.kind, last.actor, last.facts["yes"]) == ("vote_refused", "U0AV", True)
    assert "own account" in last.facts["says"]


def test_time_ends_a_proposal_and_only_once(proposals, clock):
    made = proposed(proposals)
    assert not proposals.expire(made.id)
    clock.pass_(timedelta(minutes=31))
    with pytest.raises(VoteRefused, match="expired"):
        proposals.vote(made.id, made.digest, voter("alex"), yes=True)
    assert not proposals.expire(made.id), "the vote has ended it"
    assert proposals.get(made.id).state is ProposalState.EXPIRED
    other = proposed(proposals, expires_at=clock())
    assert proposals.expire(other.id)
    assert not proposals.expire(other.id)
    assert proposals.get(other.id).state is ProposalState.EXPIRED


def test_a_proposal_whose_time_was_seen_to_be_over_stays_over_when_the_clock_goes_back(proposals, clock):
    made = proposed(proposals)
    clock.pass_(timedelta(minutes=31))
    with pytest.raises(VoteRefused, match="expired"):
        proposals.vote(made.id, made.digest, voter("alex"), yes=True)
    clock.pass_(-timedelta(minutes=31))
    with pytest.raises(VoteRefused, match="expired"):
        proposals.vote(made.id, made.digest, voter("alex"), yes=True)


def test_an_entry_from_after_its_end_ends_a_proposal_whatever_the_clock_says_then(proposals, ledger, clock):
    made = proposed(proposals)
    clock.pass_(timedelta(minutes=31))
    ledger.append(Asked(words="something else"), "U0ALEX")
    clock.pass_(-timedelta(minutes=31))
    with pytest.raises(VoteRefused, match="expired"):
        proposals.vote(made.id, made.digest, voter("alex"), yes=True)
    assert proposals.get(made.id).state is ProposalState.EXPIRED


def test_a_second_proposal_waits_for_the_first(proposals):
    first = proposed(proposals)
    with pytest.raises(AlreadyProposed, match=first.id):
        proposed(proposals, plan(nonce="n2"))
    proposals.withdraw(first.id, "U0MEGAN", "A better one comes")
    assert proposed(proposals, plan(nonce="n2")).state is ProposalState.OPEN


def test_an_unapproved_proposal_is_never_begun(proposals):
    made = proposed(proposals)
    with pytest.raises(NotNow):
        proposals.start(made.id)
    with pytest.raises(NotNow):
        proposals.intend(made.id, made.plan.changes[0].id, None)


def test_of_many_who_begin_one_gets_past(proposals):
    made = approved(proposals, proposed(proposals))

    def begin(_: int) -> bool:
        try:
            proposals.start(made.id)
        except NotNow:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(begin, range(16))) == 1


def test_a_change_is_intended_once_and_ends_once(proposals):
    made = approved(proposals, proposed(proposals))
    proposals.start(made.id)
    change_id = made.plan.changes[0].id
    action = proposals.intend(made.id, change_id, {"accountEnabled": True})
    assert (action.attempt, action.saw, action.outcome) == (1, {"accountEnabled": True}, None)
    with pytest.raises(AlreadyBegun):
        proposals.intend(made.id, change_id, None)
    assert proposals.again(made.id, change_id, {"accountEnabled": True}).attempt == 2
    with pytest.raises(NotNow, match="without an outcome"):
        proposals.finish(made.id)
    proposals.ended(made.id, change_id, Outcome.UNCONFIRMED, request_id="r-1")
    with pytest.raises(AlreadyBegun):
        proposals.ended(made.id, change_id, Outcome.FAILED)
    with pytest.raises(AlreadyBegun):
        proposals.again(made.id, change_id, None)
    assert stored.confirmed_changes(proposals.ledger, CASE) == frozenset()
    proposals.confirmed(made.id, change_id)
    assert proposals.action(made.id, change_id).outcome is Outcome.CONFIRMED
    assert stored.confirmed_changes(proposals.ledger, CASE) == {change_id}
    ended = proposals.action(made.id, change_id).ended_at
    assert ended is not None
    assert (
        effects.done_since(proposals.ledger, CASE, None)
        == effects.done_since(proposals.ledger, CASE, ended)
        == {change_id}
    )
    assert effects.done_since(proposals.ledger, CASE, ended + timedelta(seconds=1)) == frozenset()
    assert proposals.finish(made.id).state is ProposalState.DONE
    verify_ledger(proposals.ledger.path)


def test_what_was_made_can_be_undone_once(proposals):
    made = approved(proposals, proposed(proposals))
    proposals.start(made.id)
    change_id = made.plan.changes[0].id
    proposals.intend(made.id, change_id, None)
    proposals.ended(made.id, change_id, Outcome.UNCONFIRMED)
    proposals.finish(made.id)
    assert [one.change.id for one in effects.undoable(proposals.ledger, CASE)] == [change_id]
    back = replace(change(), id=undo_id(made.id, change_id), undo=None)
    second = approved(proposals, proposed(proposals, plan(back, nonce="n2"), kind="restore"))
    proposals.start(second.id)
    proposals.intend(second.id, back.id, None)
    proposals.ended(second.id, back.id, Outcome.UNCONFIRMED)
    assert effects.undoable(proposals.ledger, CASE) == ()
    assert (
        stored.confirmed_changes(proposals.ledger, CASE)
        == effects.done_since(proposals.ledger, CASE, None)
        == frozenset()
    )


def test_a_password_is_shown_once_and_forgotten_after_its_time(proposals, clock):
    made = approved(proposals, proposed(proposals))
    proposals.start(made.id)
    change_id = made.plan.changes[0].id
    proposals.intend(made.id, change_id, None, sealed=b"sealed")
    assert proposals.sealed(made.id, change_id, clock()) == b"sealed"
    assert proposals.password_shown(made.id, change_id, "U0ALEX")
    assert proposals.sealed(made.id, change_id, clock()) is None
    assert not proposals.password_shown(made.id, change_id, "U0ALEX")


def test_a_password_that_nobody_asked_for_is_forgotten(proposals, clock):
    made = approved(proposals, proposed(proposals))
    proposals.start(made.id)
    proposals.intend(made.id, made.plan.changes[0].id, None, sealed=b"sealed")
    clock.pass_(timedelta(minutes=15))
    assert proposals.sealed(made.id, made.plan.changes[0].id, clock()) is None
    assert proposals.forget_secrets(clock()) == (made.id,)
    assert proposals.forget_secrets(clock()) == ()


def test_tasks_are_numbered_and_ticked_off_once(proposals):
    tasks = tuple(ManualTask(f"harden:{n}", "harden", f"Task {n}", ("How",)) for n in range(3))
    proposals.withdraw(proposed(proposals, plan(tasks=tasks[:2])).id, "U0MEGAN")
    proposed(proposals, plan(tasks=tasks, nonce="n2"))
    assert [(one.number, one.id) for one in listed.tasks(proposals.ledger, CASE)] == [
        (1, "harden:0"),
        (2, "harden:1"),
        (3, "harden:2"),
    ]
    assert case_tasks.tick(proposals.ledger, CASE, 2, "U0MEGAN", "by phone").done_by == "U0MEGAN"
    assert case_tasks.tick(proposals.ledger, CASE, 2, "U0ALEX").done_by == "U0MEGAN"
    with pytest.raises(NoSuchTask):
        case_tasks.tick(proposals.ledger, CASE, 9, "U0MEGAN")


def test_watches_come_due_one_after_another(proposals, clock):
    rechecks.set_rechecks(proposals.ledger, CASE, [timedelta(hours=1), timedelta(hours=24)])
    assert listed.watches_due(proposals.ledger, clock()) == ()
    clock.pass_(timedelta(hours=2))
    assert listed.watches_due(proposals.ledger, clock()) == ((CASE, 1),)
    rechecks.note_recheck(proposals.ledger, CASE, Rechecked(1))
    assert listed.watches_due(proposals.ledger, clock()) == ()
    clock.pass_(timedelta(hours=24))
    assert listed.watches_due(proposals.ledger, clock()) == ((CASE, 2),)


def test_after_a_long_absence_one_look_answers_for_all_rounds(proposals, clock):
    rechecks.set_rechecks(
        proposals.ledger, CASE, [timedelta(hours=1), timedelta(hours=24), timedelta(hours=72)]
    )
    clock.pass_(timedelta(hours=25))
    assert listed.watches_due(proposals.ledger, clock()) == ((CASE, 2),)
    rechecks.note_recheck(proposals.ledger, CASE, Rechecked(2))
    assert listed.watches_due(proposals.ledger, clock()) == ()
    clock.pass_(timedelta(hours=72))
    assert listed.watches_due(proposals.ledger, clock()) == ((CASE, 3),)


def test_each_round_is_noted_once_and_none_after_a_later_one(proposals, clock):
    rechecks.set_rechecks(proposals.ledger, CASE, [timedelta(hours=1), timedelta(hours=24)])
    clock.pass_(timedelta(hours=25))
    assert rechecks.note_recheck(proposals.ledger, CASE, Rechecked(2))
    assert not rechecks.note_recheck(proposals.ledger, CASE, Rechecked(2))
    assert not rechecks.note_recheck(proposals.ledger, CASE, Rechecked(1))
    # Out of turn it may be looked at again and again.
    assert rechecks.note_recheck(proposals.ledger, CASE, Rechecked(0))
    assert rechecks.note_recheck(proposals.ledger, CASE, Rechecked(0))


def test_what_a_round_found_is_to_be_told_until_it_was_or_a_later_round_was_quiet(proposals):
    ledger = proposals.ledger
    rechecks.set_rechecks(proposals.ledger, CASE, [timedelta(hours=hours) for hours in (1, 2, 3, 4)])
    rechecks.note_recheck(proposals.ledger, CASE, Rechecked(1, raised=True))
    assert alarms(ledger) == ((CASE, 1),)
    for what in ("details 1", "looked again", "looked again 2", "looked again 9", "looked again x"):
        with ledger.writing() as writing:
            writing.posted(CASE, 1, what, "C0INCIDENT", "1.2")
        assert alarms(ledger) == ((CASE, 1),), what
    with ledger.writing() as writing:
        writing.posted(CASE, 1, alarm_name(1), "C0INCIDENT", "1.2")
    assert alarms(ledger) == ()
    rechecks.note_recheck(proposals.ledger, CASE, Rechecked(2, raised=True))
    rechecks.note_recheck(proposals.ledger, CASE, Rechecked(3, raised=True))
    assert alarms(ledger) == ((CASE, 3),)
    rechecks.note_recheck(proposals.ledger, CASE, Rechecked(4))
    assert alarms(ledger) == ()
    verify_ledger(ledger.path)


def test_an_unknown_proposal_is_named(proposals):
    with pytest.raises(NoSuchProposal, match="P-ZZZZZ"):
        proposals.get("P-ZZZZZ")


TAMPERINGS = {
    "a plan was changed": "UPDATE proposals SET plan = replace(plan, 'accountEnabled', 'displayName')",
    "a digest was changed": "UPDATE proposals SET digest = 'f' || substr(digest, 2, 63)",
    "fewer people are needed": "UPDATE proposals SET needs = 1",
    "the end was put off": "UPDATE proposals SET expires_at = '2027-01-01T00:00:00.000000+00:00'",
    "a vote was put in": (
        "INSERT INTO votes VALUES ('{id}', 'U0EVE', 9, '[]', 'x', 1, 0, '2026-11-23T16:00:00+00:00', '')"
    ),
    "a no became a yes": "UPDATE votes SET yes = 1 - yes",
    "another voted": "UPDATE votes SET voter = 'U0EVE'",
    "a vote was taken out": "DELETE FROM votes",
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_a_proposal_that_its_entries_do_not_know_is_not_proven(proposals, ledger, what):
    made = proposed(proposals)
    proposals.vote(made.id, made.digest, voter("alex"), yes=True)
    assert proposals.proven(made.id).votes
    connection = sqlite3.connect(ledger.path)
    connection.execute(TAMPERINGS[what].replace("{id}", made.id))
    connection.commit()
    connection.close()
    with pytest.raises(LedgerTampered):
        proposals.proven(made.id)


# --- no path leads to acting without enough different, allowed people ---------------------------------------

PEOPLE = ("megan", "alex", "lidia", "nestor", "av", "guest")


class Deciding(RuleBasedStateMachine):
    """Anybody votes, withdraws, lets time pass and tries to begin, in any order."""

    folder: Path

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.folder.joinpath("ledger.db").unlink(missing_ok=True)
        for tail in ("-wal", "-shm", ".head"):
            self.folder.joinpath(f"ledger.db{tail}").unlink(missing_ok=True)
        self.ledger = Ledger(self.folder / "ledger.db", self.clock)
        opened(self.ledger)
        self.proposals = Proposals(self.ledger)
        self.started = False
        self.made: Proposal | None = None

    def teardown(self) -> None:
        verify_ledger(self.ledger.path)
        self.ledger.close()

    @rule(needs=st.integers(1, 3), strict=st.booleans(), factor=st.booleans())
    def propose(self, needs, strict, factor):
        if self.made is None:
            ends = self.clock() + timedelta(minutes=30)
            self.made = proposed(self.proposals, needs=needs, strict=strict, factor=factor, expires_at=ends)

    @rule(
        name=st.sampled_from(PEOPLE),
        yes=st.booleans() | st.just(True),
        factor=st.booleans(),
        right=st.booleans() | st.just(True),
    )
    def vote(self, name, yes, factor, right):
        if self.made is None:
            return
        who = voter(name, factor=factor, barred="Guests may not." if name == "guest" else "")
        digest = self.made.digest if right else "0" * 64
        with suppress(VoteRefused):
            self.proposals.vote(self.made.id, digest, who, yes=yes)

    @rule()
    def withdraw(self):
        if self.made is not None:
            with suppress(CommandError):
                self.proposals.withdraw(self.made.id, "U0MEGAN")

    @rule(minutes=st.integers(0, 20))
    def wait(self, minutes):
        self.clock.pass_(timedelta(minutes=minutes))
        if self.made is not None:
            self.proposals.expire(self.made.id)

    @rule()
    def begin(self):
        if self.made is not None:
            try:
                self.proposals.start(self.made.id)
            except NotNow:
                return
            assert not self.started
            self.started = True

    @invariant()
    def acting_needs_enough_people(self):
        if self.made is None:
            return
        now = self.proposals.get(self.made.id)
        if now.state not in (ProposalState.APPROVED, ProposalState.RUNNING):
            return
        for_it: tuple[Vote, ...] = tuple(vote for vote in now.votes if vote.yes)
        assert len({address for vote in for_it for address in vote.addresses}) >= now.needs
        assert not {"U0AV", "U0GUEST"} & {vote.voter for vote in for_it}
        assert all(vote.yes for vote in now.votes)
        assert not now.factor or all(vote.factor for vote in for_it)
        assert not now.strict or "U0MEGAN" not in {vote.voter for vote in for_it}
        assert all(vote.at < now.expires_at for vote in for_it)


def test_no_path_leads_to_acting_without_the_needed_number_of_allowed_people(tmp_path):
    Deciding.folder = tmp_path
    run_state_machine_as_test(
        Deciding,
        settings=settings(
            max_examples=40,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_now_is_the_ledgers_clock(proposals):
    assert proposed(proposals).made_at == NOW


# --- read back ----------------------------------------------------------------------------------------------


def test_every_column_of_a_proposal_its_votes_and_its_actions_is_read_back(proposals, clock):
    before = proposals.get(proposed(proposals, factor=True, strict=True, proposer_object="id-megan").id)
    assert (before.proposed_by, before.reason, before.channel, before.card) == (
        "U0MEGAN",
        "The check found a takeover",
        "C0INCIDENT",
        "",
    )
    assert (before.factor, before.strict, before.shown, before.decided_at) == (True, True, False, None)
    assert before.proposer_object == "id-megan"
    proposals.card_posted(before.id, "C0INCIDENT", "7.1")
    proposals.copy_posted(before.id, "D0ALEX", "8.1")
    proposals.copy_posted(before.id, "D0LIDIA", "8.2")
    proposals.vote(before.id, before.digest, voter("alex", factor=True), yes=True, says="by phone")
    clock.pass_(timedelta(minutes=1))
    proposals.vote(before.id, before.digest, voter("lidia", factor=True), yes=True)
    proposals.start(before.id)
    proposals.intend(before.id, before.plan.changes[0].id, {"accountEnabled": True})
    (open_action,) = proposals.get(before.id).actions
    assert (open_action.outcome, open_action.ended_at, open_action.says, open_action.request_id) == (
        None,
        None,
        "",
        "",
    )
    clock.pass_(timedelta(minutes=1))
    proposals.ended(before.id, before.plan.changes[0].id, Outcome.CHANGED, "It is done.", "r-1")
    proposals.finish(before.id)
    proposals.shown(before.id)
    after = proposals.get(before.id)
    assert (after.channel, after.card, after.shown) == ("C0INCIDENT", "7.1", True)
    assert after.decided_at == NOW + timedelta(minutes=1)
    assert [(one.voter, one.at, one.factor, one.says, one.object_id) for one in after.votes] == [
        ("U0ALEX", NOW, True, "by phone", "id-of-alex"),
        ("U0LIDIA", NOW + timedelta(minutes=1), True, "", "id-of-lidia"),
    ]
    (action,) = after.actions
    assert (action.intended_at, action.ended_at) == (
        NOW + timedelta(minutes=1),
        NOW + timedelta(minutes=2),
    )
    assert (action.outcome, action.says, action.request_id) == (Outcome.CHANGED, "It is done.", "r-1")
    assert stored.copies(proposals.ledger, before.id) == (("D0ALEX", "8.1"), ("D0LIDIA", "8.2"))


def test_a_vote_without_a_code_is_read_back_as_one(proposals):
    made = proposed(proposals)
    assert (made.factor, made.strict) == (False, False)
    proposals.vote(made.id, made.digest, voter("alex"), yes=True)
    (vote,) = proposals.get(made.id).votes
    assert vote.factor is False


def test_who_was_shown_the_password_of_a_proposal_is_told_and_nobody_else(proposals, ledger):
    opened(ledger, "C-3EFGH", subject=replace(ADELE, id="id-b", addresses=("b@contoso.example",)))
    made = proposed(proposals)
    ledger.append(PasswordShown(made.id, "reset_password:account", shown=False), "U0GONE", CASE)
    ledger.append(PasswordShown("P-OTHER", "reset_password:account", shown=True), "U0OTHER", CASE)
    ledger.append(PasswordShown(made.id, "reset_password:account", shown=True), "U0ELSEWHERE", "C-3EFGH")
    assert stored.password_shown_to(proposals.ledger, made) == ""
    ledger.append(PasswordShown(made.id, "reset_password:account", shown=True), "U0ALEX", CASE)
    assert stored.password_shown_to(proposals.ledger, made) == "U0ALEX"
