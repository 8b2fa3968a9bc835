"""A process that is told to stop hears it, whenever that is and whichever of its threads takes the signal."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from bot.signals import told_to_stop


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_that_another_thread_takes_ends_the_wait(number):
    """The main thread is not woken by it, as when one comes in the moment before it begins to wait."""

    def take() -> None:
        waits.wait(600)
        signal.pthread_kill(threading.get_ident(), number)

    waits = threading.Event()
    thread = threading.Thread(target=take)
    with told_to_stop() as wait:
        thread.start()
        waits.set()
        assert wait() is number
        thread.join()


def test_a_signal_before_the_wait_ends_it_and_foreign_signals_do_not():
    before = signal.signal(signal.SIGUSR1, lambda *_: None)
    try:
        with told_to_stop() as wait:
            os.kill(os.getpid(), signal.SIGUSR1)
            os.kill(os.getpid(), signal.SIGINT)
            assert wait() is signal.SIGINT
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_afterwards_the_handlers_are_those_from_before():
    handlers = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    with told_to_stop():
        assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] != handlers
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == handlers
