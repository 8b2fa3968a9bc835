"""Where addresses are: from a city database of the operator's, or countries only."""

from __future__ import annotations

from pathlib import Path

import maxminddb

from bot.errors import CannotStart
from commands.usual.places import Atlas, Cities, Countries


def atlas_of(cities: Path | None) -> Atlas:
    """Give what is known of where addresses are: the city database of the settings, or countries only.

    Raises:
        CannotStart: the file cannot be read, or is no such database.
    """
    if cities is None:
        return Countries()
    try:
        return Cities(cities)
    except (OSError, maxminddb.InvalidDatabaseError) as error:
        raise CannotStart(f"cities: {cities} is not a city database in MaxMind format ({error}).") from error
