"""The audit search is asynchronous and matches as Microsoft's does."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any

import pytest

from sandbox.tenant import start
from tests.made import made
from tests.sandbox.tenant.conftest import ADELE, NOW, Client

WHOLE = {"filterStartDateTime": "2026-03-01T00:00:00Z", "filterEndDateTime": "2026-06-18T00:00:00Z"}


def search(client: Client, **filters: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    reply = client.graph(
        "/security/auditLog/queries", method="POST", version="beta", body={**WHOLE, **filters}
    )
    assert reply.status_code == 201, reply.text
    query = f"/security/auditLog/queries/{reply.json()['id']}"
    while (state := client.graph(query, version="beta").json())["status"] != "succeeded":
        time.sleep(0.02)
    return state, client.values(query + "/records", version="beta", top="999")


def test_a_query_is_not_started_then_runs_then_succeeds():
    with start(made("mailbox-takeover", NOW), limits=False, audit_query_seconds=60) as tenant:
        tenant.stop_clock()
        client = Client(tenant)
        begun = client.graph("/security/auditLog/queries", method="POST", version="beta", body=WHOLE).json()
        path, seen = f"/security/auditLog/queries/{begun['id']}", [begun["status"]]
        assert client.values(path + "/records", version="beta") == []
        while seen[-1] != "succeeded":
            tenant.let_pass(timedelta(seconds=7))
            status = client.graph(path, version="beta").json()["status"]
            seen += [status] if status != seen[-1] else []
        client.session.close()
    assert seen == ["notStarted", "running", "succeeded"]


def test_records_come_in_the_wire_form(shared):
    _, records = search(shared, userPrincipalNameFilters=[ADELE], operationFilters=["New-InboxRule"])
    record = next(item for item in records if item["objectId"].endswith("\\.."))
    assert (record["clientIp"], record["auditLogRecordType"]) == (None, "ExchangeAdmin")
    assert record["userPrincipalName"] == ADELE
    assert record["auditData"]["ClientIP"] == "203.0.113.77:51422"
    assert any("@odata" in name for name in record["auditData"])


def test_the_user_filter_matches_the_actor_and_the_keyword_everything(shared):
    _, by_actor = search(shared, userPrincipalNameFilters=[ADELE.upper()])
    _, mentioned = search(shared, keywordFilter=ADELE)
    assert {item["userPrincipalName"] for item in by_actor} == {ADELE}
    assert len(mentioned) > len({item["id"] for item in by_actor})
    assert any(item["userPrincipalName"].startswith("nestor") for item in mentioned)


def test_an_address_with_a_port_is_not_found_by_the_address_alone(shared):
    _, by_address = search(shared, ipAddressFilters=["203.0.113.77"])
    assert "New-InboxRule" not in {item["operation"] for item in by_address}
    _, by_keyword = search(shared, keywordFilter="203.0.113.77")
    assert "New-InboxRule" in {item["operation"] for item in by_keyword}


def test_a_search_by_object_finds_what_was_done_to_it(shared):
    _, found = search(shared, objectIdFilters=[ADELE])
    assert "Reset user password." in {item["operation"] for item in found}


def test_records_repeat_as_in_real_exports(shared):
    _, records = search(shared, userPrincipalNameFilters=[ADELE])
    assert len({item["id"] for item in records}) < len(records)


def test_a_cut_query_succeeds_and_says_that_it_was_cut(own):
    own.tenant.state.audit_query_record_limit = 100
    state, records = search(own)
    assert (state["isRecordCountLimitExceeded"], len(records)) == (True, 100)


def test_v1_can_be_made_to_fail_as_in_some_tenants(own):
    assert own.graph("/security/auditLog/queries", method="POST", body=WHOLE).status_code == 201
    own.tenant.state.audit_queries_on_v1 = False
    path = "/security/auditLog/queries"
    assert own.code(path, method="POST", body=WHOLE) == (404, "UnknownError")
    assert own.graph(path, method="POST", version="beta", body=WHOLE).status_code == 201


def test_a_scoped_permission_sees_its_own_service(own):
    own.tenant.permissions.discard("AuditLogsQuery.Read.All")
    own.tenant.permissions.add("AuditLogsQuery-Exchange.Read.All")
    _, records = search(own, userPrincipalNameFilters=[ADELE])
    assert {item["service"] for item in records} == {"Exchange"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {**WHOLE, "colour": "red"},
        {**WHOLE, "operationFilters": "Send"},
        {"filterStartDateTime": "x"},
        {**WHOLE, "filterEndDateTime": "2026-02-01T00:00:00Z"},
    ],
)
def test_a_body_that_is_not_understood_is_refused(shared, body):
    assert shared.graph("/security/auditLog/queries", method="POST", body=body).status_code == 400


def test_a_tenant_without_auditing_says_so(own):
    own.rows("Set-AdminAuditLogConfig", UnifiedAuditLogIngestionEnabled=False)
    code = own.code("/security/auditLog/queries", method="POST", body=WHOLE)
    assert code == (400, "AuditingDisabledTenant")


def test_the_cmdlet_hands_out_a_session_until_it_is_empty(shared):
    asked = {"StartDate": "2026-03-01", "EndDate": "2026-06-18", "UserIds": [ADELE], "ResultSize": 500}
    asked |= {"SessionId": "one", "SessionCommand": "ReturnLargeSet"}
    rows: list[dict[str, Any]] = []
    while page := shared.rows("Search-UnifiedAuditLog", **asked):
        rows += page
    _, records = search(shared, userPrincipalNameFilters=[ADELE])
    assert {row["Identity"] for row in rows} == {item["id"] for item in records}
    assert json.loads(rows[0]["AuditData"])["Operation"] == rows[0]["Operations"]
    assert rows[0]["ResultCount"] == len(rows)
    times = [row["CreationDate"] for row in rows]
    assert times != sorted(times, reverse=True), "a large set is not sorted"


def test_the_cmdlet_has_small_defaults_and_a_cap(shared):
    asked = {"StartDate": "2026-03-01", "EndDate": "2026-06-18"}
    assert len(shared.rows("Search-UnifiedAuditLog", **asked)) == 100
    assert shared.invoke("Search-UnifiedAuditLog", **asked, ResultSize=5001).status_code == 400
