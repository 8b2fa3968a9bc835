"""Files shared out in parts that begin and end with a line, and read block by block."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from graph.audit_log import files
from graph.audit_log.limits import LONGEST_VALUE, RAW_KEPT

_BLOCK: Final = 1 << 19


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a file: whole, or a range of bytes of JSON lines that begins and ends at line ends."""

    path: Path
    start: int = 0
    end: int = -1


def parts(path: Path, count: int) -> tuple[Part, ...]:
    """Cut a file of JSON lines into about equal parts; every other file stays whole.

    Raises:
        OSError: when the file cannot be read.
    """
    size = path.stat().st_size
    if not size or not files.is_lines(path):
        return (Part(path),)
    edges = [0]
    with path.open("rb") as stream:
        for number in range(1, count):
            stream.seek(max(edges[-1], size * number // count))
            stream.readline()
            edges.append(stream.tell())
    edges.append(size)
    return tuple(Part(path, one, two) for one, two in pairwise(edges) if two > one)


def blocks_of(part: Part) -> Iterator[tuple[bytes, int]]:
    """Yield a range in blocks, each with the length up to which it holds whole lines.

    Memory does not grow with the file. What lies behind the last line end is read again with the next block:
    that is cheaper than joining it to that one, which would copy everything once more.
    """
    with part.path.open("rb", buffering=0) as stream:
        marked = part.start == 0 and stream.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8
        at = len(codecs.BOM_UTF8) if marked else part.start
        size = _BLOCK
        while at < part.end:
            stream.seek(at)
            wanted = min(size, part.end - at)
            block = stream.read(wanted)
            if not block:
                return
            last = len(block) < wanted or at + wanted == part.end
            length = len(block) if last else block.rfind(b"\n") + 1
            if not length and size < LONGEST_VALUE:
                size *= 2  # one line is longer than the block
                continue
            if (
                not length
            ):  # longer than any record: its beginning is told as unreadable, the rest passed over
                yield block[:RAW_KEPT], RAW_KEPT
                while at < part.end and b"\n" not in block:
                    at += len(block)
                    stream.seek(at)
                    if not (block := stream.read(min(_BLOCK, part.end - at))):
                        return
                at += block.find(b"\n") + 1
                size = _BLOCK
                continue
            size = _BLOCK
            yield block, length
            at += length
