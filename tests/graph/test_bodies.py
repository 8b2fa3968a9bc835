"""Reading is strict about meaning and lenient about form, for every query and every shape of an answer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from graph import contract
from graph.errors import GraphError
from graph.evidence import Known
from graph.queries import Query, blocked_senders, source_of
from graph.queries.registry import QUERIES
from graph.request import Cmdlet
from tests.graph.bodies import SHAPES, Body, answers
from tests.graph.play import a_question, always, play

DESCRIBED = [
    query
    for query in QUERIES
    if all(
        contract.cmdlet(what.name)
        for what in play(query.ask(a_question(5)), answers(dict, anything=True)).asked
        if isinstance(what, Cmdlet)
    )
]
"""The queries whose every answer the contract describes."""


KEEP_THE_RECORD = {
    "audit_log",
    "audit_log_on_mailbox",
    "directory_audits_on_user",
    "directory_audits_by_user",
}
"""Sources whose values hold the record as it came, unknown fields and all."""


def read(query: Query, shape: str) -> Known[object]:
    known = play(query.ask(a_question(5)), answers(SHAPES[shape])).value
    assert isinstance(known, Known)
    return known


@pytest.mark.parametrize("query", DESCRIBED, ids=source_of)
def test_an_answer_as_the_schema_has_it_is_read_whole(query: Query) -> None:
    assert not [gap for gap in read(query, "as the schema has it").missing if "unreadable" in gap]


@pytest.mark.parametrize("query", DESCRIBED, ids=source_of)
@pytest.mark.parametrize("shape", ["sidecars", "fields that no one knows", "one element for a list"])
def test_the_form_of_an_answer_changes_nothing_in_what_is_read(query: Query, shape: str) -> None:
    plain, other = read(query, "as the schema has it"), read(query, shape)
    assert other.missing == plain.missing
    if source_of(query) not in KEEP_THE_RECORD:
        assert other.value == plain.value


@pytest.mark.parametrize("query", DESCRIBED, ids=source_of)
def test_an_answer_of_nulls_never_passes_for_a_complete_one(query: Query) -> None:
    try:
        known = read(query, "all null")
    except (GraphError, ValidationError):  # graph.collect calls the source unavailable for either
        return
    assert known.missing


DECIDING = {
    "auto_reply": ("status", "internalReplyMessage", "externalReplyMessage"),
    "directory_audits_on_user": ("initiatedBy",),
    "directory_roles": ("assignmentType",),
    "domains": ("authenticationType", "isVerified"),
    "hidden_inbox_rules": ("Enabled", "ForwardTo", "ForwardAsAttachmentTo", "RedirectTo", "DeleteMessage"),
    "junk_lists": ("Enabled", "TrustedSendersAndDomains", "BlockedSendersAndDomains"),
    "mail_folders": ("displayName",),
    "mailbox": (
        "DeliverToMailboxAndForward",
        "ForwardingAddress",
        "ForwardingSmtpAddress",
        "GrantSendOnBehalfTo",
        "AuditBypassEnabled",
    ),
    "message_trace": ("senderAddress", "recipientAddress", "messageId", "fromIP", "subject"),
    "mobile_devices": ("DeviceId", "FirstSyncTime"),
    "oauth_grants": ("scope", "appId"),
    "password_reset_mail": ("subject", "receivedDateTime"),
    "sent_items": ("subject", "toRecipients", "receivedDateTime", "body"),
    "sign_ins": ("ipAddress", "location", "userAgent"),
    "transport_rules": ("Name", "State", "WhenChanged", "RedirectMessageTo", "BlindCopyTo", "DeleteMessage"),
}
"""The fields of each source without which something would read as clean."""


def without(field: str) -> Callable[[Body], Body]:
    def shape(body: Body) -> Body:
        return {
            name: shape(value) if isinstance(value, dict) else value
            for name, value in body.items()
            if name != field
        }

    return shape


@pytest.mark.parametrize(
    ("source", "field"), [(source, field) for source, fields in DECIDING.items() for field in fields]
)
def test_a_deciding_field_that_did_not_come_is_named(source: str, field: str) -> None:
    query = next(query for query in QUERIES if source_of(query) == source)
    known = play(query.ask(a_question(5)), answers(without(field), anything=True)).value
    assert isinstance(known, Known)
    assert [gap for gap in known.missing if field in gap], known.missing


@pytest.mark.parametrize("address", [None, "", 5, [], {"Address": "adele"}])
def test_a_blocked_sender_that_nobody_can_name_is_no_other_sender(address: object) -> None:
    known = play(blocked_senders.ask(a_question(5)), always({"SenderAddress": address, "Reason": "x"})).value
    assert known.missing or known.value


@pytest.mark.parametrize("query", QUERIES, ids=source_of)
def test_an_empty_answer_is_read(query: Query) -> None:
    with suppress(GraphError):  # what must hold something and does not is said to be unreadable
        assert isinstance(play(query.ask(a_question(5)), answers(dict, empty=True)).value, Known)


ODD: tuple[object, ...] = (
    None,
    "",
    " ",
    0,
    -1,
    2**70,
    1.5,
    True,
    [],
    {},
    [None],
    [[]],
    "x" * 5000,
    "\x00\u202e",
    {"a": {"a": 1}},
    [{}],
)
"""What may stand where something else is expected."""


def changed(part: object, choose: Callable[[int], int], left: int) -> object:
    """Change one place in an answer, at any depth."""
    if left and isinstance(part, dict) and part:
        name = sorted(part)[choose(len(part))]
        if choose(4) == 0:
            return {key: value for key, value in part.items() if key != name}
        return {**part, name: changed(part[name], choose, left - 1)}
    if left and isinstance(part, list) and part and choose(2):
        return [changed(part[0], choose, left - 1), *part[1:]]
    return ODD[choose(len(ODD))]


@pytest.mark.parametrize("query", DESCRIBED, ids=source_of)
@given(data=st.data())
def test_no_field_of_an_answer_breaks_the_reading_or_lets_what_came_vanish(
    query: Query, data: st.DataObject
) -> None:
    def choose(below: int) -> int:
        return data.draw(st.integers(0, below - 1))

    def shape(body: Body) -> Body:
        if not body:
            return body
        name = sorted(body)[choose(len(body))]
        return {**body, name: changed(body[name], choose, 3)}

    try:
        known = play(query.ask(a_question(5)), answers(shape)).value
    except (GraphError, ValidationError):  # graph.collect calls the source unavailable for either
        return
    assert isinstance(known, Known)
    assert known.missing or bool(known.value) == bool(read(query, "as the schema has it").value)
