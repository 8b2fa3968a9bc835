"""What crosses between keeper and worker arrives whole, and nothing else is believed."""

from __future__ import annotations

import zlib
from dataclasses import replace

import pytest

from bot.work import task as crossing
from bot.work.store import KeeperFacts
from bot.work.task import Failed, Found, ResultRefused, pack, pack_progress, unpack, unpack_progress
from bot.worker import misfit
from commands.check import Progress, judge
from commands.propose import offer
from graph.evidence import Known
from tests.commands.evidence import ADELE, INTRUDER, NOON, evidence, message, record, sign_in
from tests.commands.steps import rich


@pytest.mark.parametrize("name", rich.NAMES)
def test_the_keeper_plans_from_what_crossed_as_from_the_whole_evidence(name):
    planning = rich.named(name)
    crossed = unpack(pack(Found(planning.evidence, planning.report)), b"", planning.evidence.subject)
    assert isinstance(crossed, Found)
    assert crossed.report == planning.report
    whole = offer(planning.evidence, planning.report, planning.guard)
    assert offer(crossed.evidence, crossed.report, planning.guard) == whole


def test_no_text_of_mail_and_no_record_as_it_came_crosses():
    mail = message(subject="Invoice").model_copy(update={"text": "Dear bank"})
    seen = record("MailItemsAccessed")
    found = evidence(
        sent_items=[mail], password_reset_mail=[mail], audit_log=[replace(seen, raw={"Secret": "as it came"})]
    )
    sent = zlib.decompress(pack(Found(found, judge(found, NOON))))
    assert b"Invoice" in sent
    assert b"MailItemsAccessed" in sent
    assert b"Dear bank" not in sent
    assert b"as it came" not in sent


def test_half_a_character_crosses_as_a_question_mark():
    seen = evidence(audit_log=[record("New-InboxRule", parameters={"Name": "a\ud83d"})])
    report = judge(seen, NOON)
    assert isinstance(unpack(pack(Found(seen, report)), b"", ADELE), Found)


def test_how_far_it_is_crosses_with_the_verdict_so_far():
    seen = evidence(sign_ins=[sign_in(address=INTRUDER)])
    report = judge(seen, NOON)
    sent = Progress(report.sources[:2], ("audit_log",), lambda: report.verdict)
    came = unpack_progress(pack_progress(sent))
    assert (came.sources, came.waiting, came.so_far()) == (sent.sources, sent.waiting, report.verdict)


def test_why_there_is_no_report_crosses():
    failed = Failed("The tenant does not answer. Reference: abc.", "abc", "timeout")
    assert unpack(pack(failed), b"", ADELE) == failed


def test_a_report_about_somebody_else_is_refused():
    seen = evidence()
    packed = pack(Found(seen, judge(seen, NOON)))
    with pytest.raises(ResultRefused, match="another account"):
        unpack(packed, b"", replace(ADELE, id="another"))
    # Without all its addresses, an account that is protected by one of them would not be known as such.
    with pytest.raises(ResultRefused, match="another account"):
        unpack(packed, b"", replace(ADELE, addresses=(*ADELE.addresses, "break-glass@contoso.example")))


def test_a_user_who_is_somebody_else_is_refused():
    planning = rich.named("the takeover")
    user = planning.evidence.user
    assert isinstance(user, Known)
    forged = replace(planning.evidence, user=replace(user, value=user.value.model_copy(update={"id": "ceo"})))
    with pytest.raises(ResultRefused, match="another user"):
        unpack(pack(Found(forged, planning.report)), b"", planning.evidence.subject)


@pytest.mark.parametrize(
    "sent", [b"", b"nonsense", zlib.compress(b"{}")[:-3], zlib.compress(b"[1]"), zlib.compress(b"{}")]
)
def test_what_is_no_result_is_refused(sent):
    with pytest.raises(ResultRefused):
        unpack(sent, b"", ADELE)


def test_a_result_that_grows_beyond_all_bounds_is_refused(monkeypatch):
    monkeypatch.setattr(crossing, "UNPACKED", 1000)
    with pytest.raises(ResultRefused, match="too large"):
        unpack(zlib.compress(b'{"failed": "' + b" " * 2000 + b'"}'), b"", ADELE)
    with pytest.raises(ResultRefused, match="more than the bot takes"):
        pack(Failed(" " * 2000, ""))


KEEPER = KeeperFacts("1.0 (work-3)", {"Contoso": "t1", "Fabrikam": "t2"})


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
    ],
)
def test_a_worker_must_be_of_the_keepers_version_and_know_the_same_tenants(keeper, ours, says):
    told = misfit(keeper, ours)
    assert says in told
    assert bool(says) == bool(told)
