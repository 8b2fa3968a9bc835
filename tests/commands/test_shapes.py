"""One takeover, written as the tools of investigators write it, is judged the same in every shape.

The shapes follow the code of the tools: Hawk (`Get-SimpleUnifiedAuditLog.ps1`, `Out-MultipleFileType.ps1`),
Microsoft Extractor Suite (`Get-UAL.ps1`, `Get-UALGraph.ps1`), Purview's export, Defender's tables.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from commands.analyze import Analysis, analyze
from commands.report import VerdictCode
from tests.benchmarks.analyze.generate import log

NOW = datetime(2026, 9, 1, tzinfo=UTC)
Record = dict[str, Any]


@cache
def incident() -> tuple[Record, ...]:
    """Everything about one account that is taken over."""
    return tuple(
        one for one in log(3_000, seed=7, taken_over=1) if str(one.get("UserId", "")).startswith("person000@")
    )


def american(text: str) -> str:
    at = datetime.fromisoformat(text)
    return f"{at.month}/{at.day}/{at.year} {at.strftime('%I').lstrip('0')}:{at:%M:%S %p}"


def table(rows: Iterable[Mapping[str, Any]]) -> str:
    kept = list(rows)
    names = list(dict.fromkeys(name for row in kept for name in row))
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(names)
    writer.writerows([row.get(name, "") for name in names] for row in kept)
    return out.getvalue()


def search_row(data: Record, number: int) -> Record:
    """A row of Search-UnifiedAuditLog."""
    return {
        "PSComputerName": "outlook.office365.com",
        "RecordType": "ExchangeAdmin",
        "CreationDate": american(data["CreationTime"]),
        "UserIds": data["UserId"],
        "Operations": data["Operation"],
        "AuditData": json.dumps(data),
        "ResultIndex": number,
        "ResultCount": len(incident()),
        "Identity": data["Id"],
        "IsValid": "True",
    }


def rows() -> list[Record]:
    return [search_row(data, number) for number, data in enumerate(incident(), 1)]


def flat(value: Mapping[str, Any], before: str = "") -> Record:
    """A record as Hawk lays it flat."""
    found: Record = {}
    for name, one in value.items():
        key = f"{before}_{name}" if before else name
        if name == "Parameters":
            found["ParameterString"] = " | ".join(f"{each['Name']}={each['Value']}" for each in one)
            found |= {f"Param_{each['Name']}": each["Value"] for each in one}
        elif isinstance(one, Mapping):
            found |= flat(one, key)
        elif isinstance(one, list) and one and isinstance(one[0], Mapping):
            for number, each in enumerate(one):
                found |= flat(each, f"{key}_{number}")
        else:
            found[key] = "|".join(map(str, one)) if isinstance(one, list) else one
    return found


def simple() -> list[Record]:
    return [{**row, **flat(data), "AuditData": ""} for row, data in zip(rows(), incident(), strict=True)]


def graph_record(data: Record) -> Record:
    """A record of Graph's audit search."""
    return {
        "id": data["Id"],
        "createdDateTime": f"{data['CreationTime']}Z",
        "auditLogRecordType": "exchangeAdmin",
        "operation": data["Operation"],
        "userId": data.get("UserKey"),
        "userPrincipalName": data["UserId"],
        "clientIp": None,
        "auditData": data,
    }


SHAPES: Mapping[str, Callable[[], bytes]] = {
    "Search-UnifiedAuditLog, CSV": lambda: table(rows()).encode("utf-8-sig"),
    "Search-UnifiedAuditLog, JSON in UTF-16": lambda: json.dumps(rows(), indent=2).encode("utf-16"),
    "Hawk, Simple CSV": lambda: table(
        [{k: v for k, v in row.items() if k != "AuditData"} for row in simple()]
    ).encode(),
    "Hawk, arrays one after the other": lambda: b"\r\n".join(
        json.dumps(part, indent=2).encode() for part in (incident()[:9], incident()[9:])
    ),
    "Extractor Suite, lines for SOF-ELK": lambda: "\n".join(map(json.dumps, incident())).encode(),
    "Extractor Suite, Graph as JSON": lambda: json.dumps(
        list(map(graph_record, incident())), indent=4
    ).encode(),
    "Extractor Suite, Graph as CSV": lambda: table(
        {**graph_record(data), "auditData": json.dumps(data, indent=4)} for data in incident()
    ).encode(),
    "Purview": lambda: table(
        {
            "RecordId": data["Id"],
            "CreationDate": f"{data['CreationTime']}.0000000Z",
            "Operation": data["Operation"],
            "UserId": data["UserId"],
            "AuditData": json.dumps(data),
            "AssociatedAdminUnits": "",
            "AssociatedAdminUnitsNames": "",
        }
        for data in incident()
    ).encode("utf-8-sig"),
    "Defender, CSV": lambda: table(
        {
            "Timestamp": american(data["CreationTime"]),
            "ActionType": data["Operation"],
            "ApplicationId": "20893",
            "RawEventData": json.dumps(data),
        }
        for data in incident()
    ).encode("utf-8-sig"),
}


def judged(path: Path, content: bytes) -> Analysis:
    path.write_bytes(content)
    return analyze([path], user="person000@contoso.example", now=NOW, processes=1)


def told(analysis: Analysis) -> object:
    (report,) = analysis.users
    return (
        report.verdict.answer,
        report.verdict.points,
        {(one.sign.id, one.summary) for one in report.findings},
    )


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_says_the_same(shape: str, tmp_path: Path) -> None:
    lines = "\n".join(json.dumps(one, separators=(",", ":")) for one in incident())
    control = judged(tmp_path / "control", lines.encode())
    found = judged(tmp_path / "export", SHAPES[shape]())
    assert control.users[0].verdict.answer is VerdictCode.COMPROMISED
    assert told(found) == told(control)
    assert (found.records, found.unreadable, found.saw_all) == (len(incident()), (), True)
