"""Codes of an authenticator app, so that a stolen Slack session alone approves nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pyotp
import pytest

from bot.settings import PolicySettings
from commands.containment.proposals import Proposal
from commands.plans.approval import ProposalState
from commands.plans.plan import NEW_PASSWORD, Change, Look
from graph.question import Subject
from graph.request import Request
from sandbox.workspace import View
from tests.approving import approve
from tests.scenarios.deciding import Table, at_once, laid

WANTED = PolicySettings(factor=("disable_inbox_rules",))


@dataclass
class Phone:
    """Somebody's authenticator app: each code that it shows is a new one, as the story waits for it."""

    story: Table
    secret: str
    shown: list[str] = field(default_factory=list)

    def code(self) -> str:
        """The code that it shows next."""
        self.story.ahead += timedelta(minutes=1)
        self.shown.append(pyotp.TOTP(self.secret).at(self.story.clock()))
        return self.shown[-1]

    def wrong(self) -> str:
        """Six digits that are no code around this time."""
        now = self.story.clock()
        totp = pyotp.TOTP(self.secret)
        right = {totp.at(now, counter_offset=step) for step in (-2, -1, 0, 1, 2)}
        return next(
            code for code in ("000000", "111111", "222222", "333333", "444444", "555555") if code not in right
        )


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Table]:
    with laid(tmp_path_factory.mktemp("second-factor")) as table:
        yield table


@pytest.fixture
def story(table: Table) -> Table:
    """A bot of its own, as factors are kept with the ledger, and time that only the story moves."""
    story = table.sit(alone=True)
    story.stop_clock()
    return story


def secret_in(text: str) -> str:
    """The key that the window shows in groups of four."""
    found = re.search(r"^((?:[A-Z2-7]{4} ?){8})$", text, re.MULTILINE)
    assert found
    return "".join(found[1].split())


def enrolled(story: Table, person: str) -> Phone:
    """Let somebody enrol."""
    story.type("enrol", person)
    form = story.window(person)
    phone = Phone(story, secret_in(story.slack.as_text(form)))
    delivery = story.slack.submit(person, form, {"code": phone.code()})
    assert delivery.error is None
    assert not delivery.ack_payload
    story.told(person, "your second factor is enrolled")
    return phone


def told_directly(story: Table, person: str) -> str:
    """Everything that the bot has told somebody by direct message."""
    return "\n".join(story.slack.as_text(message) for message in story.slack.direct(person))


def says(delivery: Any) -> str:
    """What the window says about the code that was sent from it."""
    assert delivery.error is None
    assert delivery.ack_payload
    assert delivery.ack_payload["response_action"] == "errors"
    return str(delivery.ack_payload["errors"]["code"])


def approve_with(story: Table, person: str, proposal: Proposal, code: str) -> Any:
    """Press Approve and send this code from the window."""
    return approve(story.slack, person, story.paper(proposal), code)


def test_enrolling_takes_a_right_code_and_the_team_is_told_of_it_and_of_five_wrong_ones(story):
    story.type("enrol", "approver")
    form = story.window("approver")
    phone = Phone(story, secret_in(story.slack.as_text(form)))
    assert "The code is invalid" in says(story.slack.submit("approver", form, {"code": phone.wrong()}))
    assert "The code is invalid" in story.slack.modals("approver")[-1].errors["code"]
    assert "factor_enrolled" not in story.kinds()
    told = [says(story.slack.submit("approver", form, {"code": phone.wrong()})) for _ in range(4)]
    assert "That was the fifth wrong code" in told[-1]
    locked = "@Alex Wilber entered five wrong codes"
    story.wait(lambda: locked in told_directly(story, "second_approver"), "the others' message")
    story.ahead += timedelta(minutes=15)
    assert not story.slack.submit("approver", form, {"code": phone.code()}).ack_payload
    assert story.slack.modals("approver") == []
    story.told("approver", "your second factor is enrolled")
    assert "@Alex Wilber enrolled a second factor for approvals" in told_directly(story, "second_approver")
    assert "enrolled a second factor" not in told_directly(story, "bystander")
    assert story.kinds().count("factor_enrolled") == 1

    # Whoever has a stolen session cannot put another phone in the place of this one.
    story.type("enrol", "approver")
    story.told(
        "approver",
        ("You already have a second factor. The bot's operator can remove it: compromise factor remove."),
    )
    assert story.slack.modals("approver") == []


def test_only_approvers_enrol(story):
    for person, why in {"bystander": "You are not an approver.", "guest": "Guests of this workspace"}.items():
        story.type("enrol", person)
        story.told(person, why)
        assert story.slack.modals(person) == []
    assert "factor_offered" not in story.kinds()


def test_an_enrolled_approver_approves_with_a_code_that_counts_once(story):
    phone = enrolled(story, "approver")
    first, second = story.simple(), story.simple()
    story.press("approver", first)
    form = story.window("approver")
    assert story.votes(first) == []
    assert "The code is invalid" in says(story.slack.submit("approver", form, {"code": phone.wrong()}))
    assert "This code was already used; wait for the next one." in says(
        story.slack.submit("approver", form, {"code": phone.shown[0]})
    )
    assert story.votes(first) == []
    assert not story.slack.submit("approver", form, {"code": phone.code()}).ack_payload
    done = story.ends(first, ProposalState.DONE)
    assert [vote.factor for vote in done.votes] == [True]
    by = "approved by @Alex Wilber with a code"
    story.wait(lambda: all(by in paper for paper in story.papers(first)), "the code on every card")

    assert "This code was already used; wait for the next one." in says(
        approve_with(story, "approver", second, phone.shown[-1])
    )
    assert story.stands(second) is ProposalState.OPEN
    story.nothing_was_done(second)


def test_the_same_code_sent_twice_at_the_same_instant_counts_once(story):
    phone = enrolled(story, "approver")
    proposal = story.simple()
    story.press("approver", proposal)
    form, code = story.window("approver"), phone.code()
    answers: list[Any] = []
    at_once(*[lambda: answers.append(story.slack.submit("approver", form, {"code": code}))] * 2)
    assert sorted(bool(answer.ack_payload) for answer in answers) == [False, True]
    story.ends(proposal, ProposalState.DONE)
    assert story.votes(proposal) == [("U0ALEXWILB", "")]
    assert story.kinds().count("factor_used") == 1
    assert len(story.writes(proposal)) == 1


def test_an_enrolled_approver_cannot_approve_by_word_without_a_code(story):
    phone = enrolled(story, "approver")
    proposal = story.simple()
    story.type(f"approve {proposal.id} {proposal.digest[:8]}", "approver")
    form = story.window("approver")
    assert form.callback_id == "approve"
    assert "Six-digit code" in story.slack.as_text(form)
    assert story.votes(proposal) == []
    assert story.stands(proposal) is ProposalState.OPEN
    assert not story.slack.submit("approver", form, {"code": phone.code()}).ack_payload
    story.ends(proposal, ProposalState.DONE)


def test_a_window_opened_before_somebody_enrolled_counts_no_more(story):
    proposal = story.simple()
    story.press("approver", proposal)
    form = story.window("approver")
    assert "Six-digit code" not in story.slack.as_text(form)
    story.type("enrol", "approver")
    enrolling = story.wait(
        lambda: next((v for v in story.slack.modals("approver") if v.callback_id == "enrol"), None),
        "the window to enroll",
    )
    phone = Phone(story, secret_in(story.slack.as_text(enrolling)))
    assert not story.slack.submit("approver", enrolling, {"code": phone.code()}).ack_payload
    story.told("approver", "your second factor is enrolled")
    assert not story.slack.submit("approver", form, {}).ack_payload
    story.told("approver", "Your approvals need a code. Select Approve on the card again")
    assert story.votes(proposal) == []
    story.nothing_was_done(proposal)


def reset(subject: Subject) -> Change:
    """A change that gives an account a new password."""
    path, field = f"/users/{subject.id}", "lastPasswordChangeDateTime"
    return Change(
        id="reset_password:password",
        step="reset_password",
        says="Give it a new random password",
        why="It was taken over.",
        do=Request("PATCH", path, body={"passwordProfile": {"password": NEW_PASSWORD}}),
        look=Look(Request("GET", path, {"$select": field}), fields=(field,)),
        expects={},
        wants={},
        moves=True,
        no_undo="The old password is unknown.",
        suggested=True,
    )


def proposed_reset(story: Table) -> Proposal:
    """Propose a new password, which takes two people."""
    subject = story.account()
    return story.proposed(story.case(reset(subject), subject=subject))


def the_window(story: Table, person: str, callback: str) -> View:
    """The window of this kind that somebody has open, as soon as it is there."""
    return story.wait(
        lambda: next((one for one in story.slack.modals(person) if one.callback_id == callback), None),
        f"the window {callback}",
    )


def test_a_stolen_session_does_not_show_the_new_password(story):
    """The code of the approval is spent by then; without another one the session reads nothing."""
    phone = enrolled(story, "approver")
    proposal = proposed_reset(story)
    assert not approve_with(story, "approver", proposal, phone.code()).ack_payload
    story.told("approver", f"You approved {proposal.id}")
    story.approve("second_approver", proposal)
    story.ends(proposal, ProposalState.DONE)
    shows = "[Show new password once]"
    story.wait(lambda: shows in story.slack.as_text(story.paper(proposal)), "the button")
    for by_word in (False, True):
        if by_word:
            story.type(f"password {proposal.id}", "approver")
        else:
            story.press("approver", proposal, "show_password")
        form = the_window(story, "approver", "password_code")
        assert "The code is invalid" in says(story.slack.submit("approver", form, {"code": phone.wrong()}))
        story.slack.close("approver", form)
    assert "password_shown" not in story.kinds()

    story.press("approver", proposal, "show_password")
    form = the_window(story, "approver", "password_code")
    story.slack.submit("approver", form, {"code": phone.code()})
    shown = the_window(story, "approver", "password")
    story.wait(
        lambda: "It is shown only once" in story.slack.as_text(story.slack.modals("approver")[-1]), "it"
    )
    assert shown.id == form.id
    assert story.kinds().count("password_shown") == 1

    # Whoever has no second factor is asked for none.
    story.type(f"password {proposal.id}", "second_approver")
    story.told("second_approver", "The new password is no longer available.")


def test_who_strikes_with_a_stolen_session_does_not_read_the_password_as_the_one_who_proposes(story):
    enrolled(story, "approver")
    subject = story.account()
    change, _ = story.rule(subject)
    old = story.proposed(story.case(change, reset(subject), subject=subject), "1,2")
    story.type(f"strike {old.id} 1 because it is the user's own", "approver")
    story.ends(old, ProposalState.DENIED)
    new = story.proposals.of_case(old.plan.case_id)[-1]
    story.wait(lambda: story.proposals.get(new.id).card, "its card")
    for person in ("responder", "second_approver"):
        story.approve(person, new)
    story.ends(new, ProposalState.DONE)
    story.type(f"password {new.id}", "approver")
    the_window(story, "approver", "password_code")
    assert "password_shown" not in story.kinds()


def test_where_the_policy_wants_a_code_who_proposed_without_one_reads_no_password(table):
    story = table.sit(alone=True, policy=PolicySettings(factor=("reset_password",)))
    story.stop_clock()
    proposal = proposed_reset(story)
    for person in ("approver", "second_approver"):
        assert not approve_with(story, person, proposal, enrolled(story, person).code()).ack_payload
        story.told(person, f"You approved {proposal.id}")
    story.ends(proposal, ProposalState.DONE)
    story.type(f"password {proposal.id}")
    story.told("responder", "The new password is shown only with a second-factor code here")
    assert "password_shown" not in story.kinds()


def test_a_denial_needs_no_code(story):
    """Whoever says no must not look for a phone first."""
    enrolled(story, "approver")
    proposal = story.simple()
    story.type(f"deny {proposal.id} because it is a mistake", "approver")
    story.ends(proposal, ProposalState.DENIED)
    story.nothing_was_done(proposal)


def test_where_the_policy_wants_a_code_everybody_needs_one_and_is_told_what_to_type(table):
    story = table.sit(alone=True, policy=WANTED)
    story.stop_clock()
    proposal = story.grave()
    assert "Needs approval by two different people, each with a code" in story.papers(proposal)[0]
    story.refused(
        "approver",
        proposal,
        ("This needs a second-factor code, and you have not enrolled. Type /compromise enroll first."),
    )
    story.type(f"approve {proposal.id}", "second_approver")
    story.told(
        "second_approver",
        ("This needs a second-factor code, and you have not enrolled. Type /compromise enroll first."),
    )
    # Whoever may not approve at all is not asked for a code.
    story.refused("bystander", proposal, "You are not an approver.")
    assert story.votes(proposal) == []

    for person, name in {"approver": "Alex Wilber", "second_approver": "Lidia Holloway"}.items():
        phone = enrolled(story, person)
        assert not approve_with(story, person, proposal, phone.code()).ack_payload
        story.told(person, f"You approved {proposal.id}")
        assert f"approved by @{name} with a code" in story.papers(proposal)[0]
    done = story.ends(proposal, ProposalState.DONE)
    assert all(vote.factor for vote in done.votes)
    assert len(story.writes(proposal)) == 2


def test_after_three_wrong_codes_the_right_one_counts_and_only_the_window_tells(story):
    phone = enrolled(story, "approver")
    proposal = story.simple()
    others = {person: told_directly(story, person) for person in ("responder", "second_approver")}
    story.press("approver", proposal)
    form = story.window("approver")
    told = [says(story.slack.submit("approver", form, {"code": phone.wrong()})) for _ in range(3)]
    assert told == [f"The code is invalid. Attempts left: {left}." for left in (4, 3, 2)]
    assert story.kinds().count("factor_refused") == 3
    assert "factor_locked" not in story.kinds()
    assert story.votes(proposal) == []
    assert "invalid code" not in story.thread(proposal.plan.case_id)
    assert {person: told_directly(story, person) for person in others} == others

    assert not story.slack.submit("approver", form, {"code": phone.code()}).ack_payload
    story.ends(proposal, ProposalState.DONE)
    assert [voter for voter, _ in story.votes(proposal)] == [story.slack.people["approver"].id]


def test_after_five_wrong_codes_not_even_a_right_one_counts_for_a_while(story):
    phone = enrolled(story, "approver")
    locked = "@Alex Wilber entered five wrong codes"
    before = told_directly(story, "second_approver").count(locked)
    proposal = story.simple()
    story.press("approver", proposal)
    form = story.window("approver")
    told = [says(story.slack.submit("approver", form, {"code": phone.wrong()})) for _ in range(5)]
    assert "Attempts left: 1." in told[3]
    assert "That was the fifth wrong code" in told[4]
    assert "Too many wrong codes" in says(story.slack.submit("approver", form, {"code": phone.code()}))
    assert story.kinds().count("factor_locked") == 1
    story.nothing_was_done(proposal)
    # Whoever holds a stolen Slack account and guesses sees the window; the others hear of it, once.
    story.wait(lambda: told_directly(story, "second_approver").count(locked) > before, "the others' message")
    assert told_directly(story, "second_approver").count(locked) == before + 1
    assert locked not in told_directly(story, "bystander")

    story.ahead += timedelta(minutes=15)
    assert not story.slack.submit("approver", form, {"code": phone.code()}).ack_payload
    story.ends(proposal, ProposalState.DONE)


def test_a_right_code_does_not_make_up_for_a_lost_role(story):
    """What was allowed when the window opened is looked at again when the code comes."""
    phone = enrolled(story, "approver")
    proposal = story.simple()
    story.press("approver", proposal)
    form = story.window("approver")
    story.slack.set_group("incident-responders", ["responder", "second_approver"])
    assert not story.slack.submit("approver", form, {"code": phone.code()}).ack_payload
    story.wait(lambda: story.count(proposal, "vote_refused") == 1, "the refusal")
    assert "You are not an approver." in story.votes(proposal, "vote_refused")[0][1]
    story.nothing_was_done(proposal)


def test_neither_the_key_nor_a_code_is_written_down_or_shown_outside_the_window(story):
    phone = enrolled(story, "approver")
    proposal = story.simple()
    form_code = phone.code()
    assert not approve_with(story, "approver", proposal, form_code).ack_payload
    story.ends(proposal, ProposalState.DONE)
    folder = story.settings.ledger.parent
    story.stop()
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert {"ledger.db", "jobs.db"} <= files.keys()
    grouped = " ".join(phone.secret[n : n + 4] for n in range(0, 32, 4))
    for name, content in files.items():
        assert phone.secret.encode() not in content, name
        assert grouped.encode() not in content, name
    # Six digits may stand in any number by chance, so codes are looked for in what was said and noted.
    story.start()
    noted = "\n".join(f"{entry.kind} {entry.body}" for entry in story.bot.ledger.entries())
    shown = [entry for entry in story.slack.transcript if "modal" not in entry["kind"]]
    for text in (noted, *(str(entry.get("text", "")) for entry in shown)):
        assert phone.secret not in text
        assert grouped not in text
        for code in phone.shown:
            assert re.search(rf"(?<!\d){code}(?!\d)", text) is None
