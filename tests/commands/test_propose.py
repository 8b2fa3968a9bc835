"""A plan is made of what was chosen, in the order in which it is carried out, and for enough people."""

import hashlib
import ipaddress
import json
from dataclasses import replace

import pytest
import rfc8785

from commands import check
from commands.containment.propose import (
    DONE,
    Policy,
    assemble,
    contain_now,
    needs_of,
    needs_of_plan,
    offer,
    wants_factor,
    without,
    without_done,
)
from commands.errors import PlanRefused
from commands.plans.plan import (
    NEW_PASSWORD,
    AlreadyDone,
    Change,
    ManualTask,
    Nothing,
    offer_from,
    offer_text,
    plan_facts,
    plan_from,
)
from commands.plans.planning_input import Guard
from commands.usual.places import Countries
from graph.audit_log.record import Item
from graph.request import Request
from tests.commands.evidence import INTRUDER, NOON, evidence, record, traced
from tests.commands.plans import ADELE, CASE, change, plan
from tests.commands.symptoms.judging import broken_in

BLOCK = change()
RULE = change("rule", step="disable_inbox_rules")
RESET = replace(change("password", step="reset_password"), undo=None, no_undo="A password is gone.")
WIDE = replace(change("wide", step="disable_transport_rules"), tenant_wide=True)
UNBLOCK = replace(change("unblock", step="unblock_sending"), after=(BLOCK.id, RULE.id))
TASK = ManualTask("harden:1", "harden", "Talk to them", ("By phone",))
OFFER = (BLOCK, RESET, RULE, Nothing("clean_junk_lists", "They are clean."), TASK, UNBLOCK)


def made(*chosen: int, confirmed: frozenset[str] = frozenset()):
    return assemble(
        case_id=CASE,
        tenant="Contoso",
        subject=ADELE,
        offer=OFFER,
        chosen=chosen,
        confirmed=confirmed,
        nonce="n",
    )


PEOPLE = {
    "a block of the sign-in": (BLOCK, 2),
    "what cannot be undone": (RESET, 2),
    "what reaches the whole tenant": (WIDE, 2),
    "a rule that can be turned on again": (RULE, 1),
    "a role": (change("r", step="remove_admin_roles"), 2),
}


@pytest.mark.parametrize("what", PEOPLE)
def test_how_many_people_a_change_needs(what):
    one, people = PEOPLE[what]
    assert needs_of(one, Policy()) == people


def test_the_settings_change_the_number_and_never_to_nobody():
    assert needs_of(RULE, Policy(people={"disable_inbox_rules": 3})) == 3
    assert needs_of(BLOCK, Policy(people={"block_sign_in": 0})) == 1


def test_no_setting_lets_one_person_make_a_password_that_they_could_read():
    body = {"passwordProfile": {"password": NEW_PASSWORD}}
    reset = replace(RESET, do=Request("PATCH", f"/users/{ADELE.id}", body=body))
    assert needs_of(reset, Policy(people={"reset_password": 1})) == 2
    assert needs_of(reset, Policy(people={"reset_password": 3})) == 3


def test_a_plan_needs_as_many_as_its_most_demanding_change():
    assert needs_of_plan(plan(RULE), Policy()) == 1
    assert needs_of_plan(plan(RULE, BLOCK), Policy()) == 2


def test_a_second_factor_is_asked_for_by_step_or_kind():
    assert not wants_factor(plan(RESET), Policy())
    assert wants_factor(plan(RULE, RESET), Policy(factor_steps=frozenset({"irreversible"})))
    assert not wants_factor(plan(RULE), Policy(factor_steps=frozenset({"irreversible"})))
    assert wants_factor(plan(WIDE), Policy(factor_steps=frozenset({"tenant_wide"})))
    assert wants_factor(plan(RULE), Policy(factor_steps=frozenset({"disable_inbox_rules"})))


def test_the_steps_tell_the_attackers_mail_by_the_same_places_and_networks_as_the_check():
    """What the settings name as the organization's own network is suspicious to neither of them."""
    mail = record("Send", address=INTRUDER, items=[Item("Pay now", "<one@contoso.example>", "", "")])
    trace = [traced("Pay now", to="a@fabrikam.example", message_id="<one@contoso.example>")]
    seen = evidence(sign_ins=broken_in(), audit_log=[mail], message_trace=trace)
    ours = Countries(None, [ipaddress.ip_network(INTRUDER)])
    for atlas, from_attacker in ((None, "1"), (ours, "0")):
        planned = offer(seen, check.judge(seen, NOON, atlas), Guard(), atlas)
        (task,) = (one for one in planned if isinstance(one, ManualTask) and one.step == "warn_recipients")
        assert task.files["recipients.csv"].splitlines()[1].split(",")[3].strip('"') == from_attacker


def test_the_chosen_parts_keep_the_order_of_the_offer():
    whole = made(2, 4, 0, 0)
    assert [one.id for one in whole.changes] == [BLOCK.id, RULE.id]
    assert whole.tasks == (TASK,)
    assert (whole.subject_id, whole.subject) == (ADELE.id, ADELE.mail)


def test_a_change_without_those_before_it_is_refused_by_name():
    with pytest.raises(PlanRefused, match="depends on number 3; choose it as well"):
        made(0, 5)
    with pytest.raises(PlanRefused, match="depends on numbers 1, 3; choose these as well"):
        made(5)
    assert made(0, 2, 5).changes[-1].after == (BLOCK.id, RULE.id)


def test_what_has_taken_effect_already_need_not_be_chosen_again():
    whole = made(0, 5, confirmed=frozenset({RULE.id}))
    assert whole.changes[-1].after == (BLOCK.id,)


@pytest.mark.parametrize("chosen", [(), (3,), (17,), (-1, 0)])
def test_nothing_and_unknown_parts_are_refused(chosen):
    with pytest.raises(PlanRefused):
        made(*chosen)


def test_the_digest_covers_every_part_of_a_plan():
    whole = plan(BLOCK, tasks=(TASK,))
    others = [
        replace(whole, nonce="other"),
        replace(whole, case_id="C-OTHER"),
        replace(whole, changes=(RULE,)),
        replace(whole, changes=(replace(BLOCK, says="Something else"),)),
        replace(whole, changes=(replace(BLOCK, expects={"accountEnabled": None}),)),
        replace(whole, tasks=()),
    ]
    assert len({whole.digest, *(other.digest for other in others)}) == 7


def test_a_plan_survives_being_written_down():
    whole = plan(BLOCK, RESET, tasks=(TASK,))
    read = plan_from(json.dumps(plan_facts(whole)))
    assert (read, read.digest) == (whole, whole.digest)


def test_a_plan_that_an_older_version_wrote_is_still_the_one_that_was_approved():
    """That version did not know a field that this one fills with what it meant before."""
    whole = plan(BLOCK, RESET, tasks=(TASK,))
    facts = plan_facts(whole)
    for written in facts["changes"]:
        del written["demands"]
    approved = hashlib.sha256(rfc8785.dumps(facts)).hexdigest()
    read = plan_from(json.dumps(facts))
    assert (read, read.digest) == (whole, approved)
    assert approved != whole.digest
    altered = replace(read, changes=read.changes[:1])
    assert altered.digest == replace(whole, changes=whole.changes[:1]).digest, "another plan has its own"


def test_a_word_more_in_what_was_written_is_another_plan():
    whole = plan(BLOCK)
    read = plan_from(json.dumps({**plan_facts(whole), "more": "of something"}))
    assert read.digest != whole.digest


def test_half_a_character_from_the_tenant_breaks_no_plan():
    sent = Request("PATCH", "/users/1", body={"a": "\udc00"})
    broken = replace(RULE, says="Disable the rule \ud83d of Adele", do=sent)
    (read,) = offer_from(offer_text([broken]))
    assert isinstance(read, Change)
    assert read.says == "Disable the rule ? of Adele"
    assert len(plan(read).digest) == 64


def test_what_is_taken_out_of_a_plan_is_gone_and_the_rest_is_as_it_was():
    first, second, third = change("a"), change("b"), change("c")
    whole = plan(first, second, third)
    less = without(whole, (1,), "n2")
    assert less.changes == (first, third)
    assert (less.tasks, less.case_id, less.subject_id) == (whole.tasks, whole.case_id, whole.subject_id)
    assert less.digest != whole.digest


@pytest.mark.parametrize(
    ("places", "says"),
    [
        ((0,), "depends on number 1; strike it as well, or keep both"),
        ((0, 1, 2), "Nothing would be left"),
        ((3,), "There is no number 4; the proposal has 1 to 3"),
    ],
)
def test_a_change_that_others_need_cannot_be_taken_out_alone(places, says):
    first = change("a")
    whole = plan(first, change("b", after=(first.id,)), change("c"))
    with pytest.raises(PlanRefused, match=says):
        without(whole, places, "n2")
    assert [one.id for one in without(whole, (0, 1), "n2").changes] == ["block_sign_in:c"]


def test_what_took_effect_since_the_check_leaves_its_place_to_a_word():
    left = without_done(OFFER, {BLOCK.id})
    assert left[0] == AlreadyDone(BLOCK.step, f"{DONE}: {BLOCK.says}.")
    assert left[1:] == OFFER[1:]
    assert contain_now(OFFER) == (0, 1)
    assert contain_now(left) == (1,)
    assert without_done(OFFER, ()) == OFFER
