"""One file a step. A step is pure and never acts: it looks at its planning input and plans.

A step module has:

- ``TITLE``: what it does, in the document's words where it names it,
- ``SOURCE``: where it comes from, such as ``step 5`` or ``additional step``,
- ``PHASE``: whether it contains the account, removes what the attacker left, or restores what was there,
- ``PLANS``, ``UNDO``, ``PEOPLE``: what it plans, what takes that back, and how many must approve it unless a
  policy says otherwise, in the words of the page about the steps,
- ``NEEDS``: the sources that it must have seen to plan anything; where one is unavailable, the step says so
  instead of planning nothing,
- ``WRITES``: what it sends, with any value in place of ids; what that needs is read from the contract, see
  `graph.needs`; () for a step of manual tasks,
- ``plan(planning)``: yields `Change`, `ManualTask` and `Nothing` values. With nothing to do, it yields a
  `Nothing` that says why; it never yields nothing at all.

To add one, write the file, and add it to `STEPS` below, in the document's order, and to `ORDER`, at the place
where its changes are to be made.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Protocol

from commands.plans.plan import Phase, Planned
from commands.plans.planning_input import PlanningInput
from commands.steps import (
    block_mobile_devices,
    block_sign_in,
    check_other_accounts,
    clean_junk_lists,
    confirm_compromised,
    disable_apps,
    disable_inbox_rules,
    disable_mail_protocols,
    disable_registered_devices,
    disable_sweep_rules,
    disable_transport_rules,
    harden,
    multi_factor,
    other_services,
    recall_payments,
    remediate_manually,
    remove_admin_roles,
    remove_app_assignments,
    remove_delegates,
    remove_exchange_roles,
    remove_forwarding,
    remove_purview_roles,
    remove_sign_in_methods,
    reset_password,
    restore_auditing,
    restore_contact_data,
    review_sent_mail,
    revoke_oauth_grants,
    revoke_sessions,
    scan_for_malware,
    turn_off_auto_reply,
    turn_off_signature,
    unblock_sending,
    warn_recipients,
)
from graph.request import Cmdlet, Request


class Step(Protocol):
    """What a step module looks like; its id is its module's name."""

    __name__: str
    TITLE: str
    SOURCE: str
    PHASE: Phase
    PLANS: str
    UNDO: str
    PEOPLE: str

    @property
    def NEEDS(self) -> tuple[str, ...]:  # noqa: N802  a constant of the module
        """The sources that it must have seen."""
        ...

    @property
    def WRITES(self) -> tuple[Request | Cmdlet, ...]:  # noqa: N802
        """What it sends, and what takes that back where Graph does."""
        ...

    def plan(self, planning: PlanningInput) -> Iterator[Planned]:
        """Yield what is to be done."""
        ...


STEPS: Final[tuple[Step, ...]] = (
    reset_password,
    revoke_sessions,
    multi_factor,
    remove_forwarding,
    disable_inbox_rules,
    disable_sweep_rules,
    turn_off_auto_reply,
    clean_junk_lists,
    unblock_sending,
    block_sign_in,
    disable_mail_protocols,
    remove_admin_roles,
    remove_exchange_roles,
    remove_purview_roles,
    review_sent_mail,
    warn_recipients,
    other_services,
    restore_contact_data,
    scan_for_malware,
    harden,
    remove_sign_in_methods,
    revoke_oauth_grants,
    remove_app_assignments,
    disable_apps,
    remove_delegates,
    block_mobile_devices,
    disable_registered_devices,
    confirm_compromised,
    disable_transport_rules,
    restore_auditing,
    turn_off_signature,
    remediate_manually,
    recall_payments,
    check_other_accounts,
)
"""Every step, in the document's order; those beyond it last."""

ORDER: Final[tuple[str, ...]] = (
    "block_sign_in",
    "revoke_sessions",
    "reset_password",
    "confirm_compromised",
    "restore_auditing",
    "remove_sign_in_methods",
    "multi_factor",
    "revoke_oauth_grants",
    "remove_app_assignments",
    "disable_apps",
    "remove_forwarding",
    "disable_inbox_rules",
    "disable_sweep_rules",
    "turn_off_auto_reply",
    "turn_off_signature",
    "clean_junk_lists",
    "remove_delegates",
    "disable_mail_protocols",
    "block_mobile_devices",
    "disable_registered_devices",
    "disable_transport_rules",
    "remove_admin_roles",
    "remove_exchange_roles",
    "remove_purview_roles",
    "restore_contact_data",
    "recall_payments",
    "remediate_manually",
    "scan_for_malware",
    "check_other_accounts",
    "other_services",
    "warn_recipients",
    "review_sent_mail",
    "harden",
    "unblock_sending",
)
"""The ids of all steps in the order in which their changes are made.

Source: Microsoft, "Respond to a compromised email account in Microsoft 365": first shut the attacker out,
then close the back doors, then take the rights away, and let the mailbox send again at the very end.
"""

CONTAIN_NOW: Final[tuple[str, ...]] = ("block_sign_in", "revoke_sessions", "reset_password")
"""The steps that stop an attacker within minutes; everything else can wait for a look at the findings.

Source: Microsoft, "Respond to a compromised email account in Microsoft 365", step 1, and "Responding to a
compromised email account", steps 1 and 5: end the sessions, reset the password, and block sign-in until the
account is secured.
"""
