"""Signed webhooks, in and out, in the form that others have libraries for. Pure.

Source: Standard Webhooks 1.0.0: the headers ``webhook-id``, ``webhook-timestamp`` (seconds since 1970) and
``webhook-signature`` (``v1,`` and the base64 of an HMAC-SHA256 over id, timestamp and body with dots between;
several, with spaces between, while a secret is changed), and secrets that begin with ``whsec_``. No id has a
dot in it: what is signed could be read in two ways.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Final

PREFIX: Final = "whsec_"
LEAST, MOST = 24, 64
"""How many bytes a secret has."""

WINDOW: Final = 300
"""How many seconds a message's time may differ from ours, in either direction."""

_LONGEST_ID: Final = 200
_SIGNATURES: Final = 5
"""How many signatures of one message are looked at."""


def key_of(secret: str) -> bytes:
    """Read a secret.

    Raises:
        ValueError: it does not have the form; the sentence says what it should be.
    """
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(PREFIX) or not LEAST <= len(key) <= MOST:
        raise ValueError(f"it should be {PREFIX} and the base64 of {LEAST} to {MOST} random bytes")
    return key


def new_secret() -> str:
    """Draw a secret by chance."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signature(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    """Sign a message."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers(key: bytes, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """Give the headers of a message that goes out."""
    timestamp = str(int(at.timestamp()))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature(key, message_id, timestamp, body),
    }


def why_not(key: bytes, given: Mapping[str, str], body: bytes, now: datetime) -> str:
    """Say why a message that came in does not count; "" when it does.

    Whether it came before is for whoever keeps what came. All answers to a message that is not signed are
    alike, so that nobody learns from them what was wrong.
    """
    message_id, timestamp = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not 0 < len(message_id) <= _LONGEST_ID or not _is_id(message_id):
        return "not signed"
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        return "not signed"
    wanted = signature(key, message_id, timestamp, body).encode()
    offered = given.get("webhook-signature", "").split(" ")[:_SIGNATURES]
    # Every one is compared, in the same time whatever it holds.
    if not any([hmac.compare_digest(wanted, one.encode("utf-8", "replace")) for one in offered]):  # noqa: C419
        return "not signed"
    if abs(now.timestamp() - int(timestamp)) > WINDOW:
        return "too old or from the future"
    return ""


def _is_id(text: str) -> bool:
    return text.isascii() and text.isprintable() and "." not in text
