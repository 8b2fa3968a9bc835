"""A ticket for a case, as soon as its check ends with a verdict that the settings name: once for each case.

What is posted is a template of JSON with a few texts in it; those for ServiceNow's Table API and Jira's REST
API are here. Sources: ServiceNow, "Table API", POST /now/table/{tableName}; Atlassian, "The Jira Cloud
platform REST API", POST /rest/api/3/issue, whose description is a document of their own format.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import requests
import structlog
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from bot.artefacts import report_store
from bot.artefacts.containment import stands_now, told_now
from bot.artefacts.handled import Handled
from bot.cards.papers import handled_of
from bot.errors import BotError, CannotStart
from bot.messages import parts
from bot.messages.escape import visible
from bot.outgoing.forwarder import NotTaken
from bot.outgoing.posting import post
from commands.ledger import BOT, Case, Entry, Ledger
from commands.ledger.entries import CheckFinished, TicketFiled, TicketNotFiled

log = structlog.get_logger(__name__)

BUILT_IN: Final = ("servicenow", "jira")
_TITLE: Final = 140
_REASONS: Final = 12


class Tickets:
    """Files tickets.

    Args:
        ledger: Where cases are.
        url: Where tickets go.
        template: ``servicenow``, ``jira`` or a file.
        authorization: The header, "" for none.
        verdicts: For which verdicts.
        values: Further texts for the template.
        link: Gives the web address of a case's card.
        tell: Tells people of a case for which no ticket can be filed, and why.

    Raises:
        CannotStart: the template cannot be used.
    """

    name = "tickets"

    def __init__(
        self,
        ledger: Ledger,
        *,
        url: str,
        template: str,
        authorization: str,
        verdicts: tuple[str, ...],
        values: Mapping[str, str],
        link: Callable[[Case], str],
        tell: Callable[[Case, str], object],
    ) -> None:
        self._ledger = ledger
        self._url = url
        self._headers = {"Accept": "application/json"}
        if authorization:
            self._headers["Authorization"] = authorization
        self._verdicts = frozenset(verdicts)
        self._values = dict(values)
        self._link = link
        self._tell = tell
        self._session = requests.Session()
        try:
            environment = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
            self._template = environment.from_string(template_text(template))
            self.body(TRIED)
        except (OSError, TemplateError, ValueError) as error:
            raise CannotStart(f"tickets.template cannot be used ({error}).") from error
        try:
            for text in HOSTILE:
                self.body({**TRIED, **dict.fromkeys(FROM_OUTSIDE, text)})
        except (TemplateError, ValueError) as error:
            says = f"tickets.template cannot write every text ({error}); pass each one through tojson."
            raise CannotStart(says) from error

    def send(self, entry: Entry) -> None:
        """File a ticket where this entry is the end of a check that asks for one.

        Raises:
            NotDelivered: it was not taken.
        """
        event = entry.event if entry.kind == CheckFinished.KIND else None
        if not isinstance(event, CheckFinished) or event.verdict not in self._verdicts:
            return
        if next(self._ledger.entries(case_id=entry.case_id, kinds=(TicketFiled.KIND,)), None):
            return
        case = self._ledger.case(entry.case_id)
        values = told(case, handled_of(self._ledger, case), self._link(case))
        try:
            answer = post(self._session, self._url, self.body(values), self._headers)
        except NotTaken as error:
            self._set_aside(case, f"The ticket system refused it ({error}).")
            return
        except (TemplateError, ValueError) as error:
            self._set_aside(case, f"tickets.template cannot be filled for this case ({error}).")
            return
        name = name_in(answer)
        self._ledger.append(TicketFiled(name), BOT, case.id)
        log.info("A ticket was filed.", action="ticket.filed", case=case.id, ticket=name)

    def _set_aside(self, case: Case, says: str) -> None:
        """Note and tell that a case gets no ticket, so that the others get theirs."""
        log.error("No ticket was filed.", action="ticket.not_filed", case=case.id, why=says)
        self._ledger.append(TicketNotFiled(says), BOT, case.id)
        try:
            self._tell(case, says)
        except BotError as error:
            log.warning("Nobody was told.", action="ticket.not_told", case=case.id, why=str(error))

    def body(self, values: Mapping[str, str]) -> bytes:
        """Fill the template.

        Raises:
            ValueError: what comes out is no JSON, or nothing can be written for a name.
            TemplateError: the template asks for what there is not.
        """
        try:
            filled = self._template.render(**values, values=self._values)
        except TypeError as error:
            raise ValueError("it writes something that is not text, or is not in tickets.values") from error
        return json.dumps(json.loads(filled)).encode()

    def close(self) -> None:
        """Let go of connections."""
        self._session.close()


TRIED: Final[Mapping[str, str]] = {
    "case": "C-2ABCD",
    "account": "someone@contoso.example",
    "verdict": "compromised",
    "title": "An account",
    "text": "First line\nSecond line",
    "link": "https://example.slack.com/archives/C0",
}
"""What a template may name, as an example; each template is tried with it at the start."""

FROM_OUTSIDE: Final = ("account", "title", "text", "link")
"""Those whose text others can choose, in part at least."""

HOSTILE: Final = (
    "",
    '"',
    "\\",
    "\n",
    "\t\x00\x1b",
    "'",
    "}",
    "{{ 7 }}",
    "</script>",
    "\u2028😀\ufeff",
    "x" * 10_000,
)
"""What others might choose; a template that fails with any of these would fail for a case some day."""


def template_text(name: str) -> str:
    """Give a template by its name, or from a file.

    Raises:
        OSError: the file cannot be read.
    """
    if name in BUILT_IN:
        return (files(__package__) / "templates" / f"{name}.json").read_text(encoding="utf-8")
    return Path(name).read_text(encoding="utf-8")


def told(case: Case, handled: Handled, link: str) -> dict[str, str]:
    """Give the texts of a ticket: no mail texts; addresses stay as they are, to be searched for.

    Args:
        case: What the ticket is about.
        handled: What was done about it by now: a ticket can be late, and names as open what is open then.
        link: The web address of the case's card, "" for none.
    """
    report = report_store.load(case.report) if case.report else None
    verdict = case.verdict.replace("-", " ")
    account = visible(case.subject.mail or case.subject.user_principal_name)
    lines = [f"{account}: {verdict}.", f"Case {case.id} in {case.tenant}."]
    if link:
        lines.append(f"Card: {link}")
    if report is not None:
        lines += ["", *(visible(one) for one in told_now(report, handled))]
        if report.story and report.story.still_open:
            lines.append(f"Open items are listed as of {parts.utc(stands_now(report, handled).at)}.")
        lines += ["", *(f"- {visible(one.summary)}" for one in report.verdict.reasons[:_REASONS])]
        if len(report.verdict.reasons) > _REASONS:
            lines.append(f"- and {parts.counted(len(report.verdict.reasons) - _REASONS, 'more finding')}")
    return {
        "case": case.id,
        "account": account,
        "verdict": case.verdict,
        "title": f"{account}: {verdict} (case {case.id})"[:_TITLE],
        "text": "\n".join(lines),
        "link": link,
    }


def name_in(answer: requests.Response) -> str:
    """Give the number or key of a ticket, as ServiceNow and Jira tell it; "" where there is none."""
    try:
        found: Any = answer.json()
    except ValueError:
        return ""
    found = found.get("result", found) if isinstance(found, dict) else {}
    name = (found.get("number") or found.get("key") or "") if isinstance(found, dict) else ""
    return str(name)[:80]
