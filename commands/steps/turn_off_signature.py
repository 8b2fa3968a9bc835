"""Stop adding the attacker's signature to messages.

Source: Microsoft's document, symptom 10; Exchange PowerShell, "Set-MailboxMessageConfiguration",
AutoAddSignature. Where signatures roam, which is the default, that cmdlet changes nothing, and only the user
can do it in Outlook. The text stays with Microsoft, and never comes into a plan: it is mailbox content.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from commands.plans.plan import Change, Look, ManualTask, Nothing, Phase, Planned, Undo
from commands.plans.planning_input import PlanningInput
from commands.report import Finding
from commands.steps.parts import asks_for, at_once, name_of, refusals
from graph.request import Cmdlet, Request
from graph.resources.mailbox import Signature

TITLE = "Stop adding an attacker's signature"
SOURCE = "additional step"
PHASE = Phase.ERADICATE
PLANS = (
    "one change that stops adding the signature and keeps its text, where signatures do not roam; a manual "
    "task to restore the text"
)
UNDO = "the previous setting"
PEOPLE = "one"
NEEDS: Final = ("signature",)
WRITES: tuple[Request | Cmdlet, ...] = (Cmdlet("Set-MailboxMessageConfiguration"),)

_ID: Final = "turn_off_signature"
_FLAGS: Final = ("AutoAddSignature", "AutoAddSignatureOnReply")


def plan(planning: PlanningInput) -> Iterator[Planned]:
    """Plan to stop adding a signature that a finding is about, and leave its text to people."""
    if refused := refusals(planning, _ID):
        yield from refused
        return
    finding = next(planning.findings("signature"), None)
    if finding is None:
        yield Nothing(_ID, "No finding is about the signature.")
        return
    signature = planning.evidence.signature.seen(Signature(roaming=True))
    flags = {
        "AutoAddSignature": signature.auto_add_signature,
        "AutoAddSignatureOnReply": signature.auto_add_signature_on_reply,
    }
    if not signature.roaming and True in flags.values():
        yield _change(planning, finding, flags)
    yield _task(planning, finding)


def _change(planning: PlanningInput, finding: Finding, flags: dict[str, bool | None]) -> Change:
    name, owner = planning.subject.user_principal_name, name_of(planning)
    look = Look(Cmdlet("Get-MailboxMessageConfiguration", {"Identity": name}, anchor=name), fields=_FLAGS)
    off: dict[str, bool | None] = dict.fromkeys(_FLAGS, False)
    return Change(
        id=f"{_ID}:signature",
        step=_ID,
        says=f"Stop adding the signature to messages of {owner}",
        why=finding.summary,
        do=Cmdlet("Set-MailboxMessageConfiguration", {"Identity": name, **off}, anchor=name),
        look=look,
        expects=flags,
        wants=off,
        undo=Undo(
            says=f"Add the signature to messages of {owner} again",
            do=Cmdlet("Set-MailboxMessageConfiguration", {"Identity": name, **flags}, anchor=name),
            look=look,
            wants=flags,
            note="The signature's text is not changed.",
        ),
        suggested=asks_for(planning, finding),
    )


def _task(planning: PlanningInput, finding: Finding) -> ManualTask:
    return ManualTask(
        id=f"{_ID}:text",
        step=_ID,
        says=at_once(f"restore the signature of {name_of(planning)}"),
        how=(
            finding.summary.rstrip("."),
            "Outlook on the web, Settings, Account, Signatures: delete what the user did not write",
            "With roaming signatures, classic and new Outlook take it from there",
            "Outlook for the desktop without them: File, Options, Mail, Signatures, on each computer",
            "Take the correct text from a message sent before the change; ask the user by phone",
        ),
        suggested=asks_for(planning, finding),
    )
