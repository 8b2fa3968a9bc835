"""For which domains a tenant answers: those that it has verified, which no other tenant can have.

Anybody who runs a directory can write any address into an account there. Only the name after the @ that
Microsoft had the tenant prove says that such an address is the tenant's to give.
Source: Microsoft Graph v1.0, "List domains" (`isVerified`); "user resource type" (the domain of a user
principal name is one of the tenant's verified domains); Microsoft Entra, "Add your custom domain name to your
tenant" (a domain is verified in one tenant only).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from graph.clock import Clock
from graph.effects import Item
from graph.errors import GraphError
from graph.limits import Deadline
from graph.question import Subject
from graph.request import Request

KEPT_SECONDS: Final = 3600.0
"""How long it is kept which domains are verified."""

_SECONDS: Final = 30.0
_ASKS: Final = Request("GET", "/domains", {"$select": "id,isVerified"})


class VerifiedDomains:
    """Knows the verified domains of one tenant. Any thread may use it.

    Args:
        fetch: Asks Graph.
        clock: Tells how long something is known already.
    """

    def __init__(self, fetch: Callable[[Request, Deadline], list[Item]], clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._known: tuple[float, frozenset[str]] | None = None

    def names(self) -> frozenset[str]:
        """Give the domains, lower-cased. What was known goes on to count where Microsoft cannot be asked.

        Raises:
            GraphError: Microsoft cannot be asked, and was never before.
        """
        with self._lock:
            known = self._known
            if known and self._clock.now() - known[0] < KEPT_SECONDS:
                return known[1]
            try:
                found = self._fetch(_ASKS, Deadline(_SECONDS))
            except GraphError:
                if known is None:
                    raise
                return known[1]
            names = frozenset(
                str(one.get("id") or "").casefold() for one in found if one.get("isVerified") is True
            )
            self._known = (self._clock.now(), names)
            return names


def domain_of(address: str) -> str:
    """Give what stands behind the last @ of an address, lower-cased; "" where there is none."""
    return address.rpartition("@")[2].strip().strip(".").casefold() if "@" in address else ""


def verified_addresses(subject: Subject, domains: frozenset[str]) -> frozenset[str]:
    """Give the addresses of an account for which its tenant answers.

    Args:
        subject: The account.
        domains: The verified domains, as far as anyone could tell. The one of the user principal name is one
            of them in any case.
    """
    theirs = domains | {domain_of(subject.user_principal_name)}
    names = (subject.user_principal_name, subject.mail, *subject.addresses)
    return frozenset(one.casefold() for one in names if domain_of(one) and domain_of(one) in theirs)
