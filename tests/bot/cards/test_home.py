"""The Home tab shows cases to those who may ask or approve, and to nobody else."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.cards.case import Cards
from bot.people.second_factor import SecondFactor
from bot.settings import ApproverSettings, ResponderSettings
from bot.slack.client import make_client
from bot.slack.rooms import Rooms
from commands.ledger import new_case_id
from commands.ledger.entries import Asked, FactorEnrolled
from commands.plans.plan import Plan
from commands.signing_key import SigningKey
from graph.question import Subject, Window
from sandbox.workspace.faults import api_error
from tests.commands.plans import change
from tests.scenarios.conftest import ADELE

APPROVERS = ApproverSettings(users=("U0ALEXWILB", "U0LIDIAHOL", "U0ADELEVAN", "U0GUESTPAT", "U0EXTERNJO"))


def subject(name: str) -> Subject:
    address = f"{name}@contoso.example"
    return Subject(f"id-{name}", address, address, (address,), name)


@pytest.fixture
def story(stage: Any) -> Any:
    """A bot with approvers, a channel for cards and one for checkpoints."""
    built = stage("clean", start=False)
    slack = built.slack_settings.model_copy(update={"channel": "C0INCIDENT", "checkpoints": "C0SECALERT"})
    built.settings = built.settings.model_copy(update={"slack": slack, "approvers": APPROVERS})
    built.start()
    return built


def case(story: Any, name: str, verdict: str = "", *, days: int = 14, card: bool = True) -> str:
    """Open a case; with a verdict, finish it."""
    ledger, now = story.bot.ledger, datetime.now(UTC)
    case_id = new_case_id()
    with ledger.writing() as writing:
        writing.open_case(
            case_id,
            tenant="Contoso",
            subject=subject(name),
            window=Window(now - timedelta(days=days), now),
            channel="C0INCIDENT",
            asked_by="U0MEGANBOW",
        )
    if card:
        client = make_client(story.slack_settings)
        Cards(Rooms(client, client), ledger).post(ledger.case(case_id))
    if verdict:
        with ledger.writing() as writing:
            writing.finish(case_id, verdict=verdict, report="")
            writing.shown(case_id, "as done")
    return case_id


def proposed(story: Any, case_id: str, name: str, by: str = "U0MEGANBOW") -> Any:
    found = subject(name)
    plan = Plan(case_id, "Contoso", found.id, found.mail, (change(),), (), "nonce")
    return story.proposals.propose(
        kind="contain",
        plan=plan,
        proposed_by=by,
        proposer=frozenset({"megan.bowen@contoso.example"}),
        reason="of what was found",
        needs=2,
        factor=False,
        strict=False,
        expires_at=datetime.now(UTC) + timedelta(minutes=30),
        channel="C0INCIDENT",
    )


def home(story: Any, person: str, holding: str = "") -> Any:
    """What this person's Home tab says once it holds these words."""
    assert story.slack.open_home(person).error is None

    def probe() -> Any:
        view = story.slack.home(person)
        text = story.slack.as_text(view) if view else ""
        return text if holding in text else None

    return story.slack.wait_for(probe, what=f"a Home tab of {person} with {holding!r}")


def test_a_responder_sees_the_open_cases_with_links_and_how_the_bot_is(story):
    looking, found = case(story, "isaiah.langer"), case(story, "diego.siciliani", "compromised")
    cleared = case(story, "pradeep.gupta", "no sign found")
    text = home(story, "responder", "■ Ledger: verified at start,")
    assert "isaiah.langer@contoso.example" in text
    assert "Investigating" in text
    assert "Compromised" in text
    view = story.slack.home("responder")
    assert f"|{looking}>" in str(view.blocks)
    assert f"|{found}>" in str(view.blocks)
    assert cleared not in str(view.blocks)
    assert "Waiting for you" not in text
    assert "Last check: done" in text
    assert "Ledger checkpoints: " in text
    assert "second factor" not in text, "who does not approve needs none"
    assert "<@U0ALEXWILB>" in str(view.blocks)
    assert "<@U0NESTORWI>" in str(view.blocks)


def test_an_accusation_stays_until_a_check_of_as_long_a_span_acquits(story):
    accused = case(story, "diego.siciliani", "suspicious", days=14)
    case(story, "diego.siciliani", "no sign found", days=2)
    home(story, "responder", accused)
    case(story, "diego.siciliani", "no sign found", days=14)
    assert accused not in home(story, "responder", "No account is under investigation")


def test_a_proposal_waits_for_each_approver_until_they_have_answered(story):
    case_id = case(story, "diego.siciliani", "compromised")
    proposal = proposed(story, case_id, "diego.siciliani")
    text = home(story, "approver", "Waiting for you")
    assert f"read and decide {proposal.id}" in text
    assert "0 of 2 approvals" in text
    assert "Your second factor: none; type" in text
    assert "1 proposal waits for others." in home(story, "responder", "waits for other")

    story.type(f"approve {proposal.id}", person="approver")
    story.slack.wait_for(lambda: story.proposals.get(proposal.id).votes)
    assert "1 proposal waits for others." in home(story, "approver", "waits for other")
    assert "1 of 2 approvals" in home(story, "second_approver", "1 of 2")


def test_nobody_sees_a_case_or_a_proposal_about_their_own_account(story):
    mine = case(story, "alex.wilber", "suspicious", days=2)
    case(story, "alex.wilber", "no sign found", days=2)
    other = case(story, "diego.siciliani", "suspicious")
    text = home(story, "approver", other)
    assert mine not in text
    assert "alex.wilber" not in text


@pytest.mark.parametrize("verdict", ["compromised", "suspicious", ""])
def test_somebody_whose_own_account_is_in_doubt_sees_what_everybody_sees(story, verdict):
    """It does not even tell why: whoever holds the account may hold its owner's Slack as well."""
    before = home(story, "bystander", "Does an account look compromised?")
    case(story, "megan.bowen", verdict)
    case(story, "adele.vance", verdict)
    for person in ("responder", "subject"):
        assert home(story, person, "Does an account look compromised?") == before
        assert ADELE not in before.replace("suspect adele.vance@contoso.example", "")


@pytest.mark.parametrize(
    ("person", "says"),
    [("guest", "Guests of this workspace cannot"), ("external", "People from another workspace cannot")],
)
def test_those_from_outside_see_nothing_even_when_the_settings_name_them(story, person, says):
    case_id = case(story, "diego.siciliani", "compromised")
    text = home(story, person, says)
    assert case_id not in text
    assert "diego" not in text
    assert "Report a compromised account" not in text


def test_everybody_else_can_report_from_there_and_sees_no_case(story):
    case_id = case(story, "diego.siciliani", "compromised")
    text = home(story, "bystander", "Report a compromised account")
    assert case_id not in text
    assert "diego" not in text
    assert "Ledger" not in text
    story.slack.click("bystander", story.slack.home("bystander"), "open_form")
    modal = story.slack.wait_for(lambda: story.slack.modals("bystander"))[0]
    assert (
        "This notifies the responders. Nothing is started or changed until they act."
        in story.slack.as_text(modal)
    )


def test_a_second_factor_that_is_enrolled_is_shown(story):
    factor = SecondFactor(
        story.bot.ledger, SigningKey.load_or_make(story.settings.key), lambda: datetime.now(UTC)
    )
    factor.enrol("U0ALEXWILB")
    story.bot.ledger.append(FactorEnrolled(step=1), "U0ALEXWILB")
    home(story, "approver", "Your second factor: enrolled")


def test_a_ledger_that_was_altered_is_told(stage):
    story = stage("clean")
    story.bot.ledger.append(Asked(), "U1")
    story.stop()
    with closing(sqlite3.connect(story.settings.ledger)) as db:
        trigger = db.execute("SELECT sql FROM sqlite_master WHERE name = 'ledger_keeps_words'").fetchone()[0]
        db.execute("DROP TRIGGER ledger_keeps_words")
        db.execute("UPDATE ledger SET actor = 'U2' WHERE seq = 1")
        db.execute(trigger)
        db.commit()
    story.start()
    assert "was changed after it was written" in home(story, "responder", "Ledger: ⛔")


def test_where_nothing_is_set_up_everybody_is_told_what_to_write_where(stage):
    story = stage("clean", changes={"responders": ResponderSettings()})
    text = home(story, "bystander", "Just installed?")
    assert 'users = ["U0GRADYARC"]' in text
    assert "Report a compromised account" not in text
    assert "Call your IT help desk." in text


def test_a_responder_of_a_new_bot_is_told_what_is_missing(stage):
    story = stage("clean")
    text = home(
        story,
        "responder",
        ("No checks yet. In a channel I am in, type: `/compromise check adele.vance@contoso.example`"),
    )
    assert "□ Approvers: none, so no remediation is possible (`approvers`)" in text
    assert "□ Ledger checkpoints: none, so truncation would go unnoticed (`slack.checkpoints`)" in text
    assert (
        "□ Cards go to the channel of the request, and colleagues' reports go nowhere (`slack.channel`)"
    ) in text


def test_a_home_tab_that_slack_does_not_take_is_drawn_at_the_next_opening(story):
    story.slack.faults.add("views.publish", api_error("invalid_arguments"))
    story.slack.open_home("bystander")
    home(story, "bystander", "Does an account look compromised?")


def test_the_home_tab_names_what_doctor_finds_missing_and_looks_again_only_when_that_is_old(story):
    story.slack.wait_for(story.bot.desk.has_named_everybody, what="the end of the start")
    text = home(story, "responder", "As of")
    assert "complete" in text
    asked = len(story.microsoft.calls)
    assert "As of" in home(story, "approver", "As of")
    assert len(story.microsoft.calls) == asked
