"""Databases in MaxMind's form, made for tests. Source: "MaxMind DB File Format Specification"."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path


def written(path: Path, row: dict[str, object]) -> Path:
    """A database with one node: the lower half of all addresses is unknown, the upper half has the row."""
    metadata = {
        "node_count": Number(1, 6),
        "record_size": Number(24, 5),
        "ip_version": Number(4, 5),
        "database_type": "Test",
        "languages": ["en"],
        "description": {"en": "invented"},
        "binary_format_major_version": Number(2, 5),
        "binary_format_minor_version": Number(0, 5),
        "build_epoch": Number(MADE, 9),
    }
    nothing, data = 1, 1 + 16
    tree = nothing.to_bytes(3, "big") + data.to_bytes(3, "big")
    path.write_bytes(tree + bytes(16) + encoded(row) + b"\xab\xcd\xefMaxMind.com" + encoded(metadata))
    return path


MADE = 1_780_000_000
"""2026-05-28, in seconds."""


def encoded(value: object) -> bytes:
    """A value in the database's own form."""
    match value:
        case str():
            return _head(2, len(value)) + value.encode()
        case bool():
            return _head(14, value)
        case float():
            return _head(3, 8) + struct.pack(">d", value)
        case Number():
            return _head(value.kind, value.width) + value.number.to_bytes(value.width, "big")
        case list():
            return _head(11, len(value)) + b"".join(encoded(item) for item in value)
        case dict():
            return _head(7, len(value)) + b"".join(
                encoded(key) + encoded(item) for key, item in value.items()
            )
    raise TypeError(value)


@dataclass(frozen=True)
class Number:
    """A whole number of the width that the format asks for: 5 is two bytes, 6 four, 9 eight."""

    number: int
    kind: int

    @property
    def width(self) -> int:
        return {5: 2, 6: 4, 9: 8}[self.kind]


def _head(kind: int, size: int) -> bytes:
    """Control byte, and for long texts (29 to 284 bytes) one more."""
    more = b"" if size < 29 else bytes([size - 29])
    size = min(size, 29)
    return (bytes([kind << 5 | size]) if kind <= 7 else bytes([size, kind - 7])) + more
