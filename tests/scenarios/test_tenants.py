"""Two customers of one service provider: nobody sees, asks or decides across. Each story is an attack.

Contoso's people are the responder and the approver; Fabrikam's, the second approver. Isaiah serves both. The
channel of incidents is Contoso's, that of security alerts is Fabrikam's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.cards.case import Cards
from bot.errors import RoomTaken
from bot.messages import Message
from bot.messages.history import history
from bot.settings import AlertSettings, ApproverSettings, PolicySettings, ResponderSettings, Tenant
from bot.slack.client import make_client
from bot.slack.rooms import Rooms
from bot.work.engine.workflows import known
from commands.containment.proposals import Proposal
from commands.errors import TenantNameTaken
from commands.identity import Identity
from commands.ledger import BOT, Case
from commands.ledger import entries as e
from commands.ledger.hunts import hunt
from commands.ledger.ids import new_hunt_id
from commands.plans.approval import ProposalState
from commands.report import VerdictCode
from graph.errors import NoSuchUser
from graph.question import Subject
from graph.tenants import Tenants
from sandbox import tenant
from sandbox.scenarios.alerts import raise_alert
from sandbox.tenant import RunningTenant
from tests.graph.local import settings_of
from tests.made import made
from tests.scenarios.conftest import ADELE
from tests.scenarios.deciding import Table, laid

MEGAN, ALEX, LIDIA, ISAIAH = "U0MEGANBOW", "U0ALEXWILB", "U0LIDIAHOL", "U0ISAIAHLA"
CONTOSO, FABRIKAM = "C0INCIDENT", "C0SECALERT"
ELSEWHERE = "security-alerts"
DIEGO, GRADY = "diego.siciliani@contoso.example", "grady.archie@contoso.example"
RESTRICTED = "User restricted from sending email"
NOBODY: dict[str, Any] = {"responders": ResponderSettings(), "approvers": ApproverSettings()}


@pytest.fixture(scope="module")
def other() -> Iterator[RunningTenant]:
    """Fabrikam."""
    state = made("clean")
    state.tenant_id = "0f0f0f0f-0000-4000-8000-000000000002"
    state.domains = [one for one in state.domains if one["id"] != "contoso.example"]
    with tenant.start(state, limits=False) as played:
        yield played


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Table]:
    with laid(tmp_path_factory.mktemp("tenants")) as table:
        yield table


def reaching(played: RunningTenant, name: str, domain: str, channel: str, **own: Any) -> Tenant:
    """The settings of one of the two."""
    return Tenant(**dict(settings_of(played, name=name, domains=(domain,))), channel=channel, **own)


def both(table: Table, other: RunningTenant, approvers: tuple[str, ...] = (ALEX, ISAIAH)) -> Any:
    """The settings of both, with these approvers of Contoso's."""
    return (
        reaching(
            table.microsoft,
            "Contoso",
            "contoso.example",
            CONTOSO,
            responders=ResponderSettings(users=(MEGAN, ISAIAH)),
            approvers=ApproverSettings(users=approvers),
        ),
        reaching(
            other,
            "Fabrikam",
            "fabrikam.example",
            FABRIKAM,
            responders=ResponderSettings(users=(LIDIA, ISAIAH)),
            approvers=ApproverSettings(users=(LIDIA, ISAIAH, ALEX)),
            policy=PolicySettings(strict=True),
            protected=("break.glass@fabrikam.example",),
        ),
    )


@pytest.fixture
def story(table: Table, other: RunningTenant) -> Table:
    return table.sit(tenants=both(table, other), **NOBODY)


def asked(story: Table, words: str, person: str, channel: str = "general") -> str:
    """Type something, and give the private answer to it."""
    before = len(story.slack.ephemerals(person))
    story.type(words, person, channel)
    known = {"🔎", "📄"}

    def answer() -> str | None:
        for message in story.slack.ephemerals(person)[before:]:
            text = story.slack.as_text(message)
            if not any(text.startswith(one) for one in known):
                return text
        return None

    return story.wait(answer, f"an answer to {words}")


def case_of(story: Table) -> Case:
    """A case of Contoso's."""
    subject = story.account()
    change, _ = story.rule(subject)
    return story.case(change, subject=subject)


# --- words that name what is another tenant's --------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        "history {}",
        "plan {}",
        "tasks {}",
        "tasks {} done 1",
        "contain {}",
        "contain {} now because I can",
        "contain {} 1 because I can",
        "close {}",
        "restore {}",
        "pivot {}",
        "pivot {} in Fabrikam",
    ],
)
def test_a_case_of_another_tenant_is_answered_like_one_that_there_is_not(story, words):
    case = case_of(story)
    there = asked(story, words.format(case.id), "second_approver")
    missing = asked(story, words.format("C-22222"), "second_approver")
    assert there == missing.replace("C-22222", case.id)
    assert f"There is no case {case.id}" in there


@pytest.mark.parametrize(
    "words",
    ["approve {}", "deny {}", "deny {} because I can", "strike {}", "strike {} 1 because no", "withdraw {}"],
)
def test_a_proposal_of_another_tenant_is_answered_like_one_that_there_is_not(story, words):
    proposal = story.grave()
    there = asked(story, words.format(proposal.id), "second_approver")
    missing = asked(story, words.format("P-22222"), "second_approver")
    assert there == missing.replace("P-22222", proposal.id)
    assert f"There is no proposal {proposal.id}" in there
    assert story.stands(proposal) is ProposalState.OPEN
    assert story.votes(proposal) == []


def test_a_hunt_of_another_tenant_can_be_neither_seen_nor_stopped(story):
    name, now = new_hunt_id(), story.clock()
    ledger = story.bot.ledger
    started = e.HuntStarted(name, "pivot", "Contoso", (), now - timedelta(days=1), now, CONTOSO, "q")
    ledger.append(started, MEGAN)
    there = asked(story, f"stop {name}", "second_approver")
    missing = asked(story, "stop H-22222", "second_approver")
    assert there == missing.replace("H-22222", name)
    assert hunt(ledger, name).state == "looking"
    ledger.append(e.HuntCanceled(name), BOT)


@pytest.mark.parametrize("words", ["sweep in Contoso", "pivot 203.0.113.7 in Contoso", "sweep in CONTOSO"])
def test_another_tenant_is_no_tenant_to_search(story, words):
    told = asked(story, words, "second_approver")
    assert "There is no tenant" in told
    assert told.endswith("The configured ones: Fabrikam.")


@pytest.mark.parametrize("words", ["check {}", "report {}", "history {}", "contain {}"])
def test_an_account_of_another_tenant_is_answered_like_one_of_no_tenant(story, words):
    case_of(story)
    there = asked(story, words.format(ADELE), "second_approver")
    nowhere = asked(story, words.format("adele.vance@adatum.example"), "second_approver")
    assert there == nowhere.replace("adatum", "contoso")


@pytest.mark.parametrize("words", ["check adele.vance", "check Adele", "check Adele Vance"])
def test_a_name_is_not_looked_up_in_a_tenant_that_this_person_may_not_see(story, words):
    before = len(story.microsoft.calls)
    asked(story, words, "second_approver")
    # What is asked there is who the person is that asks, and nothing else.
    asked_for = [f"{one.path} {one.query}".casefold() for one in story.microsoft.calls[before:]]
    assert not any("adele" in one for one in asked_for)


# --- cards and buttons -------------------------------------------------------------------------------------


def test_a_vote_on_a_card_of_another_tenant_counts_for_nothing_whoever_shows_it(story):
    """The card may have been forwarded, and its button may be an old one."""
    proposal = story.grave()
    story.slack.click("second_approver", story.paper(proposal), "approve")
    story.told("second_approver", f"There is no proposal {proposal.id}")
    story.slack.click("second_approver", story.paper(proposal), "deny")
    story.approve("approver", proposal)
    assert story.votes(proposal) == [(ALEX, "")]
    assert story.stands(proposal) is ProposalState.OPEN
    story.nothing_was_done(proposal)
    assert not any(proposal.id in story.slack.as_text(one) for one in story.slack.direct("second_approver"))


def test_no_button_of_a_card_of_another_tenant_does_anything(story):
    case = case_of(story)
    client = make_client(story.slack_settings)
    Cards(Rooms(client, client), story.bot.ledger).refresh(case.id)
    card = next(one for one in story.cards() if one.ts == case.card)
    buttons = {
        str(element["action_id"])
        for block in card.blocks
        for element in block.get("elements", ())
        if element["type"] == "button" and not element.get("url")
    }
    assert {"check_again", "contain"} <= buttons
    before = len(story.bot.ledger.outlines())
    for button in sorted(buttons):
        seen = len(story.slack.ephemerals("second_approver"))
        story.slack.click("second_approver", card, button)
        story.wait(lambda seen=seen: len(story.slack.ephemerals("second_approver")) > seen, "an answer")
        told = story.slack.as_text(story.slack.ephemerals("second_approver")[-1])
        assert f"There is no case {case.id}" in told, button
    assert len(story.bot.ledger.outlines()) == before


def test_the_home_tab_shows_nothing_of_another_tenant(story):
    proposal = story.grave()
    page = story.bot.desk._home.page(LIDIA)
    assert page.details is not None
    assert page.details.cases == ()
    assert page.details.more_cases == 0
    assert page.details.waiting == ()
    assert page.details.elsewhere == 0
    assert page.responders == tuple(sorted((LIDIA, ISAIAH)))
    assert page.details.health.last_check is None
    own = story.bot.desk._home.page(ALEX)
    assert own.details is not None
    assert proposal.id in {one.id for one in own.details.waiting}


# --- channels ----------------------------------------------------------------------------------------------


def test_nothing_of_a_tenant_is_asked_for_in_a_channel_of_another(story):
    """Isaiah may see both, but those who read that channel may not."""
    case = case_of(story)
    for words in (f"history {case.id}", f"contain {case.id}"):
        told = asked(story, words, "isaiah", ELSEWHERE)
        assert "This channel is not one for Contoso" in told
    there = asked(story, f"check {ADELE}", "isaiah", ELSEWHERE)
    assert there.endswith("the configured ones are fabrikam[.]example.")


def test_a_card_or_report_is_not_posted_in_a_channel_of_another_tenant(story):
    before = len(story.cards(ELSEWHERE))
    told = asked(story, f"check {ADELE} in <#{FABRIKAM}>", "isaiah", "incident-room")
    assert "This channel is not one for Contoso" in told
    assert len(story.cards(ELSEWHERE)) == before


def test_a_tenant_with_channels_of_its_own_posts_nowhere_else(story):
    told = asked(story, f"check {ADELE} in <#C0GENERAL1>", "responder", "incident-room")
    assert "This channel is not one for Contoso" in told


def test_files_and_cards_stay_out_of_a_channel_that_was_given_to_another_tenant_since(story):
    case = case_of(story)
    client = make_client(story.slack_settings)
    given = story.bot.desk._tools.tenancy.why_not_posted
    rooms = Rooms(client, client, why_not_posted=lambda one, _: given(one, FABRIKAM))
    cards = Cards(rooms, story.bot.ledger)
    before = len(story.slack.messages("incident-room"))
    for act in (
        lambda: rooms.say(CONTOSO, Message("secret", ()), tenant="Contoso"),
        lambda: rooms.say(CONTOSO, Message("secret", ())),
        lambda: rooms.attach(CONTOSO, case.card, [{"filename": "a.html", "content": "b"}], "Contoso"),
        lambda: cards.post_report(case, CONTOSO, "q"),
    ):
        with pytest.raises(RoomTaken):
            act()
    assert len(story.slack.messages("incident-room")) == before


def test_who_was_taken_out_of_a_tenant_is_not_told_alone_what_its_old_channel_may_no_longer_show(story):
    case = case_of(story)
    client = make_client(story.slack_settings)
    for may, what in ((False, "secret of Contoso"), (True, "for who asked")):
        rooms = Rooms(
            client,
            client,
            why_not_posted=lambda _, channel: "It is Fabrikam's." if channel == CONTOSO else "",
        )
        cards = Cards(rooms, story.bot.ledger, reads=lambda *_, may=may: may)
        cards.say_in_room(case, what, Message(what, ()))
        told = [story.slack.as_text(one) for one in story.slack.direct("responder")]
        assert any(what in one for one in told) is may
    reads = story.bot.desk._tools.cards._reads
    assert reads(MEGAN, "Contoso")
    assert not reads(LIDIA, "Contoso")


def test_a_case_is_not_searched_for_in_another_tenant_even_by_who_serves_both(story):
    case = case_of(story)
    told = asked(story, f"pivot {case.id} in Fabrikam", "isaiah")
    assert "in its own tenant only" in told


def test_alerts_of_each_tenant_come_into_its_own_channel_within_its_own_share_of_the_hour(table, other):
    """A storm in one leaves the other its line."""
    alerts = AlertSettings(sources=("defender",), every=timedelta(days=1), lines=1)
    story = table.sit(alone=True, tenants=both(table, other), alerts=alerts, **NOBODY)
    before = {room: len(story.cards(room)) for room in ("incident-room", ELSEWHERE)}
    for account in (ADELE, DIEGO, GRADY):
        raise_alert(story.microsoft.state, RESTRICTED, account)
    raise_alert(other.state, RESTRICTED, GRADY)
    story.bot.alerts.round()
    ours = [story.slack.as_text(one) for one in story.cards("incident-room")[before["incident-room"] :]]
    theirs = [story.slack.as_text(one) for one in story.cards(ELSEWHERE)[before[ELSEWHERE] :]]
    assert len(ours) == 2
    assert len(theirs) == 1
    # Its own domain is fabrikam.example: only addresses of that are written out there.
    assert GRADY.replace(".example", "[.]example") in theirs[0]
    assert not any(ADELE in one or DIEGO in one for one in theirs)


# --- people ------------------------------------------------------------------------------------------------


def test_an_approver_who_serves_two_tenants_decides_in_each_and_once(story):
    proposal = story.grave()
    story.approve("isaiah", proposal)
    story.refused("isaiah", proposal, "You already voted", "each person votes once")
    assert story.votes(proposal) == [(ISAIAH, "")]
    story.approve("approver", proposal)
    story.ends(proposal, ProposalState.DONE)
    assert len(story.writes(proposal)) == 2
    # It stood in its tenant's own part of the queue: work of another tenant's cannot fill that.
    found = known(f"plan:{proposal.id}:1")
    assert found is not None
    assert found.queue_partition_key == "Contoso"


def test_an_approver_of_one_tenant_who_only_asks_nowhere_cannot_propose_there(story):
    """Alex approves in both, and asks in neither."""
    case = case_of(story)
    assert "You are not a responder" in asked(story, f"contain {case.id} 1 because I can", "approver")


def test_who_is_taken_out_of_a_tenant_loses_the_votes_that_were_not_carried_out(story, table, other):
    """The vote was cast; before the last one comes, this person is named in the other tenant only."""
    proposal: Proposal = story.grave()
    story.approve("approver", proposal)
    story.stop()
    story.settings = story.settings.model_copy(update={"tenants": both(table, other, (ISAIAH, MEGAN))})
    story.played = None
    story.start()
    story.approve("isaiah", proposal)
    ended = story.ends(proposal, ProposalState.STOPPED)
    assert "Too few of the approvals are still valid" in story.papers(ended)[0]
    assert "You are not an approver" in story.papers(ended)[0]
    story.nothing_was_done(proposal)
    assert "There is no proposal" in asked(story, f"approve {proposal.id}", "approver")


def renamed(story: Table, table: Table, other: RunningTenant, **changes: Any) -> None:
    """Start again with Contoso changed."""
    story.stop()
    contoso, fabrikam = both(table, other)
    changed = contoso.model_copy(update=changes)
    story.settings = story.settings.model_copy(update={"tenants": (changed, fabrikam)})
    story.played = None
    story.start()


def test_cases_follow_their_tenant_when_it_is_called_something_else(story, table, other):
    """To its people, who see and decide as before; what was approved is carried out."""
    proposal: Proposal = story.grave()
    story.approve("isaiah", proposal)
    renamed(story, table, other, name="Northwind")
    assert "There is no case" not in asked(story, f"history {proposal.plan.case_id}", "responder")
    assert "There is no case" in asked(story, f"history {proposal.plan.case_id}", "second_approver")
    story.approve("approver", proposal)
    story.ends(proposal, ProposalState.DONE)
    assert len(story.writes(proposal)) == 2
    assert "Northwind" in history_of(story)


def history_of(story: Table) -> str:
    """What the history says of the names of tenants."""
    named = list(story.bot.ledger.entries(kinds=(e.TenantNamed.KIND,)))
    return json.dumps([message.blocks for message in history(tuple(named), "")])


def test_the_cases_of_a_tenant_that_is_no_longer_configured_are_nobodys(story, table, other):
    case = case_of(story)
    fresh = "0f0f0f0f-0000-4000-8000-0000000000aa"
    renamed(story, table, other, name="Northwind", tenant_id=fresh)
    assert f"There is no case {case.id}" in asked(story, f"history {case.id}", "responder")


def test_the_name_of_a_tenant_is_never_given_to_another(story, table, other):
    """Its cases would be theirs from then on: the bot does not start."""
    case_of(story)
    with pytest.raises(TenantNameTaken, match="Contoso is the name of tenant"):
        renamed(story, table, other, tenant_id="0f0f0f0f-0000-4000-8000-0000000000aa")


def test_a_tenant_whose_id_is_written_as_a_domain_is_the_same_tenant(story, table, other):
    case = case_of(story)
    renamed(story, table, other, tenant_id="contoso.example")
    assert "There is no case" not in asked(story, f"history {case.id}", "responder")


def test_an_old_card_outside_the_channels_of_its_tenant_is_left_as_it_is(story):
    """A tenant that has channels of its own since is told nowhere else, not by an edit either."""
    cards, case = story.bot.desk._tools.cards, replace(case_of(story), channel="C0GENERAL1")
    with pytest.raises(RoomTaken, match="This channel is not one for Contoso"):
        story.bot.desk._tools.rooms.say("C0GENERAL1", Message("secret", ()), tenant="Contoso")
    with pytest.raises(RoomTaken, match="This channel is not one for Contoso"):
        cards._repaint(case)


def test_who_may_no_longer_approve_is_told_nothing_more_by_the_copy_of_a_card(story, table, other):
    """It is closed once, without a word about the account; who is in doubt is told nothing meanwhile."""
    proposal: Proposal = story.grave()
    before = story.slack.as_text(story.copy(proposal, "isaiah"))
    copy = story.copy(proposal, "approver")
    story.stop()
    story.settings = story.settings.model_copy(update={"tenants": both(table, other, (ISAIAH, MEGAN))})
    story.played = None
    story.start()
    isaiah = story.bot.people.voter(ISAIAH, tenant="Contoso").ever
    address = next(iter(isaiah.addresses))
    own = replace(story.account(), mail=address, user_principal_name=address, addresses=(address,))
    doubted = story.case(subject=own)
    story.approve("responder", proposal)
    closed = "You are no longer asked to approve this."
    story.wait(lambda: closed in map(story.slack.as_text, story.slack.direct("approver")), "it is closed")
    [left] = [one for one in story.slack.direct("approver") if one.ts == copy.ts]
    assert story.slack.as_text(left) == closed
    assert story.slack.as_text(story.copy(proposal, "isaiah")) == before
    story.bot.desk._tools.papers.repaint(proposal.id)
    entries = story.bot.ledger.entries(kinds=(e.ProposalCopyClosed.KIND,))
    assert [one.facts["channel"] for one in entries] == [copy.channel]
    story.finish(doubted.id, answer=VerdictCode.NO_SIGN_FOUND)
    story.bot.desk._tools.papers.repaint(proposal.id)
    assert story.slack.as_text(story.copy(proposal, "isaiah")) != before


def test_a_tenant_answers_only_for_domains_that_it_has_verified(story, table, other):
    """Its file may claim any other: accounts there are neither looked up nor told of as its."""
    tenants, claimed = story.bot.tenants, "mail.contoso.example"
    contoso, fabrikam = both(table, other)
    greedy = fabrikam.model_copy(update={"domains": (*fabrikam.domains, claimed)})
    with closing(Tenants((contoso, greedy))) as both_of_them:
        assert both_of_them.answering_for(ADELE).settings.name == "Contoso"
        assert both_of_them.answering_for("x@fabrikam.example").settings.name == "Fabrikam"
        for among in (None, {"Fabrikam"}):
            with pytest.raises(NoSuchUser, match="not one that Fabrikam has verified"):
                both_of_them.answering_for(f"x@{claimed}", among)
    assert tenants.answering_for(ADELE).settings.name == "Contoso"


STRANGER = Subject(
    "5f5f5f5f-0000-4000-8000-0000000000f5",
    "stranger@fabrikam.example",
    "alex.wilber@contoso.example",
    ("alex.wilber@contoso.example", "stranger@fabrikam.example"),
)
"""Fabrikam's directory gives an account there the address of an approver of Contoso's."""
GUEST = replace(STRANGER, user_principal_name="alex.wilber_contoso.example#ext#@fabrikam.onmicrosoft.example")


@pytest.mark.parametrize("subject", [STRANGER, GUEST])
def test_an_address_in_the_directory_of_another_tenant_bars_nobody_elsewhere(story, subject):
    """Neither by its verdict nor before; in that tenant the account is theirs, as a guest's is."""
    change, _ = story.rule(story.account())
    theirs = story.case(
        change, subject=subject, answer=VerdictCode.COMPROMISED, tenant="Fabrikam", channel=FABRIKAM
    )
    assert ALEX in story.bot.ledger.case(theirs.id).owners
    proposal = story.grave()
    story.approve("approver", proposal)
    voter = story.bot.people.voter(ALEX, tenant="Fabrikam")
    assert f"is marked compromised in case {theirs.id}" in voter.barred
    assert story.bot.ledger.owner(subject, "Fabrikam").is_same(voter.ever)
    assert not story.bot.people.voter(ALEX, tenant="Contoso").barred


def test_an_address_that_a_tenant_answers_for_bars_its_owner_everywhere(story):
    subject = story.account()
    address = f"lidia.{subject.display_name}@fabrikam.example"
    lidias = replace(subject, user_principal_name=address, mail=address, addresses=(address,))
    case = story.case(subject=lidias, answer=VerdictCode.COMPROMISED, tenant="Fabrikam", channel=FABRIKAM)
    known = Identity.of(addresses=(address,))
    for name in ("Fabrikam", "Contoso", None):
        assert case.id in story.bot.people.doubt_about(known, name)


def test_an_address_of_another_tenants_account_leads_to_no_owner_of_ours(story):
    """Neither does one account that has an address of the subject, and one of an approver."""
    subject = story.account()
    between = replace(STRANGER, addresses=(*STRANGER.addresses, subject.mail))
    story.case(subject=between, tenant="Fabrikam", channel=FABRIKAM)
    alex = Identity.of(addresses=(STRANGER.mail,))
    assert not story.bot.ledger.owner(subject, "Contoso").is_same(alex)
    assert story.bot.ledger.owner(subject, "Fabrikam").is_same(alex)


def test_policy_and_protected_accounts_are_each_tenants_own(story):
    tenancy = story.bot.desk._tools.tenancy
    assert tenancy.of("Fabrikam").policy.strict
    assert not tenancy.of("Contoso").policy.strict
    subject = replace(story.account(), mail="break.glass@fabrikam.example")
    assert tenancy.of("Fabrikam").guard.protects(subject)
    assert not tenancy.of("Contoso").guard.protects(subject)


def test_a_report_tells_nobody_which_tenants_there_are(story):
    """Anyone of the company may report; the answer, its limit too, is the same for a domain of no tenant."""
    names = ("adele.vance@contoso.example", "x@nowhere.example", "y@nowhere.example", "z@nowhere.example")
    *told, last = (
        asked(story, f"suspect {name} because of odd mail", "bystander", "general") for name in names
    )
    assert "they are notified" in told[0]
    assert len(set(told)) == 1
    assert "three accounts within an hour" in last
