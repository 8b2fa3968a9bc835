"""What can be sent to Microsoft: a Graph request or an Exchange cmdlet, as values.

Whoever makes these values sends nothing. `graph.client` and `graph.exchange` send them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Literal

Method = Literal["GET", "POST", "PATCH", "PUT", "DELETE"]

EVENTUAL: Final[Mapping[str, str]] = {"ConsistencyLevel": "eventual"}
"""The header of an advanced query, which also needs ``$count=true``.

Source: Microsoft Graph, "Advanced query capabilities on Microsoft Entra ID objects".
"""

_READING = ("Get-", "Search-", "Test-")


class Limit(StrEnum):
    """The published limit that a request counts against.

    Source: Microsoft Graph, "Microsoft Graph service-specific throttling limits".
    """

    DIRECTORY = "directory"
    REPORTS = "reports"  # 5 requests in 10 seconds, per application and tenant
    RISK = "risk"  # 1 request a second and tenant, for all applications together
    MAILBOX = "mailbox"  # 4 at a time, per application and mailbox
    TRACE = "trace"  # 100 requests in 5 minutes and tenant
    AUDIT_SEARCH = "audit_search"


@dataclass(frozen=True, slots=True)
class Request:
    """One request to Microsoft Graph.

    Attributes:
        method: The HTTP method.
        path: The path below the version, with ids already percent-encoded, such as ``/users/{id}``.
        query: The OData query options, unencoded.
        body: What is sent as JSON, or None.
        version: The version of Graph.
        limit: The published limit it counts against.
        headers: Headers beside the usual ones, such as ``ConsistencyLevel``.
        reads: True where a POST changes nothing and may therefore be repeated, as for `$batch` of reads.
        shared: True for an audit search by users, which may be handed in together with those of other checks.
    """

    method: Method
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    version: Literal["v1.0", "beta"] = "v1.0"
    limit: Limit = Limit.DIRECTORY
    headers: Mapping[str, str] = field(default_factory=dict)
    reads: bool = False
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Cmdlet:
    """One Exchange Online cmdlet, run through the administration endpoint.

    Attributes:
        name: The cmdlet, such as ``Get-Mailbox``.
        parameters: Its parameters; None clears a value, True is a switch, a list is multi-valued.
        anchor: The mailbox that the call is routed by (an address), or "" for the tenant's own.
        select: The properties to return; empty for all.
        compliance: True for the Security & Compliance endpoint, False for Exchange Online.
    """

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    anchor: str = ""
    select: tuple[str, ...] = ()
    compliance: bool = False


def changes(what: Request | Cmdlet) -> bool:
    """Whether carrying this out changes something; what only reads may be repeated."""
    if isinstance(what, Cmdlet):
        return not what.name.startswith(_READING)
    return what.method != "GET" and not what.reads
