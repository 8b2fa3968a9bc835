"""A number under which the log has what went wrong, for whoever is told that it did."""

from __future__ import annotations

import sys
from uuid import uuid4

import structlog

log = structlog.get_logger(__name__)


def refer(phrase: str, case_id: str, **facts: object) -> str:
    """Log what just went wrong and give the id under which the log has it."""
    reference = uuid4().hex[:10]
    log.error(
        phrase, action="check.failed", case=case_id, reference=reference, exc_info=sys.exc_info(), **facts
    )
    return reference
