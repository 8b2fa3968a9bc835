"""A small web server in a thread of its own, for whatever knocks from outside."""

from __future__ import annotations

import threading
import time

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request

from bot.errors import CannotStart

START_SECONDS = 10.0


class WebServer:
    """Serves one site.

    Args:
        site: What is served.
        host: The address to listen on.
        port: The port; 0 takes a free one.
        path: The path that `url` ends with.
    """

    def __init__(self, site: Starlette, host: str, port: int, path: str) -> None:
        config = uvicorn.Config(site, host=host, port=port, log_config=None, access_log=False)
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
    """Read the body of a request; None when it is larger than it may be, however it is announced."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            return None
    return bytes(body)
