"""What the tenant serves exists in Graph: path, method and query options, in each version it is served in."""

from __future__ import annotations

import json
import re

import pytest

from sandbox.tenant.reports import SIGN_IN_FIELDS
from sandbox.tenant.server import ROUTES
from tests.examples import REFERENCE, needs_reference

CASES = [(version, route) for route in ROUTES for version in route.versions]


@pytest.fixture(scope="module")
def contract():
    return json.loads((REFERENCE / "graph_contract.json").read_text())


def plain(path: str) -> str:
    """A path whose placeholders have no names, since those differ."""
    return re.sub(r"\{[^}]+\}", "{}", path)


@needs_reference
def test_every_route_exists_in_its_versions(contract):
    known = {
        version: {plain(path): entry for path, entry in contract[version]["paths"].items()}
        for version in contract
    }
    for version, route in CASES:
        entry = known[version].get(plain(route.path))
        assert entry is not None, (version, route.path)
        assert route.method in entry["methods"], (version, route.method, route.path)
        options = {name.rstrip("*") for name in entry["query"]}
        assert route.options <= options, (version, route.path, route.options - options)


@needs_reference
def test_v1_sign_ins_have_only_fields_of_v1(contract):
    fields = set(contract["v1.0"]["types"]["SignIn"]["fields"]) | {"id"}
    extra = set(SIGN_IN_FIELDS) - fields
    assert extra == set(), extra
