"""An administrator signs in by device code, once for Graph and once for Exchange, and is told why not."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from graph.administrator import Administrator, DeviceCode
from graph.auth import Resource
from graph.errors import CannotSignIn, NoPermission
from graph.limits import Deadline
from graph.request import Cmdlet, Request
from graph.settings import CLOUDS, Cloud, Hosts
from sandbox import tenant
from sandbox.tenant import Fault, RunningTenant
from tests.made import made

ADMINISTRATOR = "nestor.wilke@contoso.example"
SCOPES = ("User.Read", "Application.ReadWrite.All")
READS = Request("GET", "/applications")


@pytest.fixture
def played() -> Iterator[RunningTenant]:
    with tenant.start(made("clean"), limits=False) as running:
        yield running


@pytest.fixture
def shown() -> list[DeviceCode]:
    return []


def hosts(played: RunningTenant) -> Hosts:
    return Hosts(played.login_url, played.graph_url, played.exchange_url, played.compliance_url)


@pytest.fixture
def signing_in(played: RunningTenant, shown: list[DeviceCode]) -> Iterator[Callable[..., Administrator]]:
    """Give an administrator whose codes are entered as they are shown."""
    begun: list[Administrator] = []

    def begin(
        user: str = ADMINISTRATOR, *, consent: bool = True, scopes: tuple[str, ...] = SCOPES
    ) -> Administrator:
        def enter(code: DeviceCode) -> None:
            shown.append(code)
            played.enter_code(code.code, user, consent=consent)

        begun.append(Administrator(hosts(played), CLOUDS[Cloud.GLOBAL], enter, scopes))
        return begun[-1]

    yield begin
    for one in begun:
        one.close()


def test_graph_asks_once_and_exchange_and_compliance_ask_once_together(
    signing_in: Callable[..., Administrator], shown: list[DeviceCode], played: RunningTenant
) -> None:
    administrator = signing_in()
    assert administrator.tenant_id == ""
    administrator.sign_in(Deadline(20))
    assert (administrator.tenant_id, administrator.user) == (played.tenant_id, ADMINISTRATOR)
    assert administrator.fetch(READS, Deadline(20)) == []
    assert administrator.fetch(Cmdlet("Get-RoleGroup"), Deadline(20))
    assert administrator.fetch(Cmdlet("Get-RoleGroup", compliance=True), Deadline(20))
    assert [code.resource for code in shown] == [Resource.GRAPH, Resource.EXCHANGE]
    assert shown[0].address == f"{played.login_url}/device"


def test_a_token_is_kept_for_the_requests_that_follow(
    signing_in: Callable[..., Administrator], played: RunningTenant
) -> None:
    administrator = signing_in()
    asked = []
    for _ in range(3):
        assert administrator.fetch(READS, Deadline(20)) == []
        assert administrator.fetch(Cmdlet("Get-RoleGroup"), Deadline(20))
        asked.append(
            [call.path for call in played.calls].count(f"/login/{played.tenant_id}/oauth2/v2.0/token")
        )
    assert asked == [2, 2, 2]


def test_a_token_that_was_refused_is_replaced_without_asking_again(
    signing_in: Callable[..., Administrator], shown: list[DeviceCode], played: RunningTenant
) -> None:
    administrator = signing_in()
    administrator.sign_in(Deadline(20))
    played.faults.add("/applications", Fault(status=401), 1)
    assert administrator.fetch(READS, Deadline(20)) == []
    assert len(shown) == 1


def test_a_service_in_trouble_while_a_code_waits_is_asked_again(
    signing_in: Callable[..., Administrator], played: RunningTenant
) -> None:
    administrator = signing_in()
    played.faults.add(f"/{played.tenant_id}/oauth2/v2.0/token", Fault(status=503), 1)
    administrator.sign_in(Deadline(20))
    assert administrator.tenant_id == played.tenant_id
    assert [call.status for call in played.calls if call.path.endswith("/token")] == [503, 200]


@pytest.mark.parametrize(
    ("number", "says"),
    [(53003, "a Conditional Access policy blocks"), (50034, "failed: AADSTS50034")],
)
def test_a_sign_in_that_is_refused_says_why(
    signing_in: Callable[..., Administrator], played: RunningTenant, number: int, says: str
) -> None:
    played.state.sign_in_refusal = number
    with pytest.raises(CannotSignIn, match=says):
        signing_in().sign_in(Deadline(20))


def test_refused_consent_says_what_to_do(signing_in: Callable[..., Administrator]) -> None:
    with pytest.raises(CannotSignIn, match="consent was refused; repeat it"):
        signing_in(consent=False).sign_in(Deadline(20))


def test_somebody_who_may_not_consent_is_told_who_may(signing_in: Callable[..., Administrator]) -> None:
    with pytest.raises(CannotSignIn, match="sign in as a Global Administrator or Privileged"):
        signing_in("adele.vance@contoso.example").sign_in(Deadline(20))


def test_a_code_that_nobody_enters_ends_with_the_deadline(played: RunningTenant) -> None:
    waiting = Administrator(hosts(played), CLOUDS[Cloud.GLOBAL], lambda _: None, SCOPES)
    with pytest.raises(CannotSignIn, match="nobody entered the code in time"):
        waiting.sign_in(Deadline(0.3))
    waiting.close()


def test_what_was_not_consented_to_is_refused(signing_in: Callable[..., Administrator]) -> None:
    administrator = signing_in(scopes=("User.Read",))
    with pytest.raises(NoPermission):
        administrator.fetch(READS, Deadline(20))


def test_a_tenant_without_exchange_says_so(
    signing_in: Callable[..., Administrator], played: RunningTenant
) -> None:
    played.state.exchange_enabled = False
    with pytest.raises(CannotSignIn, match="the tenant does not have this service"):
        signing_in().sign_in(Deadline(20), exchange=True)
