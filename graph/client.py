"""Microsoft Graph: one request, all its pages, or many requests in one batch.

Source: Microsoft Graph, "Paging", "Combine multiple HTTP requests using JSON batching" and "Throttling
guidance".
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from time import monotonic
from typing import Any
from urllib.parse import quote, urlencode, urlsplit
from uuid import uuid4

import orjson
import structlog

from graph.auth import Resource, Tokens, with_token
from graph.effects import Item
from graph.errors import Broken, GraphError, NotJson, Refused, Throttled
from graph.limits import Deadline
from graph.most import Answer, Taking, Tally
from graph.request import Request, changes
from graph.responses import graph_error, json_of, page_of
from graph.retry import Sent, persist
from graph.settings import Place, place_of
from graph.transport import Transport
from graph.wire import Reply

log = structlog.get_logger(__name__)

BATCH = 20
"""Requests in one batch, at most."""
_BATCH_PATH = "/$batch"
_SAFE = "$'(),:/@"
_REFERENCE = "@odata.id"
_WORLDWIDE = "https://graph.microsoft.com/"
_AGAIN = frozenset({429, 500, 502, 503, 504})


class GraphClient:
    """Sends requests to one tenant's Graph.

    Args:
        settings: The tenant.
        sign_in: Where tokens come from.
        transport: What it sends with, and keeps to.
    """

    def __init__(
        self,
        settings: Place,
        sign_in: Tokens,
        transport: Transport,
    ) -> None:
        self._base = settings.hosts.graph
        self._tenant = settings.name
        self._sign_in = sign_in
        self._with = transport

    def fetch(
        self, request: Request, deadline: Deadline, tally: Tally | None = None, taking: Taking | None = None
    ) -> list[Item]:
        """Send a request and give back the items of all its pages, or the single object as a list of one.

        Args:
            request: The request.
            deadline: When there must be an answer.
            tally: What its source has brought so far.
            taking: Is given the items of each page, and gives what is kept in their place.

        Raises:
            GraphError: the specific one.
        """
        url = f"{self._base}/{request.version}{request.path}"
        if request.query:
            url += "?" + urlencode(request.query, quote_via=quote, safe=_SAFE)
        answer = Answer(tally or Tally(self._with.most), taking)
        link = self._page(request, url, answer, deadline)
        return self._rest(request, link, answer, deadline)

    def fetch_batch(
        self, requests: Sequence[Request], deadline: Deadline, tally: Tally | None = None
    ) -> list[list[Item] | GraphError]:
        """Send reads in batches; give back for each its items or its error, in order.

        They must be of one version of Graph and count against one limit that is no rate, such as one
        mailbox's. Only the items that failed in passing are sent again, each not before its own pause is
        over.
        """
        tally = tally or Tally(self._with.most)
        answers: list[list[Item] | GraphError | None] = [None] * len(requests)
        due = dict.fromkeys(range(len(requests)), 0.0)
        attempts = dict.fromkeys(range(len(requests)), 0)
        clock = self._with.limits.clock
        while due:
            now = clock.now()
            soonest = min(due.values())
            if soonest > now:
                deadline.sleep(soonest - now, "parts of a batch were throttled")
            ready = [place for place, at in due.items() if at <= clock.now()][:BATCH]
            replies = self._batch([requests[place] for place in ready], deadline)
            for place, reply in zip(ready, replies, strict=True):
                del due[place]
                answer = self._part(requests[place], reply, tally, deadline)
                wait = self._again_in(answer, attempts[place], deadline)
                if wait is None:
                    answers[place] = answer
                else:
                    attempts[place] += 1
                    due[place] = clock.now() + wait
        return [answer for answer in answers if answer is not None]

    def _rest(self, request: Request, link: str, answer: Answer, deadline: Deadline) -> list[Item]:
        """Follow the links to further pages. They are opaque; an empty page may be followed by a full one."""
        seen: set[str] = set()
        while link:
            if link in seen:
                raise Broken("Graph returned the same page twice.")
            seen.add(link)
            self._demand_own(link)
            link = self._page(request, link, answer, deadline)
        return answer.items

    def _page(self, request: Request, url: str, answer: Answer, deadline: Deadline) -> str:
        """Read one page into the answer, and give the link to the next."""
        body, size = self._body(request, url, deadline)
        return answer.add(page_of(body, wrote=changes(request)), size)

    def _body(self, request: Request, url: str, deadline: Deadline) -> tuple[Any, int]:
        """Send one request, again where that helps, and give back its JSON and how many bytes it was."""
        body = None if request.body is None else orjson.dumps(self._of_this_cloud(request.body))

        def send(sent: Sent) -> tuple[Any, int]:
            reply = self._send(request, url, body, deadline, sent)
            self._show(request, reply)
            if not reply.ok:
                raise graph_error(reply, request, datetime.now(UTC))
            return json_of(reply), len(reply.body)

        return persist(
            send,
            reads=not changes(request),
            service=request.limit.value,
            pauses=self._with.limits.pauses,
            deadline=deadline,
            pacing=self._with.pacing,
        )

    def _of_this_cloud(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Name an object that is referred to by its address in this cloud; plans know the worldwide one only.

        Source: Microsoft Graph, "Add members" and "Microsoft Graph national cloud service root endpoints".
        """
        address = body.get(_REFERENCE)
        if not isinstance(address, str) or not address.startswith(_WORLDWIDE):
            return dict(body)
        return {**body, _REFERENCE: f"{self._base}/{address.removeprefix(_WORLDWIDE)}"}

    def _send(self, request: Request, url: str, body: bytes | None, deadline: Deadline, sent: Sent) -> Reply:
        def send(token: str) -> Reply:
            self._with.limits.turn(request.limit, deadline)
            sent.maybe = True
            return self._once(request, url, body, token, deadline)

        with self._with.limits.slot(request, deadline):
            return with_token(self._sign_in, Resource.GRAPH, deadline, sent, send)

    def _once(self, request: Request, url: str, body: bytes | None, token: str, deadline: Deadline) -> Reply:
        own_id = str(uuid4())
        headers = {
            "Accept": "application/json",
            "client-request-id": own_id,
            **({} if body is None else {"Content-Type": "application/json"}),
            **request.headers,
            "Authorization": f"Bearer {token}",
        }
        began = monotonic()
        reply = self._with.wire.send(request.method, url, headers=headers, body=body, deadline=deadline)
        log.debug(
            "Graph answered.",
            action="request.graph",
            tenant=self._tenant,
            method=request.method,
            path=urlsplit(url).path,
            status=reply.status,
            seconds=round(monotonic() - began, 3),
            client_request_id=own_id,
            request_id=reply.request_id,
        )
        return reply

    def _batch(self, requests: Sequence[Request], deadline: Deadline) -> list[Reply]:
        """Send one batch and give back each part's reply."""
        parts = [_part_of(str(number), request) for number, request in enumerate(requests)]
        whole = Request(
            "POST", _BATCH_PATH, body={"requests": parts}, version=requests[0].version, reads=True
        )
        for limit in {request.limit for request in requests}:
            self._with.limits.turn(limit, deadline)
        with self._with.limits.slots(requests, deadline):
            answer, _ = self._body(whole, f"{self._base}/{whole.version}/$batch", deadline)
        responses = answer.get("responses") if isinstance(answer, dict) else None
        if not isinstance(responses, list):
            raise NotJson("Graph returned a batch response without its parts.")
        by_id = {str(response.get("id")): response for response in responses if isinstance(response, dict)}
        return [_reply_of(by_id.get(str(number))) for number in range(len(requests))]

    def _part(
        self, request: Request, reply: Reply, tally: Tally, deadline: Deadline
    ) -> list[Item] | GraphError:
        self._show(request, reply)
        try:
            if not reply.ok:
                return graph_error(reply, request, datetime.now(UTC))
            answer = Answer(tally)
            link = answer.add(page_of(json_of(reply)), len(reply.body))
            return self._rest(request, link, answer, deadline)
        except GraphError as error:
            return error

    def _again_in(self, answer: list[Item] | GraphError, attempt: int, deadline: Deadline) -> float | None:
        """After how many seconds a part of a batch is worth sending again; None when it is not."""
        if not isinstance(answer, Throttled | Broken) or answer.status not in _AGAIN:
            return None
        throttled = isinstance(answer, Throttled)
        if attempt + 1 >= (self._with.pacing.throttled if throttled else self._with.pacing.failures):
            return None
        first = self._with.pacing.first_throttled if throttled else self._with.pacing.first
        asked = answer.retry_after
        wait = self._with.pacing.pause(first, attempt) if asked is None else asked
        return wait if wait < deadline.left else None

    def _show(self, request: Request, reply: Reply) -> None:
        """Show an answer to whoever looks on; that a batch was sent at all is nothing to see."""
        if request.path != _BATCH_PATH:
            for observer in self._with.observers:
                observer(request, reply)

    def _demand_own(self, link: str) -> None:
        """Refuse a link to anywhere else: the token would go with it."""
        if not is_below(link, self._base):
            raise Refused("Graph linked the next page to another host; the token was not sent there.")


def is_below(link: str, base: str) -> bool:
    """Whether a link has scheme, host and port of a base address, and its path begins with the base's."""
    try:
        one, other = urlsplit(link), urlsplit(base)
    except ValueError:
        return False
    place = place_of(link)
    inside = (one.path + "/").startswith(other.path.rstrip("/") + "/")
    return place is not None and place == place_of(base) and inside


def _part_of(number: str, request: Request) -> Mapping[str, Any]:
    query = "?" + urlencode(request.query, quote_via=quote, safe=_SAFE) if request.query else ""
    part: dict[str, Any] = {"id": number, "method": request.method, "url": request.path + query}
    if request.headers:
        part["headers"] = dict(request.headers)
    return part


def _reply_of(response: Mapping[str, Any] | None) -> Reply:
    if response is None:
        return Reply(502)
    status, named, body = response.get("status"), response.get("headers"), response.get("body")
    if not isinstance(status, int):
        return Reply(502)
    headers = {str(name): str(text) for name, text in named.items()} if isinstance(named, dict) else {}
    # The standard library's writer, for numbers and halves of characters that the quicker one refuses.
    return Reply(status, headers, b"" if body is None else json.dumps(body).encode())
