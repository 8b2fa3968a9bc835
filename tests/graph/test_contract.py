"""Every request that a query can send exists in the version of Graph that it is sent to."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from typing import Any

import pytest

from graph.asking import Item
from graph.collect import Deadline, find_subject, source_of
from graph.errors import GraphError, NoPermission, NotFound
from graph.evidence import SOURCES
from graph.queries.registry import QUERIES
from graph.request import Cmdlet, Request
from tests.examples import REFERENCE, needs_reference
from tests.graph.play import Answer, Played, a_question, play
from tests.graph.test_collect import Fake

TYPES = {
    "/users": "User",
    "/users/{user-id}": "User",
    "/domains": "Domain",
    "/domains/{domain-id}/federationConfiguration": "InternalDomainFederation",
    "/auditLogs/signIns": "SignIn",
    "/auditLogs/directoryAudits": "DirectoryAudit",
    "/subscribedSkus": "SubscribedSku",
    "/security/auditLog/queries": "AuditLogQuery",
    "/security/auditLog/queries/{auditLogQuery-id}": "AuditLogQuery",
    "/security/auditLog/queries/{auditLogQuery-id}/records": "AuditLogRecord",
    "/users/{user-id}/mailFolders": "MailFolder",
    "/users/{user-id}/mailFolders/{mailFolder-id}": "MailFolder",
    "/users/{user-id}/mailFolders/{mailFolder-id}/childFolders": "MailFolder",
    "/users/{user-id}/mailFolders/{mailFolder-id}/messageRules": "MessageRule",
    "/users/{user-id}/mailFolders/{mailFolder-id}/messages": "Message",
    "/users/{user-id}/messages": "Message",
    "/users/{user-id}/mailboxSettings": "MailboxSettings",
    "/users/{user-id}/authentication/methods": "AuthenticationMethod",
    "/reports/authenticationMethods/userRegistrationDetails/{userRegistrationDetails-id}": (
        "UserRegistrationDetails"
    ),
    "/users/{user-id}/oauth2PermissionGrants": "OAuth2PermissionGrant",
    "/servicePrincipals/{servicePrincipal-id}": "ServicePrincipal",
    "/users/{user-id}/appRoleAssignments": "AppRoleAssignment",
    "/users/{user-id}/ownedDevices/graph.device": "Device",
    "/users/{user-id}/registeredDevices/graph.device": "Device",
    "/roleManagement/directory/roleAssignments": "UnifiedRoleAssignment",
    "/roleManagement/directory/transitiveRoleAssignments": "UnifiedRoleAssignment",
    "/roleManagement/directory/roleAssignmentScheduleInstances": "UnifiedRoleAssignmentScheduleInstance",
    "/roleManagement/directory/roleEligibilityScheduleInstances": "UnifiedRoleEligibilityScheduleInstance",
    "/identityProtection/riskyUsers/{riskyUser-id}": "RiskyUser",
    "/identityProtection/riskDetections": "RiskDetection",
    "/admin/exchange/tracing/messageTraces": "ExchangeMessageTrace",
}
"""What lies at each path; the contract itself tells only what is posted there."""

_KEYWORDS = frozenset(
    {"eq", "ge", "le", "gt", "lt", "and", "or", "not", "any", "p", "t", "true", "false", "null"}
)


@cache
def contract() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((REFERENCE / "graph_contract.json").read_bytes())
    return found


def template_of(request: Request) -> str:
    """The contract's path that fits a request's; the one with the most fixed parts wins."""
    return _template_of(request.version, request.path)


@cache
def _template_of(version: str, path: str) -> str:
    parts = path.replace("microsoft.graph.", "graph.").split("/")
    fitting = []
    for template in contract()[version]["paths"]:
        own = template.split("/")
        if len(own) == len(parts) and all(
            mine == theirs or (mine.startswith("{") and mine.endswith("}"))
            for mine, theirs in zip(own, parts, strict=True)
        ):
            fitting.append((sum(not part.startswith("{") for part in own), template))
    assert fitting, f"{version} has no path {path}"
    return str(max(fitting)[1])


def fields_of(version: str, type_: str) -> tuple[set[str], bool]:
    """The fields of a type with those of its bases, and whether all of its bases are in the contract."""
    fields: set[str] = set()
    while type_ in contract()[version]["types"]:
        described = contract()[version]["types"][type_]
        fields |= set(described["fields"])
        type_ = described["base"]
    return fields, type_ in ("AdditionalDataHolder", "Parsable", "")


def breaches(request: Request) -> Iterator[str]:
    """Everything in which a request leaves the contract."""
    template = template_of(request)
    described = contract()[request.version]["paths"][template]
    if request.method not in described["methods"]:
        yield f"{template} does not take {request.method}"
    options = {option.rstrip("*") for option in described["query"]}
    yield from (f"{template} does not take {name}" for name in request.query if name not in options)
    fields, whole = fields_of(request.version, TYPES[template])
    named = [name.strip() for name in request.query.get("$select", "").split(",") if name.strip()]
    named += [name for name in request.query.get("$expand", "").split(",") if name]
    named += [part.split(" ")[0] for part in request.query.get("$orderby", "").split(",") if part]
    plain = re.sub(r"'[^']*'|\d{4}-\d\d-\d\dT[\d:]+Z", "", request.query.get("$filter", ""))
    named += [
        word.split("/")[0]
        for word in re.findall(r"[A-Za-z_][\w/]*", plain)
        if word not in _KEYWORDS and not word.startswith("t/")
    ]
    if whole:
        yield from (f"{TYPES[template]} has no {name}" for name in named if name not in fields)
    if request.body is not None:
        posted, _ = fields_of(request.version, described["methods"][request.method])
        yield from (f"{template} has no {name} to be sent" for name in request.body if name not in posted)


class Tenant:
    """Answers every request so that a query goes as far as it can; some things can be refused."""

    def __init__(self, refuse: str = "", error: GraphError | None = None) -> None:
        self.refuse = refuse
        self.error = error or NotFound("Not there.")
        self.cut = False

    def __call__(self, what: Request | Cmdlet) -> Answer:
        if isinstance(what, Cmdlet):
            return (
                []
                if what.name == "Search-UnifiedAuditLog"
                else [{"ForwardingAddress": "contact", "Name": "x"}]
            )
        if self.refuse and self.refuse in f"{what.version}{what.path}{what.query}":
            return self.error
        if what.path == "/security/auditLog/queries":
            return [{"id": "query", "status": "notStarted"}]
        if what.path.startswith("/security/auditLog/queries/") and not what.path.endswith("/records"):
            # The first search is cut, so that its window is halved.
            cut, self.cut = not self.cut, True
            return [{"id": "q", "status": "succeeded", "isRecordCountLimitExceeded": cut}]
        if what.path.endswith("/records"):
            return []
        if what.path == "/domains":
            return [{"id": "fed.example", "isVerified": True, "authenticationType": "Federated"}]
        if what.path.endswith("/mailFolders"):
            return [{"id": "AAMk/1=", "childFolderCount": 1}]
        if what.path.endswith("/childFolders"):
            return [{"id": f"{len(what.path)}", "childFolderCount": 0}]
        if what.path.endswith("/oauth2PermissionGrants"):
            return [{"id": "g", "clientId": "sp-1"}]
        return [
            {"id": "x", "userPrincipalName": "u@contoso.example", "createdDateTime": "2026-09-01T00:00:00Z"}
        ]


TENANTS: dict[str, Callable[[], Tenant]] = {
    "everything answers": Tenant,
    "no texts of mail": lambda: Tenant("body", NoPermission("No.")),
    "audit searches in v1.0 only": lambda: Tenant("beta/security"),
    "audit searches in beta only": lambda: Tenant("v1.0/security"),
    "no message trace": lambda: Tenant("/tracing/", NoPermission("No.")),
}


def asked(tenant: Tenant, days: float, audit_api: str) -> Iterator[tuple[str, Request]]:
    for query in QUERIES:
        played = Played()
        question = a_question(days, audit_api=audit_api)
        with suppress(GraphError):  # what was asked before a refusal counts
            play(query.ask(question), tenant, played)
        for what in played.asked:
            if isinstance(what, Request):
                yield source_of(query), what


@needs_reference
@pytest.mark.parametrize("audit_api", ["beta", "v1.0"])
@pytest.mark.parametrize("days", [2, 45])
@pytest.mark.parametrize("name", TENANTS)
def test_every_request_exists_in_its_version_of_graph(name: str, days: float, audit_api: str) -> None:
    broken = {
        (source, breach)
        for source, request in asked(TENANTS[name](), days, audit_api)
        for breach in breaches(request)
    }
    assert not broken


@needs_reference
def test_every_path_in_the_table_of_types_is_asked_by_some_query() -> None:
    seen = {
        template_of(request)
        for tenant in TENANTS.values()
        for version in ("beta", "v1.0")
        for _, request in asked(tenant(), 45, version)
    }
    # The list of all users is asked when the subject is looked for, before any query runs.
    assert seen == set(TYPES) - {"/users"}


@needs_reference
def test_a_request_that_does_not_exist_is_noticed() -> None:
    wrong = Request(
        "PATCH", "/auditLogs/signIns", {"$select": "id,shoeSize", "$wrong": "1", "$filter": "hat eq 'x'"}
    )
    assert set(breaches(wrong)) == {
        "/auditLogs/signIns does not take PATCH",
        "/auditLogs/signIns does not take $wrong",
        "SignIn has no shoeSize",
        "SignIn has no hat",
    }


@needs_reference
def test_looking_for_the_subject_asks_for_what_exists_too() -> None:
    asked_for: list[Request] = []

    def answer(what: Request | Cmdlet, _: Deadline) -> list[Item]:
        assert isinstance(what, Request)
        asked_for.append(what)
        if what.path != "/users":
            raise NotFound("Not there.")
        return [{"id": "1", "userPrincipalName": "a@contoso.example"}]

    with Fake(answer) as connection:
        find_subject("alias@contoso.example", connection)
    assert [breach for request in asked_for for breach in breaches(request)] == []
    assert [template_of(request) for request in asked_for] == ["/users/{user-id}", "/users"]


def test_no_source_is_forgotten_and_all_are_in_order() -> None:
    assert tuple(source_of(query) for query in QUERIES) == SOURCES


def test_every_query_names_its_source_page_and_its_permissions() -> None:
    for query in QUERIES:
        assert "Source: " in (query.__doc__ or ""), query.__name__
        assert query.PERMISSIONS, query.__name__


def test_every_read_of_mail_counts_against_the_mailbox() -> None:
    for _, request in asked(Tenant(), 14, "beta"):
        is_mail = re.match(r"/users/[^/]+/(mailFolders|messages|mailboxSettings)", request.path) is not None
        assert (request.limit == "mailbox") is is_mail, request.path


def test_one_check_needs_no_more_report_requests_than_ten_seconds_allow() -> None:
    reports = [request for _, request in asked(Tenant(), 14, "beta") if request.limit == "reports"]
    assert len(reports) <= 5
