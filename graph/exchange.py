"""Exchange Online and Security & Compliance: cmdlets through the administration endpoint.

The endpoint is what Microsoft's own PowerShell module uses; Microsoft does not document it, so everything
about it is kept in this file. Form and quirks are those that public clients of it have observed.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from time import monotonic
from typing import Any
from urllib.parse import quote, urljoin, urlsplit
from uuid import uuid4

import orjson
import structlog

from graph.auth import Resource, Tokens, with_token
from graph.client import is_below
from graph.effects import Item
from graph.errors import Broken, NotJson, Refused, TooMuch
from graph.limits import Deadline
from graph.most import Answer, Taking, Tally
from graph.request import Cmdlet, changes
from graph.responses import exchange_error, json_of, page_of, safe_text
from graph.retry import Sent, persist
from graph.settings import Place, is_loopback, place_of
from graph.transport import Transport
from graph.wire import Reply

log = structlog.get_logger(__name__)

_SYSTEM_MAILBOX = "SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}"
_MODULE = "3.9.2"
"""The version of the PowerShell module that the endpoints are told."""
_INNER_PORT = 446
"""Redirects may name the port behind the service's own proxies; from outside there is the usual one only."""
_LEFT_OFF = re.compile(
    r"more results available than are currently displayed|"
    r"increase the value (?:for|of) the ResultSize parameter|"
    r"only the first \S+ (?:items|results) are returned",
    re.IGNORECASE,
)
"""How a cmdlet warns that it gave no more than its `ResultSize`, which is 1,000 for most.

The message trace warns in other words, and goes on where we tell it to. Source: Exchange PowerShell,
"Get-Mailbox" and "Get-RoleGroupMember", parameter ``ResultSize``, and what the module prints.
"""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class ExchangeClient:
    """Runs cmdlets in one tenant.

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
        self._exchange = settings.hosts.exchange
        self._compliance = settings.hosts.compliance
        self._tenant_id = settings.tenant_id
        self._tenant = settings.name
        self._domain = settings.domains[0] if settings.domains else ""
        self._sign_in = sign_in
        self._with = transport
        self._region = ""
        self._finding_region = threading.Lock()

    def run(
        self, cmdlet: Cmdlet, deadline: Deadline, tally: Tally | None = None, taking: Taking | None = None
    ) -> list[Item]:
        """Run a cmdlet and give back what it put out, all pages of it.

        Further pages are asked for by posting the same body to the link. A change that changes nothing is a
        success.

        Args:
            cmdlet: The cmdlet.
            deadline: When there must be an answer.
            tally: What its source has brought so far.
            taking: Is given the items of each page, and gives what is kept in their place.

        Raises:
            TooMuch: with what came, where the cmdlet warns that it left something off.
            GraphError: another specific one.
        """
        base = self._region_of_compliance(deadline) if cmdlet.compliance else self._exchange
        url = f"{base}/adminapi/beta/{self._tenant_id}/InvokeCommand"
        if cmdlet.select:
            url += "?$select=" + quote(",".join(cmdlet.select), safe=",")
        body = orjson.dumps(
            {"CmdletInput": {"CmdletName": cmdlet.name, "Parameters": dict(cmdlet.parameters)}}
        )
        answer = Answer(tally or Tally(self._with.most), taking)
        seen: set[str] = set()
        left_off = False
        while url:
            if url in seen:
                raise Broken(f"Exchange returned the same page of {cmdlet.name} twice.")
            seen.add(url)
            found, size = self._answer(cmdlet, url, body, deadline)
            left_off |= any(map(_LEFT_OFF.search, self._warnings(cmdlet, found)))
            page = page_of(found, wrote=changes(cmdlet))
            if page.link and not is_below(page.link, base):
                raise Refused("Exchange linked the next page to another host; the token was not sent there.")
            url = answer.add(page, size)
        if left_off:
            says = f"Exchange has more than it returned: {len(answer.items):,} items of {cmdlet.name} came"
            answer.tally.lack(says)
            raise TooMuch(f"{says}.", tuple(answer.items))
        return answer.items

    def held(self, deadline: Deadline, *, compliance: bool = False) -> frozenset[str]:
        """The cmdlets that the application may run, by its roles; nothing is run to find out.

        It is what the PowerShell module asks for when it connects, to offer nobody a cmdlet that would be
        refused.

        Raises:
            NotJson: the service answers with something else.
            GraphError: another specific one.
        """
        asked = Cmdlet("Get-EXOModuleFile", compliance=compliance)
        base = self._region_of_compliance(deadline) if compliance else self._exchange
        for _ in range(2):
            url = f"{base}/adminapi/v1.0/{self._tenant_id}/EXOModuleFile?Version={_MODULE}"
            reply = self._get(url, asked, "the list of cmdlets", deadline, {"CommandName": "*"})
            if reply.ok:
                return _cmdlets_of(json_of(reply))
            base = region_of(str(reply.headers.get("Location") or ""), url, base)
        raise Broken("Exchange returned the same page of cmdlets twice.")

    def _answer(self, cmdlet: Cmdlet, url: str, body: bytes, deadline: Deadline) -> tuple[Any, int]:
        """Ask for one page, again where that helps, and give back its JSON and how many bytes it was."""

        def send(sent: Sent) -> tuple[Any, int]:
            reply = self._send(cmdlet, url, body, deadline, sent)
            for observer in self._with.observers:
                observer(cmdlet, reply)
            if not reply.ok:
                raise exchange_error(reply, cmdlet, datetime.now(UTC))
            return json_of(reply), len(reply.body)

        return persist(
            send,
            reads=not changes(cmdlet),
            service=self._service(cmdlet),
            pauses=self._with.limits.pauses,
            deadline=deadline,
            pacing=self._with.pacing,
        )

    @staticmethod
    def _warnings(cmdlet: Cmdlet, answer: Any) -> list[str]:
        """What the cmdlet warned of, which is logged too."""
        found = answer.get("@adminapi.warnings") if isinstance(answer, dict) else None
        warnings = [safe_text(str(warning)) for warning in found] if isinstance(found, list) else []
        for warning in warnings:
            log.info("A cmdlet warned.", action="cmdlet.warning", cmdlet=cmdlet.name, warning=warning)
        return warnings

    def _send(self, cmdlet: Cmdlet, url: str, body: bytes, deadline: Deadline, sent: Sent) -> Reply:
        def send(token: str) -> Reply:
            self._with.limits.pauses.wait(self._service(cmdlet), deadline)
            sent.maybe = True
            return self._once(cmdlet, url, body, token, deadline)

        resource = Resource.COMPLIANCE if cmdlet.compliance else Resource.EXCHANGE
        with self._with.limits.slot(cmdlet, deadline):
            return with_token(self._sign_in, resource, deadline, sent, send)

    def _once(self, cmdlet: Cmdlet, url: str, body: bytes, token: str, deadline: Deadline) -> Reply:
        own_id = str(uuid4())
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "Prefer": "odata.maxpagesize=1000",
            "X-AnchorMailbox": self._anchor(cmdlet),
            "X-CmdletName": cmdlet.name,
            "X-ResponseFormat": "json",
            "X-ClientApplication": "ExoManagementModule",
            "client-request-id": own_id,
            "Authorization": f"Bearer {token}",
        }
        began = monotonic()
        reply = self._with.wire.send("POST", url, headers=headers, body=body, deadline=deadline)
        log.debug(
            "Exchange answered.",
            action="request.exchange",
            tenant=self._tenant,
            cmdlet=cmdlet.name,
            status=reply.status,
            seconds=round(monotonic() - began, 3),
            client_request_id=own_id,
            request_id=reply.request_id,
        )
        return reply

    def _anchor(self, cmdlet: Cmdlet) -> str:
        """The mailbox that the call is routed by."""
        # Headers take ASCII only; without the hint the service finds the mailbox by itself.
        if cmdlet.anchor.isascii() and cmdlet.anchor.isprintable() and cmdlet.anchor:
            return f"UPN:{cmdlet.anchor}"
        if cmdlet.compliance and self._domain:
            return f"UPN:{_SYSTEM_MAILBOX}@{self._domain}"
        return f"APP:{_SYSTEM_MAILBOX}@{self._tenant_id}"

    def _region_of_compliance(self, deadline: Deadline) -> str:
        """The base address of the tenant's own region of Security & Compliance, asked for once."""
        with self._finding_region:
            if not self._region:
                self._region = self._ask_for_region(deadline)
        return self._region

    def _ask_for_region(self, deadline: Deadline) -> str:
        banner = f"EXOBanner('AutogenSession')?Version={_MODULE}"
        url = f"{self._compliance}/adminapi/beta/{self._tenant_id}/{banner}"
        asked = Cmdlet("Get-EXOBanner", compliance=True)
        reply = self._get(url, asked, "Security & Compliance", deadline)
        if reply.ok:
            return self._compliance
        return region_of(str(reply.headers.get("Location") or ""), url, self._compliance)

    def _get(
        self, url: str, asked: Cmdlet, named: str, deadline: Deadline, more: Mapping[str, str] | None = None
    ) -> Reply:
        """Read something that is no cmdlet; the answer may be a redirect, which is not followed."""
        resource = Resource.COMPLIANCE if asked.compliance else Resource.EXCHANGE

        def send(sent: Sent) -> Reply:
            token = self._sign_in.token(resource, deadline)
            self._with.limits.pauses.wait(self._service(asked), deadline)
            headers = {
                **(more or {}),
                "Accept": "application/json",
                "X-AnchorMailbox": self._anchor(asked),
                "client-request-id": str(uuid4()),
                "Authorization": f"Bearer {token}",
            }
            reply = self._with.wire.send("GET", url, headers=headers, deadline=deadline)
            if not reply.ok and reply.status not in _REDIRECTS:
                raise exchange_error(reply, asked, datetime.now(UTC), named)
            return reply

        return persist(
            send,
            reads=True,
            service=self._service(asked),
            pauses=self._with.limits.pauses,
            deadline=deadline,
            pacing=self._with.pacing,
        )

    @staticmethod
    def _service(cmdlet: Cmdlet) -> str:
        return "compliance" if cmdlet.compliance else "exchange"


def _cmdlets_of(answer: Any) -> frozenset[str]:
    """The names in the description of a PowerShell module, which are one text with commas."""
    texts = [item["exportedCmdlets"] for item in page_of(answer).items if "exportedCmdlets" in item]
    if not texts:
        raise NotJson("Exchange does not list the cmdlets that the application can run.")
    return frozenset(name.strip() for text in texts for name in str(text).split(",") if name.strip())


def region_of(location: str, asked: str, base: str) -> str:
    """Read the region's base address from a redirect.

    Raises:
        Refused: when it leads anywhere but below the configured host, for the token will be sent there.
    """
    refused = Refused("Security & Compliance redirected to another host; the token was not sent there.")
    try:
        target = urlsplit(urljoin(asked, location))
    except ValueError as error:
        raise refused from error
    place, own = place_of(target.geturl()), place_of(base)
    if not location or place is None or own is None or place[0] != own[0]:
        raise refused
    if place[2] == _INNER_PORT:
        target = target._replace(netloc=place[1])
        place = place_of(target.geturl()) or place
    host, home = place[1], own[1]
    # A part of the cloud's own service is at the usual port; tests have theirs anywhere on this machine.
    below = (host == home or host.endswith("." + home)) and place[2] == own[2]
    if not below and not (is_loopback(host) and is_loopback(home)):
        raise refused
    prefix = target.path.partition("/adminapi/")[0]
    return f"{target.scheme}://{target.netloc}{prefix}"
