"""The admin endpoint of Exchange and of compliance: InvokeCommand, its paging by POST, its refusals."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from uuid import uuid4

from graph import contract
from sandbox.scenarios.state import Json, Mailbox, TenantState
from sandbox.tenant.core import Answer, Core, Cursor
from sandbox.tenant.problems import (
    CmdletError,
    NulBodyError,
    RefusalError,
    object_not_found,
    unknown_parameters,
)

PAGE = 1000
_PAGE_SIZE = re.compile(r"odata\.maxpagesize=(\d+)")
PLAYED = frozenset({"Confirm", "Force", "ErrorAction", "WarningAction", "ResultSize"})
"""Parameters that the tenant plays for every cmdlet that has them."""


@dataclass
class Invocation:
    """One cmdlet call with its parameters; warnings are collected for the answer."""

    core: Core
    name: str
    parameters: Json
    warnings: list[str] = field(default_factory=list)
    stale: float = 0.0

    @property
    def state(self) -> TenantState:
        """The tenant's state."""
        return self.core.state

    def has(self, name: str) -> bool:
        """Whether a parameter was given, even as null."""
        return name in self.parameters

    def text(self, *names: str) -> str:
        """The first of these parameters as text; empty if none was given."""
        for name in names:
            value = self.parameters.get(name)
            if value is not None and value != "":
                return str(value)
        return ""

    def required(self, *names: str) -> str:
        """A parameter that must be there. Raises CmdletError 400."""
        value = self.text(*names)
        if not value:
            raise bad_parameters(
                f"Cannot process command because of missing mandatory parameters: {names[0]}."
            )
        return value

    def flag(self, name: str) -> bool:
        """A switch."""
        return str(self.parameters.get(name)).lower() == "true"

    def many(self, name: str) -> list[str]:
        """A multi-valued parameter; a single value counts as a list of one."""
        value = self.parameters.get(name)
        if value is None:
            return []
        return [str(item) for item in value] if isinstance(value, list) else [str(value)]

    def mailbox(self, *names: str) -> Mailbox:
        """The mailbox that a parameter names. Raises CmdletError 404."""
        name = self.required(*(names or ("Identity",)))
        found = self.state.mailbox(name)
        if found is None:
            raise object_not_found(name)
        return found

    def change(self, apply: Callable[[], None]) -> None:
        """Carry out a write now or after the read delay."""
        self.state.change(apply, self.stale)


@dataclass(frozen=True)
class Cmdlet:
    """A cmdlet: what runs it, and which of its parameters are played here.

    Which it has at all is told by the table of Microsoft's contract.
    """

    run: Callable[[Invocation], list[Json]]
    parameters: frozenset[str]


def cmdlet(run: Callable[[Invocation], list[Json]], parameters: str = "Identity") -> Cmdlet:
    """A cmdlet whose parameters are written as words."""
    return Cmdlet(run, frozenset(parameters.split()))


def bad_parameters(message: str) -> CmdletError:
    """Exchange's 400 for parameters."""
    return CmdletError(400, "BadRequest", "Management.Automation.ParameterBindingException", message)


def cmdlet_name(body: object) -> str | None:
    """The cmdlet's name in a request body, or None if the body is no invocation."""
    if isinstance(body, dict) and isinstance(body.get("CmdletInput"), dict):
        name = body["CmdletInput"].get("CmdletName")
        return name if isinstance(name, str) else None
    return None


def identity_of(body: Json) -> str:
    """What an invocation is for, "" where it does not say."""
    given = body["CmdletInput"].get("Parameters")
    return str(given.get("Identity") or "") if isinstance(given, dict) else ""


def _demand_a_right(core: Core) -> None:
    """Refuse a token without the right to use Exchange: an application's own, or a person's."""
    if not core.permissions & {"Exchange.ManageAsApp", "Exchange.Manage"}:
        raise RefusalError(401, "The app holds no role for this service.")


def module_file(core: Core, table: Mapping[str, Cmdlet], held: set[str]) -> Json:
    """What the PowerShell module loads when it connects: only cmdlets that the app's roles hold.

    Raises RefusalError without the app role for this service.
    """
    _demand_a_right(core)
    return {"value": [{"exportedCmdlets": ",".join(sorted(held & table.keys()))}]}


def invoke(
    core: Core,
    table: Mapping[str, Cmdlet],
    held: set[str],
    *,
    service: contract.Service,
    link: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    body: object,
    stale: float = 0.0,
) -> Answer:
    """Answer one InvokeCommand. Raises RefusalError for everything that the service refuses."""
    _demand_a_right(core)
    if not headers.get("x-anchormailbox"):
        raise bad_parameters("The header X-AnchorMailbox is missing.")
    name = cmdlet_name(body)
    if name is None or not isinstance(body, dict):
        raise bad_parameters('The request body must be {"CmdletInput": {"CmdletName": …}}.')
    parameters = dict(body["CmdletInput"].get("Parameters") or {})
    known = table.get(name)
    if known is None:
        if service == "compliance":
            text = f"The command '{name}' isn't supported in this scenario."
            raise CmdletError(403, "Forbidden", "Configuration.Tasks.CmdletAccessDeniedException", text)
        message = f"The term '{name}' is not recognized as the name of a cmdlet."
        raise CmdletError(400, "BadRequest", "Management.Automation.CommandNotFoundException", message)
    if name not in held:
        raise NulBodyError(403, f"The role does not hold {name}.")
    if unknown := contract.unknown_parameters(name, service, parameters):
        raise unknown_parameters(unknown)
    if missing := sorted(parameters.keys() - known.parameters - PLAYED):
        raise RefusalError(501, f"The local tenant does not play {', '.join(missing)} of {name}.")
    invocation = Invocation(core, name, parameters, stale=stale)
    token = query.get("$skiptoken")
    if token is not None:
        cursor = core.cursors.get(token)
        if cursor is None:
            raise bad_parameters("The continuation token is not valid.")
    else:
        size = _PAGE_SIZE.search(headers.get("prefer", ""))
        cursor = Cursor(known.run(invocation), 0, int(size.group(1)) if size else PAGE)
    known_fields = contract.answered(name, service)
    items = [_described(item, known_fields) for item in cursor.items] if known_fields else cursor.items
    return _page(core, replace(cursor, items=items), link, query, invocation.warnings)


def _described(item: Json, fields: Collection[str]) -> Json:
    """An item without what no source says that the cmdlet answers."""
    return {name: value for name, value in item.items() if name in fields}


def _page(core: Core, cursor: Cursor, link: str, query: Mapping[str, str], warnings: list[str]) -> Answer:
    end = cursor.at + cursor.size
    chosen = [part.strip() for part in query.get("$select", "").split(",") if part.strip()]
    value = [_annotate(item, chosen) for item in cursor.items[cursor.at : end]]
    body: Json = {"@odata.context": f"{link}/$metadata#Collection(Exchange.GenericHashTable)", "value": value}
    headers: dict[str, str] = {}
    if warnings:
        body["@adminapi.warnings"] = list(warnings)
        headers["X-Warnings"] = "; ".join(warnings)
    if end < len(cursor.items):
        token = uuid4().hex
        core.cursors[token] = replace(cursor, at=end)
        select = f"&$select={','.join(chosen)}" if chosen else ""
        body["@odata.nextLink"] = f"{link}?$skiptoken={token}{select}"
    return Answer(body=body, headers=headers)


def _annotate(item: Json, chosen: list[str]) -> Json:
    """The chosen properties, with the type notes that the service puts beside its lists."""
    result: Json = {}
    for name, value in item.items():
        if chosen and name not in chosen:
            continue
        if isinstance(value, list):
            result[f"{name}@data.type"] = "#Collection(String)"
        result[name] = value
    return result
