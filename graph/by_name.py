"""Accounts by the name that people see. Source: Microsoft Graph v1.0, "List users", `$filter`.

A display name is no one's alone, and who took an account over can change it. So names only ever find
candidates, by the first and last name as well, for someone to choose from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from graph.connection import Connection
from graph.effects import Item
from graph.errors import TooMuch
from graph.limits import Deadline
from graph.most import Most, Tally
from graph.request import Request

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
