"""Stands between the bot and the emulator: keeps every call with its answer, and takes private answers."""

from __future__ import annotations

import http.client
import json
import re
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TO_ONE = "/response/"
"""Where a response_url leads; the user's id follows."""

TRIGGER = "trigger-"
"""How the trigger of what somebody did begins; the user's id follows, and a number.

The emulator's own open a window for three seconds, and a busy machine may need more. So each is made when
the bot uses it.
"""

_TRIGGER = re.compile(rb"trigger-(\w+)-\d+")


@dataclass(frozen=True)
class Call:
    """One request of the bot, and what it was answered."""

    path: str
    headers: dict[str, str]
    body: bytes
    status: int
    answer: bytes

    @property
    def method(self) -> str:
        """The Web API method, "" for an upload."""
        return self.path.removeprefix("/api/") if self.path.startswith("/api/") else ""

    @property
    def arguments(self) -> dict[str, Any]:
        """What was asked, whether as a form or as JSON."""
        if "json" in self.headers.get("content-type", ""):
            found: dict[str, Any] = json.loads(self.body)
            return found
        return dict(urllib.parse.parse_qsl(self.body.decode()))

    @property
    def said(self) -> dict[str, Any]:
        """The answer."""
        found: dict[str, Any] = json.loads(self.answer)
        return found


class Recorder:
    """The calls in the order of their answers, and what was told to one person alone.

    Attributes:
        target: The emulator's port.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.target = 0
        self.calls: list[Call] = []
        self.told: list[tuple[str, dict[str, Any]]] = []

    def methods(self) -> set[str]:
        """The Web API methods that were called."""
        return {call.method for call in self.calls if call.method}

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, str, bytes]:
        """Take a request: hand it on to the emulator, or keep what is told to one person."""
        if path.startswith(TO_ONE):
            self.told.append((path.removeprefix(TO_ONE), json.loads(body)))
            return 200, "text/plain", b"ok"
        passed = {name: headers[name] for name in headers if name in _PASSED}
        sent = _TRIGGER.sub(lambda found: self._trigger(found[1].decode(), passed), body)
        status, kind, answer = self._hand_on(path, passed, sent)
        self.calls.append(Call(path, headers, body, status, answer))
        return status, kind, answer

    def _trigger(self, user: str, passed: dict[str, str]) -> bytes:
        """Have the emulator make a trigger for somebody."""
        headers = {**passed, "content-type": "application/json"}
        asked = json.dumps({"user_id": user}).encode()
        made = json.loads(self._hand_on("/api/views.generateTriggerId", headers, asked)[2])
        return str(made["trigger_id"]).encode()

    def _hand_on(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, str, bytes]:
        link = http.client.HTTPConnection("127.0.0.1", self.target, timeout=300)
        try:
            link.request("POST", path, body, headers)
            reply = link.getresponse()
            return reply.status, reply.headers.get("content-type", "application/json"), reply.read()
        finally:
            link.close()


_PASSED = {"authorization", "content-type"}


@contextmanager
def recording() -> Iterator[Recorder]:
    """Run a recorder at a free port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, kind, answer = recorder.answer(self.path, headers, body)
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            """Keep quiet: the calls are kept in full."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    recorder = Recorder(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield recorder
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
