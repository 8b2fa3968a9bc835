"""The signature that Outlook on the web adds, and whether it is in use at all.

Source: Exchange PowerShell, "Get-MailboxMessageConfiguration" and "Set-OrganizationConfig". Signatures roam
by default; then they are kept where no interface for applications reaches, and what is read here is not what
is sent. Signatures of desktop Outlook are files on the PC.
"""

from __future__ import annotations

from graph.effects import Asking, try_each
from graph.errors import GraphError
from graph.evidence import Known
from graph.parts.reading import lacking, only
from graph.question import Question
from graph.request import Cmdlet
from graph.resources.mailbox import Signature

ASKS = (Cmdlet("Get-MailboxMessageConfiguration"),)
LICENSE = ""
ROAMS = "the signature in use (this tenant uses roaming signatures, which no API shows)"


def ask(question: Question) -> Asking[Signature]:
    """Ask for the mailbox's signature and for the tenant's switch together."""
    name = question.subject.user_principal_name
    found, switch = yield from try_each(
        [
            Cmdlet("Get-MailboxMessageConfiguration", {"Identity": name}, anchor=name),
            Cmdlet("Get-OrganizationConfig", select=("PostponeRoamingSignaturesUntilLater",)),
        ]
    )
    if isinstance(found, GraphError):
        raise found
    signature = Signature.model_validate(only(found, "Get-MailboxMessageConfiguration"))
    if isinstance(switch, GraphError):
        return Known(signature, missing=(lacking("whether this signature is the one in use", switch),))
    roaming = not (switch and switch[0].get("PostponeRoamingSignaturesUntilLater") is True)
    missing = (ROAMS,) if roaming else ()
    return Known(signature.model_copy(update={"roaming": roaming}), missing=missing)
