"""What every endpoint works with: the tenant's parts, one request, its answer, and the form of a route.

What an endpoint takes and answers is the contract's to say; `sandbox.tenant.enforcing` holds requests to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from graph.contract import Endpoint, Version
from sandbox.scenarios.state import Json, Mailbox, TenantState, graph_time
from sandbox.tenant import enforcing, odata
from sandbox.tenant.faults import Call, Faults
from sandbox.tenant.limits import Limits
from sandbox.tenant.problems import GraphError, bad_request, forbidden, not_found

P1 = "AAD_PREMIUM"
P2 = "AAD_PREMIUM_P2"
PAGE = 100
"""The size of a page where no document says one."""


@dataclass
class Core:
    """The parts of one running tenant that endpoints share."""

    state: TenantState
    permissions: set[str]
    exchange_cmdlets: set[str]
    compliance_cmdlets: set[str]
    faults: Faults = field(default_factory=Faults)
    calls: list[Call] = field(default_factory=list)
    limits: Limits = field(default_factory=Limits)
    latency: float = 0.0
    audit_query_seconds: float = 0.5
    url: str = ""
    signing_key: bytes = b""
    cursors: dict[str, Cursor] = field(default_factory=dict)
    sessions: dict[str, list[Json]] = field(default_factory=dict)
    codes: dict[str, Json] = field(default_factory=dict)
    """Sign-ins by device code that are under way, by device code."""
    sign_ins: dict[str, Json] = field(default_factory=dict)
    """Sign-ins in a browser that came back with a code, by the code."""
    roles: set[str] | None = None
    """The caller's directory roles; None for those of the application that the tenant was made with."""
    person: str = ""
    """The address of the person who asks, "" for an application."""
    audit_started: dict[str, float] = field(default_factory=dict)

    @property
    def retention(self) -> timedelta:
        """How far back sign-ins and directory audits reach: 7 days without a premium license, else 30."""
        return timedelta(days=30 if self.state.licenses & {P1, P2} else 7)

    @property
    def directory_roles(self) -> set[str]:
        """The caller's directory roles."""
        return self.state.app_directory_roles if self.roles is None else self.roles

    def user(self, key: str) -> Json:
        """A directory user. Raises GraphError 404."""
        found = self.state.user(key)
        if found is None:
            raise not_found(key)
        return found

    def mailbox(self, key: str) -> Mailbox:
        """A user's mailbox. Raises GraphError 404, with a code of its own for a user without one."""
        user = self.user(key)
        found = self.state.mailboxes.get(str(user["userPrincipalName"]).lower())
        if found is None:
            message = "The mailbox is either inactive, soft-deleted, or is hosted on-premise."
            raise GraphError(404, "MailboxNotEnabledForRESTAPI", message)
        return found


@dataclass
class Cursor:
    """Where a collection goes on behind an opaque link."""

    items: Sequence[Json]
    at: int
    size: int
    gap: bool = False


@dataclass(frozen=True)
class Answer:
    """Status, JSON body (None for none) and headers."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Ask:
    """One Graph request, already authorised, with its path's values in order."""

    core: Core
    row: Endpoint
    version: Version
    path: str
    values: tuple[str, ...] = ()
    options: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    stale: float = 0.0

    @property
    def state(self) -> TenantState:
        """The tenant's state."""
        return self.core.state

    @property
    def json(self) -> Json:
        """The body as an object. Raises GraphError 400 if it is none."""
        if not isinstance(self.body, dict):
            raise bad_request("The request body must be a JSON object.", "Request_BadRequest")
        return self.body

    def holds(self, *permissions: str) -> bool:
        """Whether the app has one of these permissions."""
        return bool(self.core.permissions & set(permissions))

    def change(self, apply: Callable[[], None]) -> None:
        """Carry out a write now or after the read delay."""
        self.state.change(apply, self.stale)

    def filtered(self, items: Sequence[Json]) -> list[Json]:
        """The items that pass $filter. Raises GraphError 400 for a filter the endpoint does not know."""
        text = self.options.get("$filter")
        if text is None:
            return list(items)
        tree = odata.parse_filter(text, enforcing.filterable(self.row, self.version))
        return [item for item in items if odata.matches(tree, item)]

    def page(self, items: Sequence[Json], *, gap: bool = False) -> Answer:
        """The first page of a collection, with $orderby, $select and $top applied."""
        if "$orderby" in self.options:
            items = odata.order(items, self.options["$orderby"])
        size = int(self.options.get("$top") or self.row.default_page or PAGE)
        items = [self._seen(item) for item in items]
        total = len(items) if self.options.get("$count") == "true" else None
        return self.leaf(Cursor(items, 0, size, gap), total)

    def _seen(self, item: Json) -> Json:
        """An object as the contract lets this application see it, with $select applied."""
        item = enforcing.bounded(item, self.row, self.version)
        item = enforcing.limited(item, self.row, self.core.permissions)
        return odata.select(item, self.options.get("$select"), self.row.default_fields or None)

    def leaf(self, cursor: Cursor, total: int | None = None) -> Answer:
        """One page of a collection; some collections have an empty second page, as the real ones do."""
        body: Json = {
            "@odata.context": f"{self.core.url}/graph/{self.version}/$metadata#{self.path.strip('/')}"
        }
        if total is not None:
            body["@odata.count"] = total
        empty = cursor.gap and cursor.at == cursor.size
        end = cursor.at if empty else cursor.at + cursor.size
        body["value"] = list(cursor.items[cursor.at : end])
        if end < len(cursor.items):
            token = uuid4().hex
            self.core.cursors[token] = replace(cursor, at=end, gap=cursor.gap and not empty)
            rest = {name: text for name, text in self.options.items() if name != "$skiptoken"}
            query = urlencode({**rest, "$skiptoken": token}, safe="$")
            body["@odata.nextLink"] = f"{self.core.url}/graph/{self.version}{self.path}?{query}"
        return Answer(body=body)

    def one(self, item: Json) -> Answer:
        """One object, with $select applied."""
        return Answer(
            body={
                "@odata.context": f"{self.core.url}/graph/{self.version}/$metadata#item",
                **self._seen(item),
            }
        )


@dataclass(frozen=True)
class Route:
    """What answers a row of the contract: its method, its path as the row has it, and the handler."""

    method: str
    path: str
    handler: Callable[[Ask], Answer]


def needs_premium(core: Core) -> None:
    """Refuse without an Entra ID P1 license, in the words of the report endpoints."""
    if not core.state.licenses & {P1, P2}:
        message = "Neither tenant is B2C or tenant doesn't have premium license"
        raise forbidden(message, "Authentication_RequestFromNonPremiumTenantOrB2CTenant")


def recent(core: Core, items: Sequence[Json], name: str) -> list[Json]:
    """The items that the retention still holds, newest first, and none from the future."""
    oldest = graph_time(core.state.clock() - core.retention)
    newest = graph_time(core.state.clock().astimezone(UTC))
    kept = [item for item in items if oldest <= str(item[name]) <= newest]
    return sorted(kept, key=lambda item: str(item[name]), reverse=True)
