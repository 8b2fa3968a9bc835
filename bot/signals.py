"""Waiting for the signal that ends a process: SIGTERM, or SIGINT, which is Ctrl-C."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

STOPPING: Final = frozenset({signal.SIGTERM, signal.SIGINT})


@contextmanager
def told_to_stop() -> Iterator[Callable[[], signal.Signals]]:
    """Give a function that waits until the process is told to stop, and says by which signal.

    A signal that came before the wait ends it at once, and so does one that the shell which started us has
    ignored. Python runs a handler between two steps of the main thread: a thread that waits for a lock takes
    none, and may sleep for ever over a signal that came right before. So the interpreter's own handler writes
    the number into a socket, and the wait reads it.

    Source: Python, "signal", `set_wakeup_fd`.
    """
    reading, writing = socket.socketpair()
    with reading, writing:
        writing.setblocking(False)
        before = {number: signal.signal(number, lambda *_: None) for number in STOPPING}
        woken = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)

        def wait() -> signal.Signals:
            while (number := reading.recv(1)[0]) not in STOPPING:
                pass  # somebody else's signal, which has a handler of its own
            return signal.Signals(number)

        try:
            yield wait
        finally:
            signal.set_wakeup_fd(woken)
            for number, handler in before.items():
                signal.signal(number, handler)
