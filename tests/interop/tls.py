"""A company's proxy that opens TLS: its own authority signs for Microsoft's sign-in host.

So the product's own default address is used, the name is checked against a certificate, and nothing leaves
the machine. Source: RFC 9110, section 9.3.6, for CONNECT.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Proxy:
    """Where the proxy listens, whom it lets us trust, and which hosts were asked for through it."""

    url: str
    authority: Path
    asked: list[str] = field(default_factory=list)


@contextmanager
def opening_tls(host: str, port: int, folder: Path) -> Iterator[Proxy]:
    """Run a proxy that ends TLS for one host and hands what comes on to a port of this machine.

    Args:
        host: The only host that it connects to.
        port: Who answers in its place, in plain HTTP.
        folder: Where the certificates are kept.
    """
    authority, chain = _certificates(host, folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    listening = socket.create_server(("127.0.0.1", 0))
    proxy = Proxy(f"http://127.0.0.1:{listening.getsockname()[1]}", authority)
    threads: list[threading.Thread] = []

    def serve() -> None:
        with suppress(OSError):  # so accept ends when the socket is closed
            while True:
                connection, _ = listening.accept()
                threads.append(
                    threading.Thread(target=_tunnel, args=(connection, host, port, context, proxy))
                )
                threads[-1].start()

    server = threading.Thread(target=serve)
    server.start()
    try:
        yield proxy
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        for thread in [server, *threads]:
            thread.join(timeout=60)


def _tunnel(plain: socket.socket, host: str, port: int, context: ssl.SSLContext, proxy: Proxy) -> None:
    """Answer one CONNECT, end TLS, and pass bytes both ways until one side has enough."""
    with plain:
        plain.settimeout(60)
        wanted = _head(plain).split()[1].decode()
        proxy.asked.append(wanted)
        if wanted != f"{host}:443":
            plain.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")
            return
        plain.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        # A client that does not trust the certificate breaks off here, and so may either side later on.
        with (
            suppress(OSError),
            context.wrap_socket(plain, server_side=True) as safe,
            socket.create_connection(("127.0.0.1", port), timeout=60) as service,
        ):
            back = threading.Thread(target=_pass, args=(service, safe))
            back.start()
            _pass(safe, service)
            back.join()


def _head(connection: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(1)
    return head


def _pass(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65_536):
            target.sendall(piece)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _certificates(host: str, folder: Path) -> tuple[Path, Path]:
    """Make an authority and a certificate for the host; give the authority's file and the host's with key."""
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "The company's proxy")])
    root = _certificate(root_name, root_name, root_key, root_key, ca=True)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    leaf = _certificate(name, root_name, key, root_key, host=host)
    pem = serialization.Encoding.PEM
    authority, chain = folder / "authority.pem", folder / "host.pem"
    authority.write_bytes(root.public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    chain.write_bytes(private + leaf.public_bytes(pem))
    return authority, chain


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    *,
    ca: bool = False,
    host: str = "",
) -> x509.Certificate:
    now = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=not ca,
        key_cert_sign=ca,
        crl_sign=ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    if host:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    return builder.sign(signer, hashes.SHA256())
