"""All four kinds of delegates are removed each in its way, and put back with the rights they had."""

from __future__ import annotations

from typing import Any

import pytest

from commands.plans.plan import Change, Nothing, state_of
from commands.steps import remove_delegates
from graph.evidence import Known
from graph.request import Cmdlet
from graph.resources.mailbox import Delegate, DelegateKind
from tests.commands.evidence import ADELE, INTRUDER, record
from tests.commands.steps.planning_inputs import (
    UNSEEN,
    changes,
    finding,
    guarded,
    nothing,
    only_change,
    planning,
)

UPN = ADELE.user_principal_name
EVE = "eve@contoso.example"
HASH = "#Exchange.GenericHashTable"


def delegate(kind: DelegateKind, who: str = EVE, folder: str = "", *rights: str) -> Delegate:
    return Delegate(kind=kind, who=who, rights=rights or (kind.value,), folder=folder)


def cmdlet(name: str, **parameters: Any) -> Cmdlet:
    return Cmdlet(name, {"Identity": UPN, **parameters}, anchor=UPN)


FULL = {"User": EVE, "AccessRights": ["FullAccess"], "InheritanceType": "All", "Confirm": False}
SEND = {"Trustee": EVE, "AccessRights": ["SendAs"], "Confirm": False}
INBOX = {"Identity": f"{UPN}:\\Inbox", "User": EVE}
KINDS = [
    (
        delegate(DelegateKind.FULL_ACCESS),
        cmdlet("Remove-MailboxPermission", **FULL),
        cmdlet("Add-MailboxPermission", **FULL),
        [{"User": EVE, "AccessRights": ["FullAccess"], "Deny": False, "IsInherited": False}],
    ),
    (
        delegate(DelegateKind.SEND_AS),
        cmdlet("Remove-RecipientPermission", **SEND),
        cmdlet("Add-RecipientPermission", **SEND),
        [{"Trustee": EVE, "AccessRights": ["SendAs"], "AccessControlType": "Allow"}],
    ),
    (
        delegate(DelegateKind.SEND_ON_BEHALF),
        cmdlet("Set-Mailbox", GrantSendOnBehalfTo={"@odata.type": HASH, "remove": EVE}),
        cmdlet("Set-Mailbox", GrantSendOnBehalfTo={"@odata.type": HASH, "add": EVE}),
        [{"GrantSendOnBehalfTo": ["somebody", EVE]}],
    ),
    (
        delegate(DelegateKind.FOLDER, EVE, "\\Inbox", "Editor"),
        cmdlet("Remove-MailboxFolderPermission", **INBOX, Confirm=False),
        cmdlet("Add-MailboxFolderPermission", **INBOX, AccessRights=["Editor"]),
        [{"User": "Default", "AccessRights": ["None"]}, {"User": EVE, "AccessRights": ["Editor"]}],
    ),
]


@pytest.mark.parametrize(("held", "do", "undo", "rows"), KINDS, ids=[row[0].kind.value for row in KINDS])
def test_each_kind_is_taken_away_and_given_back(
    held: Delegate, do: Cmdlet, undo: Cmdlet, rows: list[dict[str, Any]]
) -> None:
    change = only_change(remove_delegates, planning(found=[], delegates=[held]))
    assert change.do == do
    assert change.undo is not None
    assert change.undo.do == undo
    assert change.wants is None
    assert state_of(change.look, rows) == change.expects == change.undo.wants
    assert state_of(change.look, []) is None
    assert change.id == f"remove_delegates:{held.kind}:{EVE}:{held.folder}"
    assert not change.suggested


def test_an_inherited_or_a_denying_entry_is_not_taken_for_the_right() -> None:
    full, send_as, *_ = [row[0] for row in KINDS]
    look = only_change(remove_delegates, planning(found=[], delegates=[full])).look
    plain = {"User": EVE, "AccessRights": ["FullAccess"], "Deny": False, "IsInherited": False}
    assert state_of(look, [{**plain, "IsInherited": True}, {**plain, "Deny": True}]) is None
    look = only_change(remove_delegates, planning(found=[], delegates=[send_as])).look
    assert state_of(look, [{"Trustee": EVE, "AccessControlType": "Deny"}]) is None


@pytest.mark.parametrize(
    ("who", "folder", "rights"),
    [
        ("Default", "\\Inbox", "None"),
        ("Default", "\\Kalender", "AvailabilityOnly"),
        ("Anonymous", "\\", "None"),
    ],
)
def test_what_everybody_holds_goes_back_to_what_it_is_by_default(who: str, folder: str, rights: str) -> None:
    held = delegate(DelegateKind.FOLDER, who, folder, "Reviewer")
    if folder.endswith("er"):  # a calendar by any name
        held = held.model_copy(update={"folder_type": "Calendar"})
    change = only_change(remove_delegates, planning(found=[], delegates=[held]))
    base = {"Identity": f"{UPN}:{folder}", "User": who}
    assert change.do == cmdlet("Set-MailboxFolderPermission", **base, AccessRights=[rights])
    assert (change.expects, change.wants) == ({"AccessRights": ["Reviewer"]}, {"AccessRights": [rights]})
    assert change.undo is not None
    assert change.undo.do == cmdlet("Set-MailboxFolderPermission", **base, AccessRights=["Reviewer"])


def test_rights_are_suggested_by_a_finding_on_them_or_on_who_was_given_them() -> None:
    held = [delegate(DelegateKind.FULL_ACCESS), delegate(DelegateKind.SEND_ON_BEHALF, "eve")]
    outside = delegate(DelegateKind.SEND_AS, "x@fabrikam.example")
    records = [
        record(
            "Add-MailboxPermission", id="record-1", parameters={"User": EVE, "AccessRights": "FullAccess"}
        ),
        record("Set-Mailbox", id="record-2", parameters={"GrantSendOnBehalfTo": EVE}),
    ]
    found = [
        finding("delegates", "record-1", after=EVE, summary="Eve on behalf, on a folder"),
        finding("delegates", "record-2", after=EVE, summary="Eve was allowed to send FullAccess"),
        finding("delegates", "SendAs:x@fabrikam.example:", after="other", summary="Outside"),
    ]
    megan = delegate(DelegateKind.FOLDER, "megan@contoso.example", "\\Calendar", "Reviewer")
    on = planning(found=found, delegates=[*held, outside, megan], audit_log=records)
    planned = changes(remove_delegates, on)
    assert [(one.suggested, one.why.partition(" ")[0]) for one in planned] == [
        (True, "Eve"),
        (True, "Eve"),
        (True, "Outside"),
        (False, "The"),
    ]
    assert [one.why for one in planned[:2]] == [one.summary for one in found[:2]], "its words decide nothing"


def test_an_old_right_is_not_suggested_because_its_holder_was_given_another_one() -> None:
    """Everybody may have read the calendar for years when an intruder opens the inbox to everybody."""
    given = record(
        "Set-MailboxFolderPermission",
        address=INTRUDER,
        parameters={"Identity": f"{UPN}:\\Inbox", "User": "Default", "AccessRights": "Reviewer"},
    )
    found = [
        finding("delegates", given.id, after="Default", summary="Default was granted Reviewer on a folder")
    ]
    inbox = delegate(DelegateKind.FOLDER, "Default", "\\Inbox", "Reviewer")
    calendar = delegate(DelegateKind.FOLDER, "Default", "\\Calendar", "Reviewer")
    on = planning(found=found, delegates=[inbox, calendar], audit_log=[given])
    assert [one.suggested for one in changes(remove_delegates, on)] == [True, False]


def test_a_right_to_send_does_not_accuse_the_right_to_read_a_folder() -> None:
    given = record(
        "Add-RecipientPermission",
        address=INTRUDER,
        parameters={"Identity": UPN, "Trustee": EVE, "AccessRights": "SendAs"},
    )
    found = [finding("delegates", given.id, after=EVE, summary="Eve was granted SendAs on this account")]
    held = [delegate(DelegateKind.FOLDER, EVE, "\\Calendar", "Reviewer"), delegate(DelegateKind.SEND_AS)]
    on = planning(found=found, delegates=held, audit_log=[given])
    assert [one.suggested for one in changes(remove_delegates, on)] == [False, True]


def test_two_addresses_that_begin_alike_are_two_people() -> None:
    found = [finding("delegates", "record-1", after="eve@evil.example", summary="Eve was given FullAccess")]
    on = planning(found=found, delegates=[delegate(DelegateKind.FULL_ACCESS)])
    assert not only_change(remove_delegates, on).suggested


def test_a_right_that_is_listed_twice_is_planned_once() -> None:
    twice = [delegate(DelegateKind.FULL_ACCESS), delegate(DelegateKind.FULL_ACCESS, EVE.upper())]
    assert len(changes(remove_delegates, planning(found=[], delegates=twice))) == 1


def test_without_delegates_nothing_is_planned() -> None:
    assert not nothing(remove_delegates, planning(found=[], delegates=[])).refused


def test_rights_that_were_not_seen_are_named_beside_those_that_were() -> None:
    part = Known((delegate(DelegateKind.SEND_AS),), missing=("full access (needs a role)",))
    change, gap = remove_delegates.plan(planning(found=[], delegates=part))
    assert isinstance(change, Change)
    assert isinstance(gap, Nothing)
    assert "full access" in gap.why
    assert nothing(remove_delegates, planning(found=[], delegates=UNSEEN)).refused


def test_a_protected_account_is_left_alone() -> None:
    seen = planning(found=[], guard=guarded(), delegates=[delegate(DelegateKind.SEND_AS)])
    assert nothing(remove_delegates, seen).refused


def test_a_right_known_by_a_display_name_alone_is_left_to_people() -> None:
    """Two people of one name: the change could take the wrong one's right away."""
    held = delegate(DelegateKind.FOLDER, "Lee Chen", "\\Inbox", "Editor")
    left = nothing(remove_delegates, planning(found=[], delegates=[held]))
    assert left.refused
    assert "Lee Chen" in left.why


def test_a_display_name_that_looks_like_an_address_is_no_address() -> None:
    """The change would take the right of whoever has that address away, and leave the attacker's."""
    held = delegate(DelegateKind.FOLDER, EVE, "\\Inbox", "Editor").model_copy(update={"by_name": True})
    left = nothing(remove_delegates, planning(found=[], delegates=[held]))
    assert left.refused
    assert EVE in left.why


def test_a_right_is_found_by_the_name_that_exchange_shows_and_taken_by_address() -> None:
    held = Delegate(
        kind=DelegateKind.FOLDER, who=EVE, held_as="Eve Moore", rights=("Editor",), folder="\\Inbox"
    )
    change = only_change(remove_delegates, planning(found=[], delegates=[held]))
    assert change.do == cmdlet("Remove-MailboxFolderPermission", **INBOX, Confirm=False)
    assert change.look.where == {"User": "Eve Moore"}
