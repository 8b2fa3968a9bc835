"""Exports, journal rules, connectors, flows and links are found; ordinary sharing and closing are not."""

from __future__ import annotations

from typing import Any

import pytest

from commands.symptoms import data_leaving
from commands.symptoms.data_leaving import SIGNS
from graph.audit_log.record import AuditRecord
from tests.commands.evidence import INTRUDER, NESTOR, record
from tests.commands.symptoms.judging import HOTEL, all_signs, broken_in, findings, past, signs
from tests.each import each


def act(operation: str, *, address: str = HOTEL, **fields: Any) -> AuditRecord:
    """What Adele's account did in a hotel."""
    return record(operation, owner="", address=address, **fields)


def calendar(address: str = HOTEL, **parameters: str) -> AuditRecord:
    """A calendar published, or not."""
    given = {"Identity": "adele@contoso.example:\\Kalender", "PublishEnabled": "True"} | parameters
    return act("Set-MailboxCalendarFolder", address=address, parameters=given)


GUEST = {"TargetUserOrGroupType": "Guest"}

FOUND = [
    ("a mailbox export asked for", "mail_exported", act("New-MailboxExportRequest", object_id="adele")),
    (
        "a search exported, by cmdlet",
        "mail_exported",
        act("New-ComplianceSearchAction", parameters={"Export": "True"}),
    ),
    ("a search exported, as the portal records it", "mail_exported", act("SearchExported", object_id="Q3")),
    (
        "an export of everybody's mail",
        "everybodys_mail_exported",
        act("New-ComplianceSearchAction", parameters={"Export": "True", "ExchangeLocation": "All"}),
    ),
    (
        "an export of everybody's mail, as the portal records it",
        "everybodys_mail_exported",
        act("SearchExported", details={"ExchangeLocations": "All"}),
    ),
    ("an export fetched", "mail_exported", act("SearchExportDownloaded")),
    ("a journal rule", "journal_rule_changed", act("New-JournalRule", parameters={"Name": "Archive"})),
    ("a journal rule changed", "journal_rule_changed", act("Set-JournalRule", object_id="Archive")),
    ("a connector", "mail_connector_changed", act("New-OutboundConnector", parameters={"Name": "Relay"})),
    ("a content search", "content_search_made", act("SearchCreated", object_id="Q3")),
    ("a content search by cmdlet", "content_search_made", act("New-ComplianceSearch")),
    ("a flow", "flow_made", act("CreateFlow")),
    ("a link for anybody", "anonymous_link_made", act("AnonymousLinkCreated")),
    ("a calendar published", "calendar_published", calendar()),
    ("a calendar published with subjects", "calendar_published", calendar(DetailLevel="LimitedDetails")),
]

BY_INTRUDER = [
    ("an export", "data_leaving_by_intruder", "SearchExported", {}),
    ("a journal rule", "data_leaving_by_intruder", "New-JournalRule", {}),
    ("a flow", "data_leaving_by_intruder", "CreateFlow", {}),
    ("a link for anybody", "shared_by_intruder", "AnonymousLinkCreated", {}),
    ("a calendar published", "calendar_published_by_intruder", "Set-MailboxCalendarFolder", {}),
    ("a guest let into a file", "shared_by_intruder", "AddedToSecureLink", GUEST),
]

NOT_FOUND = [
    ("a link at the office is everyday work", act("AnonymousLinkCreated", address="192.0.2.10")),
    ("sharing with a guest is everyday work", act("AddedToSecureLink", details=GUEST)),
    ("a colleague is no guest", act("SharingSet", details={"TargetUserOrGroupType": "Member"})),
    ("a flow at the office is everyday work", act("CreateFlow", address="192.0.2.10")),
    (
        "a search that only deletes mail takes none away",
        act("New-ComplianceSearchAction", parameters={"Purge": "True"}),
    ),
    ("a switch that says no", act("New-ComplianceSearchAction", parameters={"Export": "False"})),
    ("a calendar published at the office", calendar("192.0.2.10")),
    ("a calendar is published no more", calendar(PublishEnabled="False")),
    ("only when somebody is busy is published", calendar(DetailLevel="AvailabilityOnly")),
    ("another setting of a calendar", calendar(PublishEnabled="", PublishDateRangeTo="OneYear")),
    ("a journal rule was switched off", act("Set-JournalRule", parameters={"Enabled": "False"})),
    ("an attempt that failed", act("New-JournalRule", succeeded=False)),
    ("somebody used a link that the user had made", act("AnonymousLinkUsed", actor="anonymous")),
    ("another administrator's project", act("New-OutboundConnector", actor=NESTOR)),
    ("Microsoft's own service", act("New-OutboundConnector", by_microsoft=True)),
]


@pytest.mark.parametrize(("why", "sign", "one"), FOUND, ids=[row[0] for row in FOUND])
def test_it_finds(why, sign, one):
    assert signs(data_leaving, sign_ins=past(), audit_log=[one]) == {sign}


@pytest.mark.parametrize(
    ("why", "sign", "operation", "details"), BY_INTRUDER, ids=[row[0] for row in BY_INTRUDER]
)
def test_the_same_by_the_intruder_weighs_more(why, sign, operation, details):
    done = act(operation, address=INTRUDER, details=details, parameters={"PublishEnabled": "True"})
    assert signs(data_leaving, sign_ins=broken_in(), audit_log=[done]) == {sign}


@pytest.mark.parametrize(("why", "one"), NOT_FOUND, ids=[row[0] for row in NOT_FOUND])
def test_it_leaves_alone(why, one):
    assert signs(data_leaving, sign_ins=past(), audit_log=[one]) == set()


def test_ordinary_sharing_is_told_without_weight():
    done = [act("AddedToSecureLink", details=GUEST), act("AnonymousLinkCreated", address="192.0.2.10")]
    told = all_signs(data_leaving, sign_ins=past(), audit_log=done)
    assert told == {"shared_with_guest", "data_leaving_at_own_place"}


def test_the_links_of_a_day_are_one_finding_that_counts_all_files():
    links = [
        act("AnonymousLinkCreated", hours=n / 10, object_id=f"https://contoso.example/{n}") for n in range(5)
    ]
    (finding,) = findings(data_leaving, sign_ins=past(), audit_log=links)
    assert finding.records == tuple(one.id for one in links)
    assert finding.summary.startswith(
        "5 files or folders were shared so that anyone with the link can open them (https:"
    )
    assert "and 2 more" in finding.summary


@pytest.mark.parametrize(
    ("operations", "says"),
    [
        (("AnonymousLinkCreated",),
         "1 file or folder was shared so that anyone with the link can open it (F0)"),
        (("AddedToSecureLink",), "1 file or folder was shared with the guest eve@x.example (F0)"),
        (("SharingSet", "SharingSet"),
         "2 files or folders were shared with the guest eve@x.example (F0 and F1)"),
        (("AnonymousLinkCreated", "SharingSet"),
         ("2 files or folders were shared: so that anyone with the link can open them (F0), and with "
          "the guest eve@x.example (F1)")),
    ],
)  # fmt: skip
def test_it_is_said_for_whom_files_were_opened(operations, says):
    """Whoever reads it has to know whether to take back a link or a guest."""
    done = [
        act(one, hours=n / 10, address=INTRUDER,
            details={**GUEST, "TargetUserOrGroupName": "eve@x.example", "SourceFileName": f"F{n}"})
        for n, one in enumerate(operations)
    ]  # fmt: skip
    (finding,) = findings(data_leaving, sign_ins=broken_in(), audit_log=done)
    assert finding.summary.startswith(says)


def test_guests_that_no_record_names_are_told_as_guests():
    done = [act("SharingSet", address=INTRUDER, details={**GUEST, "SourceFileName": "F"})]
    (finding,) = findings(data_leaving, sign_ins=broken_in(), audit_log=done)
    assert finding.summary.startswith("1 file or folder was shared with guests (F)")


def test_every_sign_names_its_technique():
    for sign in each(SIGNS):
        assert sign.technique


@pytest.mark.parametrize(
    ("guests", "address", "expected"),
    [
        (20, "198.51.100.23", {"shared_with_many_guests"}),
        (19, "198.51.100.23", set()),
        (40, "192.0.2.10", set()),
    ],
)
def test_one_file_for_twenty_guests_away_from_work_is_a_lure(guests, address, expected):
    """Source: Microsoft Security Blog, "File hosting services misused for identity phishing"."""
    done = [
        act(
            "AddedToSecureLink",
            hours=-1 + n / 1000,
            address=address,
            details={"TargetUserOrGroupType": "Guest", "TargetUserOrGroupName": f"g{n}@fabrikam.example"},
        )
        for n in range(guests)
    ]
    assert signs(data_leaving, sign_ins=past(), audit_log=done) == expected


def test_a_published_calendar_says_which_and_what_it_shows():
    done = [calendar(INTRUDER, DetailLevel="FullDetails")]
    (finding,) = findings(data_leaving, sign_ins=broken_in(), audit_log=done)
    assert finding.summary.startswith(
        "The calendar adele@contoso.example:\\Kalender was published, so that anyone with the link can read "
        "all details (Set-MailboxCalendarFolder)"
    )
