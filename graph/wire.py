"""The one place where bytes leave and arrive: a shared pool of connections, and nothing clever.

It follows no redirect, keeps no cookie, repeats nothing, and reads a body whatever its headers claim about
it.
"""

from __future__ import annotations

import ssl
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Protocol
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict

from graph.errors import Broken, OutOfTime, Unreachable
from graph.limits import Deadline
from graph.reach import causes, out_of_reach
from graph.settings import is_loopback

CONNECT_SECONDS = 10.0
READ_SECONDS = 65.0
"""How long one answer may let us wait. Entra's authentication methods give up after 60 seconds themselves."""
_CHUNK = 65_536
LARGEST = 128 * 1024 * 1024
"""Bytes of one answer, also once uncompressed. A page of a thousand records is far smaller."""


class NeverSent(Unreachable):
    """No connection could be made, so nothing was sent: even a write has certainly not happened."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer; `body` is uncompressed where it really was compressed."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def ok(self) -> bool:
        """Whether the status is a success."""
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        """The body as text, unreadable bytes replaced."""
        return self.body.decode("utf-8", "replace")

    @property
    def request_id(self) -> str:
        """The service's own id of the request."""
        return str(self.headers.get("request-id") or self.headers.get("x-ms-request-id") or "")


class Carries(Protocol):
    """What carries bytes to Microsoft and back. Any thread may call it."""

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        deadline: Deadline,
    ) -> Reply:
        """Send one request and read its whole answer. Raises what `Wire.send` does."""
        ...

    def close(self) -> None:
        """Close all connections."""
        ...


class Wire:
    """A pool of connections that threads share.

    Args:
        threads: How many requests may be under way at the same time.
    """

    def __init__(self, threads: int) -> None:
        self._session = _session(threads)
        # What runs on this machine is never reached through a proxy, whatever the environment names as one.
        self._own = _session(threads)
        self._own.trust_env = False

    def close(self) -> None:
        """Close all connections."""
        self._session.close()
        self._own.close()

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        deadline: Deadline,
    ) -> Reply:
        """Send one request and read its whole answer.

        Raises:
            OutOfTime: when the deadline passed before that.
            NeverSent: when there was no connection.
            Unreachable: when the connection broke or went silent.
            Broken: when the answer is larger than any honest one.
        """
        deadline.check("waiting to send")
        limit = max(0.05, deadline.left)
        host = urlsplit(url).hostname or ""
        try:
            session = self._own if is_loopback(host) else self._session
            response = session.request(
                method,
                url,
                headers={"Accept-Encoding": "gzip", **headers},
                data=body,
                timeout=(min(CONNECT_SECONDS, limit), min(READ_SECONDS, limit)),
                allow_redirects=False,
                stream=True,
                auth=_as_it_is,
            )
            with response:
                content = _body_of(response.raw, deadline)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise _why(error, deadline, host) from error
        headers_back = CaseInsensitiveDict(response.headers)
        encoding = str(headers_back.get("Content-Encoding", "")).strip().lower()
        return Reply(response.status_code, headers_back, _uncompressed(content, encoding))


def _session(threads: int) -> requests.Session:
    session = requests.Session()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = HTTPAdapter(pool_connections=8, pool_maxsize=threads, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Leave the request alone; without this, requests would put a .netrc password in place of our token."""
    return request


def _body_of(raw: urllib3.HTTPResponse, deadline: Deadline) -> bytes:
    """Read the body as it comes, so that a server that drips cannot hold us beyond the deadline."""
    parts: list[bytes] = []
    size = 0
    while True:
        _wait_at_most(raw, deadline)
        part = raw.read1(_CHUNK, decode_content=False)
        if not part:
            return b"".join(parts)
        parts.append(part)
        size += len(part)
        if size > LARGEST:
            raise _too_large()
        deadline.check("receiving Microsoft's response")


def _wait_at_most(raw: urllib3.HTTPResponse, deadline: Deadline) -> None:
    """Let the next read wait for as long as there is time, which grew shorter with every part."""
    socket = getattr(raw.connection, "sock", None)
    if socket is not None:
        socket.settimeout(max(0.05, min(READ_SECONDS, deadline.left)))


def _too_large() -> Broken:
    return Broken(f"Microsoft's response is larger than {LARGEST:,} bytes.")


def _uncompressed(content: bytes, encoding: str) -> bytes:
    """Undo the compression; what only claims to be compressed stays as it is (Exchange sends such bodies)."""
    if encoding not in ("gzip", "deflate"):
        return content
    unpacking = zlib.decompressobj(47)
    try:
        # A few bytes can unpack to more than there is memory for.
        unpacked = unpacking.decompress(content, LARGEST + 1)
    except zlib.error:
        return content
    if len(unpacked) > LARGEST:
        raise _too_large()
    return unpacked if unpacking.eof else content


def _why(error: Exception, deadline: Deadline, host: str) -> OutOfTime | Unreachable:
    if deadline.left <= 0:
        return OutOfTime("Timed out waiting for Microsoft.")
    before_sending = isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError) or any(
        isinstance(cause, urllib3.exceptions.NewConnectionError | ssl.SSLCertVerificationError)
        for cause in causes(error)
    )
    if before_sending:
        why = out_of_reach(error, host) or f"{host} did not answer; check the firewall and HTTPS_PROXY"
        return NeverSent(f"Microsoft could not be reached: {why}.")
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError):
        return Unreachable("Microsoft did not answer in time.")
    return Unreachable("The connection to Microsoft was lost before the response was complete.")
