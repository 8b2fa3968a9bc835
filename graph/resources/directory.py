"""The directory's objects: users, domains, roles and role groups."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator

from graph.resources.values import GraphValue, MaybeInstant, Text, Texts, _objects


class AssignedLicense(GraphValue):
    """One license of a user."""

    sku_id: Text = ""


class User(GraphValue):
    """The directory's user object. Source: Microsoft Graph v1.0, "user resource type"."""

    id: str
    user_principal_name: str
    display_name: Text = ""
    given_name: Text = ""
    surname: Text = ""
    mail: Text = ""
    proxy_addresses: Texts = ()
    other_mails: Texts = ()
    account_enabled: bool | None = None
    user_type: Text = ""
    on_premises_sync_enabled: bool | None = None
    on_premises_last_sync_date_time: MaybeInstant = None
    last_password_change_date_time: MaybeInstant = None
    sign_in_sessions_valid_from_date_time: MaybeInstant = None
    created_date_time: MaybeInstant = None
    mobile_phone: Text = ""
    business_phones: Texts = ()
    fax_number: Text = ""
    street_address: Text = ""
    city: Text = ""
    state: Text = ""
    postal_code: Text = ""
    country: Text = ""
    job_title: Text = ""
    department: Text = ""
    company_name: Text = ""
    office_location: Text = ""
    usage_location: Text = ""
    assigned_licenses: Annotated[tuple[AssignedLicense, ...], BeforeValidator(_objects)] = ()


class Domain(GraphValue):
    """A domain of the tenant. Source: Microsoft Graph v1.0, "domain resource type"."""

    id: str
    is_verified: bool = False
    is_default: bool = False
    authentication_type: Text = ""
    federation_issuer: Text = ""


class DirectoryRole(GraphValue):
    """A directory role that the user holds.

    `how` is ``direct``, ``group`` (through the group with the id `through`), ``active`` (switched on in PIM
    at the moment), ``eligible`` (may be switched on in PIM), ``eligible_group`` (the same, through the group)
    or ``eligible_place`` (the place in the group may be switched on). `through_name` is the group's display
    name, "" where it could not be read.
    """

    assignment_id: str
    role_definition_id: str
    name: Text = ""
    how: str = "direct"
    through: Text = ""
    through_name: Text = ""
    directory_scope_id: Text = "/"
    start_date_time: MaybeInstant = None
    end_date_time: MaybeInstant = None

    @property
    def at_rest(self) -> bool:
        """Whether it must be switched on first."""
        return self.how.startswith("eligible")


class RoleGroup(GraphValue):
    """A role group of Exchange or Purview that the user is a member of."""

    name: str
    roles: Texts = ()
