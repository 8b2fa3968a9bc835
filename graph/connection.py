"""One tenant, ready to be asked: sign-in, limits, Graph and Exchange behind one method."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from graph.auth import SignIn
from graph.client import GraphClient
from graph.clock import CLOCK, Clock
from graph.drift import Drift, Observer
from graph.effects import Item
from graph.errors import GraphError, Refused
from graph.exchange import ExchangeClient
from graph.limits import PUBLISHED, Deadline, Limits, Rates, Shared
from graph.most import WHOLE, Most, Taking, Tally, Whole
from graph.request import Cmdlet, Request, changes
from graph.retry import Pacing
from graph.settings import TenantSettings
from graph.sharing import Searches
from graph.transport import Transport
from graph.verified import VerifiedDomains
from graph.wire import Carries, Wire

THREADS = 32
"""How many requests are under way at the same time, at most; also the size of the pool of open
connections."""


class Connection:
    """A tenant. Safe to share between threads; nothing is sent before the first `fetch`.

    Args:
        settings: The tenant and the application in it.
        threads: How many requests may be under way at the same time.
        pacing: How patiently reads are repeated.
        observer: Is shown every answer as it came, beside `drift`.
        most: How much one source may bring.
        most_in_all: How much all sources of one check may bring together.
        polls: How many times as long as usual a search is left alone before it is looked at.
        reads_only: Send nothing that changes anything, whatever is asked; the second application is then
            not used.
        shared: The limits that several processes keep together; None where this is the only one.
        clock: Tells the time, and lets wait.
        rates: How fast each service may be asked.
        wire: What carries the bytes; None for the network.
        former: The names that the tenant had earlier.

    Attributes:
        names: What the tenant is called, and was called earlier.
        drift: Where answers differed from the contract so far.
        verified: The domains that the tenant has verified.
    """

    def __init__(
        self,
        settings: TenantSettings,
        *,
        threads: int = THREADS,
        pacing: Pacing | None = None,
        observer: Observer | None = None,
        polls: float = 1.0,
        reads_only: bool = False,
        most: Most | None = None,
        most_in_all: Most = WHOLE,
        shared: Shared | None = None,
        clock: Clock = CLOCK,
        rates: Rates = PUBLISHED,
        wire: Carries | None = None,
        former: frozenset[str] = frozenset(),
    ) -> None:
        self.names = former | {settings.name}
        self._most = most or Most()
        self._most_in_all = most_in_all
        self.settings = settings
        self.threads = threads
        self.polls = polls
        self.clock = clock
        self.limits = Limits(shared, clock, rates)
        self._searches = Searches(clock)
        self.verified = VerifiedDomains(self.fetch, clock)
        self._wire = Wire(threads) if wire is None else wire
        self.sign_in = SignIn(settings, self._wire)
        self._reads_only = reads_only
        self.drift = Drift(settings.name)
        observers: tuple[Observer, ...] = (self.drift,) if observer is None else (self.drift, observer)
        transport = Transport(self._wire, self.limits, pacing or Pacing(), observers, self._most)
        self._graph = GraphClient(settings, self.sign_in, transport)
        self._exchange = ExchangeClient(settings, self.sign_in, transport)
        self.sign_in_to_write = self.sign_in
        self._graph_to_write, self._exchange_to_write = self._graph, self._exchange
        if settings.remediate is not None and not reads_only:
            other = settings.to_write
            self.sign_in_to_write = SignIn(other, self._wire)
            self._graph_to_write = GraphClient(other, self.sign_in_to_write, transport)
            self._exchange_to_write = ExchangeClient(other, self.sign_in_to_write, transport)

    def whole(self) -> Whole:
        """Begin to count what all sources of one check bring."""
        return Whole(self._most_in_all)

    def tally(self, whole: Whole) -> Tally:
        """Begin to count what one source of a check brings."""
        return Tally(self._most, whole)

    def fetch(
        self,
        what: Request | Cmdlet,
        deadline: Deadline,
        tally: Tally | None = None,
        taking: Taking | None = None,
    ) -> list[Item]:
        """Send one request or cmdlet, follow all pages, and give back the items.

        A single object comes as a list of one, an answer without content as an empty list. Reads are repeated
        while there is time; a write is sent once, as the application that writes where the settings name one.

        Args:
            what: What is sent.
            deadline: When there must be an answer.
            tally: What its source has brought so far; without one, the question counts alone.
            taking: Is given the items of each page as they come, and gives what is kept in their place.

        Raises:
            TooMuch: there is more than a source may bring; it holds what was read.
            GraphError: the specific one; InDoubt for a write whose outcome is not known. Refused for
                anything but a known read where nothing may be changed.
        """
        writes = changes(what)
        if self._reads_only:
            _demand_reading(what)
        if isinstance(what, Cmdlet):
            return (self._exchange_to_write if writes else self._exchange).run(what, deadline, tally, taking)
        if what.shared:
            return self._searches.hand_in(what, lambda one: self._graph.fetch(one, deadline, tally), deadline)
        return (self._graph_to_write if writes else self._graph).fetch(what, deadline, tally, taking)

    def fetch_batch(
        self, requests: Sequence[Request], deadline: Deadline, tally: Tally | None = None
    ) -> list[list[Item] | GraphError]:
        """Send several reads of one version of Graph in as few calls as possible; answers in their order.

        An error of one is given in its place.
        """
        for request in requests if self._reads_only else ():
            _demand_reading(request)
        return self._graph.fetch_batch(requests, deadline, tally)

    def held_cmdlets(
        self, deadline: Deadline, *, compliance: bool = False, to_write: bool = False
    ) -> frozenset[str]:
        """The cmdlets of Exchange, or of Security & Compliance, that the application may run.

        Args:
            deadline: When there must be an answer.
            compliance: Whether Security & Compliance is asked.
            to_write: Whether the application that writes is meant.

        Raises:
            GraphError: they cannot be told.
        """
        asked = self._exchange_to_write if to_write else self._exchange
        return asked.held(deadline, compliance=compliance)

    def close(self) -> None:
        """Close all network connections."""
        self.limits.close()
        self._wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


_SEARCHES = "/security/auditLog/queries"
"""Posting here begins a search of the audit log, which is how it is read; no other post reads."""


def _demand_reading(what: Request | Cmdlet) -> None:
    """Let pass what reads, and judge it by what it is, not by what it says of itself."""
    if isinstance(what, Cmdlet):
        reads = not changes(what)
    else:
        reads = what.method == "GET" or (what.method == "POST" and what.path == _SEARCHES)
    if not reads:
        raise Refused("Writes are not sent now.")
