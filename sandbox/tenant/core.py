"""What every endpoint works with: the tenant's parts, one request, its answer, and the form of a route."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from sandbox.scenarios.state import Json, Mailbox, State, graph_time
from sandbox.tenant import odata
from sandbox.tenant.faults import Call, Faults
from sandbox.tenant.limits import Limits
from sandbox.tenant.problems import GraphError, bad_request, forbidden, not_found

EQ = frozenset({"eq"})
TIMES = frozenset({"eq", "ge", "le", "gt", "lt"})
TEXTS = frozenset({"eq", "startswith"})
LISTING = frozenset({"$filter", "$select", "$top", "$orderby", "$count"})
BOTH = ("v1.0", "beta")
P1 = "AAD_PREMIUM"
P2 = "AAD_PREMIUM_P2"


@dataclass
class Core:
    """The parts of one running tenant that endpoints share."""

    state: State
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
    audit_started: dict[str, float] = field(default_factory=dict)

    @property
    def retention(self) -> timedelta:
        """How far back sign-ins and directory audits reach: 7 days without a premium licence, else 30."""
        return timedelta(days=30 if self.state.licences & {P1, P2} else 7)

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
    method: str
    version: str
    path: str
    values: tuple[str, ...] = ()
    options: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    stale: float = 0.0

    @property
    def state(self) -> State:
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

    def filtered(self, items: Sequence[Json], allowed: odata.Allowed) -> list[Json]:
        """The items that pass $filter. Raises GraphError 400 for a filter the endpoint does not know."""
        text = self.options.get("$filter")
        if text is None:
            return list(items)
        tree = odata.parse_filter(text, allowed)
        return [item for item in items if odata.matches(tree, item)]

    def page(
        self,
        items: Sequence[Json],
        *,
        default: int = 100,
        maximum: int = 999,
        orderable: Sequence[str] = (),
        properties: Sequence[str] | None = None,
        gap: bool = False,
    ) -> Answer:
        """The first page of a collection, with $orderby, $select and $top applied."""
        if "$orderby" in self.options:
            items = odata.order(items, self.options["$orderby"], orderable)
        size = default
        if "$top" in self.options:
            text = self.options["$top"]
            size = int(text) if text.isdigit() else 0
            if not 1 <= size <= maximum:
                raise bad_request(
                    f"The limit of '{maximum}' for Top query has been exceeded or is not valid."
                )
        chosen = self.options.get("$select")
        if chosen or properties is not None:
            items = [odata.select(item, chosen, properties) for item in items]
        total = len(items) if self.options.get("$count") == "true" else None
        return self.leaf(Cursor(items, 0, size, gap), total)

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

    def one(self, item: Json, properties: Sequence[str] | None = None) -> Answer:
        """One object, with $select applied."""
        chosen = odata.select(item, self.options.get("$select"), properties)
        return Answer(
            body={"@odata.context": f"{self.core.url}/graph/{self.version}/$metadata#item", **chosen}
        )


@dataclass(frozen=True)
class Route:
    """One endpoint of Graph: where it is, who may call it, which options it takes, and what answers."""

    method: str
    path: str
    handler: Callable[[Ask], Answer]
    permissions: frozenset[str]
    options: frozenset[str] = frozenset()
    versions: tuple[str, ...] = BOTH
    limit: str = ""
    mailbox: bool = False

    @property
    def pattern(self) -> re.Pattern[str]:
        """The path as an expression whose groups are the values."""
        parts = re.split(r"\{[^}]+\}", self.path)
        return re.compile("([^/]+)".join(re.escape(part) for part in parts) + r"/?", re.IGNORECASE)

    def check(self, ask: Ask) -> None:
        """Refuse without permission (403) or with an option that the endpoint does not take (400)."""
        if not ask.core.permissions & self.permissions:
            code = "ErrorAccessDenied" if self.mailbox else "Authorization_RequestDenied"
            needed = ", ".join(sorted(self.permissions))
            raise forbidden(
                f"Insufficient privileges to complete the operation. Required scopes: {needed}.", code
            )
        for name in ask.options:
            if name not in self.options and name != "$skiptoken":
                raise bad_request(
                    f"The query parameter '{name}' is not supported here.", "Request_UnsupportedQuery"
                )


def perms(text: str) -> frozenset[str]:
    """A set of permissions written as words."""
    return frozenset(text.split())


def needs_premium(core: Core) -> None:
    """Refuse without an Entra ID P1 licence, in the words of the report endpoints."""
    if not core.state.licences & {P1, P2}:
        message = "Neither tenant is B2C or tenant doesn't have premium license"
        raise forbidden(message, "Authentication_RequestFromNonPremiumTenantOrB2CTenant")


def recent(core: Core, items: Sequence[Json], name: str) -> list[Json]:
    """The items that the retention still holds, newest first, and none from the future."""
    oldest = graph_time(core.state.clock() - core.retention)
    newest = graph_time(core.state.clock().astimezone(UTC))
    kept = [item for item in items if oldest <= str(item[name]) <= newest]
    return sorted(kept, key=lambda item: str(item[name]), reverse=True)
