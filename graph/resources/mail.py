"""Messages, their folders, and the message trace."""

from __future__ import annotations

from pydantic import Field

from graph.resources.values import GraphValue, Instant, MaybeInstant, Text


class EmailAddress(GraphValue):
    """A mail address with its display name."""

    address: Text = ""
    name: Text = ""


class Recipient(GraphValue):
    """One sender or recipient."""

    email_address: EmailAddress = EmailAddress()


class MailFolder(GraphValue):
    """A mail folder; `well_known` is its fixed name, such as ``deleteditems``, where it has one."""

    id: str
    display_name: Text = ""
    parent_folder_id: Text = ""
    total_item_count: int = 0
    is_hidden: bool | None = None
    well_known: Text = ""


class Message(GraphValue):
    """One message. Source: Microsoft Graph v1.0, "message resource type".

    `text` is the readable text of the body, at most its first 4,000 and last 1,000 characters, and "" where
    the permission to read bodies is missing. It never leaves this process; account numbers and
    addresses for answers in the attacker's messages do (see `commands.payment_details`).
    """

    id: str
    internet_message_id: Text = ""
    subject: Text = ""
    from_: Recipient | None = Field(default=None, alias="from")
    sender: Recipient | None = None
    to_recipients: tuple[Recipient, ...] = ()
    cc_recipients: tuple[Recipient, ...] = ()
    bcc_recipients: tuple[Recipient, ...] = ()
    reply_to: tuple[Recipient, ...] = ()
    received_date_time: MaybeInstant = None
    sent_date_time: MaybeInstant = None
    has_attachments: bool | None = None
    parent_folder_id: Text = ""
    is_read: bool | None = None
    text: str = ""

    @property
    def recipients(self) -> tuple[str, ...]:
        """Every recipient's address, lower-cased."""
        people = (*self.to_recipients, *self.cc_recipients, *self.bcc_recipients)
        return tuple(person.email_address.address.casefold() for person in people)


class TracedMessage(GraphValue):
    """One recipient's row of the message trace. Source: Graph v1.0, "exchangeMessageTrace resource type"."""

    id: Text = ""
    sender_address: Text = ""
    recipient_address: Text = ""
    message_id: Text = ""
    received_date_time: Instant
    subject: Text = ""
    size: int | None = None
    from_ip: Text = Field(default="", alias="fromIP")
    status: Text = ""


class PassedOn(GraphValue):
    """How many messages the message trace has to an address that mail is sent on to, whoever sent them.

    `failed` are those that were not delivered; `first` and `last` are of the others, None without any.
    """

    address: str
    messages: int = 0
    failed: int = 0
    first: MaybeInstant = None
    last: MaybeInstant = None
