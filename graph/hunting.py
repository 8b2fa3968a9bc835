"""Questions about the whole tenant at once: who else was touched by something, and who may be taken over.

A hunt asks few questions, each for everybody. What is asked about one thing (a pivot) names the thing; what
is asked without one (a sweep) names rare operations. Sources: Microsoft Graph beta, "List signIns"; v1.0,
"auditLogQuery resource type", "List messageTraces", "List riskDetections", "List riskyUsers".
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from graph.audit_log.record import CONTACT_OPERATIONS, AuditRecord
from graph.effects import Asking, fetch_each
from graph.evidence import Known
from graph.parts.audit_search import ASKED, LATENESS, Wanted, search
from graph.parts.reading import graph_time, literal, read_each
from graph.parts.sign_ins import too_old
from graph.question import Question, Subject
from graph.request import Cmdlet, Limit, Request
from graph.resources.mail import TracedMessage
from graph.resources.sign_ins import RiskDetection, RiskyUser, SignIn
from graph.responses import P1, P2

EVERYBODY: Final = Subject(
    id="everybody", user_principal_name="everybody", mail="everybody", addresses=(), display_name="everybody"
)
"""Stands where a question has its subject: these are about no one account."""

MOST_TERMS: Final = 12
"""How many things one pivot asks for: each costs an audit search and two report requests."""

MOST_SIGN_INS: Final = 20
"""Sign-ins of one account and outcome that a sweep judges, of each day: more of the same say no more."""

_GUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_KINDS: Final = ("interactiveUser", "nonInteractiveUser")


class TermKind(StrEnum):
    """What a pivot can go by."""

    ADDRESS = "address"
    SESSION = "session"
    APPLICATION = "application"
    MESSAGE = "message"
    RULE = "rule"


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that a pivot goes by: an IP address, a session id, an application's id, and so on."""

    kind: TermKind
    value: str


@dataclass(frozen=True)
class TenantQuery:
    """A question for everybody, in the shape of the queries of a check.

    Attributes:
        name: The id of its source.
        ask: Asks; the question has the span of time.
        ASKS: What it sends, for who wants to know which permission that takes.
        LICENSE: The license, or "".
    """

    name: str
    ask: Callable[[Question], Asking[Any]]
    ASKS: tuple[Request | Cmdlet, ...]
    LICENSE: str = ""

    @property
    def __name__(self) -> str:
        """What the runner knows it by."""
        return self.name


RULE_OPERATIONS: Final = ("New-InboxRule", "Set-InboxRule", "Enable-InboxRule", "UpdateInboxRules")
"""What makes or changes an inbox rule. Source: Purview, "Audit log activities", Exchange mailbox."""

RARE_OPERATIONS: Final = (
    *RULE_OPERATIONS,
    *CONTACT_OPERATIONS,
    "Set-Mailbox",
    "Set-MailboxJunkEmailConfiguration",
    "Set-MailboxAutoReplyConfiguration",
    "Add-MailboxPermission",
    "Add-RecipientPermission",
    "Add-MailboxFolderPermission",
    "New-TransportRule",
    "Set-TransportRule",
    "Set-CASMailbox",
    "Set-MailboxAuditBypassAssociation",
    "Consent to application.",
    "Add OAuth2PermissionGrant.",
    "Add delegated permission grant.",
    "Add app role assignment grant to user.",
    "Add member to role.",
    "User registered security info",
    "User registered all required security info",
    "Reset user password.",
    "AlertTriggered",
    "AlertEntityGenerated",
)
"""What few people ever do in a tenant, and most takeovers do. Source: Purview, "Audit log activities"."""


def pivot_queries(terms: Sequence[Term]) -> tuple[TenantQuery, ...]:
    """Give the questions that find who was touched by these things."""
    found: list[TenantQuery] = []
    in_sign_ins = [term for term in terms if term.kind in (TermKind.ADDRESS, TermKind.APPLICATION)]
    if in_sign_ins:

        def sign_ins(question: Question) -> Asking[tuple[SignIn, ...]]:
            filters = [
                f"(signInEventTypes/any(t: t eq '{kind}')) and {_sign_in_filter(term)}"
                for kind in _KINDS
                for term in in_sign_ins
            ]
            return (yield from _sign_ins(question, filters))

        found.append(TenantQuery("sign_ins", sign_ins, (_SIGN_INS,), P1))
    wanted = list(_wanted(terms))

    def audit_log(question: Question) -> Asking[tuple[AuditRecord, ...]]:
        return (yield from search(question, wanted))

    found.append(TenantQuery("audit_log", audit_log, ASKED))
    messages = [term.value for term in terms if term.kind is TermKind.MESSAGE]
    if messages:

        def message_trace(question: Question) -> Asking[tuple[TracedMessage, ...]]:
            return (yield from _traces(question, messages))

        found.append(TenantQuery("message_trace", message_trace, (_TRACE,)))
    return tuple(found)


def sweep_queries() -> tuple[TenantQuery, ...]:
    """Give the questions that show, for everybody at once, who may be taken over."""
    wanted = [Wanted({"operationFilters": list(RARE_OPERATIONS)}, {"Operations": list(RARE_OPERATIONS)})]

    def audit_log(question: Question) -> Asking[tuple[AuditRecord, ...]]:
        return (yield from search(question, wanted))

    def sign_ins(question: Question) -> Asking[tuple[SignIn, ...]]:
        filters = [f"(signInEventTypes/any(t: t eq '{kind}')) and riskState eq 'atRisk'" for kind in _KINDS]
        return (yield from _sign_ins(question, filters, Fewer()))

    return (
        TenantQuery("audit_log", audit_log, ASKED),
        TenantQuery("sign_ins", sign_ins, (_SIGN_INS,), P2),
        TenantQuery("risk_detections", _risk_detections, (_DETECTIONS,), P1),
        TenantQuery("risky_users", _risky_users, (_RISKY,), P2),
    )


_SIGN_INS: Final = Request("GET", "/auditLogs/signIns", version="beta", limit=Limit.REPORTS)
_DETECTIONS: Final = Request("GET", "/identityProtection/riskDetections", limit=Limit.RISK)
_RISKY: Final = Request("GET", "/identityProtection/riskyUsers", limit=Limit.RISK)
_TRACE: Final = Request("GET", "/admin/exchange/tracing/messageTraces", limit=Limit.TRACE)


def _wanted(terms: Sequence[Term]) -> Iterator[Wanted]:
    """What the audit log is searched for.

    Some workloads write an address with its port, and it is not documented that the filter of addresses finds
    those, so each address is searched for as a word as well.
    """
    addresses = [term.value for term in terms if term.kind is TermKind.ADDRESS]
    if addresses:
        yield Wanted({"ipAddressFilters": addresses}, {"IPAddresses": addresses})
    for term in terms:
        if term.kind is TermKind.RULE:
            made = list(RULE_OPERATIONS)
            yield Wanted(
                {"operationFilters": made, "keywordFilter": term.value},
                {"Operations": made, "FreeText": term.value},
            )
        else:
            yield Wanted({"keywordFilter": term.value}, {"FreeText": term.value})


def _sign_in_filter(term: Term) -> str:
    value = literal(term.value)
    if term.kind is TermKind.ADDRESS:
        return f"ipAddress eq '{value}'"
    return f"appId eq '{value}'" if _GUID.fullmatch(value) else f"appDisplayName eq '{value}'"


class Fewer:
    """Keeps of each account the newest sign-ins only, those that got in apart from those that did not.

    While passwords are tried against a tenant, one day can bring hundreds of thousands at risk.
    """

    def __init__(self, most: int = MOST_SIGN_INS) -> None:
        self._most = most
        self._kept: Counter[tuple[str, bool]] = Counter()
        self._lock = threading.Lock()
        self.left_out = 0

    def __call__(self, items: list[Any]) -> list[Any]:
        """Say which of a page are kept; what is no sign-in is, for whoever reads it to refuse."""
        kept = []
        with self._lock:
            for item in items:
                if isinstance(item, dict):
                    status = item.get("status")
                    failed = isinstance(status, dict) and status.get("errorCode") not in (0, 50140)
                    key = (str(item.get("userPrincipalName") or item.get("userId")).casefold(), failed)
                    self._kept[key] += 1
                    if self._kept[key] > self._most:
                        self.left_out += 1
                        continue
                kept.append(item)
        return kept

    @property
    def missing(self) -> tuple[str, ...]:
        """What was left out, as a source tells what it lacks."""
        if not self.left_out:
            return ()
        return (f"{self.left_out:,} sign-ins of accounts with more than {self._most} alike",)


def _sign_ins(
    question: Question, filters: Sequence[str], fewer: Fewer | None = None
) -> Asking[tuple[SignIn, ...]]:
    since, until = graph_time(question.window.start), graph_time(question.window.end)
    span = f"createdDateTime ge {since} and createdDateTime le {until}"
    requests = [
        Request(
            "GET",
            "/auditLogs/signIns",
            {"$filter": f"{one} and {span}", "$top": "1000"},
            version="beta",
            limit=Limit.REPORTS,
        )
        for one in filters
    ]
    pages = yield from fetch_each(requests, fewer)
    found, missing = read_each(SignIn, [item for page in pages for item in page])
    missing = missing if fewer is None else (*missing, *fewer.missing)
    each = {one.id: one for one in found}
    ordered = tuple(sorted(each.values(), key=lambda one: (one.created_date_time, one.id)))
    older, oldest = too_old(question.window)
    late = question.window.end - LATENESS
    return Known(ordered, missing=missing + older, complete_until=late, complete_from=oldest)


def _traces(question: Question, messages: Sequence[str]) -> Asking[tuple[TracedMessage, ...]]:
    """The recipients of messages, as far back as the trace answers at once: ten days."""
    requests = [
        Request(
            "GET",
            "/admin/exchange/tracing/messageTraces",
            {"$filter": f"messageId eq '{literal(one)}'", "$top": "5000"},
            limit=Limit.TRACE,
        )
        for one in messages
    ]
    pages = yield from fetch_each(requests)
    found, missing = read_each(TracedMessage, [item for page in pages for item in page])
    return Known(found, missing=(*missing, "recipients of messages older than 48 hours"))


def _risk_detections(question: Question) -> Asking[tuple[RiskDetection, ...]]:
    query = {
        "$filter": f"detectedDateTime ge {graph_time(question.window.start)}",
        "$orderby": "detectedDateTime desc",
        "$top": "500",
    }
    pages = yield from fetch_each(
        [Request("GET", "/identityProtection/riskDetections", query, limit=Limit.RISK)]
    )
    found, missing = read_each(RiskDetection, pages[0])
    return Known(found, missing=missing)


def _risky_users(question: Question) -> Asking[tuple[RiskyUser, ...]]:
    query = {"$filter": f"riskLastUpdatedDateTime ge {graph_time(question.window.start)}", "$top": "500"}
    pages = yield from fetch_each([Request("GET", "/identityProtection/riskyUsers", query, limit=Limit.RISK)])
    found, missing = read_each(RiskyUser, pages[0])
    return Known(found, missing=missing)
