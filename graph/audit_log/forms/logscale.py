"""CrowdStrike LogScale and Next-Gen SIEM: a parsed record, each field under `Vendor.`.

Source: CrowdStrike, "CrowdStrike Parsing Standard" (a vendor's own fields keep their names behind the prefix
`Vendor.`). An event that was not parsed has the record under `@rawstring`, and is read without this form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

URL: Final = ("https://library.humio.com/logscale-parsing-standard/pasta.html",)
COLUMNS: Final = frozenset(
    {
        "#event.module",
        "#vendor",
        "@timestamp",
        "vendor.clientip",
        "vendor.creationtime",
        "vendor.id",
        "vendor.operation",
        "vendor.recordtype",
        "vendor.userid",
        "vendor.workload",
    }
)
_PREFIX: Final = "vendor."
_LEAST: Final = 3


def is_one(names: frozenset[str]) -> bool:
    """Say whether some fields have the prefix."""
    return sum(name.startswith(_PREFIX) for name in names) >= _LEAST


def opened(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the vendor's own fields under their names; those of lists are laid together after this."""
    return {
        name[len(_PREFIX) :]: one
        for name, one in raw.items()
        if name.lower().startswith(_PREFIX) and one not in ("", None)
    }
