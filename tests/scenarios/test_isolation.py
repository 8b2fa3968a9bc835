"""One tenant that throttles, or is away, costs another nothing: counted in requests, not in seconds."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import pytest

from commands.check import look
from graph.accounts import find_subject
from graph.evidence import SOURCES, Unavailable
from graph.question import Question, Window
from graph.request import Limit
from graph.tenants import Tenants
from sandbox import tenant
from sandbox.tenant import Fault, RunningTenant
from tests.graph.local import settings_of
from tests.made import made
from tests.scenarios.conftest import ADELE

ASKED = tuple(name for name in SOURCES if not name.startswith("audit_log"))
"""How often an audit search is looked at depends on the time that it takes, so these are left out."""

GRADY = "grady.archie@contoso.example"
THROTTLED = Fault(status=429, retry_after=3000)
AWAY = Fault(reset=True)


class Kept:
    """Remembers nothing: no search is asked for."""

    def recall(self, source: str) -> Mapping[str, str]:
        return {}

    def remember(self, source: str, name: str, value: str) -> None:
        raise AssertionError((source, name, value))


@pytest.fixture(scope="module")
def played() -> Iterator[tuple[RunningTenant, RunningTenant]]:
    """The tenant in trouble, and the other one."""
    other = made("clean")
    other.tenant_id = "0f0f0f0f-0000-4000-8000-000000000002"
    with tenant.start(made("clean"), limits=False) as one, tenant.start(other, limits=False) as two:
        yield one, two


def check(tenants: Tenants, name: str, account: str, patience: float) -> list[str]:
    """Collect everything about an account; give the sources that did not answer."""
    connection = tenants.named(name)
    subject = find_subject(account, connection)
    now = datetime.now(UTC)
    window = Window(now - timedelta(days=7), now)
    evidence = look(
        Question(subject, window), connection, Kept(), lambda _: None, patience=patience, sources=ASKED
    )
    return [one for one in ASKED if isinstance(evidence.sources[one], Unavailable)]


def asked_for(one: RunningTenant, since: int) -> Counter[str]:
    """What was asked of a tenant, by the place asked and the cmdlet."""
    return Counter(f"{call.method} {call.path} {call.cmdlet or ''}" for call in one.calls[since:])


@pytest.mark.parametrize("trouble", [THROTTLED, AWAY], ids=["throttles", "is away"])
def test_a_tenant_in_trouble_costs_another_no_request_and_no_pause(played, trouble):
    first, second = played
    both = (
        settings_of(first, name="Contoso", domains=("contoso.example",)),
        settings_of(second, name="Fabrikam", domains=("fabrikam.example",)),
    )
    alone = Tenants(both)
    began = len(second.calls)
    assert check(alone, "Fabrikam", GRADY, 60.0) == []
    usual = asked_for(second, began)
    alone.close()

    together = Tenants(both)
    find_subject(ADELE, together.named("Contoso"))
    first.faults.add("/", trouble)
    lost: list[str] = []

    def in_trouble() -> None:
        try:
            lost.extend(check(together, "Contoso", ADELE, 2.0))
        except Exception as error:  # noqa: BLE001 - its name is compared below
            lost.append(type(error).__name__)

    thread = threading.Thread(target=in_trouble)
    thread.start()
    try:
        began = len(second.calls)
        assert check(together, "Fabrikam", GRADY, 60.0) == []
        assert asked_for(second, began) == usual
        pauses = together.named("Fabrikam").limits.pauses
        assert {str(limit): pauses.left(limit) for limit in Limit if pauses.left(limit)} == {}
    finally:
        thread.join()
        first.faults.clear()
        together.close()
    assert lost, "the other tenant was in trouble indeed"
