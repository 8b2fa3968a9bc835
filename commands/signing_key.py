"""The bot's one private key: it signs checkpoints, and seals what must not lie readable in the ledger's file.

The file holds an Ed25519 key in PEM, for its owner's eyes only. What is sealed is locked with a key derived
from it, so whoever has the ledger alone reads no one-time secret and no password out of it. Losing the file
loses what is sealed, and later checkpoints are signed by another key; it opens nothing at Microsoft or Slack.
Sources: RFC 8032 (Ed25519), RFC 5869 (HKDF), RFC 8439 (ChaCha20-Poly1305).
"""

from __future__ import annotations

import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from commands.errors import KeyUnusable

FILE = "compromise.key"
"""What the file is called, beside the ledger, unless the settings name another."""

_SEALING = b"compromise-bot sealing key, version 1"
_NONCE = 12
_MOST = 16_384
"""Bytes; a key file is a few hundred, and a wrong path may lead to anything."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The private key, and what it can do. Two of the same file are equal; neither prints the key."""

    _private: Ed25519PrivateKey = field(repr=False, compare=False)
    public: bytes
    """The public key as RFC 8032 writes it: 32 bytes."""

    @classmethod
    def load_or_make(cls, path: Path) -> Self:
        """Read the key, or make one where there is no file.

        Raises:
            KeyUnusable: it cannot be read or made, others may read it, or it is damaged.
        """
        try:
            if not path.exists():
                _make(path)
        except OSError as error:
            raise KeyUnusable(f"The key {path} cannot be created ({error.strerror}).") from error
        return cls.load(path)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the key.

        Raises:
            KeyUnusable: there is none, it cannot be read, others may read it, or it is damaged.
        """
        try:
            with path.open("rb") as file:
                # Of the open file: another one could be put in its place in between.
                about = os.fstat(file.fileno())
                if not stat.S_ISREG(about.st_mode):
                    raise KeyUnusable(f"The key {path} is not a file.")
                if about.st_mode & 0o077:
                    raise KeyUnusable(f"The key {path} is readable by other users; run chmod 600 on it.")
                text = file.read(_MOST)
        except OSError as error:
            raise KeyUnusable(f"The key {path} cannot be read ({error.strerror}).") from error
        try:
            found = load_pem_private_key(text, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise KeyUnusable(f"The key {path} is damaged; restore it from a backup.") from error
        if not isinstance(found, Ed25519PrivateKey):
            raise KeyUnusable(f"The key {path} is not an Ed25519 key.")
        return cls(found, found.public_key().public_bytes_raw())

    def sign(self, text: bytes) -> bytes:
        """Sign: 64 bytes, the same ones for the same text."""
        return self._private.sign(text)

    def seal(self, secret: bytes, about: bytes = b"") -> bytes:
        """Lock a secret away.

        Args:
            secret: What nobody should read.
            about: What it belongs to; it opens only with the same, so that nobody can swap two of them.
        """
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._lock().encrypt(nonce, secret, about)

    def open(self, sealed: bytes, about: bytes = b"") -> bytes:
        """Give back what `seal` locked away.

        Raises:
            KeyUnusable: it was sealed with another key or for something else, or it was changed.
        """
        try:
            return self._lock().decrypt(sealed[:_NONCE], sealed[_NONCE:], about)
        except (InvalidTag, ValueError) as error:
            raise KeyUnusable("The key cannot decrypt the secrets in the ledger.") from error

    def _lock(self) -> ChaCha20Poly1305:
        expand = HKDF(SHA256(), length=32, salt=None, info=_SEALING)
        return ChaCha20Poly1305(expand.derive(self._private.private_bytes_raw()))


def _make(path: Path) -> None:
    """Write a new key whole or not at all; where another process was first, its key stays."""
    text = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        try:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            # Unlike a renaming, a link never replaces a key that came in between.
            path.hardlink_to(draft)
        except FileExistsError:
            return
        finally:
            draft.unlink()
