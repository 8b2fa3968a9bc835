"""The workspace's addresses: Web API, uploads, response URLs, and the Socket Mode connections.

One Starlette application, run by uvicorn in a thread of its own, on 127.0.0.1 only. Requests with a
foreign Host or Origin are refused, so that no page in a browser can reach it.

Longer than other files because all addresses share one application and its guard.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from . import directory, methods
from .errors import RefusedError
from .faults import Fault, Faults
from .state import RESPONSE_URL_SECONDS, RESPONSE_URL_USES, WorkspaceState
from .values import ApiCall, Message
from .web_api.common import TEXT_KEPT

PING_SECONDS = 0.25
"""How often the server pings; short, because the client's own close waits for the next frame."""


STARTS_WITHIN = 60.0
"""Seconds in which the server has to start, and to stop."""


@dataclass(eq=False, slots=True)
class Connection:
    """One Socket Mode connection; nothing new is sent on it once it is `leaving`."""

    socket: WebSocket
    leaving: bool = False


@dataclass(eq=False, slots=True)
class Waiting:
    """An envelope that waits for its ack."""

    done: threading.Event = field(default_factory=threading.Event)
    payload: Mapping[str, Any] | None = None
    at: float = 0.0


class Hub:
    """The Socket Mode connections of the app; each envelope goes to one of them, in turn."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self._connections: list[Connection] = []
        self._waiting: dict[str, Waiting] = {}
        self._tickets: set[str] = set()
        self._turn = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._change = threading.Condition()

    def ticket(self) -> str:
        """Return a ticket for one connection."""
        ticket = secrets.token_urlsafe(12)
        self._tickets.add(ticket)
        return ticket

    @property
    def connections(self) -> int:
        """How many connections take payloads now."""
        with self._change:
            return sum(not c.leaving for c in self._connections)

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one connection until it ends."""
        ticket = websocket.query_params.get("ticket", "")
        if ticket not in self._tickets:
            await websocket.close(4401)
            return
        self._tickets.discard(ticket)
        await websocket.accept()
        connection = Connection(websocket)
        hello = {
            "type": "hello",
            "num_connections": self.connections + 1,
            "debug_info": {"host": "sandbox", "approximate_connection_time": 18_060},
            "connection_info": {"app_id": directory.APP_ID},
        }
        await websocket.send_json(hello)
        with self._change:
            self._connections.append(connection)
            self._change.notify_all()
        try:
            while True:
                self._read(await websocket.receive_text())
        except WebSocketDisconnect:
            return
        finally:
            with self._change:
                self._connections.remove(connection)
                self._change.notify_all()

    def _read(self, text: str) -> None:
        answer = json.loads(text)
        with self._change:
            waiting = self._waiting.get(str(answer.get("envelope_id")))
        if waiting and not waiting.done.is_set():
            waiting.at = time.perf_counter()
            waiting.payload = answer.get("payload")
            waiting.done.set()

    def _pick(self, timeout: float) -> Connection | None:
        with self._change:
            self._change.wait_for(lambda: any(not c.leaving for c in self._connections), timeout)
            ready = [c for c in self._connections if not c.leaving]
            self._turn += 1
            return ready[self._turn % len(ready)] if ready else None

    def wait_connected(self, timeout: float) -> bool:
        """Wait until the app is connected; return whether it is. Called from any thread."""
        with self._change:
            return self._change.wait_for(lambda: any(not c.leaving for c in self._connections), timeout)

    def wait_disconnected(self, timeout: float) -> bool:
        """Wait until no connection is left; return whether that is so. Called from any thread."""
        with self._change:
            return self._change.wait_for(lambda: not self._connections, timeout)

    def deliver(
        self, envelope: Mapping[str, Any], timeout: float
    ) -> tuple[Mapping[str, Any] | None, float, str | None]:
        """Send an envelope to one connection and wait for its ack; return ack payload, seconds, error.

        Called from any thread but the server's.
        """
        connection = self._pick(timeout)
        if connection is None or self.loop is None:
            return None, timeout, "dispatch_failed"
        waiting = Waiting()
        with self._change:
            self._waiting[envelope["envelope_id"]] = waiting
        text = json.dumps(envelope)
        start = time.perf_counter()
        self.loop.call_soon_threadsafe(self._start, connection, text)
        acked = waiting.done.wait(timeout)
        with self._change:
            self._waiting.pop(envelope["envelope_id"], None)
        if not acked:
            return None, time.perf_counter() - start, "operation_timeout"
        return waiting.payload, waiting.at - start, None

    def _start(self, connection: Connection, text: str) -> None:
        self._keep(connection.socket.send_text(text))

    def _keep(self, work: Awaitable[None]) -> None:
        async def run() -> None:
            # A connection that broke meanwhile shows as a missing ack, as it does at Slack.
            with suppress(WebSocketDisconnect, RuntimeError):
                await work

        task = asyncio.ensure_future(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def disconnect(self, reason: str | None) -> int:
        """Cut the connections (`None`), or tell them to go (`refresh_requested`, `warning`).

        Return how many.
        """
        with self._change:
            going = [c for c in self._connections if not c.leaving]
            for connection in going:
                connection.leaving = True
        for connection in going:
            if self.loop is not None:
                self.loop.call_soon_threadsafe(self._keep, self._leave(connection, reason))
        return len(going)

    async def _leave(self, connection: Connection, reason: str | None) -> None:
        if reason is not None:
            goodbye = {"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}}
            await connection.socket.send_json(goodbye)
            if reason == "warning":
                return
            await asyncio.sleep(0.5)
        await connection.socket.close(1011)


class _Guard:
    """Refuses what does not come from this machine by its own name."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request if its Host and Origin are local."""
        if scope["type"] in {"http", "websocket"}:
            headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
            host = headers.get("host", "").rsplit(":", 1)[0]
            origin = headers.get("origin", "")
            if host not in {"127.0.0.1", "localhost"} or (
                origin and origin.split("//")[-1] != headers["host"]
            ):
                if scope["type"] == "websocket":
                    await send({"type": "websocket.close", "code": 4403})
                else:
                    await Response("This address serves only its own machine.", 403)(scope, receive, send)
                return
        await self._app(scope, receive, send)


class _Cut(Response):
    """An answer that breaks off.

    It promises more than it sends, so that the client sees a broken connection.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"1000"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": False})


async def _raw_arguments(request: Request) -> dict[str, Any]:
    """Return the arguments however they came: query, form, multipart or JSON."""
    found: dict[str, Any] = dict(request.query_params)
    body = await request.body()
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if not body:
        return found
    if kind == "application/json":
        try:
            parsed = json.loads(body)
        except ValueError as error:
            raise RefusedError("invalid_json") from error
        if not isinstance(parsed, dict):
            raise RefusedError("json_not_object")
        return found | parsed
    if kind == "multipart/form-data":
        async with request.form() as form:
            return found | {k: v for k, v in form.items() if isinstance(v, str)}
    return found | dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True))


class Server:
    """The running server: its thread, its loop, its addresses."""

    def __init__(self, state: WorkspaceState, *, port: int, latency: float) -> None:
        self.state = state
        self.hub = Hub()
        self.faults = Faults(self.hub.disconnect)
        self.latency = latency
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", port))
        self.port: int = self._socket.getsockname()[1]
        state.url = f"http://127.0.0.1:{self.port}"
        routes = [
            Route("/api/{method}", self._api, methods=["GET", "POST"]),
            Route("/upload/v1/{file_id}", self._upload, methods=["POST", "PUT"]),
            Route("/response/{key}", self._response_url, methods=["POST"]),
            Route("/files/{file_id}/{name:path}", self._download, methods=["GET"]),
            WebSocketRoute("/link", self.hub.serve),
        ]
        config = uvicorn.Config(
            _Guard(Starlette(routes=routes)),
            lifespan="off",
            ws="websockets-sansio",
            ws_ping_interval=PING_SECONDS,
            ws_ping_timeout=300,
            ws_per_message_deflate=False,
            log_config=None,
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            timeout_graceful_shutdown=2,
            loop="asyncio",
            backlog=1024,
        )
        self._uvicorn = _Announcing(config, self._started)
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="slack-workspace", daemon=True)

    def start(self) -> None:
        """Start the thread and return when requests are taken."""
        self._thread.start()
        if not self._ready.wait(STARTS_WITHIN):
            raise TimeoutError(f"The local Slack workspace did not start within {STARTS_WITHIN:.0f} seconds.")

    def _run(self) -> None:
        self._uvicorn.run(sockets=[self._socket])

    def _started(self) -> None:
        self.hub.loop = asyncio.get_running_loop()
        self._ready.set()

    def stop(self) -> None:
        """Close everything and wait for the thread."""
        self._uvicorn.should_exit = True
        self._thread.join(STARTS_WITHIN)
        self._socket.close()

    # faults

    async def _before(self, name: str) -> tuple[Fault | None, Response | None]:
        """Wait as long as the answer shall take.

        Return the fault in force and, if it strikes at once, its answer.
        """
        fault = self.faults.take(name)
        if self.latency:
            await asyncio.sleep(self.latency)
        if fault is None:
            return None, None
        if fault.delay:
            await asyncio.sleep(fault.delay)
        return fault, None if fault.after_effect else self._trouble(fault)

    def _trouble(self, fault: Fault) -> Response | None:
        if fault.reset:
            return _Cut()
        if not fault.status:
            return None
        headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        return Response(fault.body, fault.status, headers, media_type=fault.content_type)

    # Web API

    async def _api(self, request: Request) -> Response:
        name = request.path_params["method"]
        args: dict[str, Any] = {}
        fault, trouble = await self._before(name)
        try:
            args = await _raw_arguments(request)
            header = request.headers.get("authorization", "")
            token = header.removeprefix("Bearer ") if header.startswith("Bearer ") else args.get("token")
            if trouble is not None and fault is not None:
                self._count(name, args, ok=False, error=fault.error, status=fault.status)
                return trouble
            wait = self._rate_limit(name, args)
            if wait:
                self._count(name, args, ok=False, error="ratelimited", status=429)
                body = {"ok": False, "error": "ratelimited"}
                return JSONResponse(body, 429, {"Retry-After": str(wait)})
            answer = methods.call(self.state, name, args, token)
        except RefusedError as refusal:
            self._count(name, args, ok=False, error=refusal.code)
            return self._answer(name, {"ok": False, "error": refusal.code, **refusal.extra})
        if name == "apps.connections.open":
            answer["url"] = (
                f"ws://127.0.0.1:{self.port}/link?ticket={self.hub.ticket()}&app_id={directory.APP_ID}"
            )
        self._count(name, args, ok=True)
        lost = self._trouble(fault) if fault is not None and fault.after_effect else None
        return lost or self._answer(name, {"ok": True, **answer})

    def _answer(self, name: str, body: dict[str, Any]) -> Response:
        known = methods.METHODS.get(name)
        headers = {
            "X-OAuth-Scopes": ",".join(sorted(self.state.manifest.scopes)),
            "X-Slack-Req-Id": secrets.token_hex(8),
        }
        if known and known.scopes:
            headers["X-Accepted-OAuth-Scopes"] = ",".join(known.scopes)
        return JSONResponse(body, headers=headers)

    def _rate_limit(self, name: str, args: Mapping[str, Any]) -> int:
        method = methods.METHODS.get(name)
        if method is None:
            return 0
        channel = args.get("channel")
        with self.state.lock:
            known = self.state.channel(str(channel)) if channel else None
            return self.state.limits.wait(
                name, method.tier, known.id if known else channel, self.state.seconds()
            )

    def _count(
        self, name: str, args: Mapping[str, Any], *, ok: bool, error: str | None = None, status: int = 200
    ) -> None:
        try:
            readable = methods.arguments(args)
        except RefusedError:
            readable = dict(args)
        readable.pop("token", None)
        with self.state.lock:
            self.state.calls.append(ApiCall(name, readable, self.state.now(), ok, error, status))
            self.state.touch(visible=False)

    # files

    async def _upload(self, request: Request) -> Response:
        _, trouble = await self._before("upload")
        if trouble is not None:
            return trouble
        upload_id = request.path_params["file_id"]
        if request.headers.get("content-type", "").startswith("multipart/form-data"):
            async with request.form() as form:
                parts = [part for part in form.values() if not isinstance(part, str)]
                content = await parts[0].read() if parts else b""
        else:
            content = await request.body()
        with self.state.lock:
            upload = self.state.uploads.get(upload_id)
            if upload is None or upload.content is not None:
                return Response("upload not found", 404, media_type="text/plain")
            if len(content) != upload.length:
                return Response(
                    f"expected {upload.length} bytes, got {len(content)}", 400, media_type="text/plain"
                )
            self.state.uploads[upload_id] = replace(upload, content=content)
        return Response(f"OK - {len(content)}", media_type="text/plain")

    async def _download(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {self.state.bot_token}":
            return Response("not signed in", 403, media_type="text/plain")
        with self.state.lock:
            found = self.state.files.get(request.path_params["file_id"])
        if found is None:
            return Response("no such file", 404, media_type="text/plain")
        return Response(found.content, media_type="application/octet-stream")

    # response URLs

    async def _response_url(self, request: Request) -> Response:
        _, trouble = await self._before("response_url")
        if trouble is not None:
            return trouble
        try:
            body = json.loads(await request.body())
        except ValueError:
            return JSONResponse({"ok": False, "error": "invalid_payload"}, 400)
        with self.state.lock:
            found = self.state.response_urls.get(request.path_params["key"])
            if found is None:
                return JSONResponse({"ok": False, "error": "invalid_url"}, 404)
            if self.state.seconds() - found.at > RESPONSE_URL_SECONDS:
                return JSONResponse({"ok": False, "error": "expired_url"}, 404)
            if found.uses >= RESPONSE_URL_USES:
                return JSONResponse({"ok": False, "error": "used_url"}, 404)
            found.uses += 1
            try:
                self.state.record(
                    "response_url",
                    channel=found.channel,
                    ts=found.message_ts,
                    thread_ts=None,
                    user=self.state.bot.id,
                    text=str(body.get("text") or ""),
                    blocks=body.get("blocks") or [],
                    response_type=body.get("response_type", "ephemeral"),
                    replace_original=bool(body.get("replace_original", False)),
                    delete_original=bool(body.get("delete_original", False)),
                )
                answer(self.state, body, found.user, found.channel, found.message_ts)
            except RefusedError as refusal:
                return JSONResponse({"ok": False, "error": refusal.code, **refusal.extra}, 400)
        return JSONResponse({"ok": True})


def answer(
    state: WorkspaceState, body: Mapping[str, Any], user: str, channel: str, message_ts: str | None = None
) -> Message | None:
    """Carry out what an ack or a response URL asks for: a new message, a replacement or a deletion.

    Raises:
        RefusedError: the content breaks Slack's rules.
    """
    original = state.find_any(channel, message_ts) if message_ts else None
    if body.get("delete_original"):
        if original is not None:
            state.remove(original)
        return None
    blocks = state.checked_blocks(body.get("blocks"))
    text = str(body.get("text") or "")[:TEXT_KEPT]
    attachments = list(body.get("attachments") or [])
    if not (text or blocks or attachments):
        raise RefusedError("no_text")
    if body.get("replace_original") and original is not None:
        return state.change(
            original, text=text, blocks=blocks, attachments=attachments, edited=state.next_ts()
        )
    shown_to = None if body.get("response_type") == "in_channel" else user
    return state.post(
        Message(
            ts=state.next_ts(),
            channel=channel,
            user=state.bot.id,
            bot_id=directory.BOT_ID,
            text=text,
            blocks=blocks,
            attachments=attachments,
            thread_ts=body.get("thread_ts"),
            ephemeral_for=shown_to,
        )
    )


class _Announcing(uvicorn.Server):
    """A uvicorn server that says when it takes requests."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        self._announce()
