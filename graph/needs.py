"""What a request or a cmdlet needs to be let through, in the words in which people grant it. Pure.

Read from the contract, row by row: a refusal, the pages on permissions and `doctor` name the same. A need is
a permission (``Mail.Read``), a directory role (``the role User Administrator``), or a cmdlet that a role of
Exchange or Purview holds (``an Exchange role with Get-Mailbox``). It is stored in this form; whoever has to
know what it names asks here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from graph import contract
from graph.contract import Alternatives, Endpoint
from graph.request import Cmdlet, Request

MANAGE_AS_APP: Final = "Exchange.ManageAsApp"
"""Lets an application into Exchange and Purview at all; what it may run there, its roles decide."""
_ROLE: Final = "the role "
_WITH: Final = re.compile(r"an? (Exchange|Purview) role with ([A-Za-z]+-\w+)")


def role_with(service: str, cmdlet: str) -> str:
    """The need of a role that holds a cmdlet, in ``Exchange`` or ``Purview``."""
    return f"{'an' if service == 'Exchange' else 'a'} {service} role with {cmdlet}"


def cmdlet_of(need: str) -> tuple[str, str]:
    """The service and the cmdlet that a need names, ("", "") when it names none."""
    found = _WITH.match(need)
    return (found[1], found[2]) if found else ("", "")


def role_of(need: str) -> str:
    """The directory role that a need names, "" when it names none."""
    return need.removeprefix(_ROLE) if need.startswith(_ROLE) else ""


def service_of(cmdlet: Cmdlet) -> str:
    """Whose roles decide about a cmdlet: ``Exchange`` or ``Purview``."""
    return "Purview" if cmdlet.compliance else "Exchange"


def to_send(what: Request | Cmdlet) -> tuple[str, ...]:
    """The least without which this is refused; empty for a request that the contract does not know."""
    if isinstance(what, Cmdlet):
        return (MANAGE_AS_APP, role_with(service_of(what), what.name))
    row = contract.endpoint_for(what.version, what.method, what.path)
    if row is None:
        return ()
    names = tuple(names_in(what))
    roles = [row.roles, *(row.properties[name].roles for name in names if name in row.properties)]
    return (
        *_least(list(_wanted(row, what, names))),
        *dict.fromkeys(f"{_ROLE}{any_of[0]}" for any_of in roles if any_of),
    )


def to_see_all(what: Request) -> tuple[str, ...]:
    """What is needed beyond `to_send` so that the items come with more than their ids; empty for most."""
    row = contract.endpoint_for(what.version, what.method, what.path)
    return tuple(sorted(row.limited_without[0])) if row is not None and row.limited_without else ()


def of_source(asks: Iterable[Request | Cmdlet]) -> tuple[str, ...]:
    """All that the requests of a source need, each once; the first is the one without which nothing comes.

    Where Graph is asked first, a cmdlet adds something or stands in: that Exchange lets the application in is
    then no need of the source.
    """
    every = tuple(asks)
    found = dict.fromkeys(need for what in every for need in _all_of(what))
    if isinstance(every[0], Request):
        found.pop(MANAGE_AS_APP, None)
    return tuple(found)


def of_writes(writes: Iterable[Request | Cmdlet]) -> tuple[str, ...]:
    """All that the writes of a step need, each once."""
    return tuple(dict.fromkeys(need for what in writes for need in to_send(what)))


def names_in(request: Request) -> Iterator[str]:
    """The properties that a request writes or names in ``$select``."""
    yield from (name for name in request.body or {} if "@" not in name)
    yield from filter(None, request.query.get("$select", "").split(","))


def covers(what: Request, asked: Request) -> bool:
    """Whether a request goes to the endpoint of another one, with its options and its properties."""
    rows = [contract.endpoint_for(one.version, one.method, one.path) for one in (what, asked)]
    return (
        rows[0] == rows[1] is not None
        and set(asked.query) <= set(what.query)
        and set(names_in(asked)) <= set(names_in(what))
    )


def _all_of(what: Request | Cmdlet) -> tuple[str, ...]:
    return (*to_send(what), *(to_see_all(what) if isinstance(what, Request) else ()))


def _wanted(
    row: Endpoint, request: Request, names: tuple[str, ...]
) -> Iterator[tuple[Alternatives, frozenset[str]]]:
    """Every list of alternatives that a request must meet, each with the one that the bot asks for."""
    for name in names or ("",):
        own = row.properties.get(name)
        if own is not None and own.permissions:
            yield own.permissions, own.permissions[0]
        else:
            yield row.permissions, row.asked_for
    for option, alternatives in row.option_permissions.items():
        if option in request.query:
            yield alternatives, alternatives[0]


def _least(wanted: list[tuple[Alternatives, frozenset[str]]]) -> tuple[str, ...]:
    """The permissions asked for, without those in whose place another one of them does as well."""
    held = {permission for _, asked in wanted for permission in asked}
    for one in sorted(held):
        rest = held - {one}
        if all(any(enough <= rest for enough in alternatives) for alternatives, _ in wanted):
            held = rest
    return tuple(sorted(held))
