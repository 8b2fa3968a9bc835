"""How a report was made and what lies beside it: one thing of a tenant, another of exported files. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from commands.report import Report
from graph.evidence import Reason

_FROM_TENANT: Final = (
    "The bot reads what Microsoft 365 keeps about the account, over Microsoft Graph, Exchange Online and "
    "the audit search."
)
_FROM_FILES: Final = (
    "The bot read exported log files, and nothing else: it queried no tenant, and what is in none of "
    "these files is not known. Their names, sizes and SHA-256 are in sources/files.json in evidence.zip."
)
_WEIGHED: Final = (
    "It looks for the ten symptoms of Microsoft’s “Responding to a Compromised Email Account” and for "
    "further indicators; each kind of finding counts once, with a published weight. A symptom is absent "
    "only where every source that it needs was collected. What is attributed to the attacker comes from "
    "addresses and sessions that the user’s own baseline does not explain."
)
_TEXTS: Final = (
    "Sent and deleted messages are searched for known lures. No whole message is in a file: subjects are,"
    " and so are the texts of automatic replies and signatures, with the lines of a sent message that "
    "repeat them. What the attacker opened was not looked at."
)
_CHANGED: Final = (
    "Nothing is changed without the approvals above; each change is recorded before it is sent, and read "
    "back after."
)
_UNCHANGED: Final = "Nothing was changed: this report rests on files alone."
_SAMPLED: Final = (
    "Most records of everyday work at the user’s own places were only counted; every record from an "
    "address, a session or an application in question was read."
)
_COMMON: Final = "findings.csv (every finding with record IDs), report.json (all of it for programs)"


@dataclass(frozen=True, slots=True)
class Method:
    """How the report was made.

    Attributes:
        says: What was read, how it was weighed, and what texts the files hold.
        beside: The files that lie beside the report, and what is in them.
    """

    says: str
    beside: str


def is_of_files(report: Report) -> bool:
    """Say whether a report rests on exported files, and not on a tenant."""
    return any(one.why is Reason.NOT_IN_EXPORT for one in report.sources)


def method(report: Report) -> Method:
    """Say how a report was made."""
    if is_of_files(report):
        return Method(
            f"{_FROM_FILES} {_WEIGHED} {_SAMPLED} {_TEXTS} {_UNCHANGED}",
            f"timeline.csv (every event that was read, {len(report.timeline):,}; what was only counted is "
            f"not in it), {_COMMON}, report.html (the page for screens), evidence.zip (these files, with a "
            "manifest, which logs were handed over, and the records that findings cite; all others are not "
            "in it: keep the logs)",
        )
    return Method(
        f"{_FROM_TENANT} {_WEIGHED} {_TEXTS} {_CHANGED}",
        f"timeline.csv (every event), {_COMMON}, report.html (the page for screens), evidence.zip "
        "(Microsoft’s own answers, with a manifest)",
    )
