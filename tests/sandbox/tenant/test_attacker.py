"""The attacker can come back while a story runs, and each return leaves its traces."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox.tenant import attacker
from tests.sandbox.tenant.conftest import ADELE
from tests.sandbox.tenant.test_audit_search import search
from tests.sandbox.tenant.test_writes import PASSWORD, USER, patch


def operations(client) -> list[str]:
    _, found = search(client, userPrincipalNameFilters=[ADELE])
    return [item["operation"] for item in found if item["createdDateTime"] >= "2026-06-17T18:30"]


def test_forwarding_and_a_rule_come_back_with_their_records(own):
    own.rows("Set-Mailbox", Identity=ADELE, ForwardingSmtpAddress=None, DeliverToMailboxAndForward=False)
    own.tenant.let_pass(timedelta(minutes=5))
    attacker.forward_again(own.tenant.state, ADELE)
    attacker.rule_again(own.tenant.state, ADELE, "news")
    box = own.rows("Get-Mailbox", Identity=ADELE)[0]
    assert box["ForwardingSmtpAddress"] == "smtp:fresh@mailbox-relay.example"
    assert "news" in {item["Name"] for item in own.rows("Get-InboxRule", Mailbox=ADELE)}
    assert operations(own) == ["New-InboxRule", "Set-Mailbox"] or operations(own) == [
        "Set-Mailbox",
        "New-InboxRule",
    ]
    ids = [item["Id"] for item in own.tenant.state.audit_records]
    assert len(ids) - len(set(ids)) == 2  # the two that the export repeats on purpose


def test_he_gets_in_until_the_account_is_blocked_or_the_password_is_reset(mighty):
    state, tenant = mighty.tenant.state, mighty.tenant
    assert attacker.sign_in_again(state, ADELE)
    patch(mighty, USER, {"accountEnabled": False})
    assert not attacker.sign_in_again(state, ADELE)
    patch(mighty, USER, {"accountEnabled": True})
    tenant.let_pass(timedelta(minutes=1))
    patch(mighty, USER, PASSWORD)
    assert not attacker.sign_in_again(state, ADELE)
    errors = [item["status"]["errorCode"] for item in state.sign_ins[-3:]]
    assert errors == [0, 50057, 50126]


def test_who_is_unknown_is_an_error(own):
    with pytest.raises(KeyError):
        attacker.forward_again(own.tenant.state, "nobody@contoso.example")


def test_clock_and_attacker_can_be_moved_from_outside(own):
    url = own.tenant.url + "/sandbox"
    before = own.tenant.state.clock()
    assert own.session.post(url + "/clock", json={"seconds": 3600}, timeout=60).status_code == 200
    assert own.tenant.state.clock() - before >= timedelta(hours=1)
    asked = {"act": "sign_in_again", "user": ADELE}
    assert own.session.post(url + "/attacker", json=asked, timeout=60).json() == {"worked": True}
    assert own.tenant.state.sign_ins[-1]["ipAddress"] == "203.0.113.77"
    for wrong in ({**asked, "act": "dance"}, {**asked, "user": "nobody@contoso.example"}):
        assert own.session.post(url + "/attacker", json=wrong, timeout=60).status_code == 404
    assert not own.tenant.writes()
