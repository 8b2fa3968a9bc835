"""The first pages answer what people ask, say nothing that is not known, and name what they rest on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.artefacts.containment import as_it_stands, as_of, known_as, stopped
from bot.artefacts.do_now import Tasks
from bot.artefacts.events import What, course
from bot.artefacts.handled import NOTHING, Checked, Handled, Rechecked
from bot.artefacts.others import others
from bot.artefacts.report_json import report_json
from bot.artefacts.report_text import report_text
from bot.artefacts.summary import summary
from bot.artefacts.timeline_png import matters
from bot.messages import parts
from bot.messages.details import details
from bot.messages.roles_gone import Gone
from commands.containment.proposals import Action, Outcome
from commands.ledger.tasks import TaskState
from commands.plans.approval import ProposalState
from commands.report import (
    Access,
    Clause,
    Counted,
    Coverage,
    Event,
    Exposure,
    Impact,
    Importance,
    Point,
    Report,
    Result,
    Severity,
    Sign,
    SourceState,
    SymptomResult,
    Tie,
    Traffic,
    VerdictCode,
)
from commands.story import reach
from graph.errors import NO_MAILBOX
from graph.evidence import Reason
from tests.bot.artefacts.attacks import handled
from tests.bot.messages import samples
from tests.each import each

NOW = samples.NOW


def action(change: str, minute: int, outcome: Outcome | None = Outcome.CONFIRMED) -> Action:
    at = NOW + timedelta(minutes=minute)
    return Action(change, 1, None, at, outcome, "", at if outcome else None, "")


def dealt(*actions: Action, **more: object) -> Handled:
    (first, *_) = samples.decided(samples.WORDS)
    return Handled("C-7F3K2", (replace(first, actions=actions),), opened_at=NOW, **more)  # type: ignore[arg-type]


BLOCK, REVOKE = action("block_sign_in:account", 1), action("revoke_sessions:all", 2)
RESET = action("reset_password:cloud", 3)
BACK = action("restore:P-1:block_sign_in:account", 4)


def told(report: Report, of: Handled = NOTHING) -> dict[str, str]:
    return {
        one.id: " ".join((one.short, *(said.says for said in one.statements))) for one in summary(report, of)
    }


@pytest.mark.parametrize(
    "report",
    [samples.rich(), samples.clean(), replace(samples.rich(), story=None)],
    ids=["rich", "clean", "bare"],
)
@pytest.mark.parametrize("of", [NOTHING, handled(), dealt(BLOCK, REVOKE, RESET)], ids=["none", "some", "all"])
def test_every_sentence_rests_on_something(report, of):
    for answer in each(summary(report, of)):
        for one in each(answer.statements):
            assert one.says.endswith((".", "?")), one.says
            assert all(each(one.rests_on)), one.says


def test_the_json_report_carries_the_same_sentences():
    report, of = samples.rich(), dealt(BLOCK, REVOKE)
    form = report_json(report, of)["summary"]
    assert [(one["id"], [said["says"] for said in one["statements"]]) for one in form] == [
        (one.id, [said.says for said in one.statements]) for one in summary(report, of)
    ]
    assert all(said["rests_on"] for one in form for said in one["statements"])


@pytest.mark.parametrize(
    ("actions", "minute"),
    [
        ((), None),
        ((BLOCK,), None),  # who is signed in stays in
        ((REVOKE,), None),  # who knows the password comes again
        ((BLOCK, REVOKE), 2),
        ((BLOCK, REVOKE, BACK), None),  # the block is gone, and the password is still theirs
        ((BLOCK, REVOKE, RESET, BACK), 3),
        ((REVOKE, replace(RESET, outcome=Outcome.FAILED)), None),
        ((REVOKE, replace(RESET, outcome=Outcome.UNCONFIRMED)), None),
        ((REVOKE, replace(RESET, outcome=None)), None),
    ],
)
def test_contained_means_that_what_keeps_them_out_was_read_back(actions, minute):
    at = stopped(dealt(*actions)).at
    assert at == (None if minute is None else NOW + timedelta(minutes=minute))


def test_not_contained_is_said_with_what_is_open():
    says = told(samples.rich(), dealt())["contained"]
    assert says.startswith("no: nothing was carried out by the bot ")
    assert "Nothing was carried out by the bot" in says
    assert "Open when checked, 2026-03-02 09:30 UTC: a rule moves mail" in says


def test_contained_is_said_with_when_how_it_was_verified_and_the_last_recheck():
    seen = Rechecked(
        NOW + timedelta(hours=1), "all 2 changes that can be read again still hold.", raised=False
    )
    says = told(samples.rich(), dealt(BLOCK, REVOKE, RESET, BACK, rechecked=seen))["contained"]
    for part in (
        "yes, since 2026-03-02 09:33 UTC",
        "Each was read back from Microsoft 365 and confirmed",
        "Sign-in was unblocked 2026-03-02 09:34 UTC",
        "3 of 3 approved changes confirmed",
        "Last recheck 2026-03-02 10:30 UTC: no rechecked remediation was undone",
    ):
        assert part in says, part


LEAD = "diego.siciliani@contoso.example"


def leading() -> Report:
    """A report whose story leads to another account."""
    report = samples.rich()
    assert report.story is not None
    return replace(report, story=replace(report.story, leads=(Clause(LEAD, why=Tie.GIVEN),)))


def task(number: int, id_: str, says: str = "Do it", **more: object) -> TaskState:
    return TaskState(id_, number, says, (), **more)  # type: ignore[arg-type]


TASKS = (
    task(1, "multi_factor:enforce", "Require MFA for adele.vance@contoso.example"),
    task(2, "remediate_manually:links", "At once: remove the links"),
    task(3, "review_sent_mail:list", "Review messages"),
    task(4, "warn_recipients:mail", "Warn recipients"),
    task(5, "harden:one", "Within 30 days: block"),
    task(6, "harden:two", "After 90 days: exercise"),
    task(7, "scan_for_malware:devices", "Scan", done_by="U1", done_at=NOW + timedelta(minutes=8)),
)


def now_of(*actions: Action, **more: object) -> str:
    return told(samples.rich(), dealt(*(actions or (BLOCK, REVOKE, RESET)), **more))["deadlines"]


def test_what_to_do_comes_first_with_what_stops_the_attacker_before_the_rest():
    report = leading()
    (first, second, *_) = summary(report, dealt(BLOCK, REVOKE, RESET, tasks=TASKS))
    assert (first.question, second.id) == ("Do now", "what")
    begins = [one.says.partition(":")[0] for one in first.statements]
    assert begins[0] == "Keep the attacker out, 2 manual tasks of 6 open"
    wanted = ("Keep the", "Check ", "Warn the", "Then look and restore, 1 manual task of 6", "By 20", "Later")
    places = [next(n for n, one in enumerate(begins) if one.startswith(part)) for part in wanted]
    assert places == sorted(places)
    assert "(1) require MFA for this account; (2) remove the links." in first.statements[0].says
    assert "(manual task 4, drafted in DRAFT-warning.txt)" in told(report, dealt(tasks=TASKS))["deadlines"]
    assert "Later, 2 manual tasks of 6 open: harden" in first.statements[-1].says


def test_every_open_task_is_counted_once():
    tasks = Tasks(TASKS)
    groups = [one for some in tasks.turns.values() for one in some]
    assert sorted(one.number for one in groups) == [one.number for one in tasks.open]
    assert tasks.in_words() == "6 manual tasks open, 2 can wait"


def test_a_proposal_that_waits_is_the_first_thing_to_do():
    (first, *_) = samples.decided(samples.WORDS)
    waiting = replace(first, state=ProposalState.OPEN, votes=(), expires_at=NOW + timedelta(hours=9))
    for of, wanted in (
        (Handled("C-7F3K2", (waiting,), opened_at=NOW), True),
        (Handled("C-7F3K2", (replace(waiting, expires_at=NOW - timedelta(hours=9)),), opened_at=NOW), False),
    ):
        says = next(one for one in summary(samples.rich(), of) if one.id == "deadlines").statements[0].says
        assert says.startswith(f"Approve or deny proposal {waiting.id}") is wanted
        assert ("Contain the account" in told(samples.rich(), of)["deadlines"]) is not wanted


def test_what_is_only_suspicious_is_asked_about_before_anybody_is_shut_out():
    """A rule that the user may have made themselves is no order to block them."""
    report = samples.rich()
    doubted = replace(report, verdict=replace(report.verdict, answer=VerdictCode.SUSPICIOUS))
    for one, short in (
        (report, "contain the account"),
        (doubted, "call the user on a number known from before and contain the account unless they explain"),
    ):
        first = next(answer for answer in summary(one) if answer.id == "deadlines")
        assert first.short.startswith(short)
        assert "block sign-in, revoke sessions, reset the password." in first.statements[0].says


def test_contained_is_said_only_with_what_is_still_open():
    of = dealt(BLOCK, REVOKE, RESET, tasks=TASKS)
    short = next(one.short for one in summary(leading(), of) if one.id == "contained")
    assert short == (
        "yes, since 2026-03-02 09:33 UTC; existing access tokens may work until 10:33 UTC; 6 manual tasks "
        f"open, 2 can wait; {LEAD} not checked"
    )
    late = replace(BACK, ended_at=NOW + timedelta(hours=3))
    assert "access tokens may" not in told(samples.rich(), dealt(BLOCK, REVOKE, RESET, late))["contained"]


def test_an_account_that_was_checked_since_is_no_longer_to_be_checked():
    report = leading()
    who = replace(report.subject, id="x", user_principal_name=LEAD, mail=LEAD, addresses=(LEAD,))
    for at, left in ((NOW + timedelta(days=1), False), (NOW - timedelta(days=400), True)):
        of = dealt(BLOCK, REVOKE, RESET, checked=(Checked(who, at),))
        assert (LEAD in told(report, of)["deadlines"]) is left
        assert (f"{LEAD} not checked" in told(report, of)["contained"]) is left


def test_the_report_is_as_new_as_the_newest_that_it_tells():
    report = samples.rich()
    assert as_of(report, NOTHING) == report.made_at
    assert as_of(report, dealt(BLOCK, tasks=TASKS)) == NOW + timedelta(minutes=8)
    again = Rechecked(
        NOW + timedelta(days=3), "all 2 changes that can be read again still hold.", raised=False
    )
    assert as_of(report, dealt(BLOCK, rechecked=again)) == again.at
    assert f"As of:     {again.at:%Y-%m-%d %H:%M}" in report_text(report, dealt(BLOCK, rechecked=again))


def test_a_recheck_says_of_how_many_changes_and_why_not_of_all():
    seen = Rechecked(NOW + timedelta(hours=1), "", raised=False, held=("a", "b"))
    changes = (action("a", 1), action("b", 1), BLOCK, REVOKE, RESET, BACK)
    assert (
        "2 of 5 changes were read again and hold; of the others 1 was undone and 2 "
        "leave no setting behind, such as revoked sessions."
    ) in told(samples.rich(), dealt(*changes, rechecked=seen))["contained"]


def test_a_recheck_that_could_not_read_something_is_no_all_clear():
    says = "2 of 2 remediations are still in effect.\nNot collected: mailbox: Access denied."
    at = NOW + timedelta(hours=1)
    seen = Rechecked(at, says, raised=False, held=("a", "b"), not_seen=("mailbox",))
    handled = dealt(action("a", 1), action("b", 1), BLOCK, rechecked=seen)
    contained = told(samples.rich(), handled)["contained"]
    assert "Not collected: mailbox" in contained
    assert "read again and hold" not in contained
    (again,) = [one for one in course(samples.rich(), handled).closed if one.what is What.RECHECKED]
    assert "read again and hold" not in again.says


def test_recipients_are_counted_once_and_in_one_wording():
    seen = Exposure(sent=4, inside=("a@x.example",), outside=("b@y.example", "c@y.example"), unnamed=1)
    report = replace(samples.rich(), exposure=seen)
    says = told(report)
    assert reach.in_words(report) == "at least 3 recipients: 2 outside the organization and 1 inside"
    assert says["sent"].startswith(
        "at least 3 recipients, 2 outside The attacker sent 4 messages, 3 of them to 3 recipients"
    )
    assert "2 outside the organization (2 at y.example) and 1 inside" in says["sent"]
    assert "Warn the 3 recipients that records name" in says["deadlines"]
    (ring,) = (one for one in others(report) if one.id == "recipients")
    assert ring.says == "received mail from the attacker (at least 3 recipients)"
    (clause,) = reach.clauses(report)
    assert clause.says.startswith(
        "mail reached at least 3 recipients: 2 outside the organization and 1 inside ("
    )


def test_the_clock_names_the_opening_of_the_case_and_an_earlier_alert_of_microsofts():
    """Whether anybody read the alert is a fact to check: both ends are named, the earlier one first."""
    report = samples.rich()
    assert report.story is not None
    alert = Clause("the alert “User restricted”", NOW - timedelta(hours=30), records=("a1",))
    early = replace(report, story=replace(report.story, alerted=(alert,)))
    case = replace(dealt(), opened_at=NOW)
    says = told(early, case)["deadlines"]
    assert (
        "the 72 hours of GDPR end 2026-03-04 03:30 UTC if counted from Microsoft’s first alert, or "
        "2026-03-05 09:30 UTC if counted from this case" in says
    )
    assert (
        "By 2026-03-04 03:30 UTC (from the alert “User restricted”, which Microsoft raised 2026-03-01 "
        "03:30 UTC) or 2026-03-05 09:30 UTC (from the opening of this case), to be checked by counsel" in says
    )
    late = replace(early, story=replace(report.story, alerted=(replace(alert, at=NOW + timedelta(hours=1)),)))
    for other in (report, late):
        says = told(other, case)["deadlines"]
        assert "the 72 hours of GDPR end 2026-03-05 09:30 UTC if counted from this case" in says
        assert "Microsoft’s first alert" not in says


def test_do_now_begins_with_the_first_thing_to_do():
    def short(of: Handled) -> str:
        return next(one.short for one in summary(samples.rich(), of) if one.id == "deadlines")

    waits = short(dealt())
    assert waits.startswith("approve or deny proposal P-7F3K2 (17 changes); the 72 hours of GDPR end ")
    first = short(dealt(BLOCK, REVOKE, RESET, tasks=TASKS))
    assert not first.startswith(("contain", "the 72 hours"))
    assert "; the 72 hours of GDPR end " in first


def test_a_restored_display_name_is_told_as_restored_until_that_is_undone():
    report = samples.rich()
    renamed = samples.finding("display_name", before="Adele Vance", after="Adele")
    report = replace(report, symptoms=(replace(report.symptoms[0], findings=(renamed,)),))
    change = "restore_contact_data:displayName"
    back = " (restored 2026-03-02 09:35 UTC)"
    assert known_as(report, dealt(action(change, 5))).endswith(back)
    assert "restored" not in known_as(report, dealt(action(change, 5, Outcome.FAILED)))
    assert "restored" not in known_as(report, dealt(action(change, 5), action(f"restore:P-1:{change}", 6)))


def test_the_time_they_were_in_ends_at_containment_and_counts_as_the_minutes_shown_do():
    report = samples.rich()
    assert report.story is not None
    first = NOW.replace(second=5) - timedelta(days=2, hours=1, minutes=10)
    story = replace(
        report.story,
        since=(Clause("signed in", first, point=Point.SIGNED_IN),),
        last_seen=(Clause("signed in", first + timedelta(hours=25, minutes=10, seconds=32)),),
        origin=(Clause("203.0.113.77"),),
        entry=(Clause("a stolen token"),),
    )
    says = told(replace(report, story=story), dealt(BLOCK, REVOKE, RESET))["when"]
    assert "25 h 10 min after the first" in says
    assert "They could get in until 2026-03-02 09:33 UTC, when the account was contained" in says
    assert "They could get in until" not in told(replace(report, story=story))["when"]


def test_since_when_from_where_and_how_stand_in_one_line_before_anything_is_read():
    report = samples.rich()
    assert report.story is not None
    story = replace(
        report.story,
        since=(Clause("signed in", NOW - timedelta(days=1), point=Point.SIGNED_IN),),
        origin=(Clause("203.0.113.77 (Lagos, NG)"), Clause("2001:db8::5 (Lagos, NG)")),
        entry=(Clause("a stolen token"),),
    )
    says = told(replace(report, story=story))["when"]
    assert says.startswith(
        "since 2026-03-01 09:30 UTC; from 203.0.113.77 (Lagos, NG) and 1 more address; with a stolen token "
    )
    nothing = replace(story, since=(), origin=(), entry=())
    says = told(replace(report, story=nothing))["when"]
    assert says.startswith("since when is not known; from where is not known; how is not known")


def test_roles_of_the_takeover_are_told_apart_from_those_had_before_and_are_an_event_of_the_picture():
    report = samples.rich()
    assert report.story is not None
    deeds = tuple(Clause(f"deed {n}", NOW, (f"devices{n}.1",)) for n in range(9))
    roles = Clause("A was assigned to this account", NOW, ("admin_roles.1",))
    report = replace(
        report,
        importance=(Importance("administrator", ("Exchange Administrator",)),),
        roles_assigned=("User Administrator", "Organization Management"),
        roles_activated=("Exchange Administrator",),
        story=replace(report.story, persistence=(*deeds, roles)),
    )
    says = told(report)["what"]
    assert "administrator (Exchange Administrator)" in says
    words = (
        "administrator roles: assigned User Administrator and Organization Management; "
        "activated Exchange Administrator"
    )
    assert f"During the takeover this account got {words}." in says
    assert words in [one.says for one in course(report, most=8).events]


def test_accounts_that_this_mailbox_can_reset_are_named_before_the_warning():
    rows = (*TASKS, task(8, "other_services:check", "Secure accounts"))
    says = now_of(tasks=rows)
    assert "Secure accounts at other services" in says
    assert says.index("Secure accounts at other services") < says.index("Warn the ")
    assert "banks and payroll first (manual task 8)." in says


def test_what_people_marked_done_is_closed_by_their_word_and_told_as_that():
    report = samples.rich()
    assert report.story is not None
    task = "remediate_manually:federation"
    door = Clause("the domain evil.example", NOW, closed_by=((task,),))
    report = replace(report, story=replace(report.story, still_open=(door,)))
    ticked = replace(samples.task_states(count=3)[2], id=task, number=4)
    waits = told(report, dealt(BLOCK, REVOKE, RESET, tasks=[replace(ticked, done_by="", done_at=None)]))
    assert waits["contained"].startswith("partly: sign-in stopped")
    assert "Not: the domain evil.example (manual task 4)." in waits["contained"]
    says = told(report, dealt(BLOCK, REVOKE, RESET, tasks=[ticked]))["contained"]
    assert says.startswith("yes, since")
    assert "(1 item) is remediated, the last of it" in says
    assert "; 1 of them by hand, marked done and not read back." in says


def test_ways_back_that_were_never_closed_are_named_and_are_no_yes():
    says = told(samples.rich(), dealt(BLOCK, REVOKE, RESET, never=("Stop forwarding",)))["contained"]
    assert says.startswith("partly: sign-in stopped 2026-03-02 09:33 UTC; 1 suggested remediation never ")
    assert "Propose what was suggested and never carried out: Stop forwarding." in now_of(
        never=("Stop forwarding",)
    )
    assert "Never carried out: Stop forwarding." in says


def test_a_change_that_failed_is_counted_as_that():
    says = told(samples.rich(), dealt(REVOKE, replace(RESET, outcome=Outcome.FAILED)))["contained"]
    assert "1 of 2 approved changes confirmed; 1 failed." in says
    assert "It has not been rechecked yet." in says


def exported(**exposure: object) -> Report:
    """A report of exported files that hold no log that would tell."""
    report = samples.clean()
    gone, why = Coverage.UNAVAILABLE, Reason.NOT_IN_EXPORT
    absent = [SourceState(id_, gone, "", 0, why=why) for id_ in ("audit_log", "sign_ins")]
    verdict = replace(report.verdict, answer=VerdictCode.CANNOT_TELL)
    return replace(report, verdict=verdict, sources=tuple(absent), exposure=Exposure(**exposure))  # type: ignore[arg-type]


def test_a_message_trace_alone_is_told_and_what_to_add_to_it():
    traffic = Traffic(40, ("m@contoso.example",), ("a@fabrikam.example",), 2, NOW, NOW, ("t1",))
    says = told(exported(traffic=traffic))
    assert says["deadlines"].startswith("add the unified audit log and the sign-in log At once: export the ")
    assert "check again" not in says["deadlines"]
    assert says["sent"].startswith("40 messages, by whom is not known 40 messages left between")
    for part in ("outside the organization (1 at fabrikam.example) and 1 inside", "For 2 of them"):
        assert part in says["sent"]
    assert told(exported())["sent"] == "none found No sent message was found in what was collected."


def test_messages_without_a_recipient_in_any_record_are_counted_beside_the_others():
    report = samples.rich()
    assert report.exposure is not None
    says = told(replace(report, exposure=replace(report.exposure, unnamed=2)))
    assert "The attacker sent 3 messages, 1 of them to 3 recipients that records name" in says["sent"]
    assert "No record names the recipients of 2 messages." in says["sent"]
    assert "find those of 2 more messages by a message trace" in says["deadlines"]
    assert "no record names" not in told(report)["sent"]


def test_messages_that_were_not_delivered_are_told_as_that_and_nobody_is_looked_for():
    report = samples.rich()
    assert report.exposure is not None
    both = told(replace(report, exposure=replace(report.exposure, undelivered=1)))
    assert "The attacker sent 4 messages, 3 of them to 3 recipients that records name" in both["sent"]
    assert "1 of them was not delivered: the message trace has it as failed." in both["sent"]
    sent = next(
        one
        for one in summary(replace(report, exposure=replace(report.exposure, undelivered=1)))
        if one.id == "sent"
    )
    (lost,) = [one for one in sent.statements if "was not delivered" in one.says]
    assert any("message trace" in one for one in lost.rests_on), "what it rests on is what it names"
    assert "no record names" not in both["sent"]
    assert "by a message trace" not in both["deadlines"]
    alone = told(replace(report, exposure=Exposure(undelivered=2)))["sent"]
    assert alone.startswith(
        "none delivered The attacker sent 2 messages, which were not delivered: the message trace has "
    )
    assert "No sent message is attributed" not in alone


def test_who_matters_more_than_others_is_told_first():
    important = (Importance("administrator", ("Exchange Administrator", "User Administrator")),)
    report = replace(samples.rich(), importance=important)
    what = next(one for one in summary(report) if one.id == "what")
    assert what.statements[1].says == (
        "It matters more than other accounts: administrator (Exchange Administrator; User Administrator)."
    )
    assert "COMPROMISED (administrator), confidence" in report_text(report)
    assert matters(report, NOTHING) == "Administrator"
    gone = Handled(roles=Gone.ALL)
    assert matters(report, gone) == "Was administrator"
    assert "COMPROMISED (was administrator), confidence" in report_text(report, gone)
    past = next(one for one in summary(report, gone) if one.id == "what")
    assert past.statements[1].says.startswith(
        "It matters more than other accounts: administrator until its roles were removed ("
    )
    assert matters(samples.rich(), NOTHING) == ""
    assert "matters more" not in told(samples.rich())["what"]


def test_how_far_the_audit_log_reaches_is_told_with_its_last_record_and_the_known_delay():
    report = samples.rich()
    until = report.window.end - timedelta(minutes=90)
    source = SourceState("audit_log", Coverage.COMPLETE, "", 3, complete_until=until)
    event = replace(report.timeline[0], source="audit_log", at=until - timedelta(hours=3))
    report = replace(report, sources=(source,), timeline=(event,))
    says = told(report)["unknown"]
    for part in (
        f"What the audit log recorded after {parts.utc(until)}",
        "60 to 90 minutes late",
        f"The last record is of {parts.utc(event.at)}",
        f"A check from {parts.utc(report.window.end + timedelta(hours=2))} on has more",
    ):
        assert part in says, part
    assert f"1 of 1 source collected, the audit log until {parts.utc(until)}" in (
        summary(report)[1].statements[0].rests_on
    )
    whole = replace(report, sources=(replace(source, complete_until=None),))
    assert "What the audit log recorded after" not in told(whole)["unknown"]


PHONE, KEY = samples.change(1, "remove_sign_in_methods"), samples.change(2, "remove_sign_in_methods")


def with_doors() -> Report:
    report = samples.rich()
    assert report.story is not None
    doors = (
        Clause("the phone", NOW - timedelta(days=9), ("a:2",), closed_by=((PHONE.id,),)),
        Clause("the key", NOW, ("a:1",), closed_by=((KEY.id,),)),
    )
    return replace(report, story=replace(report.story, still_open=doors))


def test_each_thing_that_was_open_is_told_with_when_it_was_closed_and_by_what():
    of = dealt(BLOCK, REVOKE, RESET, action(PHONE.id, 4), action(KEY.id, 5))
    (answer,) = (one for one in summary(with_doors(), of) if one.id == "contained")
    assert answer.short == "yes, since 2026-03-02 09:33 UTC; existing access tokens may work until 10:33 UTC"
    assert [(one.door.clause.says, one.stands) for one in answer.items] == [
        ("the phone", "removed 2026-03-02 09:34 UTC, read back"),
        ("the key", "removed 2026-03-02 09:35 UTC, read back"),
    ]
    assert answer.items[0].by.endswith("(P-7F3K2)")
    says = told(with_doors(), of)["contained"]
    assert "Everything that the check found open to the attacker (2 items) is remediated" in says
    assert "the last of it 2026-03-02 09:35 UTC" in says


def test_what_is_not_closed_is_named_and_is_no_yes():
    of = dealt(BLOCK, REVOKE, RESET, action(PHONE.id, 4), action(KEY.id, 5, Outcome.FAILED))
    (answer,) = (one for one in summary(with_doors(), of) if one.id == "contained")
    assert answer.short == (
        "partly: sign-in stopped 2026-03-02 09:33 UTC; still open: the key; existing access tokens may work "
        "until 10:33 UTC"
    )
    assert [one.stands for one in answer.items] == ["removed 2026-03-02 09:34 UTC, read back", "still open"]
    assert (
        "Of 2 items that the check found open to the attacker, 1 is remediated"
        in told(with_doors(), of)["contained"]
    )
    assert "Not: the key." in told(with_doors(), of)["contained"]
    assert "Close what is still open to the attacker: the key." in told(with_doors(), of)["deadlines"]


def test_a_sign_in_that_was_unblocked_is_no_longer_told_as_stopped():
    doors = (action(PHONE.id, 5), action(KEY.id, 6))
    assert told(with_doors(), dealt(BLOCK, REVOKE, RESET, BACK))["contained"].startswith(
        "partly: sign-in blocked 2026-03-02 09:31 UTC, unblocked 09:34 UTC; still open: the phone; the key;"
    )
    assert told(with_doors(), dealt(BLOCK, REVOKE, RESET, BACK, *doors))["contained"].startswith(
        "yes, since 2026-03-02 09:33 UTC; sign-in unblocked 09:34 UTC; existing"
    )


def test_the_thread_below_a_report_says_what_is_open_by_then():
    of = dealt(BLOCK, REVOKE, RESET, action(PHONE.id, 4))
    thread = str([one.blocks for one in details(*as_it_stands(with_doors(), of))])
    assert "Still open to them: the key; 1 more item is remediated." in thread
    assert "Still open to them: the phone; the key." in str(
        [one.blocks for one in details(*as_it_stands(with_doors(), dealt()))]
    )


def test_sharing_that_only_people_can_close_is_open_and_names_its_manual_task():
    shared = Clause("the sharing of Payroll.xlsx", closed_by=(("remediate_manually:sharing",),))
    report = with_doors()
    assert report.story
    report = replace(report, story=replace(report.story, still_open=(*report.story.still_open, shared)))
    task = TaskState("remediate_manually:sharing", 4, "At once: remove the links", ())
    of = dealt(BLOCK, REVOKE, RESET, action(PHONE.id, 4), action(KEY.id, 5), tasks=(task,))
    (answer,) = (one for one in summary(report, of) if one.id == "contained")
    assert answer.short.startswith(
        "partly: sign-in stopped 2026-03-02 09:33 UTC; still open: the sharing of Payroll.xlsx;"
    )
    assert answer.items[-1].stands == "still open (manual task 4)"
    says = told(report, of)["contained"]
    assert "Not: the sharing of Payroll.xlsx (manual task 4)." in says
    assert "Everything" not in says


def test_attempts_before_the_first_successful_access_are_told():
    report = samples.rich()
    assert report.story
    story = replace(
        report.story, addresses=("203.0.113.77",), since=(Clause("signed in", NOW, point=Point.SIGNED_IN),)
    )
    failed = Event(
        NOW - timedelta(hours=3),
        "failed to sign in (error 50126)",
        "",
        "203.0.113.77",
        "sign_ins",
        "s-1",
        signed_in=False,
    )
    says = told(replace(report, story=story, timeline=(failed,)))["when"]
    assert "First successful access: 2026-03-02 09:30 UTC" in says
    assert "attempts without access since 2026-03-02 06:30 UTC" in says
    assert "there is none" not in says
    says = told(replace(report, story=story, timeline=()))["when"]
    assert "attempts" not in says
    # What a finding counts as tried before the success is in the span as well, wherever it came from.
    elsewhere = replace(failed, at=NOW - timedelta(hours=5), address="203.0.113.78", record="s-0")
    guessed = replace(
        with_finding("sign_ins", "failures_then_success", "13 wrong passwords, then a success"),
        story=story,
        timeline=(elsewhere, failed),
    )
    assert "attempts without access since 2026-03-02 06:30 UTC" in told(guessed)["when"]
    results = tuple(
        replace(one, findings=tuple(replace(found, records=("s-2", "s-0", "s-1")) for found in one.findings))
        if one.id == "sign_ins"
        else one
        for one in guessed.symptoms
    )
    assert (
        "attempts without access since 2026-03-02 04:30 UTC"
        in told(replace(guessed, symptoms=results))["when"]
    )


def test_the_story_after_containment_calls_nothing_open_that_was_closed():
    of = dealt(BLOCK, REVOKE, RESET, action(PHONE.id, 4), action(KEY.id, 5))
    for form in (
        report_text(with_doors(), of),
        " ".join(report_json(with_doors(), of)["story"]["sentences"]),
    ):
        assert "Still open to them" not in form
        assert "All that was open to them (2 items) is remediated." in " ".join(form.split())
    left = report_json(with_doors(), dealt(action(PHONE.id, 4)))
    assert "Still open to them: the key; 1 more item is remediated." in " ".join(left["story"]["sentences"])
    assert [one["state"] for one in left["open_items"]] == ["closed", "open"]


def test_before_anything_is_done_all_is_open_as_the_check_found_it():
    (answer,) = (one for one in summary(with_doors(), dealt()) if one.id == "contained")
    assert {one.stands for one in answer.items} == {"open when checked"}
    assert "Still open to them: the phone; the key." in " ".join(
        report_json(with_doors())["story"]["sentences"]
    )


def test_nothing_was_open_to_them_before_they_were_in():
    assert with_doors().story
    first = with_doors().story.since[0].at  # type: ignore[union-attr]
    (answer,) = (one for one in summary(with_doors(), dealt()) if one.id == "contained")
    assert [one.since for one in answer.items] == [first, first]


def test_the_clock_of_the_gdpr_runs_from_the_opening_of_the_case_and_is_a_fact_to_check():
    says = told(samples.rich(), dealt())["deadlines"]
    assert "By 2026-03-05 09:30 UTC, to be checked by counsel: if GDPR applies" in says
    assert "Counted from the opening of this case, 2026-03-02 09:30 UTC" in says
    assert "is not recorded here" in told(samples.rich())["deadlines"]


def test_numbers_of_opened_mail_stand_beside_whether_the_records_are_complete():
    report = samples.rich()
    says = told(report)["data"]
    assert "whole folders synced" in says.partition("and at least 13 messages opened one by one")[0]
    assert "These records are not complete: the audit log was not collected (why)." in says
    assert "How much was not looked at: run a message trace by recipient" in says
    assert report.exposure is not None
    sign = Sign("mail_read_uncounted", Severity.HIGH, "More was read.")
    stopped = replace(report.symptoms[0], findings=(samples.finding("mail_access", sign=sign),))
    listed = told(replace(report, symptoms=(stopped, *report.symptoms[1:])))["data"]
    assert "and 13 messages listed as opened one by one" in listed
    whole = replace(report, exposure=replace(report.exposure, unread=()))
    assert "complete as far as the sources tell" in told(whole)["data"]
    assert "treat the whole mailbox as read" not in told(whole)["data"]


@pytest.mark.parametrize(
    ("exposure", "access", "impact", "short"),
    [
        (samples.exposure(("x",)), Access.CERTAIN, (), "personal data likely"),
        (Exposure(), Access.CERTAIN, (), "personal data possible"),
        (Exposure(), Access.POSSIBLE, (Impact.EXPOSURE,), "personal data possible"),
        (Exposure(), Access.POSSIBLE, (), "no access to data seen"),
        (Exposure(unread=("why",)), Access.POSSIBLE, (), "not established: the records are not complete"),
        (None, Access.CERTAIN, (), "not known"),
    ],
)
def test_personal_data_is_never_claimed_beyond_what_was_seen(exposure, access, impact, short):
    report = samples.rich()
    verdict = replace(report.verdict, access=access, impact=impact)
    answers = {one.id: one for one in summary(replace(report, verdict=verdict, exposure=exposure))}
    assert answers["data"].short == short


def test_recipients_are_counted_by_domain():
    says = told(samples.rich())["sent"]
    assert "3 messages to 3 recipients that records name: 2 outside the organization (1 at fabrikam" in says
    assert "and 1 inside." in says
    assert "2 more messages left in that time" in says


def test_recipients_that_no_record_names_are_to_be_traced_and_no_file_is_promised():
    report = samples.rich()
    assert report.exposure is not None
    blind = told(replace(report, exposure=replace(report.exposure, inside=(), outside=())))
    assert "no record names the recipients" in blind["sent"]
    assert "Warn the recipients: the records do not name them; run a message trace" in blind["deadlines"]
    assert "recipients.csv" not in blind["deadlines"]
    assert "Warn the 3 recipients that records name." in told(report)["deadlines"]


def with_finding(symptom: str, sign: str, says: str) -> Report:
    report = samples.rich()
    found = samples.finding(symptom, says, sign=Sign(sign, Severity.HIGH, "why"))
    title = "The title"
    result = SymptomResult(symptom, title, "additional indicator", Result.PRESENT, "", (found,))
    others = tuple(one for one in report.symptoms if one.id != symptom)
    return replace(report, symptoms=(*others, result))


def test_what_microsoft_counted_stands_beside_what_the_records_name():
    sentence = "Microsoft blocked it, after mail to 2117 recipients"
    report = with_finding("sending_blocked", "sending_blocked", sentence)
    uncounted = told(report)["sent"]
    assert "Microsoft counted" not in uncounted.partition(".")[0], "a sentence decides nothing"
    results = tuple(
        replace(one, findings=tuple(replace(each, counted=Counted(2117, 2100)) for each in one.findings))
        if one.id == "sending_blocked"
        else one
        for one in report.symptoms
    )
    says = told(replace(report, symptoms=results))
    assert "Microsoft blocked it, after mail to 2117 recipients" in says["sent"]
    assert says["sent"].startswith("at least 3 recipients, 2 outside; Microsoft counted 2117 ")
    assert (
        "Who else got mail before Microsoft blocked sending, beyond the 3 recipients that records name."
        in says["unknown"]
    )


def test_a_search_of_mailboxes_counts_every_mailbox_until_its_scope_is_known():
    says = "A content search was created or run: Q3"
    searches = (Clause(says, NOW, ("data_leaving.1",), ("e1",)),)
    data = told(replace(samples.rich(), exposure=Exposure(searches=searches)))["data"]
    assert data.startswith("personal data likely")
    assert f"a{says[1:]}. Until the scope of the search is known, treat every mailbox" in data
    assert "no record shows that any was" not in data


def test_sources_collected_in_part_are_counted():
    what = next(one for one in summary(samples.rich()) if one.id == "what")
    assert "1 of 5 sources collected, 1 in part" in what.statements[0].rests_on


def test_an_account_without_a_sign_has_no_deadline_and_still_says_what_is_not_known():
    answers = told(samples.clean())
    assert set(answers) == {"what", "unknown"}
    assert "message trace" in answers["unknown"].casefold()


def test_where_too_little_was_collected_the_account_counts_neither_as_compromised_nor_as_clean():
    report = samples.clean()
    blind = replace(report, verdict=replace(report.verdict, answer=VerdictCode.CANNOT_TELL))
    answers = told(blind)
    assert set(answers) == {"what", "deadlines", "sent", "unknown"}
    assert "At once: grant an Entra ID P1 license, then check again." in answers["deadlines"]
    assert "neither as compromised nor as clean" in answers["deadlines"]
    assert "Sign-ins; risky user: not collected." in answers["unknown"]
    assert "Grant to fix: an Entra ID P1 license." in answers["unknown"]


def test_an_account_without_a_mailbox_is_not_checked_again_and_again():
    report = samples.clean()
    gone = SourceState("sent_items", Coverage.UNAVAILABLE, NO_MAILBOX, 0, why=Reason.NO_MAILBOX)
    blind = replace(report, verdict=replace(report.verdict, answer=VerdictCode.CANNOT_TELL), sources=(gone,))
    says = told(blind)["deadlines"]
    assert says.startswith("find out whether it ever had a mailbox At once: find out whether")
    assert "check again" not in says
    lacking = SourceState("sign_ins", Coverage.UNAVAILABLE, "No.", 0, needs="an Entra ID P1 license")
    says = told(replace(blind, sources=(gone, lacking)))["deadlines"]
    assert "At once: grant an Entra ID P1 license, then check again." in says


def test_with_every_source_collected_the_limits_of_them_are_said():
    report = samples.clean()
    whole = tuple(replace(one, state=Coverage.COMPLETE, reason="") for one in report.sources)
    assert "devices" in told(replace(report, sources=whole))["unknown"]
