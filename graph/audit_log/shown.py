"""Objects as PowerShell shows them, ``@{Name=To; Value=x}``: what ConvertTo-Json writes below its depth."""

from __future__ import annotations

import re
from typing import Final, TypeGuard

_SHOWN: Final = re.compile(r"@\{([^{}]*)\}")
_SHOWN_NAME: Final = re.compile(r"(?:^|; )(\w+)=")


def shown_objects(text: str) -> list[dict[str, str]]:
    """Read objects as PowerShell shows them, ``@{Name=To; Value=x} @{Name=Cc; Value=y}``.

    ConvertTo-Json writes them so where it does not go deeper. Source: PowerShell, "ConvertTo-Json" (Depth).
    """
    found = []
    for inner in _SHOWN.findall(text) or [text[2:-1]]:
        pieces = _SHOWN_NAME.split(inner)[1:]
        found.append(dict(zip(pieces[::2], pieces[1::2], strict=True)))
    return found


def is_shown(value: object) -> TypeGuard[str]:
    """Say whether a value is an object as PowerShell shows it."""
    return isinstance(value, str) and value.startswith("@{")
