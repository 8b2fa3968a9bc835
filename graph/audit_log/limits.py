"""How much of one file is ever held at a time, and how far a packed one is unpacked.

What is longer is passed over and told; the rest of the file is read. The bounds lie far above what Microsoft
writes: a record of the Management Activity API stays below 1 MB, a cell of Excel below 32,768 characters, a
response of the Log Analytics API below 64 MB.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

CHUNK: Final = 1 << 20
"""How many characters or bytes are read at once."""

RAW_KEPT: Final = 10_000
"""How many characters of an unreadable record are kept."""

LONGEST_VALUE: Final = 1 << 26
"""How many characters one JSON value may have."""

LONGEST_ROW: Final = 1 << 24
"""How many characters one line, one cell or one row of a table may have."""


@dataclass(frozen=True, slots=True)
class Unpacking:
    """How far archives and workbooks are opened.

    Attributes:
        depth: How many archives may lie in one another.
        members: How many files one archive may hold.
        ratio: How many times its own size a file may unpack to, its archives' contents included.
        floor: Up to this many bytes the ratio is not asked for.
        free: How many bytes of the disk stay free.
        strings: Bytes of the table of texts of a workbook, which is held whole.
        row: Bytes of one row of a workbook.
        cells: Cells of one workbook.
    """

    depth: int = 5
    members: int = 20_000
    ratio: int = 250
    floor: int = 1 << 30
    free: int = 1 << 30
    strings: int = 1 << 29
    row: int = 1 << 24
    cells: int = 1 << 28

    def allowed(self, size: int) -> int:
        """Give how many bytes may come out of a file of this size."""
        return max(self.floor, size * self.ratio)


UNPACKING: Final = Unpacking()
