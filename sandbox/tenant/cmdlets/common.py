"""What cmdlets have in common."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import Any

from sandbox.scenarios.state import Json, Mailbox, TenantState
from sandbox.tenant.exchange import Invocation
from sandbox.tenant.problems import object_not_found
from sandbox.tenant.traces import exchange_trace


def alias(mailbox: Mailbox) -> str:
    """Give the alias that a mailbox goes by."""
    return str(mailbox.properties["Alias"])


def legacy_name(guid: str) -> str:
    """The name that a recipient of the organization goes by inside it."""
    group = "/o=ExchangeLabs/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)"
    return f"{group}/cn=Recipients/cn={guid}"


def of_person(rows: Callable[[Invocation], list[Json]], parameter: str) -> Callable[[Invocation], list[Json]]:
    """A cmdlet whose rows can be narrowed to those of one person."""

    def run(call: Invocation) -> list[Json]:
        wanted = call.text(parameter).lower()
        return [row for row in rows(call) if not wanted or str(row[parameter]).lower() == wanted]

    return run


def of_mailbox(pick: Callable[[Mailbox], Any], *names: str) -> Callable[[Invocation], list[Json]]:
    """A cmdlet that shows one part of the mailbox that its parameter names."""

    def run(call: Invocation) -> list[Json]:
        value = pick(call.mailbox(*names))
        return list(value) if isinstance(value, list) else [value]

    return run


MULTI = "#Exchange.GenericHashTable"


def nothing(call: Invocation, what: str) -> list[Json]:
    """Succeed with a warning, as a cmdlet that would change nothing does."""
    call.warnings.append(
        f"The command completed successfully but no settings of '{what}' have been modified."
    )
    return []


def person(state: TenantState, name: str) -> str:
    """The alias of the mailbox that a name means, or the name as it is."""
    found = state.mailbox(name) or next(
        (
            box
            for box in state.mailboxes.values()
            if name.lower()
            in {str(box.properties[key]).lower() for key in ("DisplayName", "DistinguishedName")}
        ),
        None,
    )
    return alias(found).lower() if found else name.lower()


def directory_id(state: TenantState, name: str) -> str:
    """The directory id of the mailbox that a name means, which is what Exchange keeps; else the name."""
    found = state.mailbox(person(state, name))
    return str(found.properties["ExternalDirectoryObjectId"]) if found else name


def must_exist(call: Invocation, who: str) -> None:
    """Refuse a trustee that the directory does not know. Raises CmdletError 404."""
    alias = person(call.state, who)
    if call.state.mailbox(alias) is None and call.state.user(who) is None:
        raise object_not_found(who)


def drop(call: Invocation, items: list[Json], item: Json, object_id: str) -> list[Json]:
    """Remove an item, with its audit record."""

    def apply() -> None:
        if item in items:
            items.remove(item)
            exchange_trace(call.state, call.name, object_id, call.parameters)

    call.change(apply)
    return []


def append(call: Invocation, items: list[Json], item: Json, object_id: str) -> list[Json]:
    """Add an item, with its audit record."""

    def apply() -> None:
        items.append(item)
        exchange_trace(call.state, call.name, object_id, call.parameters)

    call.change(apply)
    return []


def set_values(
    call: Invocation,
    values: MutableMapping[str, Any],
    names: str,
    object_id: str,
    done: Callable[[], None] | None = None,
) -> list[Json]:
    """Write the given parameters into ``values`` and leave a record; a warning if nothing would change."""
    wanted = {
        name: _merged(values.get(name), call.parameters[name]) for name in names.split() if call.has(name)
    }
    if all(values.get(name) == value for name, value in wanted.items()):
        return nothing(call, object_id)

    def apply() -> None:
        values.update(wanted)
        if done is not None:
            done()
        exchange_trace(call.state, call.name, object_id, call.parameters)

    call.change(apply)
    return []


def several(value: Any) -> list[str]:
    """Give one value or several as a list."""
    if value is None:
        return []
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _merged(old: Any, new: Any) -> Any:
    """The value after a write; a hash table adds to or removes from a multi-valued one."""
    if not (isinstance(new, dict) and new.get("@odata.type") == MULTI):
        return new
    result = [str(item) for item in old or []]
    for item in several(new.get("remove")):
        result = [kept for kept in result if kept.lower() != item.lower()]
    for item in several(new.get("add")):
        if item.lower() not in {kept.lower() for kept in result}:
            result.append(item)
    return result
