"""Only an account's own display name is told; applications, groups and policies have one as well."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from commands.analyze import analyze
from commands.report import Finding

NOW = datetime(2026, 9, 1, tzinfo=UTC)
ADELE = "adele.vance@contoso.example"


def findings_of(
    tmp_path: Path, operation: str, target: list[dict[str, Any]], object_id: str
) -> list[Finding]:
    record = {
        "CreationTime": "2026-08-20T09:00:00",
        "Id": "r-1",
        "Operation": operation,
        "RecordType": 8,
        "UserType": 0,
        "UserKey": "1003200096971f55",
        "UserId": ADELE,
        "ObjectId": object_id,
        "Target": target,
        "ModifiedProperties": [
            {"Name": "DisplayName", "OldValue": '["Old"]', "NewValue": '["IT Help Desk"]'}
        ],
    }
    path = tmp_path / "log"
    path.write_text(json.dumps(record))
    (report,) = analyze([path], user=ADELE, now=NOW, processes=1).users
    return [one for one in report.findings if one.symptom == "display_name"]


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("Update application.", "Application"),
        ("Add service principal.", "ServicePrincipal"),
        ("Update group.", "Group"),
        ("Update policy.", "Policy"),
    ],
)
def test_what_is_called_anew_is_no_account(tmp_path, operation, kind):
    object_id = "0a1b2c3d-1111-4222-8333-444455556666"
    target = [{"ID": f"{kind}_{object_id}", "Type": 2}, {"ID": object_id, "Type": 2}, {"ID": kind, "Type": 2}]
    assert findings_of(tmp_path, operation, target, object_id) == []


def test_the_name_of_the_account_itself_is_told(tmp_path):
    target = [{"ID": ADELE, "Type": 5}, {"ID": "User", "Type": 2}]
    assert len(findings_of(tmp_path, "Update user.", target, ADELE)) == 1
