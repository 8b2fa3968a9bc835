"""The Exchange adapter: form, paging, refusals and the way to the compliance region."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from graph.connection import Connection
from graph.errors import Broken, InDoubt, NoPermission, Refused
from graph.exchange import region_of
from graph.limits import Deadline
from graph.request import Cmdlet
from tests.graph.service import TENANT_ID, Got, Reply, Service

UPN = "adele.vance@contoso.example"
READ = Cmdlet("Get-Mailbox", {"Identity": UPN}, anchor=UPN, select=("Identity", "ForwardingAddress"))
PATH = f"/exchange/adminapi/beta/{TENANT_ID}/InvokeCommand"


def test_a_cmdlet_goes_out_in_the_form_of_the_endpoint(service: Service, connection: Connection) -> None:
    service.answers(Reply(body={"value": [{"Identity": "adele"}]}))
    assert connection.fetch(READ, Deadline(600)) == [{"Identity": "adele"}]
    got = service.got[0]
    assert (got.method, got.path) == ("POST", f"{PATH}?$select=Identity,ForwardingAddress")
    assert got.body == {"CmdletInput": {"CmdletName": "Get-Mailbox", "Parameters": {"Identity": UPN}}}
    assert got.headers["x-anchormailbox"] == f"UPN:{UPN}"
    assert got.headers["prefer"] == "odata.maxpagesize=1000"
    connection.fetch(Cmdlet("Get-TransportRule"), Deadline(600))
    assert service.got[1].headers["x-anchormailbox"].startswith("APP:SystemMailbox{")
    assert service.got[1].headers["x-anchormailbox"].endswith(f"@{TENANT_ID}")


def test_further_pages_are_asked_for_by_posting_the_same_body(
    service: Service, connection: Connection
) -> None:
    link = f"{service.url}{PATH}?$skiptoken=x"
    service.answers(
        Reply(body={"value": [{"n": 1}], "@odata.nextLink": link}), Reply(body={"value": [{"n": 2}]})
    )
    assert connection.fetch(READ, Deadline(600)) == [{"n": 1}, {"n": 2}]
    assert service.got[0].body == service.got[1].body
    assert service.got[1].path == f"{PATH}?$skiptoken=x"


def test_a_page_elsewhere_and_a_circle_are_refused(service: Service, connection: Connection) -> None:
    service.answers(Reply(body={"value": [], "@odata.nextLink": "http://127.0.0.1:1/exchange/x"}))
    with pytest.raises(Refused, match="token was not sent"):
        connection.fetch(READ, Deadline(600))
    service.answers(Reply(body={"value": [], "@odata.nextLink": f"{service.url}{PATH}?$skiptoken=x"}))
    with pytest.raises(Broken, match="the same page of Get-Mailbox twice"):
        connection.fetch(READ, Deadline(600))


def test_a_body_of_zeros_that_claims_to_be_gzip_names_the_cmdlet(
    service: Service, connection: Connection
) -> None:
    service.answers(Reply(403, b"\0" * 512, {"Content-Encoding": "gzip"}))
    with pytest.raises(NoPermission, match="Get-Mailbox") as caught:
        connection.fetch(READ, Deadline(600))
    assert caught.value.needs == "an Exchange role with Get-Mailbox"


def test_reading_cmdlets_are_sent_again_and_changing_ones_are_not(
    service: Service, connection: Connection
) -> None:
    service.answers(Reply(503), Reply(body={"value": []}))
    assert connection.fetch(READ, Deadline(600)) == []
    service.got.clear()
    service.answers(Reply(503))
    with pytest.raises(InDoubt):
        connection.fetch(Cmdlet("Set-Mailbox", {"Identity": UPN, "ForwardingAddress": None}), Deadline(600))
    assert len(service.got) == 1
    assert service.got[0].body["CmdletInput"]["Parameters"]["ForwardingAddress"] is None


def test_a_change_that_changes_nothing_is_a_success_with_a_warning_in_the_log(
    service: Service, connection: Connection
) -> None:
    warning = "The command completed successfully but no settings have been modified."
    service.answers(Reply(body={"value": [], "@adminapi.warnings": [warning]}))
    with capture_logs() as logs:
        assert connection.fetch(Cmdlet("Set-Mailbox", {"Identity": UPN}), Deadline(600)) == []
    assert [entry["warning"] for entry in logs if entry.get("action") == "cmdlet.warning"] == [warning]


def test_the_region_of_compliance_is_asked_for_once_and_used(
    service: Service, connection: Connection
) -> None:
    def answer(got: Got) -> Reply:
        if got.method == "GET":
            path = got.path.replace("/compliance/", "/region/")
            return Reply(302, None, {"Location": f"{service.url.replace('127.0.0.1', 'localhost')}{path}"})
        return Reply(body={"value": [{"Name": "eDiscovery Manager"}]})

    service.answer = answer
    groups = Cmdlet("Get-RoleGroup", compliance=True)
    for _ in range(2):
        assert connection.fetch(groups, Deadline(600)) == [{"Name": "eDiscovery Manager"}]
    assert [got.method for got in service.got] == ["GET", "POST", "POST"]
    assert service.got[1].path.startswith("/region/adminapi/beta/")
    assert "EXOBanner('AutogenSession')" in service.got[0].path


BASE = "https://ps.compliance.protection.outlook.com"
ASKED = f"{BASE}/adminapi/beta/t/EXOBanner('AutogenSession')?Version=1"


def test_a_region_below_the_compliance_host_is_followed() -> None:
    region = "https://nam10b.ps.compliance.protection.outlook.com"
    assert region_of(f"{region}/adminapi/beta/t/EXOBanner", ASKED, BASE) == region
    assert region_of("/adminapi/beta/t/EXOBanner", ASKED, BASE) == BASE


@pytest.mark.parametrize(
    "location",
    [
        "",
        "https://compliance.fabrikam.example/adminapi/x",
        "https://ps.compliance.protection.outlook.com.fabrikam.example/adminapi/x",
        "https://evilps.compliance.protection.outlook.com/adminapi/x",
        "http://nam10b.ps.compliance.protection.outlook.com/adminapi/x",
        "https://a@nam10b.ps.compliance.protection.outlook.com/adminapi/x",
        "http://127.0.0.1/adminapi/x",
    ],
)
def test_no_token_goes_to_any_other_host(location: str) -> None:
    with pytest.raises(Refused, match="token was not sent"):
        region_of(location, ASKED, BASE)
