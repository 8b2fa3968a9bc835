"""Devices, of the mailbox and of the directory."""

from __future__ import annotations

from pydantic import ConfigDict
from pydantic.alias_generators import to_pascal

from graph.resources.values import ExchangeValue, GraphValue, MaybeInstant, Text


class MobileDevice(ExchangeValue):
    """A mobile device partnered with the mailbox. Source: "Get-MobileDevice"."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        populate_by_name=True,
        alias_generator=lambda name: {"device_os": "DeviceOS"}.get(name, to_pascal(name)),
    )

    identity: Text = ""
    device_id: Text = ""
    friendly_name: Text = ""
    device_type: Text = ""
    device_model: Text = ""
    device_os: Text = ""
    device_user_agent: Text = ""
    client_type: Text = ""
    first_sync_time: MaybeInstant = None
    device_access_state: Text = ""


class RegisteredDevice(GraphValue):
    """A device joined or registered by the user. Source: Graph v1.0, "device resource type"."""

    id: str
    device_id: Text = ""
    display_name: Text = ""
    operating_system: Text = ""
    trust_type: Text = ""
    is_compliant: bool | None = None
    is_managed: bool | None = None
    account_enabled: bool | None = None
    registration_date_time: MaybeInstant = None
    approximate_last_sign_in_date_time: MaybeInstant = None
