"""A mistake of ours that costs one answer: it is logged under a reference, which the answer tells."""

from __future__ import annotations

import hashlib
import logging
import traceback

# Not structlog: in the further processes of `analyze`, nobody has told it to keep standard output free.
_log = logging.getLogger(__name__)


def noted(phrase: str, error: Exception) -> str:
    """Log a mistake of ours and give its reference, ten letters; the same mistake has the same one."""
    told = "".join(traceback.format_exception(error))
    reference = hashlib.sha256(told.encode(errors="replace")).hexdigest()[:10]
    _log.error("%s (reference %s)", phrase, reference, exc_info=error)
    return reference
