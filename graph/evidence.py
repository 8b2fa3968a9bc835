"""What Microsoft 365 said about one account: the values of every source, and the evidence as a whole.

Values are parsed where they enter and trusted from there on. Names are Microsoft's own, in snake case. A
source is `Known` (complete, or partial with what is missing) or `Unavailable` with the reason; there is no
third way in which an empty answer could pass for a clean one.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, Generic, TypeAlias, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel, to_pascal

from graph.audit_log.record import AuditRecord, address_of, time_of
from graph.question import Subject, Window

T = TypeVar("T")


# --- the state of a source ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Known(Generic[T]):
    """What a source gave.

    Attributes:
        value: The answer.
        missing: What the answer lacks, one phrase each; empty when it is complete.
        complete_until: Up to when the service had everything, when that is earlier than now.
    """

    value: T
    missing: tuple[str, ...] = ()
    complete_until: datetime | None = None

    def seen(self, otherwise: object = None) -> T:
        """The answer."""
        return self.value


class Reason(StrEnum):
    """Why a source could not be looked at."""

    PERMISSION = "permission"
    LICENCE = "licence"
    THROTTLING = "throttling"
    TIME = "time"
    NO_MAILBOX = "no mailbox"
    AUDITING_OFF = "auditing is off"
    NOT_FOUND = "not found"
    FAILED = "failed"
    NOT_ASKED = "not asked"
    NOT_IN_EXPORT = "not in this export"


@dataclass(frozen=True, slots=True)
class Unavailable:
    """A source that could not be looked at.

    Attributes:
        reason: The kind of reason.
        says: One sentence for people.
        needs: The permission, role or licence that is lacking, or "".
    """

    reason: Reason
    says: str
    needs: str = ""

    def seen(self, otherwise: T) -> T:
        """`otherwise`: there is nothing to see. Only the symptom's verdict knows that this is no absence."""
        return otherwise


Source: TypeAlias = Known[T] | Unavailable

NOT_ASKED = Unavailable(Reason.NOT_ASKED, "This source was not asked.")


# --- values, in Microsoft's names --------------------------------------------------------------------------


def _instant(value: Any) -> Any:
    """Read a time in any of Microsoft's forms; times without a zone are UTC."""
    if isinstance(value, str):
        return time_of(value) if value else None
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value


Instant = Annotated[datetime, BeforeValidator(_instant)]
MaybeInstant = Annotated[datetime | None, BeforeValidator(_instant)]


def _text(value: Any) -> Any:
    return "" if value is None else value


def _address(value: Any) -> Any:
    """Read an address as audit records are read, so that the same place is the same text in every source.

    What names no place stays as it was written.
    """
    if isinstance(value, str):
        return address_of(value) or value.strip()
    return _text(value)


def _list(value: Any) -> Any:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else value


def _objects(value: Any) -> Any:
    return () if value is None else value


Text = Annotated[str, BeforeValidator(_text)]
"""A text that Microsoft may send as null; null reads as the empty text."""
Address = Annotated[str, BeforeValidator(_address)]
"""An IP address in its shortest form, without port; a text that is none stays, and null reads as empty."""
Texts = Annotated[tuple[str, ...], BeforeValidator(_list)]
"""Texts that Microsoft may send as null, as one text or as a list."""


class GraphValue(BaseModel):
    """A value of Microsoft Graph: camelCase outside, frozen, unknown fields ignored."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=to_camel,
        populate_by_name=True,
        hide_input_in_errors=True,  # a value that does not fit may be mail; it must not reach a log
    )


class ExchangeValue(BaseModel):
    """A value of an Exchange cmdlet: PascalCase outside, frozen, unknown fields ignored."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=to_pascal,
        populate_by_name=True,
        hide_input_in_errors=True,
    )


class AssignedLicense(GraphValue):
    """One licence of a user."""

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
    status: Annotated[SignInStatus, BeforeValidator(lambda value: value or {})] = SignInStatus()
    device_detail: DeviceDetail | None = None
    location: Location | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the sign-in is known to have got in.

        50140 is the "stay signed in?" interrupt of a sign-in that did.
        """
        return self.status.error_code in (0, 50140)


class EmailAddress(GraphValue):
    """A mail address with its display name."""

    address: Text = ""
    name: Text = ""


class Recipient(GraphValue):
    """One sender or recipient."""

    email_address: EmailAddress = EmailAddress()


class RuleActions(GraphValue):
    """What an inbox rule does; folders are ids here."""

    copy_to_folder: Text = ""
    move_to_folder: Text = ""
    delete: bool = False
    permanent_delete: bool = False
    mark_as_read: bool = False
    stop_processing_rules: bool = False
    forward_to: tuple[Recipient, ...] = ()
    forward_as_attachment_to: tuple[Recipient, ...] = ()
    redirect_to: tuple[Recipient, ...] = ()


class InboxRule(GraphValue):
    """An inbox rule as Graph shows it. Source: Microsoft Graph v1.0, "messageRule resource type".

    `conditions` and `exceptions` stay as Graph sent them, without null entries.
    """

    id: str
    display_name: Text = ""
    sequence: int = 0
    is_enabled: bool = True
    has_error: bool = False
    is_read_only: bool = False
    conditions: dict[str, Any] | None = None
    exceptions: dict[str, Any] | None = None
    actions: RuleActions = RuleActions()


class HiddenInboxRule(ExchangeValue):
    """An inbox rule as Exchange shows it, hidden ones included. Source: Exchange PowerShell, "Get-InboxRule".

    Folders are names here, addresses look like ``"Drop" [SMTP:drop@evil.example]``.
    """

    identity: str
    rule_identity: int | str | None = None
    name: Text = ""
    enabled: bool = True
    priority: int = 0
    description: Text = ""
    from_: Texts = Field(default=(), alias="From")
    subject_contains_words: Texts = ()
    body_contains_words: Texts = ()
    subject_or_body_contains_words: Texts = ()
    forward_to: Texts = ()
    forward_as_attachment_to: Texts = ()
    redirect_to: Texts = ()
    move_to_folder: Text = ""
    copy_to_folder: Text = ""
    delete_message: bool | None = None
    soft_delete_message: bool | None = None
    mark_as_read: bool | None = None
    stop_processing_rules: bool | None = None
    in_error: bool | None = None
    is_hidden: bool | None = None


class SweepRule(ExchangeValue):
    """A sweep rule. Source: Exchange PowerShell, "Get-SweepRule"."""

    identity: Text = ""
    rule_id: Text = ""
    name: Text = ""
    enabled: bool = True
    sender: Text = ""
    source_folder: Text = ""
    destination_folder: Text = ""
    keep_for_days: int | None = None
    keep_latest: int | None = None
    provider: Text = ""


class MailFolder(GraphValue):
    """A mail folder; `well_known` is its fixed name, such as ``deleteditems``, where it has one."""

    id: str
    display_name: Text = ""
    parent_folder_id: Text = ""
    total_item_count: int = 0
    is_hidden: bool | None = None
    well_known: Text = ""


class Mailbox(ExchangeValue):
    """The mailbox, with its forwarding. Source: Exchange PowerShell, "Get-Mailbox".

    `forwarding_contact_address` is not Exchange's: it is the outside address behind `forwarding_address`,
    when that is a mail contact or a mail user, and "" otherwise.
    """

    identity: Text = ""
    primary_smtp_address: Text = ""
    display_name: Text = ""
    recipient_type_details: Text = ""
    exchange_guid: Text = ""
    forwarding_address: Text = ""
    forwarding_smtp_address: Text = ""
    forwarding_contact_address: Text = ""
    deliver_to_mailbox_and_forward: bool | None = None
    grant_send_on_behalf_to: Texts = ()
    audit_enabled: bool | None = None
    audit_bypass_enabled: bool | None = None
    hidden_from_address_lists_enabled: bool | None = None
    litigation_hold_enabled: bool | None = None
    email_addresses: Texts = ()
    when_changed_utc: MaybeInstant = Field(default=None, alias="WhenChangedUTC")


class Message(GraphValue):
    """One message. Source: Microsoft Graph v1.0, "message resource type".

    `text` is the readable text of the body, at most its first 4,000 and last 1,000 characters, and "" where
    the permission to read bodies is missing. It never leaves this process.
    """

    id: str
    internet_message_id: Text = ""
    subject: Text = ""
    from_: Recipient | None = Field(default=None, alias="from")
    sender: Recipient | None = None
    to_recipients: tuple[Recipient, ...] = ()
    cc_recipients: tuple[Recipient, ...] = ()
    bcc_recipients: tuple[Recipient, ...] = ()
    received_date_time: MaybeInstant = None
    sent_date_time: MaybeInstant = None
    has_attachments: bool | None = None
    parent_folder_id: Text = ""
    is_read: bool | None = None
    text: str = ""

    @property
    def recipients(self) -> tuple[str, ...]:
        """Every recipient's address, lower-cased."""
        people = (*self.to_recipients, *self.cc_recipients, *self.bcc_recipients)
        return tuple(person.email_address.address.casefold() for person in people)


class TracedMessage(GraphValue):
    """One recipient's row of the message trace. Source: Graph v1.0, "exchangeMessageTrace resource type"."""

    id: Text = ""
    sender_address: Text = ""
    recipient_address: Text = ""
    message_id: Text = ""
    received_date_time: Instant
    subject: Text = ""
    size: int | None = None
    from_ip: Text = Field(default="", alias="fromIP")
    status: Text = ""


class Signature(ExchangeValue):
    """The signature that Outlook on the web adds. Source: "Get-MailboxMessageConfiguration".

    `roaming` tells whether the tenant uses roaming signatures; then these values are not what is sent.
    """

    signature_html: Text = ""
    signature_text: Text = ""
    signature_name: Text = ""
    auto_add_signature: bool | None = None
    auto_add_signature_on_reply: bool | None = None
    roaming: bool = False


class AutoReply(GraphValue):
    """The automatic reply. Source: Microsoft Graph v1.0, "automaticRepliesSetting resource type"."""

    status: Text = ""
    external_audience: Text = ""
    internal_reply_message: Text = ""
    external_reply_message: Text = ""


class JunkLists(ExchangeValue):
    """Whom the mailbox trusts and blocks. Source: "Get-MailboxJunkEmailConfiguration"."""

    enabled: bool | None = None
    trusted_senders_and_domains: Texts = ()
    blocked_senders_and_domains: Texts = ()
    contacts_trusted: bool | None = None


class BlockedSender(ExchangeValue):
    """An entry of the restricted entities. Source: Exchange PowerShell, "Get-BlockedSenderAddress"."""

    sender_address: Text = ""
    reason: Text = ""
    created_datetime: MaybeInstant = None
    changed_datetime: MaybeInstant = None
    temporary_block: bool | None = None


class MailProtocols(ExchangeValue):
    """Which protocols reach the mailbox. Source: Exchange PowerShell, "Get-CASMailbox"."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        populate_by_name=True,
        alias_generator=lambda name: {
            "owa_enabled": "OWAEnabled",
            "owa_for_devices_enabled": "OWAforDevicesEnabled",
            "mapi_enabled": "MAPIEnabled",
            "active_sync_allowed_device_ids": "ActiveSyncAllowedDeviceIDs",
            "active_sync_blocked_device_ids": "ActiveSyncBlockedDeviceIDs",
        }.get(name, to_pascal(name)),
    )

    active_sync_enabled: bool | None = None
    owa_enabled: bool | None = None
    owa_for_devices_enabled: bool | None = None
    pop_enabled: bool | None = None
    imap_enabled: bool | None = None
    mapi_enabled: bool | None = None
    ews_enabled: bool | None = None
    outlook_mobile_enabled: bool | None = None
    universal_outlook_enabled: bool | None = None
    smtp_client_authentication_disabled: bool | None = None
    active_sync_allowed_device_ids: Texts = ()
    active_sync_blocked_device_ids: Texts = ()


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


class DelegateKind(StrEnum):
    """The four kinds of delegates."""

    FULL_ACCESS = "FullAccess"
    SEND_AS = "SendAs"
    SEND_ON_BEHALF = "SendOnBehalf"
    FOLDER = "folder"


class Delegate(GraphValue):
    """Somebody who may open the mailbox, send from it, or read one of its folders.

    `held_as` is what Exchange itself writes for the holder where that is not `who`, such as a directory id.
    `folder` is the folder's path in the language of the mailbox, `folder_type` what it is in every language:
    ``Inbox``, ``Calendar``, or "" for the top one.
    """

    kind: DelegateKind
    who: str
    held_as: str = ""
    rights: Texts = ()
    folder: Text = ""
    folder_type: Text = ""


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


class RiskyUser(GraphValue):
    """What Identity Protection thinks of the user. Source: Graph v1.0, "riskyUser resource type"."""

    id: str
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


class TransportRule(ExchangeValue):
    """A mail-flow rule of the whole tenant. Source: Exchange PowerShell, "Get-TransportRule"."""

    name: Text = ""
    guid: Text = ""
    state: Text = ""
    mode: Text = ""
    priority: int | None = None
    description: Text = ""
    when_changed: MaybeInstant = None
    from_: Texts = Field(default=(), alias="From")
    sent_to: Texts = ()
    redirect_message_to: Texts = ()
    blind_copy_to: Texts = ()
    copy_to: Texts = ()
    add_to_recipients: Texts = ()
    delete_message: bool | None = None


# --- all of it ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Everything that the sources gave about one subject in one window. One field is one source."""

    subject: Subject
    window: Window
    user: Source[User] = NOT_ASKED
    domains: Source[tuple[Domain, ...]] = NOT_ASKED
    sign_ins: Source[tuple[SignIn, ...]] = NOT_ASKED
    sign_ins_non_interactive: Source[tuple[SignIn, ...]] = NOT_ASKED
    directory_audits_on_user: Source[tuple[AuditRecord, ...]] = NOT_ASKED
    directory_audits_by_user: Source[tuple[AuditRecord, ...]] = NOT_ASKED
    audit_log: Source[tuple[AuditRecord, ...]] = NOT_ASKED
    audit_log_on_mailbox: Source[tuple[AuditRecord, ...]] = NOT_ASKED
    inbox_rules: Source[tuple[InboxRule, ...]] = NOT_ASKED
    hidden_inbox_rules: Source[tuple[HiddenInboxRule, ...]] = NOT_ASKED
    sweep_rules: Source[tuple[SweepRule, ...]] = NOT_ASKED
    mail_folders: Source[tuple[MailFolder, ...]] = NOT_ASKED
    mailbox: Source[Mailbox] = NOT_ASKED
    sent_items: Source[tuple[Message, ...]] = NOT_ASKED
    deleted_items: Source[tuple[Message, ...]] = NOT_ASKED
    recoverable_items: Source[tuple[Message, ...]] = NOT_ASKED
    message_trace: Source[tuple[TracedMessage, ...]] = NOT_ASKED
    signature: Source[Signature] = NOT_ASKED
    auto_reply: Source[AutoReply] = NOT_ASKED
    junk_lists: Source[JunkLists] = NOT_ASKED
    blocked_senders: Source[tuple[BlockedSender, ...]] = NOT_ASKED
    mail_protocols: Source[MailProtocols] = NOT_ASKED
    authentication_methods: Source[RegisteredMethods] = NOT_ASKED
    oauth_grants: Source[tuple[OAuthGrant, ...]] = NOT_ASKED
    app_role_assignments: Source[tuple[AppRoleAssignment, ...]] = NOT_ASKED
    delegates: Source[tuple[Delegate, ...]] = NOT_ASKED
    mobile_devices: Source[tuple[MobileDevice, ...]] = NOT_ASKED
    registered_devices: Source[tuple[RegisteredDevice, ...]] = NOT_ASKED
    directory_roles: Source[tuple[DirectoryRole, ...]] = NOT_ASKED
    exchange_role_groups: Source[tuple[RoleGroup, ...]] = NOT_ASKED
    purview_role_groups: Source[tuple[RoleGroup, ...]] = NOT_ASKED
    risky_user: Source[RiskyUser | None] = NOT_ASKED
    risk_detections: Source[tuple[RiskDetection, ...]] = NOT_ASKED
    transport_rules: Source[tuple[TransportRule, ...]] = NOT_ASKED
    password_reset_mail: Source[tuple[Message, ...]] = NOT_ASKED

    @property
    def sources(self) -> dict[str, Source[Any]]:
        """Every source by its id, in the order above."""
        return {name: getattr(self, name) for name in SOURCES}

    def records(self) -> tuple[AuditRecord, ...]:
        """Every audit record that could be seen, directory and unified, each once, oldest first."""
        return _merged(self)


@lru_cache(maxsize=2)
def _merged(evidence: Evidence) -> tuple[AuditRecord, ...]:
    """Merge the audit sources once: every symptom asks for them, and evidence never changes."""
    found: dict[str, AuditRecord] = {}
    for source in (
        evidence.audit_log,
        evidence.audit_log_on_mailbox,
        evidence.directory_audits_on_user,
        evidence.directory_audits_by_user,
    ):
        for record in source.seen(()):
            found.setdefault(record.id, record)
    return tuple(sorted(found.values(), key=lambda record: (record.at, record.id)))


SOURCES: tuple[str, ...] = tuple(
    item.name for item in fields(Evidence) if item.name not in ("subject", "window")
)
"""The ids of all sources."""
