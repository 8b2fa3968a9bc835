"""Microsoft's own pages about an account, by cloud: Entra, Exchange, Purview, Defender.

Which pages there are stands in ``portals.toml``, each with its source.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from uuid import UUID

from pydantic import Field

from graph.contract import Row
from graph.settings import Cloud


class Portal(Row):
    """One page.

    Attributes:
        name: What people call it.
        cloud: In which of Microsoft's clouds.
        url: Its address; ``{id}`` stands for the account's object id.
    """

    name: str = Field(min_length=2)
    cloud: Cloud
    url: str = Field(pattern=r"^https://[a-z0-9.-]+/")


@cache
def portals() -> tuple[Portal, ...]:
    """Every page, in the order in which people look."""
    table = tomllib.loads((files("bot") / "portals.toml").read_text(encoding="utf-8"))
    return tuple(Portal(**row) for row in table["portal"])


def portals_of(user_id: str, cloud: Cloud) -> tuple[tuple[str, str], ...]:
    """Name the pages about an account, with their addresses; () for what is no object id.

    The id comes from the tenant, so it goes into an address only as the UUID that it is.
    """
    try:
        known = UUID(user_id)
    except ValueError:
        return ()
    return tuple((one.name, one.url.replace("{id}", str(known))) for one in portals() if one.cloud is cloud)
