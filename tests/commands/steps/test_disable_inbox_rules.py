"""Inbox rules are switched off over Graph where it can, and over Exchange with a warning where it cannot."""

from __future__ import annotations

from typing import Any

from commands.plans.plan import Change, Nothing, state_of, took_effect
from commands.report import Severity, VerdictCode
from commands.steps import disable_inbox_rules
from graph.request import Cmdlet, Limit, Request
from graph.resources.rules import HiddenInboxRule, InboxRule
from tests.commands.evidence import ADELE
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
PATH = f"/users/{ADELE.id}/mailFolders/inbox/messageRules/AQAAAJ5dZqA%3D"


def rule(name: str = "Invoices", **fields: Any) -> InboxRule:
    return InboxRule(**{"id": "AQAAAJ5dZqA=", "display_name": name, **fields})


def twin(name: str = "Invoices", number: int = 4561233110666051585, **fields: Any) -> HiddenInboxRule:
    values = {"identity": f"adele.vance\\{number}", "rule_identity": number, "name": name, **fields}
    return HiddenInboxRule(**values)


def test_a_rule_seen_in_both_lists_is_changed_once_over_graph() -> None:
    seen = planning(found=[], inbox_rules=[rule()], hidden_inbox_rules=[twin(is_hidden=False)])
    change = only_change(disable_inbox_rules, seen)
    assert change.id == "disable_inbox_rules:AQAAAJ5dZqA="
    assert change.do == Request("PATCH", PATH, body={"isEnabled": False}, limit=Limit.MAILBOX)
    assert change.look.ask == Request("GET", PATH, limit=Limit.MAILBOX)
    assert (change.expects, change.wants) == ({"isEnabled": True}, {"isEnabled": False})
    assert change.undo is not None
    assert change.undo.do == Request("PATCH", PATH, body={"isEnabled": True}, limit=Limit.MAILBOX)
    assert change.undo.wants == {"isEnabled": True}
    assert change.warns == ()


def test_a_hidden_rule_goes_through_exchange_and_says_what_that_costs() -> None:
    seen = planning(found=[], inbox_rules=[], hidden_inbox_rules=[twin("", is_hidden=True)])
    change = only_change(disable_inbox_rules, seen)
    parameters = {
        "Identity": "adele.vance\\4561233110666051585",
        "Mailbox": UPN,
        "Force": True,
        "Confirm": False,
    }
    assert change.id == "disable_inbox_rules:adele.vance\\4561233110666051585"
    assert change.do == Cmdlet("Disable-InboxRule", parameters, anchor=UPN)
    assert change.undo is not None
    assert change.undo.do == Cmdlet("Enable-InboxRule", parameters, anchor=UPN)
    assert change.look.ask == Cmdlet("Get-InboxRule", {"Mailbox": UPN, "IncludeHidden": True}, anchor=UPN)
    assert change.warns == (disable_inbox_rules.CLIENT_RULES,)
    assert "without a name" in change.says


def test_a_hidden_rule_is_known_by_the_text_of_its_identity() -> None:
    seen = planning(found=[], inbox_rules=[], hidden_inbox_rules=[twin()])
    look = only_change(disable_inbox_rules, seen).look
    others = [{"Identity": "adele.vance\\4561233110666051584", "Enabled": False}]
    assert state_of(look, others) is None
    wanted = {"Identity": "Adele.Vance\\4561233110666051585", "Enabled": True}
    assert state_of(look, [*others, wanted]) == {}


def test_a_rule_that_the_change_before_it_deleted_is_as_good_as_off() -> None:
    change = only_change(disable_inbox_rules, planning(found=[], hidden_inbox_rules=[twin()], inbox_rules=[]))
    off = {"Identity": "adele.vance\\4561233110666051585", "Enabled": False}
    on = {**off, "Enabled": True}
    assert took_effect(change, {}, state_of(change.look, []))
    assert took_effect(change, {}, state_of(change.look, [off]))
    assert not took_effect(change, {}, state_of(change.look, [on]))
    assert change.undo is not None
    assert took_effect(change.undo, None, state_of(change.undo.look, [on]))


def test_what_goes_over_graph_is_done_before_exchange_deletes_rules() -> None:
    seen = planning(
        found=[],
        inbox_rules=[rule("Pager", id="1", is_read_only=True), rule("Invoices", id="2")],
        hidden_inbox_rules=[twin("Pager", 1), twin("", 2, is_hidden=True), twin("Invoices", 3)],
    )
    planned = changes(disable_inbox_rules, seen)
    assert [isinstance(one.do, Cmdlet) for one in planned] == [False, True, True]
    assert [disable_inbox_rules.MAY_BE_DELETED in one.warns for one in planned] == [False, True, False]


def test_a_name_that_nobody_can_see_is_told_as_blank() -> None:
    seen = planning(found=[], inbox_rules=[rule("\u200b")], hidden_inbox_rules=[])
    assert "without a name" in only_change(disable_inbox_rules, seen).says


def test_a_slight_finding_selects_a_rule_only_where_the_account_is_accused() -> None:
    found = [finding("inbox_rules", "AQAAAJ5dZqA=", severity=Severity.LOW)]
    for answer, suggested in (
        (VerdictCode.COMPROMISED, True),
        (VerdictCode.SUSPICIOUS, True),
        (VerdictCode.NO_SIGN_FOUND, False),
        (VerdictCode.CANNOT_TELL, False),
    ):
        seen = planning(found=found, answer=answer, inbox_rules=[rule()], hidden_inbox_rules=[])
        assert only_change(disable_inbox_rules, seen).suggested is suggested


def test_a_rule_that_graph_lists_but_cannot_change_goes_through_exchange() -> None:
    for broken in (rule(is_read_only=True), rule(has_error=True)):
        seen = planning(
            found=[finding("inbox_rules", "AQAAAJ5dZqA=")],
            inbox_rules=[broken],
            hidden_inbox_rules=[twin()],
        )
        change = only_change(disable_inbox_rules, seen)
        assert isinstance(change.do, Cmdlet)
        assert change.warns
        assert change.suggested


def test_where_exchange_does_not_list_such_a_rule_it_is_said() -> None:
    seen = planning(found=[], inbox_rules=[rule(is_read_only=True)], hidden_inbox_rules=[])
    answer = nothing(disable_inbox_rules, seen)
    assert answer.refused
    assert "“Invoices”" in answer.why


def test_of_two_rules_with_one_name_the_hidden_one_is_not_taken_for_the_visible_one() -> None:
    hidden = twin("..", 1, is_hidden=True)
    seen = planning(
        found=[], inbox_rules=[rule("..")], hidden_inbox_rules=[hidden, twin("..", 2, is_hidden=False)]
    )
    assert [one.id for one in changes(disable_inbox_rules, seen)] == [
        "disable_inbox_rules:AQAAAJ5dZqA=",
        "disable_inbox_rules:adele.vance\\1",
    ]


def test_only_rules_with_a_finding_are_suggested() -> None:
    found = [finding("inbox_rules", "bad"), finding("inbox_rules", "77")]
    seen = planning(
        found=found,
        inbox_rules=[rule("Bad", id="bad"), rule("Newsletters", id="good")],
        hidden_inbox_rules=[twin("Quiet", 77), twin("Other", 78)],
    )
    suggested = {one.id: one.suggested for one in changes(disable_inbox_rules, seen)}
    assert suggested == {
        "disable_inbox_rules:bad": True,
        "disable_inbox_rules:good": False,
        "disable_inbox_rules:adele.vance\\77": True,
        "disable_inbox_rules:adele.vance\\78": False,
    }


def test_rules_that_are_off_and_rules_of_exchange_itself_are_left_alone() -> None:
    seen = planning(
        found=[],
        inbox_rules=[rule(is_enabled=False)],
        hidden_inbox_rules=[
            twin(enabled=False),
            twin("Junk E-mail Rule", 2),
            twin("Delegate Rule -12345", 3),
        ],
    )
    assert nothing(disable_inbox_rules, seen) == Nothing("disable_inbox_rules", "No inbox rule is enabled.")


def test_a_rule_that_takes_the_name_of_a_system_rule_is_planned_when_it_was_found() -> None:
    seen = planning(
        found=[finding("inbox_rules", "2")],
        inbox_rules=[],
        hidden_inbox_rules=[twin("Junk E-mail Rule", 2)],
    )
    assert only_change(disable_inbox_rules, seen).suggested


def test_each_list_that_was_not_seen_is_named_and_the_other_is_used() -> None:
    change, gap = disable_inbox_rules.plan(
        planning(found=[], inbox_rules=[rule()], hidden_inbox_rules=UNSEEN)
    )
    assert isinstance(change, Change)
    assert isinstance(gap, Nothing)
    assert gap.refused
    change, gap = disable_inbox_rules.plan(
        planning(found=[], inbox_rules=UNSEEN, hidden_inbox_rules=[twin()])
    )
    assert isinstance(change, Change)
    assert isinstance(change.do, Cmdlet)
    assert isinstance(gap, Nothing)
    assert gap.refused


def test_with_neither_list_nothing_is_called_clean() -> None:
    both = list(disable_inbox_rules.plan(planning(found=[], inbox_rules=UNSEEN, hidden_inbox_rules=UNSEEN)))
    assert [isinstance(one, Nothing) and one.refused for one in both] == [True, True]


def test_a_protected_account_is_left_alone() -> None:
    seen = planning(found=[], guard=guarded(), inbox_rules=[rule()], hidden_inbox_rules=[])
    assert nothing(disable_inbox_rules, seen).refused


def test_of_two_rules_of_one_name_each_is_switched_off_by_itself() -> None:
    graphs = rule(actions={"moveToFolder": "invoices"})
    forwards = twin("Invoices", 1, forward_to=('"Drop" [SMTP:drop@evil.example]',))
    moves = twin("Invoices", 2, move_to_folder="Invoices")
    seen = planning(found=[], inbox_rules=[graphs], hidden_inbox_rules=[forwards, moves])
    assert [change.id for change in changes(disable_inbox_rules, seen)] == [
        "disable_inbox_rules:AQAAAJ5dZqA=",
        "disable_inbox_rules:adele.vance\\1",
    ]
