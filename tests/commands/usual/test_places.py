"""Places come from Microsoft, from a city database if there is one, and else from the registries' tables."""

from __future__ import annotations

import pickle
from ipaddress import ip_network
from pathlib import Path

import pytest

from commands import usual
from commands.usual import places
from commands.usual.networks import Systems
from commands.usual.places import Cities, Countries, Place
from tests.commands.evidence import INTRUDER, evidence, sign_in
from tests.commands.mmdb import written


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database that knows the upper half of all addresses, in Lagos."""
    lagos = {
        "country": {"iso_code": "NG"},
        "city": {"names": {"en": "Lagos"}},
        "location": {"latitude": 6.45, "longitude": 3.39},
    }
    return written(tmp_path / "cities.mmdb", lagos)


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


def test_an_atlas_goes_to_another_process_with_all_that_it_knows(database, tmp_path):
    known, systems = (
        [ip_network("10.7.0.0/16")],
        Systems(written(tmp_path / "networks.mmdb", {"is_anonymous_vpn": True})),
    )
    for atlas in (Cities(database, systems, known), Countries(systems, known)):
        other = pickle.loads(pickle.dumps(atlas))  # noqa: S301 - our own
        for address in (INTRUDER, "10.7.8.9"):
            told = [
                (one.place(address), one.network(address, None), one.is_known(address))
                for one in (atlas, other)
            ]
            assert told[0] == told[1]
        assert other.is_known("10.7.8.9")
