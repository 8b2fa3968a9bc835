"""What the contract's table says of one Graph request, enforced: each breach is refused as Graph refuses it.

The table is `graph.contract`; nothing of what Microsoft takes is written down here a second time. The codes
and words of the refusals are those that Graph's services answer with.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from graph import contract
from graph.contract import ANY, Endpoint, Value, Version
from sandbox.scenarios.state import Json
from sandbox.tenant import odata
from sandbox.tenant.problems import GraphError, bad_request, forbidden

_UNSUPPORTED: Final = "Request_UnsupportedQuery"
_KINDS: Final[Mapping[str, tuple[type, ...]]] = {"Boolean": (bool,), "Int32": (int,), "String": (str,)}
_MEMBERS: Final = ("user", "group", "directoryRole", "device", "servicePrincipal")
"""What a directoryObject of a collection can be, and $select may therefore name."""
_LINKS: Final = frozenset({"$skiptoken"})
"""Options of next links, which every collection takes."""


def enforce(
    row: Endpoint,
    version: Version,
    *,
    held: Collection[str],
    roles: Collection[str],
    options: Mapping[str, str],
    headers: Mapping[str, str],
    body: Any,
) -> None:
    """Refuse a request that leaves the contract.

    Args:
        row: What the contract says of path and method.
        version: The version of Graph that was asked.
        held: The application permissions of who asks.
        roles: Its directory roles.
        options: The query options.
        headers: The headers, their names in lower case.
        body: The JSON body, None for none.

    Raises:
        GraphError: 403 without the permission or the role; 400 for an option, a property or
            a value that is not taken.
    """
    sent = _sent(row, version, body)
    _check_properties(row, sent)
    _check_permissions(row, held, [*sent, *_parts(options.get("$select"))])
    for needed in (row.roles, *(row.properties[name].roles for name in sent if name in row.properties)):
        if needed and not set(needed) & set(roles):
            raise forbidden(code=row.denied)
    for name, enough in row.option_permissions.items():
        if name in options and not allowed(enough, held):
            raise forbidden(code=row.denied)
    _check_options(row, options, headers)
    _check_names(row, version, options)


def as_person(row: Endpoint) -> Endpoint:
    """The row as it holds for a signed-in person.

    Raises:
        GraphError: 403 where nothing says that a person may ask it.
    """
    if not row.delegated:
        raise forbidden(code=row.denied)
    plain = {
        name: one.model_copy(update={"permissions": (), "roles": (), "roles_over_administrators": ()})
        for name, one in row.properties.items()
    }
    own = {"permissions": row.delegated, "roles": row.delegated_roles, "properties": plain}
    return row.model_copy(update={**own, "shows_only": {}, "limited_without": ()})


def _sent(row: Endpoint, version: Version, body: Any) -> Json:
    """The properties of the body, without annotations."""
    if body is None and not row.sends:
        return {}
    if not isinstance(body, dict):
        raise bad_request("The request body must be a JSON object.", "Request_BadRequest")
    _check_object(body, row.sends, version)
    return {name: value for name, value in body.items() if "@" not in name}


def _check_properties(row: Endpoint, sent: Json) -> None:
    """Refuse what nobody can write, and more values than a property takes."""
    for name, value in sent.items():
        known = row.properties.get(name)
        if known is None:
            continue
        if known.read_only:
            message = f"Property '{name}' is read-only and cannot be set."
            raise bad_request(message, "Request_BadRequest")
        if known.most is not None and isinstance(value, list) and len(value) > known.most:
            message = f"Invalid value specified for property '{name}' of resource 'User'."
            raise bad_request(message, "Request_BadRequest")


def _check_object(body: Json, kind: str, version: Version) -> None:
    """Refuse what a type does not have, also inside of its objects."""
    fields = contract.fields_of(kind, version) if kind else {}
    for name, value in body.items():
        if "@" in name:
            continue
        if name not in fields:
            message = f"The property '{name}' does not exist on type 'microsoft.graph.{kind or 'none'}'."
            raise bad_request(f"{message} Make sure to only use property names that are defined by the type.")
        if not fits(value, fields[name]):
            raise bad_request(f"Cannot convert the value of '{name}' to its type.", "Request_BadRequest")
        inner = fields[name].type
        if inner in contract.types():
            _check_members(value, inner)
            for part in value if isinstance(value, list) else [value]:
                if isinstance(part, dict):
                    _check_object(part, inner, version)


def _check_members(value: Any, kind: str) -> None:
    """Refuse what an enumeration does not have, in whatever case it is written."""
    members = {member.casefold() for member in contract.types()[kind].values}
    for one in (value if isinstance(value, list) else [value]) if members else ():
        if isinstance(one, str) and one.casefold() not in members:
            raise bad_request(f"Requested value '{one}' was not found.", "Request_BadRequest")


def fits(value: Any, wanted: Value) -> bool:
    """Whether a value has the form that the contract gives it; only what is plain is looked at."""
    if value is None:
        # Null clears a property, also one that an answer never holds as null.
        return True
    if wanted.many:
        return isinstance(value, list) and all(fits(item, Value(type=wanted.type)) for item in value)
    kinds = _KINDS.get(wanted.type)
    return not isinstance(value, list) if kinds is None else type(value) in kinds


def allowed(alternatives: contract.Alternatives, held: Collection[str]) -> bool:
    """Whether one of the alternatives is held in full."""
    return any(alternative <= set(held) for alternative in alternatives)


def _check_permissions(row: Endpoint, held: Collection[str], names: Sequence[str]) -> None:
    shown = visible(row, held)
    if shown is not None and set(names) - set(shown):
        raise forbidden(code=row.denied)
    for alternatives in _needed(row, names):
        if not allowed(alternatives, held):
            ways = ", ".join(" and ".join(sorted(alternative)) for alternative in alternatives)
            message = f"Insufficient privileges to complete the operation. Required scopes: {ways}."
            raise forbidden(message, row.denied)


def _needed(row: Endpoint, names: Sequence[str]) -> Iterator[contract.Alternatives]:
    """The permissions of the endpoint, or those of each property that is written or chosen."""
    for name in names or ("",):
        own = row.properties.get(name)
        yield own.permissions if own and own.permissions else row.permissions


def visible(row: Endpoint, held: Collection[str]) -> Collection[str] | None:
    """The only properties that the permissions show, None where they show all."""
    full = [alternative for alternative in row.permissions if not alternative & set(row.shows_only)]
    if not row.shows_only or allowed(tuple(full), held):
        return None
    return {name for permission, names in row.shows_only.items() if permission in held for name in names}


def _check_options(row: Endpoint, options: Mapping[str, str], headers: Mapping[str, str]) -> None:
    for name in options:
        if name not in row.options | _LINKS:
            raise bad_request(f"The query parameter '{name}' is not supported.")
    advanced = headers.get("consistencylevel", "").lower() == "eventual" and options.get("$count") == "true"
    if (ANY in row.eventual or row.eventual & set(options)) and not advanced:
        message = "This query needs $count=true and the header ConsistencyLevel: eventual."
        raise GraphError(row.not_eventual, _UNSUPPORTED, message)
    if allowed(row.eventual_together, set(options)) and not advanced:
        raise GraphError(row.not_eventual, _UNSUPPORTED, "Sorting not supported for current query.")
    if "$top" in options and row.largest_page is not None:
        text = options["$top"]
        if not text.isdigit() or not 1 <= int(text) <= row.largest_page:
            raise bad_request(
                f"The limit of '{row.largest_page}' for Top query has been exceeded or is not valid."
            )
    for name in row.required - set(options):
        raise bad_request(f"The query parameter '{name}' is required.", _UNSUPPORTED)


def _check_names(row: Endpoint, version: Version, options: Mapping[str, str]) -> None:
    known = selectable(row, version)
    kind = f"microsoft.graph.{row.answers}"
    for name in _parts(options.get("$select")):
        if name.partition("/")[0] not in known:
            message = f"Could not find a property named '{name}' on type '{kind}'."
            raise bad_request(f"Parsing OData Select and Expand failed: {message}")
    for name in _parts(options.get("$expand")):
        if name not in row.expand:
            raise bad_request(f"Could not find a property named '{name}' on type '{kind}' to expand.")
    if len(_parts(options.get("$expand"))) > 1:
        raise bad_request("Only one property can be expanded in a single query.")
    for clause in _parts(options.get("$orderby")):
        name, _, direction = clause.partition(" ")
        if name not in row.orderby or direction.strip() not in {"", "asc", "desc"}:
            raise bad_request(f"Ordering by '{clause}' is not supported.", _UNSUPPORTED)
    if "$filter" in options:
        tree = odata.parse_filter(options["$filter"], filterable(row, version))
        fields = contract.fields_of(row.answers, version) if row.answers else {}
        for term in odata.terms(tree):
            field = fields.get(term.field)
            if term.collection is None and field is not None:
                _check_operand(field, term)


def _check_operand(known: Value, term: odata.Term) -> None:
    """Refuse a time in quotes. Source: the message of Microsoft's OData library."""
    if known.type == "DateTimeOffset" and isinstance(term.value, str):
        message = "A binary operator with incompatible types was detected. Found operand types"
        raise bad_request(
            f"Invalid filter clause: {message} 'Edm.DateTimeOffset' and 'Edm.String' for '{term.operator}'."
        )


def _parts(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def selectable(row: Endpoint, version: Version) -> Collection[str]:
    """The properties that $select may name."""
    if not row.answers:
        return ()
    kinds = _MEMBERS if row.answers == "directoryObject" else (row.answers,)
    return {name for kind in kinds for name in contract.fields_of(kind, version)}


def filterable(row: Endpoint, version: Version) -> odata.Allowed:
    """What $filter may name, with its operators: only what the type has in this version."""
    fields = contract.fields_of(row.answers, version) if row.answers else {}
    return {name: ways for name, ways in row.filter.items() if name.partition("/")[0] in fields}


def bounded(item: Json, row: Endpoint, version: Version) -> Json:
    """An object without what only the other version of Graph shows.

    What neither version has stays, so that a test finds what the tenant made up.
    """
    kind = str(item.get("@odata.type", "")).removeprefix("#microsoft.graph.")
    described = contract.types().get(kind) or contract.types().get(row.answers)
    if described is None:
        return item
    here = contract.fields_of(described.name, version)
    others = {name for only in described.only.values() for name in only} - set(here)
    return {name: value for name, value in item.items() if name not in others}


def limited(item: Json, row: Endpoint, held: Collection[str]) -> Json:
    """An object as the application may see it: without what its permissions do not show.

    A member of a collection whose type it may not read comes with its id and nulls.
    """
    shown = visible(row, held)
    hidden = {
        name
        for name, need in row.properties.items()
        if need.permissions and not allowed(need.permissions, held)
    }
    item = {
        name: value
        for name, value in item.items()
        if name not in hidden and (shown is None or name in shown or "@" in name)
    }
    if not row.limited_without or allowed(row.limited_without, held):
        return item
    return {name: value if name == "id" or "@" in name else None for name, value in item.items()}
