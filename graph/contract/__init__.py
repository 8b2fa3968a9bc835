"""Microsoft's contract: what Graph, Exchange Online and Security & Compliance take and answer, as a table.

Only facts live here, in TOML files beside this loader: one row for each endpoint and method (``endpoints/``),
for each type that is read or sent (``types/``), for each cmdlet (``cmdlets/``), and for each permission and
directory role. Each row names its source and the day on which it was read. The queries and steps of the
product are tested against it, refusals and all that is told of permissions and roles are read from it (see
`graph.needs`), and the local tenant enforces it, so that neither keeps a belief of its own. How a row is
added: docs/how-to/add-to-the-contract.md.

A value is written as its type: ``String`` is never null, ``String?`` may be, ``[String]`` is a list. The
names are those of OData's primitive types, of the types in ``types/``, and of .NET for cmdlets.

Longer than other files because it is a table of shapes: every kind of row is described beside the others.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from typing import Annotated, Any, Final, Literal, Self, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Version: TypeAlias = Literal["v1.0", "beta"]
Service: TypeAlias = Literal["exchange", "compliance"]
Method: TypeAlias = Literal["GET", "POST", "PATCH", "PUT", "DELETE"]

ANY: Final = "*"
"""In `Endpoint.eventual`: every request to this path is an advanced query, whatever its options."""

_PLACE = re.compile(r"\{[^}]+\}")
_VALUE = r"([^/]+)"


def _alternatives(given: object) -> object:
    """``["A", "B + C"]`` as a tuple of sets: A alone will do, or B and C together."""
    if not isinstance(given, list):
        return given
    return tuple(frozenset(part.strip() for part in str(entry).split("+")) for entry in given)


def _alternative(given: object) -> object:
    """``"B + C"`` as the set of both, ``""`` as none."""
    return frozenset(filter(None, map(str.strip, given.split("+")))) if isinstance(given, str) else given


def _operators(given: object) -> object:
    """``{name = "eq ge"}`` with each value as a set of operators."""
    if not isinstance(given, dict):
        return given
    return {name: frozenset(str(text).split()) for name, text in given.items()}


Alternatives: TypeAlias = Annotated[tuple[frozenset[str], ...], BeforeValidator(_alternatives)]
"""Any one of these will do, and each is all of the permissions in it. The least one comes first."""


def _plain(path: str) -> str:
    """A path as the rows have it: casts without their namespace's first part, no slash at the end."""
    return path.replace("/microsoft.graph.", "/graph.").rstrip("/")


class Row(BaseModel):
    """A fact with its source.

    Attributes:
        source: The page, schema or capture that says so, named so that it can be found again.
        read: When it was read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    source: str = Field(min_length=2)
    read: date


class Value(BaseModel):
    """What a field or parameter holds.

    Attributes:
        type: The type's name, such as ``String`` or ``signInStatus``.
        nullable: Whether null may stand there. A list is never null but may be empty.
        many: Whether it is a list.
    """

    model_config = ConfigDict(frozen=True, defer_build=True)

    type: str
    nullable: bool = False
    many: bool = False


def _value(given: object) -> object:
    """``[String]``, ``String?`` or ``String`` as a value."""
    if not isinstance(given, str):
        return given
    text = given.removesuffix("?")
    many = text.startswith("[")
    return Value(type=text.strip("[]"), nullable=given.endswith("?"), many=many)


Values: TypeAlias = Mapping[str, Annotated[Value, BeforeValidator(_value)]]


class Property(BaseModel):
    """What it takes to write or to choose one property, where that differs from the endpoint as a whole.

    Attributes:
        permissions: The application permissions that will do; empty for those of the endpoint.
        roles: Directory roles, one of which the application must hold as well; empty for none.
        roles_over_administrators: The same where the object written to is an administrator.
        read_only: Whether nobody can write it, though the type that is sent has it.
        most: How many values a list may be written with; None where nothing says so.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    read_only: bool = False
    most: int | None = None
    permissions: Alternatives = ()
    roles: tuple[str, ...] = ()
    roles_over_administrators: tuple[str, ...] = ()


class Endpoint(Row):
    """One path of Microsoft Graph and one method.

    Attributes:
        path: The path below the version, with ``{…}`` where a value stands.
        method: The HTTP method.
        versions: The versions that have it.
        options: The query options that it takes.
        eventual: The options that need ``ConsistencyLevel: eventual`` with ``$count=true``; `ANY` for every
            request.
        eventual_together: Options that need it when they come together, each set as ``A + B``.
        not_eventual: The status of the refusal where that header is missing.
        required: The options without which nothing is answered.
        option_permissions: Options that take other permissions than the endpoint as a whole.
        filter: The properties that ``$filter`` takes, each with its operators. ``list/any()`` is an element
            of a list itself, ``list/any(name)`` a property of one.
        orderby: The properties that ``$orderby`` takes.
        expand: What ``$expand`` takes.
        permissions: The application permissions, alternative by alternative.
        named: The alternative that the bot asks for, where that is not the least one; see `asked_for`.
        delegated: The delegated permissions with which a signed-in person may ask the same; empty where the
            product never asks as a person.
        delegated_roles: Directory roles, one of which that person must hold as well; empty where the page
            names none that would not already be needed for the consent.
        roles: Directory roles, one of which the application must hold as well; empty for none.
        roles_over_administrators: The same where the object written to is an administrator.
        license: The service plan that the tenant needs, such as ``AAD_PREMIUM``, or "".
        default_page: How many items a page holds unless ``$top`` says otherwise; None where nothing says so.
        largest_page: The largest ``$top``.
        answers: The type of the answer, or of its items; "" for none.
        many: Whether the answer is a collection.
        default_fields: The properties that come without ``$select``; empty for all of the type.
        sends: The type of the body, or "".
        properties: What single properties need, to be written or to be named in ``$select``.
        shows_only: Permissions that let the application see these properties alone.
        limited_without: Alternatives of permissions without which the items come with their id and nulls.
        leaves_out: What an answer leaves out, and for whom, in sentences.
        not_documented: What the pages of `source` do not say, as read on the day of `read`: which options it
            takes one by one (then those of Microsoft's permissions and examples stand here), or the pages.
        denied: The code of the error when the permission is missing.
        limit: The published limit that it counts against.
    """

    path: str
    method: Method
    versions: tuple[Version, ...] = Field(min_length=1)
    options: frozenset[str] = frozenset()
    eventual: frozenset[str] = frozenset()
    eventual_together: Alternatives = ()
    not_eventual: int = 400
    required: frozenset[str] = frozenset()
    option_permissions: Mapping[str, Alternatives] = {}
    filter: Annotated[Mapping[str, frozenset[str]], BeforeValidator(_operators)] = {}
    orderby: tuple[str, ...] = ()
    expand: tuple[str, ...] = ()
    permissions: Alternatives
    named: Annotated[frozenset[str], BeforeValidator(_alternative)] = frozenset()
    delegated: Alternatives = ()
    delegated_roles: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    roles_over_administrators: tuple[str, ...] = ()
    license: str = ""
    default_page: int | None = None
    largest_page: int | None = None
    answers: str = ""
    many: bool = False
    default_fields: tuple[str, ...] = ()
    sends: str = ""
    properties: Mapping[str, Property] = {}
    shows_only: Mapping[str, tuple[str, ...]] = {}
    limited_without: Alternatives = ()
    leaves_out: tuple[str, ...] = ()
    not_documented: frozenset[Literal["options", "default_page", "largest_page"]] = frozenset()
    denied: str = "Authorization_RequestDenied"
    limit: Literal["directory", "reports", "risk", "mailbox", "trace", "audit_search", "devices"] = (
        "directory"
    )

    @model_validator(mode="after")
    def _named_will_do(self) -> Self:
        if self.named and self.named not in self.permissions:
            raise ValueError(f"{self.path} names what is not among its permissions.")
        return self

    @property
    def asked_for(self) -> frozenset[str]:
        """The permissions that the bot asks for, and that a refusal names."""
        return self.named or self.permissions[0]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The path as an expression whose groups are the values."""
        return re.compile(_VALUE.join(re.escape(part) for part in _PLACE.split(self.path)), re.IGNORECASE)

    def values(self, path: str) -> tuple[str, ...]:
        """What stands at the places of the path; empty for a path that does not fall under this row."""
        found = self.pattern.fullmatch(_plain(path))
        return found.groups() if found else ()


class Type(Row):
    """A type of Microsoft Graph.

    Attributes:
        name: Its name below ``microsoft.graph``.
        base: The type whose fields it has as well, or "".
        values: The members of an enumeration; empty for anything else.
        fields: Its fields in every version that has the type.
        only: Fields that one version alone has.
        undeclared: Fields that come although the schema does not have them: nobody can choose or filter by
            them.
        open: Whether fields come that no schema names: such a field is no news, and may be the tenant's own.
    """

    name: str
    base: str = ""
    open: bool = False
    values: tuple[str, ...] = ()
    fields: Values = {}
    only: Mapping[Version, Values] = {}
    undeclared: Values = {}


class Cmdlet(Row):
    """One cmdlet of Exchange PowerShell.

    Attributes:
        name: Its name.
        parameters: The parameters by service; a service that is not named does not have the cmdlet.
        roles: The management roles that hold it, any of which will do.
        taken_back_by: The cmdlets that take back what it did; empty where it does so itself, or nothing does.
        fields: What an item of the answer holds; empty where nothing is answered.
        fields_not_documented: What was looked at in vain for the fields of a cmdlet that answers something.
        known_fields: Fields that a page, a capture or public code of `source` reads of such an answer;
            neither all of them nor their types.
        only: Fields that one service alone gives.
        default_page: How many items come unless ``ResultSize`` says otherwise; None where nothing says so.
        largest_page: The most items that one call gives.
        unlogged: The types of audit records that are no longer written of an account that it is set for.
        quirks: What a reader of the page alone would not expect, in sentences.
    """

    name: str
    parameters: Mapping[Service, Values]
    roles: Mapping[Service, tuple[str, ...]] = {}
    taken_back_by: tuple[str, ...] = ()
    fields: Values = {}
    fields_not_documented: str = ""
    known_fields: frozenset[str] = frozenset()
    only: Mapping[Service, Values] = {}
    default_page: int | None = None
    largest_page: int | None = None
    unlogged: frozenset[str] = frozenset()
    quirks: tuple[str, ...] = ()


class Permission(Row):
    """One application permission that the product names.

    Attributes:
        name: Its name.
        id: The id of the app role behind it.
        included_in: The permissions each of which lets through all that it is named for.
        less: Those that Microsoft lists for the same requests and that do not do the whole of it.
        why_less: What they do not do, "" where there are none.
    """

    name: str
    id: str
    included_in: tuple[str, ...]
    less: tuple[str, ...] = ()
    why_less: str = ""


class Role(Row):
    """One directory role.

    Attributes:
        name: Its name.
        id: Its template id.
        opens: The services of Exchange PowerShell that it opens to an application with Exchange.ManageAsApp.
    """

    name: str
    id: str
    opens: tuple[Service, ...] = ()


class CommonParameters(Row):
    """The parameters that every cmdlet takes beside its own.

    Attributes:
        names: Their names.
    """

    names: frozenset[str]


def _rows(folder: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every table in the TOML files of a folder, with the file's name."""
    for file in sorted((files(__package__) / folder).iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            yield file.name, tomllib.loads(file.read_text(encoding="utf-8"))


def _listed(name: str) -> dict[str, Any]:
    """The TOML file of a name beside this loader."""
    return tomllib.loads((files(__package__) / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def sources() -> Mapping[str, str]:
    """Where the short names lead that a source begins with."""
    return {name: str(place) for name, place in _listed("sources").items()}


@cache
def common_parameters() -> CommonParameters:
    """The parameters that every cmdlet takes, in either service."""
    return CommonParameters(**_listed("common_parameters"))


@cache
def endpoints() -> tuple[Endpoint, ...]:
    """All endpoints, in the order of their files."""
    return tuple(Endpoint(**row) for _, table in _rows("endpoints") for row in table["endpoint"])


@cache
def types() -> Mapping[str, Type]:
    """All types by name.

    Raises:
        ValueError: a type stands in two files.
    """
    found: dict[str, Type] = {}
    for file, table in _rows("types"):
        for name, row in table.items():
            if name in found:
                raise ValueError(f"{file} describes {name} twice.")
            found[name] = Type(name=name, **row)
    return found


@cache
def cmdlets() -> Mapping[str, Cmdlet]:
    """All cmdlets by name."""
    return {row["name"]: Cmdlet(**row) for _, table in _rows("cmdlets") for row in table["cmdlet"]}


@cache
def permissions() -> Mapping[str, Permission]:
    """The permissions that the product names, by name."""
    return {row["name"]: Permission(**row) for row in _listed("permissions")["permission"]}


@cache
def roles() -> Mapping[str, Role]:
    """The directory roles by name."""
    return {row["name"]: Role(**row) for row in _listed("roles")["role"]}


def _needed_roles() -> Iterator[tuple[str, ...]]:
    """Every list of directory roles of which an endpoint or a property takes one."""
    for row in endpoints():
        for one in _of(row):
            yield from filter(None, (one.roles, one.roles_over_administrators))


@cache
def roles_like(role: str) -> frozenset[str]:
    """A directory role with those that will do wherever it does."""
    return frozenset({role}).union(
        frozenset.intersection(*([frozenset(one) for one in _needed_roles() if role in one] or [frozenset()]))
    )


@cache
def roles_over_administrators() -> tuple[str, ...]:
    """The directory roles that may act on accounts of administrators, the least one first."""
    return tuple(dict.fromkeys(name for row in endpoints() for name in _over_administrators(row)))


def _of(row: Endpoint) -> tuple[Endpoint | Property, ...]:
    """An endpoint with those of its properties that need something of their own."""
    return (row, *row.properties.values())


def _over_administrators(row: Endpoint) -> Iterator[str]:
    for one in _of(row):
        yield from one.roles_over_administrators


@lru_cache(maxsize=4096)
def endpoint_for(version: str, method: str, path: str) -> Endpoint | None:
    """The row that a request falls under: of several, the one with the most fixed text."""
    plain = _plain(path)
    fitting = [
        row
        for row in endpoints()
        if row.method == method and version in row.versions and row.pattern.fullmatch(plain)
    ]
    return max(fitting, key=lambda row: len(_PLACE.sub("", row.path)), default=None)


def cmdlet(name: str) -> Cmdlet | None:
    """The row of a cmdlet, None if it has none."""
    return cmdlets().get(name)


@cache
def fields_of(name: str, version: Version) -> Mapping[str, Value]:
    """The fields of a type in a version, with those of its bases.

    Raises:
        KeyError: no type has this name.
    """
    row = types()[name]
    inherited = fields_of(row.base, version) if row.base else {}
    return {**inherited, **row.fields, **row.only.get(version, {})}


def unknown_parameters(cmdlet_name: str, service: Service, given: Iterable[str]) -> tuple[str, ...]:
    """Those of the given parameters that a cmdlet does not take in a service; all where it is not there."""
    row = cmdlets().get(cmdlet_name)
    taken = row.parameters.get(service) if row is not None else None
    common = common_parameters().names if taken is not None else frozenset()
    return tuple(name for name in given if name not in (taken or {}) and name not in common)


def answered(cmdlet_name: str, service: Service) -> Mapping[str, Value]:
    """The fields that an item of a cmdlet's answer has in a service.

    Raises:
        KeyError: no cmdlet has this name.
    """
    row = cmdlets()[cmdlet_name]
    return {**row.fields, **row.only.get(service, {})}
