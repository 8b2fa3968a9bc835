"""What the twin tables of the symptoms share: a plain past, a break-in, and how to ask a symptom.

A row of a table is a sentence, the sources, and what is expected. The sentence says why.
"""

from __future__ import annotations

from typing import Any

from commands import usual
from commands.report import Finding
from commands.symptoms import Symptom
from graph.resources.sign_ins import SignIn
from tests.commands.evidence import INTRUDER, OFFICE, evidence, sign_in

LONDON = {"city": "London", "countryOrRegion": "GB", "geoCoordinates": {"latitude": 51.5, "longitude": -0.1}}
LAGOS = {"city": "Lagos", "countryOrRegion": "NG", "geoCoordinates": {"latitude": 6.45, "longitude": 3.39}}
LISBON = {"city": "Lisbon", "countryOrRegion": "PT", "geoCoordinates": {"latitude": 38.7, "longitude": -9.1}}
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/128.0.0.0 Safari/537.36"
LAPTOP = {"deviceId": "laptop-1", "operatingSystem": "Windows 11", "isCompliant": True, "isManaged": True}
HOTEL = "198.51.100.23"
SESSION = "session-of-the-intruder"


def ordinary(*, hours: float, address: str = OFFICE, **fields: Any) -> SignIn:
    """A sign-in as Adele makes them every day."""
    plain = {"location": LONDON, "user_agent": BROWSER, "device_detail": LAPTOP}
    return sign_in(hours=hours, address=address, **{**plain, **fields})


def past() -> list[SignIn]:
    """Three weeks of ordinary sign-ins before the window."""
    return [ordinary(hours=-24 * day, session_id=f"ordinary-{day}") for day in range(8, 29)]


def break_in(*, hours: float = -1, **fields: Any) -> SignIn:
    """A sign-in of somebody else: another country, a phishing kit's library, no device."""
    strange = {"location": LAGOS, "user_agent": "axios/1.7.2", "session_id": SESSION}
    return sign_in(hours=hours, **{"address": INTRUDER, **strange, **fields})


def broken_in() -> list[SignIn]:
    """An ordinary past, and then somebody else came."""
    return [*past(), break_in()]


def findings(symptom: Symptom, **sources: Any) -> list[Finding]:
    """Everything that a symptom finds in these sources."""
    seen = evidence(**sources)
    return list(symptom.detect(seen, usual.learn(seen)))


def signs(symptom: Symptom, **sources: Any) -> set[str]:
    """The ids of the signs found that count."""
    return {finding.sign.id for finding in findings(symptom, **sources) if finding.severity > 0}


def all_signs(symptom: Symptom, **sources: Any) -> set[str]:
    """The ids of all signs found, also of those that only inform."""
    return {finding.sign.id for finding in findings(symptom, **sources)}
