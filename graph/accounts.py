"""Accounts by an address of theirs, and by the name that people see.

A display name is no one's alone, and who took an account over can change it. So names only ever find
candidates, by the first and last name as well, for someone to choose from. Source: Microsoft Graph v1.0,
"List users", `$filter`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from graph.connection import Connection
from graph.effects import Item
from graph.errors import NoSuchUser, NotFound, NotJson, Refused, TooMuch
from graph.limits import Deadline
from graph.most import Most, Tally
from graph.question import Subject
from graph.request import Request

LOOKUP_SECONDS = 30.0
"""How long finding the account itself may take."""

_NOT_IN_A_NAME = re.compile(r"[\s\x00-\x1f\ud800-\udfff]")
_NAME = re.compile(r"[^@]+@[^@]+|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
"""Something with one @ in it, or an object id."""

MOST: Final = 8
"""How many candidates are given; with more, a name says too little."""

SECONDS: Final = 20.0
_ONE_PAGE: Final = Most(pages=1)
_SELECT: Final = "id,userPrincipalName,displayName,mail,jobTitle,department,userType,accountEnabled"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An account that may be meant. Every text comes from the tenant.

    Attributes:
        id: The directory object id.
        user_principal_name: The name it signs in with, lower-cased.
        display_name: The name that people see.
        mail: Its address, lower-cased; "" for none.
        work: What the person does and where, as the directory has it; "" where it says nothing.
        guest: Whether it belongs to another organization.
        enabled: Whether it may sign in; None where that was not told.
    """

    id: str
    user_principal_name: str
    display_name: str
    mail: str
    work: str
    guest: bool
    enabled: bool | None


_WORD_ENDS: Final = re.compile(r"[._+\-0-9]")
_SHORTEST_NAME: Final = 3
"""How many letters a name has at least: very many begin with two."""


def find_subject(text: str, connection: Connection) -> Subject:
    """Find the account that an address, an alias, a user principal name or an object id means.

    Raises:
        NoSuchUser: when there is none, or more than one.
        GraphError: when the directory cannot be asked.
    """
    wanted = text.strip().strip("<>").removeprefix("mailto:").strip()
    if not wanted or _NOT_IN_A_NAME.search(wanted):
        raise NoSuchUser(f"{text!r} is not an email address, a user principal name or an object ID.")
    if not _NAME.fullmatch(wanted):
        # Graph would read other words as something else, such as /users/delta or /users/.. .
        raise NoSuchUser(f"No account in {connection.settings.name} has the address {wanted}.")
    deadline = Deadline(LOOKUP_SECONDS)
    select = {"$select": "id,userPrincipalName,displayName,mail,proxyAddresses"}
    try:
        found = connection.fetch(Request("GET", f"/users/{quote(wanted, safe='')}", select), deadline)
    except (NotFound, Refused):
        # A 400 is Graph's answer to a name that no user principal name can have; it may still be an alias.
        found = _by_address(wanted, connection, deadline, select)
    if not found:
        raise NoSuchUser(f"No account in {connection.settings.name} has the address {wanted}.")
    if len(found) > 1:
        names = ", ".join(str(one.get("userPrincipalName") or one.get("id")) for one in found[:5])
        raise NoSuchUser(f"{wanted} matches more than one account: {names}. Use the user principal name.")
    return _subject(found[0])


def _by_address(
    wanted: str, connection: Connection, deadline: Deadline, select: Mapping[str, str]
) -> list[Item]:
    """Accounts that have the address as a proxy address or as their mail address."""
    if "@" not in wanted:
        return []
    escaped = wanted.replace("'", "''")
    filters = f"proxyAddresses/any(p:p eq 'smtp:{escaped}') or mail eq '{escaped}'"
    return connection.fetch(Request("GET", "/users", {"$filter": filters, **select}), deadline)


def _subject(user: Item) -> Subject:
    if not user.get("id") or not user.get("userPrincipalName"):
        raise NotJson("Microsoft returned something other than an account.")
    name = str(user["userPrincipalName"]).casefold()
    mail = str(user.get("mail") or name).casefold()
    proxies = (str(proxy) for proxy in user.get("proxyAddresses") or ())
    aliases = (proxy[5:].casefold() for proxy in proxies if proxy[:5].casefold() == "smtp:")
    addresses = tuple(dict.fromkeys((mail, name, *aliases)))
    return Subject(
        id=str(user["id"]),
        user_principal_name=name,
        mail=mail,
        addresses=addresses,
        display_name=str(user.get("displayName") or ""),
    )


def name_in(text: str) -> str:
    """Give what a name may begin with in an address that nobody has: ``adel`` of ``adel.vance@x.example``.

    Words without an address are given as they are; "" where too little is left to look for.
    """
    typed = text.strip().strip("<>").removeprefix("mailto:")
    name = _WORD_ENDS.split(typed.partition("@")[0])[0] if "@" in typed else typed
    return name if len(name) >= _SHORTEST_NAME else ""


def people_named(name: str, connection: Connection) -> tuple[Candidate, ...]:
    """Find accounts whose names begin as was typed; one more than `MOST` says that there are more.

    Args:
        name: One or more words in either order, as they were typed.
        connection: The tenant.

    Raises:
        GraphError: the directory cannot be asked.
    """
    words = [_quoted(word) for word in name.replace(",", " ").replace("’", "'").split()]
    if not words:
        return ()
    asked = {"$filter": " or ".join(_terms(words)), "$select": _SELECT, "$top": str(MOST + 1)}
    try:
        found = connection.fetch(Request("GET", "/users", asked), Deadline(SECONDS), Tally(_ONE_PAGE))
    except TooMuch as more:
        found = list(more.items)
    return tuple(_candidate(user) for user in found[: MOST + 1] if user.get("userPrincipalName"))


def _terms(words: list[str]) -> Iterator[str]:
    """The ways in which a name is written: as typed, with the last word first, and in its two parts."""
    yield f"startswith(displayName,'{' '.join(words)}')"
    if len(words) == 1:
        yield f"startswith(givenName,'{words[0]}')"
        yield f"startswith(surname,'{words[0]}')"
        return
    first, last = " ".join(words[:-1]), words[-1]
    for between in (" ", ", "):
        yield f"startswith(displayName,'{last}{between}{first}')"
    for given, family in ((first, last), (" ".join(words[1:]), words[0])):
        yield f"(startswith(givenName,'{given}') and startswith(surname,'{family}'))"


def _quoted(word: str) -> str:
    """A word inside a text of OData, whose own quotes are doubled."""
    return word.replace("'", "''")


def _candidate(user: Item) -> Candidate:
    work = (str(user.get(name) or "").strip() for name in ("jobTitle", "department"))
    enabled = user.get("accountEnabled")
    return Candidate(
        id=str(user.get("id") or ""),
        user_principal_name=str(user["userPrincipalName"]).casefold(),
        display_name=str(user.get("displayName") or ""),
        mail=str(user.get("mail") or "").casefold(),
        work=", ".join(filter(None, work)),
        guest=str(user.get("userType") or "").casefold() == "guest",
        enabled=enabled if isinstance(enabled, bool) else None,
    )
