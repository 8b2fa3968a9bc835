"""Two applications, one that reads and one that writes; and which cmdlets an application may run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import SecretStr, ValidationError

from graph.connection import Connection
from graph.errors import Broken, CannotSignIn, NoPermission, NotJson
from graph.exchange import region_of
from graph.limits import Deadline
from graph.request import Cmdlet, Request, changes
from graph.settings import RemediateSettings, TenantSettings
from sandbox import tenant
from sandbox.tenant import RunningTenant
from tests.graph.service import TENANT_ID, Reply, Service
from tests.made import made

NOBODY = "00000000-0000-4000-8000-000000000000"
ADELE = "adele.vance@contoso.example"
READS = (
    Request("GET", f"/users/{ADELE}", {"$select": "id"}),
    Cmdlet("Get-InboxRule", {"Mailbox": ADELE}, anchor=ADELE),
    Cmdlet("Get-RoleGroup", compliance=True),
)
WRITES = (
    Request("POST", f"/users/{ADELE}/revokeSignInSessions"),
    Cmdlet("Set-CASMailbox", {"Identity": ADELE, "PopEnabled": False}, anchor=ADELE),
)


@pytest.fixture(scope="module")
def played() -> Iterator[RunningTenant]:
    with tenant.start(made("clean"), limits=False) as running:
        yield running


def connect(played: RunningTenant, reading: str, writing: str) -> Connection:
    secret = SecretStr(played.client_secret)
    return Connection(
        TenantSettings(
            tenant_id=played.tenant_id,
            client_id=reading,
            client_secret=secret,
            login_url=played.login_url,
            graph_url=played.graph_url,
            exchange_url=played.exchange_url,
            compliance_url=played.compliance_url,
            remediate=RemediateSettings(client_id=writing, client_secret=secret),
        )
    )


def test_what_changes_something_is_told_from_what_reads() -> None:
    assert not any(changes(one) for one in READS)
    assert all(changes(one) for one in WRITES)
    assert not changes(Request("POST", "/security/auditLog/queries", reads=True))


@pytest.mark.parametrize("what", READS)
def test_reads_are_sent_as_the_application_that_reads(played: RunningTenant, what: Request | Cmdlet) -> None:
    with connect(played, played.client_id, NOBODY) as connection:
        connection.fetch(what, Deadline(9))
    with connect(played, NOBODY, played.client_id) as connection, pytest.raises(CannotSignIn):
        connection.fetch(what, Deadline(9))


@pytest.mark.parametrize("what", WRITES)
def test_writes_are_sent_as_the_application_that_writes(
    played: RunningTenant, what: Request | Cmdlet
) -> None:
    with connect(played, NOBODY, played.client_id) as connection:
        connection.fetch(what, Deadline(9))
    with connect(played, played.client_id, NOBODY) as connection, pytest.raises(CannotSignIn):
        connection.fetch(what, Deadline(9))


def test_the_application_that_writes_signs_in_when_something_is_to_be_written_first(
    played: RunningTenant,
) -> None:
    """Its credential is not used by any check; so its first use stands out in the tenant's sign-in log."""
    with connect(played, played.client_id, NOBODY) as connection:
        connection.fetch_batch([READS[0]] if isinstance(READS[0], Request) else [], Deadline(9))
        assert connection.held_cmdlets(Deadline(9))
        with pytest.raises(CannotSignIn):
            connection.held_cmdlets(Deadline(9), to_write=True)


def test_without_a_second_application_the_first_one_writes() -> None:
    settings = TenantSettings(tenant_id=TENANT_ID, client_id="one", client_secret=SecretStr("x"))
    assert settings.to_write is settings
    assert settings.client_ids == ("one",)
    both = settings.model_copy(
        update={"remediate": RemediateSettings(client_id="two", client_secret=SecretStr("y"))}
    )
    assert both.client_ids == ("one", "two")
    assert both.to_write.client_id == "two"
    assert both.to_write.remediate is None


def test_the_second_application_has_one_credential_too() -> None:
    with pytest.raises(ValidationError, match="has no credential"):
        RemediateSettings(client_id="two")


def test_the_cmdlets_that_an_application_may_run_are_listed_and_none_is_run(played: RunningTenant) -> None:
    before = len(played.calls)
    played.exchange_cmdlets.discard("Set-Mailbox")
    with connect(played, played.client_id, played.client_id) as connection:
        held = connection.held_cmdlets(Deadline(9))
        purview = connection.held_cmdlets(Deadline(9), compliance=True)
    played.exchange_cmdlets.add("Set-Mailbox")
    assert "Get-InboxRule" in held
    assert "Set-Mailbox" not in held
    assert "Remove-RoleGroupMember" in purview
    assert "Set-CASMailbox" not in purview
    assert not [call for call in played.calls[before:] if call.cmdlet]


def test_a_list_of_cmdlets_of_another_form_is_no_empty_list(service: Service, connection: Connection) -> None:
    service.answers(Reply(body={"value": [{"name": "ExchangeOnlineManagement"}]}))
    with pytest.raises(NotJson, match="Exchange does not list the cmdlets that the application can run"):
        connection.held_cmdlets(Deadline(600))
    service.answers(Reply(401))
    with pytest.raises(NoPermission):
        connection.held_cmdlets(Deadline(600))


def test_the_list_of_cmdlets_is_read_where_the_front_door_sends_us_once(
    service: Service, connection: Connection
) -> None:
    path = f"/exchange/region/adminapi/v1.0/{TENANT_ID}/EXOModuleFile?Version=3.9.2"
    listed = Reply(body={"value": [{"exportedCmdlets": "Get-Mailbox, Set-Mailbox,"}]})
    service.answers(Reply(302, headers={"Location": f"{service.url}{path}"}), listed)
    assert connection.held_cmdlets(Deadline(600)) == {"Get-Mailbox", "Set-Mailbox"}
    assert service.got[1].path == path
    service.answers(Reply(302, headers={"Location": f"{service.url}{path}"}))
    with pytest.raises(Broken, match="the same page of cmdlets twice"):
        connection.held_cmdlets(Deadline(600))


def test_the_inner_port_of_the_service_is_not_what_we_are_sent_to() -> None:
    base = "https://outlook.office365.com"
    asked = f"{base}/adminapi/v1.0/{TENANT_ID}/EXOModuleFile"
    location = f"https://nam13b.outlook.office365.com:446/adminapi/v1.0/{TENANT_ID}/EXOModuleFile"
    assert region_of(location, asked, base) == "https://nam13b.outlook.office365.com"
