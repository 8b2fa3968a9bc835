"""What people see in Slack, as values: one file a message, each a pure function from a value to a `Message`.

A message always carries both forms. `text` is what notifications, screen readers and plain terminals get;
`blocks` is what Slack draws. `chat.update` with text alone would drop the blocks, so both are always sent.
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
    """

    text: str
    blocks: tuple[Block, ...] = ()

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of `chat.postMessage` and `chat.update` that this message fills."""
        return {"text": self.text, "blocks": [dict(block) for block in self.blocks]}
