"""A place is told once, however a log writes it."""

from __future__ import annotations

import pytest

from commands.story.timeline import merge
from commands.usual.own import places_of
from commands.usual.places import Countries, Place
from tests.commands.evidence import INTRUDER, evidence, sign_in


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


def test_an_address_is_in_one_place_whichever_record_names_it_and_records_that_disagree_are_told() -> None:
    """A registry's country must not stand beside Microsoft's in one report."""
    named = sign_in(address=INTRUDER, location={"countryOrRegion": "NG", "city": "Lagos"})
    bare = sign_in(hours=1, address=INTRUDER)
    other = sign_in(hours=2, address=INTRUDER, location={"countryOrRegion": "US"})
    atlas = Countries()
    for order in ([named, bare], [bare, named]):
        assert str(places_of(order, atlas)[INTRUDER]) == "Lagos, NG"
    assert str(places_of([bare, named, other], atlas)[INTRUDER]) == "Lagos, NG; other records say US"
    said = {event.what for event in merge(evidence(sign_ins=[bare, named]), ())}
    assert said == {"signed in to Office 365 Exchange Online from Lagos, NG"}
