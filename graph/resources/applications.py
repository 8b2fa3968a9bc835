"""Applications that the user let in or was assigned to."""

from __future__ import annotations

from graph.resources.values import GraphValue, MaybeInstant, Text, Texts


class OAuthGrant(GraphValue):
    """A delegated permission grant with the application behind it.

    Source: Microsoft Graph v1.0, "oAuth2PermissionGrant" and "servicePrincipal" resource types. The fields
    from `app_id` on are those of the service principal, "" where it could not be read.
    """

    id: str
    client_id: str
    consent_type: Text = ""
    principal_id: Text = ""
    resource_id: Text = ""
    scope: Text = ""
    app_id: Text = ""
    app_display_name: Text = ""
    app_owner_organization_id: Text = ""
    verified_publisher: Text = ""
    reply_urls: Texts = ()
    app_created_date_time: MaybeInstant = None
    app_enabled: bool | None = None

    @property
    def scopes(self) -> tuple[str, ...]:
        """The permissions, one each."""
        return tuple(self.scope.split())


class AppRoleAssignment(GraphValue):
    """An application that the user, or a group that the user is in, was assigned to.

    `principal_type` is ``User`` or ``Group``, and the principal's id and name are those of that one.
    Source: Microsoft Graph v1.0, "List appRoleAssignments granted to a user".
    """

    id: str
    app_role_id: Text = ""
    principal_type: Text = ""
    principal_id: Text = ""
    principal_display_name: Text = ""
    resource_id: Text = ""
    resource_display_name: Text = ""
    created_date_time: MaybeInstant = None
