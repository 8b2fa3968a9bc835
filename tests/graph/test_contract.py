"""Every request that a query can send keeps to Microsoft's contract."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from typing import Any

import pytest

from bot.setup.capabilities import PARTS
from graph.accounts import find_subject
from graph.effects import Item
from graph.errors import GraphError, NoPermission, NotFound
from graph.evidence import SOURCES
from graph.limits import Deadline
from graph.needs import MANAGE_AS_APP, of_source, to_send
from graph.queries import Query, source_of
from graph.queries.registry import QUERIES
from graph.request import Cmdlet, Limit, Request
from tests.graph.obeying import all_breaches, breaches, row_of, strange_parameters
from tests.graph.play import USER_ID, Answer, Played, a_question, play
from tests.graph.test_collect import Fake


class Tenant:
    """Answers every request so that a query goes as far as it can; some things can be refused."""

    def __init__(self, refuse: str = "", error: GraphError | None = None) -> None:
        self.refuse = refuse
        self.error = error or NotFound("Not there.")
        self.cut = False

    def __call__(self, what: Request | Cmdlet) -> Answer:
        if isinstance(what, Cmdlet):
            if self.refuse == what.name:
                return self.error
            return (
                []
                if what.name == "Search-UnifiedAuditLog"
                else [
                    {
                        "Identity": "x",
                        "ForwardingAddress": "contact",
                        "Name": "x",
                        "ForwardTo": ['"Sam" [EX:/o=Contoso/cn=sam]'],
                        "GrantSendOnBehalfTo": ["sam"],
                    }
                ]
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
        if what.path.endswith("/privilegedAccess/group/eligibilityScheduleInstances"):
            return [{"id": "p", "accessId": "member", "groupId": "group-2", "principalId": USER_ID}]
        if what.path.endswith("/transitiveRoleAssignments"):
            return [{"id": "t", "principalId": "group-1", "roleDefinitionId": "role-1"}]
        if what.path.endswith("/microsoft.graph.group"):
            return [{"id": "group-1", "displayName": "Tier 1", "isAssignableToRole": True}]
        if what.path.endswith("/oauth2PermissionGrants"):
            return [{"id": "g", "clientId": "sp-1"}]
        return [
            {"id": "x", "userPrincipalName": "u@contoso.example", "createdDateTime": "2026-09-01T00:00:00Z"}
        ]


TENANTS: dict[str, Callable[[], Tenant]] = {
    "everything answers": Tenant,
    "no texts of mail": lambda: Tenant("body", NoPermission("No.")),
    "no audit searches": lambda: Tenant("security"),
    "audit searches in v1.0 only": lambda: Tenant("beta/security"),
    "audit searches in beta only": lambda: Tenant("v1.0/security"),
    "beta closed": lambda: Tenant("beta/auditLogs/signIns"),
    "no right to search": lambda: Tenant("$search", NoPermission("No.")),
    "no message trace": lambda: Tenant("/tracing/", NoPermission("No.")),
    "no recipients": lambda: Tenant("Get-Recipient", NoPermission("No.")),
}


def requests_of(query: Query, tenant: Tenant, days: float, audit_api: str) -> Iterator[Request]:
    played = Played()
    question = a_question(days, audit_api=audit_api)
    with suppress(GraphError):  # what was asked before a refusal counts
        play(query.ask(question), tenant, played)
    yield from (what for what in played.asked if isinstance(what, Request))


def asked(tenant: Tenant, days: float, audit_api: str) -> Iterator[tuple[str, Request]]:
    for query in QUERIES:
        for request in requests_of(query, tenant, days, audit_api):
            yield source_of(query), request


@pytest.mark.parametrize("audit_api", ["beta", "v1.0"])
@pytest.mark.parametrize("days", [2, 45])
@pytest.mark.parametrize("name", TENANTS)
def test_every_request_keeps_to_the_contract(name: str, days: float, audit_api: str) -> None:
    broken = {
        (source, breach)
        for source, request in asked(TENANTS[name](), days, audit_api)
        for breach in breaches(request)
    }
    assert not broken


@pytest.mark.parametrize("query", QUERIES, ids=source_of)
def test_every_cmdlet_of_a_query_has_its_parameters_in_the_service_that_it_is_sent_to(query: Query) -> None:
    played = Played()
    with suppress(GraphError):
        play(query.ask(a_question(14)), Tenant(), played)
    cmdlets = [what for what in played.asked if isinstance(what, Cmdlet)]
    assert [strange for cmdlet in cmdlets for strange in strange_parameters(cmdlet)] == []


def test_a_request_that_leaves_the_contract_is_noticed() -> None:
    def told(path: str, query: dict[str, str], **more: Any) -> str:
        (breach,) = breaches(Request("GET", path, query, **more))
        return breach

    sign_ins = {"limit": Limit.REPORTS}
    assert "'$wrong' is not supported" in told("/auditLogs/signIns", {"$wrong": "1"}, **sign_ins)
    assert "'hat'" in told("/auditLogs/signIns", {"$filter": "hat eq 'x'"}, **sign_ins)
    other = {"$filter": "(signInEventTypes/any(t: t eq 'servicePrincipal'))"}
    assert "['servicePrincipal']" in told("/auditLogs/signIns", other, version="beta", **sign_ins)
    assert "'shoeSize'" in told("/users/a", {"$select": "id,shoeSize"})
    assert "counts against reports" in told("/auditLogs/signIns", {})
    assert "has no GET" in told("/nowhere", {})
    assert "ConsistencyLevel" in told("/users/a/transitiveMemberOf/microsoft.graph.group", {})
    posted = Request("PATCH", "/users/a", body={"hat": 1})
    assert "'hat' does not exist" in next(breaches(posted))


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
    assert all_breaches(asked_for) == set()
    assert [row_of(request).path for request in asked_for] == ["/users/{user-id}", "/users"]


def test_no_source_is_forgotten_and_all_are_in_order() -> None:
    assert tuple(source_of(query) for query in QUERIES) == SOURCES


def test_every_query_names_its_source_page_and_its_permissions() -> None:
    for query in QUERIES:
        assert "Source: " in (query.__doc__ or ""), query.__name__
        assert of_source(query.ASKS), query.__name__


def test_one_check_needs_no_more_report_requests_than_ten_seconds_allow() -> None:
    reports = [request for _, request in asked(Tenant(), 14, "beta") if request.limit == "reports"]
    assert len(reports) <= 5


@cache
def sent_by(source: str) -> list[Request | Cmdlet]:
    """Everything that a query asks of the tenants above, over short and long windows."""
    query = next(one for one in QUERIES if source_of(one) == source)
    sent: list[Request | Cmdlet] = []
    for tenant, days, audit_api in itertools.product(TENANTS.values(), (2, 45), ("beta", "v1.0")):
        played = Played()
        with suppress(GraphError):  # what was asked before a refusal counts
            play(query.ask(a_question(days, audit_api=audit_api)), tenant(), played)
        sent += played.asked
    return sent


def kind_of(what: Request | Cmdlet) -> tuple[object, ...]:
    """The endpoint of a request, or the cmdlet with its service."""
    if isinstance(what, Cmdlet):
        return what.name, what.compliance
    row = row_of(what)
    return row.method, row.path


@pytest.mark.parametrize("query", QUERIES, ids=source_of)
def test_a_query_declares_what_it_asks_for_and_nothing_else(query: Query) -> None:
    finer = [part.asks for part in PARTS.get(source_of(query), ())]
    assert {kind_of(what) for what in (*query.ASKS, *finer)} == {
        kind_of(what) for what in sent_by(source_of(query))
    }


@pytest.mark.parametrize("query", QUERIES, ids=source_of)
def test_whatever_of_a_query_is_refused_its_need_stands_in_the_table_of_permissions(query: Query) -> None:
    told = {*of_source(query.ASKS), *(part.need for part in PARTS.get(source_of(query), ()))}
    refused = {need for what in sent_by(source_of(query)) for need in to_send(what)}
    assert refused - told <= {MANAGE_AS_APP}
