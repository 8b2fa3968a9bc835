"""Writes to devices: enable, disable."""

from __future__ import annotations

from sandbox.tenant.core import Answer, Ask, Route
from sandbox.tenant.graph_writes.rights import thing
from sandbox.tenant.problems import bad_request, not_found
from sandbox.tenant.traces import directory_trace


def patch_device(ask: Ask) -> Answer:
    """Switch a device off or on."""
    device = next((item for item in ask.state.devices if item["id"] == ask.values[0]), None)
    if device is None:
        raise not_found(ask.values[0])
    body = ask.json
    if set(body) != {"accountEnabled"}:
        raise bad_request("The tenant knows only to switch devices off and on.", "Request_BadRequest")

    def apply() -> None:
        change = {"AccountEnabled": ([device["accountEnabled"]], [body["accountEnabled"]])}
        device["accountEnabled"] = body["accountEnabled"]
        target = thing(device["id"], device["displayName"], "Device")
        directory_trace(ask.state, "Update device", [target], category="Device", changes=change)

    ask.change(apply)
    return Answer(204)


ROUTES: tuple[Route, ...] = (Route("PATCH", "/devices/{device-id}", patch_device),)
"""Its endpoints."""
