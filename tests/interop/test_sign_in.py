"""MSAL and our part around it get a token from a sign-in service that we did not write, behind TLS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from graph.auth import Resource, SignIn
from graph.errors import CannotSignIn, Unreachable
from graph.limits import Deadline
from graph.settings import TenantSettings
from graph.wire import Wire
from tests.interop.emulator import emulate
from tests.interop.tls import Proxy, opening_tls

HOST = "login.microsoftonline.com"
TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"
CLIENT = "c2a1f0de-0b54-4c1c-8d07-6a6a4f3f6a11"
SECRET = "invented-secret"
SEED = {
    "oauth_clients": [
        {
            "client_id": CLIENT,
            "client_secret": SECRET,
            "name": "Compromise Bot",
            "redirect_uris": [],
            "tenant_id": TENANT,
        }
    ]
}


@pytest.fixture
def proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """A proxy behind which the sign-in service answers as Microsoft's own host."""
    with (
        emulate("microsoft", SEED, tmp_path, base_url=f"https://{HOST}") as port,
        opening_tls(HOST, port, tmp_path) as made,
    ):
        monkeypatch.setenv("HTTPS_PROXY", made.url)
        for name in ("https_proxy", "NO_PROXY", "no_proxy", "CURL_CA_BUNDLE"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(made.authority))
        yield made


def signed_in(secret: str = SECRET) -> str:
    """Ask for one token for Graph, as the settings of a real tenant would have it."""
    settings = TenantSettings(tenant_id=TENANT, client_id=CLIENT, client_secret=SecretStr(secret))
    wire = Wire(2)
    try:
        return SignIn(settings, wire).token(Resource.GRAPH, Deadline(600))
    finally:
        wire.close()


def test_a_token_is_given_for_the_right_secret_and_nobody_else_is_asked(proxy):
    assert signed_in().startswith("microsoft_")
    assert set(proxy.asked) == {f"{HOST}:443"}


def test_a_wrong_secret_is_a_refusal_of_the_sign_in_service(proxy):
    with pytest.raises(CannotSignIn, match="invalid_client"):
        signed_in("another")


def test_who_cannot_show_a_trusted_certificate_is_not_told_the_secret(proxy, monkeypatch):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(Unreachable):
        signed_in()
