"""Who may ask is decided by the settings and by what Slack says at that moment."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.errors import Barred, NotUnderstood, SlackFailed
from bot.people.identities import Identities
from bot.people.members import GROUP_SECONDS, Account, Members, Team, account_of, why_no_approver, why_not
from bot.people.persons import People, doubt_about
from bot.settings import ResponderSettings, SlackSettings
from bot.slack.client import make_client
from commands.errors import LedgerTampered
from commands.identity import Identity
from commands.ledger import Ledger
from commands.ledger.people import named_people
from commands.ledger.verify import verify_ledger
from graph.errors import Broken, NoSuchUser
from graph.question import Subject
from graph.verified import verified_addresses
from sandbox import workspace
from tests.commands.plans import NOW

HOME = "T0CONTOSO1"
MEGAN = Account("U0MEGANBOW", HOME, "megan.bowen@contoso.example", "Megan Bowen")
NAMED = frozenset({MEGAN.id})
ADELE = Subject(
    id="ad",
    user_principal_name="adele@contoso.example",
    mail="adele.vance@contoso.example",
    addresses=("adele.vance@contoso.example", "adele@contoso.example", "av@fabrikam.example"),
)


def test_a_named_colleague_may_ask():
    assert why_not(MEGAN, HOME, NAMED) == ""


@pytest.mark.parametrize(
    ("change", "named", "says"),
    [
        ({"deleted": True}, NAMED, "deactivated"),
        ({"bot": True}, NAMED, "Bots"),
        ({"stranger": True}, NAMED, "another workspace"),
        ({"team": "T0FABRIKAM"}, NAMED, "another workspace"),
        ({"team": ""}, NAMED, "another workspace"),
        ({"guest": True}, NAMED, "Guests"),
        ({"email": ""}, NAMED, "no email address"),
        ({"confirmed": False}, NAMED, "not confirmed"),
        ({}, frozenset(), "name no responders"),
        ({}, frozenset({"U0ALEXWILB"}), "You are not a responder."),
        ({"id": "U0MEGANBOX"}, NAMED, "You are not a responder."),
        ({"id": "u0meganbow"}, NAMED, "You are not a responder."),
    ],
)
def test_everybody_else_is_refused_with_the_reason(change: dict[str, Any], named, says):
    assert says in why_not(replace(MEGAN, **change), HOME, named)


def test_a_named_colleague_may_approve():
    assert why_no_approver(MEGAN, HOME, NAMED) == ""


@pytest.mark.parametrize(
    ("change", "named", "says"),
    [
        ({"deleted": True}, NAMED, "deactivated"),
        ({"bot": True}, NAMED, "Bots"),
        ({"stranger": True}, NAMED, "another workspace"),
        ({"team": "T0FABRIKAM"}, NAMED, "another workspace"),
        ({"guest": True}, NAMED, "Guests"),
        ({"email": ""}, NAMED, "no email address"),
        ({"confirmed": False}, NAMED, "not confirmed"),
        ({}, frozenset(), "name no approvers"),
        ({}, frozenset({"U0ALEXWILB"}), "You are not an approver."),
    ],
)
def test_everybody_else_may_not_approve(change: dict[str, Any], named, says):
    assert says in why_no_approver(replace(MEGAN, **change), HOME, named)


@pytest.mark.parametrize("flag", ["deleted", "bot", "guest", "stranger"])
def test_being_named_helps_nobody_who_is_barred_for_another_reason(flag):
    raw = {"deleted": "deleted", "bot": "is_bot", "guest": "is_restricted", "stranger": "is_stranger"}[flag]
    profile = {"email": MEGAN.email}
    account = account_of({"id": MEGAN.id, "team_id": HOME, "profile": profile, raw: True})
    assert why_not(account, HOME, NAMED)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"is_restricted": True}, "guest"),
        ({"is_ultra_restricted": True}, "guest"),
        ({"is_bot": True}, "bot"),
        ({"id": "USLACKBOT"}, "bot"),
        ({"deleted": True}, "deleted"),
        ({"is_stranger": True}, "stranger"),
    ],
)
def test_slacks_flags_are_read(raw, expected):
    assert getattr(account_of({"id": "U1", "team_id": HOME, "profile": {}, **raw}), expected)


def test_an_address_is_confirmed_unless_slack_says_no():
    assert account_of({"id": "U1", "profile": {"email": " Megan@Contoso.example "}}).confirmed
    assert (
        account_of({"id": "U1", "profile": {"email": " Megan@Contoso.example "}}).email
        == "megan@contoso.example"
    )
    assert not account_of({"id": "U1", "is_email_confirmed": False}).confirmed


# --- asking Slack ------------------------------------------------------------------------------------------


@pytest.fixture
def slack():
    with workspace.start(Path(__file__).resolve().parents[3] / "manifest.yml") as running:
        yield running


class Seconds:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ledger(tmp_path):
    with closing(Ledger(tmp_path / "ledger.db", lambda: NOW)) as opened:
        yield opened


def account_at(address: str) -> Subject:
    """An account for every address of ours."""
    if not address.endswith("@contoso.example"):
        raise NoSuchUser(f"Nobody has the address {address}.")
    return Subject(f"id-of-{address}", address, address, (address,))


def people_of(
    slack, ledger, *, seconds=None, addresses=None, approvers=None, find=account_at, **responders
) -> People:
    settings = SlackSettings(bot_token=slack.bot_token, app_token=slack.app_token, api_url=slack.api_url)
    client = make_client(settings, waits=False)
    members = Members(
        client,
        HOME,
        {"Contoso": Team(ResponderSettings(**responders), approvers or ResponderSettings())},
        addresses=addresses or {},
        seconds=seconds or Seconds(),
    )
    return People(client, members, Identities(ledger, find), partial(doubt_about, ledger))


@pytest.mark.parametrize(
    ("part", "says"),
    [
        ("guest", "Guests"),
        ("external", "another workspace"),
        ("deactivated", "deactivated"),
        ("another_bot", "Bots"),
        ("bystander", "You are not a responder."),
        ("subject", "You are not a responder."),
    ],
)
def test_slack_tells_who_is_barred(slack, ledger, part, says):
    everybody_but = [person.id for key, person in slack.people.items() if key not in ("bystander", "subject")]
    people = people_of(slack, ledger, users=tuple(everybody_but))
    with pytest.raises(Barred, match=says):
        people.asker(slack.people[part].id, "")


def test_a_person_who_is_deactivated_may_not_ask_a_moment_later(slack, ledger):
    people = people_of(slack, ledger, users=("U0MEGANBOW",))
    assert people.asker("U0MEGANBOW", HOME).addresses == {"megan.bowen@contoso.example"}
    slack.change_person("responder", deleted=True)
    with pytest.raises(Barred, match="deactivated"):
        people.asker("U0MEGANBOW", HOME)


def test_the_payloads_team_counts_as_well(slack, ledger):
    with pytest.raises(Barred, match="another workspace"):
        people_of(slack, ledger, users=("U0MEGANBOW",)).asker("U0MEGANBOW", "T0FABRIKAM")


def test_a_user_group_is_read_again_after_a_minute(slack, ledger):
    seconds = Seconds()
    people = people_of(slack, ledger, group="S0RESPONDE", seconds=seconds)
    assert people.asker("U0MEGANBOW", HOME)
    slack.set_group("incident-responders", ["approver"])
    seconds.now = GROUP_SECONDS - 1
    assert people.asker("U0MEGANBOW", HOME)
    seconds.now = GROUP_SECONDS
    with pytest.raises(Barred, match="You are not a responder"):
        people.asker("U0MEGANBOW", HOME)


def test_where_slack_does_not_answer_nobody_may_ask(slack, ledger):
    people = people_of(slack, ledger, group="S0RESPONDE")
    slack.faults.add("usergroups.users.list", workspace.api_error("plan_upgrade_required"))
    with pytest.raises(SlackFailed, match="plan_upgrade_required"):
        people.asker("U0MEGANBOW", HOME)
    slack.faults.add("users.info", workspace.server_error())
    with pytest.raises(SlackFailed, match="status 500"):
        people.asker("U0MEGANBOW", HOME)
    with pytest.raises(Barred, match="Slack did not identify you"):
        people.asker("U0NOBODY00", HOME)


def test_nobody_named_means_that_nobody_may_ask(slack, ledger):
    with pytest.raises(Barred, match="name no responders"):
        people_of(slack, ledger).asker("U0MEGANBOW", HOME)


def test_a_mention_is_mapped_by_address_or_by_the_settings(slack, ledger):
    people = people_of(slack, ledger, addresses={"U0DIEGOSIC": "Diego@contoso.example"})
    assert people.address_behind("U0ADELEVAN") == "adele.vance@contoso.example"
    assert people.address_behind("U0DIEGOSIC") == "diego@contoso.example"
    with pytest.raises(NotUnderstood, match="Slack has no user with the ID"):
        people.address_behind("U0NOBODY00")
    with pytest.raises(NotUnderstood, match="is a bot"):
        people.address_behind("U0OTHERBOT")


def test_a_subject_is_found_in_slack_by_every_address_and_by_the_settings(slack, ledger):
    """In other tenants those alone count that are found by what the account's tenant answers for."""
    verified = verified_addresses(ADELE, frozenset())
    first = people_of(slack, ledger).owner_in_slack(ADELE, verified)
    assert first.users == {"U0ADELEVAN"}
    assert first.missing == ""
    assert first.verified == Identity.of(["U0ADELEVAN"], [ADELE.id], verified)
    slack.change_person("diego", email="av@fabrikam.example")
    people = people_of(slack, ledger, addresses={"U0OTHER": "av@fabrikam.example"})
    second = people.owner_in_slack(ADELE, verified)
    assert second.users == {"U0ADELEVAN", "U0OTHER", "U0DIEGOSIC"}
    assert second.verified == first.verified
    both = verified_addresses(ADELE, frozenset({"fabrikam.example"}))
    assert people.owner_in_slack(ADELE, both).verified.users == second.users
    unknown = Subject("x", "x@contoso.example", "x@contoso.example", ("x@contoso.example",))
    assert people.owner_in_slack(unknown, frozenset()).users == frozenset()
    slack.faults.add("users.lookupByEmail", workspace.server_error())
    assert people.owner_in_slack(unknown, frozenset()).missing == "status 500"


@pytest.mark.parametrize("email", ["adele.vance+slack@contoso.example", "ADELE+x+y@contoso.example"])
def test_a_plus_address_leads_to_the_same_account(slack, ledger, email):
    """Exchange delivers it to the address without the tag, so it hides nobody's own account."""
    slack.change_person("responder", email=email)
    person = people_of(slack, ledger, users=("U0MEGANBOW",)).asker("U0MEGANBOW", HOME)
    assert ledger.owner(ADELE, "Contoso").is_same(person.identity)
    slack.change_person("bystander", email="+adele.vance@contoso.example")
    other = people_of(slack, ledger, users=("U0GRADYARC",)).asker("U0GRADYARC", HOME)
    assert not ledger.owner(ADELE, "Contoso").is_same(other.identity)


def test_the_address_of_the_settings_leads_to_the_account(slack, ledger):
    slack.change_person("responder", email="megan@elsewhere.example")
    with pytest.raises(Barred, match="matches no account in our tenants"):
        people_of(slack, ledger, users=("U0MEGANBOW",)).asker("U0MEGANBOW", HOME)
    addresses = {"U0MEGANBOW": "Megan.Bowen@contoso.example"}
    asker = people_of(slack, ledger, users=("U0MEGANBOW",), addresses=addresses).asker("U0MEGANBOW", HOME)
    assert asker.object_id == "id-of-megan.bowen@contoso.example"
    assert asker.addresses == {"megan.bowen@contoso.example", "megan@elsewhere.example"}


def test_a_mention_of_somebody_whose_address_changed_means_nobody(slack, ledger):
    people = people_of(slack, ledger, users=("U0MEGANBOW",))
    people.asker("U0MEGANBOW", HOME)
    assert people.address_behind("U0MEGANBOW") == "megan.bowen@contoso.example"
    slack.change_person("responder", email="grady.archie@contoso.example")
    with pytest.raises(NotUnderstood, match="changed since their identity was recorded"):
        people.address_behind("U0MEGANBOW")


def test_asking_goes_on_while_microsoft_cannot_be_asked_and_deciding_does_not(slack, ledger):
    def nobody(address: str) -> Subject:
        raise Broken(f"Microsoft does not answer for {address}.")

    group = ResponderSettings(users=("U0MEGANBOW",))
    people = people_of(slack, ledger, users=("U0MEGANBOW",), approvers=group, find=nobody)
    assert people.asker("U0MEGANBOW", HOME).object_id == ""
    voter = people.voter("U0MEGANBOW")
    assert voter.object_id == ""
    assert "Your Microsoft 365 account could not be looked up" in voter.barred
    assert list(people.name_everybody()) == ["U0MEGANBOW"]
    assert named_people(ledger) == ()


def test_somebody_is_named_again_only_where_the_settings_name_them_and_slack_lets_them(slack, ledger):
    people = people_of(slack, ledger, users=("U0MEGANBOW", "U0GUESTPAT"))
    with pytest.raises(NotUnderstood, match="The settings list U0GRADYARC"):
        people.confirm("U0GRADYARC", "cli")
    with pytest.raises(NotUnderstood, match="Guests"):
        people.confirm("U0GUESTPAT", "cli")
    people.asker("U0MEGANBOW", HOME)
    slack.change_person("responder", email="megan.graham@contoso.example")
    with pytest.raises(Barred, match="compromise people confirm U0MEGANBOW"):
        people.asker("U0MEGANBOW", HOME)
    again = people.confirm("U0MEGANBOW", "cli")
    assert (again.email, again.changed) == ("megan.graham@contoso.example", False)
    known = people.asker("U0MEGANBOW", HOME).identity
    assert {"megan.bowen@contoso.example", "megan.graham@contoso.example"} <= known.addresses
    assert len(known.objects) == 2


def test_somebody_whose_row_was_removed_from_the_file_is_not_named_as_if_for_the_first_time(slack, ledger):
    """Else one who is barred would be named anew, and the tables would fit the entries again."""
    people = people_of(
        slack, ledger, users=("U0MEGANBOW",), approvers=ResponderSettings(users=("U0MEGANBOW",))
    )
    assert people.voter("U0MEGANBOW").barred == ""
    slack.change_person("responder", email="grady.archie@contoso.example")
    assert "changed since your identity was recorded" in people.voter("U0MEGANBOW").barred
    slack.change_person("responder", email="megan.bowen@contoso.example")
    with closing(sqlite3.connect(ledger.path)) as file, file:
        assert file.execute("DELETE FROM people").rowcount == 1
    for ask in (people.voter, partial(people.asker, team=HOME)):
        with pytest.raises(LedgerTampered, match="is missing row U0MEGANBOW of table people"):
            ask("U0MEGANBOW")
    with pytest.raises(LedgerTampered, match="is missing row U0MEGANBOW of table people"):
        verify_ledger(ledger.path)


def test_a_vote_reads_the_group_anew_and_says_who_may_not(slack, ledger):
    made = people_of(slack, ledger, approvers=ResponderSettings(group="S0RESPONDE"))
    assert made.voter(MEGAN.id).barred == ""
    assert made.voter(MEGAN.id).object_id == "id-of-megan.bowen@contoso.example"
    slack.set_group("incident-responders", ["approver"])
    assert made.voter(MEGAN.id).barred == "You are not an approver."
    assert made.voter("U0NOBODY00").barred.startswith("Slack did not identify you, so you cannot vote.")
    assert made.voter("U0ALEXWILB", "T0FABRIKAM").barred == "People from another workspace cannot vote."
    assert made.voter("U0ALEXWILB", HOME, factor=True).factor
    assert made.approvers() == ("U0ALEXWILB",)
