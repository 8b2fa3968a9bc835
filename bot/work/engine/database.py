"""The job database as a process reaches it: one way in for all that lies there beside the engine's tables."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

CONNECT: Final[dict[str, Any]] = {
    "connect_timeout": 3,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
"""How a session is made: a server that does not answer is found out within half a minute."""


def database(url: str) -> sa.Engine:
    """Give the way to a PostgreSQL database, with the driver that we have.

    Each use has a connection of its own: there are few, and none is left open by whoever comes late.
    """
    with_driver = url.replace("postgresql://", "postgresql+psycopg://", 1)
    return sa.create_engine(with_driver, poolclass=NullPool, connect_args=CONNECT)
