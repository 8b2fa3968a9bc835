"""Objects as PowerShell's Export-Clixml writes them, read as a stream and within bounds.

Source: Microsoft, "[MS-PSRP]: PowerShell Remoting Protocol", 2.2.5 (Serialization); PowerShell,
"Export-Clixml". An object is `Obj` with its properties under `MS` or `Props`, or a list (`LST`, `IE`, `STK`,
`QUE`) or a dictionary (`DCT`); plain values have elements of their own (`S`, `DT`, `I32`, `B`, `Nil`).

The file may be hostile: a document type, and with it every entity, ends the reading; a reference to another
object (`Ref`) is blank, for a file of references to references grows without end.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any, Final
from xml.parsers import expat

from graph.audit_log.limits import CHUNK, LONGEST_ROW
from graph.audit_log.pieces import decoded
from graph.audit_log.values import NO_OBJECT, Found

DEEPEST: Final = 64
"""How many elements may lie in one another; Export-Clixml goes two objects deep unless told otherwise."""

ODD_XML: Final = (
    "This is not PowerShell's XML: it has a document type, or elements too deep or names too long."
)
_BROKEN: Final = "The XML is broken or truncated from here."
_TOO_LONG: Final = "This object is longer than any record and was skipped."
_START: Final = re.compile(r"(?:<\?xml[^>]{0,200}>\s*)?<Objs[\s>]")
_LISTS: Final = frozenset({"LST", "IE", "STK", "QUE"})
_WITHIN: Final = frozenset({"MS", "Props", "DCT"})
_NAMES: Final = frozenset({"TN", "T", "TNRef", "Ref", "Nil"})
"""Elements whose text is no value."""

_NUMBERS: Final = frozenset({"By", "SB", "I16", "U16", "I32", "U32", "I64", "U64"})
_ESCAPED: Final = re.compile("_x([0-9A-Fa-f]{4})_")
_EACH: Final = 64
"""What an element costs beside its text, in characters."""


def is_one(begin: str) -> bool:
    """Say whether a file that begins so, without blanks, holds objects of Export-Clixml."""
    return _START.match(begin) is not None


def records(stream: IO[str], start: str) -> Iterator[Found]:
    """Yield the objects of a file; those of lists each by itself, texts that are JSON as what they hold."""
    reader = _Reader()
    text, fed = start, 0
    while True:
        try:
            fed += len(text.encode(errors="replace"))
            reader.parser.Parse(text, not text)
            # Expat holds a name or a value of an attribute until it ends.
            if fed - reader.parser.CurrentByteIndex > LONGEST_ROW:
                raise _OddXML
        except _OddXML:
            yield from reader.ready
            yield reader.parser.CurrentLineNumber, "", ODD_XML
            return
        except expat.ExpatError:
            yield from reader.ready
            yield reader.parser.CurrentLineNumber, "", _BROKEN
            return
        yield from reader.ready
        reader.ready.clear()
        if not text:
            return
        text = stream.read(CHUNK)


class _OddXML(Exception):
    """Something that Export-Clixml never writes."""


@dataclass(slots=True)
class _Element:
    """An element that has begun and not ended."""

    tag: str
    name: str = ""
    text: list[str] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)
    items: list[Any] | None = None
    plain: Any = None


class _Reader:
    """Builds objects from what the parser meets, and lays down each that is whole."""

    def __init__(self) -> None:
        self.ready: deque[Found] = deque()
        self._open: list[_Element] = []
        self._size = 0
        self._line = 1
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse
        parser.EntityDeclHandler = _refuse
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._read
        self.parser = parser

    def _begin(self, tag: str, attributes: Mapping[str, str]) -> None:
        if len(self._open) >= DEEPEST:
            raise _OddXML
        if self._is_above():
            self._size, self._line = 0, self.parser.CurrentLineNumber
        self._size += _EACH
        if self._size > LONGEST_ROW:
            attributes = {}
        name = _plain(attributes.get("N", ""))
        self._size += len(name)
        self._open.append(_Element(tag, name))

    def _read(self, text: str) -> None:
        self._size += len(text)
        if self._size <= LONGEST_ROW and self._open:
            self._open[-1].text.append(text)

    def _end(self, _: str) -> None:
        element = self._open.pop()
        if element.tag in _LISTS and len(self._open) == 2:  # told as it was read, each by itself
            return
        if element.tag == "En" and self._size <= LONGEST_ROW:
            self._holder().fields[str(element.fields.get("Key", ""))] = element.fields.get("Value")
        elif element.tag in _LISTS and self._open:
            self._holder().items = element.items or []
        elif element.tag == "ToString" and self._open:
            self._open[-1].plain = _plain("".join(element.text))
        elif self._open and element.tag not in _WITHIN and element.tag not in {"TN", "T", "TNRef"}:
            self._keep(element)

    def _holder(self) -> _Element:
        """Give the object whose properties or entries are being read."""
        return next((one for one in reversed(self._open) if one.tag not in _WITHIN), self._open[0])

    def _is_above(self) -> bool:
        """Say whether what begins or has ended lies in no object: at the top, or in a list at the top."""
        depth = len(self._open)
        return depth <= 1 or (depth == 3 and self._open[-1].tag in _LISTS)  # root, object, list

    def _keep(self, element: _Element) -> None:
        if self._is_above():
            self._lay_down(element)
            return
        if self._size > LONGEST_ROW:
            return
        value, parent = _value(element), self._open[-1]
        if parent.tag in _LISTS:
            parent.items = parent.items if parent.items is not None else []
            parent.items.append(value)
        elif element.name:
            (parent if parent.tag == "En" else self._holder()).fields[element.name] = value
        elif parent.plain is None:
            parent.plain = value

    def _lay_down(self, element: _Element) -> None:
        if element.tag == "Objs":
            return
        if self._size > LONGEST_ROW:
            self.ready.append((self._line, "", _TOO_LONG))
            return
        value = decoded(_value(element))
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, Mapping):
                if one:  # an object that is a list was told by its items
                    self.ready.append((self._line, "", one))
            elif one not in (None, ""):
                self.ready.append((self._line, str(one), NO_OBJECT))


def _refuse(*_: object) -> None:
    raise _OddXML


def _value(element: _Element) -> Any:
    """Give what an element holds: an object's fields, a list's items, or a plain value."""
    if element.tag == "Obj":
        if element.items is not None and not element.fields:
            return element.items
        return element.fields or ({} if element.plain is None else element.plain)
    if element.tag in _NAMES:
        return None
    text = _plain("".join(element.text))
    if element.tag == "B":
        return text == "true"
    if element.tag in _NUMBERS and re.fullmatch(r"-?\d{1,20}", text):
        return int(text)
    return text


def _plain(text: str) -> str:
    """Undo `_x000A_`, as PowerShell writes what XML cannot hold; two halves of a character are one."""
    if "_x" not in text:
        return text
    found = _ESCAPED.sub(lambda one: chr(int(one[1], 16)), text)
    return found.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
