"""The login endpoint gives tokens for one resource each, to the right app with the right credential."""

from __future__ import annotations

import base64
import datetime as dt
import json
from typing import Any

import msal
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from tests.sandbox.tenant.conftest import ADELE, SCOPES, Client


class PlainHttp(requests.Session):
    """The http client that a bot gives to msal: https addresses of this machine are asked over http."""

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        kwargs["timeout"] = 10
        return super().request(method, url.replace("https://127", "http://127"), *args, **kwargs)


def certificate(key: rsa.RSAPrivateKey | None = None, begins: int = -1, ends: int = 1) -> tuple[str, str]:
    """A key and its certificate, which holds from and until so many days from now."""
    key = key or rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "compromise-bot")])
    now = dt.datetime.now(dt.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + dt.timedelta(days=begins))
        .not_valid_after(now + dt.timedelta(days=ends))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private.decode(), built.public_bytes(serialization.Encoding.PEM).decode()


def msal_result(client: Client, credential: Any, http: PlainHttp) -> dict[str, Any]:
    tenant = client.tenant
    authority = f"{tenant.login_url.replace('http://', 'https://')}/{tenant.tenant_id}"
    app = msal.ConfidentialClientApplication(
        tenant.client_id,
        authority=authority,
        client_credential=credential,
        instance_discovery=False,
        http_client=http,
    )
    result: dict[str, Any] = app.acquire_token_for_client(scopes=[SCOPES["graph"]])
    return result


def test_msal_gets_a_token_with_the_secret(shared):
    with PlainHttp() as http:
        result = msal_result(shared, shared.tenant.client_secret, http)
    assert result["expires_in"] == 3599


def test_msal_gets_a_token_with_a_registered_certificate(own):
    private, public = certificate()
    own.tenant.register_certificate(public)
    with PlainHttp() as http:
        result = msal_result(own, {"private_key": private, "public_certificate": public}, http)
    assert "access_token" in result, result


def test_only_the_registered_certificate_itself_counts_while_it_is_valid(own):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private, registered = certificate(key)
    past, future = certificate(key, -3, -1)[1], certificate(key, 1, 3)[1]
    stranger = certificate()[0]
    for public in (registered, past, future):
        own.tenant.register_certificate(public)
    with PlainHttp() as http:
        for signs, public, reason in (
            (private, certificate(key)[1], "The key was not found."),
            (private, past, "The key used is expired."),
            (private, future, "The key used is expired."),
            (
                stranger,
                registered,
                "The provided signature value did not match the expected signature value.",
            ),
        ):
            result = msal_result(own, {"private_key": signs, "public_certificate": public}, http)
            assert (result["error"], result["error_codes"]) == ("invalid_client", [700027])
            assert f"[Reason - {reason}, Thumbprint of key used by client: '" in result["error_description"]
        credential = {"private_key": private, "public_certificate": registered}
        assert "access_token" in msal_result(own, credential, http)


@pytest.mark.parametrize(
    ("head", "number"),
    [
        ({"alg": "PS256", "x5t#S256": "A"}, 700027),
        ({"alg": "RS256", "x5t": "\u00e4"}, 700027),
        ({"alg": "PS256"}, 700027),
        (["PS256"], 50027),
    ],
)
def test_an_assertion_that_names_no_certificate_is_refused(shared, head, number):
    tenant = shared.tenant
    claims = {
        "aud": f"{tenant.login_url}/{tenant.tenant_id}/oauth2/v2.0/token",
        "iss": tenant.client_id,
        "sub": tenant.client_id,
        "exp": dt.datetime.now(dt.UTC).timestamp() + 600,
    }
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in (head, claims)]
    reply = shared.ask_token(
        client_secret=None,
        client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion=".".join([*parts, "c2ln"]),
    )
    assert (reply.status_code, reply.json()["error"]) == (401, "invalid_client")
    assert reply.json()["error_codes"] == [number]


@pytest.mark.parametrize(
    ("changes", "error", "number"),
    [
        ({"client_secret": "wrong"}, "invalid_client", 7000215),
        ({"client_id": "another"}, "unauthorized_client", 700016),
        ({"scope": "https://manage.office.example/.default"}, "invalid_resource", 500011),
        ({"scope": "https://graph.microsoft.com/User.Read"}, "invalid_scope", 70011),
        ({"grant_type": "password"}, "unsupported_grant_type", 70003),
    ],
)
def test_a_wrong_request_is_refused_with_its_number(shared, changes, error, number):
    reply = shared.ask_token(**changes)
    assert reply.json()["error"] == error
    assert reply.json()["error_codes"] == [number]
    assert f"AADSTS{number}" in reply.json()["error_description"]


def test_an_unknown_tenant_is_refused(shared):
    url = f"{shared.tenant.login_url}/nobody.example/v2.0/.well-known/openid-configuration"
    assert shared.session.get(url, timeout=60).json()["error_codes"] == [90002]


def test_a_token_opens_only_its_own_resource(shared):
    headers = {"Authorization": f"Bearer {shared.token('exchange')}"}
    reply = shared.graph(f"/users/{ADELE}", headers=headers)
    assert (reply.status_code, reply.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")


def test_a_changed_token_is_refused(shared):
    headers = {"Authorization": f"Bearer {shared.token('graph')[:-3]}abc"}
    assert shared.graph(f"/users/{ADELE}", headers=headers).status_code == 401
