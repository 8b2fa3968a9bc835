"""The same address is one address, however Microsoft writes it."""

from __future__ import annotations

import pytest

from graph.resources.sign_ins import RiskDetection, SignIn
from tests.commands.evidence import evidence, record


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("198.51.100.3", "198.51.100.3"),
        ("::ffff:198.51.100.3", "198.51.100.3"),
        ("198.51.100.3:51422", "198.51.100.3"),
        (" 198.51.100.3  ", "198.51.100.3"),
        ("[2001:DB8::7]:443", "2001:db8::7"),
        ("2001:0db8:0000::0007", "2001:db8::7"),
        ("127.0.0.1", "127.0.0.1"),
        (" a gateway ", "a gateway"),
        (None, ""),
    ],
)
def test_sign_ins_and_risks_have_addresses_in_the_form_of_audit_records(
    given: str | None, address: str
) -> None:
    sign_in = {"id": "1", "createdDateTime": "2026-03-02T09:00:00Z", "ipAddress": given}
    assert SignIn.model_validate(sign_in).ip_address == address
    assert RiskDetection.model_validate({"id": "1", "ipAddress": given}).ip_address == address


def test_the_same_id_with_another_time_operation_or_user_is_no_repeat():
    """Exports of some tools number their records anew, so that two files hold the same ids."""
    opened = record("FileDownloaded", id="1")
    others = [
        record("FileAccessed", id="1"),
        record("FileDownloaded", id="1", hours=1),
        record("FileDownloaded", id="1", actor="bob@contoso.example"),
    ]
    seen = evidence(audit_log=[opened, *others], audit_log_on_mailbox=[opened])
    assert sorted(seen.records(), key=repr) == sorted([opened, *others], key=repr)
