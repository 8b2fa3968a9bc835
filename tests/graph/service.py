"""A small HTTP service on this machine that plays Microsoft's side exactly as a test says."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

from graph.clock import CLOCK, Clock
from graph.connection import Connection
from graph.limits import PUBLISHED, Rates
from graph.retry import Pacing
from graph.settings import TenantSettings

TENANT_ID = "c0ffee00-0000-4000-8000-000000000001"
QUICK = Pacing(first=0.01, first_throttled=0.01, longest=0.05, failures=3, throttled=4, chance=lambda: 1.0)


class _Still(Clock):
    def now(self) -> float:
        return 0.0


STILL: Final = _Still()
"""Time that stands still, however slow the machine is."""


@dataclass
class Reply:
    """One answer; `body` may be bytes as they are, or something to be sent as JSON."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: float = 0.0
    reset: bool = False
    drip: float = 0.0
    chunked: bool = False
    cut: int = 0

    @property
    def content(self) -> bytes:
        return (
            self.body
            if isinstance(self.body, bytes)
            else b""
            if self.body is None
            else json.dumps(self.body).encode()
        )


@dataclass
class Got:
    """One request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any


class Service:
    """Answers with `answer`; counts what arrived and how much of it was under way at the same time."""

    def __init__(self) -> None:
        self.answer: Callable[[Got], Reply] = lambda _: Reply(404, {"error": {"code": "x", "message": "y"}})
        self.got: list[Got] = []
        self.tokens = 0
        self.at_once = 0
        self.most_at_once = 0
        self._lock = threading.Lock()
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                raw = self.rfile.read(length)
                service._serve(self, raw)

            do_GET = do_POST = do_PATCH = do_DELETE = handle_one  # noqa: N815

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._closing = threading.Event()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def answers(self, *replies: Reply) -> None:
        """Answer with these in turn; the last one stays."""
        left = list(replies)

        def answer(_: Got) -> Reply:
            with self._lock:
                return left.pop(0) if len(left) > 1 else left[0]

        self.answer = answer

    def settings(self, **more: Any) -> TenantSettings:
        values: dict[str, Any] = {
            "name": "contoso",
            "tenant_id": TENANT_ID,
            "client_id": "the-app",
            "client_secret": "the-secret",
            "domains": ("contoso.example",),
            "login_url": f"{self.url}/login",
            "graph_url": f"{self.url}/graph",
            "exchange_url": f"{self.url}/exchange",
            "compliance_url": f"{self.url}/compliance",
        }
        return TenantSettings(**{**values, **more})

    def connect(self, *, rates: Rates = PUBLISHED, clock: Clock = CLOCK, **more: Any) -> Connection:
        return Connection(self.settings(**more), pacing=QUICK, rates=rates, clock=clock)

    def close(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _serve(self, handler: BaseHTTPRequestHandler, raw: bytes) -> None:
        path = handler.path
        if path.startswith("/login/"):
            self._send(handler, self._sign_in(path))
            return
        try:
            body = json.loads(raw) if raw else None
        except ValueError:
            body = raw
        got = Got(handler.command, path, {name.lower(): text for name, text in handler.headers.items()}, body)
        with self._lock:
            self.got.append(got)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            reply = self.answer(got)
            self._closing.wait(reply.wait)
        finally:
            with self._lock:
                self.at_once -= 1
        self._send(handler, reply)

    def _sign_in(self, path: str) -> Reply:
        base = f"{self.url.replace('http:', 'https:')}/login/{TENANT_ID}"
        if urlsplit(path).path.endswith("openid-configuration"):
            return Reply(
                body={
                    "issuer": base,
                    "authorization_endpoint": f"{base}/authorize",
                    "token_endpoint": f"{base}/oauth2/v2.0/token",
                }
            )
        self.tokens += 1
        token = f"eyJ0b2tlbg.{self.tokens}.secret"
        return Reply(body={"access_token": token, "token_type": "Bearer", "expires_in": 3600})

    def _send(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        if reply.reset:
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)
            return
        handler.send_response(reply.status)
        for name, text in {"Content-Type": "application/json", **reply.headers}.items():
            handler.send_header(name, text)
        if reply.chunked:
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            for start in range(0, len(reply.content), 7):
                piece = reply.content[start : start + 7]
                handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            handler.wfile.write(b"0\r\n\r\n")
            return
        handler.send_header("Content-Length", str(len(reply.content) + reply.cut))
        handler.end_headers()
        handler.close_connection = handler.close_connection or bool(reply.cut)
        try:
            for byte in [reply.content] if not reply.drip else [bytes([one]) for one in reply.content]:
                handler.wfile.write(byte)
                self._closing.wait(reply.drip)
        except OSError:
            handler.close_connection = True


def an_error(status: int, code: str, message: str = "No.", **headers: str) -> Reply:
    """A Graph error."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status, {"error": {"code": code, "message": message}}, named)
