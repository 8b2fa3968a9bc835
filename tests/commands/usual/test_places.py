"""Places come from Microsoft, from a city database if there is one, and else from the registries' tables."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import pytest

from commands import usual
from commands.usual import places
from commands.usual.places import Cities, Countries, Place
from tests.commands.evidence import INTRUDER, evidence, sign_in


def encoded(value: object) -> bytes:
    """A value in the database's own form. Source: "MaxMind DB File Format Specification"."""
    match value:
        case str():
            return _head(2, len(value)) + value.encode()
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
    assert size < 29
    return bytes([kind << 5 | size]) if kind <= 7 else bytes([size, kind - 7])


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database with one node: the lower half of all addresses is unknown, the upper half lies in Lagos."""
    lagos = {
        "country": {"iso_code": "NG"},
        "city": {"names": {"en": "Lagos"}},
        "location": {"latitude": 6.45, "longitude": 3.39},
    }
    metadata = {
        "node_count": Number(1, 6),
        "record_size": Number(24, 5),
        "ip_version": Number(4, 5),
        "database_type": "Test-City",
        "languages": ["en"],
        "description": {"en": "invented"},
        "binary_format_major_version": Number(2, 5),
        "binary_format_minor_version": Number(0, 5),
        "build_epoch": Number(1, 9),
    }
    nothing, data = 1, 1 + 16
    tree = nothing.to_bytes(3, "big") + data.to_bytes(3, "big")
    path = tmp_path / "cities.mmdb"
    path.write_bytes(tree + bytes(16) + encoded(lagos) + b"\xab\xcd\xefMaxMind.com" + encoded(metadata))
    return path


def test_a_city_database_gives_city_and_coordinates(database):
    assert Cities(database).place(INTRUDER) == Place("NG", "Lagos", 6.45, 3.39)


def test_what_the_database_does_not_know_the_registries_may(database):
    cities = Cities(database)
    assert cities.place("8.8.8.8") == Countries().place("8.8.8.8")
    assert cities.place("2001:4860:4860::8888").country == "US"
    assert cities.place("no address") == places.NOWHERE


def test_a_database_that_is_not_there_is_said_at_once(tmp_path):
    with pytest.raises(FileNotFoundError):
        Cities(tmp_path / "nowhere.mmdb")


def test_the_review_uses_the_database_where_microsoft_gives_no_place(database):
    seen = usual.learn(evidence(sign_ins=[sign_in(address=INTRUDER)]), atlas=Cities(database))
    assert str(seen.place(INTRUDER)) == "Lagos, NG"


def test_reserved_addresses_have_no_country():
    assert places.country_of(INTRUDER) == ""
    assert places.country_of("2001:db8::1") == ""
    assert str(places.NOWHERE) == "unknown location"
