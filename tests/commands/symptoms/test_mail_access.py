"""What a suspect address or session read is found, and how much of it."""

from __future__ import annotations

from typing import Any

import pytest

from commands.symptoms import mail_access
from graph.audit_log.record import ActorType, AuditRecord, Item
from tests.commands.evidence import ADELE, INTRUDER, NESTOR, OFFICE, record, sign_in
from tests.commands.symptoms.judging import HOTEL, SESSION, all_signs, broken_in, findings, past, signs

FOUND = [
    (
        "a folder copied",
        "mail_synced_by_intruder",
        {
            "sign_ins": broken_in(),
            "audit_log": [
                record(
                    "MailItemsAccessed",
                    address=INTRUDER,
                    details={"MailAccessType": "Sync", "Folder": "\\\\Inbox"},
                )
            ],
        },
    ),
    (
        "messages opened",
        "mail_read_by_intruder",
        {
            "sign_ins": broken_in(),
            "audit_log": [record("MailItemsAccessed", address=INTRUDER, details={"MailAccessType": "Bind"})],
        },
    ),
    (
        "messages opened in the suspicious session through a service",
        "mail_read_by_intruder",
        {
            "sign_ins": broken_in(),
            "audit_log": [
                record(
                    "MailItemsAccessed",
                    address="20.190.160.1",
                    microsoft_address=True,
                    session_id=SESSION,
                    details={"MailAccessType": "Bind"},
                )
            ],
        },
    ),
    (
        "more than was recorded",
        "mail_read_uncounted",
        {
            "sign_ins": broken_in(),
            "audit_log": [
                record(
                    "MailItemsAccessed",
                    address=INTRUDER,
                    details={"MailAccessType": "Bind", "IsThrottled": "True"},
                )
            ],
        },
    ),
    (
        "files fetched",
        "files_taken_by_intruder",
        {
            "sign_ins": broken_in(),
            "audit_log": [
                record(
                    "FileDownloaded", owner="", address=INTRUDER, details={"SourceFileName": "salaries.xlsx"}
                )
            ],
        },
    ),
    (
        "fifty files in an hour by a stranger",
        "many_files_taken_by_intruder",
        {
            "sign_ins": broken_in(),
            "audit_log": [
                record("FileDownloaded", owner="", address=INTRUDER, hours=-0.5 + n / 1000) for n in range(50)
            ],
        },
    ),
    (
        "another account in this mailbox",
        "read_by_other_account",
        {
            "audit_log_on_mailbox": [
                record(
                    "MailItemsAccessed",
                    actor="alex@contoso.example",
                    owner=ADELE.mail,
                    details={"MailAccessType": "Bind"},
                )
            ]
        },
    ),
    (
        "fifty files in an hour from a new network",
        "many_files_fetched",
        {
            "sign_ins": past(),
            "audit_log": [
                record("FileDownloaded", owner="", address=HOTEL, hours=-2 + n / 1000) for n in range(50)
            ],
        },
    ),
]

NOT_FOUND = [
    (
        "the user's own reading",
        {"sign_ins": past(), "audit_log": [record("MailItemsAccessed", details={"MailAccessType": "Sync"})]},
    ),
    (
        "Microsoft's own reading",
        {
            "sign_ins": broken_in(),
            "audit_log": [
                record(
                    "MailItemsAccessed",
                    by_microsoft=True,
                    address=INTRUDER,
                    details={"MailAccessType": "Bind"},
                )
            ],
        },
    ),
    (
        "the user in another mailbox",
        {
            "audit_log": [
                record(
                    "MailItemsAccessed",
                    owner="megan.bowen@contoso.example",
                    details={"MailAccessType": "Bind"},
                )
            ]
        },
    ),
    (
        "a few files from a hotel",
        {
            "sign_ins": past(),
            "audit_log": [record("FileDownloaded", owner="", address=HOTEL) for _ in range(5)],
        },
    ),
    (
        "a colleague's files",
        {
            "sign_ins": broken_in(),
            "audit_log": [record("FileDownloaded", actor=NESTOR, owner="", address=INTRUDER)],
        },
    ),
]


@pytest.mark.parametrize(("why", "sign", "sources"), FOUND, ids=[row[0] for row in FOUND])
def test_it_finds(why, sign, sources):
    assert sign in signs(mail_access, **sources)


@pytest.mark.parametrize(("why", "sources"), NOT_FOUND, ids=[row[0] for row in NOT_FOUND])
def test_it_leaves_alone(why, sources):
    assert signs(mail_access, **sources) == set()


def test_one_finding_tells_how_many_messages_and_which():
    items = [Item(f"Invoice {n}", f"<{n}@contoso.example>", "\\Inbox", str(n)) for n in range(5)]
    reads = [
        record("MailItemsAccessed", address=INTRUDER, items=[item], details={"MailAccessType": "Bind"})
        for item in items
    ]
    (finding,) = findings(mail_access, sign_ins=broken_in(), audit_log=reads)
    assert finding.records == tuple(one.id for one in reads)
    assert finding.summary.startswith(
        "5 messages were opened (Invoice 0, Invoice 1, Invoice 2 and 2 more subjects)"
    )


CLIENT = "5d661950-3475-41cd-a2c3-d671a3162bc1"
OUTLOOK_MOBILE = "27922004-5251-4030-B22D-91ECD9A37EA4"
NEWCOMER = "0a1b2c3d-1111-4222-8333-444455556666"
SERVER = "198.51.100.200"
"""Where the newcomer's maker has its servers."""


def opened(*, app: str = CLIENT, address: str = HOTEL, count: int = 1, **fields: Any) -> AuditRecord:
    details = {"MailAccessType": "Bind", "OperationCount": str(count), **fields.pop("details", {})}
    return record("MailItemsAccessed", address=address, app_id=app, details=details, **fields)


def consent(**fields: Any) -> AuditRecord:
    return record("Consent to application", owner="", object_id=NEWCOMER, **fields)


OTHER_WAYS = [
    (
        "a hundred messages within an hour",
        "mail_read_in_bulk",
        [opened(count=60), opened(hours=0.1, count=40)],
    ),
    ("more than was recorded, on the road", "mail_read_in_bulk", [opened(details={"IsThrottled": "True"})]),
    (
        "an application that she just let in, from its servers",
        "mail_read_by_new_app",
        [consent(hours=-1), opened(app=NEWCOMER, address=SERVER)],
    ),
    (
        "the same with rights of its own",
        "mail_read_by_new_app",
        [
            consent(hours=-1),
            opened(
                app=NEWCOMER,
                address=SERVER,
                actor="ServicePrincipal_1",
                actor_type=ActorType.service_principal,
            ),
        ],
    ),
    (
        "an application that never read here",
        "mail_read_by_unfamiliar_app",
        [opened(hours=-2, address=OFFICE), opened(app=NEWCOMER)],
    ),
]

EVERYDAY = [
    ("a mail program fills its cache at the office", [opened(address=OFFICE, count=499)]),
    ("ninety-nine messages on the road", [opened(count=99)]),
    ("a hundred messages over a day", [opened(hours=-n, count=20) for n in range(5)]),
    ("the usual program on the road", [opened(hours=-2, address=OFFICE), opened()]),
    ("the new program on her own computer", [consent(hours=-1), opened(app=NEWCOMER, address=OFFICE)]),
    ("a consent that was refused", [consent(hours=-1, succeeded=False), opened(app=CLIENT)]),
    ("nothing is known of her programs", [opened(app=NEWCOMER)]),
    ("Outlook on a phone for the first time", [opened(hours=-2, address=OFFICE), opened(app=OUTLOOK_MOBILE)]),
]


def _day_after_day(count: int, **fields: Any) -> list[AuditRecord]:
    return [
        opened(hours=-24 * day - hour, app=NEWCOMER, count=count, **{"address": SERVER, **fields})
        for day in range(3)
        for hour in (1, 4, 7)
    ]


@pytest.mark.parametrize(
    ("sign", "did"),
    [
        ("some_mail_read_by_new_app", _day_after_day(4)),
        ("mail_read_by_new_app", _day_after_day(21)),
        ("mail_read_by_new_app", _day_after_day(4, address="146.70.96.7")),  # a public VPN
        ("mail_read_by_new_app", _day_after_day(4, details={"MailAccessType": "Sync"})),
        ("mail_read_by_new_app", _day_after_day(4)[:3]),
    ],
    ids=["as it comes", "much at once", "through a VPN", "whole folders", "one day"],
)
def test_an_application_that_reads_mail_as_it_comes_weighs_little(sign, did):
    did = [consent(hours=-80), *sorted(did, key=lambda one: one.at)]
    assert signs(mail_access, sign_ins=past(), audit_log=did) == {sign}


def test_the_telephones_own_mail_program_is_no_new_application():
    apple = "f8d98a96-0999-43f5-8af3-69971c7bb423"
    did = [
        record("Consent to application", owner="", object_id=apple, hours=-5),
        opened(app=apple, address=SERVER, details={"MailAccessType": "Sync"}),
    ]
    assert signs(mail_access, sign_ins=past(), audit_log=did) == set()


@pytest.mark.parametrize(("why", "sign", "did"), OTHER_WAYS, ids=[row[0] for row in OTHER_WAYS])
def test_bulk_and_applications_are_found(why, sign, did):
    assert signs(mail_access, sign_ins=past(), audit_log=did) == {sign}


@pytest.mark.parametrize(("why", "did"), EVERYDAY, ids=[row[0] for row in EVERYDAY])
def test_everyday_reading_is_left_alone(why, did):
    assert signs(mail_access, sign_ins=past(), audit_log=did) == set()


def test_an_application_with_rights_of_its_own_and_a_full_cache_are_told_without_weight():
    backup = opened(actor="ServicePrincipal_1", actor_type=ActorType.service_principal, address=SERVER)
    full = opened(address=OFFICE, count=500)
    told = all_signs(mail_access, sign_ins=past(), audit_log=[backup, full])
    assert told == {"mail_read_by_app", "mail_read_in_bulk_at_own_place"}


def test_what_is_listed_is_no_lower_bound_where_recording_stopped():
    reads = [
        record(
            "MailItemsAccessed",
            address=INTRUDER,
            items=[Item("Invoice", "<1@contoso.example>", "\\Inbox", "1")],
            details={"MailAccessType": "Bind", "IsThrottled": "True"},
        )
    ]
    told = [one.summary for one in findings(mail_access, sign_ins=broken_in(), audit_log=reads)]
    assert any(one.startswith("1 listed message was opened (Invoice)") for one in told), told
    assert any(
        one.endswith("; Exchange stopped recording opened mail, so take the mailbox as read") for one in told
    )
    assert "least" not in str(told)


def test_a_synced_folder_is_named_outside_of_brackets():
    synced = record(
        "MailItemsAccessed", address=INTRUDER, details={"MailAccessType": "Sync", "Folder": "\\Inbox"}
    )
    (finding,) = findings(mail_access, sign_ins=broken_in(), audit_log=[synced])
    assert finding.summary.startswith("All of \\Inbox was synced")


@pytest.mark.parametrize(("address", "found"), [(INTRUDER, {"mail_read_by_intruder"}), (OFFICE, set())])
def test_what_somebody_else_reads_with_this_account_in_another_mailbox_is_told_with_its_name(address, found):
    """An assistant may open the director's mailbox, and so may whoever has the assistant's session."""
    opened = record(
        "MailItemsAccessed",
        owner="director@contoso.example",
        address=address,
        details={"MailAccessType": "Bind"},
    )
    seen = {"sign_ins": broken_in(), "audit_log": [opened]}
    assert signs(mail_access, **seen) == found
    for one in findings(mail_access, **seen):
        assert "in the mailbox director@contoso.example by" in one.summary


def test_an_application_that_copies_folders_opened_no_number_of_messages():
    """Source: Microsoft Purview, "Use MailItemsAccessed" (Sync tells of a folder, and of no message)."""
    app = "b1c4926a-5fb6-4aad-b920-709c957be148"
    seen = {
        "sign_ins": past(),
        "audit_log": [
            record("Consent to application", object_id=app, details={"TargetName": "Horizon"}),
            record(
                "MailItemsAccessed",
                hours=1,
                address=HOTEL,
                app_id=app,
                details={"MailAccessType": "Sync", "Folder": "\\Inbox", "OperationCount": "0"},
            ),
        ],
    }
    (finding,) = findings(mail_access, **seen)
    assert finding.summary.startswith("The application Horizon synced all of \\Inbox in the name of")


@pytest.mark.parametrize(("before", "found"), [([], {"others_mail_read_elsewhere"}), ([OFFICE], set())])
def test_a_mailbox_that_was_never_opened_at_work_is_telling_in_a_doubtful_session(before, found):
    """Assistants open the director's mailbox at their desks first."""
    where: dict[str, Any] = {
        "location": {"city": "Bath", "countryOrRegion": "GB"},
        "user_agent": "Mozilla/5.0 Firefox/131.0",
    }
    opened = [
        record(
            "MailItemsAccessed",
            hours=hours,
            owner="director@contoso.example",
            address=address,
            details={"MailAccessType": "Bind"},
        )
        for hours, address in [*((-50, one) for one in before), (0, HOTEL)]
    ]
    sign_ins = [*past(), sign_in(hours=-1, address=HOTEL, **where)]
    assert signs(mail_access, sign_ins=sign_ins, audit_log=opened) == found


_RCLONE = "b15665d9-eda6-4092-8539-0eec376afd59"
_AGENT = "ISV|rclone.org|rclone/v1.68.1"


def _fetched(agent: str = _AGENT, address: str = HOTEL, app: str = "", count: int = 3) -> list[AuditRecord]:
    return [
        record(
            "FileDownloaded",
            hours=1 + n / 100,
            address=address,
            user_agent=agent,
            app_id=app,
            details={"SourceFileName": f"Plan {n}.pdf"},
        )
        for n in range(count)
    ]


def _consent(name: str = "rclone", **fields: Any) -> AuditRecord:
    return record("Consent to application", object_id=_RCLONE, details={"TargetName": name}, **fields)


@pytest.mark.parametrize(
    ("why", "did", "found"),
    [
        ("by its user agent", [_consent(), *_fetched()], True),
        ("by its plain user agent", [_consent(), *_fetched("rclone/v1.68.1")], True),
        ("by its id", [_consent(), *_fetched("", app=_RCLONE)], True),
        ("no consent to it", _fetched(), False),
        ("another application has consent", [_consent("Scheduler"), *_fetched()], False),
        ("the user's own tool at the office", [_consent(), *_fetched(address=OFFICE)], False),
        (
            "a browser, whose name somebody gave to an application",
            [_consent("Firefox"), *_fetched("Mozilla/5.0 (Windows NT 10.0) Firefox/143")],
            False,
        ),
        ("a record that names another application", [_consent(), *_fetched(app="another")], False),
        ("consent that was refused", [_consent(succeeded=False), *_fetched()], False),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)
def test_files_that_an_application_takes_which_just_got_consent_are_counted(why, did, found):
    seen = findings(mail_access, sign_ins=past(), audit_log=did)
    told = [one for one in seen if one.sign.id == "files_taken_by_new_app"]
    assert bool(told) is found
    if found:
        assert told[0].summary.startswith(
            "The application rclone opened or downloaded 3 files (Plan 0.pdf, Plan 1.pdf, Plan 2.pdf) in the "
        )
        assert told[0].after == _RCLONE
