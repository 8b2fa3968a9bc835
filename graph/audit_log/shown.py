"""Objects as PowerShell and Python show them, in place of JSON.

PowerShell's ``@{Name=To; Value=x}`` is what ConvertTo-Json writes below its depth; Python's
``[{'Name': 'To', 'Value': None}]`` is what pandas writes into the cells of a table.
Source: PowerShell, "ConvertTo-Json" (Depth); Python, "ast.literal_eval", which runs nothing.
"""

from __future__ import annotations

import ast
import re
from typing import Any, Final, TypeGuard

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


_LITERAL: Final = re.compile(r"\s*\[?\s*\{\s*'")
_LONGEST: Final = 1 << 20
"""Characters of one text: Python needs a hundred times as many bytes for it while it reads."""


def is_literal(text: str) -> bool:
    """Say whether a text begins as Python shows an object, or a list of them."""
    return _LITERAL.match(text) is not None


def literal(text: str, otherwise: Any = None) -> Any:
    """Read an object or a list of them as Python shows it; give something else where it is none."""
    if not is_literal(text) or len(text) > _LONGEST:
        return otherwise
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return otherwise
