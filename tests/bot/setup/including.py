"""Which permissions would do in place of one that the bot names, told by everything that it sends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache

from bot.setup.capabilities import PARTS
from commands.steps import STEPS
from graph.alerts import SOURCES
from graph.contract import Alternatives, Endpoint
from graph.needs import of_source, of_writes
from graph.queries import source_of
from graph.queries.registry import QUERIES
from graph.request import Request
from sandbox.tenant.enforcing import allowed
from tests.commands.steps.rich import NAMES
from tests.commands.steps.test_contract import changes
from tests.graph.obeying import row_of
from tests.graph.test_contract import TENANTS, requests_of


def _wanted(row: Endpoint, request: Request) -> Iterator[Alternatives]:
    """Everything that a request needs to be answered, and to be answered whole."""
    body = [name for name in request.body or {} if "@" not in name]
    for name in [*body, *request.query.get("$select", "").split(",")]:
        own = row.properties.get(name)
        yield own.permissions if own and own.permissions else row.permissions
    yield from (row.option_permissions[name] for name in request.query if name in row.option_permissions)
    yield from filter(None, [row.limited_without])


def _sent() -> Iterator[tuple[frozenset[str], Request]]:
    """What every query and step sends, with the permissions that it says it needs."""
    for query in QUERIES:
        source = source_of(query)
        needs = {*of_source(query.ASKS), *(part.need for part in PARTS.get(source, ()))}
        for tenant in TENANTS.values():
            for audit_api in ("beta", "v1.0"):
                for request in requests_of(query, tenant(), 14, audit_api):
                    yield frozenset(needs), request
    for alerts in SOURCES.values():
        yield frozenset({alerts.needs}), alerts.ask(datetime(2026, 9, 14, tzinfo=UTC))
    for name in NAMES:
        for change in changes(name):
            needs = {
                need
                for step in STEPS
                if step.__name__.endswith(f".{change.step}")
                for need in of_writes(step.WRITES)
            }
            for act in (change.do, *([change.undo.do] if change.undo else [])):
                if isinstance(act, Request):
                    yield frozenset(needs), act


@cache
def would_do() -> Mapping[str, frozenset[str]]:
    """For each permission that the bot names, the others that let through all that it is named for."""
    places: dict[str, set[tuple[Alternatives, frozenset[str]]]] = {}
    for needs, request in _sent():
        for alternatives in _wanted(row_of(request), request):
            for least in alternatives:
                if least <= needs:
                    # What reads beside what writes is held as any reader holds it.
                    for need in least if len(least) == 1 else [one for one in least if ".Read." not in one]:
                        places.setdefault(need, set()).add((alternatives, least - {need}))
    return {
        need: frozenset(
            other
            for other in {one for alternatives, _ in found for least in alternatives for one in least}
            - {need}
            if all(allowed(alternatives, {other, *beside}) for alternatives, beside in found)
        )
        for need, found in places.items()
    }
