"""The one place that makes a reference: what went wrong is logged under the id that a person is told."""

from __future__ import annotations

import sys
from typing import Any
from uuid import uuid4

import structlog

log = structlog.get_logger(__name__)


def refer(phrase: str, action: str, /, *, error: BaseException | None = None, **facts: object) -> str:
    """Log what went wrong and give the reference, ten letters, under which the log has it.

    Args:
        phrase: A sentence for the log.
        action: What it is called in the log, such as ``check.failed``.
        error: What went wrong; the exception being handled where none is given.
        facts: What else the log says of it.
    """
    reference = uuid4().hex[:10]
    log.error(phrase, action=action, reference=reference, exc_info=error or sys.exc_info(), **facts)
    return reference


def refer_run(phrase: str, what: str, name: str, /, **facts: Any) -> str:
    """Log why a check, hunt or recheck failed and give the reference.

    Args:
        phrase: A sentence for the log.
        what: ``check``, ``hunt`` or ``recheck``.
        name: The id of the case, of the hunt, or of the recheck.
        facts: What else the log says of it.
    """
    facts["case" if what == "check" else what] = name
    return refer(phrase, f"{what}.failed", **facts)
