"""The page's addresses: the page itself, what people see and do, and the tenant's panel.

One Starlette application, run by uvicorn in a thread of its own, on 127.0.0.1 only. The page lets whoever
reaches it be anyone, so no one but a browser on this machine that was sent here by its user may reach it:
the Host must be this machine's, an Origin must be the page's own, and what changes something must come from
the page itself. Other users of the machine reach the port as well: each start makes a key, which stands in
the address that the sandbox prints and then in a cookie, and nothing is served without it.
"""

from __future__ import annotations

import asyncio
import hmac
import re
import secrets
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from sandbox.page import acts, seen
from sandbox.page.tenant_panel import Panel, Unknown
from sandbox.tenant import RunningTenant
from sandbox.workspace import RunningWorkspace

TICK = 0.1
"""Seconds between two looks for something new to tell a browser."""

TENANT_TICKS = 5
"""Every how many ticks the tenant is looked at; during a check something is new at every moment."""

LONGEST_BODY = 200_000
"""Bytes that a browser may send at once; a message has at most 12,000 characters."""

STATIC = Path(__file__).parent / "static"

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
        " frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}
"""What every answer carries."""

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_NAME = re.compile(r"[A-Za-z0-9_-]+\.[a-z0-9]+")


class _Guard:
    """Refuses what does not come from this machine and this page, and gives every answer its headers."""

    def __init__(self, app: ASGIApp, port: int, key: str) -> None:
        self._app = app
        self._key = key.encode()
        # By port, as a browser sends the cookies of one name of a machine to all its ports.
        self._cookie = f"sandbox-{port}"
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request if it may be served."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        refusal = self._refusal(scope)
        if refusal is None and self._brings_key(scope):
            # Sent on at once, so that the key stands in no address bar and in no history.
            held = f"{self._cookie}={self._key.decode()}; HttpOnly; SameSite=Strict; Path=/"
            await Response(None, 303, {"Location": "/", "Set-Cookie": held})(scope, receive, guarded)
            return
        if refusal is None and not self._holds_key(scope):
            refusal = "Open the address that the sandbox printed."
        if refusal is None:
            await self._app(scope, receive, guarded)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4403, "reason": refusal[:100]})
        else:
            # A person reads what the page itself answers, and the page's script what anything else does.
            by_hand = scope["path"] == "/"
            said = PlainTextResponse(refusal, 403) if by_hand else _refused(403, "forbidden", refusal)
            await said(scope, receive, guarded)

    def _brings_key(self, scope: Scope) -> bool:
        """Whether this is the address that the sandbox printed."""
        if scope["type"] != "http" or scope["path"] != "/" or scope["method"] not in {"GET", "HEAD"}:
            return False
        return hmac.compare_digest(scope["query_string"], b"key=" + self._key)

    def _holds_key(self, scope: Scope) -> bool:
        """Whether a browser that was sent here before asks."""
        name = self._cookie.encode()
        sent = [value for header, value in scope["headers"] if header == b"cookie"]
        pairs = [pair.strip().partition(b"=") for value in sent for pair in value.split(b";")]
        return any(one == name and hmac.compare_digest(value, self._key) for one, _, value in pairs)

    def _refusal(self, scope: Scope) -> str | None:
        """Why a request is not served; None when it is."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        host, origin, site = headers.get("host", ""), headers.get("origin"), headers.get("sec-fetch-site")
        if host not in self._hosts:
            return "This page serves only its own machine, by the names 127.0.0.1 and localhost."
        if origin is not None and origin != f"http://{host}":
            return "This page does not answer other pages."
        if site not in {None, "none", "same-origin"} and scope["path"] != "/":
            return "This page does not answer other pages."
        if scope["type"] == "websocket":
            return (
                None if origin is not None else "A browser says where it comes from; this request does not."
            )
        if scope["method"] in {"GET", "HEAD"}:
            return None
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            return "What is sent here must be JSON and say so (Content-Type: application/json)."
        if origin is None and site != "same-origin":
            return "What changes something must come from this page."
        return None


def _refused(status: int, error: str, says: str) -> JSONResponse:
    return JSONResponse({"error": error, "says": says, "errors": {}}, status)


async def _problem(request: Request, error: Exception) -> Response:
    """Say in JSON what Starlette or one of the handlers refused."""
    assert isinstance(error, HTTPException)
    return _refused(error.status_code, "refused", f"{error.detail}")


async def _mistake(request: Request, error: Exception) -> Response:
    """Say in JSON that the page itself failed; the server then tells its terminal what it was."""
    return _refused(500, "mistake", "The sandbox made a mistake; its terminal says more.")


class _Pages:
    """What answers at each address."""

    def __init__(self, slack: RunningWorkspace, panel: Panel) -> None:
        self._slack = slack
        self._panel = panel
        self.routes = [
            Route("/", self._index),
            Route("/favicon.ico", self._favicon),
            Route("/static/{name}", self._static),
            Route("/api/people", self._people),
            Route("/api/seen", self._seen),
            Route("/api/file/{file_id}", self._file),
            Route("/api/do", self._do, methods=["POST"]),
            Route("/api/tenant", self._tenant),
            Route("/api/tenant/do", self._pull, methods=["POST"]),
            WebSocketRoute("/api/live", self._live),
        ]

    # the page itself

    async def _index(self, request: Request) -> Response:
        return _own_file("index.html")

    async def _favicon(self, request: Request) -> Response:
        return Response(status_code=204)

    async def _static(self, request: Request) -> Response:
        return _own_file(request.path_params["name"])

    # what people see and do

    async def _people(self, request: Request) -> Response:
        return JSONResponse(seen.people(self._slack))

    async def _seen(self, request: Request) -> Response:
        part = _part(request.query_params)
        found = await run_in_threadpool(seen.seen, self._slack, part)
        return Response(orjson.dumps(found), media_type="application/json")

    async def _file(self, request: Request) -> Response:
        part, file_id = _part(request.query_params), request.path_params["file_id"]
        file = await run_in_threadpool(seen.file_of, self._slack, part, file_id)
        if file is None:
            # Whether there is such a file elsewhere is no one's business.
            raise HTTPException(404, "There is no such file where you can see it.")
        name = quote(file.name, safe="")
        if request.query_params.get("preview") != "1":
            headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
            return Response(file.content, 200, headers, media_type="application/octet-stream")
        headers = {"Content-Disposition": f"inline; filename*=UTF-8''{name}"}
        match seen.kind_of(file):
            case "image":
                return Response(file.content, 200, headers, media_type=seen.media_type(file))
            case "text":
                return Response(file.content, 200, headers, media_type="text/plain; charset=utf-8")
            case _:
                raise HTTPException(415, "This file can be downloaded, but not looked at here.")

    async def _do(self, request: Request) -> Response:
        part, asked = _part(request.query_params), await _body(request)
        try:
            return JSONResponse(await run_in_threadpool(acts.do, self._slack, part, asked))
        except acts.BadAct as error:
            raise HTTPException(400, str(error)) from error

    # the tenant

    async def _tenant(self, request: Request) -> Response:
        try:
            return JSONResponse(
                await run_in_threadpool(self._panel.shown, request.query_params.get("user") or None)
            )
        except Unknown as error:
            raise HTTPException(404, str(error)) from error

    async def _pull(self, request: Request) -> Response:
        asked = await _body(request)
        try:
            return JSONResponse({"says": await run_in_threadpool(self._panel.do, asked)})
        except Unknown as error:
            raise HTTPException(400, str(error)) from error

    # live

    async def _live(self, websocket: WebSocket) -> None:
        if websocket.query_params.get("as") not in seen.PARTS:
            await websocket.close(4404)
            return
        await websocket.accept()
        gone = asyncio.ensure_future(_until_closed(websocket))
        told: dict[str, int] = {}
        tick = 0
        try:
            while not gone.done():
                news = {"version": self._slack.state.visible_version}
                if tick % TENANT_TICKS == 0:
                    news["tenant"] = self._panel.version
                tick += 1
                for name, number in news.items():
                    if told.get(name) != number:
                        told[name] = number
                        await websocket.send_json({name: number})
                await asyncio.wait([gone], timeout=TICK)
        except (WebSocketDisconnect, RuntimeError):
            return  # the browser went away while something was being sent
        finally:
            gone.cancel()
            with suppress(asyncio.CancelledError):
                await gone


async def _until_closed(websocket: WebSocket) -> None:
    """Read, and pass over, what a browser sends until it goes away."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


def _own_file(name: str) -> Response:
    """One of the page's own files, by its bare name."""
    path = STATIC / name
    kind = _TYPES.get(path.suffix)
    if not _NAME.fullmatch(name) or kind is None or not path.is_file():
        raise HTTPException(404, "The page has no such file.")
    return Response(path.read_bytes(), media_type=kind)


def _part(query: Mapping[str, str]) -> str:
    part = query.get("as", "")
    if part not in seen.PARTS:
        raise HTTPException(404, f"as must be one of {', '.join(seen.PARTS)}.")
    return part


async def _body(request: Request) -> dict[str, Any]:
    """The JSON object that was sent."""
    raw = b""
    async for piece in request.stream():
        raw += piece
        if len(raw) > LONGEST_BODY:
            raise HTTPException(413, f"At most {LONGEST_BODY} bytes can be sent at once.")
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise HTTPException(400, "What was sent is no JSON.") from error
    if not isinstance(found, dict):
        raise HTTPException(400, "What was sent is no JSON object.")
    return found


class RunningPage:
    """The page, as long as it is served; a context manager."""

    def __init__(
        self,
        slack: RunningWorkspace,
        played: RunningTenant,
        let_pass: Callable[[timedelta], None],
        port: int,
    ) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind(("127.0.0.1", port))
            # Taken for good from here on, or refused at once; uvicorn would only find out in its thread.
            self._socket.listen()
        except OSError:
            self._socket.close()
            raise
        self.port: int = self._socket.getsockname()[1]
        self._key = secrets.token_urlsafe(24)
        pages = _Pages(slack, Panel(slack, played, let_pass))
        app = Starlette(
            routes=pages.routes, exception_handlers={HTTPException: _problem, Exception: _mistake}
        )
        config = uvicorn.Config(
            _Guard(app, self.port, self._key),
            loop="asyncio",
            lifespan="off",
            ws="websockets-sansio",
            ws_max_size=4096,
            log_config=None,
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws_ping_timeout=300,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="workspace-page", daemon=True
        )

    @property
    def url(self) -> str:
        """The page's address with the key of this start; whoever has it can be anyone in the sandbox."""
        return f"http://127.0.0.1:{self.port}/?key={self._key}"

    def start(self) -> None:
        """Serve from now on; browsers that come before the loop runs wait in the socket's queue."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and wait for the thread."""
        self._server.should_exit = True
        self._thread.join(10)
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
