"""The token endpoint: client credentials with a secret or a certificate, one token per resource."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from uuid import uuid4

import orjson
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from sandbox.scenarios.state import Json
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
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "response_types_supported": ["code", "id_token"],
        "scopes_supported": ["openid"],
    }


def token(core: Core, tenant: str, form: Mapping[str, str]) -> Json:
    """A token for one resource. Raises LoginError for a wrong tenant, app, credential or scope."""
    _check_tenant(core, tenant)
    if form.get("grant_type") != "client_credentials":
        raise LoginError(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.")
    if form.get("client_id") != core.state.client_id:
        message = f"Application with identifier '{form.get('client_id')}' was not found in the directory."
        raise LoginError(400, "unauthorized_client", 700016, message)
    if "client_assertion" in form:
        _check_assertion(core, tenant, form)
    elif not hmac.compare_digest(form.get("client_secret", "").encode(), core.state.client_secret.encode()):
        message = f"Invalid client secret provided for app '{core.state.client_id}'."
        raise LoginError(401, "invalid_client", 7000215, message)
    scopes = form.get("scope", "").split()
    wanted = [scope for scope in scopes if scope not in {"openid", "profile", "offline_access"}]
    if len(wanted) != 1 or not wanted[0].endswith("/.default"):
        message = "The scope of the client credential flow must be one resource with /.default."
        raise LoginError(400, "invalid_scope", 70011, message)
    resource = wanted[0].removesuffix("/.default").rstrip("/")
    service = resources(core).get(resource)
    if service is None:
        message = f"The resource principal named {resource} was not found in the tenant."
        raise LoginError(400, "invalid_resource", 500011, message)
    return {
        "token_type": "Bearer",
        "expires_in": LIFETIME,
        "ext_expires_in": LIFETIME,
        "access_token": _issue(core, resource, service),
    }


def _check_tenant(core: Core, tenant: str) -> None:
    names = {core.state.tenant_id, *(str(domain["id"]) for domain in core.state.domains)}
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
    endpoint = f"{core.url.replace('http://', 'https://')}/login/{tenant}/oauth2/v2.0/token"
    if claims.get("aud") not in {endpoint, endpoint.replace("https://", "http://")}:
        raise refuse(700023, "The audience of the client assertion is not this token endpoint.")
    if claims.get("iss") != core.state.client_id or claims.get("sub") != core.state.client_id:
        raise refuse(700021, "Issuer and subject of the client assertion must be the app.")
    if not isinstance(claims.get("exp"), int | float) or claims["exp"] < time.time():
        raise refuse(700024, "The client assertion is not within its valid time range.")
    signed = f"{head_text}.{claims_text}".encode()
    for pem in core.state.app_certificates:
        key = x509.load_pem_x509_certificate(pem.encode()).public_key()
        if isinstance(key, rsa.RSAPublicKey) and _verifies(key, str(head.get("alg")), signature, signed):
            return
    raise refuse(
        700027, "The certificate with which the client assertion is signed is not registered on the app."
    )


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


def _issue(core: Core, resource: str, service: str) -> str:
    now = int(time.time())
    claims = {
        "aud": resource,
        "svc": service,
        "iss": f"{core.url}/login/{core.state.tenant_id}/v2.0",
        "iat": now,
        "nbf": now,
        "exp": now + LIFETIME,
        "appid": core.state.client_id,
        "tid": core.state.tenant_id,
        "roles": sorted(core.permissions),
        "jti": uuid4().hex,
    }
    head = _encode(orjson.dumps({"typ": "JWT", "alg": "HS256"}))
    text = f"{head}.{_encode(orjson.dumps(claims))}"
    return f"{text}.{_sign(core, text)}"


def _sign(core: Core, text: str) -> str:
    return _encode(hmac.new(core.signing_key, text.encode(), hashlib.sha256).digest())


def accepts(core: Core, authorization: str, service: str) -> bool:
    """Whether an Authorization header carries a live token for this service."""
    kind, _, text = authorization.partition(" ")
    head_and_claims, _, signature = text.strip().rpartition(".")
    if kind.lower() != "bearer" or not hmac.compare_digest(
        signature.encode(), _sign(core, head_and_claims).encode()
    ):
        return False
    claims = orjson.loads(_decode(head_and_claims.partition(".")[2]))
    return bool(claims["svc"] == service and claims["exp"] > time.time())
