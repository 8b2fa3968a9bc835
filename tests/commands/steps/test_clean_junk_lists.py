"""Entries that findings name are taken off the junk mail lists one by one; others are left to the user."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from commands.check import judge
from commands.containment.propose import bare
from commands.plans.planning_input import PlanningInput
from commands.report import Hides, ListEntry, Result, SymptomResult
from commands.steps import clean_junk_lists
from graph.audit_log.record import AuditRecord, Item
from graph.evidence import Known
from graph.request import Cmdlet
from graph.resources.mailbox import JunkLists
from tests.commands.evidence import ADELE, DROP, INTRUDER, NOON, evidence, record, traced
from tests.commands.steps.planning_inputs import (
    UNSEEN,
    changes,
    finding,
    guarded,
    nothing,
    only_change,
    planning,
    tasks,
)
from tests.commands.symptoms.judging import broken_in

UPN = ADELE.user_principal_name
HASH = "#Exchange.GenericHashTable"
NAME = "Set-MailboxJunkEmailConfiguration"
WARNING = finding(
    "junk_lists",
    "it@contoso.example",
    summary="The mailbox treats as junk: it@contoso.example",
    after="it@contoso.example",
    entries=(ListEntry(blocked=True, text="it@contoso.example", why=Hides.WARNINGS),),
)


def judged(*records: AuditRecord, lists: JunkLists, **sources: Any) -> PlanningInput:
    """What the whole evidence leads to, planned from what of it reaches the keeper."""
    seen = evidence(sign_ins=broken_in(), audit_log=records, junk_lists=lists, **sources)
    crossed = replace(seen, audit_log=Known(tuple(map(bare, seen.audit_log.seen(())))))
    return planning(seen=crossed, report=judge(seen, NOON))


def test_a_hiding_entry_is_removed_from_the_list_and_can_be_added_again() -> None:
    lists = JunkLists(blocked_senders_and_domains=("It@contoso.example", "shop@northwind.example"))
    change = only_change(clean_junk_lists, planning(found=[WARNING], junk_lists=lists))
    entry, name = "It@contoso.example", "Set-MailboxJunkEmailConfiguration"

    def put(verb: str) -> Cmdlet:
        table = {"@odata.type": HASH, verb: entry}
        return Cmdlet(name, {"Identity": UPN, "BlockedSendersAndDomains": table}, anchor=UPN)

    assert change.id == "clean_junk_lists:blocked:it@contoso.example"
    assert change.do == put("remove")
    assert change.look.ask == Cmdlet("Get-MailboxJunkEmailConfiguration", {"Identity": UPN}, anchor=UPN)
    assert change.look.where == {"BlockedSendersAndDomains": entry}
    assert (change.expects, change.wants) == ({}, None)
    assert change.undo is not None
    assert (change.undo.do, change.undo.wants) == (put("add"), {})
    assert change.suggested


def test_of_lists_that_an_intruder_wrote_only_what_leads_somewhere_bad_is_suggested() -> None:
    wrote = record(
        NAME,
        address=INTRUDER,
        parameters={
            "BlockedSendersAndDomains": "offers@northwind.example",
            "TrustedSendersAndDomains": "northwind.example;fabrikam.example",
        },
    )
    lists = JunkLists(
        blocked_senders_and_domains=("offers@northwind.example",),
        trusted_senders_and_domains=("northwind.example", "fabrikam.example", "wingtip.example"),
    )
    seen = judged(wrote, lists=lists)
    forwarding = SymptomResult(
        "mail_forwarding", "", "", Result.PRESENT, "", (finding("mail_forwarding", after=DROP),)
    )
    seen = replace(seen, report=replace(seen.report, symptoms=(*seen.report.symptoms, forwarding)))
    assert {one.id: one.suggested for one in changes(clean_junk_lists, seen)} == {
        "clean_junk_lists:blocked:offers@northwind.example": False,
        "clean_junk_lists:trusted:northwind.example": False,
        "clean_junk_lists:trusted:fabrikam.example": True,
    }


def test_what_a_suspect_session_added_is_suggested_and_what_no_record_tells_of_is_a_manual_task() -> None:
    before = record(NAME, hours=-1, parameters={"BlockedSendersAndDomains": "offers@northwind.example"})
    wrote = record(
        NAME,
        address=INTRUDER,
        parameters={
            "BlockedSendersAndDomains": "offers@northwind.example;wingtip.example",
            "TrustedSendersAndDomains": "fabrikam.example",
        },
    )
    added = record(
        NAME,
        hours=1,
        address=INTRUDER,
        changes={"TrustedSendersAndDomains": ("fabrikam.example", "fabrikam.example;relay.example")},
    )
    lists = JunkLists(
        blocked_senders_and_domains=("offers@northwind.example", "wingtip.example"),
        trusted_senders_and_domains=("fabrikam.example", "relay.example"),
    )
    seen = judged(before, wrote, added, lists=lists)
    assert {one.id: one.suggested for one in changes(clean_junk_lists, seen)} == {
        "clean_junk_lists:blocked:offers@northwind.example": False,
        "clean_junk_lists:blocked:wingtip.example": True,
        "clean_junk_lists:trusted:fabrikam.example": False,
        "clean_junk_lists:trusted:relay.example": True,
    }
    (task,) = tasks(clean_junk_lists, seen)
    assert task.how[0] == "Ask the user whether they added: fabrikam.example (trusted)"


def test_who_got_mail_of_the_attacker_is_not_left_blocked() -> None:
    wrote = record(
        NAME,
        address=INTRUDER,
        parameters={"BlockedSendersAndDomains": "offers@northwind.example;wingtip.example"},
    )
    mail = record("Send", address=INTRUDER, items=[Item("Pay now", "<one@contoso.example>", "", "")])
    sent = traced("Pay now", to="pay@wingtip.example", message_id="<one@contoso.example>")
    lists = JunkLists(blocked_senders_and_domains=("offers@northwind.example", "wingtip.example"))
    seen = judged(wrote, mail, lists=lists, message_trace=[sent])
    by_id = {one.id: one for one in changes(clean_junk_lists, seen)}
    assert {id_: one.suggested for id_, one in by_id.items()} == {
        "clean_junk_lists:blocked:offers@northwind.example": False,
        "clean_junk_lists:blocked:wingtip.example": True,
    }
    assert "changed to block wingtip.example" in by_id["clean_junk_lists:blocked:wingtip.example"].why
    (task,) = tasks(clean_junk_lists, seen)
    assert task.how[0] == "Ask the user whether they added: offers@northwind.example (blocked)"


def test_an_entry_that_is_written_twice_is_planned_once() -> None:
    lists = JunkLists(blocked_senders_and_domains=("IT@contoso.example", "it@contoso.example"))
    assert len(changes(clean_junk_lists, planning(found=[WARNING], junk_lists=lists))) == 1


def test_what_no_finding_names_is_left_alone() -> None:
    lists = JunkLists(
        blocked_senders_and_domains=("shop@northwind.example",),
        trusted_senders_and_domains=("it@contoso.example",),
    )
    assert not nothing(clean_junk_lists, planning(found=[WARNING], junk_lists=lists)).refused


def test_unseen_lists_are_not_called_clean() -> None:
    assert nothing(clean_junk_lists, planning(found=[], junk_lists=UNSEEN)).refused


def test_a_protected_account_is_left_alone() -> None:
    lists = JunkLists(blocked_senders_and_domains=("it@contoso.example",))
    seen = planning(found=[WARNING], guard=guarded(), junk_lists=lists)
    assert nothing(clean_junk_lists, seen).refused
