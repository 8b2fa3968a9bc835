"""Signing in at the local tenant, with secret and certificate."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from structlog.testing import capture_logs

from graph.auth import Resource, refuses
from graph.connection import Connection
from graph.errors import CannotSignIn, GraphError, Unreachable
from graph.limits import Deadline
from sandbox import tenant
from tests.graph.local import connect_to
from tests.graph.service import QUICK, Service
from tests.made import made


@pytest.fixture(scope="module")
def local() -> Iterator[tenant.RunningTenant]:
    with tenant.start(made("clean"), limits=False) as running:
        yield running


@pytest.fixture(scope="module")
def files(local: tenant.RunningTenant, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A key and certificate that the application knows, in every form."""
    folder = tmp_path_factory.mktemp("certificate")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "compromise-bot")])
    now = datetime.now(UTC)
    certificate, past, unknown = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(number)
        .not_valid_before(now - timedelta(days=9))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
        for number, days in enumerate((1, -1, 1), 1)
    )
    pem = serialization.Encoding.PEM
    public = certificate.public_bytes(pem)
    local.state.app_certificates += [one.public_bytes(pem).decode() for one in (certificate, past)]
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"open sesame"),
    )
    pfx = pkcs12.serialize_key_and_certificates(
        b"app", key, certificate, None, serialization.BestAvailableEncryption(b"open sesame")
    )
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    contents = {
        "app.pem": private + public,
        "locked.pem": locked + public,
        "app.pfx": pfx,
        "half.pem": public,
        "past.pem": private + past.public_bytes(pem),
        "unknown.pem": private + unknown.public_bytes(pem),
        "strange.pem": stranger + public,
    }
    for file, content in contents.items():
        (folder / file).write_bytes(content)
    return {file: folder / file for file in contents}


def test_one_token_for_each_resource_is_got_once_and_kept(local: tenant.RunningTenant) -> None:
    with connect_to(local) as connection, ThreadPoolExecutor(9) as pool:
        before = len(local.calls)
        tokens = list(pool.map(lambda one: connection.sign_in.token(one, Deadline(600)), [*Resource] * 3))
        asked = [call for call in local.calls[before:] if call.path.endswith("/token")]
    assert len(set(tokens)) == 3
    assert len(asked) == 3


@pytest.mark.parametrize(
    ("file", "passphrase"), [("app.pem", None), ("locked.pem", "open sesame"), ("app.pfx", "open sesame")]
)
def test_a_certificate_signs_in(
    local: tenant.RunningTenant, files: dict[str, Path], file: str, passphrase: str | None
) -> None:
    more = {"client_secret": None, "certificate": files[file], "certificate_passphrase": passphrase}
    with connect_to(local, **more) as connection:
        assert connection.sign_in.token(Resource.GRAPH, Deadline(600))


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"client_secret": "wrong"}, r"client secret is wrong .*AADSTS7000215"),
        (
            {"client_id": "00000000-0000-4000-8000-00000000beef"},
            r"not registered in this tenant.* \(AADSTS700016\)",
        ),
        ({"tenant_id": "00000000-0000-4000-8000-00000000beef"}, "does not know the tenant"),
        ({"client_secret": None, "certificate": "nowhere.pem"}, r"nowhere\.pem cannot be read"),
        ({"client_secret": None, "certificate": "nowhere.pfx"}, r"nowhere\.pfx does not exist"),
    ],
)
def test_a_refusal_is_told_in_plain_words(
    local: tenant.RunningTenant, more: dict[str, str], says: str
) -> None:
    with (
        connect_to(local, **more) as connection,
        capture_logs() as logs,
        pytest.raises(CannotSignIn, match=says),
    ):
        connection.sign_in.token(Resource.GRAPH, Deadline(600))
    assert "wrong" not in str(logs)


@pytest.mark.parametrize(
    ("file", "passphrase"),
    [("half.pem", None), ("locked.pem", "wrong"), ("locked.pem", None), ("app.pfx", "wrong")],
)
def test_a_certificate_that_cannot_be_used_is_named(
    local: tenant.RunningTenant, files: dict[str, Path], file: str, passphrase: str | None
) -> None:
    more = {"client_secret": None, "certificate": files[file], "certificate_passphrase": passphrase}
    with connect_to(local, **more) as connection, pytest.raises(CannotSignIn, match=r"certificate"):
        connection.sign_in.token(Resource.GRAPH, Deadline(600))


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("past.pem", r"failed: the certificate has expired, or is not valid yet \(AADSTS700027\)"),
        ("unknown.pem", r"failed: the certificate is not registered for the application \(AADSTS700027\)"),
        ("strange.pem", r"failed: the private key does not belong to the certificate \(AADSTS700027\)"),
    ],
)
def test_why_the_login_service_refuses_a_certificate_is_told(
    local: tenant.RunningTenant, files: dict[str, Path], file: str, says: str
) -> None:
    more = {"client_secret": None, "certificate": files[file]}
    with connect_to(local, **more) as connection, pytest.raises(CannotSignIn, match=says):
        connection.sign_in.token(Resource.GRAPH, Deadline(5))


def test_what_is_said_of_a_sign_in_names_the_application(
    local: tenant.RunningTenant, files: dict[str, Path]
) -> None:
    pem: dict[str, object] = {
        "client_secret": None,
        "certificate": files["locked.pem"],
        "certificate_passphrase": "wrong",
    }
    wrong: list[dict[str, object]] = [{"client_secret": "wrong"}, pem]
    for more in wrong:
        with connect_to(local, **more) as connection, pytest.raises(CannotSignIn, match=local.client_id):
            connection.sign_in.token(Resource.GRAPH, Deadline(600))
    with connect_to(local) as connection, capture_logs() as logs:
        connection.sign_in.token(Resource.GRAPH, Deadline(600))
    (line,) = [line for line in logs if line.get("action") == "signin.token"]
    assert line["application"] == local.client_id
    assert local.client_secret not in str(logs)


@pytest.mark.parametrize(
    ("error", "is_no"),
    [
        (CannotSignIn("x", code="AADSTS500011"), True),
        (CannotSignIn("x", code="AADSTS50105"), True),
        (CannotSignIn("x", code="unauthorized_client"), True),
        (CannotSignIn("x", code="AADSTS90033"), False),
        (CannotSignIn("x", code="temporarily_unavailable"), False),
        (CannotSignIn("x"), False),
        (Unreachable("x"), False),
    ],
)
def test_only_a_refusal_says_that_the_application_holds_nothing(error: GraphError, is_no: bool) -> None:
    assert refuses(error) is is_no


def test_a_refused_token_is_dropped_but_a_newer_one_is_kept(local: tenant.RunningTenant) -> None:
    with connect_to(local) as connection:
        first = connection.sign_in.token(Resource.GRAPH, Deadline(600))
        connection.sign_in.forget(Resource.GRAPH, first)
        second = connection.sign_in.token(Resource.GRAPH, Deadline(600))
        connection.sign_in.forget(Resource.GRAPH, first)
        assert second != first
        assert connection.sign_in.token(Resource.GRAPH, Deadline(600)) == second


def test_a_login_service_that_is_down_is_unreachable(service: Service) -> None:
    settings = service.settings(login_url="http://127.0.0.1:9/login")
    with Connection(settings, pacing=QUICK) as connection, pytest.raises(Unreachable):
        connection.sign_in.token(Resource.GRAPH, Deadline(600))
