"""What Export-Clixml writes is read, whichever objects were exported; a hostile file is survived and told."""

from __future__ import annotations

import io
import json
from html import escape
from pathlib import Path
from typing import Any

import pytest

from graph.audit_log import clixml, files
from graph.audit_log.record import AuditRecord
from graph.audit_log.values import NO_OBJECT
from tests.graph.audit_log.test_forms import DATA, TEXT, is_same

HEAD = '<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">\r\n'
ROW = (
    '<Obj RefId="{0}"><TN RefId="0"><T>System.Management.Automation.PSCustomObject</T></TN><MS>'
    '<S N="RecordType">ExchangeAdmin</S><DT N="CreationDate">2026-08-30T12:00:00Z</DT>'
    '<S N="UserIds">adele.vance@contoso.example</S><S N="AuditData">{1}</S><I32 N="ResultIndex">1</I32>'
    '<B N="IsValid">true</B><Nil N="ObjectState" /></MS></Obj>\r\n'
)


def found_in(xml: str) -> list[Any]:
    return [
        one if isinstance(one, dict) else (text, one) for _, text, one in clixml.records(io.StringIO(), xml)
    ]


def in_clixml(value: Any, name: str = "") -> str:
    """Write a value as Export-Clixml does."""
    called = f' N="{name}"' if name else ""
    if isinstance(value, dict):
        within = "".join(in_clixml(one, key) for key, one in value.items())
        return f'<Obj{called} RefId="0"><MS>{within}</MS></Obj>'
    if isinstance(value, list):
        return f'<Obj{called} RefId="0"><LST>{"".join(map(in_clixml, value))}</LST></Obj>'
    if isinstance(value, int):
        return f"<I32{called}>{value}</I32>"
    return f"<S{called}>{escape(value, quote=False)}</S>"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-8"])
def test_rows_of_a_search_are_read(encoding: str, tmp_path: Path) -> None:
    rows = [ROW.format(n, escape(json.dumps({**DATA, "Id": f"r-{n}"}), quote=False)) for n in range(3)]
    path = tmp_path / "log"
    path.write_bytes(f"{HEAD}{''.join(rows)}</Objs>".encode(encoding))
    found = list(files.read(path))
    assert [one.id for one in found if isinstance(one, AuditRecord)] == ["r-0", "r-1", "r-2"]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(in_clixml(DATA), id="an object"),
        pytest.param(in_clixml([DATA]), id="a list of objects"),
        pytest.param(in_clixml(TEXT), id="a text of JSON"),
        pytest.param(
            '<Obj RefId="0"><DCT>'
            + "".join(
                f'<En><S N="Key">{name}</S>{in_clixml(one, "Value")}</En>' for name, one in DATA.items()
            )
            + "</DCT></Obj>",
            id="a dictionary",
        ),
        pytest.param(
            in_clixml({name: one for name, one in DATA.items() if name != "RecordType"}).replace(
                "<MS>",
                '<MS><Obj N="RecordType" RefId="9"><TN RefId="1"><T>System.Enum</T></TN>'
                "<ToString>ExchangeAdmin</ToString><I32>1</I32></Obj>",
                1,
            ),
            id="an object with one of a list of names",
        ),
    ],
)
def test_a_record_is_read(body: str, tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text(f'<?xml version="1.0" encoding="utf-8"?>\n{HEAD}{body}</Objs>')
    (found,) = files.read(path)
    assert not isinstance(found, files.Unreadable)
    is_same(found)


def test_what_xml_cannot_hold_comes_back() -> None:
    assert found_in(
        HEAD + '<Obj RefId="0"><MS><S N="a_x000A_b">c_x0009__xD83D__xDE00__x005F_</S></MS></Obj></Objs>'
    ) == [{"a\nb": "c\t😀_"}]


def test_what_is_no_object_is_told() -> None:
    assert found_in(f"{HEAD}<S>words</S><Nil /><I32>3</I32></Objs>") == [
        ("words", NO_OBJECT),
        ("3", NO_OBJECT),
    ]


def test_what_comes_before_a_cut_is_read() -> None:
    whole = HEAD + in_clixml(DATA) * 3
    assert found_in(whole[:-20]) == [DATA, DATA, ("", clixml._BROKEN)]


@pytest.mark.parametrize(
    "hostile",
    [
        f'<!DOCTYPE Objs [<!ENTITY a "{"b" * 999}"><!ENTITY c "{"&a;" * 99}">]>{HEAD}<S>&c;</S></Objs>',
        f'<!DOCTYPE Objs SYSTEM "file:///etc/passwd">{HEAD}</Objs>',
        f"{HEAD}{'<Obj><LST>' * 90}",
    ],
)
def test_a_hostile_file_ends_the_reading(hostile: str) -> None:
    assert found_in(hostile) == [("", clixml.ODD_XML)]


def test_a_reference_to_another_object_is_blank_so_that_none_grows() -> None:
    nested = "".join(
        f'<Obj RefId="{n}"><LST><Ref RefId="{n - 1}" /><Ref RefId="{n - 1}" /></LST></Obj>'
        for n in range(1, 60)
    )
    assert sum(len(str(one)) for one in found_in(f"{HEAD}{nested}</Objs>")) < 1_000
    assert found_in(f'{HEAD}<Obj RefId="0"><MS><Ref N="a" RefId="1" /></MS></Obj></Objs>') == [{"a": None}]


@pytest.mark.parametrize(
    ("begin", "piece", "end"),
    [
        ('<Obj RefId="0"><MS><S N="A">', "a" * 100, "</S></MS></Obj>"),
        ('<Obj RefId="0"><MS>', '<S N="x">y</S>', "</MS></Obj>"),
        ('<Obj RefId="0"><MS>', "<Nil />", "</MS></Obj>"),
        ('<Obj RefId="0"><MS><Obj N="a"><LST>', "<S>y</S>", "</LST></Obj></MS></Obj>"),
    ],
)
def test_an_object_longer_than_any_is_passed_over_and_the_next_is_read(
    begin: str, piece: str, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clixml, "LONGEST_ROW", 20_000)
    found = found_in(f"{HEAD}{begin}{piece * 2_000}{end}{in_clixml(DATA)}</Objs>")
    assert found == [("", clixml._TOO_LONG), DATA]


def test_a_name_without_end_ends_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clixml, "LONGEST_ROW", 20_000)
    monkeypatch.setattr(clixml, "CHUNK", 1_000)
    stream = io.StringIO("a" * 100_000)
    ((_, _, why),) = clixml.records(stream, f'{HEAD}<Obj RefId="0"><MS><S N="')
    assert why == clixml.ODD_XML
    assert stream.tell() < 30_000
