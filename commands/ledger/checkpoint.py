"""Checkpoints: the signed head of the ledger as a few lines, to be kept where the bot cannot change it.

A checkpoint says: at that moment this ledger had so many entries, and its last one had this hash. As every
hash covers the one before it, that fixes all entries up to there. The form is a signed note, so that other
programs can check the signature as well::

    compromise-bot/3f0c9a51be27d480
    42
    5Wz0oVhBkGZsVxk0pSgQ0iJgk2i0mM9mJm3V0Yl3p2E=

    — compromise-bot/3f0c9a51be27d480 q83vEjRWeJ…

The name in the first line is made of the hash of the first entry. What stands in the third line is the last
hash of a chain and not the root of a Merkle tree, so proofs of that kind cannot be made from it.

Sources: C2SP, "tlog-checkpoint" and "signed-note"; RFC 8032 (Ed25519).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from commands.errors import AnchorUnreadable, KeyUnusable, NothingToSign
from commands.ledger.book import Ledger
from commands.ledger.chain import Head
from commands.ledger.entries import CheckpointSigned
from commands.signing_key import SigningKey

_NAME = "compromise-bot/"
_ED25519 = b"\x01"
"""The type of our signatures. Source: C2SP, "signed-note", "Signature types"."""

_ORIGIN = re.compile(r"compromise-bot/[0-9a-f]{16}")
_SIZE = re.compile(r"[1-9][0-9]{0,17}")
_HEAD = re.compile(r"[A-Za-z0-9+/]{43}=")
_SIGNATURE = re.compile(r"[—–―-]{1,2}\s*(compromise-bot/\S+)\s+([A-Za-z0-9+/]{90,92}={0,2})")
_DAMAGED = re.compile(r"[—–―-]{1,2}\s*compromise-bot/\S+\s+\S{20,}")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_AROUND = " \t\u00a0>`\"'“”‘’|*_,;"
"""What copying puts around a line: quote marks, fences, bars, blanks; nothing that ours begin or end with."""
_AT_MOST = 16
"""Signatures of one checkpoint. Source: C2SP, "signed-note", "Format"."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: whose, the first four bytes by which the key is known, and 64 bytes."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One signed head.

    Attributes:
        origin: Which ledger it is of.
        size: How many entries it has.
        head: The hash of the last one in hexadecimal.
        signatures: Who signed it.
        where: Where it was found, for people: "line 7 of anchors.txt".
    """

    origin: str
    size: int
    head: str
    signatures: tuple[Signature, ...] = ()
    where: str = field(default="", compare=False)

    @property
    def signed_text(self) -> str:
        """The text that the signatures are for."""
        return f"{self.origin}\n{self.size}\n{_base64(bytes.fromhex(self.head))}\n"

    def __str__(self) -> str:
        lines = (f"— {one.name} {_base64(one.key_id + one.signature)}\n" for one in self.signatures)
        return f"{self.signed_text}\n{''.join(lines)}"

    def is_signed_by(self, publics: Iterable[bytes]) -> bool:
        """Say whether one of these keys signed exactly this text. Signatures of other keys do not matter."""
        return any(_holds(self, one, public) for public in publics for one in self.signatures)


def _holds(checkpoint: Checkpoint, one: Signature, public: bytes) -> bool:
    if one.name != checkpoint.origin or one.key_id != _key_id(one.name, public):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(one.signature, checkpoint.signed_text.encode())
    except InvalidSignature:
        return False
    return True


def origin_of(first: bytes) -> str:
    """Name a ledger by the hash of its first entry."""
    return _NAME + first.hex()[:16]


def origin(ledger: Ledger) -> str:
    """Name a ledger.

    Raises:
        NothingToSign: it has no entry yet, and so no name.
        LedgerUnwritable: it cannot be read.
    """
    first = next(ledger.entries(), None)
    if first is None:
        raise NothingToSign
    return origin_of(first.hash)


def sign(name: str, head: Head, keys: SigningKey) -> Checkpoint:
    """Sign a head of the ledger with this name."""
    bare = Checkpoint(name, head.size, head.hash)
    signature = Signature(name, _key_id(name, keys.public), keys.sign(bare.signed_text.encode()))
    return Checkpoint(name, head.size, head.hash, (signature,))


def sign_head(ledger: Ledger, keys: SigningKey) -> Checkpoint:
    """Sign the present head and write nothing.

    Raises:
        NothingToSign: the ledger has no entry yet.
        LedgerUnwritable: it cannot be read.
    """
    name = origin(ledger)
    return sign(name, ledger.head(), keys)


def note(
    ledger: Ledger, checkpoint: Checkpoint, actor: str, *, why: str = "", channel: str = "", ts: str = ""
) -> None:
    """Append the entry of a checkpoint: why it was made, and where it was posted.

    Raises:
        LedgerUnwritable: it could not be written.
    """
    event = CheckpointSigned(checkpoint.size, checkpoint.head, str(checkpoint), why, channel, ts)
    ledger.append(event, actor)


def public_key_line(name: str, public: bytes) -> str:
    """Write a public key in one line, as programs for signed notes take it: name, key id and key."""
    return f"{name}+{_key_id(name, public).hex()}+{_base64(_ED25519 + public)}"


def read_public_keys(text: str) -> tuple[bytes, ...]:
    """Read public keys: one in PEM, or any number of lines as `public_key_line` writes them.

    Raises:
        KeyUnusable: there is none, or a line that is none.
    """
    if "-----BEGIN" in text:
        try:
            found = load_pem_public_key(text.encode())
        except (ValueError, UnsupportedAlgorithm) as error:
            raise KeyUnusable("The public key is damaged.") from error
        if not isinstance(found, Ed25519PublicKey):
            raise KeyUnusable("The public key is not an Ed25519 key.")
        return (found.public_bytes_raw(),)
    keys = []
    for line in filter(None, (_bare(line) for line in text.splitlines())):
        name, _, rest = line.partition("+")
        key_id, _, encoded = rest.partition("+")
        raw = _unbase64(encoded)
        if len(raw) != 33 or raw[:1] != _ED25519 or _key_id(name, raw[1:]).hex() != key_id:
            raise KeyUnusable("The public key is not what `compromise ledger public-key` prints.")
        keys.append(raw[1:])
    if not keys:
        raise KeyUnusable("There is no public key in the file.")
    return tuple(keys)


def read_checkpoints(text: str, name: str = "") -> tuple[Checkpoint, ...]:
    """Read every checkpoint in a text that was copied out of Slack or anywhere else.

    Words around them, quote marks, fences, blanks at the ends of lines, and line breaks spelled out as in
    JSON do not matter. Nothing that begins or ends like a checkpoint is passed over in silence.

    Args:
        text: The text.
        name: What it is called, for people.

    Raises:
        AnchorUnreadable: there is none, or a damaged one; says in which line.
    """
    lines = [_bare(line) for line in text.replace("\\n", "\n").replace("\\u2014", "—").splitlines()]
    found = []
    at = 0
    while at < len(lines):
        if _ORIGIN.fullmatch(lines[at]):
            where = f"line {at + 1}" + (f" of {name}" if name else "")
            checkpoint, at = _read_one(lines, at, where)
            found.append(checkpoint)
        elif _DAMAGED.fullmatch(lines[at]):
            raise AnchorUnreadable(f"Line {at + 1} ends a checkpoint that has no beginning.")
        else:
            at += 1
    if not found:
        raise AnchorUnreadable(f"There is no checkpoint in {name or 'the text'}.")
    return tuple(found)


def _read_one(lines: Sequence[str], start: int, where: str) -> tuple[Checkpoint, int]:
    """Read the checkpoint that begins in a line; give it, and the line after it."""
    filled = [(number, line) for number, line in enumerate(lines[start : start + 64], start) if line]
    parts = [line for _, line in filled[1:3]]
    if len(parts) < 2 or not _SIZE.fullmatch(parts[0]) or not _HEAD.fullmatch(parts[1]):
        raise AnchorUnreadable(f"The checkpoint in {where} lacks its size or its hash.")
    signatures: list[Signature] = []
    after = filled[2][0] + 1
    for number, line in filled[3 : 3 + _AT_MOST]:
        match = _SIGNATURE.fullmatch(line)
        raw = _unbase64(match[2]) if match else b""
        if match is None or len(raw) != 68:
            break
        signatures.append(Signature(match[1], raw[:4], raw[4:]))
        after = number + 1
    if not signatures:
        raise AnchorUnreadable(f"The checkpoint in {where} lacks its signature, or the signature is damaged.")
    head = _unbase64(parts[1]).hex()
    return Checkpoint(lines[start], int(parts[0]), head, tuple(signatures), where), after


def _key_id(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]


def _bare(line: str) -> str:
    return line.replace("&gt;", ">").translate(_INVISIBLE).strip(_AROUND)


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _unbase64(text: str) -> bytes:
    """Decode, b"" for what is no base64 or is written otherwise than an encoder would."""
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""
    return raw if _base64(raw) == text else b""
