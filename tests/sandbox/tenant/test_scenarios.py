"""The scenarios hold what they promise, the same in every run, and agree between their sources."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt

import pytest

from sandbox import scenarios
from sandbox.scenarios import SCENARIOS, large_mailbox, load
from sandbox.scenarios.state import Json, TenantState, parse_time
from tests.each import each, some_now
from tests.sandbox.tenant.conftest import ADELE, NOW


@cache
def played(name: str) -> TenantState:
    """A scenario that several tests look at and none changes."""
    return load(name, NOW)


TAKEOVER = played("mailbox-takeover")


def of_adele(state: TenantState) -> list[Json]:
    return [item for item in state.audit_records if item["UserId"] == ADELE]


def test_each_scenario_says_what_it_is_about():
    assert list(scenarios._BUILDERS) == list(SCENARIOS)
    assert all(SCENARIOS.values())


@pytest.mark.parametrize("name", some_now([name for name in SCENARIOS if name != "large-mailbox"], 4))
def test_a_scenario_is_the_same_in_every_run(name):
    again = load(name, NOW)
    first = played(name)
    assert first.audit_records == again.audit_records
    assert first.sign_ins == again.sign_ins
    assert 3000 <= len(first.audit_records) <= 6000
    assert all(parse_time(item["CreationTime"]) <= NOW for item in first.audit_records)


def test_the_large_mailbox_has_the_story_of_the_small_one_and_as_much_besides_as_was_asked_for():
    made = large_mailbox.build(NOW, messages=50, sign_ins=100, records=400)
    again = large_mailbox.build(NOW, messages=50, sign_ins=100, records=400)
    assert made.audit_records == again.audit_records
    assert len(made.audit_records) - len(TAKEOVER.audit_records) == 400
    assert len(made.sign_ins) - len(TAKEOVER.sign_ins) == 100
    ids = {item["Id"] for item in made.audit_records}
    story = {item["Id"] for item in TAKEOVER.audit_records}
    assert len(ids) - len(story) == 400
    assert story <= ids
    mailbox = (state.mailboxes[ADELE].messages for state in (made, TAKEOVER))
    assert len(next(mailbox)) - len(next(mailbox)) == 50


@pytest.mark.parametrize("hour", [0, 13, 23])
def test_a_scenario_can_be_played_at_any_hour(hour):
    now = datetime(2026, 3, 2, hour, 17, tzinfo=UTC)
    for name in ("mailbox-takeover", "traveler"):
        state = load(name, now)
        assert max(item["createdDateTime"] for item in state.sign_ins) <= now.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_only_documentation_addresses_and_example_domains_are_used():
    text = repr(TAKEOVER.audit_records) + repr(TAKEOVER.sign_ins) + repr(TAKEOVER.message_traces)
    assert "onmicrosoft.com" not in text
    assert {
        item["ipAddress"].rpartition(".")[0] for item in TAKEOVER.sign_ins if "." in item["ipAddress"]
    } <= {
        "198.51.100",
        "203.0.113",
        "192.0.2",
    }


def test_the_way_in_is_a_run_of_failures_then_a_success_from_a_new_country_too_soon():
    sign_ins = sorted(
        (item for item in TAKEOVER.sign_ins if item["userPrincipalName"] == ADELE),
        key=lambda item: item["createdDateTime"],
    )
    foreign = [item for item in sign_ins if item["location"]["countryOrRegion"] == "NG"]
    first = next(item for item in foreign if item["status"]["errorCode"] == 0)
    failed = [item for item in foreign if item["createdDateTime"] < first["createdDateTime"]]
    assert sum(item["status"]["errorCode"] == 50126 for item in failed) >= 10
    before = [
        item
        for item in sign_ins
        if item["createdDateTime"] < first["createdDateTime"] and item["location"]["countryOrRegion"] == "US"
    ][-1]
    hours = (parse_time(first["createdDateTime"]) - parse_time(before["createdDateTime"])) / timedelta(
        hours=1
    )
    assert distance(before, first) / hours > 2000


def test_the_traveler_flew_at_a_plausible_speed():
    state = played("traveler")
    mine = [item for item in state.sign_ins if item["userPrincipalName"] == ADELE]
    mine.sort(key=lambda item: item["createdDateTime"])
    for before, after in each(pairwise(mine)):
        hours = (parse_time(after["createdDateTime"]) - parse_time(before["createdDateTime"])) / timedelta(
            hours=1
        )
        assert distance(before, after) <= max(900 * hours, 50)


def distance(one: Json, other: Json) -> float:
    """Kilometres between two sign-ins."""
    a, b = one["location"]["geoCoordinates"], other["location"]["geoCoordinates"]
    north, south = radians(a["latitude"]), radians(b["latitude"])
    east = radians(b["longitude"] - a["longitude"])
    return 12742 * asin(sqrt(sin((south - north) / 2) ** 2 + cos(north) * cos(south) * sin(east / 2) ** 2))


def test_sent_messages_stand_in_trace_and_audit_log_and_the_attackers_nowhere_else():
    box = TAKEOVER.mailboxes[ADELE]
    kept = {item["internetMessageId"] for item in box.messages}
    traced = {item["messageId"] for item in TAKEOVER.message_traces if item["senderAddress"] == ADELE}
    sent = {item["Item"]["InternetMessageId"] for item in of_adele(TAKEOVER) if item["Operation"] == "Send"}
    assert traced == sent
    assert len(sent - kept) == 25
    clean = played("clean")
    clean_kept = {item["internetMessageId"] for item in clean.mailboxes[ADELE].messages}
    clean_sent = {item["messageId"] for item in clean.message_traces if item["senderAddress"] == ADELE}
    assert clean_sent <= clean_kept


def test_every_sign_in_of_the_log_that_was_recorded_has_its_audit_record():
    recorded = {
        item["IntraSystemId"]
        for item in of_adele(TAKEOVER)
        if "Login" in item["Operation"] or "LoggedIn" in item["Operation"]
    }
    mine = {item["id"] for item in TAKEOVER.sign_ins if item["userPrincipalName"] == ADELE}
    assert recorded == mine


def test_the_audit_log_has_the_awkward_forms_of_real_ones():
    records = TAKEOVER.audit_records
    addresses = {str(item.get("ClientIP", "")) for item in records}
    assert addresses >= {"", "<null>", "::1", "203.0.113.77:51422", "[2001:db8:77::5]:52629"}
    rule = next(
        item
        for item in of_adele(TAKEOVER)
        if item["Operation"] == "UpdateInboxRules" and "Redirect" in repr(item)
    )
    assert {"Name": "RuleName"} in rule["OperationProperties"]
    failed = {item["ResultStatus"] for item in records if item["Operation"] == "UserLoginFailed"}
    assert failed == {"Success", "Failed"}
    assert any(isinstance(item.get("Parameters"), str) for item in records)
    assert len({item["Id"] for item in records}) < len(records)
    assert not any(item["CreationTime"].endswith("Z") for item in records)


@pytest.mark.parametrize("name", ["clean", "traveler"])
def test_harmless_scenarios_hold_no_trace_of_the_attack(name):
    state = played(name)
    text = repr(state.audit_records) + repr(state.sign_ins) + repr(state.mailboxes)
    assert "203.0.113." not in text
    assert "mailbox-relay" not in text
    assert state.blocked_senders == []
    box = state.mailboxes[ADELE]
    assert (box.properties["ForwardingSmtpAddress"], box.properties["ForwardingAddress"]) == (None, None)
    assert state.risk_detections == []


def test_an_unknown_scenario_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="mailbox-takeover"):
        load("holiday", NOW)


NESTOR = "nestor.wilke@contoso.example"


def test_the_taken_over_administrator_has_rights_of_every_kind():
    state = played("admin-takeover")
    user = state.user(NESTOR)
    assert user is not None
    names = {key: role["displayName"] for key, role in state.role_definitions.items()}
    groups = {key for key, members in state.memberships.items() if user["id"] in members}

    def held(items: list[Json], holders: set[str]) -> set[str]:
        return {names[item["roleDefinitionId"]] for item in items if item["principalId"] in holders}

    assert held(state.role_assignments, {user["id"]}) == {"Global Administrator", "Security Administrator"}
    assert held(state.role_assignments, groups) == {"Exchange Administrator"}
    assert {state.groups[key]["displayName"]: state.groups[key]["isAssignableToRole"] for key in groups} == {
        "Messaging Operators": True,
        "Service Desk": True,
        "IT Staff": False,
    }
    assert held(state.role_eligibility_schedules, groups) == {"Helpdesk Administrator"}
    (place,) = state.group_eligibility_schedules
    assert place["principalId"] == user["id"]
    assert held(state.role_assignments, {place["groupId"]}) == {"Global Reader"}
    (app,) = [one for one in state.app_role_assignments if one["principalId"] in groups]
    assert app["principalType"] == "Group"
    assert held(state.role_eligibility_schedules, {user["id"]}) == {"Privileged Role Administrator"}
    assert held(state.role_assignment_schedules, {user["id"]}) == {"Security Administrator"}
    for role_groups, wanted in (
        (state.exchange_role_groups, {"Organization Management", "Recipient Management"}),
        (state.purview_role_groups, {"eDiscovery Manager"}),
    ):
        mine = {
            group["Name"]
            for group in role_groups
            if NESTOR in {one["PrimarySmtpAddress"] for one in group["Members"]}
        }
        assert mine == wanted
    box = state.mailboxes[NESTOR]
    assert box.properties["ForwardingSmtpAddress"]
    assert {rule.name for rule in box.rules} >= {"..", "Pager sound"}
    assert any(
        item["principalId"] == user["id"] and "Mail.Send" in item["scope"] for item in state.oauth_grants
    )
    assert any(item.get("displayName") == "Pixel 9" for item in state.authentication_methods[user["id"]])


@pytest.mark.parametrize(("name", "count"), [("admin-takeover", 2), ("last-administrator", 1)])
def test_how_many_global_administrators_there_are(name, count):
    state = played(name)
    role = next(
        key for key, one in state.role_definitions.items() if one["displayName"] == "Global Administrator"
    )
    assert sum(item["roleDefinitionId"] == role for item in state.role_assignments) == count


@pytest.mark.parametrize(
    ("name", "upn"),
    [
        ("admin-takeover", NESTOR),
        ("last-administrator", NESTOR),
        ("synced-user", "miriam.graham@contoso.example"),
        ("federated-user", "henrietta.mueller@fabrikam.example"),
    ],
)
def test_each_account_was_broken_into_and_used(name, upn):
    state = played(name)
    mine = sorted(
        (item for item in state.sign_ins if item["userPrincipalName"] == upn),
        key=lambda item: item["createdDateTime"],
    )
    foreign = [item["status"]["errorCode"] for item in mine if item["ipAddress"] == "203.0.113.77"]
    assert foreign[:12] == [50126] * 12
    assert foreign[12] == 0
    assert any(item["ipAddress"].startswith("198.51.100.") for item in mine)
    done = {item["Operation"] for item in state.audit_records if item["UserId"] == upn}
    assert {"New-InboxRule", "Set-Mailbox", "UserLoginFailed", "UserLoggedIn", "Update user."} <= done
    assert state.mailboxes[upn].properties["IsDirSynced"] is (name == "synced-user")
