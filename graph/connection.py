"""One tenant, ready to be asked: sign-in, limits, Graph and Exchange behind one method."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from graph.asking import Item
from graph.auth import SignIn
from graph.client import GraphClient
from graph.errors import GraphError
from graph.exchange import ExchangeClient
from graph.limits import Deadline, Limits
from graph.request import Cmdlet, Request, changes
from graph.retry import Pacing
from graph.settings import TenantSettings
from graph.wire import Wire

THREADS = 32
"""How many requests are under way at the same time, at most; also the size of the pool of open
connections."""


class Connection:
    """A tenant. Safe to share between threads; nothing is sent before the first `fetch`.

    Args:
        settings: The tenant and the application in it.
        threads: How many requests may be under way at the same time.
        pacing: How patiently reads are repeated.
    """

    def __init__(
        self, settings: TenantSettings, *, threads: int = THREADS, pacing: Pacing | None = None
    ) -> None:
        self.settings = settings
        self.threads = threads
        self.limits = Limits()
        self._wire = Wire(threads)
        self.sign_in = SignIn(settings, self._wire)
        parts = (self.limits, self._wire, pacing or Pacing())
        self._graph = GraphClient(settings, self.sign_in, *parts)
        self._exchange = ExchangeClient(settings, self.sign_in, *parts)
        self.sign_in_to_write = self.sign_in
        self._graph_to_write, self._exchange_to_write = self._graph, self._exchange
        if settings.remediate is not None:
            other = settings.to_write
            self.sign_in_to_write = SignIn(other, self._wire)
            self._graph_to_write = GraphClient(other, self.sign_in_to_write, *parts)
            self._exchange_to_write = ExchangeClient(other, self.sign_in_to_write, *parts)

    def fetch(self, what: Request | Cmdlet, deadline: Deadline) -> list[Item]:
        """Send one request or cmdlet, follow all pages, and give back the items.

        A single object comes as a list of one, an answer without content as an empty list. Reads are repeated
        while there is time; a write is sent once, as the application that writes where the settings name one.

        Raises:
            GraphError: the specific one; InDoubt for a write whose outcome is not known.
        """
        writes = changes(what)
        if isinstance(what, Cmdlet):
            return (self._exchange_to_write if writes else self._exchange).run(what, deadline)
        return (self._graph_to_write if writes else self._graph).fetch(what, deadline)

    def fetch_batch(self, requests: Sequence[Request], deadline: Deadline) -> list[list[Item] | GraphError]:
        """Send several reads of one version of Graph in as few calls as possible; answers in their order.

        An error of one is given in its place.
        """
        return self._graph.fetch_batch(requests, deadline)

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
