"""The corpus is drawn from seeds, and its records are what Microsoft would write."""

import ipaddress
import json
from datetime import timedelta

import iptocc
import pytest

from evaluation.case import BEGINNING, DAYS, SIGN_IN_DAYS
from evaluation.corpus import SCRIPTS, make, script_named
from evaluation.scripts import Truth
from evaluation.world.cultures import CULTURES
from tests.each import each


def written(name: str, draw: int) -> str:
    return json.dumps(make(script_named(name), draw).scribe.sorted_logs())


def test_a_script_and_a_draw_give_the_same_records_every_time():
    assert written("slow-fraud", 3) == written("slow-fraud", 3)


def test_other_quiet_months_leave_people_and_what_happens_as_they_are():
    script = script_named("aitm-hosting")
    one, other = (make(script, 3, around) for around in (0, 1))
    assert [person.upn for person in one.firm.people] == [person.upn for person in other.firm.people]
    assert one.day == other.day
    rules, others = (
        [
            (record["CreationTime"], record["ClientIP"], record["Parameters"])
            for record in case.scribe.sorted_logs()[0]
            if record["Operation"] == "New-InboxRule"
            and case.victim.upn == record["UserId"]
            and record["CreationTime"] >= f"{case.at(case.day, 0):%Y-%m-%d}"
        ]
        for case in (one, other)
    )
    assert rules == others != []
    assert one.scribe.sorted_logs() != other.scribe.sorted_logs()


def test_another_draw_gives_another_firm_and_other_records():
    one, other = make(script_named("slow-fraud"), 1), make(script_named("slow-fraud"), 2)
    assert one.firm.tenant != other.firm.tenant
    assert one.scribe.audit != other.scribe.audit


def test_there_are_enough_scripts_of_both_kinds_in_both_halves():
    assert len({one.name for one in SCRIPTS}) == len(SCRIPTS)
    for truth in Truth:
        scripts = [one for one in SCRIPTS if one.truth is truth]
        assert len(scripts) * 10 >= 200
        assert sum(one.held_out for one in scripts) >= 0.3 * len(scripts)
        assert sum(not one.held_out for one in scripts) >= 0.3 * len(scripts)


SOME_NOW = [
    pytest.param(one, marks=[] if place % 4 == 0 else [pytest.mark.slow], id=one.name)
    for place, one in enumerate(SCRIPTS)
]
"""Every fourth in `make test`, all in `make test-all`: each makes months of records."""


@pytest.mark.parametrize("script", SOME_NOW)
def test_every_script_leaves_well_formed_records_of_its_subject(script):
    case = make(script, 0)
    audit, sign_ins = case.scribe.sorted_logs()
    assert len({one["Id"] for one in audit}) == len(audit) > 500
    assert len({one["id"] for one in sign_ins}) == len(sign_ins) > 100
    assert {case.victim.upn} <= {one["UserId"] for one in audit}
    first, last = BEGINNING - timedelta(days=1), BEGINNING + timedelta(days=DAYS + 1)
    assert f"{first:%Y-%m-%d}" < audit[0]["CreationTime"] <= audit[-1]["CreationTime"] < f"{last:%Y-%m-%d}"
    assert sign_ins[0]["createdDateTime"] >= f"{BEGINNING + timedelta(days=DAYS - SIGN_IN_DAYS):%Y-%m-%d}"
    for one in each(sign_ins):
        ipaddress.ip_address(one["ipAddress"])


@pytest.mark.parametrize("culture", CULTURES, ids=lambda one: one.here.country)
def test_lines_at_home_and_of_carriers_are_registered_in_the_country(culture):
    """Facts of the registries, which an audit log without sign-ins leaves as the only trace of a place."""
    for network in each((*culture.homes, *culture.carriers)):
        for prefix in each(network.prefixes):
            block = ipaddress.ip_network(prefix)
            for share in (0.01, 0.3, 0.6, 0.99):
                address = str(block[int(block.num_addresses * share)])
                assert iptocc.country_code(address) == culture.here.country, f"{network.operator} {address}"
