"""What tells VPNs and rented servers from other networks, and how old it is."""

from __future__ import annotations

from datetime import date
from typing import Final

from bot.atlas import systems_of
from bot.errors import CannotStart
from bot.settings import Settings
from bot.setup.doctor_findings import Line
from commands.facts import addresses

OLD: Final = 365
"""Days after which a table of networks misses many: providers take and give addresses all the time."""


def look_at_networks(settings: Settings, today: date) -> Line:
    """Say which table is used and of what day it is."""
    try:
        systems = systems_of(settings.networks)
    except CannotStart as error:
        return Line(there=False, what="networks", says=str(error))
    made = systems.made if systems else addresses.table().made
    whose = f"{settings.networks}" if systems else "the table of this program"
    mend = (
        "set networks to a newer database of autonomous systems or anonymous IP addresses (.mmdb)"
        if systems is None
        else "replace the file with a newer one",
    )
    old = (today - made).days > OLD
    says = f"{whose}, of {made:%Y-%m-%d}" + ("; newer VPNs and rented servers are missing" if old else "")
    return Line(there=None if old else True, what="networks", says=says, mend=mend if old else ())
