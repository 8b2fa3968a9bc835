"""An administrator signs in by device code or in a browser, once for Graph and once for Exchange."""

from __future__ import annotations

import html
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from graph.administrator import Administrator, DeviceCode
from graph.auth import Resource
from graph.errors import CannotSignIn, NoPermission, OutOfTime
from graph.limits import Deadline
from graph.request import Cmdlet, Request
from graph.settings import CLOUDS, Cloud, Hosts
from sandbox import tenant
from sandbox.tenant import Fault, RunningTenant
from tests.growing import growing
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
    administrator.sign_in(Deadline(600))
    assert (administrator.tenant_id, administrator.user) == (played.tenant_id, ADMINISTRATOR)
    assert administrator.fetch(READS, Deadline(600)) == []
    assert administrator.fetch(Cmdlet("Get-RoleGroup"), Deadline(600))
    assert administrator.fetch(Cmdlet("Get-RoleGroup", compliance=True), Deadline(600))
    assert [code.resource for code in shown] == [Resource.GRAPH, Resource.EXCHANGE]
    assert shown[0].address == f"{played.login_url}/device"


def test_a_token_is_kept_for_the_requests_that_follow(
    signing_in: Callable[..., Administrator], played: RunningTenant
) -> None:
    administrator = signing_in()
    asked = []
    for _ in range(3):
        assert administrator.fetch(READS, Deadline(600)) == []
        assert administrator.fetch(Cmdlet("Get-RoleGroup"), Deadline(600))
        asked.append(
            [call.path for call in played.calls].count(f"/login/{played.tenant_id}/oauth2/v2.0/token")
        )
    assert asked == [2, 2, 2]


def test_a_token_that_was_refused_is_replaced_without_asking_again(
    signing_in: Callable[..., Administrator], shown: list[DeviceCode], played: RunningTenant
) -> None:
    administrator = signing_in()
    administrator.sign_in(Deadline(600))
    played.faults.add("/applications", Fault(status=401), 1)
    assert administrator.fetch(READS, Deadline(600)) == []
    assert len(shown) == 1


def test_a_service_in_trouble_while_a_code_waits_is_asked_again(
    signing_in: Callable[..., Administrator], played: RunningTenant
) -> None:
    administrator = signing_in()
    played.faults.add(f"/{played.tenant_id}/oauth2/v2.0/token", Fault(status=503), 1)
    administrator.sign_in(Deadline(600))
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
        signing_in().sign_in(Deadline(600))


def test_refused_consent_says_what_to_do(signing_in: Callable[..., Administrator]) -> None:
    with pytest.raises(CannotSignIn, match="consent was refused; run it again"):
        signing_in(consent=False).sign_in(Deadline(600))


def test_somebody_who_may_not_consent_is_told_who_may(signing_in: Callable[..., Administrator]) -> None:
    with pytest.raises(CannotSignIn, match="sign in as a Global Administrator or Privileged"):
        signing_in("adele.vance@contoso.example").sign_in(Deadline(600))


class Browsing:
    """A browser on this machine, and somebody who signs in with it.

    Attributes:
        asked: The queries of the pages that were opened.
        troubles: What went wrong in the browser.
    """

    def __init__(self, user: str = ADMINISTRATOR, *, consent: str = "yes") -> None:
        self._form = {"user": user, "consent": consent}
        self.asked: list[dict[str, str]] = []
        self.troubles: list[str] = []
        self._threads: list[threading.Thread] = []

    def __call__(self, address: str, _: Resource) -> bool:
        """Open a page; like a real browser, without waiting for it."""
        self.asked.append(dict(parse_qsl(urlsplit(address).query)))
        self._threads.append(threading.Thread(target=self._sign_in, args=(address,)))
        self._threads[-1].start()
        return True

    def close(self) -> None:
        for thread in self._threads:
            thread.join()

    def _sign_in(self, address: str) -> None:
        page = requests.get(address, timeout=60)
        if 'name="user"' in page.text:
            page = requests.post(address, data=self._form, timeout=60)
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.text))
        to = self.asked[-1]["redirect_uri"]
        answer = requests.post(
            to, data={name: html.unescape(one) for name, one in fields.items()}, timeout=60
        )
        if not answer.ok:
            self.troubles.append(answer.text)


def in_browser(played: RunningTenant, browsing: Browsing) -> Administrator:
    def show(code: DeviceCode) -> None:
        raise AssertionError(f"A code was shown: {code}")

    return Administrator(hosts(played), CLOUDS[Cloud.GLOBAL], show, SCOPES, opens=browsing)


def test_a_browser_asks_who_it_is_once_and_the_second_sign_in_is_the_same_persons(
    played: RunningTenant,
) -> None:
    browsing = Browsing()
    with closing(browsing), closing(in_browser(played, browsing)) as administrator:
        administrator.sign_in(Deadline(600))
        assert (administrator.tenant_id, administrator.user) == (played.tenant_id, ADMINISTRATOR)
        assert administrator.fetch(READS, Deadline(600)) == []
        assert administrator.fetch(Cmdlet("Get-RoleGroup"), Deadline(600))
        assert administrator.fetch(Cmdlet("Get-RoleGroup", compliance=True), Deadline(600))
    assert [one.get("login_hint") for one in browsing.asked] == [None, ADMINISTRATOR]
    assert {one["response_mode"] for one in browsing.asked} == {"form_post"}
    assert {one["code_challenge_method"] for one in browsing.asked} == {"S256"}
    assert browsing.troubles == []


def test_whoever_does_not_accept_in_the_browser_is_told_what_to_do(played: RunningTenant) -> None:
    browsing = Browsing(consent="no")
    refused = pytest.raises(CannotSignIn, match="consent was refused; run it again")
    with closing(browsing), closing(in_browser(played, browsing)) as administrator, refused:
        administrator.sign_in(Deadline(600))


def test_where_no_browser_opens_a_code_is_shown(played: RunningTenant, shown: list[DeviceCode]) -> None:
    def enter(code: DeviceCode) -> None:
        shown.append(code)
        played.enter_code(code.code, ADMINISTRATOR, consent=True)

    made_so = Administrator(
        hosts(played), CLOUDS[Cloud.GLOBAL], enter, SCOPES, opens=lambda _address, _resource: False
    )
    with closing(made_so) as administrator:
        administrator.sign_in(Deadline(600))
    assert [code.resource for code in shown] == [Resource.GRAPH]


def nobody_signs_in(waiting: Administrator) -> None:
    """Wait until the time for it is over, which may not be before the page was shown."""
    for seconds in growing(0.3):
        with suppress(OutOfTime):
            with pytest.raises(CannotSignIn, match="no one signed in in time"):
                waiting.sign_in(Deadline(seconds))
            return
    pytest.fail("the page was never shown")


def test_a_sign_in_that_nobody_makes_in_the_browser_ends_with_the_deadline(played: RunningTenant) -> None:
    def opens(_address: str, _resource: Resource) -> bool:
        return True

    def show(code: DeviceCode) -> None:
        raise AssertionError(f"A code was shown: {code}")

    made_so = Administrator(hosts(played), CLOUDS[Cloud.GLOBAL], show, SCOPES, opens=opens)
    with closing(made_so) as waiting:
        nobody_signs_in(waiting)


def test_a_code_that_nobody_enters_ends_with_the_deadline(played: RunningTenant) -> None:
    with closing(Administrator(hosts(played), CLOUDS[Cloud.GLOBAL], lambda _: None, SCOPES)) as waiting:
        nobody_signs_in(waiting)


def test_what_was_not_consented_to_is_refused(signing_in: Callable[..., Administrator]) -> None:
    administrator = signing_in(scopes=("User.Read",))
    with pytest.raises(NoPermission):
        administrator.fetch(READS, Deadline(600))


def test_a_tenant_without_exchange_says_so(
    signing_in: Callable[..., Administrator], played: RunningTenant
) -> None:
    played.state.exchange_enabled = False
    with pytest.raises(CannotSignIn, match="the tenant does not have this service"):
        signing_in().sign_in(Deadline(600), exchange=True)
