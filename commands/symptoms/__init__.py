"""One file a symptom. A symptom is pure: it looks at evidence and yields findings.

A symptom module has:

- ``TITLE``: the symptom in the document's words, or in ours where it goes beyond the document,
- ``SOURCE``: where it comes from, such as ``symptom 3`` or ``additional indicator``,
- ``NEEDS``: the sources without which nobody may call it absent. An entry that is itself a tuple means: any
  one of these is enough,
- ``HELPS``: further sources that it reads when they are there,
- ``SIGNS``: every kind of finding it can yield,
- ``detect(evidence, usual)``: yields `Finding` values.

To add one, write the file, and add it to `SYMPTOMS` below: the ten of Microsoft's document in its order,
then the sign-in review, then the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Protocol

from commands.report import Finding, Sign
from commands.symptoms import (
    account_changes,
    admin_roles,
    audit_trail,
    auto_reply,
    credential_changes,
    data_leaving,
    delegates,
    devices,
    directory_enumeration,
    display_name,
    federation,
    file_activity,
    hacked_account_messages,
    inbox_rules,
    junk_lists,
    mail_access,
    mail_forwarding,
    mail_missing_from_sent_items,
    mail_protocols,
    missing_mail,
    oauth_apps,
    password_spray,
    profile_changes,
    protection_policies,
    rare_operations,
    sending_blocked,
    sign_in_context,
    sign_ins,
    signature,
    strong_authentication,
    teams_messages,
    transport_rules,
)
from commands.usual import Usual
from graph.evidence import Evidence


class Symptom(Protocol):
    """What a symptom module looks like; its id is its module's name."""

    __name__: str
    TITLE: str
    SOURCE: str

    @property
    def NEEDS(self) -> tuple[str | tuple[str, ...], ...]:  # noqa: N802  a constant of the module
        """The deciding sources."""
        ...

    @property
    def HELPS(self) -> tuple[str, ...]:  # noqa: N802
        """Further sources."""
        ...

    @property
    def SIGNS(self) -> tuple[Sign, ...]:  # noqa: N802
        """Every kind of finding."""
        ...

    def detect(self, evidence: Evidence, usual: Usual) -> Iterator[Finding]:
        """Yield what is found; nothing where there is nothing to see."""
        ...


SYMPTOMS: Final[tuple[Symptom, ...]] = (
    # The ten of Microsoft's document.
    missing_mail,
    mail_missing_from_sent_items,
    inbox_rules,
    display_name,
    sending_blocked,
    hacked_account_messages,
    profile_changes,
    credential_changes,
    mail_forwarding,
    signature,
    # The three places to look, as one.
    sign_ins,
    # Beyond the document.
    delegates,
    admin_roles,
    mail_protocols,
    strong_authentication,
    audit_trail,
    protection_policies,
    password_spray,
    directory_enumeration,
    oauth_apps,
    devices,
    auto_reply,
    junk_lists,
    transport_rules,
    federation,
    mail_access,
    data_leaving,
    account_changes,
    sign_in_context,
    file_activity,
    teams_messages,
    rare_operations,
)
"""Every symptom, in the order in which they are told."""
