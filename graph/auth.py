"""Signing in: one token for each resource, by secret or certificate.

Source: MSAL Python's `ConfidentialClientApplication`; the numbers are of "Microsoft Entra authentication and
authorization error codes".
"""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Callable, Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode, urlsplit, urlunsplit

import structlog

from graph.errors import Broken, CannotSignIn, GraphError, NotJson, OutOfTime, Refused
from graph.limits import Deadline
from graph.responses import json_of, safe_text
from graph.retry import Sent
from graph.settings import TenantSettings, is_loopback, place_of
from graph.wire import Carries, Reply

if TYPE_CHECKING:
    import msal

log = structlog.get_logger(__name__)

ATTEMPTS = 4
_PFX = frozenset({".pfx", ".p12"})
_NUMBER = re.compile(r"AADSTS(\d+)")
_TOKEN = re.compile(r"[!-~]+")
"""What a token is made of; anything else could not be sent as a header."""
_PLAIN = {
    "7000215": "the client secret is wrong (the secret's value is needed, not its ID)",
    "7000222": "the client secret has expired",
    "700016": "the application is not registered in this tenant; check client_id and tenant_id",
    "90002": "there is no such tenant; check tenant_id and cloud",
    "900023": "the tenant ID is neither a GUID nor a domain",
    "700027": "the certificate is not registered for the application, or has expired",
    "700024": "the signed assertion is not valid at this time; check this machine's clock",
    "7000229": "the application has no service principal in this tenant",
    "500011": "the tenant does not have this service",
    "650052": "the tenant has no license for this service",
    "53003": "a Conditional Access policy blocks the application",
    "7000112": "the application is disabled",
}
_OF_CERTIFICATES = {
    "key used is expired": "the certificate has expired, or is not valid yet",
    "key was not found": "the certificate is not registered for the application",
    "signature value did not match": "the private key does not belong to the certificate",
}
"""What the reason in the text of AADSTS700027 says more. Source: answers of the token endpoint, as quoted in
Microsoft's "Troubleshoot Azure Stack HCI registration" and on Microsoft Q&A."""
_PASSING = frozenset({"50000", "90006", "90024", "90033", "90055"})
"""Numbers that say that the login service itself is in trouble, or too busy."""
_REFUSALS = frozenset(
    {"access_denied", "invalid_client", "invalid_resource", "invalid_scope", "unauthorized_client"}
)
"""Errors of OAuth that are a no, where no number came with them."""


class Resource(StrEnum):
    """What a token is for."""

    GRAPH = "graph"
    EXCHANGE = "exchange"
    COMPLIANCE = "compliance"


class Tokens(Protocol):
    """Where the clients get their tokens from, whoever signs in."""

    def token(self, resource: Resource, deadline: Deadline) -> str:
        """A token for a resource. Raises GraphError when there is none."""

    def forget(self, resource: Resource, token: str) -> None:
        """Drop a token that was refused."""


def with_token(
    tokens: Tokens, resource: Resource, deadline: Deadline, sent: Sent, send: Callable[[str], Reply]
) -> Reply:
    """Send once; a token that was refused (401) is replaced once, for the request was not carried out.

    Args:
        tokens: Where tokens come from.
        resource: What the token is for.
        deadline: When to give up.
        sent: Notes whether a write may have left this machine.
        send: Sends with a token, and notes that it did.

    Raises:
        GraphError: there is no token, or no answer.
    """
    for last in (False, True):
        token = tokens.token(resource, deadline)
        reply = send(token)
        if reply.status != HTTPStatus.UNAUTHORIZED or last:
            break
        tokens.forget(resource, token)
        sent.maybe = False
    return reply


class SignIn:
    """Gets tokens when they are first needed, keeps them, and gets new ones in time. Safe between threads.

    Args:
        settings: The tenant and its application.
        wire: What the login service is reached by.
    """

    def __init__(self, settings: TenantSettings, wire: Carries) -> None:
        self._settings = settings
        self._wire = wire
        self._apps: dict[Resource, msal.ConfidentialClientApplication] = {}
        self._locks = {resource: threading.Lock() for resource in Resource}
        self._refused: dict[Resource, str] = {}

    def token(self, resource: Resource, deadline: Deadline) -> str:
        """A token for a resource.

        Raises:
            CannotSignIn: when the login service gives none.
            OutOfTime: when it does not answer before the deadline.
        """
        lock = self._locks[resource]
        if not lock.acquire(timeout=deadline.left):
            raise OutOfTime("Timed out while signing in.")
        try:
            return self._token(resource, deadline)
        finally:
            lock.release()

    def forget(self, resource: Resource, token: str) -> None:
        """Drop a token that was refused, unless somebody else has already got a newer one."""
        with self._locks[resource]:
            self._refused[resource] = token

    def _token(self, resource: Resource, deadline: Deadline) -> str:
        scope = f"{getattr(self._settings.resources, resource.value)}/.default"
        for attempt in range(ATTEMPTS):
            try:
                with within(deadline):
                    app = self._app(resource)
                    result = app.acquire_token_for_client(scopes=[scope])
                    if result.get("access_token") and result["access_token"] == self._refused.get(resource):
                        app.remove_tokens_for_client()
                        result = app.acquire_token_for_client(scopes=[scope])
                break
            except Broken:
                self._apps.pop(resource, None)
                if attempt == ATTEMPTS - 1:
                    raise
                deadline.sleep(random.uniform(0.1, 0.5) * 2**attempt, "signing in")  # noqa: S311 - jitter is no secret
            except (ValueError, TypeError, OSError) as error:
                # So MSAL and the library below it say that a key, its passphrase or the authority is no good.
                raise _unusable(error, self._settings.client_id) from error
        token = result.get("access_token")
        if not token:
            raise _refusal(result, resource, self._settings.client_id)
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise CannotSignIn("The login service did not return a token.")
        if result.get("token_source") != "cache":
            log.info(
                "Signed in.",
                action="signin.token",
                tenant=self._settings.name,
                application=self._settings.client_id,
                resource=resource.value,
            )
        return token

    def _app(self, resource: Resource) -> msal.ConfidentialClientApplication:
        """One application object for each resource, so that sign-ins for different ones run side by side."""
        import msal  # noqa: PLC0415 - it takes a tenth of a second, and many a command signs in nowhere

        if resource not in self._apps:
            login = self._settings.hosts.login
            self._apps[resource] = msal.ConfidentialClientApplication(
                self._settings.client_id,
                authority=f"{secure(login)}/{self._settings.tenant_id}",
                client_credential=credential(self._settings),
                # MSAL has Microsoft's own hosts in its code, and Microsoft's list knows no private one. After
                # a refusal it would ask for the list all the same, and an error there hides the refusal.
                instance_discovery=False,
                http_client=LoginClient(self._wire, login),
            )
        return self._apps[resource]


def ready() -> None:
    """Load the sign-in library, which the first sign-in would wait for otherwise."""
    import msal  # noqa: F401, PLC0415 - see `SignIn._app`


def credential(settings: TenantSettings) -> str | dict[str, Any]:
    """The application's credential in the form that MSAL takes.

    Raises:
        CannotSignIn: when the certificate file cannot be used.
    """
    if settings.client_secret is not None:
        return settings.client_secret.get_secret_value()
    path = settings.certificate
    assert path is not None  # the settings' own check
    passphrase = settings.certificate_passphrase
    locked = {"passphrase": passphrase.get_secret_value()} if passphrase is not None else {}
    if path.suffix.lower() in _PFX:
        if not path.is_file():
            raise CannotSignIn(f"The certificate file {path} does not exist.")
        return {"private_key_pfx_path": str(path), "public_certificate": True, **locked}
    try:
        text = path.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise CannotSignIn(f"The certificate file {path} cannot be read as PEM.") from error
    if "PRIVATE KEY-----" not in text or "BEGIN CERTIFICATE-----" not in text:
        raise CannotSignIn(f"The certificate file {path} must contain the private key and the certificate.")
    return {"private_key": text, "public_certificate": text, **locked}


def refuses(error: GraphError) -> bool:
    """Whether the login service said no for good, so that the application holds nothing at the resource.

    A service that fails, is too busy or does not answer has said nothing of what the application holds.
    """
    if not isinstance(error, CannotSignIn):
        return False
    number = _NUMBER.fullmatch(error.code)
    return number[1] not in _PASSING if number else error.code in _REFUSALS


def _unusable(error: Exception, client_id: str) -> CannotSignIn:
    application = safe_text(client_id)
    if "authority" in str(error).lower():
        return CannotSignIn(
            f"The login service does not know the tenant of the application {application}, or is not "
            "Microsoft's; check tenant_id and cloud.",
            code="invalid_tenant",
        )
    return CannotSignIn(
        f"The certificate of the application {application}, or its passphrase, cannot be used; check both.",
        code="invalid_certificate",
    )


def number_of(result: Mapping[str, Any]) -> str:
    """The number of an AADSTS error, "" where there is none."""
    given = result.get("error_codes")
    numbers = [str(one) for one in given if isinstance(one, int)] if isinstance(given, list) else []
    codes = numbers or _NUMBER.findall(str(result.get("error_description") or ""))
    return codes[0] if codes else ""


def _refusal(result: Mapping[str, Any], resource: Resource, client_id: str) -> CannotSignIn:
    code = number_of(result)
    named = f"AADSTS{code}" if code else safe_text(str(result.get("error") or "no reason given"))
    told = str(result.get("error_description") or "")
    reasons = (says for reason, says in _OF_CERTIFICATES.items() if reason in told)
    reason = (next(reasons, "") if code == "700027" else "") or _PLAIN.get(code)
    whose = f"the application {safe_text(client_id)}"
    says = f"Signing in to {resource.value} as {whose} failed: {f'{reason} ({named})' if reason else named}."
    return CannotSignIn(says, code=named, request_id=safe_text(str(result.get("correlation_id") or "")))


def secure(url: str) -> str:
    """MSAL insists on https, also where plain http was allowed for this machine's own addresses."""
    return "https://" + url.split("://", 1)[1]


class _Answer:
    """What MSAL wants to see of an answer."""

    def __init__(self, reply: Reply) -> None:
        self.status_code = reply.status
        self.text = reply.text
        self.headers = dict(reply.headers)

    def raise_for_status(self) -> None:
        """MSAL calls this where it can do nothing with an answer."""
        if self.status_code >= 400:
            raise Broken(
                f"The login service answered with status {self.status_code}.", status=self.status_code
            )


_current = threading.local()


class within:  # noqa: N801 - reads as the with-statement that it is for
    """Tell the login client, below MSAL, how much time there is in this thread."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    def __enter__(self) -> None:
        _current.deadline = self._deadline

    def __exit__(self, *_: object) -> None:
        del _current.deadline


class LoginClient:
    """The HTTP client that MSAL works with; goes back to plain http where the settings say so.

    MSAL sends the secret wherever the tenant's description says, so here it is seen to that this is the login
    service. It also takes for granted that the service answers with JSON objects of the right shape.
    """

    def __init__(self, wire: Carries, login: str) -> None:
        self._wire = wire
        self._plain = login.startswith("http://")
        home = urlsplit(login).hostname or ""
        from msal.authority import WELL_KNOWN_AUTHORITY_HOSTS  # noqa: PLC0415 - as in `SignIn`

        self._hosts = {home} | (WELL_KNOWN_AUTHORITY_HOSTS if home in WELL_KNOWN_AUTHORITY_HOSTS else set())

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **_: Any,
    ) -> _Answer:
        """Read something."""
        return self._send("GET", url, params, None, headers)

    def post(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | str | None = None,
        headers: Mapping[str, str] | None = None,
        **_: Any,
    ) -> _Answer:
        """Send a form."""
        return self._send("POST", url, params, data, headers)

    def close(self) -> None:
        """The wire belongs to the connection, which closes it."""

    def _send(
        self,
        method: str,
        url: str,
        params: Mapping[str, str] | None,
        data: Mapping[str, str] | str | None,
        headers: Mapping[str, str] | None,
    ) -> _Answer:
        place = place_of(url)
        if place is None or place[0] != "https" or place[1] not in self._hosts:
            raise Refused("The login service redirected to another address; nothing was sent there.")
        parts = urlsplit(url)
        if self._plain and is_loopback(parts.hostname or ""):
            url = urlunsplit(parts._replace(scheme="http"))
        if params:
            url += ("&" if parts.query else "?") + urlencode(params)
        sent = {name: value for name, value in (headers or {}).items() if value is not None}
        body = None
        if data is not None:
            body = (data if isinstance(data, str) else urlencode(data)).encode()
            sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
        reply = self._wire.send(method, url, headers=sent, body=body, deadline=_current.deadline)
        if reply.status >= 500 or reply.status == 429:
            raise Broken(f"The login service answered with status {reply.status}.", status=reply.status)
        _demand_shape(reply, _LASTS if method == "POST" else _ENDPOINTS)
        return _Answer(reply)


_LASTS = "expires_in"
_ENDPOINTS = "token_endpoint"


def _demand_shape(reply: Reply, telling: str) -> None:
    """See that an answer is an object, and that what MSAL reads of a success has the form that it expects.

    Raises:
        NotJson: it has not; usually something between us and the login service answered in its place.
    """
    found = json_of(reply)
    fits = isinstance(found, dict) and bool(found)
    if fits and reply.ok and telling == _ENDPOINTS and "tenant_discovery_endpoint" not in found:
        fits = all(isinstance(found.get(name), str) for name in (_ENDPOINTS, "authorization_endpoint"))
    if fits and telling == _LASTS and "access_token" in found:
        fits = str(found.get(_LASTS, 0)).isdigit()
    if not fits:
        raise NotJson("The login service returned an unexpected response.", status=reply.status)
