"""The other way to hear Slack: signed HTTP requests, for those who can offer a public address.

Bolt checks the signature and its age. A request that is delivered a second time within that age would pass
again, so good signatures are remembered for as long; bad ones are not, or anyone could fill our memory.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

import structlog
from slack_bolt import App
from slack_bolt.adapter.starlette.handler import to_bolt_request, to_starlette_response
from slack_sdk.signature import SignatureVerifier
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.web_server import WebServer, body_of

log = structlog.get_logger(__name__)

PATH = "/slack/events"
REMEMBERED = 600.0
"""Seconds for which a signature is remembered; Slack's own are good for 300 in either direction."""
LARGEST = 1_000_000
"""Bytes of one request; Slack's are a few thousand."""


class Seen:
    """Signatures that were used.

    Args:
        seconds: A clock that only goes forward.
    """

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._seen: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def is_new(self, signature: str) -> bool:
        """Note a signature; False when it was noted before."""
        with self._lock:
            now = self._seconds()
            while self._seen and now - next(iter(self._seen.values())) > REMEMBERED:
                self._seen.popitem(last=False)
            if signature in self._seen:
                return False
            self._seen[signature] = now
            return True


def make_site(app: App, seen: Seen, signing_secret: str) -> Starlette:
    """Make the web application that takes Slack's requests."""
    verifier = SignatureVerifier(signing_secret)

    async def events(request: Request) -> Response:
        body = await body_of(request, LARGEST)
        if body is None:
            return PlainTextResponse("This request is too large.", status_code=413)
        signature = request.headers.get("x-slack-signature", "")
        if not _is_signed(verifier, body, request.headers.get("x-slack-request-timestamp", ""), signature):
            log.info("A request is not signed by Slack.", action="http.unsigned")
            return PlainTextResponse("This request is not signed by Slack.", status_code=401)
        if not seen.is_new(signature):
            log.warning("A request came a second time.", action="http.replayed")
            return PlainTextResponse("This request was delivered before.", status_code=409)
        # Bolt is synchronous; on the event loop one slow request would hold up all others.
        answer = await run_in_threadpool(app.dispatch, to_bolt_request(request, body))
        return to_starlette_response(answer)

    async def health(_: Request) -> Response:
        return PlainTextResponse("ok")

    return Starlette(routes=[Route(PATH, events, methods=["POST"]), Route("/health", health)])


def _is_signed(verifier: SignatureVerifier, body: bytes, timestamp: str, signature: str) -> bool:
    """Say whether Slack signed this, and lately. What is no number or no text is not Slack's."""
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12 or not signature.isascii():
        return False
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return False
    return verifier.is_valid(body=text, timestamp=timestamp, signature=signature)


class HttpServer(WebServer):
    """Takes Slack's requests in a thread of its own.

    Args:
        app: Bolt's app.
        host: The address to listen on.
        port: The port; 0 takes a free one.
        signing_secret: What Slack signs its requests with.
    """

    def __init__(self, app: App, host: str, port: int, signing_secret: str) -> None:
        super().__init__(make_site(app, Seen(time.monotonic), signing_secret), host, port, PATH)
