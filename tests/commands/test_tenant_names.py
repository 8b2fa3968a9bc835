"""Names of tenants in the ledger follow their ids, and a domain stands for the id that Microsoft tells."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from commands.errors import TenantNameTaken
from commands.ledger import Ledger
from commands.ledger.tenants import former_names, note_tenants, tenant_ids
from commands.ledger.verify import verify_ledger

ID = "0c0c0c0c-0000-4000-8000-000000000001"
OTHER = "0c0c0c0c-0000-4000-8000-000000000002"
DOMAIN = "contoso.example"


def microsoft(written: str) -> str:
    return {DOMAIN: ID, "fabrikam.example": OTHER}.get(written, written)


def silent(written: str) -> str:
    return written


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.db", lambda: datetime(2026, 11, 29, tzinfo=UTC))


@pytest.mark.parametrize(("before", "now"), [(DOMAIN, ID.upper()), (ID, "Contoso.Example")])
def test_an_id_may_be_written_as_a_domain_before_or_after(ledger, before, now):
    note_tenants(ledger, {"Former": before})
    note_tenants(ledger, {"Contoso": before})
    known = note_tenants(ledger, {"Contoso": now}, microsoft)
    assert former_names(known, {"Contoso": now}) == {"Former": "Contoso"}
    # It is asked once: from now on the ledger knows.
    assert note_tenants(ledger, {"Contoso": now}, silent) == known == tenant_ids(ledger)
    assert [entry.kind for entry in ledger.entries()] == ["tenant_named"] * 4
    verify_ledger(ledger.path)


def test_one_that_was_called_and_written_otherwise_is_followed_too(ledger):
    note_tenants(ledger, {"Former": DOMAIN})
    known = note_tenants(ledger, {"Contoso": ID}, microsoft)
    assert former_names(known, {"Contoso": ID}) == {"Former": "Contoso"}


@pytest.mark.parametrize("id_of", [microsoft, silent])
@pytest.mark.parametrize(("before", "now"), [("fabrikam.example", ID), (OTHER, DOMAIN)])
def test_a_domain_of_another_tenant_or_of_nobody_knows_which_is_refused_with_what_to_do(
    ledger, before, now, id_of
):
    note_tenants(ledger, {"Contoso": before})
    with pytest.raises(TenantNameTaken) as refused:
        note_tenants(ledger, {"Contoso": now}, id_of)
    assert f"write {before} as its tenant_id again" in str(refused.value)
    assert tenant_ids(ledger) == {"Contoso": before}


def test_another_id_is_another_tenant(ledger):
    note_tenants(ledger, {"Contoso": OTHER})
    with pytest.raises(TenantNameTaken, match="its cases would become another tenant's"):
        note_tenants(ledger, {"Contoso": ID}, microsoft)
