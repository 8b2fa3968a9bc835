"""How a sweep puts its pieces together, what it holds meanwhile, and how it goes on after a restart."""

from __future__ import annotations

import gc
from datetime import UTC, datetime, timedelta

import pytest

from commands.hunts import hunt as hunting
from commands.hunts.sweep import Stage, sweep
from commands.hunts.sweep_results import Coverages, Doubt, Sign, Suspects, dump, judged, load, seconds_left
from commands.report import Coverage, SourceState
from graph.audit_log.record import AuditRecord
from graph.effects import Fetch
from graph.errors import OutOfTime
from graph.evidence import Known
from graph.hunting import Fewer
from graph.limits import Deadline, Limits
from graph.most import Most, Tally
from graph.parcels import parcels
from graph.question import Window
from graph.request import Limit, Request
from graph.resources.directory import Domain
from graph.resources.mailbox import Mailbox
from graph.responses import Page
from graph.sweeping import slices
from sandbox import tenant
from tests.commands.test_hunt import AT, WINDOW, record
from tests.graph.local import connect_to
from tests.graph.test_collect import Memory
from tests.made import made

ADELE = "adele.vance@contoso.example"


def in_doubt(name: str, *signs: tuple[str, int], records: tuple[str, ...] = ()) -> Doubt:
    return Doubt(name, name, tuple(Sign(one, points, one) for one, points in signs), AT, AT, records)


def test_a_sign_that_was_found_in_two_slices_counts_once_and_with_its_gravest_finding() -> None:
    suspects = Suspects()
    suspects.add([in_doubt("a@c.example", ("rule", 3), records=("1", "2"))])
    suspects.add([in_doubt("a@c.example", ("rule", 5), ("consent", 2), records=("2", "3"))])
    suspects.add([in_doubt("b@c.example", ("rule", 6))])
    told = [(one.account, one.points, one.why, one.records) for one in suspects.ranked()]
    assert told == [
        ("a@c.example", 7, ("rule", "consent"), ("1", "2", "3")),
        ("b@c.example", 6, ("rule",), ()),
    ]
    assert [one.user_principal_name for one in suspects.subjects()] == ["a@c.example", "b@c.example"]


def test_what_a_piece_found_is_the_same_after_it_was_kept() -> None:
    doubts = (in_doubt("a@c.example", ("rule", 3), records=("1",)),)
    found = (SourceState("audit_log", Coverage.PARTIAL, "A gap.", 9, None, "X"),)
    assert load(dump(doubts, found)) == (doubts, found)


def test_the_gaps_of_all_pieces_are_told_and_of_how_many_mailboxes_each_is() -> None:
    lost = SourceState("delegates", Coverage.UNAVAILABLE, "Not allowed.", 0, None, "A role")
    seen = SourceState("delegates", Coverage.COMPLETE, "", 1)
    some, none = Coverages(), Coverages()
    some.add([lost, seen, seen])
    none.add([lost, lost])
    [part], [all_] = some.states("mailboxes"), none.states("mailboxes")
    assert (part.state, part.reason, part.needs) == (
        Coverage.PARTIAL, "Not allowed (1 of 3 mailboxes)", "A role",
    )  # fmt: skip
    assert (all_.state, all_.reason) == (Coverage.UNAVAILABLE, "Not allowed.")


def test_a_long_span_is_cut_into_days_the_newest_first_and_none_is_left_out() -> None:
    cut = slices(Window(AT - timedelta(hours=60), AT))
    assert [one.end - one.start for one in cut] == [*[timedelta(hours=24)] * 2, timedelta(hours=12)]
    assert cut[0].end == AT
    assert [one.end for one in cut[1:]] == [one.start for one in cut[:-1]]


@pytest.mark.parametrize(("done", "took", "left"), [(0, 9.0, None), (25, 10.0, 30.0), (100, 40.0, 0.0)])
def test_the_time_left_follows_the_speed_measured(done: int, took: float, left: float | None) -> None:
    assert seconds_left(done, 100, took) == left


def test_nothing_is_held_of_whom_nothing_was_found_however_many_they_are() -> None:
    suspects = Suspects()
    for piece in range(5):
        quiet = [record(f"p{piece}-{number}@c.example", "Set-Mailbox") for number in range(200)]
        rule = [{"Name": "ForwardTo", "Value": "x@evil.example"}, {"Name": "DeleteMessage", "Value": "True"}]
        loud = record("loud@c.example", "New-InboxRule", Parameters=rule, ClientIP="203.0.113.9")
        suspects.add(judged({"audit_log": Known((*quiet, loud))}, WINDOW))
        del quiet, loud
    gc.collect()
    assert [one.account for one in suspects.ranked()] == ["loud@c.example"]
    # Of the last piece judging itself may keep the evidence of one account.
    held = [one for one in gc.get_objects() if type(one) is AuditRecord and "@c.example" in one.actor]
    assert len(held) < 10


def test_a_sweep_finds_the_account_looks_at_its_mailbox_and_repeats_nothing_after_a_restart() -> None:
    with tenant.start(made("mailbox-takeover"), limits=False, audit_query_seconds=0.05) as running:
        connection, memory = connect_to(running), Memory()
        with connection:
            now = datetime.now(UTC)
            window = Window(now - timedelta(days=3), now)
            told = list(sweep(window, connection, memory, patience=600))
            stages = [one.stage for one in told]
            assert stages == sorted(stages, key=[*Stage].index)
            assert set(stages) == set(Stage)
            end = told[-1]
            assert end.found.touched[0].account == ADELE
            closely = end.found.closely
            assert closely is not None
            assert closely.left == 0
            assert closely.doubted == closely.looked == closely.hidden > 0
            assert hunting.load(hunting.dump(end.found)) == end.found
            assert told[-1].found.touched[0].points > told[4].found.touched[0].points
            names = {one.id for one in end.found.sources}
            assert {
                "audit_log",
                "sign_ins",
                "mailbox",
                "inbox_rules",
                "delegates",
                "hidden_inbox_rules",
            } <= names
            asked = len(running.calls)
            again = list(sweep(window, connection, memory, patience=600))
            assert again[-1].found == end.found
            assert len(running.calls) == asked


def test_a_sweep_of_one_day_finds_who_still_forwards_outside_through_a_contact_made_before() -> None:
    with tenant.start(made("mailbox-takeover"), limits=False, audit_query_seconds=0.05) as running:
        now = running.state.clock()
        with connect_to(running) as connection:
            *_, end = sweep(Window(now - timedelta(days=1), now), connection, Memory(), patience=600)
    [adele] = [one for one in end.found.touched if one.account == ADELE]
    assert any("archive@mailbox-relay.example" in why for why in adele.why)


def test_forwarding_to_another_domain_of_the_tenant_is_not_outside() -> None:
    box = Mailbox(primary_smtp_address=ADELE, forwarding_smtp_address="smtp:sales@fabrikam.example")
    domains = Known(
        (Domain(id="contoso.example", is_verified=True), Domain(id="fabrikam.example", is_verified=True))
    )
    [outside] = judged({"mailbox": Known((box,))}, WINDOW)
    inside = judged({"mailbox": Known((box,)), "domains": domains}, WINDOW)
    assert outside.points > sum(one.points for one in inside)


def test_what_a_day_brought_is_judged_knowing_all_domains_of_the_tenant() -> None:
    with tenant.start(made("mailbox-takeover"), limits=False, audit_query_seconds=0.05) as running:
        now, records = running.state.clock(), running.state.audit_records
        [own] = [one["id"] for one in running.state.domains if one["isInitial"]]
        given = {"Name": "Deputy", "ForwardTo": f"deputy@{own}", "MarkAsRead": "True"}
        example = next(one for one in records if one["Operation"] == "New-InboxRule")
        for number, to in enumerate((f"deputy@{own}", "deputy@elsewhere.example")):
            given["ForwardTo"] = to
            told = {
                "Id": to,
                "UserId": f"megan{number}@contoso.example",
                "CreationTime": f"{now - timedelta(hours=5):%Y-%m-%dT%H:%M:%S}",
                "Parameters": [{"Name": name, "Value": value} for name, value in given.items()],
            }
            records.append({**example, **told})
        records.sort(key=lambda one: str(one["CreationTime"]))
        with connect_to(running) as connection:
            *_, end = sweep(Window(now - timedelta(days=1), now), connection, Memory(), patience=20)
    told = {one.account: one.why for one in end.found.touched if one.account.startswith("megan")}
    assert any("deputy@elsewhere.example" in why for why in told["megan1@contoso.example"])
    assert not [why for why in told.get("megan0@contoso.example", ()) if "deputy@" in why]


def test_a_mail_flow_rule_that_copies_mail_to_a_contact_is_found_with_the_address_behind_it() -> None:
    with tenant.start(made("mailbox-takeover"), limits=False, audit_query_seconds=0.05) as running:
        now, records = running.state.clock(), running.state.audit_records
        [made_contact] = [one for one in records if one["Operation"] == "New-MailContact"]
        for hours, operation, given in (
            (6, "New-MailContact", {"Name": "Books", "ExternalEmailAddress": "books@evil.example"}),
            (5, "New-TransportRule", {"Name": "Copies", "BlindCopyTo": "Books"}),
        ):
            told = {
                "Id": operation,
                "CreationTime": f"{now - timedelta(hours=hours):%Y-%m-%dT%H:%M:%S}",
                "Operation": operation,
                "ObjectId": given["Name"],
                "Parameters": [{"Name": name, "Value": value} for name, value in given.items()],
            }
            records.append({**made_contact, **told})
        records.sort(key=lambda one: str(one["CreationTime"]))
        with connect_to(running) as connection:
            *_, end = sweep(Window(now - timedelta(days=1), now), connection, Memory(), patience=600)
    [adele] = [one for one in end.found.touched if one.account == ADELE]
    assert any("books@evil.example" in why for why in adele.why)


def test_the_outcome_is_the_same_in_whichever_order_pieces_come() -> None:
    pieces = [
        ((0, number), [in_doubt("a@c.example", (f"sign{number % 2}", number), records=(str(number),))])
        for number in range(4)
    ]
    one, other = Suspects(), Suspects()
    for order, doubts in pieces:
        one.add(doubts, order)
    for order, doubts in reversed(pieces):
        other.add(doubts, order)
    assert one.ranked() == other.ranked()
    assert one.ranked()[0].points == 5


def test_of_one_account_and_outcome_only_the_newest_sign_ins_are_held_and_the_rest_is_told() -> None:
    fewer = Fewer(2)
    page = [
        {"userPrincipalName": name, "status": {"errorCode": code}, "id": number}
        for number, (name, code) in enumerate(
            [("A", 50126), ("a", 50126), ("a", 50126), ("b", 50126), ("a", 0)]
        )
    ]
    assert [one["id"] for one in fewer(page)] == [0, 1, 3, 4]
    assert fewer.missing == ("1 sign-ins of accounts with more than 2 alike",)
    # What is no sign-in is for whoever reads it to refuse.
    assert fewer(["?"]) == ["?"]


def test_what_is_thinned_out_counts_neither_as_items_nor_as_bytes() -> None:
    tally = Tally(Most(pages=10, items=3, size=100))
    tally.thin = lambda items: items[:1]
    for _ in range(3):
        assert tally.take(Page([{"id": one} for one in "1234"]), 80) == ([{"id": "1"}], False)
    assert tally.missing == ()


def of_mailboxes(*names: str) -> Fetch:
    path = "/users/{}/mailFolders/inbox/messageRules"
    return Fetch(tuple(Request("GET", path.format(one), limit=Limit.MAILBOX) for one in names), gather=True)


def test_one_request_each_to_many_mailboxes_travels_in_batches_of_twenty() -> None:
    many = parcels(of_mailboxes(*map(str, range(45))).what)
    assert [len(places) for places in many] == [20, 20, 5]
    # Of one mailbox only so many at a time are allowed, so its requests do not travel with those of others.
    mixed = parcels(of_mailboxes("a", "a", *map(str, range(20))).what)
    assert [len(places) for places in mixed] == [1] * 22


def test_a_batch_holds_one_place_of_each_mailbox_and_lets_all_go() -> None:
    limits, deadline = Limits(), Deadline(600)
    requests = [one for one in of_mailboxes("b", "a").what if isinstance(one, Request)]
    with limits.slots(requests, deadline), limits.slots(requests[::-1], deadline):
        pass
    with (
        limits.slots(requests[:1], deadline),
        pytest.raises(OutOfTime),
        limits.slots(requests, Deadline(0.05)),
    ):
        pass
    with limits.slots(requests[:1], deadline):
        pass
