"""An administrator's own sign-in, in a browser or by device code, for what a tenant is set up with.

Two public clients of Microsoft's own are used, as its command-line tools use them: one for Graph, one for
Exchange and Security & Compliance. Each asks the administrator once; tokens stay in memory and end with the
program.

A browser on this machine comes first: it may be on the device that a Conditional Access policy asks for, and
policies may block device codes. It comes back to `http://localhost`, which both clients are registered for
(Exchange's: AzureAD/microsoft-authentication-library-for-dotnet, issue 4934).
Source: MSAL Python's `PublicClientApplication`; Microsoft identity platform, "OAuth 2.0 device authorization
grant" and "OAuth 2.0 authorization code flow"; Graph's client is that of `Connect-MgGraph`, Exchange's that
of `Connect-ExchangeOnline`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import msal
from msal.oauth2cli.authcode import AuthCodeReceiver

from graph.auth import LoginClient, Resource, number_of, secure, within
from graph.client import GraphClient
from graph.effects import Item
from graph.errors import Broken, CannotSignIn, OutOfTime
from graph.exchange import ExchangeClient
from graph.limits import Deadline, Limits
from graph.most import Most
from graph.request import Cmdlet, Request
from graph.responses import safe_text
from graph.retry import Pacing
from graph.settings import Hosts
from graph.transport import Transport
from graph.wire import Wire

GRAPH_CLIENT: Final = "14d82eec-204b-4c2f-b7e8-296a70dab67e"
"""Microsoft Graph Command Line Tools."""
EXCHANGE_CLIENT: Final = "fb78d390-0c51-40cd-8e17-fdbfab77341b"
"""Microsoft Exchange REST API Based PowerShell."""
ANY_TENANT: Final = "organizations"

_THREADS: Final = 4
_NOBODY: Final = 70020
_AGAIN: Final = frozenset({"authorization_pending", "slow_down"})
_PLAIN: Final[Mapping[str, str]] = {
    "53003": (
        "a Conditional Access policy blocks this sign-in; on a computer that the policy allows, use "
        "`compromise init --browser` or `--script`, or add an exception to the policy"
    ),
    "65001": "the permissions were not consented to; run it again, and accept what the page asks for",
    "65004": "consent was refused; run it again, and accept what the page asks for",
    "70018": "the code is no longer valid; run it again, and enter the new code",
    "70020": "no one signed in in time; run it again",
    "50011": "Microsoft's client no longer redirects to this machine; use `compromise init --code`",
    "90094": (
        "this account may not consent to the permissions; sign in as a Global Administrator or Privileged "
        "Role Administrator, or hand `compromise init --manifest` to one"
    ),
    "500011": "the tenant does not have this service",
    "650052": "the tenant has no license for this service",
    "50020": "this account belongs to another tenant",
}


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """What an administrator is shown: where to go, which code to enter, and what for."""

    address: str
    code: str
    resource: Resource


Opens: TypeAlias = Callable[[str, Resource], bool]


@dataclass(frozen=True, slots=True)
class Setting:
    """A tenant as an administrator reaches it."""

    name: str
    tenant_id: str
    domains: tuple[str, ...]
    hosts: Hosts


class AdministratorSignIn:
    """Gets an administrator's tokens when they are first needed. For one thread.

    Args:
        hosts: Where requests are sent.
        resources: What tokens are asked for.
        wire: What the login service is reached by.
        show: Tells the administrator where to enter which code.
        scopes: The delegated permissions of Graph that are asked for.
        opens: Opens an address in a browser on this machine, and gives whether one opened; None where there
            is none.

    Attributes:
        tenant_id: The tenant that was signed in to, "" before.
        user: Who signed in, an address, "" before.
    """

    def __init__(
        self,
        hosts: Hosts,
        resources: Hosts,
        wire: Wire,
        show: Callable[[DeviceCode], None],
        scopes: tuple[str, ...],
        *,
        opens: Opens | None = None,
    ) -> None:
        self._hosts = hosts
        self._resources = resources
        self._wire = wire
        self._show = show
        self._opens = opens
        self._scopes = scopes
        self._apps: dict[str, msal.PublicClientApplication] = {}
        self._refused: dict[Resource, str] = {}
        self.tenant_id = ""
        self.user = ""

    def token(self, resource: Resource, deadline: Deadline) -> str:
        """A token for a resource; asks the administrator where no earlier sign-in brings one.

        Raises:
            CannotSignIn: the sign-in was refused, or is one to another tenant than the first.
            OutOfTime: nobody signed in before the deadline.
            GraphError: the login service does not answer.
        """
        scopes = self._of(resource)
        with within(deadline):
            app = self._app(resource)
            result = (
                self._without_asking(app, resource, scopes)
                or self._by_browser(app, resource, scopes, deadline)
                or self._by_code(app, resource, scopes, deadline)
            )
        token = result.get("access_token")
        if not isinstance(token, str):
            raise _refusal(result, resource)
        self._note(result, resource)
        return token

    def forget(self, resource: Resource, token: str) -> None:
        """Drop a token that was refused."""
        self._refused[resource] = token

    def _of(self, resource: Resource) -> list[str]:
        if resource is Resource.GRAPH:
            return [f"{self._resources.graph}/{scope}" for scope in self._scopes]
        return [f"{getattr(self._resources, resource.value)}/.default"]

    def _app(self, resource: Resource) -> msal.PublicClientApplication:
        client = GRAPH_CLIENT if resource is Resource.GRAPH else EXCHANGE_CLIENT
        if client not in self._apps:
            login = self._hosts.login
            self._apps[client] = msal.PublicClientApplication(
                client,
                authority=f"{secure(login)}/{self.tenant_id or ANY_TENANT}",
                # As with the bot's own sign-in: MSAL's list of hosts knows no private one.
                instance_discovery=False,
                http_client=LoginClient(self._wire, login),
            )
        return self._apps[client]

    def _without_asking(
        self, app: msal.PublicClientApplication, resource: Resource, scopes: list[str]
    ) -> Mapping[str, Any] | None:
        """A token of an earlier sign-in of the same client: kept, or by its refresh token."""
        for account in app.get_accounts():
            found: Mapping[str, Any] | None = app.acquire_token_silent(scopes, account=account)
            if found and found.get("access_token") == self._refused.get(resource):
                found = app.acquire_token_silent(scopes, account=account, force_refresh=True)
            if found and found.get("access_token"):
                return found
        return None

    def _by_browser(
        self, app: msal.PublicClientApplication, resource: Resource, scopes: list[str], deadline: Deadline
    ) -> Mapping[str, Any] | None:
        """Sign in with a browser on this machine, as the same person as before; None where none opens."""
        if self._opens is None:
            return None
        login = self._hosts.login
        with AuthCodeReceiver(port=0) as receiver:
            flow: dict[str, Any] = app.initiate_auth_code_flow(
                scopes,
                redirect_uri=f"http://localhost:{receiver.get_port()}",
                response_mode="form_post",
                login_hint=self.user or None,
            )
            address = str(flow["auth_uri"]).replace(secure(login), login, 1)
            if not self._opens(address, resource):
                return None
            answer = receiver.get_auth_response(state=flow["state"], timeout=deadline.left)
        if not answer:
            return {"error": "expired_token", "error_codes": [_NOBODY]}
        try:
            result: Mapping[str, Any] = app.acquire_token_by_auth_code_flow(flow, answer)
        except (RuntimeError, ValueError):
            # MSAL's way to say that the answer is to another question; its text holds both questions.
            result = {"error": "the response does not belong to this sign-in"}
        return result

    def _by_code(
        self, app: msal.PublicClientApplication, resource: Resource, scopes: list[str], deadline: Deadline
    ) -> Mapping[str, Any]:
        flow = app.initiate_device_flow(scopes=scopes)
        if "user_code" not in flow:
            raise _refusal(flow, resource)
        self._show(DeviceCode(str(flow["verification_uri"]), str(flow["user_code"]), resource))
        while True:
            try:
                # One question at a time: the waiting is ours, so that the deadline and Ctrl-C count.
                result: Mapping[str, Any] = app.acquire_token_by_device_flow(
                    flow, exit_condition=lambda _: True
                )
            except Broken:
                result = {"error": "authorization_pending"}
            if result.get("error") not in _AGAIN:
                return result
            if time.time() >= flow["expires_at"]:
                return {"error": "expired_token", "error_codes": [_NOBODY]}
            try:
                deadline.sleep(float(flow["interval"]), "waiting for the sign-in")
            except OutOfTime:
                return {"error": "expired_token", "error_codes": [_NOBODY]}

    def _note(self, result: Mapping[str, Any], resource: Resource) -> None:
        """Note who signed in to which tenant. Raises CannotSignIn for another tenant than the first."""
        claims = result.get("id_token_claims")
        if not isinstance(claims, dict):
            return
        tenant_id = str(claims.get("tid") or "")
        if self.tenant_id and tenant_id != self.tenant_id:
            raise CannotSignIn(
                f"The sign-in to {resource.value} was in another tenant than the first one; sign in with an "
                f"account of the tenant {self.tenant_id}.",
                code="another_tenant",
            )
        self.tenant_id = tenant_id
        self.user = self.user or str(claims.get("preferred_username") or "")


def _refusal(result: Mapping[str, Any], resource: Resource) -> CannotSignIn:
    number = number_of(result)
    named = f"AADSTS{number}" if number else safe_text(str(result.get("error") or "no reason given"))
    reason = _PLAIN.get(number)
    why = f"{reason} ({named})" if reason else named
    return CannotSignIn(f"Signing in to {resource.value} as an administrator failed: {why}.", code=named)


class Administrator:
    """A tenant as an administrator who has signed in may read and change it. Changes are sent once.

    Args:
        hosts: Where requests are sent.
        resources: What tokens are asked for.
        show: Tells the administrator where to enter which code.
        scopes: The delegated permissions of Graph that are asked for.
        pacing: How patiently reads are repeated.
        opens: Opens an address in a browser on this machine, and gives whether one opened; None where there
            is none.
    """

    def __init__(
        self,
        hosts: Hosts,
        resources: Hosts,
        show: Callable[[DeviceCode], None],
        scopes: tuple[str, ...],
        pacing: Pacing | None = None,
        *,
        opens: Opens | None = None,
    ) -> None:
        self._hosts = hosts
        self._wire = Wire(_THREADS)
        self._limits = Limits()
        self._transport = Transport(self._wire, self._limits, pacing or Pacing(), (), Most())
        self._sign_in = AdministratorSignIn(hosts, resources, self._wire, show, scopes, opens=opens)

    def sign_in(self, deadline: Deadline, *, exchange: bool = False) -> None:
        """Sign in now, to Graph or to Exchange, so that nothing later waits for a person.

        Raises:
            GraphError: it was refused, or the login service does not answer.
        """
        self._sign_in.token(Resource.EXCHANGE if exchange else Resource.GRAPH, deadline)

    @property
    def tenant_id(self) -> str:
        """The tenant that was signed in to."""
        return self._sign_in.tenant_id

    @property
    def user(self) -> str:
        """Who signed in."""
        return self._sign_in.user

    def fetch(self, what: Request | Cmdlet, deadline: Deadline) -> list[Item]:
        """Send one request or cmdlet and give back its items. Raises GraphError, InDoubt among them."""
        here = Setting("setup", self.tenant_id, (), self._hosts)
        if isinstance(what, Cmdlet):
            return ExchangeClient(here, self._sign_in, self._transport).run(what, deadline)
        return GraphClient(here, self._sign_in, self._transport).fetch(what, deadline)

    def close(self) -> None:
        """Close all connections, and forget the tokens."""
        self._limits.close()
        self._wire.close()
