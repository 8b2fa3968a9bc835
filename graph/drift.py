"""Where Microsoft's answers differ from the contract: `graph.contract` is a table of facts, and facts age.

Every answer is looked at in passing, so that a change of Microsoft's is seen in daily work and not by a wrong
verdict. A difference is logged once in the life of a process, and the doctor tells all of them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from time import monotonic
from typing import Any, Final, Protocol

import structlog

from graph import contract
from graph.contract import Endpoint
from graph.errors import NotJson
from graph.request import Cmdlet, Request
from graph.responses import json_of, page_of
from graph.shapes import HIDDEN, Names, Shape, asked_of, own_words, shape_for, texts_in
from graph.wire import Reply

log = structlog.get_logger(__name__)

FIRST: Final = 20
"""Items of a page that are looked at in daily work; a new field stands in all of them."""

EVERY: Final = 1.0
"""Seconds between two looks at answers to one question."""

HIDDEN_CODE: Final = "(code not shown)"
_ANYTIME: Final = frozenset({429, 500, 502, 503, 504})
_LICENSE: Final = frozenset(
    {"Authentication_RequestFromNonPremiumTenantOrB2CTenant", "AadPremiumLicenseRequired"}
)
_ROLE_MISSING: Final = frozenset({"Forbidden", "CmdletAccessDenied", "UnauthorizedAccess"})


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """One difference. It holds nothing of the tenant.

    Attributes:
        where: The method and the path's pattern, or the cmdlet.
        what: The sentence about it, such as ``riskState: not in the table``.
    """

    where: str
    what: str


class Observer(Protocol):
    """Is shown every answer of Microsoft as it came. Several threads call it at once."""

    def __call__(self, what: Request | Cmdlet, reply: Reply) -> None:
        """Look at one page; must not raise and must not be slow."""
        ...


class Drift:
    """Compares the answers of daily work with the contract; an `Observer`.

    Args:
        tenant: The tenant's name in the settings, for the log.
        clock: Seconds from any beginning.
    """

    def __init__(self, tenant: str, clock: Callable[[], float] = monotonic) -> None:
        self._tenant = tenant
        self._clock = clock
        self._looked: dict[str, float] = {}
        self._found: set[Difference] = set()
        self._lock = threading.Lock()

    def __call__(self, what: Request | Cmdlet, reply: Reply) -> None:
        """Look at the first items of a page, or at the refusal."""
        if reply.ok and not self._is_time(named(what)):
            return
        differences = list(_in_reply(what, reply))
        with self._lock:
            new = sorted(set(differences) - self._found)
            self._found.update(new)
        for one in new:
            log.warning(
                "Microsoft's answer differs from the contract.",
                action="contract.drift",
                tenant=self._tenant,
                where=one.where,
                what=one.what,
            )

    def _is_time(self, where: str) -> bool:
        """Whether a question was not looked at for a while; the thousand pages of one look alike."""
        now = self._clock()
        with self._lock:
            if now - self._looked.get(where, -EVERY) < EVERY:
                return False
            self._looked[where] = now
            return True

    @property
    def found(self) -> tuple[Difference, ...]:
        """All differences so far."""
        with self._lock:
            return tuple(sorted(self._found))


def ready() -> None:
    """Read the contract and compile its patterns, which the first answer would wait for otherwise."""
    own_words()
    for row in contract.endpoints():
        _ = row.pattern


def named(what: Request | Cmdlet) -> str:
    """The method and the pattern of the path, or the cmdlet and its service; nothing of the tenant."""
    if isinstance(what, Cmdlet):
        return f"{what.name} ({'Security & Compliance' if what.compliance else 'Exchange Online'})"
    row = contract.endpoint_for(what.version, what.method, what.path)
    path = row.path if row is not None else " (a path that is not in the contract)"
    return f"{what.method} {what.version}{path}"


def new_fields(what: Request | Cmdlet, shape: Shape) -> Iterator[Difference]:
    """The fields that came and are not in the table, and those that are null and never should be."""
    where = named(what)
    expanded = what.query.get("$expand", "").split(",") if isinstance(what, Request) else ()
    for place, seen in sorted(shape.places.items()):
        last = place.rpartition(".")[2]
        if seen.closed and seen.known is None and last not in expanded and not last.endswith(("[]", "{}")):
            shown = place if HIDDEN not in place else "a field whose name is not shown"
            yield Difference(where, f"{shown}: received, not in the contract")
        elif seen.known is not None and "null" in seen.kinds and not seen.known.nullable:
            yield Difference(where, f"{place}: null, which the contract rules out")


def absent_fields(what: Request | Cmdlet, shape: Shape) -> Iterator[Difference]:
    """The fields that were asked for, are in the table, and stood in none of the items."""
    if shape.fields is None or not shape.items:
        return
    for name in sorted(asked_of(what) & set(shape.fields)):
        if name not in shape.places:
            yield Difference(named(what), f"{name}: in the contract, not received")


def refusal(what: Request | Cmdlet, reply: Reply, names: Names | None = None) -> Difference | None:
    """A refusal that the table does not foresee; with `names`, its code is told as they allow."""
    code = code_of(reply)
    if reply.status in _ANYTIME or code in _LICENSE or reply.status == 404:
        return None
    if isinstance(what, Cmdlet):
        foreseen = reply.status in (401, 403) or code in _ROLE_MISSING
    else:
        row = contract.endpoint_for(what.version, what.method, what.path)
        foreseen = row is not None and reply.status == 403 and code in _denials(row)
    if foreseen:
        return None
    told = code if names is None else shown_code(reply, names)
    return Difference(
        named(what), f"refused with {reply.status} {told or 'and no code'}, which is not in the contract"
    )


def code_of(reply: Reply) -> str:
    """The code in an error's body, where it looks like one of Microsoft's; else ""."""
    try:
        body = json_of(reply)
    except NotJson:
        return ""
    error = body.get("error") if isinstance(body, Mapping) else None
    code = str(error.get("code") or "") if isinstance(error, Mapping) else ""
    plain = code.replace("_", "").replace(".", "")
    return code if plain.isascii() and plain.isalpha() and len(code) <= 80 else ""


def shown_code(reply: Reply, names: Names) -> str:
    """The code in an error's body as anybody may read it: one that we know, or without a word of `names`.

    A gateway on the way answers with codes of its own, and may be named for whoever runs it.
    """
    code = code_of(reply)
    return code if code in _own_codes() or not names.holds_a_value(code) else HIDDEN_CODE


@cache
def _own_codes() -> frozenset[str]:
    rows = (row for row in contract.endpoints())
    return _LICENSE | _ROLE_MISSING | frozenset(code for row in rows for code in _denials(row))


def _denials(row: Endpoint) -> frozenset[str]:
    return frozenset({row.denied, "Forbidden", "Authorization_RequestDenied", "accessDenied", "UnknownError"})


def _in_reply(what: Request | Cmdlet, reply: Reply) -> Iterator[Difference]:
    if not reply.ok:
        found = refusal(what, reply)
        if found is not None:
            yield found
        return
    names = Names()
    shape = shape_for(what, names)
    items = items_in(reply)[:FIRST]
    for text in texts_in(items):
        names.learn(text)
    for item in items:
        shape.take(item)
    yield from new_fields(what, shape)


def items_in(reply: Reply) -> Sequence[Mapping[str, Any]]:
    """The objects of an answer; none where it is not what was promised, which the client tells by itself."""
    try:
        return page_of(json_of(reply)).items
    except NotJson:
        return ()
