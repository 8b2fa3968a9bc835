"""The details below the card put first what matters first."""

from __future__ import annotations

import json
from dataclasses import replace

from bot.artefacts.report_text import report_text
from bot.messages import parts
from bot.messages.details import details
from commands.report import Clause, Finding, Report, Result, Severity, Sign, Tie, spoken
from tests.bot.messages import samples

GRAVE = Sign("grave", Severity.CRITICAL, "It is grave.")


def report_with(*findings: Finding) -> Report:
    """The rich report, its first symptom having these findings."""
    report = samples.rich()
    first = replace(report.symptoms[0], findings=findings)
    return replace(report, symptoms=(first, *report.symptoms[1:]))


def shown(report: Report) -> str:
    """All the details' blocks as one text."""
    return json.dumps([message.blocks for message in details(report)], ensure_ascii=False)


def test_the_gravest_finding_of_a_symptom_is_shown_even_when_it_came_last():
    many = [samples.finding("missing_mail", f"Thing {number} happened") for number in range(12)]
    report = report_with(*many, replace(samples.finding("missing_mail", "The worst happened"), sign=GRAVE))
    assert "The worst happened" in shown(report)
    text = report_text(report)
    assert text.index("The worst happened") < text.index("Thing 0 happened")


def test_findings_of_the_same_weight_keep_their_order():
    findings = [samples.finding("missing_mail", f"Thing {number}") for number in range(3)]
    assert parts.gravest_first(findings) == tuple(findings)


def test_an_old_value_that_is_not_known_is_left_out():
    new = replace(samples.finding("missing_mail"), before="", after="drop@mailbox-relay.example")
    assert "now: “drop@mailbox-relay[.]example”" in shown(report_with(new))
    assert 'now:    "drop@mailbox-relay.example"' in report_text(report_with(new))
    assert 'before: ""' not in report_text(report_with(new))
    gone = replace(samples.finding("missing_mail"), before="Adele", after="")
    assert "before: “Adele”" in shown(report_with(gone))
    both = replace(samples.finding("missing_mail"), before="Adele", after="Eve")
    assert "“Adele” → “Eve”" in shown(report_with(both))
    assert 'after:  "Eve"' in report_text(report_with(both))


def test_names_of_services_are_spelled_as_their_makers_spell_them():
    assert spoken("exchange_role_groups") == "Exchange role groups"
    assert spoken("purview_role_groups") == "Purview role groups"
    assert spoken("sign_ins_non_interactive") == "sign-ins non-interactive"
    assert spoken("oauth_grants") == "OAuth grants"


def test_each_lead_is_one_click_away_when_it_is_an_address():
    leads = (
        Clause("lee@contoso.example", why=Tie.SAME_ADDRESS),
        Clause("somebody without an address"),
    )
    report = replace(samples.rich(), story=replace(samples.story(), leads=leads))
    blocks = [block for message in details(report) for block in message.blocks if "accessory" in block]
    assert [block["accessory"]["value"] for block in blocks] == ["lee@contoso.example"]
    assert blocks[0]["accessory"]["action_id"] == "check_lead"
    assert "used from the attacker's IP address" in json.dumps(blocks[0])


def flooded() -> Report:
    """A rule in the thousand that an attacker made, and elsewhere one deed of theirs that is less grave."""
    report = samples.rich()
    rules = [replace(samples.finding("inbox_rules", f"Rule {number}"), sign=GRAVE) for number in range(1_000)]
    other = samples.finding("missing_mail", "An application reads the mail")
    symptoms = {"inbox_rules": tuple(rules), "missing_mail": (other,)}
    return replace(
        report,
        symptoms=tuple(
            replace(one, findings=symptoms.get(one.id, ()), result=Result.PRESENT)
            if one.id in symptoms
            else one
            for one in report.symptoms
        ),
    )


def test_a_thousand_graver_findings_of_one_kind_push_no_other_out_of_sight():
    report = flooded()
    assert "An application reads the mail" in shown(report)
