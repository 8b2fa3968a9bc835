"""Checks in a process of their own: the same outcome, and whatever becomes of that process is told."""

from __future__ import annotations

import os
import platform
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.artefacts import report_store
from bot.cards.painter import Edits
from bot.settings import Settings, Tenant
from bot.work.checks.apart import parent as module
from bot.work.checks.apart.child import Given
from bot.work.checks.apart.parent import ApartMaker
from bot.work.checks.finish import Finished, finish, plan
from bot.work.checks.maker import CheckMaker, ready
from bot.work.checks.practice import _evidence as practiced
from bot.work.checks.practice import practice
from bot.work.checks.task import CheckTask
from bot.work.crossing.failed import Failed
from commands.check import Progress, judge
from commands.clues import phrases
from commands.errors import LedgerUnwritable
from commands.plans.planning_input import Guard
from commands.report import VerdictCode
from graph import contract, shapes
from graph.accounts import find_subject
from graph.evidence import SOURCES
from graph.question import Window
from graph.tenants import Tenants
from sandbox import tenant
from tests.commands.steps import rich
from tests.graph.local import connect_to, settings_of
from tests.graph.test_collect import Memory
from tests.made import made

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def played() -> Iterator[tenant.RunningTenant]:
    with tenant.start(made("mailbox-takeover"), audit_query_seconds=0.1, limits=False) as running:
        yield running


def nobody(name: str, tenant: str) -> bool:
    return name == tenant


@contextmanager
def looking_at(
    running: tenant.RunningTenant, folder: Path, is_compromised: Callable[[str, str], bool] = nobody
) -> Iterator[ApartMaker]:
    settings = Settings(
        tenants=(Tenant(**dict(settings_of(running))),),
        ledger=folder / "ledger.db",
        engine=f"sqlite:///{folder}/jobs.db",
    )
    with closing(ApartMaker(Given(settings, {"contoso": Guard()}, Edits(0, 0, 0)), is_compromised)) as apart:
        yield apart


def task_for(running: tenant.RunningTenant, case_id: str = "C-2ABCD") -> CheckTask:
    with connect_to(running) as connection:
        subject = find_subject("adele.vance@contoso.example", connection)
    return CheckTask(case_id, 1, "contoso", subject, Window(NOW - timedelta(days=14), NOW))


def silent(progress: Progress) -> None:
    return None


def test_who_is_ready_has_read_the_contract(played):
    contract.endpoints.cache_clear()
    shapes.own_words.cache_clear()
    ready()
    read = contract.endpoints.cache_info().misses, shapes.own_words.cache_info().misses
    task_for(played)
    assert read == (contract.endpoints.cache_info().misses, shapes.own_words.cache_info().misses)
    assert contract.endpoints.cache_info().currsize == shapes.own_words.cache_info().currsize == 1


def test_a_process_that_looks_seldom_looks_for_cycles_and_never_among_what_it_imported():
    says = (
        "import gc; from bot.work.checks.maker import SELDOM, collect_seldom; collect_seldom();"
        " print(gc.get_threshold() == SELDOM, gc.get_freeze_count() > 10_000, gc.isenabled())"
    )
    found = subprocess.run([sys.executable, "-c", says], check=True, capture_output=True, text=True)
    assert found.stdout.split() == ["True"] * 3


@pytest.mark.slow
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")
def test_what_one_thread_freed_the_others_take():
    says = (
        "import ctypes, re, threading; from bot.memory import share_what_is_freed; share_what_is_freed();"
        " threads = [threading.Thread(target=lambda: bytearray(9_000).decode() and gate.wait(600))"
        " for _ in range(20)]; gate = threading.Barrier(20);"
        " [one.start() for one in threads]; [one.join() for one in threads];"
        " ctypes.CDLL(None).malloc_stats()"
    )
    found = subprocess.run([sys.executable, "-c", says], check=True, capture_output=True, text=True)
    assert 1 <= found.stderr.count("Arena ") <= 2, found.stderr


@pytest.mark.slow
def test_the_memory_of_whoever_started_it_is_not_that_of_the_process():
    ballast = bytearray(os.urandom(1 << 20) * 200)
    says = "from bot.work.checks.apart.child import most_memory; print(most_memory())"
    found = subprocess.run([sys.executable, "-c", says], check=True, capture_output=True, text=True)
    assert 10 * 1024 < int(found.stdout) < len(ballast) // 1024


def test_the_outcome_is_the_one_that_this_process_would_have_found(played, tmp_path, monkeypatch):
    """And a process that grew large is ended when nothing is under way."""
    monkeypatch.setattr(module, "LARGE", 1)
    task, memory = task_for(played), Memory()
    heard: list[Progress] = []
    with looking_at(played, tmp_path) as apart:
        found = apart.look(task, memory, heard.append)
        process = apart._process
        assert process is not None
        assert process.ended
        assert process._process.wait() == 0
    assert isinstance(found, Finished)
    one = report_store.load(found.report)
    # A plan tells when it was checked, to the minute: both are made at the same moment.
    with closing(Tenants([settings_of(played)])) as tenants:
        here = CheckMaker(tenants, lambda: one.made_at, 60).look(task, Memory(), silent)
    assert not isinstance(here, Failed)
    wanted = finish(plan(here, Guard(), "C-2ABCD"), lambda _: False, "C-2ABCD")
    assert isinstance(wanted, Finished)
    assert (found.verdict, found.sources, found.offer) == (wanted.verdict, wanted.sources, wanted.offer)
    other = report_store.load(wanted.report)
    assert one.verdict == other.verdict
    assert one.timeline == other.timeline
    assert found.answers
    assert memory.kept["audit_log"]
    assert heard
    assert set(heard[-1].so_far().missing) <= set(SOURCES)
    assert VerdictCode(found.verdict) is VerdictCode.COMPROMISED


@pytest.mark.slow
def test_a_check_that_was_asked_for_under_the_tenants_old_name_is_made(played, tmp_path):
    task = replace(task_for(played), tenant="as it was called", tenant_id=played.tenant_id.upper())
    with looking_at(played, tmp_path) as apart:
        found = apart.look(task, Memory(), silent)
    assert isinstance(found, Finished), found
    assert VerdictCode(found.verdict) is VerdictCode.COMPROMISED


@pytest.mark.slow
def test_a_look_that_is_expected_finds_its_token_there(played, tmp_path):
    def sign_ins() -> int:
        return sum(call.path.endswith("/token") for call in played.calls)

    task = task_for(played)
    with looking_at(played, tmp_path) as apart:
        before, ends = sign_ins(), time.monotonic() + 60
        apart.expect("no such tenant", "")
        apart.expect(task.tenant, task.tenant_id)
        while sign_ins() == before and time.monotonic() < ends:
            time.sleep(0.01)
        assert sign_ins() == before + 1
        assert isinstance(apart.look(task, Memory(), silent), Finished)
    assert sign_ins() == before + 3, "for Exchange and for compliance, and not once more for Graph"


def test_a_process_that_cannot_start_costs_no_more_than_the_sign_in(played, tmp_path, monkeypatch):
    def refused(*given: object) -> None:
        raise OSError("there are too many processes")

    with looking_at(played, tmp_path) as apart, monkeypatch.context() as only:
        only.setattr(module, "_Process", refused)
        apart.expect("contoso", "")


class Full(Memory):
    """A memory whose ledger cannot be read."""

    def recall(self, source: str) -> Mapping[str, str]:
        raise LedgerUnwritable("ledger.db", f"the disk is full at {source}")


def test_a_ledger_that_cannot_be_read_is_for_the_engine_to_try_again(played, tmp_path):
    with looking_at(played, tmp_path) as apart, pytest.raises(LedgerUnwritable):
        apart.look(task_for(played), Full(), silent)

    def away(name: str) -> bool:
        raise LedgerUnwritable("ledger.db", f"the disk is full at {name}")

    one = module.Look(task_for(played), {}, Memory().remember, silent, away)
    assert one.answer("is_compromised", ["eve@contoso.example"]) is None
    assert isinstance(one.error, LedgerUnwritable)


@pytest.mark.slow
def test_a_process_that_dies_is_an_error_told_and_the_next_check_has_another(played, tmp_path):
    """And that one ends with the line."""
    began = threading.Event()

    class Watched(Memory):
        def remember(self, source: str, name: str, value: str) -> None:
            super().remember(source, name, value)
            began.set()

    with looking_at(played, tmp_path) as apart:
        outcomes: list[Any] = []
        task = task_for(played)
        checks = threading.Thread(target=lambda: outcomes.append(apart.look(task, Watched(), silent)))
        checks.start()
        began.wait()
        process = apart._process
        assert process is not None
        process._process.kill()
        checks.join()
        (lost,) = outcomes
        assert isinstance(lost, Failed)
        assert "ended unexpectedly; check again" in lost.says
        assert lost.reference
        assert isinstance(apart.look(task, Memory(), silent), Finished)
        other = apart._process
        assert other is not None
        assert other is not process
        other._ours.shutdown(socket.SHUT_RDWR)
        assert other._process.wait() == 0


@pytest.mark.parametrize("name", rich.NAMES)
def test_who_is_ready_has_read_the_words_that_a_judgment_looks_for(name):
    """So that the first finding of the first check waits for nothing but Microsoft."""
    phrases.group.cache_clear()
    practice()
    before = phrases.group.cache_info().misses
    judge(rich.named(name).evidence, NOW)
    assert phrases.group.cache_info().misses == before


def test_the_practice_is_judged_without_a_mistake(caplog):
    assert judge(practiced(), NOW).verdict.reasons
    practice()
    assert not caplog.records
