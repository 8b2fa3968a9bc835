"""Who may ask is decided by the settings and by what Slack says at that moment."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.errors import Barred, NotUnderstood, SlackFailed
from bot.people import (
    GROUP_SECONDS,
    Account,
    People,
    Person,
    account_of,
    is_own_account,
    why_no_approver,
    why_not,
)
from bot.settings import ResponderSettings, SlackSettings
from bot.slack.client import make_client
from graph.question import Subject
from sandbox import workspace

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
        ({"email": ""}, NAMED, "no address"),
        ({"confirmed": False}, NAMED, "not confirmed"),
        ({}, frozenset(), "name no responders"),
        ({}, frozenset({"U0ALEXWILB"}), "not one of the responders"),
        ({"id": "U0MEGANBOX"}, NAMED, "not one of the responders"),
        ({"id": "u0meganbow"}, NAMED, "not one of the responders"),
    ],
)
def test_everybody_else_is_refused_with_the_reason(change: dict[str, Any], named, says):
    assert says in why_not(replace(MEGAN, **change), HOME, named)


def test_a_named_colleague_may_approve_as_long_as_nothing_is_known_about_their_own_account():
    assert why_no_approver(MEGAN, HOME, NAMED, "") == ""
    assert (
        why_no_approver(MEGAN, HOME, NAMED, "Their own account is in doubt.")
        == "Their own account is in doubt."
    )


@pytest.mark.parametrize(
    ("change", "named", "says"),
    [
        ({"deleted": True}, NAMED, "deactivated"),
        ({"bot": True}, NAMED, "Bots"),
        ({"stranger": True}, NAMED, "another workspace"),
        ({"team": "T0FABRIKAM"}, NAMED, "another workspace"),
        ({"guest": True}, NAMED, "Guests"),
        ({"email": ""}, NAMED, "no address"),
        ({"confirmed": False}, NAMED, "not confirmed"),
        ({}, frozenset(), "name no approvers"),
        ({}, frozenset({"U0ALEXWILB"}), "not one of the approvers"),
    ],
)
def test_everybody_else_may_not_approve(change: dict[str, Any], named, says):
    assert says in why_no_approver(replace(MEGAN, **change), HOME, named, "")


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


@pytest.mark.parametrize(
    ("address", "own"),
    [
        ("adele.vance@contoso.example", True),
        ("ADELE@contoso.example", True),
        ("av@fabrikam.example", True),
        ("megan.bowen@contoso.example", False),
    ],
)
def test_the_subject_is_known_by_every_address(address, own):
    assert is_own_account(frozenset({address}), ADELE) is own


# --- asking Slack ------------------------------------------------------------------------------------------


@pytest.fixture
def slack():
    with workspace.start(Path(__file__).resolve().parents[2] / "manifest.yml") as running:
        yield running


class Seconds:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def people_of(slack, *, seconds=None, addresses=None, **responders) -> People:
    settings = SlackSettings(bot_token=slack.bot_token, app_token=slack.app_token, api_url=slack.api_url)
    client = make_client(settings, waits=False)
    return People(client, HOME, ResponderSettings(**responders), addresses or {}, seconds or Seconds())


@pytest.mark.parametrize(
    ("part", "says"),
    [
        ("guest", "Guests"),
        ("external", "another workspace"),
        ("deactivated", "deactivated"),
        ("another_bot", "Bots"),
        ("bystander", "not one of the responders"),
        ("subject", "not one of the responders"),
    ],
)
def test_slack_tells_who_is_barred(slack, part, says):
    everybody_but = [person.id for key, person in slack.people.items() if key not in ("bystander", "subject")]
    people = people_of(slack, users=tuple(everybody_but))
    with pytest.raises(Barred, match=says):
        people.asker(slack.people[part].id, "")


def test_a_person_who_is_deactivated_may_not_ask_a_moment_later(slack):
    people = people_of(slack, users=("U0MEGANBOW",))
    assert people.asker("U0MEGANBOW", HOME).email == "megan.bowen@contoso.example"
    slack.change_person("responder", deleted=True)
    with pytest.raises(Barred, match="deactivated"):
        people.asker("U0MEGANBOW", HOME)


def test_the_payloads_team_counts_as_well(slack):
    with pytest.raises(Barred, match="another workspace"):
        people_of(slack, users=("U0MEGANBOW",)).asker("U0MEGANBOW", "T0FABRIKAM")


def test_a_user_group_is_read_again_after_a_minute(slack):
    seconds = Seconds()
    people = people_of(slack, group="S0RESPONDE", seconds=seconds)
    assert people.asker("U0MEGANBOW", HOME)
    slack.set_group("incident-responders", ["approver"])
    seconds.now = GROUP_SECONDS - 1
    assert people.asker("U0MEGANBOW", HOME)
    seconds.now = GROUP_SECONDS
    with pytest.raises(Barred, match="not one of the responders"):
        people.asker("U0MEGANBOW", HOME)


def test_where_slack_does_not_answer_nobody_may_ask(slack):
    people = people_of(slack, group="S0RESPONDE")
    slack.faults.add("usergroups.users.list", workspace.api_error("plan_upgrade_required"))
    with pytest.raises(SlackFailed, match="plan_upgrade_required"):
        people.asker("U0MEGANBOW", HOME)
    slack.faults.add("users.info", workspace.server_error())
    with pytest.raises(SlackFailed, match="status 500"):
        people.asker("U0MEGANBOW", HOME)
    with pytest.raises(Barred, match="does not tell who you are"):
        people.asker("U0NOBODY00", HOME)


def test_nobody_named_means_that_nobody_may_ask(slack):
    with pytest.raises(Barred, match="name no responders"):
        people_of(slack).asker("U0MEGANBOW", HOME)


def test_a_mention_is_mapped_by_address_or_by_the_settings(slack):
    people = people_of(slack, addresses={"U0DIEGOSIC": "Diego@contoso.example"})
    assert people.address_behind("U0ADELEVAN") == "adele.vance@contoso.example"
    assert people.address_behind("U0DIEGOSIC") == "diego@contoso.example"
    with pytest.raises(NotUnderstood, match="Slack knows nobody"):
        people.address_behind("U0NOBODY00")
    with pytest.raises(NotUnderstood, match="is a bot"):
        people.address_behind("U0OTHERBOT")


def test_a_subject_is_found_in_slack_by_address_or_by_the_settings(slack):
    assert people_of(slack).slack_user_of(ADELE) == "U0ADELEVAN"
    assert people_of(slack, addresses={"U0OTHER": "av@fabrikam.example"}).slack_user_of(ADELE) == "U0OTHER"
    unknown = Subject("x", "x@contoso.example", "x@contoso.example", ("x@contoso.example",))
    assert people_of(slack).slack_user_of(unknown) == ""


@pytest.mark.parametrize("email", ["adele.vance+slack@contoso.example", "av+x+y@fabrikam.example"])
def test_a_plus_address_means_the_same_account(email):
    """Exchange delivers it to the address without the tag, so it hides nobody's own account."""
    person = Person("U0ADELEVAN", HOME, email, "Adele Vance")
    people = People(None, HOME, ResponderSettings(), {}, lambda: 0.0)  # type: ignore[arg-type]
    assert is_own_account(people.addresses_of(person), ADELE)
    other = Person("U0MEGANBOW", HOME, "+adele.vance@contoso.example", "Megan Bowen")
    assert not is_own_account(people.addresses_of(other), ADELE)


def test_a_subject_is_found_in_slack_by_any_of_its_addresses(slack):
    megan = Subject("m", "mb@contoso.example", "mb@contoso.example", ("mb@contoso.example", MEGAN.email))
    assert people_of(slack).slack_user_of(megan) == slack.people["responder"].id


def test_a_vote_reads_the_group_anew_and_says_who_may_not(slack):
    reaching = SlackSettings(bot_token=slack.bot_token, app_token=slack.app_token, api_url=slack.api_url)
    made = People(
        make_client(reaching, waits=False),
        HOME,
        ResponderSettings(),
        {},
        Seconds(),
        approvers=ResponderSettings(group="S0RESPONDE"),
        doubt=lambda addresses: "In doubt." if "lidia.holloway@contoso.example" in addresses else "",
    )
    assert made.voter(MEGAN.id).barred == ""
    assert made.voter("U0LIDIAHOL").barred == "In doubt."
    slack.set_group("incident-responders", ["approver"])
    assert made.voter(MEGAN.id).barred == "You are not one of the approvers."
    assert made.voter("U0NOBODY00").barred.startswith("Slack does not tell who you are")
    assert made.voter("U0ALEXWILB", "T0FABRIKAM").barred == "People from another workspace may not approve."
    assert made.voter("U0ALEXWILB", HOME, factor=True).factor
    assert made.approvers() == ("U0ALEXWILB",)
