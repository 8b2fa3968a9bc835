"""Files as an attacker or an accident makes them: samples of every form, broken in structure and in bytes."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from copy import deepcopy
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from hypothesis import strategies as st

from tests.graph.audit_log.test_forms import PORTAL_AUDIT, SAME, SIGN_INS, TRACES

RISK: Final = {
    "id": "d-1",
    "riskEventType": "unlikelyTravel",
    "detectedDateTime": "2026-08-30T12:00:00Z",
    "userPrincipalName": "adele.vance@contoso.example",
    "location": {"city": "Lagos", "geoCoordinates": {"latitude": 6.4, "longitude": 3.3}},
}
SIGN_IN: Final = {
    "id": "s-1",
    "createdDateTime": "2026-08-30T12:00:00Z",
    "userPrincipalName": "adele.vance@contoso.example",
    "appId": "a",
    "ipAddress": "203.0.113.7",
    "status": {"errorCode": 0},
    "deviceDetail": {"browser": "x"},
    "location": {"city": "Lagos", "countryOrRegion": "NG"},
}
LOGON: Final = {
    "CreationTime": "2026-08-30T12:00:00",
    "Id": "l-1",
    "Operation": "UserLoggedIn",
    "RecordType": 15,
    "UserId": "adele.vance@contoso.example",
    "ClientIP": "203.0.113.7",
    "ErrorNumber": "0",
    "ExtendedProperties": [{"Name": "UserAgent", "Value": "x"}],
    "Actor": [{"ID": "adele.vance@contoso.example", "Type": 5}],
    "ModifiedProperties": [{"Name": "x", "OldValue": "[]", "NewValue": '["y"]'}],
    "Folders": [{"Path": "\\Inbox", "FolderItems": [{"InternetMessageId": "<m@x>"}]}],
    "AppAccessContext": {"AADSessionId": "s"},
}
SAMPLES: Final[tuple[dict[str, Any], ...]] = (
    *SAME.values(),
    *TRACES.values(),
    *SIGN_INS.values(),
    PORTAL_AUDIT,
    RISK,
    SIGN_IN,
    LOGON,
    {"body": json.dumps(LOGON), "host": "h"},
    {"body": base64.b64encode(gzip.compress(json.dumps(LOGON).encode(), mtime=0)).decode()},
    {"Datum (UTC)": "46264.5", "IP-Adresse": "203.0.113.7", **dict.fromkeys("abcdefgh", "")},
    {"response": {"data": {"items": [SIGN_IN, LOGON], "rows": [], "columns": []}}, "n": 2},
)
ODD: Final[st.SearchStrategy[Any]] = st.sampled_from(
    [
        None, "", "-", "null", "NaN", True, False, 0, -1, 10**30, 1e308, float("inf"), [], {}, [[]], [None],
        [[[[[[]]]]]], {"": {}}, [{}], "[", "{", '"{', "[" * 600, "{" * 600, '{"a":' * 300, "\x00", "\ud800",
        "\u202e", "=cmd", "a" * 3_000, "@", "@@", "a@b", "::1", "203.0.113.7:1", "[::ffff:1.2.3.4]:5",
        "/Date(99999999999999999)/", "/Date(-1)/", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
        "13/13/2026",
        "1/2/2026 25:61:00", "2026-08-30T12:00:00+99:99", "System.Object[]", "@{a=b; c=d}", "@{=}", "@{",
        {"value": "/Date(x)/"}, {"Name": None}, [{"Name": "x"}], [{"ID": None, "Type": []}], "\\\\server\\x",
        "##", "a##b;;##;c", "{}", "[]", '"', "\\", "a\\b\\c", "x" * 40 + "==", '-A:-B -C "', "-" * 500,
    ]
)  # fmt: skip
SCRAPS: Final = st.sampled_from(
    [
        b"<!DOCTYPE a [", b"<LST>", b"</MS>", b"_xD83D_", b"&a;", b"<Ref RefId='0'/>", b"/*", b"CEF:0|",
        b"\xff", b"\x00", b"\x00" * 64, b'"', b"\\", b"{", b"}", b"[", b"]", b",", b"\n", b"\r", b";", b"\t",
        b"|", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b'""', b"\n\n", b'{"value":[', b'{"tables":[',
        b'"a":', b"PK\x03\x04", b"\x1f\x8b", b"\xed\xa0\x80", b"\xf0\x9f\x98\x80", b"\xc3", b"#TYPE x\n",
        b"sep=;\n", b"{}" * 50, b"[" * 200,
    ]
)  # fmt: skip


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a record of some form in which some values, names and lists are not what they should be."""
    record: dict[str, Any] = json.loads(json.dumps(draw(st.sampled_from(SAMPLES))))
    for _ in range(draw(st.integers(0, 4))):
        _spoil(draw, record)
    return record


def _spoil(draw: st.DrawFn, value: Any) -> None:
    while True:
        places: list[Any] = list(value) if isinstance(value, dict) else list(range(len(value)))
        if not places:
            return
        place = draw(st.sampled_from(places))
        below = value[place]
        if isinstance(below, dict | list) and below and draw(st.booleans()):
            value = below
            continue
        how = draw(st.integers(0, 4))
        if how == 0 and isinstance(value, dict):
            del value[place]
        elif how == 1 and isinstance(value, dict):
            value[str(place).swapcase()] = value.pop(place)
        elif how == 2:
            value[place] = json.dumps(below)
        elif how == 3:
            value[place] = [below, below]
        else:
            value[place] = deepcopy(draw(ODD))
        return


def _lines(rows: list[dict[str, Any]]) -> bytes:
    return b"\n".join(json.dumps(row).encode(errors="replace") for row in rows)


def _pretty(rows: list[dict[str, Any]]) -> bytes:
    return json.dumps(rows, indent=2).encode()


def _page(rows: list[dict[str, Any]]) -> bytes:
    return json.dumps({"@odata.nextLink": "x", "value": rows}).encode()


def _query(rows: list[dict[str, Any]]) -> bytes:
    names = list(rows[0]) if rows else []
    table = {"columns": [{"name": name} for name in names], "rows": [list(row.values()) for row in rows]}
    return json.dumps({"tables": [table]}).encode()


def _table(separator: str) -> Callable[[list[dict[str, Any]]], bytes]:
    def write(rows: list[dict[str, Any]]) -> bytes:
        out = io.StringIO()
        writer = csv.writer(out, delimiter=separator)
        names = list(dict.fromkeys(name for row in rows for name in row))
        writer.writerow(names)
        for row in rows:
            cells = (row.get(name, "") for name in names)
            writer.writerow([one if isinstance(one, str) else json.dumps(one) for one in cells])
        return out.getvalue().encode(errors="replace")

    return write


def _clixml(rows: list[dict[str, Any]]) -> bytes:
    return f"{CLIXML}{''.join(map(_in_clixml, rows))}</Objs>".encode(errors="replace")


CLIXML: Final = '<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">\r\n'


def _in_clixml(value: Any, name: str = "") -> str:
    called = f" N={quoteattr(name)}" if name else ""
    if isinstance(value, dict):
        within = "".join(_in_clixml(one, str(key)) for key, one in value.items())
        return f'<Obj{called} RefId="0"><MS>{within}</MS></Obj>'
    if isinstance(value, list):
        return f'<Obj{called} RefId="0"><LST>{"".join(map(_in_clixml, value))}</LST></Obj>'
    return f"<S{called}>{escape(str(value))}</S>"


def _noted(rows: list[dict[str, Any]]) -> bytes:
    return b"// a note\n/* and * another */\n" + _pretty(rows)


WRITERS: Final = (
    _clixml,
    _noted,
    _lines,
    _lines,
    _pretty,
    _page,
    _query,
    _table(","),
    _table(";"),
    _table("\t"),
)


@st.composite
def contents(draw: st.DrawFn) -> bytes:
    """Draw a whole file: records written in some way, coded, broken in some bytes, and packed."""
    rows = draw(st.lists(records(), min_size=0, max_size=4))
    data: bytes = draw(st.sampled_from(WRITERS))(rows)
    code = draw(st.sampled_from(["utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"]))
    if code != "utf-8":
        data = data.decode(errors="replace").encode(code, errors="replace")
    for _ in range(draw(st.integers(0, 3))):
        data = _broken(draw, data)
    packed = draw(st.sampled_from(["", "", "", "", "gzip", "cut gzip", "zip", "broken zip"]))
    if packed.endswith("gzip"):
        data = gzip.compress(data, 1, mtime=0)
        return data[: draw(st.integers(0, len(data)))] if packed.startswith("cut") else data
    if packed:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as file:
            file.writestr(zipfile.ZipInfo("log"), data)
        return _broken(draw, out.getvalue()) if packed.startswith("broken") else out.getvalue()
    return data


def _broken(draw: st.DrawFn, data: bytes) -> bytes:
    at = draw(st.integers(0, len(data)))
    how = draw(st.integers(0, 3))
    if how == 0:
        return data[:at] + draw(SCRAPS) + data[at:]
    if how == 1:
        return data[:at]
    if how == 2:
        return data[:at] + data[min(len(data), at + draw(st.integers(1, 40))) :]
    return data[:at] + data[at : at + 200] * draw(st.integers(1, 30)) + data[at:]
