"""What Microsoft answered during a check, as it came, kept in one file for each check.

Answers are kept compressed while the check runs, and written beside the ledger when it ends, because the
case may be shown by another process than the one that looked. The ledger has the file's SHA-256, so an
archive never takes in what was changed in between.

The text of messages is the one thing left out, at once and wherever it stands: it is in no ledger, no channel
and no file of ours.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import threading
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias
from zipfile import ZipFile

import orjson

from bot.artefacts.zips import write_member
from commands.report import SourceState
from graph.effects import Item
from graph.errors import GraphError
from graph.request import Cmdlet, Request

BODIES: Final = frozenset({"body", "bodypreview", "uniquebody"})
"""The properties that hold the text of a message. Source: Microsoft Graph v1.0, "message resource type"."""

FOLDER = "answers"
"""The folder with the kept answers, beside the ledger."""

_AS_GRAPH_WRITES = frozenset({"body", "bodyPreview", "uniqueBody"})
_BODY = re.compile(rb'"(?:body|bodyPreview|uniqueBody)":', re.IGNORECASE)
_Kept: TypeAlias = list[bytes]


class Answers:
    """Keeps answers while a check runs; what `graph.collect` calls Recorder. Any thread may call it."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._lock = threading.Lock()

    def __call__(self, source: str, asked: Request | Cmdlet, answer: list[Item] | GraphError) -> None:
        """Keep one answer, which is one page of a list, without the text of messages."""
        chunk = zlib.compress(_one(asked, answer), 1)
        with self._lock:
            self._kept.setdefault(source, []).append(chunk)

    def packed(self, sources: Iterable[SourceState]) -> bytes:
        """Give all of it as a ZIP with one JSON file for each source, those without any answer too."""
        out = io.BytesIO()
        with self._lock, ZipFile(out, "w") as file:
            for source in sources:
                head = json.dumps(
                    {
                        "source": source.id,
                        "state": source.state.value,
                        "reason": source.reason,
                        "needs": source.needs,
                    }
                )
                write_member(file, f"sources/{source.id}.json", _all(head, self._kept.get(source.id, [])))
        return out.getvalue()


def keep(ledger: Path, case_id: str, run: int, packed: bytes) -> str:
    """Write the answers of one run of a check, for its owner's eyes only; give their SHA-256.

    Raises:
        OSError: they cannot be written.
    """
    path = _path(ledger, case_id, run)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    beside = path.with_suffix(".part")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(packed)
    beside.replace(path)
    return hashlib.sha256(packed).hexdigest()


def kept(ledger: Path, case_id: str, run: int, sha256: str) -> bytes | None:
    """Read the answers of one run of a check; None when they are gone, or are not those that were noted."""
    try:
        packed = _path(ledger, case_id, run).read_bytes()
    except OSError:
        return None
    return packed if hashlib.sha256(packed).hexdigest() == sha256 else None


def _path(ledger: Path, case_id: str, run: int) -> Path:
    return ledger.with_name(FOLDER) / f"{case_id}-{run}.zip"


def _one(asked: Request | Cmdlet, answer: list[Item] | GraphError) -> bytes:
    """One answer as JSON, an item a line, so that two archives can be compared by lines."""
    head = _json(_asked(asked))
    if isinstance(answer, GraphError):
        return b'{"asked": %b, "error": %b}' % (head, _json(answer.sentence))
    return b'{"asked": %b, "items": [\n%b\n]}' % (head, b",\n".join([_text(item) for item in answer]))


def _text(item: Item) -> bytes:
    # A message has its body on the outside, and most items have none: only what is left is walked through.
    text = _json({name: value for name, value in item.items() if name not in _AS_GRAPH_WRITES})
    return _json(_without_bodies(item)) if _BODY.search(text) else text


def _json(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:
        # Lone surrogates, which tenants do send, and numbers beyond 64 bits; in ASCII they break nothing.
        return json.dumps(value).encode()


def _without_bodies(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            name: _without_bodies(inner) for name, inner in value.items() if name.casefold() not in BODIES
        }
    return [_without_bodies(inner) for inner in value] if isinstance(value, list | tuple) else value


def _asked(asked: Request | Cmdlet) -> dict[str, Any]:
    if isinstance(asked, Cmdlet):
        return {"cmdlet": asked.name, "parameters": dict(asked.parameters), "anchor": asked.anchor}
    return {
        "method": asked.method,
        "path": f"/{asked.version}{asked.path}",
        "query": dict(asked.query),
        "body": None if asked.body is None else dict(asked.body),
    }


def _all(head: str, chunks: _Kept) -> Iterable[bytes]:
    yield f'{head[:-1]}, "answers": ['.encode()
    for number, chunk in enumerate(chunks):
        yield b",\n" if number else b"\n"
        yield zlib.decompress(chunk)
    yield b"\n]}\n"
