"""Make the next takeover harder: the checklist of the first 30 days, of 90 days and beyond.

Source: Microsoft's document, its last section. What is to be done stands in Microsoft's security guidance
for Microsoft 365; the tasks here are those that bear on the ways in which mailboxes are taken over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from commands.plans.plan import ManualTask, Phase, Planned
from commands.plans.planning_input import PlanningInput
from commands.report import VerdictCode
from graph.request import Cmdlet, Request

TITLE = "Secure the tenant: the first 30 days, 90 days, and beyond"
SOURCE = "step 7"
PHASE = Phase.RECOVER
PLANS = "ten manual tasks: the checklist of 30 days, 90 days and beyond"
UNDO = "nothing to undo"
PEOPLE = "one"
NEEDS: tuple[str, ...] = ()
WRITES: tuple[Request | Cmdlet, ...] = ()

_ID: Final = "harden"


@dataclass(frozen=True, slots=True)
class Task:
    """One task of the checklist.

    Attributes:
        id: Its name, stable.
        due: By when, as words before what is to be done.
        says: What is to be done, without the full stop.
        how: Exact instructions, one line each.
    """

    id: str
    due: str
    says: str
    how: tuple[str, ...]


_SOON: Final = "Within 30 days"
_NEXT: Final = "Within 90 days"
_LATER: Final = "After 90 days"

TASKS: Final = (
    Task(
        "second-factor",
        _SOON,
        "require MFA for everyone, and phishing-resistant MFA for administrators",
        (
            "Microsoft Entra admin center, Protection, Conditional Access: require it for all users and apps",
            "Without Conditional Access, enable security defaults",
            "Exclude only emergency access accounts, and alert on their sign-ins",
        ),
    ),
    Task(
        "old-protocols",
        _SOON,
        "block legacy authentication",
        (
            "Conditional Access: block the client apps Exchange ActiveSync clients and Other clients",
            "Exchange: disable POP, IMAP and SMTP AUTH where not needed",
            "Check the sign-in logs for remaining users first",
        ),
    ),
    Task(
        "forwarding",
        _SOON,
        "block automatic external forwarding",
        (
            "Microsoft Defender portal, anti-spam outbound policy: set automatic forwarding to off",
            "Allow the few exceptions in a policy of their own",
        ),
    ),
    Task(
        "audit-and-alerts",
        _SOON,
        "verify that auditing is on everywhere and alerts are monitored",
        (
            "Exchange: auditing is not disabled or bypassed for the organization or any mailbox",
            "Route alerts on forwarding, sending limits and risky sign-ins to the on-call team",
        ),
    ),
    Task(
        "mail-protection",
        _NEXT,
        "raise inbound email protection to Microsoft's recommended level",
        (
            (
                "Microsoft Defender portal: apply the Standard preset security policy, and Strict to "
                "priority accounts"
            ),
            "Publish SPF, DKIM and DMARC for every domain, and move DMARC to reject",
        ),
    ),
    Task(
        "consent",
        _NEXT,
        "restrict user consent to applications",
        (
            "Microsoft Entra admin center, Enterprise applications, Consent: only verified and low impact",
            "Enable the admin consent workflow",
            "Review existing application permissions, and remove unknown applications",
        ),
    ),
    Task(
        "few-administrators",
        _NEXT,
        "keep few administrators, with separate accounts and just-in-time roles",
        (
            "Two to four Global Administrators; least-privileged roles for everything else",
            "Use Privileged Identity Management for just-in-time activation",
            "No mailboxes on administrator accounts",
        ),
    ),
    Task(
        "devices",
        _LATER,
        "allow only managed or compliant devices",
        (
            "Microsoft Intune: define when a device complies",
            "Conditional Access: require a compliant device for mail and files",
        ),
    ),
    Task(
        "risk",
        _LATER,
        "respond to risky sign-ins automatically, and limit session lifetime",
        (
            (
                "Risk-based Conditional Access: password change at high user risk, MFA at medium or "
                "high sign-in risk"
            ),
            "Limit session lifetime, and enable continuous access evaluation",
        ),
    ),
    Task(
        "practise",
        _LATER,
        "exercise: run phishing simulations, and rehearse this scenario",
        (
            "Attack simulation training in the Microsoft Defender portal, several times a year",
            "Run a tabletop exercise of an account takeover, and record lessons learned",
            "Review the secure score each quarter and decide on what it proposes",
        ),
    ),
)
"""The whole checklist, in the order in which it is to be done."""


def plan(planning: PlanningInput) -> Iterator[Planned]:
    """Yield one manual task for each task."""
    for task in TASKS:
        yield ManualTask(
            id=f"{_ID}:{task.id}",
            step=_ID,
            says=f"{task.due}: {task.says}",
            how=task.how,
            suggested=planning.report.verdict.answer is VerdictCode.COMPROMISED,
        )
