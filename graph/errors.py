"""What can go wrong between us and Microsoft 365.

    GraphError                    the base; catch this once, at the edge
    ├── CannotSignIn              no token: wrong secret, expired certificate, unknown tenant
    ├── NoPermission              the token or the role lacks something; `needs` names it
    ├── NoLicense                 the tenant lacks a license; `needs` names it
    ├── Throttled                 too many requests, and the patience for waiting is used up
    ├── NotFound                  the thing asked for does not exist
    ├── NoMailbox                 the account exists and has no mailbox in Exchange Online
    ├── AuditingOff               the tenant has switched its unified audit log off
    ├── Refused                   the service understood and said no (another 4xx)
    ├── Broken                    the service failed (5xx), dropped the connection or answered nonsense
    │   ├── TooMuch               more pages than we read; it carries what was read
    │   ├── NotJson               the body is not JSON (a gateway's page, NUL bytes)
    │   └── Unreachable           no answer at all
    ├── OutOfTime                 our own deadline passed
    ├── InDoubt                   a write whose outcome is not known; read before repeating it
    ├── UnreadableRecord          one audit record that cannot be understood; kept raw
    └── NoSuchUser                nobody in the configured tenants has this address

Every error carries the HTTP `status`, the service's own `code` and its `request_id` where there were any.
The text of an error is one sentence, fit to be read by the person who asked.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import uuid4


def new_reference() -> str:
    """Make the id, ten letters, under which the log has a mistake of ours that a person is told of."""
    return uuid4().hex[:10]


class GraphError(Exception):
    """Base of all errors of this package.

    Args:
        sentence: One sentence for people. Holds no token, no secret and no mail text.
        status: HTTP status, or None when there was no answer.
        code: The service's error code, such as ``Authorization_RequestDenied``.
        request_id: The service's id of the request, for a support case.
        needs: What is lacking: a permission, a role or a license.
        retry_after: Seconds that the service asked us to wait.
    """

    def __init__(
        self,
        sentence: str,
        *,
        status: int | None = None,
        code: str = "",
        request_id: str = "",
        needs: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status
        self.code = code
        self.request_id = request_id
        self.needs = needs
        self.retry_after = retry_after


class CannotSignIn(GraphError):
    """The login service gave no token."""


class NoPermission(GraphError):
    """The application permission or the role for this request is missing; `needs` names it."""


class NoLicense(GraphError):
    """The tenant does not own the license that this request needs; `needs` names it."""


class Throttled(GraphError):
    """The service asks for a longer pause than there is time left."""


class NotFound(GraphError):
    """The object does not exist."""


NO_MAILBOX: Final = "This account has no mailbox in Exchange Online."


class NoMailbox(GraphError):
    """The account has no mailbox in Exchange Online; it says `NO_MAILBOX`."""


class AuditingOff(GraphError):
    """The unified audit log is switched off for the tenant."""


class Refused(GraphError):
    """The service understood the request and refused it."""


class Broken(GraphError):
    """The service failed while answering."""


class TooMuch(Broken):
    """There is more than we read.

    Args:
        sentence: One sentence for people, with the numbers.
        items: What was read until then.
    """

    def __init__(self, sentence: str, items: tuple[Any, ...]) -> None:
        super().__init__(sentence)
        self.items = items


class NotJson(Broken):
    """The answer is not the JSON that was promised."""


class Unreachable(Broken):
    """There was no answer at all."""


class OutOfTime(GraphError):
    """The deadline for this question passed before the answer came."""


class InDoubt(GraphError):
    """A write was sent and nobody knows whether it took effect."""


class UnreadableRecord(GraphError):
    """An audit record that cannot be understood."""


class UnknownForm(UnreadableRecord):
    """An object that is no record of a form that is read; it may hold some."""


class NoSuchUser(GraphError):
    """No account has this address."""
