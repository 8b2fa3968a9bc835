"""What people see in Slack, as values: one file a message, each a pure function from a value to a `Message`.

A message always carries both forms. `text` is what notifications, screen readers and plain terminals get;
`blocks` is what Slack draws. `chat.update` with text alone would drop the blocks, so both are always sent.
A window that asks something is a `Modal`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Block: TypeAlias = Mapping[str, Any]
"""One Block Kit block, ready for JSON. Source: Slack, "Block Kit reference"."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message, before it has a channel.

    Attributes:
        text: The plain form, in Slack's mrkdwn: already escaped.
        blocks: The drawn form.
        simpler: The same for a workspace that does not know a block of it; None where all know them.
    """

    text: str
    blocks: tuple[Block, ...] = ()
    simpler: Message | None = None

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of `chat.postMessage` and `chat.update` that this message fills."""
        return {"text": self.text, "blocks": [dict(block) for block in self.blocks]}


@dataclass(frozen=True, slots=True)
class Modal:
    """One window over Slack, before it is opened.

    Attributes:
        callback_id: What the listener knows its submission by.
        title: What stands at its top, at most 24 characters.
        blocks: What is in it, at most 100.
        submit: What the button says that sends it, at most 24 characters; "" where nothing can be sent.
        close: What the button says that closes it, at most 24 characters.
        private_metadata: Ids that come back with the submission, at most 3000 characters. It passes through
            the hands of others, so it is only ever a name for something in the ledger.
    """

    callback_id: str
    title: str
    blocks: tuple[Block, ...]
    submit: str = ""
    close: str = "Cancel"
    private_metadata: str = ""

    @property
    def view(self) -> dict[str, Any]:
        """The argument `view` of `views.open`, `views.push` and `views.update`."""
        view: dict[str, Any] = {
            "type": "modal",
            "callback_id": self.callback_id,
            "title": {"type": "plain_text", "text": self.title},
            "close": {"type": "plain_text", "text": self.close},
            "blocks": [dict(block) for block in self.blocks],
            "private_metadata": self.private_metadata,
        }
        if self.submit:
            view["submit"] = {"type": "plain_text", "text": self.submit}
        return view
