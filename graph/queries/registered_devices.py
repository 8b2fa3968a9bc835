"""The devices that the user owns or registered.

Source: Microsoft Graph v1.0, "List ownedDevices" and "List registeredDevices".
"""

from __future__ import annotations

from graph.asking import Asking, fetch_each
from graph.evidence import Known, RegisteredDevice
from graph.parts.reading import read_each, segment
from graph.question import Question
from graph.request import Request

PERMISSIONS = ("User.Read.All",)
LICENCE = ""

_SELECT = (
    "id,deviceId,displayName,operatingSystem,trustType,isCompliant,isManaged,accountEnabled,registrationDateTime,"
    "approximateLastSignInDateTime"
)


def ask(question: Question) -> Asking[tuple[RegisteredDevice, ...]]:
    """Ask for both lists together and give each device once."""
    user = segment(question.subject.id)
    lists = yield from fetch_each(
        [
            Request("GET", f"/users/{user}/{relation}/microsoft.graph.device", {"$select": _SELECT})
            for relation in ("ownedDevices", "registeredDevices")
        ]
    )
    devices, missing = read_each(RegisteredDevice, [item for items in lists for item in items])
    return Known(tuple({device.id: device for device in devices}.values()), missing=missing)
