"""An automatic reply is found by what it says or by who set it."""

from __future__ import annotations

import pytest

from commands.symptoms import auto_reply
from commands.usual import learn
from graph.resources.mailbox import AutoReply
from tests.commands.evidence import INTRUDER, evidence, record
from tests.commands.symptoms.judging import broken_in, signs

SCAM = (
    "I am stuck in London and was mugged last night. My wallet and passport are gone. "
    "Please send money by Western Union as soon as you can, I will pay you back."
)

FOUND = [
    (
        "a scam that stands",
        "auto_reply_scam",
        {"auto_reply": AutoReply(status="alwaysEnabled", external_reply_message=SCAM)},
    ),
    (
        "a scam that was set",
        "auto_reply_scam",
        {
            "audit_log": [
                record(
                    "Set-MailboxAutoReplyConfiguration",
                    parameters={"AutoReplyState": "Enabled", "ExternalMessage": SCAM},
                )
            ]
        },
    ),
    (
        "an address outside",
        "auto_reply_sends_elsewhere",
        {
            "auto_reply": AutoReply(
                status="alwaysEnabled", external_reply_message="<p>Write to adele.v@fabrikam.example</p>"
            )
        },
    ),
    (
        "a reply set by the attacker",
        "auto_reply_by_intruder",
        {
            "sign_ins": broken_in(),
            "audit_log": [
                record(
                    "Set-MailboxAutoReplyConfiguration",
                    address=INTRUDER,
                    parameters={"AutoReplyState": "Enabled", "ExternalMessage": "Away."},
                )
            ],
        },
    ),
]

NOT_FOUND = [
    (
        "leave",
        {
            "auto_reply": AutoReply(
                status="scheduled",
                external_reply_message="On leave until Monday. Please write to megan.bowen@contoso.example.",
            )
        },
    ),
    (
        "a scam that is turned off",
        {"auto_reply": AutoReply(status="disabled", external_reply_message=SCAM)},
    ),
    (
        "leave that was set",
        {
            "audit_log": [
                record(
                    "Set-MailboxAutoReplyConfiguration",
                    parameters={"AutoReplyState": "Enabled", "ExternalMessage": "I am on leave."},
                )
            ]
        },
    ),
    (
        "a reply turned off",
        {
            "audit_log": [
                record("Set-MailboxAutoReplyConfiguration", parameters={"AutoReplyState": "Disabled"})
            ]
        },
    ),
]


@pytest.mark.parametrize(("why", "sign", "sources"), FOUND, ids=[row[0] for row in FOUND])
def test_it_finds(why, sign, sources):
    assert sign in signs(auto_reply, **sources)


@pytest.mark.parametrize(("why", "sources"), NOT_FOUND, ids=[row[0] for row in NOT_FOUND])
def test_it_leaves_alone(why, sources):
    assert signs(auto_reply, **sources) == set()


def test_what_the_reply_tells_people_to_do_is_told_without_a_cut():
    address = "adele.vance@payments-of-the-finance-department.example"
    text = f"Our bank details have changed since the first of this month. For payments write to {address}."
    parameters = {"AutoReplyState": "Enabled", "ExternalMessage": text, "ExternalAudience": "All"}
    reply = AutoReply(status="alwaysEnabled", external_audience="all", external_reply_message=text)
    seen = evidence(
        auto_reply=reply,
        audit_log=[record("Set-MailboxAutoReplyConfiguration", parameters=parameters)],
    )
    told = list(auto_reply.detect(seen, learn(seen)))
    assert len(told) == 2
    for one in told:
        assert one.summary.endswith(f"; it gives the address {address}; everyone outside who writes gets it")
        assert one.after == text
