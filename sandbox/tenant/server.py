"""The HTTP side of the tenant: one Starlette application and its services.

Longer than other files because it is a list: each service is a few lines in the shape of the others.
"""

from __future__ import annotations

import asyncio
import base64
import re
import socket
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, get_args
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import orjson
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route as WebRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from graph import contract
from graph.contract import Method, Version
from sandbox.scenarios.state import Json, graph_time
from sandbox.tenant import (
    alerts,
    attacker,
    audit_search,
    browser_sign_in,
    callers,
    device_code,
    directory,
    enforcing,
    exchange,
    graph_writes,
    login,
    mail,
    registering,
    reports,
)
from sandbox.tenant.cmdlets import registry
from sandbox.tenant.core import Answer, Ask, Core, Route
from sandbox.tenant.faults import Call, Fault
from sandbox.tenant.problems import (
    CmdletError,
    GraphError,
    LoginError,
    NulBodyError,
    RefusalError,
    bad_request,
)

ROUTES: tuple[Route, ...] = (
    *directory.ROUTES,
    *reports.ROUTES,
    *audit_search.ROUTES,
    *mail.ROUTES,
    *graph_writes.ROUTES,
    *alerts.ROUTES,
    *registering.ROUTES,
)
"""What answers every row of the contract; $batch stands apart."""
EXCHANGE = {**registry.READS, **registry.WRITES, **registering.CMDLETS}
COMPLIANCE = {
    **registry.COMPLIANCE_READS,
    **registry.COMPLIANCE_WRITES,
    **registering.COMPLIANCE_CMDLETS,
}
BATCH_SIZE = 20
_HTML = "<html><head><title>{0}</title></head><body>Our services aren't available right now</body></html>"
_INVOKE = re.compile(r"/adminapi/beta/(?P<tenant>[^/]+)/(?P<what>InvokeCommand|\$batch)")
_MODULE = re.compile(r"/adminapi/v1\.0/(?P<tenant>[^/]+)/EXOModuleFile")
_BANNER = re.compile(r"/adminapi/beta/(?P<tenant>[^/]+)/EXOBanner\('AutogenSession'\)")
_HANDLERS = {(route.method, route.path): route.handler for route in ROUTES}
_VERSIONS: tuple[Version, ...] = get_args(Version)
_METHODS = get_args(Method)
_MAILBOX_PATH = re.compile(r"/users/([^/]+)/(?:mailFolders|messages|mailboxSettings)", re.IGNORECASE)


@dataclass
class Arrival:
    """One request as it came in, before anything is decided."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    raw: bytes

    @property
    def options(self) -> dict[str, str]:
        """The query's names and values."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    @property
    def body(self) -> Any:
        """The JSON body, None for an empty one. Raises GraphError 400 for anything else."""
        if not self.raw:
            return None
        try:
            return orjson.loads(self.raw)
        except orjson.JSONDecodeError as error:
            raise bad_request("The request body is not valid JSON.") from error


@dataclass
class Reply:
    """What goes back over the wire."""

    status: int
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def _json(status: int, body: Any, headers: dict[str, str] | None = None) -> Reply:
    if body is None:
        return Reply(status, b"", headers or {})
    return Reply(status, orjson.dumps(body), {"Content-Type": "application/json", **(headers or {})})


def _fault_reply(fault: Fault, service: str) -> Reply:
    status, headers = fault.status or 503, fault.headers()
    if fault.nul:
        return Reply(
            status, b"\0" * 512, {"Content-Type": "application/json", "Content-Encoding": "gzip", **headers}
        )
    if fault.html:
        return Reply(status, _HTML.format(status).encode(), {"Content-Type": "text/html", **headers})
    codes = {429: "TooManyRequests", 500: "UnknownError", 502: "BadGateway", 503: "serviceNotAvailable"}
    code = fault.code or codes.get(status, "UnknownError")
    message = fault.message or "The service is not available."
    if service in {"exchange", "compliance"}:
        return _json(status, CmdletError(status, code, "TransientException", message).body(), headers)
    date = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return _json(status, GraphError(status, code, message).body(date, str(uuid4()), ""), headers)


def _problem_reply(problem: RefusalError, request_id: str, client_request_id: str) -> Reply:
    match problem:
        case GraphError():
            date = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
            body = problem.body(date, request_id, client_request_id)
            return _json(problem.status, body, problem.headers)
        case CmdletError():
            return _json(problem.status, problem.body(), problem.headers)
        case LoginError():
            return _json(problem.status, problem.body(str(uuid4())), problem.headers)
        case NulBodyError():
            return _fault_reply(Fault(status=problem.status, nul=True), "exchange")
        case _:
            return Reply(problem.status, b"", problem.headers)


class Service:
    """One service of the tenant as an ASGI application: counts, delays, fails on demand, and answers."""

    def __init__(self, core: Core, name: str, prefix: str) -> None:
        self.core = core
        self.name = name
        self.prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            body = await request.body()
        except ClientDisconnect:
            return  # half a request: who sent it is gone, and nothing is done for it
        arrival = Arrival(
            request.method,
            scope["path"].removeprefix(self.prefix),
            scope["query_string"].decode(),
            {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]},
            body,
        )
        call = self._call(arrival)
        self.core.calls.append(call)
        fault = self.core.faults.take(arrival.method, self._names(arrival, call))
        reply = await self._guarded(arrival, fault)
        call.ended = monotonic()
        if fault is None or not fault.breaks:
            call.effective = reply is not None and reply.status < 400
        else:
            # A request that was refused on its merits got the refusal, not the fault.
            call.effective = fault.done and (reply is None or reply.status == (fault.status or 503))
        if reply is None:
            _reset(scope["sandbox.transport"])
            # The server notices the lost connection in its next turn and then expects no answer.
            await asyncio.sleep(0.01)
            return
        call.status = reply.status
        reply.headers.setdefault("request-id", str(uuid4()))
        if call.client_request_id:
            reply.headers.setdefault("client-request-id", call.client_request_id)
        await Response(reply.content, reply.status, reply.headers)(scope, receive, send)

    async def _guarded(self, arrival: Arrival, fault: Fault | None) -> Reply | None:
        """The answer after the delay, a refusal in the service's words, or None for a reset connection."""
        wait = self.core.latency + (fault.slow if fault else 0.0)
        try:
            with self.core.limits.mailbox(self._mailbox(arrival)):
                await asyncio.sleep(wait)
                while fault and fault.held and not fault.held.is_set():  # noqa: ASYNC110 - a thread sets it
                    await asyncio.sleep(0.01)
                wait = 0.0
                return self._reply(arrival, fault)
        except RefusalError as problem:
            # A mailbox without a free place refuses before the delay; a refusal is as far away as an answer.
            await asyncio.sleep(wait)
            return _problem_reply(problem, str(uuid4()), arrival.headers.get("client-request-id", ""))

    def _call(self, arrival: Arrival) -> Call:
        name, identity = None, ""
        if self.name in {"exchange", "compliance"} and arrival.raw.startswith(b"{"):
            try:
                name = exchange.cmdlet_name(arrival.body)
                identity = exchange.identity_of(arrival.body) if name else ""
            except GraphError:
                name = None
        return Call(
            self.name,
            arrival.method,
            self.prefix + arrival.path,
            arrival.query,
            name,
            started=monotonic(),
            client_request_id=arrival.headers.get("client-request-id"),
            identity=identity,
        )

    def _names(self, arrival: Arrival, call: Call) -> tuple[str, ...]:
        short = arrival.path
        if self.name == "graph":
            short = "/" + short.lstrip("/").partition("/")[2]
        return (short, call.path) if call.cmdlet is None else (call.cmdlet, call.path)

    def _mailbox(self, arrival: Arrival) -> str | None:
        found = _MAILBOX_PATH.search(arrival.path) if self.name == "graph" else None
        if found is None:
            return None
        user = self.core.state.user(found.group(1))
        return str(user["id"]) if user else None

    def _reply(self, arrival: Arrival, fault: Fault | None) -> Reply | None:
        """The answer, or None for a connection to be reset."""
        self.core.state.settle()
        stale = fault.stale if fault else 0.0
        if fault is None or not fault.breaks:
            return self.answer(arrival, stale)
        if fault.done:
            self.answer(arrival, stale)
        return None if fault.reset else _fault_reply(fault, self.name)

    def answer(self, arrival: Arrival, stale: float) -> Reply:
        """The service's own answer."""
        raise NotImplementedError


class Login(Service):
    """Discovery and tokens."""

    def answer(self, arrival: Arrival, stale: float) -> Reply:
        """Answer a discovery or token request, or show the page where a person enters a code."""
        form = dict(parse_qsl(arrival.raw.decode(), keep_blank_values=True))
        if arrival.path == "/device":
            headers = {"Content-Type": "text/html; charset=utf-8"}
            return Reply(200, device_code.page(self.core, form).encode(), headers)
        parts = arrival.path.strip("/").split("/")
        tenant, rest = parts[0], "/".join(parts[1:])
        if rest == "oauth2/v2.0/authorize":
            headers = {"Content-Type": "text/html; charset=utf-8"}
            return Reply(200, browser_sign_in.page(self.core, arrival.options, form).encode(), headers)
        if arrival.method == "GET" and rest == "v2.0/.well-known/openid-configuration":
            return _json(200, login.discovery(self.core, tenant))
        if arrival.method == "POST" and rest == "oauth2/v2.0/token":
            return _json(200, login.token(self.core, tenant, form))
        if arrival.method == "POST" and rest == "oauth2/v2.0/devicecode":
            return _json(200, device_code.begin(self.core, form))
        return Reply(404)


class Graph(Service):
    """Graph v1.0 and beta."""

    def answer(self, arrival: Arrival, stale: float) -> Reply:
        """Check the token, then answer one request or a batch."""
        claims = login.accepted(self.core, arrival.headers.get("authorization", ""), "graph")
        if claims is None:
            message = "Access token validation failure. Invalid audience, signature or lifetime."
            raise GraphError(401, "InvalidAuthenticationToken", message)
        core = callers.seen_by(self.core, claims)
        version, _, rest = arrival.path.lstrip("/").partition("/")
        known = next((each for each in _VERSIONS if each == version), None)
        if known is None:
            raise bad_request("Invalid version: " + version)
        if rest == "$batch" and arrival.method == "POST":
            return self._batch(core, known, arrival)
        answer = self._one(core, known, "/" + rest, arrival, stale)
        return _json(answer.status, answer.body, dict(answer.headers))

    def _one(self, core: Core, version: Version, path: str, arrival: Arrival, stale: float) -> Answer:
        row = contract.endpoint_for(version, arrival.method, path)
        if row is None:
            raise _nowhere(version, path)
        if core.person:
            row = enforcing.as_person(row)
        options = arrival.options
        ask = Ask(
            core,
            row,
            version,
            path,
            row.values(path),
            options,
            dict(arrival.headers),
            arrival.body,
            stale,
        )
        core.limits.count(row.limit)
        enforcing.enforce(
            row,
            version,
            held=core.permissions,
            roles=core.directory_roles,
            options=options,
            headers=arrival.headers,
            body=ask.body,
        )
        if "$skiptoken" in options:
            cursor = core.cursors.get(options["$skiptoken"])
            if cursor is None:
                raise bad_request("The skip token is not valid.")
            return ask.leaf(cursor)
        return _HANDLERS[row.method, row.path](ask)

    def _batch(self, core: Core, version: Version, arrival: Arrival) -> Reply:
        body = arrival.body
        items = body.get("requests") if isinstance(body, dict) else None
        if not isinstance(items, list) or not 1 <= len(items) <= BATCH_SIZE:
            raise bad_request(f"A batch holds 1 to {BATCH_SIZE} requests.")
        ids = [str(item.get("id")) for item in items]
        if len(set(ids)) != len(ids):
            raise bad_request("The ids of a batch must be unique.")
        done: dict[str, Json] = {}
        for item in items:
            done[str(item["id"])] = self._batched(core, version, item, arrival, done)
        return _json(200, {"responses": list(reversed(done.values()))})

    def _batched(
        self, core: Core, version: Version, item: Json, outer: Arrival, done: dict[str, Json]
    ) -> Json:
        failed = [
            name for name in item.get("dependsOn", []) if done.get(name, {"status": 424})["status"] >= 400
        ]
        url = urlsplit(str(item["url"]))
        headers = {str(name).lower(): str(text) for name, text in (item.get("headers") or {}).items()}
        content = item.get("body")
        raw = orjson.dumps(content) if content is not None else b""
        arrival = Arrival(str(item["method"]), f"/{version}{url.path}", url.query, headers, raw)
        call = Call("graph", arrival.method, f"/graph/{version}{url.path}", url.query, batched=True)
        call.started = monotonic()
        call.client_request_id = headers.get("client-request-id") or outer.headers.get("client-request-id")
        self.core.calls.append(call)
        try:
            if failed:
                raise GraphError(424, "FailedDependency", "A request that this one depends on failed.")
            if content is not None and "content-type" not in headers:
                raise bad_request("A request with a body needs a Content-Type header.")
            fault = self.core.faults.take(arrival.method, (url.path, call.path))
            if fault is not None and fault.status is not None:
                reply = _fault_reply(fault, "graph")
            else:
                stale = fault.stale if fault else 0.0
                answer = self._one(core, version, url.path, arrival, stale)
                reply = _json(answer.status, answer.body, dict(answer.headers))
        except RefusalError as problem:
            reply = _problem_reply(problem, str(uuid4()), call.client_request_id or "")
        call.status, call.ended, call.effective = reply.status, monotonic(), reply.status < 400
        text = _part_body(reply.content)
        result: Json = {"id": str(item["id"]), "status": reply.status, "headers": reply.headers}
        return result if text is None else {**result, "body": text}


def _nowhere(version: Version, path: str) -> GraphError:
    """The refusal of a path that the version does not have, or has with other methods alone."""
    if any(contract.endpoint_for(version, method, path) for method in _METHODS):
        return GraphError(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request.")
    return bad_request(f"Resource not found for the segment '{path.strip('/').rpartition('/')[2]}'.")


def _part_body(content: bytes) -> Any:
    """The body of one part of a batch: JSON as it is, anything else as base64, None when it is empty."""
    if not content:
        return None
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return base64.b64encode(content).decode()


class Exchange(Service):
    """The admin endpoint of Exchange."""

    def answer(self, arrival: Arrival, stale: float) -> Reply:
        """Check the token and the path, then run one cmdlet or a batch of them."""
        return self._invoke(arrival, EXCHANGE, stale)

    def _invoke(self, arrival: Arrival, table: Mapping[str, exchange.Cmdlet], stale: float) -> Reply:
        claims = login.accepted(self.core, arrival.headers.get("authorization", ""), self.name)
        if claims is None:
            raise RefusalError(401, "wrong token", {"WWW-Authenticate": 'Bearer error="invalid_token"'})
        core = callers.seen_by(self.core, claims)
        held = core.compliance_cmdlets if self.name == "compliance" else core.exchange_cmdlets
        module = _MODULE.fullmatch(arrival.path)
        if module is not None and module["tenant"] == self.core.state.tenant_id:
            return _json(200, exchange.module_file(core, table, held))
        match = _INVOKE.fullmatch(arrival.path)
        if match is None or arrival.method != "POST":
            return Reply(405 if "/InvokeCommand" in arrival.path else 404)
        if match["tenant"] != self.core.state.tenant_id:
            raise RefusalError(401, "another tenant")
        if match["what"] == "$batch":
            return self._batch(arrival, table, stale)
        answer = exchange.invoke(
            core,
            table,
            held,
            service="compliance" if self.name == "compliance" else "exchange",
            link=f"{self._address(arrival)}{self.prefix}{arrival.path}",
            query=arrival.options,
            headers=arrival.headers,
            body=arrival.body,
            stale=stale,
        )
        return _json(answer.status, answer.body, dict(answer.headers))

    def _address(self, arrival: Arrival) -> str:
        """This server's address by the name that it was asked under, so that links lead back to that name."""
        own = urlsplit(self.core.url)
        asked = arrival.headers.get("host", "")
        return f"{own.scheme}://{asked}" if asked == f"localhost:{own.port}" else self.core.url

    def _batch(self, arrival: Arrival, table: Mapping[str, exchange.Cmdlet], stale: float) -> Reply:
        responses: list[Json] = []
        items = arrival.body.get("requests") if isinstance(arrival.body, dict) else None
        if not isinstance(items, list):
            raise exchange.bad_parameters('The request body must be {"requests": […]}.')
        for item in items:
            url = urlsplit(str(item["url"]))
            headers = {**arrival.headers}
            headers |= {str(name).lower(): str(text) for name, text in (item.get("headers") or {}).items()}
            inner = Arrival(
                "POST",
                arrival.path.replace("$batch", "InvokeCommand"),
                url.query,
                headers,
                orjson.dumps(item["body"]),
            )
            call = Call(
                self.name,
                "POST",
                self.prefix + inner.path,
                url.query,
                exchange.cmdlet_name(item["body"]),
                batched=True,
            )
            call.started = monotonic()
            self.core.calls.append(call)
            fault = self.core.faults.take("POST", (call.cmdlet or "",))
            try:
                reply = _fault_reply(fault, self.name) if fault else self._invoke(inner, table, stale)
            except RefusalError as problem:
                reply = _problem_reply(problem, str(uuid4()), "")
            call.status, call.ended = reply.status, monotonic()
            text = _part_body(reply.content)
            responses.append(
                {"id": item["id"], "status": reply.status, "headers": reply.headers, "body": text}
            )
        return _json(200, {"responses": responses})


class Compliance(Exchange):
    """The regional compliance endpoint, where cmdlets run."""

    def answer(self, arrival: Arrival, stale: float) -> Reply:
        """Run one cmdlet of the compliance endpoint."""
        return self._invoke(arrival, COMPLIANCE, stale)


class ComplianceFront(Service):
    """The compliance address that everyone knows; it only tells where the region's endpoint is."""

    def answer(self, arrival: Arrival, stale: float) -> Reply:
        """Redirect to the regional host, which is another host name on purpose."""
        if login.accepted(self.core, arrival.headers.get("authorization", ""), "compliance") is None:
            raise RefusalError(401, "wrong token")
        if not (_BANNER.fullmatch(arrival.path) or _INVOKE.fullmatch(arrival.path)):
            return Reply(404)
        region = self.core.url.replace("127.0.0.1", "localhost") + "/compliance-region"
        query = f"?{arrival.query}" if arrival.query else ""
        return Reply(302, b"", {"Location": f"{region}{arrival.path}{query}"})


class Controls(Service):
    """Faults, the record of calls, the clock and the attacker, for drivers outside this process."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer without counting or delaying."""
        request = Request(scope, receive)
        raw = await request.body()
        path = scope["path"].removeprefix(self.prefix)
        if path == "/faults" and request.method == "POST":
            asked = orjson.loads(raw)
            self.core.faults.add(asked["target"], Fault(**asked["fault"]), asked.get("times"))
            reply = _json(204, None)
        elif path == "/faults" and request.method == "DELETE":
            self.core.faults.clear()
            reply = _json(204, None)
        elif path == "/calls" and request.method == "GET":
            reply = _json(200, [asdict(call) for call in self.core.calls])
        elif path == "/calls" and request.method == "DELETE":
            self.core.calls.clear()
            reply = _json(204, None)
        elif path == "/clock" and request.method == "POST":
            self.core.state.let_pass(timedelta(seconds=float(orjson.loads(raw)["seconds"])))
            reply = _json(200, {"now": graph_time(self.core.state.clock())})
        elif path == "/attacker" and request.method == "POST":
            reply = self._attack(orjson.loads(raw))
        else:
            reply = Reply(404)
        await Response(reply.content, reply.status, reply.headers)(scope, receive, send)

    def _attack(self, asked: Json) -> Reply:
        """Let the attacker act; 404 for an act or a person that is not known."""
        try:
            done = attacker.ACTS[asked["act"]](self.core.state, asked["user"])
        except KeyError as error:
            return _json(404, {"unknown": str(error.args[0])})
        return _json(200, {"worked": done is not False})


def _reset(transport: Any) -> None:
    """Cut the connection hard, so that the client sees a reset and no answer."""
    peer = transport.get_extra_info("socket")
    if peer is not None:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def application(core: Core) -> ASGIApp:
    """The tenant's services under their paths."""
    services: list[Service] = [
        Login(core, "login", "/login"),
        Graph(core, "graph", "/graph"),
        Exchange(core, "exchange", "/exchange"),
        Compliance(core, "compliance", "/compliance-region"),
        ComplianceFront(core, "compliance", "/compliance"),
        Controls(core, "sandbox", "/sandbox"),
    ]
    routes = [WebRoute(service.prefix + "/{rest:path}", endpoint=service) for service in services]
    inner = Starlette(routes=routes)

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        # The connection is handed on so that a fault can cut it; frameworks below wrap ``send``.
        scope["sandbox.transport"] = getattr(getattr(send, "__self__", None), "transport", None)
        await inner(scope, receive, send)

    return outer
