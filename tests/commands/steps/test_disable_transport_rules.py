"""Only mail-flow rules that a finding names are planned, for they work on everybody's mail."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from commands.plans.planning_input import PlanningInput
from commands.report import Severity
from commands.steps import disable_transport_rules
from graph.queries import transport_rules
from graph.request import Cmdlet
from graph.resources.rules import TransportRule
from tests.commands.evidence import record
from tests.commands.steps.planning_inputs import UNSEEN, changes, finding, nothing, only_change, planning
from tests.graph.play import a_question, play


def rule(**fields: Any) -> TransportRule:
    return TransportRule(**{"name": "Copy finance", "guid": "guid-1", "state": "Enabled", **fields})


MADE = finding("transport_rules", "record-1", summary="The mail-flow rule “Copy finance” was made by Adele")
RECORD = record("New-TransportRule", id="record-1", parameters={"Name": "Copy finance"})


def made(*rules: TransportRule) -> PlanningInput:
    """What is planned from where a record tells who made the rule."""
    return planning(found=[MADE], audit_log=[RECORD], transport_rules=rules)


def test_a_rule_is_switched_off_and_on_again_by_its_id_and_concerns_the_whole_tenant() -> None:
    change = only_change(disable_transport_rules, made(rule()))
    parameters = {"Identity": "guid-1", "Confirm": False}
    assert change.id == "disable_transport_rules:guid-1"
    assert change.tenant_wide
    assert change.suggested
    assert change.do == Cmdlet("Disable-TransportRule", parameters)
    assert change.look.ask == Cmdlet("Get-TransportRule", {"Identity": "guid-1"})
    assert (change.expects, change.wants) == ({"State": "Enabled"}, {"State": "Disabled"})
    assert change.undo is not None
    assert change.undo.do == Cmdlet("Enable-TransportRule", parameters)
    assert change.undo.wants == {"State": "Enabled"}


def test_a_lesser_finding_offers_the_rule_without_suggesting_it() -> None:
    for severity in (Severity.INFO, Severity.LOW):
        found = [finding("transport_rules", "guid-1", severity=severity)]
        change = only_change(disable_transport_rules, planning(found=found, transport_rules=[rule()]))
        assert not change.suggested


def test_rules_without_a_finding_are_nobody_s_business_here() -> None:
    others = [rule(name="Disclaimer", guid="guid-2"), rule(name="Copy", guid="guid-3")]
    planned = changes(disable_transport_rules, made(*others, rule()))
    assert [one.id for one in planned] == ["disable_transport_rules:guid-1"]
    assert not nothing(disable_transport_rules, planning(found=[], transport_rules=others)).refused


@pytest.mark.parametrize("name", ["a “Copy finance” b", "Copy finance.", "Copy  finance"])
def test_a_rule_is_not_named_by_one_that_quotes_its_name(name: str) -> None:
    """Whoever names a rule after a good one must not have us switch off the good one for everybody."""
    evil = record("New-TransportRule", id="record-2", parameters={"Name": name})
    found = [
        finding(
            "transport_rules",
            "guid-evil",
            summary=f"The mail flow rule “{name}” sends mail to x@evil.example",
        ),
        finding("transport_rules", "record-2", summary=f"The mail flow rule “{name}” was created"),
    ]
    rules = [rule(name=name, guid="guid-evil"), rule()]
    planned = changes(disable_transport_rules, planning(found=found, audit_log=[evil], transport_rules=rules))
    assert [one.id for one in planned] == ["disable_transport_rules:guid-evil"]


def test_rules_that_are_off_or_that_somebody_took_away_need_nothing() -> None:
    off = made(rule(state="Disabled"))
    assert not nothing(disable_transport_rules, off).refused
    removed = finding(
        "transport_rules",
        "record-1",
        sign="transport_rule_removed",
        summary="The rule “Copy finance” was removed",
    )
    back = planning(found=[removed], audit_log=[RECORD], transport_rules=[rule()])
    assert not nothing(disable_transport_rules, back).refused


def test_unseen_rules_are_not_called_none() -> None:
    assert nothing(disable_transport_rules, planning(found=[MADE], transport_rules=UNSEEN)).refused


def test_the_warning_tells_to_which_mail_the_rule_applies() -> None:
    def warned(**fields: Any) -> str:
        (warning,) = only_change(disable_transport_rules, made(rule(**fields))).warns
        return warning

    sent = {"sent_to": ("adele@contoso.example", "alex@contoso.example")}
    to = "It applies to mail sent to adele@contoso.example and alex@contoso.example"
    predicate = "Microsoft.Exchange.MessagingPolicies.Rules.Tasks.SentToPredicate"
    assert warned(**sent, from_scope="NotInOrganization") == f"{to}, from outside the organization"
    both = [predicate, "HasSenderOverridePredicate"]
    assert warned(**sent, conditions=both) == f"{to}, that meets conditions not shown here"
    assert warned(conditions=[predicate]) == "It applies to mail that meets conditions not shown here"
    assert warned() == NO_CONDITIONS
    unseen = {"not_collected": ("Conditions",)}
    assert warned(**unseen) == NOT_COLLECTED
    further = "and perhaps only where further conditions are met, which were not collected"
    assert warned(**sent, **unseen) == f"{to}, {further}"


NO_CONDITIONS = "It has no conditions; unless it names exceptions, it applies to all mail in the organization"
NOT_COLLECTED = "Its conditions were not collected; it may apply to all mail in the organization"


def test_no_conditions_and_conditions_that_nobody_saw_stay_two_things_in_another_process() -> None:
    items: list[dict[str, Any]] = [
        {"Name": "All", "Guid": "guid-1", "Conditions": None},
        {"Name": "Unseen", "Guid": "guid-2"},
    ]
    read = play(transport_rules.ask(a_question()), lambda _: items).value.value
    both = [finding("transport_rules", one.guid) for one in read]
    adapter = TypeAdapter(tuple[TransportRule, ...])
    crossed = adapter.validate_json(adapter.dump_json(read, by_alias=True))
    for rules in (read, crossed):
        planned = changes(disable_transport_rules, planning(found=both, transport_rules=rules))
        assert [one.warns for one in planned] == [(NO_CONDITIONS,), (NOT_COLLECTED,)]
