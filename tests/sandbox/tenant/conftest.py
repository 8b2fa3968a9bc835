"""A tenant to read from, tenants to change, and a small client that speaks only HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from sandbox.tenant import RunningTenant, start
from tests.made import made

NOW = datetime(2026, 6, 17, 18, 30, tzinfo=UTC)
ADELE = "adele.vance@contoso.example"
SCOPES = {
    "graph": "https://graph.microsoft.com/.default",
    "exchange": "https://outlook.office365.com/.default",
    "compliance": "https://ps.compliance.protection.outlook.com/.default",
}


ADVANCED: dict[str, Any] = {"headers": {"ConsistencyLevel": "eventual"}, "count": "true"}
"""What an advanced query sends."""


class Client:
    """Signs in once per service and sends requests; nothing is retried, nothing is interpreted."""

    def __init__(self, tenant: RunningTenant) -> None:
        self.tenant = tenant
        self.session = requests.Session()
        self.tokens: dict[str, str] = {}

    def token(self, service: str) -> str:
        if service not in self.tokens:
            reply = self.ask_token(scope=SCOPES[service])
            assert reply.status_code == 200, reply.text
            self.tokens[service] = reply.json()["access_token"]
        return self.tokens[service]

    def ask_token(self, **changes: str) -> requests.Response:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.tenant.client_id,
            "client_secret": self.tenant.client_secret,
            "scope": SCOPES["graph"],
            **changes,
        }
        url = f"{self.tenant.login_url}/{self.tenant.tenant_id}/oauth2/v2.0/token"
        return self.session.post(url, data=form, timeout=60)

    def graph(
        self,
        path: str,
        method: str = "GET",
        version: str = "v1.0",
        body: Any = None,
        headers: dict[str, str] | None = None,
        **options: str,
    ) -> requests.Response:
        given = {f"${name}": text for name, text in options.items()}
        return self.session.request(
            method,
            f"{self.tenant.graph_url}/{version}{path}",
            params=given,
            json=body,
            headers={"Authorization": f"Bearer {self.token('graph')}", **(headers or {})},
            timeout=60,
        )

    def values(self, path: str, **more: Any) -> list[dict[str, Any]]:
        """All items of a collection, following its links."""
        reply = self.graph(path, **more)
        items: list[dict[str, Any]] = []
        while True:
            assert reply.status_code == 200, reply.text
            items += reply.json()["value"]
            link = reply.json().get("@odata.nextLink")
            if link is None:
                return items
            reply = self.session.get(
                link, headers={"Authorization": f"Bearer {self.token('graph')}"}, timeout=60
            )

    def code(self, path: str, **more: Any) -> tuple[int, str]:
        """Status and error code of a refused request."""
        reply = self.graph(path, **more)
        return reply.status_code, reply.json()["error"]["code"]

    def invoke(self, cmdlet: str, *, prefer: str = "", url: str = "", **parameters: Any) -> requests.Response:
        tenant = self.tenant
        return self.session.post(
            url or f"{tenant.exchange_url}/adminapi/beta/{tenant.tenant_id}/InvokeCommand",
            json={"CmdletInput": {"CmdletName": cmdlet, "Parameters": parameters}},
            headers={
                "Authorization": f"Bearer {self.token('exchange')}",
                "X-AnchorMailbox": f"UPN:{ADELE}",
                **({"Prefer": prefer} if prefer else {}),
            },
            timeout=60,
        )

    def rows(self, cmdlet: str, **parameters: Any) -> list[dict[str, Any]]:
        reply = self.invoke(cmdlet, **parameters)
        assert reply.status_code == 200, reply.text
        rows: list[dict[str, Any]] = reply.json()["value"]
        return rows


@pytest.fixture(scope="session")
def shared() -> Iterator[Client]:
    """A takeover tenant without rate limits, for tests that change nothing."""
    with start(made("mailbox-takeover", NOW), limits=False, audit_query_seconds=0.0) as tenant:
        client = Client(tenant)
        yield client
        client.session.close()


@pytest.fixture(scope="module")
def own_shared() -> Iterator[Client]:
    """A takeover tenant for the tests of one file, which may change it and must put it back."""
    with start(made("mailbox-takeover", NOW), limits=False, audit_query_seconds=0.0) as tenant:
        client = Client(tenant)
        yield client
        client.session.close()


@pytest.fixture
def own() -> Iterator[Client]:
    """A takeover tenant of the test's own."""
    with start(made("mailbox-takeover", NOW), limits=False, audit_query_seconds=0.0) as tenant:
        client = Client(tenant)
        yield client
        client.session.close()


@pytest.fixture
def mighty() -> Iterator[Client]:
    """The same, and the app may act on privileged accounts too."""
    roles = {"User Administrator", "Privileged Authentication Administrator"}
    with start(
        made("mailbox-takeover", NOW), limits=False, audit_query_seconds=0.0, directory_roles=roles
    ) as tenant:
        client = Client(tenant)
        yield client
        client.session.close()


@pytest.fixture
def limited() -> Iterator[Client]:
    """A tenant that keeps the services' rate limits and takes a moment for each call."""
    with start(made("mailbox-takeover", NOW), latency=0.02, audit_query_seconds=30.0) as tenant:
        client = Client(tenant)
        yield client
        client.session.close()
