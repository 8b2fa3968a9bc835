"""Whether a request keeps to Microsoft's contract, told by the table that the local tenant enforces."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from graph import contract
from graph.contract import Endpoint
from graph.request import Cmdlet, Limit, Request
from sandbox.tenant.enforcing import enforce
from sandbox.tenant.problems import GraphError

EVERY_PERMISSION = frozenset(
    permission
    for row in contract.endpoints()
    for needs in (row.permissions, *(one.permissions for one in row.properties.values()))
    for alternative in needs
    for permission in alternative
)
EVERY_ROLE = frozenset(
    role
    for row in contract.endpoints()
    for needs in (row.roles, *(one.roles for one in row.properties.values()))
    for role in needs
)

_TYPE = re.compile(r"signInEventTypes/any\(\w+:\s*\w+ eq '([^']*)'\)")


def row_of(request: Request) -> Endpoint:
    """The row that a request falls under."""
    found = contract.endpoint_for(request.version, request.method, request.path)
    assert found is not None, f"{request.version} has no {request.method} {request.path}"
    return found


def breaches(request: Request) -> Iterator[str]:
    """Everything that Graph would refuse, whoever asks; and another limit than the request counts against."""
    row = contract.endpoint_for(request.version, request.method, request.path)
    if row is None:
        yield f"{request.version} has no {request.method} {request.path}"
        return
    try:
        enforce(
            row,
            request.version,
            held=EVERY_PERMISSION,
            roles=EVERY_ROLE,
            options=request.query,
            headers={name.lower(): text for name, text in request.headers.items()},
            body=request.body,
        )
    except GraphError as refusal:
        yield f"{row.method} {row.path}: {refusal.message}"
    asked = set(_TYPE.findall(request.query.get("$filter", "")))
    if asked - {"interactiveUser", "nonInteractiveUser"}:
        yield f"{row.path}: no page tells what the sign-in types {sorted(asked)} are answered with"
    if row.limit in set(Limit) and request.limit != row.limit:
        yield f"{row.method} {row.path} counts against {row.limit}, not {request.limit}"


def strange_parameters(cmdlet: Cmdlet) -> Iterator[str]:
    """Every parameter that the cmdlet does not have in the service that it is sent to."""
    service: contract.Service = "compliance" if cmdlet.compliance else "exchange"
    for name in contract.unknown_parameters(cmdlet.name, service, cmdlet.parameters):
        yield f"{cmdlet.name} has no {name} in {service}"


def all_breaches(requests: Iterable[Request]) -> set[str]:
    """The breaches of all of them."""
    return {breach for request in requests for breach in breaches(request)}
