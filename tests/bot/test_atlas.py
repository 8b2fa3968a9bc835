"""Places come from the operator's city database where the settings name one."""

from __future__ import annotations

import pytest

from bot.atlas import atlas_of
from bot.errors import CannotStart
from commands.usual.places import Countries


def test_without_a_database_countries_are_all_there_is():
    assert isinstance(atlas_of(None), Countries)


@pytest.mark.parametrize("content", [None, b"no database"], ids=["not there", "something else"])
def test_a_wrong_database_stops_the_start_and_is_named(tmp_path, content):
    path = tmp_path / "cities.mmdb"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CannotStart, match=r"cities: .*cities\.mmdb is not a city database"):
        atlas_of(path)
