"""The tenants that are looked after, and which one an address belongs to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable

from graph.connection import Connection
from graph.errors import NoSuchUser
from graph.limits import PUBLISHED, Rates, Shared
from graph.settings import Cloud, TenantSettings

__all__ = ["Cloud", "TenantSettings", "Tenants"]


class Tenants:
    """All configured tenants, each with one connection that is made when first needed.

    Args:
        settings: The tenants.
        polls: How many times as long as usual a search is left alone before it is looked at.
        reads_only: Send nothing that changes anything, whatever is asked.
        shared: Gives the limits that several processes keep together; None where this is the only one.
        rates: How fast each service may be asked.

    Raises:
        ValueError: when there is none, or when it would not be clear which one an address belongs to.
    """

    def __init__(
        self,
        settings: Iterable[TenantSettings],
        *,
        polls: float = 1.0,
        reads_only: bool = False,
        shared: Callable[[TenantSettings], Shared] | None = None,
        rates: Rates = PUBLISHED,
    ) -> None:
        self._rates = rates
        self._shared = shared
        self._polls = polls
        self._reads_only = reads_only
        self.settings = tuple(settings)
        if not self.settings:
            raise ValueError("no tenant is configured")
        everything = [one.name for one in self.settings if not one.domains]
        if len(everything) > 1:
            raise ValueError(f"more than one tenant has no domains: {', '.join(everything)}")
        owner: dict[str, str] = {}
        for one in self.settings:
            for domain in one.domains:
                if owner.setdefault(domain, one.name) != one.name:
                    raise ValueError(f"{domain} is claimed by two tenants: {owner[domain]} and {one.name}")
        self._connections: dict[int, Connection] = {}
        self._lock = threading.Lock()

    def for_address(self, address: str, among: Collection[str] | None = None) -> Connection:
        """The connection to the tenant that answers for an address.

        Args:
            address: The address.
            among: The names of the tenants that there are for whoever asks; None for all. Nothing that is
                said tells of any other.

        The longest matching domain wins; the tenant without domains takes what is left. An address without a
        domain, such as an object id, is clear only where one tenant is configured.

        Raises:
            NoSuchUser: when no tenant answers for the address; the sentence names the configured domains.
        """
        domain = address.rpartition("@")[2].strip().casefold() if "@" in address else ""
        there = [
            (index, one) for index, one in enumerate(self.settings) if among is None or one.name in among
        ]
        if not domain:
            if len(there) == 1:
                return self._connect(there[0][0])
            raise NoSuchUser(f"{address!r} has no domain, so its tenant is unknown.")
        matches = [(len(_longest(one, domain)), index) for index, one in there if one.answers_for(domain)]
        if not matches:
            known = ", ".join(sorted(own for _, one in there for own in one.domains)) or "none"
            raise NoSuchUser(
                f"No configured tenant has the domain {domain}; the configured ones are {known}."
            )
        return self._connect(max(matches)[1])

    def named(self, name: str) -> Connection:
        """The connection to the tenant of this name.

        Raises:
            NoSuchUser: it is not configured.
        """
        for index, one in enumerate(self.settings):
            if one.name == name:
                return self._connect(index)
        raise NoSuchUser(f"The tenant {name} is no longer configured.")

    def each(self, among: Collection[str] | None = None) -> tuple[Connection, ...]:
        """A connection to every tenant, or every one of these names, in the configured order."""
        return tuple(
            self._connect(index)
            for index, one in enumerate(self.settings)
            if among is None or one.name in among
        )

    def close(self) -> None:
        """Close every connection that was made."""
        with self._lock:
            for connection in self._connections.values():
                connection.close()
            self._connections.clear()

    def _connect(self, index: int) -> Connection:
        with self._lock:
            if index not in self._connections:
                one = self.settings[index]
                self._connections[index] = Connection(
                    one,
                    polls=self._polls,
                    reads_only=self._reads_only,
                    shared=self._shared(one) if self._shared else None,
                    rates=self._rates,
                )
            return self._connections[index]


def _longest(settings: TenantSettings, domain: str) -> str:
    """The most exact of a tenant's domains that covers this one, or ""."""
    fitting = (own for own in settings.domains if domain == own or domain.endswith("." + own))
    return max(fitting, key=len, default="")
