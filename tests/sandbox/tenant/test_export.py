"""A real export can be loaded into the tenant, and the tenant can run as a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
import requests

from sandbox.scenarios import load
from sandbox.tenant import start
from sandbox.tenant.export import add_export
from tests.each import each
from tests.examples import EXAMPLES, needs_examples
from tests.made import made
from tests.sandbox.tenant.conftest import NOW, Client
from tests.sandbox.tenant.test_audit_search import search


def record(number: int, **fields: Any) -> dict[str, Any]:
    user = "Kim.Akers@Adatum.example"
    named = {"CreationTime": f"2021-04-16T12:0{number}:14", "Id": f"r{number}", "Operation": "Set-Mailbox"}
    return {**named, "RecordType": 1, "UserId": user, "Workload": "Exchange", **fields}


def test_json_lines_become_records_of_the_present_and_people_with_mailboxes(tmp_path):
    path = tmp_path / "export.jsonl"
    path.write_text("\n".join(json.dumps(record(number)) for number in range(3)) + '\n{"cut": ')
    with start(made("clean", NOW), limits=False, audit_query_seconds=0.0, audit_log=path) as tenant:
        client = Client(tenant)
        _, found = search(client, userPrincipalNameFilters=["kim.akers@adatum.example"])
        rows = client.rows("Get-Mailbox", Identity="kim.akers@adatum.example")
        client.session.close()
    assert [item["id"] for item in found] == ["r2", "r1", "r0"]
    assert found[0]["createdDateTime"] == "2026-06-17T17:30:00Z"
    assert rows[0]["PrimarySmtpAddress"] == "kim.akers@adatum.example"
    assert "adatum.example" in tenant.domains


def test_a_csv_with_a_blank_record_loads_the_others(tmp_path):
    path = tmp_path / "export.csv"
    quoted = json.dumps(record(1)).replace('"', '""')
    path.write_text(f'\ufeff"CreationDate","AuditData"\r\n"4/16/2021","{quoted}"\r\n"4/16/2021",""\r\n')
    state = load("clean", NOW)
    count = len(state.audit_records)
    add_export(state, path)
    assert len(state.audit_records) == count + 1


def test_a_file_without_records_is_refused(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("nothing here")
    with pytest.raises(ValueError, match="holds no audit record"):
        add_export(load("clean", NOW), path)


@needs_examples
def test_every_real_export_can_be_loaded():
    state = load("clean", NOW)
    for path in each(sorted((EXAMPLES / "native_formats").glob("*.csv"))):
        count = len(state.audit_records)
        add_export(state, path)
        assert len(state.audit_records) > count, path.name


def test_the_tenant_runs_as_a_process_and_prints_its_addresses():
    command = [sys.executable, "-m", "sandbox.tenant", "--scenario", "clean", "--no-limits"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            reply = requests.get(f"{told['url']}/sandbox/calls", timeout=60)
            assert (reply.status_code, reply.json()) == (200, [])
            assert set(told) >= {"login_url", "graph_url", "tenant_id", "client_secret", "domains"}
        finally:
            process.terminate()
    assert process.returncode == 0
