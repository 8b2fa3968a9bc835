"""Places come from the operator's city database where the settings name one."""

from __future__ import annotations

from datetime import date, timedelta
from ipaddress import ip_network

import pytest

from bot.atlas import atlas_of
from bot.errors import CannotStart
from bot.settings import Settings
from bot.setup.networks import look_at_networks
from commands.facts import addresses
from commands.usual.places import Countries
from tests.commands.mmdb import written


def test_without_a_database_countries_are_all_there_is():
    assert isinstance(atlas_of(None), Countries)


@pytest.mark.parametrize("content", [None, b"no database"], ids=["not there", "something else"])
def test_a_wrong_database_stops_the_start_and_is_named(tmp_path, content):
    path = tmp_path / "cities.mmdb"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CannotStart, match=r"cities: .*cities\.mmdb is not a city database"):
        atlas_of(path)


def test_a_wrong_database_of_networks_is_named_as_well(tmp_path):
    path = tmp_path / "asn.mmdb"
    path.write_bytes(b"no database")
    with pytest.raises(CannotStart, match=r"networks: .*asn\.mmdb is not a network database"):
        atlas_of(None, path)


def test_the_settings_name_networks_of_the_organization():
    atlas = atlas_of(None, None, (ip_network("203.0.113.0/24"),))
    assert atlas.is_known("203.0.113.9")
    assert not any(map(atlas.is_known, ("203.0.114.9", "2001:db8::1", "")))


@pytest.mark.parametrize(
    ("days", "there", "words"),
    [
        (10, True, "the table of this program, of 20"),
        (400, None, "newer VPNs and rented servers are missing"),
    ],
)
def test_the_doctor_tells_the_date_of_the_table(days, there, words):
    line = look_at_networks(Settings(), addresses.table().made + timedelta(days=days))
    assert (line.there, words in line.says, bool(line.mend)) == (there, True, there is None)


def test_the_doctor_tells_the_date_of_the_operators_file_and_that_one_cannot_be_read(tmp_path):
    path = written(tmp_path / "asn.mmdb", {"is_anonymous_vpn": True})
    line = look_at_networks(Settings(networks=path), date(2026, 11, 29))
    assert line.there
    assert line.says.endswith("asn.mmdb, of 2026-05-28")
    gone = look_at_networks(Settings(networks=tmp_path / "gone.mmdb"), date(2026, 11, 29))
    assert gone.there is False
    assert "is not a network database" in gone.says
