"""An alert as the ledger gives it, for tests of how alerts are chosen and told."""

from __future__ import annotations

from datetime import UTC, datetime

from commands.ledger.alerts import Alert

ONE = Alert(
    id="defender:1",
    seq=1,
    tenant="Contoso",
    source="defender",
    title="User restricted from sending email",
    severity="medium",
    at=datetime(2026, 11, 29, tzinfo=UTC),
    account="adele@contoso.example",
    object_id="id-1",
    link="",
    more=0,
    how="",
    channel="",
    ts="",
)
