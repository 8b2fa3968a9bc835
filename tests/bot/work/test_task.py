"""What crosses between keeper and worker arrives whole, and nothing else is believed."""

from __future__ import annotations

import json
import re
import tracemalloc
import zlib
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from pydantic import ValidationError
from structlog.testing import capture_logs

from bot.artefacts.json_pieces import pieces
from bot.work.checks.task import (
    CheckFound,
    CheckTask,
    pack,
    pack_progress,
    unpack,
    unpack_progress,
)
from bot.work.crossing import codec as crossing
from bot.work.crossing.codec import ResultCodec, ResultRefused
from bot.work.crossing.failed import Failed, attempt
from bot.work.crossing.store import KeeperFacts
from bot.work.worker import misfit
from commands.accounts import fuller
from commands.check import Progress, judge
from commands.containment.propose import offer
from commands.coverage import state_of
from commands.report import VerdictCode
from commands.verdict import weigh
from graph.evidence import Evidence, Known, Reason, Unavailable
from tests.commands.evidence import INTRUDER, NOON, evidence, message, record, sign_in
from tests.commands.steps import rich


def task_for(seen: Evidence) -> CheckTask:
    """The task of which this evidence came."""
    return CheckTask("C-2ABCD", 1, "Contoso", seen.subject, seen.window)


def situation(name: str) -> CheckFound:
    """What a worker finds in a situation: what was made by hand is made to agree with itself."""
    planning = rich.named(name)
    seen = replace(planning.evidence, subject=fuller(planning.evidence))
    states = tuple(state_of(source, value) for source, value in seen.sources.items())
    report = replace(planning.report, subject=seen.subject, window=seen.window, sources=states)
    verdict = weigh(report.symptoms, states, subject=seen.subject, ordinary=report.verdict.baseline)
    return CheckFound(seen, replace(report, verdict=verdict))


@pytest.mark.parametrize("name", rich.NAMES)
def test_the_keeper_plans_from_what_crossed_as_from_the_whole_evidence(name):
    found, guard = situation(name), rich.named(name).guard
    crossed = unpack(pack(found), b"", task_for(rich.named(name).evidence))
    assert isinstance(crossed, CheckFound)
    assert crossed.report == found.report
    assert offer(crossed.evidence, crossed.report, guard) == offer(found.evidence, found.report, guard)


def test_no_text_of_mail_and_no_record_as_it_came_crosses():
    mail = message(subject="Invoice").model_copy(update={"text": "Dear bank"})
    seen = record("MailItemsAccessed")
    found = evidence(
        sent_items=[mail], password_reset_mail=[mail], audit_log=[replace(seen, raw={"Secret": "as it came"})]
    )
    sent = zlib.decompress(pack(CheckFound(found, judge(found, NOON))))
    assert b"Invoice" in sent
    assert b"MailItemsAccessed" in sent
    assert b"Dear bank" not in sent
    assert b"as it came" not in sent


def in_both_searches(number: int) -> Evidence:
    """Evidence with so many audit records, all of which both searches bring but one, and sign-ins."""
    acts = [
        record("MailItemsAccessed", id=f"r{one}", hours=one / 10_000, details={"MailAccessType": "Bind"})
        for one in range(number)
    ]
    logins = [sign_in(hours=one / 10_000) for one in range(number // 5)]
    alone = record("New-InboxRule", id="alone", parameters={"Name": "x"})
    seen = evidence(audit_log=acts, audit_log_on_mailbox=[*acts, alone], sign_ins=logins)
    return replace(seen, subject=fuller(seen))


def test_long_lists_cross_a_part_at_a_time_and_arrive_whole():
    seen = in_both_searches(3 * crossing.PART + 1)
    report = judge(seen, NOON)
    sent = pack(CheckFound(seen, report))
    short, *parts = zlib.decompress(sent).split(b"\n")
    assert len(short) < 100_000
    assert len(parts) > 6
    assert max(len(json.loads(part.partition(b" ")[2])) for part in parts) == crossing.PART
    crossed = unpack(sent, b"", task_for(seen))
    assert isinstance(crossed, CheckFound)
    assert crossed.report == report
    assert crossed.evidence.sources == seen.sources
    first, second = crossed.evidence.audit_log.seen(()), crossed.evidence.audit_log_on_mailbox.seen(())
    assert all(one is other for one, other in zip(first, second[:-1], strict=True))


@dataclass
class Named:
    """Something with a long list."""

    names: tuple[str, ...] = ()


def test_a_long_list_is_read_without_holding_its_text_or_twice_its_values():
    read: list[int] = []

    def reader():
        def some(_: str, text: bytes) -> list[str]:
            read.append(len(text))
            return [name * 10 for name in json.loads(text)]

        return some

    codec = ResultCodec(
        Named,
        long=crossing.LongLists(
            lambda one: (Named(), {"names": one.names}),
            reader,
            lambda one, lists: Named((*one.names, *lists["names"])),
        ),
    )
    sent = codec.pack(Named(tuple(f"{number:090}" for number in range(150 * crossing.PART))))
    tracemalloc.start()
    kept = codec.unpack(sent)
    taken, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(kept.names) == 150 * crossing.PART
    assert len(read) == 150
    assert taken > 27_000_000
    # The list, and the tuple made of it, and what reads a hundredth of the whole: no three megabytes of text.
    assert most - taken < 1_500_000


def test_what_was_sent_as_one_object_by_the_version_before_is_read():
    seen = in_both_searches(20)
    report = judge(seen, NOON)
    whole = b'{"failed":null,"report":%b,"evidence":%b}' % (b"".join(pieces(report)), b"".join(pieces(seen)))
    crossed = unpack(zlib.compress(whole), b"", task_for(seen))
    assert isinstance(crossed, CheckFound)
    assert crossed.report == report
    assert crossed.evidence.sources == seen.sources


@pytest.mark.parametrize(
    "line",
    [
        b'nobody ["x"]',
        b"user []",
        b"inbox_rules []",
        b'audit_log_on_mailbox ["of no record"]',
        b"audit_log [{}]",
        b"audit_log",
        b"\xff []",
        b"",
    ],
)
def test_a_list_that_is_none_of_the_result_is_refused(line):
    seen = evidence(audit_log=[record("Send")], audit_log_on_mailbox=[], user=Unavailable(Reason.TIME, "No."))
    whole = zlib.decompress(pack(CheckFound(seen, judge(seen, NOON))))
    with pytest.raises(ResultRefused, match="cannot be read"):
        unpack(zlib.compress(whole + b"\n" + line), b"", task_for(seen))


def test_half_a_character_crosses_as_a_question_mark():
    seen = evidence(audit_log=[record("New-InboxRule", parameters={"Name": "a\ud83d"})])
    named = replace(seen, subject=fuller(seen))
    assert isinstance(unpack(pack(CheckFound(named, judge(named, NOON))), b"", task_for(seen)), CheckFound)


def test_how_far_it_is_crosses_with_the_verdict_so_far():
    seen = evidence(sign_ins=[sign_in(address=INTRUDER)])
    report = judge(seen, NOON)
    sent = Progress(report.sources[:2], ("audit_log",), lambda: report.verdict)
    came = unpack_progress(pack_progress(sent))
    assert (came.sources, came.waiting, came.so_far()) == (sent.sources, sent.waiting, report.verdict)


def test_why_there_is_no_report_crosses():
    failed = Failed("The tenant does not answer. Reference: abc.", "abc", "timeout")
    assert unpack(pack(failed), b"", task_for(evidence())) == failed


def test_a_report_about_somebody_else_or_another_time_is_refused():
    found = situation("the takeover")
    sent, asked = pack(found), task_for(found.evidence)
    assert isinstance(unpack(sent, b"", asked), CheckFound)
    with pytest.raises(ResultRefused, match="a different account"):
        unpack(sent, b"", replace(asked, subject=replace(asked.subject, id="another")))
    # Without all its addresses, an account that is protected by one of them would not be known as such.
    more = (*asked.subject.addresses, "break-glass@contoso.example")
    with pytest.raises(ResultRefused, match="a different account"):
        unpack(sent, b"", replace(asked, subject=replace(asked.subject, addresses=more)))
    later = replace(asked.window, end=asked.window.end + timedelta(seconds=1))
    with pytest.raises(ResultRefused, match="a different time"):
        unpack(sent, b"", replace(asked, window=later))


@pytest.mark.parametrize("where", ["report", "evidence", "both"])
def test_more_addresses_than_the_records_themselves_give_the_account_are_refused(where):
    found = situation("the takeover")
    subject = found.evidence.subject
    more = replace(subject, addresses=(*subject.addresses, "attacker@evil.example"))
    report = found.report if where == "evidence" else replace(found.report, subject=more)
    seen = found.evidence if where == "report" else replace(found.evidence, subject=more)
    with pytest.raises(ResultRefused, match="a different account"):
        unpack(pack(CheckFound(seen, report)), b"", task_for(found.evidence))


def test_a_user_who_is_somebody_else_is_refused():
    found = situation("the takeover")
    user = found.evidence.user
    assert isinstance(user, Known)
    forged = replace(found.evidence, user=replace(user, value=user.value.model_copy(update={"id": "ceo"})))
    with pytest.raises(ResultRefused, match="a different user"):
        unpack(pack(CheckFound(forged, found.report)), b"", task_for(found.evidence))


def test_a_verdict_that_its_own_findings_do_not_give_is_refused():
    found = situation("the takeover")
    verdict = replace(found.report.verdict, answer=VerdictCode.NO_SIGN_FOUND)
    forged = replace(found.report, verdict=verdict)
    with pytest.raises(ResultRefused, match="does not follow from its findings"):
        unpack(pack(CheckFound(found.evidence, forged)), b"", task_for(found.evidence))


def test_a_source_that_is_told_as_collected_and_was_not_is_refused():
    found = situation("the takeover")
    forged = replace(found.evidence, inbox_rules=Unavailable(Reason.TIME, "No answer."))
    with pytest.raises(ResultRefused, match="do not agree on what was collected"):
        unpack(pack(CheckFound(forged, found.report)), b"", task_for(found.evidence))


@pytest.mark.parametrize(
    "sent", [b"", b"nonsense", zlib.compress(b"{}")[:-3], zlib.compress(b"[1]"), zlib.compress(b"{}")]
)
def test_what_is_no_result_is_refused(sent):
    with pytest.raises(ResultRefused):
        unpack(sent, b"", task_for(evidence()))


def test_a_few_bytes_that_would_make_gigabytes_of_objects_are_refused():
    for part in (b"{},", b"0,", b"[],", b'"",'):
        body = b'{"report":{"symptoms":[' + part * 1_000_000 + b"{}]}}"
        with pytest.raises(ResultRefused, match="too many parts"):
            unpack(zlib.compress(body), b"", task_for(evidence()))
    # The first thing that is wrong in a list is enough.
    body = b'{"report":{"symptoms":[' + b"{},         " * 5_000 + b"{}]}}"
    with pytest.raises(ResultRefused, match="cannot be read") as refused:
        unpack(zlib.compress(body), b"", task_for(evidence()))
    assert isinstance(refused.value.__cause__, ValidationError)
    assert refused.value.__cause__.error_count() < 20


def test_what_an_attacker_writes_into_mail_and_rules_does_not_keep_a_check_from_crossing():
    seen = evidence(
        audit_log=[record("New-InboxRule", parameters={"SubjectContainsWords": '\\"{[,' * 50_000})],
        sent_items=[message(id=f"m{number}", subject="," * 255) for number in range(crossing.PART)],
    )
    seen = replace(seen, subject=fuller(seen))
    crossed = unpack(pack(CheckFound(seen, judge(seen, NOON))), b"", task_for(seen))
    assert isinstance(crossed, CheckFound)
    assert crossed.evidence.sources == seen.sources


def test_texts_that_never_end_are_counted_in_one_pass():
    for begins in (b'"', b'"\\"'):
        body = b"[" + b"," * 1_000_000 + begins * 1_000_000
        with pytest.raises(ResultRefused, match="too many parts"):
            unpack(zlib.compress(body), b"", task_for(evidence()))


def test_what_comes_behind_the_end_of_a_result_is_refused():
    with pytest.raises(ResultRefused, match="too large"):
        unpack(pack(Failed("No.", "")) + b"x", b"", task_for(evidence()))


def test_a_time_that_is_none_is_refused_like_all_else():
    found = situation("the takeover")
    sent = zlib.decompress(pack(found))
    at = re.search(rb'"created_date_time":"([^"]+)"', sent) or re.search(
        rb'"createdDateTime":"([^"]+)"', sent
    )
    assert at
    with pytest.raises(ResultRefused, match="cannot be read"):
        unpack(zlib.compress(sent.replace(at[1], b"<!channel>")), b"", task_for(found.evidence))


def test_why_something_failed_is_as_short_as_ours():
    long = Failed("x" * 1_000_000, "y" * 1_000, "z" * 1_000)
    got = unpack(pack(long), b"", task_for(evidence()))
    assert isinstance(got, Failed)
    assert (len(got.says), len(got.reference), len(got.code)) == (1_000, 40, 40)


def test_a_result_that_grows_beyond_all_bounds_is_refused(monkeypatch):
    monkeypatch.setattr(crossing, "UNPACKED", 1000)
    with pytest.raises(ResultRefused, match="too large"):
        unpack(zlib.compress(b'{"failed": "' + b" " * 2000 + b'"}'), b"", task_for(evidence()))
    with pytest.raises(ResultRefused, match="more than the bot takes"):
        pack(Failed(" " * 2000, ""))


def test_a_line_of_a_result_that_nobody_should_hold_at_once_is_refused(monkeypatch):
    sent = pack(Failed(" " * 200_000, ""))
    monkeypatch.setattr(crossing, "LINE", 100_000)
    with pytest.raises(ResultRefused, match="too large"):
        unpack(sent, b"", task_for(evidence()))
    with pytest.raises(ResultRefused, match="more than the bot takes"):
        pack(Failed(" " * 200_000, ""))


KEEPER = KeeperFacts("1.0 (work-3)", {"Contoso": "t1", "Fabrikam": "t2"}, "0123")


@pytest.mark.parametrize(
    ("keeper", "ours", "says"),
    [
        (None, KEEPER, "start compromise run first"),
        (KEEPER, replace(KEEPER, release="0.9 (work-3)"), "install the same version of both"),
        (
            KEEPER,
            replace(KEEPER, tenants={"Contoso": "t1"}),
            "that this worker's settings lack",
        ),
        (KEEPER, replace(KEEPER, tenants={"Contoso": "t1", "Fabrikam": "t3"}), "correct the wrong one"),
        (
            KEEPER,
            replace(KEEPER, tenants={**KEEPER.tenants, "Wingtip": "t4"}),
            "has no tenant Wingtip",
        ),
        (KEEPER, replace(KEEPER, tenants={"Contoso": "T1", "Fabrikam": "t2"}), ""),
        (replace(KEEPER, key=""), KEEPER, "The bot has no worker_key"),
        (KEEPER, replace(KEEPER, key="4567"), "different worker_keys"),
    ],
)
def test_a_worker_must_be_of_the_keepers_version_and_know_the_same_tenants(keeper, ours, says):
    told = misfit(keeper, ours)
    assert says in told
    assert bool(says) == bool(told)


@pytest.mark.parametrize(("what", "of"), [("check", "case"), ("hunt", "hunt"), ("recheck", "recheck")])
def test_a_run_that_fails_is_logged_as_what_it_is_under_the_reference_that_is_told(what, of):
    def broken():
        raise ZeroDivisionError

    with capture_logs() as lines:
        failed = attempt(what, "N-1", broken)
    (line,) = lines
    assert isinstance(failed, Failed)
    assert (line["action"], line[of], line["reference"]) == (f"{what}.failed", "N-1", failed.reference)
    assert failed.says == f"Internal error during this {what}. Reference: {failed.reference}."
