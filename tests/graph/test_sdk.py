"""Microsoft's own SDK against the table: it may refute a row, and never justify one.

It lists more than the services take, and names its types after itself.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import pytest

from graph import contract
from graph.contract import Endpoint, Version
from tests.examples import REFERENCE, needs_reference

pytestmark = needs_reference

BEYOND = ("/identityGovernance/", "/applications")
"""The reference data hold nothing of them."""

ON_ITS_PAGE_ALONE = (
    "/users/{user-id}/authentication/externalAuthenticationMethods/{externalAuthenticationMethod-id}/$ref",
)
"""Paths that Microsoft's pages have and its SDK has not; the row says so."""

CASES = [
    (version, row)
    for row in contract.endpoints()
    for version in row.versions
    if not row.path.startswith(BEYOND) and row.path not in ON_ITS_PAGE_ALONE
]


@cache
def sdk() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((REFERENCE / "graph_contract.json").read_bytes())
    return found


@cache
def paths(version: Version) -> dict[str, Any]:
    return {plain(path): entry for path, entry in sdk()[version]["paths"].items()}


def plain(path: str) -> str:
    """A path whose places have no names, since those differ."""
    return re.sub(r"\{[^}]+\}", "{}", path)


@pytest.mark.parametrize(("version", "row"), CASES, ids=lambda case: getattr(case, "path", case))
def test_the_sdk_has_every_path_method_and_option(version: Version, row: Endpoint) -> None:
    entry = paths(version).get(plain(row.path))
    assert entry is not None
    assert row.method in entry["methods"]
    assert row.options <= {name.rstrip("*") for name in entry["query"]}


def test_the_sdk_has_every_field_of_every_type_that_it_has() -> None:
    compared = 0
    for version in ("v1.0", "beta"):
        for kind in {name for row in contract.endpoints() if version in row.versions for name in kinds(row)}:
            short = kind.rpartition(".")[2]
            theirs = sdk()[version]["types"].get(short[0].upper() + short[1:])
            if (
                kind.startswith("security.") or theirs is None
            ):  # a namesake's, or beyond what the reference data hold, or under another name
                continue
            compared += 1
            described = contract.types()[kind]
            ours = {**described.fields, **described.only.get(version, {})}
            assert set(ours) <= {*theirs["fields"], "id"}, kind
    assert compared > 30


def kinds(row: Endpoint) -> set[str]:
    return {row.answers, row.sends} - {""}
