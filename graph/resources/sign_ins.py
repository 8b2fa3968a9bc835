"""Sign-ins, the ways to sign in, and what Identity Protection saw."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from graph.resources.values import Address, GraphValue, Instant, MaybeInstant, Text, Texts


class GeoCoordinates(GraphValue):
    """Where Microsoft believes an address to be, in degrees."""

    latitude: float | None = None
    longitude: float | None = None


class Location(GraphValue):
    """A place as Microsoft names it."""

    city: Text = ""
    state: Text = ""
    country_or_region: Text = ""
    geo_coordinates: GeoCoordinates | None = None


class SignInStatus(GraphValue):
    """How a sign-in ended; error code 0 is success, None where Microsoft does not tell."""

    error_code: int | None = None
    failure_reason: Text = ""


class DeviceDetail(GraphValue):
    """The device that a sign-in came from."""

    device_id: Text = ""
    display_name: Text = ""
    operating_system: Text = ""
    browser: Text = ""
    is_compliant: bool | None = None
    is_managed: bool | None = None
    trust_type: Text = ""


class MfaDetail(GraphValue):
    """How the second factor was asked for, such as ``OATH verification code``."""

    auth_method: Text = ""


class AuthenticationStep(GraphValue):
    """One step of a sign-in: how it was met. Source: Microsoft Graph beta, "authenticationDetail"."""

    authentication_method: Text = ""
    authentication_step_result_detail: Text = ""
    succeeded: bool | None = None


class NetworkLocation(GraphValue):
    """A named location of the tenant that a sign-in came from.

    Source: Microsoft Graph beta, "networkLocationDetail"; the type ``trustedNamedLocation`` is written by
    Entra's own logs and stands on no page.
    """

    network_type: Text = ""
    network_names: Texts = ()


class SignIn(GraphValue):
    """One sign-in. Source: Microsoft Graph v1.0 and beta, "signIn resource type".

    Sign-ins read from the unified audit log have the same form, without place and device.
    """

    id: str
    created_date_time: Instant
    user_id: Text = ""
    user_principal_name: Text = ""
    app_id: Text = ""
    app_display_name: Text = ""
    resource_id: Text = ""
    resource_display_name: Text = ""
    ip_address: Address = ""
    client_app_used: Text = ""
    user_agent: Text = ""
    is_interactive: bool | None = None
    conditional_access_status: Text = ""
    risk_level_during_sign_in: Text = ""
    risk_state: Text = ""
    risk_event_types_v2: Texts = Field(default=(), alias="riskEventTypes_v2")
    authentication_protocol: Text = ""
    authentication_requirement: Text = ""
    original_transfer_method: Text = ""
    session_id: Text = ""
    autonomous_system_number: int | None = None
    mfa_detail: MfaDetail | None = None
    authentication_details: Annotated[
        tuple[AuthenticationStep, ...], BeforeValidator(lambda value: value or ())
    ] = ()
    network_location_details: Annotated[
        tuple[NetworkLocation, ...], BeforeValidator(lambda value: value or ())
    ] = ()
    status: Annotated[SignInStatus, BeforeValidator(lambda value: value or {})] = SignInStatus()
    device_detail: DeviceDetail | None = None
    location: Location | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the sign-in is known to have got in.

        50140 is the "stay signed in?" interrupt of a sign-in that did.
        """
        return self.status.error_code in (0, 50140)


class AuthenticationMethod(GraphValue):
    """A way to sign in. `kind` is Graph's type without its ending, such as ``microsoftAuthenticator``."""

    id: str
    kind: str
    created_date_time: MaybeInstant = None
    display_name: Text = ""
    phone_number: Text = ""
    phone_type: Text = ""
    email_address: Text = ""
    model: Text = ""
    device_tag: Text = ""


class RegisteredMethods(GraphValue):
    """The sign-in methods, and Entra's own summary of them where it could be had.

    `default_method` is the user's choice; `system_preferred` is what Entra asks for before it, where the
    tenant lets Entra choose.
    """

    methods: tuple[AuthenticationMethod, ...] = ()
    default_method: Text = ""
    system_preferred: Texts = ()
    is_mfa_registered: bool | None = None


class RiskyUser(GraphValue):
    """What Identity Protection thinks of the user. Source: Graph v1.0, "riskyUser resource type"."""

    id: str
    user_principal_name: Text = ""
    risk_level: Text = ""
    risk_state: Text = ""
    risk_detail: Text = ""
    risk_last_updated_date_time: MaybeInstant = None


class RiskDetection(GraphValue):
    """One risk that Identity Protection saw. Source: Graph v1.0, "riskDetection resource type"."""

    id: str
    risk_event_type: Text = ""
    risk_level: Text = ""
    risk_state: Text = ""
    risk_detail: Text = ""
    detected_date_time: MaybeInstant = None
    activity_date_time: MaybeInstant = None
    ip_address: Address = ""
    source: Text = ""
    activity: Text = ""
    request_id: Text = ""
    user_principal_name: Text = ""
    location: Location | None = None
