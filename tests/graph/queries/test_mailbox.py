"""What Exchange tells about the mailbox, played by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from graph.errors import Broken, CannotSignIn, GraphError, NoPermission, NotFound, NotJson
from graph.parts.reading import graph_time
from graph.queries import (
    blocked_senders,
    delegates,
    exchange_role_groups,
    hidden_inbox_rules,
    junk_lists,
    mail_protocols,
    mailbox,
    message_trace,
    mobile_devices,
    purview_role_groups,
    signature,
    transport_rules,
)
from graph.question import Window
from graph.request import Cmdlet, Request
from graph.resources.mailbox import DelegateKind
from tests.each import each
from tests.graph.play import NOW, UPN, Answer, a_question, always, by_name, play

BOX: dict[str, Any] = {
    "PrimarySmtpAddress": UPN,
    "ForwardingAddress": None,
    "ForwardingSmtpAddress": None,
    "GrantSendOnBehalfTo": [],
    "DeliverToMailboxAndForward": False,
}
BYPASS = {"AuditBypassEnabled": False}
ROLE_LACKS = NoPermission("No.", needs="an Exchange role with X")


@pytest.mark.parametrize(
    ("recipient", "contact", "outside", "missing"),
    [
        ([{"ExternalEmailAddress": "SMTP:drop@evil.example"}], NotFound("No."), "drop@evil.example", 0),
        (ROLE_LACKS, [{"ExternalEmailAddress": "smtp:drop@evil.example"}], "drop@evil.example", 0),
        ([{"ExternalEmailAddress": None}], NotFound("No."), "", 0),
        ([{"ExternalEmailAddress": "X400:c=us"}], NotFound("No."), "X400:c=us", 0),
        (ROLE_LACKS, ROLE_LACKS, "", 1),
    ],
)
def test_forwarding_is_followed_through_a_contact_that_points_outside(
    recipient: Answer, contact: Answer, outside: str, missing: int
) -> None:
    box = {**BOX, "ForwardingAddress": "Helper", "DeliverToMailboxAndForward": True}
    table: dict[str, Answer] = {
        "Get-Mailbox": [box],
        "Get-MailboxAuditBypassAssociation": [BYPASS],
        "Get-Recipient": recipient,
        "Get-MailContact": contact,
    }
    played = play(mailbox.ask(a_question()), by_name(table))
    assert played.value.value.forwarding_contact_address == outside
    assert played.value.value.audit_bypass_enabled is False
    assert len(played.value.missing) == missing


def test_a_mailbox_without_forwarding_needs_no_second_question() -> None:
    table: dict[str, Answer] = {
        "Get-Mailbox": [BOX],
        "Get-MailboxAuditBypassAssociation": ROLE_LACKS,
    }
    played = play(mailbox.ask(a_question()), by_name(table))
    assert len(played.rounds) == 1
    assert played.value.missing == (
        "whether auditing of the mailbox is bypassed (needs an Exchange role with X)",
    )
    with pytest.raises(NotFound):
        play(mailbox.ask(a_question()), lambda _: NotFound("No."))
    with pytest.raises(NotJson):
        play(mailbox.ask(a_question()), always())


@pytest.mark.parametrize(
    ("switch", "roaming", "missing"),
    [
        ([{"PostponeRoamingSignaturesUntilLater": True}], False, ""),
        ([{"PostponeRoamingSignaturesUntilLater": False}], True, "roaming signatures"),
        ([{}], True, "roaming signatures"),
        (ROLE_LACKS, False, "whether this signature is the one in use"),
    ],
)
def test_a_signature_says_whether_it_is_the_one_in_use(switch: Answer, roaming: bool, missing: str) -> None:
    table = {
        "Get-MailboxMessageConfiguration": [{"SignatureText": "Adele"}],
        "Get-OrganizationConfig": switch,
    }
    answer = play(signature.ask(a_question()), by_name(table)).value
    assert (answer.value.signature_text, answer.value.roaming) == ("Adele", roaming)
    assert missing in " ".join(answer.missing)
    assert bool(missing) is bool(answer.missing)


PERMISSIONS = [
    {"User": "NT AUTHORITY\\SELF", "AccessRights": ["FullAccess"], "IsInherited": False, "Deny": False},
    {"User": "Organization Management", "AccessRights": ["FullAccess"], "IsInherited": True, "Deny": False},
    {"User": "denied@contoso.example", "AccessRights": ["FullAccess"], "IsInherited": False, "Deny": True},
    {"User": "eve@contoso.example", "AccessRights": ["FullAccess"], "IsInherited": False, "Deny": False},
]
SEND_AS = [
    {"Trustee": "NT AUTHORITY\\SELF", "AccessControlType": "Allow", "AccessRights": ["SendAs"]},
    {"Trustee": "mallory@contoso.example", "AccessControlType": "Allow", "AccessRights": ["SendAs"]},
    {"Trustee": "denied@contoso.example", "AccessControlType": "Deny", "AccessRights": ["SendAs"]},
]
FOLDER: list[dict[str, Any]] = [
    {"User": "Default", "AccessRights": ["None"]},
    {"User": "Anonymous", "AccessRights": ["None"]},
    {"User": "Adele Vance", "AccessRights": ["Owner"]},
    {
        "User": {"DisplayName": "Trudy", "ADRecipient": {"PrimarySmtpAddress": "trudy@contoso.example"}},
        "AccessRights": "Reviewer",
    },
]
CALENDAR = [{"User": "Default", "AccessRights": ["AvailabilityOnly"]}]
OPEN_TOP = [{"User": "Default", "AccessRights": ["Editor"]}]


OSCAR = "0d5c7e11-0000-4000-8000-00000000c4a2"
"""Exchange keeps who may send on behalf as directory ids."""


def delegation(what: Request | Cmdlet) -> Answer:
    assert isinstance(what, Cmdlet)
    if "Filter" in what.parameters:
        return [{"PrimarySmtpAddress": UPN}]
    match what.name, str(what.parameters["Identity"]).rpartition(":")[2]:
        case "Get-MailboxPermission", _:
            return PERMISSIONS
        case "Get-RecipientPermission", _:
            return SEND_AS
        case "Get-Mailbox", _:
            return [{"GrantSendOnBehalfTo": [OSCAR]}]
        case "Get-MailboxFolderStatistics", _:
            return ROLE_LACKS
        case "Get-Recipient", _:
            return [{"Name": OSCAR, "PrimarySmtpAddress": "oscar@contoso.example"}]
        case _, "\\Inbox":
            return FOLDER
        case _, "\\Calendar":
            return CALENDAR
        case _:
            return OPEN_TOP


def test_delegates_of_all_four_kinds_without_what_is_ordinary() -> None:
    answer = play(delegates.ask(a_question()), delegation).value
    assert [(one.kind, one.who, one.rights, one.folder) for one in answer.value] == [
        (DelegateKind.FULL_ACCESS, "eve@contoso.example", ("FullAccess",), ""),
        (DelegateKind.SEND_AS, "mallory@contoso.example", ("SendAs",), ""),
        (DelegateKind.SEND_ON_BEHALF, "oscar@contoso.example", ("SendOnBehalf",), ""),
        (DelegateKind.FOLDER, "Default", ("Editor",), "\\"),
        (DelegateKind.FOLDER, "trudy@contoso.example", ("Reviewer",), "\\Inbox"),
    ]
    assert answer.missing == ()
    assert [one.held_as for one in answer.value if one.held_as] == [OSCAR]


@pytest.mark.parametrize(
    ("recipients", "who", "held_as"), [(1, "lee@contoso.example", "Lee O'Neil"), (2, "Lee O'Neil", "")]
)
def test_a_display_name_on_a_folder_is_one_person_or_nobodys(recipients: int, who: str, held_as: str) -> None:
    """Identity takes no display name: it would surely find whoever has it as a name."""

    def microsoft(what: Request | Cmdlet) -> Answer:
        assert isinstance(what, Cmdlet)
        if what.name == "Get-Recipient" and "Filter" in what.parameters:
            assert what.parameters == {"Filter": "DisplayName -eq 'Lee O''Neil'"}
            return [{"PrimarySmtpAddress": "lee@contoso.example"}] * recipients
        if what.name == "Get-MailboxFolderPermission":
            return [{"User": "Lee O'Neil", "AccessRights": ["Editor"]}]
        return delegation(what)

    answer = play(delegates.ask(a_question()), microsoft).value
    assert {(one.who, one.held_as) for one in answer.value if one.folder} == {(who, held_as)}
    assert {one.by_name for one in answer.value if one.folder} == {recipients != 1}


@pytest.mark.parametrize(
    ("others", "told"),
    [
        ([], []),
        ([{"PrimarySmtpAddress": "adele@fabrikam.example"}], ["Adele Vance"]),
        (None, ["Adele Vance"]),
    ],
)
def test_whoever_has_the_owners_display_name_is_not_taken_for_the_owner(
    others: list[dict[str, str]] | None, told: list[str]
) -> None:
    def microsoft(what: Request | Cmdlet) -> Answer:
        assert isinstance(what, Cmdlet)
        if what.name == "Get-Recipient" and "Filter" in what.parameters:
            return ROLE_LACKS if others is None else [{"PrimarySmtpAddress": UPN}, *others]
        if what.name == "Get-MailboxFolderPermission":
            return [{"User": "Adele Vance", "AccessRights": ["Editor"]}]
        return delegation(what)

    answer = play(delegates.ask(a_question()), microsoft).value
    assert sorted({one.who for one in answer.value if one.folder}) == told


@pytest.mark.parametrize(
    ("shown", "recipients", "who", "by_name"),
    [
        # The owner's own address, and that of a colleague who has nothing to do with it.
        (UPN, [{"PrimarySmtpAddress": "eve@contoso.example"}], "eve@contoso.example", False),
        (
            "megan@contoso.example",
            [{"PrimarySmtpAddress": "eve@contoso.example"}],
            "eve@contoso.example",
            False,
        ),
        (UPN, [], UPN, True),
        (UPN, ROLE_LACKS, UPN, True),
        ("megan@contoso.example", [], "megan@contoso.example", True),
        # What everybody has stands before it.
        ("Default", [{"PrimarySmtpAddress": "eve@contoso.example"}], "eve@contoso.example", True),
        ("Anonymous", [], "someone named Anonymous", True),
    ],
)
def test_a_display_name_that_is_an_address_or_everybodys_hides_nobody(
    shown: str, recipients: Answer, who: str, by_name: bool
) -> None:
    """Whoever chooses a display name must be neither left out as the owner nor taken for somebody else."""

    def microsoft(what: Request | Cmdlet) -> Answer:
        assert isinstance(what, Cmdlet)
        if what.name == "Get-Recipient" and "Filter" in what.parameters:
            assert what.parameters == {"Filter": f"DisplayName -eq '{shown}'"}
            return recipients
        if what.name == "Get-MailboxFolderPermission":
            everybody = [{"User": one, "AccessRights": ["None"]} for one in ("Default", "Anonymous")]
            return [*everybody, {"User": shown, "AccessRights": ["Owner"]}]
        return delegation(what)

    answer = play(delegates.ask(a_question()), microsoft).value
    held = {(one.who, one.by_name, one.rights) for one in answer.value if one.folder}
    assert held == {(who, by_name, ("Owner",))}


def test_folders_are_asked_for_as_the_mailbox_calls_them() -> None:
    """A mailbox in German: FolderType is English in every language."""
    called = {"Inbox": "Posteingang", "Calendar": "Kalender"}

    def microsoft(what: Request | Cmdlet) -> Answer:
        assert isinstance(what, Cmdlet)
        if what.name == "Get-MailboxFolderStatistics":
            scope = str(what.parameters["FolderScope"])
            below = {"Name": "Feiertage", "FolderType": "User Created", "FolderId": "LgAAB"}
            return [below, {"Name": called[scope], "FolderType": scope, "FolderId": "LgAAA"}]
        if what.name == "Get-MailboxFolderPermission":
            name = str(what.parameters["Identity"]).rpartition("\\")[2]
            if name and name not in called.values():
                return NotFound("No such folder.")
            return [{"User": "Default", "AccessRights": ["Editor"]}]
        return delegation(what)

    answer = play(delegates.ask(a_question()), microsoft).value
    folders = [(one.folder, one.folder_type) for one in answer.value if one.folder]
    assert folders == [("\\", ""), ("\\Posteingang", "Inbox"), ("\\Kalender", "Calendar")]
    assert answer.missing == ()


def test_an_id_that_names_nobody_is_told_as_it_is_and_as_a_gap() -> None:
    def microsoft(what: Request | Cmdlet) -> Answer:
        assert isinstance(what, Cmdlet)
        return NotFound("Nobody.") if what.name == "Get-Recipient" else delegation(what)

    answer = play(delegates.ask(a_question()), microsoft).value
    assert OSCAR in [one.who for one in answer.value]
    assert answer.missing == (
        "the names of 1 who may send on behalf (needs an Exchange role with Get-Recipient)",
    )


def test_several_rights_in_one_element_are_rights_each_by_itself() -> None:
    """As a capture of a real tenant has them."""

    def microsoft(what: Request | Cmdlet) -> Answer:
        assert isinstance(what, Cmdlet)
        if what.name == "Get-MailboxPermission":
            return [
                {"User": "eve@contoso.example", "AccessRights": ["FullAccess, ReadPermission"], "Deny": False}
            ]
        return delegation(what)

    answer = play(delegates.ask(a_question()), microsoft).value
    assert answer.value[0].rights == ("FullAccess", "ReadPermission")


OTHERWISE = {
    "Enabled": True,
    "ForwardAsAttachmentTo": None,
    "RedirectTo": None,
    "MoveToFolder": None,
    "DeleteMessage": False,
}


def test_a_rule_to_somebody_inside_tells_the_address_outside_that_is_behind() -> None:
    inside = "/o=ExchangeLabs/ou=Group/cn=Recipients/cn=drop"
    rule = {"Identity": "x\\1", "Name": "Copies", "ForwardTo": [f'"Drop" [EX:{inside}]'], **OTHERWISE}

    def microsoft(what: Request | Cmdlet) -> Answer:
        assert isinstance(what, Cmdlet)
        if what.name == "Get-Recipient":
            assert what.parameters["Identity"] == inside
            return [
                {"ExternalEmailAddress": "SMTP:drop@evil.example", "PrimarySmtpAddress": "c@contoso.example"}
            ]
        return [rule]

    answer = play(hidden_inbox_rules.ask(a_question()), microsoft).value
    assert answer.value[0].forward_to == ('"Drop" [SMTP:drop@evil.example]',)
    assert answer.missing == ()


def test_a_kind_of_delegates_that_cannot_be_read_is_missing() -> None:
    def microsoft(what: Request | Cmdlet) -> Answer:
        assert isinstance(what, Cmdlet)
        return ROLE_LACKS if what.name == "Get-RecipientPermission" else delegation(what)

    answer = play(delegates.ask(a_question()), microsoft).value
    assert answer.missing == ("the Send As permission (needs an Exchange role with X)",)
    with pytest.raises(NoPermission):
        play(delegates.ask(a_question()), lambda _: ROLE_LACKS)


GROUPS: list[dict[str, Any]] = [
    {
        "Name": "Organization Management",
        "Identity": "Organization Management",
        "Roles": ["Mail Recipients", "CN=Role Management,CN=Roles"],
    },
    {"Name": "Help Desk", "Identity": "Help Desk", "Members": []},
    {"Name": "Records", "Identity": "Records"},
]


@pytest.mark.parametrize("query", [exchange_role_groups, purview_role_groups])
def test_role_groups_are_those_that_the_subject_is_in(query: Any) -> None:
    def microsoft(what: Request | Cmdlet) -> Answer:
        assert isinstance(what, Cmdlet)
        assert what.compliance is (query is purview_role_groups)
        if what.name == "Get-RoleGroup":
            return GROUPS
        if what.parameters["Identity"] == "Records":
            return Broken("It failed.")
        return [{"Name": "other"}, {"Name": "adele.vance", "PrimarySmtpAddress": UPN.upper()}]

    answer = play(query.ask(a_question()), microsoft).value
    # Security & Compliance may leave the list of members empty, so it is asked for each group.
    helped = [("Help Desk", ())] if query is purview_role_groups else []
    assert [(group.name, group.roles) for group in answer.value] == [
        ("Organization Management", ("Mail Recipients", "Role Management")),
        *helped,
    ]
    assert answer.missing == ("the members of Records (It failed)",)


@pytest.mark.parametrize(
    ("query", "row", "cmdlet"),
    [
        (
            junk_lists,
            {
                "Enabled": True,
                "TrustedSendersAndDomains": [],
                "BlockedSendersAndDomains": ["it@contoso.example"],
            },
            "Get-MailboxJunkEmailConfiguration",
        ),
        (mail_protocols, {"PopEnabled": True, "SmtpClientAuthenticationDisabled": None}, "Get-CASMailbox"),
        (
            mobile_devices,
            {"DeviceId": "A1", "DeviceOS": "Android 16", "FirstSyncTime": "2026-09-01T08:00:00"},
            "Get-MobileDevice",
        ),
        (
            transport_rules,
            {
                "Name": "Copy",
                "State": "Enabled",
                "WhenChanged": "2026-09-01T08:00:00",
                "BlindCopyTo": ["d@evil.example"],
                "CopyTo": None,
                "AddToRecipients": None,
                "RedirectMessageTo": None,
                "DeleteMessage": False,
            },
            "Get-TransportRule",
        ),
        (blocked_senders, {"SenderAddress": UPN, "Reason": "x"}, "Get-BlockedSenderAddress"),
    ],
)
def test_one_cmdlet_answers_one_source(query: Any, row: dict[str, Any], cmdlet: str) -> None:
    played = play(query.ask(a_question()), always(row))
    assert [one.name for one in played.asked if isinstance(one, Cmdlet)] == [cmdlet]
    assert played.value.missing == ()
    assert played.value.value


def test_not_to_be_found_among_the_blocked_is_not_to_be_blocked() -> None:
    assert play(blocked_senders.ask(a_question()), lambda _: NotFound("No.")).value.value == ()


# --- the message trace --------------------------------------------------------------------------------------


def trace(id_: str, at: datetime, to: str = "bob@fabrikam.example") -> dict[str, Any]:
    return {
        "id": id_,
        "senderAddress": UPN,
        "recipientAddress": to,
        "messageId": f"<{id_}>",
        "receivedDateTime": graph_time(at),
        "status": "delivered",
        "fromIP": "203.0.113.77",
        "subject": "Minutes",
    }


def test_a_trace_is_asked_for_in_spans_of_ten_days_side_by_side_and_given_once() -> None:
    meeting = NOW - timedelta(days=10)
    played = play(message_trace.ask(a_question(25)), always(trace("b", meeting), trace("a", NOW)))
    assert len(played.rounds) == 1
    assert len(played.rounds[0]) == 3
    assert [row.id for row in played.value.value] == ["b", "a"]
    assert played.value.value[0].from_ip == "203.0.113.77"
    assert played.value.missing == ()


def test_a_trace_reaches_back_ninety_days_and_says_so() -> None:
    played = play(message_trace.ask(a_question(120)), always())
    assert "kept for 90 days" in played.value.missing[0]
    assert played.value.complete_from == NOW - timedelta(days=90) + timedelta(hours=1)
    spans = message_trace.slices(Window(NOW - timedelta(days=89, hours=23), NOW))
    assert len(spans) == 9
    assert all(end - start <= timedelta(days=10) for start, end in spans)
    assert spans[-1][0] == NOW - timedelta(days=89, hours=23)


@pytest.mark.parametrize("error", [NoPermission("No."), CannotSignIn("No."), NotFound("No.")])
def test_exchange_traces_where_graph_does_not_and_goes_on_from_its_last_row(error: GraphError) -> None:
    def microsoft(what: Request | Cmdlet) -> Answer:
        if isinstance(what, Request):
            return error
        row = {
            "MessageTraceId": "t",
            "RecipientAddress": "z@fabrikam.example",
            "SenderAddress": UPN,
            "Received": "2026-09-12T07:05:19Z",
            "MessageId": "<t>",
            "Status": "Delivered",
        }
        if "StartingRecipientAddress" in what.parameters:
            assert what.parameters["StartingRecipientAddress"] == "z@fabrikam.example"
            assert what.parameters["EndDate"] == "2026-09-12T07:05:19Z"
            return [{**row, "MessageTraceId": "u"}]
        return [row] * 5000

    played = play(message_trace.ask(a_question(5)), microsoft)
    assert [row.id for row in played.value.value] == ["t", "u"]
    assert played.value.value[0].status == "delivered"


def test_graphs_own_reason_is_told_when_exchange_does_not_trace_either() -> None:
    with pytest.raises(NoPermission, match=r"ExchangeMessageTrace\.Read\.All") as caught:
        play(message_trace.ask(a_question()), lambda _: NoPermission("No."))
    assert caught.value.needs == "ExchangeMessageTrace.Read.All"


def test_a_national_cloud_asks_exchange_at_once() -> None:
    played = play(message_trace.ask(a_question(5, global_cloud=False)), always())
    assert all(isinstance(one, Cmdlet) for one in each(played.asked))
