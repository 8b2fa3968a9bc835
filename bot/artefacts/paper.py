"""Turns a template and data into a PDF or a picture, with the fonts that come with the program.

Typst lays out; it is one library without parts of the system, and reads nothing but what it is given here.
The data is JSON that a template reads as values: a text in it is never read as markup, so that no name of an
attacker's can say anything but itself. The same data gives the same bytes.
Source: Typst, "Data Loading: JSON", "Text: fallback"; typst-py, `Compiler`.
"""

from __future__ import annotations

import io
import json
import re
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from PIL import Image

from bot.messages.escape import cut, visible

NO_GLYPH: Final = "□"
"""Stands for a letter that no font here has."""

_HERE = Path(__file__).parent
_KEPT: Final = 11
"""Typst remembers its last ten layouts, which are hundreds of megabytes; as many empty ones make it forget.

Source: typst-py, `Compiler.compile`, which ends with ``comemo::evict(10)``.
"""

_EMPTY: Final = b"#set page(width: 1pt, height: 1pt)"
_COLORS: Final = 96
_LONGEST: Final = 700
"""Characters of one text that are set; what is longer ends in an ellipsis, and is whole in other files."""

_ONE_AT_A_TIME = threading.Lock()
"""A layout takes some tens of megabytes, and the processor for itself."""


class Typesetter:
    """Sets one document, and remembers whether any letter of its data had to be replaced.

    Args:
        template: The name of a template, without its ending.
        longest: How many characters of one text are set.
    """

    def __init__(self, template: str, longest: int = _LONGEST) -> None:
        self._template = template
        self._longest = longest
        self.replaced = False

    def pdf(self, data: Mapping[str, Any], made_at: datetime) -> bytes:
        """Give the document as PDF, dated `made_at`."""
        return self._set(data, "pdf", made_at.astimezone(UTC).replace(microsecond=0))

    def png(self, data: Mapping[str, Any], scale: float) -> bytes:
        """Give the one page of a document as PNG, `scale` pixels for each point."""
        drawn = Image.open(io.BytesIO(self._set(data, "png", None, scale)))
        # A few colors are enough for a drawing, and make a third of the bytes.
        few = drawn.convert("RGB").quantize(
            _COLORS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
        )
        out = io.BytesIO()
        few.save(out, "png")
        return out.getvalue()

    def _set(self, data: Mapping[str, Any], form: Any, made_at: datetime | None, scale: float = 1) -> bytes:
        import typst  # noqa: PLC0415 - brings 80 MB of code, which most commands never need

        told = json.dumps({**self._written(dict(data)), "replaced": self.replaced})
        with _ONE_AT_A_TIME:
            compiler = typst.Compiler(_source(self._template), font_paths=_fonts(), sys_inputs={"data": told})
            made = compiler.compile(format=form, ppi=72 * scale, timestamp=made_at)
            for _ in range(_KEPT):
                compiler.compile(_EMPTY, format="pdf")
        if not isinstance(made, bytes):
            raise TypeError(f"The template {self._template} made more than one page of a picture.")
        return made

    def _written(self, value: Any) -> Any:
        """The same value with every text as it can be set: one line, nothing hidden, no unknown letter."""
        if isinstance(value, str):
            text = cut(visible(value[: 8 * self._longest]), self._longest)
            out = _unknown().sub(NO_GLYPH, text)
            self.replaced = self.replaced or out != text
            return out
        if isinstance(value, Mapping):
            return {name: self._written(inner) for name, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._written(inner) for inner in value]
        return value


def _source(template: str) -> bytes:
    templates = _HERE / "templates"
    return b"\n".join((templates / f"{name}.typ").read_bytes() for name in ("common", "pictures", template))


@cache
def _fonts() -> Any:
    import typst  # noqa: PLC0415 - as above

    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(_HERE / "fonts")]
    )


@cache
def _unknown() -> re.Pattern[str]:
    """Matches a letter that none of the fonts has."""
    known = "".join(f"\\U{start:08x}-\\U{end:08x}" for start, end in zip(*_letters(), strict=True))
    return re.compile(f"[^{known}]")


@cache
def _letters() -> tuple[list[int], list[int]]:
    """The letters that the fonts have, as ranges: where each starts and ends."""
    ranges = [
        [int(end, 16) for end in line.partition("-")[::2]]
        for line in (_HERE / "fonts" / "letters.txt").read_text(encoding="ascii").split()
        if not line.startswith("#")
    ]
    return [one[0] for one in ranges], [one[1] for one in ranges]
