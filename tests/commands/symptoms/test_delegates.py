"""A delegate is found by the record that added them, or by the right that stands."""

from __future__ import annotations

import pytest

from commands.symptoms import delegates
from graph.audit_log.record import ActorType
from graph.resources.mailbox import Delegate, DelegateKind
from tests.commands.evidence import ADELE, INTRUDER, NESTOR, record
from tests.commands.symptoms.judging import all_signs, broken_in, findings, past, signs

FOUND = [
    (
        "full access given by an administrator",
        "delegate_added",
        {
            "audit_log": [
                record(
                    "Add-MailboxPermission",
                    actor=NESTOR,
                    parameters={"User": "alex@contoso.example", "AccessRights": "FullAccess"},
                )
            ]
        },
    ),
    (
        "full access given from the attacker's address",
        "delegate_by_intruder",
        {
            "sign_ins": broken_in(),
            "audit_log": [
                record(
                    "Add-MailboxPermission",
                    address=INTRUDER,
                    parameters={"User": "alex@contoso.example", "AccessRights": "FullAccess"},
                )
            ],
        },
    ),
    (
        "send-as given to a directory id",
        "send_rights_added",
        {
            "audit_log": [
                record(
                    "Add-RecipientPermission",
                    actor=NESTOR,
                    parameters={"Trustee": "311b45d6-1a3e-46ac-8434-721367961e19", "AccessRights": "SendAs"},
                )
            ]
        },
    ),
    (
        "send on behalf",
        "send_rights_added",
        {"audit_log": [record("Set-Mailbox", actor=NESTOR, parameters={"GrantSendOnBehalfTo": "alex"})]},
    ),
    (
        "the subject reaching for another mailbox",
        "access_to_others",
        {
            "audit_log": [
                record(
                    "Add-MailboxPermission",
                    owner="megan.bowen@contoso.example",
                    parameters={"User": "adele", "AccessRights": "FullAccess"},
                )
            ]
        },
    ),
    (
        "someone outside",
        "delegate_outside",
        {
            "audit_log": [
                record(
                    "Add-MailboxPermission",
                    actor=NESTOR,
                    parameters={"User": "x@fabrikam.example", "AccessRights": "FullAccess"},
                )
            ]
        },
    ),
    (
        "a folder opened to everyone",
        "folder_for_everybody",
        {
            "audit_log": [
                record(
                    "Add-MailboxFolderPermission", parameters={"User": "Default", "AccessRights": "Reviewer"}
                )
            ]
        },
    ),
    (
        "a folder opened to a colleague, as a mailbox record tells it",
        "folder_shared",
        {
            "audit_log": [
                record(
                    "AddFolderPermissions",
                    details={"MemberUpn": "alex@contoso.example", "MemberRights": "ReadAny, FolderVisible"},
                )
            ]
        },
    ),
    (
        "a standing right of someone outside",
        "delegate_outside",
        {
            "delegates": [
                Delegate(kind=DelegateKind.FULL_ACCESS, who="x@fabrikam.example", rights=("FullAccess",))
            ]
        },
    ),
]

NOT_FOUND = [
    (
        "a provisioning application at its work",
        {
            "audit_log": [
                record(
                    "Add-MailboxPermission",
                    actor="ServicePrincipal_1",
                    actor_type=ActorType.service_principal,
                    parameters={"User": "alex", "AccessRights": "FullAccess"},
                )
            ]
        },
    ),
    ("a record of a folder that names no one", {"audit_log": [record("UpdateFolderPermissions")]}),
    (
        "rights that somebody else gave to somebody else",
        {
            "audit_log_on_mailbox": [
                record(
                    "Add-MailboxPermission",
                    actor=NESTOR,
                    owner="megan.bowen@contoso.example",
                    parameters={"User": "alex@contoso.example", "AccessRights": "FullAccess"},
                )
            ]
        },
    ),
    (
        "rights on another mailbox that are denied to the subject",
        {
            "audit_log_on_mailbox": [
                record(
                    "Add-MailboxPermission",
                    actor=NESTOR,
                    owner="megan.bowen@contoso.example",
                    parameters={"User": ADELE.mail, "AccessRights": "FullAccess", "Deny": "True"},
                )
            ]
        },
    ),
    (
        "an administrator's day at his own desk",
        {
            "sign_ins": past(),
            "audit_log": [
                record(
                    "Add-MailboxPermission",
                    owner="megan.bowen@contoso.example",
                    parameters={"User": "alex", "AccessRights": "FullAccess"},
                )
            ],
        },
    ),
    (
        "Microsoft's own service at work",
        {
            "audit_log": [
                record(
                    "Add-MailboxPermission",
                    by_microsoft=True,
                    parameters={"User": "Discovery Management", "AccessRights": "FullAccess"},
                )
            ]
        },
    ),
    (
        "the owner's own right",
        {
            "audit_log": [
                record(
                    "Add-MailboxPermission",
                    parameters={"User": "NT AUTHORITY\\SELF", "AccessRights": "FullAccess"},
                )
            ]
        },
    ),
    (
        "a right that is denied",
        {
            "audit_log": [
                record(
                    "Add-MailboxPermission",
                    parameters={"User": "alex", "AccessRights": "FullAccess", "Deny": "True"},
                )
            ]
        },
    ),
    (
        "a right that could not be given",
        {
            "audit_log": [
                record(
                    "Add-MailboxPermission",
                    succeeded=False,
                    parameters={"User": "alex", "AccessRights": "FullAccess"},
                )
            ]
        },
    ),
    (
        "a right that was taken away",
        {
            "audit_log": [
                record("Remove-MailboxPermission", parameters={"User": "alex", "AccessRights": "FullAccess"})
            ]
        },
    ),
    (
        "read permission alone",
        {
            "audit_log": [
                record("Add-MailboxPermission", parameters={"User": "alex", "AccessRights": "ReadPermission"})
            ]
        },
    ),
    (
        "what a calendar shows everyone",
        {
            "audit_log": [
                record(
                    "Set-MailboxFolderPermission",
                    parameters={"User": "Default", "AccessRights": "AvailabilityOnly"},
                )
            ]
        },
    ),
    (
        "send on behalf taken away",
        {"audit_log": [record("Set-Mailbox", parameters={"GrantSendOnBehalfTo": ""})]},
    ),
    (
        "an assistant of old",
        {
            "delegates": [
                Delegate(kind=DelegateKind.FULL_ACCESS, who="alex@contoso.example", rights=("FullAccess",))
            ]
        },
    ),
    (
        "a free-busy calendar",
        {
            "delegates": [
                Delegate(
                    kind=DelegateKind.FOLDER, who="Default", rights=("AvailabilityOnly",), folder="Calendar"
                )
            ]
        },
    ),
    (
        "two colleagues among themselves",
        {
            "audit_log": [
                record(
                    "Add-MailboxPermission",
                    actor=NESTOR,
                    owner="megan.bowen@contoso.example",
                    parameters={"User": "alex", "AccessRights": "FullAccess"},
                )
            ]
        },
    ),
]


@pytest.mark.parametrize(("why", "sign", "sources"), FOUND, ids=[row[0] for row in FOUND])
def test_it_finds(why, sign, sources):
    assert sign in signs(delegates, **sources)


@pytest.mark.parametrize(("why", "sources"), NOT_FOUND, ids=[row[0] for row in NOT_FOUND])
def test_it_leaves_alone(why, sources):
    assert signs(delegates, **sources) == set()


def test_a_standing_right_is_told_and_weighs_nothing():
    standing = [Delegate(kind=DelegateKind.SEND_AS, who="alex@contoso.example", rights=("SendAs",))]
    assert all_signs(delegates, delegates=standing) == {"delegate_standing"}


def test_a_right_is_told_once_by_the_record_that_gave_it():
    given = record(
        "Add-MailboxPermission",
        actor=NESTOR,
        parameters={"User": "alex@contoso.example", "AccessRights": "FullAccess"},
    )
    standing = [Delegate(kind=DelegateKind.FULL_ACCESS, who="alex@contoso.example", rights=("FullAccess",))]
    (finding,) = findings(delegates, audit_log=[given], delegates=standing)
    assert finding.records == (given.id,)
    assert finding.by == NESTOR


@pytest.mark.parametrize(
    ("operation", "parameters", "says"),
    [
        (
            "Add-MailboxPermission",
            {"User": ADELE.mail, "AccessRights": "FullAccess"},
            f"{ADELE.mail} was granted FullAccess on megan.bowen@contoso.example by {NESTOR}",
        ),
        (
            "Add-RecipientPermission",
            {"Trustee": ADELE.mail},
            f"{ADELE.mail} was granted access on megan.bowen@contoso.example by {NESTOR}",
        ),
        (
            "Set-Mailbox",
            {"GrantSendOnBehalfTo": ADELE.mail},
            f"{ADELE.mail} was granted SendOnBehalf on megan.bowen@contoso.example by {NESTOR}",
        ),
    ],
)
def test_rights_on_another_mailbox_that_others_gave_to_the_subject_are_noted(operation, parameters, says):
    given = record(operation, actor=NESTOR, owner="megan.bowen@contoso.example", parameters=parameters)
    (found,) = findings(delegates, audit_log_on_mailbox=[given])
    assert (found.sign.id, found.severity, found.summary) == (
        "rights_received",
        0,
        f"{says} from {given.address}",
    )
    assert (found.after, found.records) == (ADELE.mail, (given.id,))


def test_a_record_of_one_address_does_not_hide_another_one_of_the_same_name():
    given = record(
        "Add-MailboxPermission",
        actor=NESTOR,
        parameters={"User": "alex@contoso.example", "AccessRights": "FullAccess"},
    )
    standing = [Delegate(kind=DelegateKind.FULL_ACCESS, who="alex@fabrikam.example", rights=("FullAccess",))]
    found = findings(delegates, audit_log=[given], delegates=standing)
    assert {finding.after for finding in found} == {"alex@contoso.example", "alex@fabrikam.example"}


@pytest.mark.parametrize(
    ("who", "rights", "folder", "sign"),
    [
        ("Default", "Reviewer", "Calendar", "folder_shared"),
        ("Default", "Reviewer", "Kalender", "folder_shared"),
        ("Default", "Editor", "Calendar", "folder_for_everybody"),
        ("Anonymous", "Reviewer", "Calendar", "folder_for_everybody"),
        ("Default", "Reviewer", "Inbox", "folder_for_everybody"),
    ],
)
def test_a_calendar_that_colleagues_may_read_is_shared_and_not_opened_to_everybody(who, rights, folder, sign):
    """Source: Exchange PowerShell, "Set-MailboxFolderPermission" (Reviewer reads and changes nothing)."""
    given = {"Identity": f"{ADELE.mail}:\\{folder}", "User": who, "AccessRights": rights}
    done = record("Set-MailboxFolderPermission", parameters=given)
    assert signs(delegates, sign_ins=past(), audit_log=[done]) == {sign}


def test_who_got_a_right_is_named_by_the_address_alone():
    """Whoever lists the holders reads no sentence, where a folder may look like an address as well."""
    given = {"User": "Eve@Fabrikam.example", "AccessRights": "FullAccess"}
    (found,) = findings(delegates, audit_log=[record("Add-MailboxPermission", parameters=given)])
    assert found.names == ("eve@fabrikam.example",)
