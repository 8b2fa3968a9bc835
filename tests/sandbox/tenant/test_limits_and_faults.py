"""Limits that the services publish, and faults that tests switch on."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event
from time import sleep

import pytest
import requests

from sandbox.tenant import Fault, start
from tests.made import made
from tests.sandbox.tenant.conftest import ADELE, NOW, Client
from tests.sandbox.tenant.test_audit_search import WHOLE


def test_each_service_keeps_its_own_limit(limited):
    limited.tenant.stop_clock()
    user_id = limited.graph(f"/users/{ADELE}").json()["id"]
    risky = f"/identityProtection/riskyUsers/{user_id}"
    assert [limited.graph(risky).status_code for _ in range(2)] == [200, 429]
    assert "Retry-After" not in limited.graph(risky).headers
    statuses = [limited.graph("/auditLogs/directoryAudits", top="1").status_code for _ in range(6)]
    assert statuses == [200] * 5 + [429]
    reply = limited.graph("/auditLogs/signIns", top="1")
    assert reply.status_code == 429
    assert 1 <= int(reply.headers["Retry-After"]) <= 10
    made = [
        limited.graph("/security/auditLog/queries", method="POST", version="beta", body=WHOLE).status_code
        for _ in range(11)
    ]
    assert made == [201] * 10 + [429]
    device = f"/devices/{next(iter(limited.tenant.state.devices))['id']}"
    switched = [
        limited.graph(device, method="PATCH", body={"accountEnabled": True}).status_code for _ in range(26)
    ]
    assert switched == [204] * 25 + [429]
    limited.tenant.let_pass(timedelta(seconds=11))
    assert limited.graph(device, method="PATCH", body={"accountEnabled": True}).status_code == 204
    assert limited.graph(risky).status_code == 200


def test_a_mailbox_takes_four_calls_at_once(limited):
    go_on = Event()
    limited.tenant.faults.add("/users", Fault(slow=0.02, held=go_on))
    headers = {"Authorization": f"Bearer {limited.token('graph')}"}
    url = f"{limited.tenant.graph_url}/v1.0/users/{ADELE}/mailFolders/inbox"

    def ask(_: int) -> tuple[int, str]:
        reply = requests.get(url, headers=headers, timeout=60)
        return reply.status_code, reply.json().get("error", {}).get("code", "")

    before = len(limited.tenant.calls)
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(ask, number) for number in range(8)]
        while len(limited.tenant.calls) - before < 8:
            sleep(0.01)
        go_on.set()
        answers = [one.result() for one in asked]
    assert answers.count((200, "")) == 4
    assert answers.count((429, "ApplicationThrottled")) == 4
    calls = limited.tenant.calls[before:]
    assert all(call.ended >= call.started + 0.02 for call in calls)


def test_a_fault_happens_as_often_as_it_was_asked_for(shared):
    when = datetime.now(UTC) + timedelta(seconds=30)
    shared.tenant.faults.add("/domains", Fault(status=429, retry_after=7), times=1)
    shared.tenant.faults.add("/domains", Fault(status=503, retry_after=when), times=1)
    shared.tenant.faults.add("/domains", Fault(status=429), times=1)
    replies = [shared.graph("/domains") for _ in range(4)]
    assert [reply.status_code for reply in replies] == [429, 503, 429, 200]
    assert replies[0].headers["Retry-After"] == "7"
    assert replies[1].headers["Retry-After"].endswith("GMT")
    assert "Retry-After" not in replies[2].headers


def test_a_fault_can_be_html_nul_bytes_or_a_reset(shared):
    faults = shared.tenant.faults
    faults.add("/organization", Fault(status=502, html=True), times=1)
    assert shared.graph("/organization").headers["Content-Type"].startswith("text/html")
    faults.add("Get-Mailbox", Fault(status=403, nul=True), times=1)
    with pytest.raises(requests.exceptions.ContentDecodingError):
        shared.invoke("Get-Mailbox", Identity=ADELE)
    faults.add("/organization", Fault(reset=True), times=1)
    with pytest.raises(requests.exceptions.ConnectionError):
        shared.graph("/organization")
    assert shared.graph("/organization").status_code == 200


def test_a_fault_can_be_meant_for_one_method_or_a_pattern(shared):
    faults = shared.tenant.faults
    faults.add("/users/*/manager", Fault(status=500), times=1)
    faults.add("/subscribedSkus", Fault(status=500, method="POST"))
    assert shared.graph("/subscribedSkus").status_code == 200
    assert shared.graph(f"/users/{ADELE}").status_code == 200
    assert shared.graph(f"/users/{ADELE}/manager").status_code == 500
    faults.clear()


def test_a_fault_can_follow_a_write_that_was_done(own):
    own.tenant.faults.add("/users", Fault(status=504, done=True), times=1)
    path = "/users/isaiah.langer@contoso.example"
    assert own.graph(path, method="PATCH", body={"accountEnabled": False}).status_code == 504
    assert own.graph(path, select="accountEnabled").json()["accountEnabled"] is False


def test_a_write_can_be_seen_late(own):
    path = f"/users/{ADELE}"
    own.tenant.stop_clock()
    own.tenant.faults.add("/users", Fault(stale=60, method="PATCH"), times=1)
    assert own.graph(path, method="PATCH", body={"city": "Tacoma"}).status_code == 204
    assert own.graph(path, select="city").json()["city"] == "Seattle"
    own.tenant.let_pass(timedelta(seconds=61))
    assert own.graph(path, select="city").json()["city"] == "Tacoma"


def test_a_tenant_can_show_every_write_late():
    with start(made("mailbox-takeover", NOW), limits=False, read_delay=120) as tenant:
        tenant.stop_clock()
        client = Client(tenant)
        client.rows("Set-Mailbox", Identity=ADELE, ForwardingSmtpAddress=None)
        assert client.rows("Get-Mailbox", Identity=ADELE)[0]["ForwardingSmtpAddress"] is not None
        tenant.let_pass(timedelta(minutes=3))
        assert client.rows("Get-Mailbox", Identity=ADELE)[0]["ForwardingSmtpAddress"] is None
        client.session.close()
        with pytest.raises(ValueError, match="forward only"):
            tenant.let_pass(timedelta(seconds=-1))


def test_faults_can_be_switched_and_calls_read_from_outside(own):
    url = own.tenant.url + "/sandbox"
    asked = {"target": "/domains", "fault": {"status": 503, "retry_after": 2}, "times": 1}
    assert own.session.post(url + "/faults", json=asked, timeout=60).status_code == 204
    assert own.graph("/domains", headers={"client-request-id": "mine"}).status_code == 503
    assert own.graph("/domains").status_code == 200
    calls = own.session.get(url + "/calls", timeout=60).json()
    told = [(call["path"], call["status"]) for call in calls if call["service"] == "graph"]
    assert told == [("/graph/v1.0/domains", 503), ("/graph/v1.0/domains", 200)]
    assert calls[-2]["client_request_id"] == "mine"
    own.session.post(url + "/faults", json={**asked, "times": None}, timeout=60)
    assert own.session.delete(url + "/faults", timeout=60).status_code == 204
    assert own.graph("/domains").status_code == 200


def test_a_refusal_takes_as_long_as_an_answer(limited):
    limited.tenant.faults.add("/users", Fault(slow=0.1))
    limited.graph("/users/nobody@contoso.example")
    call = limited.tenant.calls[-1]
    assert call.status == 404
    assert call.ended - call.started >= 0.11


def test_latency_is_added_to_each_call_and_calls_run_beside_each_other(limited):
    headers = {"Authorization": f"Bearer {limited.token('graph')}"}
    go_on = Event()
    limited.tenant.faults.add("/domains", Fault(slow=0.1, held=go_on))
    before = len(limited.tenant.calls)
    with ThreadPoolExecutor(6) as pool:
        url = f"{limited.tenant.graph_url}/v1.0/domains"
        asked = [pool.submit(requests.get, url, headers=headers, timeout=60) for _ in range(6)]
        while len(limited.tenant.calls) - before < 6:
            sleep(0.01)
        assert not any(one.done() for one in asked)
        go_on.set()
        assert {one.result().status_code for one in asked} == {200}
    calls = limited.tenant.calls[before:]
    assert all(call.ended - call.started >= 0.12 for call in calls)
    assert max(call.started for call in calls) < min(call.ended for call in calls)


@pytest.mark.parametrize("fault", [Fault(status=403, nul=True), Fault(status=503, html=True)])
def test_a_part_of_a_batch_can_fail_with_what_is_no_json(shared, fault):
    shared.tenant.faults.add("/users/broken", fault, times=1)
    parts = [
        {"id": str(n), "method": "GET", "url": url}
        for n, url in enumerate(("/users/broken", f"/users/{ADELE}"))
    ]
    reply = shared.graph("/$batch", method="POST", body={"requests": parts})
    shared.tenant.faults.clear()
    assert reply.status_code == 200
    found = {part["id"]: part for part in reply.json()["responses"]}
    assert (found["0"]["status"], found["1"]["status"]) == (fault.status, 200)
    assert base64.b64decode(found["0"]["body"])
