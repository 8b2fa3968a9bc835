"""Private keys and certificates of the applications, and files that nobody but their owner can read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, count
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from bot.errors import SettingsError

BITS: Final = 3072
VALID: Final = timedelta(days=365)
"""How long a certificate holds; Entra ID refuses longer ones where a policy of the tenant says so."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A private key with its certificate, and what a certification authority would sign instead; all PEM."""

    key: bytes
    certificate: bytes
    request: bytes


def make_credential(name: str, now: datetime) -> Credential:
    """Make an RSA key, a certificate that it signed itself, and a certificate request.

    Args:
        name: What both are made out to.
        now: From when on the certificate holds (aware UTC).
    """
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + VALID)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    return Credential(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
        certificate.public_bytes(pem),
        request.public_bytes(pem),
    )


def demand_name(folder: Path) -> None:
    """See that a folder's name is text, for TOML is UTF-8.

    Raises:
        SettingsError: it is not.
    """
    name = str(folder.resolve())
    try:
        name.encode()
    except UnicodeEncodeError as error:
        shown = os.fsencode(name).decode(errors="backslashreplace")
        says = f"The name of the folder {shown} is not UTF-8; choose another one with --folder."
        raise SettingsError([says]) from error


def write(made: Mapping[str, bytes], folder: Path, now: datetime, *, force: bool) -> tuple[Path, ...]:
    """Write all files, readable by their owner alone.

    Args:
        made: The files' names and contents.
        folder: Where to; made when it is not there.
        now: Names the copies (aware UTC).
        force: Whether files that are there are moved aside; else nothing is written over.

    Returns:
        The copies that were moved aside, readable by their owner alone too.

    Raises:
        SettingsError: a file cannot be written; the copies that were moved aside by then are named.
    """
    copies: list[Path] = []
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, content in made.items():
            path = folder / name
            if force and os.path.lexists(path):
                copies.append(_move_aside(path, now))
            # Made anew with its mode: at no moment can others open it, and no link of theirs is followed.
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
    except OSError as error:
        problems = [f"{error.filename or folder} cannot be written ({error.strerror})."]
        problems += [f"{copy} is the previous file, already renamed." for copy in copies]
        raise SettingsError(problems) from error
    return tuple(copies)


def _move_aside(path: Path, now: datetime) -> Path:
    """Rename a file to a name that is free: a rename onto an older copy would destroy a private key."""
    stamped = f"{path.name}.{now:%Y%m%dT%H%M%SZ}"
    names = chain([stamped], (f"{stamped}-{number}" for number in count(2)))
    copy = next(one for name in names if not os.path.lexists(one := path.with_name(name)))
    if path.is_file() and not path.is_symlink():
        path.chmod(0o600)
    path.rename(copy)
    return copy
