"""Answers in the shapes in which Microsoft gives them, made of the contract's types and invented values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from graph import contract
from graph.contract import Service, Value, Version
from graph.request import Cmdlet, Request
from tests.graph.play import UPN, USER_ID

Body = dict[str, Any]

_PLAIN: Final[Mapping[str, Any]] = {
    "Boolean": True,
    "Byte": 1,
    "Date": "2026-09-01",
    "DateTimeOffset": "2026-09-01T08:00:00.1234567Z",
    "DateTime": "2026-09-01T08:00:00.1234567Z",
    "Double": 1.5,
    "Duration": "P1D",
    "Guid": "5e3cf7a5-2f52-4a0f-8f0d-0a5d3a3f6a11",
    "Int16": 1,
    "Int32": 1,
    "Int64": 1,
    "Single": 1.5,
    "Untyped": {},
}
_NAMED: Final[Mapping[str, Any]] = {
    "id": "an-id",
    "userId": USER_ID,
    "userPrincipalName": UPN,
    "principalId": USER_ID,
    "status": "succeeded",
    "childFolderCount": 0,
    "isRecordCountLimitExceeded": False,
    "assignmentType": "Activated",
}
"""What has to fit the question, so that a query goes on as it would."""
_DEPTH: Final = 4


def example(kind: str, version: Version, depth: int = 0) -> Body:
    """An object with every field that its type has in a version."""
    described = contract.fields_of(kind, version)
    return {name: _one(name, value, version, depth) for name, value in described.items()}


def _one(name: str, value: Value, version: Version, depth: int) -> Any:
    inner = _inner(name, value, version, depth)
    return ([] if inner is None else [inner]) if value.many else inner


def _inner(name: str, value: Value, version: Version, depth: int) -> Any:
    described = contract.types().get(value.type)
    if described is None:
        return _NAMED.get(name, _PLAIN.get(value.type, f"a {name}"))
    if described.values:
        return _NAMED[name] if _NAMED.get(name) in described.values else described.values[0]
    return None if depth >= _DEPTH else example(value.type, version, depth + 1)


def nulls(body: Body) -> Body:
    """Every field null, as an application gets it that may not read the type; only the id is there."""
    return {name: value if name == "id" else None for name, value in body.items()}


def with_sidecars(body: Body) -> Body:
    """With what OData writes beside fields."""
    beside = {f"{name}@odata.type": "#Collection(String)" for name in body}
    return {**body, **beside, **{f"{name}@data.type": "System.String" for name in body}}


def with_news(body: Body) -> Body:
    """With fields that nobody knows yet."""
    return {**body, "somethingNew": {"inside": [1, None]}, "andMore": None}


def with_single_values(body: Body) -> Body:
    """With one element of a list of texts in place of the list."""
    return {
        name: value[0] if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str) else value
        for name, value in body.items()
    }


SHAPES: Final[Mapping[str, Callable[[Body], Body]]] = {
    "as the schema has it": dict,
    "sidecars": with_sidecars,
    "fields that no one knows": with_news,
    "one element for a list": with_single_values,
    "all null": nulls,
}


def answers(
    shape: Callable[[Body], Body], *, empty: bool = False, anything: bool = False
) -> Callable[[Request | Cmdlet], list[Body]]:
    """A Microsoft that answers everything with one object of the right type, or with nothing.

    With `anything`, a cmdlet that the contract does not describe yet gives some object.
    """

    def answer(what: Request | Cmdlet) -> list[Body]:
        if isinstance(what, Cmdlet):
            service: Service = "compliance" if what.compliance else "exchange"
            row = contract.cmdlet(what.name)
            if empty or row is None:
                return [{"Name": "x"}] if anything else []
            fields = contract.answered(what.name, service)
            return [shape({name: _one(name, value, "v1.0", 0) for name, value in fields.items()})]
        described = contract.endpoint_for(what.version, what.method, what.path)
        assert described is not None, what
        searching = "/auditLog/queries" in what.path and not what.path.endswith("/records")
        if empty and described.many and not searching:
            return []
        body = example(described.answers, what.version)
        # Without its status a search is waited for until the time is up; that is another test's matter.
        return [body if searching else shape(body)]

    return answer
