"""A place is told once, however a log writes it."""

from __future__ import annotations

import pytest

from commands.usual.places import Place


@pytest.mark.parametrize(
    ("place", "says"),
    [
        (Place("DE", "Duisburg"), "Duisburg, DE"),
        (Place("DE", "Duisburg, DE"), "Duisburg, DE"),
        (Place("SG", "sg"), "SG"),
        (Place("DE"), "DE"),
        (Place(), "unknown location"),
    ],
)
def test_a_country_stands_once(place: Place, says: str) -> None:
    assert str(place) == says
