"""Entries that findings name are taken off the junk mail lists one by one; others are left to the user."""

from __future__ import annotations

from commands.steps import clean_junk_lists
from graph.request import Cmdlet
from graph.resources.mailbox import JunkLists
from tests.commands.evidence import ADELE, DROP, record
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
HASH = "#Exchange.GenericHashTable"
WARNING = finding(
    "junk_lists",
    "it@contoso.example",
    summary="The mailbox treats as junk: it@contoso.example",
    after="it@contoso.example",
)


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
        "Set-MailboxJunkEmailConfiguration",
        id="wrote",
        parameters={
            "BlockedSendersAndDomains": "offers@northwind.example",
            "TrustedSendersAndDomains": "northwind.example;fabrikam.example",
        },
    )
    found = [
        finding("junk_lists", "wrote", summary="The junk email lists were changed"),
        finding("mail_forwarding", after=DROP),
    ]
    lists = JunkLists(
        blocked_senders_and_domains=("offers@northwind.example",),
        trusted_senders_and_domains=("northwind.example", "fabrikam.example", "wingtip.example"),
    )
    seen = planning(found=found, junk_lists=lists, audit_log=[wrote])
    assert {one.id: one.suggested for one in changes(clean_junk_lists, seen)} == {
        "clean_junk_lists:blocked:offers@northwind.example": False,
        "clean_junk_lists:trusted:northwind.example": False,
        "clean_junk_lists:trusted:fabrikam.example": True,
    }


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
