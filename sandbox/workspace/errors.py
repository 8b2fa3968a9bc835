"""What can go wrong in the local workspace.

WorkspaceError
├── RefusedError       a Web API call is answered with one of Slack's error names
└── NotOnScreenError   someone should use what is not on their screen (also an AssertionError)
"""

from __future__ import annotations

from typing import Any


class WorkspaceError(Exception):
    """The base of all errors of the local workspace."""


class RefusedError(WorkspaceError):
    """A Web API call is refused: `code` is Slack's error name, `extra` goes into the answer beside it."""

    def __init__(self, code: str, **extra: Any) -> None:
        self.code = code
        self.extra = extra
        super().__init__(f"Slack refuses the call: {code}.")

    @classmethod
    def because(cls, code: str, *messages: str) -> RefusedError:
        """Return a refusal that names the places, as Slack does in `response_metadata.messages`."""
        return cls(code, response_metadata={"messages": list(messages)})


class NotOnScreenError(WorkspaceError, AssertionError):
    """A test asked a person to use something that this person does not see."""
