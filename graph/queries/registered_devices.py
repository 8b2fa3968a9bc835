"""The devices that the user owns or registered.

Source: Microsoft Graph v1.0, "List ownedDevices" and "List registeredDevices". Both are asked without a cast:
nothing says whether a cast on these lists needs an advanced query, and without one none is needed.
"""

from __future__ import annotations

from collections.abc import Iterable

from graph.effects import Asking, Item, fetch_each
from graph.evidence import Known
from graph.needs import to_see_all
from graph.parts.reading import needing, read_each, segment
from graph.question import Question
from graph.request import Request
from graph.resources.devices import RegisteredDevice

ASKS = (
    Request("GET", "/users/{id}/ownedDevices"),
    Request("GET", "/users/{id}/registeredDevices"),
)
LICENSE = ""

_DEVICE = "#microsoft.graph.device"


def ask(question: Question) -> Asking[tuple[RegisteredDevice, ...]]:
    """Ask for both lists together and give each device once."""
    user = segment(question.subject.id)
    lists = yield from fetch_each(
        [Request("GET", f"/users/{user}/{relation}") for relation in ("ownedDevices", "registeredDevices")]
    )
    items = [item for items in lists for item in items if item.get("@odata.type", _DEVICE) == _DEVICE]
    found, missing = read_each(RegisteredDevice, items)
    devices = {device.id: device for device in found}
    return Known(tuple(devices.values()), missing=missing + _limited(items))


def _limited(items: Iterable[Item]) -> tuple[str, ...]:
    """Say how many devices came as an id alone, as for who may not read devices.

    Source: Microsoft Graph, "Limited information returned for inaccessible member objects".
    """
    bare = {
        str(item.get("id"))
        for item in items
        if item.get("displayName") is None and item.get("accountEnabled") is None
    }
    if not bare:
        return ()
    devices = "1 device" if len(bare) == 1 else f"{len(bare)} devices"
    return (needing(f"everything but the ID of {devices}", " and ".join(to_see_all(ASKS[0]))),)
