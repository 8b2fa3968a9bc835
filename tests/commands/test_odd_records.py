"""No record, however odd, makes a symptom fail, and none costs the verdict, the timeline or the story."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commands import check, facts
from graph.audit_log.parse import parse
from graph.audit_log.record import AuditRecord
from graph.errors import UnreadableRecord
from tests.commands.evidence import ADELE, INTRUDER, NOON, OFFICE, evidence
from tests.commands.symptoms.judging import broken_in

TEXTS = [
    "",
    " ",
    ";",
    "{",
    "[]",
    "{}",
    "null",
    "[null]",
    '[{"a":1}]',
    "true",
    "$true",
    "smtp:",
    "\\",
    ":\\",
    "@",
    "<>",
    "a@b.example;c",
    "[SMTP:x@y.example]",
    "-1",
    "9" * 40,
    "\ud83d",
    "\u202e",
    "x" * 3000,
    ADELE.mail,
    INTRUDER,
    "[2001:db8::1]:5",
    "2026-09-09T12:00:00",
    "13/45/2026",
]
"""Texts where something else is expected, and such as half fit."""

INNER = st.sampled_from(["Name", "Value", "OldValue", "NewValue", "Id", "Subject", "Path", "ID", "Type"])
ODD = st.one_of(
    st.sampled_from(TEXTS),
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False),
    st.recursive(
        st.none() | st.text(max_size=4),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(INNER, inner, max_size=3),
        max_leaves=6,
    ),
)
FIELDS = st.sampled_from(
    [
        "ObjectId",
        "ClientIP",
        "ActorIpAddress",
        "ClientIPAddress",
        "UserAgent",
        "ClientInfoString",
        "UserKey",
        "MailboxOwnerUPN",
        "ResultStatus",
        "SessionId",
        "AppId",
        "ClientAppId",
        "OperationCount",
        "Item",
        "Folder",
        "SourceFileName",
        "SearchQueryText",
        "MailAccessType",
        "Folders",
        "AffectedItems",
        "OperationProperties",
        "ExtendedProperties",
        "DeviceProperties",
        "Target",
        "Actor",
        "Data",
        "Name",
        "ErrorNumber",
        "LogonError",
        "MessageURLs",
        "CommunicationType",
        "Members",
        "AlertType",
        "DestFolder",
        "SendAsUserSmtp",
        "MemberUpn",
        "TargetUserOrGroupName",
        "MemberRights",
    ]
)
PARAMETERS = st.sampled_from(
    [
        "Identity",
        "Name",
        "User",
        "Trustee",
        "AccessRights",
        "ForwardTo",
        "ForwardingSmtpAddress",
        "From",
        "ForwardingAddress",
        "DeleteMessage",
        "MoveToFolder",
        "SubjectContainsWords",
        "MarkAsRead",
        "Members",
        "BlockedSendersAndDomains",
        "Role",
        "GrantSendOnBehalfTo",
        "AuditEnabled",
        "Enabled",
        "Mode",
        "Export",
        "SignatureHtml",
        "InternalMessage",
        "PopEnabled",
        "Deny",
        "RedirectMessageTo",
        "BlindCopyTo",
        "DeliverToMailboxAndForward",
        "ActiveSyncAllowedDeviceIDs",
    ]
)
PROPERTIES = st.sampled_from(
    [
        "DisplayName",
        "Role.DisplayName",
        "StrongAuthenticationMethod",
        "StrongAuthenticationPhoneAppDetail",
        "StrongAuthenticationUserDetails",
        "StrongAuthenticationRequirement",
        "ConsentAction.Permissions",
        "ConsentContext.IsAdminConsent",
        "UserType",
        "MobilePhone",
        "AppRole.Value",
        "AccountEnabled",
        "TargetId.ServicePrincipalNames",
        "Included Updated Properties",
        "Group.DisplayName",
    ]
)
OPERATIONS = st.sampled_from(
    [
        *sorted(facts.operations()),
        "UserLoggedIn",
        "UserLoginFailed",
        "MailItemsAccessed",
        "Send",
        "SendAs",
        "HardDelete",
        "SoftDelete",
        "MoveToDeletedItems",
        "FileDownloaded",
        "UpdateInboxRules",
        "New-InboxRule",
        "Set-Mailbox",
        "Update user.",
    ]
)


def pairs(names: st.SearchStrategy[Any], *more: str) -> st.SearchStrategy[Any]:
    """A list such as Parameters or ModifiedProperties, with anything in the place of names and values."""
    one = st.fixed_dictionaries({"Name": names | ODD}, optional=dict.fromkeys(more, ODD))
    return st.lists(one, max_size=5) | ODD


RECORDS = st.lists(
    st.builds(
        lambda operation, fixed, odd: {"Operation": operation} | fixed | odd,
        OPERATIONS,
        st.fixed_dictionaries(
            {},
            optional={
                "ClientIP": st.sampled_from([INTRUDER, OFFICE]),
                "RecordType": st.integers(-1, 300),
                "UserType": st.integers(-1, 9),
                "Parameters": pairs(PARAMETERS, "Value"),
                "ModifiedProperties": pairs(PROPERTIES, "OldValue", "NewValue"),
            },
        ),
        st.dictionaries(FIELDS, ODD, max_size=6),
    ),
    min_size=1,
    max_size=5,
)


def read(number: int, raw: dict[str, Any]) -> AuditRecord | None:
    """The record, or None where the reader says that it cannot be read."""
    usual = {"CreationTime": "2026-09-09T11:30:00", "RecordType": 1, "UserType": 0, "UserId": ADELE.mail}
    try:
        return parse(usual | raw | {"Id": f"r{number}"})
    except UnreadableRecord:
        return None


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(RECORDS)
def test_no_odd_record_makes_a_symptom_fail(raws):
    records = [one for number, raw in enumerate(raws) if (one := read(number, raw)) is not None]
    seen = evidence(sign_ins=broken_in(), audit_log=records, directory_audits_on_user=records)
    report = check.judge(seen, NOON)
    assert [one.id for one in report.symptoms if one.failed] == []
    assert report.no_timeline == ""
    assert report.story is not None or report.verdict.answer.value in {"no-sign-found", "cannot-tell"}
