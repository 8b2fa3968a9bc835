"""The token endpoint: client credentials with a secret or a certificate, and people by code or in a browser.

One token opens one resource. A refresh token of a person's gets further ones, for another resource as well.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from uuid import uuid4

import orjson
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from sandbox.scenarios.state import Json
from sandbox.tenant import browser_sign_in, device_code
from sandbox.tenant.callers import app_permissions, principal_of
from sandbox.tenant.core import Core
from sandbox.tenant.problems import LoginError

LIFETIME = 3599
AUDIENCES = {"graph": "https://graph.microsoft.com", "exchange": "https://outlook.office365.com"}
COMPLIANCE_AUDIENCE = "https://ps.compliance.protection.outlook.com"
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def resources(core: Core) -> dict[str, str]:
    """Resource address, as a scope names it, to the service it opens; the tenant's own count too."""
    secure = core.url.replace("http://", "https://")
    named = {
        AUDIENCES["graph"]: "graph",
        AUDIENCES["exchange"]: "exchange",
        COMPLIANCE_AUDIENCE: "compliance",
    }
    for service in ("graph", "exchange", "compliance"):
        named[f"{core.url}/{service}"] = service
        named[f"{secure}/{service}"] = service
    return named


def discovery(core: Core, tenant: str) -> Json:
    """The OpenID configuration; addresses are told as https because the client library insists on it."""
    _check_tenant(core, tenant)
    # Asked for by a domain, it names the tenant by its id all the same.
    base = f"{core.url.replace('http://', 'https://')}/login/{core.state.tenant_id}"
    return {
        "issuer": f"{base}/v2.0",
        "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "response_types_supported": ["code", "id_token"],
        "scopes_supported": ["openid"],
    }


def token(core: Core, tenant: str, form: Mapping[str, str]) -> Json:
    """A token for one resource. Raises LoginError for a wrong tenant, app, credential or scope."""
    _check_tenant(core, tenant)
    match form.get("grant_type"):
        case device_code.GRANT:
            flow = device_code.finish(core, form)
            return _for_person(core, flow["client"], flow["user"], flow["scope"])
        case browser_sign_in.GRANT:
            flow = browser_sign_in.finish(core, form)
            return _for_person(core, flow["client"], flow["user"], flow["scope"], flow["nonce"])
        case "refresh_token":
            held = _read(core, form.get("refresh_token", ""))
            if held is None or held.get("client") != form.get("client_id"):
                raise LoginError(
                    400, "invalid_grant", 9002313, "Invalid request. Request is malformed or invalid."
                )
            return _for_person(core, held["client"], held["upn"], form.get("scope") or held["scope"])
        case "client_credentials":
            return _for_app(core, tenant, form)
    raise LoginError(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.")


def _for_app(core: Core, tenant: str, form: Mapping[str, str]) -> Json:
    """A token of an application's own."""
    client = form.get("client_id", "")
    if client != core.state.client_id:
        _demand_registered(core, client)
    if "client_assertion" in form:
        _check_assertion(core, tenant, form)
    elif client != core.state.client_id or not hmac.compare_digest(
        form.get("client_secret", "").encode(), core.state.client_secret.encode()
    ):
        message = f"Invalid client secret provided for app '{client}'."
        raise LoginError(401, "invalid_client", 7000215, message)
    scopes = form.get("scope", "").split()
    wanted = [scope for scope in scopes if scope not in {"openid", "profile", "offline_access"}]
    if len(wanted) != 1 or not wanted[0].endswith("/.default"):
        message = "The scope of the client credential flow must be one resource with /.default."
        raise LoginError(400, "invalid_scope", 70011, message)
    resource = wanted[0].removesuffix("/.default").rstrip("/")
    service = _service(core, resource)
    principal = principal_of(core.state, client)
    roles = core.permissions
    if client != core.state.client_id:
        roles = app_permissions(core.state, principal["id"]) if principal is not None else set()
    return {
        "token_type": "Bearer",
        "expires_in": LIFETIME,
        "ext_expires_in": LIFETIME,
        "access_token": _issue(core, resource, service, {"appid": client, "roles": sorted(roles)}),
    }


def _demand_registered(core: Core, client: str) -> None:
    if not any(one["appId"] == client for one in core.state.applications.values()):
        message = f"Application with identifier '{client}' was not found in the directory."
        raise LoginError(400, "unauthorized_client", 700016, message)
    if principal_of(core.state, client) is None:
        message = f"The client application {client} is missing service principal in the tenant."
        raise LoginError(401, "invalid_client", 7000229, message)


def _service(core: Core, resource: str) -> str:
    """The service that a resource names. Raises LoginError for none, or one that the tenant does not have."""
    service = resources(core).get(resource)
    if service is None or (service != "graph" and not core.state.exchange_enabled):
        message = f"The resource principal named {resource} was not found in the tenant."
        raise LoginError(400, "invalid_resource", 500011, message)
    return service


DEFAULT = ".default"
_OIDC = frozenset({"openid", "profile", "offline_access", "email"})


def _for_person(core: Core, client: str, upn: str, scope: str, nonce: str = "") -> Json:
    """A person's tokens for the one resource that the scopes name, a bare name being one of Graph's."""
    user = core.state.user(upn)
    if user is None:
        raise LoginError(
            400, "invalid_grant", 50034, f"The user account {upn} does not exist in the directory."
        )
    asked = [one for one in scope.split() if one not in _OIDC]
    named = {one.rpartition("/")[0] or AUDIENCES["graph"] for one in asked}
    if len(named) != 1:
        raise LoginError(400, "invalid_request", 28000, "The scopes must name one resource.")
    resource = named.pop().rstrip("/")
    service = _service(core, resource)
    scopes = sorted(one.rpartition("/")[2] for one in asked)
    if service != "graph":
        scopes = ["Exchange.Manage"]
    claims = {"appid": client, "upn": upn, "oid": user["id"], "scp": " ".join(scopes)}
    now = int(time.time())
    whose = {
        "oid": user["id"],
        "tid": core.state.tenant_id,
        "preferred_username": upn,
        "name": user["displayName"],
        **({"nonce": nonce} if nonce else {}),
    }
    id_claims = {
        "aud": client,
        "iss": f"{core.url}/login/{core.state.tenant_id}/v2.0",
        "iat": now,
        "nbf": now,
    }
    info = {"uid": user["id"], "utid": core.state.tenant_id}
    # What was asked for by `.default` is named beside what it gave, and MSAL finds the token again by that.
    # Source: the answer logged in Azure/azure-cli, issue 32931.
    told = [*scopes, *({DEFAULT} - set(scopes) if f"{resource}/{DEFAULT}" in asked else ())]
    return {
        "token_type": "Bearer",
        "scope": " ".join(f"{resource}/{one}" for one in told),
        "expires_in": LIFETIME,
        "ext_expires_in": LIFETIME,
        "access_token": _issue(core, resource, service, claims),
        "refresh_token": _signed(core, {"client": client, "upn": upn, "scope": scope}),
        "id_token": _signed(core, {**id_claims, **whose, "exp": now + LIFETIME, "sub": user["id"]}),
        "client_info": _encode(orjson.dumps(info)),
    }


def _check_tenant(core: Core, tenant: str) -> None:
    names = {core.state.tenant_id, "organizations", *(str(domain["id"]) for domain in core.state.domains)}
    if tenant.lower() not in names:
        raise LoginError(400, "invalid_request", 90002, f"Tenant '{tenant}' not found.")


def _check_assertion(core: Core, tenant: str, form: Mapping[str, str]) -> None:
    def refuse(number: int, message: str) -> LoginError:
        return LoginError(401, "invalid_client", number, message)

    if form.get("client_assertion_type") != _ASSERTION:
        raise refuse(50027, "The client assertion type is not supported.")
    try:
        head_text, claims_text, signature_text = form["client_assertion"].split(".")
        head, claims = orjson.loads(_decode(head_text)), orjson.loads(_decode(claims_text))
        signature = _decode(signature_text)
    except ValueError as error:
        raise refuse(50027, "The client assertion is no valid token.") from error
    if not (isinstance(head, dict) and isinstance(claims, dict)):
        raise refuse(50027, "The client assertion is no valid token.")
    endpoint = f"{core.url.replace('http://', 'https://')}/login/{tenant}/oauth2/v2.0/token"
    if claims.get("aud") not in {endpoint, endpoint.replace("https://", "http://")}:
        raise refuse(700023, "The audience of the client assertion is not this token endpoint.")
    client = form.get("client_id")
    if claims.get("iss") != client or claims.get("sub") != client:
        raise refuse(700021, "Issuer and subject of the client assertion must be the app.")
    if not isinstance(claims.get("exp"), int | float) or claims["exp"] < time.time():
        raise refuse(700024, "The client assertion is not within its valid time range.")
    thumbprint, certificate = _signed_with(head, _certificates(core, str(client)))
    named = f"Thumbprint of key used by client: '{thumbprint.hex().upper()}', " if thumbprint else ""
    if certificate is None:
        raise refuse(
            700027,
            "The certificate with identifier used to sign the client assertion is not registered on "
            f"application. [Reason - The key was not found., {named}Please visit the Azure Portal to see "
            f"configured keys for app Id '{client}'.]",
        )
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    held = f"{named}Found key 'Start={begins:%m/%d/%Y %H:%M:%S}, End={ends:%m/%d/%Y %H:%M:%S}'"
    # Like tokens, certificates end by the machine's clock, which is the caller's as well.
    if not begins <= datetime.now(UTC) < ends:
        raise refuse(
            700027,
            "The certificate with identifier used to sign the client assertion is expired on application."
            f" [Reason - The key used is expired., {held}]",
        )
    key = certificate.public_key()
    signed = f"{head_text}.{claims_text}".encode()
    if not (isinstance(key, rsa.RSAPublicKey) and _verifies(key, str(head.get("alg")), signature, signed)):
        raise refuse(
            700027,
            "Client assertion contains an invalid signature."
            f" [Reason - The provided signature value did not match the expected signature value., {held}]",
        )


def _signed_with(
    head: Mapping[str, str], known: Iterable[x509.Certificate]
) -> tuple[bytes, x509.Certificate | None]:
    """The thumbprint that an assertion names, and the certificate that has it.

    Entra ID finds the certificate by its thumbprint alone; another one over the same key is none.
    Source: Microsoft identity platform, "Certificate credentials", the header of the assertion.
    """
    for field, algorithm in (("x5t#S256", hashes.SHA256()), ("x5t", hashes.SHA1())):  # noqa: S303 - as Entra ID does
        if field in head:
            try:
                thumbprint = _decode(str(head[field]))
            except ValueError:
                return b"", None  # what is no base64 is no certificate's
            fits = (one for one in known if one.fingerprint(algorithm) == thumbprint)
            return thumbprint, next(fits, None)
    return b"", None


def _certificates(core: Core, client: str) -> Iterator[x509.Certificate]:
    """The certificates that an application may sign in with."""
    if client == core.state.client_id:
        for pem in core.state.app_certificates:
            yield x509.load_pem_x509_certificate(pem.encode())
    for application in core.state.applications.values():
        if application["appId"] == client:
            for key in application["keyCredentials"]:
                yield x509.load_der_x509_certificate(base64.b64decode(key["key"]))


def _verifies(key: rsa.RSAPublicKey, algorithm: str, signature: bytes, signed: bytes) -> bool:
    pads: dict[str, padding.AsymmetricPadding] = {
        "RS256": padding.PKCS1v15(),
        "PS256": padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH),
    }
    if algorithm not in pads:
        return False
    try:
        key.verify(signature, signed, pads[algorithm], hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _issue(core: Core, resource: str, service: str, whose: Json) -> str:
    now = int(time.time())
    claims = {
        **whose,
        "aud": resource,
        "svc": service,
        "iss": f"{core.url}/login/{core.state.tenant_id}/v2.0",
        "iat": now,
        "nbf": now,
        "exp": now + LIFETIME,
        "tid": core.state.tenant_id,
        "jti": uuid4().hex,
    }
    return _signed(core, claims)


def _signed(core: Core, claims: Json) -> str:
    """A token that this tenant signed."""
    head = _encode(orjson.dumps({"typ": "JWT", "alg": "HS256"}))
    text = f"{head}.{_encode(orjson.dumps(claims))}"
    return f"{text}.{_sign(core, text)}"


def _sign(core: Core, text: str) -> str:
    return _encode(hmac.new(core.signing_key, text.encode(), hashlib.sha256).digest())


def _read(core: Core, text: str) -> Json | None:
    """The claims of a token that this tenant signed, None for any other text."""
    head_and_claims, _, signature = text.strip().rpartition(".")
    if not hmac.compare_digest(signature.encode(), _sign(core, head_and_claims).encode()):
        return None
    claims: Json = orjson.loads(_decode(head_and_claims.partition(".")[2]))
    return claims


def accepted(core: Core, authorization: str, service: str) -> Json | None:
    """The claims of an Authorization header with a live token for this service, None for any other."""
    kind, _, text = authorization.partition(" ")
    claims = _read(core, text) if kind.lower() == "bearer" else None
    if claims is None or claims.get("svc") != service or claims["exp"] <= time.time():
        return None
    return claims
