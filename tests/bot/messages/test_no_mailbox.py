"""Of an account without a mailbox one sentence says so, not one of each of Exchange's cmdlets."""

from __future__ import annotations

from bot.artefacts.summary import summary
from bot.messages.case_card import case_card
from commands.check import judge
from graph.errors import NO_MAILBOX
from graph.evidence import Reason, Unavailable, without_mailbox
from sandbox.workspace import text as slack_text
from tests.bot.messages import samples
from tests.commands.evidence import NOON, evidence

FOUND_NOTHING = Unavailable(Reason.NOT_FOUND, "Get-Mailbox found nothing: it couldn't be found.")
NONE = Unavailable(Reason.NO_MAILBOX, NO_MAILBOX)
REFUSED = Unavailable(Reason.PERMISSION, "The permission Mail.Read is missing.", "Mail.Read")


def test_what_exchange_does_not_find_is_told_as_no_mailbox_where_graph_says_so():
    seen = without_mailbox(
        evidence(inbox_rules=NONE, mailbox=FOUND_NOTHING, sent_items=REFUSED, risky_user=FOUND_NOTHING)
    )
    assert seen.mailbox == NONE
    assert seen.sent_items == REFUSED
    assert seen.risky_user == FOUND_NOTHING
    unsaid = evidence(mailbox=FOUND_NOTHING, sent_items=REFUSED)
    assert without_mailbox(unsaid).mailbox == FOUND_NOTHING


def test_the_card_and_the_report_say_it_once_and_what_else_was_not_collected():
    seen = without_mailbox(evidence(inbox_rules=NONE, mailbox=FOUND_NOTHING, sent_items=REFUSED))
    report = judge(seen, NOON)
    card = "\n".join(slack_text.lines(case_card(samples.done(report)).blocks, lambda name: name))
    (unknown,) = (one for one in summary(report) if one.id == "unknown")
    says = " ".join(one.says for one in unknown.statements)
    for told in (card, says):
        assert "This account has no mailbox in Exchange Online; these 2 sources do not apply: " in told
        assert "inbox rules, mailbox." in told
        assert "found nothing" not in told
        assert "Mail.Read" in told


def test_a_single_source_is_told_in_the_singular():
    report = judge(evidence(inbox_rules=NONE), NOON)
    card = "\n".join(slack_text.lines(case_card(samples.done(report)).blocks, lambda name: name))
    assert "; this source does not apply: inbox rules." in card
