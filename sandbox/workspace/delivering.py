"""How what a person did reaches the app: by Socket Mode, or by signed HTTP, and once more after a failure."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from .server import Server
from .state import WorkspaceState
from .values import Delivery


class Delivering:
    """The way from the workspace to the app.

    Attributes:
        http_url: set it to deliver by signed HTTP to this address instead of Socket Mode.
        signing_secret: what the requests are signed with.
        ack_seconds: how long the app has to ack, in seconds.
    """

    def __init__(self, state: WorkspaceState, server: Server) -> None:
        self._state = state
        self._server = server
        self.http_url: str | None = None
        self.signing_secret = state.signing_secret
        self.ack_seconds = state.trigger_seconds

    def _deliver(
        self,
        kind: str,
        payload: Mapping[str, Any],
        *,
        form: Mapping[str, Any] | None = None,
        retry: tuple[int, str] | None = None,
    ) -> Delivery:
        if self.http_url is not None:
            return self._sign_and_post(kind, payload, form, retry)
        envelope: dict[str, Any] = {
            "envelope_id": secrets.token_hex(16),
            "type": kind,
            "payload": payload,
            "accepts_response_payload": kind != "events_api",
        }
        if retry is not None:
            envelope |= {"retry_attempt": retry[0], "retry_reason": retry[1]}
        return self._send(kind, envelope)

    def _retry_reason(self, failed: Delivery) -> str:
        if self.http_url is None:
            return "timeout"
        if failed.http_status is not None:
            return "http_error"
        return "http_timeout" if failed.error == "operation_timeout" else "connection_failed"

    def _send(self, kind: str, envelope: Mapping[str, Any]) -> Delivery:
        payload, seconds, error = self._server.hub.deliver(envelope, self.ack_seconds)
        return Delivery(kind, envelope, payload, seconds, error)

    def _sign_and_post(
        self,
        kind: str,
        payload: Mapping[str, Any],
        form: Mapping[str, Any] | None,
        retry: tuple[int, str] | None,
    ) -> Delivery:
        body = json.dumps(payload).encode() if form is None else urlencode(form).encode()
        stamp = str(int(self._state.seconds()))
        base = b"v0:" + stamp.encode() + b":" + body
        signature = hmac.new(self.signing_secret.encode(), base, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json" if form is None else "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={signature}",
            "User-Agent": "Slackbot 1.0",
        }
        if retry is not None:
            headers |= {"X-Slack-Retry-Num": str(retry[0]), "X-Slack-Retry-Reason": retry[1]}
        return self._post(kind, {"payload": payload, "headers": headers}, body, headers)

    def _post(
        self, kind: str, envelope: Mapping[str, Any], body: bytes, headers: Mapping[str, str]
    ) -> Delivery:
        url = urlsplit(self.http_url or "")
        start = time.perf_counter()
        connection = http.client.HTTPConnection(
            url.hostname or "127.0.0.1", url.port, timeout=self.ack_seconds
        )
        status: int | None = None
        answered: dict[str, str] = {}
        ack: Mapping[str, Any] | None = None
        error: str | None = None
        try:
            connection.request("POST", url.path or "/", body, dict(headers))
            response = connection.getresponse()
            raw = response.read()
            status = response.status
            answered = {k.lower(): v for k, v in response.getheaders()}
            if status != 200:
                error = "dispatch_failed"
            elif raw:
                is_json = answered.get("content-type", "").startswith("application/json")
                ack = json.loads(raw) if is_json else {"text": raw.decode()}
        except TimeoutError:
            error = "operation_timeout"
        except (OSError, http.client.HTTPException):
            error = "dispatch_failed"
        finally:
            connection.close()
        seconds = time.perf_counter() - start
        return Delivery(kind, envelope, ack, seconds, error, status, body, answered)
