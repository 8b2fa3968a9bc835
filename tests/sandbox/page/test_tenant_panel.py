"""The panel shows how an account stands and what happened, and its levers move the tenant and the clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import quote

import pytest
import requests

ADELE = "adele.vance@contoso.example"
MEGAN = "megan.bowen@contoso.example"


def test_an_account_that_was_taken_over_shows_it(shown):
    user = shown.panel(ADELE)["user"]
    assert (user["upn"], user["sign_in"], user["restricted_from_sending"]) == (ADELE, "allowed", True)
    assert any("collector@mailbox-relay.example" in one for one in user["forwarding"])
    hidden = [rule for rule in user["inbox_rules"] if rule["hidden"]]
    assert hidden[0]["does"] == "every message → redirect to drop77@mailbox-relay.example"
    assert "App: Pixel 9" in user["methods"]
    assert any(one.startswith("PerfectData Software: Mail.ReadWrite") for one in user["grants"])
    assert "diego.siciliani@contoso.example: FullAccess" in user["delegates"]
    assert user["auto_reply"] is True


def test_an_account_that_was_not_shows_nothing(shown):
    user = shown.panel(MEGAN)["user"]
    assert (user["forwarding"], user["inbox_rules"], user["auto_reply"]) == ([], [], False)


def test_everybody_can_be_looked_at_and_nobody_else(shown):
    for one in shown.panel()["users"]:
        assert shown.panel(quote(one["upn"]))["user"]["upn"] == one["upn"]
    answer = shown.get("/api/tenant?user=nobody@contoso.example")
    assert answer.status_code == 404
    assert answer.json()["says"] == "There is no one by that name in the tenant."


def test_the_trail_is_newest_first_and_without_everyday_work(shown):
    trail = shown.panel()["trail"]
    assert 10 < len(trail) <= 60
    assert [one["at"] for one in trail] == sorted((one["at"] for one in trail), reverse=True)
    assert not {"Send", "MailItemsAccessed"} & {one["what"] for one in trail}
    assert any(one["by_attacker"] and "ForwardingSmtpAddress" in one["what"] for one in trail)


def test_what_the_app_does_is_counted_and_stands_in_the_trail(shown):
    played = shown.microsoft
    before = shown.panel()["calls"]
    token = requests.post(
        f"{played.login_url}/{played.tenant_id}/oauth2/v2.0/token",
        data={
            "grant_type": "client_credentials",
            "client_id": played.client_id,
            "client_secret": played.client_secret,
            "scope": f"{played.graph_url}/.default",
        },
        timeout=60,
    ).json()["access_token"]
    changed = requests.patch(
        f"{played.graph_url}/v1.0/users/{MEGAN}",
        json={"jobTitle": "Head of it all"},
        headers={"Authorization": f"Bearer {token}"},
        timeout=60,
    )
    assert changed.status_code == 204
    after = shown.panel()
    assert after["calls"]["writes"] == before["writes"] + 1
    newest = after["trail"][0]
    assert (newest["who"], newest["by_app"], newest["on"]) == ("compromise-bot", True, MEGAN)
    assert "Head of it all" in newest["what"]


@pytest.mark.parametrize(
    ("name", "shows"),
    [
        (
            "forward_again",
            lambda user: any("fresh@mailbox-relay.example" in one for one in user["forwarding"]),
        ),
        ("rule_again", lambda user: any(rule["name"] == "." for rule in user["inbox_rules"])),
    ],
)
def test_the_attacker_can_be_let_in_again(shown, name, shows):
    says = shown.pull("attack", name=name, user=ADELE)
    assert says.startswith("The attacker")
    panel = shown.panel(ADELE)
    assert shows(panel["user"])
    assert panel["trail"][0]["by_attacker"] is True


def test_the_attacker_is_refused_in_an_account_that_is_blocked(shown):
    assert shown.pull("attack", name="sign_in_again", user=ADELE).endswith("and it works.")
    user = shown.microsoft.state.user(ADELE)
    user["accountEnabled"] = False
    assert shown.pull("attack", name="sign_in_again", user=ADELE).endswith("and is refused.")
    panel = shown.panel(ADELE)
    assert panel["user"]["sign_in"] == "blocked"
    assert panel["trail"][0]["what"] == "Failed to sign in"
    user["accountEnabled"] = True


def test_every_fault_strikes_is_shown_and_can_be_cleared(shown):
    known = [one["name"] for one in shown.panel()["known_faults"]]
    assert all(one["label"] for one in shown.panel()["known_faults"])
    for name in known:
        if name != "socket_cut":
            assert shown.pull("fault", name=name).endswith(".")
    left = {one["name"]: one["left"] for one in shown.panel()["faults"]}
    assert left == {
        "graph_throttles": 10,
        "graph_down": None,
        "exchange_garbage": 10,
        "sign_ins_refused": None,
        "slack_rate_limits": 5,
        "slack_answers_lost": 3,
    }
    assert requests.get(f"{shown.microsoft.graph_url}/v1.0/users", timeout=60).status_code == 429
    assert "AuditLog.Read.All" not in shown.microsoft.permissions
    assert requests.post(f"{shown.slack.api_url}auth.test", timeout=60).status_code == 429
    left = {one["name"]: one["left"] for one in shown.panel()["faults"]}
    assert (left["graph_throttles"], left["slack_rate_limits"]) == (9, 4)

    assert shown.pull("clear_faults") == "Everything works again."
    assert shown.panel()["faults"] == []
    assert "AuditLog.Read.All" in shown.microsoft.permissions
    assert requests.post(f"{shown.slack.api_url}auth.test", timeout=60).status_code == 200


def test_time_passes_for_everybody_at_once(shown):
    before = datetime.fromisoformat(shown.panel()["now"])
    slack_before = shown.slack.state.now()
    says = shown.pull("let_pass", seconds=3600)
    assert shown.passed[-1] == timedelta(hours=1)
    assert datetime.fromisoformat(shown.panel()["now"]) - before >= timedelta(hours=1)
    assert shown.slack.state.now() - slack_before >= timedelta(hours=1)
    assert says.startswith("It is now ")
