"""The tenants that are looked after, and which one an address belongs to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from types import MappingProxyType

import structlog

from graph.connection import Connection
from graph.errors import NoSuchUser
from graph.limits import PUBLISHED, Rates, Shared
from graph.settings import Cloud, TenantSettings
from graph.verified import domain_of

log = structlog.get_logger(__name__)

__all__ = ["Cloud", "TenantSettings", "Tenants"]


class Tenants:
    """All configured tenants, each with one connection that is made when first needed.

    Args:
        settings: The tenants.
        polls: How many times as long as usual a search is left alone before it is looked at.
        reads_only: Send nothing that changes anything, whatever is asked.
        shared: Gives the limits that several processes keep together; None where this is the only one.
        rates: How fast each service may be asked.
        former: The names that tenants had earlier, with those that they have now.

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
        former: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._rates = rates
        self._former = former
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
        domain = domain_of(address)
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

    def answering_for(self, address: str, among: Collection[str] | None = None) -> Connection:
        """The same, where that tenant has verified the address's domain; settings alone claim any domain.

        Where one tenant is configured, nothing could be taken from another, and it is asked as it is.

        Raises:
            NoSuchUser: when no tenant answers for the address, or that of the settings has not verified it.
            GraphError: when Microsoft cannot be asked for the verified domains.
        """
        connection = self.for_address(address, among)
        domain = domain_of(address)
        if len(self.settings) > 1 and domain and domain not in connection.verified.names():
            name = connection.settings.name
            log.warning("A tenant has not verified a domain.", action="domain.unverified", tenant=name)
            raise NoSuchUser(f"The domain {domain} is not one that {name} has verified with Microsoft.")
        return connection

    def named(self, name: str, tenant_id: str = "") -> Connection:
        """The connection to the tenant that has this name, or had it earlier.

        Args:
            name: The name.
            tenant_id: Its id, which counts alone where it is given: a name may be another one by now.

        Raises:
            NoSuchUser: it is not configured.
        """
        now = self._former.get(name, name)
        for index, one in enumerate(self.settings):
            if one.tenant_id.casefold() == tenant_id.casefold() if tenant_id else one.name == now:
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
                    former=frozenset(name for name, now in self._former.items() if now == one.name),
                )
            return self._connections[index]


def _longest(settings: TenantSettings, domain: str) -> str:
    """The most exact of a tenant's domains that covers this one, or ""."""
    fitting = (own for own in settings.domains if domain == own or domain.endswith("." + own))
    return max(fitting, key=len, default="")
