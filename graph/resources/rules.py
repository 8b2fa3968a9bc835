"""Rules that act on mail: inbox rules, sweep rules and mail-flow rules."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from graph.resources.mail import Recipient
from graph.resources.values import ExchangeValue, GraphValue, MaybeInstant, Text, Texts


class RuleActions(GraphValue):
    """What an inbox rule does; folders are ids here."""

    copy_to_folder: Text = ""
    move_to_folder: Text = ""
    delete: bool = False
    permanent_delete: bool = False
    mark_as_read: bool = False
    stop_processing_rules: bool = False
    forward_to: tuple[Recipient, ...] = ()
    forward_as_attachment_to: tuple[Recipient, ...] = ()
    redirect_to: tuple[Recipient, ...] = ()


class InboxRule(GraphValue):
    """An inbox rule as Graph shows it. Source: Microsoft Graph v1.0, "messageRule resource type".

    `conditions` and `exceptions` stay as Graph sent them, without null entries.
    """

    id: str
    display_name: Text = ""
    sequence: int = 0
    is_enabled: bool = True
    has_error: bool = False
    is_read_only: bool = False
    conditions: dict[str, Any] | None = None
    exceptions: dict[str, Any] | None = None
    actions: RuleActions = RuleActions()


class HiddenInboxRule(ExchangeValue):
    """An inbox rule as Exchange shows it, hidden ones included. Source: Exchange PowerShell, "Get-InboxRule".

    Folders are names here, addresses look like ``"Drop" [SMTP:drop@evil.example]``.
    """

    identity: str
    rule_identity: int | str | None = None
    name: Text = ""
    enabled: bool = True
    priority: int = 0
    description: Text = ""
    from_: Texts = Field(default=(), alias="From")
    subject_contains_words: Texts = ()
    body_contains_words: Texts = ()
    subject_or_body_contains_words: Texts = ()
    forward_to: Texts = ()
    forward_as_attachment_to: Texts = ()
    redirect_to: Texts = ()
    move_to_folder: Text = ""
    copy_to_folder: Text = ""
    delete_message: bool | None = None
    soft_delete_message: bool | None = None
    mark_as_read: bool | None = None
    stop_processing_rules: bool | None = None
    in_error: bool | None = None
    is_hidden: bool | None = None


class SweepRule(ExchangeValue):
    """A sweep rule. Source: Exchange PowerShell, "Get-SweepRule"."""

    identity: Text = ""
    rule_id: Text = ""
    name: Text = ""
    enabled: bool = True
    sender: Text = ""
    source_folder: Text = ""
    destination_folder: Text = ""
    keep_for_days: int | None = None
    keep_latest: int | None = None
    provider: Text = ""


class TransportRule(ExchangeValue):
    """A mail-flow rule of the whole tenant. Source: Exchange PowerShell, "Get-TransportRule".

    `conditions` stay as Exchange sent them: the names of the predicates, null for a rule on all mail. The
    fields from `from_` to `subject_or_body_contains_words` are the predicates that sentences name, ours to
    choose out of some forty. Source: Exchange Online, "Mail flow rule conditions and exceptions".

    `not_collected` names those of `APPLIES` that did not come at all: a rule without conditions and one whose
    conditions nobody saw would be the same otherwise. The reader writes it, so that it crosses between
    processes as well.
    """

    APPLIES: ClassVar[tuple[str, ...]] = ("Conditions",)

    name: Text = ""
    guid: Text = ""
    state: Text = ""
    mode: Text = ""
    priority: int | None = None
    description: Text = ""
    when_changed: MaybeInstant = None
    conditions: Any = None
    not_collected: tuple[str, ...] = ()
    from_: Texts = Field(default=(), alias="From")
    from_scope: Text = ""
    from_member_of: Texts = ()
    sender_domain_is: Texts = ()
    sent_to: Texts = ()
    sent_to_scope: Text = ""
    sent_to_member_of: Texts = ()
    recipient_domain_is: Texts = ()
    subject_contains_words: Texts = ()
    subject_or_body_contains_words: Texts = ()
    redirect_message_to: Texts = ()
    blind_copy_to: Texts = ()
    copy_to: Texts = ()
    add_to_recipients: Texts = ()
    delete_message: bool | None = None
