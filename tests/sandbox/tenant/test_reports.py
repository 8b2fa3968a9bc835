"""Sign-ins, directory audits and the message trace keep their own rules."""

from __future__ import annotations

from typing import Any

import requests

from tests.sandbox.tenant.conftest import ADELE, Client

SINCE = "createdDateTime ge 2026-05-20T00:00:00Z"


def test_v1_shows_interactive_sign_ins_and_beta_the_others_on_demand(shared):
    by_user = f"userPrincipalName eq '{ADELE}' and {SINCE}"
    plain = shared.values("/auditLogs/signIns", filter=by_user)
    assert {item["isInteractive"] for item in plain} == {True}
    assert "sessionId" not in plain[0]
    wanted = "(signInEventTypes/any(t: t eq 'nonInteractiveUser')) and " + by_user
    other = shared.values("/auditLogs/signIns", version="beta", filter=wanted)
    assert {item["isInteractive"] for item in other} == {False}
    assert "2001:db8:77::5" in {item["ipAddress"] for item in other}
    assert other[0]["sessionId"]


def test_a_type_of_sign_in_that_no_page_names_is_refused(shared):
    wanted = f"(signInEventTypes/any(t: t eq 'anyUser')) and userPrincipalName eq '{ADELE}'"
    assert shared.graph("/auditLogs/signIns", version="beta", filter=wanted).status_code == 400


def test_a_principal_name_with_capitals_finds_no_sign_in(shared):
    assert (
        shared.values("/auditLogs/signIns", filter="userPrincipalName eq 'Adele.Vance@contoso.example'") == []
    )


def test_paging_has_opaque_links_an_empty_page_and_no_repeats(shared):
    by_user = f"userPrincipalName eq '{ADELE}' and {SINCE}"
    first = shared.graph("/auditLogs/signIns", filter=by_user, top="10").json()
    headers = {"Authorization": f"Bearer {shared.token('graph')}"}
    second = shared.session.get(first["@odata.nextLink"], headers=headers, timeout=60).json()
    assert (len(first["value"]), second["value"]) == (10, [])
    assert second["@odata.nextLink"] != first["@odata.nextLink"]
    small = shared.values("/auditLogs/signIns", filter=by_user, top="10")
    assert small == shared.values("/auditLogs/signIns", filter=by_user)
    assert len({item["id"] for item in small}) == len(small)


def test_sign_ins_older_than_the_retention_are_gone(shared):
    assert shared.values("/auditLogs/signIns")[-1]["createdDateTime"] >= "2026-05-18"


def test_directory_audits_are_found_by_target_and_by_actor(shared):
    user_id = shared.graph(f"/users/{ADELE}").json()["id"]
    on_user = shared.values(
        "/auditLogs/directoryAudits",
        filter=f"activityDateTime ge 2026-06-01T00:00:00Z and targetResources/any(t:t/id eq '{user_id}')",
        orderby="activityDateTime desc",
    )
    by_user = shared.values("/auditLogs/directoryAudits", filter=f"initiatedBy/user/id eq '{user_id}'")
    changed = [
        change
        for item in on_user
        for resource in item["targetResources"]
        for change in resource["modifiedProperties"]
        if change["displayName"] == "DisplayName"
    ]
    assert [(item["oldValue"], item["newValue"]) for item in changed] == [
        ('["Adele Vance"]', '["Adele Vance - Accounts Payable"]')
    ]
    assert "Consent to application" in {item["activityDisplayName"] for item in by_user}


def trace(client: Client, start: str, end: str, **more: Any) -> requests.Response:
    bounds = f"receivedDateTime ge {start} and receivedDateTime le {end}"
    return client.graph(
        "/admin/exchange/tracing/messageTraces", filter=f"senderAddress eq '{ADELE}' and {bounds}", **more
    )


def test_the_message_trace_takes_ten_days_at_most_and_both_bounds(shared):
    assert trace(shared, "2026-06-08T00:00:00Z", "2026-06-17T18:00:00Z").json()["value"]
    assert trace(shared, "2026-06-01T00:00:00Z", "2026-06-17T18:00:00Z").status_code == 400
    assert trace(shared, "2026-06-10T00:00:00Z", "2026-06-19T00:00:00Z").status_code == 400
    assert trace(shared, "2026-01-01T00:00:00Z", "2026-01-05T00:00:00Z").status_code == 400
    path = "/admin/exchange/tracing/messageTraces"
    assert shared.graph(path, filter="receivedDateTime ge 2026-06-16T00:00:00Z").status_code == 400


def test_a_trace_leads_to_its_details(shared):
    row = trace(shared, "2026-06-14T00:00:00Z", "2026-06-17T00:00:00Z").json()["value"][0]
    path = f"/admin/exchange/tracing/messageTraces/{row['id']}"
    details = shared.values(f"{path}/getDetailsByRecipient(recipientAddress='{row['recipientAddress']}')")
    assert details[0]["event"] == "Receive"


def test_both_traces_tell_of_the_same_messages(shared):
    rows = trace(shared, "2026-06-12T00:00:00Z", "2026-06-17T00:00:00Z").json()["value"]
    listed = shared.rows(
        "Get-MessageTraceV2",
        SenderAddress=[ADELE],
        StartDate="2026-06-12T00:00:00Z",
        EndDate="2026-06-17T00:00:00Z",
        ResultSize=5000,
    )
    assert {item["messageId"] for item in rows} <= {item["MessageId"] for item in listed}


def test_the_cmdlet_goes_on_from_the_last_row(shared):
    asked = {"SenderAddress": [ADELE], "StartDate": "2026-06-12T00:00:00Z", "EndDate": "2026-06-17T00:00:00Z"}
    whole = shared.rows("Get-MessageTraceV2", **asked, ResultSize=5000)
    got: list[dict[str, object]] = []
    while page := shared.rows("Get-MessageTraceV2", **asked, ResultSize=7):
        got += page
        asked["EndDate"], asked["StartingRecipientAddress"] = (
            page[-1]["Received"],
            page[-1]["RecipientAddress"],
        )
    assert {row["MessageTraceId"] for row in got} == {row["MessageTraceId"] for row in whole}
