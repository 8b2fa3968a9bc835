"""A real PostgreSQL for tests: the machine's own, started without any rights and stopped again.

It listens on a socket in a folder of its own and on no port, and forgets everything with that folder.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

_NOBODY = "nobody"


def binaries() -> Path | None:
    """Where the server's programs are; Debian keeps those of each version in a folder off the path."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    folders = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return max((path.parent for path in folders), key=lambda path: float(path.parent.name), default=None)


needs_postgres = pytest.mark.skipif(
    binaries() is None and "CI" not in os.environ,
    reason="there is no PostgreSQL on this machine; `.ci/run` installs it",
)


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
        name = f"t{uuid4().hex[:12]}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return self.url(name)

    def stop(self) -> None:
        """End it at once, as a machine that fails; what was committed is kept."""
        self.server.send_signal(signal.SIGQUIT)
        self.server.wait(30)

    def start(self) -> None:
        """Start it again on the same files."""
        self.server = _serve(self.folder)


def _unprivileged(*command: str | Path) -> list[str]:
    """The command as somebody without rights: PostgreSQL refuses to run as root."""
    words = [str(word) for word in command]
    if os.geteuid() != 0:
        return words
    return ["setpriv", f"--reuid={_NOBODY}", "--regid=nogroup", "--clear-groups", "--", *words]


def _serve(folder: Path) -> subprocess.Popen[bytes]:
    found = binaries()
    assert found is not None
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


@contextmanager
def running() -> Iterator[Cluster]:
    """Give a PostgreSQL of one's own."""
    found = binaries()
    assert found is not None, "there is no PostgreSQL on this machine"
    # The way to a socket may have 107 characters, and those of pytest's folders are longer.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, _NOBODY, "nogroup")
        made = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
        subprocess.run(
            _unprivileged(found / "initdb", "-D", folder / "data", *made), check=True, capture_output=True
        )
        cluster = Cluster(folder, _serve(folder))
        try:
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(folder)
