"""The ids of accounts, in whatever form records write them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from graph.audit_log.pieces import GUID

_PUID: Final = re.compile(r"(?:.*\|)?(100[0-9a-f]{13})(?:@.*)?", re.IGNORECASE)
_SID: Final = re.compile(r"S-1-(?:5-21|12-1)-[\d-]+", re.IGNORECASE)


@lru_cache(maxsize=65_536)
def id_of(text: str) -> str:
    """Give the id in a text such as a UserKey in comparable form, "" when it holds none.

    >>> id_of("i:0h.f|membership|1003200096971f55@live.com")
    '1003200096971f55'
    """
    text = text.strip()
    if GUID.fullmatch(text) or _SID.fullmatch(text):
        return text.lower()
    match = _PUID.fullmatch(text)
    return match[1].lower() if match else ""
