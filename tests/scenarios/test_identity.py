"""Who somebody is stays fixed, whatever address their Slack account shows today.

Whoever holds a mailbox often holds its owner's Slack account as well, and people may change the address in
their Slack profile: to a colleague's, to an alias, and back again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from bot.cli import command
from bot.settings import ApproverSettings, ResponderSettings, Settings
from commands.containment.proposals import Proposal
from commands.errors import LedgerTampered
from commands.ledger.verify import verify_ledger
from commands.plans.approval import ProposalState
from commands.report import VerdictCode
from graph.question import Subject
from sandbox import workspace
from sandbox.scenarios.people import ALEX
from sandbox.tenant import Fault
from tests.scenarios.conftest import ADELE
from tests.scenarios.deciding import GROUP, TEAM, Table, laid

GRADY = "grady.archie@contoso.example"
OWN = "You cannot vote on your own account."
CHANGED = "changed since your identity was recorded"
ATTEMPTS = 50


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Table]:
    with laid(tmp_path_factory.mktemp("identity")) as table:
        yield table


@pytest.fixture
def story(table: Table) -> Iterator[Table]:
    """A bot of its own, as who people are is kept with the ledger; addresses are put back afterwards."""
    before = {part: person.email for part, person in table.slack.people.items()}
    try:
        yield table
    finally:
        for part, email in before.items():
            table.slack.change_person(part, email=email)
        table.slack.faults.clear()
        table.microsoft.faults.clear()


def sit(table: Table, **changes: Any) -> Table:
    """Sit down, and wait until everybody who is named is known."""
    story = table.sit(alone=True, **changes)
    story.wait(story.bot.desk.has_named_everybody, "everyone who is named is known")
    return story


def about_adele(story: Table) -> Proposal:
    """Have somebody check Adele's account, and propose one change."""
    subject = story.adele()
    change, _ = story.rule(subject)
    return story.proposed(story.case(change, subject=subject))


def people_in(story: Table) -> list[tuple[str, dict[str, Any]]]:
    """The entries that say who people are."""
    return [
        (one.kind, dict(one.facts)) for one in story.bot.ledger.entries() if one.kind.startswith("person")
    ]


# --- the owner of the account ------------------------------------------------------------------------------


def test_the_owner_of_an_account_is_written_down_when_its_case_opens(story):
    story = sit(story)
    proxies(story, ADELE, "smtp:accounts@contoso.example")
    story.slack.change_person("diego", email="accounts@contoso.example")
    story.type(f"check {ADELE}")
    story.card("Files in the thread")
    (bound,) = [one.facts for one in story.bot.ledger.entries(kinds=("owner_bound",))]
    assert set(bound["users"]) == {"U0ADELEVAN", "U0DIEGOSIC"}
    assert {ADELE, "accounts@contoso.example"} <= set(bound["addresses"])
    assert (bound["object_id"], bound["missing"]) == (story.adele().id, "")


def test_a_case_whose_owner_slack_does_not_tell_says_so(story):
    story = sit(story)
    story.slack.faults.add("users.lookupByEmail", workspace.api_error("fatal_error"), times=ATTEMPTS)
    story.type(f"check {ADELE}")
    story.card("Slack did not say which Slack accounts the owner has (fatal_error)")
    story.card("Files in the thread")


@pytest.mark.parametrize("back", [False, True], ids=["changed", "changed and changed back"])
def test_the_owner_who_changes_the_address_in_slack_still_decides_nothing(story, back):
    """Adele was not named when the case opened, so nothing but the case knows who she is."""
    story = sit(story, approvers=ApproverSettings(group=GROUP))
    proposal = about_adele(story)
    story.slack.change_person("subject", email=GRADY)
    story.slack.set_group("incident-responders", [*TEAM, "subject"])
    if back:
        story.refused("subject", proposal, OWN)
        story.slack.change_person("subject", email=ADELE)
    story.refused("subject", proposal, OWN)
    story.type(f"deny {proposal.id} because it is fine", "subject")
    story.wait(lambda: story.count(proposal, "vote_refused") == 2 + back, "the denial refused")
    assert story.stands(proposal) is ProposalState.OPEN
    assert "it is their own account" in story.thread(proposal.plan.case_id)


@pytest.mark.parametrize("what", ["check {0}", "report {0}", "contain {1} 1 because of it", "history {1}"])
def test_the_owner_who_changes_the_address_asks_nothing_about_the_account_either(story, what):
    story = sit(story, responders=ResponderSettings(users=("U0MEGANBOW", "U0ADELEVAN")))
    proposal = about_adele(story)
    story.press("responder", proposal, "withdraw")
    story.ends(proposal, ProposalState.WITHDRAWN)
    asked = story.kinds().count("refused")
    story.slack.change_person("subject", email=GRADY)
    story.type(what.format(ADELE, proposal.plan.case_id), "subject")
    story.wait(lambda: story.kinds().count("refused") == asked + 1, "the refusal")
    assert len(story.proposals.of_case(proposal.plan.case_id)) == 1


def test_whoever_takes_the_address_of_the_subject_after_voting_stops_the_plan(story):
    story = sit(story)
    proposal = story.grave()
    subject = story.bot.ledger.case(proposal.plan.case_id).subject
    story.approve("approver", proposal)
    story.slack.change_person("approver", email=subject.mail)
    story.votes_yes("second_approver", proposal)
    assert "This is their own account" in story.ends(proposal, ProposalState.STOPPED).note
    story.nothing_was_done(proposal)


def test_who_the_owner_is_in_slack_is_asked_again_before_anybody_decides(story):
    story = sit(story)
    subject = story.adele()
    change, _ = story.rule(subject)
    story.slack.faults.add("users.lookupByEmail", workspace.api_error("fatal_error"), times=ATTEMPTS)
    case = story.case(change, subject=subject)
    assert case.owners_missing == "fatal_error"
    proposal = story.proposed(case)
    story.refused("approver", proposal, "Slack did not say which Slack accounts the owner has")
    assert story.stands(proposal) is ProposalState.OPEN
    story.slack.faults.clear()
    story.approve("approver", proposal)
    story.ends(proposal, ProposalState.DONE)
    assert story.bot.ledger.case(case.id).owners == {"U0ADELEVAN"}


UNBOUND = {
    "bound to nobody": ("UPDATE cases SET owners = NULL", "owners"),
    "bound to somebody else": ("""UPDATE cases SET owners = '["U0DIEGOSIC"]'""", "owners"),
    "about another account": ("UPDATE cases SET subject = replace(subject, 'adele', 'diego')", "subject"),
}


@pytest.mark.parametrize("how", UNBOUND)
def test_a_case_whose_owner_was_altered_in_the_file_is_decided_by_nobody(story, how):
    """Bound anew it would fit the entries again, and the owner, under another address by now, would vote."""
    story = sit(story)
    proposal = about_adele(story)
    story.slack.change_person("subject", email=GRADY)
    statement, column = UNBOUND[how]
    story.alter(statement)
    says = f"has a different {column} in row {proposal.plan.case_id} of table cases than recorded"
    with pytest.raises(LedgerTampered, match=says):
        verify_ledger(story.settings.ledger)
    bound = story.kinds().count("owner_bound")
    for part in ("subject", "approver"):
        story.press(part, proposal)
        story.told(part, says)
    assert story.kinds().count("owner_bound") == bound
    assert story.proposals.get(proposal.id).votes == ()
    assert story.stands(proposal) is ProposalState.OPEN


# --- those who are named -----------------------------------------------------------------------------------


def test_everybody_who_is_named_is_known_by_slack_id_and_object_id_from_the_start(story):
    story = sit(story)
    named = {facts["user"]: facts for kind, facts in people_in(story) if kind == "person_named"}
    assert {"U0MEGANBOW", "U0ALEXWILB", "U0LIDIAHOL", "U0ADELEVAN"} <= named.keys()
    assert not {"U0GUESTPAT", "U0EXTERNJO", "U0FORMERJO", "U0OTHERBOT"} & named.keys()
    assert named["U0ADELEVAN"]["object_id"] == story.adele().id
    assert named["U0ADELEVAN"]["email"] == ADELE


@pytest.fixture
def compromise(story, capsys, monkeypatch):
    """Run the command beside the bot; gives status, output and errors."""

    def run(*arguments: str) -> tuple[int, str, str]:
        settings = story.settings
        folder = settings.ledger.parent
        monkeypatch.chdir(folder)
        (folder / "compromise.toml").write_text(toml_of(settings), encoding="utf-8")
        (folder / "compromise.toml").chmod(0o600)
        with pytest.raises(SystemExit) as ended:
            command.main(arguments)
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return run


def test_an_approver_with_the_address_of_a_colleague_decides_nothing_until_named_again(story, compromise):
    story = sit(story)
    proposal = story.grave()
    story.slack.change_person("approver", email=GRADY)
    story.refused("approver", proposal, CHANGED)
    story.wait(
        lambda: "email address or Microsoft 365 account of" in directly(story, "second_approver"),
        "the others are told",
    )
    assert people_in(story)[-1] == (
        "person_changed",
        {"user": "U0ALEXWILB", "email": GRADY, "object_id": ""},
    )

    # Whoever changes it back has still held it, and is told so.
    story.slack.change_person("approver", email="alex.wilber@contoso.example")
    story.refused("approver", proposal, CHANGED)
    assert [kind for kind, _ in people_in(story)].count("person_changed") == 1
    assert "You already voted on" not in story.papers(proposal)[0]

    assert "U0ALEXWILB alex.wilber@contoso.example" in compromise("people", "list")[1]
    assert "changed since: cannot run checks or vote" in compromise("people", "list")[1]
    status, said, _ = compromise("people", "confirm", "U0ALEXWILB")
    assert (status, said) == (0, f"Identity of U0ALEXWILB confirmed: {ALEX.upn}, account {ALEX.id}.\n")
    assert "changed since" not in compromise("people", "list")[1]
    assert "The settings list U0GRADYARC" in compromise("people", "confirm", "U0GRADYARC")[2]
    story.approve("approver", proposal)
    assert story.stands(proposal) is ProposalState.OPEN


def test_an_approver_whose_address_changes_after_voting_stops_the_plan(story):
    story = sit(story)
    proposal = story.grave()
    story.approve("approver", proposal)
    story.slack.change_person("approver", email=GRADY)
    story.votes_yes("second_approver", proposal)
    stopped = story.ends(proposal, ProposalState.STOPPED)
    assert "Too few of the approvals are still valid, so nothing was done" in stopped.note
    assert CHANGED in stopped.note
    story.nothing_was_done(proposal)


@pytest.mark.parametrize("to", ["the subject", "a colleague"])
def test_a_proposer_who_is_not_who_was_named_withdraws_nothing(story, to):
    """Whoever holds the proposer's Slack account could otherwise stop every plan before it is carried out."""
    story = sit(story)
    proposal = story.grave()
    subject = story.bot.ledger.case(proposal.plan.case_id).subject
    story.slack.change_person("responder", email=subject.mail if to == "the subject" else GRADY)
    story.press("responder", proposal, "withdraw")
    story.told("responder", CHANGED)
    assert story.stands(proposal) is ProposalState.OPEN


@pytest.mark.parametrize(
    ("answer", "says"),
    [(VerdictCode.COMPROMISED, "is marked compromised"), (VerdictCode.SUSPICIOUS, "is marked suspicious")],
)
def test_a_proposer_whose_own_account_is_in_doubt_withdraws_nothing(story, answer, says):
    story = sit(story)
    proposal = story.grave()
    megan = story.microsoft.state.user("megan.bowen@contoso.example")
    assert megan is not None
    name = megan["userPrincipalName"]
    story.case(subject=Subject(megan["id"], name, name, (name,), "Megan Bowen"), answer=answer)
    story.press("responder", proposal, "withdraw")
    story.told("responder", says)
    assert story.stands(proposal) is ProposalState.OPEN


def test_nobody_withdraws_or_reads_a_password_with_the_address_of_the_proposer(story):
    story = sit(story)
    proposal = story.grave()
    story.slack.change_person("isaiah", email="megan.bowen@contoso.example")
    story.press("isaiah", proposal, "withdraw")
    story.told("isaiah", "Only the person who proposed it can withdraw it. An approver can deny it.")
    assert story.stands(proposal) is ProposalState.OPEN
    story.type(f"password {proposal.id}", "isaiah")
    story.told(
        "isaiah", "Only the person who proposed it and those who approved it can see the new password."
    )


def test_an_approver_whose_account_is_made_anew_is_somebody_else(story):
    """The address stays, and leads to another object: whoever makes accounts could make an approver."""
    story = sit(story)
    proposal = story.grave()
    user = story.microsoft.state.user("alex.wilber@contoso.example")
    assert user is not None
    old = user["id"]
    try:
        rename(story, user, "11111111-2222-3333-4444-555555555555")
        story.refused("approver", proposal, CHANGED)
    finally:
        rename(story, user, old)
    story.refused("approver", proposal, CHANGED)


# --- two people --------------------------------------------------------------------------------------------


def test_two_slack_accounts_of_one_mailbox_are_one_person(story):
    proxies(story, "alex.wilber@contoso.example", "smtp:security@contoso.example")
    story.slack.change_person("isaiah", email="security@contoso.example")
    story = sit(story)
    proposal = story.grave()
    story.approve("isaiah", proposal)
    story.refused(
        "approver",
        proposal,
        "You already voted; each person has one vote.",
        ("; each person votes once. To stop it, ask"),
    )
    assert story.stands(proposal) is ProposalState.OPEN
    story.approve("second_approver", proposal)
    story.ends(proposal, ProposalState.DONE)


def test_a_vote_says_which_account_the_voter_has(story):
    story = sit(story)
    proposal = story.simple()
    story.approve("approver", proposal)
    alex = story.microsoft.state.user("alex.wilber@contoso.example")
    assert alex is not None
    (entry,) = story.bot.ledger.entries(kinds=("voted",))
    assert (entry.version, entry.facts["object_id"]) == (2, alex["id"])
    assert story.ends(proposal, ProposalState.DONE).votes[0].object_id == alex["id"]


@pytest.mark.parametrize("email", ["nobody.here@contoso.example", "alex@elsewhere.example"])
def test_an_approver_without_an_account_in_our_tenants_decides_nothing(story, email):
    story.slack.change_person("isaiah", email=email)
    story = sit(story)
    proposal = story.simple()
    story.refused("isaiah", proposal, "Your Slack email address matches no account in our tenants")


# --- nobody can be asked -----------------------------------------------------------------------------------


def test_while_microsoft_cannot_be_asked_no_vote_counts(story):
    story = sit(story)
    proposal = story.simple()
    story.microsoft.faults.add("/users/alex.wilber", Fault(status=403))
    story.refused("approver", proposal, "Your Microsoft 365 account could not be looked up")
    story.type(f"deny {proposal.id}", "approver")
    story.wait(lambda: story.count(proposal, "vote_refused") == 2, "the denial refused as well")
    assert story.stands(proposal) is ProposalState.OPEN
    story.microsoft.faults.clear()
    story.approve("approver", proposal)
    story.ends(proposal, ProposalState.DONE)


def test_while_microsoft_cannot_be_asked_nothing_is_begun(story):
    story = sit(story)
    proposal = story.grave()
    story.approve("approver", proposal)
    story.microsoft.faults.add("/users/alex.wilber", Fault(status=403))
    story.votes_yes("second_approver", proposal)
    stopped = story.ends(proposal, ProposalState.STOPPED)
    assert "Your Microsoft 365 account could not be looked up" in stopped.note
    story.nothing_was_done(proposal)


@pytest.mark.parametrize("answers", [True, False])
def test_a_plan_waits_while_microsoft_cannot_say_for_a_moment_who_voted(story, answers):
    """Nothing is begun meanwhile; it is carried out when Microsoft answers in time, and stopped otherwise."""
    story = sit(story)
    proposal = story.grave()
    story.approve("approver", proposal)
    story.microsoft.faults.add("/users/alex.wilber", Fault(status=503))
    story.votes_yes("second_approver", proposal)
    told = partial(below, story, proposal, "approved and not carried out yet")
    story.wait(told, "the thread tells what it waits for")
    story.let_pass(timedelta(minutes=5))
    story.nothing_was_done(proposal)
    assert story.stands(proposal) is ProposalState.APPROVED
    if answers:
        story.microsoft.faults.clear()
        story.let_pass(timedelta(minutes=1))
        story.wait(partial(over, story, proposal, ProposalState.DONE), "a round has carried it out")
    else:
        story.ahead += timedelta(minutes=10)
        story.wait(partial(over, story, proposal, ProposalState.STOPPED), "a round has stopped it")
        stopped = story.ends(proposal, ProposalState.STOPPED)
        assert "could not be looked up" in stopped.note
        story.nothing_was_done(proposal)
    assert told() == 1


def over(story: Table, proposal: Proposal, state: ProposalState) -> bool:
    """Let the bot go its round, for a try under way is followed by none; say whether the plan ended so."""
    story.bot.jobs.reconcile()
    return story.stands(proposal) is state


def below(story: Table, proposal: Proposal, says: str) -> int:
    """How many messages below the card of a proposal say something."""
    return sum(says in story.slack.as_text(one) for one in story.slack.replies(story.paper(proposal)))


def test_a_start_at_which_nobody_could_be_asked_names_people_when_they_first_do_something(story):
    story.microsoft.faults.add("/users/alex.wilber", Fault(status=403))
    story = story.sit(alone=True)
    story.wait(story.bot.desk.has_named_everybody, "the end of the first try")
    assert "U0ALEXWILB" not in [facts["user"] for _, facts in people_in(story)]
    story.microsoft.faults.clear()
    proposal = story.simple()
    story.approve("approver", proposal)
    assert "U0ALEXWILB" in [facts["user"] for _, facts in people_in(story)]


def test_who_people_are_is_known_after_a_restart_and_after_long(story):
    story = sit(story)
    before = people_in(story)
    story.stop()
    story.ahead += timedelta(days=400)
    story.start()
    story.wait(story.bot.desk.has_named_everybody, "everyone who is named is known")
    assert people_in(story) == before


# --- helpers -----------------------------------------------------------------------------------------------


def proxies(story: Table, name: str, *more: str) -> None:
    """Give a mailbox further addresses."""
    user = story.microsoft.state.user(name)
    assert user is not None
    user["proxyAddresses"] = [*dict.fromkeys((*user["proxyAddresses"], *more))]


def toml_of(settings: Settings) -> str:
    """The settings of a story as a file."""
    (played,), slack = settings.tenants, settings.slack
    assert slack is not None
    assert slack.app_token is not None
    assert played.client_secret is not None
    return f"""
sandbox = true
ledger = {json.dumps(str(settings.ledger))}
[approvers]
users = {json.dumps(settings.approvers.users)}
group = {json.dumps(settings.approvers.group)}
[slack]
bot_token = {json.dumps(slack.bot_token.get_secret_value())}
app_token = {json.dumps(slack.app_token.get_secret_value())}
api_url = {json.dumps(slack.api_url)}
[[tenants]]
name = "Contoso"
tenant_id = {json.dumps(played.tenant_id)}
client_id = {json.dumps(played.client_id)}
client_secret = {json.dumps(played.client_secret.get_secret_value())}
domains = {json.dumps(played.domains)}
login_url = {json.dumps(played.login_url)}
graph_url = {json.dumps(played.graph_url)}
exchange_url = {json.dumps(played.exchange_url)}
compliance_url = {json.dumps(played.compliance_url)}
"""


def rename(story: Table, user: dict[str, Any], object_id: str) -> None:
    """Have an account under another object id."""
    users = story.microsoft.state.users
    users.pop(user["id"])
    user["id"] = object_id
    users[object_id] = user


def directly(story: Table, person: str) -> str:
    """Everything that the bot has told somebody by direct message."""
    return "\n".join(story.slack.as_text(message) for message in story.slack.direct(person))
