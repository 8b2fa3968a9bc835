"""Everything that one local tenant knows: the single state behind login, Graph, Exchange and compliance.

The values are kept in the wire form of the service that owns them (Graph's JSON for directory objects and
mail, the cmdlet output's JSON for Exchange settings, the native AuditData for audit records), so that what
is served is what lies here. Where two services show the same thing, such as an inbox rule, one value has two
views.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from time import monotonic
from typing import Any

Json = dict[str, Any]

TENANT_ID = "c0ffee00-0000-4000-8000-000000000001"
INITIAL_DOMAIN = "contoso.onmicrosoft.example"
MICROSOFT_TENANT = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"

WELL_KNOWN_FOLDERS = {
    "inbox": "Inbox",
    "sentitems": "Sent Items",
    "deleteditems": "Deleted Items",
    "drafts": "Drafts",
    "junkemail": "Junk Email",
    "archive": "Archive",
    "outbox": "Outbox",
    "conversationhistory": "Conversation History",
    "recoverableitemsdeletions": "Deletions",
}


def words(text: str) -> tuple[str, ...]:
    """The words of a text; long lists of names read better so."""
    return tuple(text.split())


@lru_cache(maxsize=100_000)
def ident(*parts: object) -> str:
    """A GUID that is the same for the same words in every run."""
    text = "/".join(map(str, parts))
    digits = blake2b(text.encode(), digest_size=16).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def graph_time(when: datetime) -> str:
    """Graph's form of a time, to the second, with Z."""
    return audit_time(when) + "Z"


def audit_time(when: datetime) -> str:
    """The audit log's form of a time: UTC without a zone letter."""
    return when.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")


def parse_time(text: str) -> datetime:
    """A time from either form; a missing zone means UTC. Raises ValueError for anything else."""
    trimmed = text.strip().replace("Z", "+00:00")
    when = datetime.fromisoformat(trimmed)
    return when if when.tzinfo else when.replace(tzinfo=UTC)


@dataclass
class InboxRule:
    """One inbox rule; Graph and Exchange each have their own view of it."""

    id: str
    number: int
    name: str
    sequence: int
    enabled: bool = True
    hidden: bool = False
    read_only: bool = False
    client_side: bool = False
    """Kept by Outlook itself; any change of a rule by a cmdlet removes all of these from the mailbox."""
    conditions: Json = field(default_factory=dict)
    exceptions: Json = field(default_factory=dict)
    actions: Json = field(default_factory=dict)


@dataclass
class Mailbox:
    """One mailbox: folders, messages, rules and the settings that Exchange keeps for it."""

    upn: str
    exchange_guid: str
    folders: list[Json] = field(default_factory=list)
    messages: list[Json] = field(default_factory=list)
    rules: list[InboxRule] = field(default_factory=list)
    sweep_rules: list[Json] = field(default_factory=list)
    settings: Json = field(default_factory=dict)
    properties: Json = field(default_factory=dict)
    protocols: Json = field(default_factory=dict)
    permissions: list[Json] = field(default_factory=list)
    recipient_permissions: list[Json] = field(default_factory=list)
    folder_permissions: dict[str, list[Json]] = field(default_factory=dict)
    junk: Json = field(default_factory=dict)
    message_configuration: Json = field(default_factory=dict)
    mobile_devices: list[Json] = field(default_factory=list)
    mobile_statistics: list[Json] = field(default_factory=list)
    audit_bypassed_at: datetime | None = None
    """Since when mail operations of its account are not logged; None where they are."""

    def folder_id(self, name: str) -> str:
        """The id of a folder by id, well-known name or display name. Raises KeyError if there is none."""
        wanted = WELL_KNOWN_FOLDERS.get(name.lower(), name)
        for folder in self.folders:
            if name == folder["id"] or folder["displayName"] == wanted:
                return str(folder["id"])
        raise KeyError(name)

    def folder_path(self, folder_id: str) -> str:
        """The folder's path with backslashes, as audit records and cmdlets write it."""
        names: list[str] = []
        by_id = {folder["id"]: folder for folder in self.folders}
        current = by_id.get(folder_id)
        while current is not None:
            names.insert(0, str(current["displayName"]))
            current = by_id.get(current["parentFolderId"])
        return "\\" + "\\".join(names)


@dataclass
class TenantState:
    """One tenant. ``now`` is the moment the scenario was made for; the tenant's clock runs on from there."""

    scenario: str
    now: datetime
    tenant_id: str = TENANT_ID
    client_id: str = ident("app", "compromise-bot")
    client_secret: str = "local-" + ident("secret", "compromise-bot")
    app_name: str = "compromise-bot"
    app_object_id: str = ident("service-principal", "compromise-bot")
    app_certificates: list[str] = field(default_factory=list)
    app_directory_roles: set[str] = field(default_factory=lambda: {"User Administrator"})
    licenses: set[str] = field(default_factory=set)

    users: dict[str, Json] = field(default_factory=dict)
    managers: dict[str, str] = field(default_factory=dict)
    groups: dict[str, Json] = field(default_factory=dict)
    memberships: dict[str, list[str]] = field(default_factory=dict)
    domains: list[Json] = field(default_factory=list)
    federations: dict[str, list[Json]] = field(default_factory=dict)
    skus: list[Json] = field(default_factory=list)
    organization: Json = field(default_factory=dict)
    named_locations: list[Json] = field(default_factory=list)

    sign_ins: list[Json] = field(default_factory=list)
    directory_audits: list[Json] = field(default_factory=list)
    audit_records: list[Json] = field(default_factory=list)
    audit_queries: dict[str, Json] = field(default_factory=dict)
    message_traces: list[Json] = field(default_factory=list)

    mailboxes: dict[str, Mailbox] = field(default_factory=dict)
    mail_contacts: list[Json] = field(default_factory=list)
    blocked_senders: list[Json] = field(default_factory=list)
    transport_rules: list[Json] = field(default_factory=list)
    organization_config: Json = field(default_factory=dict)
    admin_audit_log_config: Json = field(default_factory=dict)
    outbound_spam_policies: list[Json] = field(default_factory=list)
    remote_domains: list[Json] = field(default_factory=list)
    exchange_role_groups: list[Json] = field(default_factory=list)
    purview_role_groups: list[Json] = field(default_factory=list)
    management_role_assignments: list[Json] = field(default_factory=list)
    management_roles: list[Json] = field(default_factory=list)
    """Those that were made here, each with Name, Parent and Entries."""
    exchange_principals: list[Json] = field(default_factory=list)
    purview_principals: list[Json] = field(default_factory=list)

    applications: dict[str, Json] = field(default_factory=dict)
    """Registrations made here; the one that the tenant was made with has none."""
    service_principals: dict[str, Json] = field(default_factory=dict)
    oauth_grants: list[Json] = field(default_factory=list)
    app_role_assignments: list[Json] = field(default_factory=list)
    devices: list[Json] = field(default_factory=list)
    device_owners: dict[str, str] = field(default_factory=dict)
    role_definitions: dict[str, Json] = field(default_factory=dict)
    role_assignments: list[Json] = field(default_factory=list)
    role_assignment_schedules: list[Json] = field(default_factory=list)
    role_eligibility_schedules: list[Json] = field(default_factory=list)
    group_eligibility_schedules: list[Json] = field(default_factory=list)
    authentication_methods: dict[str, list[Json]] = field(default_factory=dict)
    authentication_requirements: dict[str, str] = field(default_factory=dict)
    sign_in_preferences: dict[str, str] = field(default_factory=dict)
    registration_details: dict[str, Json] = field(default_factory=dict)
    risky_users: dict[str, Json] = field(default_factory=dict)
    risk_detections: list[Json] = field(default_factory=list)
    alerts: list[Json] = field(default_factory=list)

    acts: int = 0
    """How many things the scenario made, which gives each its own id."""
    unblocked: dict[str, int] = field(default_factory=dict)
    """How often each address was let send again."""
    unblocks_allowed: int = 3
    """How often an address can be let send again before only Microsoft's support can."""
    read_delay: float = 0.0
    """Seconds until a write is seen by reads."""
    audit_queries_on_v1: bool = True
    """False makes the v1.0 audit query endpoint answer 404 UnknownError, as some tenants do."""
    audit_query_record_limit: int = 1_000_000
    """Most records that one audit query returns; beyond it the query says that it was cut."""
    exchange_enabled: bool = True
    """False as in a tenant that has no Exchange Online."""
    hydrated: bool = True
    """False as in a tenant that was never customized, where no management role can be made."""
    signs_in_at_once: str = ""
    """Who enters every device code the moment it is shown, "" for nobody."""
    sign_in_refusal: int = 0
    """The number with which people's sign-ins are refused, 0 for none; 53003 is Conditional Access."""
    message_trace_enabled: bool = True
    """False as where the message trace service principal was never added to the tenant."""

    _started: float = field(default_factory=monotonic)
    _ahead: float = 0.0
    _stopped: float | None = None
    _pending: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    _serial: int = 0

    def seconds(self) -> float:
        """The tenant's own count of seconds, which every limit and delay goes by; it never runs backwards."""
        return (monotonic() if self._stopped is None else self._stopped) + self._ahead

    def clock(self) -> datetime:
        """The tenant's present time: the scenario's moment plus the time that has passed since."""
        return self.now + timedelta(seconds=self.seconds() - self._started)

    def let_pass(self, span: timedelta) -> None:
        """Move the clock forward. Raises ValueError for a span that is negative."""
        if span < timedelta():
            raise ValueError("The tenant's clock runs forward only.")
        self._ahead += span.total_seconds()

    def stop_clock(self) -> None:
        """From now on time passes only through `let_pass`, however slow the machine is."""
        if self._stopped is None:
            self._stopped = monotonic()

    def change(self, apply: Callable[[], None], delay: float = 0.0) -> None:
        """Carry out a write: at once, or when the read delay is over."""
        wait = max(delay, self.read_delay)
        if wait <= 0:
            apply()
        else:
            self._pending.append((self.seconds() + wait, apply))

    def settle(self) -> None:
        """Carry out the writes whose delay is over; called before every request is answered."""
        due = [item for item in self._pending if item[0] <= self.seconds()]
        for item in due:
            self._pending.remove(item)
            item[1]()

    def next_id(self, kind: str) -> str:
        """A fresh id for something made while the tenant runs."""
        self._serial += 1
        return ident("made", kind, self._serial)

    def user(self, key: str) -> Json | None:
        """The user with this object id or user principal name, or None."""
        found = self.users.get(key)
        if found is None:
            wanted = key.lower()
            for user in self.users.values():
                if str(user["userPrincipalName"]).lower() == wanted:
                    return user
        return found

    def mailbox(self, key: str) -> Mailbox | None:
        """The mailbox by object id, user principal name, any address, alias or Exchange GUID, or None."""
        wanted = key.lower().removeprefix("smtp:")
        user = self.user(key)
        if user is not None:
            return self.mailboxes.get(str(user["userPrincipalName"]).lower())
        for upn, mailbox in self.mailboxes.items():
            addresses = [str(item).lower().partition(":")[2] for item in mailbox.properties["EmailAddresses"]]
            names = {upn, upn.partition("@")[0], mailbox.exchange_guid, str(mailbox.properties["Guid"])}
            if wanted in names or wanted in addresses:
                return mailbox
        return None
