"""Judges an invented account, so that the first real one waits for no table, phrase or model to be read.

That is half a second of a processor, which the first finding on the first card would come later by. Nothing
of it is kept or shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bot.work.checks.finish import finish, plan
from bot.work.checks.task import CheckFound, pack_progress
from commands import facts
from commands.check import Progress, judge
from commands.clues import phrases
from commands.plans.planning_input import Guard
from commands.usual.places import Atlas
from graph.audit_log.parse import parse
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence, Known
from graph.question import Subject, Window
from graph.resources.directory import Domain, User
from graph.resources.mail import Message
from graph.resources.mailbox import Mailbox
from graph.resources.rules import InboxRule
from graph.resources.sign_ins import SignIn
from graph.resources.values import ExchangeValue, GraphValue

_NOON: Final = datetime(2026, 1, 15, 12, tzinfo=UTC)
_ID: Final = "00000000-0000-4000-8000-00000000ade1"
_NAME: Final = "practice@contoso.example"
_OWN, _OTHER = "192.0.2.10", "1.1.1.1"
"""One that is kept for examples (RFC 5737), and one that the tables of networks and countries know."""


def practice(atlas: Atlas | None = None) -> None:
    """Judge, show and plan for an account with a little of everything.

    Args:
        atlas: Where addresses are; its tables are read as well.
    """
    for name in facts.groups():
        phrases.group(name)
    for model in (*GraphValue.__subclasses__(), *ExchangeValue.__subclasses__()):
        model.model_rebuild()
    evidence = _evidence()
    report = judge(evidence, _NOON, atlas)
    pack_progress(Progress(report.sources, (), lambda: report.verdict))
    finish(plan(CheckFound(evidence, report), Guard(), "practice", atlas), lambda _: False, "practice")


def _evidence() -> Evidence:
    subject = Subject(_ID, _NAME, _NAME, (_NAME,), "Practice")
    message = {
        "id": "m",
        "subject": "Invoice",
        "from": {"emailAddress": {"address": "billing@fabrikam.example"}},
        "toRecipients": [{"emailAddress": {"address": _NAME}}],
        "receivedDateTime": _at(-1),
        "sentDateTime": _at(-1),
        "text": "Invoice",
    }
    mail = Known((Message.model_validate(message),))
    rule = {
        "id": "r",
        "displayName": "..",
        "conditions": {"subjectContains": ["invoice"]},
        "actions": {
            "delete": True,
            "forwardTo": [{"emailAddress": {"address": "drop@fabrikam.example"}}],
        },
    }
    seen: dict[str, Any] = {
        "user": Known(User(id=_ID, user_principal_name=_NAME, display_name="Practice", mail=_NAME)),
        "domains": Known((Domain(id="contoso.example", is_verified=True),)),
        "sign_ins": Known(tuple(_sign_in(number) for number in range(8))),
        "audit_log": Known(tuple(_records())),
        "mailbox": Known(Mailbox(forwarding_smtp_address="smtp:drop@fabrikam.example")),
        "inbox_rules": Known((InboxRule.model_validate(rule),)),
        "sent_items": mail,
        "deleted_items": mail,
        "password_reset_mail": mail,
    }
    window = Window(_NOON - timedelta(days=14), _NOON)
    return replace(Evidence(subject, window), **seen)


def _at(hours: float) -> str:
    return (_NOON + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _sign_in(number: int) -> SignIn:
    other = number == 0
    return SignIn.model_validate(
        {
            "id": f"s{number}",
            "createdDateTime": _at(-2 - 24 * number),
            "userId": _ID,
            "userPrincipalName": _NAME,
            "ipAddress": _OTHER if other else _OWN,
            "userAgent": "python-requests/2.31.0" if other else "Chrome/120.0",
            "status": {"errorCode": 0},
            "location": {"city": "Lagos" if other else "Bern", "countryOrRegion": "NG" if other else "CH"},
            "deviceDetail": {"operatingSystem": "Windows", "browser": "Chrome"},
            "appDisplayName": "Outlook",
        }
    )


def _records() -> Iterator[AuditRecord]:
    told: tuple[tuple[str, Mapping[str, Any]], ...] = (
        ("New-InboxRule", {"Parameters": [{"Name": "DeleteMessage", "Value": "True"}]}),
        ("MailItemsAccessed", {"Folders": [{"Path": "\\Inbox", "FolderItems": []}]}),
        ("UserLoggedIn", {}),
        ("FileDownloaded", {"SourceFileName": "Payroll.xlsx"}),
    )
    for number, (operation, more) in enumerate(told):
        yield parse(
            {
                "Id": f"a{number}",
                "CreationTime": _at(-1 - number)[:-1],
                "Operation": operation,
                "RecordType": 1,
                "Workload": "Exchange",
                "UserId": _NAME,
                "ClientIP": _OTHER,
                **more,
            }
        )
