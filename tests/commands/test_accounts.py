"""Everything that a log calls the same person, mailbox or service is one account."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.accounts import directory_of
from commands.analyze import analyze
from commands.analyze.everybody import Everybody
from commands.analyze.picking import PARTITIONS, partition_of
from commands.report import Report
from graph.audit_log.ids import id_of
from graph.audit_log.names import MAILBOX, NAMES, SHOWN, Names
from graph.audit_log.pieces import GUID
from graph.question import AccountKind
from tests.each import each

NOW = datetime(2026, 9, 1, tzinfo=UTC)
ADELE = "adele.vance@contoso.example"
MEGAN = "megan.bowen@contoso.example"
ADELE_ID = "7c1f0c5e-3b7a-4f52-9d0e-0f6a2b9f41aa"
MEGAN_ID = "2b1d0c5e-3b7a-4f52-9d0e-0f6a2b9f41bb"
TENANT = "5e3a1c2e-0b7d-4a55-9a31-6f0f5cbb9a01"
PUID = "1003200096971f55"


def names_of(*shown: tuple[str, str, str], domains: set[str] | None = None) -> Names:
    names = Names(domains=domains or set())
    for id_, name, at in shown:
        names.note(id_, name, at)
    return names


@pytest.mark.parametrize(
    ("shown", "name", "called"),
    [
        (((ADELE_ID, ADELE, "1"),), ADELE_ID, ADELE),
        (((ADELE_ID, ADELE, "1"),), ADELE_ID.upper(), ADELE),
        (((PUID, ADELE, "1"),), "i:0h.f|membership|1003200096971F55@live.com", ADELE),
        (((f"{MAILBOX}{MEGAN_ID}", ADELE, "1"),), MEGAN_ID, ADELE),
        (((ADELE_ID, "adele.smith@contoso.example", "1"), (ADELE_ID, ADELE, "2")),
         "adele.smith@contoso.example", ADELE),
        (((ADELE_ID, ADELE, "1"), (ADELE_ID, "adele.smith@contoso.example", "2")),
         ADELE, "adele.smith@contoso.example"),
        ((("adele.smith@contoso.example", ADELE, "2"),), "adele.smith@contoso.example", ADELE),
        (((ADELE_ID, ADELE, "1"),), "Adele.Vance", ADELE),
        (((ADELE_ID, ADELE, "1"), (f"{SHOWN}adele v.", ADELE, "1")), "Adele V.", ADELE),
    ],
)  # fmt: skip
def test_one_account_is_one_under_all_its_names(shown, name, called):
    directory = directory_of(names_of(*shown), {ADELE, name})
    assert directory.name_of(name) == called
    assert directory.name_of(called) == called


@pytest.mark.parametrize(
    ("shown", "one", "other", "why"),
    [
        (((ADELE_ID, ADELE, "1"), (MEGAN_ID, MEGAN, "1"), (PUID, ADELE, "1"), (PUID, MEGAN, "2")),
         ADELE, MEGAN, "two object ids are two accounts"),
        (((ADELE_ID, "adele@contoso.example", "1"), (MEGAN_ID, "adele@fabrikam.example", "1")),
         "adele", "adele@contoso.example", "two accounts have this alias"),
        ((("1111111111111111", ADELE, "1"),), MEGAN, ADELE, "nothing is shared"),
        (tuple((PUID, f"p{number}@contoso.example", "1") for number in range(NAMES)),
         "p1@contoso.example", "p2@contoso.example", "an id with so many names stands for nobody"),
    ],
)  # fmt: skip
def test_two_accounts_stay_two(shown, one, other, why):
    directory = directory_of(names_of(*shown), {one, other})
    assert directory.name_of(one) != directory.name_of(other), why


_IDS = st.sampled_from(
    [ADELE_ID, MEGAN_ID, PUID, "s-1-5-21-1-2-3-4", f"{MAILBOX}{TENANT}", "old@contoso.example"]
)
_NAMES = st.sampled_from([ADELE, MEGAN, "old@contoso.example", "p@fabrikam.example"])


@given(st.lists(st.tuples(_IDS, _NAMES, st.sampled_from("123"))))
def test_no_account_ever_has_two_object_ids(shown):
    directory = directory_of(names_of(*shown), {ADELE, MEGAN, "adele.vance", "p"})
    for account in each((*directory.accounts.values(), directory.account_of(ADELE))):
        objects = {one for one in account.names if GUID.fullmatch(one)} - {TENANT}
        assert len(objects) <= 1
        assert directory.name_of(account.name) == account.name


def test_an_id_is_read_out_of_every_form_of_a_user_key():
    assert id_of(ADELE_ID.upper()) == ADELE_ID
    assert id_of("1003200096971F55@contoso.example") == PUID
    assert (
        id_of("S-1-5-21-1004336348-1177238915-682003330-512")
        == "s-1-5-21-1004336348-1177238915-682003330-512"
    )
    assert id_of("0000000000000000") == id_of("adele.vance") == id_of("S-1-5-18") == ""


# --- whole logs ---------------------------------------------------------------------------------------


def record(number: int, operation: str, **more: Any) -> dict[str, Any]:
    return {
        "CreationTime": f"2026-08-20T{9 + number // 60:02}:{number % 60:02}:00",
        "Id": f"r-{number}",
        "Operation": operation,
        "OrganizationId": TENANT,
        "RecordType": 1,
        "UserType": 0,
        "UserKey": PUID,
        "UserId": ADELE,
        "ClientIP": "192.0.2.1",
    } | more


def logon(number: int, **more: Any) -> dict[str, Any]:
    return record(number, "UserLoggedIn", RecordType=15, UserKey=ADELE_ID, ErrorNumber="0") | more


def reports_of(tmp_path: Path, *records: Mapping[str, Any], user: str | None = None) -> dict[str, Report]:
    path = tmp_path / "log"
    path.write_text("".join(json.dumps(one, separators=(",", ":")) + "\n" for one in records))
    analysis = analyze([path], user=user, now=NOW, processes=1)
    assert analysis.unreadable == ()
    return {one.subject.user_principal_name: one for one in analysis.users}


FORWARDING = [{"Name": "ForwardingSmtpAddress", "Value": "smtp:drop@evil.example"}]
PATH = "EURPR04A009.PROD.OUTLOOK.COM/Microsoft Exchange Hosted Organizations/contoso.example/adele.vance"


@pytest.mark.parametrize(
    "forwarding",
    [
        record(9, "Set-Mailbox", ObjectId=PATH, UserId="admin@contoso.example", UserKey="1003200011112222"),
        record(9, "Set-Mailbox", Parameters=[*FORWARDING, {"Name": "Identity", "Value": "Adele.Vance"}],
               UserId="admin@contoso.example", UserKey="1003200011112222"),
        record(9, "Set-Mailbox", UserId="Not Available", ObjectId=ADELE),
        record(9, "Set-Mailbox", UserId=ADELE_ID, ObjectId=ADELE_ID),
        record(0, "Set-Mailbox", UserId="adele.smith@contoso.example", ObjectId="adele.smith@contoso.example",
               CreationTime="2026-08-19T08:00:00"),
    ],
    ids=["identity path", "alias", "key alone", "object id", "earlier name"],
)  # fmt: skip
def test_what_is_done_to_an_account_lands_on_it_whatever_it_is_called(tmp_path, forwarding):
    forwarding = {"Parameters": FORWARDING, **forwarding}
    renamed = record(
        2, "Update user.", RecordType=8, UserId="admin@contoso.example", UserKey="1003200011112222",
        ObjectId=ADELE, Target=[{"ID": ADELE_ID, "Type": 2}, {"ID": ADELE, "Type": 5}],
        ModifiedProperties=[{"Name": "UserPrincipalName", "OldValue": '["adele.smith@contoso.example"]',
                             "NewValue": f'["{ADELE}"]'}],
    )  # fmt: skip
    known = [logon(0), record(1, "MailItemsAccessed", MailboxOwnerUPN=ADELE), renamed]
    reports = reports_of(tmp_path, *known, forwarding)
    assert set(reports) <= {ADELE, "admin@contoso.example"}
    assert [one.symptom for one in reports[ADELE].findings if one.symptom == "mail_forwarding"]


def test_a_sign_in_without_a_name_is_that_of_the_account_whose_id_it_has(tmp_path):
    nameless = [
        logon(number, UserId="Not Available", UserType=4, ClientIP=f"203.0.113.{number}",
              Actor=[{"ID": ADELE_ID, "Type": 0}])
        for number in range(1, 4)
    ]  # fmt: skip
    (report,) = reports_of(tmp_path, logon(0), *nameless).values()
    assert report.subject.user_principal_name == ADELE
    assert {event.address for event in report.timeline} >= {"203.0.113.1", "203.0.113.2", "203.0.113.3"}


@pytest.mark.parametrize("key", ["Not Available", "", None])
@pytest.mark.parametrize(
    "actor",
    [
        [{"ID": ADELE_ID, "Type": 0}],
        [{"ID": ADELE, "Type": 5}],
        [{"ID": "x", "Type": 0}, {"ID": ADELE_ID, "Type": 0}],
    ],
)
def test_a_sign_in_of_which_only_the_list_of_actors_tells_whose_it_is(key, actor, tmp_path):
    nameless = [
        logon(number, UserId="Not Available", UserKey=key, ClientIP=f"203.0.113.{number}", Actor=actor)
        for number in range(1, 4)
    ]
    (report,) = reports_of(tmp_path, logon(0), *nameless).values()
    assert report.subject.user_principal_name == ADELE
    assert {event.address for event in report.timeline} >= {"203.0.113.1", "203.0.113.2", "203.0.113.3"}


def test_an_application_that_signs_in_without_a_name_is_nobody(tmp_path):
    actor = [{"ID": ADELE_ID, "Type": 0}, {"ID": "ServicePrincipal", "Type": 2}]
    nameless = logon(1, UserId="Not Available", UserKey="", ClientIP="203.0.113.1", Actor=actor)
    (report,) = reports_of(tmp_path, logon(0), nameless).values()
    assert "203.0.113.1" not in {event.address for event in report.timeline}


def test_an_account_that_was_asked_for_is_found_by_each_of_its_names(tmp_path):
    records = [logon(0), record(1, "Set-Mailbox", ObjectId="Adele.Vance", Parameters=FORWARDING)]
    for name in (ADELE, ADELE_ID, PUID, "Adele.Vance"):
        assert list(reports_of(tmp_path, *records, user=name)) == [ADELE]


@pytest.mark.parametrize(
    "name", ["Certificate", "NOT-FOUND", TENANT, "Not Available", "FfoServicePartnerUser"]
)
def test_what_is_no_account_is_no_user_of_the_report(tmp_path, name):
    nobody = record(3, "New-ConditionalAccessPolicy", UserId=name, UserKey="S-1-5-20")
    assert list(reports_of(tmp_path, logon(0), record(1, "Set-User"), nobody)) == [ADELE]


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({}, AccountKind.PERSON),
        ({"UserId": "kim_fabrikam.example#EXT#@contoso.example"}, AccountKind.GUEST),
        ({"UserId": "Sync_DC1_0a1b2c3d@contoso.example"}, AccountKind.SERVICE),
        ({"UserId": "robot@contoso.example", "UserType": 5}, AccountKind.APPLICATION),
        ({"UserId": "S-1-5-18", "MailboxOwnerUPN": "AllCompany.4529848321.eqpfynvc@contoso.example"},
         AccountKind.SHARED_MAILBOX),
    ],
)  # fmt: skip
def test_the_kind_of_an_account_is_told(tmp_path, more, kind):
    (report,) = reports_of(tmp_path, record(0, "MailItemsAccessed", **more)).values()
    assert report.subject.kind is kind


def test_an_alias_without_domain_knows_the_domains_of_the_tenant(tmp_path):
    """Mail that goes on to a colleague does not leave the organization, though the mailbox has no address."""
    given_to = [{"Name": "Identity", "Value": "sales"}, {"Name": "ForwardingSmtpAddress", "Value": MEGAN}]
    records = [
        record(0, "MailItemsAccessed", MailboxOwnerUPN=MEGAN, UserId=MEGAN, UserKey="1003200033334444"),
        record(1, "Set-Mailbox", UserId="sales", UserKey="x", Parameters=given_to),
    ]
    (finding,) = [
        one for one in reports_of(tmp_path, *records)["sales"].findings if one.symptom == "mail_forwarding"
    ]
    assert finding.severity < 5


@given(names=st.frozensets(st.text(min_size=1), max_size=PARTITIONS * 2))
def test_only_partitions_with_accounts_are_judged_and_nobody_is_left_out(names):
    """A small file has few: each of the others would cost as many files as one with accounts."""
    parted = list(Everybody(names, directory_of(Names(), ()), frozenset(), 0, ()).parted())
    assert [number for number, _ in parted] == sorted({int(partition_of(name)) for name in names})
    assert [name for _, one in parted for name in sorted(one.names)] == sorted(
        names, key=lambda name: (int(partition_of(name)), name)
    )
