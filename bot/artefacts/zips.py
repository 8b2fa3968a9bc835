"""ZIP files that are the same bytes for the same contents: fixed times, names and rights."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_TIME: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest time that the format knows; what happened when stands in the files."""

_UNIX = 3
_OWN_EYES = 0o100600 << 16


def write_member(file: ZipFile, name: str, pieces: Iterable[bytes]) -> None:
    """Write one file into a ZIP, piece by piece."""
    info = ZipInfo(name, _TIME)
    info.compress_type = ZIP_DEFLATED
    info.create_system = _UNIX
    info.external_attr = _OWN_EYES
    with file.open(info, "w", force_zip64=True) as member:
        for piece in pieces:
            member.write(piece)
