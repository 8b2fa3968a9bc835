"""Make the next takeover harder: the checklist of the first 30 days, of 90 days and beyond.

Source: the founding document, its last section. What is to be done stands in Microsoft's security guidance
for Microsoft 365; the tasks here are those that bear on the ways in which mailboxes are taken over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from commands.plan import ManualTask, Planned
from commands.planning import PlanningInput
from commands.report import VerdictCode

TITLE = "Secure the tenant: the first 30 days, 90 days, and beyond"
SOURCE = "step 7"
PLANS = "ten manual tasks: the checklist of 30 days, 90 days and beyond"
UNDO = "nothing to undo"
PEOPLE = "one"
NEEDS: tuple[str, ...] = ()
PERMISSIONS: tuple[str, ...] = ()

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
        "require a second factor of everybody, and one that cannot be phished of administrators",
        (
            "Microsoft Entra admin center, Protection, Conditional Access: require it for all users and apps",
            "Without Conditional Access, switch on the security defaults",
            "Leave out only the emergency accounts, and watch every sign-in of theirs",
        ),
    ),
    Task(
        "old-protocols",
        _SOON,
        "refuse sign-ins by protocols that know no second factor",
        (
            "Conditional Access: block the client kinds Exchange ActiveSync and other clients",
            "Exchange: switch off POP, IMAP and authenticated SMTP where nobody needs them",
            "Look into the sign-in log for who still uses them before you begin",
        ),
    ),
    Task(
        "forwarding",
        _SOON,
        "stop automatic forwarding to addresses outside the organisation",
        (
            "Microsoft Defender portal, anti-spam outbound policy: set automatic forwarding to off",
            "Name the few mailboxes that may forward in a policy of their own",
        ),
    ),
    Task(
        "audit-and-alerts",
        _SOON,
        "see that auditing is on everywhere and that somebody reads the alerts",
        (
            "Exchange: neither the organisation nor a mailbox has auditing off or bypassed",
            "Send the alerts about forwarding, sending limits and risky sign-ins to people on duty",
        ),
    ),
    Task(
        "mail-protection",
        _NEXT,
        "raise the protection of incoming mail to Microsoft's recommended level",
        (
            "Microsoft Defender portal: apply the standard preset, and the strict one to those most aimed at",
            "Publish SPF, DKIM and DMARC for every domain, and move DMARC to reject",
        ),
    ),
    Task(
        "consent",
        _NEXT,
        "let no user give an application access to mail by consent alone",
        (
            "Microsoft Entra admin center, Enterprise applications, Consent: only verified and low impact",
            "Switch on the workflow in which administrators answer requests",
            "Go through the applications that already have rights, and remove what nobody knows",
        ),
    ),
    Task(
        "few-administrators",
        _NEXT,
        "have few administrators, each with an account of its own for that work and for a limited time",
        (
            "Two to four Global Administrators; all other work with narrower roles",
            "Let roles be switched on when needed, by Privileged Identity Management",
            "No mailbox on accounts that administer",
        ),
    ),
    Task(
        "devices",
        _LATER,
        "admit only devices that the organisation manages or knows to be healthy",
        (
            "Microsoft Intune: define when a device complies",
            "Conditional Access: require a compliant device for mail and files",
        ),
    ),
    Task(
        "risk",
        _LATER,
        "answer risky sign-ins by themselves, and shorten what a stolen session is worth",
        (
            "Conditional Access by risk: a new password at high user risk, a factor for a risky sign-in",
            "Limit how long sessions last, and switch on continuous access evaluation where it is not",
        ),
    ),
    Task(
        "practise",
        _LATER,
        "practise: train people with harmless phishing, and rehearse this very case",
        (
            "Attack simulation training in the Microsoft Defender portal, several times a year",
            "Play the loss of an account with everybody who takes part, and write down what was slow",
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
