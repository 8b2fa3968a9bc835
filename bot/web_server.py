"""A small web server in a thread of its own, for whatever knocks from outside.

uvicorn has no bound on the time that a request takes to come in, and its bound on the number of connections
lets whoever keeps them open shut everybody else out. So a request has to be there in time, and while there
are many connections one makes place that waits for the rest of its request: of the address that has most of
them the oldest, so that a flood displaces itself and not a sender who has one. Only what is signed gets a
worker thread.
"""

from __future__ import annotations

import asyncio
import ipaddress
import threading
import time
from collections import Counter
from typing import Final

import h11
import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.errors import CannotStart

START_SECONDS = 10.0

PATIENCE: Final = 10.0
"""Seconds in which a request has to be there as a whole; Slack's and a SIEM's take less than one."""

MOST: Final = 200
"""How many connections may be open."""


def _prompt(patience: float, most: int) -> type[H11Protocol]:
    """Make connections whose requests come in time, and which make place for others until then."""
    waiting: dict[Prompt, asyncio.TimerHandle] = {}  # in the order in which they began to wait

    class Prompt(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self.sender = sender_of(self.client[0] if self.client else "")
            self._look()
            if len(self.connections) > most:
                many = Counter(one.sender for one in waiting)
                most_of_all = max(many.values())
                next(one for one in waiting if many[one.sender] == most_of_all).transport.abort()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._look()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            self._look()

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            self._forget()

        def _look(self) -> None:
            """Begin to wait for the rest of a request, or end that when it is there."""
            if self.transport.is_closing() or self.conn.their_state not in {h11.IDLE, h11.SEND_BODY}:
                self._forget()
            elif self not in waiting:
                waiting[self] = self.loop.call_later(patience, self.transport.abort)

        def _forget(self) -> None:
            if self in waiting:
                waiting.pop(self).cancel()

    return Prompt


def sender_of(address: str) -> str:
    """Give whom an address counts for: of IPv6 its /64, of which one sender has all."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return address if found.version == 4 else str(ipaddress.ip_network((found, 64), strict=False))


class WebServer:
    """Serves one site.

    Args:
        site: What is served.
        host: The address to listen on.
        port: The port; 0 takes a free one.
        path: The path that `url` ends with.
        patience: Seconds in which a request has to be there.
        most: How many connections may be open before slow ones make place.
    """

    def __init__(
        self,
        site: Starlette,
        host: str,
        port: int,
        path: str,
        *,
        patience: float = PATIENCE,
        most: int = MOST,
    ) -> None:
        config = uvicorn.Config(
            site,
            host=host,
            port=port,
            http=_prompt(patience, most),
            ws="none",
            log_config=None,
            access_log=False,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, name="http", daemon=True)
        self._path = path
        self.url = ""

    def start(self) -> None:
        """Listen.

        Raises:
            CannotStart: the port is taken.
        """
        self._thread.start()
        ends = time.monotonic() + START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > ends:
                raise CannotStart(f"Cannot listen on {self._server.config.host}:{self._server.config.port}.")
            time.sleep(0.01)
        host, port = self._server.servers[0].sockets[0].getsockname()[:2]
        self.url = f"http://{host}:{port}{self._path}"

    def stop(self) -> None:
        """Answer what is under way and close the port."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(timeout=START_SECONDS)


async def body_of(request: Request, most: int) -> bytes | None:
    """Read the body of a request; None when it is larger than it may be, or its sender went away."""
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced[:20]) > most:
        return None
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > most:
                return None
    except ClientDisconnect:
        return None  # nobody hears the answer
    return bytes(body)
