"""A domain added or federated by this account is found; a federated tenant is not suspicious."""

from __future__ import annotations

import pytest

from commands.symptoms import federation
from graph.resources.directory import Domain
from tests.commands.evidence import INTRUDER, NESTOR, record
from tests.commands.symptoms.judging import all_signs, broken_in, signs

FOUND = [
    (
        "a domain's sign-in handed over",
        "federation_changed",
        {"audit_log": [record("Set domain authentication", owner="", object_id="contoso.example")]},
    ),
    (
        "federation settings changed",
        "federation_changed",
        {"directory_audits_by_user": [record("Set federation settings on domain", owner="")]},
    ),
    (
        "a domain added",
        "domain_added",
        {"audit_log": [record("Add unverified domain", owner="", object_id="fabrikam.example")]},
    ),
    (
        "the same by the attacker",
        "federation_by_intruder",
        {
            "sign_ins": broken_in(),
            "audit_log": [record("Set domain authentication", owner="", address=INTRUDER)],
        },
    ),
]

NOT_FOUND = [
    (
        "a federated tenant",
        {"domains": [Domain(id="contoso.example", authentication_type="Federated", is_verified=True)]},
    ),
    (
        "a managed tenant",
        {"domains": [Domain(id="contoso.example", authentication_type="Managed", is_verified=True)]},
    ),
    (
        "another administrator's project",
        {"audit_log": [record("Set domain authentication", actor=NESTOR, owner="")]},
    ),
    (
        "an attempt that failed",
        {"audit_log": [record("Set domain authentication", owner="", succeeded=False)]},
    ),
]


@pytest.mark.parametrize(("why", "sign", "sources"), FOUND, ids=[row[0] for row in FOUND])
def test_it_finds(why, sign, sources):
    assert sign in signs(federation, **sources)


@pytest.mark.parametrize(("why", "sources"), NOT_FOUND, ids=[row[0] for row in NOT_FOUND])
def test_it_leaves_alone(why, sources):
    assert signs(federation, **sources) == set()


def test_a_federated_domain_is_told_for_the_steps_that_follow():
    domains = [Domain(id="contoso.example", authentication_type="Federated", is_verified=True)]
    assert all_signs(federation, domains=domains) == {"federated_domain"}
