"""Exchange and compliance run cmdlets and refuse as the real endpoints do."""

from __future__ import annotations

import requests

from graph import contract
from tests.sandbox.tenant.conftest import ADELE


def test_hidden_rules_come_only_when_asked_for(shared):
    plain = shared.rows("Get-InboxRule", Mailbox=ADELE)
    every = shared.rows("Get-InboxRule", Mailbox=ADELE, IncludeHidden=True)
    hidden = [rule for rule in every if rule["Identity"] not in {item["Identity"] for item in plain}]
    assert {rule["Name"] for rule in hidden} == {"Junk E-mail Rule", ""}
    assert hidden[-1]["RedirectTo"] == ['"drop77" [SMTP:drop77@mailbox-relay.example]']
    assert not any("IsHidden" in rule for rule in every), "no page and no capture has such a field"


def test_the_same_rule_has_two_views(shared):
    row = next(rule for rule in shared.rows("Get-InboxRule", Mailbox=ADELE) if rule["Name"] == "..")
    assert row["MoveToFolder"] == "RSS Subscriptions"
    assert row["SubjectOrBodyContainsWords"] == ["invoice", "payment", "bank", "wire"]


def test_forwarding_leads_to_the_contact_outside(shared):
    box = shared.rows("Get-Mailbox", Identity=ADELE)[0]
    assert box["ForwardingSmtpAddress"] == "smtp:collector@mailbox-relay.example"
    contact = shared.rows("Get-Recipient", Identity=box["ForwardingAddress"])[0]
    assert contact["ExternalEmailAddress"] == "SMTP:archive@mailbox-relay.example"


def test_pages_are_fetched_by_posting_the_same_body_again(shared):
    first = shared.invoke("Get-Mailbox", prefer="odata.maxpagesize=4").json()
    second = shared.invoke("Get-Mailbox", prefer="odata.maxpagesize=4", url=first["@odata.nextLink"]).json()
    assert (len(first["value"]), len(second["value"])) == (4, 4)
    assert first["value"] != second["value"]
    assert shared.session.get(first["@odata.nextLink"], timeout=60).status_code in {401, 405}


def test_only_selected_properties_come_back(shared):
    url = f"{shared.tenant.exchange_url}/adminapi/beta/{shared.tenant.tenant_id}/InvokeCommand"
    row = shared.invoke(
        "Get-Mailbox", url=url + "?$select=Identity,GrantSendOnBehalfTo", Identity=ADELE
    ).json()
    assert {name for name in row["value"][0] if "@" not in name} == {"Identity", "GrantSendOnBehalfTo"}


def test_an_object_that_is_not_there_is_told_in_three_places(shared):
    reply = shared.invoke("Get-Mailbox", Identity="nobody@contoso.example")
    error = reply.json()["error"]
    assert (reply.status_code, error["code"]) == (404, "NotFound")
    assert (
        error["details"][0]["message"].rpartition("|")[2]
        == error["innererror"]["internalexception"]["message"]
    )


def test_unknown_cmdlets_and_parameters_are_bad_requests(shared):
    assert shared.invoke("Get-Coffee").status_code == 400
    reply = shared.invoke("Get-Mailbox", Colour="red")
    assert (
        "Invalid cmdlet parameters specified. Colour"
        in reply.json()["error"]["innererror"]["internalexception"]["message"]
    )


def test_a_cmdlet_outside_the_role_answers_nul_bytes_declared_as_gzip(own):
    own.tenant.exchange_cmdlets.discard("Get-TransportRule")
    own.token("exchange")
    url = f"{own.tenant.exchange_url}/adminapi/beta/{own.tenant.tenant_id}/InvokeCommand"
    reply = requests.post(
        url,
        json={"CmdletInput": {"CmdletName": "Get-TransportRule", "Parameters": {}}},
        headers={"Authorization": f"Bearer {own.token('exchange')}", "X-AnchorMailbox": "x"},
        stream=True,
        timeout=60,
    )
    with reply:
        assert (reply.status_code, reply.headers["Content-Encoding"]) == (403, "gzip")
        assert set(reply.raw.read(decode_content=False)) == {0}


def test_without_the_application_role_exchange_answers_401(own):
    own.tenant.permissions.discard("Exchange.ManageAsApp")
    assert own.invoke("Get-Mailbox", Identity=ADELE).status_code == 401


def test_the_anchor_header_is_demanded_and_other_versions_are_not_served(shared):
    headers = {"Authorization": f"Bearer {shared.token('exchange')}"}
    body = {"CmdletInput": {"CmdletName": "Get-Mailbox"}}
    base = f"{shared.tenant.exchange_url}/adminapi"
    path = f"{shared.tenant.tenant_id}/InvokeCommand"
    assert (
        shared.session.post(f"{base}/beta/{path}", json=body, headers=headers, timeout=60).status_code == 400
    )
    assert (
        shared.session.post(f"{base}/v1.0/{path}", json=body, headers=headers, timeout=60).status_code == 405
    )


def test_compliance_redirects_to_another_host_and_runs_cmdlets_there(shared):
    headers = {"Authorization": f"Bearer {shared.token('compliance')}", "X-AnchorMailbox": "x"}
    tenant = shared.tenant
    banner = f"{tenant.compliance_url}/adminapi/beta/{tenant.tenant_id}/EXOBanner('AutogenSession')"
    reply = shared.session.get(banner + "?Version=3.9.2", headers=headers, allow_redirects=False, timeout=60)
    assert reply.status_code == 302
    location = reply.headers["Location"]
    assert location.startswith("http://localhost:")
    region = location.partition("/EXOBanner")[0] + "/InvokeCommand"

    def run(name: str, **parameters: str) -> requests.Response:
        body = {"CmdletInput": {"CmdletName": name, "Parameters": parameters}}
        reply: requests.Response = shared.session.post(region, json=body, headers=headers, timeout=60)
        return reply

    headers["Prefer"] = "odata.maxpagesize=1"
    link = run("Get-RoleGroup").json()["@odata.nextLink"]
    assert link.startswith(region), "a further page is at the same host, which alone the token is sent to"
    del headers["Prefer"]
    groups = run("Get-RoleGroup").json()["value"]
    assert {group["Name"] for group in groups} == {"eDiscovery Manager", "Compliance Administrator"}
    members = run("Get-RoleGroupMember", Identity="eDiscovery Manager").json()["value"]
    assert [(item["DisplayName"], item["ExternalDirectoryObjectId"]) for item in members] == [
        ("Adele Vance", None)
    ]
    assert run("Get-Mailbox").json()["error"]["code"] == "Forbidden"


def test_exchange_takes_a_batch_and_answers_by_id(shared):
    tenant = shared.tenant
    cmdlets = (("1", "Get-Mailbox", ADELE), ("2", "Get-Mailbox", "nobody"))
    items = [
        {
            "id": number,
            "method": "POST",
            "url": f"{tenant.exchange_url}/adminapi/beta/{tenant.tenant_id}/InvokeCommand",
            "body": {"CmdletInput": {"CmdletName": name, "Parameters": {"Identity": who}}},
        }
        for number, name, who in cmdlets
    ]
    reply = shared.invoke("", url=f"{tenant.exchange_url}/adminapi/beta/{tenant.tenant_id}/$batch")
    assert reply.status_code == 400
    headers = {"Authorization": f"Bearer {shared.token('exchange')}", "X-AnchorMailbox": "x"}
    url = f"{tenant.exchange_url}/adminapi/beta/{tenant.tenant_id}/$batch"
    answers = shared.session.post(url, json={"requests": items}, headers=headers, timeout=60).json()[
        "responses"
    ]
    assert {item["id"]: item["status"] for item in answers} == {"1": 200, "2": 404}


def test_nothing_comes_that_no_source_says_a_cmdlet_answers(shared):
    rows = shared.invoke("Get-RecipientPermission", Identity=ADELE).json()["value"]
    assert rows
    assert not any("IsInherited" in row for row in rows)
    rules = shared.invoke("Get-InboxRule", Mailbox=ADELE, IncludeHidden=True).json()["value"]
    assert rules
    known = contract.answered("Get-InboxRule", "exchange")
    assert {name for row in rules for name in row if "@" not in name} <= set(known)


def test_a_recipient_is_not_found_by_its_display_name_but_by_a_filter(shared):
    assert shared.invoke("Get-Recipient", Identity="Lidia Holloway").status_code == 404
    found = shared.invoke("Get-Recipient", Filter="DisplayName -eq 'Lidia Holloway'").json()["value"]
    assert [item["PrimarySmtpAddress"] for item in found] == ["lidia.holloway@contoso.example"]
    assert shared.invoke("Get-Recipient", Filter="Title -eq 'Boss'").status_code == 501


def test_folders_have_a_type_by_which_they_can_be_asked_for(shared):
    for scope in ("Inbox", "Calendar"):
        rows = shared.invoke("Get-MailboxFolderStatistics", Identity=ADELE, FolderScope=scope).json()["value"]
        assert [row["FolderType"] for row in rows] == [scope]


def test_rights_on_a_folder_are_not_taken_by_a_display_name(own):
    folder = {"Identity": f"{ADELE}:\\Calendar", "Confirm": False}
    reply = own.invoke("Remove-MailboxFolderPermission", **folder, User="Lidia Holloway")
    assert reply.status_code == 404
    reply = own.invoke("Remove-MailboxFolderPermission", **folder, User="lidia.holloway@contoso.example")
    assert reply.status_code == 200


def test_a_rule_names_no_address_of_the_organizations_own_recipients(own):
    box = own.tenant.state.mailbox(ADELE)
    contact = own.tenant.state.mail_contacts[0]
    people = [
        {"emailAddress": {"name": "Inside", "address": contact["PrimarySmtpAddress"]}},
        {"emailAddress": {"name": "Outside", "address": "drop@fabrikam.example"}},
    ]
    box.rules[0].actions["forwardTo"] = people
    rows = own.invoke("Get-InboxRule", Mailbox=ADELE, IncludeHidden=True).json()["value"]
    inside, outside = rows[0]["ForwardTo"]
    assert outside == '"Outside" [SMTP:drop@fabrikam.example]'
    name = inside.partition("[EX:")[2].rstrip("]")
    found = own.invoke("Get-Recipient", Identity=name).json()["value"]
    assert [item["Guid"] for item in found] == [contact["Guid"]]


def test_mailboxes_are_found_by_a_property_that_is_set(shared):
    wanted = "(ForwardingAddress -ne $null) -or (ForwardingSmtpAddress -ne $null)"
    found = shared.invoke("Get-Mailbox", Filter=wanted, ResultSize="Unlimited").json()["value"]
    every = shared.invoke("Get-Mailbox").json()["value"]
    set_here = [one for one in every if one["ForwardingAddress"] or one["ForwardingSmtpAddress"]]
    assert 0 < len(found) < len(every)
    assert [one["Identity"] for one in found] == [one["Identity"] for one in set_here]
    assert shared.invoke("Get-Mailbox", Filter="Alias -like 'a*'").status_code == 501
